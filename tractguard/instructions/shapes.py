"""The shape of an English unit: function words as they stand, every other word as what it could be.

"Handlers return a Result" and "Workers hold a lease" have one shape, so a sentence with unseen words still says much.
It knows word lists and endings. It refuses to look at other languages: there every word would be "some noun".
"""

import re
from itertools import pairwise

from tractguard.instructions.cues import Reading
from tractguard.instructions.grammar import third
from tractguard.instructions.lexicon import Lexicon, lexicon
from tractguard.instructions.markup import CODE

MOST_WORDS = 40
_MARKS = frozenset(",.:;()?!|/→—-+=")
_TYPOGRAPHY = str.maketrans("", "", "→—–“”‘’…✅❌•×≥≤⚠\ufe0f" + CODE)
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w.]*|\b(?:[A-Z]{2,}\w*|[A-Z][a-z]+[A-Z]\w*)\b")
_FOREIGN = frozenset(("absolute_x", "command_x", "forbid_x", "prefer_x", "wide"))
_ENDINGS = (("ing", 6, "doing"), ("ed", 5, "done"), ("ly", 5, "how"))


def shapes(reading: Reading) -> list[str]:
    """Pairs of neighbouring words and the first two and three of a unit, as features; for English only."""
    text = reading.plain.text
    if reading.cues & _FOREIGN or not text.translate(_TYPOGRAPHY).isascii():
        return ["shape:other"]
    lex = lexicon()
    named = frozenset(name.lower() for name in _NAME.findall(text))
    row = ["^", *(_kept(word, named, lex) for word in reading.words[:MOST_WORDS]), "$"]
    found = {f"s:{one} {two}" for one, two in pairwise(row)}
    found.update(("s3:" + " ".join(row[:4]), "s2:" + " ".join(row[:3])))
    return sorted(found)


def _kept(word: str, named: frozenset[str], lex: Lexicon) -> str:
    """A function word itself, or the class of any other."""
    if word in lex.lists["function"]:
        return word
    if word == CODE or word in _MARKS:
        return word
    if not word[0].isalnum():
        return "mark"
    return "9" if word[0].isdigit() else _sort(word, named, lex)


def _sort(word: str, named: frozenset[str], lex: Lexicon) -> str:
    if word in lex.noun_verbs:
        return "VN"
    if word in lex.verbs:
        return "V"
    if word in named:
        return "Name"
    for ending, least, name in _ENDINGS:
        if word.endswith(ending) and len(word) >= least:
            return name
    if third(word, lex):
        return "does"
    return "Ns" if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else "N"
