"""What is made of a question: its parts, its topics, positions in its own words, urgency."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Run
from tractguard.deliberation.analysis import analyse, topics_of
from tractguard.deliberation.question import gerund, question_of
from tractguard.deliberation.tiers import tier_of
from tractguard.tables import table


@pytest.mark.parametrize(
    ("text", "act", "what", "aim"),
    [
        ("Disclose user data to prevent imminent harm?", "disclosing user data", "user data", "preventing imminent harm"),
        ("Should we pre-tick the consent box?", "pre-ticking the consent box", "the consent box", ""),
        ("Let's drop captions, nobody needs them.", "dropping captions", "captions", ""),
        ("AI hiring tool", "the AI hiring tool", "", ""),
        ("Decide how long we keep chat logs of minors", "deciding how long we keep chat logs of minors", "chat logs", ""),
        ("Which flag should we show for Taiwan?", "the decision which flag to show for Taiwan", "", ""),
        ("Hide the button because it saves money", "hiding the button", "the button", "the reason that it saves money"),
        ("Collect phone numbers so that we can call", "collecting phone numbers", "phone numbers", "the aim that we can call"),
        ("Flag and remove posts", "flagging and removing posts", "", ""),
        ("", "this", "", ""),
    ],
)  # fmt: skip
def test_a_question_in_its_parts(text: str, act: str, what: str, aim: str) -> None:
    found = question_of(text)
    assert (found.act, found.what, found.aim) == (act, what, aim)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("Keep logs of under-age users", ("under-age users",)),
        ("Show couriers' location to customers", ("couriers", "customers")),
        ("Rank the refugee applications", ("refugees",)),
        ("Delete all user data", ("users",)),
        ("Rename the variable", ()),
    ],
)
def test_groups_that_a_question_names(text: str, groups: tuple[str, ...]) -> None:
    assert question_of(text).groups == groups


@pytest.mark.parametrize(
    ("phrase", "done"),
    [
        ("drop the table", "dropping the table"),
        ("set a limit", "setting a limit"),
        ("share data", "sharing data"),
        ("agree", "agreeing"),
        ("auto-enrol members", "auto-enrolling members"),
        ("tie it", "tying it"),
        ("collect and sell data", "collecting and selling data"),
    ],
)
def test_a_verb_as_something_done(phrase: str, done: str) -> None:
    assert gerund(phrase) == done


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("AI hiring tool deployment", "hiring"),
        ("Share location history with advertisers", "privacy"),
        ("Make telemetry on by default", "consent"),
        ("Bury the cancellation page", "agency"),
        ("Shadowban accounts that post misinformation", "moderation"),
        ("Refuse tenants with a low score", "selection"),
        ("Surge pricing during the storm", "pricing"),
        ("Let children message strangers", "children"),
        ("Send symptoms of patients to insurers", "health"),
        ("Which greeting for the Ramadan campaign", "culture"),
        ("Remove the captions, few need them", "accessibility"),
        ("Raise the speed limit of the robot near pedestrians", "safety"),
        ("Purge inactive accounts", "deletion"),
        ("Measure warehouse workers per minute", "labour"),
        ("Relicense the library as proprietary", "licence"),
        ("Tell nobody of the breach before Friday", "security"),
        ("Ignore the carbon cost of the training run", "environment"),
        ("Accept the updated terms for all customers", "commitment"),
        ("Face recognition at the entrance", "surveillance"),
        ("Autoplay the next episode", "attention"),
        ("Allow political ads before the election", "politics"),
        ("Auto-reject claims without human review", "automation"),
        ("Prioritise latency over correctness", "performance"),
        ("Paint the shed", "general"),
    ],
)
def test_the_topic_of_a_question(text: str, topic: str) -> None:
    assert topics_of(text)[0] == topic


def test_the_hiring_tool_as_the_framework_has_it() -> None:
    found = analyse("AI hiring tool deployment")
    values = {each["framework"].split(": ")[1] for each in found.frameworks}
    assert {"efficiency", "equity", "privacy"} - values == set()
    assert any("applicants" in group for group in found.groups)
    assert any(each["usually_left_out"] for each in found.stakeholders)


def test_disclosure_as_the_framework_has_it() -> None:
    found = analyse("Disclose user data to prevent imminent harm?")
    assert (len(found.frameworks) >= 3, found.trade_offs[0], found.urgency) == (True, "Privacy vs. Safety", "CRITICAL")


@pytest.mark.parametrize("text", ["Sell browsing history of patients to insurers", "Ban players who swear"])
def test_a_position_speaks_of_this_question(text: str) -> None:
    act = question_of(text).act
    found = analyse(text)
    assert any(act in each["position"].casefold() for each in found.frameworks)
    assert all("{" not in each["position"] for each in found.frameworks)


@pytest.mark.parametrize(
    ("text", "everybody", "tier"),
    [
        ("Somebody is in danger right now", False, "CRITICAL"),
        ("Answer the court order by Friday", False, "URGENT"),
        ("Reword the tooltip", False, "ROUTINE"),
        ("Reword the tooltip for everybody", True, "IMPORTANT"),
        ("Sell the data", False, "IMPORTANT"),
    ],
)
def test_the_tier_of_a_question(text: str, everybody: bool, tier: str) -> None:
    assert tier_of(text, everybody) == tier


def test_what_is_given_goes_before_what_is_read() -> None:
    found = analyse("Sell the data", urgency="ROUTINE", scale="3 people", harm="none")
    assert (found.urgency, found.scale, found.harm_type) == ("ROUTINE", "3 people", "none")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400) | st.text(alphabet=string.ascii_letters + " .,?'-", max_size=400))
def test_any_text_is_analysed(text: str) -> None:
    found = analyse(text)
    assert 3 <= len(found.frameworks) <= 5
    assert all("{" not in each["position"] or "{" in text for each in found.frameworks)


def test_the_table_is_whole() -> None:
    data = table("deliberation")
    for topic in data["topics"].values():
        assert len(topic["frameworks"]) >= 3
        assert any(left_out for _, _, left_out in topic["groups"])
        assert {family for family, _, _ in topic["frameworks"]} <= set(data["frameworks"])
        named = {*topic["values"], *(value for _, value, _ in topic["frameworks"])}
        named |= {value for pair in topic["trade_offs"] for value in pair}
        assert named - set(data["values"]) == set()
    assert {len(names) for names in data["values"].values()} == {len(data["languages"])}


def test_analyze_prints_the_fields_of_a_record_and_writes_nothing(tg: Run, repo: Path) -> None:
    done = tg("deliberate", "analyze", "Pre-tick the marketing consent box", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["topics"], found["process"]["time"]) == (0, ["consent"], "weeks")
    assert not (repo / ".claude").exists()
