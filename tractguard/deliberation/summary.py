"""A record in one row: where it stands, when it is due, what is wrong with it. What `status` and `list` show. Cold."""

import os
from collections.abc import Mapping
from typing import Any

from tractguard.deliberation.record import DECIDED, ENDED, NO_AGREEMENT, OPEN
from tractguard.deliberation.store import Item
from tractguard.deliberation.tiers import day
from tractguard.instructions.history import timestamp


def row(item: Item, root: str, now: float) -> dict[str, Any]:
    """{"id", "status", "question", "urgency", "due", "overdue", "review_date", "review_due", "file", "problems", …}."""
    fields = item.fields
    review = str(fields.get("review_date") or "")
    due = str(fields.get("due") or "")
    return {
        "id": item.id,
        "status": item.status,
        "question": item.question,
        "domain": str(fields.get("domain") or (item.known.domain if item.known else "")),
        "urgency": str(fields.get("urgency") or (item.known.urgency if item.known else "")),
        "opened": str(fields.get("opened") or ""),
        "due": due,
        "overdue": item.status == OPEN and bool(due) and due <= timestamp(now),
        "decision": str(fields.get("decision_made") or ""),
        "review_date": review,
        "review_due": item.status in (DECIDED, NO_AGREEMENT) and bool(review) and review <= day(now),
        "instruction": str(fields.get("instruction") or ""),
        "stakeholders_approved": bool(item.known and item.known.approved),
        "file": os.path.relpath(item.path, root) if item.path else "",
        "problems": [
            each.why if not each.line else f"line {each.line}: {each.why}" for each in item.problems if not each.note
        ],
    }


def wants_attention(summary: Mapping[str, Any]) -> bool:
    """Whether a person should see a record without asking for all of them."""
    ended = summary["status"] in ENDED
    return not ended or bool(summary["review_due"] or summary["problems"])
