"""The ground that claims stand on: what git and the disk show now. Only files are read; git is started at most once.

Every answer is True, False or None for unknown. A time that git notes is in whole seconds, so a second is granted.
"""

import calendar
import os
import re
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from tractguard.recovery_git import Checkout, Clock, Unknown, checkout_of, run

SECONDS = 1.0
MOST_LOG = 65_536  # bytes at the end of a reflog
MOST_REFS = 400
LATE_SECONDS = 5
_COMMITS = (
    "commit",
    "commit (amend)",
    "commit (initial)",
    "commit (merge)",
    "merge",
    "cherry-pick",
    "revert",
    "rebase",
)


class Ground(Protocol):
    """What may be asked about now."""

    def exists(self, path: str) -> bool | None:
        """Whether a file or folder is there, by its path from the root, or by the end of its path anywhere."""
        ...

    def committed(self, since: float) -> bool | None:
        """Whether something was committed in this checkout since then."""
        ...

    def pushed(self, since: float) -> bool | None:
        """Whether something was pushed from this repository since then."""
        ...

    def differs(self, paths: Sequence[str]) -> frozenset[str] | None:
        """Those of the paths that are not as the last commit has them."""
        ...

    def hooked(self) -> bool:
        """Whether git runs programs of its own at a commit or a push."""
        ...


class Repository:
    """The real checkout."""

    def __init__(self, root: str, cwd: str = "") -> None:
        self.root = root
        self.cwd = cwd or root
        self.where: Checkout | None = checkout_of(root)

    def exists(self, path: str) -> bool | None:
        bases = [self.root, self.cwd] if not path.startswith("/") else [""]
        try:
            if any(os.path.lexists(os.path.join(base, path)) for base in bases):
                return True
            if path.startswith(("/", "~", "..")) or self.where is None:
                return None
            words = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", f"*{path.lstrip('./')}")
            found = os.fsdecode(run(self.where, Clock(SECONDS), *words)).split("\0")
            top = self.where.top
            return any(each and os.path.lexists(os.path.join(top, each)) for each in found)
        except (OSError, ValueError, Unknown):
            return None

    def committed(self, since: float) -> bool | None:
        if self.where is None:
            return None
        return self._noted(os.path.join(self.where.git_dir, "logs", "HEAD"), since, _COMMITS)

    def pushed(self, since: float) -> bool | None:
        if self.where is None:
            return None
        folder = os.path.join(self.where.common, "logs", "refs", "remotes")
        if not os.path.isdir(folder):
            remotes = os.path.join(self.where.common, "refs", "remotes")
            return None if os.path.isdir(remotes) else False
        answers = [self._noted(path, since, ("update by push",)) for path in _files(folder)]
        return True if True in answers else None if None in answers else False

    def differs(self, paths: Sequence[str]) -> frozenset[str] | None:
        if self.where is None or not paths:
            return None
        try:
            words = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", *paths)
            rows = os.fsdecode(run(self.where, Clock(SECONDS), *words)).split("\0")
        except Unknown:
            return None
        return frozenset(row[3:] for row in rows if len(row) > 3)

    def hooked(self) -> bool:
        top = self.where.top if self.where else self.root
        names = (".husky", ".pre-commit-config.yaml", "lefthook.yml", ".lefthook.yml", ".overcommit.yml", ".githooks")
        if any(os.path.exists(os.path.join(top, name)) for name in names):
            return True
        folder = os.path.join(self.where.common, "hooks") if self.where else ""
        try:
            return any(not name.endswith(".sample") for name in os.listdir(folder))
        except OSError:
            return False

    def _noted(self, path: str, since: float, sorts: Sequence[str]) -> bool | None:
        """Whether a reflog has an entry of one of these sorts since then; None where there is no reflog."""
        try:
            with open(path, "rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - MOST_LOG))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return None
        for line in text.splitlines():
            head, _, said = line.partition("\t")
            at = head.rpartition(">")[2].split()
            sort = said.partition(":")[0].partition(" (")[0]
            if (
                at
                and at[0].isdigit()
                and int(at[0]) >= int(since)
                and (sort in sorts or said.partition(":")[0] in sorts)
            ):
                return True
        return False


def nothing_before(transcript: str, since: float) -> bool:
    """Whether a transcript begins no earlier than `since`, a few seconds granted; also where there is none."""
    try:
        with open(transcript, "rb") as file:
            text = file.read(MOST_LOG).decode("utf-8", "replace")
    except OSError:
        return not os.path.exists(transcript)
    found = re.search(r'"timestamp":\s?"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)', text)
    try:
        at = calendar.timegm(time.strptime(found[1], "%Y-%m-%dT%H:%M:%S")) if found else 0
    except ValueError:
        return False
    return at > 0 and at >= since - LATE_SECONDS


def _files(folder: str) -> Iterator[str]:
    count = 0
    for here, _, names in os.walk(folder):
        for name in names:
            count += 1
            if count > MOST_REFS:
                return
            yield os.path.join(here, name)
