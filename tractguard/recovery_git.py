"""A checkout's work as git objects: what exists only there, kept under a ref, read back byte for byte.

It knows how to ask git without changing anything that a person sees: no index, no worktree, no HEAD, no stash, no
hook, no filter. It refuses to know why something is kept. One point is one run of `git status` and one of `git
fast-import`; both share a time limit, and what is not answered in time is `Unknown`.
"""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tractguard.places import STATE

REFS = "refs/tractguard/recovery/"
LINK, FILE, PROGRAM, MODULE = "120000", "100644", "100755", "160000"
NONE = "000000"
_QUIET = (
    "core.fsmonitor=",
    "core.quotePath=false",
    "core.hooksPath=/dev/null",
    "core.compression=1",
    "core.fsync=none",  # as the ledger: safe from any kill, not from power loss
    "core.logAllRefUpdates=false",
    "gc.auto=0",
    "log.showSignature=false",
)


class Unknown(Exception):
    """What is there cannot be told, or could not be kept, in time. The message is half a sentence."""


class Checkout(NamedTuple):
    """Where a checkout lies. `top` is "" for a bare repository; `common` holds objects and refs."""

    top: str
    git_dir: str
    common: str

    @property
    def linked(self) -> bool:
        return self.git_dir != self.common


class Clock:
    """The time that is left for one recovery point."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left. Raises Unknown where there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise Unknown("the time for it ran out")
        return left


class Work(NamedTuple):
    """One path of a checkout that is not as its last commit has it."""

    path: str
    sort: str  # changed | new | gone
    size: int = 0


class Staged(NamedTuple):
    """One entry of the index that is not as the last commit has it. Mode 000000: taken out."""

    mode: str
    sha: str
    stage: str
    path: str


class Status(NamedTuple):
    """What `git status` says of a checkout, or of a part of it."""

    head: str  # "" where nothing was committed yet
    branch: str
    work: tuple[Work, ...]
    staged: tuple[Staged, ...]
    ignored: tuple[str, ...]
    modules: tuple[str, ...]  # submodules with changes of their own
    nested: tuple[str, ...]  # repositories that only lie inside this one
    lost: bool  # some of it exists only here


def checkout_of(folder: str) -> Checkout | None:
    """The checkout that holds `folder`, or the bare repository that it is; found without starting git."""
    while folder and not os.path.isdir(folder):
        folder = os.path.dirname(folder) if folder != "/" else ""
    folder = os.path.realpath(folder) if folder else ""
    while folder:
        dot_git = os.path.join(folder, ".git")
        if os.path.isdir(dot_git) and os.path.exists(os.path.join(dot_git, "HEAD")):
            return Checkout(folder, dot_git, dot_git)
        if os.path.isfile(dot_git):
            return _pointed(folder, dot_git)
        if all(os.path.exists(os.path.join(folder, name)) for name in ("HEAD", "objects", "refs")):
            return Checkout("", folder, folder)
        folder = os.path.dirname(folder) if folder != "/" else ""
    return None


def _pointed(folder: str, dot_git: str) -> Checkout | None:
    try:
        with open(dot_git, encoding="utf-8", errors="surrogateescape") as file:
            git_dir = os.path.normpath(os.path.join(folder, file.read().removeprefix("gitdir:").strip()))
        if not os.path.isdir(git_dir):
            return None
        common = git_dir
        if os.path.exists(os.path.join(git_dir, "commondir")):
            with open(os.path.join(git_dir, "commondir"), encoding="utf-8", errors="surrogateescape") as file:
                common = os.path.normpath(os.path.join(git_dir, file.read().strip()))
    except OSError:
        return None
    return Checkout(folder, git_dir, common)


def run(where: Checkout, clock: Clock, *words: str, stdin: bytes = b"", index: str = "") -> bytes:
    """What a git command prints. Raises Unknown where it fails or takes too long."""
    import subprocess

    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env.update(GIT_OPTIONAL_LOCKS="0", GIT_TERMINAL_PROMPT="0", LC_ALL="C")
    if index:
        env["GIT_INDEX_FILE"] = index
    settings = [part for one in _QUIET for part in ("-c", one)]
    place = ["-C", where.top] if where.top and os.path.isdir(where.top) else ["--git-dir", where.common]
    command = ["git", *settings, *place, *words]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=clock.left(), env=env, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unknown("git did not answer in time") from error
    except (OSError, ValueError) as error:
        raise Unknown(f"git could not be started ({error})") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Unknown(f"git {words[0]} failed ({said[-1] if said else done.returncode})")
    return done.stdout


# What is there


def status(where: Checkout, clock: Clock, specs: Sequence[str], *, new: bool, ignored: bool) -> Status:
    """The work in a checkout, below `specs` or as a whole. `new`: untracked files count as what could be lost."""
    text = run(
        where,
        clock,
        "status",
        "--porcelain=v2",
        "-z",
        "--branch",
        "--untracked-files=all",
        "--ignored=matching" if ignored else "--ignored=no",
        "--no-renames",
        "--ignore-submodules=none",
        "--",
        *specs,
    )
    return parsed(where.top, os.fsdecode(text).split("\0"), new=new)


def parsed(top: str, rows: Iterable[str], *, new: bool) -> Status:
    """`git status --porcelain=v2 -z --branch`, read."""
    found: dict[str, str] = {"oid": "", "head": ""}
    work: list[Work] = []
    staged: list[Staged] = []
    ignored: list[str] = []
    modules: list[str] = []
    nested: list[str] = []
    lost = False
    for row in rows:
        sort, rest = row[:1], row[2:]
        if sort == "#":
            name, _, value = rest.partition(" ")
            found[name.removeprefix("branch.")] = value
        elif sort in ("1", "u"):
            lost |= _tracked(top, sort, rest, work, staged, modules)
        elif sort == "?" and rest.endswith("/"):
            nested.append(rest.rstrip("/"))
        elif sort == "?" and not rest.startswith(f"{STATE}/"):
            work.append(_seen(top, rest, "new"))
            lost |= new
        elif sort == "!":
            ignored.append(rest)
    lost |= _in_the_way(work)
    head = "" if found["oid"] == "(initial)" else found["oid"]
    branch = "" if found["head"] == "(detached)" else found["head"]
    return Status(head, branch, tuple(work), tuple(staged), tuple(ignored), tuple(modules), tuple(nested), lost)


def _in_the_way(work: Sequence[Work]) -> bool:
    """Whether a new file stands where a tracked one was, or a folder with one: putting that back takes it away."""
    gone = {each.path for each in work if each.sort == "gone"}
    above = {path[:at] for path in gone for at in range(len(path)) if path[at] == "/"}
    return any(
        each.path in above or any(each.path[:at] in gone for at in range(len(each.path)) if each.path[at] == "/")
        for each in work
        if each.sort == "new" and gone
    )


def _tracked(top: str, sort: str, rest: str, work: list[Work], staged: list[Staged], modules: list[str]) -> bool:
    """Note one tracked path; whether content of it exists only here."""
    if sort == "u":
        _, _, m1, m2, m3, _, h1, h2, h3, path = rest.split(" ", 9)
        staged += [
            Staged(mode, sha, str(stage), path)
            for stage, mode, sha in ((1, m1, h1), (2, m2, h2), (3, m3, h3))
            if mode != NONE
        ]
        work.append(_seen(top, path, "changed"))
        return True
    state, sub, _, in_index, _, _, sha, path = rest.split(" ", 7)
    if sub[:1] == "S" or in_index == MODULE:
        if sub[2:] != ".." or sub[1:2] == "C":
            modules.append(path)
        return False
    if state[0] != ".":
        if in_index != NONE:
            staged.append(Staged(in_index, sha, "0", path))
        elif state[0] == "D":
            staged.append(Staged(NONE, "0" * len(sha), "0", path))
    # A file that is there although git says deleted is another one, or a folder: it is told apart, as new.
    seen = Work(path, "gone") if "D" in state else _seen(top, path, "changed")
    work.append(seen)
    return state[0] not in ".D" or (state[1] != "." and seen.sort != "gone")


def _seen(top: str, path: str, sort: str) -> Work:
    try:
        return Work(path, sort, os.lstat(os.path.join(top, path)).st_size)
    except OSError:
        return Work(path, "gone")


# Refs


def refs(where: Checkout, clock: Clock, *patterns: str) -> dict[str, str]:
    """Refs and what they point to."""
    text = run(where, clock, "for-each-ref", "--format=%(objectname) %(refname)", *patterns)
    rows = (line.partition(" ") for line in os.fsdecode(text).splitlines())
    return {name: sha for sha, _, name in rows}


def stashes(where: Checkout, clock: Clock) -> list[tuple[str, str]]:
    """(commit, message) of every stash, the newest first."""
    if not refs(where, clock, "refs/stash"):
        return []
    text = run(where, clock, "log", "-g", "--format=%H %gs", "-z", "refs/stash", "--")
    rows = (row.strip("\n").partition(" ") for row in text.decode("utf-8", "replace").split("\0"))
    return [(sha, words) for sha, _, words in rows if sha]


def logged(where: Checkout, clock: Clock, most: int) -> list[str]:
    """Commits that only reflogs may hold, each once."""
    text = run(where, clock, "log", "-g", "--all", f"--max-count={most}", "--format=%H", "--")
    return list(dict.fromkeys(text.decode("ascii", "replace").split()))


def point(where: Checkout, clock: Clock, wanted: Mapping[str, str]) -> None:
    """Make or move refs: name -> object."""
    lines = "".join(f"update {name}\0{sha}\0\0" for name, sha in wanted.items())
    run(where, clock, "update-ref", "--stdin", "-z", stdin=os.fsencode(lines))


def forget(where: Checkout, clock: Clock, ids: Iterable[str]) -> None:
    """Remove the refs of points, so that git can collect what they kept."""
    names = [name for id in ids for name in refs(where, clock, f"{REFS}{id}/")]
    if names:
        run(where, clock, "update-ref", "--stdin", "-z", stdin=os.fsencode("".join(f"delete {n}\0\0" for n in names)))
