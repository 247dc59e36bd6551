"""Where the numbers of a reading come from: events, task tools, files, failures, and what a compaction resets."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clocked import Session
from tests.pressure.sessions import Talk, begun, ledger_of, quick_, talk_
from tractguard.facts.transcript import Counted
from tractguard.ledger import Ledger
from tractguard.model import Event
from tractguard.pressure.inputs import (
    errors_of_late,
    files_in_progress,
    is_work,
    open_tasks,
    used_tokens,
    window_tokens,
)
from tractguard.pressure.tasks import after

FIXTURES = (quick_, talk_)  # pytest finds them here


def numbers(talk: Talk) -> dict[str, Any]:
    """What the last reading counted."""
    with ledger_of(talk.folder) as ledger:
        found: dict[str, Any] = json.loads(ledger.get(talk.id, "pressure") or "{}")["numbers"]
    return found


# Messages


def test_messages_are_counted_from_events_where_the_transcript_is_late(talk: Talk) -> None:
    talk.prompt("Look around.")
    for _ in range(3):
        talk.bash("ls")
        talk.event("PostToolBatch", tool_calls=[])  # many calls, one answer
    talk.event("Stop", stop_hook_active=False, last_assistant_message="Done.")
    assert numbers(talk)["messages"] == 1  # the event that is measured is counted by the next one
    talk.prompt("And now?")
    assert numbers(talk)["messages"] == 2


def test_calls_and_messages_of_subagents_are_not_the_main_ones(talk: Talk) -> None:
    talk.prompt("Look around.")
    for _ in range(5):
        talk.event("PostToolBatch", tool_calls=[], agent_id="a1", agent_type="Explore")
    talk.event("Stop", stop_hook_active=False, last_assistant_message="Done.")
    assert numbers(talk)["messages"] == 1


@pytest.mark.parametrize("told", ["by the session start", "by the transcript alone"])
def test_a_compaction_resets_the_messages_and_is_counted(told: str, talk: Talk) -> None:
    for _ in range(20):
        talk.answered(60_000)
    talk.batch()
    if told == "by the session start":
        talk.event("PreCompact", trigger="auto")
    talk.compact()
    if told == "by the session start":
        talk.event("SessionStart", source="compact")
    talk.answered(9_000)
    talk.batch()
    found = numbers(talk)
    assert (found["messages"] <= 2, found["compactions"], found["used"]) == (True, 1, 9_000)


def test_a_transcript_that_lags_behind_a_compaction_counts_nothing_twice(talk: Talk) -> None:
    for _ in range(30):
        talk.answered(60_000)
    talk.batch()
    talk.event("PreCompact", trigger="manual")
    talk.event("SessionStart", source="compact")  # the transcript does not say so yet
    assert numbers(talk)["messages"] == 0
    talk.compact("manual")
    talk.batch()
    assert (numbers(talk)["messages"], numbers(talk)["compactions"]) == (0, 1)


# What is given back


GIVEN = "Asked last, before the compaction:"
REQUEST = "Keep the column names as they are, please."


@pytest.mark.parametrize("lost", ["neither", "both", "the session start"])
def test_the_next_call_brings_back_what_no_session_start_brought(lost: str, talk: Talk) -> None:
    talk.prompt("Never touch migrations/.")
    talk.prompt(REQUEST)
    if lost != "both":
        talk.event("PreCompact", trigger="auto")
    given = [talk.event("SessionStart", source="compact")] if lost == "neither" else []
    talk.compact()
    if lost == "both":
        talk.batch()  # here the transcript is seen to tell of it
    given += [talk.bash("ls"), talk.bash("ls -l")]
    talk.batch()
    given.append(talk.bash("pwd"))
    said = [
        GIVEN in each.context and REQUEST in each.context and "Never touch migrations/" in each.context
        for each in given
    ]
    assert said == [True, *[False] * (len(given) - 1)]


def test_a_refused_call_does_not_carry_it_the_next_one_does(talk: Talk) -> None:
    talk.prompt("Never touch migrations/.")
    talk.prompt(REQUEST)
    talk.event("PreCompact", trigger="auto")
    first, second = talk.bash("touch migrations/x"), talk.bash("ls")
    assert (first.decision, GIVEN in first.reason, GIVEN in second.context) == ("deny", False, True)


def test_a_subagents_call_does_not_take_it_away(talk: Talk) -> None:
    talk.prompt(REQUEST)
    talk.event("PreCompact", trigger="auto")
    call = {"tool_name": "Bash", "tool_input": {"command": "ls"}, "tool_use_id": "sub"}
    other = talk.event("PreToolUse", agent_id="a1", agent_type="Explore", **call)
    assert (GIVEN in other.context, GIVEN in talk.bash("ls").context) == (False, True)


# Tasks


def task_event(tool: str, given: dict[str, Any], answer: Any = None) -> Event:
    return Event("post_tool", tool=tool, input=given, response=answer, tool_use_id="t9")


TASKS = [
    pytest.param([("TodoWrite", {"todos": [{"content": "a", "status": "pending"}, {"content": "b", "status": "completed"}]}, None)], 1, id="a list"),
    pytest.param([("TodoWrite", {"todos": [{"content": "a", "status": "pending"}]}, None), ("TodoWrite", {"todos": []}, None)], 0, id="an empty list takes its place"),
    pytest.param([("TaskCreate", {"subject": "a"}, {"task": {"id": "1"}}), ("TaskCreate", {"subject": "b"}, {"task": {"id": "2"}})], 2, id="two made"),
    pytest.param([("TaskCreate", {"subject": "a"}, {"task": {"id": "1"}}), ("TaskUpdate", {"taskId": "1", "status": "completed"}, {"success": True})], 0, id="one done"),
    pytest.param([("TaskCreate", {"subject": "a"}, {"task": {"id": "1"}}), ("TaskUpdate", {"taskId": "1", "status": "completed"}, {"success": False})], 1, id="an update that failed"),
    pytest.param([("TaskCreate", {"subject": "a"}, {"task": {"id": "1"}}), ("TaskUpdate", {"taskId": "1", "status": "deleted"}, {"success": True})], 0, id="one deleted"),
    pytest.param([("TaskUpdate", {"taskId": "7", "status": "in_progress"}, {"success": True})], 0, id="one that nobody made"),
    pytest.param([("TaskCreate", {"subject": "a"}, "no object"), ("TodoWrite", {"todos": "none"}, None), ("TodoWrite", {"todos": [1, None]}, None)], 0, id="other shapes"),
]  # fmt: skip


@pytest.mark.parametrize(("calls", "open_ones"), TASKS)
def test_tasks_are_those_of_the_task_tools(calls: list[tuple[str, dict[str, Any], Any]], open_ones: int) -> None:
    tasks: dict[str, Any] = {}
    for tool, given, answer in calls:
        tasks = after(task_event(tool, given, answer), tasks)
    assert open_tasks(json.dumps(tasks)) == open_ones


@pytest.mark.parametrize("value", [None, "", "{", "[]", "5", '{"1": 5}'])
def test_a_list_of_tasks_that_nobody_wrote_is_empty(value: str | None) -> None:
    assert open_tasks(value) == 0


# Files


def test_files_in_progress_are_those_written_since_the_last_commit(talk: Talk) -> None:
    for name in ("a.py", "b.py"):
        talk.call("Write", {"file_path": str(talk.folder / name), "content": "x = 1\n"})
    talk.bash("echo y >> c.txt")
    talk.bash("cat a.py > /dev/null && mkdir -p build")
    talk.batch()
    assert numbers(talk)["tasks"] == 3
    talk.bash("git add -A && git commit -qm 'Three'")
    talk.call("Write", {"file_path": str(talk.folder / "d.py"), "content": "x = 1\n"})
    talk.batch()
    assert numbers(talk)["tasks"] == 1


def test_a_refused_write_is_no_work(talk: Talk) -> None:
    talk.prompt("Never touch migrations/.")
    talk.bash("touch migrations/x")
    talk.batch()
    assert numbers(talk)["tasks"] == 0


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        ("/repo/a.py", {}, True),
        ("/repo/src", {"folder": True}, False),
        ("/repo/*.py", {"glob": True}, False),
        ("/app/a.py", {"inside": "web"}, False),
        ("/tmp/scratch.txt", {}, False),
        ("/dev/null", {}, False),
        ("/repo/\0", {}, False),
    ],
)
def test_what_counts_as_a_file_of_the_work(path: str, data: dict[str, Any], expected: bool) -> None:
    assert is_work(path, data, "/repo") is expected


# Errors


def errors(talk: Talk, calls: int = 25) -> tuple[float, float]:
    with ledger_of(talk.folder) as ledger:
        return errors_of_late(talk.id, ledger, calls)


def test_a_repeated_error_weighs_more_each_time(talk: Talk) -> None:
    found = []
    for _ in range(4):
        talk.bash("pytest -q", fails="Exit code 1")
        found.append(errors(talk)[0])
    assert found == [1.0, 2.5, 4.5, 7.0]


def test_different_errors_weigh_one_each(talk: Talk) -> None:
    for number in range(3):
        talk.bash(f"make step{number}", fails="Exit code 2")
    assert errors(talk) == (3.0, 0.0)


def test_refused_and_corrected_calls_are_errors(talk: Talk) -> None:
    talk.prompt("Never touch migrations/. MongoDB runs on port 27027.")
    talk.bash("touch migrations/x")
    talk.bash("mongosh --port 27017")
    assert errors(talk) == (2.0, 2.0)


def test_what_a_person_interrupted_is_no_error(talk: Talk) -> None:
    call = {"tool_name": "Bash", "tool_input": {"command": "sleep 9"}, "tool_use_id": "t1"}
    talk.event("PreToolUse", **call)
    talk.event("PostToolUseFailure", error="interrupted", is_interrupt=True, **call)
    assert errors(talk) == (0.0, 0.0)


def test_an_edit_that_found_nothing_is_an_error_that_only_the_batch_tells(talk: Talk) -> None:
    call = {"tool_name": "Edit", "tool_input": {}, "tool_use_id": "t1"}
    talk.bash("ls")
    talk.event("PostToolBatch", tool_calls=[{**call, "tool_response": "<tool_use_error>String to replace not found"}])
    talk.event("PostToolBatch", tool_calls=[{**call, "tool_response": "1\tprint('<tool_use_error>')"}])
    assert errors(talk) == (1.0, 0.0)


def test_only_the_last_calls_are_of_late(talk: Talk) -> None:
    talk.bash("make it", fails="Exit code 2")
    for number in range(5):
        talk.bash(f"ls {number}")
    assert (errors(talk, 25)[0], errors(talk, 5)[0]) == (1.0, 0.0)


def test_what_the_pressure_refuses_does_not_raise_it(talk: Talk) -> None:
    from tests.pressure.test_levels import AGENT, dangerous

    dangerous(talk)
    for _ in range(5):
        talk.call("Agent", AGENT)
    assert errors(talk) == (0.0, 0.0)


# Tokens


@pytest.mark.parametrize(
    ("counted", "window", "expected"),
    [
        (Counted(), {}, (-1, "unknown")),
        (Counted(used=500), {}, (500, "transcript")),
        (Counted(used=500), {"used": 700, "time": 950.0}, (700, "status line")),
        (Counted(used=500), {"used": 700, "time": 100.0}, (500, "transcript")),
        (Counted(), {"used": 700, "time": 100.0}, (700, "status line")),
        (Counted(unmeasured=700), {}, (200, "estimate")),
        (Counted(used=500), {"used": -3, "time": 950.0}, (500, "transcript")),
    ],
)
def test_the_freshest_figure_goes_before(counted: Counted, window: dict[str, Any], expected: tuple[int, str]) -> None:
    assert used_tokens(counted, window, 1000.0) == expected


@pytest.mark.parametrize(
    ("window", "policy", "expected"),
    [
        ({}, 0, (0, "unknown")),
        ({"size": 1_000_000}, 0, (1_000_000, "status line")),
        ({"size": 1_000_000}, 200_000, (200_000, "policy")),
        ({"size": "200k"}, 0, (0, "unknown")),
    ],
)
def test_the_window_is_never_assumed(window: dict[str, Any], policy: int, expected: tuple[int, str]) -> None:
    assert window_tokens(window, {"window_tokens": policy}) == expected


def test_a_ledger_of_another_shape_is_no_reason_to_fail(
    quick: Session, repo: Path, home: dict[str, str], tmp_path: Path
) -> None:
    talk = begun(quick, repo, home, tmp_path)
    with ledger_of(repo) as ledger:
        for key in ("pressure", "transcript", "tasks", "window"):
            ledger.put("s1", key, '["not", {"what": "was"}, null]')
    talk.turn("ls", tokens=9_000)
    assert numbers(talk)["used"] == 9_000


def test_a_gauge_that_breaks_loses_no_message(talk: Talk) -> None:
    with ledger_of(talk.folder) as ledger:
        ledger.put("s1", "pressure", '{"trend": {"not": "a list"}}')
    said = talk.prompt("Never touch migrations/.")
    assert "could not be measured" in said.person
    assert 'keeps "Never touch migrations/."' in said.person
    assert talk.bash("touch migrations/x").decision == "deny"
    talk.turn("ls", tokens=9_000)
    assert numbers(talk)["used"] == 9_000


def test_no_session_has_no_files(tmp_path: Path) -> None:
    with Ledger.open(str(tmp_path / "ledger.db")) as ledger:
        assert files_in_progress("s", ledger, 0, []) == []
