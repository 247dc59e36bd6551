"""What a call could destroy, sorted by checkout, and the part of a recovery point that each checkout keeps.

It knows pathspecs, bounds, and which ignored files are worth a copy. It refuses to know how the part is written
(`recovery_git`) or that other checkouts exist.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard import recovery_git as git
from tractguard import recovery_objects as objects
from tractguard.places import STATE, Places
from tractguard.recovery_git import Checkout, Clock, Staged, Status, Unknown, Work
from tractguard.recovery_risk import Place, Ref, Risk
from tractguard.rules import destructive_paths as kinds

MOST_SPECS = 300  # paths of one call that git is asked about singly; from there on the whole checkout
MOST_BUILT, MOST_BUILT_BYTES = (
    200,
    4 * 2**20,
)  # files below a build folder that git does not ignore: more are made again
MOST_LOGGED, MOST_TIPS = 1_000, 200  # entries of reflogs looked at, commits kept of them
MOST_OUTSIDE = 1_000  # paths that a glob outside git may stand for
_TAKES = (kinds.BUILD, kinds.CACHE)
_NOT_OURS = (kinds.TEMP, kinds.DEVICE)
_LEFT = (*_TAKES, *_NOT_OURS)


class Scope:
    """How much of one checkout a call could destroy."""

    def __init__(self) -> None:
        self.specs: dict[str, bool] = {}  # path from the top -> whether it is a glob
        self.deleted: set[str] = set()
        self.refs: list[Ref] = []
        self.whole = self.new = self.ignored = self.at_risk = False

    def pathspecs(self) -> list[str]:
        """What git is asked about; nothing for the whole checkout."""
        if self.whole or len(self.specs) > MOST_SPECS or "." in self.specs:
            return []
        found = []
        for path, glob in self.specs.items():
            found += [f":(top,glob){path}", f":(top,glob){path}/**"] if glob else [f":(top,literal){path}"]
        return found

    def rows(self) -> list[list[Any]]:
        """As a point's record keeps it; nothing for the whole checkout."""
        return [[path, glob] for path, glob in self.specs.items()] if self.pathspecs() else []

    def files_alone(self, top: str, most_bytes: int) -> list[str] | None:
        """The single small files that are all of it: they can be copied where git does not answer."""
        paths = [os.path.join(top, path) for path in self.specs]
        if self.whole or self.refs or any(self.specs.values()):
            return None
        if any(not os.path.isfile(path) or os.path.getsize(path) > most_bytes for path in paths):
            return None
        return paths


def divided(risk: Risk, places: Places, clock: Clock) -> tuple[dict[Checkout, Scope], list[str]]:
    """What is at risk in each checkout, and which paths lie outside every one."""
    scopes: dict[Checkout, Scope] = {}
    outside: list[str] = []
    for tree in risk.trees:
        where = git.checkout_of(tree.folder)
        if where is not None and where.top:
            mine = scopes.setdefault(where, Scope())
            mine.whole = mine.at_risk = True
            mine.new |= tree.new
            mine.ignored |= tree.ignored
    for place in risk.places:
        clock.left()
        _place(place, places, scopes, outside)
    for ref in risk.refs:
        where = git.checkout_of(ref.folder)
        if where is not None:
            scopes.setdefault(where, Scope()).refs.append(ref)
    return scopes, list(dict.fromkeys(outside))


def _place(place: Place, places: Places, scopes: dict[Checkout, Scope], outside: list[str]) -> None:
    path = place.path
    if not place.glob and not os.path.lexists(path):
        return
    kind = kinds.kind_of(path, places.root)
    if not place.deleted and not place.glob:
        path = os.path.realpath(path)  # what is written goes through a link
    if place.deleted and f"{places.state}/".startswith(f"{path}/"):
        raise Unknown("the guard's own folder would go as well")
    folder = path
    while any(char in folder for char in "*?[") and place.glob:
        folder = os.path.dirname(folder)
    within = folder if os.path.isdir(folder) and not os.path.islink(path) else os.path.dirname(folder)
    where = git.checkout_of(within)
    if where is not None and where.top and place.deleted and os.path.realpath(path) == where.top:
        own = os.path.realpath(path)
        if where.git_dir.startswith(own + "/"):  # the repository goes with its objects
            outside += [path] if kind not in _NOT_OURS else []
            return
        mine = scopes.setdefault(where, Scope())
        mine.whole = mine.at_risk = mine.new = mine.ignored = True
        return
    inside = "" if where is None or not where.top else _relative(path, folder, where.top, place.glob)
    if where is None or not inside or inside == ".git" or inside.startswith(".git/"):
        if place.at_risk and kind not in _LEFT:
            outside += _matching(path) if place.glob else [path]
        return
    mine = scopes.setdefault(where, Scope())
    mine.specs[inside] = place.glob
    mine.new = mine.ignored = True
    mine.at_risk |= place.at_risk
    if place.deleted:
        mine.deleted.add(inside)


def _relative(path: str, folder: str, top: str, glob: bool) -> str:
    """`path` from the top of its checkout, "" where it is not below it. Only its folder is followed through links."""
    if glob:
        real = os.path.normpath(os.path.realpath(folder) + path[len(folder.rstrip("/")) :])
    else:
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        real = os.path.realpath(path) if os.path.realpath(path) == top else real
    if real == top:
        return "."
    return real[len(top) + 1 :] if real.startswith(top.rstrip("/") + "/") else ""


def _matching(path: str) -> list[str]:
    """What a glob stands for outside git."""
    import glob as globbing

    found: list[str] = []
    for each in globbing.iglob(path, recursive=True, include_hidden=True):
        found.append(each)
        if len(found) >= MOST_OUTSIDE:
            break
    return found


# The part of one checkout


class Part(NamedTuple):
    """What one checkout keeps for a point, before it is written."""

    where: Checkout
    scope: Scope
    found: Status
    work: tuple[Work, ...]
    refs: tuple[tuple[str, str], ...]  # (name, object)
    stashes: tuple[tuple[str, str], ...]  # (commit, message)
    outside: tuple[str, ...]  # ignored files worth a copy, repositories inside this one
    lacks: tuple[str, ...]
    left: tuple[Work, ...] = ()  # what did not fit

    @property
    def keeps(self) -> bool:
        return bool(self.work or self.found.staged or self.refs or self.stashes or self.lacks)

    def mark(self) -> list[Any]:
        """What tells this part from another without reading any file."""
        seen = objects.mark(self.where, self.found._replace(work=self.work))
        return [*seen, *self.scope.rows(), *map(list, self.refs), *map(list, self.stashes)]

    def keep(self, ref: str, clock: Clock, words: str, now: float) -> dict[str, Any]:
        """Write it below `ref`; its row in the point's record. Raises Unknown."""
        kept = objects.Kept(0, (), {})
        if self.work or self.found.staged:
            kept = objects.keep(self.where, clock, ref, self.found, self.work, words, now)
        names = list(dict.fromkeys([sha for _, sha in self.refs] + [sha for sha, _ in self.stashes]))
        if names:
            git.point(self.where, clock, {f"{ref}/ref-{at}": sha for at, sha in enumerate(names)})
        counts = {sort: sum(each.sort == sort for each in self.work) for sort in ("changed", "new", "gone")}
        return {
            "top": self.where.top,
            "git_dir": self.where.git_dir,
            "common": self.where.common,
            "head": self.found.head,
            "branch": self.found.branch,
            "ref": ref,
            "kept": bool(self.work or self.found.staged),
            "scope": self.scope.rows(),
            "work": {sort: number for sort, number in counts.items() if number},
            "staged": [list(each) for each in self.found.staged],
            "refs": [list(each) for each in self.refs],
            "stashes": [list(each) for each in self.stashes],
            "left": [*(each.path for each in self.left if each.sort == "changed"), *kept.unread],
            "modes": dict(kept.modes),
            "bytes": kept.bytes,
            "unread": [f"files that cannot be read ({_some(kept.unread)})"] if kept.unread else [],
        }


NOTHING = Status("", "", (), (), (), (), (), False)


def part_of(where: Checkout, scope: Scope, bounds: Mapping[str, Any], clock: Clock) -> Part:
    """What a checkout would lose. Raises Unknown."""
    refs, stashes = _refs(where, scope.refs, clock)
    found = NOTHING
    if scope.at_risk:
        found = git.status(where, clock, scope.pathspecs(), new=scope.new, ignored=scope.ignored)
        unseen = objects.unseen(where, clock, scope.pathspecs(), {each.path for each in found.work})
        if unseen:
            found = found._replace(work=(*found.work, *unseen), lost=True)
    outside = [*_worth(where, scope, found), *_nested(where, scope, found)]
    lacks: list[str] = []
    work: tuple[Work, ...] = ()
    left: tuple[Work, ...] = ()
    if found.lost:
        work, left = chosen(where, found.work, bounds)
        lacks += [_too_large(left)] if left else []
        lacks += _made_again(found.work, {each.path for each in (*work, *left)})
        if found.modules:
            lacks.append(f"changes inside submodules ({_some(found.modules)})")
    if not found.lost or not (found.staged or any(each.sort != "gone" for each in work)):
        work, found = (), found._replace(staged=())
    return Part(where, scope, found, work, tuple(refs), tuple(stashes), tuple(outside), tuple(lacks), left)


def chosen(
    where: Checkout, work: Sequence[Work], bounds: Mapping[str, Any]
) -> tuple[tuple[Work, ...], tuple[Work, ...]]:
    """The work that fits, tracked files first, then the smallest; and the work that does not."""
    root = where.top
    built = [each for each in work if each.sort == "new" and kinds.kind_of(f"{root}/{each.path}", root) in _TAKES]
    made_again = len(built) > MOST_BUILT or sum(each.size for each in built) > MOST_BUILT_BYTES
    again = {each.path for each in built} if made_again else set()
    rest = [each for each in work if each.path not in again]
    kept: list[Work] = []
    left: list[Work] = []
    total = 0
    for each in sorted(rest, key=lambda one: (one.sort == "new", one.size if one.sort == "new" else 0, one.path)):
        fits = each.size <= int(bounds["file_kb"]) * 1024 and total + each.size <= int(bounds["point_kb"]) * 1024
        if each.sort == "gone" or (fits and len(kept) < int(bounds["files"])):
            kept.append(each)
            total += each.size
        else:
            left.append(each)
    return tuple(kept), tuple(left)


def _made_again(work: Sequence[Work], known: set[str]) -> list[str]:
    """Words for the new files below build folders that are left out because there are so many of them."""
    rest = [each for each in work if each.path not in known]
    if not rest:
        return []
    folders = dict.fromkeys(each.path.partition("/")[0] for each in rest)
    size = sum(each.size for each in rest) // 1024
    return [f"{len(rest)} files of build folders ({_some(list(folders))}, {size} kB), which are made again"]


def _too_large(left: Sequence[Work]) -> str:
    files = "1 file" if len(left) == 1 else f"{len(left)} files"
    size = sum(each.size for each in left) // 1024
    return f"{files} too large or too many ({size} kB, such as {left[0].path})"


def _worth(where: Checkout, scope: Scope, found: Status) -> Iterable[str]:
    """Ignored paths that may exist nowhere else: not what is built, cached or ours."""
    for each in found.ignored:
        path = each.rstrip("/")
        mine = [path]
        if not scope.whole:
            mine = [
                spec for spec, glob in scope.specs.items() if not glob and f"{spec}/".startswith(f"{path}/")
            ] or mine
        for one in mine:
            full = os.path.join(where.top, one)
            ours = f"{one}/".startswith(f"{STATE}/")
            if not ours and kinds.kind_of(full, where.top) not in _TAKES and not kinds.is_build(os.path.basename(one)):
                yield full


def _nested(where: Checkout, scope: Scope, found: Status) -> Iterable[str]:
    """Repositories inside this one that a deleted folder takes along."""
    for each in found.nested:
        if any(f"{each}/".startswith(f"{path}/") or path == "." for path in scope.deleted):
            yield os.path.join(where.top, each)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _refs(where: Checkout, wanted: Sequence[Ref], clock: Clock) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The refs and stashes that would go, where nothing else holds what they hold."""
    found: dict[str, str] = {}
    stashes: list[tuple[str, str]] = []
    sorts = {ref.sort for ref in wanted}
    if "stash" in sorts or "reflog" in sorts:
        stashes = git.stashes(where, clock)
    branches = [ref.name for ref in wanted if ref.sort == "branch"]
    if branches:
        found.update(_branches(where, branches, clock))
    for sort, place in (("tag", "refs/tags/"), ("ref", "")):
        names = [place + ref.name for ref in wanted if ref.sort == sort and (ref.name or place)]
        if names:
            found.update(git.refs(where, clock, *names))
    if "reflog" in sorts:
        return [*found.items(), *(("", sha) for sha in _unreached(where, clock))], stashes
    return list(found.items()), stashes


def _branches(where: Checkout, names: Sequence[str], clock: Clock) -> dict[str, str]:
    """Branches with commits that no other branch, remote or tag has; all branches where a name cannot be told."""
    patterns = [f"refs/heads/{name}" for name in names] if all(names) else ["refs/heads/"]
    found = git.refs(where, clock, *patterns)
    if not all(names):
        return found
    apart = [f"--exclude={name}" for name in names]
    lost = {}
    for name, sha in found.items():
        more = git.run(where, clock, "rev-list", "-n1", sha, "--not", *apart, "--branches", "--remotes", "--tags")
        if more.strip():
            lost[name] = sha
    return lost


def _unreached(where: Checkout, clock: Clock) -> list[str]:
    """Commits that only reflogs hold."""
    logged = git.logged(where, clock, MOST_LOGGED)
    if not logged:
        return []
    text = git.run(where, clock, "rev-list", "--ignore-missing", *logged, "--not", "--branches", "--remotes", "--tags")
    apart = set(text.decode("ascii", "replace").split())
    return [sha for sha in logged if sha in apart][:MOST_TIPS]


__all__ = ["Part", "Scope", "Staged", "chosen", "divided", "part_of"]
