"""Over generated repositories and commands that are really executed: nothing is lost that existed only there.

What the guard let through without a recovery point lost nothing; what was undone is as it was, byte for byte; and
undoing that brings back what was undone. Every command runs in a scratch folder of its own.
"""

import hashlib
import os
import shlex
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from homes import own_home
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tractguard.book import LiveBook
from tractguard.live import handle
from tractguard.model import PRE_TOOL, Decision, Event
from tractguard.places import Places
from tractguard.recovery import drop, load, points
from tractguard.recovery_git import Clock
from tractguard.recovery_restore import restore

EXAMPLES = 400 if os.environ.get("TRACTGUARD_SOAK") else 40

NAMES = ("a.txt", "b b.txt", "ü.txt", "-dash", 'quo"te', "new\nline", "src/x.py", "src/deep/y.py", "data.bin", "*.md")
CONTENTS = (b"", b"one\n", b"two\n", b"crlf\r\nmixed\n", b"\x00\xff binary", b"three\nlines\nhere\n", b"no end")
IGNORED = (".env", "local/notes.txt")
Tree = dict[str, tuple[str, bytes]]


class Repository(NamedTuple):
    """A generated state: what was committed, what was done since, and the command."""

    first: dict[str, bytes]
    second: dict[str, bytes]
    changes: list[tuple[str, str, bytes]]
    command: str


COMMANDS = (
    "rm -f -- {a}",
    "rm -rf -- {a} {b}",
    "rm -rf src",
    "rm -rf -- *",
    "find . -name '*.txt' -delete",
    "find src -type f -delete",
    "mv -f -- {a} {b}",
    "mv -f -- {a} elsewhere.txt",
    "cp -- {a} {b}",
    "> {p}",
    ": > {p}",
    "echo over > {p}",
    "truncate -s 0 -- {a}",
    "sed -i s/o/0/g -- {a}",
    "sed -i s/o/0/g *.txt",
    "tee -- {a} < /dev/null",
    "dd if=/dev/null of={p}",
    "ln -sf nowhere {p}",
    "git reset --hard",
    "git reset --hard HEAD~1",
    "git reset --h HEAD",
    "git checkout -f",
    "git checkout -- .",
    "git checkout HEAD~1 -- .",
    "git checkout HEAD -- {a}",
    "git restore .",
    "git restore -SW .",
    "git restore -- {a}",
    "git restore --staged .",
    "git clean -fd",
    "git clean -fdx -e .claude",
    "git clean -fd src",
    "git stash",
    "git stash -u",
    "git stash drop",
    "git stash clear",
    "git stash pop",
    "git rm -rf -q src",
    "git rm -f -q -- {a}",
    "git checkout -f -q other",
    "git switch --discard-changes -q other",
    "git checkout -q other",
    "git branch -D other",
    "git checkout -q -B other",
    "git add -A",
    "git mv -f -- {a} {b}",
    "git read-tree -u --reset HEAD",
    "git checkout-index -f -a",
    "python3 -c \"open('a.txt','w').write('gone')\"",
    "cd src && rm -rf -- *",
    "rm -rf src && git checkout -- .",
    "git reset --hard && git clean -fdx -e .claude",
    "unlink -- {a}",
    "cat /dev/null > {p}",
    "rm -f .env",
    "echo X=2 > .env",
    "rm -rf local",
    "perl -pi -e s/o/0/ -- {a}",
    "shred -u -- {a}",
    "sort -o {p} -- {b}",
    "install -m 644 -- {a} {b}",
)  # fmt: skip


@st.composite
def repositories(draw: st.DrawFn) -> Repository:
    """A repository, the work in it, and a command that may end some of it."""
    files = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(CONTENTS), min_size=1, max_size=5)
    kinds = ("write", "write", "stage", "stage then write", "delete", "link", "execute", "private", "stash", "rm")
    change = st.tuples(st.sampled_from(kinds), st.sampled_from(NAMES + IGNORED), st.sampled_from(CONTENTS))
    a, b = draw(st.sampled_from(NAMES)), draw(st.sampled_from(NAMES))
    template = draw(st.sampled_from(COMMANDS))
    path = shlex.quote(a if not a.startswith("-") else f"./{a}")
    command = template.format(a=shlex.quote(a), b=shlex.quote(b), p=path)
    return Repository(draw(files), draw(files), draw(st.lists(change, max_size=6)), command)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder for every example, and the environment of its person; git of the guard itself runs there too."""
    base = tmp_path_factory.mktemp("recovery")
    home = own_home(base / "home")
    root = base / "repo"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in home.items():
            patch.setenv(name, value)
        yield root, home


def git(root: Path, *words: str, stdin: bytes = b"") -> str:
    done = subprocess.run(["git", *words], cwd=root, input=stdin, capture_output=True, check=False)
    return done.stdout.decode("utf-8", "surrogateescape")


def put(path: Path, content: bytes) -> None:
    """Write a file, whatever stands there or above it."""
    for above in reversed(path.parents):
        if above.is_symlink() or above.is_file():
            above.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        path.unlink()
    path.write_bytes(content)


def build(root: Path, made: Repository) -> None:
    """Make the repository; only the guard's own state survives from the example before."""
    for each in root.iterdir():
        if each.name != ".claude":
            shutil.rmtree(each) if each.is_dir() and not each.is_symlink() else each.unlink()
    git(root, "init", "-q", "-b", "main")
    (root / ".gitignore").write_text(".env\nlocal/\n")
    for number, files in enumerate((made.first, made.second)):
        for name, content in files.items():
            put(root / name, content)
        git(root, "add", "-A", "--", ".", ":!.claude")
        git(root, "commit", "-q", "--allow-empty", "-m", f"commit {number}")
        if not number:
            git(root, "branch", "other")
    for kind, name, content in made.changes:
        change(root, kind, name, content)


def change(root: Path, kind: str, name: str, content: bytes) -> None:
    path = root / name
    tracked = name not in IGNORED
    if kind == "stash":
        git(root, "stash", "-u", "-q")
    elif kind in ("delete", "rm"):
        if kind == "rm" and tracked:
            git(root, "rm", "-q", "--cached", "--", f":(literal){name}")
        elif path.is_symlink() or path.is_file():
            path.unlink()
    elif kind == "link":
        put(path, b"")
        path.unlink()
        path.symlink_to("a.txt")
    else:
        put(path, content + kind.encode())
        if kind == "execute":
            path.chmod(0o755)
        if kind == "private":
            path.chmod(0o600)
        if kind.startswith("stage") and tracked:
            git(root, "add", "--", f":(literal){name}")
        if kind.endswith("then write"):
            put(path, content + b"later")


def tree_of(root: Path) -> Tree:
    """Every file and link below `root`, git's and the guard's own folders left out."""
    found: Tree = {}
    for folder, names, files in os.walk(root):
        if folder == str(root):
            names[:] = [name for name in names if name not in (".git", ".claude")]
        for name in [*files, *(name for name in names if os.path.islink(os.path.join(folder, name)))]:
            path = os.path.join(folder, name)
            seen = os.lstat(path)
            linked = stat.S_ISLNK(seen.st_mode)
            data = os.fsencode(os.readlink(path)) if linked else Path(path).read_bytes()
            found[os.path.relpath(path, root)] = ("link" if linked else oct(seen.st_mode & 0o777), data)
    return found


def held_by_git(root: Path) -> set[str]:
    """The blobs that some ref, reflog or the index reaches, the guard's own refs left out."""
    reached = git(root, "rev-list", "--objects", "--reflog", "--branches", "--tags", "--remotes", "HEAD", "--")
    stashed = git(root, "rev-list", "--objects", "-g", "refs/stash", "--") if git(root, "stash", "list") else ""
    staged = [row.split()[1] for row in git(root, "ls-files", "-s", "-z").split("\0") if row]
    return {row.split(" ")[0] for row in (reached + stashed).splitlines()} | set(staged)


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def lost(root: Path, before: Tree) -> dict[str, bytes]:
    """What stood in a file before and stands nowhere now: not in any file, not in git."""
    here = {content for _, content in tree_of(root).values()}
    known = held_by_git(root)
    return {
        path: content
        for path, (_, content) in before.items()
        if content and content not in here and blob(content) not in known
    }


def asked(root: Path, home: Mapping[str, str], command: str) -> Decision:
    """What the guard says to a command, in a live session with a person."""
    event = Event(
        PRE_TOOL, "claude-code", "PreToolUse", 1_000_000.0, "s", tool="Bash", input={"command": command},
        cwd=str(root), root=str(root), tool_use_id="t",
    )  # fmt: skip
    with LiveBook(Places(str(root), str(root)), home) as book:
        book.begin(event)
        return handle(event, book)


@given(made=repositories())
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not os.environ.get("TRACTGUARD_SOAK"),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
def test_nothing_is_lost_that_existed_only_there(sandbox: tuple[Path, dict[str, str]], made: Repository) -> None:
    root, home = sandbox
    places = Places(str(root), str(root))
    drop(places, points(places), Clock(60))
    build(root, made)
    before, staged, head = tree_of(root), git(root, "ls-files", "-s", "-z"), git(root, "rev-parse", "HEAD")
    decision = asked(root, home, made.command)
    if decision.response == "deny":
        return
    subprocess.run(["bash", "-c", made.command], cwd=root, capture_output=True, check=False, timeout=60)
    after = tree_of(root)
    kept = [each.data["recovery"] for each in decision.verdict.findings if each.data.get("recovery")]
    if not kept:
        assert lost(root, before) == {}
        return
    point = load(places, kept[0])
    assert point is not None
    undone = restore(point, (), places, 2_000_000.0)
    now = tree_of(root)
    assert {path: now.get(path) for path in before} == before
    assert {path for path in now if path not in before} <= set(after)
    if git(root, "rev-parse", "HEAD") == head and made.command.startswith(("git reset", "git restore", "rm ")):
        assert git(root, "ls-files", "-s", "-z") == staged
    if undone.point:
        again = load(places, undone.point)
        assert again is not None
        restore(again, (), places, 3_000_000.0)
        assert tree_of(root) == after
