"""The index: whatever a rule finds shares a trigger with the call, and a call loads only what it can touch."""

import time

import pytest

from tests.rules.cases import CASES
from tractguard.check import spoken
from tractguard.facts import gather
from tractguard.facts.world import Row
from tractguard.model import PRE_TOOL, Constraint, Event, Lineage
from tractguard.policy import DEFAULTS
from tractguard.rules import FAMILIES
from tractguard.rules.index import triggers_for, triggers_of
from tractguard.rules.loop import RULES, judge


def call_of(call):
    tool, given = ("Bash", {"command": call}) if isinstance(call, str) else call
    event = Event(PRE_TOOL, tool=tool, input=given, cwd="/repo", root="/repo")
    return event, gather(event, Row({}, "/repo"))


EXAMPLES = [
    (example["say"], (example["tool"], example["input"]))
    for rule in RULES
    for example in (*rule.bad, *rule.good)
    if "constraints" not in example and "history" not in example
]


@pytest.mark.parametrize(("said", "call"), [(said, call) for said, call, _ in CASES] + EXAMPLES)
def test_what_is_found_shares_a_trigger(said, call):
    """Judging all instructions finds what judging those loaded by trigger finds."""
    instructions = spoken([said] if isinstance(said, str) else said)
    event, facts = call_of(call)
    have = triggers_for(facts)
    loaded = [each for each in instructions if any(have.intersection(triggers_of(one)) for one in each.constraints)]
    assert judge(event, facts, loaded, Lineage(), DEFAULTS) == judge(event, facts, instructions, Lineage(), DEFAULTS)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (Constraint("port", {"service": "mongo", "value": "27027"}), {"connect:mongodb"}),
        (Constraint("forbid_path", {"glob": ["src/migrations/"]}), {"seg:migrations"}),
        (Constraint("forbid_path", {"glob": ["*.lock"]}), {"ext:lock"}),
        (Constraint("tool_choice", {"use": "pnpm", "instead_of": ["npm"]}), {"program:npm", "program:pnpm"}),
        (Constraint("forbid_command", {"pattern": ["terraform apply"]}), {"program:terraform"}),
        (Constraint("branch", {"forbid_push_to": ["main"]}), {"git:push"}),
        (Constraint("version", {"of": "node.js", "value": "20"}), {"version:node"}),
        (Constraint("forbid_code", {"pattern": ["console.log"]}), {"word:console"}),
        (Constraint("require_before", {"do": "cargo fmt", "before": "git commit"}), {"action:commit"}),
        (Constraint("ask_before", {"action": "push"}), {"action:push"}),
        (Constraint("no_such_type", {"x": 1}), set()),
    ],
)
def test_triggers_of(constraint, expected):
    assert set(triggers_of(constraint)) >= expected


def test_every_type_has_triggers():
    some = {
        "service": "redis", "value": "1", "use": "vitest", "instead_of": ["jest"], "run": "make test", "for": "tests",
        "what": "tests", "pattern": ["rm -rf"], "action": "push", "do": "cargo fmt", "before": "commit", "glob": ["a/"],
        "path": "a/b", "of": "node", "name": "X", "key": "x", "forbid_push_to": "main", "not": ["2"], "file": "a.md",
    }  # fmt: skip
    assert [name for name in FAMILIES if not triggers_of(Constraint(name, some))] == []


@pytest.mark.parametrize("command", ["ls -la", "cat src/a.py", "git status", "npm test", "grep -rn 27017 ."])
def test_a_call_touches_few_of_many(command):
    """Ten thousand instructions on other subjects: a call loads none of them."""
    many = [
        triggers
        for number in range(2500)
        for triggers in (
            triggers_of(Constraint("port", {"service": f"service{number}", "value": "1"})),
            triggers_of(Constraint("forbid_path", {"glob": [f"folder{number}/"]})),
            triggers_of(Constraint("forbid_command", {"pattern": [f"tool{number} run"]})),
            triggers_of(Constraint("tool_choice", {"use": f"good{number}", "instead_of": [f"bad{number}"]})),
        )
    ]
    _, facts = call_of(command)
    have = triggers_for(facts)
    assert sum(bool(have.intersection(triggers)) for triggers in many) == 0


@pytest.mark.alone
def test_triggers_of_a_large_text_are_bounded():
    text = "\n".join(f"word{number} = {number}" for number in range(200_000))
    event, facts = call_of(("Write", {"file_path": "/repo/src/a.py", "content": text}))
    started = time.monotonic()
    found = triggers_for(facts)
    assert len(found) < 30_000
    assert time.monotonic() - started < 5
    assert event.tool == "Write"
