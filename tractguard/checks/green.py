"""The last green run of each check of policy: on which tree, when, and the recovery point that brings it back.

Kept in the repository's state. Files that differ from the tree of the last green run are *held*: they are shown until
the next green run releases them.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tractguard.checks.policy import Check, checks_of
from tractguard.ledger import Ledger
from tractguard.policy import Policy
from tractguard.stored import read_object

if TYPE_CHECKING:
    from tractguard.checks.detached import Begun
    from tractguard.checks.runs import Run
    from tractguard.places import Places

GREEN = "green"  # the key in the repository's state: name of a check -> its last green run
Green = dict[str, Any]


def last_greens(ledger: Ledger) -> dict[str, Green]:
    """The last green run of each check: {"command", "tree", "time", "point", "session"}."""
    rows = read_object(ledger.get("", GREEN)).items()
    return {name: row for name, row in rows if isinstance(row, dict) and row.get("tree")}


def note_green(
    runs: "Sequence[Run]", places: "Places", policy: Policy, ledger: Ledger, *, now: float, session: str
) -> list[Green]:
    """Keep which checks of policy these green runs were, with a recovery point of the work as it is."""
    made = [row for check in checks_of(policy) for run in runs if (row := _row(check, run, now, session))]
    if not made:
        return []
    point = _point(places, policy, now, made[0]["command"], session)

    def change(_: str | None) -> str:
        known = last_greens(ledger)
        for row in made:
            known[str(row["name"])] = {**{key: value for key, value in row.items() if key != "name"}, "point": point}
        return json.dumps(known)

    ledger.change("", GREEN, change)
    return [{**row, "point": point} for row in made]


def held(places: "Places", policy: Policy, ledger: Ledger) -> list[dict[str, Any]]:
    """For each check of policy its last green run, and the files it is about that differ from then; `files` is None
    where that cannot be told. `running_since` where a run of it is at work beside the guard.
    """
    from tractguard.checks.detached import begun_in, is_running
    from tractguard.checks.tree import comparer

    begun = begun_in(places, ledger)
    at_work = begun if begun is not None and is_running(begun) else None
    greens, since = last_greens(ledger), comparer(places.root, ledger)
    found = []
    for check in checks_of(policy):
        green = greens.get(check.name)
        if green is None or green.get("command") != check.command:
            found.append(_state(check, None, None, at_work))
            continue
        changed = since(str(green["tree"]))
        files = None if changed is None else [path for path in changed if check.about(path)]
        found.append(_state(check, green, files, at_work))
    return found


def _state(check: Check, green: Green | None, files: list[str] | None, at_work: "Begun | None") -> dict[str, Any]:
    mine = at_work is not None and at_work.command == check.command
    since = round(at_work.began, 3) if at_work is not None and mine else None
    return {"check": check.name, "command": check.command, "green": green, "files": files, "running_since": since}


def _row(check: Check, run: "Run", now: float, session: str) -> Mapping[str, Any] | None:
    from tractguard.rules.programs import fits

    words = tuple(run.command.split())
    if run.outcome != "passed" or not run.tree:
        return None
    if run.command != check.command and (not fits(check.command, words) or _part(check.command, run.command)):
        return None
    return {"name": check.name, "command": check.command, "tree": run.tree, "time": round(now, 3), "session": session}


def _part(command: str, ran: str) -> bool:
    """Whether a run names files or cases that the check does not: then only a part of it ran."""
    said = set(command.split())
    return any(not word.startswith("-") and word not in said for word in ran.split()[1:])


def _point(places: "Places", policy: Policy, now: float, command: str, session: str) -> str:
    """A recovery point of the checkout as it is; "" where nothing of it exists only here, or it cannot be kept."""
    from tractguard.recovery import bounds_of, make
    from tractguard.recovery_git import Clock, Unknown
    from tractguard.recovery_risk import Risk, Tree

    clock = Clock(float(bounds_of(policy)["time_ms"]) / 1000)
    risk = Risk(trees=(Tree(places.root, new=True),))
    try:
        made = make(risk, places, policy, clock, now=now, call=f"green: {command}", session=session)
    except (Unknown, OSError):
        return ""
    return str(made["id"]) if made else ""
