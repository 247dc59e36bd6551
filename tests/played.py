"""A session played event by event against the real line: commands really run, what happened is told as a client tells it.

Everything but the client is real: repository, ledger, git, the programs that are run.
"""

import json
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tractguard.hosts import host_named
from tractguard.live import handle, open_book


class Told(NamedTuple):
    """What the client was told. `decision`: deny, ask, correct, context, block, notice or silence."""

    decision: str
    text: str
    command: str = ""


class Played:
    """One session. Time goes by one second an event."""

    def __init__(self, root: Path, environ: Mapping[str, str], id: str = "s1", *, start: str = "startup") -> None:
        self.root, self.environ, self.id = root, {**environ, "CLAUDE_PROJECT_DIR": str(root)}, id
        self.now, self.calls = time.time() + 2, 0  # later than what was committed before
        if start:
            self.tell("SessionStart", source=start)

    def tell(self, name: str, **fields: Any) -> Told:
        """One event, and its answer."""
        self.now += 1
        body = {"session_id": self.id, "cwd": str(self.root), "hook_event_name": name, **fields}
        host = host_named("claude-code")
        event = host.read(body, name, self.environ, self.now)
        with open_book(event, self.environ) as book:
            out = json.loads(host.reply(event, handle(event, book)).stdout or b"{}")
        return told(out)

    def say(self, prompt: str) -> Told:
        """The person says something."""
        return self.tell("UserPromptSubmit", prompt=prompt)

    def run(self, command: str, **more: Any) -> Told:
        """The assistant runs a command: really, where it is let through."""
        given = {"command": command, **more}
        answer, id = self._before("Bash", given)
        if answer.decision in ("deny", "ask"):
            return answer
        given["command"] = answer.command or command
        done = subprocess.run(
            ["/bin/bash", "-c", given["command"]], cwd=self.root, env=dict(self.environ), capture_output=True, text=True
        )
        self._after("Bash", given, id, done.returncode, done.stdout, done.stderr)
        return answer

    def ran(self, command: str, code: int = 0, output: str = "", **more: Any) -> Told:
        """The assistant runs a command whose end is given, not run."""
        answer, id = self._before("Bash", {"command": command, **more})
        if answer.decision not in ("deny", "ask"):
            self._after("Bash", {"command": command, **more}, id, code, output, "")
        return answer

    def write(self, path: str, content: str) -> Told:
        """The assistant writes a file, really."""
        given = {"file_path": str(self.root / path), "content": content}
        answer, id = self._before("Write", given)
        if answer.decision not in ("deny", "ask"):
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(content, encoding="utf-8")
            self._after("Write", given, id, 0, "", "")
        return answer

    def edit(self, path: str, old: str, new: str) -> Told:
        """The assistant edits a file, really."""
        given = {"file_path": str(self.root / path), "old_string": old, "new_string": new}
        answer, id = self._before("Edit", given)
        if answer.decision not in ("deny", "ask"):
            text = (self.root / path).read_text(encoding="utf-8")
            (self.root / path).write_text(text.replace(old, new, 1), encoding="utf-8")
            self._after("Edit", given, id, 0, "", "")
        return answer

    def read(self, path: str) -> Told:
        """The assistant reads a file."""
        given = {"file_path": str(self.root / path)}
        answer, id = self._before("Read", given)
        self._after("Read", given, id, 0, "", "")
        return answer

    def stop(self, message: str, **more: Any) -> Told:
        """The assistant ends its turn with these words."""
        fields = {"stop_hook_active": False, "background_tasks": [], **more}
        return self.tell("Stop", last_assistant_message=message, **fields)

    def _before(self, tool: str, given: Mapping[str, Any]) -> tuple[Told, str]:
        self.calls += 1
        id = f"{self.id}_{self.calls}"
        return self.tell("PreToolUse", tool_name=tool, tool_input=given, tool_use_id=id), id

    def _after(self, tool: str, given: Mapping[str, Any], id: str, code: int, out: str, err: str) -> None:
        common = {"tool_name": tool, "tool_input": given, "tool_use_id": id}
        if code:
            text = f"Exit code {code}\n{out}{err}"
            self.tell("PostToolUseFailure", error=text, is_interrupt=False, **common)
            return
        response = {"stdout": out, "stderr": err, "interrupted": False} if tool == "Bash" else {"type": "text"}
        self.tell("PostToolUse", tool_response=response, **common)


def told(out: Mapping[str, Any]) -> Told:
    """A reply in short."""
    said = out.get("hookSpecificOutput", {})
    if out.get("decision") == "block":
        return Told("block", str(out.get("reason", "")))
    if "permissionDecision" in said:
        return Told(str(said["permissionDecision"]), str(said.get("permissionDecisionReason", "")))
    if "updatedInput" in said:
        return Told("correct", str(said.get("additionalContext", "")), str(said["updatedInput"].get("command", "")))
    if "additionalContext" in said:
        return Told("context", str(said["additionalContext"]))
    return Told("notice" if "systemMessage" in out else "silence", str(out.get("systemMessage", "")))
