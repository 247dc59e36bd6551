"""What a person says later: permissions, orders and corrections beside what is in force, judged as rows of `check`."""

import json
from typing import Any

import pytest

from tractguard.check import check_row, spoken
from tractguard.instructions.constraints import constraints_of
from tractguard.instructions.constraints.grants import asked_for
from tractguard.instructions.constraints.references import corrects
from tractguard.instructions.grammar import interjection
from tractguard.instructions.subjects import ends


def bash(command: str) -> dict[str, Any]:
    return {"tool_name": "Bash", "tool_input": {"command": command}}


def edit(path: str, text: str = "x = 1") -> dict[str, Any]:
    return {
        "tool_name": "Edit",
        "tool_input": {"file_path": f"/repo/{path}", "old_string": "zz", "new_string": text},
    }


def write(path: str) -> dict[str, Any]:
    return {"tool_name": "Write", "tool_input": {"file_path": f"/repo/{path}", "content": "x = 1\n"}}


ASK_APPLY = "Never run `terraform apply` without my approval."
PIN = "Never change global.json unless explicitly asked to."
NO_NEW = "Do not introduce new third-party libraries unless requested."
PNPM = "Use pnpm, not npm."
NO_VENDOR = "Never edit vendor/."
SUITE = "Single tests may be run freely, but do ask before the complete suite."

SAID = [
    ([ASK_APPLY], bash("terraform apply tfplan"), "ESCALATED"),
    ([ASK_APPLY, "Plan reviewed and approved by me, please apply tfplan."], bash("terraform apply tfplan"), "APPROVED"),
    ([ASK_APPLY, "Please look at the plan again."], bash("terraform apply tfplan"), "ESCALATED"),
    ([ASK_APPLY, "Not approved: apply the patch instead."], bash("terraform apply tfplan"), "ESCALATED"),
    ([PIN], edit("global.json"), "REJECTED"),
    ([PIN, "Please bump the SDK version in global.json to 10.0.200."], edit("global.json"), "APPROVED"),
    ([PIN, "What does global.json say?"], edit("global.json"), "REJECTED"),
    ([NO_NEW, "Use github.com/samber/lo for the slices."], bash("go get github.com/samber/lo"), "APPROVED"),
    ([NO_NEW, "Use github.com/samber/lo for the slices."], bash("go get github.com/spf13/cobra"), "ESCALATED"),
    ([PNPM, "just this once use npm"], bash("npm install left-pad"), "APPROVED"),
    ([PNPM, "just this once use npm"], bash("pnpm add left-pad"), "APPROVED"),
    ([PNPM, "just this once use npm"], bash("yarn add left-pad"), "REJECTED"),
    ([NO_VENDOR, "sorry, I meant legacy/"], edit("vendor/a.py"), "APPROVED"),
    ([NO_VENDOR, "sorry, I meant legacy/"], edit("legacy/a.py"), "REJECTED"),
    ([NO_VENDOR, "No!", "I meant legacy/"], edit("legacy/a.py"), "REJECTED"),
    ([NO_VENDOR, "No! I meant legacy/"], edit("vendor/a.py"), "APPROVED"),
    ([NO_VENDOR, "Never edit legacy/."], edit("vendor/a.py"), "REJECTED"),
    (["Use Python 3.11.", "Correction: we moved to 3.12, use that."], bash("uv python pin 3.12"), "APPROVED"),
    (["Use Python 3.11.", "Correction: we moved to 3.12, use that."], bash("uv python pin 3.11"), "REJECTED"),
    ([SUITE], bash("pytest"), "ESCALATED"),
    ([SUITE], bash("pytest tests/test_one.py"), "APPROVED"),
    ([SUITE], bash("pytest -k one"), "APPROVED"),
    (["Ask before running e2e tests."], bash("npx playwright test"), "ESCALATED"),
    (["Ask before running e2e tests."], bash("pytest tests/test_one.py"), "APPROVED"),
    (["Don't modify existing migrations; add a new one."], write("migrations/0050_new.py"), "APPROVED"),
    (["Don't modify existing migrations; add a new one."], edit("migrations/0049_old.py"), "REJECTED"),
    (["Don't modify existing migrations; add a new one."], bash("rm migrations/0049_old.py"), "REJECTED"),
]


@pytest.mark.parametrize(
    ("instructions", "call", "status"),
    SAID,
    ids=[" / ".join([*said, json.dumps(call["tool_input"])[:60]]) for said, call, _ in SAID],
)
def test_a_later_word_counts(instructions: list[str], call: dict[str, Any], status: str) -> None:
    assert check_row({"id": "r", "instructions": instructions, "cwd": "/repo", **call})["status"] == status


def test_what_a_correction_does_not_mention_stays() -> None:
    live = spoken(["Use pnpm, not npm.", "Never edit vendor/.", "sorry, I meant legacy/"])
    assert [each.text for each in live] == ["Use pnpm, not npm.", "sorry, I meant legacy/"]


@pytest.mark.parametrize(
    ("sentence", "before", "corrected"),
    [
        ("sorry, I meant legacy/", "Never edit vendor/.", "Never edit vendor/."),
        ("no, 27028", "Mongo is on 27027.", "Mongo is on 27027."),
        ("Correction: we moved to 3.12, use that.", "Use Python 3.11.", "Use Python 3.11."),
        ("Never edit legacy/.", "Never edit vendor/.", ""),
    ],
)
def test_the_sentence_that_is_corrected(sentence: str, before: str, corrected: str) -> None:
    assert corrects(sentence, before) == corrected


@pytest.mark.parametrize(
    ("sentence", "rule", "permits"),
    [
        ("Please edit conf/a.yml.", "Never edit conf/a.yml unless I ask.", 2),
        ("Should I edit conf/a.yml?", "Never edit conf/a.yml unless I ask.", 0),
        ("Don't edit conf/a.yml.", "Never edit conf/a.yml unless I ask.", 0),
        ("If it fails, edit conf/a.yml.", "Never edit conf/a.yml unless I ask.", 0),
        ("Please edit conf/b.yml.", "Never edit conf/a.yml unless I ask.", 0),
        ("Please edit conf/a.yml.", "Never edit conf/a.yml.", 0),
    ],
)
def test_an_order_lifts_what_it_names(sentence: str, rule: str, permits: int) -> None:
    assert len(asked_for(sentence, constraints_of(rule))) == permits


@pytest.mark.parametrize(
    ("text", "exclaims"),
    [
        ("No!", True),
        ("wait, stop", True),
        ("No, use 27028", False),
        ("stop the server", False),
        ("ok 3", False),
        ("", False),
    ],
)
def test_an_interjection_says_nothing(text: str, exclaims: bool) -> None:
    assert interjection(text) is exclaims


def test_a_correction_ends_only_its_own_sort() -> None:
    old, new = constraints_of("Never edit vendor/."), constraints_of("Use pnpm, not npm.")
    assert not ends("Never edit vendor/.", old, new, corrects="Never edit vendor/.")
