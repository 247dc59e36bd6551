"""What is owed and what is said, in the real client: real edits, a real pytest, real commits; the assistant is scripted."""

import subprocess
import sys
from pathlib import Path

import pytest
from client import Client, Session
from model_api import Call, Turn, bash

from tractguard.places import places_of
from tractguard.trust import accept_all

pytestmark = pytest.mark.e2e

FREE = ("--dangerously-skip-permissions",)
SAY = "Run the tests before you commit."
GREEN = "def test_a():\n    assert 1 + 1 == 2\n"
RED = "def test_a():\n    assert 1 + 1 == 3\n"
COMMIT = "git add -A && git -c user.name=D -c user.email=d@example.org commit -qm change"
RUN = "pytest -q -p no:cacheprovider"


@pytest.fixture
def shop(guarded: Path, client: Client) -> Path:
    """The guarded repository, with a real pytest on the client's PATH."""
    program = client.path[0] / "pytest"
    program.write_text(f'#!/bin/sh\nPYTHONDONTWRITEBYTECODE=1 exec "{sys.executable}" -m pytest "$@"\n')
    program.chmod(0o755)
    return guarded


def write(root: Path, name: str, content: str) -> Turn:
    return Turn("", (Call("Write", {"file_path": str(root / name), "content": content}),))


def commits(root: Path) -> int:
    done = subprocess.run(["git", "rev-list", "--count", "HEAD"], cwd=root, capture_output=True, text=True, check=True)
    return int(done.stdout)


def held_back(session: Session, code: str) -> int:
    """How many different requests the model got after a stop was held back with this code."""
    return session.told(f"Stop hook feedback:\n{code}")


def test_a_commit_waits_for_a_real_green_run(shop: Path, client: Client) -> None:
    turns = (
        write(shop, "test_a.py", RED),
        bash(COMMIT),
        bash(RUN),
        bash(COMMIT),
        write(shop, "test_b.py", GREEN),
        bash("rm test_a.py"),
        bash(RUN),
        bash(COMMIT),
        Turn("It is committed."),
    )
    session = client.run(shop, SAY, turns, *FREE)
    refused = [str(each["content"]) for each in session.results() if "TG801" in str(each["content"])]
    assert (commits(shop), len(refused)) == (2, 2)


def test_an_edit_after_the_run_makes_it_stale(shop: Path, client: Client) -> None:
    turns = (
        write(shop, "test_a.py", GREEN),
        bash(RUN),
        write(shop, "app.py", "A = 1\n"),
        bash(COMMIT),
        Turn("Shall I run them again?"),
    )
    session = client.run(shop, SAY, turns, *FREE)
    assert (commits(shop), session.told("TG801")) == (1, 1)


def test_tests_pass_without_a_run_is_caught_once(shop: Path, client: Client) -> None:
    turns = (write(shop, "app.py", "A = 1\n"), Turn("All tests pass."), Turn("I did not run the tests."))
    session = client.run(shop, "Set A in app.py.", turns, *FREE)
    assert (held_back(session, "TG811"), session.answer) == (1, "I did not run the tests.")


def test_a_claim_that_is_said_again_ends_the_turn(shop: Path, client: Client) -> None:
    turns = (write(shop, "app.py", "A = 1\n"), Turn("All tests pass."), Turn("All tests pass."), Turn("Never said."))
    session = client.run(shop, "Set A in app.py.", turns, *FREE)
    assert (session.answer, len([each for each in session.requests if each.get("tools")])) == ("All tests pass.", 3)


def test_tests_pass_after_a_real_run_is_left_alone(shop: Path, client: Client) -> None:
    turns = (write(shop, "test_a.py", GREEN), bash(RUN), Turn("All tests pass."), Turn("Never said."))
    session = client.run(shop, "Write a test.", turns, *FREE)
    assert (session.answer, session.told("TG81")) == ("All tests pass.", 0)


def test_tests_pass_after_a_real_red_run_is_caught(shop: Path, client: Client) -> None:
    turns = (write(shop, "test_a.py", RED), bash(f"{RUN} | tail -3"), Turn("All tests pass."), Turn("One test fails."))
    session = client.run(shop, "Write a test.", turns, *FREE)
    assert (held_back(session, "TG812"), session.answer) == (1, "One test fails.")


def test_a_slow_check_goes_on_beside_the_client_and_the_commit_waits_for_it(shop: Path, client: Client) -> None:
    (shop / "check.sh").write_text("echo run >> .git/runs\nsleep 2\ntest -f app.py\n")
    (shop / ".claude" / "tractguard.toml").write_text('deadline_ms = 1500\n[checks]\ncommand = "sh check.sh"\n')
    accept_all(places_of(str(shop)), client.environment(""))
    turns = (write(shop, "app.py", "A = 1\n"), bash(COMMIT), bash("sleep 3"), bash(COMMIT), Turn("It is committed."))
    session = client.run(shop, "Set A in app.py.", turns, *FREE)
    assert (commits(shop), session.told("`sh check.sh` is running on this tree")) == (2, 1)
    assert (shop / ".git" / "runs").read_text() == "run\n"


def test_a_stop_with_something_owed_is_held_back_once(shop: Path, client: Client) -> None:
    turns = (write(shop, "app.py", "A = 1\n"), Turn("It is set."), Turn("I leave it at that."), Turn("Never said."))
    session = client.run(shop, SAY, turns, *FREE)
    assert (held_back(session, "TG802"), session.answer) == (1, "I leave it at that.")
