"""What the assistant says at the end of a turn, in a real repository: named once where it is not so, else silence."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import trust
from tests.played import Played
from tractguard.ledger import Ledger
from tractguard.places import places_of

PYTEST = f"{sys.executable} -m pytest -q -p no:cacheprovider"
GREEN = "def test_a():\n    assert 1 + 1 == 2\n"
RED = "def test_a():\n    assert 1 + 1 == 3\n"


@pytest.fixture
def session(repo: Path, home: dict[str, str]) -> Played:
    return Played(repo, {**home, "PYTHONDONTWRITEBYTECODE": "1"})


def test_tests_pass_without_a_run(session: Played) -> None:
    session.write("app.py", "A = 1\n")
    held = session.stop("I set the value. All tests pass.")
    assert (held.decision, held.text[:5], "no test command ran" in held.text) == ("block", "TG811", True)


def test_tests_pass_after_a_run(session: Played) -> None:
    session.write("test_app.py", GREEN)
    session.run(PYTEST)
    assert session.stop("I set the value. All tests pass.").decision == "silence"


def test_tests_pass_after_a_red_run(session: Played) -> None:
    session.write("test_app.py", RED)
    session.run(PYTEST)
    held = session.stop("All tests pass.")
    assert (held.decision, "failed (1 failed)" in held.text) == ("block", True)


def test_a_false_claim_is_named_once(session: Played) -> None:
    session.write("app.py", "A = 1\n")
    first = session.stop("All tests pass.")
    again = session.stop("All tests pass.", stop_hook_active=True)
    later = session.stop("All tests pass.")
    assert (first.decision, again.decision, later.decision) == ("block", "silence", "silence")


def test_committed_without_a_commit(session: Played) -> None:
    session.write("app.py", "A = 1\n")
    held = session.stop("I've committed the change.")
    session.run("git add -A && git commit -qm one")
    free = session.stop("I've committed the change.")
    assert (held.text[:5], free.decision) == ("TG813", "silence")


def test_a_commit_by_hand_is_a_commit(session: Played, home: dict[str, str]) -> None:
    session.write("app.py", "A = 1\n")
    later = {**home, "GIT_COMMITTER_DATE": f"@{int(session.now) + 5} +0000"}
    for words in (("add", "app.py"), ("commit", "-qm", "by hand")):
        subprocess.run(["git", *words], cwd=session.root, env=later, check=True)
    assert session.stop("It is committed.").decision == "silence"


def test_pushed_without_a_push(session: Played) -> None:
    session.write("app.py", "A = 1\n")
    session.run("git add -A && git commit -qm one")
    held = session.stop("Committed and pushed to origin.")
    assert (held.decision, "no `git push` ran" in held.text) == ("block", True)


def test_a_real_push(session: Played, tmp_path: Path, home: dict[str, str]) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "far.git")], env=home, check=True)
    session.run(f"git remote add origin '{tmp_path}/far.git'")
    session.write("app.py", "A = 1\n")
    session.run("git add -A && git commit -qm one && git push -q origin HEAD:work")
    assert session.stop("Committed and pushed to origin.").decision == "silence"


def test_only_one_file(session: Played) -> None:
    session.say("Set A.")
    session.write("app.py", "A = 1\n")
    session.write("other.py", "B = 1\n")
    held = session.stop("I only changed `app.py`.")
    assert (held.decision, "other.py was changed as well" in held.text) == ("block", True)


def test_a_file_that_is_not_there(session: Played) -> None:
    held = session.stop("I created `src/report.py` with the new command.")
    assert (held.text[:5], "there is no src/report.py" in held.text) == ("TG815", True)


def test_a_session_that_was_not_seen_from_its_start(repo: Path, home: dict[str, str]) -> None:
    session = Played(repo, home, start="")
    session.write("app.py", "A = 1\n")
    assert session.stop("All tests pass, and it is committed.").decision == "silence"


@pytest.mark.parametrize(("ago", "decision"), [(0, "block"), (600, "silence")])
def test_a_session_that_begins_with_a_prompt(ago: int, decision: str, repo: Path, home: dict[str, str]) -> None:
    session = Played(repo, home, start="")
    session.say("Set A in app.py.")
    session.write("app.py", "A = 1\n")
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(session.now - 3 - ago))
    transcript = repo.parent / "transcript.jsonl"
    transcript.write_text(f'{{"type":"user","timestamp":"{stamp}"}}\n')
    assert session.stop("All tests pass.", transcript_path=str(transcript)).decision == decision


def test_a_run_of_a_subagent_counts(session: Played) -> None:
    session.write("test_app.py", GREEN)
    session.tell("SubagentStart", agent_id="a1", agent_type="general-purpose")
    given = {"tool_name": "Bash", "tool_input": {"command": "pytest -q"}, "tool_use_id": "sub1"}
    session.tell("PreToolUse", agent_id="a1", **given)
    session.tell("PostToolUse", agent_id="a1", tool_response={"stdout": "1 passed in 0.1s", "stderr": ""}, **given)
    assert session.stop("All tests pass.").decision == "silence"


def test_a_subagent_is_held_to_its_words(session: Played) -> None:
    session.write("app.py", "A = 1\n")
    fields = {"agent_id": "a1", "agent_type": "general-purpose", "stop_hook_active": False}
    held = session.tell("SubagentStop", last_assistant_message="All tests pass.", **fields)
    assert (held.decision, held.text[:5]) == ("block", "TG811")


def test_a_summary_of_a_compaction_claims_nothing(session: Played) -> None:
    session.write("app.py", "A = 1\n")
    fields = {"agent_id": "a1", "agent_type": "", "stop_hook_active": False}
    assert session.tell("SubagentStop", last_assistant_message="All tests pass.", **fields).decision == "silence"


def test_a_skipped_test_is_named(session: Played, home: dict[str, str]) -> None:
    (session.root / "test_app.py").write_text("import pytest\n\n\n" + RED)
    subprocess.run(["git", "add", "-A"], cwd=session.root, env=home, check=True)
    session.say("Make it work.")
    session.edit("test_app.py", "def test_a", "@pytest.mark.skip\ndef test_a")
    session.run(PYTEST)
    held = session.stop("All tests pass.")
    assert (held.decision, held.text[:5]) == ("block", "TG816")


@pytest.mark.parametrize(("strength", "decision"), [("refuse", "block"), ("warn", "notice"), ("off", "silence")])
def test_policy_says_how_strong(strength: str, decision: str, repo: Path, home: dict[str, str]) -> None:
    (repo / ".claude").mkdir()
    (repo / ".claude" / "tractguard.toml").write_text(f'[obligations]\nclaims = "{strength}"\nat_stop = []\n')
    trust(repo, home)
    session = Played(repo, home)
    session.write("app.py", "A = 1\n")
    assert session.stop("All tests pass.").decision == decision


def test_shadow_mode_stops_nothing(repo: Path, home: dict[str, str]) -> None:
    (repo / ".claude").mkdir()
    (repo / ".claude" / "tractguard.toml").write_text('mode = "shadow"\n')
    trust(repo, home)
    session = Played(repo, home)
    session.write("app.py", "A = 1\n")
    assert session.stop("All tests pass.").decision == "silence"


@pytest.mark.parametrize(
    "message", ["", "x" * 300_000, "\ud800 tests pass \0", "`" * 5_000, "- " * 20_000, None, 7, ["a"]]
)
def test_any_message_is_borne(message: object, session: Played) -> None:
    answer = session.tell("Stop", last_assistant_message=message, stop_hook_active=False)
    assert answer.text.count("Traceback") == 0


def test_what_was_found_stands_in_the_record(session: Played) -> None:
    session.write("app.py", "A = 1\n")
    session.stop("All tests pass.")
    with Ledger.open(places_of(str(session.root)).ledger) as ledger:
        row = next(each for each in reversed(ledger.of_session(session.id)) if each["kind"] == "stop")
    assert (row["status"], row["findings"][0]["code"]) == ("REJECTED", "TG811")
