"""What happened in a session, gathered from its ledger records: asked, done, in progress, tried and failed.

Every item names the events that it comes from. Knows records and git's answers; refuses to know words and budgets. What
the assistant said is not a source: only what a person asked and what calls did. Standard library only.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.ledger import Ledger
from tractguard.looking import LOOKING
from tractguard.pressure.inputs import ENDED, RESTORE, is_work
from tractguard.pressure.state import TASKS
from tractguard.stored import read_object

LONG_RECORD = 20_000  # characters of a record from which the call's input is left out
MOST_RECORDS = 6_000
UNDOES = frozenset(("restore", "revert", "stash"))  # git commands that take work back; a hard reset does too
COMMITS = "commit"
TO_THE_GUARD = ("pause", "resume", "allow ····")  # messages that asked the assistant for nothing
DOUBTED = " [not surely a person's]"
PRESSURE = "TG841"  # complex work that this session's pressure held back: the next one has none of it


class Item(NamedTuple):
    """One thing that happened, and the numbers of the events that show it."""

    text: str
    seqs: tuple[int, ...] = ()
    more: str = ""  # the whole text, where `text` is only its beginning


class Task(NamedTuple):
    """One task of the assistant's own list."""

    subject: str
    status: str
    seqs: tuple[int, ...]


class Happened(NamedTuple):
    """What a session did. Newest last everywhere."""

    first: int = 0  # numbers of the first and last event
    last: int = 0
    asked: tuple[Item, ...] = ()
    commits: tuple[Item, ...] = ()
    passed: tuple[Item, ...] = ()  # checks whose last run ended well
    failing: tuple[Item, ...] = ()  # checks whose last run did not
    failed: tuple[Item, ...] = ()  # other calls that failed and never succeeded after
    refused: tuple[Item, ...] = ()
    undone: tuple[Item, ...] = ()  # work that was taken back
    files: tuple[Item, ...] = ()  # written since the last commit
    tasks: tuple[Task, ...] = ()
    calls: int = 0
    issues: tuple[Item, ...] = ()  # findings about the guard's own record


class _Run(NamedTuple):
    """The last run of one command."""

    text: str
    seqs: tuple[int, ...]
    ok: bool
    why: str = ""
    check: bool = False


def happened(session_id: str, ledger: Ledger, root: str) -> Happened:
    """Everything that the ledger knows of a session. Bounded by its newest records."""
    gathered = _Gathered(root)
    for seq, kind, call, record in rows_of(session_id, ledger):
        gathered.add(seq, kind, call, record)
    tasks = read_object(ledger.get(session_id, TASKS)).values()
    return gathered.result([each for each in tasks if isinstance(each, dict)])


def rows_of(session_id: str, ledger: Ledger) -> Iterator[tuple[int, str, str, Mapping[str, Any]]]:
    """(number, kind, call, record) of a session's events, oldest first. A long record comes without its input; one of
    a call that simply ended comes empty: that it is there says all.
    """
    short = "json_remove(record, '$.input', '$.corrected', '$.decided', '$.extra')"
    query = (
        "SELECT seq, kind, tool_use_id, CASE WHEN kind = 'post_tool' AND NOT instr(record, '\"ran\":') THEN '{{}}'"
        " WHEN length(record) > ? THEN {} ELSE record END FROM (SELECT * FROM events WHERE session_id = ?"
        " AND kind IN ('prompt', 'pre_tool', 'post_tool', 'post_tool_failure') ORDER BY seq DESC LIMIT ?) ORDER BY seq"
    )
    arguments = (LONG_RECORD, session_id, MOST_RECORDS)
    try:
        rows = ledger.db.execute(query.format(short), arguments).fetchall()
    except sqlite3.OperationalError:  # an SQLite without JSON
        rows = ledger.db.execute(query.format("record"), arguments).fetchall()
    for seq, kind, call, text in rows:
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield int(seq), str(kind), str(call), record


class _Gathered:
    """The records of one session, taken in one by one."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.seqs: list[int] = []
        self.asked: list[Item] = []
        self.pending: dict[str, tuple[int, Mapping[str, Any]]] = {}  # calls that were let through
        self.call_seqs: dict[str, int] = {}
        self.runs: dict[str, _Run] = {}  # by command
        self.refused: dict[str, tuple[str, list[int]]] = {}
        self.commits: list[Item] = []
        self.undone: list[Item] = []
        self.files: dict[str, list[int]] = {}
        self.calls = 0
        self.issues: dict[str, Item] = {}

    def add(self, seq: int, kind: str, call: str, record: Mapping[str, Any]) -> None:
        """Take one record in."""
        self.seqs.append(seq)
        if kind == "prompt" and not record.get("agent_id"):
            self._asked(seq, record)
        elif kind == "pre_tool":
            self._before(seq, call, record)
        elif kind in ("post_tool", "post_tool_failure"):
            self.call_seqs[call] = seq
            self._after(seq, call, record, ok=kind == "post_tool")

    def _asked(self, seq: int, record: Mapping[str, Any]) -> None:
        said = record.get("prompt")
        text = " ".join((str(said.get("clipped")) if isinstance(said, dict) else str(said or "")).split())
        if text and text not in TO_THE_GUARD:
            self.asked.append(Item(f"{text}{DOUBTED if record.get('not_a_person') else ''}", (seq,)))

    def _before(self, seq: int, call: str, record: Mapping[str, Any]) -> None:
        self.calls += 1
        response = record.get("response")
        for each in record.get("findings") or ():
            if str(each.get("code", "")).startswith("TG9"):
                self.issues[str(each.get("code"))] = Item(f"{each.get('code')} {each.get('why', '')}", (seq,))
        if response == "deny" and PRESSURE not in (each.get("code") for each in record.get("findings") or ()):
            stops = [each for each in record.get("findings") or () if each.get("status") in ("REJECTED", "ESCALATED")]
            why = f"{stops[0].get('code')} {stops[0].get('why', '')}" if stops else "refused"
            key = f"{stops[0].get('code')} {stops[0].get('instruction', '')}" if stops else "refused"
            what = _what(record)
            known = self.refused.setdefault(key, (f"{what}: {why}" if what else why, []))
            known[1].append(seq)
        if response == "deny":
            return
        self.pending[call or f"#{seq}"] = (seq, record)

    def _after(self, seq: int, call: str, record: Mapping[str, Any], *, ok: bool) -> None:
        before = self.pending.pop(call, None)
        if before is None:
            return
        asked, said = before
        self._ran(seq, asked, said, record, ok=ok)
        if not ok:
            return
        for kind, name, value, data in said.get("facts") or ():
            if kind == "write" and data.get("mode") == RESTORE:
                self.files.pop(name, None)
            elif kind in ("write", "append") and is_work(name, data, str(said.get("cwd") or "")):
                self.files.setdefault(name, []).append(asked)
            elif kind == "git" and name == COMMITS:
                self.files = {}
                self.commits.append(Item(_message(said), (asked,)))
            elif kind == "git" and (name in UNDOES or (name == "reset" and data.get("hard")) or _puts_back(name, data)):
                paths = [str(each).removeprefix(self.root.rstrip("/") + "/") for each in data.get("paths") or ()]
                what = " ".join(paths) or str(value)
                self.undone.append(Item(f"git {name} {what}".replace("\0", "…").strip(), (asked,)))

    def _ran(self, seq: int, asked: int, said: Mapping[str, Any], record: Mapping[str, Any], *, ok: bool) -> None:
        """A command that ended: only its last run counts. What a check told itself goes before how the call ended."""
        checks = [each for each in record.get("ran") or () if isinstance(each, dict)]
        for each in checks:
            command, outcome = str(each.get("command") or ""), each.get("outcome")
            if command and outcome in ("passed", "failed"):
                why = "" if outcome == "passed" else _last_line(record.get("error"))
                self.runs[command] = _Run(command, (seq,), outcome == "passed", why, check=True)
        if checks:
            return
        what = _what(said)
        if what and said.get("tool_name") not in LOOKING and (not ok or what in self.runs):
            extra = record.get("extra")
            if isinstance(extra, dict) and extra.get("is_interrupt") is True:
                return
            old = self.runs.get(what)
            seqs = (*(old.seqs if old and not old.ok else ()), asked)[-4:]
            self.runs[what] = _Run(what, seqs, ok, _last_line(record.get("error")))

    def result(self, tasks: Sequence[Mapping[str, Any]]) -> Happened:
        """All that was taken in."""
        files = [
            Item(path.removeprefix(self.root.rstrip("/") + "/"), tuple(seqs[-2:])) for path, seqs in self.files.items()
        ]
        runs = list(self.runs.values())
        return Happened(
            first=min(self.seqs, default=0),
            last=max(self.seqs, default=0),
            asked=tuple(self.asked),
            commits=tuple(self.commits),
            passed=tuple(Item(each.text, each.seqs[-1:]) for each in runs if each.ok and each.check),
            failing=tuple(Item(each.text, each.seqs, each.why) for each in runs if not each.ok and each.check),
            failed=tuple(Item(each.text, each.seqs, each.why) for each in runs if not each.ok and not each.check),
            refused=tuple(Item(text, tuple(seqs[-4:])) for text, seqs in self.refused.values()),
            undone=tuple(self.undone),
            files=tuple(files),
            tasks=tuple(
                Task(
                    str(each.get("subject") or ""),
                    str(each.get("status") or ""),
                    (self.call_seqs[each["call"]],) if each.get("call") in self.call_seqs else (),
                )
                for each in tasks
            ),
            calls=self.calls,
            issues=tuple(self.issues.values()),
        )


def open_tasks(tasks: Sequence[Task]) -> list[Task]:
    """The tasks that are not done, those at work first."""
    left = [each for each in tasks if each.status not in ENDED]
    return sorted(left, key=lambda each: each.status != "in_progress")


def _what(record: Mapping[str, Any]) -> str:
    """What a call was about, on one line: its command, or its tool and what it names."""
    given = record.get("input")
    tool = str(record.get("tool_name") or "")
    if not isinstance(given, dict):
        commands = [str(row[2]) for row in record.get("facts") or () if row and row[0] == "command"]
        return " ".join(" && ".join(commands).split()) if commands else tool
    if isinstance(given.get("command"), str):
        return " ".join(given["command"].split())
    for key in ("file_path", "notebook_path", "path", "url", "pattern", "query", "description", "prompt"):
        if isinstance(given.get(key), str):
            return f"{tool} {' '.join(given[key].split())}"
    return tool


def _message(record: Mapping[str, Any]) -> str:
    """The first line of a commit's message; "a commit" where it was written elsewhere."""
    for row in record.get("facts") or ():
        if row and row[0] == "message" and row[1] == COMMITS and str(row[2]).strip():
            return str(row[2]).strip().splitlines()[0]
    return "a commit"


def _puts_back(name: str, data: Mapping[str, Any]) -> bool:
    """Whether a checkout puts files back instead of changing the branch."""
    return name == "checkout" and bool(data.get("paths"))


def _last_line(error: Any) -> str:
    """What an error comes down to: its last line that says something."""
    text = str(error.get("clipped")) if isinstance(error, dict) else str(error or "")
    lines = [line.strip() for line in text[-4000:].splitlines() if line.strip()]
    return lines[-1] if lines else ""
