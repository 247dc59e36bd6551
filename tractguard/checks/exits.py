"""Which commands of a shell line an exit code 0 speaks for.

`pytest && git push` ends with 0 only where both did; `pytest | tail`, `pytest || true`, `pytest; echo done` and
`pytest &` may end with 0 whatever pytest said. Read from the syntax tree, walked with a list of things to do. What it
does not know (a loop, a condition) speaks for nothing. Pure.
"""

import re
from typing import Any

from tractguard.facts.treesitter import parser

LONGEST = 20_000  # characters of a command; of a longer one nothing is known
MOST_NODES = 5_000
_SHELLS = frozenset(("bash", "sh", "zsh", "dash", "ksh"))
_GROUPS = frozenset(("program", "subshell", "compound_statement"))
_TAKES_TEXT = re.compile(r"-[a-z]{0,6}c[a-z]{0,6}$").match  # `-c`, `-lc`
_ERREXIT = re.compile(r"(?:^|[;\n])\s{0,20}set -(?:[a-z]{0,8}e|o errexit)").search
Span = tuple[int, int]


def spoken_for(command: str) -> list[Span]:
    """The ranges of `command` whose commands all ended with 0 where the whole did; none where that cannot be told."""
    found: list[Span] = []
    texts = [(command, 0)]
    while texts:
        text, offset = texts.pop()
        for start, end, inner in _of_text(text):
            if inner is None:
                found.append((start + offset, end + offset))
            else:
                texts.append((text[start:end], start + offset))
    return sorted(found)


def covers(spans: list[Span], at: int) -> bool:
    """Whether a place of the command lies in one of its ranges."""
    return any(start <= at < end for start, end in spans)


def _of_text(text: str) -> list[tuple[int, int, bool | None]]:
    """(start, end, None) for a command that counts, (start, end, True) for shell text that is to be read in turn."""
    bash = parser("bash") if len(text) <= LONGEST else None
    tree = bash.parse(text) if bash is not None else None
    if tree is None or tree.root_node.has_error:
        return []
    strict, piped = bool(_ERREXIT(text)), "pipefail" in text
    found: list[tuple[int, int, bool | None]] = []
    todo = [tree.root_node]
    for _ in range(MOST_NODES):
        if not todo:
            break
        node = todo.pop()
        if node.type == "command":
            found.append(_command(node, text))
        else:
            todo += _parts(node, text, strict, piped)
    return [] if todo else found


def _parts(node: Any, text: str, strict: bool, piped: bool) -> list[Any]:
    """The parts of a node that all ended with 0 where it did."""
    named = [child for child in node.named_children if child.type != "comment"]
    if node.type in _GROUPS:
        return _statements(node, strict)
    if node.type == "list":
        marks = {child.type for child in node.children}
        if "||" in marks:
            return named[:1] if len(named) == 2 and _fails(named[1], text) else []
        return named
    if node.type == "pipeline":
        return named if piped else named[-1:]
    if node.type == "redirected_statement":
        return named[:1]
    return []


def _statements(node: Any, strict: bool) -> list[Any]:
    """The statements of a block that its exit code speaks for: the last one; all of them behind `set -e`."""
    rows = [child for child in node.children if child.type not in ("(", ")", "{", "}", "\n", "comment")]
    kept: list[Any] = []
    for place, child in enumerate(rows):
        if not child.is_named:
            continue
        behind = rows[place + 1].type if place + 1 < len(rows) else ""
        if behind == "&":
            continue
        kept.append(child)
    if strict:
        return kept
    last = [child for child in rows if child.is_named][-1:]
    return last if last and last[0] in kept else []


def _fails(node: Any, text: str) -> bool:
    """Whether what stands behind `||` ends with another code than 0 in any case (`exit 1`, `{ echo x; exit 1; }`)."""
    words = text[node.start_byte : node.end_byte].strip("(){}; \n").replace("\n", ";").split(";")[-1].split()
    leaves = words[:1] in (["exit"], ["return"]) and words[1:2] not in (["0"], [])
    return leaves or words == ["false"]


def _command(node: Any, text: str) -> tuple[int, int, bool | None]:
    """A command as a range; of `bash -c '…'` the text that it runs."""
    words = [child for child in node.named_children if child.type != "variable_assignment"]
    said = [text[word.start_byte : word.end_byte] for word in words]
    if len(words) > 2 and said[0].rpartition("/")[2] in _SHELLS:
        for flag, word in zip(said[1:], words[2:], strict=False):
            if (
                flag.startswith("-")
                and not flag.startswith("--")
                and "c" in flag
                and word.type in ("raw_string", "string")
            ):
                return word.start_byte + 1, word.end_byte - 1, True
    return node.start_byte, node.end_byte, None
