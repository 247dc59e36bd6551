"""What a session still owes when it ends: its own ends with it, the project's waits for the next session's commit."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.played import Played, Told
from tractguard.closing import machine
from tractguard.ledger import Ledger
from tractguard.obligations import open_obligations
from tractguard.places import places_of

COMMIT = "git add -A && git commit -qm one"
TESTS = "Run the tests before you commit."


@pytest.fixture
def first(repo: Path, home: dict[str, str]) -> Played:
    """A session that leaves something of every kind open."""
    session = Played(repo, home)
    session.say(TESTS)
    session.say("Set A. For this session, update NOTES.md when you change app.py. Why is B unset?")
    session.write("app.py", "A = 1\n")
    session.stop("I'll add tests next.")
    return session


def end(session: Played) -> None:
    session.tell("SessionEnd", reason="other")


def following(before: Played, id: str = "s2", source: str = "startup") -> tuple[Played, Told]:
    """A session later, and what it is told at its start."""
    session = Played(before.root, before.environ, id, start="")
    session.now = before.now + 60
    return session, session.tell("SessionStart", source=source)


def owed(session: Played) -> list[tuple[str, str]]:
    with Ledger.open(places_of(str(session.root)).ledger) as ledger:
        return [(each.session, each.kind) for each in open_obligations(ledger)]


def test_what_is_a_sessions_own_ends_with_it(first: Played) -> None:
    before = owed(first)
    end(first)
    assert (len(before), owed(first)) == (4, [("", "order")])


def test_the_next_session_takes_over_what_the_project_asks_for(first: Played) -> None:
    end(first)
    second, told = following(first)
    assert f'Still owed from a session before: "{TESTS}" (app.py changed' in told.text
    assert owed(second) == [("s2", "order")]
    second.say("Commit it.")
    refused = second.run(COMMIT)
    assert (refused.decision, refused.text[:5]) == ("deny", "TG801")
    second.ran("pytest -q", 0, "3 passed in 0.10s")
    assert (second.run(COMMIT).decision, owed(second)) == ("silence", [])


def test_it_holds_no_stop_of_the_next_session_back(first: Played) -> None:
    end(first)
    second, _ = following(first)
    second.say("What is A?")
    assert second.stop("A is 1.").decision == "silence"


def test_what_somebody_has_committed_since_is_not_owed(first: Played, home: dict[str, str]) -> None:
    end(first)
    for words in (("add", "-A"), ("commit", "-qm", "by hand")):
        subprocess.run(["git", *words], cwd=first.root, env=home, check=True)
    second, told = following(first)
    assert ("Still owed" in told.text, owed(second)) == (False, [])


def test_a_session_that_was_killed_is_closed_at_the_next_start(first: Played) -> None:
    gone = {"pid": 2**22 + 1, "start": "1", "seen": 2, **machine()}  # no process has that number
    with Ledger.open(places_of(str(first.root)).ledger) as ledger:
        ledger.put("s1", "client", json.dumps(gone))
    second, told = following(first)
    assert ("Still owed" in told.text, owed(second)) == (True, [("s2", "order")])


def test_a_session_that_goes_on_has_its_own_again(first: Played) -> None:
    end(first)
    again, _ = following(first, "s1", "resume")
    assert owed(again) == [("s1", "order")]


def test_two_sessions_that_leave_the_same_owe_it_once(first: Played) -> None:
    second, _ = following(first)
    second.write("app.py", "A = 2\n")
    end(first)
    end(second)
    assert owed(second) == [("", "order")]


def test_a_change_along_waits_too(repo: Path, home: dict[str, str]) -> None:
    session = Played(repo, home)
    session.say("Update CHANGELOG.md whenever you change src/api.py.")
    session.write("src/api.py", "A = 1\n")
    end(session)
    second, _ = following(session)
    second.say("Commit it.")
    refused = second.run(COMMIT)
    second.write("CHANGELOG.md", "- A\n")
    assert (refused.decision, refused.text[:5], second.run(COMMIT).decision) == ("deny", "TG801", "silence")
