"""The pause: every call that changes something is refused until a person resumes, in every session and subagent.

Pausing needs nobody, resuming needs a person; who that is `person.py` says. The state lies in the ledger's file, so all
worktrees share it. Loaded only where the guard is paused, or told to pause or resume.
"""

import json
from typing import Any

from tractguard.book import LiveBook
from tractguard.decide import decision_of, verdict_of
from tractguard.ledger import Ledger
from tractguard.live import PAUSED
from tractguard.looking import changes_nothing
from tractguard.model import REJECTED, Decision, Event, Finding
from tractguard.stored import read_object

CODE = "TG904"
WHY = "tractguard is paused here: nothing is changed until a person resumes it."
WAY_OUT = 'Reading goes on. A person replies "resume", or runs tractguard resume.'


def held(event: Event, book: LiveBook) -> Decision | None:
    """The refusal of a call that would change something, recorded; None for one that only looks."""
    if changes_nothing(event):
        return None
    finding = Finding(CODE, "paused", REJECTED, WHY, WAY_OUT)
    decision = decision_of(verdict_of([finding]), {**book.policy, "mode": "enforce"})
    book.record(event, (), decision)
    return decision


def paused(ledger: Ledger) -> dict[str, Any]:
    """{"at", "by"} of the pause in force; nothing where there is none."""
    value = ledger.get("", PAUSED)
    if not value:
        return {}
    return read_object(value) or {"at": 0.0, "by": ""}


def pause(ledger: Ledger, now: float, by: str) -> bool:
    """Pause; whether it was not paused before. `by`: the channel."""
    if paused(ledger):
        return False
    ledger.put("", PAUSED, json.dumps({"at": now, "by": by}))
    return True


def resume(ledger: Ledger) -> bool:
    """End a pause; whether there was one. The caller made sure of a person."""
    there = bool(paused(ledger))
    ledger.drop("", PAUSED)
    return there
