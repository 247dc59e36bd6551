"""What is owed, at a commit and at the end of a turn: a real repository, real pytest runs, the real line."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.played import Played
from tractguard.ledger import Ledger
from tractguard.obligations import open_obligations
from tractguard.places import places_of

PYTEST = f"{sys.executable} -m pytest -q -p no:cacheprovider"
SAY = "Run the tests before you commit."
GREEN = "def test_a():\n    assert 1 + 1 == 2\n"
RED = "def test_a():\n    assert 1 + 1 == 3\n"


@pytest.fixture
def session(repo: Path, home: dict[str, str]) -> Played:
    return Played(repo, {**home, "PYTHONDONTWRITEBYTECODE": "1"})


def owed(session: Played) -> list[tuple[str, str]]:
    """(kind, scope) of what is open."""
    with Ledger.open(places_of(str(session.root)).ledger) as ledger:
        return [(each.kind, each.scope) for each in open_obligations(ledger, session.id)]


def test_a_commit_waits_for_a_green_run_on_this_tree(session: Played) -> None:
    session.say(SAY)
    session.write("app.py", "A = 1\n")
    session.write("test_app.py", GREEN)
    session.run("git add -A")
    refused = session.run("git commit -qm one")
    assert (refused.decision, refused.text[:5], owed(session)) == ("deny", "TG801", [("order", "app.py")])
    session.run(PYTEST)
    assert owed(session) == []
    assert session.run("git commit -qm one").decision == "silence"


def test_a_red_run_is_no_evidence(session: Played) -> None:
    session.say(SAY)
    session.write("test_app.py", RED)
    session.run(PYTEST)
    assert session.run("git add -A && git commit -qm one").decision == "deny"


def test_an_edit_after_the_run_makes_it_stale(session: Played) -> None:
    session.say(SAY)
    session.write("test_app.py", GREEN)
    session.run(PYTEST)
    session.edit("test_app.py", "2", "2 ")
    assert session.run("git add -A && git commit -qm one").decision == "deny"


def test_an_edit_that_no_call_told_makes_it_stale(session: Played) -> None:
    session.say(SAY)
    session.write("test_app.py", GREEN)
    session.run(PYTEST)
    (session.root / "app.py").write_text("B = 2\n")
    refused = session.run("git add -A && git commit -qm one")
    assert (refused.decision, "TG801" in refused.text) == ("deny", True)


def test_a_document_changes_nothing(session: Played) -> None:
    session.say(SAY)
    session.write("test_app.py", GREEN)
    session.run(PYTEST)
    session.write("NOTES.md", "# Notes\n")
    assert session.run("git add -A && git commit -qm one").decision == "silence"


@pytest.mark.parametrize(
    ("command", "decision"),
    [
        (f"{PYTEST} | tail -1", "silence"),  # what it printed was seen, and is green
        (f"{PYTEST} || true", "silence"),
        (f"{PYTEST} > out.log; true", "deny"),  # neither its exit code nor its words are known
        (f"{PYTEST} --collect-only", "deny"),
    ],
)
def test_a_run_whose_exit_code_is_lost(session: Played, command: str, decision: str) -> None:
    session.say(SAY)
    session.write("test_app.py", GREEN)
    session.run(command)
    assert session.run("git add -A && git commit -qm one").decision == decision


def test_a_red_run_behind_a_pipe_is_red(session: Played) -> None:
    session.say(SAY)
    session.write("test_app.py", RED)
    session.run(f"{PYTEST} | tail -3")
    assert session.run("git add -A && git commit -qm one").decision == "deny"


def test_run_and_commit_in_one_call(session: Played) -> None:
    session.say(SAY)
    session.write("test_app.py", GREEN)
    assert session.run(f"{PYTEST} && git add -A && git commit -qm one").decision == "silence"


def test_a_commit_of_nothing_but_documents_owes_nothing(session: Played) -> None:
    session.say(SAY)
    session.write("NOTES.md", "# Notes\n")
    assert session.run("git add -A && git commit -qm one").decision == "silence"


def test_a_stop_is_held_back_once(session: Played) -> None:
    session.say(SAY)
    session.write("app.py", "A = 1\n")
    first = session.stop("The value is set.")
    again = session.stop("The value is set.", stop_hook_active=True)
    later = session.stop("The value is set.")
    assert (first.decision, again.decision, later.decision) == ("block", "silence", "silence")
    assert first.text.startswith("TG802")


def test_a_stop_that_asks_the_person_is_left_alone(session: Played) -> None:
    session.say(SAY)
    session.write("app.py", "A = 1\n")
    assert session.stop("Shall I also rename the constant?").decision == "silence"


def test_a_stop_in_plan_mode_or_with_work_in_the_background_is_left_alone(session: Played) -> None:
    session.say(SAY)
    session.write("app.py", "A = 1\n")
    planned = session.stop("The plan.", permission_mode="plan")
    behind = session.stop("It runs.", background_tasks=[{"id": "b1"}])
    assert (planned.decision, behind.decision) == ("silence", "silence")


def test_the_changelog_goes_along(session: Played) -> None:
    session.say("Update `CHANGELOG.md` whenever you change the API in `src/api/`.")
    session.write("src/api/routes.py", "A = 1\n")
    assert owed(session) == [("along", "src/api/routes.py")]
    session.write("CHANGELOG.md", "- A\n")
    assert owed(session) == []


def test_a_promise_is_owed_from_the_next_turn_on(session: Played) -> None:
    session.say("Write a function that adds.")
    session.write("add.py", "def add(a, b):\n    return a + b\n")
    first = session.stop("The function is written. I'll add tests for it next.")
    session.say("ok, go on")
    second = session.stop("Here is the function.")
    assert (first.decision, second.decision, owed(session)[0][0]) == ("silence", "block", "promise")
    session.write("test_add.py", "def test_add():\n    assert True\n")
    assert owed(session) == []


def test_a_promise_said_three_times_is_owed_once(session: Played) -> None:
    session.say("Write a function that adds.")
    for _ in range(3):
        session.stop("I will write the tests now.", stop_hook_active=True)
    assert len(owed(session)) == 1


def test_an_instruction_that_is_retired_owes_nothing(session: Played) -> None:
    session.say("For this session, run the tests before you commit.")
    session.write("app.py", "A = 1\n")
    assert owed(session) == [("order", "app.py")]
    with Ledger.open(places_of(str(session.root)).ledger) as ledger:
        ledger.put(session.id, "instructions", "[]")
    assert session.stop("It is set.").decision == "silence"
    assert owed(session) == []


def test_red_green_work_is_never_stopped(session: Played) -> None:
    session.say(SAY)
    answers = [
        session.write("test_app.py", "from app import add\n\n\ndef test_a():\n    assert add(1, 1) == 2\n"),
        session.run(PYTEST),
        session.write("app.py", "def add(a, b):\n    return a - b\n"),
        session.run(PYTEST),
        session.edit("app.py", "-", "+"),
        session.run(PYTEST),
        session.run("git add -A && git commit -qm add"),
        session.stop("All tests pass, and the change is committed."),
    ]
    assert {each.decision for each in answers} == {"silence"}


def test_no_secret_is_kept_with_what_is_owed(session: Played) -> None:
    session.say("Write a function.")
    session.stop("I'll add tests with the token ghp_0123456789abcdefghijABCDEFGHIJ0123456789 next.")
    with Ledger.open(places_of(str(session.root)).ledger) as ledger:
        (each,) = open_obligations(ledger, session.id)
    assert (each.kind, "ghp_" in each.cause) == ("promise", False)


def test_what_a_change_may_be_about_refuses_its_commit_once(session: Played) -> None:
    session.say("Whenever you change the API, update CHANGELOG.md.")
    session.write("src/api/users.py", "A = 1\n")
    first = session.run("git add -A && git commit -qm one")
    second = session.run("git add -A && git commit -qm one")
    assert (first.decision, first.text[:5], "commit again" in first.text) == ("deny", "TG801", True)
    assert (second.decision, session.stop("The endpoint is there.").decision) == ("context", "silence")


def test_a_change_along_in_a_monorepo_is_that_of_its_package(session: Played) -> None:
    session.say("Update packages/api/CHANGELOG.md whenever you change packages/api/src.")
    session.write("packages/web/src/app.ts", "export const a = 1\n")
    free = session.run("git add -A && git commit -qm web")
    session.write("packages/api/src/users.ts", "export const a = 1\n")
    session.write("packages/web/CHANGELOG.md", "- users\n")
    refused = session.run("git add -A && git commit -qm api")
    session.write("packages/api/CHANGELOG.md", "- users\n")
    passed = session.run("git add -A && git commit -qm api")
    assert (free.decision, refused.decision, refused.text[:5], passed.decision) == (
        "silence",
        "deny",
        "TG801",
        "silence",
    )


def test_explain_says_what_a_session_would_do(session: Played, tg: Run) -> None:
    session.say(SAY)
    commit, look = (
        json.loads(tg("explain", command, "--json").stdout)["verdict"] for command in ("git commit -m x", "ls")
    )
    assert (commit["status"], "refused (TG801)" in commit["in_session"], look["in_session"]) == ("WARNING", True, None)


def test_a_promise_that_is_made_again_is_held_against_the_second_time(session: Played) -> None:
    answers = []
    for said in ("Refactor the cart.", "First rename it.", "And the docs."):
        session.say(said)
        answers.append(session.stop("Done. I'll add tests next.").decision)
    assert answers == ["silence", "silence", "block"]
