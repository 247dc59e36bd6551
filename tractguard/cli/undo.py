"""`undo`: the recovery points of this repository, and bringing work back from one.

Bringing work back tightens, so it needs no person; whatever it overwrites is kept first. Only the guard's own files
need one: an older history would loosen what is in force.
"""

import json
import os
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tractguard.cli.errors import Broken, Usage
from tractguard.cli.repository import here, needs_set_up
from tractguard.places import Places

if TYPE_CHECKING:
    from tractguard.recovery import Point
    from tractguard.recovery_restore import Restored

NEWEST = 20  # points shown where not all are asked for
SHORTEST = 3  # characters from which the beginning of an id will do


def undo(
    id: Annotated[str | None, typer.Argument(help="A recovery point, as listed; its beginning will do.")] = None,
    paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH]...", help="Only these.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="List all points, not only the newest.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: one object a line.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing, also for the guard's own files.")] = False,
    to_green: Annotated[bool, typer.Option("--to-green", help="As at the last green run of a check.")] = False,
) -> None:
    """List what was kept before risky calls, or bring it back.

    Files come back exactly: content, permissions, links, deleted ones too. Files made since are kept. What is
    overwritten is kept in a point of its own first, so an undo can be undone.

    \b
    Examples:
      tractguard undo
      tractguard undo 3fa81c2
      tractguard undo 3fa81c2 src/app.py
      tractguard undo --to-green src/app.py
    """
    places = here()
    needs_set_up(places)
    if to_green:
        from tractguard.cli.undo_green import to_green as bring_back

        bring_back([each for each in (id, *(paths or ())) if each], places, yes=yes, as_json=as_json)
        return
    if id is None:
        list_points(places, everything, as_json)
        return
    point = point_named(id, places)
    wanted = [os.path.abspath(path) for path in paths or ()]
    own_files_agreed(wanted, places, yes)
    done = brought_back(point, wanted, places)
    if wanted and not done.held:
        raise Usage(f"recovery point {point['id']} holds nothing at {', '.join(paths or ())}")
    if as_json:
        print(json.dumps({"id": point["id"], **in_words(done)}, ensure_ascii=False))
        return
    from tractguard import render

    render.undone(str(point["id"]), in_words(done), places.root)


def list_points(places: Places, everything: bool, as_json: bool) -> None:
    """Print the points, the newest first."""
    from tractguard.recovery import points

    found = [row(each) for each in points(places)]
    shown = found if everything else found[:NEWEST]
    if as_json:
        for each in shown:
            print(json.dumps(each, ensure_ascii=False, separators=(",", ":")))
        return
    from tractguard import render

    render.recovery_points(shown, len(found) - len(shown))


def row(point: "Point") -> dict[str, Any]:
    """A point as it is listed."""
    from tractguard.recovery import holds

    names = ("id", "time", "call", "session", "files", "bytes", "not_covered")
    return {**{name: point[name] for name in names}, "holds": holds(point)}


def point_named(id: str, places: Places) -> "Point":
    """The point whose id begins so. Raises Usage where there is none, or more than one."""
    from tractguard.recovery import points

    found = [each for each in points(places) if str(each["id"]).startswith(id) and len(id) >= SHORTEST]
    if len(found) == 1:
        return found[0]
    if found:
        raise Usage(f"{id} is the beginning of {len(found)} recovery points: 'tractguard undo' lists them")
    raise Usage(f"there is no recovery point {id}: 'tractguard undo' lists those there are")


def own_files_agreed(wanted: list[str], places: Places, yes: bool) -> None:
    """The guard's own files come back only where they are named, and a person says so. Raises NeedsPerson, Stop."""
    from tractguard.recovery_plan import is_ours

    own = [path for path in wanted if is_ours(path)]
    if own:
        from tractguard.cli.person import confirm

        confirm("bringing back an older history or policy", f"Bring back {', '.join(own)}?", yes=yes, places=places)


def brought_back(point: "Point", wanted: list[str], places: Places) -> "Restored":
    """Bring back; what could not be done becomes a sentence. Raises Broken."""
    from tractguard.recovery_git import Unknown
    from tractguard.recovery_restore import restore

    try:
        return restore(point, wanted, places, time.time())
    except Unknown as error:
        raise Broken(f"recovery point {point['id']} was not brought back: {error}; no file was changed") from error


def in_words(done: "Restored") -> dict[str, Any]:
    """What an undo did, as data. `undo` is the point that takes it back."""
    return {
        "undo": done.point,
        "written": list(done.written),
        "removed": list(done.removed),
        "aside": [{"path": path, "now": now} for path, now in done.aside],
        "refs": list(done.refs),
        "notices": list(done.said),
    }
