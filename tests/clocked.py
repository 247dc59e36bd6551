"""A session of the real hook, a process for each event, its clock turned to when a test chooses.

A test module that wants these fixtures imports them by their own names (`session_` gives `session`).
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import warm

DAY = 86_400.0
START = 1_760_000_000.0  # a Thursday, 2025-10-09 08:53:20 UTC
Run = Callable[..., "subprocess.CompletedProcess[str]"]

# The process that the installed command starts, but for its clock.
HOOK = (
    "import os, sys; from tractguard.hook import answer; "
    "reply, _ = answer(sys.argv[2:], sys.stdin.buffer.read(), os.environ, float(sys.argv[1]), 20.0); "
    "sys.stdout.buffer.write(reply.stdout); sys.stderr.buffer.write(reply.stderr); sys.exit(reply.exit_code)"
)


class Answer(NamedTuple):
    """What the client would see of one event."""

    decision: str  # deny, ask, correct, context or silence
    reason: str = ""
    command: str = ""  # as corrected
    context: str = ""
    person: str = ""


Session = Callable[..., Answer]


@pytest.fixture(name="session")
def session_(repo: Path, home: dict[str, str]) -> Session:
    """Send one event of a session at a time of our choosing: `session("UserPromptSubmit", prompt="…", at=3)`."""

    def send(name: str, *, at: float = 0.0, id: str = "s1", folder: Path = repo, **fields: Any) -> Answer:
        body = {"session_id": id, "cwd": str(folder), "hook_event_name": name, **fields}
        mine = {**home, "TZ": "UTC", "CLAUDE_PROJECT_DIR": str(folder), "CLAUDE_CODE_ENTRYPOINT": "cli"}
        job = ["hook", repr(START + at), "claude-code", name]
        done = warm.run(job, cwd=folder, env=mine, stdin=json.dumps(body))
        assert (done.returncode, done.stderr) == (0, "")
        return read(json.loads(done.stdout or "{}"))

    return send


def read(reply: dict[str, Any]) -> Answer:
    said = reply.get("hookSpecificOutput", {})
    kind = said.get("permissionDecision") or ("correct" if "updatedInput" in said else "")
    kind = kind or ("context" if "additionalContext" in said else "silence")
    return Answer(
        kind,
        str(said.get("permissionDecisionReason", "")),
        str(said.get("updatedInput", {}).get("command", "")),
        str(said.get("additionalContext", "")),
        str(reply.get("systemMessage", "")),
    )


@pytest.fixture(name="say")
def say_(session: Session) -> Callable[..., str]:
    """Say something; what the person is told."""
    return lambda prompt, **fields: session("UserPromptSubmit", prompt=prompt, **fields).person


@pytest.fixture(name="start")
def start_(session: Session) -> Session:
    """A session starts."""
    return lambda source="startup", **fields: session("SessionStart", source=source, **fields)


@pytest.fixture(name="ask")
def ask_(session: Session) -> Callable[..., str]:
    """Ask for a command and do not run it: how it was answered."""
    return lambda command, **fields: (
        session(
            "PreToolUse", tool_name="Bash", tool_input={"command": command}, tool_use_id=f"ask-{command}", **fields
        ).decision
    )


@pytest.fixture(name="do")
def do_(session: Session) -> Callable[..., str]:
    """Run a command, as far as the guard lets it: how it was answered, or what the person heard after it."""

    def run(command: str, **fields: Any) -> str:
        call = {"tool_name": "Bash", "tool_input": {"command": command}, "tool_use_id": f"do-{time.monotonic_ns()}"}
        before = session("PreToolUse", **call, **fields)
        if before.decision in ("deny", "ask"):
            return before.decision
        after = session("PostToolUse", tool_response={}, **call, **fields)
        return after.person or before.decision

    return run


Say = Callable[..., str]
TOUCH = "touch migrations/0001.py"


def git(repo: Path, home: dict[str, str], *words: str) -> None:
    subprocess.run(["git", *words], cwd=repo, env=home, check=True, capture_output=True)


def records(repo: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((repo / ".claude/instruction-history.json").read_text())["instructions"]
    return found


@pytest.fixture(name="client")
def client_(repo: Path, home: dict[str, str]) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start a process that sends events as a client would, and lives on; killed at the end."""
    started = []

    def begin(*events: dict[str, Any], at: float = 0.0) -> "subprocess.Popen[str]":
        script = (
            "import json, subprocess, sys, time\n"
            "for body in json.loads(sys.argv[1]):\n"
            f"    command = [{sys.executable!r}, '-c', {HOOK!r}, sys.argv[2], 'claude-code', body['hook_event_name']]\n"
            "    subprocess.run(['/bin/sh', '-c', '\"$@\"; true', 'sh', *command], input=json.dumps(body), text=True,"
            " stdout=subprocess.DEVNULL)\n"
            "print('ready', flush=True)\n"
            "time.sleep(120)\n"
        )
        bodies = [{"session_id": "k1", "cwd": str(repo), **event} for event in events]
        child = subprocess.Popen(
            [sys.executable, "-c", script, json.dumps(bodies), repr(START + at)],
            stdout=subprocess.PIPE,
            text=True,
            env={**home, "CLAUDE_PROJECT_DIR": str(repo)},
            cwd=repo,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        started.append(child)
        return child

    yield begin
    for child in started:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
