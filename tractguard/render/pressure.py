"""A reading of context pressure, factor by factor."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from tractguard.render.terminal import console, plain

COLOURS = {"NORMAL": "green", "ELEVATED": "yellow", "HIGH": "dark_orange", "CRITICAL": "red", "DANGEROUS": "bold red"}
LABELS = {"LOW": "green", "MODERATE": "yellow", "HIGH": "red", "UNKNOWN": "bright_black"}


def pressure(found: Mapping[str, Any]) -> None:
    """One reading: the score, the level, and what each factor brings to it."""
    out = console()
    head = Text(f"{found['level']} {found['score']:.2f}", COLOURS.get(found["level"], ""))
    if found.get("session_id"):
        head = Text(f"{plain(str(found['session_id'])[:8])}  ") + head
    out.print(head)
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 1), header_style="bright_black")
    for title in ("factor", "counted", "ratio", "label", "weight", "brings"):
        made.add_column(title, justify="right" if title in ("ratio", "weight", "brings") else "left")
    for name, each in found["factors"].items():
        ratio = "unknown" if each["ratio"] is None else f"{each['ratio']:.2f}"
        made.add_row(
            name,
            Text(plain(counted_words(each["raw"]))),
            ratio,
            Text(each["label"], LABELS.get(each["label"], "")),
            f"{each['weight']:.2f}",
            f"{each['contribution']:.3f}",
        )
    out.print(made)
    for line in remarks(found):
        out.print(Text(plain(line), "bright_black"))


def counted_words(raw: Mapping[str, Any]) -> str:
    """What was counted for a factor, in words."""
    known = {name: value for name, value in raw.items() if not name.endswith("max")}
    return ", ".join(f"{name} {'unknown' if value is None else f'{value:,.10g}'}" for name, value in known.items())


def remarks(found: Mapping[str, Any]) -> list[str]:
    """What the table does not say."""
    lines = []
    if found["unknown"]:
        names = ", ".join(found["unknown"])
        lines.append(
            f"{names}: unknown, its weight is shared out among the others; the level is at least {found['at_least']}"
        )
    if found.get("session_id"):
        lines.append(f"tokens from: {found['tokens']['from']}; window from: {found['window']['from']}")
        more = found["tokens"].get("since_usage")
        if more and more["tokens"]:
            lines.append(f"about {more['tokens']:,} tokens since the last usage ({more['by']})")
        learned = found["messages"]["learned_max"]
        if learned:
            lines.append(f"this model was seen to be compacted at about {learned} messages")
        if not found["messages"]["whole_transcript"]:
            lines.append("the beginning of the transcript was passed over: messages are at least so many")
        until = found["trend"]["calls_until_next"]
        if until:
            lines.append(f"{found['trend']['next']} in about {until} calls, as it rises now")
        lines.append(f"acting: {found['acting']}; verification {found['verification']}")
    return lines
