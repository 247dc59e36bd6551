"""The shipped tables that reading constraints needs, each loaded at its first use and never changed."""

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tractguard.tables import table

_BEGINS = re.compile(r"(?<![\w.@/-])\S")
_GOES_ON = re.compile(r"[\w@/]|-\w|\.\w")


def section(name: str) -> Any:
    """A section of the table of constraint words."""
    return table("constraints")[name]


class Found:
    """A word found in a text; it answers as a match of an expression does."""

    __slots__ = ("_at", "_word")

    def __init__(self, word: str, at: int) -> None:
        self._word, self._at = word, at

    def group(self) -> str:
        """The word."""
        return self._word

    def start(self) -> int:
        """Where it begins."""
        return self._at

    def end(self) -> int:
        """Where it ends."""
        return self._at + len(self._word)

    def span(self) -> tuple[int, int]:
        """Both."""
        return self._at, self._at + len(self._word)


class Words:
    """Finds whole words of a list, the longest first. A table, since one large expression costs ms to compile."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_head: dict[str, list[str]] = {}
        for word in sorted(words, key=lambda word: (-len(word), word)):
            self._by_head.setdefault(word[:2], []).append(word)
        for head, longer in self._by_head.items():
            if len(head) == 2:
                longer += self._by_head.get(head[0], [])

    def finditer(self, text: str) -> Iterator[Found]:
        """The words in `text` in order; none inside a longer word or a path, no two at one place."""
        done, heads = 0, self._by_head
        for at in _starts(text):
            if at < done:
                continue
            for word in heads.get(text[at : at + 2], ()) or heads.get(text[at], ()):
                if text.startswith(word, at) and not _GOES_ON.match(text, at + len(word)):
                    done = at + len(word)
                    yield Found(word, at)
                    break

    def search(self, text: str) -> Found | None:
        """The first of them."""
        return next(self.finditer(text), None)


@functools.lru_cache(maxsize=8)
def _starts(text: str) -> tuple[int, ...]:
    """Where a word may begin."""
    return tuple(match.start() for match in _BEGINS.finditer(text))


@functools.cache
def pattern(name: str) -> Words:
    """A section that is a list of words, or an object keyed by words."""
    return Words(section(name))


@functools.cache
def members() -> dict[str, tuple[str, ...]]:
    """Tool name or alias -> names of the families that it belongs to, the usual one first."""
    found: dict[str, tuple[str, ...]] = {}
    tools = table("tools")
    for family, entry in tools["families"].items():
        for tool in entry["tools"]:
            found[tool] = (*found.get(tool, ()), family)
    for alias, name in tools["aliases"].items():
        found.setdefault(alias, found.get(name, ()))
    return found


@functools.cache
def tool_words() -> Words:
    """Every tool and alias."""
    return Words(members())


def canonical(tool: str) -> str:
    """The usual name of a tool ("pip3" is "pip")."""
    name: str = table("tools")["aliases"].get(tool, tool)
    return name


@functools.cache
def programs() -> frozenset[str]:
    """Names that start a command line."""
    tools = table("tools")
    names = set(tools["programs"])
    for entry in tools["families"].values():
        if entry.get("kind", "tool") == "tool":
            names.update(tool for tool in entry["tools"] if " " not in tool)
    names.update(alias for alias in tools["aliases"] if " " not in alias)
    return frozenset(names)
