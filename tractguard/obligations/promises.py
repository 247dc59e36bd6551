"""Promises of the assistant: what it says that it will do, and what would show that it did.

Only promises whose keeping leaves a trace are kept in mind: tests, a run of checks, documents, the changelog, a named
file, a commit. An offer ("I can add tests"), a question or a condition ("if you like") promises nothing. The words are
data (`data/promises.json`). Pure.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tractguard.claims.evidence import edited_paths, is_test
from tractguard.claims.reading import sentences_in, with_code
from tractguard.model import Past
from tractguard.obligations import Obligation
from tractguard.rules.crossref import Call
from tractguard.tables import table

MOST = 5  # promises of one message


class Promise(NamedTuple):
    """A sentence that promises something; `key` says what, so that saying it twice owes it once."""

    key: str
    text: str
    closes: str


def promises_in(message: str) -> list[Promise]:
    """The promises of a message, each thing once."""
    found: dict[str, Promise] = {}
    for each in _promises(message):
        found.setdefault(each.key, each)
    return list(found.values())[:MOST]


def _promises(message: str) -> Iterator[Promise]:
    words = table("promises")
    for sentence, codes in sentences_in(message):
        low = sentence.lower()
        if not re.search(words["says"], low) or re.search(words["spoils"], low) or low.rstrip().endswith("?"):
            continue
        for kind, row in words["kinds"].items():
            if re.search(row["pattern"], low):
                yield Promise(f"promise:{kind}", with_code(sentence, codes), row["closes"])
                break


def kept_by(owed: Obligation, past: Past, call: Call) -> bool:
    """Whether a call keeps a promise."""
    kind = owed.key.partition(":")[2]
    ran = [fact for fact in past.facts if fact.kind == "ran"]
    if kind == "run":
        return any("test" in (fact.data.get("purposes") or ()) for fact in ran)
    if kind == "check":
        return bool(ran)
    if not past.success:
        return False
    if kind in ("commit", "push"):
        return any(fact.kind == "git" and fact.name == kind for fact in past.facts)
    paths = edited_paths(past.facts, call.rel)
    if kind == "tests":
        return any(is_test(path) for path in paths)
    ending = tuple(table("promises")["kinds"].get(kind, {}).get("files") or ())
    return bool(ending) and any(path.lower().endswith(ending) or path.lower().startswith("docs/") for path in paths)
