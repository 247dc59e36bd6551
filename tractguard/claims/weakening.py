"""Tests that were deleted, skipped or loosened in a session: counted over all its edits, so that moving is no loss.

Only tests that were there before the session count, and nothing is found where the person spoke of taking tests away
or rewriting them. A number, not a judgement: it says what is fewer, a person knows why. Pure.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from tractguard.claims.evidence import Done, Session, edited, is_test
from tractguard.claims.ground import Ground
from tractguard.tables import table

MOST_TEXT = 200_000  # characters of one edit that are counted


_WORD = re.compile(r"[A-Za-z_]\w*|\d+")


class Weakening(NamedTuple):
    """What tests lost in a session: files deleted, marks that skip added, tests and assertions fewer."""

    deleted: tuple[str, ...] = ()
    skipped: int = 0
    tests: int = 0
    asserts: int = 0
    files: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.deleted or self.skipped or self.tests or self.asserts)

    @property
    def words(self) -> str:
        """What happened, in half a sentence."""
        parts = [f"{', '.join(self.deleted[:3])} was deleted"] if self.deleted else []
        if self.skipped:
            parts.append(f"{_many(self.skipped, 'mark')} that skip{'s' if self.skipped == 1 else ''} tests came in")
        if self.tests:
            parts.append(f"{_many(self.tests, 'test')} went")
        elif self.asserts:
            parts.append(f"{_many(self.asserts, 'assertion')} went")
        where = f" in {', '.join(self.files[:3])}" if self.files else ""
        return " and ".join(parts) + where


def weakened(session: Session, ground: Ground) -> Weakening:
    """What the tests that were there before lost in this session; nothing where the person asked for it."""
    if _asked(text for _, text in session.prompts):
        return Weakening()
    made: set[str] = set()
    deleted: list[str] = []
    lost: Counter[str] = Counter()
    files: list[str] = []
    for call in session.calls:
        paths = [path for path in edited(call, session) if is_test(path)]
        if not paths or call.outcome is not True:
            continue
        gone = [
            session.rel(fact.name) for fact in call.facts if fact.kind == "delete" and is_test(session.rel(fact.name))
        ]
        deleted += [path for path in gone if path not in made and "*" not in path]
        if _is_new(call):
            made.update(paths)
            lost.update(_counts(_text(call, "content") or _text(call, "new_string"), -1))
        elif call.tool in ("Edit", "MultiEdit") and paths[0] not in made:
            lost.update(_edit(call))
            files += paths[:1]
    deleted = [path for path in dict.fromkeys(deleted) if ground.exists(path) is False]
    if made:
        deleted = []  # other tests took their place
    tests, asserts, skips = lost["tests"], lost["asserts"], -lost["skips"]
    return Weakening(tuple(deleted), max(0, skips), max(0, tests), max(0, asserts), tuple(dict.fromkeys(files)))


def _edit(call: Done) -> Counter[str]:
    counts: Counter[str] = Counter()
    edits = call.input.get("edits")
    rows = [row for row in edits if isinstance(row, dict)] if isinstance(edits, list) else [call.input]
    for row in rows:
        old, new = row.get("old_string"), row.get("new_string")
        if isinstance(old, str) and isinstance(new, str):
            lost = Counter(_counts(old, 1))
            lost.update(_counts(new, -1))
            if _rows(new) > _rows(old):
                lost["tests"] = lost["asserts"] = 0  # several became one with a row for each
            elif lost["asserts"] > 0 and _asserted(old) <= set(_WORD.findall(new)):
                lost["asserts"] = 0  # put together: all that was asserted still is
            counts.update(lost)
    return counts


def _counts(text: str, sign: int) -> dict[str, int]:
    """How many tests, assertions and skipping marks a text has, each with this sign."""
    words = table("claims")
    found = {"tests": 0, "asserts": 0, "skips": 0}
    for line in text[:MOST_TEXT].splitlines():
        bare = line.strip()
        if bare.startswith(("#!", "//", "/*", "* ")) or (bare.startswith("# ") and not bare.startswith("#[")):
            continue
        found["tests"] += bare.startswith(tuple(words["test_marks"]))
        found["asserts"] += any(mark in bare for mark in words["assert_marks"])
        found["skips"] += any(mark in bare for mark in words["skip_marks"])
    return {key: sign * value for key, value in found.items()}


def _asserted(text: str) -> set[str]:
    """The names and values in the assertions of a text."""
    marks = table("claims")["assert_marks"]
    lines = [line for line in text[:MOST_TEXT].splitlines() if any(mark in line for mark in marks)]
    return {word for line in lines for word in _WORD.findall(line)}


def _rows(text: str) -> int:
    """How many marks a text has by which one test runs on several rows."""
    return sum(text[:MOST_TEXT].count(mark) for mark in table("claims")["table_marks"])


def _is_new(call: Done) -> bool:
    """Whether a call wrote a file that was not there."""
    written = [fact for fact in call.facts if fact.kind == "write"]
    return any(fact.data.get("mode") == "create" for fact in written) and not any(
        fact.data.get("exists") for fact in written
    )


def _asked(texts: Iterable[str]) -> bool:
    return any(re.search(table("claims")["asked"], text.lower()) for text in texts)


def _text(call: Done, key: str) -> str:
    said = call.input.get(key)
    return said if isinstance(said, str) else ""


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
