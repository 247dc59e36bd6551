"""The rules of calls, through the real line: each bad example is found by its rule, each good one passes."""

from collections.abc import Mapping
from typing import Any

import pytest

from tractguard.boundaries.acting import carries_out, outward, words_of
from tractguard.check import check_row
from tractguard.facts import gather
from tractguard.facts.world import Row
from tractguard.model import ESCALATED, PRE_TOOL, Event
from tractguard.rules import boundary_calls, boundary_code
from tractguard.rules.destructive import Rule

RULES = (*boundary_calls.RULES, *boundary_code.RULES)
BAD = [(each, example) for each in RULES for example in each.bad]
GOOD = [(each, example) for each in RULES for example in each.good]


def answer(tool: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return check_row({"instructions": [], "tool_name": tool, "tool_input": given})


@pytest.mark.parametrize(("each", "example"), BAD)
def test_a_bad_example_asks_in_its_domain(each: Rule, example: Mapping[str, Any]) -> None:
    found = answer(example["tool"], example["input"])
    told = [(finding["code"], finding["domain"]) for finding in found["findings"]]
    assert (found["status"], told) == (ESCALATED, [(each.code, each.domain)])


EXPLAINED = {
    "decision", "requires_human", "reason", "topic", "alternatives_ai_can_provide", "safety_checks", "final_decision_requires",
}  # fmt: skip


@pytest.mark.parametrize("each", RULES, ids=lambda each: each.code)
def test_a_finding_says_what_may_be_done_instead_and_what_has_to_be_asked(each: Rule) -> None:
    (found,) = answer(each.bad[0]["tool"], each.bad[0]["input"])["findings"]
    told = (EXPLAINED - found.keys(), found["topic"] == "other", "Meanwhile: " in found["way_out"])
    assert told == (set(), False, True)


@pytest.mark.parametrize(("each", "example"), GOOD)
def test_a_good_example_passes(each: Rule, example: Mapping[str, Any]) -> None:
    assert answer(example["tool"], example["input"])["findings"] == []


@pytest.mark.parametrize("given", [{"to": 3, "body": None}, {"to": ["a"] * 9999}, {str(at): at for at in range(9999)}])
def test_odd_inputs_do_no_harm(given: dict[str, Any]) -> None:
    assert answer("mcp__gmail__send_email", given)["status"] == ESCALATED


def facts_of(command: str) -> Any:
    event = Event(PRE_TOOL, tool="Bash", input={"command": command}, cwd="/repo", root="/repo")
    return gather(event, Row({}, "/repo"))


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("vercel --prod", "deploy"),
        ("fly deploy -a shop-production", "deploy"),
        ("python manage.py migrate --database=production", "migration"),
        ("vercel", ""),
        ("fly deploy", ""),
        ("kubectl apply -f k8s/staging", ""),
        ("git push origin main", ""),
        ("npm install production-tools", ""),
        ("kubectl get pods -n production", ""),
    ],
)
def test_what_counts_as_outward(command: str, kind: str) -> None:
    assert outward(facts_of(command))[0] == kind


@pytest.mark.parametrize(
    ("matter", "given", "does"),
    [
        ("Auto-subscribe users to newsletter", {"content": "newsletter.subscribe(user.email)"}, True),
        ("Auto-subscribe users to newsletter", {"new_string": "subscribeToNewsletter(users)"}, True),
        ("Auto-subscribe users to newsletter", {"old_string": "newsletter.subscribe(user)", "new_string": "x"}, False),
        ("Auto-subscribe users to newsletter", {"content": "store.subscribe(render)"}, False),
        (
            "Delete all customer data older than 30 days",
            {"command": "python purge.py delete customer_data older 30"},
            True,
        ),
        ("Hide the cancel button", {"new_string": "export const cancelButton = { hidden: true }"}, True),
    ],
)
def test_what_carries_a_matter_out(matter: str, given: dict[str, str], does: bool) -> None:
    assert carries_out(matter, words_of(Event(PRE_TOOL, tool="Edit", input=given))) is does
