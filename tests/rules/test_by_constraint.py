"""Constraints against calls, without the reading of words: the rules alone."""

import pytest

from tests.rules.constraint_cases import CASES
from tests.rules.judging_cases import CASES as RIGHT_AND_WRONG
from tests.rules.judging_cases import CORRECTED, TOGETHER
from tractguard.check import check_row
from tractguard.facts import gather
from tractguard.facts.world import Row
from tractguard.model import APPROVED, ESCALATED, PRE_TOOL, REJECTED, WARNING, Constraint, Event, Instruction, Lineage
from tractguard.policy import DEFAULTS
from tractguard.rules.index import triggers_for, triggers_of
from tractguard.rules.loop import judge

ORDER = (REJECTED, ESCALATED, WARNING, APPROVED)


@pytest.mark.parametrize(("constraint", "call", "expected"), [*CASES, *RIGHT_AND_WRONG])
def test_constraint(constraint, call, expected):
    tool, given = ("Bash", {"command": call}) if isinstance(call, str) else call
    event = Event(PRE_TOOL, tool=tool, input=given, cwd="/repo", root="/repo")
    facts = gather(event, Row({}, "/repo"))
    one = Constraint(*constraint)
    told = Instruction("inst_001", f"Said: {one.data}", "SYSTEM", "HIGH", "PROJECT", "MANDATORY", constraints=(one,))
    found = [finding.status for finding in judge(event, facts, [told], Lineage(), DEFAULTS)]
    assert min([*found, APPROVED], key=ORDER.index) == expected
    assert bool(triggers_for(facts).intersection(triggers_of(one))) >= bool(found)


@pytest.mark.parametrize(("constraint", "call", "expected"), CORRECTED)
def test_corrected(constraint, call, expected):
    """What is put right is put right in its place; where there is no one right answer, nothing is."""
    tool, given = ("Bash", {"command": call}) if isinstance(call, str) else call
    one = Constraint(*constraint)
    told = Instruction("inst_001", f"Said: {one.data}", "SYSTEM", "HIGH", "PROJECT", "MANDATORY", constraints=(one,))
    answer = check_row({"tool_name": tool, "tool_input": given, "cwd": "/repo"}, [told])
    field = "command" if tool == "Bash" else "new_string"
    assert (answer["corrected_input"] or {}).get(field) == expected
    assert answer["status"] == REJECTED


@pytest.mark.parametrize(("constraints", "command", "expected", "corrected"), TOGETHER)
def test_together(constraints, command, expected, corrected):
    """What one instruction asks for is not blocked by another, and is what a correction leads to."""
    told = [
        Instruction(
            f"inst_{index:03d}", "said", "SYSTEM", "HIGH", "PROJECT", "MANDATORY", constraints=(Constraint(*one),)
        )
        for index, one in enumerate(constraints)
    ]
    answer = check_row({"tool_name": "Bash", "tool_input": {"command": command}, "cwd": "/repo"}, told)
    assert (answer["status"], (answer["corrected_input"] or {}).get("command")) == (expected, corrected)
