"""What one checkout needs to be as a recovery point holds it: which files differ now, and which entries of the index.

It compares and changes nothing, except that a worktree that was removed is made again. Cold.
"""

import fnmatch
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard import recovery_git as git
from tractguard import recovery_objects as objects
from tractguard.places import HISTORY, LOCAL_HISTORY, POLICY, STATE
from tractguard.recovery_git import LINK, MODULE, NONE, Checkout, Clock, Unknown
from tractguard.recovery_objects import USUAL, Entry

OWN = (HISTORY, LOCAL_HISTORY, POLICY, ".claude/settings.json", ".claude/settings.local.json")


class Plan(NamedTuple):
    """What one checkout needs to be as a point holds it."""

    where: Checkout
    row: Mapping[str, Any]
    raw: tuple[Entry, ...]  # written byte for byte
    clean: tuple[Entry, ...]  # as git checks them out
    gone: tuple[str, ...]  # were deleted then, and are as git put them back
    entries: tuple[str, ...] = ()  # of the index, as `git update-index` reads them
    held: int = 0  # paths of the point that were asked for
    left: tuple[str, ...] = ()  # the guard's own files, which are not brought back unasked

    def paths(self) -> list[str]:
        """Every path that will be written or removed."""
        return [*(each.path for each in (*self.raw, *self.clean)), *self.gone]


def plan_of(row: Mapping[str, Any], wanted: Sequence[str], clock: Clock) -> Plan:
    """Compare a checkout with what a point holds of it. Raises Unknown."""
    where = Checkout(row["top"], row["git_dir"], row["common"])
    if not row["kept"]:
        return Plan(where, row, (), (), ())
    if not os.path.exists(os.path.join(where.top, ".git")):
        _back(where, row, clock)
    work = f"{row['ref']}/work"
    held = objects.tree(where, clock, work)
    raw = objects.changes(where, clock, row["head"], work) if row["head"] else held
    mine = matcher(row["scope"], where.top, wanted, row["left"])
    now = git.status(where, clock, [], new=True, ignored=False)
    dirty = {each.path for each in now.work}
    index = objects.indexed(where, clock)
    plain = [
        each
        for path, each in held.items()
        if path not in raw and mine(path) and each.mode != MODULE and (index.get(path) != each or path in dirty)
    ]
    changed = [each for path, each in raw.items() if mine(path) and each.mode not in (NONE, MODULE)]
    deleted = [path for path, each in raw.items() if mine(path) and each.mode == NONE]
    ours = [path for path in held if is_ours(f"/{path}") and not mine(path)]
    plan = Plan(
        where,
        row,
        tuple(each for each in changed if _unlike(where, row, each)),
        tuple(plain),
        tuple(_put_back(where, row, deleted, clock)),
        held=sum(map(mine, held)) + len(deleted),
        left=tuple(path for path in ours if path in raw),
    )
    return plan._replace(entries=tuple(_entries(plan, index, [one for one in row["staged"] if mine(one[3])], clock)))


def _back(where: Checkout, row: Mapping[str, Any], clock: Clock) -> None:
    """Make a checkout again that was removed: its pointer to git, or a linked worktree."""
    if where.git_dir.startswith(where.top + "/"):
        raise Unknown(f"{where.top} is gone with its repository")
    os.makedirs(where.top, exist_ok=True)
    if os.path.isdir(where.git_dir):
        with open(os.path.join(where.top, ".git"), "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(f"gitdir: {where.git_dir}\n")
        return
    bare = Checkout("", where.common, where.common)
    branch = row["branch"] if git.refs(bare, clock, f"refs/heads/{row['branch']}") and row["branch"] else ""
    git.run(bare, clock, "worktree", "prune")
    how = [where.top, branch] if branch else ["--detach", where.top, row["head"]]
    git.run(bare, clock, "worktree", "add", "--quiet", "--force", "--no-checkout", *how)
    git.run(where, clock, "reset", "--quiet")


def matcher(
    scope: Sequence[Sequence[Any]], top: str, wanted: Sequence[str], left: Sequence[str]
) -> Callable[[str], bool]:
    """Whether a path from the top belongs to the point's scope, was kept (not `left`), and was asked for."""
    unkept = frozenset(left)
    literal = [str(path) for path, glob in scope if not glob]
    globs = [_compiled(str(path)) for path, glob in scope if glob]
    real = [os.path.join(os.path.realpath(os.path.dirname(one)), os.path.basename(one)) for one in wanted]

    def mine(path: str) -> bool:
        within = not scope or any(path == one or path.startswith(one + "/") for one in literal)
        if path in unkept or (not within and not any(one.match(path) for one in globs)):
            return False
        return is_wanted(os.path.join(top, path), real)

    return mine


def is_wanted(path: str, wanted: Sequence[str]) -> bool:
    """Whether a path lies at or below one that was asked for. The guard's own files only where they are named."""
    if path in wanted or (not wanted and not is_ours(path)):
        return True
    return not is_ours(path) and any(path.startswith(one.rstrip("/") + "/") for one in wanted)


def is_ours(path: str) -> bool:
    """Whether a file says what is in force: an older one of them would loosen the guard."""
    return f"/{STATE}/" in path or path.endswith(tuple(f"/{name}" for name in OWN))


def _compiled(glob: str) -> "re.Pattern[str]":
    """A glob as git reads it: `*` stays within a folder, `**/` is any number of them; what lies below counts too."""
    parts = []
    for piece in re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]*\])", glob):
        wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(piece)
        if wild is None:
            wild = fnmatch.translate(piece)[4:-3] if piece.startswith("[") else re.escape(piece)
        parts.append(wild)
    return re.compile("(?s:" + "".join(parts) + r")(?:/|\Z)")


def _unlike(where: Checkout, row: Mapping[str, Any], entry: Entry) -> bool:
    """Whether a file is not now, byte for byte and with its permissions, as the point holds it."""
    found = objects.content(os.path.join(where.top, entry.path))
    if found is None or found.permissions != permissions(row, entry):
        return True
    return found.mode != entry.mode or objects.blob_name(found.data, entry.sha) != entry.sha


def permissions(row: Mapping[str, Any], entry: Entry) -> int:
    """The permissions that a file had."""
    return int(row["modes"].get(entry.path, USUAL[entry.mode]))


def _put_back(where: Checkout, row: Mapping[str, Any], paths: Sequence[str], clock: Clock) -> list[str]:
    """Paths that were deleted when the point was made, and hold now what some commit of git holds of them."""
    there = {path: found for path in paths if (found := objects.content(os.path.join(where.top, path))) is not None}
    index = objects.indexed(where, clock) if there else {}
    before = objects.tree(where, clock, row["head"]) if there and row["head"] else {}
    files = [path for path, found in there.items() if found.mode != LINK]
    filtered = dict(zip(files, objects.hashes(where, clock, files), strict=True))
    gone = []
    for path, found in there.items():
        known = {held[path].sha for held in (index, before) if path in held}
        if filtered.get(path) in known or any(objects.blob_name(found.data, sha) == sha for sha in known):
            gone.append(path)
    return gone


def _entries(plan: Plan, index: Mapping[str, Entry], staged: Sequence[Sequence[str]], clock: Clock) -> list[str]:
    """What was staged, and entries taken out since, where no commit has changed the path; as lines for git."""
    row, touched = plan.row, set(plan.paths())
    if not staged and not any(path not in index for path in touched):
        return []
    wanted: dict[str, list[Sequence[str]]] = {}
    for each in staged:
        wanted.setdefault(each[3], []).append(each)
    then, now = objects.tree(plan.where, clock, row["head"]) if row["head"] else {}, _head_tree(plan.where, clock)
    lines = []
    for path in sorted({*wanted, *touched}):
        held, rows = index.get(path), wanted.get(path, ())
        if then.get(path) != now.get(path):
            continue
        if (
            [[held.mode, held.sha, "0"]] == [list(each[:3]) for each in rows]
            if held
            else [r[0] for r in rows] == [NONE]
        ):
            continue
        if rows:
            lines.append(f"0 {'0' * len(rows[0][1])}\t{path}\0")
            lines += [f"{mode} {sha} {stage}\t{path}\0" for mode, sha, stage, _ in rows if mode != NONE]
        elif path in then and held is None:
            lines.append(f"{then[path].mode} {then[path].sha}\t{path}\0")
    return lines


def _head_tree(where: Checkout, clock: Clock) -> Mapping[str, Entry]:
    try:
        return objects.tree(where, clock, "HEAD")
    except Unknown:
        return {}
