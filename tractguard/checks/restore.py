"""Bringing files back to how they were at the last green run: on a person's word, and itself undoable.

What was not as its commit had it comes from the recovery point of that run, the rest from the commit. Files made since
are kept. Before anything is written, the work as it is now is kept in a recovery point of its own. Cold.
"""

import os
import stat
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tractguard import recovery_git as git
from tractguard.checks.tree import Tree, changed_since, recalled, tree_of
from tractguard.ledger import Ledger
from tractguard.places import Places
from tractguard.policy import Policy
from tractguard.recovery import load, make
from tractguard.recovery_git import Checkout, Clock, Unknown
from tractguard.recovery_risk import Risk
from tractguard.recovery_risk import Tree as Whole

SECONDS = 60.0


class Back(NamedTuple):
    """What was brought back. `undo`: the recovery point that takes it back; `kept`: files made since, left alone."""

    undo: str
    written: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


def to_green(
    green: Mapping[str, Any], wanted: Sequence[str], places: Places, policy: Policy, ledger: Ledger, now: float
) -> Back:
    """Bring back what differs from a green run, or only what lies at or below the absolute paths `wanted`.

    Raises Unknown where what was there cannot be told, OSError.
    """
    old, here = recalled(str(green.get("tree") or ""), ledger), tree_of(places.root, SECONDS)
    changed = changed_since(old, here, places.root, SECONDS) if old is not None and here is not None else None
    where = git.checkout_of(places.root)
    if old is None or changed is None or where is None:
        raise Unknown("what has changed since cannot be told")
    mine = [path for path in changed if _is_wanted(os.path.join(where.top, path), wanted)]
    if not mine:
        return Back("", (), (), ())
    kept = make(
        Risk(trees=(Whole(places.root, new=True),)), places, policy, Clock(SECONDS), now=now, call="undo --to-green"
    )
    dirty = [path for path in mine if path in old.files]
    written, left = _of_commit(where, old, [path for path in mine if path not in old.files])
    removed: list[str] = []
    if dirty:
        _of_point(str(green.get("point") or ""), [os.path.join(where.top, path) for path in dirty], places, now)
        removed += [path for path in dirty if old.files[path] == "gone"]
        written += [path for path in dirty if old.files[path] != "gone"]
    return Back(str(kept["id"]) if kept else "", tuple(written), tuple(removed), tuple(left))


def _of_commit(where: Checkout, old: Tree, paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Bring back files that were as their commit had them: (written, made since and kept)."""
    written: list[str] = []
    left: list[str] = []
    for path in paths:
        row = os.fsdecode(git.run(where, Clock(SECONDS), "ls-tree", "-z", old.head, "--", path)) if old.head else ""
        if not row:
            left.append(path)
            continue
        content = git.run(where, Clock(SECONDS), "cat-file", "--filters", f"{old.head}:{path}")
        _write(where, path, row.split(" ", 1)[0], content)
        written.append(path)
    return written, left


def _write(where: Checkout, path: str, mode: str, content: bytes) -> None:
    full = os.path.join(where.top, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    if os.path.lexists(full) and (mode == git.LINK or os.path.islink(full)):
        os.unlink(full)
    if mode == git.LINK:
        os.symlink(os.fsdecode(content), full)
        return
    beside = f"{full}.tractguard"
    with open(beside, "wb") as file:
        file.write(content)
    bits = stat.S_IMODE(os.stat(full).st_mode) if os.path.exists(full) else 0o644
    os.chmod(beside, bits | 0o111 if mode == git.PROGRAM else bits & ~0o111)
    os.replace(beside, full)


def _of_point(id: str, paths: Sequence[str], places: Places, now: float) -> None:
    from tractguard.recovery_restore import restore

    point = load(places, id) if id else None
    if point is None:
        raise Unknown("the recovery point of that run has ended")
    restore(point, paths, places, now)


def _is_wanted(path: str, wanted: Sequence[str]) -> bool:
    return not wanted or any(path == one or path.startswith(one.rstrip("/") + "/") for one in wanted)
