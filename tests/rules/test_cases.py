"""What people say against what calls do: the table of cases, through the real line."""

import pytest

from tests.rules.cases import CASES
from tests.rules.worded_cases import CASES as WORDED
from tractguard.check import check_row


@pytest.mark.parametrize(("said", "call", "expected"), [*CASES, *WORDED])
def test_case(said, call, expected):
    tool, given = ("Bash", {"command": call}) if isinstance(call, str) else call
    row = {
        "instructions": [said] if isinstance(said, str) else said,
        "tool_name": tool,
        "tool_input": given,
        "cwd": "/repo",
    }
    assert check_row(row)["status"] == expected
