"""A long session in the real client: it walks through all levels, leaves a handoff, and a compaction takes nothing away.

The assistant is scripted, and so are the tokens that its answers cost; the client, its transcript and its compaction
are real.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from client import Client
from model_api import SUMMARY, Call, Turn, bash
from sandbox import tractguard
from terminal import Talk

from tractguard.ledger import Ledger
from tractguard.places import places_of
from tractguard.trust import accept_all

pytestmark = pytest.mark.e2e

SKIP_PERMISSIONS = ("--dangerously-skip-permissions",)
RULE = "MongoDB runs on port 27027."
REQUEST = "Make the cart survive a reload."
FAILS = "python3 -c 'raise SystemExit(\"the cart is empty again\")'"
DELEGATE = Turn(
    "", (Call("Agent", {"description": "more", "prompt": "Go.", "subagent_type": "general-purpose"}),), 99_000
)
COMMIT = "git -c user.name=Dev -c user.email=dev@example.org commit -q -m 'Keep the cart'"
CONTINUED = "This session is being continued"  # how a compacted conversation begins


def short_session(root: Path, client: Client) -> None:
    """A policy under which one request and its answer are a long conversation, and the window is known."""
    policy = root / ".claude" / "tractguard.toml"
    weights = "{ conversation = 0.2, tokens = 0.6, tasks = 0.1, errors = 0.05, instructions = 0.05 }"
    policy.write_text(f"[pressure]\nwindow_tokens = 100000\nmaxima = {{ messages = 2 }}\nweights = {weights}\n")
    accept_all(places_of(str(root)), client.environment(""))


def records(root: Path) -> list[dict[str, Any]]:
    with Ledger.open(places_of(str(root)).ledger, create=False) as ledger:
        assert list(ledger.verify()) == []
        return [entry.json() for entry in ledger.entries()]


def test_a_long_session_walks_through_all_levels_and_leaves_a_handoff(guarded: Path, client: Client) -> None:
    short_session(guarded, client)
    plan = tuple(
        Call("TaskCreate", {"subject": f"Part {n}", "description": "d", "activeForm": "at it"}) for n in range(5)
    )
    turns = (
        Turn("I plan.", plan, 10_000),
        *(bash(f"echo {n}", tokens=15_000 + 4_000 * n) for n in range(7)),
        bash(FAILS, tokens=50_000),
        *(bash(f"echo {n}", tokens=50_000 + 7_000 * n) for n in range(8)),
        DELEGATE,
        bash(f"echo 'CART = 1' >> api/server.py && git add -A && {COMMIT}", tokens=99_000),
        bash("cat api/server.py", tokens=99_000),
        Turn("That is all.", (), 99_000),
    )
    session = client.run(guarded, REQUEST, turns, *SKIP_PERMISSIONS)
    seen = records(guarded)
    assert [each["pressure"]["level"] for each in seen if "pressure" in each] == [
        "ELEVATED",
        "HIGH",
        "CRITICAL",
        "DANGEROUS",
    ]
    refused = [(each["tool_name"], each["findings"][0]["code"]) for each in seen if each.get("response") == "deny"]
    assert refused == [("Agent", "TG841")]
    assert session.told("context pressure is DANGEROUS") == 1
    handoffs = sorted((guarded / ".claude" / "sessions").glob("handoff-*.md"))
    assert f'"{REQUEST}"' in handoffs[-1].read_text()
    assert "the cart is empty again" in handoffs[-1].read_text()
    assert 'committed "Keep the cart"' in handoffs[-1].read_text()
    following = client.run(guarded, "What is left?", (bash("echo next"),), *SKIP_PERMISSIONS)
    for text in (REQUEST, "the cart is empty again", "Part 3"):
        assert following.told(text) == 1
    third = client.run(guarded, "And now?", (), *SKIP_PERMISSIONS)
    assert third.told("the cart is empty again") == 0
    listed = [json.loads(line) for line in tractguard(guarded, client, "handoff", "list", "--json").splitlines()]
    assert [each["status"] for each in listed if each["status"] in ("loaded", "waiting")] == ["loaded"]


def without(root: Path, event: str) -> None:
    """Take one event's hook out of the settings, before the client starts."""
    path = root / ".claude" / "settings.local.json"
    settings = json.loads(path.read_text())
    del settings["hooks"][event]
    path.write_text(json.dumps(settings))


@pytest.mark.parametrize("lost", ["", "SessionStart"], ids=["by the session start", "by the next prompt"])
def test_a_compaction_takes_neither_instructions_nor_the_last_request(lost: str, guarded: Path, client: Client) -> None:
    if lost:
        without(guarded, lost)
    after = {CONTINUED: (Turn("Still here."),) * 4}
    with Talk(client, guarded, (Turn("Understood."), Turn("On it.")), *SKIP_PERMISSIONS, tasks=after) as talk:
        talk.say(RULE)
        talk.wait_for("Understood")
        talk.say(REQUEST)
        talk.wait_for("On it")
        talk.say("/compact")
        talk.wait_for("Compacted|Conversation compacted")
        talk.rest(0.5)
        talk.press("\x15")  # the client may put the command back into its line
        talk.say("Go on with it.")
        talk.wait_for("Still here")
        continued = [body for body in talk.api.requests if SUMMARY in json.dumps(body.get("messages"))]
        said = json.dumps(continued[-1]["messages"], ensure_ascii=False)
        asked = f'Asked last, before the compaction: \\"{REQUEST}'
        assert (said.count("MongoDB runs on port 27027"), said.count(asked)) == (1, 1)


def test_the_status_line_tells_the_guard_how_large_the_window_is(repository: Path, client: Client) -> None:
    tractguard(repository, client, "init", "--yes", "--statusline")
    with Talk(
        client, repository, (bash("echo once", tokens=30_000), Turn("Done so.", (), 30_000)), *SKIP_PERMISSIONS
    ) as talk:
        talk.say("Go.")
        talk.wait_for("Done so")
        talk.wait_for("tractguard NORMAL")
        talk.wait_for(r"30k/\S+ \(")
    shown = json.loads(tractguard(repository, client, "pressure", "--json").splitlines()[0])
    assert (shown["window"]["from"], shown["tokens"]["used"]) == ("status line", 30_010)


def test_a_person_lets_complex_work_go_on(guarded: Path, client: Client) -> None:
    policy = guarded / ".claude" / "tractguard.toml"
    policy.write_text("[pressure]\nwindow_tokens = 1000\nmaxima = { messages = 2, tasks = 1 }\n")
    accept_all(places_of(str(guarded)), client.environment(""))
    plan = Turn("", (Call("TaskCreate", {"subject": "All of it", "description": "d", "activeForm": "at it"}),), 99_000)
    turns = (
        plan,
        bash("echo 1", tokens=99_000),
        bash("echo 2", tokens=99_000),
        DELEGATE,
        Turn("It is held back."),
        DELEGATE,
        Turn("The end."),
    )
    with Talk(client, guarded, turns, *SKIP_PERMISSIONS, tasks={"Go.": (Turn("The part is done."),)}) as talk:
        talk.say("Do it all.")
        talk.wait_for("It is held back")
        talk.say("go on")
        talk.wait_for("The end")
    answers = [
        each["response"] for each in records(guarded) if each["kind"] == "pre_tool" and each["tool_name"] == "Agent"
    ]
    assert (answers[0], "deny" in answers[1:]) == ("deny", False)
