"""Key paths and values of configuration text: YAML, TOML, JSON, INI and its kin, .env files, Dockerfiles.

It knows indentation, sections, brackets and quotes well enough to read a fragment (an edit is rarely a whole
document), and it keeps where each value stands. It refuses to know anchors, merges, templates and types: a value is
the text that is written. Linear: every character is looked at a bounded number of times.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tractguard.facts.config_flow import DEEPEST, FLOW, Entry, flow, inside, json_entries

MOST_ENTRIES = 30_000  # of one text; who asks says so where there are more


def entries(text: str, family: str) -> list[Entry]:
    """The scalars of `text`, in order. `family` is that of `code_scan.family_of`; an unknown one has none."""
    reader = _READERS.get(family)
    if reader is None:
        return []
    found: list[Entry] = []
    for entry in reader(text):
        found.append(entry)
        if len(found) >= MOST_ENTRIES:
            break
    return found


# --- YAML ---

_COLON_KEY = re.compile(r"([^\s#\"'\[\]{},&*!|>%@-][^\n#]{0,300}?)[ \t]{0,40}:(?=[ \t\r\n]|$)")
_PROPERTY = re.compile(r"(?:[&!][^\s]{0,100}[ \t]+)+")
_COMMENT = re.compile(r"[ \t]#")


class _Level(NamedTuple):
    indent: int
    path: str
    item: bool


def _yaml(text: str) -> Iterator[Entry]:
    stack: list[_Level] = []
    counts: dict[str, int] = {}
    at, size = 0, len(text)
    while at < size:
        line_end = text.find("\n", at)
        line_end = size if line_end < 0 else line_end
        start = at
        while start < line_end and text[start] in " \t":
            start += 1
        following = line_end + 1
        if start == line_end or text[start] in "#\r%" or text.startswith("---", start):
            if text.startswith("---", start):
                stack, counts = [], {}
            at = following
            continue
        indent = start - at
        begin = at
        while text[start : start + 1] == "-" and text[start + 1 : start + 2] in (" ", "\t", "", "\r", "\n"):
            _item(stack, counts, start - begin)
            start += 1
            while start < line_end and text[start] in " \t":
                start += 1
            indent = start - begin
        if start >= line_end:
            at = following
            continue
        path = stack[-1].path if stack else ""
        key = _yaml_key(text, start, line_end)
        value_at = start
        if key is not None:
            while stack and stack[-1].indent >= indent:
                stack.pop()
            path = _join(stack[-1].path if stack else "", key[0])
            if len(stack) < DEEPEST:
                stack.append(_Level(indent, path, False))
            counts.pop(path, None)
            value_at = key[1]
        elif not (stack and stack[-1].item and start > begin) and not _alone(text, at, start, line_end):
            at = following
            continue
        for item in _yaml_value(text, value_at, line_end, path, stack[-1].indent if stack else 0, start):
            if isinstance(item, Entry):
                yield item
            else:
                following = max(following, item)
        at = following


def _alone(text: str, at: int, start: int, line_end: int) -> bool:
    """Whether a value without a key can be read: brackets, or the one quoted scalar that a fragment is."""
    if text[start] in "[{":
        return True
    return text[start] in "\"'" and at == 0 and len(text) - line_end <= 1


def _yaml_key(text: str, start: int, line_end: int) -> tuple[str, int] | None:
    """The key at `start` and where what follows its colon begins."""
    if text[start] in "\"'":
        close = text.find(text[start], start + 1, line_end)
        if close < 0 or text[close + 1 : close + 2] != ":":
            return None
        return text[start + 1 : close], close + 2
    found = _COLON_KEY.match(text, start, line_end)
    return (found[1], found.end()) if found else None


def _item(stack: list[_Level], counts: dict[str, int], indent: int) -> None:
    while stack and (stack[-1].indent > indent or (stack[-1].indent == indent and stack[-1].item)):
        stack.pop()
    parent = stack[-1].path if stack else ""
    number = counts.get(parent, 0)
    counts[parent] = number + 1
    if len(stack) < DEEPEST:
        stack.append(_Level(indent, _join(parent, str(number)), True))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _yaml_value(text: str, at: int, line_end: int, path: str, indent: int, begin: int) -> Iterator[Entry | int]:
    while at < line_end and text[at] in " \t":
        at += 1
    prefix = _PROPERTY.match(text, at, line_end)
    at = prefix.end() if prefix else at
    if at >= line_end or text[at] in "#\r":
        return
    first = text[at]
    if first in "[{":
        yield from flow(text, at, path, FLOW, alone=True)
    elif first in "|>":
        end = _block_end(text, line_end, indent)
        if end > line_end + 1:
            yield Entry(path, text[line_end + 1 : end], line_end + 1, end, begin)
        yield end
    elif first in "\"'":
        close = _quote_end(text, at, line_end)
        yield Entry(path, text[at + 1 : close], at + 1, close, begin)
    else:
        comment = _COMMENT.search(text, at, line_end)
        end = comment.start() if comment else line_end
        while end > at and text[end - 1] in " \t\r":
            end -= 1
        yield Entry(path, text[at:end], at, end, begin)


def _quote_end(text: str, at: int, limit: int) -> int:
    quote, place = text[at], at + 1
    while place < limit:
        if text[place] == "\\" and quote == '"':
            place += 1
        elif text[place] == quote:
            return place
        place += 1
    return min(place, limit)


def _block_end(text: str, line_end: int, indent: int) -> int:
    """Where the lines of a block scalar end: the first line that is not deeper than its key."""
    at = line_end + 1
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        start = at
        while start < stop and text[start] in " \t\r":
            start += 1
        if start < stop and start - at <= indent:
            return at
        at = stop + 1
    return len(text)


# --- TOML ---

_SECTION = re.compile(r"[ \t]*\[{1,2}[ \t]*([^\]\n]{1,300})\]")
_ASSIGN = re.compile(r"[ \t]*([A-Za-z0-9_.\"'@/-][^=\n#]{0,300}?)[ \t]*=[ \t]*")


def _toml(text: str) -> Iterator[Entry]:
    section = ""
    at = 0
    while at < len(text):
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        following = line_end + 1
        head = _SECTION.match(text, at, line_end)
        assign = _ASSIGN.match(text, at, line_end)
        if head and not assign:
            section = head[1].replace('"', "").replace("'", "").replace(" ", "")
        elif assign:
            path = _join(section, assign[1].strip().replace('"', "").replace("'", ""))
            for item in _toml_value(text, assign.end(), line_end, path, assign.start(1)):
                if isinstance(item, Entry):
                    yield item
                else:
                    following = max(following, item)
        at = following


def _toml_value(text: str, at: int, line_end: int, path: str, begin: int) -> Iterator[Entry | int]:
    for quote in ('"""', "'''"):
        if text.startswith(quote, at):
            close = text.find(quote, at + 3)
            close = len(text) if close < 0 else close
            yield Entry(path, text[at + 3 : close], at + 3, close, begin)
            yield close + 3
            return
    if text[at : at + 1] in ("[", "{"):
        yield from flow(text, at, path, FLOW, alone=True)
        return
    yield from _scalar(text, at, line_end, path, begin, "#")


def _scalar(text: str, at: int, line_end: int, path: str, begin: int, comments: str) -> Iterator[Entry]:
    """A quoted or bare value up to the end of its line; a comment sign counts after a space."""
    if text[at : at + 1] in ('"', "'"):
        close = _quote_end(text, at, line_end)
        yield Entry(path, text[at + 1 : close], at + 1, close, begin)
        return
    end = line_end
    for sign in comments:
        place = text.find(" " + sign, at, end)
        end = place if place >= 0 else end
    while end > at and text[end - 1] in " \t\r;":
        end -= 1
    if end > at:
        yield Entry(path, text[at:end], at, end, begin)


# --- INI, properties, HCL, .conf ---

_INI_LINE = re.compile(
    r"[ \t]*(?:export[ \t]+|set[ \t]+)?([A-Za-z0-9_.@/\"'\[\]-][^=:\n#;{}]{0,200}?)[ \t]*(?:=>|:=|[=:])[ \t]*"
)
_WORDS_LINE = re.compile(r"[ \t]*([A-Za-z_][\w.-]{0,80})[ \t]+(?=\S)")
_BLOCK = re.compile(r"[ \t]*([A-Za-z_][\w.-]{0,80})([^={}\n]{0,200})(?:=[ \t]*)?\{[ \t]*(?:[#/][^\n]*)?\r?$")


def _ini(text: str) -> Iterator[Entry]:
    section = ""
    blocks: list[str] = []
    at = 0
    while at < len(text):
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        first = text[at:line_end].lstrip()[:2]
        prefix = ".".join([section, *blocks]).strip(".")
        if not first or first[0] in "#;" or first == "//":
            pass
        elif head := _SECTION.match(text, at, line_end):
            section = head[1].strip().replace('"', "")
        elif block := _BLOCK.match(text, at, line_end):
            name = ".".join([block[1], *re.findall(r'"([^"]{1,80})"', block[2])])
            blocks.append(name if len(blocks) < DEEPEST else "")
        elif first[0] == "}":
            del blocks[-1:]
        elif line := _INI_LINE.match(text, at, line_end):
            path = _join(prefix, line[1].strip().strip("\"'"))
            yield from _scalar(text, line.end(), line_end, path, line.start(1), "#;")
        elif words := _WORDS_LINE.match(text, at, line_end):
            yield from _scalar(text, words.end(), line_end, _join(prefix, words[1]), words.start(1), "#")
        at = line_end + 1


# --- .env ---

_ENV_LINE = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]{0,200})[ \t]*=[ \t]*")


def _env(text: str) -> Iterator[Entry]:
    at = 0
    while at < len(text):
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        line = _ENV_LINE.match(text, at, line_end)
        if line:
            yield from _scalar(text, line.end(), line_end, line[1], line.start(1), "#")
        at = line_end + 1


# --- Dockerfile ---

_INSTRUCTION = re.compile(r"[ \t]*([A-Za-z]{2,20})[ \t]+(?=\S)")
_DOCKER_PAIR = re.compile(r"([A-Za-z_][\w.-]{0,200})=(\"[^\"\n]{0,4000}\"|'[^'\n]{0,4000}'|[^\s\"']{0,4000})")


def _dockerfile(text: str) -> Iterator[Entry]:
    """FROM, RUN, EXPOSE ... with their text; `ENV.NAME` and `ARG.NAME` with their value."""
    at = 0
    while at < len(text):
        end = _logical_end(text, at)
        found = _INSTRUCTION.match(text, at, end)
        if found:
            word = found[1].upper()
            start, stop = found.end(), end
            while stop > start and text[stop - 1] in " \t\r\n":
                stop -= 1
            if word in ("ENV", "ARG", "LABEL"):
                yield from _docker_pairs(text, word, start, stop)
            else:
                yield Entry(word, text[start:stop], start, stop, found.start(1))
        at = end + 1


def _logical_end(text: str, at: int) -> int:
    """The end of a line that may go on behind a backslash."""
    while True:
        end = text.find("\n", at)
        if end < 0:
            return len(text)
        back = end - 1
        while back >= at and text[back] in " \t\r":
            back -= 1
        if back < at or text[back] != "\\":
            return end
        at = end + 1


def _docker_pairs(text: str, word: str, start: int, stop: int) -> Iterator[Entry]:
    pair = None
    for pair in _DOCKER_PAIR.finditer(text, start, stop):
        low, high = inside(pair[2], pair.start(2)) if pair[2] else (pair.start(2), pair.start(2))
        yield Entry(f"{word}.{pair[1]}", text[low:high], low, high, pair.start(1))
    words = _WORDS_LINE.match(text, start, stop)
    if pair is None and words:
        yield Entry(f"{word}.{words[1]}", text[words.end() : stop], words.end(), stop, words.start(1))


_READERS = {"json": json_entries, "yaml": _yaml, "toml": _toml, "ini": _ini, "env": _env, "dockerfile": _dockerfile}
