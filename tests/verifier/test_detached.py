"""A check that takes longer than a gate has: it goes on beside the guard, once for a tree, and a later gate finds it.

The deadline is short here, so that a gate waits for nothing. A check waits for the file `go` and then does what it says.
"""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import trust
from tests.played import Played
from tractguard.checks.detached import Begun, begun_in, found, is_running
from tractguard.checks.green import held
from tractguard.claims.evidence import read_session
from tractguard.closing import process
from tractguard.ledger import Ledger
from tractguard.live import open_book
from tractguard.model import Event
from tractguard.places import places_of

CHECK = "sh check.sh"
POLICY = f'deadline_ms = 1300\n[checks]\ncommand = "{CHECK}"\n'
WAITS = "echo $$ >> runs\nwhile ! test -f go; do sleep 0.02; done\n. ./go\n"
COMMIT = "git commit -qm one"


@pytest.fixture
def session(repo: Path, home: dict[str, str]) -> Played:
    (repo / ".claude").mkdir(exist_ok=True)
    (repo / ".claude" / "tractguard.toml").write_text(POLICY)
    (repo / "check.sh").write_text(WAITS)
    (repo / ".gitignore").write_text("go\nruns\n")
    subprocess.run(["git", "add", "check.sh", ".gitignore"], cwd=repo, env=home, check=True)
    subprocess.run(["git", "commit", "-qm", "check"], cwd=repo, env=home, check=True)
    trust(repo, home)
    played = Played(repo, home)
    played.say("Set A in app.py.")
    played.write("app.py", "A = 1\n")
    played.run("git add -A")
    return played


def begun(session: Played) -> Begun | None:
    places = places_of(str(session.root))
    with Ledger.open(places.ledger) as ledger:
        return begun_in(places, ledger)


def ended(session: Played, says: str) -> None:
    """Let the check end with these words, and wait until it has."""
    run = begun(session)
    (session.root / "go").write_text(says)
    until = time.monotonic() + 10
    while run is not None and is_running(run) and time.monotonic() < until:
        time.sleep(0.02)


def runs(session: Played) -> int:
    """How often the check was begun."""
    until = time.monotonic() + 5
    while not (session.root / "runs").exists() and time.monotonic() < until:
        time.sleep(0.02)
    return len((session.root / "runs").read_text().split())


def test_a_slow_check_goes_on_and_its_green_run_is_accepted(session: Played) -> None:
    first = session.run(COMMIT)
    second = session.run(COMMIT)
    with open_book(Event("other", root=str(session.root)), session.environ) as book:
        [shown] = held(book.places, book.policy, book.ledger)
    ended(session, "exit 0")
    third = session.run(COMMIT)
    assert [each.decision for each in (first, second, third)] == ["deny", "deny", "silence"]
    assert "`sh check.sh` is running on this tree (started " in first.text
    assert (runs(session), begun(session), bool(shown["running_since"])) == (1, None, True)


def test_how_long_it_took_last_is_said(session: Played) -> None:
    session.run(COMMIT)
    ended(session, "exit 0")
    session.run(COMMIT)
    (session.root / "go").unlink()
    session.write("app.py", "A = 2\n")
    session.run("git add -A")
    told = session.run(COMMIT).text
    ended(session, "exit 0")
    assert re.search(r"\(started \d\d:\d\d, last time \d+ s\)", told)


def test_a_red_run_is_told_with_its_last_lines_and_begun_again_after(session: Played) -> None:
    session.run(COMMIT)
    ended(session, "echo one; echo 'two failed'; exit 3")
    red = session.run(COMMIT)
    assert (red.decision, "ended with exit code 3" in red.text, "one\ntwo failed" in red.text) == ("deny", True, True)
    (session.root / "go").unlink()
    again = session.run(COMMIT)
    ended(session, "exit 0")
    assert (again.decision, session.run(COMMIT).decision) == ("deny", "silence")


def test_a_change_ends_the_run_and_begins_another(session: Played) -> None:
    session.run(COMMIT)
    old = begun(session)
    runs(session)
    session.write("app.py", "A = 2\n")
    session.run("git add -A")
    told = session.run(COMMIT)
    new = begun(session)
    assert old is not None
    assert new is not None
    assert (is_running(old), is_running(new), "app.py has changed" in told.text) == (False, True, True)
    ended(session, "exit 0")


def test_a_document_does_not_end_the_run(session: Played) -> None:
    session.run(COMMIT)
    session.write("notes.md", "Later.\n")
    session.run("git add -A")
    session.run(COMMIT)
    ended(session, "exit 0")
    assert (session.run(COMMIT).decision, runs(session)) == ("silence", 1)


def test_another_session_finds_the_same_run(session: Played) -> None:
    session.run(COMMIT)
    other = Played(session.root, session.environ, "s2")
    refused = other.run(COMMIT)
    ended(session, "exit 0")
    assert (refused.decision, other.run(COMMIT).decision, runs(session)) == ("deny", "silence", 1)


def test_what_another_session_took_note_of_meanwhile_has_not_vanished(session: Played) -> None:
    session.run(COMMIT)
    run = begun(session)
    assert run is not None
    ended(session, "exit 0")
    with open_book(Event("other", root=str(session.root)), session.environ) as book:
        session.run(COMMIT)
        assert found(run, book).sort == "passed"


def test_a_run_that_vanished_is_said_and_begun_again(session: Played) -> None:
    session.run(COMMIT)
    old = begun(session)
    assert old is not None
    runs(session)
    os.kill(old.pid, signal.SIGKILL)
    told = session.run(COMMIT)
    assert ("is gone without a result" in told.text, runs(session)) == (True, 2)
    first = (session.root / "runs").read_text().split()[0]
    assert process(int(first))[0] == ""  # the check itself did not outlive its watcher
    ended(session, "exit 0")


def test_a_run_is_ended_at_its_limit(session: Played) -> None:
    (session.root / ".claude" / "tractguard.toml").write_text(POLICY + "seconds = 1\n")
    trust(session.root, session.environ)
    session.run(COMMIT)
    run = begun(session)
    assert run is not None
    time.sleep(1.1)
    until = time.monotonic() + 5
    while is_running(run) and time.monotonic() < until:
        time.sleep(0.02)
    assert "was ended after 1 s, its limit" in session.run(COMMIT).text


def test_a_green_run_that_was_seen_makes_it_needless(session: Played) -> None:
    session.run(COMMIT)
    old = begun(session)
    assert old is not None
    runs(session)
    (session.root / "check.sh").write_text("exit 0\n")
    session.run(CHECK)
    session.run("git add -A")
    assert (session.run(COMMIT).decision, begun(session), is_running(old)) == ("silence", None, False)


def test_a_turn_ends_freely_and_the_next_message_brings_the_outcome(session: Played) -> None:
    stop = session.stop("It is set.")
    running = session.say("And B?")
    ended(session, "echo 'A is wrong'; exit 1")
    told = session.say("Thanks.")
    assert (stop.decision, "is running on this tree" in stop.text) == ("notice", True)
    assert (running.decision, told.decision, "A is wrong" in told.text) == ("silence", "context", True)
    assert session.say("Anything else?").decision == "silence"


def test_what_the_guard_ran_is_a_run_for_claims(session: Played) -> None:
    session.run(COMMIT)
    ended(session, "exit 0")
    session.run(COMMIT)
    places = places_of(str(session.root))
    with Ledger.open(places.ledger) as ledger:
        seen = read_session(ledger.db.execute, session.id, places.root)
    assert [run.outcome for call in seen.calls for run in call.runs] == ["unknown", "passed"]


def test_the_log_stands_in_the_state_folder(session: Played) -> None:
    session.run(COMMIT)
    ended(session, "echo all is well; exit 0")
    session.run(COMMIT)
    [log] = (session.root / ".claude" / "tractguard" / "checks").glob("*.log")
    assert (log.read_text(), oct(log.stat().st_mode & 0o777)) == ("all is well\n", "0o600")
