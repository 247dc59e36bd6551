"""Shadow mode stops nothing and says what it would have stopped: just what is stopped once it enforces.

Recorded sessions: calls of the project's own corpora, in any order, judged in two repositories that differ in the mode
alone. The calls do not run, as recorded ones do not.
"""

import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import scratch_repository, trust
from tests.homes import own_home
from tractguard.corpus_bench import rows_of, typical_of
from tractguard.hosts.claude_code import read
from tractguard.ledger import Ledger
from tractguard.live import handle, open_book
from tractguard.shadow import would_have_stopped

DATA = Path(__file__).parent / "data"
NAMES = ("commands.jsonl", "benign.jsonl", "integrity.jsonl", "spellings_tool.jsonl", "spellings_path.jsonl")
INSTRUCTIONS = typical_of(str(DATA))
CALLS = [
    (row.get("tool_name", "Bash"), row.get("tool_input") or {"command": row.get("command")})
    for name in NAMES
    for row in rows_of(str(DATA / name))
]
Place = tuple[Path, dict[str, str]]
EXAMPLES = 200 if os.environ.get("TRACTGUARD_SOAK") else 20
NOW = time.time()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Place]:
    """A repository that enforces and one in shadow mode, with the same instructions."""
    made = []
    for mode in ("enforce", "shadow"):
        base = tmp_path_factory.mktemp(mode)
        home = own_home(base / "home")
        repository = scratch_repository(base / "repo", home)
        (repository / ".claude").mkdir()
        (repository / ".claude" / "tractguard.toml").write_text(f'mode = "{mode}"\n')
        event((repository, home), "x", "UserPromptSubmit", prompt="\n".join(INSTRUCTIONS))
        trust(repository, home)
        made.append((repository, home))
    return made[0], made[1]


def event(place: Place, session: str, name: str, **fields: Any) -> str:
    """One event of a session, in this process; how it was answered."""
    repository, home = place
    body = {"session_id": session, "cwd": str(repository), "hook_event_name": name, **fields}
    known = read(body, name, {**home, "CLAUDE_PROJECT_DIR": str(repository), "CLAUDE_CODE_ENTRYPOINT": "cli"}, NOW)
    with open_book(known, home) as book:
        return handle(known, book).response


def judged(place: Place, session: str, calls: list[int]) -> list[str]:
    """How each call of a recorded session is answered."""
    return [
        event(place, session, "PreToolUse", tool_name=tool, tool_input=given_, tool_use_id=f"{session}-{number}")
        for number, (tool, given_) in enumerate(CALLS[each] for each in calls)
    ]


def shadowed(place: Place, session: str) -> list[int]:
    """The numbers of the calls of a session that would have been stopped, as the ledger tells."""
    with Ledger.open(str(place[0] / ".claude/tractguard/ledger.db"), create=False) as ledger:
        rows = [row for row in ledger.of_session(session, most=10_000) if row["kind"] == "pre_tool"]
    return [number for number, row in enumerate(rows) if row["status"] in ("REJECTED", "ESCALATED")]


sessions = itertools.count()


@pytest.mark.soak
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES < 100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(calls=st.lists(st.integers(0, len(CALLS) - 1), min_size=1, max_size=12))
def test_enforcing_stops_just_what_shadow_would_have(two: tuple[Place, Place], calls: list[int]) -> None:
    enforcing, shadow = two
    session = f"s{next(sessions)}"
    answers = judged(enforcing, session, calls)
    assert set(judged(shadow, session, calls)) <= {"silence"}
    assert shadowed(shadow, session) == [n for n, each in enumerate(answers) if each in ("deny", "ask", "correct")]


def test_what_would_have_been_stopped_is_counted(two: tuple[Place, Place]) -> None:
    shadow = two[1]
    with Ledger.open(str(shadow[0] / ".claude/tractguard/ledger.db"), create=False) as ledger:
        before = would_have_stopped(ledger)
    for number, command in enumerate(["ls", "rm -rf /", "git push --force origin main", "cat .env", "npm install x"]):
        given_ = {"command": command}
        event(shadow, "count", "PreToolUse", tool_name="Bash", tool_input=given_, tool_use_id=f"c{number}")
    with Ledger.open(str(shadow[0] / ".claude/tractguard/ledger.db"), create=False) as ledger:
        after = would_have_stopped(ledger)
    assert {key: after[key] - before[key] for key in ("judged", "stopped")} == {"judged": 5, "stopped": 4}
    assert [each["input"]["command"] for each in after["last"][:2]] == ["npm install x", "cat .env"]


def test_status_shows_it(two: tuple[Place, Place]) -> None:
    repository, home = two[1]
    given_ = {"command": "rm -rf /"}
    event(two[1], "status", "PreToolUse", tool_name="Bash", tool_input=given_, tool_use_id="status-1")
    command = [sys.executable, "-m", "tractguard", "status"]
    shown = subprocess.run(command, cwd=repository, env=home, capture_output=True, text=True, check=True).stdout
    told = subprocess.run([*command, "--json"], cwd=repository, env=home, capture_output=True, text=True, check=True)
    found = json.loads(told.stdout)["shadow"]
    assert ("would have stopped" in shown, found["stopped"] > 0, found["last"][0]["status"]) == (True, True, "REJECTED")


def test_a_guard_that_enforces_has_no_shadow(two: tuple[Place, Place]) -> None:
    repository, home = two[0]
    command = [sys.executable, "-m", "tractguard", "status", "--json"]
    told = subprocess.run(command, cwd=repository, env=home, capture_output=True, text=True, check=True).stdout
    assert json.loads(told)["shadow"] == {}
