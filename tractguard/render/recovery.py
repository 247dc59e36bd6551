"""Recovery points, and what an undo did."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from tractguard.numerals import counted
from tractguard.render.events import clock
from tractguard.render.terminal import console, line, notices, plain, table

MOST = 10  # files named
UNITS = ((2**20, "MB"), (2**10, "kB"))


def recovery_points(rows: Sequence[Mapping[str, Any]], more: int) -> None:
    """The points, the newest first."""
    if not rows:
        line("no recovery points: no call was let through that could have destroyed work")
        return
    made = table("id", "when", "holds", "size", "before")
    for row in rows:
        lacks = f" (not: {'; '.join(row['not_covered'])})" if row["not_covered"] else ""
        cells = (str(row["id"]), clock(row["time"]), plain(row["holds"] + lacks), size(int(row["bytes"])))
        made.add_row(*cells, plain(row["call"], 60))
    console().print(made)
    if more:
        line(f"{counted(more, 'older point')}: 'tractguard undo --all' lists them")
    line("tractguard undo ID [PATH]... brings one back")


def size(number: int) -> str:
    """Bytes for people."""
    for unit, name in UNITS:
        if number >= unit:
            return f"{number / unit:.1f} {name}"
    return f"{number} B"


def undone(id: str, done: Mapping[str, Any], root: str) -> None:
    """What an undo did, and the way back."""
    changed = [*done["written"], *done["removed"], *done["refs"]]
    if not changed and not done["undo"]:
        line(f"everything is as recovery point {id} holds it: nothing was changed")
    for what, paths in (("brought back", done["written"]), ("removed", done["removed"])):
        for path in paths[:MOST]:
            console().print(Text(f"{what}  ", "green") + plain(os.path.relpath(path, root)), soft_wrap=True)
        if len(paths) > MOST:
            line(f"… and {counted(len(paths) - MOST, 'file')} more {what}")
    for ref in done["refs"]:
        console().print(Text("brought back  ", "green") + plain(ref), soft_wrap=True)
    stood = [f"{each['path']} stood in the way and is now {each['now']}" for each in done["aside"]]
    notices([*stood, *done["notices"]])
    if done["undo"]:
        line(f"'tractguard undo {done['undo']}' takes this back")
