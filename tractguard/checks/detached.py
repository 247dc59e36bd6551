"""Runs of policy's checks that take longer than a hook has: begun beside the guard, found again at a later gate.

At most one in a worktree, bound to the tree that it began on: where a file that the check is about has changed since,
it is ended. What is known of it stands in the repository's state, what it printed in the state folder. Cold: only a
gate of a repository with `[checks]` comes here.
"""

import contextlib
import hashlib
import json
import os
import signal
import sys
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tractguard.checks.policy import Check
from tractguard.checks.tree import Tree, changed_since, recalled, remember
from tractguard.ledger import Ledger
from tractguard.places import Places
from tractguard.stored import read_file, read_object

if TYPE_CHECKING:
    from tractguard.book import LiveBook

FOLDER = "checks"  # below the state folder: logs and results
TIMES = "check times"  # the key of how long each command took last
POLL_SECONDS = 0.05
BEGIN_SECONDS = 10.0  # after which a run that was claimed and never began counts as vanished
KEPT_LOGS = 5
MOST_TIMES = 50
PRIVATE = ("CLAUDE", "ANTHROPIC_", "GIT_")  # variables of the client and of git's own hooks: not for a check


class Begun(NamedTuple):
    """A run that was begun. `began` is in seconds since the epoch, `limit` in seconds."""

    id: str
    name: str
    command: str
    tree: str
    pid: int
    start: str  # when that process began, so that another one with its number is not taken for it
    began: float
    limit: float


class State(NamedTuple):
    """How a check stands on a tree. `sort` is "passed", "failed", "late" (ended at its limit), "running", "vanished"
    (gone without a result) or "taken" (another session was told that it was red). `begun` is the run that is meant,
    `changed` the file for which another run was ended.
    """

    sort: str
    begun: Begun
    code: int | None = None
    seconds: float = 0.0
    output: str = ""
    changed: str = ""


def settled(check: Check, tree: Tree, book: "LiveBook", now: float, wait: float) -> State:
    """How a check stands on this tree: the run that was begun on it, or one that begins now; it is given `wait`
    seconds to end. Raises OSError where none can be started.
    """
    until = time.monotonic() + wait
    known = begun_in(book.places, book.ledger)
    changed = ""
    if known is not None:
        changed = changed_for(known, check, tree, book)
        if changed or known.command != check.command:
            forget(known, book.places, book.ledger)
            known = None
    vanished = None
    if known is not None:
        state = _awaited(known, book, until)
        if state.sort not in ("vanished", "taken"):
            return state
        vanished = known if state.sort == "vanished" else None
    begun = begin(check, tree, book, now)
    state = _awaited(begun, book, until)
    if vanished is not None and state.sort == "running":
        return State("vanished", vanished)
    return state._replace(changed=changed)


def found(begun: Begun, book: "LiveBook") -> State:
    """How a run stands now; none is begun."""
    return _awaited(begun, book, 0.0)


def begin(check: Check, tree: Tree, book: "LiveBook", now: float) -> Begun:
    """Begin a run on this tree. Where another process has just begun one here, that one is it. Raises OSError."""
    places, ledger = book.places, book.ledger
    name = remember(tree, ledger, now)
    mine = Begun(uuid.uuid4().hex[:12], check.name, check.command, name, 0, "", now, check.seconds)
    key = _key(places)

    def claim(before: str | None) -> str:
        return json.dumps(mine._asdict()) if _parsed(before) is None else str(before)

    ledger.change("", key, claim)
    found = begun_in(places, ledger)
    if found is None or found.id != mine.id:
        return found or mine
    try:
        pid = _start(check, places, mine.id, book.environ)
    except OSError:
        ledger.drop("", key)
        raise
    mine = mine._replace(pid=pid, start=_started(pid))
    ledger.put("", key, json.dumps(mine._asdict()))
    return mine


def begun_in(places: Places, ledger: Ledger) -> Begun | None:
    """The run that was begun in this worktree and not taken note of since."""
    return _parsed(ledger.get("", _key(places)))


def forget(begun: Begun, places: Places, ledger: Ledger) -> None:
    """End a run, where it is at work, and forget it."""
    if is_running(begun):
        with contextlib.suppress(OSError):
            os.kill(begun.pid, signal.SIGTERM)
    elif result_of(begun, places) is None:
        _end_orphan(begun, places)
    _drop(begun, places, ledger)


def _drop(begun: Begun, places: Places, ledger: Ledger) -> None:
    ledger.drop("", _key(places))
    for ending in (".json", ".part", ".pid"):
        with contextlib.suppress(OSError):
            os.unlink(_base(places, begun.id) + ending)


def is_running(begun: Begun) -> bool:
    """Whether the process of a run is there."""
    return begun.pid > 0 and bool(begun.start) and _started(begun.pid) == begun.start


def result_of(begun: Begun, places: Places) -> dict[str, Any] | None:
    """What a run wrote at its end; None where it has written nothing."""
    found = read_file(_base(places, begun.id) + ".json")
    return found if "code" in found else None


def last_time(command: str, ledger: Ledger) -> float:
    """How many seconds a command took last; 0 where that is not known."""
    found = read_object(ledger.get("", TIMES)).get(command)
    return float(found) if isinstance(found, (int, float)) else 0.0


def log_of(begun: Begun, places: Places) -> str:
    """Where the output of a run stands, relative to the repository that keeps the state."""
    return os.path.relpath(_base(places, begun.id) + ".log", places.home_root)


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a check is given of the environment: what the person has."""
    return {key: value for key, value in environ.items() if not key.startswith(PRIVATE)}


def _awaited(begun: Begun, book: "LiveBook", until: float) -> State:
    """How a run stands once it has ended or time is over. What has ended, or is gone, is forgotten."""
    while True:
        at_work = _may_run(begun)  # asked first: between the two it may end
        result = result_of(begun, book.places)
        if result is not None:
            return _ended(begun, result, book)
        if not at_work:
            return _gone(begun, book)
        left = until - time.monotonic()
        if left <= 0:
            return State("running", begun, seconds=last_time(begun.command, book.ledger))
        time.sleep(min(POLL_SECONDS, left))


def _gone(begun: Begun, book: "LiveBook") -> State:
    """A run that is neither at work nor has left a result: vanished, or another session has taken note of it."""
    from tractguard.checks.green import last_greens

    kept = begun_in(book.places, book.ledger)
    if kept is not None and kept.id == begun.id:
        forget(begun, book.places, book.ledger)
        return State("vanished", begun)
    green = last_greens(book.ledger).get(begun.name, {})
    is_it = green.get("command") == begun.command and float(green.get("time") or 0.0) >= begun.began
    return State("passed", begun, 0) if is_it else State("taken", begun)


def _may_run(begun: Begun) -> bool:
    return is_running(begun) or (not begun.pid and time.time() - begun.began < BEGIN_SECONDS)


def _ended(begun: Begun, result: Mapping[str, Any], book: "LiveBook") -> State:
    """A run that has ended is told of once: a later gate finds its green run in the state, or begins another."""
    seconds, code = result.get("seconds"), result.get("code")
    took = float(seconds) if isinstance(seconds, (int, float)) else 0.0
    _drop(begun, book.places, book.ledger)
    if not isinstance(code, int):
        return State("late", begun, None, took, str(result.get("output") or ""))
    note_time(begun.command, took, book.ledger)
    return State("failed" if code else "passed", begun, code, took, str(result.get("output") or ""))


def note_time(command: str, seconds: float, ledger: Ledger) -> None:
    """Keep how long a command took."""

    def change(before: str | None) -> str:
        known = {key: value for key, value in read_object(before).items() if key != command}
        return json.dumps(dict([*known.items(), (command, seconds)][-MOST_TIMES:]), ensure_ascii=False)

    ledger.change("", TIMES, change)


def changed_for(begun: Begun, check: Check, tree: Tree, book: "LiveBook") -> str:
    """A file that the check is about and that is not as it was when a run began; "?" where that cannot be told."""
    old = recalled(begun.tree, book.ledger)
    paths = changed_since(old, tree, book.places.root) if old is not None else None
    if paths is None:
        return "?"
    return next((path for path in paths if check.about(path)), "")


def _start(check: Check, places: Places, id: str, environ: Mapping[str, str]) -> int:
    import subprocess

    folder = os.path.join(places.state, FOLDER)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    _prune(folder)
    program = os.path.join(os.path.dirname(__file__), "detached_run.py")
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", program, _base(places, id), repr(check.seconds), check.command],
        cwd=places.root, env=environment(environ), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True, close_fds=True,
    )  # fmt: skip
    process.returncode = 0  # it outlives this process, and nobody here waits for it
    return process.pid


def _prune(folder: str) -> None:
    """Leave only the newest logs."""
    with contextlib.suppress(OSError):
        logs = [entry for entry in os.scandir(folder) if entry.name.endswith(".log")]
        logs.sort(key=lambda entry: entry.stat().st_mtime)
        for entry in logs[: -KEPT_LOGS or None]:
            os.unlink(entry.path)


def _end_orphan(begun: Begun, places: Places) -> None:
    """End a check whose own watcher was killed: else it would be at work beside the next one."""
    try:
        with open(_base(places, begun.id) + ".pid", encoding="ascii") as file:
            group = int(file.read())
    except (OSError, ValueError):
        return
    if group > 1 and _not_before(_started(group), begun.start):
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)


def _not_before(start: str, least: str) -> bool:
    """Whether a process began no earlier than another one: else its number has gone to somebody else since. Only
    where starts are told in ticks.
    """
    return start.isdecimal() and least.isdecimal() and int(start) >= int(least)


def _started(pid: int) -> str:
    from tractguard.closing import process

    return process(pid)[0]


def _base(places: Places, id: str) -> str:
    return os.path.join(places.state, FOLDER, id)


def _key(places: Places) -> str:
    """The key of the run of this worktree in the repository's state: worktrees share it."""
    return f"check run {hashlib.sha256(places.root.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


def _parsed(value: str | None) -> Begun | None:
    row = read_object(value)
    texts = [row.get(key) for key in ("id", "name", "command", "tree", "start")]
    numbers = [row.get(key) for key in ("pid", "began", "limit")]
    if not all(isinstance(each, str) for each in texts) or not str(row.get("id")).isalnum():
        return None
    if not all(isinstance(each, (int, float)) for each in numbers):
        return None
    return Begun(**{key: row[key] for key in Begun._fields})
