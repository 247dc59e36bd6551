"""Where comments and string literals stand in a text, by the grammar of its language.

It knows Python, JavaScript, TypeScript (with JSX), Go, Rust, Java, Ruby and shell. A fragment may begin or end
anywhere, inside a docstring or a template too: where it does not parse as it stands, it is read in the frames that its
delimiters suggest, and the frame with the fewest faults is taken. It refuses to read what is longer than `MOST_TREE`.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from tractguard.facts.code_source import COMMENT, STRING, Region
from tractguard.facts.treesitter import parser

MOST_TREE = 80_000  # characters of a text that are parsed; a longer one is left to the scanner
MOST_SECONDS = 0.3  # of processor time for one parse
MOST_FRAMED = 20_000  # characters of a fragment that is tried in frames

MOST_FAULTS = 0.05  # of a text may be strange to the grammar
MOST_NESTED = 300  # brackets of one kind that a text opens and does not close
MOST_OPEN = 40  # brackets that a fragment leaves open
HIDING = 4  # a frame that hides text must be so much better
_LINE = 200  # a docstring stands this near to its line's beginning

_DIALECTS = {
    "python": "python",
    "javascript": "javascript",
    "typescript": "typescript",
    "go": "go",
    "rust": "rust",
    "java": "java",
    "ruby": "ruby",
    "shell": "bash",
}
# What a comment or a string needs.
_MARKS = {"python": "[\"'#]", "go": "[\"'`/]", "rust": "[\"'/]", "java": "[\"'/]", "typescript": "[\"'`/#<]"}
_ANY_MARK = "[^\\w\\s]"
_COMMENTS = frozenset(
    ("comment", "html_comment", "hash_bang_line", "line_comment", "block_comment", "jsx_text", "uninterpreted")
)
_STRINGS = frozenset(
    ("string", "template_string", "regex", "interpreted_string_literal", "raw_string_literal", "rune_literal",
     "string_literal", "char_literal", "character_literal", "heredoc_body", "string_array", "symbol_array", "subshell",
     "delimited_symbol", "raw_string", "ansi_c_string")
)  # fmt: skip
_HOLES = frozenset(("interpolation", "template_substitution", "string_interpolation", "command_substitution"))
# What is inside already, where the delimiters are no nodes of their own.
_CONTENT = frozenset(("string_content", "string_fragment", "heredoc_content", "interpolation", "escape_sequence"))
_UNCLOSED = frozenset(("heredoc_body",))
_LETTERS = "rRbBuUfFtT"
_TRIPLE = ('"""', "'''")
_LITERAL = r"[A-Za-z]{0,2}\$?#{0,16}[\"'`]|\?"  # compiled on first use, like the next
_CLASS = ("class A {", "\n}")
# What a fragment's language may need before its first line.
_OPENINGS = {
    "javascript": ("class A {", "class A { f() ", "x = {"),
    "typescript": ("class A {", "class A { f() ", "x = {"),
    "tsx": ("class A {", "class A { f() ", "x = {"),
    "java": ("class A {", "class A { void f() "),
    "go": ("package p\nfunc f() {\n", "package p\nfunc f() ", "package p\nvar v = T{\n"),
}
_OPENERS = {")": "f(", "]": "[", "}": "{"}
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_BRACKET = r"[()\[\]{}]"
# Delimiters that may be open where a fragment begins or ends.
_OPEN = {
    "python": ('"""', "'''"),
    "javascript": ("`",),
    "typescript": ("`",),
    "tsx": ("`",),
    "go": ("`",),
    "java": ('"""',),
}
# What a line begins with that stands in no bracket: there a long text is cut.
_SCRIPT = ("export ", "function ", "class ", "const ", "import ", "async ", "type ", "interface ", "describe(")
_TOPS = {
    "python": ("def ", "class ", "@", "async def ", "import ", "from ", "    def ", "    @", "    async def "),
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "tsx": _SCRIPT,
    "go": ("func ", "type ", "var ", "const "),
    "rust": ("fn ", "pub ", "impl", "struct ", "enum ", "mod ", "#[", "use "),
}
SMALLEST = 1_500  # characters that a window must save
_MARKUP = frozenset(("javascript", "tsx"))
_BLOCKS = frozenset(("javascript", "typescript", "tsx", "go", "java", "rust"))


def tree_regions(
    text: str, language: str, scanned: Callable[[], str], low: int = 0, high: int = 1 << 60
) -> list[Region] | None:
    """Comments and strings that touch `text[low:high]`, in order; None where the grammar makes too little of the text.

    `scanned` gives the text without comments and strings as the scanner sees them: it tells a fragment's brackets.
    """
    read = read_tree(text, language, scanned, low, high)
    return None if read is None else read[0]


def read_tree(
    text: str, language: str, scanned: Callable[[], str], low: int = 0, high: int = 1 << 60
) -> tuple[list[Region], Any, int] | None:
    """The regions as `tree_regions` tells them, the tree that they were read from, and how much larger an offset in
    the tree is than in `text`. The tree holds at least all of the statements that touch `text[low:high]`."""
    dialect = dialect_of(text, language)
    if not dialect or len(text) > MOST_TREE or overnested(text):
        return None
    read, extra = text, list[Region]()
    if dialect == "bash" and "<<" in text:
        read, extra = _without_heredocs(text)
    found = _windowed(read, dialect, low, high) or _best(read, dialect, scanned)
    if found is None:
        return None
    tree, shift = found
    marks = _MARKS.get(dialect, _ANY_MARK)
    regions = sorted([*_walk(tree.root_node, text, shift, low + shift, high + shift, marks), *extra], key=_start)
    return regions, tree, shift


def _windowed(text: str, dialect: str, low: int, high: int) -> tuple[Any, int] | None:
    """The tree of the statements at the file's top that touch `text[low:high]`, so that an edit of a long file costs
    what its surroundings do; None where they cannot be cut out for sure."""
    starts = _TOPS.get(dialect)
    if starts is None or low < 0 or high - low > len(text) - SMALLEST:
        return None
    at = max(text.rfind("\n" + word, 0, low) for word in starts) + 1
    ends = [place for word in starts if (place := text.find("\n" + word, high)) >= 0]
    end = min(ends) + 1 if ends else len(text)
    if end - at > len(text) - SMALLEST or not _between(text[:at], dialect):
        return None
    engine = parser(dialect)
    tree = None if engine is None else engine.parse(text[at:end], MOST_SECONDS)
    return None if tree is None or tree.root_node.has_error else (tree, -at)


def _between(text: str, dialect: str) -> bool:
    """Whether what follows `text` stands in no string and no comment of several lines."""
    if any(text.count(delimiter) % 2 for delimiter in _OPEN.get(dialect, ('"',))):
        return False
    return dialect not in _BLOCKS or text.count("/*") == text.count("*/")


def dialect_of(text: str, language: str) -> str:
    """The grammar that reads a text of `language`, "" where there is none."""
    if language == "typescript" and ("</" in text or "/>" in text):
        return "tsx"
    return _DIALECTS.get(language, "")


def overnested(text: str) -> bool:
    """Whether a text opens more than any program does: some grammars need a time that grows with the square of it."""
    return any(text.count(opening) - text.count(closing) > MOST_NESTED for opening, closing in ("<>", "()", "[]", "{}"))


def _start(region: Region) -> tuple[int, int]:
    return region.start, region.end


def _without_heredocs(text: str) -> tuple[str, list[Region]]:
    """A shell script without its here-documents, and where their bodies stand."""
    from tractguard.facts.shell_heredoc import prepare

    clean, heredocs, _ = prepare(text)
    return clean, [Region(STRING, h.start, h.end, h.start, h.end) for h in heredocs.values() if h.end > h.start]


def _best(text: str, dialect: str, scanned: Callable[[], str]) -> tuple[Any, int] | None:
    """The tree of `text`, in the frame with the fewest faults, and how long the frame's opening is; None where each has
    too many."""
    engine = parser(dialect)
    if engine is None:
        return None
    if dialect in _MARKUP and text.lstrip()[:1] == "<":  # tags side by side parse as comparisons, too
        best = engine.parse(f"<>{text}</>", MOST_SECONDS)
        if best is not None and not best.root_node.has_error:
            return best, 2
    best, shift = engine.parse(text, MOST_SECONDS), 0
    if best is None:
        return None
    least = faults(best.root_node)
    if not least:
        return best, 0
    for opening, closing, much in _frames(text, dialect, scanned()) if len(text) <= MOST_FRAMED else ():
        tree = engine.parse(f"{opening}{text}{closing}", MOST_SECONDS)
        if tree is None:
            break
        strange = faults(tree.root_node)
        if strange * much < least:
            best, least, shift = tree, strange, len(opening)
        if not least:
            break
    return None if least > len(text) * MOST_FAULTS else (best, shift)


def _frames(text: str, dialect: str, code: str) -> Iterator[tuple[str, str, int]]:
    """What may stand before and behind a fragment, and how many times better that must be: the brackets that it leaves
    open, what its language needs around it, and last the comments and strings that it may begin or end in."""
    before, behind = _brackets(code)
    if before or behind:
        yield before, behind, 1
    if dialect in _BLOCKS:
        opens, closes = text.find("/*"), text.find("*/")
        if closes >= 0 and not 0 <= opens < closes:
            yield "/*", behind, 1 if text.lstrip()[:1] == "*" else HIDING
        if text.rfind("/*") > text.rfind("*/"):
            yield "", "*/", 1
        if closes < 0 and text.lstrip()[:1] == "*":
            yield "/*", "*/", 1
    for opening in _OPENINGS.get(dialect, ()):
        yield opening + before, behind + "\n}" * opening.endswith(("{", "{\n")), 1
    if dialect in _MARKUP and "<" in text:
        yield "<>", "</>", HIDING
    for delimiter in _OPEN.get(dialect, ()):
        count = text.count(delimiter) - text.count("\\" + delimiter)
        if count % 2:
            yield before, delimiter + behind, HIDING
            yield delimiter, "", HIDING
        elif count and len(delimiter) == 3:
            yield delimiter, delimiter, HIDING


def _brackets(code: str) -> tuple[str, str]:
    """What opens the brackets that `code` closes only, and closes those that it opens only."""
    before: list[str] = []
    stack: list[str] = []
    for bracket in re.findall(_BRACKET, code):
        if bracket in _CLOSERS:
            stack.append(_CLOSERS[bracket])
        elif stack and stack[-1] == bracket:
            stack.pop()
        elif not stack:
            before.append(_OPENERS[bracket])
    return "".join(reversed(before[:MOST_OPEN])), "".join(reversed(stack[-MOST_OPEN:]))


def faults(root: Any) -> int:
    """How many characters the grammar made nothing of, and one for each that it had to invent."""
    count = 0
    todo = [root]
    while todo:
        node = todo.pop()
        if node.is_missing:
            count += 1
        if not node.has_error and not node.is_error:
            continue
        children = node.children
        if node.is_error:
            read = sum([child.end_byte - child.start_byte for child in children if child.is_named])
            count += max(1, node.end_byte - node.start_byte - read)
        todo.extend(children)
    return count


def _walk(root: Any, text: str, shift: int, low: int, high: int, marks: str) -> Iterator[Region]:
    """The regions below `root`, whose offsets are `shift` too large, that touch `low`..`high`. Without one of the
    characters in `marks` a part holds none."""
    marked = re.compile(marks).search
    todo = [(root, "")]
    while todo:
        node, above = todo.pop()
        if node.end_byte < low or node.start_byte > high:
            continue
        kind = node.type
        if not node.is_named:
            continue
        if kind in _COMMENTS:
            yield from _comment(node, text, shift)
        elif kind in _STRINGS:
            if _is_docstring(node, kind, above, text, shift):
                start, end = _ends(node, text, shift)
                yield Region(COMMENT, start, end, start, end)
                continue
            holes = [child for child in node.children if child.type in _HOLES]
            yield from _pieces(node, holes, text, shift)
            todo.extend([(hole, kind) for hole in holes])
        elif marked(text, max(0, node.start_byte - shift), max(0, node.end_byte - shift)):
            todo.extend([(child, kind) for child in node.children])


def _ends(node: Any, text: str, shift: int) -> tuple[int, int]:
    return max(0, node.start_byte - shift), max(0, min(len(text), node.end_byte - shift))


def _comment(node: Any, text: str, shift: int) -> Iterator[Region]:
    start, end = _ends(node, text, shift)
    if node.type == "line_comment" and text[end - 1 : end] == "\n":
        end -= 1
    if end > start and (node.type != "jsx_text" or text[start:end].strip()):
        yield Region(COMMENT, start, end, start, end)


def _is_docstring(node: Any, kind: str, above: str, text: str, shift: int) -> bool:
    """Whether a triple-quoted string of Python is a statement of its own, which is prose."""
    if kind != "string" or above not in ("expression_statement", "ERROR"):
        return False
    start, end = _ends(node, text, shift)
    if text[end - 3 : end] not in _TRIPLE and text[start : start + 8].lstrip("rRuUbBfF")[:3] not in _TRIPLE:
        return False
    line = text.rfind("\n", max(0, start - _LINE), start) + 1
    return above == "expression_statement" or not text[line:start].strip()


def _pieces(node: Any, holes: list[Any], text: str, shift: int) -> Iterator[Region]:
    """The literal parts of a string between the holes in it, which are code."""
    begin, end = _ends(node, text, shift)
    inner, outer = (min(max(place - shift, begin), end) for place in _inside(node))
    at, whole = inner, outer if holes else 0
    for hole in holes:
        stop, after = _ends(hole, text, shift)
        yield Region(STRING, begin, max(stop, at), at, max(stop, at), whole)
        at = begin = max(after, at)
        whole = 0
    if end > begin:
        yield Region(STRING, begin, end, min(at, end), max(at, outer))


def _inside(node: Any) -> tuple[int, int]:
    """Where the inside of a string begins and ends: behind its first delimiter, before its last."""
    children = node.children
    if not children:
        literal = re.match(_LITERAL, node.text.decode("ascii"))
        start = node.start_byte + (literal.end() if literal else 0)
        return start, max(start, node.end_byte - (1 if node.type not in _UNCLOSED else 0))
    first, last = children[0], children[-1]
    inner = first.start_byte if first.type in _CONTENT else first.end_byte
    if last.type == "regex_flags" and len(children) > 1:
        last = children[-2]
    outer = last.end_byte if last.type in _CONTENT or len(children) == 1 else last.start_byte
    if last.type == "string_end" and last is not first:  # of a raw string it may hold an escaped quote as well
        outer = max(outer, last.end_byte - len(first.text.decode("ascii").lstrip(_LETTERS)))
    return inner, max(inner, outer)
