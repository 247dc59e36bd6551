"""Pending matters: what a person asked for in this session that people have to decide first.

A matter lives in the session's state, as data. Deliberation settles it; the rules of calls ask before a call that
carries an open one out. It refuses to know how it was recognised, and what the decision is.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from tractguard.stored import read_rows

KEY = "boundary"  # in a session's state
OPEN, DECIDED, DISMISSED = "open", "decided", "dismissed"
STATES = (OPEN, DECIDED, DISMISSED)
MOST, LONGEST = 20, 400  # matters of a session; characters of one text


class Matter(NamedTuple):
    """One request that waits for a decision."""

    id: str
    text: str  # the sentence, redacted
    domain: str
    reason: str
    time: str  # RFC 3339, UTC
    topic: str = "other"
    status: str = OPEN
    record: str = ""  # the record of the deliberation


class State(Protocol):
    """What is asked of the ledger: a session's state."""

    def get(self, session_id: str, key: str) -> str | None: ...

    def change(self, session_id: str, key: str, change: Callable[[str | None], str]) -> None: ...


def read(stored: str | None) -> list[Matter]:
    """The matters of a stored value, oldest first; what is no matter is passed over."""
    return [_matter(row) for row in read_rows(stored) if row.get("id")]


def _matter(row: Mapping[str, Any]) -> Matter:
    said = {name: str(row.get(name) or "") for name in Matter._fields}
    return Matter(**{**said, "topic": said["topic"] or "other", "status": said["status"] or OPEN})


def of(session_id: str, ledger: State) -> list[Matter]:
    """All matters of a session, oldest first."""
    return read(ledger.get(session_id, KEY))


def pending(session_id: str, ledger: State) -> list[Matter]:
    """Those that nobody has decided yet."""
    return [each for each in of(session_id, ledger) if each.status == OPEN]


def id_of(domain: str, text: str) -> str:
    """The same request has the same id: asking twice opens one matter."""
    said = " ".join(text.casefold().split())
    return "bm_" + hashlib.sha256(f"{domain}\n{said}".encode("utf-8", "replace")).hexdigest()[:6]


def open_matter(session_id: str, ledger: State, matter: Matter) -> tuple[Matter, bool]:
    """Keep a matter; (as it is kept, whether it is new). One that was settled before is not opened again."""
    found: list[tuple[Matter, bool]] = []

    def changed(before: str | None) -> str:
        kept = read(before)
        old = next((each for each in kept if each.id == matter.id), None)
        found[:] = [(old or matter, old is None)]
        return _stored(kept if old else [*kept, matter._replace(text=matter.text[:LONGEST])])

    ledger.change(session_id, KEY, changed)
    return found[0]


def settle(session_id: str, ledger: State, matter_id: str, status: str, record: str = "") -> Matter | None:
    """Set what became of a matter, and the record that says so. None where there is no such matter.

    Raises ValueError for a status that does not exist.
    """
    if status not in STATES:
        raise ValueError(f"a matter is {', '.join(STATES)}, not {status!r}")
    found: list[Matter] = []

    def changed(before: str | None) -> str:
        kept = read(before)
        found[:] = [each._replace(status=status, record=record or each.record) for each in kept if each.id == matter_id]
        return _stored([found[0] if found and each.id == matter_id else each for each in kept])

    ledger.change(session_id, KEY, changed)
    return found[0] if found else None


def _stored(matters: Sequence[Matter]) -> str:
    """The newest matters as JSON; open ones stay longest."""
    kept = list(matters)
    while len(kept) > MOST:
        kept.remove(next((each for each in kept if each.status != OPEN), kept[0]))
    return json.dumps([each._asdict() for each in kept], ensure_ascii=False)
