"""A guarded repository with its person: commands as a process, and typed into a terminal of their own."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.cli.test_init import in_terminal

Run = Callable[..., "subprocess.CompletedProcess[str]"]
END = "\x04\x04"  # the end of input: a question that nobody expected is not waited for
OUTCOME = (
    "--decision", "Only people who tick the box at sign-up get the newsletter.",
    "--prioritize", "autonomy", "--deprioritize", "reach",
    "--remainder", "Some would have liked it and will never hear of it.",
    "--dissent", "Consequentialist | Fewer readers pay for less. | marketing team",
    "--justification", "A yes that nobody gave is none.",
    "--applies-to", "Mailings, not notices that the law asks for.",
    "--review-date", "2030-05-01", "--review-trigger", "the law changes",
)  # fmt: skip


class Desk(NamedTuple):
    """What a test does: `tg` as anybody, `typed` as the person at a terminal."""

    tg: Run
    repo: Path
    home: Mapping[str, str]

    def json(self, *words: str) -> Any:
        """What a command prints with --json."""
        done = self.tg("deliberate", *words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def rows(self, *words: str) -> list[dict[str, Any]]:
        """The JSON lines of a command."""
        return [json.loads(line) for line in self.tg("deliberate", *words, "--json").stdout.splitlines()]

    def opened(self, question: str = "Subscribe every user to the newsletter", *options: str) -> str:
        """Open a record; its id."""
        return str(self.json("open", question, *options)["id"])

    def typed(self, keys: str, *words: str) -> tuple[int, str]:
        """Run a `deliberate` command in a terminal and type; (exit code, what was seen)."""
        return in_terminal(["deliberate", *words], self.repo, self.home, keys + END)

    def file(self, id: str) -> Path:
        """The file of a record."""
        (path,) = (self.repo / ".claude" / "deliberations").glob(f"*-{id.removeprefix('d-')}.md")
        return path

    def edit(self, id: str, old: str, new: str) -> None:
        """Edit a record by hand."""
        text = self.file(id).read_text(encoding="utf-8")
        assert old in text
        self.file(id).write_text(text.replace(old, new, 1), encoding="utf-8")

    def problems(self, *ids: str) -> list[tuple[int, str]]:
        """(line, what) of everything that is wrong."""
        return [(row["line"], row["why"]) for row in self.rows("check", *ids) if not row["note"]]

    def decided(self, id: str, *options: str) -> tuple[int, str]:
        """Decide a record of a tier without rounds as its person: list approved, outcome confirmed."""
        return self.typed("y\ny\n", "decide", id, *OUTCOME, *options)
