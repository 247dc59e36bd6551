"""What a repository is written in, by the names of the files in it: so that examples are of its own kind.

Knows manifests, lock files and the usual commands of a language (`data/examples.json`). It opens no file, looks into a
bounded number of folders, and is never asked while a call is judged. Cold.
"""

import os
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from tractguard.tables import table

MOST_FOLDERS = 200  # are looked into, the root first
_OF_PYTHON = frozenset(("uv", "poetry", "pipenv", "pdm"))
_LEFT_OUT = frozenset(
    "node_modules vendor target dist build venv env __pycache__ site-packages Pods third_party".split()
)


class Language(NamedTuple):
    """A language with the usual commands of its projects; "" where there is none."""

    name: str
    suffix: str = "txt"
    mark: str = "#"  # opens a comment
    head: str = ""  # what a file begins with
    add: str = ""  # adds a package
    package: str = ""  # one that is usually not there
    test: str = ""
    build: str = ""
    test_file: str = ""
    publish: str = ""
    lint: str = ""
    types: str = ""


PLAIN = ("typescript", "python")  # for a repository of which nothing is known


def project_of(root: str) -> tuple[Language, ...]:
    """The languages of a repository, that of most of its files first; those of `PLAIN` where none is known."""
    data = table("examples")
    found: dict[str, str] = {}  # language -> the command that adds a package, where a lock file tells it
    counts: dict[str, int] = {}  # ending -> files
    for names in _listings(root):
        for name in names:
            ending = name.rpartition(".")[2]
            counts[ending] = counts.get(ending, 0) + 1
            if name in data["manifests"] or ending in data["endings"]:
                found.setdefault(data["manifests"].get(name) or data["endings"][ending], "")
            if name in data["managers"]:
                command = data["managers"][name]
                for kind in ("python",) if command.split()[0] in _OF_PYTHON else ("typescript", "javascript"):
                    found[kind] = found.get(kind) or command
    if "javascript" in found:
        found.setdefault("typescript", found["javascript"])
        del found["typescript" if counts.get("js", 0) > counts.get("ts", 0) + counts.get("tsx", 0) else "javascript"]
    known = [language(name, add) for name, add in found.items()]
    known.sort(key=lambda each: -sum(counts.get(ending, 0) for ending in (each.suffix, each.suffix + "x")))
    return tuple(known) or tuple(language(name) for name in PLAIN)


def language(name: str, add: str = "") -> Language:
    """A language by one of its names; `add` is the command that adds a package where it is not the usual one."""
    data = table("examples")
    name = data["other_names"].get(name.lower(), name.lower())
    known: dict[str, Any] = data["languages"].get(name, {})
    made = Language(name, **known) if known else Language(name)
    if not add:
        return made
    manager = add.split()[0]
    test = {"pnpm": "pnpm test", "yarn": "yarn test", "bun": "bun test", "uv": "uv run pytest"}.get(manager, made.test)
    build = f"{manager} run build" if name in ("javascript", "typescript") else made.build
    return made._replace(add=add, test=test, build=build)


def _listings(root: str) -> Iterator[list[str]]:
    """The names of the files in the root and in the folders below it, the nearest first."""
    ahead, looked = deque([root]), 0
    while ahead and looked < MOST_FOLDERS:
        folder, looked = ahead.popleft(), looked + 1
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError:
            continue
        yield [entry.name for entry in entries]
        for entry in entries:
            plain = not entry.name.startswith(".") and entry.name not in _LEFT_OUT
            if plain and entry.is_dir(follow_symlinks=False):
                ahead.append(entry.path)
