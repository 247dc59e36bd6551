"""The five dimensions from what a session did, a plan held against what is in force, and what follows in a full session."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.claims.mini import session_of_row
from tests.conftest import Run
from tests.played import Played
from tractguard.ledger import Ledger
from tractguard.places import places_of
from tractguard.verifier.reasoning import Known, plan_of, scores_of
from tractguard.verifier.scoring import Step
from tractguard.verifier.scoring import scores_of as of_session

READ = {"tool": "Read", "input": {"file_path": "/repo/src/a.py"}}
EDIT = {"edit": "src/a.py", "old": "a", "new": "b"}
TEST = {"run": "pytest -q", "code": 0, "output": "3 passed in 0.1s"}
ASK = {"say": "Rename the parser in src/a.py and commit it."}


def scores(*steps: dict[str, Any], sorts: tuple[str, ...] = ("commit",), **step: Any) -> dict[str, float | None]:
    """The values of a session's dimensions."""
    found = of_session(Step(sorts, **step), session_of_row({"steps": list(steps)}))
    return {name: each.value for name, each in found.items()}


@pytest.mark.parametrize(
    ("dimension", "steps", "value"),
    [
        ("alignment", (ASK, READ, EDIT), 1.0),
        ("alignment", (READ, EDIT), None),
        ("alignment", ({"say": "Paint the fence green"}, READ, EDIT), 0.45),
        ("coherence", (ASK, READ, EDIT, TEST), 1.0),
        ("coherence", (ASK, READ), None),
        ("coherence", (READ, EDIT, {**EDIT, "old": "b", "new": "a"}), 0.8),
        ("completeness", (ASK, READ), None),
        ("completeness", (READ, {"run": "grep -rn parser src"}, EDIT, TEST), 1.0),
        ("completeness", (READ, EDIT), 0.4667),
        ("completeness", (EDIT,), 0.1333),
        ("alternatives", (), None),
        ("alternatives", (READ, EDIT), None),
        ("alternatives", (READ, EDIT, TEST), 0.5),
        ("alternatives", ({"run": "rg parser"}, EDIT, {"run": "git diff"}), 1.0),
    ],
)
def test_a_dimension_comes_from_the_log(dimension: str, steps: tuple[dict[str, Any], ...], value: float | None) -> None:
    assert scores(*steps)[dimension] == value


def test_safety_counts_what_could_be_lost() -> None:
    from tractguard.model import Fact

    forced = (Fact("git", "push", "main", {"force": True}),)
    assert (scores(facts=forced, sorts=("push",))["safety"], scores()["safety"]) == (0.4, 1.0)


def test_what_is_owed_makes_a_change_incomplete() -> None:
    whole, owing = scores(READ, EDIT, TEST), scores(READ, EDIT, TEST, owed=1)
    assert (whole["completeness"], owing["completeness"]) == (0.8, 0.6)


def test_red_green_and_retries_contradict_nothing() -> None:
    red = {**TEST, "code": 1, "output": "1 failed in 0.1s"}
    assert scores(ASK, READ, red, EDIT, red, {**EDIT, "old": "b", "new": "c"}, TEST)["coherence"] == 1.0


def test_a_commit_of_what_failed_last_is_against_the_log() -> None:
    red = {**TEST, "code": 1, "output": "1 failed in 0.1s"}
    assert (scores(READ, EDIT, red)["coherence"], scores(READ, EDIT, red, sorts=("files",))["coherence"]) == (0.8, 1.0)


def test_polling_contradicts_nothing() -> None:
    ask = {"run": "curl -f localhost:8080/health", "code": 7}
    build = {"run": "make image", "code": 2}
    assert (scores(ask, ask, ask, ask)["coherence"], scores(build, build, build)["coherence"]) == (1.0, 0.8)
    assert scores(build, {"run": "sleep 30"}, build, {"run": "sleep 30"}, build)["coherence"] == 1.0


@pytest.mark.parametrize(
    ("said", "sort", "value"),
    [
        ("Fix the parser and push it.", "push", 1.0),
        ("Fix the parser.", "push", 0.4),
        ("Fix the parser.", "deploy", 0.4),
        ("Fix the parser.", "commit", 0.85),
        ("Roll it out to staging.", "deploy", 1.0),
    ],
)
def test_what_goes_out_is_asked_for_by_name(said: str, sort: str, value: float) -> None:
    worked = {"edit": "src/parser.py", "old": "a", "new": "b"}
    assert scores({"say": said}, worked, sorts=(sort,))["alignment"] == value


def test_an_earlier_request_counts_as_well() -> None:
    asked = ({"say": "Push it when the tests are green."}, {"say": "And rename the parser."})
    assert scores(*asked, READ, EDIT, sorts=("push",))["alignment"] == 0.9


def test_a_plan_is_not_better_for_being_longer() -> None:
    short = "Replace `a.py`. Alternative: keep `b.py`."
    long = short + " This is a very good and very careful plan." * 200
    known = Known()
    assert (
        scores_of(plan_of(long), known)["alternatives"].value == scores_of(plan_of(short), known)["alternatives"].value
    )


def test_an_empty_plan_is_unknown() -> None:
    assert {each.value for each in scores_of(plan_of(" \n"), Known()).values()} == {None}


def test_steps_that_contradict_each_other() -> None:
    plan = plan_of("1. Always write to `cache.py`.\n2. Never write to `cache.py`.\n")
    assert scores_of(plan, Known())["coherence"].value == 0.7


def test_a_plan_is_held_against_the_instructions(tg: Run, repo: Path) -> None:
    tg("init", "--yes")
    tg("instructions", "add", "MongoDB runs on port 27027.", "--yes")
    (repo / "plan.md").write_text("Look at the data with `mongosh --port 27017`.\n")
    found = json.loads(tg("verify", "--reasoning", "plan.md", "--json").stdout)
    assert (found["scores"]["alignment"], "27027" in found["evidence"]["alignment"][0]) == (0.3, True)


def test_the_last_session_is_looked_at(repo: Path, home: dict[str, str], tg: Run) -> None:
    session = Played(repo, home)
    session.say("Write a parser in parser.py and commit it.")
    session.write("parser.py", "def parse():\n    return 1\n")
    found = json.loads(tg("verify", "--json").stdout)
    assert (found["scores"]["alignment"], found["decision"] != "UNKNOWN") == (0.85, True)


def at_level(session: Played, level: str) -> None:
    with Ledger.open(places_of(str(session.root)).ledger) as ledger:
        ledger.put(session.id, "pressure level", level)


def test_a_major_call_is_verified_in_a_full_session_only(repo: Path, home: dict[str, str]) -> None:
    session = Played(repo, home)
    session.say("Paint the fence green.")
    session.write("parser.py", "def parse():\n    return 1\n")
    session.run("git add -A")
    assert session.run("git commit -qm one --dry-run").decision == "silence"
    calm = session.ran("git push origin work")
    at_level(session, "HIGH")
    full = session.ran("git push origin work")
    look = session.ran("git status")
    assert (calm.decision, full.decision, look.decision) == ("silence", "ask", "silence")
    assert "TG822" in full.text


def test_honest_work_goes_on_in_a_full_session(repo: Path, home: dict[str, str]) -> None:
    session = Played(repo, home)
    session.say("Write a parser in parser.py with a test, and commit it.")
    at_level(session, "HIGH")
    session.ran("grep -rn parse .", code=1)
    session.write("parser.py", "def parse():\n    return 1\n")
    session.write("test_parser.py", "from parser import parse\n\n\ndef test_parse():\n    assert parse() == 1\n")
    session.ran("pytest -q", output="1 passed in 0.1s")
    session.run("git diff && git add -A")
    assert session.run("git commit -qm parser").decision == "silence"
