"""The state of a worktree: its commit, and the content of every file that is not as that commit has it.

Taken when a check ran and compared at a gate: an edit after the run makes the run stale, whoever made it and by
whatever means. It only looks: no index, no object and no ref is written. One `git status`, and one `git diff` where the
commit has moved; what is not answered in time, or is too much, is unknown. The guard's own folder does not count.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tractguard.ledger import Ledger
from tractguard.recovery_git import Checkout, Clock, Unknown, checkout_of, run

SECONDS = 1.5  # for one look
MOST_FILES = 1_000  # changed files of one tree; more are unknown
MOST_BYTES = 2_000_000  # of one file: of a larger one size and time stand for its content
KEPT = 24  # trees that are remembered in one repository
_KEY = "tree "  # of the repository's state, in front of the hash
_OURS = ".claude/"


class Tree(NamedTuple):
    """A state of a worktree: the commit ("" before the first) and path -> content hash of what differs from it."""

    head: str
    files: Mapping[str, str]

    @property
    def hash(self) -> str:
        """16 hexadecimal digits that name this state."""
        text = json.dumps([self.head, sorted(self.files.items())], ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def tree_of(root: str, seconds: float = SECONDS) -> Tree | None:
    """The state of the checkout at `root`; None where it is no git checkout or cannot be told in time."""
    where = checkout_of(root)
    if where is None or not where.top:
        return None
    try:
        return _looked(where, Clock(seconds))
    except (Unknown, OSError, ValueError):
        return None


def changed_since(old: Tree, now: Tree, root: str, seconds: float = SECONDS) -> list[str] | None:
    """The paths, relative to the checkout's top, whose content differs from what it was; None where that is unknown."""
    where = checkout_of(root)
    if where is None:
        return None
    moved: list[str] = []
    if old.head != now.head:
        if not old.head or not now.head:
            return None
        try:
            text = run(where, Clock(seconds), "diff", "--name-only", "--no-renames", "-z", old.head, now.head)
        except Unknown:
            return None
        moved = [path for path in os.fsdecode(text).split("\0") if path and not path.startswith(_OURS)]
    # What was as the commit had it is changed now, or was committed since.
    return [
        path
        for path in sorted({*old.files, *now.files, *moved})
        if old.files.get(path) != (now.files.get(path) or _content(os.path.join(where.top, path)))
    ]


def remember(tree: Tree, ledger: Ledger, now: float) -> str:
    """Keep a tree in the repository's state; its hash. The oldest are forgotten."""
    name = tree.hash
    ledger.put("", _KEY + name, json.dumps({"time": now, "head": tree.head, "files": tree.files}))
    rows = ledger.db.execute("SELECT key, value FROM state WHERE session_id = '' AND key LIKE 'tree %'").fetchall()
    if len(rows) > KEPT:
        aged = sorted((_time(value), key) for key, value in rows)
        for _, key in aged[: len(rows) - KEPT]:
            ledger.drop("", str(key))
    return name


def recalled(name: str, ledger: Ledger) -> Tree | None:
    """A tree that was kept, by its hash."""
    found = _object(ledger.get("", _KEY + name)) if name else None
    if found is None or not isinstance(found.get("files"), dict):
        return None
    return Tree(str(found.get("head") or ""), {str(path): str(one) for path, one in found["files"].items()})


def comparer(root: str, ledger: Ledger) -> Callable[[str], list[str] | None]:
    """A function from a tree's hash to what changed since; the worktree is looked at once, when first asked."""
    seen: dict[str, list[str] | None] = {}
    now: list[Tree | None] = []

    def since(name: str) -> list[str] | None:
        if name not in seen:
            old = recalled(name, ledger)
            if old is not None and not now:
                now.append(tree_of(root))
            here = now[0] if now else None
            seen[name] = changed_since(old, here, root) if old is not None and here is not None else None
        return seen[name]

    return since


def _looked(where: Checkout, clock: Clock) -> Tree:
    words = ("status", "--porcelain=v2", "-z", "--branch", "--untracked-files=all", "--no-renames")
    head = ""
    files: dict[str, str] = {}
    for row in os.fsdecode(run(where, clock, *words, "--ignore-submodules=none")).split("\0"):
        if row.startswith("# branch.oid "):
            head = row[13:].replace("(initial)", "")
            continue
        path = _path(row)
        if not path or path.startswith(_OURS):
            continue
        if len(files) >= MOST_FILES:
            raise Unknown("too many changed files")
        clock.left()
        files[path] = _content(os.path.join(where.top, path))
    return Tree(head, files)


def _path(row: str) -> str:
    """The path of a line of `git status --porcelain=v2`; "" for a line about something else."""
    sort = row[:1]
    if sort == "?":
        return row[2:]
    fields = {"1": 8, "u": 10}.get(sort)
    parts = row.split(" ", fields) if fields else []
    return parts[fields] if fields and len(parts) > fields else ""


def _content(path: str) -> str:
    try:
        seen = os.lstat(path)
        if os.path.islink(path):
            return "link " + os.readlink(path)
        if os.path.isdir(path):
            return f"folder {seen.st_mtime_ns}"
        mode = "x " if seen.st_mode & 0o100 else ""
        if seen.st_size > MOST_BYTES:
            return f"{mode}{seen.st_size} {seen.st_mtime_ns}"
        with open(path, "rb") as file:
            return mode + hashlib.sha256(file.read()).hexdigest()[:24]
    except OSError:
        return "gone"


def _object(text: str | None) -> dict[str, Any] | None:
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _time(text: str) -> float:
    found = _object(text) or {}
    return float(found["time"]) if isinstance(found.get("time"), (int, float)) else 0.0
