"""What a call costs: not more with more instructions, little for a usual command, in step with length for a long one.

Times are compared with other times of the same run, the best of several, taken in turns: a busy machine slows all.
"""

import ast
import inspect
import time

import pytest

from tractguard import compiled
from tractguard.check import check_row
from tractguard.facts import gather
from tractguard.facts.world import Row
from tractguard.model import PRE_TOOL, REJECTED, Constraint, Event, Instruction, Lineage
from tractguard.policy import DEFAULTS
from tractguard.rules.index import triggers_for
from tractguard.rules.loop import judge

USUAL = (
    "cd web && NODE_ENV=test npm run build -- --mode production 2>&1 | tee /tmp/build.log | tail -n 20"
    " && git add -A src/components && git commit -m 'feat(ui): add a table' && git push -u origin feat/table"
)
WORLD = Row({}, "/repo")


def event(tool, **given):
    return Event(PRE_TOOL, tool=tool, input=given, cwd="/repo", root="/repo")


def best(*works, rounds=15):
    """The shortest time of each of several works that are done in turns."""
    shortest = [float("inf")] * len(works)
    for _ in range(rounds):
        for place, work in enumerate(works):
            started = time.perf_counter()
            work()
            shortest[place] = min(shortest[place], time.perf_counter() - started)
    return shortest


def said(number):
    """Instruction number `number`: each on a subject of its own, none of them on the calls here."""
    kinds = (
        {"type": "port", "service": f"service{number}", "value": "1"},
        {"type": "forbid_path", "glob": [f"folder{number}/"]},
        {"type": "forbid_command", "pattern": [f"tool{number} run"]},
        {"type": "tool_choice", "use": f"good{number}", "instead_of": [f"bad{number}"]},
        {"type": "forbid_code", "pattern": [f"name{number}("]},
    )
    return {
        "id": f"inst_{number:05d}", "text": "said", "active": True, "persistence": "HIGH",
        "verification_required": "MANDATORY", "constraints": [kinds[number % len(kinds)]],
    }  # fmt: skip


OWN = {**said(0), "constraints": [{"type": "branch", "forbid_push_to": ["main"]}]}


@pytest.mark.alone
def test_ten_thousand_instructions_cost_what_ten_do(tmp_path):
    """One call along the line of a hook: facts, the triggers of these, the instructions behind them, the rules."""
    stores = []
    for count in (10, 10_000):
        path = str(tmp_path / f"{count}.db")
        compiled.write_compiled(path, DEFAULTS, [OWN, *map(said, range(1, count))], [])
        stores.append(compiled.open_compiled(path))
    calls = [
        event("Bash", command=USUAL),
        event("Edit", file_path="/repo/src/a.py", old_string="a", new_string="def run(x):\n    return name(x)\n"),
    ]

    def line(store):
        for call in calls:
            facts = gather(call, WORLD)
            judge(call, facts, store.instructions(triggers_for(facts, store.sorts)), Lineage(), DEFAULTS)

    few, many = best(*[lambda store=store: line(store) for store in stores], rounds=60)
    assert many <= 1.2 * few


@pytest.mark.alone
def test_a_usual_command_is_read_in_two_milliseconds():
    """The yardstick is a parse of this very file's neighbour by Python's own parser: 0.9 ms on a slow core."""
    source = inspect.getsource(compiled)
    assert 180 <= len(USUAL) <= 220
    mine, yardstick = best(lambda: gather(event("Bash", command=USUAL), WORLD), lambda: ast.parse(source), rounds=60)
    assert mine <= 2 * yardstick


LONG = {
    "one word": lambda size: event("Bash", command="echo " + "x" * size + " > src/a.txt"),
    "heredoc": lambda size: event("Bash", command="cat > a.txt <<'E'\n" + "some words of it\n" * (size // 17) + "E\n"),
    "python": lambda size: event("Write", file_path="/repo/a.py", content="value = f(1, 'two')\n" * (size // 20)),
    "json": lambda size: event("Write", file_path="/repo/a.json", content='{"a": "b"},\n' * (size // 12)),
    "text": lambda size: event("Write", file_path="/repo/a.txt", content="some words of it\n" * (size // 17)),
}
TOLD = [
    Instruction("inst_001", "said", "SYSTEM", "HIGH", "PROJECT", "MANDATORY", constraints=(Constraint(kind, fields),))
    for kind, fields in (
        ("forbid_path", {"glob": ["migrations/**"]}),
        ("forbid_code", {"what": "global state", "pattern": ["console.log"]}),
        ("secrets", {"log": ["email addresses"]}),
        ("forbid_text", {"what": "links", "place": "comments"}),
        ("port", {"service": "mysql", "value": "3307", "not": ["3306"]}),
    )
]


def decided(call):
    facts = gather(call, WORLD)
    return judge(call, facts, TOLD, Lineage(), DEFAULTS)


@pytest.mark.alone
@pytest.mark.parametrize("make", LONG.values(), ids=LONG)
def test_cost_grows_in_step_with_length(make):
    """Eight times the length costs at most sixteen times: twice what a straight line would."""
    short, long = best(lambda: decided(make(30_000)), lambda: decided(make(240_000)), rounds=3)
    assert long <= 16 * short + 0.02


@pytest.mark.alone
@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("Bash", {"command": "echo " + "x" * 1_000_000 + " > migrations/0001.sql"}),
        ("Bash", {"command": "cat > migrations/0001.sql <<'E'\n" + "select 1;\n" * 100_000 + "E\n"}),
        ("Write", {"file_path": "/repo/migrations/0001.sql", "content": "select 1;\n" * 1_000_000}),
        ("Write", {"file_path": "/repo/migrations/a.py", "content": "value = f(1, 'two')\n" * 500_000}),
    ],
    ids=["command of a megabyte", "heredoc of a megabyte", "ten megabytes of SQL", "ten megabytes of Python"],
)
def test_a_very_long_call_is_decided_before_the_deadline(tool, given):
    started = time.process_time()
    answer = check_row({"tool_name": tool, "tool_input": given, "cwd": "/repo"}, TOLD)
    assert answer["status"] == REJECTED
    assert time.process_time() - started < DEFAULTS["deadline_ms"] / 1000


MANY = {
    "short commands": "echo ab\n",
    "shorter ones": "a;",
    "lists": "a && ",
    "assignments": "x=1\n",
    "variables": "x=$x$y\n",
    "redirects": "a>b\n",
    "here-documents": "cat <<E\nx\nE\n",
    "substitutions": "$(a) ",
    "quoted words": "echo 'a' \"$b\" ",
    "groups": "(a)\n",
    "pipes": "a|b\n",
    "installs": "npm i a\n",
    "inner scripts": "bash -c 'a b'\n",
    "programs": 'python -c \'open("a","w")\'\n',
    "folders": "cd a\n",
    "files": "echo a=1 > b.py\n",
}


@pytest.mark.alone
@pytest.mark.parametrize("unit", MANY.values(), ids=MANY)
def test_a_megabyte_of_small_things_is_decided_before_the_deadline_and_says_that_it_was_cut(unit):
    """What stands at the beginning is judged; that the rest was not read is a fact."""
    command = "rm migrations/0001.sql\n" + unit * (1_000_000 // len(unit))
    started = time.process_time()
    answer = check_row({"tool_name": "Bash", "tool_input": {"command": command}, "cwd": "/repo"}, TOLD)
    assert time.process_time() - started < DEFAULTS["deadline_ms"] / 1000
    assert answer["status"] == REJECTED
    reasons = {fact.name for fact in gather(event("Bash", command=command), WORLD) if fact.kind == "opaque"}
    assert reasons & CUT != set()


CUT = {
    "too many commands", "too many facts", "too many words", "too many pipes", "too long to read in time",
}  # fmt: skip


def test_statements_of_sql_that_were_not_read_are_told():
    facts = gather(event("Bash", command="psql <<'E'\n" + "drop table a;\n" * 5_000 + "E\n"), WORLD)
    assert [fact.name for fact in facts if fact.kind == "opaque"] == ["too many statements"]


def test_the_beginning_of_a_very_long_program_is_read():
    command = "python - <<'E'\nopen('src/a.txt', 'w')\n" + "f(1)\n" * 100_000 + "E\n"
    facts = gather(event("Bash", command=command), WORLD)
    assert [fact.name for fact in facts if fact.kind in ("write", "opaque")] == ["program too large", "/repo/src/a.txt"]
