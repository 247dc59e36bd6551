"""Which paths are the guard's: its own files, the client's settings, its evidence, the installed package.

Judged from names, seen from the guarded root. It refuses to know what is done there (`integrity.py`) and what a file
holds. A `.claude` deeper in the repository (a fixture) or of a project in a temporary folder is nobody's guard; one of
a repository outside is. Letters count without case: a disk may not tell them apart.
"""

import posixpath
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from tractguard.model import UNKNOWN, Fact
from tractguard.rules import destructive_paths as paths
from tractguard.rules.destructive import Scene
from tractguard.tables import table

OWN, SETTINGS, EVIDENCE, PACKAGE, FOLDER, AROUND = "own", "settings", "evidence", "package", "folder", "around"
FOLDERS = ".claude"
CHANGES = ("write", "append", "delete", "link", "chmod")
FINDS = ("find", "gfind")
_GLOBS = frozenset("*?[")
_TEMPORARY = ("mktemp", "mkdtemp", "TMPDIR", "tmpdir", "tempfile", "RUNNER_TEMP")
_ROOTS = ("show-toplevel", "CLAUDE_PROJECT_DIR", "PWD", "pwd", "HOME", "CLAUDE_CONFIG_DIR", "~")
_CONFIG = ("CLAUDE_CONFIG_DIR",)


class Hit(NamedTuple):
    """A path is the guard's, or holds what is. `sure` is False where its folder is only known when the call runs."""

    kind: str
    sure: bool = True


@cache
def words(key: str) -> tuple[str, ...]:
    """An entry of `data/integrity.json` as a tuple."""
    value: Any = table("integrity")[key]
    return tuple(value.split() if isinstance(value, str) else value)


@cache
def _targets() -> tuple[tuple[tuple[str, ...], str, bool], ...]:
    """(segments below the folder that holds `.claude`, kind, whether it is a tree)."""
    rows = [(one, OWN, False) for one in words("own")] + [(one, OWN, True) for one in words("own_trees")]
    rows += [(f"{tree}/{name}", OWN, False) for tree in words("own_trees") for name in words("inside")]
    rows += [(one, SETTINGS, False) for one in words("settings")]
    rows += [(one, EVIDENCE, True) for one in words("evidence")]
    return tuple((tuple(path.split("/")), kind, tree) for path, kind, tree in rows)


def command_text(scene: Scene) -> str:
    """The shell text of the call, "" for other tools."""
    text = scene.event.input.get("command")
    return text if isinstance(text, str) else ""


def hit_of(scene: Scene, fact: Fact) -> Hit | None:
    """What of the guard's a file effect is aimed at."""
    path = str(fact.name)
    if fact.data.get("inside"):
        if not mounted(scene):
            return None
        start = ("/" + path.lower()).find("/" + FOLDERS)
        path = scene.root + "/" + path[start:].lstrip("/") if start >= 0 else path
    return hit(scene, path, str(fact.data.get("said") or ""))


def hit(scene: Scene, path: str, said: str = "") -> Hit | None:
    """What of the guard's a path is. None: an ordinary path."""
    if not path or len(path) > 4096:
        return None
    path = _unlinked(scene, path)
    low = path.lower()
    if _installed(scene, low):
        return Hit(PACKAGE)
    if any((low + "/").startswith(one + "/") for one in words("managed")):
        return Hit(SETTINGS)
    if any(one + "/" in low + "/" for one in words("person")) and not _temporary(scene, low):
        return Hit(OWN)
    if low.endswith("/.claude.json") and paths.home_of(path) == posixpath.dirname(path):
        return Hit(EVIDENCE)
    found = _around(scene, path) or _spelled(scene, path, low, said)
    return found or _globbed(scene, low) or _configured(scene, path, low, said)


def _unlinked(scene: Scene, path: str) -> str:
    """`path` without the detours of /proc that lead to where the call stands."""
    for start, stands in (("/proc/self/cwd", scene.event.cwd or scene.root), ("/proc/self/root", "")):
        if path.startswith(start + "/"):
            return posixpath.normpath(stands + path[len(start) :])
    return path


def _around(scene: Scene, path: str) -> Hit | None:
    """The guarded root and what holds it."""
    bare = path.rstrip("/") or "/"
    if UNKNOWN in bare:
        return None
    return Hit(AROUND) if (scene.root + "/").startswith(bare.rstrip("/") + "/") else None


def _spelled(scene: Scene, path: str, low: str, said: str) -> Hit | None:
    """A path that names `.claude`: what stands below it, for each folder that it may belong to."""
    start = (low + "/").find("/" + FOLDERS + "/")
    if start < 0 and low == FOLDERS:
        start = 0
    while start >= 0:
        base, rest = path[:start], low[start + 1 :]
        found = _below(scene, base or "/", rest, said)
        if found is not None:
            return found
        start = (low + "/").find("/" + FOLDERS + "/", start + 1)
    return None


def _below(scene: Scene, base: str, rest: str, said: str) -> Hit | None:
    whose = _whose(scene, base, said)
    if not whose:
        return None
    home = whose == "home" or paths.home_of(base) == base or said.startswith(("~/", "$HOME/"))
    allowed = {"ours": {OWN, SETTINGS}, "home": {OWN, SETTINGS, EVIDENCE}, "other": {OWN}}[whose]
    if home:
        allowed = allowed | {SETTINGS, EVIDENCE}
    sure = UNKNOWN not in base or any(one in command_text(scene) for one in _ROOTS)
    segments = tuple(rest.rstrip("/").split("/"))
    if segments == (FOLDERS,):
        return Hit(FOLDER, sure) if SETTINGS in allowed else None
    kind = _kind(segments, allowed)
    return Hit(kind, sure) if kind else None


def _whose(scene: Scene, base: str, said: str) -> str:
    """Whose `.claude` stands in `base`: "ours", the "home" folder's, an "other" guarded project's, or nobody's: ""."""
    if UNKNOWN in base:
        return "" if any(one in command_text(scene) for one in _TEMPORARY) else "home"
    root = scene.root.rstrip("/")
    if (root + "/").startswith(base.rstrip("/") + "/"):
        return "ours"
    if base.startswith(root + "/"):
        return "ours" if any(one in base + "/" for one in words("worktrees")) else ""
    if paths.home_of(base) == base or said.startswith(("~/.claude", "$HOME/.claude", "${HOME}/.claude")):
        return "home"
    return "" if _temporary(scene, base) else "other"


def _temporary(scene: Scene, path: str) -> bool:
    return paths.is_temp(path) and not (scene.root + "/").startswith(path.rstrip("/") + "/")


def _kind(segments: Sequence[str], allowed: set[str]) -> str:
    memory = segments[1:2] == ("projects",) and "memory" in segments[2:]
    for target, kind, tree in _targets():
        if kind not in allowed or (kind == EVIDENCE and memory):
            continue
        if _matches(segments, target) or (tree and _matches(segments[: len(target)], target)):
            return kind
    return ""


def _globbed(scene: Scene, low: str) -> Hit | None:
    """A glob in the guarded root that stands for `.claude` or for what is in it."""
    root = scene.root.lower().rstrip("/") + "/"
    if not low.startswith(root) or not _GLOBS & set(low):
        return None
    segments = tuple(low[len(root) :].split("/"))
    if _matches(segments, (FOLDERS,)):
        return Hit(FOLDER)
    kind = _kind(segments, {OWN, SETTINGS})
    return Hit(kind) if kind else None


def _configured(scene: Scene, path: str, low: str, said: str) -> Hit | None:
    """A path below `$CLAUDE_CONFIG_DIR`."""
    if not path.startswith(UNKNOWN):
        return None
    text = command_text(scene) or said
    if not any(one in text for one in _CONFIG):
        return None
    rest = low.lstrip(UNKNOWN).strip("/")
    if not rest:
        return Hit(FOLDER)
    kind = _kind((FOLDERS, *rest.split("/")), {OWN, SETTINGS, EVIDENCE})
    return Hit(kind) if kind else None


def _matches(pattern: Sequence[str], target: Sequence[str]) -> bool:
    """Whether a path with globs may be `target`. `**` stands for any folders, also hidden ones (as find walks)."""
    if "**" in pattern:
        at = list(pattern).index("**")
        tail = pattern[at + 1 :]
        if len(tail) > len(target) or (tail and not _hidden(tail, target[len(target) - len(tail) :])):
            return False
        return len(pattern[:at]) <= len(target) and _hidden(pattern[:at], target[:at])
    if len(pattern) != len(target):
        return False
    return all(map(_segment, pattern, target))


def _hidden(pattern: Sequence[str], target: Sequence[str]) -> bool:
    return len(pattern) == len(target) and all(map(fnmatchcase, target, pattern))


def _segment(pattern: str, name: str) -> bool:
    """One segment, as the shell expands it: a glob at the start does not stand for a dot."""
    if pattern == name:
        return True
    if not _GLOBS & set(pattern) or len(pattern) > 200:
        return False
    return (name[0] != "." or pattern[0] == ".") and fnmatchcase(name, pattern.replace("[^", "[!"))


def _installed(scene: Scene, low: str) -> bool:
    """Whether a path is the installed guard: its package, its metadata, its command, the folder of its tool."""
    if "tractguard" not in low and "packages/" not in low:
        return False
    if _temporary(scene, low):
        return False
    segments = low.split("/")
    for at, name in enumerate(segments[:-1]):
        if name in ("site-packages", "dist-packages"):
            after = segments[at + 1]
            return after == "tractguard" or after.startswith("tractguard-") or _named(after)
    if any((low + "/").find(one + "/") >= 0 for one in words("installed")):
        return True
    if "/plugins/" in low and "tractguard" in low and "/.claude/" in low:
        return True
    inside = low.startswith(scene.root.lower().rstrip("/") + "/")
    return not inside and low.endswith(("/bin/tractguard", "/_hooks/tractguard_hook.py"))


def _named(pattern: str) -> bool:
    """Whether a glob means the package: `tractg*`, not `*`."""
    return pattern.startswith("trac") and bool(_GLOBS & set(pattern)) and fnmatchcase("tractguard", pattern)


def mounted(scene: Scene) -> bool:
    """Whether a folder of this machine is mounted into a container of the call."""
    given = [
        str(word)
        for fact in scene.of("command")
        if fact.name in ("docker", "podman", "nerdctl")
        for word in fact.data.get("argv") or ()
    ]
    return any(
        word in ("-v", "--volume", "--mount") or word.startswith(("-v", "--volume=", "--mount=")) for word in given
    )


def aims(scene: Scene, fact: Fact) -> Iterator[Hit]:
    """What of the guard's the words of a command name as paths."""
    cwd = str(fact.data.get("cwd") or scene.root)
    for word in (fact.data.get("argv") or ())[1:]:
        if word and word[0] != "-":
            found = hit(scene, posixpath.normpath(posixpath.join(cwd, word)))
            if found is not None and found.kind != AROUND:
                yield found


def harmless(scene: Scene, fact: Fact) -> bool:
    """A folder made, an empty folder removed, a find or a copy that was told to leave it alone."""
    if fact.data.get("folder") or fact.data.get("via") == "rmdir":
        return True
    if fact.kind == "delete" and (fact.data.get("recursive") or fact.data.get("glob")):
        return any(_spares(each) for each in scene.of("command") if each.name in (*FINDS, "rsync"))
    return False


def _spares(command: Fact) -> bool:
    """Whether a find or an rsync leaves `.claude` out, looks only at the top, or only takes what is empty."""
    argv = [str(word) for word in command.data.get("argv") or ()]
    pairs = list(pairwise(argv))
    if command.name == "rsync":
        given = [after for word, after in pairs if word == "--exclude"]
        given += [word.partition("=")[2] for word in argv if word.startswith("--exclude=")]
        return any(".claude" in one or one == ".*" for one in given)
    top = any(word == "-maxdepth" and after == "1" for word, after in pairs)
    top = top and not any(".claude" in word for word in argv[1:2])
    left_out = any(word in ("-path", "-wholename", "-name") and ".claude" in after for word, after in pairs)
    left_out = left_out and any(word in ("!", "-not", "-prune") for word in argv)
    hidden = any(word == "-path" and after in ("*/.*", "./.*", "*/.*/*") for word, after in pairs) and "-not" in argv
    return top or left_out or hidden or "-empty" in argv
