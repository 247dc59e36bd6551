"""Obligations: what is owed in a session, opened and discharged by events; each with cause, scope, age and its end.

This is the store: a list in the session's state, read in one look and changed in one transaction. What opens one is
`opening`'s to know, what discharges one `closing`'s, what a stop is told `gate`'s. The same thing owed twice is owed
once. Standard library only: a tool call may read it.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tractguard.ledger import Ledger
from tractguard.stored import read_rows

KEY = "obligations"  # in the session's state
KINDS = ("order", "along", "promise", "question", "conflict", "deliberation", "follow_up")
MOST_OPEN = 50  # of one session: the oldest questions and promises make room
LONGEST = 300  # characters of a text that is kept

Row = dict[str, Any]


class Obligation(NamedTuple):
    """One thing that is owed. Times are seconds since the epoch."""

    id: str
    kind: str
    cause: str  # the sentence or event that opened it
    scope: str  # what it is about: a file, a command, a question
    opened: float
    closes: str  # what discharges it, in words
    source: str = ""  # an instruction's id, or who said it
    session: str = ""
    key: str = ""  # the same key is the same obligation
    times: int = 1  # how often its cause came again while it was open
    named: int = 0  # how often a stop was held back for it
    seq: int = 0  # the ledger's number of the event before the one that opened it

    @property
    def text(self) -> str:
        """One line for people."""
        return f"{self.cause} — {self.closes}" if self.closes else self.cause

    @property
    def closing(self) -> str:
        """The closing condition."""
        return self.closes


def open_obligations(ledger: Ledger, session_id: str = "") -> list[Obligation]:
    """What is open in one session, or with "" in all sessions of the repository; oldest first. Never raises for a
    state that cannot be read: then nothing is known to be owed.
    """
    if session_id:
        return read(ledger.get(session_id, KEY), session_id)
    rows = ledger.db.execute("SELECT session_id, value FROM state WHERE key = ?", (KEY,)).fetchall()
    found = [each for one, value in rows for each in read(value, str(one))]
    return sorted(found, key=lambda each: (each.opened, each.session, each.id))


def opened(
    ledger: Ledger,
    session_id: str,
    *,
    key: str,
    kind: str,
    cause: str,
    scope: str,
    closes: str,
    now: float,
    source: str = "",
) -> Obligation | None:
    """Open an obligation; None where one with this key is open already: then its cause is counted once more."""
    made: list[Obligation] = []

    def change(rows: list[Row]) -> list[Row]:
        same = next((row for row in rows if row["key"] == key), None)
        if same is not None:
            same["times"] = int(same.get("times") or 1) + 1
            return rows
        number = max((int(str(row["id"]).rpartition("_")[2]) for row in rows), default=0)
        used = int(ledger.get(session_id, _LAST) or 0)
        new = Obligation(
            f"ob_{max(number, used) + 1:03d}", kind, cause[:LONGEST], scope[:LONGEST], round(now, 3), closes[:LONGEST],
            source, session_id, key, seq=ledger.head()[0],
        )  # fmt: skip
        made[:] = [new]
        ledger.put(session_id, _LAST, str(max(number, used) + 1))
        return [*rows, _kept(new)][-MOST_OPEN:]

    _change(ledger, session_id, change)
    return made[0] if made else None


def discharge(ledger: Ledger, session_id: str, key: str) -> Obligation | None:
    """Take out the obligation with this key, or this id; None where there is none."""
    gone: list[Obligation] = []

    def change(rows: list[Row]) -> list[Row]:
        gone[:] = [each for each in _parsed(rows, session_id) if key in (each.key, each.id)]
        return [row for row in rows if key not in (row["key"], row["id"])]

    if ledger.get(session_id, KEY):
        _change(ledger, session_id, change)
    return gone[0] if gone else None


def note_named(ledger: Ledger, session_id: str, ids: Sequence[str]) -> None:
    """Note that a stop was held back for these."""

    def change(rows: list[Row]) -> list[Row]:
        for row in rows:
            if row["id"] in ids:
                row["named"] = int(row.get("named") or 0) + 1
        return rows

    _change(ledger, session_id, change)


def obligation_row(each: Obligation, now: float) -> dict[str, Any]:
    """An obligation as `--json` and `status` print it. `age_s` is in seconds."""
    return {
        "id": each.id,
        "kind": each.kind,
        "cause": each.cause,
        "scope": each.scope,
        "opened": each.opened,
        "age_s": max(0, round(now - each.opened)),
        "closes": each.closes,
        "source": each.source,
        "session_id": each.session,
        "times": each.times,
    }


def bare_step(words: str) -> str:
    """A step without its verb: "Run the tests" is "the tests"."""
    first, _, rest = words.strip("` ").partition(" ")
    return rest if rest and first.lower() in ("run", "running", "execute", "executing") else words.strip("` ")


def read(value: str | None, session_id: str) -> list[Obligation]:
    """The obligations of a state's value; none where it cannot be read."""
    return _parsed(_rows(value), session_id)


_LAST = "last obligation"  # the key of the number that was given last: an id is given once
_TEXTS = ("id", "kind", "cause", "scope", "closes", "source", "key")
_NUMBERS = ("times", "named", "seq")


def _change(ledger: Ledger, session_id: str, change: Callable[[list[Row]], list[Row]]) -> None:
    ledger.change(session_id, KEY, lambda before: json.dumps(change(_rows(before)), ensure_ascii=False))


def _kept(each: Obligation) -> Row:
    return {key: value for key, value in each._asdict().items() if key != "session"}


def _rows(value: str | None) -> list[Row]:
    return [
        row
        for row in read_rows(value)
        if str(row.get("id", "")).startswith("ob_") and str(row["id"])[3:].isdigit() and row.get("key")
    ]


def _parsed(rows: Sequence[Row], session_id: str) -> list[Obligation]:
    return [_obligation(row, session_id) for row in rows]


def _obligation(row: Row, session_id: str) -> Obligation:
    id, kind, cause, scope, closes, source, key = (str(row.get(name) or "") for name in _TEXTS)
    times, named, seq = (row[name] if isinstance(row.get(name), int) else 0 for name in _NUMBERS)
    at = row.get("opened")
    when = float(at) if isinstance(at, (int, float)) else 0.0
    return Obligation(id, kind, cause, scope, when, closes, source, session_id, key, times, named, seq)
