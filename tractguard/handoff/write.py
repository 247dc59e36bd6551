"""Writing a handoff: what is gathered and worded goes into `.claude/sessions/`, and the ledger's state knows its hash.

The files stay on this machine: the folder hides them from git. Loaded when a session has become critical, is compacted
or ends, and by `tractguard handoff`. Standard library only; git is asked within a time limit.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.book import LiveBook
from tractguard.handoff.collect import happened
from tractguard.handoff.document import Around, document
from tractguard.instructions.history import timestamp, write_atomically
from tractguard.ledger import Ledger
from tractguard.model import Event
from tractguard.places import Places
from tractguard.pressure.compaction import owed
from tractguard.pressure.formula import Reading
from tractguard.pressure.state import HANDOFFS, READING, table
from tractguard.redact import redact
from tractguard.stored import read_object, read_rows

FOLDER = ".claude/sessions"
HIDDEN = "# written by tractguard; they stay on this machine\n.gitignore\nhandoff-*.md\n"
GIT_SECONDS = 1.5
WAITING, LOADED, SUPERSEDED, PASSED_OVER = "waiting", "loaded", "superseded", "passed over"
HIGH_FIRST = {"HIGH": 0, "MEDIUM": 1, "VARIABLE": 2, "LOW": 3}
NO_CONTENTS = ('[ledger] content = "metadata": what was asked and what calls did is not kept, so it is not told here',)
KNOWN = 100  # documents that the state remembers

Row = dict[str, Any]


def write_for_event(event: Event, book: LiveBook, reason: str, reading: Reading | None = None) -> str:
    """Write the handoff of the session of an event; its path below the root, "" where it could not be written."""
    try:
        row = write(event.session_id, book, reason, event.time, reading)
    except (OSError, ValueError) as error:
        book.told.append(f"tractguard: the handoff could not be written ({error}).")
        return ""
    book.more["handoff"] = {key: row[key] for key in ("name", "reason", "sha256", "events", "branch")}
    return f"{FOLDER}/{row['name']}"


def write(session_id: str, book: LiveBook, reason: str, now: float, reading: Reading | None = None) -> Row:
    """Write the handoff of a session; what is known of it from now on. Raises OSError."""
    policy = table(book.policy, "handoff")
    what = happened(session_id, book.ledger, book.places.root)
    around = surroundings(session_id, book, reason, now, reading)
    text = redact(document(template(), what, around, int(policy["tokens"])))
    folder = os.path.join(book.places.root, FOLDER)
    hide(folder)
    name = free_name(folder, now)
    write_atomically(os.path.join(folder, name), text.encode("utf-8", "replace"))
    row: Row = {
        "name": name,
        "root": book.places.root,
        "time": round(now, 3),
        "session": session_id,
        "reason": reason,
        "branch": around.branch,
        "sha256": digest(text.encode("utf-8", "replace")),
        "events": [what.first, what.last],
        "calls": what.calls,
        "status": WAITING,
    }
    remember(row, book.ledger)
    prune(book.places, book.ledger, int(policy["keep"]))
    return row


def surroundings(session_id: str, book: LiveBook, reason: str, now: float, reading: Reading | None) -> Around:
    """What a handoff tells beside the events."""
    branch, head, dirty = repository(book.places.root)
    records = [each for each in book.compiled.records() if not each.get("yields_to")]
    own = [each for each in json.loads(book.ledger.get(session_id, "instructions") or "[]") if each.get("constraints")]
    order = sorted([*own, *reversed(records)], key=lambda each: HIGH_FIRST.get(str(each.get("persistence")), 2))
    return Around(
        session=session_id,
        written=timestamp(now),
        reason=reason,
        pressure=pressure(session_id, book.ledger, reading),
        branch=branch,
        head=head,
        dirty=dirty,
        obligations=tuple(owed(session_id, book)),
        instructions=tuple(f"{each.get('text')} ({each.get('id')}{only_there(each)})" for each in order),
        deliberations=tuple(deliberations(book)),
        issues=(*(NO_CONTENTS if book.policy["ledger"]["content"] != "full" else ()), *book.compiled.notices[:2]),
    )


def only_there(record: Mapping[str, Any]) -> str:
    """A remark on an instruction that ends with the session that said it."""
    return ", for that session" if record.get("temporal_scope") in ("TASK", "SESSION") else ""


def pressure(session_id: str, ledger: Ledger, reading: Reading | None) -> str:
    """The pressure at which it is written, in words."""
    if reading is not None:
        return f"{reading.level} {reading.score:.2f}"
    kept = read_object(ledger.get(session_id, READING))
    score = kept.get("score")
    return f"{kept.get('level')} {score:.2f}" if isinstance(score, float) else "not measured"


def repository(root: str) -> tuple[str, str, tuple[str, ...] | None]:
    """(branch, short hash and subject of HEAD, what is not committed or None where git does not say)."""
    from tractguard.recovery_git import Clock, Unknown, checkout_of, run

    where = checkout_of(root)
    if where is None or not where.top:
        return "", "", None
    clock = Clock(GIT_SECONDS)
    try:
        words = ("status", "--porcelain", "-z", "--branch", "--no-renames", "--untracked-files=normal")
        rows = os.fsdecode(run(where, clock, *words)).split("\0")
        branch = rows[0].removeprefix("## ").removeprefix("No commits yet on ").partition("...")[0]
        dirty = tuple(f"{sort_of(row[:2])} {row[3:]}" for row in rows[1:] if row and not is_ours(row[3:]))
    except Unknown:
        return "", "", None
    try:
        head = run(where, clock, "log", "-1", "--format=%h %s").decode("utf-8", "replace").strip()
    except Unknown:
        head = ""
    return ("" if branch.startswith("HEAD (no branch)") else branch), head, dirty


def sort_of(mark: str) -> str:
    """What git's two letters say, in a word."""
    return "new" if mark == "??" or "A" in mark else "gone" if "D" in mark else "conflict" if "U" in mark else "changed"


def is_ours(path: str) -> bool:
    """Whether a path is one that the guard itself keeps."""
    return path.startswith((".claude/tractguard", FOLDER))


def deliberations(book: LiveBook) -> list[str]:
    """Deliberations that are open, a line each."""
    from tractguard.deliberation.known import known

    return [f"{each.question} ({each.id})" for each in known(book.ledger).values() if each.status == "open"]


def template() -> str:
    """The document to be filled."""
    from tractguard.cli.shipped import template as shipped

    return shipped("handoff.md")


def hide(folder: str) -> None:
    """Make the folder, which keeps its handoffs out of git."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, ".gitignore")
    if not os.path.lexists(path):
        write_atomically(path, HIDDEN.encode())


def free_name(folder: str, now: float) -> str:
    """A name that is not taken yet."""
    base = "handoff-" + timestamp(now)[:19].replace(":", "").replace("-", "") + "Z"
    names = [f"{base}.md", *(f"{base}-{number}.md" for number in range(2, 100))]
    return next((name for name in names if not os.path.lexists(os.path.join(folder, name))), names[-1])


def digest(data: bytes) -> str:
    """The hash by which a document is known as ours."""
    return hashlib.sha256(data).hexdigest()


# What became of them


def rows_in(value: str | None) -> list[Row]:
    """The documents that the state knows of, oldest first."""
    return [each for each in read_rows(value) if isinstance(each.get("name"), str)]


def remember(row: Mapping[str, Any], ledger: Ledger) -> None:
    """Note a new document; those of the same session that wait give way to it."""

    def changed(before: str | None) -> str:
        rows = rows_in(before)
        for each in rows:
            if each.get("session") == row["session"] and each.get("status") == WAITING:
                each["status"] = SUPERSEDED
        return json.dumps([*rows, row][-KNOWN:], ensure_ascii=False)

    ledger.change("", HANDOFFS, changed)


def prune(places: Places, ledger: Ledger, keep: int) -> None:
    """Delete the oldest documents beyond `keep`: only those that this guard wrote and nobody changed since."""
    rows = rows_in(ledger.get("", HANDOFFS))
    for row in rows[: max(0, len(rows) - keep)]:
        path = path_of(row, places)
        if read(row, places) is not None:
            try:
                os.unlink(path)
            except OSError:
                continue


def path_of(row: Mapping[str, Any], places: Places) -> str:
    """Where a document lies."""
    return os.path.join(str(row.get("root") or places.root), FOLDER, os.path.basename(str(row["name"])))


def read(row: Mapping[str, Any], places: Places) -> str | None:
    """The text of a document, as this guard wrote it; None where it is gone or somebody changed it."""
    try:
        with open(path_of(row, places), "rb") as file:
            data = file.read(1_000_000)
    except OSError:
        return None
    return data.decode("utf-8", "replace") if digest(data) == row.get("sha256") else None


def open_ones(rows: Sequence[Row]) -> list[Row]:
    """The documents that nobody was given yet."""
    return [each for each in rows if each.get("status") == WAITING]
