"""A person's prompt in a live session: it is never blocked. It opens a pending matter, and the assistant is told what
waits for a decision and what it may do meanwhile. Warm: loaded at prompts only.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tractguard.book import LiveBook
from tractguard.boundaries import matters
from tractguard.boundaries.acting import ORDERED, OUTWARD, orders_outward
from tractguard.boundaries.model import CODES, DECIDED, Boundary, decided_finding, finding_of, shown
from tractguard.boundaries.prompts import content, decision_on, find_in_text
from tractguard.boundaries.safety import sentence
from tractguard.decide import verdict_of
from tractguard.instructions.history import timestamp
from tractguard.model import Decision, Event, Instruction, instruction_of
from tractguard.person import drove_terminal, lifts_nothing
from tractguard.policy import DEFAULTS, Policy, rules_off
from tractguard.redact import redact
from tractguard.stored import read_object

PERSON_MAY = "A person decides that: the decision is recorded, and then it can go ahead."


def weighed(event: Event, book: LiveBook, decision: Decision) -> Decision:
    """The decision on a prompt, with what it asks for that only people may decide. Opens the matter, records it."""
    if event.agent_id or not event.prompt.strip():
        return decision
    note_orders(event, book)
    if CODES["values"] in rules_off(book.policy):
        return decision
    found = find_in_text(event.prompt, least_of(book.policy))
    if found is None or CODES[found.domain] in rules_off(book.policy):
        return decision
    by = decision_on(found, list(_in_force(found, book, timestamp(event.time))))
    if by is not None:
        if DECIDED not in rules_off(book.policy):
            book.more["boundary"] = {"domain": found.domain, "topic": found.topic, "decided_by": by.id}
        return _with(decision, found, f"{DECIDED} {decided_finding(found, by).why}", "", by)
    matter = matters.Matter(
        matters.id_of(found.domain, found.sentence), redact(found.sentence), found.domain, found.reason,
        timestamp(event.time), found.topic,
    )  # fmt: skip
    kept, new = matters.open_matter(event.session_id, book.ledger, matter)
    if kept.status != matters.OPEN:
        return decision
    book.more["boundary"] = {**kept._asdict(), "text": redact(kept.text), "new": new}
    lines = "\n".join(words(found, kept))
    person = f'tractguard: "{shown(redact(found.sentence), 80)}" {found.reason}: people decide that. Calls for it ask.'
    return _with(decision, found, lines, person if new else "")


def note_orders(event: Event, book: LiveBook) -> None:
    """Keep that a person orders a first deployment or migration: such an order is the answer to TG718. What may come
    from elsewhere is kept as no order.
    """
    kinds = [kind for kind in OUTWARD if orders_outward(kind, event.prompt)]
    if not kinds:
        return
    why = lifts_nothing(event, book) or drove_terminal(book.ledger, book.began)
    if why:
        book.more["not_a_person"] = why
        return
    kept = {**read_object(book.ledger.get(event.session_id, ORDERED)), **dict.fromkeys(kinds, shown(event.prompt, 100))}
    book.ledger.put(event.session_id, ORDERED, redact(json.dumps(kept, ensure_ascii=False)))


def least_of(policy: Policy) -> float:
    """From which likelihood on a request counts as a decision for people."""
    table = policy.get("boundaries") or DEFAULTS["boundaries"]
    return float(table.get("least", DEFAULTS["boundaries"]["least"]))


def words(found: Boundary, matter: matters.Matter) -> Iterator[str]:
    """What the assistant is told: the fact, what it may do, who decides."""
    yield f'{CODES[found.domain]} "{shown(redact(found.sentence))}" {found.reason} ({matter.id}). {PERSON_MAY}'
    yield f"Until then do not carry it out; you may {'; '.join(found.alternatives)}."
    yield sentence(finding_of(found))


def _with(decision: Decision, found: Boundary, told: str, person: str, by: Instruction | None = None) -> Decision:
    finding = finding_of(found) if by is None else decided_finding(found, by)
    finding = finding._replace(why=redact(finding.why))
    return decision._replace(
        verdict=verdict_of([*decision.verdict.findings, finding]),
        response="context",
        to_assistant="\n".join(each for each in (decision.to_assistant, told) if each),
        to_person="\n".join(each for each in (decision.to_person, person) if each),
    )


def _in_force(found: Boundary, book: LiveBook, now: str) -> Iterator[Instruction]:
    """The instructions in force that share a word with the request and were said to decide something, oldest first.

    What this very message says, what holds for a task, and an earlier order of the same kind decide nothing: else the
    second asking would answer the first.
    """
    wanted = content(found.sentence)
    for record in (*book.compiled.records(), *book.session):
        text = str(record.get("text", ""))
        passing = record.get("temporal_scope") == "TASK" or record.get("timestamp") == now
        if not passing and any(word in text.lower() for word in wanted) and _decides(record, text):
            yield instruction_of(record)


def _decides(record: Mapping[str, Any], text: str) -> bool:
    """Whether an instruction is the outcome of a decision, or no request of this kind itself."""
    return record.get("source") == "deliberation" or find_in_text(text) is None


__all__: Sequence[str] = ("least_of", "weighed", "words")
