"""The lines of `doctor`."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from tractguard.numerals import counted
from tractguard.render.terminal import console, plain


def checks(rows: Sequence[Mapping[str, Any]]) -> None:
    """The lines of `doctor`; the hooks that are in order share one."""
    good = [row for row in rows if row["ok"] and row["name"] == "hook"]
    if good:
        console().print(Text("  ok  ", "green") + f"hooks: {counted(len(good), 'event')} with theirs", soft_wrap=True)
    for row in rows:
        if row in good:
            continue
        mark = Text("  ok  ", "green") if row["ok"] else Text("wrong ", "bold red")
        console().print(mark + Text(f"{row['name']}: ") + plain(row["detail"]), soft_wrap=True)
        if not row["ok"] and row["fix"]:
            console().print(Text(f"      {plain(row['fix'])}", "yellow"), soft_wrap=True)
