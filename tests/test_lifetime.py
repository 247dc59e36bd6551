"""How long what was said holds, through the real hook: its clock is turned to when we choose."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.clocked import DAY, TOUCH, Run, Say, Session, ask_, client_, do_, git, records, say_, session_, start_
from tests.conftest import trust
from tractguard.ledger import Ledger

FIXTURES = (ask_, client_, do_, say_, session_, start_)  # pytest finds them here


# --- HIGH ----------------------------------------------------------------------------------------------------------


def test_a_high_instruction_never_ages_out(session: Session, start: Session, say: Say, ask: Say) -> None:
    """Thirty days, five compactions, a resumed session."""
    start()
    say("MongoDB runs on port 27027. Never touch migrations/.")
    for compaction in range(5):
        at = (compaction + 1) * 5 * DAY
        session("PreCompact", at=at, trigger="auto")
        assert "MongoDB runs on port 27027" in start("compact", at=at + 1).context
    session("SessionEnd", at=26 * DAY, reason="other")
    assert "Never touch migrations/" in start("resume", at=30 * DAY).context
    wrong = {"tool_name": "Bash", "tool_input": {"command": "mongosh --port 27017"}, "tool_use_id": "t"}
    assert session("PreToolUse", at=30 * DAY + 1, **wrong).command == "mongosh --port 27027"
    assert ask(TOUCH, at=30 * DAY + 2, id="s2") == "deny"


# --- SESSION -------------------------------------------------------------------------------------------------------


def test_what_is_said_for_a_session_ends_with_it(session: Session, say: Say, ask: Say, repo: Path) -> None:
    say("For this session, never touch migrations/.")
    assert (ask(TOUCH), ask(TOUCH, id="s2")) == ("deny", "silence")
    assert not (repo / ".claude/instruction-history.json").exists()
    session("SessionEnd", at=1, reason="other")
    assert ask(TOUCH, at=2) == "silence"


OWN = (
    {"hook_event_name": "SessionStart", "source": "startup"},
    {"hook_event_name": "UserPromptSubmit", "prompt": "For this session, never touch migrations/."},
)


def test_a_killed_session_is_closed_at_the_next_start(client: Any, start: Session, ask: Say) -> None:
    running = client(*OWN)
    start(id="s2", at=1)
    assert ask(TOUCH, id="k1", at=2) == "deny"
    running.send_signal(signal.SIGKILL)
    running.wait()
    start(id="s3", at=3)
    assert ask(TOUCH, id="k1", at=4) == "silence"


def test_a_killed_session_that_is_resumed_goes_on(client: Any, start: Session, ask: Say) -> None:
    running = client(*OWN)
    running.kill()
    running.wait()
    assert "never touch migrations/" in start("resume", id="k1", at=3).context
    assert ask(TOUCH, id="k1", at=4) == "deny"


def test_a_session_whose_client_is_not_known_ends_after_a_week_of_silence(start: Session, say: Say, ask: Say) -> None:
    say("For this session, never touch migrations/.")
    start(id="s2", at=6 * DAY)
    assert ask(TOUCH, at=6 * DAY) == "deny"
    start(id="s2", at=14 * DAY)
    assert ask(TOUCH, at=14 * DAY) == "silence"


def test_what_was_said_for_two_sessions_is_offered_for_keeping_once(session: Session, start: Session, say: Say) -> None:
    for number, words in enumerate(("For this session never run pytest", "never run pytest this session")):
        say(words, id=f"s{number}", at=number)
        session("SessionEnd", id=f"s{number}", at=number, reason="other")
    offered = start(id="s3", at=3).person
    assert offered == (
        'tractguard: you said "Never run pytest" 2 times, each for one session or task.'
        ' To keep it: tractguard instructions add "Never run pytest"'
    )
    assert start(id="s4", at=4).person == ""


@pytest.mark.alone
def test_sessions_that_speak_at_once_lose_nothing(say: Say, repo: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: say(f"Never touch folder-{number}/", id=f"s{number}"), range(8)))
    assert sorted(each["text"] for each in records(repo)) == [f"Never touch folder-{number}/" for number in range(8)]
    assert len({each["id"] for each in records(repo)}) == 8


@pytest.mark.alone
def test_one_session_that_speaks_at_once_loses_nothing(say: Say, repo: Path, home: dict[str, str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: say(f"For this session never touch folder-{number}/"), range(6)))
    with Ledger.open(str(repo / ".claude/tractguard/ledger.db")) as ledger:
        kept = json.loads(ledger.get("s1", "instructions") or "[]")
    assert sorted(each["id"] for each in kept) == [f"task_00{number}" for number in range(1, 7)]


# --- TASK ----------------------------------------------------------------------------------------------------------


def test_a_commit_ends_what_was_said_for_its_task(say: Say, do: Say) -> None:
    say("For this task only, never touch migrations/.")
    assert do(TOUCH, at=1) == "deny"
    do("git commit -m x", at=2)
    assert do(TOUCH, at=3) == "silence"


@pytest.mark.parametrize(
    ("next_prompt", "held"),
    [
        pytest.param("Implement CSV export for the invoice reports", "silence", id="another task"),
        pytest.param("Next task: rename the user id column", "silence", id="it says so"),
        pytest.param("thanks!", "deny", id="thanks"),
        pytest.param("What does the invoice export do?", "deny", id="a question"),
        pytest.param("now write the tests", "deny", id="a step of the same work"),
        pytest.param("also add an index to the invoice table", "deny", id="a continuation"),
        pytest.param("No, use uuid7 in the invoice export", "deny", id="a correction"),
        pytest.param("Make that work for the invoice export too", "deny", id="it points back"),
        pytest.param("Rename the user column in the invoice export", "deny", id="one subject in common"),
        pytest.param("Rename the serializer of the payload", "deny", id="a subject of the work since"),
        pytest.param("2026-11-20 ERROR invoice export failed\n2026-11-20 ERROR retry", "deny", id="a pasted log"),
    ],
)
def test_the_next_unrelated_request_ends_a_task(say: Say, do: Say, ask: Say, next_prompt: str, held: str) -> None:
    say("Refactor the user model to use UUIDs. For this task only, never touch migrations/.")
    do("grep -rn serializer models/", at=1)
    say(next_prompt, at=2)
    assert ask(TOUCH, at=3) == held


def test_a_task_that_has_not_been_asked_for_yet_has_not_ended(say: Say, ask: Say) -> None:
    say("For this task only, never touch migrations/.")
    say("Refactor the user model to use UUIDs", at=10)
    assert ask(TOUCH, at=11) == "deny"
    ended = say("Implement CSV export for the invoice reports", at=20)
    assert ended == (
        'tractguard: "For this task only, never touch migrations/." (task_001) was for the task before and has ended.'
    )
    assert ask(TOUCH, at=21) == "silence"


def test_what_comes_after_a_commit_is_not_ended_by_it(say: Say, do: Say) -> None:
    say("never push to dev")
    say("commit and push to dev please", at=1)
    assert do("git commit -m x", at=2) == "silence"
    assert do("git push origin dev", at=3) == "silence"


# --- permission given in passing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", ["push to main please", "ok you can push to main now", "go ahead and push to main"])
def test_a_permission_ends_with_its_use(say: Say, do: Say, prompt: str) -> None:
    say("never push to main")
    say(prompt, at=10)
    assert do("git push origin main", at=11) == "silence"
    assert do("git push origin main", at=12) == "ask"


def test_a_permission_that_was_not_used_ends_with_the_next_task(say: Say, ask: Say, session: Session) -> None:
    say("never push to main")
    say("push to main please", at=10)
    say("fix the header in layout.tsx", at=20)
    assert ask("git push origin main", at=21) == "ask"
    session("SessionEnd", at=22, reason="other")
    assert ask("git push origin main", at=23) == "deny"


def test_a_permission_that_stays_says_so(say: Say, do: Say) -> None:
    say("never push to main")
    say("From now on you may push to main", at=10)
    assert [do("git push origin main", at=11 + number) for number in range(2)] == ["silence", "silence"]


# --- PHASE ---------------------------------------------------------------------------------------------------------


def test_a_tag_ends_its_phase(say: Say, start: Session, ask: Say, repo: Path, home: dict[str, str]) -> None:
    assert "until v2.0 is tagged" in say("Until v2.0 is tagged, never touch migrations/.")
    git(repo, home, "tag", "v1.9")
    assert (start(id="s2", at=DAY).person, ask(TOUCH, at=DAY)) == ("", "deny")
    git(repo, home, "tag", "v2.0.0")
    ended = 'tractguard: "Until v2.0 is tagged, never touch migrations/." (inst_001) has ended: v2.0 is tagged.'
    assert start(id="s3", at=2 * DAY).person == ended
    assert ask(TOUCH, id="s3", at=2 * DAY) == "silence"
    assert (records(repo)[0]["active"], records(repo)[0]["ended"]["by"]) == (False, "v2.0 is tagged")


def test_a_tag_that_nobody_asked_for_ends_nothing(
    say: Say, do: Say, start: Session, repo: Path, home: dict[str, str]
) -> None:
    say("Until v2.0 is tagged, never touch migrations/.")
    git(repo, home, "tag", "v2.0")
    assert "did not ask for" in do("git tag v2.0", id="s2", at=1)
    start(id="s3", at=2)
    assert do(TOUCH, id="s3", at=3) == "deny"


def test_a_tag_that_was_asked_for_ends_its_phase_at_once(say: Say, do: Say, repo: Path, home: dict[str, str]) -> None:
    say("Until v2.0 is tagged, never touch migrations/.")
    say("Tag the release as v2.0", id="s2", at=1)
    git(repo, home, "tag", "v2.0")
    assert "has ended: v2.0 is tagged" in do("git tag v2.0", id="s2", at=2)
    assert do(TOUCH, id="s2", at=3) == "silence"


def test_a_merge_ends_its_phase(say: Say, start: Session, ask: Say, repo: Path, home: dict[str, str]) -> None:
    git(repo, home, "checkout", "-q", "-b", "feature/x")
    assert "until feature/x is merged" in say("Never touch migrations/ until this branch is merged")
    start(id="s2", at=1)
    assert ask(TOUCH, at=2) == "deny"  # a branch without commits of its own counts as in main; it is not merged
    git(repo, home, "commit", "-q", "--allow-empty", "-m", "work")
    start(id="s3", at=3)
    git(repo, home, "checkout", "-q", "main")
    git(repo, home, "merge", "-q", "--no-ff", "-m", "merge", "feature/x")
    assert "has ended: feature/x is merged" in start(id="s4", at=4).person
    assert ask(TOUCH, at=5) == "silence"


def test_a_branch_that_is_left_without_a_merge_is_asked_about_once(
    say: Say, start: Session, ask: Say, repo: Path, home: dict[str, str]
) -> None:
    git(repo, home, "checkout", "-q", "-b", "feature/x")
    say("Never touch migrations/ until this branch is merged")
    git(repo, home, "checkout", "-q", "main")
    git(repo, home, "branch", "-D", "feature/x")
    assert "was said until feature/x is merged. Is that over?" in start(id="s2", at=DAY).person
    assert (start(id="s3", at=2 * DAY).person, ask(TOUCH, at=2 * DAY)) == ("", "deny")


@pytest.mark.parametrize(
    ("words", "holds_until"),
    [
        pytest.param("until Friday", 15 * 3600 + 400.0, id="a weekday"),
        pytest.param("until 2025-10-20", 10 * DAY + 15 * 3600 + 400.0, id="a date"),
        pytest.param("until October 20th", 10 * DAY + 15 * 3600 + 400.0, id="a day of a month"),
    ],
)
def test_a_date_ends_its_phase_in_the_middle_of_a_session(say: Say, ask: Say, words: str, holds_until: float) -> None:
    say(f"Never touch migrations/ {words}")
    assert ask(TOUCH, at=holds_until - 1) == "deny"
    assert ask(TOUCH, at=holds_until) == "silence"


def test_a_phase_whose_end_cannot_be_seen_is_asked_about_once_in_a_later_session(start: Session, say: Say) -> None:
    say("Until we ship, never touch billing/.")
    assert start("compact").person == ""
    assert "was said until we ship. Is that over?" in start(id="s2", at=DAY).person
    assert start(id="s3", at=2 * DAY).person == ""


# --- contradictions ------------------------------------------------------------------------------------------------


def test_a_prompt_that_contradicts_a_file_is_shown_until_a_person_settles_it(
    say: Say, start: Session, session: Session, repo: Path, tg: Run
) -> None:
    (repo / "CLAUDE.md").write_text("- MongoDB runs on port 27019\n")
    assert tg("init", "--yes").returncode == 0
    shown = (
        'tractguard: "MongoDB runs on port 27027" (inst_002) contradicts "MongoDB runs on port 27019" (inst_001);'
        " the chat goes before the file. CLAUDE.md still says so: change it there, or"
        " 'tractguard instructions retire inst_001'."
    )
    assert shown in say("MongoDB runs on port 27027")
    assert shown not in say("what now?", at=1)
    assert shown in start(id="s2", at=2).person
    assert shown in json.loads(tg("status", "--json").stdout)["notices"]
    listed = [json.loads(line) for line in tg("instructions", "list", "--json").stdout.splitlines()]
    assert [(each["id"], each["contradicts"]) for each in listed] == [
        ("inst_001", ["inst_002"]),
        ("inst_002", ["inst_001"]),
    ]
    old = {"tool_name": "Bash", "tool_input": {"command": "mongosh --port 27019"}, "tool_use_id": "t"}
    assert session("PreToolUse", at=3, **old).command == "mongosh --port 27027"
    assert tg("instructions", "retire", "inst_002", "--yes").returncode == 0
    assert session("PreToolUse", at=4, **old).decision == "silence"
    assert start(id="s3", at=5).person == ""


def test_what_a_session_says_for_itself_goes_before_the_project(say: Say, session: Session) -> None:
    say("MongoDB runs on port 27019")
    said = say("For this session MongoDB runs on port 27027", id="s2", at=1)
    assert 'for this session, before "MongoDB runs on port 27019" (inst_001)' in said
    call = {"tool_name": "Bash", "tool_input": {"command": "mongosh --port 27017"}, "tool_use_id": "t"}
    assert session("PreToolUse", id="s2", at=2, **call).command == "mongosh --port 27027"
    assert session("PreToolUse", id="s3", at=2, **call).command == "mongosh --port 27019"


def test_two_branches_that_say_different_things_are_shown_after_the_merge(
    say: Say, start: Session, repo: Path, home: dict[str, str]
) -> None:
    say("MongoDB runs on port 27019")
    path = repo / ".claude/instruction-history.json"
    data = json.loads(path.read_text())
    other = json.loads(
        path.read_text().replace("27019", "27027").replace("2025-10-09T08:53:20Z", "2025-10-10T08:00:00Z")
    )
    path.write_text(json.dumps({"version": 1, "instructions": [*data["instructions"], *other["instructions"]]}))
    trust(repo, home)
    told = start(id="s2", at=2 * DAY).person.splitlines()
    assert told[0].endswith(': two instructions had the id inst_001: "MongoDB runs on port 27027" is inst_002 now')
    assert told[1].startswith('tractguard: "MongoDB runs on port 27027" (inst_002) contradicts')


def test_a_correction_is_counted_and_holds_stricter(say: Say, repo: Path) -> None:
    say("Prefer pnpm over npm")
    assert "corrected once" in say("No, I said pnpm!", at=1)
    (kept,) = records(repo)
    assert (kept["corrections"], kept["said"], kept["persistence"], kept["verification_required"]) == (
        1, 2, "HIGH", "MANDATORY",
    )  # fmt: skip


def test_taking_back_shows_the_way_out(say: Say, repo: Path) -> None:
    say("use pnpm, not npm")
    told = say("forget what I said about pnpm", at=1)
    assert told == "tractguard: 'tractguard instructions retire inst_001' ends \"use pnpm, not npm\"."
    assert len(records(repo)) == 1


def test_a_short_correction_is_reminded_with_what_it_means(say: Say, start: Session) -> None:
    say("MongoDB runs on port 27027")
    say("no, 27031", at=1)
    assert "- no, 27031 [port 27031, service mongodb] (inst_002)" in start("compact", at=2).context
