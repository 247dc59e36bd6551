"""Orders by which a person approves an act that destroys: kept for the task they were given in.

At a prompt the orders are read (`rules/approved.py`) and kept in the session's state, where nothing speaks against
their being a person's; a call that does just that then passes, with its recovery point. They end with the next
unrelated request, with a word that takes something back, and after an hour. Warm: loaded at prompts only.
"""

import json
from collections.abc import Sequence

from tractguard.book import APPROVALS, LiveBook
from tractguard.instructions.directive import Directive
from tractguard.model import Event
from tractguard.person import drove_terminal, lifts_nothing
from tractguard.redact import redact
from tractguard.rules.approved import orders, takes_back
from tractguard.task import says_new_task, unrelated

MOST = 20  # orders that a session keeps


def note_approvals(event: Event, book: LiveBook, units: Sequence[Directive]) -> None:
    """Keep what a message approves, end what it ends. What was kept is recorded with the message."""
    before = list(book.approvals)
    if before and ends(event, book, units):
        before = []
    new = [redact(each) for each in orders(event.prompt)]
    if new and (lifts_nothing(event, book) or drove_terminal(book.ledger, book.began)):
        new = []
    if not new and len(before) == len(book.approvals):
        return
    kept = [*(each for each in before if each not in new), *new][-MOST:]
    book.ledger.put(event.session_id, APPROVALS, json.dumps({"at": event.time, "orders": kept}, ensure_ascii=False))
    book.approvals = kept
    if new:
        book.more["approves"] = new


def ends(event: Event, book: LiveBook, units: Sequence[Directive]) -> bool:
    """Whether a message ends what was approved: it takes something back, or asks for other work."""
    if takes_back(event.prompt):
        return True
    said = [*(text for _, text in book.prompts), *book.approvals]
    return says_new_task(units) or unrelated(units, said, least=1)
