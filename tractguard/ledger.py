"""The ledger: what happened and what was decided, in order, in one SQLite file that is only ever added to.

Each event is one canonical JSON text, redacted before it gets here, and a SHA-256 over the hash before it and exactly
those stored bytes: a changed, removed or reordered event breaks the chain where it happened. Safe under parallel
processes (WAL, one writer at a time, a bounded wait). Against a process of the same user it detects, it does not
prevent. Hot: standard library only; time comes from the caller.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from time import monotonic, sleep
from typing import Any, NamedTuple

from tractguard.lean import Connection, DatabaseError, DbError, connect, sha256

GENESIS = "0" * 64
WAIT_MS = 4000  # how long a writer waits for another; below every deadline that a host sets


class LedgerError(Exception):
    """The ledger cannot be used. The message is one sentence: what, where and what now."""


class Entry(NamedTuple):
    """A stored event. `record` is its JSON text as hashed."""

    seq: int
    record: str
    hash: str

    def json(self) -> dict[str, Any]:
        """The record as an object, with `seq` and `hash` beside it."""
        return {"seq": self.seq, **json.loads(self.record), "hash": self.hash}


class Break(NamedTuple):
    """Where the chain does not hold."""

    seq: int
    why: str


def _m001_events(db: Connection) -> None:
    db.execute(
        "CREATE TABLE events (seq INTEGER PRIMARY KEY, session_id TEXT NOT NULL, tool_use_id TEXT NOT NULL,"
        " kind TEXT NOT NULL, record TEXT NOT NULL, hash TEXT NOT NULL)"
    )
    db.execute("CREATE INDEX events_by_call ON events (tool_use_id) WHERE tool_use_id != ''")
    db.execute("CREATE INDEX events_by_session ON events (session_id, seq)")
    for verb in ("UPDATE", "DELETE"):
        db.execute(
            f"CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events"
            " BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END"
        )


def _m002_session_state(db: Connection) -> None:
    """What one session said for itself alone, and what it has been told once. Not history: it may change and end."""
    db.execute(
        "CREATE TABLE state (session_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
        " PRIMARY KEY (session_id, key)) WITHOUT ROWID"
    )


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_m001_events, _m002_session_state)


class Ledger:
    """One repository's ledger. Open it with `Ledger.open`; use it in a `with`."""

    def __init__(self, db: Connection, path: str) -> None:
        self.db = db
        self.path = path

    @classmethod
    def open(cls, path: str, *, create: bool = True) -> "Ledger":
        """Open, make or bring up to date the ledger at `path`. Raises LedgerError with a sentence for a person."""
        try:
            if create:
                os.makedirs(os.path.dirname(path), exist_ok=True)
            elif not os.path.exists(path):
                raise LedgerError(f"there is no ledger at {path}: run 'tractguard init' in the repository first")
            db = connect(path, timeout=WAIT_MS / 1000, isolation_level=None)
            try:
                _prepare(db)
            except BaseException:
                db.close()
                raise
        except (DbError, OSError) as error:
            raise LedgerError(_sentence(path, error)) from error
        return cls(db, path)

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def append(self, record: Mapping[str, Any], text: str) -> int:
        """Add one event and return its number. `text` is `record` as canonical JSON, already redacted."""
        with self._writing():
            seq, head = self.head()
            seq += 1
            self.db.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
                (seq, *_columns(record), text, chain(head, text)),
            )
        return seq

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction with no other writer in it, given up whole where anything in it fails. Raises LedgerError."""
        try:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                self._undo()
                raise
        except DbError as error:
            raise LedgerError(_sentence(self.path, error)) from error

    def _undo(self) -> None:
        """Give up a transaction. On a full disk SQLite has already done so, and the first error is the one to tell."""
        try:
            self.db.execute("ROLLBACK")
        except DbError:
            return

    def head(self) -> tuple[int, str]:
        """(number, hash) of the newest event; (0, GENESIS) of an empty ledger."""
        row = self.db.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        return (int(row[0]), str(row[1])) if row else (0, GENESIS)

    def of_call(self, tool_use_id: str) -> dict[str, Any] | None:
        """The record of the decision on one tool call, or None."""
        row = self.db.execute(
            "SELECT record FROM events WHERE tool_use_id = ? AND tool_use_id != '' AND kind = 'pre_tool'"
            " ORDER BY seq DESC LIMIT 1",
            (tool_use_id,),
        ).fetchone()
        return json.loads(row[0]) if row else None

    def of_session(self, session_id: str, *, most: int = 500) -> list[dict[str, Any]]:
        """The newest `most` records of one session, oldest first."""
        rows = self.db.execute(
            "SELECT record FROM events WHERE session_id = ? ORDER BY seq DESC LIMIT ?", (session_id, most)
        ).fetchall()
        return [json.loads(row[0]) for row in reversed(rows)]

    def entries(self, *, after: int = 0, newest: int | None = None) -> Iterator[Entry]:
        """Entries after a number, oldest first; with `newest` only that many of the end."""
        if newest is not None:
            total = self.head()[0]
            after = max(after, total - newest)
        for row in self.db.execute("SELECT seq, record, hash FROM events WHERE seq > ? ORDER BY seq", (after,)):
            yield Entry(int(row[0]), row[1], row[2])

    def verify(self) -> Iterator[Break]:
        """Every place where the chain does not hold, in order; nothing if it does."""
        head, expected = GENESIS, 1
        rows = self.db.execute("SELECT seq, session_id, tool_use_id, kind, record, hash FROM events ORDER BY seq")
        for seq, session_id, tool_use_id, kind, record, stored in rows:
            if seq != expected:
                yield Break(expected, f"event {expected} is missing: the next one stored is {seq}")
            if chain(head, record) != stored:
                yield Break(seq, f"event {seq} does not match its hash: it, or the one before it, was changed")
            elif (session_id, tool_use_id, kind) != _columns(json.loads(record)):
                yield Break(seq, f"event {seq} is filed under another session, call or kind than it records")
            head, expected = stored, seq + 1

    def get(self, session_id: str, key: str) -> str | None:
        """A value of a session's state."""
        row = self.db.execute("SELECT value FROM state WHERE session_id = ? AND key = ?", (session_id, key)).fetchone()
        return str(row[0]) if row else None

    def state(self, session_id: str) -> dict[str, str]:
        """All values of a session's state."""
        return dict(self.db.execute("SELECT key, value FROM state WHERE session_id = ?", (session_id,)))

    def put(self, session_id: str, key: str, value: str) -> None:
        """Set a value of a session's state."""
        try:
            self.db.execute("INSERT OR REPLACE INTO state VALUES (?, ?, ?)", (session_id, key, value))
        except DbError as error:
            raise LedgerError(_sentence(self.path, error)) from error

    def drop(self, session_id: str, key: str) -> None:
        """Forget a value of a session's state."""
        self.db.execute("DELETE FROM state WHERE session_id = ? AND key = ?", (session_id, key))

    def change(self, session_id: str, key: str, change: Callable[[str | None], str]) -> None:
        """Set a value of a session's state from what it was, with no other writer between. Raises LedgerError."""
        with self._writing():
            before = self.get(session_id, key)
            after = change(before)
            if after != before:
                self.put(session_id, key, after)

    def journal(self) -> str:
        """The journal mode in use: `wal`, or what the file system allows."""
        return str(self.db.execute("PRAGMA journal_mode").fetchone()[0])


def chain(head: str, text: str) -> str:
    """The hash of an event: over the hash before it and the stored bytes of its record."""
    return sha256(f"{head}\n{text}".encode()).hexdigest()


def canonical(record: Mapping[str, Any]) -> str:
    """The one JSON text of a record. A lone surrogate, which UTF-8 cannot hold, becomes its JSON escape."""
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _columns(record: Mapping[str, Any]) -> tuple[str, str, str]:
    return (
        str(record.get("session_id") or ""),
        str(record.get("tool_use_id") or ""),
        str(record.get("kind") or ""),
    )


def _keep_in_wal(db: Connection) -> None:
    """Ask for the write-ahead log: kept in the file, so asked for once, when the ledger is made. SQLite does not wait
    for other processes that open the new file at the same moment, so it is asked again.
    """
    until = monotonic() + WAIT_MS / 1000
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except DbError as error:
            if "locked" not in str(error) or monotonic() > until:
                raise
            sleep(0.005)


def _prepare(db: Connection) -> None:
    db.execute("PRAGMA synchronous = NORMAL")
    if db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS):
        return
    _keep_in_wal(db)
    db.execute("BEGIN IMMEDIATE")
    try:
        done = int(db.execute("PRAGMA user_version").fetchone()[0])
        if done > len(MIGRATIONS):
            raise DatabaseError("it was written by a newer tractguard")
        for migration in MIGRATIONS[done:]:
            migration(db)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _sentence(path: str, error: Exception) -> str:
    text = str(error)
    if "not a database" in text or "malformed" in text or "disk image" in text:
        now = "move it aside to start a new one; 'tractguard audit verify' says what is still readable"
        return f"the ledger {path} is damaged ({text}): {now}"
    if "locked" in text or "busy" in text:
        return f"the ledger {path} stayed locked for {WAIT_MS / 1000:g} s: another process holds it; try again"
    if "readonly" in text or "unable to open" in text or isinstance(error, PermissionError):
        return f"the ledger {path} cannot be written ({text}): check the folder's permissions and the disk"
    if "full" in text:
        return f"the ledger {path} cannot be written, the disk is full: free some space"
    return f"the ledger {path} cannot be used ({text}): 'tractguard doctor' looks into it"
