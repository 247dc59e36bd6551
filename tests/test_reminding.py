"""What is given back to a session, and what worktrees and lost files do to it, through the real hook."""

import sqlite3
from pathlib import Path

import pytest

from tests.clocked import TOUCH, Answer, Run, Say, Session, ask_, git, records, say_, session_, start_
from tractguard.ledger import Ledger
from tractguard.reminder import reminder, tokens_of

FIXTURES = (ask_, say_, session_, start_)  # pytest finds them here


# --- worktrees and lost files ---------------------------------------------------------------------------------------


def test_two_worktrees_give_no_id_twice(say: Say, ask: Say, repo: Path, home: dict[str, str]) -> None:
    say("Never touch a/")
    git(repo, home, "add", ".claude/instruction-history.json")
    git(repo, home, "commit", "-q", "-m", "history")
    other = repo.parent / "other"
    git(repo, home, "worktree", "add", "-q", str(other), "-b", "other")
    say("Never touch b/", folder=other, at=1)
    say("Never touch c/", at=2)
    assert [each["id"] for each in records(other)] == ["inst_001", "inst_002"]
    assert [each["id"] for each in records(repo)] == ["inst_001", "inst_003"]
    held = [ask(f"touch {folder}/x", folder=other, at=3) for folder in ("a", "b", "c")]
    assert held == ["deny", "deny", "deny"]


def test_what_was_retired_in_a_worktree_is_not_revived_there_by_the_main_one(
    say: Say, ask: Say, repo: Path, home: dict[str, str], tg: Run
) -> None:
    say("Never touch a/")
    git(repo, home, "add", ".claude/instruction-history.json")
    git(repo, home, "commit", "-q", "-m", "history")
    other = repo.parent / "other"
    git(repo, home, "worktree", "add", "-q", str(other), "-b", "other")
    assert tg("instructions", "retire", "inst_001", "--yes", cwd=other).returncode == 0
    assert (ask("touch a/x", folder=other), ask("touch a/x")) == ("silence", "deny")


def test_a_history_that_was_deleted_stays_in_force(say: Say, ask: Say, start: Session, repo: Path) -> None:
    say("Never touch migrations/")
    (repo / ".claude/instruction-history.json").unlink()
    (repo / ".claude/tractguard/compiled.db").unlink()
    assert "1 instructions known from it stay in force" in start(id="s2", at=1).person
    assert ask(TOUCH, id="s2", at=2) == "deny"


def test_a_phase_that_ended_does_not_come_back_with_a_lost_history(
    say: Say, ask: Say, start: Session, repo: Path, home: dict[str, str]
) -> None:
    say("Until v2.0 is tagged, never touch migrations/.")
    git(repo, home, "tag", "v2.0")
    start(id="s2", at=1)
    (repo / ".claude/instruction-history.json").unlink()
    (repo / ".claude/tractguard/compiled.db").unlink()
    assert ask(TOUCH, id="s2", at=2) == "silence"


# --- reminding -----------------------------------------------------------------------------------------------------


def test_a_subagent_is_given_what_is_in_force(session: Session, say: Say) -> None:
    say("MongoDB runs on port 27027")
    assert "27027" in session("SubagentStart", agent_id="a1", agent_type="Explore").context


def test_a_session_without_instructions_is_told_nothing(start: Session) -> None:
    assert start() == Answer("silence")


def test_a_call_that_is_fine_is_answered_with_nothing(say: Say, session: Session) -> None:
    say("MongoDB runs on port 27027. Never touch migrations/.")
    call = {"tool_name": "Bash", "tool_input": {"command": "mongosh --port 27027"}, "tool_use_id": "t"}
    assert session("PreToolUse", **call) == Answer("silence")
    assert session("PostToolUse", tool_response={}, **call) == Answer("silence")


def budget(repo: Path, tokens: int) -> None:
    (repo / ".claude").mkdir(exist_ok=True)
    (repo / ".claude/tractguard.toml").write_text(f"[instructions]\nreminder_tokens = {tokens}\n")


def test_the_reminder_keeps_its_budget_and_begins_with_what_is_high(say: Say, start: Session, repo: Path) -> None:
    budget(repo, 80)
    say("\n".join(f"- Prefer short functions in module number {number}" for number in range(20)))
    say("Never touch migrations/", at=21)
    text = start("compact", at=22).context
    assert tokens_of(text) <= 80
    assert text.splitlines()[1].startswith("- Never touch migrations/")
    with Ledger.open(str(repo / ".claude/tractguard/ledger.db")) as ledger:
        assert list(ledger.entries())[-1].json()["reminder_tokens"] == tokens_of(text)


def test_what_concerns_the_files_at_work_comes_first_among_equals(
    say: Say, ask: Say, start: Session, repo: Path
) -> None:
    budget(repo, 60)
    say("Never touch billing/")
    for number in range(4):
        say(f"Never touch other-{number}/", at=number + 1)
    ask("cat billing/plans.py", at=20)
    assert start("compact", at=22).context.splitlines()[1].startswith("- Never touch billing/")


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("Never touch migrations/, and run the tests before each commit.", 13, 24),
        ("データベースはポート27027で動いています。", 12, 30),
        ("x" * 350, 44, 120),
    ],
)
def test_tokens_are_counted_on_the_safe_side(text: str, least: int, most: int) -> None:
    assert least <= tokens_of(text) <= most


# --- the ledger ----------------------------------------------------------------------------------------------------


def test_a_ledger_that_was_cut_off_is_noticed_at_the_next_start(
    session: Session, start: Session, ask: Say, repo: Path, tg: Run
) -> None:
    for number in range(5):
        ask("ls", at=number)
    session("Stop", at=6)
    assert start("resume", at=7).person == ""
    database = sqlite3.connect(repo / ".claude/tractguard/ledger.db")
    database.execute("DROP TRIGGER events_no_delete")
    database.execute("DELETE FROM events WHERE seq > 3")
    database.commit()
    database.close()
    assert "ends before event 6" in start(at=8, id="s2").person
    verified = tg("audit", "verify")
    assert (verified.returncode, "ends before event 6" in verified.stdout.replace("\n", " ")) == (1, True)


def test_a_ledger_that_was_replaced_is_noticed(session: Session, start: Session, ask: Say, repo: Path) -> None:
    ask("ls")
    session("Stop", at=1)
    for path in (repo / ".claude/tractguard").glob("ledger.db*"):
        path.unlink()
    for number in range(4):
        ask("pwd", at=2 + number)
    assert "is not the one" in start(at=9, id="s2").person


def test_a_path_that_a_sentence_names_brings_it_forward() -> None:
    records = [
        {"id": f"inst_{n}", "text": f"Keep `pkg{n}/` free of side effects.", "persistence": "HIGH"} for n in (4, 42, 7)
    ]
    assert reminder(records, 400, ("pkg42/a.py",)).splitlines()[1] == "- Keep `pkg42/` free of side effects. (inst_42)"
