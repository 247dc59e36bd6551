"""Instructions: the list, one of them, what was added, and how a sentence is understood."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.text import Text

from tractguard.instructions.endings import until
from tractguard.render.terminal import console, grid, line, plain, table

if TYPE_CHECKING:
    from tractguard.instructions.history import Added


def instructions(records: Sequence[Mapping[str, Any]]) -> None:
    """The list of instructions."""
    if not records:
        line("No instructions yet. Say one to the assistant, or: tractguard instructions add 'Use pnpm, not npm'")
        return
    made = table("id", "text", "quadrant", "persistence", "answered", "said in")
    for each in records:
        style = "" if each.get("active") else "bright_black strike"
        dimensions = [str(each.get(key, "")) for key in ("quadrant", "persistence", "verification_required")]
        text = Text(plain(each.get("text"), 100), style)
        for remark in remarks(each):
            text.append(f"\n{plain(remark)}", "yellow")
        made.add_row(str(each.get("id")), text, *dimensions, said_in(each))
    console().print(made)


def remarks(record: Mapping[str, Any]) -> list[str]:
    """What ends a live record by itself, and what it disagrees with."""
    if not record.get("active"):
        return []
    found = [until(record).strip()] if until(record) else []
    if record.get("contradicts"):
        followed = f"; {record['yields_to']} is followed" if record.get("yields_to") else ""
        found.append(f"contradicts {', '.join(map(str, record['contradicts']))}{followed}")
    return found


def said_in(record: Mapping[str, Any]) -> str:
    """Where a record comes from; what holds for one session or one task alone says so."""
    if not record.get("session"):
        return plain(record.get("source"))
    held = "this task" if record.get("temporal_scope") == "TASK" else "this session"
    return f"{held} ({plain(record['session'])[:8]})"


def instruction(record: Mapping[str, Any]) -> None:
    """One instruction, every field that says something."""
    rows: list[list[RenderableType]] = []
    for key, value in record.items():
        for at, item in enumerate(value if isinstance(value, list) and key == "constraints" else [value]):
            if item not in (None, "", [], {}):
                rows.append([key if at == 0 else "", Text(plain(item))])
    console().print(grid(rows, indent=0))


def added(found: Sequence["Added"]) -> None:
    """What was kept, and what it replaced."""
    for each in found:
        word = "known already" if each.repeated else "added"
        console().print(
            Text(f"{word}  ", "green") + f'{each.record["id"]} "{plain(each.record["text"])}"', soft_wrap=True
        )
        for old in each.superseded:
            line(f'replaces {old["id"]} "{old["text"]}"', indent=2)
        if each.record.get("note"):
            line(each.record["note"], indent=2)


def classified(rows: Sequence[Mapping[str, Any]], explain: bool) -> None:
    """How each sentence was understood."""
    for row in rows:
        console().print(Text(plain(row["text"]), "bold"), soft_wrap=True)
        if not row["is_directive"]:
            line("not a directive", indent=2)
        else:
            keys = ("quadrant", "persistence", "temporal_scope", "verification_required", "polarity", "explicitness")
            kept = "" if row["stored"] else ", not explicit enough to be kept"
            line(" ".join(str(row[key]) for key in keys) + kept, indent=2)
        for each in row["constraints"]:
            line("checks " + ", ".join(f"{key} {value}" for key, value in each.items()), indent=2)
        for each in [row["note"], *row.get("evidence", [])] if explain else [row["note"]]:
            if each:
                line(each, indent=2)
