"""Bringing work back from a recovery point, exactly: content, mode, links, deleted files, the index, refs, stashes.

Before anything is overwritten it is kept in a recovery point of its own, so that undoing can be undone. Files made
since are kept; what stands in the way as another kind of thing (a folder where a file was) is moved aside, not away.
Cold: it may take its time.
"""

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tractguard import recovery_git as git
from tractguard import recovery_objects as objects
from tractguard.places import Places
from tractguard.recovery import Point, folder_of, load, locked, save, written
from tractguard.recovery_copies import Copy
from tractguard.recovery_git import LINK, REFS, Checkout, Clock, Unknown, Work
from tractguard.recovery_parts import Part, Scope
from tractguard.recovery_plan import Plan, is_wanted, permissions, plan_of

SECONDS = 120.0  # for a whole undo
NO_BOUNDS = {"files": 10**9, "file_kb": 10**9, "point_kb": 10**9, "copies": 10**9, "copies_kb": 10**9}


class Restored(NamedTuple):
    """What an undo did. `point` is the id that takes it back, "" where nothing had to be changed."""

    point: str
    held: int  # paths of the point that were asked for
    written: tuple[str, ...]
    removed: tuple[str, ...]
    aside: tuple[tuple[str, str], ...]  # (what stood in the way, where it is now)
    refs: tuple[str, ...]
    said: tuple[str, ...]  # what a person should know


def restore(point: Point, wanted: Sequence[str], places: Places, now: float) -> Restored:
    """Bring back a point, or only what lies at or below the absolute paths `wanted`. Raises Unknown, OSError.

    The guard's own files (`is_ours`) are brought back only where they are named: the caller asks a person first.
    """
    clock = Clock(SECONDS)
    with locked(places, clock):
        plans = [plan_of(row, wanted, clock) for row in point["parts"]]
        held = [copy for copy in map(_copy, point["copies"]) if is_wanted(copy.path, wanted)]
        copies = [copy for copy in held if _differs(copy, point, places)]
        undone = _absent(point, wanted)
        before = ""
        if copies or undone or any(plan.paths() or plan.entries for plan in plans):
            before = _kept_before(point, plans, copies, undone, places, clock, now)
        work = _Work(before or point["id"])
        for plan in plans:
            _apply(plan, work, clock)
        for copy in copies:
            work.write(copy.path, *_content(copy, point, places))
        for path in undone:
            work.remove(path)
        if before:
            _note_made(before, places)
        said: list[str] = []
        refs = [] if wanted else [name for row in point["parts"] for name in _refs(row, point["id"], clock, said)]
        said += [words for plan in plans for words in _left(plan, clock)]
        count = len(held) + len(undone) + sum(plan.held for plan in plans)
        changed = tuple(work.written), tuple(work.removed), tuple(work.aside)
        return Restored(before, count, *changed, tuple(refs), tuple(said))


def _copy(row: Sequence[Any]) -> Copy:
    return Copy(str(row[0]), int(row[1]), int(row[2]), str(row[3]), str(row[4]))


def _differs(copy: Copy, point: Point, places: Places) -> bool:
    try:
        seen = os.lstat(copy.path)
    except OSError:
        return True
    if copy.link or not copy.name:
        return not stat.S_ISLNK(seen.st_mode) or os.readlink(copy.path) != copy.link
    if not stat.S_ISREG(seen.st_mode) or seen.st_size != copy.size or seen.st_mode & 0o7777 != copy.mode:
        return True
    return _read(copy.path) != _read(os.path.join(folder_of(places), point["id"], copy.name))


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _absent(point: Point, wanted: Sequence[str]) -> list[str]:
    """Files that an undo had made, and that still hold just what it wrote."""
    return [path for path, digest in point["absent"] if digest and is_wanted(path, wanted) and _digest(path) == digest]


def _digest(path: str) -> str:
    """A hash of a file's mode and content, or of where a link leads."""
    found = objects.content(path)
    return _digest_of(found.mode, found.data) if found else ""


def _digest_of(mode: str, data: bytes) -> str:
    return hashlib.sha256(mode.encode() + b"\0" + data).hexdigest()


# Keeping what will be overwritten


def _kept_before(
    point: Point,
    plans: Sequence[Plan],
    copies: Sequence[Copy],
    undone: Sequence[str],
    places: Places,
    clock: Clock,
    now: float,
) -> str:
    """Make the point that takes this undo back; its id. Raises Unknown where something would not be covered."""
    parts = [_part_before(plan, undone, clock) for plan in plans if plan.paths() or plan.entries]
    absent = [path for plan in plans for path in _new(plan)]
    absent += [copy.path for copy in copies if not os.path.lexists(copy.path)]
    outside = [copy.path for copy in copies if os.path.lexists(copy.path)]
    outside += [path for path in undone if not any(path.startswith(part.where.top + "/") for part in parts)]
    seed = json.dumps([now, os.getpid(), point["id"]])
    id = hashlib.sha256(seed.encode()).hexdigest()[:7]
    made = written(
        id, parts, outside, [], places, NO_BOUNDS, clock, now=now, call=f"tractguard undo {point['id']}",
        session="", absent=[[path, ""] for path in absent], always=True,
    )  # fmt: skip
    if made is None or made["not_covered"]:
        raise Unknown("what would be overwritten cannot be kept first")
    return str(made["id"])


def _new(plan: Plan) -> list[str]:
    full = (os.path.join(plan.where.top, each.path) for each in (*plan.raw, *plan.clean))
    return [path for path in full if not os.path.lexists(path)]


def _note_made(id: str, places: Places) -> None:
    """Note in the point that takes an undo back what the undo made where nothing was: it goes again, unless changed."""
    made = load(places, id)
    if made is not None and made["absent"]:
        made["absent"] = [[path, _digest(path)] for path, _ in made["absent"]]
        save(places, made)


def _part_before(plan: Plan, undone: Sequence[str], clock: Clock) -> Part:
    """Everything of the scope that is not in git now, and each path that will be written over."""
    scope = Scope()
    scope.specs = {str(path): bool(glob) for path, glob in plan.row["scope"]}
    scope.whole = not scope.specs
    found = git.status(plan.where, clock, scope.pathspecs(), new=True, ignored=False)
    work = {each.path: each for each in found.work}
    held = objects.tree(plan.where, clock, found.head) if found.head else {}
    prefix = plan.where.top + "/"
    for path in (*plan.paths(), *(one[len(prefix) :] for one in undone if one.startswith(prefix))):
        there = os.path.lexists(os.path.join(plan.where.top, path))
        if path not in work and there and not os.path.isdir(os.path.join(plan.where.top, path)):
            work[path] = Work(path, "changed" if path in held else "new")
    return Part(plan.where, scope, found, tuple(work.values()), (), (), (), ())


# Writing


class _Work:
    """The changes made to the file system, in order; nothing is ever written through a link."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.written: list[str] = []
        self.removed: list[str] = []
        self.aside: list[tuple[str, str]] = []

    def write(self, path: str, mode: int | None, data: bytes) -> None:
        """Put a file (with its permissions), or a link (mode None), at `path`, at once or not at all."""
        self.room_for(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        new = os.path.join(os.path.dirname(path), f".tractguard-{self.id}-new")
        if os.path.lexists(new):
            os.remove(new)
        if mode is None:
            os.symlink(os.fsdecode(data), new)
        else:
            with open(new, "wb") as file:
                file.write(data)
            os.chmod(new, mode)
        os.replace(new, path)
        self.written.append(path)

    def room_for(self, path: str) -> None:
        """Move aside what is no folder above `path`, and a folder at it."""
        parts = path.split("/")
        for end in range(2, len(parts)):
            above = "/".join(parts[:end])
            if os.path.lexists(above) and not os.path.isdir(above):
                self.move_aside(above)
        if os.path.isdir(path) and not os.path.islink(path):
            self.move_aside(path)

    def move_aside(self, path: str) -> None:
        """Rename what stands in the way."""
        target, number = f"{path}.since-{self.id}", 1
        while os.path.lexists(target):
            target, number = f"{path}.since-{self.id}-{number}", number + 1
        shutil.move(path, target)
        self.aside.append((path, target))

    def remove(self, path: str) -> None:
        """Take a file away that was not there then."""
        if os.path.lexists(path):
            os.remove(path)
            self.removed.append(path)


def _apply(plan: Plan, work: _Work, clock: Clock) -> None:
    """Make a checkout's files as the point holds them, then its index."""
    top = plan.where.top
    for path in plan.gone:
        work.remove(os.path.join(top, path))
    for each, data in zip(plan.raw, objects.blobs(plan.where, clock, [one.sha for one in plan.raw]), strict=True):
        full = os.path.join(top, each.path)
        _unlink_above(top, each.path, work)
        work.write(full, None if each.mode == LINK else permissions(plan.row, each), data)
    if plan.clean:
        for each in plan.clean:
            _unlink_above(top, each.path, work)
            work.room_for(os.path.join(top, each.path))
        _check_out(plan, clock)
        work.written += [os.path.join(top, each.path) for each in plan.clean]
    if plan.entries:
        given = os.fsencode("".join(plan.entries))
        git.run(plan.where, clock, "update-index", "-z", "--index-info", stdin=given)


def _unlink_above(top: str, path: str, work: _Work) -> None:
    """Move aside a link that stands where a folder of the checkout was."""
    above = top
    for part in path.split("/")[:-1]:
        above = os.path.join(above, part)
        if os.path.islink(above):
            work.move_aside(above)


def _check_out(plan: Plan, clock: Clock) -> None:
    """Let git write files as its filters would, through an index of its own."""
    index = os.path.join(plan.where.git_dir, f"tractguard-{os.getpid()}.index")
    try:
        lines = "".join(f"{each.mode} {each.sha}\t{each.path}\0" for each in plan.clean)
        git.run(plan.where, clock, "update-index", "-z", "--index-info", stdin=os.fsencode(lines), index=index)
        git.run(plan.where, clock, "checkout-index", "-f", "-a", index=index)
    finally:
        for path in (index, index + ".lock"):
            if os.path.exists(path):
                os.remove(path)


def _content(copy: Copy, point: Point, places: Places) -> tuple[int | None, bytes]:
    if not copy.name:
        return None, os.fsencode(copy.link)
    return copy.mode, _read(os.path.join(folder_of(places), point["id"], copy.name))


# Refs, stashes, and where a branch was


def _refs(row: Mapping[str, Any], id: str, clock: Clock, said: list[str]) -> list[str]:
    """Make refs again that are gone; one that points elsewhere now stays, and the old one is put beside it."""
    where = Checkout(row["top"], row["git_dir"], row["common"])
    done: list[str] = []
    for name, sha in row["refs"]:
        if not name:
            said.append(f"{sha[:12]} is kept: git branch NAME {sha[:12]} gives it a name.")
            continue
        now = git.refs(where, clock, name).get(name)
        if now is None:
            git.point(where, clock, {name: sha})
            done.append(name)
        elif now != sha:
            beside = f"{name}-{REFS.split('/')[2]}-{id}"
            git.point(where, clock, {beside: sha})
            done.append(beside)
    known = {sha for sha, _ in git.stashes(where, clock)} if row["stashes"] else set()
    for sha, words in reversed(row["stashes"]):
        if sha not in known:
            git.run(where, clock, "stash", "store", "-m", words, sha)
            done.append(f"stash: {words}")
    return done


def _left(plan: Plan, clock: Clock) -> list[str]:
    """What a person should know: the guard's own files stayed, the branch has moved and commits may be off it."""
    said = [f"{path} says what is in force and was left as it is: name it to bring it back." for path in plan.left]
    head = plan.row["head"]
    if head:
        try:
            git.run(plan.where, clock, "merge-base", "--is-ancestor", head, "HEAD")
        except Unknown:
            said.append(
                f"HEAD was at {head[:12]}: git reset --soft {head[:12]} brings its commits back to this branch."
            )
    return said
