"""From a decision to an instruction: what an outcome must say, what it contradicts, and what becomes of it. Cold.

Refuses to know who decides: the caller made sure of a person. Nothing is ranked or counted: an outcome is complete when
it says what was decided, what is lost, who objects and why it is done all the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.book import LiveBook
from tractguard.deliberation.precedents import similar, stem, tokens
from tractguard.deliberation.record import DECIDED, NO_AGREEMENT
from tractguard.deliberation.rounds import states
from tractguard.instructions.directive import Directive
from tractguard.model import constraints_of

NEGATIONS = frozenset(
    "no not never nobody none without nor cannot don't won't stop stays refused forbidden only".split()
)
ALIKE = 3  # words that two texts must share before one may deny the other


class Contradiction(NamedTuple):
    """Something in force, or decided before, that speaks against an outcome."""

    id: str  # inst_003, d-3fa81c
    text: str
    why: str
    instruction: bool


def missing(fields: Mapping[str, Any], *, agreed: bool) -> list[str]:
    """What an outcome still lacks, a sentence each."""
    lacks = []
    none = fields.get("none_voiced") or []
    if agreed and not fields.get("decision_made"):
        lacks.append("the decision itself (--decision)")
    if agreed and not fields.get("moral_remainder") and "moral_remainder" not in none:
        lacks.append("the moral remainder: what is lost with it (--remainder, or --none-voiced moral_remainder)")
    if agreed and not fields.get("dissenting_perspectives") and "dissent" not in none:
        lacks.append(
            "the dissent and who holds it (--dissent 'FRAMEWORK | OBJECTION | HOLDERS', or --none-voiced dissent)"
        )
    if not fields.get("justification"):
        lacks.append("the justification (--justification)")
    if agreed and not fields.get("values_prioritized"):
        lacks.append("the values that it puts first (--prioritize)")
    if agreed and not fields.get("values_deprioritized"):
        lacks.append("the values that it puts behind (--deprioritize)")
    if not fields.get("review_date"):
        lacks.append("the date of its review (--review-date 2027-05-01)")
    return lacks


def unheard(text: str, fields: Mapping[str, Any]) -> list[str]:
    """What is still open in the rounds that this tier needs, a sentence for each round."""
    found = []
    for state in states(text, fields):
        waiting = [
            f"{group} ({what})" if what != "open" else group for group, what in state.groups if what not in HEARD
        ]
        if waiting:
            found.append(f"round {state.round}: nothing yet from {', '.join(waiting)}")
    return found


HEARD = ("entry", "no answer")


def directive_of(text: str) -> Directive:
    """A decision as an instruction: what can be checked in it is read as in any other sentence."""
    from tractguard.instructions.classifier import classify

    found = classify(text, kind="claude_md", given=True)
    return found._replace(
        text=text,
        is_directive=True,
        quadrant="STRATEGIC",
        persistence="HIGH",
        temporal_scope="PROJECT",
        verification_required="MANDATORY",
        explicitness=1.0,
        polarity="forbid" if refuses(text) else found.polarity or "require",
        correction=False,
        corrects="",
    )


def contradictions(
    fields: Mapping[str, Any], live: Sequence[Mapping[str, Any]], earlier: Sequence[Mapping[str, Any]]
) -> list[Contradiction]:
    """What an outcome contradicts: live instructions by what they check or by their words, records by their values."""
    decision = str(fields.get("decision_made") or "")
    found = [each for record in live if (each := against_instruction(decision, record)) is not None] if decision else []
    mine = str(fields.get("id"))
    decided = [each for each in earlier if each.get("status") in (DECIDED, NO_AGREEMENT) and each.get("id") != mine]
    for near in similar(str(fields.get("question")), fields.get("topics") or (), decided):
        why = against_record(fields, near.fields)
        if why:
            text = str(near.fields.get("decision_made") or "no agreement")
            found.append(Contradiction(near.record, text, why, instruction=False))
    return found


def against_instruction(decision: str, record: Mapping[str, Any]) -> Contradiction | None:
    """How a live instruction speaks against a decision, None where it does not."""
    from tractguard.instructions.subjects import denies

    text, id = str(record.get("text")), str(record.get("id"))
    if any(denies(old, new) for old in constraints_of(record) for new in directive_of(decision).constraints):
        return Contradiction(id, text, "both cannot be followed in one place", instruction=True)
    shared = words(decision) & words(text)
    if len(shared) >= ALIKE and denied(decision) != denied(text):
        why = f"one says it, the other denies it ({', '.join(sorted(shared)[:4])})"
        return Contradiction(id, text, why, instruction=True)
    return None


def against_record(fields: Mapping[str, Any], earlier: Mapping[str, Any]) -> str:
    """How an earlier record weighed the same values the other way round, "" where it did not."""
    first, behind = names(fields, "values_prioritized"), names(fields, "values_deprioritized")
    turned = (first & names(earlier, "values_deprioritized")) | (behind & names(earlier, "values_prioritized"))
    return f"it weighed the other way round: {', '.join(sorted(turned))}" if turned else ""


def names(fields: Mapping[str, Any], key: str) -> set[str]:
    """Values as comparable names."""
    return {str(each).casefold().replace("_", " ").strip() for each in fields.get(key) or ()}


def words(text: str) -> set[str]:
    """The words of a text that say what it is about."""
    return {stem(each) for each in tokens(text)}


def denied(text: str) -> bool:
    """Whether a sentence denies or forbids what it speaks of."""
    return not NEGATIONS.isdisjoint(text.casefold().replace(",", " ").replace(".", " ").split())


def refuses(text: str) -> bool:
    """Whether a decision says no to something: such a one never counts as leave to do it."""
    return not (NEGATIONS - {"only", "without"}).isdisjoint(text.casefold().replace(",", " ").replace(".", " ").split())


def become_instruction(text: str, id: str, limits: str, book: LiveBook, now: float) -> dict[str, Any]:
    """Keep a decision as a HIGH instruction that names its record; the instruction's record. Raises OSError."""
    from tractguard.instructions.history import add
    from tractguard.keeping import file_for, ids_in_use, records_in
    from tractguard.locking import locked
    from tractguard.trust import save_own

    directive = directive_of(" ".join(text.split()))
    with locked(book.places):
        path = file_for(directive, book)
        records = records_in(path, book)
        taken = ids_in_use(book.places)
        new = add(records, directive, now=now, source="deliberation", until={}, taken=taken).record
        new["parameters"] = {**(new.get("parameters") or {}), "record": id}
        new["note"] = f"decided in {id}" + (f"; limits: {limits}" if limits else "")
        save_own(path, records, book.places, book.environ)
    book.refresh([path])
    return new


def superseded(ids: Sequence[str], by: str, book: LiveBook, now: float) -> list[dict[str, Any]]:
    """End instructions that a decision takes the place of; their records. Raises OSError."""
    from tractguard.instructions.history import retire
    from tractguard.keeping import records_in
    from tractguard.locking import locked
    from tractguard.trust import save_own

    gone: list[dict[str, Any]] = []
    with locked(book.places):
        for path in book.places.histories():
            records = records_in(path, book)
            here = [each for id in ids if (each := retire(records, id, now=now, by=by)) is not None]
            if here:
                save_own(path, records, book.places, book.environ)
                gone += here
    if gone:
        book.refresh()
    return gone
