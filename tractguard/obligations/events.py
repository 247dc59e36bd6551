"""What the events of a session open and discharge. Each change goes into the record of the event that made it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tractguard.model import POST_TOOL, Event, Fact, Instruction, Past, instruction_of
from tractguard.obligations import Obligation, discharge, open_obligations, opened
from tractguard.redact import redact

if TYPE_CHECKING:
    from tractguard.book import LiveBook
    from tractguard.checks.runs import Run


def after_call(event: Event, before: Mapping[str, Any], runs: "Sequence[Run]", book: "LiveBook") -> None:
    """A call has run: what it changed may open something, what it ran or changed may discharge something."""
    from tractguard.checks.after import facts_of
    from tractguard.obligations import orders, promises

    facts = tuple(facts_of(event, before, book))
    ran = tuple(Fact("ran", run.command, run.outcome, run.row()) for run in runs)
    past = Past(event.tool, event.input, (*facts, *ran), event.kind == POST_TOOL, event.time)
    call = orders.scene(event, facts, book.policy)
    live = {each.key: each for each in open_obligations(book.ledger, event.session_id)}
    for owed in orders.owed_by(instructions_in_force(book)):
        if owed.key in live and (orders.discharged_by(owed, past, call) or orders.is_over(owed, past)):
            close(event, owed.key, book)
        path = orders.opened_by(owed, past, call)
        if path and not (orders.discharged_by(owed, past, call) and owed.kind == "order"):
            if owed.kind == "along" and changed_already(event, owed, call, book):
                continue
            begin(
                event, owed.key, owed.kind, owed.instruction.text, path, owed.closes, book, source=owed.instruction.id
            )
    for each in live.values():
        if each.kind == "promise" and promises.kept_by(each, past, call):
            close(event, each.key, book)


def still_owed(event: Event, book: "LiveBook") -> list[Obligation]:
    """What is open; what an instruction asked for that is not in force any more is discharged with it."""
    from tractguard.obligations.orders import owed_by

    found = open_obligations(book.ledger, event.session_id)
    if not any(each.kind in ("order", "along") for each in found):
        return found
    live = {owed.key for owed in owed_by(instructions_in_force(book))}
    for each in found:
        if each.kind in ("order", "along") and each.key not in live:
            close(event, each.key, book)
    return [each for each in found if each.kind not in ("order", "along") or each.key in live]


def instructions_in_force(book: "LiveBook") -> list[Instruction]:
    """The instructions about order: of the repository, and of this session."""
    from tractguard.obligations.orders import TRIGGERS, TYPES

    found = book.compiled.instructions(TRIGGERS)
    found += [instruction_of(record, session="this") for record in book.session]
    return [each for each in found if any(one.type in TYPES for one in each.constraints)]


def changed_already(event: Event, owed: Any, call: Any, book: "LiveBook") -> bool:
    """Whether the other change was made earlier in this session."""
    from tractguard.book import pasts
    from tractguard.obligations.orders import discharged_by

    return any(discharged_by(owed, past, call) for past in pasts(book.ledger.of_session(event.session_id)))


def begin(
    event: Event, key: str, kind: str, cause: str, scope: str, closes: str, book: "LiveBook", *, source: str = ""
) -> Obligation | None:
    """Open an obligation and note it in the event's record; None where it was open already."""
    made = opened(
        book.ledger, event.session_id, key=key, kind=kind, cause=redact(cause), scope=redact(scope), closes=closes,
        now=event.time, source=source,
    )  # fmt: skip
    if made is not None:
        note("opened", made, book)
    return made


def close(event: Event, key: str, book: "LiveBook") -> Obligation | None:
    """Discharge an obligation and note it in the event's record; None where there is none."""
    gone = discharge(book.ledger, event.session_id, key)
    if gone is not None:
        note("discharged", gone, book)
    return gone


def note(what: str, each: Obligation, book: "LiveBook") -> None:
    """Put an obligation that was opened or discharged into the record of this event."""
    rows = book.more.setdefault("obligations", [])
    rows.append(
        {"what": what, "id": each.id, "kind": each.kind, "cause": each.cause, "scope": each.scope, "key": each.key}
    )
