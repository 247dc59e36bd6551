"""Earlier records that are similar to a question: found by what they share, shown, never applied.

Words that both use and topics that both touch; the words that every record uses count for less. Pure.
"""

from collections.abc import Mapping, Sequence
from math import log, sqrt
from typing import Any, NamedTuple

from tractguard.deliberation.question import ACRONYM

LEAST, MOST = 0.18, 5
TOPIC = 1.2  # what a shared topic weighs, in words
STOP = frozenset(
    "a an the and or of to for in on at by with from without into onto we us our they them their you your it its i is"
    " are be was were will would should shall can could may might must do does did not no if that this these those who"
    " which whom what how when where why whether there here as so than then also all any every each some more most new"
    " old let lets make made want need use using decide have has had about after before over under between".split()
)


class Found(NamedTuple):
    """A similar record."""

    record: str
    similarity: float  # 0 to 1
    shared: tuple[str, ...]
    fields: Mapping[str, Any]

    def row(self) -> dict[str, Any]:
        """What a new record says of it."""
        return {"record": self.record, "similarity": self.similarity, "shared": list(self.shared)}


def similar(question: str, topics: Sequence[str], earlier: Sequence[Mapping[str, Any]]) -> list[Found]:
    """The most similar of `earlier` (fields of records), the nearest first."""
    bags = [
        bag(f"{each.get('question')} {each.get('decision_made') or ''}", each.get("topics") or ()) for each in earlier
    ]
    mine = bag(question, topics)
    counts: dict[str, int] = {}
    for each in bags:
        for word in each:
            counts[word] = counts.get(word, 0) + 1
    weight = {word: log(1 + (1 + len(bags)) / (1 + count)) for word, count in counts.items()}
    found = []
    for fields, each in zip(earlier, bags, strict=True):
        score = near(mine, each, weight, 1 + len(bags))
        if score >= LEAST:
            shared = sorted(word for word in mine.keys() & each.keys() if not word.startswith("topic "))
            found.append(Found(str(fields.get("id")), round(score, 2), tuple(shared[:6]), fields))
    return sorted(found, key=lambda one: (-one.similarity, one.record))[:MOST]


def bag(text: str, topics: Sequence[str]) -> dict[str, float]:
    """The words of a text that say something, and its topics."""
    words = {stem(word): 1.0 for word in tokens(text)}
    return words | {f"topic {each}": TOPIC for each in topics if each != "general"}


def tokens(text: str) -> list[str]:
    """Words without marks, and without those that stand in any sentence."""
    plain = "".join(mark if mark.isalnum() else " " for mark in text[:4000])
    return [
        word.casefold()
        for word in plain.split()
        if word.casefold() not in STOP and (len(word) > 2 or ACRONYM.match(word))
    ]


def stem(word: str) -> str:
    """A word without the endings that do not change what it is about."""
    for ending in ("ations", "ation", "ings", "ing", "ers", "er", "ies", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def near(one: Mapping[str, float], other: Mapping[str, float], weight: Mapping[str, float], most: int) -> float:
    """The cosine of two bags under the weights of their words."""

    def weighed(bag: Mapping[str, float], word: str) -> float:
        return bag[word] * weight.get(word, log(1 + most))

    top = sum(weighed(one, word) * weighed(other, word) for word in one.keys() & other.keys())
    length = sqrt(sum(weighed(one, word) ** 2 for word in one)) * sqrt(sum(weighed(other, word) ** 2 for word in other))
    return top / length if length else 0.0
