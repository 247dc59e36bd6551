"""Files spoken of by their name or a part of it: a number ("do not edit 001"), an ending ("`.tfstate` files"), "files
named `mod.rs`".

A bare number is a file's only where it is written as file names are, with leading zeros, or stands behind "migration".
"""

import re
from typing import NamedTuple

from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy

_NUMBERS = lazy(
    r"\b(?:edit|modify|touch|chang(?:e|ing)|alter|delet(?:e|ing)|remov(?:e|ing)|renam(?:e|ing)|rewrit(?:e|ing)|renumber"
    r"|squash|overwrite)(?:ing)?\s+(?:(?:the|any|existing|applied|old|sql|init|file|files|script|scripts)\s+)*"
    r"(migrations?\s+|revisions?\s+)?(?:files?\s+)?`?(\d{2,14}(?:_\w{1,60})?)`?((?:(?:,\s?|\s(?:or|and|to)\s)`?\d{2,14}`?)*)(?![\w%]|\.\d)",
    needs="0|1|2|3|4|5|6|7|8|9",
)
_ENDING = lazy(
    r"(?:`\*?(\.[a-z]\w{0,14}(?:\.\w{1,10})?)`|(?<![\w*./])(\.[a-z]\w{1,14}(?:\.\w{1,10})?)) (?:files?|artifacts?)\b"
    r"|\b[a-z]+s \(`?\*?(\.[a-z]\w{1,14})`?\)"
)
_CALLED = lazy(
    r"\bfiles? (?:named|called|with|matching|ending (?:in|with))(?: an?| the)?(?: (?:name|path|suffix|ending))?s? $"
)


_SOME_OF = lazy(r"[\w.-]+`? files\b")  # "any `__init__.py` files"
_ANY = lazy(r"\b(?:any|no|new|more|all|every|additional|extra) $")


class Named(NamedTuple):
    """A glob for files, and where the sentence names them."""

    glob: str
    start: int


def by_part(said: Sentence) -> list[Named]:
    """The files that a sentence names by a number or an ending, in order."""
    found = []
    for match in _NUMBERS.finditer(said.low):
        numbers = [match.group(2), *re.findall(r"\d{2,14}", match.group(3) or "")]
        if match.group(1) or all(number.startswith("0") for number in numbers):
            found += [Named(f"**/{number}*", match.start(2)) for number in numbers]
    for match in _ENDING.finditer(said.low):
        group = match.lastindex or 1
        if not match.group(group).startswith((".env", ".git")):
            found.append(Named("**/*" + match.group(group), match.start(group)))
    return sorted(found, key=lambda named: named.start)


def is_called(said: Sentence, start: int) -> bool:
    """Whether the file at `start` is the name of files that are spoken of: "files with `mod.rs` paths"."""
    if _CALLED.search(said.low[max(0, start - 48) : start].rstrip("`")):
        return True
    return bool(_SOME_OF.match(said.low, start)) and bool(_ANY.search(said.low[max(0, start - 12) : start].rstrip("`")))
