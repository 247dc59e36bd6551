"""The one screen of `status`."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tractguard.numerals import counted
from tractguard.pressure.report import words
from tractguard.render.events import clock, outcome
from tractguard.render.recovery import size
from tractguard.render.terminal import coloured, console, grid, notices, plain


def status(found: Mapping[str, Any]) -> None:
    """The one screen of `tractguard status`."""
    hooks, kept, book = found["hooks"], found["instructions"], found["ledger"]
    head = Text(" guarded ", "black on green") if hooks["guarded"] else Text(" not guarded ", "white on red")
    if found["mode"] == "shadow":
        head += Text("  shadow: nothing is stopped", "yellow")
    rows: list[tuple[str, RenderableType]] = [("folder", Text(plain(found["root"])))]
    rows += [("hooks", Text(hook_words(layer))) for layer in hooks["installed"]]
    rows += [("installed", Text("{hash}, {state}".format(**hooks["as_installed"])))] if hooks["installed"] else []
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
    for each in found["pressure"].get("sessions", ()):
        rows.append(("pressure", Text(plain(f"{each['session_id'][:8]}: {words(each)}"))))
    owed = found["obligations"]
    if owed:
        more = f" and {len(owed) - 1} more" if len(owed) > 1 else ""
        rows.append(("owed", Text(plain(f'"{owed[0]["cause"]}" ({owed[0]["id"]}){more}', 140), "yellow")))
    for each in found["checks"]:
        rows.append(("check", Text(plain(check_words(each), 140))))
    rows.append(("policy", Text(f"{found['mode']}, {found['policy_hash']}")))
    journal = f", {book['journal']}" if book["journal"] else ""
    rows.append(("ledger", Text(plain(book["problem"]) or f"{counted(book['events'], 'event')}{journal}")))
    undo = found["recovery"]
    if undo["points"]:
        number = counted(undo["points"], "recovery point")
        rows.append(("undo", Text(f"{number}, {size(undo['bytes'])}; 'tractguard undo' lists them")))
    rows += [("deliberate" if at == 0 else "", Text(waiting(each))) for at, each in enumerate(found["deliberations"])]
    body: list[RenderableType] = [grid(rows)]
    if found["shadow"].get("stopped"):
        body += [Text("\n " + shadow_words(found["shadow"]), "yellow"), decisions(found["shadow"]["last"])]
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


def shadow_words(shadow: Mapping[str, Any]) -> str:
    """What shadow mode would have stopped, in one line."""
    codes = ", ".join(f"{code} {count}" for code, count in list(shadow["by_code"].items())[:5])
    said = f"would have stopped {shadow['stopped']} of {counted(shadow['judged'], 'call')}"
    return f"{said} ({shadow['refused']} refused, {shadow['asked']} asked: {codes})"


def check_words(check: Mapping[str, Any]) -> str:
    """A check of policy: that it runs now, or when it was green last and what is held since."""
    if check.get("running_since"):
        return f"{check['command']}: runs since {clock(check['running_since'])}"
    if check["green"] is None:
        return f"{check['command']}: no green run was seen"
    since = f"{check['command']}: green at {clock(check['green']['time'])}"
    if check["files"] is None:
        return f"{since}; what changed since cannot be told"
    if not check["files"]:
        return f"{since}, on this very tree"
    named = ", ".join(check["files"][:3]) + (" …" if len(check["files"]) > 3 else "")
    return f"{since}; {counted(len(check['files']), 'file')} held since: {named}"


def waiting(record: Mapping[str, Any]) -> str:
    """A record that wants a person, in one line."""
    if record["problems"]:
        return plain(f"{record['id']}: {record['problems'][0]}", 160)
    if record["review_due"]:
        return plain(f'{record["id"]}: the decision on "{record["question"]}" is due for review', 140)
    late = "was due" if record["overdue"] else "due"
    return plain(f'{record["id"]} ({record["urgency"]}, {late} {record["due"][:10]}): "{record["question"]}"', 140)


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
