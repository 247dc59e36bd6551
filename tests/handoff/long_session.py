"""A session of hundreds of calls, played into a real ledger without a process for each event."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tractguard.live import handle, open_book
from tractguard.model import Event

START = 1_760_000_000.0
REQUESTS = (
    "Move the invoice export from CSV to Parquet; keep the column names as they are.",
    "never touch legacy/",
    "also make the dates UTC, they are local time now",
    "why is the export slow? look for the N+1 query first",
    "ok",
    "good. now write the migration guide in docs/migration.md and mention the breaking change in the column order",
)


class Player:
    """`player.call("Bash", {...}, ok=True)` plays one call with its events."""

    def __init__(self, repo: Path, home: Mapping[str, str], id: str = "s1") -> None:
        self.repo, self.home, self.id, self.at, self.number = repo, home, id, START, 0

    def event(self, kind: str, **fields: Any) -> Any:
        """One event, a second after the one before it."""
        self.at += 1
        place = {"cwd": str(self.repo), "root": str(self.repo)}
        event = Event(kind, "claude-code", kind, self.at, self.id, **place, **fields)
        with open_book(event, self.home) as book:
            return handle(event, book)

    def call(self, tool: str, given: Mapping[str, Any], *, error: str = "", response: Any = None) -> Any:
        """One call and what came of it."""
        self.number += 1
        call = {"tool": tool, "input": given, "tool_use_id": f"{self.id}-{self.number}"}
        before = self.event("pre_tool", **call)
        if before.response in ("deny", "ask"):
            return before
        if error:
            self.event("post_tool_failure", error=error, **call)
        else:
            self.event("post_tool", response=response if response is not None else {"stdout": ""}, **call)
        return before


def play(repo: Path, home: Mapping[str, str], calls: int) -> Player:
    """Five sixths of an afternoon: requests, edits, tests that fail and pass, commits, a refusal, tasks."""
    player = Player(repo, home)
    player.event("session_start", source="startup")
    for number in range(calls):
        if number % max(1, calls // len(REQUESTS)) == 0:
            said = REQUESTS[min(len(REQUESTS) - 1, number * len(REQUESTS) // calls)]
            player.event("prompt", prompt=said)
        step = number % 10
        if step in (0, 1, 2):
            path = repo / "src" / f"module_{number % 37}.py"
            player.call("Write", {"file_path": str(path), "content": f"VALUE = {number}\n" * 40})
        elif step == 3:
            player.call(
                "Bash",
                {"command": "pytest -q tests/test_export.py"},
                error="Exit code 1\nFAILED test_dates - KeyError: 'tz'",
            )
        elif step == 4:
            player.call("Bash", {"command": f"sed -i s/local/utc/ src/module_{number % 37}.py"})
        elif step == 5:
            player.call(
                "Bash", {"command": "pytest -q tests/test_columns.py"}, response={"stdout": "4 passed in 0.10s"}
            )
        elif step == 6:
            player.call("Bash", {"command": "touch legacy/old.py"})
        elif step == 7:
            player.call("Bash", {"command": f"git commit -aqm 'Export, step {number // 10}'"})
        elif step == 8:
            player.call(
                "TaskCreate", {"subject": f"Column group {number // 10}"}, response={"task": {"id": str(number // 10)}}
            )
        else:
            if number % 20 == 9:
                player.call(
                    "TaskUpdate", {"taskId": str(number // 10), "status": "completed"}, response={"success": True}
                )
            player.call(
                "Bash",
                {"command": f"curl -sf http://localhost:9{number:03d}/health"},
                error="Exit code 7\ncurl: (7) Failed to connect",
            )
    return player
