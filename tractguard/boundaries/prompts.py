"""Finding, in what a person asks for, a decision that only people may take.

Judged is what is being decided, passage by passage; pasted code, logs and quotations decide nothing. A request that a
standing instruction or a record of a deliberation already answers is found with that answer. It refuses to block: what
is done with a finding is said elsewhere. Linear in the length of the text, and no more than `MOST_PASSAGES` are read.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tractguard.boundaries.model import DOMAINS, Boundary, decided_finding, finding_of, requires, topic_row
from tractguard.boundaries.reading import MARKS, Passage, read, stem
from tractguard.boundaries.statistics import HUMAN, doubt, features, score
from tractguard.model import Finding, Instruction
from tractguard.tables import table

LEAST = 0.35  # how likely it must be in a short request of a closed world; live sessions: the policy
LEAST_LONG = 0.7  # in one passage of a long text, which holds many chances to be wrong
LONGEST, MOST_PASSAGES = 20_000, 80  # characters, passages
SHORT_SENTENCES, SHORT_WORDS = 3, 60  # up to here a request is one passage
COVERED, LEAST_COVERED = 0.6, 3  # share and number of a request's content words that a decision must name

_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)")
_PASTED = re.compile(
    r"^\s*(?:>|\$ |at \S+[:(]|File \"|Traceback|\d{4}-\d\d-\d\d[T ]\d\d:|\[?\d\d:\d\d:\d\d|[+-]{3} |@@ |diff --git"
    r"|\w+(?:Error|Exception): |npm ERR|\S+:\d+:\d+: |[{}<\[|#/])"
)
_STOP = re.compile(r"(?<=[.!?…])\s+(?=\S)|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)|\n")


def find_in_text(text: str, least: float = LEAST) -> Boundary | None:
    """The gravest decision for people that `text` asks for, or None."""
    found: Boundary | None = None
    for passage, bound in _passages(text, least):
        likely, names = _likely(passage)
        if likely >= bound and (found is None or likely > found.confidence):
            found = _boundary(passage, likely, names)
    return found


def judge_prompt(text: str, decided: Sequence[Instruction] = (), least: float = LEAST) -> list[Finding]:
    """The finding about a prompt: a decision for people, or the note that a person has decided it; else nothing."""
    found = find_in_text(text, least)
    if found is None:
        return []
    by = decision_on(found, decided)
    return [finding_of(found) if by is None else decided_finding(found, by)]


def decision_on(boundary: Boundary, decided: Sequence[Instruction]) -> Instruction | None:
    """The instruction or record by which a person has already decided this, or None."""
    wanted = content(boundary.sentence)
    for each in decided[::-1]:
        if each.polarity != "forbid" and each.trusted and covers(content(each.text), wanted):
            return each
    return None


def covers(said: frozenset[str], wanted: frozenset[str]) -> bool:
    """Whether enough of the words of `wanted` stand in `said`."""
    both = len(said & wanted)
    return both >= min(LEAST_COVERED, len(wanted)) and both > 0 and both >= COVERED * len(wanted)


def content(text: str) -> frozenset[str]:
    """The stems of a text that carry its meaning: no small words, no marks."""
    small = _small()
    return frozenset(word for word in read(text).stems if word not in MARKS and len(word) > 2 and word not in small)


def _small() -> frozenset[str]:
    words: dict[str, Any] = table("boundaries")
    return frozenset(stem(word) for word in words["no_content"].split())


def _likely(text: str) -> tuple[float, list[str]]:
    passage = read(text)
    if not any(passage.classes):
        return 0.0, []
    names = features(passage)
    return score(HUMAN, names, -doubt(passage, names)), names


def _boundary(text: str, likely: float, names: list[str]) -> Boundary:
    domain = max(DOMAINS, key=lambda one: (score(one, names), -DOMAINS.index(one)))
    topic = topic_of(domain, read(text))
    row = topic_row(topic)
    return Boundary(domain, row["reason"], likely, topic, text.strip(), tuple(row["instead"]), requires(domain))


def topic_of(domain: str, passage: Passage) -> str:
    """What a decision is about: the first topic of its domain of which the passage has a word."""
    said = {name for names in passage.classes for name in names}
    said |= {verb for clause in passage.clauses for verb in clause.does}
    for topic, domains, names in table("boundaries")["order"]:
        if domain in domains and said.intersection(names):
            return str(topic)
    return str(table("boundaries")["fallback"][domain])


def _passages(text: str, least: float) -> Iterator[tuple[str, float]]:
    """The passages of a text, each with how likely it must be."""
    parts = list(_sentences(text[:LONGEST]))
    words = sum(len(part.split()) for part in parts)
    if len(parts) <= SHORT_SENTENCES and words <= SHORT_WORDS:
        if parts:
            yield " ".join(parts), least
        return
    bound = max(least, LEAST_LONG)
    for at, part in enumerate(parts[:MOST_PASSAGES]):
        yield part, bound
        if at and len(parts[at - 1].split()) < SHORT_WORDS > len(part.split()):
            yield f"{parts[at - 1]} {part}", bound


def _sentences(text: str) -> Iterator[str]:
    """The sentences of what was said, without code, logs and quotations."""
    lines, fenced = [], False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and not _PASTED.match(line):
            lines.append(line)
    for part in _STOP.split("\n".join(lines)):
        said = part.strip(" \t\n-*•")
        if any(char.isalpha() for char in said) and said.rstrip(".!").lower() not in table("boundaries")["turns"]:
            yield said


__all__ = ["content", "covers", "decision_on", "find_in_text", "judge_prompt", "topic_of"]
