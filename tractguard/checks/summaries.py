"""What a test runner, linter or build printed about itself: green, red, or nothing that is known.

For runs whose exit code is lost (`pytest | tail`), and for counts. Only the end of an output is read; red wins over
green, since one red suite of two is red. The lines that runners print are data (`data/checks.json`). Pure.
"""

import re
from typing import NamedTuple

from tractguard.tables import table

MOST_TEXT = 20_000  # characters at the end of an output
_ANSI = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")


class Summary(NamedTuple):
    """`red` None: the output says nothing that is known. Counts are -1 where they were not said."""

    red: bool | None
    passed: int = -1
    failed: int = -1


def summary_of(output: str) -> Summary:
    """What the end of an output says."""
    text = _ANSI.sub("", output[-MOST_TEXT:]).replace("\r", "")
    if not text.strip():
        return Summary(None)
    green = _found("green", text)
    red = _found("red", text)
    if red:
        return Summary(True, _sum(red, "passed"), max(_sum(red, "failed"), -1))
    return Summary(False, _sum(green, "passed"), 0) if green else Summary(None)


def _found(colour: str, text: str) -> "list[re.Match[str]]":
    """What the first pattern that fits finds: one line, or one for each suite."""
    for pattern in table("checks")[colour]:
        found = list(re.finditer(pattern, text))
        if found:
            return found
    return []


def _sum(found: "list[re.Match[str]]", name: str) -> int:
    """The tests of all suites together; -1 where one does not say."""
    said = [each.groupdict().get(name) for each in found]
    return sum(int(each) for each in said if each) if all(said) else -1
