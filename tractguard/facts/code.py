"""Facts about program text that a call adds: the code without its comments, its imports, calls, strings and ports.

`code_scan` tells comments and strings from code, and only the added lines count. It refuses to know types and
control flow: a call is a name before a parenthesis, an import is a line of the language's own form.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tractguard.facts import code_scan
from tractguard.facts.code_source import STRING, Region, Source, only_new
from tractguard.model import Fact
from tractguard.tables import table

AROUND = 1_000  # characters around the written part whose comments and strings are told apart too


def code_facts(origin: Source, removed: str = "", calls: bool = True, judged: bool = True) -> list[Fact]:
    """`code`, `import`, `call`, `connect` and `url` facts of the added lines of `origin`.

    `removed` is the text that the call takes away: `data["old"]` of the `code` fact holds it without comments and
    strings, so that a rule can tell what was there before. `calls=False` gives the `code` fact alone, `judged=False`
    gives it without the constructs.
    """
    low, high = origin.first - AROUND, origin.last + AROUND
    found, tree, shift = code_scan.read(origin.text, origin.language, low=low, high=high)
    blanked = code_scan.without(origin.text, found)
    facts = [_code_fact(origin, found, blanked, removed)]
    if calls:  # configuration and prose do without these modules
        from tractguard.facts.code_calls import calls_of
        from tractguard.facts.code_imports import imports

        facts.extend(imports(origin, code_scan.without(origin.text, found, strings=False), blanked))
        facts.extend(calls_of(origin, blanked, tree, shift))
        if tree is not None and judged:
            known = _constructs(origin, tree, shift)
            if known is not None:
                facts[0] = facts[0]._replace(data={**facts[0].data, "constructs": known})
        if _may_reach(origin.text[origin.first : origin.last].lower()):
            from tractguard.facts.code_ports import endpoints

            facts.extend(endpoints(origin, found, blanked))
    return facts


_JUDGED = frozenset(("python", "javascript", "typescript", "go", "rust", "java", "ruby"))


def _constructs(origin: Source, tree: Any, shift: int) -> "Mapping[str, Any] | None":
    """What `code_constructs` finds, loaded only where a word of its table occurs; None for a text with faults."""
    if origin.language not in _JUDGED or tree.root_node.has_error:
        return None
    rows = table("constructs_" + origin.language)["rows"]
    part = origin.text[origin.first : origin.last]
    wanted = [row for row in rows if any(cue in part for cue in row["cues"])]
    known: dict[str, Any] = dict.fromkeys((row["name"] for row in rows), ())
    if wanted:
        from tractguard.facts.code_constructs import constructs

        known.update(constructs(origin, tree.root_node, shift, wanted))
    return known


def _may_reach(low: str) -> bool:
    """Whether a text in lower case may name an endpoint: a URL, a host, or a port, which has two digits at least."""
    return "://" in low or "host" in low or "server" in low or re.search(r"\d\d", low) is not None


def _code_fact(origin: Source, found: Sequence[Region], blanked: str, removed: str) -> Fact:
    part = origin.part
    numbered = [(number, line) for number, line in enumerate(part.split("\n"), 1) if origin.new[number - 1]]
    old = ""
    if removed:
        old = code_scan.without(removed, code_scan.regions(removed, origin.language))
    data = {
        "lang": origin.language,
        "code": _trimmed(origin, blanked[origin.low : origin.high]),
        "prose": _trimmed(origin, code_scan.only(origin.text, found, origin.low, origin.high)),
        "strings": tuple(_strings(origin, found)),
        "op": origin.op,
        "lines": tuple(numbered),
        "old": old,
        "offset": origin.offset,
        "via": origin.via,
    }
    span = (origin.offset, origin.offset + len(part))
    return Fact("code", origin.path, _trimmed(origin, part), data, origin.field, span)


def _trimmed(origin: Source, text: str) -> str:
    """`text` with the lines that are not added blanked: offsets in it are offsets in the field."""
    if all(origin.new):
        return text
    return only_new(origin, text)


def _strings(origin: Source, found: Sequence[Region]) -> Iterator[tuple[int, str]]:
    """The string literals of the added lines, as far as they stand in the part: place in the field, and text."""
    first = max(0, bisect_left(found, origin.low, key=lambda region: region.start) - 1)
    for region in found[first:]:
        if region.start > origin.high:
            return
        start, end = max(region.inner, origin.low), min(region.outer, origin.high)
        if region.kind == STRING and start < end and origin.touches(start, end):
            yield start - origin.low + origin.offset, origin.text[start:end]
