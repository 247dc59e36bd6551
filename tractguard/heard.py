"""A prompt is heard: its directives are kept, each where it belongs, and what it ends is ended.

A project's instructions go to the history that git sees, facts of this machine to the local one, and what holds for a
task or a session to the session's state. Only the directive sentence is stored, redacted.
"""

import json
from collections.abc import Sequence
from typing import Any

from tractguard.approving import note_approvals
from tractguard.book import LiveBook
from tractguard.boundaries.session import weighed
from tractguard.closing import note_client, session_hash
from tractguard.decide import verdict_of
from tractguard.instructions.chains import next_id
from tractguard.instructions.classifier import read_text
from tractguard.instructions.constraints.grants import LIFTED, asked_for
from tractguard.instructions.cues import read
from tractguard.instructions.directive import Directive
from tractguard.instructions.endings import named_end, until
from tractguard.instructions.grammar import interjection
from tractguard.instructions.history import Added, raise_persistence, record_of, timestamp
from tractguard.instructions.subjects import ends, same_subject, says_the_same
from tractguard.keeping import end_what_is_over, keep
from tractguard.model import Constraint, Decision, Event, constraints_of
from tractguard.redact import redact
from tractguard.task import is_permit, is_request, says_new_task, subjects, unrelated

OF_THE_SESSION = ("TASK", "SESSION")
STANDING = ("from now on", "always", "in future", "in the future", "whenever", "any time", "at any time", "generally")
TAKES_BACK = (
    "forget what i said", "forget the rule", "forget the instruction", "forget about the rule", "forget my instruction",
    "ignore what i said", "never mind what i said", "nevermind what i said", "drop the rule", "drop the instruction",
)  # fmt: skip
FIRST_WORDS, MOST_WAYS_OUT = 60, 3
MOST_PROMPTS, LONGEST_PROMPT = 5, 2000  # messages of a session that are kept at hand, characters of each
LOOK_BACK, LONGEST_INPUT = 30, 2000  # calls that say what was worked on, characters of each argument
LAST_ID = "last id"
ASKED = "asked"  # the key of when this session last asked for work


def listen(event: Event, book: LiveBook) -> Decision:
    """Keep what the prompt directs, tell the person what was kept for longer than this session, record it all."""
    units = read_text(event.prompt, kind="prompt", context_before=said_before(book)) if not event.agent_id else []
    units = [for_once(as_corrected(unit, book).allowing(ordered(unit, book)), event.time) for unit in units]
    forgotten = [unit for unit in units if takes_back(unit.text)]
    directives = [unit for unit in units if unit.stored and unit not in forgotten]
    directives, doubt = said_by_a_person(directives, event, book)
    lasting = [unit for unit in directives if unit.temporal_scope not in OF_THE_SESSION]
    passing = [unit for unit in directives if unit.temporal_scope in OF_THE_SESSION]
    lines: list[str] = []
    if not event.agent_id:
        note_client(event, book, starts=False)
        lines = [*doubt, *end_what_is_over(event, book), *end_last_task(event, book, units)]
        note_approvals(event, book, units)
        remember(event, book, asks=any(map(is_request, units)))
    origin = session_hash(event.session_id)
    added = keep(lasting, book, now=event.time, source="user", origin=origin) if lasting else []
    if passing:
        keep_for_session(passing, event, book, origin)
    told = "\n".join(
        line for line in (*lines, words(added), words_passing(passing, book), *ways_out(forgotten, book)) if line
    )
    decision = Decision(verdict_of(()), to_person=told if book.policy["verbosity"] != "silent" else "")
    decision = weighed(event, book, decision)
    book.record(event, (), decision, instructions=[each.record for each in added])
    return decision


def said_by_a_person(directives: list[Directive], event: Event, book: LiveBook) -> tuple[list[Directive], list[str]]:
    """The directives of a message; where something speaks against a person's having said it, those that take nothing
    away, with a line for the person.
    """
    loose = [each for each in directives if loosens(each, book)]
    if not loose:
        return directives, []
    from tractguard.person import against

    why = against(event, book)
    if not why:
        return directives, []
    book.more["not_a_person"] = why
    texts = ", ".join(f'"{each.text}"' for each in loose)
    return [each for each in directives if each not in loose], [f"tractguard: {why}, so it loosens nothing: {texts}."]


def loosens(directive: Directive, book: LiveBook) -> bool:
    """Whether a directive takes something away: it permits, or it would end another one."""
    if is_permit(directive.constraints):
        return True
    for old in (*book.compiled.records(), *book.session):
        text, constraints = str(old.get("text", "")), constraints_of(old)
        if ends(text, constraints, directive.constraints, directive.corrects):
            return not says_the_same(text, constraints, directive.text, directive.constraints)
    return False


def said_before(book: LiveBook) -> str:
    """The last message of this session that said something: "No!" hides nothing that was said before it."""
    return next((text for _, text in reversed(book.prompts) if not interjection(text)), "")


def as_corrected(directive: Directive, book: LiveBook) -> Directive:
    """A correction that only names another value lasts as long as what it corrects, and takes its place."""
    if not directive.corrects or not directive.stored:
        return directive
    for record in (*book.session, *book.compiled.records()):
        if ends(str(record.get("text")), constraints_of(record), directive.constraints, directive.corrects):
            return directive._replace(
                temporal_scope=str(record.get("temporal_scope") or directive.temporal_scope),
                persistence=str(record.get("persistence") or directive.persistence),
                verification_required=str(record.get("verification_required") or directive.verification_required),
            )
    return directive


def ordered(directive: Directive, book: LiveBook) -> tuple[Constraint, ...]:
    """Permits for what a message orders although something in force wants a person's word for it."""
    if not directive.is_directive:
        return ()
    records = [each for each in (*book.compiled.records(), *book.session) if LIFTED.intersection(types_of(each))]
    return asked_for(directive.text, [one for record in records for one in constraints_of(record)]) if records else ()


def types_of(record: dict[str, Any]) -> set[str]:
    """The types of a record's constraints."""
    return {str(each.get("type")) for each in record.get("constraints") or () if isinstance(each, dict)}


def for_once(directive: Directive, now: float) -> Directive:
    """A permission given in passing ("push to main please") holds for its task, unless it says that it stays; what is
    said until a date, a tag or a merge holds until then.
    """
    end = named_end(directive.text, now) if directive.is_directive else None
    if end is not None and end["kind"] != "event":
        return directive._replace(temporal_scope="PHASE")
    if not is_permit(directive.constraints) or directive.temporal_scope in ("SESSION", "PHASE"):
        return directive
    staying = any(word in directive.text.casefold() for word in STANDING) or read(directive.text).has("span:project")
    if staying or any(each.get("scope") for each in directive.constraints):
        return directive
    return directive._replace(temporal_scope="TASK", persistence="LOW")


def takes_back(text: str) -> bool:
    """Whether a sentence takes back something said before ("forget what I said about pnpm")."""
    low = text.casefold()
    return any(low.startswith(words) or f" {words}" in low[:FIRST_WORDS] for words in TAKES_BACK)


def ways_out(forgotten: Sequence[Directive], book: LiveBook) -> list[str]:
    """What ends the instructions that a person may mean: which of them it is, the person says."""
    meant = subjects(" ".join(unit.text for unit in forgotten)) - subjects(" ".join(TAKES_BACK))
    if not meant:
        return []
    records = [*book.compiled.records(), *book.session]
    found = [record for record in records if meant & subjects(str(record.get("text")))]
    return [
        f"tractguard: 'tractguard instructions retire {each['id']}' ends \"{each['text']}\"."
        for each in found[:MOST_WAYS_OUT]
    ]


def end_last_task(event: Event, book: LiveBook, units: Sequence[Directive]) -> list[str]:
    """End what was said for the last task where this message begins another one; a line for what is not checked now.

    A restriction ends later than a permission: what was worked on since counts as well, and a task that was
    announced with its restriction ("for this one, leave migrations/ alone") but not asked for yet has not begun.
    """
    tasks = [record for record in book.session if record.get("temporal_scope") == "TASK"]
    if not tasks:
        return []
    said = [*(text for _, text in book.prompts), *(str(record.get("text")) for record in book.session)]
    new = says_new_task(units) and any(map(is_request, units))
    if not new and not unrelated(units, said, least=1):
        return []
    began = book.ledger.get(event.session_id, ASKED) or ""
    over = [record for record in tasks if new or began >= str(record.get("timestamp"))]
    kept_on = [record for record in over if not is_permit(constraints_of(record))]
    if kept_on and not new and not unrelated(units, [*said, *worked_on(event, book)], least=2):
        over = [record for record in over if record not in kept_on]
        kept_on = []
    ids = {record["id"] for record in over}
    book.change_session(event.session_id, lambda now: [each for each in now if each.get("id") not in ids])
    checked = [record for record in kept_on if record.get("constraints")]
    return [f'tractguard: "{each["text"]}" ({each["id"]}) was for the task before and has ended.' for each in checked]


def worked_on(event: Event, book: LiveBook) -> list[str]:
    """What the last calls of this session were about: their arguments."""
    records = reversed(book.ledger.of_session(event.session_id, most=LOOK_BACK))
    inputs = [record["input"] for record in records if isinstance(record.get("input"), dict)]
    return [value[:LONGEST_INPUT] for each in inputs for value in each.values() if isinstance(value, str)]


def remember(event: Event, book: LiveBook, *, asks: bool) -> None:
    """Keep the last messages for this session: an older instruction is not enforced against a newer word."""
    said = [*book.prompts, (timestamp(event.time), redact(event.prompt[:LONGEST_PROMPT]))][-MOST_PROMPTS:]
    book.ledger.put(event.session_id, "prompts", json.dumps(said, ensure_ascii=False))
    if asks:
        book.ledger.put(event.session_id, ASKED, timestamp(event.time))


def keep_for_session(directives: Sequence[Directive], event: Event, book: LiveBook, origin: str) -> None:
    """What a session says for itself alone lives in its state, newest last, with ids of its own."""

    def kept(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for directive in directives:
            records = [*records]
            used = book.ledger.get(event.session_id, LAST_ID) or ""
            number = next_id((used, *(str(record.get("id")) for record in records)), "task_")
            new = record_of(directive, id=number, now=event.time, source="user", origin=origin)
            same = next((each for each in records if is_said_in(each, directive)), None)
            if same is not None:  # a permission that was partly used is whole again
                again = {"said": int(same.get("said") or 1) + 1, "constraints": new["constraints"]}
                same.update(again, timestamp=new["timestamp"])
                if directive.correction:
                    raise_persistence(same)
                continue
            mine = directive.constraints
            records = [
                each
                for each in records
                if not ends(str(each.get("text")), constraints_of(each), mine, directive.corrects)
            ]
            records.append(new)
            book.ledger.put(event.session_id, LAST_ID, number)  # an id is given once, also where its owner has ended
        return records

    book.change_session(event.session_id, kept)


def is_said_in(record: dict[str, Any], directive: Directive) -> bool:
    """Whether a record of the session says just this, for as long."""
    return record.get("temporal_scope") == directive.temporal_scope and says_the_same(
        str(record.get("text", "")), constraints_of(record), directive.text, directive.constraints
    )


def words(added: Sequence[Added]) -> str:
    """What the person is told, a line for each instruction that is new, or was meant all along."""
    lines = []
    for each in added:
        text, id = each.record["text"], each.record["id"]
        if each.repeated:
            if each.corrected:
                lines.append(f'tractguard holds "{text}" ({id}) stricter: corrected {times(each.record)}.')
            continue
        line = f'tractguard keeps "{text}" ({id}){until(each.record)}'
        if each.record.get("note"):
            line += f"; {each.record['note']}"
        if each.superseded:
            old = ", ".join(f'"{record["text"]}" ({record["id"]})' for record in each.superseded)
            line += f"; it replaces {old}"
        lines.append(line + ".")
    return "\n".join(lines)


def times(record: dict[str, Any]) -> str:
    """How often a record was corrected."""
    number = int(record.get("corrections") or 0)
    return "once" if number == 1 else f"{number} times"


def words_passing(directives: Sequence[Directive], book: LiveBook) -> str:
    """What the person is told of what holds for this task or session alone: only what is checked at calls, and what
    it goes before for so long.
    """
    lines = []
    for each in directives:
        if not each.constraints or is_permit(each.constraints):
            continue
        line = f'tractguard holds "{each.text}" for this {"task" if each.temporal_scope == "TASK" else "session"}'
        before = [old for old in book.compiled.records() if same_subject(constraints_of(old), each.constraints)]
        if before:
            line += ", before " + ", ".join(f'"{old["text"]}" ({old["id"]})' for old in before)
        lines.append(line + ".")
    return "\n".join(lines)
