"""Where comments and string literals stand in a text: the one door to it, for every language.

It knows a file's language by its name. Languages with a grammar are read by `code_tree`; the others, and what a grammar
makes nothing of, by `code_scanner`. Both never fail on half a file, and what they cannot tell they leave as code.
"""

from collections.abc import Mapping
from functools import cache

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
    row = table("languages").get(language, {})
    if row.get("family") == "prose":
        return [Region(COMMENT, 0, len(text), 0, len(text))] if text else []
    if row.get("tree"):
        from tractguard.facts.code_tree import tree_regions

        decided = tree_regions(text, language, lambda: without(text, _scanned(text, language, fragment)), low, high)
        if decided is not None:
            return decided
    return _scanned(text, language, fragment)


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


def only(text: str, found: list[Region]) -> str:
    """The reverse of `without`: comments and strings stay, code is blanked. Same length."""
    pieces: list[str] = []
    at = 0
    for region in found:
        if region.start < at:
            continue
        pieces.append(blank(text[at : region.start]))
        pieces.append(text[region.start : region.end])
        at = region.end
    pieces.append(blank(text[at:]))
    return "".join(pieces)
