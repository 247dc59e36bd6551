"""All sessions of a repository as they happen: their decisions, and files that no recorded call changed.

`Story` is pure: it takes in ledger records and changes of files, each with its time, and answers. `follow` reads the
ledger and lets watchdog look at the files. It writes nothing and knows nothing of terminals. Cold.
"""

import os
import queue
import subprocess
import time
from collections import deque
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tractguard.ledger import LedgerError
from tractguard.places import HISTORY, LOCAL_HISTORY, STATE, Places

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver

    from tractguard.ledger import Ledger

LOOK_BACK = 400  # records read at the start
GRACE_SECONDS = 2.0  # a write is seen a little before its call began by our clock, or a little after it ended
ASLEEP_SECONDS = 1800.0  # a session without an event for so long is not shown as live
MOST_SHOWN = 200  # decisions and changes that are kept
TICK_SECONDS = 0.3
# Tools that may change files which no fact names: what they run is a program.
RUNS_PROGRAMS = frozenset(("Bash", "BashOutput", "Task", "Agent"))
CHANGING = frozenset(("write", "delete", "move", "link", "chmod"))
# What git and the guard itself write: they have records of their own.
NOT_LOOKED_AT = (".git", STATE, HISTORY, LOCAL_HISTORY, ".claude/sessions", ".claude/deliberations")


class Session(NamedTuple):
    """One session as far as it has been seen."""

    id: str
    began: float
    last: float
    calls: int = 0
    stopped: int = 0  # refused, corrected or handed to a person
    agents: tuple[str, ...] = ()
    doing: str = ""  # the call that runs now
    ended: bool = False


class Change(NamedTuple):
    """A file that changed while no recorded call could have done it."""

    time: float
    path: str  # below the repository
    how: str  # created | modified | deleted | moved


class Call(NamedTuple):
    """A recorded call: what it says that it changes, and when it ran. `ended` is 0 while it runs."""

    began: float
    ended: float
    tool: str
    paths: frozenset[str]
    anything: bool  # it runs a program, or has effects that cannot be known


class Story:
    """What happened, out of records and changes in the order in which they came."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.sessions: dict[str, Session] = {}
        self.decisions: deque[Mapping[str, Any]] = deque(maxlen=MOST_SHOWN)
        self.changes: deque[Change] = deque(maxlen=MOST_SHOWN)
        self._calls: dict[str, Call] = {}
        self._waiting: list[Change] = []

    def record(self, row: Mapping[str, Any]) -> bool:
        """Take in one record of the ledger; whether it is a decision on a call."""
        kind, moment = str(row.get("kind") or ""), float(row.get("time") or 0.0)
        decided = kind == "pre_tool"
        if decided:
            self.decisions.append(row)
            self._begin(row, moment)
        elif kind in ("post_tool", "post_tool_failure"):
            self._end(str(row.get("tool_use_id") or ""), moment)
        if row.get("session_id"):
            self._of_session(row, kind, moment, decided)
        return decided

    def _begin(self, row: Mapping[str, Any], moment: float) -> None:
        facts = [each for each in row.get("facts") or () if isinstance(each, (list, tuple)) and len(each) >= 2]
        names = {self.inside(str(fact[1])) for fact in facts if fact[0] in CHANGING}
        stopped = row.get("response") in ("deny",)
        tool = str(row.get("tool_name") or "")
        anything = tool in RUNS_PROGRAMS or tool.startswith("mcp__") or any(fact[0] == "opaque" for fact in facts)
        key = str(row.get("tool_use_id") or f"{len(self._calls)}")
        # Facts are not kept with `[ledger] content = "metadata"`: such a call may have changed anything.
        call = Call(moment, moment if stopped else 0.0, tool, frozenset(names), anything or "input" not in row)
        self._calls[key] = call
        while len(self._calls) > LOOK_BACK:
            del self._calls[next(iter(self._calls))]

    def _end(self, key: str, moment: float) -> None:
        if key in self._calls:
            self._calls[key] = self._calls[key]._replace(ended=moment)

    def _of_session(self, row: Mapping[str, Any], kind: str, moment: float, decided: bool) -> None:
        id, agent = str(row["session_id"]), str(row.get("agent_id") or "")
        old = self.sessions.get(id) or Session(id, moment, moment)
        agents = old.agents if not agent or agent in old.agents else (*old.agents, agent)
        if kind == "subagent_stop":
            agents = tuple(each for each in agents if each != agent)
        stopped = decided and row.get("response") in ("deny", "ask", "correct")
        self.sessions[id] = old._replace(
            last=max(old.last, moment),
            calls=old.calls + decided,
            stopped=old.stopped + stopped,
            agents=agents,
            doing=str(row.get("tool_name") or "") if decided and row.get("response") != "deny" else "",
            ended=kind == "session_end",
        )

    def live(self, now: float) -> list[Session]:
        """The sessions that go on, the latest first."""
        going = [each for each in self.sessions.values() if not each.ended and now - each.last < ASLEEP_SECONDS]
        return sorted(going, key=lambda each: -each.last)

    def changed(self, change: Change) -> None:
        """Take in a change of a file. It is judged by `settled`, when the record of its call has had time to come."""
        self._waiting.append(change)

    def settled(self, now: float) -> list[Change]:
        """The changes of at least `GRACE_SECONDS` ago that no recorded call explains; each is given once."""
        ripe = [each for each in self._waiting if now - each.time >= GRACE_SECONDS]
        self._waiting = [each for each in self._waiting if now - each.time < GRACE_SECONDS]
        found: dict[str, Change] = {}
        for each in ripe:
            if not self.explained(each):
                found[each.path] = found.get(each.path, each)._replace(time=each.time)
        self.changes.extend(found.values())
        return list(found.values())

    def explained(self, change: Change) -> bool:
        """Whether a recorded call changed this file, or ran a program that may have."""
        return any(
            (call.anything or any(covers(path, change.path) for path in call.paths))
            and call.began - GRACE_SECONDS <= change.time <= (call.ended or change.time) + GRACE_SECONDS
            for call in self._calls.values()
        )

    def inside(self, path: str) -> str:
        """A path of a fact as one below the repository."""
        return os.path.relpath(path, self.root) if os.path.isabs(path) else os.path.normpath(path)


def covers(changed: str, path: str) -> bool:
    """Whether what a call changes holds this path: the file itself, or a folder above it."""
    return changed == "." or path == changed or path.startswith(changed.rstrip("/") + "/")


def follow(
    places: Places, ledger: "Ledger", *, once: bool = False
) -> Generator[tuple[Story, list[Mapping[str, Any]]], None, None]:
    """The story, again after each tick, with what is new since the one before: records of decisions, and changes as
    {"time", "event": "changed outside", "path", "how"}. With `once` the story so far, once. Raises LedgerError.
    """
    story = Story(places.root)
    opened = _file(ledger.path)
    last, news = _read(story, ledger, after=0, newest=LOOK_BACK)
    yield story, news
    if once:
        return
    events: queue.SimpleQueue[Change] = queue.SimpleQueue()
    observer = _observe(places.root, events)
    try:
        while True:
            time.sleep(TICK_SECONDS)
            if _file(ledger.path) != opened:
                why = "was removed or replaced while it was watched: start 'tractguard watch' again"
                raise LedgerError(f"the ledger {ledger.path} {why}")
            last, news = _read(story, ledger, after=last)
            for change in _drained(events, places.root):
                story.changed(change)
            yield story, [*news, *map(told, story.settled(time.time()))]
    finally:
        observer.stop()
        observer.join(timeout=5)


def _file(path: str) -> tuple[int, int] | None:
    """What tells a file from another one of its name; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def told(change: Change) -> dict[str, Any]:
    """A change as data."""
    return {"time": round(change.time, 3), "event": "changed outside", "path": change.path, "how": change.how}


def _read(
    story: Story, ledger: "Ledger", *, after: int, newest: int | None = None
) -> tuple[int, list[Mapping[str, Any]]]:
    """Take in the records after a number: the number of the last one, and the decisions among them."""
    decisions: list[Mapping[str, Any]] = []
    for entry in ledger.entries(after=after, newest=newest):
        after = entry.seq
        try:
            row = entry.json()
        except ValueError:
            continue  # `audit verify` names it
        if story.record(row):
            decisions.append(row)
    return after, decisions


def _observe(root: str, events: "queue.SimpleQueue[Change]") -> "BaseObserver":
    """Watch the files of a repository. Raises OSError where the system watches no more of them."""
    from watchdog.events import FileSystemEventHandler
    from watchdog.observers import Observer

    class Seen(FileSystemEventHandler):
        def on_any_event(self, event: "FileSystemEvent") -> None:
            if event.is_directory or event.event_type not in ("created", "modified", "deleted", "moved"):
                return
            for path in {event.src_path, event.dest_path} - {""}:
                name = os.path.relpath(os.fsdecode(path), root)
                if not any(covers(each, name) for each in NOT_LOOKED_AT) and not name.startswith(".."):
                    events.put(Change(time.time(), name, event.event_type))

    observer = Observer()
    observer.schedule(Seen(), root, recursive=True)
    observer.daemon = True
    observer.start()
    return observer


def _drained(events: "queue.SimpleQueue[Change]", root: str) -> list[Change]:
    """What was seen since the last look, without what git ignores."""
    found: list[Change] = []
    while not events.empty():
        found.append(events.get())
    ignored = _ignored(root, sorted({each.path for each in found})) if found else set()
    return [each for each in found if each.path not in ignored]


def _ignored(root: str, paths: list[str]) -> set[str]:
    """Those of the paths that git ignores; none where there is no git."""
    command = ["git", "-C", root, "check-ignore", "-z", "--stdin"]
    try:
        done = subprocess.run(command, input="\0".join(paths).encode(), capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return set(done.stdout.decode("utf-8", "surrogateescape").split("\0")) - {""}
