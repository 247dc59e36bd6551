"""Which of the files that a session wrote are still not committed, where somebody else may have committed them.

Git is asked only when HEAD has moved since the last look; the session's own commits are known from its calls. Knows
paths and git's answers; refuses to know what pressure is. Warm.
"""

import os
from collections.abc import Sequence

from tractguard.recovery_git import Clock, Unknown, checkout_of, run

SECONDS = 0.5


def still_open(files: Sequence[str], mark: str) -> tuple[list[str], str]:
    """(the absolute paths of `files` that are not committed, what HEAD's moves are known by from now on). `mark` is
    what the last look gave, "" for none. What git does not say in time stays open.
    """
    where = checkout_of(os.path.dirname(files[-1])) if files else None
    if where is None or not where.top:
        return list(files), mark
    now = _moves(where.git_dir)
    if not mark or now == mark:
        return list(files), now
    mine = [path for path in files if path.startswith(where.top + "/")]
    words = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignored", "--")
    try:
        rows = os.fsdecode(run(where, Clock(SECONDS), *words, *mine)).split("\0")
    except Unknown:
        return list(files), now
    dirty = {os.path.join(where.top, row[3:]).rstrip("/") for row in rows if len(row) > 3}
    return [path for path in files if path not in mine or _is_in(path, dirty)], now


def _is_in(path: str, dirty: set[str]) -> bool:
    while len(path) > 1:
        if path in dirty:
            return True
        path = os.path.dirname(path)
    return False


def _moves(git_dir: str) -> str:
    """What changes whenever HEAD moves: the size of its reflog, and its time; the time of HEAD where there is none."""
    for name in ("logs/HEAD", "HEAD"):
        try:
            found = os.stat(os.path.join(git_dir, name))
        except OSError:
            continue
        return f"{found.st_size} {found.st_mtime_ns}"
    return "none"
