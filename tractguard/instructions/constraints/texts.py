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
ASKS_FOR = lazy(r"(?:s|\(s\))?[`\"']?(?: (?:comments?|markers?|notes?))? (?:without|unless)\b")


def texts_of(said: Sentence) -> list[Constraint]:
    """forbid_text: at most one."""
    match = _EMOJI.search(said.bare)
    elsewhere = "commit" not in said.low + said.heading or _IN_CODE.search(said.low)
    if match and said.sign(match.start()) == "-" and elsewhere:
        return [Constraint("forbid_text", {"what": match.group(), **where(said, match.start())})]
    linked = _LINKS.search(said.bare)
    if linked and said.sign(linked.start()) == "-":
        return [Constraint("forbid_text", {"what": linked.group(), "place": linked.group(1).split(" ")[-1]})]
    for found in _TEXT.finditer(said.text):
        words = next(group for group in found.groups() if group)
        if (
            said.sign(found.start()) == "-"
            and "commit" not in said.low
            and not ASKS_FOR.match(said.bare, found.end())
            and not (found.group(3) and code_kind(words) in ("path", "command"))
        ):
            use = re.search(r"\buse ([A-Z][\w ]{1,30})", said.text)
            data: dict[str, Any] = {"what": words, "pattern": [words]}
            place = re.search(
                r"\bin (?:new |the |any |our )?(?:code|source|comments?|docs|documentation|ui|logs?|messages?)\b",
                said.low,
            )
            if place:
                data["place"] = place.group()
            return [Constraint("forbid_text", {**data, "use": use.group(1).strip()} if use else data)]
    spelling = _SPELLED.search(said.text)
    if spelling and ASKS_FOR.match(said.bare, spelling.end()):
        spelling = None
    if (
        spelling
        and re.search(r"[A-Z]", spelling.group(1))
        and said.sign(spelling.start()) in "-0"
        and _OF_NAMES.search(said.bare)
    ):
        use = _NAME_TO_USE.search(said.text)
        data = {
            "what": spelling.group(1),
            "pattern": [spelling.group(1)],
            "use": (use.group(1) or use.group(2)) if use else "",
        }
        return [Constraint("forbid_text", data)]
    credit = re.search(
        r"\b(?:ai|claude|anthropic|llm|assistant|chatgpt|copilot)\b[^.;]{0,20}\b(?:attribution|signature"
        r"|credit|watermark|mention)s?\b",
        said.bare,
    )
    if credit and said.sign(credit.start()) == "-" and "commit" not in said.low + said.heading:
        return [Constraint("forbid_text", {"what": credit.group()})]
    lower_found = re.match(r"^\W*(?:reference|mention) ([A-Z]\w+)\b", said.text, re.I)
    if lower_found and "(use " in said.low and lower_found.group(1)[0].isupper():
        use = re.search(r"\(use ([^)]+)\)", said.text)
        return [
            Constraint(
                "forbid_text",
                {"what": lower_found.group(1), "pattern": [lower_found.group(1)], "use": use.group(1) if use else ""},
            )
        ]
    return []
