"""The line: event → facts → rules → verdict → decision → ledger. Everything else in the house is a room along it.

No state of its own: what it needs comes in as a `Book` (instructions, policy, what happened before, and where it is
written down) and a `World` (files and git). A row of `check --jsonl`, `explain` and a live hook call all run here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from tractguard.decide import decision_of, fixable, puts_right, verdict_of, without
from tractguard.facts import gather
from tractguard.facts.world import World
from tractguard.model import Decision, Event, Fact, Finding, Instruction, Lineage, Said
from tractguard.policy import Policy
from tractguard.rules.concern import concerned


class Book(Protocol):
    """Where the line finds what was said and done before, and writes down what it decides."""

    @property
    def policy(self) -> Policy: ...

    @property
    def began(self) -> float:
        """When this session began, in seconds since the epoch; 0 where that is unknown."""

    @property
    def prompts(self) -> Sequence[Said]:
        """What the person said last in this session."""

    @property
    def approvals(self) -> Sequence[str]:
        """Orders of a person by which an act that destroys was approved for this task."""

    def instructions(self, facts: Sequence[Fact]) -> Sequence[Instruction]:
        """The live instructions that these facts touch."""

    def lineage(self, event: Event, instructions: Sequence[Instruction]) -> Lineage:
        """What happened before, as far as these instructions ask."""

    def record(self, event: Event, facts: Sequence[Fact], decision: Decision, /) -> None:
        """Write it down. A decision that is not recorded did not happen."""


Before = Callable[[Event, Sequence[Fact], Decision], Decision]


def run(event: Event, world: World, book: Book, before: Before | None = None) -> Decision:
    """One tool call along the whole line. The decision is recorded before it is returned.

    `before` has the last word on a call that may really run: it keeps what the call could destroy.
    """
    facts = gathered(event, world, book)
    findings = weigh(event, facts, book)
    verdict = verdict_of(findings)
    if fixable(findings):
        verdict = without(verdict, corrected(event, findings, world, book))
    decision = decision_of(verdict, book.policy)
    if before is not None:
        decision = before(event, facts, decision)
    book.record(event, facts, decision)
    return decision


def gathered(event: Event, world: World, book: Book) -> tuple[Fact, ...]:
    """What the call would do, and behind it the state of what it could destroy."""
    facts = gather(event, world)
    if not concerned(facts):
        return facts
    from tractguard.facts.probes import probes

    return (*facts, *probes(facts, world, book.began))


def weigh(event: Event, facts: tuple[Fact, ...], book: Book) -> list[Finding]:
    """What the rules say to these facts. Those that nothing here concerns are not even loaded."""
    found: list[Finding] = []
    if concerned(facts):
        from tractguard.rules.builtin import judge_builtin

        found += judge_builtin(event, facts, book.policy, book.approvals)
    instructions = book.instructions(facts)
    if instructions:
        from tractguard.newest import soften
        from tractguard.rules.loop import judge

        objections = judge(event, facts, instructions, book.lineage(event, instructions), book.policy)
        doubted = {each.id for each in instructions if not each.trusted}
        if doubted:
            objections = [each._replace(fixes=()) if each.instruction in doubted else each for each in objections]
        found += soften(objections, instructions, book.prompts)
    return found


def corrected(event: Event, findings: Sequence[Finding], world: World, book: Book) -> Mapping[str, Any] | None:
    """The whole input with its wrong characters put right, or None where that would not pass the line itself."""
    from tractguard.rules.corrections import apply

    fixes = [fix for finding in findings for fix in finding.fixes]
    changed = apply(event.input, fixes)
    if changed is None:
        return None
    again = event._replace(input=changed)
    return changed if puts_right(findings, weigh(again, gathered(again, world, book), book)) else None
