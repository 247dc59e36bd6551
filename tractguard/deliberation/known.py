"""What the ledger knows of records: what was opened, approved and decided when, and the hash of a file at its decision.

An approval counts here when it was recorded here: a line in a file is text, which a tool call can write too. All of it
is filed under no session, so that reading it costs what deliberations cost and not what calls cost. Standard library.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from tractguard.book import LiveBook
from tractguard.decide import verdict_of
from tractguard.ledger import Ledger, canonical
from tractguard.model import OTHER, Decision, Event

OPENED, APPROVED, ANSWERED, DECIDED = "opened", "stakeholders approved", "no answer", "decided"
KEPT, REOPENED, ACCEPTED, DISMISSED, RESTORED = "kept", "reopened", "edits accepted", "dismissed", "restored"
OUTCOME = (
    "decision_made", "values_prioritized", "values_deprioritized", "moral_remainder", "dissenting_perspectives",
    "none_voiced", "justification", "precedent_applicability", "status",
)  # fmt: skip


class Known(NamedTuple):
    """One record as the ledger has it."""

    id: str
    question: str = ""
    file: str = ""  # below the root
    root: str = ""  # the checkout in which it was opened
    domain: str = ""
    origin: str = ""
    opened: float = 0.0
    urgency: str = ""
    approved: str = ""  # hash of the stakeholder list that a person approved
    status: str = "open"
    hash: str = ""  # of the file when a person last decided on it or accepted it
    outcome: str = ""  # hash of the outcome that a person approved
    decided: float = 0.0
    instruction: str = ""
    last: str = ""  # the last step


def note(step: str, id: str, book: LiveBook, *, now: float, host: str = "terminal", **more: Any) -> None:
    """Write one step of a record into the ledger. Raises LedgerError."""
    root = book.places.root
    event = Event(OTHER, host, f"deliberate {step}", now, cwd=root, root=root)
    said = {key: value for key, value in more.items() if value not in ("", None, [], {})}
    book.record(event, (), Decision(verdict_of(())), deliberation={"id": id, "step": step, **said})


def known(ledger: Ledger) -> dict[str, Known]:
    """Every record that the ledger knows, in the order in which they were opened."""
    found: dict[str, Known] = {}
    query = "SELECT record FROM events WHERE session_id = '' ORDER BY seq"
    for (text,) in ledger.db.execute(query):
        if '"deliberation":' not in text:
            continue
        try:
            row = json.loads(text)
        except ValueError:
            continue
        said = row.get("deliberation")
        if isinstance(said, dict) and isinstance(said.get("id"), str):
            id = said["id"]
            found[id] = after(found.get(id, Known(id)), said, float(row.get("time") or 0.0), str(row.get("cwd") or ""))
    return found


def after(before: Known, said: Mapping[str, Any], time: float, root: str) -> Known:
    """A record after one more step."""
    step = str(said.get("step"))
    now = before._replace(
        last=step,
        question=str(said.get("question") or before.question),
        file=str(said.get("file") or before.file),
        domain=str(said.get("domain") or before.domain),
        origin=str(said.get("origin") or before.origin),
        urgency=str(said.get("urgency") or before.urgency),
    )
    if step == OPENED:
        return now._replace(opened=time, root=root)
    if step == APPROVED:
        return now._replace(approved=str(said.get("list") or ""))
    if step == DECIDED:
        return now._replace(
            status=str(said.get("status") or DECIDED),
            hash=str(said.get("hash") or ""),
            outcome=str(said.get("outcome") or ""),
            decided=time,
            instruction=str(said.get("instruction") or ""),
        )
    if step == DISMISSED:
        return now._replace(status=DISMISSED, hash=str(said.get("hash") or ""))
    if step == REOPENED:
        return now._replace(status="open", hash="", outcome="", decided=0.0)
    if step in (KEPT, ACCEPTED):
        return now._replace(hash=str(said.get("hash") or before.hash))
    return now


def list_hash(stakeholders: Any) -> str:
    """The hash of a stakeholder list: whom a person approved, whatever is written beside the names."""
    rows = stakeholders if isinstance(stakeholders, list) else []
    groups = [str(each.get("group")) for each in rows if isinstance(each, dict)]
    return hashlib.sha256(canonical({"groups": groups}).encode()).hexdigest()[:32]


def outcome_hash(fields: Mapping[str, Any]) -> str:
    """The hash of what a person decided."""
    said = {key: fields.get(key) for key in OUTCOME}
    return hashlib.sha256(canonical(said).encode()).hexdigest()[:32]
