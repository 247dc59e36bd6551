"""A whole case in the real client: asked for, stopped, deliberated by people in a terminal, resumed within its limits.

The assistant is scripted. The record that the run leaves behind is, with its dates and ids, the example in `docs/`:
`TRACTGUARD_EXAMPLE=1` writes it there anew.
"""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from client import Client
from model_api import Call, Turn
from sandbox import ROOT, tractguard

from tests.cli.test_init import in_terminal
from tractguard.deliberation.concluding import WRITTEN
from tractguard.deliberation.record import split
from tractguard.deliberation.rounds import sections
from tractguard.deliberation.schema import read

pytestmark = pytest.mark.e2e

ASKED = "Subscribe every user to the newsletter."
TOOL = "mcp__mailchimp__subscribe_users"
ALL = Turn("", (Call(TOOL, {"users": "every", "list": "newsletter"}),))
LIMITED = Turn("", (Call(TOOL, {"users": "ticked at sign-up", "list": "newsletter"}),))
SERVER = ROOT / "tests" / "e2e" / "newsletter_server.py"
EXAMPLE = ROOT / "docs" / "deliberation-example.md"
SAID = {
    "users": (
        "We signed up for the shop, not for mail. Ask us, and take no for an answer.",
        "One question at the next order would be fine.",
        "Agreed: nobody is subscribed without a tick. We still differ on asking twice.",
    ),
    "users who said no before": (
        "We said no. A new default must not undo that.",
        "Whoever said no is not asked again.",
        "Agreed, if a no stays a no for good.",
    ),
    "marketing or growth team": (
        "Without the list the shop has nobody to tell about the winter sale: two of five orders came from it.",
        "We can live with asking once, in plain words.",
        "We object: fewer readers, and the sale pays for the support line.",
    ),
    "support staff": (
        "Last time we answered angry letters for three weeks.",
        "A link that unsubscribes without a login would have spared us most of it.",
        "Agreed, with the link.",
    ),
}
LATER = "people with little time, literacy or eyesight to find the setting"
OUTCOME = (
    "--decision", "Only people who ticked the box at sign-up get the newsletter; everybody else is asked once.",
    "--prioritize", "autonomy", "--prioritize", "trust", "--deprioritize", "reach", "--deprioritize", "convenience",
    "--remainder", "Some who would have liked the letter never hear of it, and the winter sale reaches fewer people.",
    "--dissent", "Consequentialist (Utilitarian) | Fewer readers mean fewer orders, and these pay for support. | marketing or growth team",
    "--justification", "A yes that nobody gave is none; those who can still be won are asked once, in plain words.",
    "--applies-to", "Mailings that advertise. Not notices about an order, and not those that the law requires.",
    "--review-date", "2030-05-20", "--review-trigger", "the share of orders through the letter falls below one in ten",
    "--allow", TOOL + ' {"users": "ticked at sign-up", "list": "newsletter"}',
)  # fmt: skip


def subscribed(folder: Path) -> list[str]:
    log = folder / "subscribed.log"
    return log.read_text().splitlines() if log.exists() else []


def test_from_the_request_to_the_limited_action(guarded: Path, client: Client) -> None:
    servers = {"mailchimp": {"command": sys.executable, "args": [str(SERVER), str(guarded / "subscribed.log")]}}
    config = guarded.parent / "mcp.json"
    config.write_text(json.dumps({"mcpServers": servers}))
    options = ("--mcp-config", str(config), "--allowedTools", TOOL)
    first = (ALL, Turn("It waits for people."))
    session = client.run(guarded, ASKED, first, *options)
    assert subscribed(guarded) == []
    (row,) = listed(guarded, client)
    id = row["id"]
    assert session.told(id) == 1
    assert f"deliberate show {id}" in session.results()[0]["content"]

    deliberated(id, guarded, client)
    assert listed(guarded, client) == []

    resumed = (*first, ALL, LIMITED, LIMITED, Turn("Done as decided."))
    number = next(str(event["session_id"]) for event in session.events if event.get("session_id"))
    later = client.run(guarded, "Go on.", resumed, *options, "--resume", number)
    assert subscribed(guarded) == ["newsletter: ticked at sign-up"]
    assert later.told("everybody else is asked once") == 1
    linked(id, guarded, client)
    kept_as_example(guarded)


def listed(folder: Path, client: Client) -> list[dict[str, str]]:
    """The records that wait for somebody."""
    return [json.loads(line) for line in tractguard(folder, client, "deliberate", "list", "--json").splitlines()]


def person(folder: Path, client: Client, keys: str, *words: str) -> None:
    """The person types a command into a terminal of their own."""
    env = {**client.environment(""), "PYTHONPATH": str(ROOT)}
    code, seen = in_terminal(["deliberate", *words], folder, env, keys + "\x04\x04")
    assert code == 0, seen


def deliberated(id: str, folder: Path, client: Client) -> None:
    """The list is approved, everybody is heard, the decision is taken."""
    suggested = json.loads(tractguard(folder, client, "deliberate", "stakeholders", id, "--json"))["suggested"]
    others = [each["group"] for each in suggested if each["group"] not in (*SAID, LATER)]
    leave = [word for group in others for word in ("--remove", group)]
    tractguard(folder, client, "deliberate", "stakeholders", id, *leave)
    person(folder, client, "y\n", "stakeholders", id, "--approve")
    for number in ("1", "2", "3"):
        for group, entries in SAID.items():
            said = ("--group", group, "--text", entries[int(number) - 1])
            tractguard(folder, client, "deliberate", "round", id, number, *said)
        person(folder, client, "", "round", id, number, "--no-answer", LATER)
    person(folder, client, "y\n", "decide", id, *OUTCOME)


def linked(id: str, folder: Path, client: Client) -> None:
    """The ledger leads from the call to the record, to the instruction, to the call that was let through."""
    rows = [json.loads(line) for line in tractguard(folder, client, "log", "--json").splitlines()]
    calls = [row for row in rows if row["event"] == "PreToolUse" and row["tool_name"] == TOOL]
    assert [row.get("record", "") for row in calls] == [id, id, id, id]
    decided = next(row["deliberation"] for row in rows if row.get("deliberation", {}).get("step") == "decided")
    assert (decided["id"], decided["stopped"][0] != "") == (id, True)
    assert [(row["allowed"]["record"], row["allowed"]["instruction"]) for row in calls if row.get("allowed")] == [
        (id, decided["instruction"])
    ]
    assert tractguard(folder, client, "deliberate", "check").strip().endswith("no problem")


def kept_as_example(folder: Path) -> None:
    """What people said and decided in this run stands in the example too, which is a valid record."""
    (path,) = (folder / ".claude" / "deliberations").glob("*.md")
    text = path.read_text(encoding="utf-8")
    if os.environ.get("TRACTGUARD_EXAMPLE"):
        EXAMPLE.write_text(text, encoding="utf-8")
    assert what_people_said(EXAMPLE) == what_people_said(path)


def what_people_said(path: Path) -> tuple[object, ...]:
    """The groups, the entries and the outcome of a record."""
    text = path.read_text(encoding="utf-8")
    found = read(text)
    assert found.problems == ()
    heard = re.sub(r"20[0-9-]{8}", "…", json.dumps(sections(split(text)[1])))
    return [each["group"] for each in found.fields["stakeholders"]], heard, *(found.fields[name] for name in WRITTEN)
