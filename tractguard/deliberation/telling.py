"""Outcomes that sessions are told: what was decided, its limits, and what may pass once. State of the repository.

Each session is told once, with its next prompt. Standard library only: a prompt looks here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.ledger import Ledger
from tractguard.stored import read_rows

OUTCOMES = "outcomes"  # the key in the repository's state
TOLD = "told outcomes"  # the key in a session's state
MOST, DAYS, DAY = 20, 7, 86_400.0


def decided(
    record: str,
    decision: str,
    fields: Mapping[str, Any],
    instruction: str,
    allowed: Sequence[str],
    ledger: Ledger,
    now: float,
) -> None:
    """Note an outcome for the sessions to come."""
    new = {
        "record": record,
        "question": str(fields.get("question") or ""),
        "decision": decision,
        "limits": str(fields.get("precedent_applicability") or ""),
        "instruction": instruction,
        "allowed": list(allowed),
        "status": str(fields.get("status") or ""),
        "time": now,
    }

    def changed(before: str | None) -> str:
        return json.dumps(
            [*(each for each in read(before) if each["record"] != record), new][-MOST:], ensure_ascii=False
        )

    ledger.change("", OUTCOMES, changed)


def read(value: str | None) -> list[dict[str, Any]]:
    """The outcomes of a state's value; none where it cannot be read."""
    return [each for each in read_rows(value) if "record" in each and "time" in each]


def untold(session_id: str, ledger: Ledger, now: float) -> list[str]:
    """What this session has not been told yet, a few lines for each outcome; from then on it has been told."""
    value = ledger.get("", OUTCOMES)
    if not value or not session_id:
        return []
    known = set(json.loads(ledger.get(session_id, TOLD) or "[]"))
    rows = read(value)
    due = [each for each in rows if mark(each) not in known and now - float(each["time"]) < DAYS * DAY]
    if due:
        ledger.put(session_id, TOLD, json.dumps([mark(each) for each in rows]))
    return [words(each) for each in due]


def mark(outcome: Mapping[str, Any]) -> str:
    """One outcome of one record: a later one is told again."""
    return f"{outcome['record']} {outcome['time']}"


def words(outcome: Mapping[str, Any]) -> str:
    """What the assistant is told."""
    head = f'People decided "{outcome.get("question")}" ({outcome["record"]})'
    if outcome.get("status") == "dismissed":
        head += ": it is no matter of values"
    if outcome.get("status") == "no_agreement":
        head += ": no agreement; what was stopped stays stopped"
    lines = [head + (f": {outcome['decision']}" if outcome.get("decision") else ".")]
    if outcome.get("instruction"):
        lines[0] += f" It is {outcome['instruction']} and holds from now on."
    if outcome.get("limits"):
        lines.append(f"Limits: {outcome['limits']}")
    passing = [f"This very call passes once: {call}" for call in outcome.get("allowed") or ()]
    return "\n".join([*lines, *passing])
