"""Calls in program text: a dotted name before a parenthesis, and the text between its parentheses.

It knows which names are keywords or definitions, and the statements that some languages write without parentheses. It
refuses to know what a name means: `log` is whatever the file says it is.
"""

import re
from collections.abc import Iterator
from typing import Any

from tractguard.facts.code_source import Source
from tractguard.model import Fact
from tractguard.tables import later

MOST_ARGUMENTS = 1000  # characters of argument text kept for one call

_CALL = later(
    r"(?<![\w$.#@])(?:(?<=[\s)\]}])\.)?[A-Za-z_$][\w$]*+(?:(?:\.|::|->|\?\.|!\.)#?[A-Za-z_$][\w$]*+)*+[!?]?"
    r"(?:(?:<|::<)[\w ,.\[\]]{1,60}>)?\("
)
_STATEMENT = r"^[ \t]*(%s)\b(?![ \t]*[=(.,])([^\n]*)"
_BARE_CALL = {
    "ruby": _STATEMENT % r"puts|print|pp|p|raise|byebug|debugger|binding\.pry|binding\.irb|eval|system|exec",
    "php": r"(?<![\w$>:])(echo|print|die|exit)\b(?!\()([^\n;]*)",
    "elixir": _STATEMENT % r"raise|IO\.puts|IO\.inspect",
    "javascript": r"^[ \t]*(debugger)\b(?=[ \t]*(?:;|$))()",
}  # fmt: skip
_BARE_CALL["typescript"] = _BARE_CALL["javascript"]
_KEYWORDS = (
    "if for foreach while switch catch return match and or not in is elif else with when using lock sizeof typeof "
    "await yield assert del lambda except unless until case do throw synchronized function fn func fun def "
    "constructor super async where select as new delete void import from"
)
_NOT_CALLS = frozenset(_KEYWORDS.split())
_DEFINES = frozenset(
    "def defp function function* fn func fun sub class interface struct enum trait record defmacro".split()
)
_PARENS = later(r"[()]")


def calls_of(origin: Source, code: str, tree: Any = None, shift: int = 0) -> Iterator[Fact]:
    """`call` facts of the added lines. `code` is the text with comments and strings blanked.

    With a syntax `tree`, whose offsets are `shift` larger, what it takes for the head of a definition is none.
    """
    root = None if tree is None or tree.root_node.has_error else tree.root_node
    if "(" not in code[origin.low : origin.high] and origin.language not in _BARE_CALL:
        return
    closing = _closings(code, origin.low, origin.high)
    for called in _CALL().finditer(code, origin.low, origin.high):
        opening = called.end() - 1
        name = code[called.start() : opening].partition("<")[0].lstrip(".").rstrip("?:")
        last = name.rstrip("!")
        if last in _NOT_CALLS or not origin.is_new(called.start()):
            continue
        if _defined(code, max(origin.low, called.start() - 24), called.start()):
            continue
        if root is not None and _heads(root, opening + shift):
            continue
        end = min(closing.get(opening, origin.high), opening + 1 + MOST_ARGUMENTS)
        yield _call(origin, name.replace("?.", ".").replace("!.", "."), called.start(), opening + 1, end)
    bare = _BARE_CALL.get(origin.language)
    if bare is not None:
        for found in re.compile(bare, re.MULTILINE).finditer(code, origin.low, origin.high):
            if origin.is_new(found.start(1)):
                yield _call(origin, found[1], found.start(1), found.start(2), found.end(2))


_PARAMETERS = frozenset(("parameters", "formal_parameters", "parameter_list", "method_parameters"))


def _heads(root: Any, place: int) -> bool:
    """Whether the parenthesis at a place of the tree opens the parameters of a definition."""
    node = root.descendant_for_byte_range(place, place)
    above = None if node is None else node.parent
    return above is not None and above.type in _PARAMETERS


def _defined(code: str, low: int, start: int) -> bool:
    """Whether the name that begins at `start` is defined there, not called."""
    before = code[low:start].rpartition("\n")[2]
    return before[-1:] in (" ", "\t") and (before.split() or ("",))[-1] in _DEFINES


def _call(origin: Source, name: str, start: int, begin: int, end: int) -> Fact:
    arguments = origin.text[begin:end].strip()
    data = {"lang": origin.language, "path": origin.path, "start": start - origin.low + origin.offset}
    return Fact("call", name, arguments, data, origin.field, origin.span(start, end))


def _closings(code: str, low: int, high: int) -> dict[int, int]:
    """Opening parenthesis -> the one that closes it. One pass."""
    closing: dict[int, int] = {}
    stack: list[int] = []
    for paren in _PARENS().finditer(code, low, high):
        if paren[0] == "(":
            stack.append(paren.start())
        elif stack:
            closing[stack.pop()] = paren.start()
    return closing
