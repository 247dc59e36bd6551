"""Where comments and string literals stand in a text: the one door to it, for every language.

It knows a file's language by its name. Languages with a grammar are read by `code_tree`; the others, and what a grammar
makes nothing of, by `code_scanner`. Both never fail on half a file, and what they cannot tell they leave as code.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from tractguard.facts.code_source import COMMENT, Region
from tractguard.tables import table

_SPLIT_NAMES = ("Dockerfile", "Containerfile", "Makefile", "Jenkinsfile", "requirements", "constraints", ".env")


@cache
def _names() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """File name -> language, and file ending -> language."""
    names: dict[str, str] = {}
    endings: dict[str, str] = {}
    for language, entry in table("languages").items():
        for name in entry.get("names", ()):
            names[name] = language
        for ending in entry.get("extensions", ()):
            endings[ending] = language
    return names, endings


def language_of(path: str) -> str:
    """The language of a file by its name ("python", "yaml", "dockerfile", "env" ...); "" where it is not known."""
    names, endings = _names()
    name = path.rpartition("/")[2]
    if name in names:
        return names[name]
    if name == ".env" or name.startswith(".env."):
        return "env"
    for head in _SPLIT_NAMES:  # Dockerfile.prod, requirements-test.txt
        if name.startswith(head) and (name == head or name[len(head)] in ".-_") and not name.endswith(".md"):
            return names.get(head) or names.get(head + ".txt", "env")
    ending = name.rpartition(".")[2] if "." in name else ""
    return endings.get(ending) or endings.get(ending.lower(), "")


def family_of(language: str) -> str:
    """How a language is read: code, shell, sql, yaml, toml, json, ini, env, dockerfile, make, pin, prose ..."""
    return str(table("languages").get(language, {}).get("family", ""))


def regions(text: str, language: str, fragment: bool = True, low: int = 0, high: int = 1 << 60) -> list[Region]:
    """Comments and strings of `text`, in order, not overlapping. A `fragment` may begin inside a block comment.

    Where the language has a grammar, it decides, and only what touches `text[low:high]` is told; otherwise, and where
    the grammar makes nothing of the text, the scanner does.
    """
    return read(text, language, fragment, low, high)[0]


def read(
    text: str, language: str, fragment: bool = True, low: int = 0, high: int = 1 << 60
) -> tuple[list[Region], Any, int]:
    """The regions, and the syntax tree that they were read from (else None) with the place of `text` in it: an offset
    in the tree is so much larger than one in `text`."""
    row = table("languages").get(language, {})
    if row.get("family") == "prose":
        return ([Region(COMMENT, 0, len(text), 0, len(text))] if text else []), None, 0
    if row.get("tree"):
        from tractguard.facts.code_tree import read_tree

        decided = read_tree(text, language, lambda: without(text, _scanned(text, language, fragment)), low, high)
        if decided is not None:
            return decided
    return _scanned(text, language, fragment), None, 0


def _scanned(text: str, language: str, fragment: bool) -> list[Region]:
    from tractguard.facts.code_scanner import scanned  # not loaded where grammars do

    return scanned(text, language, fragment)


def blank(piece: str) -> str:
    """Spaces of the same length; line breaks stay."""
    if "\n" not in piece:
        return " " * len(piece)
    return "\n".join([" " * len(line) for line in piece.split("\n")])


def without(text: str, found: list[Region], strings: bool = True) -> str:
    """`text` with comments, and the inside of strings, blanked; the quotes stay. Same length."""
    pieces: list[str] = []
    at = 0
    for region in found:
        if region.kind == COMMENT:
            start, end = region.start, region.end
        elif strings:
            start, end = region.inner, region.outer
        else:
            continue
        if start < at or end <= start:
            continue
        pieces.append(text[at:start])
        pieces.append(blank(text[start:end]))
        at = end
    pieces.append(text[at:])
    return "".join(pieces)


def only(text: str, found: Sequence[Region], low: int = 0, high: int | None = None) -> str:
    """The reverse of `without`, for `text[low:high]`: comments and strings stay, code is blanked. Same length."""
    pieces: list[str] = []
    at = low
    high = len(text) if high is None else high
    for region in found:
        if region.end <= at or region.start >= high:
            continue
        start, end = max(region.start, at), min(region.end, high)
        pieces.append(blank(text[at:start]))
        pieces.append(text[start:end])
        at = end
    pieces.append(blank(text[at:high]))
    return "".join(pieces)
