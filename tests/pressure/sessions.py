"""A long session of the real hook: a transcript that grows as the client writes it, and the events beside it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.clocked import START, Answer, Session, read
from tests.conftest import trust
from tractguard.hook import answer
from tractguard.ledger import Ledger
from tractguard.places import places_of


@pytest.fixture(name="quick")
def quick_(repo: Path, home: dict[str, str]) -> Session:
    """`session` of tests/clocked.py without a process for each event: the same function, called here."""

    def send(name: str, *, at: float = 0.0, id: str = "s1", entry: str = "cli", **fields: Any) -> Answer:
        body = {"session_id": id, "cwd": str(repo), "hook_event_name": name, **fields}
        environ = {**home, "CLAUDE_PROJECT_DIR": str(repo), "CLAUDE_CODE_ENTRYPOINT": entry}
        reply, book = answer(["claude-code", name], json.dumps(body).encode(), environ, START + at, 20.0)
        assert book is not None, reply
        book.close()  # type: ignore[attr-defined]
        return read(json.loads(reply.stdout or b"{}"))

    return send


@pytest.fixture(name="talk")
def talk_(quick: Session, repo: Path, home: dict[str, str], tmp_path: Path) -> "Talk":
    """A session in a repository whose policy says that the window has 100,000 tokens."""
    return begun(quick, repo, home, tmp_path)


def begun(session: Session, repo: Path, home: dict[str, str], tmp_path: Path) -> "Talk":
    """The same, by any way of sending events."""
    window(repo, 100_000)
    trust(repo, home)
    talk = Talk(session, repo, tmp_path / "transcript.jsonl")
    talk.event("SessionStart", source="startup")
    return talk


class Talk:
    """`talk.turn(tokens=90_000)`: one message of the assistant with a call in it, in the transcript and as events."""

    def __init__(self, session: Session, folder: Path, transcript: Path, id: str = "s1", at: float = 0.0) -> None:
        self.session, self.folder, self.transcript, self.id, self.at = session, folder, transcript, id, at
        self.number = 0

    def event(self, name: str, **fields: Any) -> Answer:
        """One event, a second after the one before it."""
        self.at += 1
        return self.session(name, at=self.at, id=self.id, transcript_path=str(self.transcript), **fields)

    def line(self, **row: Any) -> None:
        """One line of the transcript."""
        with self.transcript.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, separators=(",", ":")) + "\n")

    def said(self, text: str) -> None:
        """A message of the person, in the transcript alone."""
        self.line(type="user", message={"role": "user", "content": text}, uuid=f"u{self.at}")

    def answered(self, tokens: int, *, parts: int = 1) -> None:
        """A message of the assistant, in the transcript alone; the client writes a line for each part of it."""
        self.number += 1
        usage = {"input_tokens": 3, "cache_creation_input_tokens": 100, "cache_read_input_tokens": tokens - 113, "output_tokens": 10}  # fmt: skip
        message = {"id": f"msg_{self.id}_{self.number}", "role": "assistant", "model": "claude-test", "content": [], "usage": usage}  # fmt: skip
        for _ in range(parts):
            self.line(type="assistant", isSidechain=False, message=message)

    def prompt(self, text: str) -> Answer:
        """The person says something."""
        self.said(text)
        return self.event("UserPromptSubmit", prompt=text)

    def call(self, tool: str, tool_input: Mapping[str, Any], *, fails: str = "", **answer: Any) -> Answer:
        """One call of the assistant and, where it may run, what comes of it; how it was answered before it ran."""
        self.number += 1
        call = {"tool_name": tool, "tool_input": dict(tool_input), "tool_use_id": f"{self.id}-{self.number}"}
        before = self.event("PreToolUse", **call)
        if before.decision in ("deny", "ask"):
            return before
        if fails:
            self.event("PostToolUseFailure", error=fails, is_interrupt=False, **call)
        else:
            self.event("PostToolUse", tool_response=answer, **call)
        return before

    def bash(self, command: str, *, fails: str = "") -> Answer:
        """A shell command."""
        return self.call("Bash", {"command": command}, fails=fails, stdout="", stderr="")

    def batch(self) -> Answer:
        """The calls of a message have ended."""
        return self.event("PostToolBatch", tool_calls=[])

    def turn(self, command: str = "ls", *, tokens: int = 1000) -> Answer:
        """A message of the assistant with one call."""
        self.answered(tokens)
        self.bash(command)
        return self.batch()

    def compact(self, trigger: str = "auto", tokens: int = 0) -> None:
        """The client compacts the context, and says so in the transcript; it tells no hook."""
        said = {"trigger": trigger, "preTokens": tokens, "postTokens": 600}
        self.line(type="system", subtype="compact_boundary", compactMetadata=said)
        self.line(type="user", isCompactSummary=True, message={"role": "user", "content": "This session is continued"})

    def status_line(self, tg: Any, *, size: int, used: int = 0) -> str:
        """What the client tells its status line; the line."""
        window = {"context_window_size": size, "current_usage": {"input_tokens": used, "output_tokens": 0} if used else None}  # fmt: skip
        body = {"session_id": self.id, "transcript_path": str(self.transcript), "cwd": str(self.folder)}
        done = tg("statusline", stdin=json.dumps({**body, "model": {"id": "claude-test"}, "context_window": window}))
        return str(done.stdout)


def levels(repo: Path) -> list[tuple[str, str]]:
    """(event, level) of every change of level that the ledger knows."""
    with ledger_of(repo) as ledger:
        found = [entry.json() for entry in ledger.entries()]
    return [(str(each["event"]), str(each["pressure"]["level"])) for each in found if "pressure" in each]


def ledger_of(repo: Path) -> Ledger:
    """The ledger of a repository."""
    return Ledger.open(places_of(str(repo)).ledger, create=False)


def window(repo: Path, tokens: int, more: str = "") -> None:
    """Say in policy how large the context window is, as a person may who knows it."""
    (repo / ".claude").mkdir(exist_ok=True)
    (repo / ".claude" / "tractguard.toml").write_text(f"[pressure]\nwindow_tokens = {tokens}\n{more}")
