"""Rules: pure functions from a call and what a person said to findings. No clock, no files, no environment.

`judge` is the loop. It loads only the families that the instructions at hand need, asks each rule, honours what later
or narrower instructions permit, and turns what was found into findings. A rule that raises becomes a finding that names
it and asks a human: unknown is not clean. `RULES` is every rule with its examples.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from tractguard.model import (
    APPROVED,
    ESCALATED,
    REJECTED,
    WARNING,
    Constraint,
    Event,
    Fact,
    Finding,
    Instruction,
    Lineage,
)
from tractguard.policy import rules_off
from tractguard.rules import FAMILIES
from tractguard.rules.broken import broken
from tractguard.rules.corrections import plain
from tractguard.rules.crossref import Call, Hit, Rule, finding, quote
from tractguard.rules.scope import applies

MOST_FINDINGS = 40  # of one call: more would tell a person nothing new


def judge(
    event: Event,
    facts: tuple[Fact, ...],
    instructions: Sequence[Instruction],
    lineage: Lineage,
    policy: Mapping[str, Any],
) -> list[Finding]:
    """Every finding about one call, worst first; equals in the order of the instructions."""
    call = Call(event, facts, lineage, policy)
    call.prescribed = tuple(
        run for each in instructions for one in each.constraints if one.type == "command" for run in one.list("run")
    )
    call.wanted = tuple(
        use for each in instructions for one in each.constraints if one.type == "tool_choice" for use in one.list("use")
    )
    off = rules_off(policy)
    found: list[_Found] = []
    failures: list[Finding] = []
    for place, instruction in enumerate(map(_with_strength, instructions)):
        for constraint in instruction.constraints:
            if constraint.get("permit"):
                continue
            for each in rules_for(constraint.type):
                if each.code in off:
                    continue
                try:
                    found += _asked(call, each, place, instruction, constraint)
                except Exception as error:
                    failures.append(failed(each, instruction, error))
    kept = _after_permits(call, found, instructions, failures)
    findings = _merged(_latest(kept), event, policy)
    order = {REJECTED: 0, ESCALATED: 1, WARNING: 2, APPROVED: 3}
    return sorted([*failures, *findings], key=lambda each: order[each.status])[:MOST_FINDINGS]


def failed(by: Rule, instruction: Instruction, error: Exception) -> Finding:
    """The finding that stands in for a rule that broke."""
    return broken(by.code, by.name, error, instruction=instruction.id, quoted=quote(instruction))


def _with_strength(instruction: Instruction) -> Instruction:
    """A sentence that allows one thing and excludes another is no mere permission: its exclusion is a rule."""
    permits = [bool(constraint.get("permit")) for constraint in instruction.constraints]
    if instruction.verification_required == "NONE" and True in permits and False in permits:
        inferred = any(constraint.get("implied") for constraint in instruction.constraints)
        return instruction._replace(verification_required="OPTIONAL" if inferred else "REQUIRED")
    ordered = any(constraint.type in ("require_before", "require_after") for constraint in instruction.constraints)
    if instruction.verification_required == "NONE" and ordered:  # "… before you commit; you can skip it for docs"
        return instruction._replace(verification_required="OPTIONAL")
    return instruction


class _Found:
    """A hit with where it comes from: the rule, the instruction and its place in the list."""

    __slots__ = ("by", "constraint", "factor", "hit", "instruction", "place")

    def __init__(self, by: Rule, place: int, instruction: Instruction, constraint: Constraint, hit: Hit, factor: float):
        self.by, self.place, self.instruction = by, place, instruction
        self.constraint, self.hit, self.factor = constraint, hit, factor


def _asked(call: Call, by: Rule, place: int, instruction: Instruction, constraint: Constraint) -> list[_Found]:
    found = []
    for hit in by.check(call, constraint, instruction):
        factor = applies(call, constraint, hit.fact)
        if factor > 0:
            found.append(_Found(by, place, instruction, constraint, hit, factor))
    return found


def _after_permits(
    call: Call, found: list[_Found], instructions: Sequence[Instruction], failures: list[Finding]
) -> list[_Found]:
    """What is left when what later or narrower instructions permit is taken away."""
    kept = []
    for each in found:
        try:
            allowed = any(
                _allows(call, each, place, instruction, constraint)
                for place, instruction in enumerate(instructions)
                for constraint in instruction.constraints
                if constraint is not each.constraint
            )
        except Exception as error:
            failures.append(failed(each.by, each.instruction, error))
            continue
        if not allowed:
            kept.append(each)
    return kept


def _allows(call: Call, each: _Found, place: int, other: Instruction, constraint: Constraint) -> bool:
    """Whether another constraint allows what was found: a permit that covers it, or a later word on its subject."""
    wins = place >= each.place or narrower(constraint, each.constraint)
    if not constraint.get("permit"):
        accepts = each.by.accepts
        heard = constraint.type in each.by.heeds or (wins and constraint.type == each.constraint.type)
        return (
            accepts is not None
            and heard
            and accepts(constraint, each.hit)
            and applies(call, constraint, each.hit.fact) > 0
        )
    return wins and _may_lift(constraint, other.text, each) and covers(call, constraint, other, each.hit)


_STEPS = frozenset(("require_before", "require_after", "require_with", "doc_update", "commit_msg"))
_SKIPS = ("without ", "skip", "no test", "no check", "no need", "don't run", "do not run", "don't test", "anyway")


def _may_lift(permit: Constraint, said: str, each: _Found) -> bool:
    """Whether an order to do a thing speaks of this objection to how it is done: "commit it" skips no step that belongs
    to a commit, and "push it" names no branch.
    """
    if permit.type != "ask_before":
        return True
    low = said.casefold()
    if each.constraint.type in _STEPS:
        return any(words in low for words in _SKIPS)
    if each.constraint.type == "branch":
        words = set(low.replace("`", " ").replace(",", " ").replace(".", " ").split())
        return any(name.casefold() in words for name in _names(each))
    return True


def _names(each: _Found) -> list[str]:
    """The branches that an objection is about."""
    keys = ("forbid_push_to", "forbid_commit_to", "forbid_merge_to", "target")
    return [each.hit.actual, *(name for key in keys for name in each.constraint.list(key))]


def covers(call: Call, permit: Constraint, instruction: Instruction, hit: Hit) -> bool:
    """Whether `permit` allows what was hit: the same constraint, read as a prohibition, would have hit it too."""
    for by in rules_for(permit.type):
        for other in by.check(call, as_prohibition(permit), instruction):
            same = other.fact == hit.fact or bool(other.subject and other.subject == hit.subject)
            if same and applies(call, permit, hit.fact) > 0:
                return True
    return False


def as_prohibition(permit: Constraint) -> Constraint:
    """A permit turned round, so that the rule of its type finds what it permits."""
    data = {key: value for key, value in permit.data.items() if key not in ("permit", "when", "unless", "instead_of")}
    if permit.type in ("port", "host") and "value" in data:
        data["not"] = [data.pop("value")]
    elif permit.type in ("tool_choice", "command"):
        data["instead_of"] = data.pop("use", data.pop("run", ()))
        return Constraint("tool_choice", {**data, "permits": True})
    elif permit.type in ("dependency", "framework", "language", "db") and "use" in data and "forbid" not in data:
        data["forbid"] = data.pop("use")
    return Constraint(permit.type, data)


def narrower(one: Constraint, other: Constraint) -> bool:
    """Whether `one` speaks of less than `other`: it has a scope where the other has none, or a longer path."""
    if one.get("scope") and not other.get("scope"):
        return True
    mine, theirs = one.list("glob"), other.list("glob")
    return bool(mine and theirs and min(map(len, mine)) > max(map(len, theirs)))


def _latest(found: list[_Found]) -> list[_Found]:
    """Of two instructions that object to one fact on one subject only the later speaks, if it is as strict."""
    kept = []
    for each in found:
        later = (
            other
            for other in found
            if other.place > each.place
            and each.hit.subject
            and other.hit.subject == each.hit.subject
            and other.hit.fact == each.hit.fact
            and (other.hit.manner == each.hit.manner)
            and other.hit.confidence * other.factor >= each.hit.confidence * each.factor
            and other.instruction.verification_required == each.instruction.verification_required
        )
        if next(later, None) is None:
            kept.append(each)
    return kept


def _merged(found: list[_Found], event: Event, policy: Mapping[str, Any]) -> list[Finding]:
    """One finding for each rule, instruction and pair of values; the fixes of all its places together."""
    merged: dict[tuple[str, str, str, str, str], Finding] = {}
    for each in found:
        hit = each.hit._replace(fixes=plain(event.input, each.hit.fixes)) if each.hit.fixes else each.hit
        made = finding(each.by, each.instruction, hit, each.factor, policy)
        key = (made.code, made.instruction, made.status, made.expected, made.actual)
        first = merged.get(key)
        if first is None:
            merged[key] = made
        elif made.fixes and first.fixes:
            merged[key] = first._replace(fixes=tuple(dict.fromkeys((*first.fixes, *made.fixes))))
        else:  # one place cannot be put right: then the call cannot
            merged[key] = first._replace(fixes=())
    return list(merged.values())


@cache
def family(name: str) -> tuple[Rule, ...]:
    """The rules of one family, loaded at first use."""
    loaded: tuple[Rule, ...] = __import__(f"tractguard.rules.crossref_{name}", fromlist=["RULES"]).RULES
    return loaded


@cache
def rules_for(type: str) -> tuple[Rule, ...]:
    """The rules for one type of constraint; none for a type that this version does not know."""
    return tuple(each for name in FAMILIES.get(type, ()) for each in family(name) if type in each.types)


def __getattr__(name: str) -> Any:
    if name == "RULES":  # loads every family: for tests, documentation and `explain`, not for a call
        names = sorted({each for families in FAMILIES.values() for each in families})
        return tuple(each for each_name in names for each in family(each_name))
    raise AttributeError(name)


__all__ = ["FAMILIES", "as_prohibition", "covers", "failed", "family", "judge", "narrower", "rules_for"]
