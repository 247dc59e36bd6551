"""What the client is told: every event with every response, and the ways in which a reply could be ignored."""

import json
from typing import Any

import pytest

from tractguard.hosts import REFUSED, Reply
from tractguard.hosts.claude_code import CUT, EVENTS, read, reply
from tractguard.model import REJECTED, Decision, Verdict

FACT = 'TG301 you said "MongoDB runs on port 27027" (inst_001); this call uses 27017.'
PERSON = "tractguard: 27017 is not what you said."
INPUT = {"command": "mongosh --port 27027", "description": "Open the database", "timeout": 5000}
RESPONSES = ("silence", "context", "correct", "ask", "deny")


def decision(response: str, **fields: Any) -> Decision:
    given = {"to_assistant": FACT, "to_person": PERSON, "updated_input": INPUT if response == "correct" else None}
    return Decision(Verdict(REJECTED), response, **{**given, **fields})


def answered(name: str, response: str, payload: dict[str, Any] | None = None, headless: bool = False) -> Any:
    entrypoint = "sdk-cli" if headless else "cli"
    event = read(payload or {}, name, {"CLAUDE_CODE_ENTRYPOINT": entrypoint}, 0.0)
    said = reply(event, decision(response))
    return json.loads(said.stdout) if said.stdout else (said.stderr.decode(), said.exit_code)


def specific(name: str, **fields: Any) -> dict[str, Any]:
    return {"systemMessage": PERSON, "hookSpecificOutput": {"hookEventName": name, **fields}}


NOTHING = ("", 0)
NOTICE = {"systemMessage": PERSON}
BLOCK = {"systemMessage": PERSON, "decision": "block", "reason": FACT}

DENIED = specific("PreToolUse", permissionDecision="deny", permissionDecisionReason=FACT)
ASKED = specific("PreToolUse", permissionDecision="ask", permissionDecisionReason=FACT)
CORRECTED = specific("PreToolUse", updatedInput=INPUT, additionalContext=FACT)
REFUSAL = (PERSON + "\n", REFUSED)

# event: the answers to silence, context, correct, ask and deny
ANSWERS: dict[str, tuple[Any, ...]] = {
    "PreToolUse": (NOTICE, specific("PreToolUse", additionalContext=FACT), CORRECTED, ASKED, DENIED),
    "UserPromptSubmit": (NOTICE, *[specific("UserPromptSubmit", additionalContext=FACT)] * 2, BLOCK, BLOCK),
    "PostToolUse": (NOTICE, *[specific("PostToolUse", additionalContext=FACT)] * 2, BLOCK, BLOCK),
    "PostToolUseFailure": (NOTICE, *[specific("PostToolUseFailure", additionalContext=FACT)] * 4),
    "PostToolBatch": (NOTICE, *[specific("PostToolBatch", additionalContext=FACT)] * 4),
    "SessionStart": (NOTICE, *[specific("SessionStart", additionalContext=FACT)] * 4),
    "SubagentStart": (NOTICE, *[specific("SubagentStart", additionalContext=FACT)] * 4),
    "Stop": (NOTICE, NOTICE, NOTICE, BLOCK, BLOCK),
    "SubagentStop": (NOTICE, NOTICE, NOTICE, BLOCK, BLOCK),
    "PreCompact": (NOTICE, NOTICE, NOTICE, BLOCK, BLOCK),
    "SessionEnd": (NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
    "ConfigChange": (NOTICE, NOTICE, NOTICE, REFUSAL, REFUSAL),
    "MessageDisplay": (NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
    "MoonRise": (NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
}


def test_every_installed_event_is_in_the_table() -> None:
    assert EVENTS.keys() | {"MoonRise"} == ANSWERS.keys()


@pytest.mark.parametrize(
    ("name", "response", "expected"),
    [
        (name, response, answer)
        for name, answers in ANSWERS.items()
        for response, answer in zip(RESPONSES, answers, strict=True)
    ],
)
def test_answer(name: str, response: str, expected: Any) -> None:
    assert answered(name, response) == expected


@pytest.mark.parametrize("name", [*EVENTS, "MoonRise"])
@pytest.mark.parametrize("response", RESPONSES)
def test_the_answer_never_allows(name: str, response: str) -> None:
    event = read({}, name, {}, 0.0)
    assert b"allow" not in reply(event, decision(response)).stdout


@pytest.mark.parametrize("name", [*EVENTS, "MoonRise"])
def test_silence_prints_nothing(name: str) -> None:
    assert reply(read({}, name, {}, 0.0), Decision(Verdict())) == Reply(b"", b"", 0)


def test_a_question_is_a_refusal_where_nobody_can_answer() -> None:
    assert answered("PreToolUse", "ask", headless=True) == DENIED


@pytest.mark.parametrize("name", ["Stop", "SubagentStop"])
def test_a_stop_is_held_back_only_once(name: str) -> None:
    assert answered(name, "deny", {"stop_hook_active": True}) == NOTICE


def test_a_correction_without_an_input_is_a_refusal() -> None:
    said = reply(read({}, "PreToolUse", {}, 0.0), decision("correct", updated_input=None))
    assert json.loads(said.stdout) == DENIED


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes"])
def test_a_correction_that_json_cannot_carry_is_a_refusal(value: Any) -> None:
    said = reply(read({}, "PreToolUse", {}, 0.0), decision("correct", updated_input={"command": value}))
    assert json.loads(said.stdout) == DENIED


def test_a_correction_that_is_nested_too_deeply_is_a_refusal() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    said = reply(read({}, "PreToolUse", {}, 0.0), decision("correct", updated_input={"command": deep}))
    assert json.loads(said.stdout) == DENIED


@pytest.mark.parametrize(
    "text", ["plain", "“quoted” — naïve\n日本", "\ud800 alone", "\x00\x1b[31m", "</system-reminder>"]
)
def test_any_text_is_one_line_of_plain_ascii(text: str) -> None:
    said = reply(read({}, "PreToolUse", {}, 0.0), decision("deny", to_assistant=text, to_person=text)).stdout
    assert said.isascii()
    assert b"\n" not in said
    assert json.loads(said)["hookSpecificOutput"]["permissionDecisionReason"] == text


@pytest.mark.parametrize("text", ["a" * 4_750, "a" * 9_500, "😀" * 4_750])
def test_a_text_that_the_client_shows_whole_stays_whole(text: str) -> None:
    said = reply(read({}, "SessionStart", {}, 0.0), decision("context", to_assistant=text)).stdout
    assert json.loads(said)["hookSpecificOutput"]["additionalContext"] == text


@pytest.mark.parametrize("text", ["a" * 9_501, "a b" * 50_000, "😀" * 4_751])
def test_a_text_that_the_client_would_put_away_is_shortened(text: str) -> None:
    said = reply(read({}, "SessionStart", {}, 0.0), decision("context", to_assistant=text)).stdout
    context = json.loads(said)["hookSpecificOutput"]["additionalContext"]
    assert context.endswith(CUT)
    assert len(context.encode("utf-16-le")) // 2 < 10_000


@pytest.mark.parametrize(("response", "words"), [("deny", "refused"), ("ask", "refused"), ("correct", "corrected")])
def test_a_decision_without_words_still_says_something(response: str, words: str) -> None:
    said = reply(read({}, "PreToolUse", {}, 0.0), decision(response, to_assistant="", to_person=""))
    assert f"tractguard {words} this call." in said.stdout.decode()


def test_the_persons_words_never_reach_the_assistant() -> None:
    output = answered("PreToolUse", "deny")["hookSpecificOutput"]
    assert PERSON not in json.dumps(output)


SCREEN = 'tractguard: reply "allow 7f3a" to let this pass once: Bash: rm -rf \x1bx'


def test_what_is_for_the_screen_alone_is_a_notification_of_the_terminal() -> None:
    said = reply(read({}, "PreToolUse", {}, 0.0), decision("deny", to_screen=SCREEN))
    body = json.loads(said.stdout)
    assert body.pop("terminalSequence") == f"\x1b]9;{SCREEN.replace(chr(27), ' ')}\x07"
    assert body == DENIED


def test_what_is_for_the_screen_alone_stands_below_the_assistants_words() -> None:
    event = read({"delta": "I was refused.\n", "final": True, "index": 0}, "MessageDisplay", {}, 0.0)
    said = reply(event, Decision(Verdict(), to_screen="allow 7f3a"))
    output = {"hookEventName": "MessageDisplay", "displayContent": "I was refused.\n\nallow 7f3a\n"}
    assert json.loads(said.stdout) == {"hookSpecificOutput": output}


@pytest.mark.parametrize("delta", [None, 3, ["x"]])
def test_words_of_an_unknown_form_are_left_as_they_are(delta: Any) -> None:
    event = read({"delta": delta}, "MessageDisplay", {}, 0.0)
    assert reply(event, Decision(Verdict(), to_screen="allow 7f3a")) == Reply()
