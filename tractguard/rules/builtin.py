"""The rules that need no instruction: destroyed work, given away secrets, the guard itself. One loop over the families
that a call concerns.

A family is loaded when one of its kinds of facts or one of its programs occurs, so that `ls` costs a look into one
small table. A rule that raises becomes a finding that names it and asks a human. Pure.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from itertools import islice
from typing import Any

from tractguard.model import APPROVED, ESCALATED, Event, Fact, Finding
from tractguard.policy import rules_off
from tractguard.rules.broken import broken
from tractguard.rules.concern import FAMILIES, concerned
from tractguard.rules.destructive import Loss, Rule, Scene, finding, shown

_JUDGED = frozenset(
    ("tool", "command", "read", "write", "append", "delete", "move", "link", "chmod", "connect", "git", "sql", "env",
     "code", "remote", "process", "opaque", "state", "url", "package", "script")
)  # fmt: skip
MANY, MOST_FACTS = 300, 2_000  # facts of one call: from here on each is looked at once; what a call may have
MOST_LOSSES = 200  # that one rule may find in a call
TOO_LONG = Finding(
    "TG400",
    "too long to judge",
    ESCALATED,
    "this call does more than can be looked through in time.",
    "Split it, or ask the person.",
    domain="irreversible",
)
APPROVABLE = "TG4"  # what a person can approve in passing begins so: work and data, never secrets or the guard
FOR_PEOPLE = "TG7"  # what only people may decide begins so
MOST_FINDINGS = 20  # of one call: more would tell a person nothing new


def judge_builtin(
    event: Event, facts: Sequence[Fact], policy: Mapping[str, Any], approvals: Sequence[str] = ()
) -> list[Finding]:
    """Every finding about one call that needs no instruction, in the order of the rules.

    `approvals` are orders of a person that approve an act: a loss that one of them plainly names is only noted.
    `facts` are the gathered facts and, behind them, the `state` facts of `facts.probes.probes`. Never raises.
    """
    off = rules_off(policy)
    found: list[Finding] = []
    if len(facts) > MANY:
        facts, cut = _fewer(facts)
        if cut:
            found.append(TOO_LONG)
    scene = Scene(event, facts, policy)
    seen: set[tuple[str, str]] = set()
    for name in concerned(facts):
        for each in family(name):
            if each.code in off:
                continue
            try:
                for loss in islice(each.check(scene), MOST_LOSSES):
                    if (each.code, loss.subject or loss.says) not in seen:
                        seen.add((each.code, loss.subject or loss.says))
                        found.append(judged(each, loss, scene, approvals))
            except Exception as error:
                found.append(failed(each, error))
    return found[:MOST_FINDINGS]


def _fewer(facts: Sequence[Fact]) -> tuple[Sequence[Fact], bool]:
    """Each effect once, and not more than can be judged in time; whether some were left out."""
    first: dict[tuple[str, str, str, str], Fact] = {}
    for fact in facts:
        if fact.kind in _JUDGED and not _only_written(fact):
            key = (fact.kind, fact.name, fact.value, str(fact.data.get("argv") or fact.data.get("said")))
            first.setdefault(key, fact)
    return tuple(first.values())[:MOST_FACTS], len(first) > MOST_FACTS


def _only_written(fact: Fact) -> bool:
    """Whether a fact is about text in a file and not about what the call does."""
    if fact.kind == "url":
        return not fact.data.get("method") and fact.field not in ("command", "")
    return fact.data.get("via") == "file" or fact.data.get("role") == "config"


def judged(by: Rule, loss: Loss, scene: Scene, approvals: Sequence[str]) -> Finding:
    """The finding for a loss; a note where a person approved just this. What is refused outright stays refused."""
    found = finding(by, loss)
    if by.code.startswith(FOR_PEOPLE):
        from tractguard.boundaries.model import explained

        return explained(found)
    if not approvals or loss.status != ESCALATED or not by.code.startswith(APPROVABLE):
        return found
    from tractguard.rules.approved import approved

    said = approved(scene, loss, approvals)
    if not said:
        return found
    return found._replace(status=APPROVED, way_out="", why=f'{found.why} You said "{shown(said)}".')


def failed(by: Rule, error: Exception) -> Finding:
    """The finding that stands in for a rule that broke."""
    return broken(by.code, by.name, error)


@cache
def family(name: str) -> tuple[Rule, ...]:
    """The rules of one family, loaded at first use."""
    loaded: tuple[Rule, ...] = import_module(f"tractguard.rules.{name}").RULES
    return loaded


def __getattr__(name: str) -> Any:
    if name == "RULES":  # loads every family: for tests, documentation and `explain`, not for a call
        return tuple(each for name in FAMILIES for each in family(name))
    raise AttributeError(name)


__all__ = ["FAMILIES", "concerned", "failed", "family", "judge_builtin"]
