"""Policy and instructions as the hot path reads them: one small SQLite file, indexed by what triggers an instruction.

A call opens it, compares the stamps of the sources with the disk and fetches only the instructions that its facts can
touch, so ten thousand instructions cost what ten do. It is written whole, beside itself, and moved into place.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard import __version__
from tractguard.lean import Connection, DbError, connect
from tractguard.model import Instruction, instruction_of
from tractguard.policy import Policy, policy_hash

Record = dict[str, Any]
Stamp = list[Any]  # [path, mtime in ns, size, inode], or [path] for a file that is not there


class Compiled(NamedTuple):
    """An open compiled file."""

    db: Connection
    policy: Policy
    policy_hash: str
    stamps: Sequence[Stamp]
    sorts: frozenset[str]  # of triggers that any instruction has
    ends: float  # when the next instruction with a date ends, in seconds since the epoch; 0 where none does
    notices: Sequence[str]  # what a person should be told once: a history set aside, a policy not understood
    urgent: int  # the first so many notices are told with any event, the others at a prompt or a session start

    def fresh(self) -> bool:
        """Whether no source has changed since it was compiled."""
        return all(stamp == stamp_of(str(stamp[0])) for stamp in self.stamps)

    def instructions(self, triggers: Iterable[str]) -> list[Instruction]:
        """The live instructions that at least one of `triggers` touches, in the order in which they were given."""
        wanted = list(triggers)
        rows: dict[int, str] = {}
        for start in range(0, len(wanted), 500):  # SQLite bounds the number of parameters
            some = wanted[start : start + 500]
            marks = ",".join("?" * len(some))
            query = (
                "SELECT position, record FROM instructions WHERE position IN"
                f" (SELECT position FROM triggers WHERE trigger IN ({marks}))"
            )
            rows.update(self.db.execute(query, some))
        return [instruction_of(json.loads(rows[position])) for position in sorted(rows)]

    def records(self) -> list[Record]:
        """All live records, in order."""
        return [json.loads(row[0]) for row in self.db.execute("SELECT record FROM instructions ORDER BY position")]

    def close(self) -> None:
        self.db.close()


def stamp_of(path: str) -> Stamp:
    """What tells that a file is still the one that was read."""
    try:
        found = os.stat(path)
    except OSError:
        return [path]
    return [path, found.st_mtime_ns, found.st_size, found.st_ino]


def open_compiled(path: str) -> Compiled | None:
    """The compiled file at `path`; None where there is none that this version can read."""
    if not os.path.exists(path):
        return None
    try:
        db = connect(path, isolation_level=None)
        try:
            meta = dict(db.execute("SELECT key, value FROM meta"))
            if meta.get("version") != __version__:
                raise ValueError("compiled by another version")
            return Compiled(
                db,
                json.loads(meta["policy"]),
                meta["policy_hash"],
                json.loads(meta["stamps"]),
                frozenset(json.loads(meta["sorts"])),
                float(meta["ends"]),
                json.loads(meta["notices"]),
                int(meta["urgent"]),
            )
        except BaseException:
            db.close()
            raise
    except (DbError, ValueError, KeyError):
        return None


def write_compiled(
    path: str,
    policy: Mapping[str, Any],
    records: Iterable[Record],
    stamps: Sequence[Stamp],
    notices: Sequence[str] = (),
    urgent: int = 0,
) -> None:
    """Write the compiled form of `policy` and the active `records`. Raises OSError or lean.DbError (sqlite3.Error)."""
    from tractguard.instructions.endings import date_of
    from tractguard.rules.index import sorts_of, triggers_of

    os.makedirs(os.path.dirname(path), exist_ok=True)
    beside = f"{path}.{os.getpid()}.new"
    db = connect(beside, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("BEGIN")
        db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
        db.execute("CREATE TABLE instructions (position INTEGER PRIMARY KEY, record TEXT)")
        db.execute(
            "CREATE TABLE triggers (trigger TEXT, position INTEGER, PRIMARY KEY (trigger, position)) WITHOUT ROWID"
        )
        every: set[str] = set()
        live = [record for record in records if record.get("active")]
        for position, record in enumerate(live):
            db.execute("INSERT INTO instructions VALUES (?, ?)", (position, json.dumps(record, ensure_ascii=False)))
            if record.get("yields_to"):
                continue  # a later word goes before it: nothing triggers it
            found = {trigger for each in instruction_of(record).constraints for trigger in triggers_of(each)}
            every |= found
            db.executemany("INSERT INTO triggers VALUES (?, ?)", [(trigger, position) for trigger in sorted(found)])
        meta = {
            "version": __version__,
            "policy": json.dumps(policy, sort_keys=True),
            "policy_hash": policy_hash(policy),
            "stamps": json.dumps(stamps),
            "sorts": json.dumps(sorted(sorts_of(every))),
            "ends": repr(min((end for end in map(date_of, live) if end), default=0.0)),
            "urgent": str(urgent),
            "notices": json.dumps(list(notices), ensure_ascii=False),
        }
        db.executemany("INSERT INTO meta VALUES (?, ?)", list(meta.items()))
        db.execute("COMMIT")
        db.close()
        os.replace(beside, path)
    finally:
        db.close()
        if os.path.exists(beside):
            os.unlink(beside)
