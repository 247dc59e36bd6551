"""The one screen of `status`."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tractguard.render.events import clock, outcome
from tractguard.render.recovery import size
from tractguard.render.terminal import coloured, console, counted, grid, notices, plain


def status(found: Mapping[str, Any]) -> None:
    """The one screen of `tractguard status`."""
    hooks, kept, book = found["hooks"], found["instructions"], found["ledger"]
    head = Text(" guarded ", "black on green") if hooks["guarded"] else Text(" not guarded ", "white on red")
    if found["mode"] == "shadow":
        head += Text("  shadow: nothing is stopped", "yellow")
    rows: list[tuple[str, RenderableType]] = [("folder", Text(plain(found["root"])))]
    rows += [("hooks", Text(hook_words(layer))) for layer in hooks["installed"]]
    if hooks["why"]:
        rows.append(("", Text(plain(hooks["why"]), "yellow")))
    elif not hooks["subfolders"]:
        rows.append(("", Text("sessions started in a subfolder are not guarded ('init --user' guards them)", "yellow")))
    counts = ", ".join(f"{count} {name}" for name, count in kept["by_persistence"].items())
    said = f"{kept['active']} in force, {kept['checkable']} of them checkable" + (f" ({counts})" if counts else "")
    rows.append(("instructions", Text(said)))
    for each in kept["of_sessions"]:
        held = "this task" if each["temporal_scope"] == "TASK" else "this session"
        rows.append(("", Text(plain(f'{held} ({each["session"][:8]}): "{each["text"]}" ({each["id"]})', 140))))
    rows.append(("policy", Text(f"{found['mode']}, {found['policy_hash']}")))
    journal = f", {book['journal']}" if book["journal"] else ""
    rows.append(("ledger", Text(plain(book["problem"]) or f"{counted(book['events'], 'event')}{journal}")))
    undo = found["recovery"]
    if undo["points"]:
        number = counted(undo["points"], "recovery point")
        rows.append(("undo", Text(f"{number}, {size(undo['bytes'])}; 'tractguard undo' lists them")))
    body: list[RenderableType] = [grid(rows)]
    if found["last_decisions"]:
        body += [Text("\n last calls", "bold"), decisions(found["last_decisions"])]
    console().print(
        Panel(
            Group(*body),
            title=Text("tractguard ") + head,
            title_align="left",
            border_style="bright_black",
            expand=False,
        )
    )
    notices(found["notices"])


def hook_words(layer: Mapping[str, Any]) -> str:
    """One settings file and its hooks."""
    text = f"{layer['path']}, {counted(len(layer['events']), 'event')}"
    for key, word in (("missing", "missing"), ("absent", "not there"), ("stale", "out of date")):
        if layer[key]:
            text += f"; {word}: {', '.join(layer[key])}"
    return plain(text)


def decisions(rows: Iterable[Mapping[str, Any]]) -> Table:
    """The last calls, a line each."""
    made = Table(box=None, show_header=False, padding=(0, 2, 0, 1), pad_edge=False)
    for row in rows:
        codes = " ".join(dict.fromkeys(str(each["code"]) for each in row["findings"]))
        made.add_row(
            Text(clock(row["time"]), "bright_black"),
            coloured(outcome(row)),
            Text(plain(row["tool_name"])),
            Text(plain(row["what"], 70)),
            Text(codes, "bright_black"),
        )
    return made
