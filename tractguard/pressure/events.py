"""Events of a live session around which its pressure is measured, and what a compaction took is given back.

Knows when to measure and how what is said of it joins the answer to the event. Refuses to know levels. Small: loaded
after every call.
"""

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

from tractguard.book import LiveBook
from tractguard.model import POST_TOOL, POST_TOOL_FAILURE, PRE_TOOL, PROMPT, Decision, Event
from tractguard.pressure.state import BATCHES, COMPACTED, READING, TRANSCRIPT

if TYPE_CHECKING:
    from tractguard.pressure.levels import Note

# Not every exception: the guard's own deadline ends the event, and so does a ledger that cannot be written.
BREAKS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, OSError, sqlite3.Error)
TASK_TOOLS = frozenset(("TodoWrite", "TaskCreate", "TaskUpdate"))


def measured(event: Event, book: LiveBook, step: Callable[[Event, LiveBook], Decision]) -> Decision:
    """What `step` answers to an event, with the session measured before it, and with what is to be said of that."""
    if event.kind == POST_TOOL and event.tool in TASK_TOOLS:
        from tractguard.pressure.tasks import note_tasks

        note_tasks(event, book)
    if is_due(event, book):
        from tractguard.pressure.levels import with_note

        note = observed(event, book)
        decision = with_note(step(event, book), note)
    else:
        decision = step(event, book)
    if COMPACTED in book.state and event.kind in (PRE_TOOL, PROMPT):
        from tractguard.pressure.compaction import given_back

        return given_back(event, book, decision)
    return decision


def observed(event: Event, book: LiveBook) -> "Note":
    """What measuring has to say. Where it fails the event goes on: a gauge that breaks is no reason to lose a message.

    What was counted is given up then, for it may be what broke it, and the person is told.
    """
    from tractguard.pressure.levels import Note, observe

    try:
        return observe(event, book)
    except BREAKS as error:
        why = f"{type(error).__name__}: {error}"
        book.more["pressure_failed"] = why
        for key in (READING, TRANSCRIPT):
            book.ledger.drop(event.session_id, key)
        return Note("", f"tractguard: the pressure of this session could not be measured ({why}); it is counted anew.")


def is_due(event: Event, book: LiveBook) -> bool:
    """Whether an event is one to measure at: after a single call only where this host never tells that a message's
    calls have all ended, which it does a moment later.
    """
    if event.kind in (POST_TOOL, POST_TOOL_FAILURE):
        return BATCHES not in book.state
    return event.kind != PRE_TOOL
