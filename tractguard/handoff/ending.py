"""The last handoff of a session: at its end, before a compaction, and for a session that was killed, at the next start.

Knows when one is due; `write.py` writes it. Warm.
"""

import json

from tractguard.book import LiveBook
from tractguard.closing import gone
from tractguard.handoff.write import rows_in, write_for_event
from tractguard.ledger import Ledger
from tractguard.model import SESSION_END, Event
from tractguard.pressure.formula import Reading
from tractguard.pressure.state import (
    BATCHES,
    HANDOFFS,
    HIGH,
    LEVEL,
    READING,
    TASKS,
    TRANSCRIPT,
    WINDOW,
    at_least,
)
from tractguard.stored import number, read_object

COMPACTION, END, KILLED = "compaction", "session end", "killed session"
MOST_KILLED, LOOK_BACK_DAYS, FORGOTTEN_DAYS = 3, 7, 60


def left_behind(event: Event, book: LiveBook, level: str, compactions: int, reading: Reading) -> str:
    """Write what a session leaves at its end, where it was long; the path, "" where nothing is due."""
    if event.kind != SESSION_END:
        return write_for_event(event, book, COMPACTION, reading)
    if not at_least(level, HIGH) and not compactions:
        return ""
    return "" if is_told(event.session_id, book.ledger) else write_for_event(event, book, END, reading)


def is_told(session_id: str, ledger: Ledger) -> bool:
    """Whether nothing has happened in a session since its last handoff."""
    mine = [row for row in rows_in(ledger.get("", HANDOFFS)) if row.get("session") == session_id]
    if not mine:
        return False
    last = mine[-1].get("events")
    after = number(last[1]) if isinstance(last, list) and len(last) == 2 else 0
    found = ledger.db.execute(
        "SELECT 1 FROM events WHERE session_id = ? AND seq > ? AND kind IN ('prompt', 'pre_tool') LIMIT 1",
        (session_id, after),
    ).fetchone()
    return found is None


def end_killed(event: Event, book: LiveBook) -> None:
    """Write what long sessions left whose client is gone without a word; what was counted of old ones is forgotten."""
    rows = book.ledger.db.execute(
        "SELECT session_id, value FROM state WHERE key = ? AND session_id != ?", (READING, event.session_id)
    ).fetchall()
    known = [(str(session), read_object(value)) for session, value in rows]
    known.sort(key=lambda each: -float(each[1].get("time") or 0.0))
    written = 0
    for session, kept in known:
        age = event.time - float(kept.get("time") or 0.0)
        if age > FORGOTTEN_DAYS * 86_400:
            for key in (READING, TRANSCRIPT, WINDOW, TASKS, BATCHES):
                book.ledger.drop(session, key)
        if kept.get("ended") or age > LOOK_BACK_DAYS * 86_400 or written >= MOST_KILLED:
            continue
        long = at_least(book.ledger.get(session, LEVEL) or "", HIGH) or number(kept.get("compactions"))
        if not gone(session, event.time, book):
            continue
        kept["ended"] = event.time
        book.ledger.put(session, READING, json.dumps(kept, ensure_ascii=False))
        if long and not is_told(session, book.ledger):
            written += 1
            write_for_event(event._replace(session_id=session), book, KILLED)
