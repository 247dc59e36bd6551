"""A text that a call would write, and which of its lines are new.

It knows only places: the whole text as it will stand (so that indentation, sections and comments are read in context),
the part of it that the tool input carries, and the lines that the call adds. It refuses to know languages.
"""

from bisect import bisect_right
from collections import Counter
from typing import NamedTuple

from tractguard.model import Fact

MOST_TEXT = 250_000  # characters of one written text that are read for facts; the rest is an `opaque` fact
MOST_CONTEXT = 64_000  # a file longer than this is not read around an edit: the edit stands alone
COMMENT, STRING = "comment", "string"


class Region(NamedTuple):
    """A comment or a string: `start`..`end` with its delimiters, `inner` and `outer` without them.

    A string with code in it is told in pieces; `whole` of the first is where the inside of the last ends, else 0.
    """

    kind: str
    start: int
    end: int
    inner: int
    outer: int
    whole: int = 0


class Source(NamedTuple):
    """`text[low:high]` is the string in the tool input, which begins at `offset` of `field`.

    Where it begins or ends inside a line of the file, that whole line counts: it runs from `first` to `last`.
    """

    path: str
    language: str
    text: str
    low: int
    high: int
    first: int
    last: int
    starts: tuple[int, ...]  # where each line of the part begins, in `text`
    new: tuple[bool, ...]  # whether that line is added
    field: str = ""
    offset: int = 0
    via: str = ""
    op: str = "create"  # create | edit | append

    @property
    def part(self) -> str:
        """The string that the tool input carries."""
        return self.text[self.low : self.high]

    def is_new(self, place: int) -> bool:
        """Whether the line at `place` of `text` is added by the call."""
        if not self.first <= place <= self.last:
            return False
        line = bisect_right(self.starts, place) - 1
        return line >= 0 and self.new[line]

    def touches(self, start: int, end: int) -> bool:
        """Whether an added line holds a part of `start`..`end` of `text`."""
        if end < self.first or start > self.last:
            return False
        low = max(0, bisect_right(self.starts, start) - 1)
        return any(self.new[low : bisect_right(self.starts, end)])

    def clip(self, fact: Fact) -> Fact:
        """`fact` without the places that lie outside the part: what is in the file around it cannot be corrected."""
        low, high = self.offset, self.offset + self.high - self.low
        if fact.span is not None and not low <= fact.span[0] <= fact.span[1] <= high:
            fact = fact._replace(span=None)
        host = fact.data.get("host_span")
        if host is not None and not low <= host[0] <= host[1] <= high:
            fact = fact._replace(data={**fact.data, "host_span": None})
        return fact

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """`start`..`end` of `text` as offsets in the string at `field`, or None where it lies outside."""
        if start < self.low or end > self.high or end <= start:
            return None
        return start - self.low + self.offset, end - self.low + self.offset


def source(
    path: str,
    language: str,
    part: str,
    removed: str = "",
    before: str = "",
    after: str = "",
    field: str = "",
    offset: int = 0,
    via: str = "",
    op: str = "create",
) -> Source:
    """A `Source` for `part`, which stands between `before` and `after` in the file. A line that `removed` holds as well
    (as often) is not new."""
    low, high = len(before), len(before) + len(part)
    first = before.rfind("\n") + 1
    starts, new = _lines(before[first:] + part, removed, first)
    end = after.find("\n")
    last = high + (end if end >= 0 else len(after))
    text = before + part + after
    return Source(path, language, text, low, high, first, last, starts, new, field, offset, via, op)


def _lines(part: str, removed: str, low: int) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    known = Counter(removed.split("\n")) if removed else None
    starts: list[int] = []
    new: list[bool] = []
    place = low
    for line in part.split("\n"):
        starts.append(place)
        place += len(line) + 1
        if known and known[line] > 0:
            known[line] -= 1
            new.append(False)
        else:
            new.append(True)
    return tuple(starts), tuple(new)


def cut(text: str, most: int = MOST_TEXT) -> str:
    """`text`, or its beginning up to a line's end where it is longer than `most`."""
    if len(text) <= most:
        return text
    newline = text.rfind("\n", most // 2, most)
    return text[: newline + 1] if newline >= 0 else text[:most]


def only_new(origin: Source, text: str) -> str:
    """`text` (as long as the part) with the lines that are not new blanked."""
    if all(origin.new):
        return text
    pieces = []
    for line, new in zip(text.split("\n"), origin.new, strict=False):
        pieces.append(line if new else " " * len(line))
    return "\n".join(pieces)
