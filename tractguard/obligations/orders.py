"""What the ordering instructions of a repository ask for, as obligations: which change opens one, what discharges it.

`require_before` and `require_after` are owed a step, `require_with` and `doc_update` another change. What counts as a
change, a step or evidence is `rules/crossref_order`'s to say; here it is asked event by event. Pure, but for the
instructions that it is given.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tractguard.model import Constraint, Event, Fact, Instruction, Lineage, Past
from tractguard.obligations import bare_step
from tractguard.policy import Policy
from tractguard.rules.crossref import Call
from tractguard.rules.crossref_order import Concern, changed_by, concern, done_by
from tractguard.rules.evidence import vouched
from tractguard.rules.scope import applies, matches
from tractguard.rules.steps import Step, step
from tractguard.rules.words import paths_in

TYPES = ("require_before", "require_after", "require_with", "doc_update")
# What an instruction about order is filed under: see rules/index_constraints.
TRIGGERS = ("action:commit", "action:push", "action:pull_request", "action:merge", "action:deploy", "action:release",
            "changes")  # fmt: skip
_KEYS = {
    "require_before": ("before", "when", "scope", "do"),
    "require_after": ("after", "when", "scope"),
    "require_with": ("when", "scope"),
    "doc_update": ("when", "scope"),
}
_LATE = ("staging", "prod", "deploy", "release", "publish", "merge", "migrat", "tag")


class Owed(NamedTuple):
    """One ordering constraint of an instruction in force."""

    key: str
    instruction: Instruction
    constraint: Constraint
    wanted: Step
    about: Concern

    @property
    def kind(self) -> str:
        return "order" if self.constraint.type in ("require_before", "require_after") else "along"

    @property
    def what(self) -> str:
        """The step or file that is owed, in a few words."""
        if self.kind == "along":
            return ", ".join(self.wanted.writes)
        return self.wanted.commands[0] if self.wanted.commands else bare_step(" ".join(self.constraint.list("do")))

    @property
    def closes(self) -> str:
        """The closing condition."""
        if self.kind == "along":
            return f"{self.what} is changed too"
        return f"a run of {self.what} ends with exit code 0 after the last change"


def owed_by(instructions: Sequence[Instruction]) -> Iterator[Owed]:
    """What these instructions ask for that leaves a trace in calls."""
    for each in instructions:
        for place, constraint in enumerate(each.constraints):
            if constraint.type not in TYPES or constraint.get("permit"):
                continue
            late = " ".join((*constraint.list("before"), *constraint.list("after"))).lower()
            if constraint.type == "require_before" and any(word in late for word in _LATE):
                continue  # owed at that moment alone: the call itself is judged
            files = paths_in(" ".join((*constraint.list("do"), *constraint.list("file"))))
            wanted = step(" ".join(constraint.list("do")))
            if constraint.type in ("require_with", "doc_update"):
                wanted = Step((), (), (), files)
            if not wanted.known() or wanted.reads:
                continue
            about = concern(constraint, wanted, _KEYS[constraint.type])
            yield Owed(f"{each.id}:{place}", each, constraint, wanted, about)


def opened_by(owed: Owed, past: Past, call: Call) -> str:
    """The changed file by which a call opens an obligation; "" where it opens none."""
    if not past.success:
        return ""
    for path in changed_by(past, call):
        if any(matches(one, path) for one in owed.wanted.writes) or path.startswith(".claude/"):
            continue
        fact = next((each for each in past.facts if call.rel(each.name) == path), None)
        if owed.about.about(path) and applies(call, owed.constraint, fact) > 0:
            return path
    return ""


def discharged_by(owed: Owed, past: Past, call: Call) -> bool:
    """Whether a call is what was owed: the step with exit code 0, or the other change."""
    if owed.kind == "along":
        changed = changed_by(past, call) if past.success else []
        return any(matches(one, path) for one in owed.wanted.writes for path in changed)
    return any(done_by(fact, owed.wanted, call) and vouched(fact, past) for fact in past.facts)


def is_over(owed: Owed, past: Past) -> bool:
    """Whether the moment before which a step was owed has come all the same: a person let the commit pass."""
    before = " ".join(owed.constraint.list("before")).lower()
    committed = any(fact.kind == "git" and fact.name == "commit" for fact in past.facts)
    return owed.constraint.type == "require_before" and "commit" in before and committed and past.success


def scene(event: Event, facts: Sequence[Fact], policy: Policy) -> Call:
    """A call as the rules look at it."""
    return Call(event, facts, Lineage(), policy)
