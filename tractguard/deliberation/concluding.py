"""Writing an end: an outcome, a review, a dismissal; with instruction, ledger and the calls that hang on it. Cold.

The caller made sure of a person. The record is written before anything is let through.
"""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.book import LiveBook
from tractguard.deliberation import telling
from tractguard.deliberation.known import (
    ACCEPTED,
    DECIDED,
    DISMISSED,
    KEPT,
    OUTCOME,
    REOPENED,
    note,
    outcome_hash,
)
from tractguard.deliberation.outcome import become_instruction, superseded
from tractguard.deliberation.record import NO_AGREEMENT, BrokenRecord, hash_of, read_text, with_fields
from tractguard.deliberation.schema import read
from tractguard.deliberation.stopped import calls_of
from tractguard.deliberation.store import Item, copy_of, save
from tractguard.deliberation.tiers import DAY, day, numbers
from tractguard.instructions.history import timestamp
from tractguard.locking import RECORDS, locked
from tractguard.places import Places
from tractguard.redact import redact

WRITTEN = (
    "decision_made", "values_prioritized", "values_deprioritized", "moral_remainder", "dissenting_perspectives",
    "none_voiced", "justification", "precedent_applicability", "review_date", "review_trigger",
)  # fmt: skip
LOOKALIKES = ".claude/deliberations/look-alikes.jsonl"


def conclude(
    item: Item,
    fields: Mapping[str, Any],
    book: LiveBook,
    now: float,
    ended: Sequence[str],
    calls: Sequence[Mapping[str, Any]],
    *,
    agreed: bool,
    go_ahead: bool = False,
    by: str = "terminal",
) -> dict[str, Any]:
    """Write an outcome that a person confirmed. Raises Changed where somebody else wrote the record meanwhile.

    `calls` pass once; with `go_ahead` what was asked for is asked about no more. Otherwise it goes on being stopped: a
    decision that says no, or sets limits, does not open the way by being one.
    """
    status = DECIDED if agreed else NO_AGREEMENT
    decision = redact(str(fields.get("decision_made") or ""))
    changes: dict[str, Any] = {key: clean(fields.get(key)) for key in WRITTEN if fields.get(key)}
    changes |= {"status": status, "precedent_binding": False, "decided": {"time": timestamp(now), "by": by}}
    text, instruction, gone = kept(item, with_fields(item.text, changes), decision, fields, ended, book, now)
    said = read(text).fields
    allowed = [str(each["what"]) for each in calls]
    note(
        DECIDED,
        item.id,
        book,
        now=now,
        status=status,
        hash=hash_of(text),
        outcome=outcome_hash(said),
        instruction=instruction,
        go_ahead=go_ahead,
        by=by,
        allowed=[{"call": each["call"], "what": each["what"]} for each in calls],
        stopped=[str(each["call"]) for each in calls_of(item.id, book.ledger) if each.get("tool")],
    )
    let_pass(item, instruction, calls, book, now)
    telling.decided(item.id, decision, said, instruction, allowed, book.ledger, now)
    settle(item.id, "decided" if go_ahead else "open", book)
    return {"id": item.id, "status": status, "decision": decision, "instruction": instruction, "allowed": allowed,
            "superseded": [str(each["id"]) for each in gone], "review_date": said.get("review_date")}  # fmt: skip


def kept(
    item: Item, text: str, decision: str, fields: Mapping[str, Any], ended: Sequence[str], book: LiveBook, now: float
) -> tuple[str, str, list[dict[str, Any]]]:
    """Write the record, and its instruction where there is one: (the text, the instruction, what has ended with it)."""
    with locked(book.places, RECORDS):
        save(item, text, book.places)
        if not decision:
            return text, "", []
        limits = redact(str(fields.get("precedent_applicability") or ""))
        new = become_instruction(decision, item.id, limits, book, now)
        instruction = str(new["id"])
        mine = [str(each["id"]) for each in book.compiled.records() if of_record(each, item.id)]
        gone = superseded([id for id in (*ended, *mine) if id != instruction], item.id, book, now)
        whole = with_fields(text, {"instruction": instruction})
        save(item._replace(text=text), whole, book.places)
        record_instructions([new, *gone], book, now)
    return whole, instruction, gone


def of_record(instruction: Mapping[str, Any], record: str) -> bool:
    """Whether an instruction is an earlier outcome of this very record."""
    said = instruction.get("parameters")
    return isinstance(said, dict) and said.get("record") == record


def clean(value: Any) -> Any:
    """A value without secrets, and without what says nothing."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [clean(each) for each in value]
    return {key: clean(each) for key, each in value.items()} if isinstance(value, dict) else value


def record_instructions(records: Sequence[Mapping[str, Any]], book: LiveBook, now: float) -> None:
    """Note changed instructions: from there they are known when the file is lost."""
    from tractguard.decide import verdict_of
    from tractguard.model import OTHER, Decision, Event

    root = book.places.root
    event = Event(OTHER, "terminal", "deliberate instruction", now, cwd=root, root=root)
    book.record(event, (), Decision(verdict_of(())), instructions=[dict(each) for each in records])


def let_pass(item: Item, instruction: str, calls: Sequence[Mapping[str, Any]], book: LiveBook, now: float) -> None:
    """Allow the exact calls that a person named, once each."""
    from tractguard.lifting import grant

    until = now + DAY * float(numbers(book.policy)["allow_days"])
    for each in calls:
        grant(str(each["call"]), item.id, instruction, until, book.ledger)


def settle(record: str, status: str, book: LiveBook) -> None:
    """Tell the sessions in which the matter came up that it is settled."""
    from tractguard.boundaries import matters

    for row in calls_of(record, book.ledger):
        if row.get("matter") and row.get("session"):
            matters.settle(str(row["session"]), book.ledger, str(row["matter"]), status, record=record)


def dismiss(item: Item, why: str, book: LiveBook, now: float) -> str:
    """A person said that it is no values matter: written, noted, settled, and kept as a look-alike; the file of cases
    or "". Raises Changed, OSError.
    """
    reason = redact(why.strip())
    changes = {"status": "dismissed", "dismissed": {"time": timestamp(now), "reason": reason}}
    text = with_fields(item.text, changes)
    with locked(book.places, RECORDS):
        save(item, text, book.places)
    note(DISMISSED, item.id, book, now=now, reason=reason, hash=hash_of(text))
    settle(item.id, "dismissed", book)
    calls = [each for each in calls_of(item.id, book.ledger) if each.get("tool")]
    let_pass(item, "", calls, book, now)
    fields = {**item.fields, "status": "dismissed", "precedent_applicability": ""}
    telling.decided(item.id, "", fields, "", [str(each["what"]) for each in calls], book.ledger, now)
    case = lookalike(item, book)
    if not case:
        return ""
    path = os.path.join(book.places.root, LOOKALIKES)
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(case, ensure_ascii=False) + "\n")
    return LOOKALIKES


def lookalike(item: Item, book: LiveBook) -> dict[str, Any]:
    """What was stopped, as a case of `tractguard test` that must pass; nothing where the ledger does not hold it."""
    rows = calls_of(item.id, book.ledger)
    base = {"id": f"dismissed {item.id}", "instructions": [], "expect": "APPROVED"}
    for row in reversed(rows):
        if row.get("tool_use_id"):
            found = book.ledger.of_call(str(row["tool_use_id"])) or {}
            if isinstance(found.get("input"), dict):
                return {**base, "tool_name": str(found["tool_name"]), "tool_input": found["input"]}
    if rows or (item.known and item.known.origin == "escalation"):
        return {**base, "prompt": item.question}
    return {}


def differences(item: Item, places: Places) -> list[dict[str, Any]]:
    """The fields that were edited since the record ended: {"field", "then", "now"}."""
    try:
        before = read(read_text(copy_of(item.id, places, ended=True))).fields
    except (OSError, BrokenRecord):
        return []
    keys = [key for key in (*before, *item.fields) if before.get(key) != item.fields.get(key)]
    return [{"field": key, "then": before.get(key), "now": item.fields.get(key)} for key in dict.fromkeys(keys)]


def again(
    item: Item,
    what: str,
    book: LiveBook,
    now: float,
    *,
    note: str,
    next_date: str,
    changed: Sequence[Mapping[str, Any]],
) -> str:
    """What a person says of a decision: `keep`, `reopen`, `accept`; what became of it. Raises BrokenRecord."""
    outcome = [str(each["field"]) for each in changed if each["field"] in OUTCOME]
    if what != "reopen" and outcome:
        raise BrokenRecord(
            f"the outcome of {item.id} was edited ({', '.join(outcome)}): a new outcome needs a new decision;"
            f" 'tractguard deliberate review {item.id} --reopen', then decide"
        )
    word = {"keep": "kept", "reopen": "reopened", "accept": "edits accepted"}[what]
    entry: dict[str, Any] = {"date": day(now), "outcome": word} | ({"note": redact(note)} if note else {})
    reviews = [{key: value for key, value in each.items() if value} for each in item.fields.get("reviews") or []]
    changes: dict[str, Any] = {"reviews": [*reviews, entry]}
    if what == "reopen":
        changes |= {"status": "open", "decided": None}
    elif what == "keep":
        changes["review_date"] = next_date or day(now + DAY * float(numbers(book.policy)["review_days"]))
    text = with_fields(item.text, changes)
    with locked(book.places, RECORDS):
        save(item, text, book.places)
    step = {"keep": KEPT, "reopen": REOPENED, "accept": ACCEPTED}[what]
    note_step(step, item, text, book, now)
    if what == "reopen":
        stays = f"; {item.fields['instruction']} stays in force until then" if item.fields.get("instruction") else ""
        return f"{item.id} is open again{stays}."
    if what == "keep":
        return f"{item.id} stands; the next review is on {changes['review_date']}."
    return f"{item.id}: the edits are taken over."


def note_step(step: str, item: Item, text: str, book: LiveBook, now: float) -> None:
    """Note a review in the ledger, with the hash of the file as it is now."""
    note(step, item.id, book, now=now, hash=hash_of(text))
