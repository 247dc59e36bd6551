"""The calls that were stopped for a record: which, where, in which session. Standard library."""

import json
from collections.abc import Mapping
from typing import Any

from tractguard.ledger import Ledger
from tractguard.stored import read_object

STOPPED = "stopped for records"  # the key in the repository's state
MOST, MOST_CALLS = 200, 10


def read(value: str | None) -> dict[str, list[dict[str, Any]]]:
    """record -> its stopped calls, oldest first; nothing where it cannot be read."""
    return {key: rows for key, rows in read_object(value).items() if isinstance(rows, list)}


def calls_of(record: str, ledger: Ledger) -> list[dict[str, Any]]:
    """The calls that were stopped for a record: {"call", "what", "tool", "cwd", "root", "session", "key", "matter"}."""
    return read(ledger.get("", STOPPED)).get(record, [])


def record_for(key: str, ledger: Ledger) -> str:
    """The record of a matter or of an exact call, "" where there is none."""
    for record, rows in read(ledger.get("", STOPPED)).items():
        if any(key and key in (row.get("key"), row.get("matter"), row.get("call")) for row in rows):
            return record
    return ""


def add(record: str, row: Mapping[str, Any], ledger: Ledger) -> None:
    """Note a stopped call; the same call is noted once."""

    def changed(before: str | None) -> str:
        found = read(before)
        rows = [each for each in found.pop(record, []) if each.get("call") != row.get("call")]
        found[record] = [*rows, dict(row)][-MOST_CALLS:]
        return json.dumps(dict(list(found.items())[-MOST:]), ensure_ascii=False)

    ledger.change("", STOPPED, changed)
