"""What a call could destroy, as far as its facts say: paths, whole checkouts, refs. Pure.

It knows which effects end work that may exist nowhere else, and how far each reaches. Whether something stands there,
and whether it exists only there, is not its to say: `recovery.py` looks. Edits by the client's own edit tools are left
out: the call itself holds the text that they replace.
"""

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.model import UNKNOWN, Fact

_EDITS = frozenset(("Edit", "MultiEdit", "NotebookEdit", "Update"))
_UNREAD = frozenset(
    (
        "patch",
        "computed",
        "computed program",
        "script from a pipe",
        "program from a pipe",
        "syntax",
        "no parser",
        "nesting",
        "too long",
        "too many commands",
    )
)
_ABORTS = ("--abort", "--skip")
_GLOB = "*?["


class Place(NamedTuple):
    """A path that a call deletes or overwrites; not `at_risk` where it only goes along: the old place of a move."""

    path: str
    deleted: bool = False
    glob: bool = False
    at_risk: bool = True
    restored: bool = False  # git puts an older state there


class Tree(NamedTuple):
    """A checkout whose uncommitted work a call discards, by a folder in it. `new`: untracked files too.

    Not `sure` where it only cannot be told what a call will write.
    """

    folder: str
    new: bool = False
    ignored: bool = False
    sure: bool = True


class Ref(NamedTuple):
    """A ref that a call drops or moves: `sort` is "stash", "branch", "tag", "ref" or "reflog"."""

    folder: str
    sort: str
    name: str = ""


class Risk(NamedTuple):
    """Everything that one call could destroy."""

    places: tuple[Place, ...] = ()
    trees: tuple[Tree, ...] = ()
    refs: tuple[Ref, ...] = ()
    beyond: tuple[str, ...] = ()  # what no recovery point can hold, as words for a person

    def __bool__(self) -> bool:
        return bool(self.trees or self.refs or self.beyond or any(each.at_risk for each in self.places))

    @property
    def sure(self) -> bool:
        """Whether something will be discarded or deleted, and not only written over, or perhaps."""
        gone = any(each.at_risk and (each.deleted or each.restored) for each in self.places)
        return gone or bool(self.refs) or any(each.sure for each in self.trees)


def risk_of(facts: Sequence[Fact], cwd: str) -> Risk:
    """What these facts could destroy. Paths are absolute; `cwd` stands in where a folder cannot be told."""
    moved = frozenset(fact.value for fact in facts if fact.kind == "move")
    places: dict[Place, None] = {}
    trees: dict[Tree, None] = {}
    refs: dict[Ref, None] = {}
    beyond: dict[str, None] = {}
    for fact in facts:
        if fact.data.get("inside") and not fact.data.get("mounted"):
            continue
        if fact.kind in ("delete", "write", "link"):
            _of_path(fact, moved, cwd, places, trees)
        elif fact.kind == "git":
            _of_git(fact, cwd, places, trees, refs, beyond)
        elif fact.kind == "opaque" and fact.name in _UNREAD:
            trees[Tree(cwd, new=True, sure=False)] = None
        elif fact.kind == "command" and fact.name == "git" and _aborts_mail(fact.data.get("argv") or ()):
            trees[Tree(_folder(fact, cwd))] = None
    return Risk(tuple(places), tuple(trees), tuple(refs), tuple(beyond))


def there(risk: Risk, facts: Sequence[Fact], exists: Callable[[str], bool]) -> Risk:
    """What of a risk is left when one looks: paths where something stands, checkouts that no probe found clean."""
    clean = {fact.value: fact.data for fact in facts if fact.kind == "state" and fact.name == "git"}
    places = tuple(each for each in risk.places if each.glob or exists(each.path))
    trees = tuple(each for each in risk.trees if not _is_clean(each, clean.get(each.folder), exists))
    refs = risk.refs
    if any(state.get("stashes") == 0 for state in clean.values()):
        refs = tuple(each for each in refs if each.sort != "stash" or clean.get(each.folder, {}).get("stashes") != 0)
    return risk._replace(places=places, trees=trees, refs=refs)


def _is_clean(tree: Tree, state: Mapping[str, Any] | None, exists: Callable[[str], bool]) -> bool:
    """Whether a probe of the whole checkout (asked at its top) found nothing that this call could end."""
    if state is None or tree.ignored or not exists(posixpath.join(tree.folder, ".git")):
        return False
    return state.get("dirty") == 0 and (not tree.new or state.get("untracked") == 0)


def _aborts_mail(argv: Sequence[str]) -> bool:
    """`git am --abort`, of which there is no other fact."""
    return "am" in argv and any(word in _ABORTS for word in argv)


def _of_path(fact: Fact, moved: frozenset[str], cwd: str, places: dict[Place, None], trees: dict[Tree, None]) -> None:
    data, via = fact.data, fact.data.get("via")
    if data.get("pattern") or via in _EDITS or via == "rmdir":
        return  # the glob of that path is a fact of its own
    deleted = fact.kind in ("delete", "link")  # what stands there goes itself, not what it leads to
    if fact.kind == "write" and (
        data.get("mode") in ("touch", "restore") or data.get("folder") or data.get("exists") is False
    ):
        return
    at_risk = not (deleted and (fact.name in moved or (via == "git" and not data.get("force"))))
    path, glob = fact.name, bool(data.get("glob"))
    if UNKNOWN in path:
        path, glob = posixpath.dirname(path.partition(UNKNOWN)[0]), False
        if path in ("", "/") or cwd == path or cwd.startswith(path + "/"):
            trees[Tree(cwd, new=True, ignored=deleted, sure=deleted)] = None
            return
    if path.startswith("/"):
        path = posixpath.normpath(path)
        wild = any(char in path for char in _GLOB)
        if not (glob and wild):
            places[Place(path, deleted, False, at_risk)] = None
        if wild:  # a name with a star in it, or what a loop goes over
            places[Place(path, deleted, True, at_risk)] = None


def _folder(fact: Fact, cwd: str) -> str:
    folder = str(fact.data.get("cwd") or "")
    return cwd if not folder or UNKNOWN in folder else folder


def _of_git(
    fact: Fact,
    cwd: str,
    places: dict[Place, None],
    trees: dict[Tree, None],
    refs: dict[Ref, None],
    beyond: dict[str, None],
) -> None:
    data = fact.data
    flags = frozenset(str(flag) for flag in data.get("flags") or ())
    if data.get("dry_run") or "--dry-run" in flags:
        return
    folder = _folder(fact, cwd)
    for tree in _trees(fact, folder, flags, data):
        trees[tree] = None
    for path in _restored(fact, flags, data):
        places[Place(posixpath.normpath(path), glob=any(char in path for char in _GLOB), restored=True)] = None
    for ref in _refs(fact, folder, flags, data):
        refs[ref] = None
    for words in _beyond(fact, flags, data):
        beyond[words] = None


def _trees(fact: Fact, folder: str, flags: frozenset[str], data: Mapping[str, Any]) -> Iterable[Tree]:
    """Checkouts whose work is discarded as a whole."""
    name, moves = fact.name, bool(data.get("args"))
    if name == "reset" and (data.get("hard") or _short(flags, "--hard") or {"--merge", "--keep"} & flags):
        yield Tree(folder, new=moves)
    elif name in ("checkout", "switch") and not data.get("paths"):
        forced = {"-f", "-m", "--merge"} & flags or data.get("discards") or _short(flags, "--force")
        if forced or _short(flags, "--discard-changes"):
            yield Tree(folder, new=moves)
    elif name == "clean" and "-n" not in flags and (data.get("force") or data.get("discards")):
        yield Tree(folder, new=True, ignored=bool(data.get("ignored")))
    elif (
        (name == "read-tree" and ("--reset" in flags or "-u" in flags))
        or (name == "checkout-index" and ("-f" in flags or data.get("force")))
        or (name in ("merge", "rebase", "cherry-pick", "revert", "am") and flags.intersection(_ABORTS))
    ):
        yield Tree(folder, new=True)
    elif name == "apply":
        yield Tree(folder, new=True, sure=False)


def _restored(fact: Fact, flags: frozenset[str], data: Mapping[str, Any]) -> Iterable[str]:
    """Paths that git puts back to an older state."""
    if fact.name not in ("checkout", "restore", "switch") or not data.get("paths"):
        return
    if fact.name == "restore" and not data.get("discards"):
        return
    for path in data["paths"]:
        if UNKNOWN not in str(path) and str(path).startswith("/"):
            yield str(path)


def _refs(fact: Fact, folder: str, flags: frozenset[str], data: Mapping[str, Any]) -> Iterable[Ref]:
    """Refs that are dropped or moved."""
    name = fact.name
    value = "" if UNKNOWN in fact.value else fact.value.removeprefix("refs/heads/")
    if name == "stash" and data.get("verb") in ("drop", "clear"):
        yield Ref(folder, "stash")
    elif name == "branch" and (data.get("delete") or data.get("force")):
        source = str(data.get("source") or "")
        yield from (Ref(folder, "branch", each) for each in (value, source) if each and UNKNOWN not in each)
    elif name in ("checkout", "switch") and data.get("create") and {"-B", "-C", "--force-create"} & flags:
        yield Ref(folder, "branch", value)
    elif name == "tag" and (data.get("delete") or data.get("force") or "-f" in flags):
        yield Ref(folder, "tag", value)
    elif name in ("update-ref", "symbolic-ref"):
        named = [str(each) for each in data.get("args") or () if str(each).startswith("refs/")]
        yield from (Ref(folder, "ref", each) for each in named[:1])
    elif name in ("reflog", "gc", "prune", "repack"):
        words = " ".join((*flags, *(str(each) for each in data.get("args") or ())))
        if name == "prune" or "expire" in words or "delete" in words or "prune" in words:
            yield Ref(folder, "reflog")


def _beyond(fact: Fact, flags: frozenset[str], data: Mapping[str, Any]) -> Iterable[str]:
    """What lies outside every recovery point."""
    if fact.name in ("filter-branch", "filter-repo"):
        yield "history that is rewritten"
    if fact.name == "submodule" and (data.get("force") or "-f" in flags):
        yield "changes inside submodules"


def _short(flags: Iterable[str], name: str) -> bool:
    """Whether a long option was given, also cut short as git allows."""
    return any(len(flag) > 2 and flag.startswith("--") and name.startswith(flag) for flag in flags)
