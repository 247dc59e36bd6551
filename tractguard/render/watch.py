"""The live view of `watch`."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tractguard.numerals import counted
from tractguard.render.events import clock
from tractguard.render.overview import decisions
from tractguard.render.terminal import console, plain

LEVELS = {"NORMAL": "green", "ELEVATED": "yellow", "HIGH": "yellow", "CRITICAL": "red", "DANGEROUS": "bold red"}
ROWS = 12  # decisions shown
CHANGES = 6


def watched(states: Iterable[Mapping[str, Any]], *, live: bool) -> None:
    """Draw each state in the place of the one before; without `live`, or in a pipe, one below the other."""
    out = console()
    if not live or not out.is_terminal or out.is_dumb_terminal:
        last = ""
        for state in states:
            with out.capture() as drawn:
                out.print(screen(state))
            if drawn.get() != last:
                last = drawn.get()
                out.file.write(last)
                out.file.flush()
        return
    with Live(console=out, auto_refresh=False, screen=True) as place:
        for state in states:
            place.update(screen(state), refresh=True)


def screen(state: Mapping[str, Any]) -> Panel:
    """Sessions, what they owe, the last decisions, and files that no recorded call changed."""
    parts: list[RenderableType] = [sessions(state["sessions"])]
    owed = [f"{each['id'][:8]}: {text}" for each in state["sessions"] for text in each["owed"]]
    parts += [Text("\n owed", "bold"), *(one_line(text) for text in owed)] if owed else []
    if state["decisions"]:
        parts += [Text("\n last calls", "bold"), decisions(state["decisions"][:ROWS])]
    if state["changes"]:
        parts += [Text("\n changed by no recorded call", "bold"), changes(state["changes"][:CHANGES])]
    title = Text("tractguard ") + Text(plain(state["root"]), "bright_black")
    return Panel(Group(*parts), title=title, title_align="left", border_style="bright_black", expand=False)


def one_line(text: str) -> Text:
    """Something owed, cut where the window ends."""
    return Text(" " + plain(text, 110), "yellow", no_wrap=True, overflow="ellipsis")


def sessions(rows: Iterable[Mapping[str, Any]]) -> RenderableType:
    """The live sessions, a line each."""
    made = Table(box=None, show_header=False, padding=(0, 2, 0, 1), pad_edge=False)
    made.add_column(no_wrap=True, min_width=8)
    made.add_column(no_wrap=True, min_width=9)
    made.add_column(no_wrap=True)  # in a small window a line is cut, not folded: the newest calls stay in sight
    made.add_column(no_wrap=True)
    for row in rows:
        busy = f"in {plain(row['doing'])}" if row["doing"] else f"quiet for {idle(row['idle'])}"
        agents = f", {counted(row['agents'], 'subagent')}" if row["agents"] else ""
        made.add_row(
            Text(plain(row["id"])[:8]),
            Text(row["level"], LEVELS.get(row["level"], "")),
            Text(f"{counted(row['calls'], 'call')}, {row['stopped']} stopped{agents}"),
            Text(busy, "bright_black"),
        )
    return made if made.row_count else Text(" no session is at work here", "bright_black")


def changes(rows: Iterable[Mapping[str, Any]]) -> Table:
    """Files that changed outside, a line each."""
    made = Table(box=None, show_header=False, padding=(0, 2, 0, 1), pad_edge=False)
    for row in rows:
        made.add_row(Text(clock(row["time"]), "bright_black"), Text(row["how"], "yellow"), Text(plain(row["path"])))
    return made


def idle(seconds: float) -> str:
    """How long nothing has happened, to the second below a minute, so that a quiet screen stays still."""
    return f"{int(seconds // 60)} min" if seconds >= 60 else "less than a minute"
