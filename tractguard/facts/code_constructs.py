"""Constructs that added code brings in, as the grammar sees them: debug output, `any` types, skipped tests …

`data/constructs_LANGUAGE.json` says which word may be a construct and which node of the syntax tree it
must then be, so that a method of the same name, a string or a comment is none. It refuses to judge what an instruction
calls them, and a text that the grammar does not understand as a whole: there the rules fall back to their patterns.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.facts.code_source import Source

MOST_FOUND = 20  # places that are kept of one construct
MOST_TRIED = 2_000  # places that one row of the table is tried at
USUAL_DEPTH = 3  # parents that are looked at
# What a statement at the top of a file, and one that stands for itself, stands in.
_TOPS = frozenset(("module", "program", "source_file"))
_BODIES = frozenset(("program", "body_statement", "then", "else", "block_body", "do", "begin", "block", "ensure"))
_PROSE = ("string", "comment", "text", "heredoc", "regex")  # what such a node holds says nothing
_AROUND = frozenset(("expression_statement", "export_statement", "ambient_declaration"))

Found = dict[str, tuple[tuple[int, str, float], ...]]


def constructs(origin: Source, root: Any, shift: int, rows: Sequence[Mapping[str, Any]]) -> Found:
    """Construct -> (place in the field, text, how sure) of each that an added line brings in, by these rows.

    `root` is the tree of `origin.text`; its offsets are `shift` larger.
    """
    found: dict[str, list[tuple[int, str, float]]] = {}
    for row in rows:
        found.setdefault(row["name"], []).extend(_of_row(row, origin, root, shift))
    return {name: tuple(sorted(places)[:MOST_FOUND]) for name, places in found.items()}


def _of_row(row: Mapping[str, Any], origin: Source, root: Any, shift: int) -> list[tuple[int, str, float]]:
    found: list[tuple[int, str, float]] = []
    pattern = re.compile(row["pattern"], re.MULTILINE)
    for tried, match in enumerate(pattern.finditer(origin.text, origin.first, origin.last)):
        if tried >= MOST_TRIED or len(found) >= MOST_FOUND:
            break
        if origin.is_new(match.start()) and _is(row, root, match.start() + shift, match.end() + shift):
            text = " ".join(match[0].split())
            found.append((match.start() - origin.low + origin.offset, text, row.get("sure", 0.9)))
    return found


def _is(row: Mapping[str, Any], root: Any, start: int, end: int) -> bool:
    """Whether the node at a place, or one that it stands in, is what the row asks for."""
    node = root.descendant_for_byte_range(start, max(end - 1, start))
    if node is None or (node.type not in row["types"] and any(word in node.type for word in _PROSE)):
        return False
    for _ in range(row.get("depth", USUAL_DEPTH) + 1):
        if node is None:
            return False
        if node.type in row["types"] and _fits(row, node, start, end):
            return True
        node = node.parent
    return False


def _fits(row: Mapping[str, Any], node: Any, start: int, end: int) -> bool:
    if row.get("begins") and node.start_byte != start:
        return False
    if row.get("ends") and node.end_byte != end:
        return False
    if "without" in row and row["without"].encode() in node.text.partition(b"=")[0].split():
        return False
    if "not_in" in row and _within(node, row["not_in"]):
        return False
    if row.get("stands") and node.type == "identifier" and node.parent.type not in _BODIES:
        return False
    return not row.get("top") or _at_top(node)


def _within(node: Any, types: Sequence[str]) -> bool:
    for _ in range(USUAL_DEPTH):
        node = node.parent
        if node is None or node.type in types:
            return node is not None
    return False


def _at_top(node: Any) -> bool:
    above = node.parent
    while above is not None and above.type in _AROUND:
        above = above.parent
    return above is not None and above.type in _TOPS
