"""What an earlier run is evidence of: that a check ended with exit code 0, on these very files.

A check whose exit code is lost (`pytest | tail`, `pytest || true`, `pytest &`) shows nothing, unless what it printed
was seen and was green (the `ran` facts that are recorded after a call). Commands that are no checks count as done when
their call succeeded. What changed in the worktree since a run comes with it. Pure.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.checks.exits import covers, spoken_for
from tractguard.checks.runs import LONGEST_COMMAND, only_lists, purposes_of
from tractguard.model import Fact, Past
from tractguard.rules.programs import is_scratch, listed


def vouched(fact: Fact, past: Past) -> bool:
    """Whether an earlier call shows that this step of it was done, and a check green."""
    checks = purposes_of(fact) if fact.kind == "command" else ()
    if checks and only_lists(fact):
        return False
    told = ran_as(fact, past)
    if told is not None:
        return told.value == "passed"
    if not past.success or not checks:
        return past.success
    return _is_sure(fact, past.input)


def awaited(fact: Fact, moment: Fact | None, facts: Sequence[Fact], given: Mapping[str, Any]) -> bool:
    """Whether the moment comes only where this earlier step of the same call ended well."""
    if fact.kind != "command" or not purposes_of(fact) or moment is None:
        return True
    if only_lists(fact):
        return False
    command = given.get("command")
    at, until = _start(fact), _start(_command_of(moment, facts))
    if not isinstance(command, str) or at is None or until is None or until <= at:
        return True  # behind a script or a make target: its own lines decide
    return covers(spoken_for(_closed(command[:until])), at)


def changed_after(shown: Sequence[Fact], past: Past) -> list[str]:
    """The paths that differ in the worktree from what they were at these runs."""
    runs = [told for fact in shown if (told := ran_as(fact, past)) is not None]
    return [str(path) for told in runs for path in listed(told, "changed") if not is_scratch(str(path))]


def ran_as(fact: Fact, past: Past) -> Fact | None:
    """What was recorded of a command when its call had run; None where nothing was."""
    if fact.kind != "command":
        return None
    told = [each for each in past.facts if each.kind == "ran"]
    for each in told:
        if each.name == fact.value[:LONGEST_COMMAND]:
            return each
    mine = set(purposes_of(fact))
    alike = [each for each in told if mine.intersection(listed(each, "purposes"))]
    return alike[0] if alike and listed(fact, "wrappers") else None


def _is_sure(fact: Fact, given: Mapping[str, Any]) -> bool:
    command, at = given.get("command"), _start(fact)
    return not isinstance(command, str) or at is None or covers(spoken_for(command), at)


def _closed(prefix: str) -> str:
    """What stands before a command and must have ended well for it to run: nothing where only `;` is between."""
    bare = prefix.rstrip()
    if bare.endswith("&&"):
        return bare[:-2]
    return bare.rstrip(";") + "\n:" if "set -" in bare else ""  # behind `set -e` the whole ends there


def _command_of(moment: Fact, facts: Sequence[Fact]) -> Fact:
    """The command that a fact was told of: the last one in front of it."""
    found = moment
    for fact in facts:
        if fact.kind == "command" and moment.kind != "command":
            found = fact
        if fact is moment:
            break
    return found


def _start(fact: Fact) -> int | None:
    spans = listed(fact, "word_spans")
    first = spans[0] if spans else None
    return int(first[0]) if isinstance(first, (list, tuple)) and first and isinstance(first[0], int) else None
