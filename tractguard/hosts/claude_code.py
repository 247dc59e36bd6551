"""Claude Code: a hook payload becomes an Event, a Decision becomes what this client acts upon.

Knows the client's event names, payload fields and the replies that were measured to hold (docs/claude-code.md).
Refuses to know rules and instructions. Two rules stand above the rest: nothing but one valid JSON object is printed,
since the client ignores anything else and lets the call run; and the guard never answers "allow", which would widen
the client's own permissions. Hot: standard library only.
"""

import json
from collections.abc import Mapping
from typing import Any

from tractguard import places
from tractguard.hosts import REFUSED, Reply
from tractguard.model import (
    CONFIG_CHANGE,
    DISPLAY,
    OTHER,
    POST_TOOL,
    POST_TOOL_FAILURE,
    PRE_COMPACT,
    PRE_TOOL,
    PROMPT,
    SESSION_END,
    SESSION_START,
    STOP,
    SUBAGENT_START,
    SUBAGENT_STOP,
    TOOL_BATCH,
    Decision,
    Event,
)

NAME = "claude-code"

# The events that `init` installs, and what they are in our words. Any other event is read as OTHER and recorded.
EVENTS: Mapping[str, str] = {
    "SessionStart": SESSION_START,
    "UserPromptSubmit": PROMPT,
    "PreToolUse": PRE_TOOL,
    "PostToolUse": POST_TOOL,
    "PostToolUseFailure": POST_TOOL_FAILURE,
    "PostToolBatch": TOOL_BATCH,
    "SubagentStart": SUBAGENT_START,
    "SubagentStop": SUBAGENT_STOP,
    "Stop": STOP,
    "PreCompact": PRE_COMPACT,
    "SessionEnd": SESSION_END,
    "ConfigChange": CONFIG_CHANGE,
    "MessageDisplay": DISPLAY,
}

# The client replaces a longer context by a preview and a file name; it counts UTF-16 units.
CONTEXT_UNITS = 9_500
NOTE_CHARACTERS = 400  # of a notification
CUT = "\n[tractguard shortened this]"

# Events whose reply may carry `additionalContext` without any other effect. On Stop and SubagentStop a context makes
# the assistant go on, so a mere remark does not use it there.
_TAKES_CONTEXT = (
    "PreToolUse", "PostToolUse", "PostToolUseFailure", "PostToolBatch", "UserPromptSubmit", "SessionStart",
    "SubagentStart",
)  # fmt: skip

# Events that a top-level {"decision": "block"} stops or, after a tool has run, that bring the reason to the assistant.
_TAKES_BLOCK = ("UserPromptSubmit", "PostToolUse", "Stop", "SubagentStop", "PreCompact")

_PERSON_ABSENT = ("sdk-", "claude-code-github-action")  # beginnings of CLAUDE_CODE_ENTRYPOINT

_TEXT_FIELDS = {
    "session_id": "session_id",
    "agent_id": "agent_id",
    "agent_type": "agent_type",
    "prompt_id": "prompt_id",
    "tool_use_id": "tool_use_id",
    "tool_name": "tool",
    "error": "error",
    "prompt": "prompt",
    "cwd": "cwd",
    "permission_mode": "mode",
    "transcript_path": "transcript",
}
_SOURCE_FIELDS = ("source", "trigger", "reason")  # each event has at most one of them


def read(payload: Any, name: str, environ: Mapping[str, str], now: float) -> Event:
    """The event of one hook call. `name` is the event that the installed command names: it holds even where the
    payload is empty or broken. `now` is in seconds since the epoch. Fields that this version does not know, and
    known ones of a wrong type, are kept in `extra`. Never raises on account of the payload.
    """
    rest = {str(key): value for key, value in payload.items()} if isinstance(payload, dict) else {}
    said = rest.pop("hook_event_name", "")
    name = name or (said if isinstance(said, str) else "")
    if said != name:
        rest["hook_event_name"] = said
    texts = {ours: _take_text(rest, theirs) for theirs, ours in _TEXT_FIELDS.items()}
    source = next((text for field in _SOURCE_FIELDS if (text := _take_text(rest, field))), "")
    tool_input = rest.pop("tool_input") if isinstance(rest.get("tool_input"), dict) else {}
    response = rest.pop("tool_response", None)
    texts["session_id"] = texts["session_id"] or environ.get("CLAUDE_CODE_SESSION_ID", "")
    start = environ.get("CLAUDE_PROJECT_DIR", "")
    return Event(
        kind=EVENTS.get(name, OTHER),
        host=NAME,
        name=name,
        time=now,
        input=tool_input,
        response=response,
        root=root_of(start, texts["cwd"]),
        headless=_headless(environ),
        source=source,
        extra=rest,
        **texts,
    )


def root_of(start: str, cwd: str) -> str:
    """The guarded checkout. It is the one where the client was started (`start`), for a `cd` of the assistant must not
    choose it; but a linked worktree of the same repository counts as the checkout of the calls made inside it.
    """
    origin = start or cwd
    if not origin.startswith("/"):
        return ""
    here = places.places_of(origin)
    if cwd.startswith("/") and cwd != origin:
        there = places.places_of(cwd)
        if there.home_root == here.home_root:
            return there.root
    return here.root


def reply(event: Event, decision: Decision) -> Reply:
    """What the client is told. A response that an event cannot carry becomes the nearest that it can."""
    response = decision.response
    if event.kind == OTHER:
        return Reply()  # an event of a later client: recorded, never answered
    if event.kind == SESSION_END:
        return Reply()  # the client is going and reads nothing
    if event.kind == CONFIG_CHANGE:
        return _to_settings_change(decision)
    if event.kind == DISPLAY:
        return _beside_words(event, decision)
    if event.kind == PRE_TOOL and response in ("deny", "ask", "correct"):
        return _to_call(event, decision)
    if response in ("deny", "ask") and event.name in _TAKES_BLOCK:
        return _to_block(event, decision)
    body = _message(decision)
    if response != "silence" and decision.to_assistant:
        if event.name in _TAKES_CONTEXT:
            body["hookSpecificOutput"] = {
                "hookEventName": event.name,
                "additionalContext": clip(decision.to_assistant),
            }
        elif not body:
            body["systemMessage"] = clip(decision.to_assistant)
    return _print(body)


def weakened(root: str, path: str, environ: Mapping[str, str]) -> str:
    """Why a change of the settings file at `path` would end or hide our hooks; "" where it would not."""
    from tractguard.hosts import claude_code_install

    return claude_code_install.weakened(root, path, environ)


def _to_call(event: Event, decision: Decision) -> Reply:
    """Deny, ask or correct a tool call. What cannot be corrected or asked is denied, never let through."""
    output: dict[str, Any] = {"hookEventName": event.name}
    body = {**_message(decision), "hookSpecificOutput": output}
    if decision.response == "correct" and decision.updated_input is not None:
        # No permission decision: the client's own rules go on to judge the corrected call. The client does not tell
        # the assistant that its call was changed, so the context does.
        output["updatedInput"] = dict(decision.updated_input)
        output["additionalContext"] = clip(decision.to_assistant or "tractguard corrected this call.")
        printed = _print(body)
        if printed.stdout:
            return printed
        del output["updatedInput"], output["additionalContext"]
    asks = decision.response == "ask" and not event.headless
    output["permissionDecision"] = "ask" if asks else "deny"
    output["permissionDecisionReason"] = clip(decision.to_assistant or "tractguard refused this call.")
    return _print(body)


def _to_block(event: Event, decision: Decision) -> Reply:
    """Hold a prompt, a stop or a compaction back; after a tool, tell the assistant what was wrong."""
    body = _message(decision)
    if event.kind in (STOP, SUBAGENT_STOP) and event.extra.get("stop_hook_active"):
        # The assistant is already going on because of a stop that was held back: once is enough, the person decides.
        if not body and decision.to_assistant:
            body["systemMessage"] = clip(decision.to_assistant)
        return _print(body)
    body["decision"] = "block"
    body["reason"] = clip(decision.to_assistant or "tractguard refused this.")
    return _print(body)


def _to_settings_change(decision: Decision) -> Reply:
    """A change of settings is refused by the exit code alone; JSON has no words for it in this event."""
    if decision.response not in ("deny", "ask"):
        return _print(_message(decision))
    text = decision.to_person or decision.to_assistant or "tractguard refused this change of the client's settings."
    return Reply(stderr=clip(text).encode("utf-8", "replace") + b"\n", exit_code=REFUSED)


def _beside_words(event: Event, decision: Decision) -> Reply:
    """Add to what is shown of the assistant's words. The client keeps, and sends to the model, the words alone."""
    words = event.extra.get("delta")
    if not decision.to_screen or not isinstance(words, str):
        return Reply()
    content = f"{words.rstrip()}\n\n{decision.to_screen}\n"
    return _print({"hookSpecificOutput": {"hookEventName": event.name, "displayContent": content}})


def clip(text: str) -> str:
    """`text`, shortened where the client would put it into a file instead of showing it."""
    if len(text) * 2 <= CONTEXT_UNITS:
        return text
    room = CONTEXT_UNITS - len(CUT)
    units = 0
    for at, char in enumerate(text):
        units += 2 if char > "\uffff" else 1
        if units > CONTEXT_UNITS:
            return text[: min(at, room)].rstrip() + CUT
    return text


def _message(decision: Decision) -> dict[str, Any]:
    """What the person is shown. A `systemMessage` is written into the transcript, where the assistant can read it; a
    notification of the terminal is not.
    """
    body = {"systemMessage": clip(decision.to_person)} if decision.to_person else {}
    if decision.to_screen:
        plain = "".join(char if char.isprintable() else " " for char in decision.to_screen)
        body["terminalSequence"] = f"\x1b]9;{plain[:NOTE_CHARACTERS]}\x07"
    return body


def _print(body: Mapping[str, Any]) -> Reply:
    """One JSON object in plain ASCII, or nothing. An input that JSON cannot carry (a NaN) prints nothing."""
    if not body:
        return Reply()
    try:
        return Reply(json.dumps(body, allow_nan=False, separators=(",", ":")).encode("ascii"))
    except (ValueError, TypeError, RecursionError):
        return Reply()


def _take_text(rest: dict[str, Any], field: str) -> str:
    """The text at `field`, taken out of `rest`; a value of another type stays there."""
    if isinstance(rest.get(field), str):
        return str(rest.pop(field))
    return ""


def _headless(environ: Mapping[str, str]) -> bool:
    """Whether nobody is there to answer a question: the client runs in print mode, below an SDK or as an action."""
    return environ.get("CLAUDE_CODE_ENTRYPOINT", "").startswith(_PERSON_ABSENT)
