"""Work as git objects, written and read back byte for byte: no filter, no index, no hook takes part.

It knows `git fast-import`, trees and blobs. Which work is worth keeping it refuses to know.
"""

import hashlib
import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.recovery_git import FILE, LINK, NONE, PROGRAM, Checkout, Clock, Staged, Status, Unknown, Work, run

USUAL = {FILE: 0o644, PROGRAM: 0o755, LINK: 0}  # permissions that a mode of git stands for
_WHO = "tractguard <tractguard@localhost>"


class Content(NamedTuple):
    """What stands at a path: git's mode, the bytes (of a link: where it leads), the permissions."""

    mode: str
    data: bytes
    permissions: int


class Kept(NamedTuple):
    """What was written: bytes, paths that could not be read, permissions that git does not keep."""

    bytes: int
    unread: tuple[str, ...]
    modes: Mapping[str, int]


# Keeping it


def mark(where: Checkout, found: Status) -> list[list[Any]]:
    """What tells this state from another without reading any file."""
    rows: list[list[Any]] = [[where.common, found.head], *map(list, found.staged)]
    for each in found.work:
        try:
            seen = os.lstat(os.path.join(where.top, each.path))
            rows.append([each.path, seen.st_mode, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino])
        except OSError:
            rows.append([each.path])
    return rows


def keep(where: Checkout, clock: Clock, ref: str, found: Status, work: Sequence[Work], words: str, now: float) -> Kept:
    """Write `work`, on the last commit, as a commit at `ref`/work, and the index at `ref`/index. Raises Unknown."""
    when = f"{int(now)} +0000"
    parts: list[bytes] = [b"feature done\n"]
    if found.staged:
        parts.append(_commit(f"{ref}/index", when, f"{words}\n\nThe index.", found.head))
        parts += map(_index_line, found.staged)
    parts.append(_commit(f"{ref}/work", when, words, found.head))
    parts += [b"D %s\n" % _quoted(each.path) for each in work if each.sort == "gone"]
    size = 0
    unread: list[str] = []
    modes: dict[str, int] = {}
    for each in work:
        try:
            found_there = None if each.sort == "gone" else content(os.path.join(where.top, each.path))
        except OSError:
            unread.append(each.path)
            continue
        if found_there is not None:
            mode, data, permissions = found_there
            size += len(data)
            if permissions != USUAL[mode]:
                modes[each.path] = permissions
            parts.append(b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), _quoted(each.path), len(data), data))
        clock.left()
    parts.append(b"done\n")
    _imported(where, clock, b"".join(parts))
    return Kept(size, tuple(unread), modes)


def _imported(where: Checkout, clock: Clock, stream: bytes) -> None:
    """Let git read the stream; where it cannot, its crash report does not stay behind."""
    began = time.time() - 1
    try:
        run(where, clock, "fast-import", "--quiet", "--force", "--done", "--date-format=raw", stdin=stream)
    except Unknown:
        for folder in {where.git_dir, where.common}:
            for name in os.listdir(folder):
                path = os.path.join(folder, name)
                if name.startswith("fast_import_crash_") and os.path.getmtime(path) >= began:
                    os.remove(path)
        raise


def _index_line(each: Staged) -> bytes:
    name = _quoted(each.path if each.stage == "0" else f"{each.path}.stage-{each.stage}")
    return b"D %s\n" % name if each.mode == NONE else b"M %s %s %s\n" % (each.mode.encode(), each.sha.encode(), name)


def _commit(ref: str, when: str, words: str, head: str) -> bytes:
    text = words.encode("utf-8", "replace")
    start = b"from %s\n" % head.encode() if head else b""
    lines = f"commit {ref}\ncommitter {_WHO} {when}\ndata {len(text)}\n".encode()
    return lines + text + b"\n" + start


def _quoted(path: str) -> bytes:
    """A path as fast-import reads it, whatever is in it."""
    raw = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + raw + b'"'


def content(path: str) -> Content | None:
    """What a file or a link holds; None for anything else and for what is gone. Raises OSError."""
    import stat

    try:
        seen = os.lstat(path)
        if stat.S_ISLNK(seen.st_mode):
            return Content(LINK, os.fsencode(os.readlink(path)), 0)
        if not stat.S_ISREG(seen.st_mode):
            return None
        with open(path, "rb") as file:
            permissions = stat.S_IMODE(seen.st_mode)
            return Content(PROGRAM if permissions & 0o100 else FILE, file.read(), permissions)
    except (FileNotFoundError, NotADirectoryError):
        return None


def blob_name(data: bytes, like: str) -> str:
    """The object name of `data`, in the hash that the name `like` is of."""
    made = hashlib.sha1 if len(like) == 40 else hashlib.sha256
    return made(b"blob %d\0" % len(data) + data).hexdigest()


def unseen(where: Checkout, clock: Clock, specs: Sequence[str], seen: Collection[str]) -> list[Work]:
    """Files that git was told not to look at (assume-unchanged, skip-worktree), and that were changed all the same."""
    found = []
    for row in _rows(run(where, clock, "ls-files", "-s", "-v", "-z", "--", *specs)):
        if not (row[0] == "S" or row[0].islower()):
            continue
        head, _, path = row.partition("\t")
        here = None if path in seen else content(os.path.join(where.top, path))
        if here is not None and blob_name(here.data, head.split(" ")[2]) != head.split(" ")[2]:
            found.append(Work(path, "changed", len(here.data)))
    return found


# Reading it back


class Entry(NamedTuple):
    """A path as a commit has it."""

    path: str
    mode: str
    sha: str


def tree(where: Checkout, clock: Clock, commit: str) -> dict[str, Entry]:
    """Every path of a commit."""
    found: dict[str, Entry] = {}
    for row in _rows(run(where, clock, "ls-tree", "-r", "-z", "--full-tree", commit)):
        head, _, path = row.partition("\t")
        mode, _, sha = head.split(" ")
        found[path] = Entry(path, mode, sha)
    return found


def changes(where: Checkout, clock: Clock, before: str, after: str) -> dict[str, Entry]:
    """Paths in which two commits differ, as the second has them; mode 000000 where it has none."""
    rows = iter(_rows(run(where, clock, "diff-tree", "-r", "-z", "--raw", "--no-renames", before, after)))
    found: dict[str, Entry] = {}
    for row in rows:
        _, mode, _, sha, _ = row.split(" ")
        path = next(rows)
        found[path] = Entry(path, mode, sha)
    return found


def indexed(where: Checkout, clock: Clock) -> dict[str, Entry]:
    """What the index holds now, without paths in conflict."""
    found: dict[str, Entry] = {}
    for row in _rows(run(where, clock, "ls-files", "-s", "-z")):
        head, _, path = row.partition("\t")
        mode, sha, stage = head.split(" ")
        if stage == "0":
            found[path] = Entry(path, mode, sha)
    return found


def blobs(where: Checkout, clock: Clock, shas: Sequence[str]) -> Iterator[bytes]:
    """The content of each object, in order."""
    text = run(where, clock, "cat-file", "--batch", stdin="".join(f"{sha}\n" for sha in shas).encode())
    at = 0
    for sha in shas:
        end = text.index(b"\n", at)
        words = text[at:end].split()
        if len(words) != 3:
            raise Unknown(f"git no longer has {sha}")
        at = end + 1 + int(words[2])
        yield text[end + 1 : at]
        at += 1


def hashes(where: Checkout, clock: Clock, paths: Sequence[str]) -> list[str]:
    """What git would call each file of the worktree if it were added, filters applied."""
    if any("\n" in path for path in paths):
        return [run(where, clock, "hash-object", "--", path).decode().strip() for path in paths]
    given = os.fsencode("".join(f"{path}\n" for path in paths))
    return run(where, clock, "hash-object", "--stdin-paths", stdin=given).decode().split() if paths else []


def _rows(text: bytes) -> list[str]:
    return [row for row in os.fsdecode(text).split("\0") if row]
