"""The terminal, or the pipe: colour or none, one line of somebody else's text, columns, notices, a bar.

Colour goes when NO_COLOR is set, whatever else asks for it, or when the output is a pipe.
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 160  # columns where there is no terminal to ask
COLOURS = {
    "APPROVED": "green",
    "WARNING": "yellow",
    "REJECTED": "red",
    "ESCALATED": "magenta",
    "enforced": "green",
    "warned": "yellow",
    "reminded": "cyan",
    "not an instruction": "bright_black",
    "corrected": "cyan",
}
HIDDEN = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF],
    "\ufffd",
)


def console() -> Console:
    """The terminal, or the pipe."""
    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else PIPE_WIDTH
    out = Console(highlight=False, width=width, emoji=False)
    # rich keeps bold where colour is unwanted, and FORCE_COLOR makes a terminal of a pipe: neither is what was asked.
    return Console(highlight=False, width=width, emoji=False, color_system=None) if out.no_color else out


def plain(text: object, most: int = 0) -> str:
    """A text of somebody else in one line: control and invisible characters replaced, shortened to `most`."""
    if isinstance(text, (dict, list, tuple)):
        text = json.dumps(text, ensure_ascii=False, default=str)
    line = " ".join(str(text).split()).translate(HIDDEN)
    return line if not most or len(line) <= most else line[: most - 1] + "…"


def coloured(word: str) -> Text:
    """A status or an outcome in its colour."""
    return Text(word, COLOURS.get(word, ""))


def line(text: str, *, indent: int = 0) -> None:
    """One line."""
    console().print(Text(" " * indent + plain(text)), soft_wrap=True)


def grid(rows: Iterable[Sequence[RenderableType]], *, indent: int = 1) -> Table:
    """Columns without lines, the first in grey."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(style="bright_black", no_wrap=True)
    for cells in rows:
        table.add_row(*[Text(" " * indent) + cells[0] if isinstance(cells[0], str) else cells[0], *cells[1:]])
    return table


def table(*headings: str) -> Table:
    """A table with one line below its headings."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def notices(texts: Sequence[str]) -> None:
    """What a person should hear, a line each."""
    for text in texts:
        console().print(Text("! ", "yellow") + plain(text), soft_wrap=True)


def wrote(rows: Sequence[tuple[str, str]]) -> None:
    """What became of which file."""
    width = max((len(what) for _, what in rows), default=0)
    for path, what in rows:
        console().print(Text(f"{what:{width}}  ", "bright_black") + plain(path), soft_wrap=True)


@contextlib.contextmanager
def progress(title: str, total: int, *, quiet: bool = False) -> Iterator[Callable[[], None]]:
    """A bar on stderr while something takes its time; nothing in a pipe. Call what it yields at each step."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty())
    with bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)
