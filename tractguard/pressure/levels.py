"""What a level of pressure does: a session is measured at its events, and each level that is reached has its effect.

ELEVATED holds instructions one step stricter, HIGH suggests a handoff once, CRITICAL and DANGEROUS write it; what they
do to a call is `gate.py`'s. Each change of level goes into the record of the event that brought it. Warm: loaded after
calls, at prompts, starts and ends, never before an ordinary call.
"""

import json
from typing import Any, NamedTuple

from tractguard.book import LiveBook
from tractguard.model import (
    POST_TOOL,
    POST_TOOL_FAILURE,
    PRE_COMPACT,
    PROMPT,
    SESSION_END,
    SESSION_START,
    TOOL_BATCH,
    Decision,
    Event,
)
from tractguard.pressure.formula import Reading
from tractguard.pressure.inputs import Found, keep, look, measured
from tractguard.pressure.state import (
    BATCHES,
    COMPACTED,
    CRITICAL,
    DANGEROUS,
    ELEVATED,
    GONE_ON,
    HIGH,
    LEARNED,
    LEVEL,
    LEVELS,
    NEW_FILES,
    NORMAL,
    READING,
    STRICTER,
    WINDOW,
    at_least,
    table,
)
from tractguard.stored import number, read_object

COMPACT, AUTO = "compact", "auto"  # the source of a session start, the trigger of a compaction
READINGS_KEPT = 12  # for the trend
REMEMBERED = 3  # compactions that weigh in what is learned
TAKES_CONTEXT = frozenset((PROMPT, TOOL_BATCH, POST_TOOL, POST_TOOL_FAILURE, SESSION_START))


class Note(NamedTuple):
    """What a reading has to say beside the answer to its event."""

    to_assistant: str = ""
    to_person: str = ""


def observe(event: Event, book: LiveBook) -> Note:
    """Measure the session at an event of its main agent, do what its level asks for, and say what is to be said."""
    if event.agent_id or not event.session_id:
        return Note()
    if event.kind == TOOL_BATCH and BATCHES not in book.state:
        book.ledger.put(event.session_id, BATCHES, "1")
    policy = table(book.policy, "pressure")
    begin(event, book)
    found = look(event.session_id, book.ledger, book.compiled, policy, event.time, event.transcript)
    reading = measured(found, policy)
    kept = found.kept
    kept.pop("ended", None)  # it goes on, whatever was said before
    kept.update(host=event.host, time=event.time, score=reading.score, level=reading.level, least=reading.least)
    kept["numbers"] = found.numbers._asdict()
    kept["maxima"] = {"messages": found.messages_max} if found.messages_max else {}
    kept["trend"] = [*(kept.get("trend") or [])[1 - READINGS_KEPT :], [number(kept.get("calls")), reading.score]]
    if kept.pop("missed", False):
        book.ledger.put(event.session_id, COMPACTED, repr(event.time))  # neither event told of it: the next call does
    note = act(event, book, found, reading)
    if event.kind in (PRE_COMPACT, SESSION_END):
        from tractguard.handoff.ending import left_behind

        left_behind(event, book, acting(reading), found.numbers.compactions, reading)
    if event.kind == PRE_COMPACT:
        compacting(event, book, found)
    if event.kind == SESSION_END:
        ending(event, book, found, reading)
        kept["ended"] = event.time
    keep(event.session_id, book.ledger, found)
    return note


def begin(event: Event, book: LiveBook) -> None:
    """What an event sets back before it is measured: a start its baseline, a compaction the messages before it."""
    if event.kind != SESSION_START:
        return
    if event.source != COMPACT:
        from tractguard.handoff.ending import end_killed

        end_killed(event, book)
    kept = read_object(book.ledger.get(event.session_id, READING))
    kept.pop("announced", None)
    kept["baseline"] = {"source": event.source, "time": event.time}
    kept["suggested"] = False
    if event.source == COMPACT:
        kept.update(said=0, seq=book.ledger.head()[0], compactions=number(kept.get("compactions")) + 1, trend=[])
        window = read_object(book.ledger.get(event.session_id, WINDOW))
        if window.pop("used", None):
            book.ledger.put(event.session_id, WINDOW, json.dumps(window))
    book.ledger.put(event.session_id, READING, json.dumps(kept, ensure_ascii=False))


def ending(event: Event, book: LiveBook, found: Found, reading: Reading) -> None:
    """A session ends: what its level held back ends with it, and its record has it in a line."""
    for key in (LEVEL, STRICTER, GONE_ON, NEW_FILES, COMPACTED):
        book.ledger.drop(event.session_id, key)
    calls, score = number(found.kept.get("calls")), reading.score
    book.more["summary"] = f"{calls} calls, {found.numbers.messages} messages, pressure {reading.level} {score:.2f}"


def acting(reading: Reading) -> str:
    """The level that acts. What only a guess reaches goes no further than to a suggestion."""
    guessed = min(LEVELS.index(reading.level), LEVELS.index(HIGH))
    return LEVELS[max(guessed, LEVELS.index(reading.least))]


def act(event: Event, book: LiveBook, found: Found, reading: Reading) -> Note:
    """Take over a level, and do once what it asks for."""
    now, before = acting(reading), book.level
    hold(event.session_id, book, now, stricter=at_least(reading.least, ELEVATED))
    if now != before:
        book.more["pressure"] = {"score": reading.score, "level": now, "from": before, **found.numbers._asdict()}
    kept, said = found.kept, Note()
    if at_least(now, CRITICAL) and event.kind not in (PRE_COMPACT, SESSION_END):
        if not at_least(str(kept.get("handed", NORMAL)), now):
            kept.update(handed=now, handed_at=event.time)
            said = written(event, book, reading, now)
    elif not kept.get("suggested") and (at_least(now, HIGH) or clustered(found, book)):
        kept["suggested"] = True
        said = suggestion(now, found, reading)
    if not at_least(now, CRITICAL):
        kept["handed"] = NORMAL
    return said_when_it_can(event, book, kept, said)


def clustered(found: Found, book: LiveBook) -> bool:
    """Whether refused and corrected calls came so thick that they alone suggest a fresh start."""
    return found.refused >= float(table(book.policy, "pressure")["cluster"])


def hold(session_id: str, book: LiveBook, level: str, *, stricter: bool) -> None:
    """Keep the level where the next call finds it."""
    wanted = {LEVEL: "" if level == NORMAL else level, STRICTER: "1" if stricter else ""}
    for key, value in wanted.items():
        if value and book.state.get(key) != value:
            book.ledger.put(session_id, key, value)
        elif not value and key in book.state:
            book.ledger.drop(session_id, key)
    if not at_least(level, CRITICAL):
        for key in (GONE_ON, NEW_FILES):
            if key in book.state:
                book.ledger.drop(session_id, key)


def suggestion(level: str, found: Found, reading: Reading) -> Note:
    """What is said once when a handoff would be a good idea."""
    if at_least(level, HIGH):
        why = f"context pressure is {level} ({reading.score:.2f}: {causes(reading)})"
    else:
        why = f"the same contradictions keep coming ({found.refused:g} refused or corrected of late, repeats weighed)"
    return Note(
        f"tractguard: {why}. Finish what is open before you begin anything large; a fresh session would do it better.",
        f"tractguard: {why}. 'tractguard handoff' writes down what a fresh session needs.",
    )


def written(event: Event, book: LiveBook, reading: Reading, level: str) -> Note:
    """Write the handoff of a session that has become critical, and say so."""
    from tractguard.handoff.write import write_for_event

    name = write_for_event(event, book, level.lower(), reading)
    where = f"A handoff is in {name}. " if name else ""
    why = f"tractguard: context pressure is {level} ({reading.score:.2f}: {causes(reading)})."
    if level == DANGEROUS:
        rest = "New complex work is refused"
        person = f'{why} {where}{rest} until you say "go on"; a fresh session takes the handoff over by itself.'
    else:
        rest = "New complex work is asked about"
        person = f"{why} {where}{rest}; a fresh session takes the handoff over by itself."
    return Note(f"{why} {where}{rest}: finish what is open, test it, commit it, and stop there.", person)


def causes(reading: Reading) -> str:
    """The two factors that weigh most, in words."""
    order = sorted(reading.factors.items(), key=lambda item: -item[1].contribution)
    found = [f"{name} {each.ratio:.0%}" for name, each in order[:2] if each.ratio]
    return ", ".join([*found, *(f"{name} unknown" for name, each in order if each.ratio is None)])


def said_when_it_can(event: Event, book: LiveBook, kept: dict[str, Any], note: Note) -> Note:
    """A note as this event can carry it: what the assistant cannot hear now waits for the next event."""
    person = note.to_person if book.policy["verbosity"] != "silent" else ""
    text = "\n".join(each for each in (str(kept.pop("owed", "") or ""), note.to_assistant) if each)
    if book.policy["mode"] == "shadow":
        return Note("", person)
    if text and event.kind not in TAKES_CONTEXT:
        kept["owed"] = text
        return Note("", person)
    return Note(text, person)


def with_note(decision: Decision, note: Note) -> Decision:
    """A decision that also says a note."""
    if not note.to_assistant and not note.to_person:
        return decision
    response = "context" if note.to_assistant and decision.response == "silence" else decision.response
    before = decision.to_assistant if decision.response != "silence" else ""
    return decision._replace(
        response=response,
        to_assistant="\n".join(each for each in (before, note.to_assistant) if each),
        to_person="\n".join(each for each in (decision.to_person, note.to_person) if each),
    )


def compacting(event: Event, book: LiveBook, found: Found) -> None:
    """Before a compaction: what it takes is to be given back, and when it comes is learned."""
    book.ledger.put(event.session_id, COMPACTED, repr(event.time))
    found.kept["announced"] = True
    if event.source != AUTO or not found.model or not found.counted.whole:
        return
    who, messages = f"{event.host}/{found.model}", found.numbers.messages

    def learned(before: str | None) -> str:
        known = read_object(before)
        old = known.get(who) if isinstance(known.get(who), dict) else {}
        seen = number(old.get("seen")) if old else 0
        weight = min(seen, REMEMBERED)
        mean = round((number(old.get("messages")) * weight + messages) / (weight + 1)) if old else messages
        return json.dumps({**known, who: {"messages": mean, "seen": seen + 1}})

    book.ledger.change("", LEARNED, learned)
