"""What a path is to a person: a system root, a home, the repository, a temporary or built folder, a file kept
nowhere else.

Judged from the name alone; whether something stands there is a probe's to say. `data/destructive.json` has the
names. Absolute, normalised paths, as facts carry them; an unknown part is `UNKNOWN`.
"""

import posixpath
from functools import cache
from typing import Any

from tractguard.model import UNKNOWN
from tractguard.tables import table

DEVICE, SYSTEM, HOME, ABOVE, WHOLE, HISTORY, TEMP, BUILD, CACHE, INSIDE, OUTSIDE, NOWHERE = (
    "device", "system", "home", "above", "whole", "history", "temp", "build", "cache", "inside", "outside", "unknown",
)  # fmt: skip
_KEPT = (".ssh", ".gnupg", ".aws", ".kube")  # folders of which every file is a person's own
_HOMES = ("/home/", "/Users/", "/root", "/var/root")


@cache
def _names(key: str) -> frozenset[str]:
    return frozenset(table("destructive")["paths"][key].split())


@cache
def _endings(key: str) -> tuple[str, ...]:
    return tuple(table("destructive")["paths"][key].split())


def kind_of(path: str, root: str) -> str:
    """What `path` is, seen from the guarded `root`. Globs that stand for a folder's whole content count as the
    folder."""
    if path.startswith(UNKNOWN) or not path.startswith("/"):
        return _unknown(path)
    if is_device(path):
        return DEVICE
    bare = _stripped(path)
    around = bare == root or bare.startswith(root.rstrip("/") + "/") or root.startswith(bare.rstrip("/") + "/")
    if is_temp(bare) and not around:  # a repository may itself stand in a temporary folder
        return TEMP
    home = home_of(bare)
    if bare == "/" or (bare in _names("system") and bare != root):
        return SYSTEM
    if root.startswith(bare.rstrip("/") + "/") and bare != root:
        return ABOVE if home != bare else HOME
    if bare == root:
        return HOME if home == bare else WHOLE
    if bare == home:
        return HOME
    if "/.git/" in bare + "/" and not bare.endswith((".lock", "/MERGE_MSG", "/hooks")):
        return HISTORY
    inside = bare.startswith(root.rstrip("/") + "/")
    if is_cache(bare):
        return CACHE
    if _built(bare[len(root) :] if inside else bare, inside):
        return BUILD
    if inside:
        return INSIDE
    return SYSTEM if any(bare.startswith(one + "/") for one in _names("system_trees")) else OUTSIDE


def _unknown(path: str) -> str:
    """A path that begins with something unknown: judged by its end where that is known."""
    last = posixpath.basename(_stripped(path))
    return BUILD if UNKNOWN not in last and is_build(last) else NOWHERE


def _stripped(path: str) -> str:
    """`path` without a tail that stands for everything in it: `src/*`, `src/**/*`, `src/.`, `src/.[!.]*`."""
    head, _, last = path.rpartition("/")
    while head and (last in ("*", "**", ".*", "*.*", ".??*", ".[!.]*", ".[^.]*", "{,.}*", UNKNOWN) or last == "**"):
        path = head
        head, _, last = path.rpartition("/")
    if not head and last in ("*", "**", ".*", "*.*"):
        return "/"
    return path


def home_of(path: str) -> str:
    """The home folder that a path lies in, or ""."""
    for start in _HOMES:
        if start.endswith("/") and path.startswith(start):
            return start + path[len(start) :].partition("/")[0]
        if path == start or path.startswith(start + "/"):
            return start
    return ""


def is_device(path: str) -> bool:
    """Whether a path is a disk, a partition or the machine's memory."""
    if not path.startswith("/dev/"):
        return False
    name = path[5:]
    return name.startswith(_endings("devices")) and not name.startswith(("stdin", "stdout", "stderr"))


def is_temp(path: str) -> bool:
    """Whether a path lies below a temporary folder (the folder itself does not count)."""
    return any(path.startswith(one + "/") and len(path) > len(one) + 1 for one in _endings("temp"))


def is_cache(path: str) -> bool:
    """Whether a path lies in a cache that its program fills again."""
    return any(f"{one}/" in path + "/" for one in _endings("caches"))


def is_build(name: str) -> bool:
    """Whether a folder or file of that name is usually made again from others."""
    return (
        name in _names("build")
        or name.startswith(("cmake-build", "bazel-"))
        or name.endswith(_endings("made"))
        or (name.startswith("~") or name.endswith("~"))
    )


def _built(path: str, inside: bool) -> bool:
    parts = [part for part in path.split("/") if part]
    if not parts:
        return False
    if not inside:
        return any(part in _names("build_anywhere") for part in parts)
    if is_build(parts[-1]):
        return True
    names = _names("build")
    return any(part in names for part in parts[:-1])


def is_precious(path: str) -> bool:
    """Whether a file is of a kind that is usually kept out of git and nowhere else: databases, dumps, keys, env
    files."""
    name = posixpath.basename(path)
    if name.endswith((".example", ".sample", ".template", ".dist")) or "test" in name or "tmp" in name:
        return False
    kept = any(f"/{one}/" in path for one in _KEPT) and not name.endswith((".bak", ".old", ".lock", ".log"))
    return name in _names("precious") or name.endswith(_endings("precious_endings")) or kept


def shown_kind(kind: str, path: str) -> str:
    """How a path of that kind is named in a sentence."""
    words: dict[str, Any] = {
        DEVICE: "a device", SYSTEM: "a system folder", HOME: "a home folder", ABOVE: "a folder above this repository",
        WHOLE: "this whole repository", HISTORY: "the repository's history", NOWHERE: "a path that cannot be told",
        OUTSIDE: "outside this repository", INSIDE: "files that may exist only here",
    }  # fmt: skip
    return str(words.get(kind, path))
