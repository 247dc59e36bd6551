"""What the machine looks like where a call would destroy something: `state` facts, asked only then.

It knows which effects can lose work (deletes, moves, emptied files, git actions that discard) and asks git and the
file system about just those places, each question with its own time limit. What it cannot tell it does not say: no
fact, or no field, means unknown. It refuses to judge: that is `rules/destructive_*.py`'s. A closed world (`Row`)
has no state.

`state` facts: name `path`, `git` or `branch`; value the path, the folder, the branch; data
* path: `exists`, `folder`, `empty`, `only_here` (files that git does not hold as they are and does not ignore),
  `changed`, `new` (made since `since`), `leads_out` (a link to a place outside the repository);
* git: `dirty`, `untracked`, `ignored_precious`, `stashes`, `secrets` (untracked files named like secrets that `add
  -A` would take);
* branch: `unmerged` (commits of the branch, or of the tag, that no other ref holds; of a branch that is only at the
  remote, as far as was fetched);
* commits: value the folder of a `reset --hard`; `left` (commits that it takes off the branch and no other ref holds).
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tractguard.facts.world import Disk, World
from tractguard.model import UNKNOWN, Fact

SECONDS = 1.0  # for one question to git
MOST_PATHS = 20  # places asked about in one call
MOST_READ = 8_000_000  # bytes of a file that is compared with its blob
MOST_ENTRIES = 2_000  # entries of a folder outside git that are counted
_DISCARDS = frozenset(
    (
        "reset",
        "checkout",
        "switch",
        "restore",
        "clean",
        "read-tree",
        "checkout-index",
        "rm",
        "stash",
        "worktree",
        "add",
        "stage",
    )
)
_MOVES = frozenset(("-B", "-C", "-M", "-f", "--force", "--force-create"))  # make a branch, also over one that exists
_SECRET = (".env", ".pem", ".key", ".p12", ".pfx", "id_rsa", "id_ed25519", ".netrc", "credentials.json")
_KEPT = (".env", ".sqlite", ".sqlite3", ".db", ".pem", ".key", ".dump", ".sql", ".tfstate", ".kdbx", ".p12", ".pfx")
_STORES = frozenset(  # ignored folders that hold what nobody makes again
    "data uploads upload storage backup backups dump dumps db database databases media dataset datasets pgdata volumes"
    " secrets certs keys private exports attachments".split()
)
_OPEN = ("example", "sample", "template", "dist", "test", "public")


def probes(facts: Sequence[Fact], world: World, since: float = 0.0) -> list[Fact]:
    """The state behind the destructive effects among `facts`. `since`: when the session began (seconds), 0 if
    unknown."""
    if not isinstance(world, Disk):
        return []
    asker = _Asker(world, since)
    found = [Fact("state", "path", path, asker.path(path)) for path in _paths(facts)]
    found += [Fact("state", "git", folder, asker.work(folder, _reach(facts, folder))) for folder in _folders(facts)]
    found += [Fact("state", "branch", branch, asker.branch(folder, branch)) for folder, branch in _branches(facts)]
    found += [Fact("state", "commits", folder, asker.left(folder, to)) for folder, to in _resets(facts)]
    return [fact for fact in found if fact.data]


def _paths(facts: Iterable[Fact]) -> list[str]:
    """The paths that a call would delete, overwrite by a move, or empty."""
    found: dict[str, None] = {}
    for fact in facts:
        if fact.data.get("inside") or UNKNOWN in fact.name or not fact.name.startswith("/"):
            continue
        emptied = (
            fact.kind == "write"
            and fact.data.get("mode") == "overwrite"
            and fact.data.get("via")
            in (">", ":", "true", "truncate", "cp", "cat", "dd", "tee", "shred", "install", "sort", "ditto", "gcp")
        )
        restored = fact.kind == "write" and fact.data.get("mode") == "restore"
        if fact.kind in ("delete", "move", "link") or emptied or restored:
            found[fact.name] = None
    return list(found)[:MOST_PATHS]


def _folders(facts: Iterable[Fact]) -> list[str]:
    found: dict[str, None] = {}
    for fact in facts:
        if fact.kind == "git" and fact.name in _DISCARDS and UNKNOWN not in str(fact.data.get("cwd") or ""):
            if fact.name in ("add", "stage") and not fact.data.get("all"):
                continue
            found[str(fact.data.get("cwd") or "")] = None
            if fact.name == "worktree":
                found.update(dict.fromkeys(str(path) for path in fact.data.get("paths") or ()))
    return [folder for folder in found if folder][:MOST_PATHS]


def _reach(facts: Iterable[Fact], folder: str) -> str:
    """How far the discards in a folder reach, as git's pathspec: the whole checkout, or what lies in the folder."""
    for fact in facts:
        if fact.kind == "git" and fact.name in _DISCARDS and fact.data.get("cwd") == folder:
            narrow = fact.name == "clean" or (fact.name in ("checkout", "restore") and fact.data.get("paths"))
            if not narrow:
                return ":/"
    return "."


def _branches(facts: Iterable[Fact]) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for fact in facts:
        deleted = fact.kind == "git" and fact.name == "branch" and fact.data.get("delete")
        moved = fact.kind == "git" and fact.data.get("create") and _MOVES.intersection(fact.data.get("flags") or ())
        pushed = fact.kind == "git" and fact.name == "push" and (fact.data.get("force") or fact.data.get("delete"))
        taken = fact.kind == "git" and fact.name in ("tag", "update-ref") and fact.data.get("delete")
        if (deleted or moved or pushed or taken) and fact.value and UNKNOWN not in fact.value:
            found[str(fact.data.get("cwd") or ""), fact.value] = None
    return list(found)[:MOST_PATHS]


def _resets(facts: Iterable[Fact]) -> list[tuple[str, str]]:
    """(folder, where to) of the resets that leave commits behind; "" where only the shell will know."""
    found: dict[str, str] = {}
    for fact in facts:
        if fact.kind == "git" and fact.name == "reset" and fact.data.get("discards"):
            to = str(fact.data.get("source") or "HEAD")
            if to != "HEAD":
                found[str(fact.data.get("cwd") or "")] = "" if UNKNOWN in to or to[:1] == "-" else to
    return [(folder, to) for folder, to in found.items() if folder and UNKNOWN not in folder]


class _Asker:
    """Questions to git and the file system of one call; each answer is remembered."""

    def __init__(self, world: Disk, since: float) -> None:
        self.world = world
        self.since = since
        self._tops: dict[str, str] = {}

    def git(self, folder: str, *words: str) -> str | None:
        """What a git command prints, or None where it fails or takes too long. It never writes and never prompts."""
        import subprocess

        while folder and not os.path.isdir(folder):
            folder = os.path.dirname(folder) if folder != "/" else ""
        if not folder:
            return None
        env = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            env.pop(name, None)
        command = ["git", "-c", "core.fsmonitor=", "-c", "core.quotePath=false", "-C", folder, *words]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=SECONDS, env=env, stdin=subprocess.DEVNULL, check=False
            )
        except (OSError, ValueError, subprocess.SubprocessError):
            return None
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None

    def top(self, folder: str) -> str:
        """The top folder of the checkout that holds `folder`, or ""."""
        if folder not in self._tops:
            self._tops[folder] = (self.git(folder, "rev-parse", "--show-toplevel") or "").strip()
        return self._tops[folder]

    # Paths

    def path(self, path: str) -> Mapping[str, Any]:
        """What stands at a path or behind a glob, and how much of it exists only here."""
        if any(char in path for char in "*?["):
            return self._glob(path)
        if not os.path.lexists(path):
            return {"exists": False}
        data: dict[str, Any] = {"exists": True, "folder": os.path.isdir(path) and not os.path.islink(path)}
        if os.path.islink(path):
            return {**data, "only_here": 0}  # the link goes, not what it leads to
        if data["folder"]:
            data["empty"] = not any(True for _ in _entries(path, 1))
        else:
            data["empty"] = os.path.getsize(path) == 0
        if self.since:
            data["new"] = self._is_new(path)
        count = self._only_here(path, data["folder"])
        if count is not None:
            data["only_here"] = data["changed"] = count
        return data

    def _glob(self, path: str) -> Mapping[str, Any]:
        """A glob: what git knows below it; unknown outside a repository."""
        folder = path
        while any(char in folder for char in "*?["):
            folder = os.path.dirname(folder)
        top = self.top(folder)
        if not top:
            return {}
        inside = os.path.relpath(os.path.realpath(folder), os.path.realpath(top))
        tail = path[len(folder) :].lstrip("/")
        spec = ":(top,glob)" + os.path.normpath(f"{inside}/{tail}" if inside != "." else tail)
        count = self._status(top, spec)
        return {} if count is None else {"exists": True, "folder": True, "only_here": count, "changed": count}

    def _only_here(self, path: str, folder: bool) -> int | None:
        top = self.top(path if folder else os.path.dirname(path))
        if not top:
            return None
        real, root = os.path.realpath(path), os.path.realpath(top)
        if real == root or (folder and os.path.exists(os.path.join(real, ".git"))):
            return None  # a whole repository holds more than its files: unknown here
        if not real.startswith(root + "/"):
            return None
        return self._status(top, ":(top,literal)" + os.path.relpath(real, root))

    def _status(self, top: str, spec: str) -> int | None:
        """How many files git does not hold as they are: changed or untracked, ignored ones only if they look
        precious."""
        text = self.git(
            top,
            "status",
            "--porcelain",
            "-z",
            "--untracked-files=all",
            "--ignored=matching",
            "--no-renames",
            "--",
            spec,
        )
        if text is None:
            return None
        hidden = self.hidden(top, spec)
        rows = [row for row in text.split("\0") if row]
        return None if hidden is None else sum(1 for row in rows if _counts(row)) + hidden

    def hidden(self, folder: str, spec: str) -> int | None:
        """How many files were changed although git was told not to look (assume-unchanged, skip-worktree)."""
        text = self.git(folder, "ls-files", "-s", "-v", "-z", "--full-name", "--", spec)
        if text is None:
            return None
        top = ""
        count = 0
        for row in text.split("\0"):
            if row[:1] == "S" or row[:1].islower():
                head, _, path = row.partition("\t")
                top = top or self.top(folder)
                count += _differs(os.path.join(top, path), head.split(" ")[2])
        return count

    def _is_new(self, path: str) -> bool:
        """Whether a file was made since the session began."""
        try:
            stat = os.stat(path)
        except OSError:
            return False
        made = getattr(stat, "st_birthtime", stat.st_ctime)
        return bool(made >= self.since and stat.st_mtime >= self.since)

    # Repositories

    def work(self, folder: str, reach: str) -> Mapping[str, Any]:
        """Uncommitted work of a checkout, within the pathspec `reach`."""
        text = self.git(
            folder,
            "status",
            "--porcelain",
            "-z",
            "--untracked-files=all",
            "--ignored=matching",
            "--no-renames",
            "--",
            reach,
        )
        if text is None:
            return {}
        rows = [row for row in text.split("\0") if row]
        untracked = [row[3:] for row in rows if row.startswith("??")]
        stashes = self.git(folder, "stash", "list")
        hidden = self.hidden(folder, reach)
        if hidden is None:
            return {}
        data: dict[str, Any] = {
            "dirty": sum(1 for row in rows if not row.startswith(("??", "!!"))) + hidden,
            "untracked": len(untracked),
            "ignored_precious": sum(1 for row in rows if row.startswith("!!") and _counts(row)),
            "secrets": tuple(path for path in untracked if _named_secret(path))[:5],
        }
        if stashes is not None:
            data["stashes"] = len(stashes.splitlines())
        return data

    # Branches

    def branch(self, folder: str, branch: str) -> Mapping[str, Any]:
        """Commits that only this branch holds, and what its remote holds beyond it."""
        found = self._refs(folder)
        plain = branch.removeprefix("refs/heads/").removeprefix("refs/tags/")
        own = [name for name in (f"refs/heads/{plain}", f"refs/tags/{plain}") if name in found][:1]
        own = own or [name for name in found if name.startswith("refs/remotes/") and name.split("/", 3)[3:] == [plain]]
        count = self._only_in(folder, own, [name for name in found if name not in own]) if own else None
        return {} if count is None else {"unmerged": count}

    def left(self, folder: str, to: str) -> Mapping[str, Any]:
        """Commits that a reset of the branch to `to` (or to anything, for "") leaves on no ref."""
        here = (self.git(folder, "symbolic-ref", "-q", "HEAD") or "").strip()
        others = [name for name in self._refs(folder) if name != here]
        count = self._only_in(folder, ["HEAD"], [*others, *([to] if to else [])])
        return {} if count is None else {"left": count}

    def _refs(self, folder: str) -> list[str]:
        """Every branch, remote branch and tag, but for the names that only stand for others."""
        text = self.git(folder, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes", "refs/tags")
        return [name for name in (text or "").split() if not name.endswith("/HEAD")]

    def _only_in(self, folder: str, own: Sequence[str], others: Sequence[str]) -> int | None:
        """How many commits only `own` holds."""
        text = self.git(folder, "rev-list", "--count", *own, "--not", *others[:500], "--")
        return int(text) if text is not None and text.strip().isdigit() else None


def _counts(row: str) -> bool:
    """Whether a status row is a file that would be lost: an ignored one only if such files are kept nowhere else."""
    if not row.startswith("!!"):
        return not row.startswith(" D") and row[:2] not in ("D ",)
    name = row[3:].rstrip("/").rpartition("/")[2]
    return (
        (not row.endswith("/") and name.endswith(_KEPT))
        or (row.endswith("/") and name.lower() in _STORES)
        or (name.startswith(".env") and not any(word in name for word in _OPEN))
    )


def _differs(path: str, blob: str) -> bool:
    """Whether a file is there and is not the blob that the index holds."""
    import hashlib

    try:
        with open(path, "rb") as file:
            data = file.read(MOST_READ + 1)
    except OSError:
        return False  # a sparse checkout leaves it out: nothing is there to lose
    if len(data) > MOST_READ:
        return True  # too large to compare: not known to be clean
    kind = hashlib.sha256 if len(blob) > 40 else hashlib.sha1
    return kind(b"blob %d\0" % len(data) + data).hexdigest() != blob


def _named_secret(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return not any(word in name for word in _OPEN) and (name.startswith(".env") or name.endswith(_SECRET))


def _entries(folder: str, most: int) -> Iterator[str]:
    """Names in a folder, at most so many."""
    try:
        with os.scandir(folder) as found:
            for index, entry in enumerate(found):
                if index >= most:
                    return
                yield entry.name
    except OSError:
        yield ""  # what cannot be read is not empty
