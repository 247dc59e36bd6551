"""`watch`: whose change a file's change is, which sessions are live, and the command as a process."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tractguard.ledger import Ledger, LedgerError
from tractguard.places import places_of
from tractguard.render.watch import screen
from tractguard.watch import ASLEEP_SECONDS, GRACE_SECONDS, Change, Story, follow

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = "/r"


def before(
    tool: str, *facts: list[Any], at: float = 100.0, id: str = "t1", response: str = "silence", **more: Any
) -> dict[str, Any]:
    return {
        "kind": "pre_tool", "event": "PreToolUse", "time": at, "session_id": "s1", "tool_name": tool, "tool_use_id": id,
        "facts": list(facts), "input": {"x": 1}, "response": response, "status": "APPROVED", "findings": [], **more,
    }  # fmt: skip


def after(at: float, id: str = "t1") -> dict[str, Any]:
    return {"kind": "post_tool", "event": "PostToolUse", "time": at, "session_id": "s1", "tool_use_id": id}


WRITES = ["write", "src/a.py", "", {}]
LONG = 60.0  # seconds after the call ended


@pytest.mark.parametrize(
    ("rows", "at", "path", "explained"),
    [
        pytest.param([], 100.0, "src/a.py", False, id="nothing recorded"),
        pytest.param([before("Edit", WRITES), after(100.2)], 100.1, "src/a.py", True, id="the file of an edit"),
        pytest.param([before("Edit", WRITES), after(100.2)], 100.1, "src/b.py", False, id="another file"),
        pytest.param([before("Edit", WRITES), after(100.2)], 100.2 + LONG, "src/a.py", False, id="long after the edit"),
        pytest.param([before("Edit", WRITES, response="deny")], 100.0 + LONG, "src/a.py", False, id="a refused edit"),
        pytest.param([before("Edit", ["write", "/r/src/a.py", "", {}])], 100.1, "src/a.py", True, id="an absolute path"),
        pytest.param([before("Edit", ["read", "src/a.py", "", {}])], 100.1, "src/a.py", False, id="read only"),
        pytest.param([before("X", ["delete", "src", "", {}])], 100.1, "src/a.py", True, id="the folder above"),
        pytest.param([before("X", ["delete", "src", "", {}])], 100.1, "src2/a.py", False, id="a folder of like name"),
        pytest.param([before("Bash")], 100.0 + LONG, "src/a.py", True, id="a program that still runs"),
        pytest.param([before("Bash"), after(100.2)], 100.2 + LONG, "src/a.py", False, id="a program that has ended"),
        pytest.param([before("Read", ["opaque", "", "", {}])], 100.1, "x", True, id="effects that cannot be known"),
        pytest.param([{**before("Edit"), "input": None}], 100.1, "x", False, id="an edit without effects"),
    ],
)  # fmt: skip
def test_whose_change_it_is(rows: list[dict[str, Any]], at: float, path: str, explained: bool) -> None:
    story = Story(ROOT)
    for row in rows:
        story.record(row)
    assert story.explained(Change(at, path, "modified")) is explained


def test_with_metadata_alone_any_call_may_have_changed_a_file() -> None:
    story = Story(ROOT)
    row = before("Edit")
    del row["input"], row["facts"]
    story.record(row)
    assert story.explained(Change(100.1, "src/a.py", "modified")) is True


def test_a_change_waits_for_the_record_of_its_call_and_is_told_once() -> None:
    story = Story(ROOT)
    story.changed(Change(100.0, "a", "created"))
    story.changed(Change(100.1, "a", "modified"))
    early = story.settled(100.0 + GRACE_SECONDS / 2)
    late = story.settled(100.2 + GRACE_SECONDS)
    assert (early, [(each.path, each.how) for each in late], story.settled(999.0)) == ([], [("a", "created")], [])


def test_sessions_are_live_until_they_end_or_fall_asleep() -> None:
    story = Story(ROOT)
    story.record({"kind": "session_start", "time": 10.0, "session_id": "old"})
    story.record({"kind": "session_start", "time": 5000.0, "session_id": "over"})
    story.record({"kind": "session_end", "time": 5001.0, "session_id": "over"})
    story.record(before("Bash", at=5002.0, response="deny"))
    story.record(before("Bash", at=5003.0, agent_id="sub"))
    (session,) = story.live(10.0 + ASLEEP_SECONDS + 4000.0)
    assert (session.id, session.calls, session.stopped, session.agents, session.doing) == ("s1", 2, 1, ("sub",), "Bash")


@pytest.fixture
def guarded(tg: Run, repo: Path) -> Path:
    (repo / ".gitignore").write_text("*.log\n", encoding="utf-8")
    tg("init", "--yes")
    return repo


def hook(tg: Run, repo: Path, tool: str, given: dict[str, Any]) -> None:
    event = {
        "session_id": "s-1", "cwd": str(repo), "hook_event_name": "PreToolUse", "tool_name": tool, "tool_use_id": "t-1",
        "tool_input": given,
    }  # fmt: skip
    tg("hook", "claude-code", "PreToolUse", stdin=json.dumps(event), env={"CLAUDE_PROJECT_DIR": str(repo)})


def test_once_shows_sessions_and_decisions(tg: Run, guarded: Path) -> None:
    hook(tg, guarded, "Bash", {"command": "git status"})
    shown = tg("watch", "--once").stdout
    assert [word in shown for word in ("s-1", "NORMAL", "1 call, 0 stopped", "git status", "\x1b")] == [True] * 4 + [
        False
    ]


def test_once_with_nobody_at_work(tg: Run, guarded: Path) -> None:
    assert "no session is at work here" in tg("watch", "--once").stdout


def test_where_nothing_is_set_up(tg: Run) -> None:
    done = tg("watch", "--once")
    assert (done.returncode, "run 'tractguard init' there first" in done.stderr) == (2, True)


@pytest.fixture
def lines(guarded: Path, home: dict[str, str]) -> Iterator[Callable[[], dict[str, Any]]]:
    """The next line of a `watch --json` that runs in the guarded repository."""
    command = [sys.executable, "-m", "tractguard", "watch", "--json"]
    with subprocess.Popen(command, cwd=guarded, env=home, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        yield lambda: json.loads(watching.stdout.readline())  # type: ignore[union-attr]
        watching.terminate()


def test_a_decision_and_a_change_from_outside_are_told_as_they_happen(
    tg: Run, guarded: Path, lines: Callable[[], dict[str, Any]]
) -> None:
    hook(tg, guarded, "Read", {"file_path": str(guarded / "README.md")})
    assert lines()["tool_name"] == "Read"  # from here on the files are looked at
    time.sleep(1.0)
    (guarded / "noise.log").write_text("ignored\n", encoding="utf-8")
    (guarded / "notes.txt").write_text("by somebody else\n", encoding="utf-8")
    row = lines()
    assert (row["event"], row["path"]) == ("changed outside", "notes.txt")


def test_a_ledger_that_is_removed_ends_the_watch(repo: Path) -> None:
    places = places_of(str(repo))
    with Ledger.open(places.ledger) as ledger:
        steps = follow(places, ledger)
        next(steps)
        next(steps)
        os.unlink(places.ledger)
        with pytest.raises(LedgerError, match="was removed or replaced"):
            next(steps)


def test_a_small_window_cuts_lines_and_does_not_fold_them() -> None:
    row = {
        "idle": 1.0,
        "calls": 12,
        "stopped": 3,
        "agents": 2,
        "doing": "Bash",
        "level": "DANGEROUS",
        "owed": ["x" * 99],
    }
    state = {
        "root": "/r",
        "sessions": [{"id": "aaaa1111", **row}, {"id": "bbbb2222", **row}],
        "decisions": [],
        "changes": [],
    }
    out = Console(width=40, file=io.StringIO())
    out.print(screen(state))
    assert isinstance(out.file, io.StringIO)
    assert len(out.file.getvalue().splitlines()) == 8  # a frame, a line for each session, two owed with their title
