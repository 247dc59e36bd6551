"""What a session really did, as claims and the verifier are held against it: calls, runs of checks, edits.

A projection of the ledger's records, nothing more. It says itself whether it is complete: a session that the guard did
not see from its start, or not in full, is evidence for what happened and never for what did not. Pure.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.checks.runs import FAILED, PASSED, UNKNOWN_OUTCOME, Run, only_lists, purposes_of, run_of
from tractguard.model import POST_TOOL, POST_TOOL_FAILURE, PRE_TOOL, PROMPT, SESSION_START, STOP, Fact
from tractguard.rules.programs import argv_of, is_scratch, program_of
from tractguard.tables import table

MOST_RECORDS = 2_000  # of one session, the newest; of a longer one the beginning is not known
KINDS = (PRE_TOOL, POST_TOOL, POST_TOOL_FAILURE, PROMPT, SESSION_START, STOP)
EDITS = ("write", "append", "delete", "move")


class Done(NamedTuple):
    """One call. `outcome`: True it succeeded, False it failed, None its end was not seen."""

    tool: str
    input: Mapping[str, Any]
    facts: tuple[Fact, ...] = ()
    outcome: bool | None = None
    runs: tuple[Run, ...] = ()
    time: float = 0.0
    agent: str = ""
    turn: int = 0  # how often the person had spoken


class Session(NamedTuple):
    """The calls of one session in order; what the person said; whether all of it is known."""

    calls: tuple[Done, ...]
    complete: bool
    began: float = 0.0
    turn_began: float = 0.0
    turns: int = 0
    prompts: tuple[tuple[int, str], ...] = ()  # (how many calls came before, what was said)
    root: str = ""
    asked_first: bool = False  # all that is known of its start: the first event was a message of the person

    def rel(self, path: str) -> str:
        """`path` relative to the repository; outside it as it is."""
        base = self.root.rstrip("/") + "/"
        return path[len(base) :] if self.root and path.startswith(base) else path


def session_of(records: Iterable[Mapping[str, Any]], root: str, *, whole: bool) -> Session:
    """The session of these records, oldest first. `whole`: no older record was left out."""
    calls: dict[str, Done] = {}
    prompts: list[tuple[int, str]] = []
    began = turn_began = 0.0
    first, metadata = "", False
    for number, record in enumerate(records):
        kind, key = record.get("kind"), str(record.get("tool_use_id") or f"#{number}")
        at = _time(record)
        began = began or at
        if isinstance(record.get("checks"), list):
            calls[f"gate {number}"] = _at_gate(record["checks"], at, len(prompts))
        if not first:
            first = f"{kind} {record.get('source') or ''}"
        if kind == PROMPT and not record.get("agent_id"):
            prompts.append((len(calls), str(record.get("prompt") or "")))
            turn_began = at
        elif kind == PRE_TOOL and record.get("response") != "deny":
            calls[key] = _begun(record, at, len(prompts))
            metadata = metadata or "input" not in record
        elif kind in (POST_TOOL, POST_TOOL_FAILURE) and key in calls:
            runs = tuple(run_of(row) for row in record.get("ran") or () if isinstance(row, dict))
            calls[key] = calls[key]._replace(outcome=kind == POST_TOOL, runs=runs)
    fresh = first in (f"{SESSION_START} startup", f"{SESSION_START} clear")
    done = tuple(each._replace(runs=_unseen(each)) if each.outcome is None else each for each in calls.values())
    kept = whole and not metadata
    asked = kept and first.startswith(f"{PROMPT} ")
    return Session(done, kept and fresh, began, turn_began or began, len(prompts), tuple(prompts), root, asked)


def read_session(query: Callable[[str, tuple[Any, ...]], Iterable[Any]], session_id: str, root: str) -> Session:
    """The session as the ledger has it; `query` runs SQL on it."""
    import json

    marks = ",".join("?" * len(KINDS))
    sql = f"SELECT record FROM events WHERE session_id = ? AND kind IN ({marks}) ORDER BY seq DESC LIMIT ?"
    rows = [str(row[0]) for row in query(sql, (session_id, *KINDS, MOST_RECORDS + 1))]
    records = [json.loads(row) for row in reversed(rows[:MOST_RECORDS])]
    return session_of(records, root, whole=len(rows) <= MOST_RECORDS)


def edited(call: Done, session: Session) -> list[str]:
    """The files of the repository that a call changed, relative to its root; scratch and the guard's own left out."""
    if call.outcome is False and call.tool != "Bash":
        return []
    return edited_paths(call.facts, session.rel)


def edited_paths(facts: Iterable[Fact], rel: Callable[[str], str]) -> list[str]:
    """The files of the repository that these facts change; `rel` makes a path relative to it."""
    found = []
    for fact in facts:
        path = rel(fact.name) if fact.kind in EDITS else "/"
        if not path.startswith(("/", ".claude/", ".git/")) and not is_scratch(path):
            found.append(path)
    return list(dict.fromkeys(found))


def is_test(path: str) -> bool:
    """Whether a file is a test, by its path."""
    return bool(re.search(table("claims")["test_paths"], path))


def is_code(path: str) -> bool:
    """Whether a file is source code, by its ending."""
    return posixpath.basename(path).rpartition(".")[2].lower() in table("claims")["code"]


def only_remarks(call: Done) -> bool:
    """Whether an edit changes nothing but comments and blanks, as far as whole lines show."""
    old, new = call.input.get("old_string"), call.input.get("new_string")
    if call.tool != "Edit" or not isinstance(old, str) or not isinstance(new, str):
        return False
    return _bare(old) == _bare(new)


def may_run(call: Done) -> bool:
    """Whether a call may have run something that its text does not tell: then nobody knows what ran."""
    words = table("claims")
    if call.tool == "Bash":
        commands = [fact for fact in call.facts if fact.kind == "command"]
        if not commands or any(fact.kind == "opaque" for fact in call.facts):
            return True
        return any(not _is_known(argv_of(fact), words) and not _only_tells(fact) for fact in commands)
    return call.tool.startswith("mcp__") or call.tool in _RUNNING


_RUNNING = frozenset(("Skill", "Workflow", "SlashCommand", "BashOutput", "TaskOutput", "Monitor", "REPL"))


def _is_known(argv: Sequence[str], words: Mapping[str, Any]) -> bool:
    program = program_of(argv[0])
    if program in words["no_runs"]:
        return program != "git" or "hook" not in argv
    if argv[1:2] and argv[1] in words["formats"]:
        return True
    second = next((word for word in argv[1:] if not word.startswith("-") or word in ("--version", "-v", "-V")), "")
    return program in words["installers"] and (second in words["installs"] or len(argv) == 1)


def _only_tells(fact: Fact) -> bool:
    """Whether a check only lists what it would run; one that watches runs it."""
    return only_lists(fact) and bool(purposes_of(fact)) and not any("watch" in word for word in argv_of(fact))


def _begun(record: Mapping[str, Any], at: float, turn: int) -> Done:
    said = record.get("corrected") or record.get("input")
    facts = tuple(
        Fact(str(row[0]), str(row[1]), str(row[2]), row[3] if isinstance(row[3], dict) else {})
        for row in record.get("facts") or ()
        if isinstance(row, (list, tuple)) and len(row) == 4
    )
    given = said if isinstance(said, Mapping) else {}
    tool, agent = str(record.get("tool_name") or ""), str(record.get("agent_id") or "")
    return Done(tool, given, facts, None, (), at, agent, turn)


def _at_gate(rows: Sequence[Any], at: float, turn: int) -> Done:
    """What the guard itself ran for policy's `[checks]`, or found green: a run is a run, whoever began it."""
    runs = []
    for row in rows:
        if isinstance(row, dict):
            code = 0 if row.get("accepted") else row.get("code")
            outcome = (FAILED if code else PASSED) if isinstance(code, int) else UNKNOWN_OUTCOME
            said = row.get("purposes")
            purposes = tuple(map(str, said)) if isinstance(said, list) else ("check",)
            runs.append(Run(str(row.get("command") or row.get("check") or ""), purposes, outcome))
    return Done("Bash", {}, (), True, tuple(runs), at, "", turn)


def _unseen(call: Done) -> tuple[Run, ...]:
    """A call whose end was not seen may have run checks: how they ended is not known."""
    from tractguard.checks.runs import runs_of

    command = call.input.get("command")
    return tuple(runs_of(command, call.facts, None, "")) if isinstance(command, str) else ()


def _bare(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "//", "--", "*", "/*"))]


def _time(record: Mapping[str, Any]) -> float:
    at = record.get("time")
    return float(at) if isinstance(at, (int, float)) else 0.0
