"""A process that stands in for the client: it runs the installed hooks and the assistant's tool calls as the real one.

`python standin.py REPOSITORY SESSION` reads one JSON order a line and answers each with one line: {"hook": EVENT, …payload}
runs the installed command with a pair of sockets for its streams, as the client does; {"tool": COMMAND} runs a shell
command with the client's marks in its environment. Started by the tests, so that pytest itself is nobody's client.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any


def serve(repository: str, session: str) -> None:
    """Do what stands on standard input, line by line."""
    settings = json.loads(Path(repository, ".claude", "settings.local.json").read_text())
    marks = {"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": session, "CLAUDE_CODE_ENTRYPOINT": "cli"}
    for line in sys.stdin:
        order = json.loads(line)
        if "tool" in order:
            answer = run_tool(order["tool"], repository, {**os.environ, **marks})
        else:
            event = order.pop("hook")
            command = settings["hooks"][event][0]["hooks"][0]["command"]
            entry = order.pop("entrypoint", "cli")
            body = {"session_id": session, "cwd": repository, "hook_event_name": event, **order}
            environment = {**os.environ, **marks, "CLAUDE_PROJECT_DIR": repository, "CLAUDE_CODE_ENTRYPOINT": entry}
            answer = run_hook(command, body, repository, environment)
        print(json.dumps(answer), flush=True)


def run_hook(command: str, body: Mapping[str, Any], folder: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """One hook: a shell of its own session, and a pair of sockets that this process made."""
    mine, theirs = socket.socketpair()
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    theirs.close()
    with contextlib.suppress(BrokenPipeError):  # a hook need not read
        mine.sendall(json.dumps(body).encode())
        mine.shutdown(socket.SHUT_WR)
    out, err = process.communicate(timeout=60)
    mine.close()
    return {"out": json.loads(out or b"{}"), "err": err.decode(), "code": process.returncode}


def run_tool(command: str, folder: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """A tool call's shell, as the client starts it."""
    done = subprocess.run(
        ["/bin/bash", "-c", f"true && eval {quoted(command)} < /dev/null && pwd -P >/dev/null"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
    )
    return {"out": done.stdout, "err": done.stderr, "code": done.returncode}


def quoted(text: str) -> str:
    """A word for the shell."""
    return "'" + text.replace("'", "'\\''") + "'"


class StandIn:
    """One stand-in at work in a repository."""

    def __init__(self, repository: Path, environment: Mapping[str, str], session: str = "s1") -> None:
        self.repository, self.session, self.calls = repository, session, 0
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(repository), session],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "StandIn":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def order(self, **order: Any) -> dict[str, Any]:
        """One order and its answer."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def hook(self, event: str, **payload: Any) -> dict[str, Any]:
        """What the client is told at an event."""
        said: dict[str, Any] = self.order(hook=event, **payload)["out"]
        return said

    def start(self) -> None:
        """The session starts."""
        self.hook("SessionStart", source="startup")

    def say(self, prompt: str, **payload: Any) -> str:
        """A prompt; what the person is told."""
        return str(self.hook("UserPromptSubmit", prompt=prompt, **payload).get("systemMessage", ""))

    def judged(self, tool: str, tool_input: Mapping[str, Any], **payload: Any) -> dict[str, Any]:
        """What is decided on a call of the assistant, which then does not run."""
        self.calls += 1
        fields = {"tool_name": tool, "tool_input": dict(tool_input), "tool_use_id": f"{self.session}-{self.calls}"}
        return self.hook("PreToolUse", **{**fields, **payload})

    def bash(self, command: str, **payload: Any) -> str:
        """What is decided on a shell command: deny, ask, or "" where it may run."""
        said = self.judged("Bash", {"command": command, "description": f"call {self.calls}"}, **payload)
        return str(said.get("hookSpecificOutput", {}).get("permissionDecision", ""))

    def tool(self, command: str) -> dict[str, Any]:
        """Run a tool call's command, whatever the guard would say to it."""
        return self.order(tool=command)


if __name__ == "__main__":
    serve(*sys.argv[1:])
