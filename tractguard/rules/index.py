"""What makes an instruction worth loading: the triggers of a constraint, and the triggers of a call's facts.

A call loads only the instructions that share a trigger with it, so its cost does not grow with their number. Whatever a
rule can find must share one: a test holds that. It knows names only; it refuses to judge. `index_constraints` and
`index_facts` hold the two sides.
"""

from collections.abc import Iterable

from tractguard.model import Constraint, Fact


def triggers_of(constraint: Constraint) -> tuple[str, ...]:
    """The triggers of one constraint, sorted; none for a type that this version does not know."""
    from tractguard.rules.index_constraints import OF_TYPE

    make = OF_TYPE.get(constraint.type)
    return tuple(sorted(set(make(constraint)))) if make is not None else ()


def sorts_of(triggers: Iterable[str]) -> frozenset[str]:
    """The sorts of some triggers: what stands before the colon."""
    return frozenset(trigger.partition(":")[0] for trigger in triggers)


def triggers_for(facts: Iterable[Fact], sorts: frozenset[str] | None = None) -> frozenset[str]:
    """The triggers of a call. `sorts`: those that any instruction has; the costly ones are looked for only then."""
    from tractguard.rules.index_facts import COSTLY, FOR_KIND

    found: set[str] = set()
    for fact in facts:
        found.add("kind:" + fact.kind)
        make = FOR_KIND.get(fact.kind)
        if make is not None:
            found.update(make(fact))
        for sort, costly in COSTLY.items():
            if sorts is None or sort in sorts:
                found.update(costly(fact))
    return frozenset(found)
