"""Constructs in what a call adds, by the patterns of `rules_code.json`: "inline styles", "barrel files".

It knows the languages' families, which part of a text a pattern is for (code, everything written, remarks), and leaves
to the grammar what that has decided. It refuses to know what a person called a construct.
"""

import itertools
import re
from collections.abc import Mapping
from functools import cache

from tractguard.model import Fact
from tractguard.rules.programs import listed
from tractguard.rules.words import phrase_table, phrases_in, table

MOST_MATCHES = 50  # places of one pattern that are looked at
MOST_TEXT = 4_000_000  # characters of one added text that are searched

_OWES_DEFAULT = re.compile(  # files whose framework reads their default export
    r"/(?:page|layout|loading|error|global-error|not-found|template|default|route|middleware|_app|_document)\.[jt]sx?$"
    r"|\.(?:config|stories)\.[cm]?[jt]sx?$|/(?:pages|routes)/[^\n]*\.[jt]sx?$"
)
_DOCUMENTS = re.compile(r"/\*\*[^\x00]{0,4000}?\*/|^[ \t]*(?:///|//!)[^\n]*$", re.MULTILINE)
_REMARK = re.compile(r"[ \t]*(?://|/?\*|<!--|#(?![\w\[!])|--\s)")
_OPENS = re.compile(r"//|/\*|<!--|(?<!\w)#\s")
_FOR_TOOLS = re.compile(
    r"^[^\n]*(?:#!|eslint|prettier-ignore|@ts-|biome-|noqa|type:\s*ignore|pylint|nolint|rubocop|copyright|licen[cs]e|spdx"
    r"|istanbul|c8 ignore|v8 ignore|webpack|pragma|go:(?:build|generate|embed)|\+build|clang-format|shellcheck|@jsx"
    r"|<reference|frozen_string_literal|coding[:=])[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)


def language(fact: Fact) -> str:
    """The family of languages that the table has patterns for: "js", "python" … or the file's ending."""
    ending = fact.name.rpartition(".")[2].lower() if "." in fact.name.rpartition("/")[2] else ""
    families: dict[str, str] = table("code")["families"]
    return families.get(ending) or families.get(str(fact.data.get("lang") or "").lower()) or ending


def bare(fact: Fact) -> str:
    """The added code without comments and strings; the whole text where no grammar could tell them apart."""
    code = fact.data.get("code")
    return (code if isinstance(code, str) and code else fact.value)[:MOST_TEXT]


def is_owed(fact: Fact) -> bool:
    """Whether the framework of a file reads its default export."""
    return bool(_OWES_DEFAULT.search(fact.name))


def comments_of(fact: Fact) -> str:
    """The comments of a text, with what is quoted in strings taken out."""
    prose = str(fact.data.get("prose") or "")[:MOST_TEXT]
    offset = fact.data.get("offset") or 0
    parts, done = [], 0
    for start, text in listed(fact, "strings"):
        at = start - offset
        if isinstance(text, str) and at >= done and prose.startswith(text, at):
            parts += [prose[done:at], " " * len(text)]
            done = at + len(text)
    return "".join([*parts, prose[done:]])


def constructs_in(text: str) -> tuple[str, ...]:
    """The ids of the constructs that a text names."""
    found = phrases_in(text, phrase_table("code", "phrases"))
    low = text.lower()
    for construct, sets in table("code")["together"].items():
        if construct not in found and any(all(word in low for word in words) for words in sets):
            found.append(construct)
    return tuple(found)


@cache
def _patterns(construct: str, family: str) -> tuple[tuple[re.Pattern[str], float], ...]:
    entry = table("code")["constructs"][construct]
    rows = [*entry.get(family, ()), *entry.get("*", ())]
    return tuple(
        (re.compile(row if isinstance(row, str) else row[0], re.MULTILINE), 0.9 if isinstance(row, str) else row[1])
        for row in rows
    )


def written(fact: Fact, known: tuple[str, ...], spared: tuple[str, ...] = ()) -> tuple[str, float]:
    """(what was written, how sure) for the first of the constructs that an added text holds; ("", 0.0) for none."""
    family = language(fact)
    judged = fact.data.get("constructs")  # what the grammar decided; the patterns are for the rest
    for construct in known:
        if construct == "default_export" and is_owed(fact):
            continue
        if isinstance(judged, Mapping) and construct in judged:
            if judged[construct]:
                return str(judged[construct][0][1])[:60], float(judged[construct][0][2])
            continue
        entry = table("code")["constructs"].get(construct, {})
        if not re.search(entry.get("path", ""), fact.name) or entry.get("op", fact.data.get("op")) != fact.data.get(
            "op"
        ):
            continue
        text = _searched(fact, entry.get("on", "code"))
        remarks = comments_of(fact) if entry.get("on") == "written" else ""
        for pattern, sure in _patterns(construct, family):
            for match in itertools.islice(pattern.finditer(text), MOST_MATCHES):
                start = text.rfind("\n", 0, match.start()) + 1
                line = text[start : match.end() + 80]
                remarked = _REMARK.match(line) or (remarks and _OPENS.search(remarks, start, match.start() + 2))
                if (remarked and remarks) or any(word in line for word in spared):
                    continue  # it stands in a comment, or is what the sentence leaves out
                return " ".join(match.group().split())[:60] or construct, sure
    return "", 0.0


def _searched(fact: Fact, on: str) -> str:
    """The text that the patterns of a construct are for: code alone, all that was written, its prose or its remarks."""
    if on == "code":
        return bare(fact)
    if on == "prose":
        return str(fact.data.get("prose") or "")[:MOST_TEXT]
    return _remarks(fact) if on == "remarks" else fact.value[:MOST_TEXT]


def _remarks(fact: Fact) -> str:
    """The comments without those that a tool reads: licences, directives, first lines of scripts."""
    return _DOCUMENTS.sub("", _FOR_TOOLS.sub("", comments_of(fact)))
