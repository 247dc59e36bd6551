"""Whether the record can be trusted."""

from collections.abc import Sequence

from rich.text import Text

from tractguard.numerals import counted
from tractguard.render.terminal import console, line, plain


def audit(path: str, events: int, head: str, breaks: Sequence[str]) -> None:
    """Whether the chain holds."""
    if breaks:
        for each in breaks:
            console().print(Text("broken ", "red") + plain(each), soft_wrap=True)
        found = f"{counted(len(breaks), 'break')} in {counted(events, 'event')}"
        line(f"{path}: {found}. Copy the file before you do anything else.")
        return
    console().print(
        Text("holds ", "green") + f"{counted(events, 'event')}, head {head[:16]}, {plain(path)}", soft_wrap=True
    )
