"""What is asked of written code in words alone: "never parse an id", "every page sets a title via `usePageTitle`".

The last resort, where no other family found anything: it knows that the sentence is about code and what the words are.
It gives no literal pattern, so only rules that know the words can compare it; the others leave it to people.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import condition
from tractguard.instructions.constraints.endpoints import is_host
from tractguard.instructions.constraints.mentions import code_kind
from tractguard.instructions.constraints.reading import Code, Sentence
from tractguard.instructions.constraints.tables import members, pattern
from tractguard.instructions.constraints.written import HOST_TOOLS, language_of
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_IDENTIFIER = lazy(  # two humps at least: a name with one capital is a word
    r"(?:(?:use|using|call|switch to|import|introduce|fall back to|rely on|reach for|instantiate|extend|return)"
    r" (?:the |a |an |raw )?)?((?:[A-Z]{2,}[a-z]|[A-Za-z][a-z0-9]+[A-Z])\w*(?:\.\w+)*"
    r"|[A-Z][a-z]+\.[a-z]\w+)(?:\(\))?(?: or any (?:other|similar)\b.*)?"
)
_PRODUCTS = frozenset(
    "GitHub GitLab JavaScript TypeScript PostgreSQL MongoDB GraphQL OpenAPI OpenAI YouTube iOS macOS".split()
)
MOST_WORDS = 12  # of what is excluded
MOST_EXCLUDED = 4  # things that one sentence excludes in words alone

_WITH = lazy(r"\b(?:with|has|have|does|do|is) $")  # "a graph with no loops" describes
_CUE = lazy(
    r"\W*(?:never|do not|don't|dont|must not|mustn't|should not|shouldn't|cannot|can't|not|no|avoid|without|instead of"
    r"|rather than|nor|stop)\b"
)
_OBJECT = lazy(r"(?:,|\bto\b|\bever\b|\buse\b|\busing\b|\bthe\b|\bany\b|\s)*")
_END = lazy(
    r"[;:()—]|\.(?!\w)|\b(?:because|since|when|unless|if|instead|so that|use)\b|,\s(?:use|it|they|this|which)\b"
)
_CONDUCT = lazy(
    r"\b(?:assume|guess|invent|over-?engineer|rush|hesitate|worry|apologi[sz]e|explain|ask|suggest|mention|claim|say"
    r"|unused|over|rename|break|restructure|reformat|trust|ignore|forget|skip|block|stop|wait"
    r"|proceed|expand|commit|push|merge|deploy|delete|remove|edit|modify|touch)\b"
)
_STRONG = lazy(r"\b(?:always|must|every|all|each|only|required?|mandatory|never|exclusively)\b")
_USES = lazy(
    r"\b(?:use|uses|using|call|calls|via|through|with|wrap\w*|extend|extends|implement|implements|inherit"
    r"|annotate|mark|include|includes|import|imports|return|returns|throw|be|carry|carries|set|sets|declare|contain"
    r"|contains|need|needs|have|has|from|go through|as)\b[^.;`]{0,24}`$"
)
_LEADS = lazy(r"\W*(?:[\w /-]{2,24}:\W+)?(?:always |please )?use `")
_FOR = lazy(r"\b(?:to|for|when|whenever|in|on) [a-z][^.;,()]{2,60}")
_CODE_LOOK = lazy(r"[(<@{]|[a-z][A-Z]|\w\.\w|_\w|::|^[A-Z]\w+$|-\w")


def worded_of(said: Sentence) -> list[Constraint]:
    """forbid_code and require_code in words alone; [] where the sentence does not speak of code."""
    return _excluded(said) or _asked(said)


def _excluded(said: Sentence) -> list[Constraint]:
    if re.match(r"\W*no exceptions?\W*$", said.bare):
        return []  # it is said of the rule
    found: list[Constraint] = []
    for part in said.parts:
        for at, sign in part.marks:
            if sign != "-":
                continue
            if any(code.text in HOST_TOOLS for code in said.codes):
                return []
            if _WITH.search(said.bare, max(0, at - 6), at):
                continue
            words = _words_at(said, at, part.end)
            low = words.lower()
            if not words or _CONDUCT.match(low):
                continue
            told = _CUE.match(said.bare, at, part.end) or said.forbidding
            literal = _identifier(words) if told and "?" not in said.bare else ""
            if literal:
                found.append(Constraint("forbid_code", {"what": literal, "pattern": [literal]}))
                continue
            marked = any(at <= code.start < part.end and _is_code(said, code) for code in said.codes)
            if marked or pattern("code_nouns").search(low):
                data: dict[str, Any] = {"what": words, "lang": language_of(said, words), "when": condition(said, at)}
                found.append(Constraint("forbid_code", data))
    return found[:MOST_EXCLUDED]


def _identifier(words: str) -> str:
    """The name in a program's code that the excluded words are ("switch to CGEventTap"); "" where they are more."""
    match = _IDENTIFIER.fullmatch(words)
    name = match.group(1) if match else ""
    return "" if name.lower() in members() or name in _PRODUCTS else name


def _words_at(said: Sentence, at: int, end: int) -> str:
    """What is excluded from `at` on: the words behind the negation, to the next stop."""
    start = at
    for lead in (_CUE, _OBJECT):
        match = lead.match(said.bare, start, end)
        start = match.end() if match else start
    stop = _END.search(said.bare, start, end)
    words = said.text[start : stop.start() if stop else end].strip(" ,.`*")
    return " ".join(words.split()[:MOST_WORDS]).replace("`", "")


def _asked(said: Sentence) -> list[Constraint]:
    if said.kind == "prompt" or not (_STRONG.search(said.bare) or _LEADS.match(said.bare)):
        return []
    for code in said.codes:
        if said.sign(code.start) not in "+0" or not _is_code(said, code):
            continue
        if not _USES.search(said.bare[max(0, code.start - 48) : code.start]):
            continue
        purpose = _FOR.search(said.bare, code.end)
        data: dict[str, Any] = {"what": code.text, "lang": language_of(said, code.text)}
        data["when"] = said.text[purpose.start() : purpose.end()].strip() if purpose else condition(said, code.start)
        return [Constraint("require_code", data)]
    return []


def _is_code(said: Sentence, code: Code) -> bool:
    text = code.text.strip()
    return (
        code_kind(text) == "code"
        and not is_host(text)
        and len(text) > 1
        and bool(_CODE_LOOK.search(text))
        and len(text) < 100
    )
