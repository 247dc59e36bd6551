"""The words that carry a directive: what `data/lexicon.json` holds, as sets that are read once and never changed.

It knows which words command, forbid, prefer or permit in several languages. It refuses to know what a sentence means:
words become cues, and cues are weighed elsewhere.
"""

import json
import os
from typing import Any, NamedTuple

_DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")
MOST_WORDS = 6  # longest phrase that is looked up


class Lexicon(NamedTuple):
    """All word lists. `phrases` maps a lower-case phrase to the classes that it belongs to."""

    verbs: frozenset[str]
    noun_verbs: frozenset[str]
    third: frozenset[str]
    phrases: dict[str, tuple[str, ...]]
    opening: frozenset[str]  # the first words of all phrases
    signs: tuple[tuple[str, str], ...]  # (substring, class) for scripts without spaces
    headings: dict[str, tuple[str, ...]]
    lists: dict[str, frozenset[str]]


def data(name: str) -> Any:
    """The JSON file `name` of the package's data folder."""
    with open(os.path.join(_DATA, name), encoding="utf-8") as file:
        return json.load(file)


def _build() -> Lexicon:
    raw = data("lexicon.json")
    phrases: dict[str, tuple[str, ...]] = {}
    for kind, words in raw["phrases"].items():
        for word in words:
            phrases[word] = (*phrases.get(word, ()), kind)
    return Lexicon(
        verbs=frozenset(raw["verbs"].split()),
        noun_verbs=frozenset(raw["noun_verbs"].split()),
        third=frozenset(raw["third"].split()),
        phrases=phrases,
        opening=frozenset(phrase.split(" ", 1)[0] for phrase in phrases),
        signs=tuple((sign, kind) for kind, signs in raw["signs"].items() for sign in signs),
        headings={kind: tuple(words) for kind, words in raw["headings"].items()},
        lists={kind: frozenset(words.split()) for kind, words in raw["lists"].items()},
    )


_loaded: list[Lexicon] = []


def lexicon() -> Lexicon:
    """The lexicon, read from disk at the first call."""
    if not _loaded:
        _loaded.append(_build())
    return _loaded[0]
