"""Words that must not stand in a text: names spelled wrongly, emojis, links in comments, credits of an assistant.

A word in quotes counts where the sentence is about saying or writing; a word of plain small letters is too common to
be looked for, unless the sentence speaks of the word itself.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.mentions import code_kind
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_TEXT = lazy(
    r"\b(?:mention|reference|refer to|say|write|use the (?:word|term|phrase|name)|include the (?:word"
    r"|phrase)|the (?:word|term|phrase))\s+(?:the (?:word|term|name) )?(?:\"([^\"]{2,40})\"|'([^']{2,40})'"
    r"|`([^`]{2,40})`|([A-Z][\w-]+(?: [A-Z][\w-]+)?))",
    needs="ention|efer|ay |rite|word|term|phrase|name",
)
_WRITTEN = lazy(r"write (?!TODO|FIXME|HACK|XXX)")  # "never write SQL here": a language, no word of a text
_SPELLED = lazy(
    r"\b(?:[Nn]ever|NEVER|[Nn]ot|NOT|instead of|rather than|[Dd]o not|[Dd]on't)(?: ever)?(?: (?:write|say"
    r"|use|spell(?:ed)?|call it|as|just))? \"([^\"\n]{2,40})\""
)
_OF_NAMES = lazy(
    r"\b(?:brand|product|company|app|project|name|named|spell\w*|word|term|terminology|called?|wording"
    r"|capital\w*|copy|written|write|say)\b"
)
_NAME_TO_USE = lazy(
    r"\b(?:[Aa]lways|ALWAYS|[Uu]se|is|[Ww]rite|[Ss]ay|[Cc]all it|[Ss]pelled?)(?: as"
    r"| it)? (?:\"([^\"\n]{2,40})\"|([A-Z][\w-]*(?:\.\w+)*(?: [A-Z][\w-]*){0,3}))"
)
_EMOJI = lazy(r"\bemojis?\b|\bemoticons?\b|\bem[- ]dash(?:es)?\b|\bai slop\b|\bexclamation (?:marks|points)\b")
_LINKS = lazy(
    r"\b(?:links?|urls?|hyperlinks?|ticket (?:numbers?|ids?)|issue (?:numbers?"
    r"|links?))\b(?=[^;]{0,60}?\b(?:in|inside|within|to) ((?:code |source |inline |the )*comments?"
    r"|docstrings?)\b)"
)
_IN_CODE = lazy(r"\b(?:in|from) (?:the |any |our |source )?(?:code|comments?|docs|documentation|files)\b")
_PLACE = lazy(
    r"\bin (?:new |the |any |our )?(?:code|source|comments?|docs|documentation|ui|logs?|messages?)\b", needs="in "
)
_CREDIT = lazy(
    r"\b(?:ai|claude|anthropic|llm|assistant|chatgpt|copilot)\b[^.;]{0,20}\b(?:attribution|signature"
    r"|credit|watermark|mention)s?\b",
    needs="attribution|signature|credit|watermark|mention",
)
ASKS_FOR = lazy(r"(?:s|\(s\))?[`\"']?(?: (?:comments?|markers?|notes?))? (?:without|unless)\b")


def texts_of(said: Sentence) -> list[Constraint]:
    """forbid_text: at most one."""
    found = next((data for reader in _READERS if (data := reader(said))), None)
    return [Constraint("forbid_text", found)] if found else []


def _emoji(said: Sentence) -> dict[str, Any]:
    """ "No emojis"; in commit messages they are a matter of those."""
    match = _EMOJI.search(said.bare)
    elsewhere = "commit" not in said.low + said.heading or _IN_CODE.search(said.low)
    if match and said.sign(match.start()) == "-" and elsewhere:
        return {"what": match.group(), **where(said, match.start())}
    return {}


def _linked(said: Sentence) -> dict[str, Any]:
    """ "No ticket numbers in comments"."""
    linked = _LINKS.search(said.bare)
    if linked and said.sign(linked.start()) == "-":
        return {"what": linked.group(), "place": linked.group(1).split(" ")[-1]}
    return {}


def _mentioned(said: Sentence) -> dict[str, Any]:
    """ "Never mention `Acme`"."""
    for found in _TEXT.finditer(said.text):
        words = next(group for group in found.groups() if group)
        if (
            said.sign(found.start()) == "-"
            and "commit" not in said.low
            and not ASKS_FOR.match(said.bare, found.end())
            and not (found.group(3) and code_kind(words) in ("path", "command"))
            and not (found.group(4) and _WRITTEN.match(found.group()))
        ):
            use = re.search(r"\buse ([A-Z][\w ]{1,30})", said.text)
            data: dict[str, Any] = {"what": words, "pattern": [words]}
            place = _PLACE.search(said.low)
            if place:
                data["place"] = place.group()
            return {**data, "use": use.group(1).strip()} if use else data
    return {}


def _spelled(said: Sentence) -> dict[str, Any]:
    """ "The product is called TeamDesk, never "Team Desk""."""
    spelling = _SPELLED.search(said.text)
    if not spelling or ASKS_FOR.match(said.bare, spelling.end()):
        return {}
    if (
        not re.search(r"[A-Z]", spelling.group(1))
        or said.sign(spelling.start()) not in "-0"
        or not _OF_NAMES.search(said.bare)
    ):
        return {}
    use = _NAME_TO_USE.search(said.text)
    return {
        "what": spelling.group(1),
        "pattern": [spelling.group(1)],
        "use": (use.group(1) or use.group(2)) if use else "",
    }


def _credited(said: Sentence) -> dict[str, Any]:
    """ "No AI attribution"; in commit messages it is a matter of those."""
    credit = _CREDIT.search(said.bare)
    if credit and said.sign(credit.start()) == "-" and "commit" not in said.low + said.heading:
        return {"what": credit.group()}
    return {}


def _replaced(said: Sentence) -> dict[str, Any]:
    """ "Mention Foo (use Bar)", below a heading that excludes it."""
    named = re.match(r"^\W*(?:reference|mention) ([A-Z]\w+)\b", said.text, re.I)
    if not named or "(use " not in said.low or not named.group(1)[0].isupper():
        return {}
    use = re.search(r"\(use ([^)]+)\)", said.text)
    return {"what": named.group(1), "pattern": [named.group(1)], "use": use.group(1) if use else ""}


_READERS = (_emoji, _linked, _mentioned, _spelled, _credited, _replaced)
