"""Constructs of code by the words that people have for them: "inline styles", "barrel files", "`!!`", "type hints".

The table `thesaurus.json` knows the words, `rules_code.json` what they look like in each language; here it is only
asked whether a sentence excludes one of them (as the whole object of its verb, or as the worse side of a contrast), or
asks for what leaves one out. A word that says of what kind another is ("inline style tests") is none.
"""

import functools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.constructs import removal_rules
from tractguard.instructions.constraints.mentions import paths
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.texts import ASKS_FOR
from tractguard.instructions.constraints.written import language_of
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint
from tractguard.tables import table

MOST_FOUND = 6  # constructs that one sentence excludes

_OF_TEXT = ("todo_comment", "emoji")  # what a rule about text says already
_WORD = lazy(r"[\w@#+!=.$*-]+")
_OVER = lazy(
    r"\b(?:over|instead of|rather than|in place of|and not|not|than|never)\s(?:the |a |an |any |raw |plain )?$"
)
_PREFERS = lazy(r"\b(?:prefer\w*|favou?r\w*|use|using|choose|opt for|write|always|create)\b|^\W*[\w /`<>.()-]{2,40}$")
_CHAIN = lazy(  # what may stand between the negation and its object
    r"(?:\W|\b(?:never|do|does|not|don't|dont|must|should|shall|cannot|can't|mustn't|shouldn't|avoid(?:ing)?|no|without"
    r"|nor|or|and|any|a|an|the|using?|use|uses|used|add(?:ing)?|writ(?:e|ing)|creat(?:e|ing)|introduc(?:e|ing)|leav(?:e"
    r"|ing)|commit(?:ting)?|includ(?:e|ing)|insert(?:ing)?|put(?:ting)?|rely|relying|on|of|with|via|to|into|new|more"
    r"|ever|unnecessary|unneeded|direct(?:ly)?|manual(?:ly)?|raw|plain|explicit|implicit|excessive|overly|complex"
    r"|stop|instead|rather|than|over|resort(?:ing)?|fall(?:ing)?|back|reach(?:ing)?|for|have|having|be|there|please|you"
    r"|we|i|code|such|as|like|e\.g\.|declare|define|declaring|defining|place|make|making|in|custom|other|all|forbidden"
    r"|prohibited|banned|disallowed|strictly|absolutely|generic|simple|bare|naked|deeply|call(?:ing)?|set|pass(?:ing)?"
    r"|only|own|forbid|prohibit|ban|disallow|hand-written|handwritten|unsafe|casual(?:ly)?|either|things|ad-hoc|adhoc"
    r"|catch(?:ing)?|swallow(?:ing)?|import(?:s|ing)?|replace|throw(?:ing)?|return(?:ing)?|separate|extra|external|global|legacy|expos(?:e|ing)"
    r"|old|deprecated|wrap(?:ping)?|apply|keep(?:ing)?|ship(?:ping)?|push(?:ing)?|generat(?:e|ing)|hardcod(?:e|ing)"
    r"|usar|uso|usa|use|llamadas?|el|la|los|las|un|una|de|del|du|des|le|les|y|o|ni|e|em|en|keine?n?|nicht|den|die|das|der"
    r"|und|oder|mit|verwenden|nutzen|utiliser|evitar|insertar|poner|colocar|utilizar)\b)*$"
)
_CUE = lazy(r"\b(?:no|never|not|avoid|without|nor|instead of|rather than)\b")
_GOES_ON = lazy(
    r"[`\"'*]*(?:\s?(?:$|[.,;:!?()/&—|]|-\s)|\s(?:for|in|on|to|as|and|or|nor|unless|when|whenever|if|is|are|must|should"
    r"|shall|may|can|because|since|so|instead|anywhere|ever|everywhere|at all|outside|inside|within|without|except"
    r"|directly|over|rather|beyond|other|than|apart|after|before|during|use|where|with|from|that|which|whatsoever|here|alone|by|only|allowed|left|into|via|of|but"
    r"|exposed|scattered|passed|placed|stored|forbidden|prohibited|banned|please|throughout|it|they|unnecessarily|usage|statements?|calls?|keyword|syntax"
    r"|blocks?|operators?|expressions?|patterns?|declarations?|files?|code|values?|tags?|types?|selectors?"
    r"|typen|tipos?|typ)\b"
    r"|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af])"
)
_MINIMIZED = lazy(
    r"(?:^|[.;]\s)\W*(?:minimi[sz]e|limit|reduce)(?: (?:the )?(?:use|usage|number) of)?(?: the)?\s\W{0,2}$"
)
_STRIPPED = lazy(r"\b(?:remove|strip|delete|clean up|eliminate|no leftover|get rid of)\b(?: (?:all|any|every|the))?\W")
_BEFORE_SHIP = lazy(
    r"\b(?:from|in|before|after|prior to)\b[^.;]{0,40}\b(?:production|commit\w*|push\w*|merg\w*|code|done"
    r"|release\w*|ship\w*|deploy\w*|finish\w*|pr)\b"
)
_ORDERED = lazy(
    r"^\W*(?:[\w /-]{2,24}:\W+)?(?:always |please |only |strictly |prefer (?:to )?|favou?r )?(?:use|using|write|add"
    r"|throw|include|prefer|favou?r|provide|annotate|require|stick to|default to|always)\b|\b(?:must|should|always"
    r"|required?|mandatory|only|exclusively|everywhere|throughout|every|all)\b"
    r"|\bfull(?:y)? (?:typed|type hints)\b|必须|统一"
)


class Spotted(NamedTuple):
    """One construct that a sentence names, and where."""

    name: str
    words: str
    start: int
    end: int
    by: str  # the part of the table that knew it: phrases, contrasts, asked, marks


def stem(word: str) -> str:
    """The singular of a word, as crude as it needs to be: "classes" and "class", "ternaries" and "ternary" are one."""
    if word.endswith(("ss", "js")) or len(word) < 4:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word.removesuffix("s")


@functools.cache
def _phrases(part: str) -> dict[tuple[str, ...], str]:
    """Stems of each phrase of a part of the table -> the construct."""
    found: dict[tuple[str, ...], str] = {}
    for name, said in table("thesaurus")[part].items():
        for phrase in said:
            words = tuple(stem(match.group().strip(".")) for match in _WORD.finditer(phrase.lower()))
            found.setdefault(words, name)
    return found


@functools.cache
def _longest(part: str) -> int:
    return max(map(len, _phrases(part)), default=0)


def with_constructs(said: Sentence, found: list[Constraint]) -> list[Constraint]:
    """`found`, with the constructs that it names in words alone, and those that no other reader found."""
    found = [_known(constraint) for constraint in found]
    plain = table("rules_code")["phrases"]  # what the rules know by its words
    known = {name for c in found if c.type == "forbid_code" for name in _names(_said(c)) if name in plain}
    known |= {name for c in found if c.type == "forbid_code" for name in c.list("constructs")}
    if any(c.type == "forbid_text" for c in found):
        known |= set(_OF_TEXT)
    known |= {name for c in found if c.get("permit") for name in c.list("constructs")}
    excluded = [each for each in _spotted(said) if _is_out(said, each)]
    implied = [] if excluded or said.forbids() else list(_asked(said))
    new: dict[str, Spotted] = {}
    for each in (*excluded, *implied):
        if each.name not in known:
            new.setdefault(each.name, each)
    if any(c.get("lang") == "javascript" and "imports from" in str(c.get("what")) for c in found):
        relative = new.pop("relative_import", None)  # the other reader knows the forms of one language alone
        if relative:
            found.append(
                Constraint("forbid_code", {"what": relative.words, "constructs": [relative.name], "lang": "python"})
            )
    if "echo" in new and "php" in said.low + said.heading:  # the word of that language, not the program
        found = [c for c in found if c.type not in ("forbid_command", "dependency") or "echo" not in str(c.data)]
    return found + [_constraint(said, each) for each in list(new.values())[:MOST_FOUND]]


def _fits(lang: str, names: list[str]) -> bool:
    """Whether a construct is known in a language: "raw SQL" is written in others than SQL."""
    family = {"typescript": "js", "javascript": "js", "cpp": "c"}.get(lang, lang)
    known = table("rules_code")["constructs"]
    return any(family in known.get(name, ()) or "*" in known.get(name, ()) for name in names)


def _known(constraint: Constraint) -> Constraint:
    """A construct that stands in words alone, with what the table calls it."""
    if constraint.type != "forbid_code" or constraint.list("pattern") or constraint.get("imports"):
        return constraint
    names = list(dict.fromkeys(_names(" ".join(constraint.list("what")))))
    if not names:
        return constraint
    data = {**constraint.data, "constructs": names}
    if data.get("lang") and not _fits(str(data["lang"]), names):
        del data["lang"]
    return Constraint(constraint.type, data)


def _said(constraint: Constraint) -> str:
    return " ".join((*constraint.list("what"), *constraint.list("pattern")))


def _names(text: str) -> list[str]:
    return [name for name, _, _ in _in_text(text.lower(), "phrases")]


def _constraint(said: Sentence, each: Spotted) -> Constraint:
    data: dict[str, Any] = {"what": each.words, "constructs": [each.name]}
    lang = language_of(said, each.words, each.start)
    if lang and each.name in table("thesaurus")["many"] and _fits(lang, [each.name]):
        data["lang"] = lang
    if each.by == "asked":
        data.update({"use": each.words, "implied": True})
    else:
        use = next((code.text for code in said.codes if said.sign(code.start) == "+"), "")
        data.update({"use": use} if use else {})
    bounds = where(said, each.start, [path for path in paths(said) if not each.start <= path.start < each.end])
    return Constraint("forbid_code", {**data, **bounds})


def _spotted(said: Sentence) -> Iterator[Spotted]:
    """Every construct that the sentence names, by words and by marks."""
    bare = said.bare
    for part in ("phrases", "contrasts"):
        for name, start, end in _in_text(bare, part):
            yield Spotted(name, said.text[start:end], start, end, part)
    marks: dict[str, str] = table("thesaurus")["marks"]
    for code in said.codes:
        name = marks.get(code.text.strip().lower(), "")
        if name:
            yield Spotted(name, code.text, code.start, code.end, "marks")
    for words, name in table("thesaurus")["foreign"].items():
        at = said.low.find(words)
        if at >= 0:
            yield Spotted(name, words, at, at + len(words), "foreign")


def _in_text(text: str, part: str) -> Iterator[tuple[str, int, int]]:
    """(construct, start, end) of each phrase in `text`, the longest at each place."""
    phrases, longest = _phrases(part), _longest(part)
    spans = [(m.start(), m.start() + len(m.group().rstrip(".-"))) for m in _WORD.finditer(text)]
    stems = [stem(text[start:end].lstrip(".")) for start, end in spans]
    at = 0
    while at < len(stems):
        for size in range(min(longest, len(stems) - at), 0, -1):
            start, end = spans[at][0], spans[at + size - 1][1]
            name = phrases.get(tuple(stems[at : at + size]))
            if name and (part == "asked" or not re.search(r"[.;:()]\s|\"", text[start:end])):
                yield name, start, end
                at += size - 1
                break
        at += 1


def _is_out(said: Sentence, each: Spotted) -> bool:
    """Whether the sentence excludes it: the object of a negation, the worse side of a contrast, a leftover."""
    if not _GOES_ON.match(said.bare, each.end) or each.by == "foreign":
        return each.by == "foreign" and said.sign(each.start) == "-"
    sign = said.sign(each.start)
    part = said.part_of(each.start)
    ahead = said.bare[part.start : each.start].rstrip("`\"'*")
    ahead += "" if ahead.endswith(" ") or not ahead else " " if said.bare[each.start - 1] == " " else ""
    contrast = _OVER.search(ahead)
    if contrast and sign in "+-0" and _PREFERS.search(ahead[: contrast.start()]):
        return True
    if each.by == "contrasts":
        return False
    if sign in "0+" and _MINIMIZED.search(ahead):
        return True
    if sign in "0+" and _STRIPPED.match(said.bare) and each.name in table("thesaurus")["leftovers"]:
        return bool(_BEFORE_SHIP.search(said.bare, each.end)) and not said.forbids()
    if sign != "-" or _is_kept(said, each) or _asks_for(said, each):
        return False
    ahead = _without_others(said, part.start, each.start)
    return bool(_CHAIN.match(ahead) or _CHAIN.match(ahead[ahead.rfind(",") + 1 :] if "," in ahead else "-x"))


def _asks_for(said: Sentence, each: Spotted) -> bool:
    """ "No TODO without a ticket" asks for the ticket."""
    return each.name in _OF_TEXT and bool(ASKS_FOR.match(said.bare, each.end))


def _is_kept(said: Sentence, each: Spotted) -> bool:
    """Whether the verb takes the construct away; to catch or to swallow is what some of them are."""
    return removal_rules(said, each.start) and each.name not in ("bare_except", "broad_except", "empty_catch")


def _without_others(said: Sentence, start: int, end: int) -> str:
    """The words between the negation and a place, with other constructs and code marks taken out."""
    signs = [at for at, sign in said.part_of(end).marks if sign == "-" and at <= end]
    start = max([start, *signs])
    text = said.bare[start:end]
    for _, first, last in reversed(list(_in_text(text, "phrases"))):
        text = text[:first] + " " * (last - first) + text[last:]
    return text[max([0, *(match.start() for match in _CUE.finditer(text))]) :]


def _asked(said: Sentence) -> Iterator[Spotted]:
    """What the sentence asks for, where the table knows what is written without it."""
    if said.kind == "prompt" or not _ORDERED.search(said.bare):
        return
    for name, start, end in _in_text(said.low.replace("`", " "), "asked"):
        if said.sign(start) in "+0" and _GOES_ON.match(said.bare, end):
            yield Spotted(name, said.text[start:end], start, end, "asked")
