"""The conditions of a sentence: when it holds, where it holds, and where it does not.

Words of a condition stay words. Places become globs where the sentence names paths or one of the usual places (tests).
"""

import re
from typing import Any

from tractguard.instructions.constraints.mentions import Path, paths, scope_glob
from tractguard.instructions.constraints.reading import Sentence, read
from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy

_WHEN = lazy(
    r"\b(?:when(?:ever)?|every time|each time|once|while|during|outside|before|after|if"
    r"|upon)\b(?: of)? [^,;:()—]{2,160}?(?=[,;:()—]|\.\s|\.$|$)",
    needs="when|every time|each time|once|while|during|outside|before|after|if|upon",
)
_UNLESS = lazy(r"\b(?:unless|without|until)\b [^,;:()]{2,160}?(?=[,;:()]|\.\s|\.$|$)")
_BEYOND = lazy(  # an area that a rule does not reach: "in anything beyond local dev"
    r"\b(?:beyond|outside(?: of)?|other than|except(?: for| in)?|apart from) (?:of )?(?:your |the |our )?"
    r"(local dev(?:elopment)?|dev(?:elopment)?|docs|documentation|examples|scripts|tests?|ci)\b(?![/\w-]|\.\w)"
)
_IN_FOLDER = lazy(
    r"\b(?:in|inside|within|under) (?:the )?(src|lib|pkg|cmd|internal)\b"
    r"(?![/\w-]|\.\w| code\b)(?: (?:folder|directory))?"
)
_ASIDE = lazy(r"\b(?:in|inside|within|under) (?:[a-z-]+ ){1,3}\($")
_EXCEPT = lazy(
    r"\b(?:except(?:ion)?(?: for| in| inside| within| when| of)?|other than|apart from|excluding"
    r"|but not in|outside(?: of)?|not in)\b"
)
_ELSEWHERE = lazy(r"\b(?:elsewhere|anywhere else|everywhere else)\b")
_INSIDE = lazy(r"\b(?:in|inside|within|under|for|below|from)\b(?: the| all| any| our)?\s+$|\bthis file(?: only)?:\s+$")
_PLACE = lazy(
    r"\b(in|inside|within|for|except in|except for|except|outside|outside of) (?:the |our |any "
    r"|all )?(unit tests|test files?|test code|test suites|tests?"
    r"|specs?|scripts?|docs|documentation|examples)\b(?![/\w-]|\.\w)"
)


def where(said: Sentence, position: int, named: list[Path] | None = None) -> dict[str, Any]:
    """`scope`, `except`, `when` and `unless` that hold at `position`; `named` are the paths that may be places."""
    data: dict[str, Any] = {}
    low, high = said.reach(position)
    near = [path for path in (named if named is not None else paths(said)) if low <= path.start <= high]
    inside, outside = _places(said, near)
    other = _ELSEWHERE.search(said.low, low) if not outside and "else" in said.low else None
    if other and said.sign(other.start()) == "-":
        inside, outside = [], _named_before(said, other.start())
    if inside:
        data["scope"] = inside if len(inside) > 1 else inside[0]
    if outside:
        data["except"] = outside if len(outside) > 1 else outside[0]
    when = condition(said, position)
    if when:
        data["when"] = when
    unless = _UNLESS.search(said.low, low, high) if "unless" in said.low or "until" in said.low else None
    if unless and not unless.group().startswith("without"):
        data["unless"] = said.text[unless.start() : unless.end()].split(" ", 1)[1].strip()
    return data


def condition(said: Sentence, position: int) -> str:
    """The words of the condition of the part that holds `position`, with its conjunction; "" where there is none."""
    low = said.reach(position)[0]
    for start, end in dict.fromkeys((said.clause(low), said.clause(position))):
        for match in _WHEN.finditer(said.low, start, end):
            between = said.bare[min(position, match.start()) : max(position, match.start())]
            leads = not re.search(r"\w", said.bare[low : match.start()])
            if leads or (start <= position <= end and not re.search(r"[,;()]", between)):
                return said.text[match.start() : match.end()].strip()
    return ""


def _places(said: Sentence, named: list[Path]) -> tuple[list[str], list[str]]:
    inside: list[str] = []
    outside: list[str] = []
    last, ended = outside, -1  # the list that the path before went to, and where it ended
    for path in named:
        before = said.low[: path.start].rstrip("`")[-40:]
        if ended >= 0 and _JOINED.fullmatch(said.low, ended, path.start):
            last.append(scope_glob(path))
            ended = path.start + len(path.text)
            continue
        ended = -1
        if _is_except(before):
            outside.append(scope_glob(path))
            last, ended = outside, path.start + len(path.text)
        elif _INSIDE.search(before + " " if not before.endswith(" ") else before) or _ASIDE.search(before):
            inside.append(scope_glob(path))
            last, ended = inside, path.start + len(path.text)
    for match in _PLACE.finditer(said.bare) if not inside else ():
        globs = section("places").get(match.group(2))
        if globs and not (match.group(1) == "for" and match.group(2) in ("unit tests", "test suites")):
            (outside if match.group(1).startswith(("except", "outside")) else inside).extend(globs)
    if not outside:
        outside += [
            match.group(1) for match in _BEYOND.finditer(said.bare) if not section("places").get(match.group(1))
        ]
    if not inside:
        inside += [match.group(1) + "/" for match in _IN_FOLDER.finditer(said.bare)]
    return list(dict.fromkeys(inside)), list(dict.fromkeys(outside))


def _named_before(said: Sentence, position: int) -> list[str]:
    """The places that "elsewhere" is beside: "read only in `src/config.ts`; never use `process.env` elsewhere"."""
    near = [path for path in paths(said) if path.start < position]
    if not near and said.before:
        near = paths(read(said.before, said.heading, "", said.kind))
    return list(dict.fromkeys(scope_glob(path) for path in near))


_JOINED = lazy(r"`?/?(?:,? (?:and|or|nor|&) (?:in |on |the |under )?|, ?)`?")


def _is_except(before: str) -> bool:
    ends = [match.end() for match in _EXCEPT.finditer(before)]
    return bool(ends) and len(before) - ends[-1] <= 14
