"""Earlier calls, with what has changed in the worktree since their green runs.

So a rule that compares a run with what came after it sees also the edits that no call told: by hand, by another
session, by a program. Only the newest runs are compared: what is behind them does not count any more.
"""

from collections.abc import Sequence

from tractguard.checks.tree import comparer
from tractguard.ledger import Ledger
from tractguard.model import Fact, Past

MOST_TREES = 3  # that are compared with the worktree as it is


def with_changes(calls: Sequence[Past], root: str, ledger: Ledger) -> list[Past]:
    """The calls with `changed` in each newest green `ran` fact: the paths that differ now. Unknown adds nothing."""
    since = comparer(root, ledger)
    trees: list[str] = []
    found = []
    for past in reversed(calls):
        facts = []
        for fact in past.facts:
            tree = str(fact.data.get("tree") or "") if fact.kind == "ran" and fact.value == "passed" else ""
            if tree and tree not in trees and len(trees) < MOST_TREES:
                trees.append(tree)
            facts.append(_with(fact, since(tree)) if tree in trees else fact)
        found.append(past._replace(facts=tuple(facts)))
    return found[::-1]


def _with(fact: Fact, changed: Sequence[str] | None) -> Fact:
    return fact if changed is None else fact._replace(data={**fact.data, "changed": list(changed)})
