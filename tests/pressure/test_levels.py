"""What each level does in a session: said once, kept in the state, recorded, and ended when the pressure ends."""

import json
from pathlib import Path

import pytest

from tests.clocked import Answer, Run, Session, session_
from tests.conftest import trust
from tests.pressure.sessions import Talk, begun, ledger_of, levels, quick_, talk_, window
from tractguard.pressure import level_of

FIXTURES = (quick_, session_, talk_)  # pytest finds them here
AGENT = {"description": "more", "prompt": "Go.", "subagent_type": "general-purpose"}


def fill(talk: Talk, tokens: int, messages: int = 0) -> None:
    """Bring a session to so many tokens, by so many more messages that only the transcript tells of."""
    for _ in range(messages):
        talk.said("And then?")
    talk.answered(tokens)


def held(answer: Answer) -> bool:
    """Whether a call does not simply run."""
    return answer.decision in ("deny", "ask")


@pytest.fixture
def slow(session: Session, repo: Path, home: dict[str, str], tmp_path: Path) -> Talk:
    """As `talk`, with a process for each event: whose words they are is seen by processes."""
    return begun(session, repo, home, tmp_path)


def level(repo: Path, id: str = "s1") -> str:
    with ledger_of(repo) as ledger:
        return level_of(ledger, id)


def handoffs(repo: Path) -> list[str]:
    return sorted(each.name for each in (repo / ".claude" / "sessions").glob("handoff-*.md"))


# Messages and tokens of 100,000 -> the level that acts.
REACHED = [
    pytest.param(10, 20_000, "NORMAL", id="a young session"),
    pytest.param(30, 50_000, "ELEVATED", id="half of both"),
    pytest.param(45, 80_000, "HIGH", id="three quarters"),
    pytest.param(60, 100_000, "CRITICAL", id="full"),
]


@pytest.mark.parametrize(("messages", "tokens", "expected"), REACHED)
def test_a_level_is_kept_where_the_next_call_finds_it(
    messages: int, tokens: int, expected: str, talk: Talk, repo: Path
) -> None:
    fill(talk, tokens, messages - 1)
    talk.batch()
    assert level(repo) == expected


def test_a_normal_session_is_met_with_silence(talk: Talk, repo: Path) -> None:
    answers = [talk.turn("ls", tokens=9_000) for _ in range(4)]
    assert ({each.decision for each in answers}, {each.person for each in answers}) == ({"silence"}, {""})
    assert (levels(repo), handoffs(repo)) == ([], [])


def test_a_change_of_level_is_in_the_record_of_its_event(talk: Talk, repo: Path) -> None:
    fill(talk, 90_000, 40)
    talk.batch()
    fill(talk, 100_000, 20)
    talk.event("Stop", stop_hook_active=False, last_assistant_message="Done.")
    assert levels(repo) == [("PostToolBatch", "HIGH"), ("Stop", "CRITICAL")]


def test_high_suggests_a_handoff_once(talk: Talk, repo: Path) -> None:
    fill(talk, 90_000, 40)
    first, second = talk.batch(), talk.batch()
    assert (first.decision, "'tractguard handoff'" in first.person, "HIGH" in first.context) == ("context", True, True)
    assert (second.decision, second.person) == ("silence", "")
    assert handoffs(repo) == []


def test_critical_writes_the_handoff_once_and_asks_about_complex_work(talk: Talk, repo: Path) -> None:
    talk.prompt("Rewrite the exporter.")
    fill(talk, 100_000, 60)
    said = talk.batch()
    assert len(handoffs(repo)) == 1
    assert handoffs(repo)[0] in said.context
    assert handoffs(repo)[0] in said.person
    talk.batch()
    assert len(handoffs(repo)) == 1
    answer = talk.call("Agent", AGENT)
    assert (answer.decision, "TG841" in answer.reason) == ("ask", True)


def dangerous(talk: Talk) -> None:
    """Full by messages, tokens and tasks."""
    todos = [{"content": f"part {n}", "status": "pending", "activeForm": "at it"} for n in range(5)]
    talk.call("TodoWrite", {"todos": todos})
    fill(talk, 100_000, 60)
    talk.batch()


def test_dangerous_refuses_complex_work_and_nothing_else(talk: Talk, repo: Path) -> None:
    dangerous(talk)
    assert level(repo) == "DANGEROUS"
    refused = [talk.call(tool, AGENT).decision for tool in ("Agent", "Task", "WebSearch", "Workflow")]
    assert refused == ["deny"] * 4
    (repo / "old.py").write_text("x = 1\n")
    free = [
        talk.bash("pytest -q"),
        talk.bash("git add -A && git commit -m 'Keep it'"),
        talk.bash("cat old.py"),
        talk.bash("tractguard handoff"),
        talk.call("Read", {"file_path": str(repo / "old.py")}),
        talk.call("Edit", {"file_path": str(repo / "old.py"), "old_string": "1", "new_string": "2"}),
        talk.call("Write", {"file_path": str(repo / "tests/test_new.py"), "content": "def test(): pass\n"}),
        talk.call("Write", {"file_path": str(repo / ".claude/sessions/handoff-mine.md"), "content": "x"}),
        talk.event("PreToolUse", tool_name="Agent", tool_input=AGENT, tool_use_id="sub", agent_id="a1", agent_type="x"),
    ]
    assert [held(each) for each in free] == [False] * len(free)


def test_some_new_files_may_still_be_begun(talk: Talk, repo: Path) -> None:
    dangerous(talk)
    answers = [
        talk.call("Write", {"file_path": str(repo / f"part{n}.py"), "content": "x = 1\n"}).decision for n in range(5)
    ]
    assert answers == ["silence"] * 3 + ["deny"] * 2
    assert talk.call("Write", {"file_path": str(repo / "part1.py"), "content": "x = 2\n"}).decision == "silence"


def test_the_refusal_is_two_lines_with_a_way_out(talk: Talk) -> None:
    dangerous(talk)
    assert talk.call("Agent", AGENT).reason.splitlines() == [
        "TG841 context pressure is DANGEROUS (0.85); this call begins new complex work (Agent).",
        'Finish, test and commit what is open; a fresh session has the handoff. A person may say "go on".   (a person can allow this once)',
    ]


@pytest.mark.parametrize("said", ["go on", "Go on!", "please continue", "tractguard go on"])
def test_a_person_says_go_on(said: str, slow: Talk) -> None:
    dangerous(slow)
    assert slow.call("Agent", AGENT).decision == "deny"
    assert "complex work pass" in slow.prompt(said).person
    assert not held(slow.call("Agent", AGENT))


def test_a_higher_level_asks_again(slow: Talk, repo: Path) -> None:
    fill(slow, 100_000, 60)
    slow.batch()
    slow.prompt("go on")
    passed = slow.call("Agent", AGENT)
    dangerous(slow)
    assert (level(repo), held(passed), slow.call("Agent", AGENT).decision) == ("DANGEROUS", False, "deny")


@pytest.mark.parametrize("said", ["go on with the tests, then explain what is left", "should I go on?", "don't go on"])
def test_other_words_do_not_let_it_go_on(said: str, slow: Talk) -> None:
    dangerous(slow)
    slow.prompt(said)
    assert slow.call("Agent", AGENT).decision == "deny"


def test_words_of_a_scheduled_prompt_let_nothing_go_on(slow: Talk) -> None:
    slow.call("CronCreate", {"cron": "* * * * *", "prompt": "go on"})
    dangerous(slow)
    assert "still holds complex work back" in slow.prompt("go on").person
    assert slow.call("Agent", AGENT).decision == "deny"


def test_a_headless_session_lets_nothing_go_on(talk: Talk) -> None:
    dangerous(talk)
    talk.event("UserPromptSubmit", prompt="go on", entry="sdk-cli")
    assert talk.call("Agent", AGENT).decision == "deny"


def test_a_compaction_ends_the_level(talk: Talk, repo: Path) -> None:
    dangerous(talk)
    talk.event("PreCompact", trigger="auto")
    talk.compact()
    talk.event("SessionStart", source="compact")
    talk.call("TodoWrite", {"todos": []})
    talk.answered(12_000)
    talk.batch()
    assert level(repo) == "NORMAL"
    assert not held(talk.call("Agent", AGENT))


def test_the_end_of_a_session_ends_its_level(talk: Talk, repo: Path) -> None:
    dangerous(talk)
    talk.event("SessionEnd", reason="other")
    assert level(repo) == "NORMAL"
    with ledger_of(repo) as ledger:
        assert "pressure DANGEROUS" in list(ledger.entries())[-1].json()["summary"]


# Stricter verification from ELEVATED on: what was a remark is corrected or refused.
PREFERENCE = "Prefer pnpm over npm."


def test_elevated_holds_instructions_one_step_stricter(talk: Talk, repo: Path) -> None:
    talk.prompt(PREFERENCE)
    before = talk.bash("npm run build").decision
    fill(talk, 50_000, 30)
    talk.batch()
    assert level(repo) == "ELEVATED"
    assert (before, talk.bash("npm run lint").decision) == ("context", "correct")


def test_how_much_stricter_is_policy(talk: Talk, repo: Path, home: dict[str, str]) -> None:
    window(repo, 100_000, 'stricter = { NONE = "NONE", OPTIONAL = "OPTIONAL", REQUIRED = "REQUIRED" }\n')
    trust(repo, home)
    talk.prompt(PREFERENCE)
    fill(talk, 50_000, 30)
    talk.batch()
    assert (level(repo), talk.bash("npm run lint").decision) == ("ELEVATED", "context")


def test_an_unknown_window_asks_and_refuses_nothing(quick: Session, repo: Path, tmp_path: Path) -> None:
    talk = Talk(quick, repo, tmp_path / "t.jsonl")
    talk.event("SessionStart", source="startup")
    todos = [{"content": f"part {n}", "status": "pending", "activeForm": "at it"} for n in range(5)]
    talk.call("TodoWrite", {"todos": todos})
    fill(talk, 500_000, 60)
    said = talk.batch()
    assert (level(repo), "HIGH" in said.person) == ("HIGH", True)
    assert not held(talk.call("Agent", AGENT))


def test_the_same_contradiction_again_and_again_suggests_a_handoff(talk: Talk, repo: Path) -> None:
    talk.prompt("Never touch migrations/.")
    answers = [talk.bash(f"touch migrations/{n}") and talk.batch() for n in range(5)]
    said = [each.person for each in answers]
    assert [bool(each) for each in said] == [False, False, False, True, False]
    assert "the same contradictions keep coming (7 refused or corrected of late" in said[3]
    assert level(repo) == "NORMAL"


def test_shadow_mode_says_nothing_to_the_assistant_and_stops_nothing(
    talk: Talk, repo: Path, home: dict[str, str]
) -> None:
    (repo / ".claude" / "tractguard.toml").write_text('mode = "shadow"\n[pressure]\nwindow_tokens = 100000\n')
    trust(repo, home)
    dangerous(talk)
    answer = talk.call("Agent", AGENT)
    with ledger_of(repo) as ledger:
        last = [entry.json() for entry in ledger.entries() if '"tool_name":"Agent"' in entry.record]
    assert (answer.decision, "TG841" in {each["code"] for each in last[0]["findings"]}) == ("silence", True)
    assert talk.batch().context == ""


def test_what_a_stop_cannot_tell_the_assistant_it_hears_at_the_next_event(talk: Talk) -> None:
    fill(talk, 90_000, 40)
    stop = talk.event("Stop", stop_hook_active=False, last_assistant_message="Done.")
    assert ("HIGH" in stop.person, stop.context) == (True, "")
    assert "HIGH" in talk.prompt("And the tests?").context


def test_the_point_of_compaction_is_learned_within_bounds(talk: Talk, repo: Path, tg: Run) -> None:
    fill(talk, 100_000, 149)
    talk.event("PreCompact", trigger="auto")
    with ledger_of(repo) as ledger:
        learned = json.loads(ledger.get("", "learned compaction") or "{}")
    assert learned == {"claude-code/claude-test": {"messages": 150, "seen": 1}}
    other = Talk(talk.session, repo, talk.transcript.with_name("u.jsonl"), "s2", talk.at)
    other.event("SessionStart", source="startup")
    for _ in range(60):
        other.said("And then?")
    other.answered(10_000)
    other.batch()
    assert level(repo, "s2") == "NORMAL"  # 60 of 150
    formula = json.loads(tg("pressure", "--messages", "60", "--json").stdout)
    assert (formula["score"], formula["factors"]["conversation"]["raw"]["messages_max"]) == (0.4, 60)


def test_a_manual_compaction_teaches_nothing(talk: Talk, repo: Path) -> None:
    fill(talk, 100_000, 49)
    talk.event("PreCompact", trigger="manual")
    with ledger_of(repo) as ledger:
        assert ledger.get("", "learned compaction") is None


def test_a_transcript_that_is_not_there_leaves_the_events(talk: Talk, repo: Path) -> None:
    talk.transcript = Path("/nowhere/at/all.jsonl")
    for _ in range(30):
        talk.event("UserPromptSubmit", prompt="And then?")
        talk.event("Stop", stop_hook_active=False, last_assistant_message="Done.")
    talk.event("UserPromptSubmit", prompt="And then?")
    assert level(repo) == "HIGH"  # 60 messages; the tokens are unknown
