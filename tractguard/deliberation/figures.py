"""How good the guard is at telling values matters, by domain: from what people decided, dismissed and found missing.

Pure arithmetic over what the ledger knows; a record that still waits counts for nothing yet.
"""

from collections.abc import Iterable
from typing import Any

from tractguard.deliberation.known import Known

ESCALATED, MISSED = "escalation", "missed"


def figures(records: Iterable[Known]) -> dict[str, dict[str, Any]]:
    """domain -> {"raised", "confirmed", "dismissed", "missed", "precision", "recall"}; a share is null where n is 0."""
    found: dict[str, dict[str, Any]] = {}
    for each in records:
        if each.origin not in (ESCALATED, MISSED):
            continue
        row = found.setdefault(
            each.domain or "values", dict.fromkeys(("raised", "confirmed", "dismissed", "missed"), 0)
        )
        if each.origin == MISSED:
            row["missed"] += each.status != "dismissed"
            continue
        row["raised"] += 1
        row["dismissed"] += each.status == "dismissed"
        row["confirmed"] += each.status in ("decided", "no_agreement")
    for row in found.values():
        row["precision"] = share(row["confirmed"], row["confirmed"] + row["dismissed"])
        row["recall"] = share(row["confirmed"], row["confirmed"] + row["missed"])
    return found


def share(part: int, whole: int) -> float | None:
    """A share to three digits, None of nothing."""
    return round(part / whole, 3) if whole else None
