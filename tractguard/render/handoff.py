"""The handoffs of a repository, a line each."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from tractguard.render.events import clock
from tractguard.render.terminal import console, line, plain

COLOURS = {"waiting": "green", "loaded": "bright_black", "stale": "yellow", "for another branch": "cyan"}


def handoffs(rows: Sequence[Mapping[str, Any]]) -> None:
    """Every handoff with what became of it, newest first."""
    if not rows:
        line("There is no handoff yet; 'tractguard handoff' writes one.")
        return
    made = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for row in rows:
        status = str(row["status"]) + (", changed since" if row["changed"] else "")
        made.add_row(
            Text(clock(row["time"]), "bright_black"),
            Text(plain(row["name"])),
            Text(plain(status), COLOURS.get(str(row["status"]), "bright_black")),
            Text(plain(row["reason"])),
            Text(plain(row["branch"] or "")),
            Text(plain(str(row["session"])[:8]), "bright_black"),
        )
    console().print(made)
