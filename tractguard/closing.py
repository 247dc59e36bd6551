"""Sessions that have ended: what they said for themselves alone ends with them.

A session ends when its client says so, or when its client is gone: killed, or lost with the machine. The next start
closes those. Whether a client is gone is known from its process id and start time, seen at two events; where that
cannot be told (another machine or container), a session that was silent for a week counts as ended. What was said for
single sessions twice is offered for keeping.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from tractguard.book import LiveBook
from tractguard.decide import verdict_of
from tractguard.model import OTHER, Decision, Event
from tractguard.stored import read_object, read_rows

OWN = ("instructions", "prompts", "asked", "client")  # of a session's state: what ends with it
CLIENT = "client"
PASSING = "said in passing"  # the key of what sessions said for themselves, and how often, over all sessions
MOST_PASSING = 200
SILENT_DAYS = 7
TRUSTED, UNCERTAIN = 2, -1  # how often one client was seen; two different ones: it is not to be told
SHELLS = frozenset("sh bash dash zsh fish ksh ash busybox env timeout nice script".split())
FOR_ONE = (
    r"\b(?:for|in|during) (?:this|the rest of (?:this|the)|the current) (?:session|task|conversation)(?: only)?\b,?"
    r"|\bthis session(?: only)?\b,?|\bfor now\b,?|\bjust for today\b,?"
)


def session_hash(session_id: str) -> str:
    """What the history says of where a sentence came from: no user, no machine, no session that could be looked up."""
    return hashlib.sha256(session_id.encode("utf-8", "replace")).hexdigest()[:12] if session_id else ""


def close(session_id: str, book: LiveBook) -> None:
    """End what a session said for itself alone, and count it."""
    count(read_rows(book.ledger.get(session_id, "instructions")), book)
    if book.ledger.get(session_id, "obligations"):
        from tractguard.obligations.carrying import leave

        leave(session_id, book)
    for key in OWN:
        book.ledger.drop(session_id, key)


def close_gone(event: Event, book: LiveBook) -> None:
    """Close every other session whose client is gone."""
    query = (
        "SELECT DISTINCT session_id FROM state WHERE key IN ('instructions', 'obligations') AND value != '[]'"
        " AND session_id NOT IN ('', ?)"
    )
    for (session_id,) in book.ledger.db.execute(query, (event.session_id,)).fetchall():
        if gone(session_id, event.time, book):
            close(session_id, book)
            noted = Event(OTHER, event.host, "session closed", event.time, session_id, cwd=event.cwd, root=event.root)
            book.record(noted, (), Decision(verdict_of(())))


def gone(session_id: str, now: float, book: LiveBook) -> bool:
    """Whether a session cannot go on in the client that it ran in."""
    known = read_object(book.ledger.get(session_id, CLIENT))
    if known.get("seen") == TRUSTED:
        mine = machine()
        if known.get("host") == mine["host"] and known.get("space") == mine["space"]:
            return known.get("boot") != mine["boot"] or process(int(known["pid"]))[:1] != (known["start"],)
    last = book.ledger.of_session(session_id, most=1)
    return bool(last) and now - float(last[0].get("time") or now) > SILENT_DAYS * 86_400


def note_client(event: Event, book: LiveBook, *, starts: bool) -> None:
    """Keep which process a session runs in: known once two events came from the same one."""
    pid, start = client_above(os.getppid())
    if not pid:
        return
    found = {"pid": pid, "start": start, **machine()}
    known = {} if starts else read_object(book.ledger.get(event.session_id, CLIENT))
    seen = known.pop("seen", 0)
    now = 1 if not known else TRUSTED if known == found and seen >= 1 else UNCERTAIN
    if now != seen:
        book.ledger.put(event.session_id, CLIENT, json.dumps({**found, "seen": now}))


def client_above(pid: int) -> tuple[int, str]:
    """The nearest process above the hook that is no shell, with its start time; (0, "") where that is unknown."""
    for _ in range(8):
        start, parent, name = process(pid)
        if not start or pid <= 1:
            return 0, ""
        if name.lstrip("-").rpartition("/")[2] not in SHELLS:
            return pid, start
        pid = parent
    return 0, ""


def process(pid: int) -> tuple[str, int, str]:
    """(start time, parent, name) of a process; ("", 0, "") where there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            head, _, tail = file.read().rpartition(")")
        fields = tail.split()
        return ("", 0, "") if fields[0] == "Z" else (fields[19], int(fields[1]), head.partition("(")[2])
    except FileNotFoundError:
        if os.path.exists("/proc/self/stat"):
            return "", 0, ""
    except (OSError, ValueError, IndexError):
        return "", 0, ""
    return _asked_of_ps(pid)


def _asked_of_ps(pid: int) -> tuple[str, int, str]:
    """The same where there is no /proc."""
    import subprocess

    command = ["ps", "-o", "ppid=,lstart=,comm=", "-p", str(pid)]
    plain = {"LC_ALL": "C", "PATH": "/bin:/usr/bin"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=1, check=False, env=plain)
    except (OSError, subprocess.TimeoutExpired):
        return "", 0, ""
    words = done.stdout.split(None, 6)
    return (" ".join(words[1:6]), int(words[0]), words[6].strip()) if len(words) == 7 else ("", 0, "")


def machine() -> dict[str, str]:
    """What tells process ids of one machine, of one run of it and of one container from others."""
    boot = space = ""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        boot = boot or ""
    return {"host": os.uname().nodename, "boot": boot, "space": space}


def count(records: Iterable[Mapping[str, Any]], book: LiveBook) -> None:
    """Count what could be worth keeping: what is checked at calls and takes nothing away."""
    known = read_object(book.ledger.get("", PASSING))
    for record in records:
        constraints = record.get("constraints") or []
        if not constraints or any(each.get("permit") for each in constraints if isinstance(each, dict)):
            continue
        text = lasting(str(record.get("text", "")))
        entry = known.setdefault(text.casefold(), {"text": text, "said": 0, "offered": False})
        entry["said"] += int(record.get("said") or 1)
    if known:
        some = dict(list(known.items())[-MOST_PASSING:])
        book.ledger.put("", PASSING, json.dumps(some, ensure_ascii=False))


def lasting(text: str) -> str:
    """A sentence without the words that hold it to one session."""
    import re  # only here: a session start does not need it

    rest = " ".join(re.sub(FOR_ONE, "", text, flags=re.IGNORECASE).split()).strip(" ,")
    return rest[:1].upper() + rest[1:]


def offers(book: LiveBook) -> list[str]:
    """A line for each sentence that was said for single sessions twice, each once."""
    known = read_object(book.ledger.get("", PASSING))
    due = [entry for entry in known.values() if entry.get("said", 0) > 1 and not entry.get("offered")]
    for entry in due:
        entry["offered"] = True
    if due:
        book.ledger.put("", PASSING, json.dumps(known, ensure_ascii=False))
    return [
        f'tractguard: you said "{entry["text"]}" {entry["said"]} times, each for one session or task.'
        f" To keep it: tractguard instructions add {json.dumps(entry['text'], ensure_ascii=False)}"
        for entry in due
    ]
