"""New complex work at the two highest levels: CRITICAL asks about it, DANGEROUS refuses it.

Knows what begins something large (tools that policy names, one new file too many) and that reading, testing,
committing, going on with a file and writing the handoff never do. What already runs in a subagent goes on. Hot, but
loaded only where the session's state says CRITICAL or more.
"""

import json
import os
from collections.abc import Sequence

from tractguard.book import LiveBook
from tractguard.decide import decision_of, verdict_of
from tractguard.model import ESCALATED, REJECTED, Decision, Event, Fact, Finding
from tractguard.pressure.inputs import is_work
from tractguard.pressure.state import DANGEROUS, GONE_ON, NEW_FILES, READING, at_least, table
from tractguard.stored import read_list, read_object

CODE, RULE = "TG841", "complex work under pressure"
FREE = (".claude/sessions/", "handoff", "test", "spec", "changelog", "notes")  # in a path: it closes, it begins nothing
MOST_FILES = 200


def held_back(event: Event, facts: Sequence[Fact], decision: Decision, book: LiveBook) -> Decision:
    """The decision on a call, with an objection where it begins new complex work."""
    if event.agent_id or gone_on(book) or CODE in book.policy["rules"]["off"]:
        return decision
    why = begins(event, facts, decision, book)
    if not why:
        return decision
    finding = objection(why, book)
    verdict = verdict_of([*decision.verdict.findings, finding])
    kept = decision.updated_input
    made = decision_of(verdict, book.policy)
    return made if made.response in ("deny", "ask") else decision._replace(verdict=verdict, updated_input=kept)


def gone_on(book: LiveBook) -> bool:
    """Whether a person let complex work pass at this level, or at a higher one."""
    said = book.state.get(GONE_ON, "")
    return bool(said) and at_least(said, book.level)


def objection(why: str, book: LiveBook) -> Finding:
    """The finding on new complex work at this level."""
    reading = read_object(book.state.get(READING))
    refused = book.level == DANGEROUS
    score = reading.get("score")
    at = f" ({score:.2f})" if isinstance(score, float) else ""
    return Finding(
        CODE,
        RULE,
        REJECTED if refused else ESCALATED,
        f"context pressure is {book.level}{at}; this call {why}.",
        'Finish, test and commit what is open; a fresh session has the handoff. A person may say "go on".',
        confidence=1.0,
        data={"level": book.level},
    )


def begins(event: Event, facts: Sequence[Fact], decision: Decision, book: LiveBook) -> str:
    """What a call begins that is new and large, as the end of a sentence; "" where it begins nothing."""
    policy = table(book.policy, "pressure")
    if event.tool in policy["complex_tools"]:
        return f"begins new complex work ({event.tool})"
    new = [each.name for each in facts if is_new_file(each, event)]
    if not new or decision.response in ("deny", "ask"):
        return ""
    known = [str(each) for each in read_list(book.state.get(NEW_FILES))]
    more = [path for path in dict.fromkeys(new) if path not in known]
    if len(known) + len(more) > int(policy["new_files"]):
        return f"begins another new file ({os.path.basename(more[-1])})" if more else ""
    if more:
        book.ledger.put(event.session_id, NEW_FILES, json.dumps([*known, *more][-MOST_FILES:]))
    return ""


def is_new_file(fact: Fact, event: Event) -> bool:
    """Whether a fact is a file of the work that is not there yet, and not one that closes the work."""
    if fact.kind not in ("write", "append") or not is_work(fact.name, fact.data, event.cwd):
        return False
    if any(mark in fact.name.removeprefix(event.root).casefold() for mark in FREE):
        return False
    said = fact.data.get("exists")
    return not (os.path.lexists(fact.name) if said is None else said)
