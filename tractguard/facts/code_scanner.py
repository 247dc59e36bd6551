"""Where comments and string literals stand in a text, for many languages, by one table-driven scanner.

It knows what `tractguard/data/languages.json` says of a language: line and block comments, string delimiters, escapes,
triple quotes, interpolation, here-documents. It refuses to know grammar: it never fails on half a file, and what it
cannot tell it leaves as code. Linear in the text.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from tractguard.facts.code_scan import regions
from tractguard.facts.code_source import COMMENT, STRING, Region
from tractguard.tables import table

_TEMPLATE = "template"
# A word that may stand directly before a quote; after any other letter an apostrophe is an apostrophe.
_BEFORE_QUOTE = (
    "r b f u rb br fr rf t l u8 e n x return case from import in of typeof else default await yield print echo and or "
    "not if require puts export as is throw new"
)
_PREFIXES = frozenset(_BEFORE_QUOTE.split())
_CHAR = re.compile(r"'(?:\\[^\n]{1,10}?|[^\\'\n])'")
_RUST_RAW = re.compile(r'b?r(#{0,16})"')
_CPP_RAW = re.compile(r'R"([^()\\\s]{0,16})\(')
_HEREDOC = re.compile(r"<<<?[~-]?[ ]?([\"']?)([A-Za-z_]\w{0,60})\1")
_TAG = re.compile(r"<(script|style)\b[^>]{0,2000}>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[A-Za-z/!]")
_REGEX = re.compile(r"/(?:[^\\/\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n]){0,200}+\]){1,300}+/")
_FIRST_WORD = re.compile(r"^[ \t]*([A-Za-z_]\w{0,60})", re.MULTILINE)
_REGEX_BEFORE = frozenset("(,=:[!&|?{};+-*%~^<>")
_REGEX_WORDS = frozenset(("return", "typeof", "case", "in", "of", "and", "or", "not", "if", "unless", "when"))
_WORD_BEFORE = 12
_LINE_BEFORE = 200  # a docstring stands this near to its line's beginning and end


class Grammar(NamedTuple):
    """What the scanner needs of a language."""

    name: str
    family: str
    opener: "re.Pattern[str] | None"
    line: frozenset[str]
    block: Mapping[str, str]
    strings: Mapping[str, tuple[str, str, bool, str]]  # opener -> close, escape, spans lines, interpolation
    flags: Mapping[str, Any]


@cache
def grammar(language: str) -> Grammar:
    """The compiled table row of `language`; an unknown language has neither comments nor strings."""
    entry = table("languages").get(language, {})
    line = frozenset(entry.get("line", ()))
    block = dict(entry.get("block", ()))
    strings = {s[0]: (s[1], s[2], bool(s[3]), s[4] if len(s) > 4 else "") for s in entry.get("strings", ())}
    flags = {key: entry[key] for key in entry if key not in ("line", "block", "strings", "extensions", "names")}
    openers = sorted((*line, *block, *strings), key=len, reverse=True)
    parts = [re.escape(opener) for opener in openers]
    if flags.get("chars"):
        parts.append("'")
    if flags.get("regex"):
        parts.append("/")
    if flags.get("heredoc"):
        parts.append("<<")
    if flags.get("raw"):
        parts[:0] = ['b?r#{0,16}"'] if flags["raw"] == "rust" else ['R"']
    opener = re.compile("|".join(parts)) if parts else None
    return Grammar(language, str(entry.get("family", "")), opener, line, block, strings, flags)


def scanned(text: str, language: str, fragment: bool) -> list[Region]:
    """Comments and strings of `text` by the table row of its language. A `fragment` may begin inside a comment."""
    known = grammar(language)
    if known.flags.get("markup"):
        return _markup(text, known)
    found: list[Region] = []
    if fragment and known.block.get("/*") and (close := text.find("*/")) >= 0 and not 0 <= text.find("/*") <= close:
        # The fragment begins inside a block comment.
        found.append(Region(COMMENT, 0, close + 2, 0, close))
    _scan(text, known, found[-1].end if found else 0, len(text), len(text), found)
    return found


def _markup(text: str, known: Grammar) -> list[Region]:
    """HTML and its kin: comments outside, the script's own grammar inside `<script>`; a fragment without tags is
    script."""
    if not _ANY_TAG.search(text):
        return regions(text, "typescript") if known.name in ("vue", "svelte") else []
    found: list[Region] = []
    at = 0
    while True:
        tag = _TAG.search(text, at)
        _scan(text, known, at, tag.start() if tag else len(text), len(text), found)
        if tag is None:
            return found
        if found and found[-1].end > tag.start():  # the tag stands in a comment
            at = found[-1].end
            continue
        close = text.find("</" + tag[1], tag.end())
        end = close if close >= 0 else len(text)
        inner = regions(text[tag.end() : end], "typescript" if tag[1].lower() == "script" else "scss", False)
        found.extend([_shifted(region, tag.end()) for region in inner])
        at = max(end, tag.end())


def _shifted(region: Region, by: int) -> Region:
    kind, start, end, inner, outer, whole = region
    return Region(kind, start + by, end + by, inner + by, outer + by, whole + by if whole else 0)


def _scan(text: str, known: Grammar, at: int, end: int, last: int, found: list[Region]) -> None:
    """Append the regions that open in `text[at:end]`; none reaches beyond `last`. Each end is sought once: linear."""
    if known.opener is None:
        return
    search = known.opener.search
    heredocs: dict[str, list[int]] = {}
    while at < end:
        opened = search(text, at, end)
        if opened is None:
            return
        if opened[0] == "<<":
            region = _heredoc(text, opened.start(), heredocs)
        else:
            region = _region(text, known, opened[0], opened.start(), last)
        if region is None:
            at = opened.end()
            continue
        if region.kind == _TEMPLATE:
            _holes(text, known, region, found)
        else:
            found.append(region)
        at = max(region.end, opened.end())


def _region(text: str, known: Grammar, opener: str, start: int, last: int) -> Region | None:
    if opener in known.block:
        return _until(text, COMMENT, start, start + len(opener), known.block[opener], last)
    if opener in known.line:
        if not _is_comment(text, known, opener, start):
            return None
        stop = text.find("\n", start, last)
        stop = stop if stop >= 0 else last
        return Region(COMMENT, start, stop, start + len(opener), stop)
    if opener == "/":
        return _regex(text, start)
    if opener == "'" and known.flags.get("chars"):
        char = _CHAR.match(text, start)
        return Region(STRING, start, char.end(), start + 1, char.end() - 1) if char else None
    if known.flags.get("raw") and opener not in known.strings:
        return _raw(text, known, start, last)
    if opener[-1] == "'" and _is_apostrophe(text, start):
        return None
    return _string(text, known, opener, start, last)


def _until(text: str, kind: str, start: int, inner: int, close: str, last: int) -> Region:
    stop = text.find(close, inner, last)
    outer = stop if stop >= 0 else last
    return Region(kind, start, min(outer + len(close), last), min(inner, last), outer)


def _is_comment(text: str, known: Grammar, opener: str, start: int) -> bool:
    before = text[start - 1] if start else "\n"
    if opener == "//" and before == ":" and text[start + 2 : start + 3] not in (" ", ""):
        return False  # http://... in running text
    if known.flags.get("attributes") and text.startswith(known.flags["attributes"], start):
        return False
    if known.flags.get("hash_after_space") or not opener.strip("REMrem:;"):
        return before.isspace() or (before in ";()|&" and opener == "#")
    return True


def _is_apostrophe(text: str, start: int) -> bool:
    if not start or not (text[start - 1].isalnum() or text[start - 1] == "_"):
        return False
    at = start
    while at and start - at < _WORD_BEFORE and (text[at - 1].isalnum() or text[at - 1] == "_"):
        at -= 1
    return text[at:start].lower() not in _PREFIXES


def _string(text: str, known: Grammar, opener: str, start: int, last: int) -> Region:
    close, escape, spans, interpolation = known.strings[opener]
    inner = start + len(opener)
    at = _closing(text, close, escape, inner, last)
    if not spans:
        # A line that ends in a backslash goes on in most languages; it is rare enough to end there.
        newline = text.find("\n", inner, at)
        if newline >= 0:
            return Region(STRING, start, newline, inner, newline)
    end = min(at + len(close), last)
    if interpolation and text.find(interpolation, inner, at) >= 0:
        return Region(_TEMPLATE, start, end, inner, at)
    kind = COMMENT if known.flags.get("docstrings") and len(opener) == 3 and _alone(text, start, end) else STRING
    return Region(kind, start, end, inner, at)


def _closing(text: str, close: str, escape: str, at: int, limit: int) -> int:
    """Where `close` stands next, not escaped; `limit` where it does not."""
    while True:
        at = text.find(close, at, limit)
        if at < 0:
            return limit
        if len(escape) == 2:  # the delimiter twice stands for itself
            if text.startswith(escape, at):
                at += 2
                continue
            return at
        back = at
        while escape and back and text[back - 1] == escape:
            back -= 1
        if (at - back) % 2 == 0:
            return at
        at += 1


def _alone(text: str, start: int, end: int) -> bool:
    """Whether a triple-quoted string is a statement of its own: a docstring, which is prose."""
    line = text.rfind("\n", max(0, start - _LINE_BEFORE), start) + 1
    after = text.find("\n", end, end + _LINE_BEFORE)
    if not line and start > _LINE_BEFORE:
        return False
    rest = text[end : after if after >= 0 else end + _LINE_BEFORE]
    return not text[line:start].strip(" \t\rruRU") and not rest.strip(" \t\r;")


def _holes(text: str, known: Grammar, region: Region, found: list[Region]) -> None:
    """Append the literal parts of a template string; what stands in its `${}` holes is code."""
    at, begin = region.inner, region.start
    while True:
        hole = text.find("${", at, region.outer)
        if hole < 0:
            found.append(Region(STRING, begin, region.end, at, region.outer))
            return
        found.append(Region(STRING, begin, hole, at, hole))
        close = text.find("}", hole, region.outer)
        close = close if close >= 0 else region.outer
        _scan(text, known, hole + 2, close, close, found)
        at = begin = min(close + 1, region.outer)


def _heredoc(text: str, start: int, heredocs: dict[str, list[int]]) -> Region | None:
    """The body of a here-document. `heredocs` keeps where each first word of a line stands, made once for a text."""
    marker = _HEREDOC.match(text, start)
    if marker is None or (start and text[start - 1] == "<"):
        return None
    line = text.find("\n", marker.end(), marker.end() + _LINE_BEFORE)
    if line < 0:
        return None
    if not heredocs:
        heredocs[""] = []  # made, also where no line begins with a word
        for word in _FIRST_WORD.finditer(text):
            heredocs.setdefault(word[1], []).append(word.start())
    places = heredocs.get(marker[2], ())
    place = bisect_left(places, line + 1)
    if place >= len(places):
        return None
    return Region(STRING, line + 1, places[place], line + 1, places[place])


def _regex(text: str, start: int) -> Region | None:
    """A regular expression literal of JavaScript, told from a division by what stands before."""
    back = start
    while back and start - back < _WORD_BEFORE and text[back - 1] in " \t":
        back -= 1
    before = text[back - 1] if back else "\n"
    if before not in _REGEX_BEFORE and before != "\n":
        word = back
        while word and back - word < _WORD_BEFORE and text[word - 1].isalpha():
            word -= 1
        if text[word:back] not in _REGEX_WORDS:
            return None
    literal = _REGEX.match(text, start)
    return Region(STRING, start, literal.end(), start + 1, literal.end() - 1) if literal else None


def _raw(text: str, known: Grammar, start: int, last: int) -> Region | None:
    rust = known.flags["raw"] == "rust"
    if start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        return None
    opened = (_RUST_RAW if rust else _CPP_RAW).match(text, start)
    if opened is None:
        return None
    return _until(text, STRING, start, opened.end(), '"' + opened[1] if rust else ")" + opened[1] + '"', last)
