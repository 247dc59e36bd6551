"""Labelled mini-sessions: every false claim is found, no true one is accused. One row, one test."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.claims.mini import Given, session_of_row
from tractguard.claims.findings import findings_of
from tractguard.claims.reading import claims_in

FILE = Path(__file__).with_name("mini_sessions.jsonl")
ROWS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def found_in(row: dict[str, Any]) -> list[str]:
    """The kinds of claims that are named as false, "weaker" for tests that were weakened."""
    findings = findings_of(claims_in(row["message"]), session_of_row(row), Given(row.get("git", {})))
    return ["weaker" if each.code == "TG816" else str(each.data["claim"]) for each in findings]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['id']} {row['ecosystem']}" for row in ROWS])
def test_what_is_false_is_named_and_nothing_else(row: dict[str, Any]) -> None:
    assert found_in(row) == row["false"]


def test_there_are_enough_of_them() -> None:
    assert (len(ROWS) >= 60, sum(bool(row["false"]) for row in ROWS) >= 30) == (True, True)
