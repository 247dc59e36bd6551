"""Inside a live session: a stopped call, or a person's own request, opens a record; sessions hear what was decided.

One record for a matter, not one for a call. The record is a draft, and nothing here approves anything. Where it cannot
be written the call stays stopped all the same. Standard library only: a call that is stopped runs through here.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tractguard.book import LiveBook
from tractguard.deliberation import stopped, telling
from tractguard.deliberation.record import DECIDED, DISMISSED, NO_AGREEMENT, OPEN, folder_of, paths_in, value_of
from tractguard.model import ESCALATED, PROMPT, REJECTED, SESSION_START, Decision, Event, Finding

BOUNDARY = "TG7"
JUDGEMENT = "human_judgment"
DOMAINS = ("values", "user_agency", "cultural")
DUE_TOLD = "due told"  # the key of the day on which a person was last told what is due
MOST_TOLD, HEAD = 5, 40_000  # lines at a session start; characters of a record that are read for its single values


def raised(event: Event, decision: Decision, book: LiveBook) -> Decision:
    """A call was stopped at a boundary: its record is opened, or named where it is there."""
    findings = [each for each in decision.verdict.findings if each.code.startswith(BOUNDARY) and stops(each)]
    if not findings or opens(book) == "never":
        return decision
    finding = findings[0]
    matter = matter_of(finding, event, book)
    key = matter or key_of(finding, event)
    id = record_of(key, matter, event, book)
    status = status_of(id, book) if id else ""
    if status == DISMISSED:  # no matter of values: other calls of the kind are asked about, but not deliberated again
        return not_again(id, event, decision, book)
    if not id:
        if not needs_judgement(finding):
            return decision
        try:
            id = opened(question_for(finding, matter, event, book), finding, event, book, stopped_call(event, finding))
        except OSError as error:
            why = f"\nIts record could not be written ({error.strerror}): 'tractguard deliberate open' opens one."
            return decision._replace(to_person=decision.to_person + why)
    link(id, key, matter, event, book)
    book.more["record"] = id
    return named(decision, id, book)


def not_again(id: str, event: Event, decision: Decision, book: LiveBook) -> Decision:
    """The very call that was stopped passes where a person, in the ledger, said that it is no matter of values."""
    from tractguard.deliberation.known import known
    from tractguard.lifting import call_of

    said = known(book.ledger).get(id)
    codes = [each.code for each in decision.verdict.findings if stops(each)]
    was = {str(each.get("call")) for each in stopped.calls_of(id, book.ledger) if each.get("tool")}
    own = said is not None and said.status == DISMISSED and all(code.startswith(BOUNDARY) for code in codes)
    if not own or call_of(event) not in was:
        return decision
    book.more["allowed"] = {"by": "record", "record": id, "instruction": "", "call": call_of(event)}
    return Decision(decision.verdict, "context", f"{id}: a person said that this call is no matter of values.")


def matter_of(finding: Finding, event: Event, book: LiveBook) -> str:
    """The request that a stopped call belongs to: the one it carries out, else the last of its domain in this session;
    "" where nobody asked for such a thing.
    """
    said = str(finding.data.get("matter") or "")
    if said or not book.ledger.get(event.session_id, "boundary"):
        return said
    from tractguard.boundaries import matters

    asked = [each.id for each in matters.of(event.session_id, book.ledger) if each.domain == finding.domain]
    return asked[-1] if asked else ""


def key_of(finding: Finding, event: Event) -> str:
    """What tells one matter from another where nobody asked for it: the tool that a service has for it, whatever the
    session; a shell does anything, so there it is the session.
    """
    where = event.tool if event.tool.startswith("mcp__") else event.session_id
    return f"{where} {finding.domain} {topic_of(finding)}"


def stops(finding: Finding) -> bool:
    """Whether a finding holds a call back."""
    return finding.status in (ESCALATED, REJECTED)


def needs_judgement(finding: Finding) -> bool:
    """Whether it is judged, not merely approved: only then a document helps."""
    said = str(finding.data.get("final_decision_requires") or "")
    return said == JUDGEMENT if said else finding.domain in DOMAINS


def topic_of(finding: Finding) -> str:
    """The short word of the boundary's room for what it is about."""
    return str(finding.data.get("topic") or finding.data.get("subject") or "")


def opens(book: LiveBook) -> str:
    """What opens a record by itself: prompt | call | never."""
    return str((book.policy.get("deliberation") or {}).get("open") or "prompt")


def record_of(key: str, matter: str, event: Event, book: LiveBook) -> str:
    """The record of this matter, "" where there is none yet."""
    from tractguard.lifting import call_of, granted_in

    call = call_of(event)
    found = (
        stopped.record_for(key, book.ledger) or stopped.record_for(call, book.ledger) or granted_in(call, book.ledger)
    )
    if found or not matter:
        return found
    from tractguard.boundaries import matters

    return next((each.record for each in matters.of(event.session_id, book.ledger) if each.id == matter), "")


def status_of(id: str, book: LiveBook) -> str:
    """The status of a record as its file says it, "" where it is gone."""
    path = path_of(id, book.places.root)
    return value_of(head_of(path).partition("\n---")[0], "status") if path else ""


def path_of(id: str, root: str) -> str:
    """The file of a record, "" where it is gone."""
    return next((path for path in paths_in(root) if path.endswith(f"-{id.removeprefix('d-')}.md")), "")


def head_of(path: str) -> str:
    """The beginning of a record, "" where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(HEAD)
    except OSError:
        return ""


def question_for(finding: Finding, matter: str, event: Event, book: LiveBook) -> str:
    """What is to be decided, in words: the person's own request, else what the call would do."""
    if matter:
        from tractguard.boundaries import matters

        said = next((each.text for each in matters.of(event.session_id, book.ledger) if each.id == matter), "")
        if said:
            return said
    if book.prompts and book.policy["instructions"]["store"] != "private":
        from tractguard.deliberation.analysis import GENERAL, topics_of

        said = book.prompts[-1][1]
        if topics_of(said) != (GENERAL,):
            return said  # what the person asked for last, where it speaks of values
    return str(finding.data.get("reason") or finding.why)


def stopped_call(event: Event, finding: Finding) -> str:
    """What a record says of where it comes from."""
    from tractguard.lifting import what

    return f"Opened when a call was stopped ({finding.code}).\n\n> {finding.why}\n\n    {what(event)}"


def opened(question: str, finding: Finding, event: Event, book: LiveBook, background: str) -> str:
    """Write a new record with its analysis; its id. Raises OSError."""
    return write_new(question, finding.domain, topic_of(finding), background, event, book)


def write_new(question: str, domain: str, topic: str, background: str, event: Event, book: LiveBook) -> str:
    """Analyse, draft, write, note; the id. Raises OSError."""
    from tractguard.deliberation.analysis import analyse
    from tractguard.deliberation.drafting import drafted
    from tractguard.deliberation.known import OPENED, note
    from tractguard.deliberation.precedents import similar

    root = book.places.root
    found = analyse(question, topic=topic)
    near = [each.row() for each in similar(found.question, found.topics, list(earlier(root)))]
    made = drafted(
        found,
        root,
        book.policy,
        now=event.time,
        origin="escalation",
        domain=domain,
        background=background,
        precedents=near,
    )
    from tractguard.instructions.history import write_atomically

    write_atomically(made.path, made.text.encode("utf-8", "replace"))
    said = {"question": made.fields["question"], "file": os.path.relpath(made.path, root), "domain": domain}
    from tractguard.closing import session_hash

    origin = {"origin": "escalation", "session": session_hash(event.session_id), "tool_use_id": event.tool_use_id}
    note(OPENED, made.id, book, now=event.time, host=event.host, urgency=found.urgency, **said, **origin)
    return made.id


def earlier(root: str) -> Iterator[Mapping[str, Any]]:
    """The single values of each record, as far as they can be read without a parser."""
    for path in paths_in(root):
        head = head_of(path).partition("\n---")[0]
        topics = [line[4:] for line in head.partition("\ntopics:\n")[2].split("\n") if line.startswith("  - ")][:3]
        keys = ("id", "question", "decision_made", "status", "due", "review_date")
        yield {**{key: value_of(head, key) for key in keys}, "topics": topics, "path": path}


def link(id: str, key: str, matter: str, event: Event, book: LiveBook) -> None:
    """Keep which call belongs to which record, and tell the matter."""
    from tractguard.lifting import call_of, what

    row = {
        "key": key,
        "matter": matter,
        "call": call_of(event) if event.tool else matter,
        "what": what(event) if event.tool else "",
        "tool": event.tool,
        "tool_use_id": event.tool_use_id,
        "cwd": event.cwd,
        "root": event.root,
        "session": event.session_id,
    }
    stopped.add(id, row, book.ledger)
    if matter:
        from tractguard.boundaries import matters

        now = next((each for each in matters.of(event.session_id, book.ledger) if each.id == matter), None)
        if now is not None and not now.record:
            matters.settle(event.session_id, book.ledger, matter, now.status, record=id)


def named(decision: Decision, id: str, book: LiveBook) -> Decision:
    """The answer with its record."""
    path = path_of(id, book.places.root)
    where = f" ({os.path.relpath(path, book.places.root)})" if path else ""
    if status_of(id, book) in (DECIDED, NO_AGREEMENT):
        said = value_of(head_of(path).partition("\n---")[0], "decision_made")
        line = f'Decided in {id}{where}: "{said}". What goes beyond it stays stopped.'
        if not said:
            line = f"{id}{where} ended without agreement: what was stopped stays stopped."
    else:
        line = f"People decide it in {id}{where}: 'tractguard deliberate show {id}'."
    return decision._replace(to_assistant=f"{decision.to_assistant}\n{line}", to_person=f"{decision.to_person}\n{line}")


# Prompts and session starts


def at_words(event: Event, book: LiveBook, decision: Decision) -> Decision:
    """What a session hears with a prompt or at its start: outcomes, the record of what was just asked, what is due."""
    lines = telling.untold(event.session_id, book.ledger, event.time) if not event.agent_id else []
    person: list[str] = []
    if event.kind == PROMPT and not event.agent_id and opens(book) == "prompt":
        for id, path in asked_for(event, book):
            where = os.path.relpath(path, book.places.root)
            lines.append(f'{id} ({where}) was opened for it: people decide. Begin what you draft in it with "Draft:".')
            person.append(f"tractguard: people decide this in {id} ({where}): 'tractguard deliberate show {id}'.")
    if event.kind == SESSION_START:
        person += due(event, book)
    if not lines and not person:
        return decision
    response = "context" if lines and decision.response == "silence" else decision.response
    return decision._replace(
        response=response,
        to_assistant="\n".join(each for each in (decision.to_assistant, *lines) if each),
        to_person="\n".join(each for each in (decision.to_person, *person) if each),
    )


def asked_for(event: Event, book: LiveBook) -> list[tuple[str, str]]:
    """A record for each matter that this prompt opened: (id, path). Where none can be written, none."""
    if book.policy["instructions"]["store"] == "private" or not book.ledger.get(event.session_id, "boundary"):
        return []
    from tractguard.boundaries import matters

    found = []
    for each in matters.pending(event.session_id, book.ledger):
        if each.record or each.domain not in DOMAINS:
            continue
        background = "Opened when somebody asked the assistant for it."
        try:
            id = write_new(each.text, each.domain, each.topic, background, event, book)
        except OSError:
            continue
        link(id, each.id, each.id, event, book)
        found.append((id, path_of(id, book.places.root)))
    return found


def due(event: Event, book: LiveBook) -> list[str]:
    """A line for each question that should be decided by now, and each decision that should be looked at again: once
    a day.
    """
    if not os.path.isdir(folder_of(book.places.root)):
        return []
    from tractguard.deliberation.tiers import day
    from tractguard.instructions.history import timestamp

    today = day(event.time)
    if book.ledger.get("", DUE_TOLD) == today:
        return []
    lines = list(due_lines(list(earlier(book.places.root)), today, timestamp(event.time)))
    if lines:
        book.ledger.put("", DUE_TOLD, today)
    more = len(lines) - MOST_TOLD
    return lines[:MOST_TOLD] + ([f"tractguard: {more} more: 'tractguard deliberate list'"] if more > 0 else [])


def due_lines(records: Sequence[Mapping[str, Any]], today: str, now: str) -> Iterator[str]:
    """What is due, a line each."""
    for each in records:
        id, question = each["id"], each["question"]
        if each["status"] == OPEN and each["due"] and each["due"] <= now:
            since = f"waits for people since {each['due'][:10]}"
            yield f"tractguard: \"{question}\" {since}: 'tractguard deliberate show {id}'"
        elif each["status"] in (DECIDED, NO_AGREEMENT) and each["review_date"] and each["review_date"] <= today:
            yield f"tractguard: the decision on \"{question}\" is due for review: 'tractguard deliberate review {id}'"
