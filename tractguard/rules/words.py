"""The words that rules need: shipped tables, read on first use, and how phrases are found in what a person said.

It knows spelling and word forms, and what `tractguard/data/rules_*.json` says. It refuses to know what the words mean
for a call: that is the rules' part.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from tractguard import tables

_WORD = re.compile(r"[\w@./+#-]+")
_SMALL = frozenset(
    (
        "a an the any to new some of your my our this that it"
        " production prod live existing other unexpected unreviewed all automatically"
    ).split()
)
_CHANGE = (
    r"(?i)\b(?:modif|chang|edit|updat|writ|implement|creat|add|touch|refactor|rank|regenerat|cod)\w*"
    r"|\bmak\w* (?:any )?(?:code )?change"
)
_PATHS = r"(?<![\w:/])(?:\.{0,2}/)?[\w.@*-]+(?:/[\w.@*{},-]+)*/?(?:\.\w+)?"
_PATHLIKE = r"^[\w.@~*?{}\[\],/+-]+$"
_MAGIC = r"[*?\[{]"
LONGEST_TEXT = 2000  # of an action phrase: more is not a phrase


def table(name: str) -> Mapping[str, Any]:
    """The shipped table `rules_<name>.json`."""
    return tables.table("rules_" + name)


def stem(word: str) -> str:
    """A crude English stem, enough to bring "pushing", "pushes" and "push" together."""
    word = word.lower()
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if word.endswith("e") and len(word) > 3:
        word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiousl":
        word = word[:-1]
    return word


def tokens(text: str) -> list[str]:
    """The stems of a text's words, small words left out."""
    found = (match.group().strip("./+#-") for match in _WORD.finditer(text[:LONGEST_TEXT].lower()))
    return [stem(word) for word in found if word and word not in _SMALL]


def phrases_in(text: str, phrases: Mapping[tuple[str, ...], str]) -> list[str]:
    """The values of all phrases in `text`, longest first at each place, no word used twice, in the order said."""
    words = tokens(text)
    longest = max((len(phrase) for phrase in phrases), default=0)
    found: list[str] = []
    index = 0
    while index < len(words):
        for size in range(min(longest, len(words) - index), 0, -1):
            value = phrases.get(tuple(words[index : index + size]))
            if value is not None:
                if value not in found:
                    found.append(value)
                index += size
                break
        else:
            index += 1
    return found


def compiled(phrases: Mapping[str, list[str]]) -> dict[tuple[str, ...], str]:
    """{id: [phrase, …]} turned round for `phrases_in`. The first id that claims a phrase keeps it."""
    found: dict[tuple[str, ...], str] = {}
    for name, said in phrases.items():
        for phrase in said:
            found.setdefault(tuple(tokens(phrase)), name)
    found.pop((), None)
    return found


@cache
def phrase_table(name: str, key: str) -> Mapping[tuple[str, ...], str]:
    """The phrases below `key` of table `name` ({id: [phrase, …]}), ready for `phrases_in`."""
    return compiled({item: list(said) for item, said in table(name)[key].items()})


def mentions(text: str, word: str) -> bool:
    """Whether `word` stands in `text` as a word of its own (letters, digits and "_" do not touch it)."""
    if not word:
        return False
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        before = text[start - 1] if start else " "
        after = text[end] if end < len(text) else " "
        if not (_wordy(before) and _wordy(word[0])) and not (_wordy(after) and _wordy(word[-1])):
            return True
        start = text.find(word, start + 1)
    return False


def _wordy(char: str) -> bool:
    return char.isalnum() or char == "_"


def changes(text: str) -> bool:
    """Whether a phrase speaks of changing something ("modify", "making changes")."""
    return bool(re.search(_CHANGE, text[:LONGEST_TEXT]))


def pathlike(text: str) -> bool:
    """Whether `text` is a path or a glob rather than words for people."""
    return bool(re.match(_PATHLIKE, text)) and ("/" in text or "." in text or bool(re.search(_MAGIC, text)))


def paths_in(text: str) -> tuple[str, ...]:
    """The paths and globs in a phrase."""
    found = []
    for match in re.finditer(_PATHS, text):
        word = match.group().strip("`'\",;:").rstrip(".").removeprefix("./").lstrip("/")
        if word and pathlike(word) and not re.fullmatch(r"[\d.]+|e\.g|i\.e|etc\.?", word):
            found.append(word)
    return tuple(dict.fromkeys(found))
