"""The numbers of a session's pressure, read from the ledger, the transcript and what the client's status line said.

Reads on from where the last look ended: what was counted until then is kept in the session's state. Every number comes
from the host or from events; where none is known it stays 0, and a window that nobody named stays unknown. Refuses to
judge: the formula does. Standard library only.
"""

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from tractguard.compiled import Compiled
from tractguard.facts.transcript import Counted, as_row, from_row, read_on
from tractguard.ledger import Ledger
from tractguard.pressure.formula import Numbers, Reading, measure
from tractguard.pressure.state import LEARNED, READING, TASKS, TRANSCRIPT, WINDOW
from tractguard.stored import number, read_list, read_object

LIVE_SECONDS = 120.0  # how long a figure of the status line goes before the transcript's
MOST_FILES, MOST_RECORDS = 200, 400  # files in progress; records looked at in one go
ENDED = frozenset(("completed", "deleted", "cancelled", "canceled", "done"))  # statuses of a task that is not open
RESTORE = "restore"  # the mode of a write by which git puts an old version back: work that is over
OF_MAIN = '{"agent_id":""'  # how the record of an event of the main agent begins
REPEAT_STEP, REPEAT_MOST = 0.5, 3.0  # what each repeat of an error weighs more, and at most
STOPPED = ('"response":"deny"', '"response":"correct"')  # in a record; inside a string the quotes are escaped
OF_PRESSURE = ("TG82", "TG84")  # beginnings of codes: the verifier, and complex work held back
TOOL_ERROR = "<tool_use_error>"


class Found(NamedTuple):
    """What was read for one session, and where each figure comes from."""

    numbers: Numbers
    counted: Counted
    kept: dict[str, Any]  # of the session's state, to be stored with the next reading
    used_from: str = "unknown"  # status line | transcript | estimate | unknown
    window_from: str = "unknown"  # status line | policy | unknown
    model: str = ""
    messages_max: int = 0  # learned; 0 where nothing was learned yet
    refused: float = 0.0  # refused and corrected calls among the errors of late


def look(
    session_id: str, ledger: Ledger, compiled: Compiled, policy: Mapping[str, Any], now: float, path: str = ""
) -> Found:
    """Read what a session's pressure is made of. `policy`: the table `pressure`. `path`: the transcript, "" for the one
    known from before. Reads only: what it counted is in `kept` and `counted`, for `keep`.
    """
    state = ledger.state(session_id)
    kept = read_object(state.get(READING))
    path = path or str(kept.get("transcript") or "")
    counted = counted_in(state.get(TRANSCRIPT))
    if path and os.path.isabs(path):
        counted = read_on(path, counted)
        kept["transcript"] = path
    catch_up(session_id, ledger, kept, counted)
    window = read_object(state.get(WINDOW))
    used, used_from = used_tokens(counted, window, now)
    size, window_from = window_tokens(window, policy)
    errors, refused = errors_of_late(session_id, ledger, int(policy["recent_calls"]))
    active, conflicts = instructions_in(compiled)
    own = read_list(state.get("instructions"))
    numbers = Numbers(
        messages=messages_in(kept, counted),
        compactions=max(counted.compactions, number(kept.get("compactions"))),
        used=used,
        window=size,
        tasks=max(open_tasks(state.get(TASKS)), len(kept["files"])),
        errors=errors,
        instructions=active + len(own),
        conflicts=conflicts,
    )
    model = counted.model or str(window.get("model") or "")
    learned = learned_for(ledger, policy, f"{kept.get('host', '')}/{model}")
    return Found(numbers, counted, kept, used_from, window_from, model, learned, round(refused, 2))


def measured(found: Found, policy: Mapping[str, Any]) -> Reading:
    """The pressure of what was read. The point of compaction that was learned takes the place of the one in policy."""
    maxima = dict(policy["maxima"])
    if found.messages_max:
        maxima["messages"] = found.messages_max
    return measure(found.numbers, {**policy, "maxima": maxima})


def keep(session_id: str, ledger: Ledger, found: Found) -> None:
    """Store what was counted, for the next look."""
    ledger.put(session_id, READING, json.dumps(found.kept, ensure_ascii=False))
    ledger.put(session_id, TRANSCRIPT, json.dumps(as_row(found.counted)))


def counted_in(value: str | None) -> Counted:
    """What was counted of the transcript until the last look."""
    return from_row(read_list(value))


# Events


def catch_up(session_id: str, ledger: Ledger, kept: dict[str, Any], counted: Counted) -> None:
    """Count the events since the last look: messages, and the files that are being worked on."""
    kept["files"] = [str(each) for each in kept.get("files") or ()][:MOST_FILES]
    after = number(kept.get("seq"))
    if counted.compactions > number(kept.get("compactions")):  # no session start told of it
        kept["missed"] = not kept.pop("announced", False)
        kept["compactions"] = counted.compactions
        kept["said"] = 0
    said, calls = ledger.db.execute(
        "SELECT total(kind != 'pre_tool'), total(kind = 'pre_tool') FROM events WHERE session_id = ? AND seq > ?"
        " AND kind IN ('prompt', 'stop', 'pre_tool') AND substr(record, 1, ?) = ?",
        (session_id, after, len(OF_MAIN), OF_MAIN),
    ).fetchone()
    kept["said"] = number(kept.get("said")) + int(said)
    kept["calls"] = number(kept.get("calls")) + int(calls)
    kept["files"] = files_in_progress(session_id, ledger, after, kept["files"])
    if kept["files"]:
        from tractguard.pressure.progress import still_open

        kept["files"], kept["moves"] = still_open(kept["files"], str(kept.get("moves") or ""))
    kept["seq"] = ledger.head()[0]


def messages_in(kept: Mapping[str, Any], counted: Counted) -> int:
    """Messages in the context. The transcript is written late: it may still count what a compaction took."""
    said = number(kept.get("said"))
    return said if number(kept.get("compactions")) > counted.compactions else max(said, counted.messages)


def files_in_progress(session_id: str, ledger: Ledger, after: int, files: list[str]) -> list[str]:
    """The files that the session has written since its own last commit."""
    rows = ledger.db.execute(
        "SELECT record FROM events WHERE session_id = ? AND seq > ? AND kind = 'pre_tool'"
        ' AND (instr(record, \'["write",\') OR instr(record, \'["append",\') OR instr(record, \'["git","commit"\'))'
        " ORDER BY seq DESC LIMIT ?",
        (session_id, after, MOST_RECORDS),
    ).fetchall()
    found = dict.fromkeys(files)
    for (text,) in reversed(rows):
        record = json.loads(text)
        if record.get("response") in ("deny", "ask"):
            continue
        for kind, name, _value, data in record.get("facts") or ():
            if kind == "write" and data.get("mode") == RESTORE:
                found.pop(name, None)
            elif kind in ("write", "append") and is_work(name, data, str(record.get("cwd") or "")):
                found[name] = None
            elif kind == "git" and name == "commit":
                found = {}
    return list(found)[-MOST_FILES:]


def is_work(path: str, data: Mapping[str, Any], cwd: str) -> bool:
    """Whether a written path is a file of the work: not a folder, a pattern, or something beside the project."""
    if data.get("folder") or data.get("glob") or data.get("inside") or "\0" in path:
        return False
    return not path.startswith(("/dev/", "/tmp/", "/proc/")) or path.startswith(cwd.rstrip("/") + "/")


def errors_of_late(session_id: str, ledger: Ledger, calls: int) -> tuple[float, float]:
    """(errors, refused and corrected calls) among the last so many calls; a repeat weighs more than the one before."""
    row = ledger.db.execute(
        "SELECT seq FROM events WHERE session_id = ? AND kind = 'pre_tool' ORDER BY seq DESC LIMIT 1 OFFSET ?",
        (session_id, calls - 1),
    ).fetchone()
    rows = ledger.db.execute(
        "SELECT record FROM events WHERE session_id = ? AND seq >= ? AND substr(record, 1, ?) = ? AND ("
        " kind = 'post_tool_failure'"
        " OR (kind = 'pre_tool' AND (instr(record, ?) OR instr(record, ?)))"
        " OR (kind = 'tool_batch' AND instr(record, ?))) ORDER BY seq LIMIT ?",
        (session_id, int(row[0]) if row else 0, len(OF_MAIN), OF_MAIN, *STOPPED, TOOL_ERROR, MOST_RECORDS),
    ).fetchall()
    seen: dict[str, int] = {}
    errors = refused = 0.0
    for (text,) in rows:
        for key, was_refused in errors_in(json.loads(text)):
            seen[key] = seen.get(key, 0) + 1
            weight = min(REPEAT_MOST, 1 + REPEAT_STEP * (seen[key] - 1))
            errors += weight
            refused += weight if was_refused else 0.0
    return errors, refused


def errors_in(record: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """(what is the same at a repeat, whether the guard refused or corrected it) of each error in a record."""
    kind = record.get("kind")
    if kind == "pre_tool":
        if record.get("response") not in ("deny", "correct"):
            return []
        stops = [each for each in record.get("findings") or () if each.get("status") == "REJECTED"]
        if any(str(each.get("code")).startswith(OF_PRESSURE) for each in stops):
            return []  # what the pressure itself refuses must not raise it
        return [(" ".join(f"{each.get('code')} {each.get('instruction', '')}" for each in stops[:1]), True)]
    extra = record.get("extra")
    extra = extra if isinstance(extra, dict) else {}
    if kind == "post_tool_failure":
        return [] if extra.get("is_interrupt") is True else [(what_failed(record), False)]
    calls = extra.get("tool_calls")
    return [
        (f"{each.get('tool_name')} {TOOL_ERROR}", False)
        for each in (calls if isinstance(calls, list) else ())
        if isinstance(each, dict) and str(each.get("tool_response")).startswith(TOOL_ERROR)
    ]


def what_failed(record: Mapping[str, Any]) -> str:
    """What is the same when a call fails again: its tool, and the beginning of its first text."""
    given = record.get("input")
    texts = [value for value in given.values() if isinstance(value, str)] if isinstance(given, dict) else []
    return f"{record.get('tool_name')} {texts[0][:80] if texts else ''}"


# What the host says


def used_tokens(counted: Counted, window: Mapping[str, Any], now: float) -> tuple[int, str]:
    """(tokens in the context or -1, where that comes from)."""
    live = number(window.get("used"))
    age = now - float(window.get("time") or 0.0)
    if live and (age <= LIVE_SECONDS or not counted.used):
        return live, "status line"
    if counted.used:
        return counted.used, "transcript"
    if counted.unmeasured:
        return int(counted.unmeasured / counted.rate), "estimate"
    return -1, "unknown"


def window_tokens(window: Mapping[str, Any], policy: Mapping[str, Any]) -> tuple[int, str]:
    """(size of the context window, where that comes from); never a guess."""
    said = number(policy.get("window_tokens"))
    if said:
        return said, "policy"
    size = number(window.get("size"))
    return (size, "status line") if size else (0, "unknown")


def open_tasks(value: str | None) -> int:
    """How many tasks of the assistant's own list are open."""
    tasks = read_object(value).values()
    return sum(isinstance(each, dict) and str(each.get("status")) not in ENDED for each in tasks)


def instructions_in(compiled: Compiled) -> tuple[int, int]:
    """(instructions in force, pairs of them that contradict each other)."""
    active = int(compiled.db.execute("SELECT count(*) FROM instructions").fetchone()[0])
    rows = compiled.db.execute("SELECT record FROM instructions WHERE instr(record, '\"contradicts\": ')").fetchall()
    ends = sum(len(json.loads(text).get("contradicts") or ()) for (text,) in rows)
    return active, (ends + 1) // 2


def learned_for(ledger: Ledger, policy: Mapping[str, Any], who: str) -> int:
    """The messages at which `who` (HOST/MODEL) was seen to be compacted, within the bounds of policy; 0: never seen."""
    known = read_object(ledger.get("", LEARNED)).get(who)
    seen = number(known.get("messages")) if isinstance(known, dict) else 0
    least, most = sorted(int(each) for each in policy["learned_messages"])
    return min(max(seen, least), most) if seen else 0
