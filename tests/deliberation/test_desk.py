"""`tractguard deliberate` from the first question to the last word, as processes; the person types into a terminal."""

import json
import os
import subprocess
import threading

import pytest

from tests.deliberation.desk import OUTCOME, Desk
from tractguard.deliberation.outcome import missing

NEWSLETTER = "Subscribe every user to the newsletter"


def records(desk: Desk) -> list[dict[str, object]]:
    return [json.loads(line) for line in desk.tg("instructions", "list", "--all", "--json").stdout.splitlines()]


def test_a_record_is_opened_listed_and_shown(desk: Desk) -> None:
    id = desk.opened()
    (row,) = desk.rows("list")
    assert (row["id"], row["status"], row["urgency"], row["question"]) == (id, "open", "IMPORTANT", NEWSLETTER)
    assert desk.json("show", id[:5])["topics"] == ["consent"]
    assert (desk.problems(), row["file"]) == ([], str(desk.file(id).relative_to(desk.repo)))
    assert json.loads(desk.tg("status", "--json").stdout)["deliberations"][0]["id"] == id


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "d-000000"), 2, "there is no record d-000000"),
        (("open", "  "), 2, "say the question in one sentence"),
        (("open", "Q", "--urgency", "soon"), 2, "--urgency is one of CRITICAL, URGENT, IMPORTANT, ROUTINE, not soon"),
        (("open", "Q", "--domain", "other"), 2, "--domain is one of values"),
        (("stakeholders", "ID", "--approve"), 2, "needs a person"),
        (("round", "ID", "1", "--group", "users", "--text", "Hm."), 1, "no person has approved the stakeholder list"),
        (("round", "ID", "1", "--group", "users"), 2, "an entry needs both"),
        (("stakeholders", "ID", "--remove", "aliens"), 2, '"aliens" is not on the list'),
        (("invite", "ID"), 1, "nobody is invited before a person has approved the list"),
        (("decide", "ID"), 2, "deciding needs a person"),
        (("dismiss", "ID"), 2, "say why it is not a values matter"),
        (("dismiss", "ID", "--reason", "no people"), 2, "dismissing a matter needs a person"),
        (("review", "ID"), 1, "has no outcome to review"),
        (("restore", "ID"), 1, "is there: nothing was written"),
        (("open", "Q", "--missed", "--urgency", "x"), 2, "--urgency is one of"),
    ],
)
def test_what_is_refused_says_why(shared: tuple[Desk, str], words: tuple[str, ...], code: int, said: str) -> None:
    desk, id = shared
    done = desk.tg("deliberate", *(id if word == "ID" else word for word in words))
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_the_whole_way(desk: Desk) -> None:
    id = desk.opened()
    suggested = [each["group"] for each in desk.json("stakeholders", id)["suggested"]]
    leave = [word for group in suggested if group != "users" for word in ("--remove", group)]
    desk.tg("deliberate", "stakeholders", id, *leave, "--add", "night staff: they answer the calls")
    assert desk.typed("n\n", "stakeholders", id, "--approve")[0] == 1
    code, seen = desk.typed("y\n", "stakeholders", id, "--approve")
    assert (code, "night staff: they answer the calls" in seen) == (0, True)
    early = desk.tg("deliberate", "round", id, "2", "--group", "users", "--text", "Early.")
    assert (early.returncode, "round 1 is still open" in early.stderr) == (1, True)
    for number in ("1", "2", "3"):
        assert desk.tg("deliberate", "round", id, number, "--group", "users", "--text", "So.").returncode == 0
        assert desk.typed("", "round", id, number, "--no-answer", "night staff")[0] == 0
        if number == "1":
            assert "not everybody was heard" in desk.typed("y\n", "decide", id, *OUTCOME)[1]
    code, seen = desk.typed("y\n", "decide", id, *OUTCOME)
    assert (code, "inst_001" in seen) == (0, True), seen
    (kept,) = records(desk)
    assert (kept["source"], kept["persistence"], kept["parameters"]) == ("deliberation", "HIGH", {"record": id})
    assert (desk.problems(), desk.rows("list"), desk.rows("list", "--all")[0]["status"]) == ([], [], "decided")
    assert desk.tg("audit", "verify").returncode == 0


def test_what_an_assistant_writes_is_a_draft(desk: Desk) -> None:
    id = desk.opened()
    desk.typed("y\n", "stakeholders", id, "--approve")
    env = {"CLAUDECODE": "1"}
    desk.tg("deliberate", "round", id, "1", "--group", "users", "--text", "They like it.", env=env)
    assert desk.json("round", id)[0]["groups"]["users"] == "draft"
    desk.edit(id, "Draft: They like it.", "We do not like it.")
    assert desk.json("round", id)[0]["groups"]["users"] == "entry"


def test_a_changed_list_needs_a_new_approval(desk: Desk) -> None:
    id = desk.opened()
    desk.typed("y\n", "stakeholders", id, "--approve")
    desk.tg("deliberate", "stakeholders", id, "--add", "night staff")
    done = desk.tg("deliberate", "round", id, "1", "--group", "users", "--text", "Hm.")
    assert "no person has approved" in done.stderr


def test_an_approval_that_somebody_wrote_into_the_file_is_none(desk: Desk) -> None:
    id = desk.opened()
    desk.edit(id, "stakeholders: []", "stakeholders:\n  - group: nobody")
    desk.edit(id, "stakeholders_approved: null", "stakeholders_approved: {time: 2026-11-20, by: terminal}")
    ((line, why),) = desk.problems()
    assert why.startswith("no person approved this list on this machine")
    assert desk.file(id).read_text().splitlines()[line - 1].startswith("stakeholders_approved")


# Outcomes


ROUTINE = ("--routine",)


def outcome_without(*names: str) -> list[str]:
    """The outcome's options without some of them."""
    pairs = list(zip(OUTCOME[::2], OUTCOME[1::2], strict=True))
    return [word for name, value in pairs if name not in names for word in (name, value)]


WHOLE = {
    "decision_made": "Say hello.",
    "values_prioritized": ["simplicity"],
    "values_deprioritized": ["reach"],
    "moral_remainder": "Some miss it.",
    "dissenting_perspectives": [{"framework": "Care", "objection": "No.", "stakeholders": ["staff"]}],
    "justification": "Nobody minds.",
    "review_date": "2030-01-01",
}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("moral_remainder", "the moral remainder: what is lost with it"),
        ("dissenting_perspectives", "the dissent and who holds it"),
        ("decision_made", "the decision itself"),
        ("justification", "the justification"),
        ("values_prioritized", "the values that it puts first"),
        ("values_deprioritized", "the values that it puts behind"),
        ("review_date", "the date of its review"),
    ],
)
def test_an_outcome_that_lacks_something_says_what(name: str, said: str) -> None:
    (lack,) = missing({**WHOLE, name: None}, agreed=True)
    assert lack.startswith(said)


def test_an_outcome_without_a_remainder_is_refused(desk: Desk) -> None:
    id = desk.opened("Which greeting for the mailing?", *ROUTINE)
    code, seen = desk.typed("y\n\n", "decide", id, *outcome_without("--remainder"))
    assert (code, desk.rows("list")[0]["status"]) == (1, "open"), seen


def test_none_voiced_is_said_by_a_person(desk: Desk) -> None:
    id = desk.opened("Which greeting for the mailing?", *ROUTINE)
    none = ("--none-voiced", "dissent", "--none-voiced", "moral_remainder")
    code, seen = desk.typed("y\ny\n", "decide", id, *outcome_without("--dissent", "--remainder"), *none)
    assert code == 0, seen
    assert (desk.json("show", id)["none_voiced"], desk.problems()) == (["dissent", "moral_remainder"], [])


def test_the_short_form_is_filled_in_by_hand_and_decided(desk: Desk) -> None:
    id = desk.opened("Which greeting for the mailing?", *ROUTINE)
    assert len(desk.file(id).read_text().splitlines()) < 70
    for old, new in (
        ("decision_made: null", "decision_made: Say hello."),
        ("values_prioritized: []", "values_prioritized: [simplicity]"),
        ("values_deprioritized: []", "values_deprioritized: [reach]"),
        ("none_voiced: []", "none_voiced: [moral_remainder, dissent]"),
        ("justification: null", "justification: Nobody minds."),
        ("precedent_applicability: null", "precedent_applicability: Greetings."),
        ("review_date: null", "review_date: 2030-01-01"),
        ("review_trigger: null", "review_trigger: a complaint"),
    ):
        desk.edit(id, old, new)
    code, seen = desk.typed("y\ny\n", "decide", id)
    assert (code, desk.json("show", id)["decision_made"]) == (0, "Say hello."), seen


def test_what_is_missing_is_asked_for(desk: Desk) -> None:
    id = desk.opened("Which greeting for the mailing?", *ROUTINE)
    keys = "y\nSay hello.\nsimplicity\nreach, growth\n-\n-\nNobody minds.\nGreetings.\n2030-01-01\na complaint\ny\n"
    code, seen = desk.typed(keys, "decide", id)
    found = desk.json("show", id)
    assert (code, found["values_deprioritized"], found["none_voiced"]) == (
        0,
        ["reach", "growth"],
        ["moral_remainder", "dissent"],
    ), seen


def test_no_agreement_is_a_valid_end(desk: Desk) -> None:
    id = desk.opened("Which greeting for the mailing?", *ROUTINE)
    said = (
        "--no-agreement",
        "--justification",
        "Both sides stay.",
        "--applies-to",
        "x",
        "--review-date",
        "2030-01-01",
        "--review-trigger",
        "x",
    )
    code, seen = desk.typed("y\ny\n", "decide", id, *said)
    assert (code, desk.json("show", id)["status"], records(desk)) == (0, "no_agreement", []), seen


def test_contradictions_are_shown_with_both_texts_and_can_be_superseded(desk: Desk) -> None:
    rule = "Never send the newsletter to people without consent."
    desk.tg("instructions", "add", rule)
    id = desk.opened("Which people get the newsletter at sign-up?", *ROUTINE)
    said = [
        *outcome_without("--decision"),
        "--decision",
        "Send the newsletter to people at sign-up, ticked or unticked.",
    ]
    code, seen = desk.typed("y\nn\n", "decide", id, *said)
    assert (code, rule in seen, "contradicts inst_001" in seen) == (1, True, True), seen
    code, seen = desk.typed("y\ny\n", "decide", id, *said, "--supersede", "inst_001")
    assert (code, [each["active"] for each in records(desk)]) == (0, [False, True]), seen


def test_a_record_that_weighed_the_other_way_round_is_shown(desk: Desk) -> None:
    first = desk.opened("Which greeting for the spring mailing?", *ROUTINE)
    desk.decided(first)
    second = desk.opened("Which greeting for the autumn mailing?", *ROUTINE)
    assert desk.json("show", second)["precedents"][0]["record"] == first
    turned = [*outcome_without("--prioritize", "--deprioritize"), "--prioritize", "reach", "--deprioritize", "autonomy"]
    code, seen = desk.typed("y\nn\n", "decide", second, *turned)
    assert (code, f"contradicts {first}: it weighed the other way round: autonomy, reach" in seen) == (1, True), seen


def test_a_critical_matter_is_taken_up_again_in_full(desk: Desk) -> None:
    id = desk.opened("Disclose the caller's location, somebody is in danger right now?")
    assert "## Triage" in desk.file(id).read_text()
    code, seen = desk.decided(id)
    assert code == 0, seen
    (again,) = desk.rows("list")
    assert (again["urgency"], desk.json("show", again["id"])["follows"]) == ("IMPORTANT", id)


# What happens to files


def test_two_people_deciding_at_once(desk: Desk) -> None:
    id = desk.opened("Which greeting for the mailing?", *ROUTINE)
    desk.typed("y\nn\n", "decide", id, *OUTCOME)  # the list is approved, the outcome is not
    before = desk.file(id).read_text()
    answers: list[tuple[int, str]] = []

    def slow() -> None:
        import pty
        import sys
        import time

        leader, follower = pty.openpty()
        words = [sys.executable, "-m", "tractguard", "deliberate", "decide", id, *OUTCOME]
        process = subprocess.Popen(
            words, cwd=desk.repo, env={**desk.home, "TERM": "dumb"}, stdin=follower, stdout=follower, stderr=follower,
            start_new_session=True,
        )  # fmt: skip
        os.close(follower)
        seen = b""
        while b"Is this the decision?" not in seen:
            seen += os.read(leader, 65536)
        ready.set()
        done.wait(60)
        os.write(leader, b"y\n")
        time.sleep(0.2)
        try:
            while part := os.read(leader, 65536):
                seen += part
        except OSError:
            pass
        answers.append((process.wait(60), seen.decode()))
        os.close(leader)

    ready, done = threading.Event(), threading.Event()
    thread = threading.Thread(target=slow)
    thread.start()
    ready.wait(60)
    first = [*outcome_without("--justification"), "--justification", "I was first."]
    assert desk.typed("y\n", "decide", id, *first)[0] == 0
    done.set()
    thread.join(60)
    code, seen = answers[0]
    assert (code, "was changed by somebody else while you worked on it" in " ".join(seen.split())) == (1, True), seen
    text = desk.file(id).read_text()
    assert (before != text, "I was first." in text, len(records(desk))) == (True, True, 1)
    (kept,) = (desk.repo / ".claude/tractguard/deliberations").glob("*.unsaved-1.md")
    assert "A yes that nobody gave is none." in kept.read_text()


def test_a_vanished_record_is_named_and_written_again(desk: Desk) -> None:
    id = desk.opened()
    desk.edit(id, "scale: all users", "scale: 12000 users")
    desk.tg("deliberate", "list")
    path = desk.file(id)
    text = path.read_text()
    path.unlink()
    ((_, why),) = desk.problems()
    assert f"'tractguard deliberate restore {id}' writes it again" in why
    assert desk.rows("list")[0]["problems"] == [why]
    assert (desk.tg("deliberate", "restore", id).returncode, path.read_text()) == (0, text)
    assert desk.problems() == []


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("# Which greeting", "Later remark.\n\n# Which greeting", "was edited after its decision, the outcome is as decided"),
        ("decision_made: Only people who tick", "decision_made: All people who do not tick", "was edited after its decision, the outcome too"),
        ("status: decided", "status: open", "was decided by a person, and the file says open"),
    ],
)  # fmt: skip
def test_a_record_edited_after_its_decision(settled: tuple[Desk, str], old: str, new: str, why: str) -> None:
    desk, id = settled
    before = desk.file(id).read_text()
    desk.edit(id, old, new)
    said = (desk.problems()[0][1], desk.tg("deliberate", "check").returncode)
    shown = json.loads(desk.tg("status", "--json").stdout)["deliberations"][0]["problems"][0]
    desk.file(id).write_text(before)
    assert (why in said[0], said[1], why in shown) == (True, 1, True)


def test_edits_are_accepted_by_a_person_and_an_outcome_is_not(desk: Desk) -> None:
    id = desk.opened("Which greeting for the mailing?", *ROUTINE)
    desk.decided(id)
    desk.edit(id, "# Which greeting", "A later remark.\n\n# Which greeting")
    assert desk.typed("", "review", id, "--accept-edits")[0] == 0
    assert desk.problems() == []
    desk.edit(id, "moral_remainder: Some", "moral_remainder: Nobody. Some")
    code, seen = desk.typed("", "review", id, "--keep")
    assert (code, "a new outcome needs a new decision" in " ".join(seen.split())) == (1, True)
    assert [each["field"] for each in desk.json("review", id)["changed"]] == ["moral_remainder"]


def test_a_review_keeps_or_reopens(desk: Desk) -> None:
    id = desk.opened("Which greeting for the mailing?", *ROUTINE)
    desk.decided(id)
    assert desk.typed("", "review", id, "--keep", "--next", "2031-01-01", "--note", "Fine.")[0] == 0
    assert (desk.json("show", id)["review_date"], desk.problems()) == ("2031-01-01", [])
    assert desk.typed("", "review", id, "--reopen", "--note", "The law changed.")[0] == 0
    assert desk.rows("list")[0]["status"] == "open"
    changed = [*outcome_without("--decision"), "--decision", "Only people who ask for the newsletter get it."]
    code, seen = desk.typed("y\n", "decide", id, *changed)
    assert (code, [each["active"] for each in records(desk)]) == (0, [False, True]), seen
    assert desk.problems() == []


def test_a_broken_record_stops_nothing_else(desk: Desk) -> None:
    good, bad = desk.opened(), desk.opened("Sell the location history?")
    desk.edit(bad, "status: open", "status: [open")
    assert {row["id"]: bool(row["problems"]) for row in desk.rows("list")} == {good: False, bad: True}
    done = desk.tg("deliberate", "stakeholders", bad, "--add", "x")
    assert (done.returncode, "is not valid YAML" in done.stderr, ".md:" in done.stderr) == (1, True, True)
    assert desk.tg("deliberate", "show", good).returncode == 0


def test_a_dismissal_counts_against_precision(desk: Desk) -> None:
    one = desk.opened("Which greeting for the mailing?", *ROUTINE)
    assert desk.typed("", "dismiss", one, "--reason", "It is a greeting.")[0] == 0
    assert (desk.json("show", one)["dismissed"]["reason"], desk.rows("list")) == ("It is a greeting.", [])
    desk.opened("Sell the location history?", "--missed")
    figures = json.loads(desk.tg("status", "--json").stdout)["boundaries"]
    assert figures["values"] == {
        "raised": 0,
        "confirmed": 0,
        "dismissed": 0,
        "missed": 1,
        "precision": None,
        "recall": 0.0,
    }
