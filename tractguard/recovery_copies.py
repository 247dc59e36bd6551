"""Copies of small files that git does not hold: outside every checkout, ignored, or inside a repository that goes.

It knows bounds (files, bytes, time) and says what did not fit. It refuses to know why a path is named. A copy is a
plain file in the folder of its recovery point, readable for the person only.
"""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tractguard.recovery_git import Clock

_BLOCK = 1 << 20
_LOOKED_AT = 20  # entries looked at for each file that may be copied


class Copy(NamedTuple):
    """One copied file or link. `name` is its file in the point's folder, "" for a link, which `link` holds."""

    path: str
    mode: int
    size: int
    name: str
    link: str = ""


class Copied(NamedTuple):
    """What was copied, and what was left out: how many, their bytes, a first one; `more` where nobody counted all."""

    copies: tuple[Copy, ...]
    left: int = 0
    left_bytes: int = 0
    left_first: str = ""
    more: bool = False


class Bounds(NamedTuple):
    """How much is copied for one point."""

    files: int
    file_bytes: int
    bytes: int


def copied(paths: Sequence[str], folder: str, bounds: Bounds, clock: Clock, skip: str = "") -> Copied:
    """Copy files, and the files below folders, into `folder`. Nothing below `skip` is copied.

    Raises Unknown, OSError.
    """
    copies: list[Copy] = []
    total = left = left_bytes = looked = 0
    first = ""
    for path in files_below(paths, skip):
        clock.left()
        looked += 1
        if looked > bounds.files * _LOOKED_AT:
            return Copied(tuple(copies), left, left_bytes, first, more=True)
        try:
            seen = os.lstat(path)
            if os.path.islink(path):
                copies.append(Copy(path, seen.st_mode, 0, "", os.readlink(path)))
                continue
            fits = len(copies) < bounds.files and seen.st_size <= bounds.file_bytes
            if fits and total + seen.st_size <= bounds.bytes:
                name = str(len(copies))
                os.makedirs(folder, mode=0o700, exist_ok=True)
                _copy(path, os.path.join(folder, name))
                copies.append(Copy(path, seen.st_mode & 0o7777, seen.st_size, name))
                total += seen.st_size
                continue
        except FileNotFoundError:
            continue
        except OSError:
            seen = None
        left, left_bytes, first = left + 1, left_bytes + (seen.st_size if seen else 0), first or path
    return Copied(tuple(copies), left, left_bytes, first)


def _copy(path: str, target: str) -> None:
    """Copy byte for byte, readable for the person only."""
    made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(path, "rb") as source, open(made, "wb") as copy:
        while block := source.read(_BLOCK):
            copy.write(block)


def files_below(paths: Sequence[str], skip: str = "") -> Iterator[str]:
    """Each path that is a file or a link, and every one below each that is a folder; each once."""
    seen: set[str] = set()
    for path in paths:
        for each in _below(path, skip):
            if each not in seen:
                seen.add(each)
                yield each


def _below(path: str, skip: str) -> Iterator[str]:
    if skip and (path == skip or path.startswith(skip + "/")):
        return
    if os.path.isfile(path) or os.path.islink(path):
        yield path
        return
    for folder, names, files in os.walk(path):
        for name in list(names):
            inner = os.path.join(folder, name)
            if inner == skip:
                names.remove(name)
            elif os.path.islink(inner):
                yield inner
        for name in files:
            inner = os.path.join(folder, name)
            if os.path.islink(inner) or os.path.isfile(inner):
                yield inner
