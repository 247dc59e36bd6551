"""A mini-session of `tests/claims/mini_sessions.jsonl` as evidence: its steps become records, as the line makes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.book import fact_row
from tractguard.checks.runs import runs_of
from tractguard.claims.evidence import Session, session_of
from tractguard.facts import gather
from tractguard.facts.world import Row
from tractguard.model import Event

ROOT = "/repo"


class Given:
    """The ground of a row: what it says of git and of the disk, and nothing else."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.said = said

    def exists(self, path: str) -> bool | None:
        files = self.said.get("files")
        return None if files is None else any(each == path or each.endswith("/" + path) for each in files)

    def committed(self, since: float) -> bool | None:
        return self.said.get("committed")

    def pushed(self, since: float) -> bool | None:
        return self.said.get("pushed")

    def differs(self, paths: Sequence[str]) -> frozenset[str] | None:
        dirty = self.said.get("dirty")
        return None if dirty is None else frozenset(dirty) & frozenset(paths)

    def hooked(self) -> bool:
        return bool(self.said.get("hooked"))


def session_of_row(row: Mapping[str, Any]) -> Session:
    """The session that a row describes, seen from its start unless it says otherwise."""
    start = row.get("start", "startup")
    records: list[dict[str, Any]] = [{"kind": "session_start", "source": start, "time": 1.0}] if start else []
    for number, step in enumerate(row["steps"]):
        records += records_of(step, f"t{number}", float(number + 2))
    return session_of(records, ROOT, whole=True)


def records_of(step: Mapping[str, Any], id: str, at: float) -> list[dict[str, Any]]:
    """The records of one step."""
    if "say" in step:
        return [{"kind": "prompt", "prompt": step["say"], "time": at}]
    tool, given = call_of(step)
    event = Event("pre_tool", tool=tool, input=given, cwd=ROOT, root=ROOT)
    facts = gather(event, Row({}, ROOT))
    before = {
        "kind": "pre_tool", "tool_name": tool, "tool_use_id": id, "input": given, "time": at,
        "facts": [fact_row(fact) for fact in facts if fact.kind != "code"],
    }  # fmt: skip
    code = step.get("code", 0)
    if code is None:
        return [before]
    output = (f"Exit code {code}\n" if code else "") + step.get("output", "")
    runs = runs_of(given.get("command", ""), facts, code == 0, output, background=bool(step.get("background")))
    after = {
        "kind": "post_tool_failure" if code else "post_tool",
        "tool_use_id": id,
        "ran": [run.row() for run in runs],
    }
    return [before, after]


def call_of(step: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """(tool, input) of a step."""
    if "run" in step:
        return "Bash", {"command": step["run"]}
    if "write" in step:
        return "Write", {"file_path": f"{ROOT}/{step['write']}", "content": step["content"]}
    if "edit" in step:
        return "Edit", {"file_path": f"{ROOT}/{step['edit']}", "old_string": step["old"], "new_string": step["new"]}
    return str(step["tool"]), dict(step["input"])
