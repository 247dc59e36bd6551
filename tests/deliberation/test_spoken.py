"""What a person says to a record in the chat, through the installed hooks: seen first, then approved; nobody else may."""

import re
from pathlib import Path

import pytest

from tests.deliberation.desk import Desk
from tests.standin import StandIn
from tractguard.deliberation.record import with_fields
from tractguard.deliberation.schema import read
from tractguard.deliberation.spoken import order_in
from tractguard.hosts.claude_code_install import install
from tractguard.ledger import Ledger

OUTCOME = {
    "decision_made": "The greeting names no feast.",
    "values_prioritized": ["respect"],
    "values_deprioritized": ["warmth"],
    "moral_remainder": "Some would have liked to be wished a feast.",
    "dissenting_perspectives": [{"framework": "Care", "objection": "It is cold.", "stakeholders": ["support staff"]}],
    "justification": "We do not know who keeps which feast.",
    "review_date": "2030-05-01",
}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("approve stakeholders d-3fa81c", ("approve stakeholders", "d-3fa81c", "", "")),
        ("Decide d-3fa81c 4f2a.", ("decide", "d-3fa81c", "4f2a", "")),
        ("decide d-3fa81c 4f2a allow", ("decide", "d-3fa81c", "4f2a", "allow")),
        ("tractguard dismiss d-3fa81c: a test list", ("dismiss", "d-3fa81c", "", "a test list")),
    ],
)
def test_an_order_is_read(text: str, parts: tuple[str, ...]) -> None:
    assert order_in(text) == parts


@pytest.mark.parametrize(
    "text",
    ["Help me decide d-3fa81c.", "decide d-3fa81c with the numbers from the survey", "Approve it.", "decide\nd-3fa81c"],
)
def test_a_sentence_about_a_record_is_none(text: str) -> None:
    assert order_in(text) is None


def test_a_record_is_decided_in_the_chat(desk: Desk) -> None:
    id = desk.opened("Which greeting for the mailing?", "--routine")
    install(str(desk.repo), "local", desk.home)
    with StandIn(desk.repo, desk.home) as client:
        client.start()
        assert "lacks the decision itself" in client.say(f"decide {id}")
        path = desk.file(id)
        path.write_text(with_fields(path.read_text(), OUTCOME))
        shown = client.say(f"decide {id}")
        assert ("lost: Some would" in shown, "It is cold. (support staff)" in shown) == (True, True)
        (mark,) = re.findall(rf'Reply "decide {id} ([0-9a-f]{{4}})"', shown)
        path.write_text(path.read_text().replace("names no feast", "names every feast"))
        assert "has changed since it was shown" in client.say(f"decide {id} {mark}")
        path.write_text(path.read_text().replace("names every feast", "names no feast"))
        assert "is decided as inst_001" in client.say(f"decide {id} {mark}")
    fields = read(desk.file(id).read_text()).fields
    assert (fields["decided"]["by"], fields["stakeholders_approved"]["by"], desk.problems()) == ("chat", "chat", [])


def test_a_list_is_approved_in_the_chat_by_nobody_but_a_person(desk: Desk) -> None:
    id = desk.opened()
    install(str(desk.repo), "local", desk.home)
    with StandIn(desk.repo, desk.home) as client:
        client.start()
        shown = client.say(f"approve stakeholders {id}")
        order = re.findall(r'Reply "([^"]+)"', shown)[0]
        client.judged("CronCreate", {"cron": "* * * * *", "prompt": order})
        assert "stays as it is" in client.say(order)
        assert approved(desk.file(id)) is None
        assert "is put to users" in client.say(f"please {order}")
    assert approved(desk.file(id)) == "chat"
    with Ledger.open(str(desk.repo / ".claude/tractguard/ledger.db"), create=False) as ledger:
        assert list(ledger.verify()) == []


def approved(path: Path) -> str | None:
    """By what channel the list of a record was approved."""
    said = read(path.read_text()).fields["stakeholders_approved"]
    return str(said["by"]) if said else None
