"""One call that nobody makes: judged on the whole line in the real folder, and recorded as hypothetical."""

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from tractguard.cli.repository import live_records, opened, set_up
from tractguard.model import PRE_TOOL, Decision, Event, Fact, Instruction, Lineage
from tractguard.places import Places
from tractguard.policy import Policy

HOST = "claude-code"


class Answer(NamedTuple):
    """What the line made of a call."""

    facts: tuple[Fact, ...]
    instructions: tuple[Instruction, ...]  # those that the facts touch
    decision: Decision
    reply: str  # what the host would be told, "" for silence
    recorded: bool
    in_session: str = ""  # what a session would do beyond this


class _Book(Protocol):
    @property
    def policy(self) -> Policy: ...

    @property
    def began(self) -> float: ...

    @property
    def prompts(self) -> Sequence[tuple[str, str]]: ...

    @property
    def approvals(self) -> Sequence[str]: ...

    def instructions(self, facts: Sequence[Fact]) -> Sequence[Instruction]: ...

    def lineage(self, event: Event, instructions: Sequence[Instruction]) -> Lineage: ...

    def record(self, event: Event, facts: Sequence[Fact], decision: Decision, /) -> None: ...


class WatchedBook:
    """Another book, with instructions added for this one call, and a note of what the line asked and found."""

    def __init__(self, book: _Book, said: "_Book") -> None:
        self.facts: tuple[Fact, ...] = ()
        self.asked: tuple[Instruction, ...] | None = None
        self._book = book
        self._said = said

    @property
    def policy(self) -> Policy:
        return self._book.policy

    @property
    def began(self) -> float:
        return self._book.began

    @property
    def prompts(self) -> Sequence[tuple[str, str]]:
        return self._book.prompts

    @property
    def approvals(self) -> Sequence[str]:
        return self._book.approvals

    def instructions(self, facts: Sequence[Fact]) -> Sequence[Instruction]:
        """The book's instructions, then those said for this call; of two on one subject the said one holds."""
        from tractguard.instructions.subjects import same_subject

        kept = list(self._book.instructions(facts))
        for mine in self._said.instructions(facts):
            kept = [old for old in kept if not same_subject(old.constraints, mine.constraints)]
            kept.append(mine)
        if self.asked is None:
            self.asked = tuple(kept)
        return kept

    def lineage(self, event: Event, instructions: Sequence[Instruction]) -> Lineage:
        return self._book.lineage(event, instructions)

    def record(self, event: Event, facts: Sequence[Fact], decision: Decision, /) -> None:
        """Keep the facts; what is written down is the caller's."""
        self.facts = tuple(facts)


def judge(tool: str, tool_input: Mapping[str, Any], places: Places, said: Sequence[str], by: str) -> Answer:
    """Judge one call as if it were made here and now, under the live instructions and `said`.

    `by` is the command that asks. In a folder that is not set up nothing is recorded.
    """
    event = Event(
        PRE_TOOL,
        host=HOST,
        name="PreToolUse",
        time=time.time(),
        tool=tool,
        input=tool_input,
        cwd=os.getcwd(),
        root=places.root,
    )
    if not set_up(places):
        return run_on(event, unwritten(places), said)._replace(recorded=False)
    with opened(places) as book:
        answer = run_on(event, book, said)
        book.record(event._replace(name=by), answer.facts, answer.decision, kind="hypothetical")
    return answer


def run_on(event: Event, book: _Book, said: Sequence[str]) -> Answer:
    """The line, on one book."""
    from tractguard import engine
    from tractguard.check import RowBook, spoken
    from tractguard.facts.world import Disk
    from tractguard.hosts import host_named
    from tractguard.obligations.at_commit import in_session

    extra = [each._replace(id=each.id.replace("inst_", "said_")) for each in spoken(said)]
    watched = WatchedBook(book, RowBook(extra, Lineage()))
    decision = engine.run(event, Disk(event.root), watched)
    reply = host_named(HOST).reply(event, decision).stdout.decode("ascii")
    commits = any(fact.kind == "git" and fact.name == "commit" for fact in watched.facts)
    more = in_session(decision.verdict.findings, commits, book.policy)
    return Answer(watched.facts, watched.asked or (), decision, reply, True, more)


def unwritten(places: Places) -> _Book:
    """A book of the histories that lie here, for a folder in which nothing may be written."""
    from tractguard.check import RowBook
    from tractguard.config import merged
    from tractguard.model import instruction_of

    records, _ = live_records(places)
    return RowBook([instruction_of(record) for record in records], Lineage(), merged(places, os.environ).policy)


def verdict_json(answer: Answer) -> dict[str, Any]:
    """A verdict with its findings, as data."""
    from tractguard.check import finding_json

    verdict = answer.decision.verdict
    return {
        "status": verdict.status,
        "reason": verdict.reason,
        "instruction_violated": verdict.instruction_violated or None,
        "expected": verdict.expected or None,
        "actual": verdict.actual or None,
        "conflict_type": verdict.conflict_type or None,
        "confidence": round(verdict.confidence, 3),
        "requires_human_approval": verdict.requires_human_approval,
        "corrected_input": verdict.corrected_action,
        "response": answer.decision.response,
        "in_session": answer.in_session or None,
        "findings": [finding_json(each) for each in verdict.findings],
        "recorded": answer.recorded,
    }
