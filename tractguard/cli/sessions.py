"""What sessions said for themselves alone: the instructions for a task or a session, kept in the ledger's state.

They have no file; each lives in the state of its session and ends with it. Ids are counted for each session, so two
sessions may have the same one: `task_003@SESSION`, with the beginning of a session's id, names one of them.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tractguard.cli.errors import Broken, Usage
from tractguard.places import Places
from tractguard.stored import read_rows

if TYPE_CHECKING:
    from tractguard.ledger import Ledger

Record = dict[str, Any]
KEY = "instructions"  # of a session's state
PREFIX = "task_"


def session_records(places: Places) -> list[Record]:
    """Every instruction of a session or a task that is in force, with its `session`. Raises LedgerError.

    Those of the session above this command come first. Ids that two sessions share carry their session.
    """
    from tractguard.ledger import Ledger

    if not os.path.exists(places.ledger):
        return []
    with Ledger.open(places.ledger, create=False) as ledger:
        found = [{**record, "session": session} for session, records in states(ledger) for record in records]
    ids = [str(record.get("id")) for record in found]
    for record, id in zip(found, ids, strict=True):
        if ids.count(id) > 1:
            record["id"] = f"{id}@{record['session'][:8]}"
    mine = os.environ.get("CLAUDE_CODE_SESSION_ID")
    return sorted(found, key=lambda record: record["session"] != mine)


def states(ledger: "Ledger") -> Iterator[tuple[str, list[Record]]]:
    """(session, its own instructions) of every session that has some, in the order of the session ids."""
    query = "SELECT session_id, value FROM state WHERE key = ? ORDER BY session_id"
    for session, value in ledger.db.execute(query, (KEY,)).fetchall():
        records = read_rows(value)
        if records:
            yield str(session), records


def is_of_a_session(id: str) -> bool:
    """Whether an id is one that a session gives."""
    return id.startswith(PREFIX)


def one_of(id: str, places: Places) -> Record:
    """The instruction of a session with an id, `task_003` or `task_003@SESSION`. Raises Usage.

    An id that several sessions have means the one of the session above this command, if there is one.
    """
    bare, _, session = id.partition("@")
    found = [
        record
        for record in session_records(places)
        if str(record["id"]).partition("@")[0] == bare and record["session"].startswith(session)
    ]
    mine = [record for record in found if record["session"] == os.environ.get("CLAUDE_CODE_SESSION_ID")]
    if len(mine or found) == 1:
        return {**(mine or found)[0], "id": bare}
    if found:
        names = ", ".join(f"{bare}@{record['session'][:8]}" for record in found)
        raise Usage(f"several sessions have a {bare}: say {names}")
    raise Usage(f"there is no instruction {id}: what was said for one task or session ends with it")


def retire(record: Record, places: Places) -> Record:
    """Take a record out of its session's state and note that in the ledger. Raises Usage where it has just ended."""
    from tractguard.cli.histories import noted
    from tractguard.cli.repository import opened
    from tractguard.instructions.history import timestamp

    session = str(record["session"])
    with opened(places) as book:
        taken_out(book.ledger, session, str(record["id"]))
        ended = {key: value for key, value in record.items() if key != "session"}
        ended.update(active=False, retired={"time": timestamp(time.time()), "by": "person"})
        noted("instructions retire", [ended], book, session=session)
    return ended


def taken_out(ledger: "Ledger", session: str, id: str) -> None:
    """Remove one record from a session's state, in one transaction: a prompt may be heard at the same time."""
    import sqlite3

    try:
        ledger.db.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        raise Broken(f"the ledger {ledger.path} cannot be written ({error}): try again") from error
    try:
        records = read_rows(ledger.get(session, KEY))
        left = [each for each in records if each.get("id") != id]
        if len(left) == len(records):
            raise Usage(f"{id} has just ended by itself")
        ledger.put(session, KEY, json.dumps(left, ensure_ascii=False))
        ledger.db.execute("COMMIT")
    except BaseException:
        ledger.db.execute("ROLLBACK")
        raise


def of_sessions(places: Places) -> list[Mapping[str, Any]]:
    """What `status` shows of them."""
    keys = ("id", "text", "temporal_scope", "session")
    return [{key: record.get(key) for key in keys} for record in session_records(places)]
