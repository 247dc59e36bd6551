"""The only door to files and git while facts are gathered. It answers, within a time limit, or says None: unknown.

`Disk` looks at the real machine. `Row` is a closed world, a line of `check --jsonl`: the files in the row and nothing
else. Rules never see a world; they see the facts that were gathered through it.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from tractguard.model import UNKNOWN, Fact

MOST_BYTES = 2_000_000  # a file larger than this is not read for facts: its text is unknown
ROW_BRANCH = "work"  # a closed world stands on an unprotected branch (DESIGN 6.2)


class World(Protocol):
    """What gathering may ask. Paths are absolute. `None` always means unknown."""

    root: str
    home: str

    def text(self, path: str) -> str | None:
        """The text of a file, or None where it is missing, too large or not text."""
        ...

    def exists(self, path: str) -> bool | None:
        """Whether something stands at `path`."""
        ...

    def is_dir(self, path: str) -> bool | None:
        """Whether `path` is a folder."""
        ...

    def real(self, path: str) -> str:
        """`path` with symbolic links followed, as far as it exists."""
        ...

    def listing(self, folder: str) -> tuple[str, ...] | None:
        """Names inside a folder, sorted."""
        ...

    def branch(self, folder: str) -> str | None:
        """The branch checked out at `folder`."""
        ...

    def upstream(self, folder: str, branch: str) -> str | None:
        """The remote branch that a bare `git push` from `branch` goes to."""
        ...


class Disk:
    """The real folder."""

    def __init__(self, root: str, home: str = "") -> None:
        self.root = root
        self.home = home or os.path.expanduser("~")
        self.folds: bool | None = None

    def text(self, path: str) -> str | None:
        try:
            if os.path.getsize(path) > MOST_BYTES or not os.path.isfile(path):
                return None
            with open(path, "rb") as file:
                return file.read().decode("utf-8")
        except (OSError, ValueError):
            return None

    def exists(self, path: str) -> bool | None:
        try:
            return os.path.lexists(path)
        except (OSError, ValueError):
            return None

    def is_dir(self, path: str) -> bool | None:
        try:
            return os.path.isdir(path)
        except (OSError, ValueError):
            return None

    def real(self, path: str) -> str:
        try:
            real = os.path.realpath(path)
            return cased(real, os.path.realpath(self.root), self.listing) if self._folds() else real
        except (OSError, ValueError):
            return path

    def _folds(self) -> bool:
        """Whether the root's file system takes `A` and `a` for one name."""
        if self.folds is None:
            other = self.root.swapcase()
            self.folds = other != self.root and os.path.exists(other) and os.path.samefile(other, self.root)
        return self.folds

    def listing(self, folder: str) -> tuple[str, ...] | None:
        try:
            return tuple(sorted(os.listdir(folder)))
        except (OSError, ValueError):
            return None

    def branch(self, folder: str) -> str | None:
        head = _head(folder)
        if head is None:
            return None
        text = self.text(head)
        if text is None or not text.startswith("ref: refs/heads/"):
            return None
        return text.removeprefix("ref: refs/heads/").strip()

    def upstream(self, folder: str, branch: str) -> str | None:
        head = _head(folder)
        if head is None or not branch:
            return None
        config = self.text(os.path.join(_common(os.path.dirname(head)), "config"))
        if config is None:
            return None
        return _merge_of(config.splitlines(), branch)


class Row:
    """A closed world: only the files given. An unprotected branch with a person's uncommitted work (DESIGN 6.2)."""

    def __init__(self, project: Mapping[str, str] | None, cwd: str = "/repo") -> None:
        self.root = cwd
        self.home = "/home/dev"
        self.at = ROW_BRANCH
        self.files = {os.path.normpath(os.path.join(cwd, path)): text for path, text in (project or {}).items()}

    def text(self, path: str) -> str | None:
        return self.files.get(os.path.normpath(path))

    def exists(self, path: str) -> bool | None:
        path = os.path.normpath(path)
        return True if path in self.files or self.is_dir(path) else None

    def is_dir(self, path: str) -> bool | None:
        prefix = os.path.normpath(path).rstrip("/") + "/"
        return True if any(file.startswith(prefix) for file in self.files) else None

    def real(self, path: str) -> str:
        return path

    def listing(self, folder: str) -> tuple[str, ...] | None:
        prefix = os.path.normpath(folder).rstrip("/") + "/"
        names = {file[len(prefix) :].split("/")[0] for file in self.files if file.startswith(prefix)}
        return tuple(sorted(names)) if names else None

    def branch(self, folder: str) -> str | None:
        return self.at

    def follow(self, facts: Iterable[Fact]) -> None:
        """Stand on the branch that an earlier call went to, as the facts of it tell."""
        for fact in facts:
            if fact.kind == "git" and fact.name in ("checkout", "switch") and not fact.data.get("paths"):
                self.at = fact.value if fact.value and UNKNOWN not in fact.value else self.at

    def upstream(self, folder: str, branch: str) -> str | None:
        return None


def cased(path: str, root: str, listing: Callable[[str], tuple[str, ...] | None]) -> str:
    """A path below the root with its names spelled as they stand on disk, where case does not count."""
    if not path.lower().startswith(root.lower().rstrip("/") + "/"):
        return root if path.lower() == root.lower() else path
    found = root.rstrip("/")
    rest = path[len(found) + 1 :].split("/")
    for index, name in enumerate(rest):
        names = listing(found)
        if names is None:
            return "/".join((found, *rest[index:]))
        if name not in names:
            name = next((each for each in names if each.lower() == name.lower()), name)
        found += "/" + name
    return found


def _head(folder: str) -> str | None:
    """The HEAD file of the checkout that holds `folder`: read from disk, since starting git costs more than a call."""
    while folder:
        dot_git = os.path.join(folder, ".git")
        if os.path.isdir(dot_git):
            return os.path.join(dot_git, "HEAD")
        if os.path.isfile(dot_git):  # a worktree or a submodule points to its folder
            try:
                with open(dot_git, encoding="utf-8") as file:
                    target = file.read().removeprefix("gitdir:").strip()
            except (OSError, ValueError):
                return None
            return os.path.join(os.path.normpath(os.path.join(folder, target)), "HEAD")
        parent = os.path.dirname(folder)
        folder = parent if parent != folder else ""
    return None


def _common(git_folder: str) -> str:
    try:
        with open(os.path.join(git_folder, "commondir"), encoding="utf-8") as file:
            return os.path.normpath(os.path.join(git_folder, file.read().strip()))
    except (OSError, ValueError):
        return git_folder


def _merge_of(lines: Iterable[str], branch: str) -> str | None:
    inside = False
    for line in lines:
        line = line.strip()
        if line.startswith("["):
            inside = line == f'[branch "{branch}"]'
        elif inside and line.replace(" ", "").startswith("merge=refs/heads/"):
            return line.split("refs/heads/", 1)[1].strip()
    return None
