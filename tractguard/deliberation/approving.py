"""A person approves whom a question is put to: the list in the file, its rounds, the step in the ledger.

The caller made sure of a person. Cold.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.book import LiveBook
from tractguard.deliberation.known import APPROVED, list_hash, note
from tractguard.deliberation.record import with_fields
from tractguard.deliberation.rounds import needed, with_groups
from tractguard.deliberation.store import Item, save
from tractguard.instructions.history import timestamp
from tractguard.locking import RECORDS, locked

Group = Mapping[str, Any]
USUAL = {"language": "en", "tone": "plain", "usually_left_out": False}


def lean(each: Group) -> dict[str, Any]:
    """A row of the list without what says nothing."""
    return {key: value for key, value in each.items() if value not in ("", None) and USUAL.get(key) != value}


def approved_list(item: Item) -> bool:
    """Whether a person approved, on this machine, the list that the record has now."""
    said = item.known.approved if item.known is not None else ""
    return bool(said) and said == list_hash(item.fields["stakeholders"])


def approve_list(item: Item, groups: Sequence[Group], book: LiveBook, now: float, *, by: str = "terminal") -> str:
    """Write an approved list and note it; the new text. Raises Changed, OSError."""
    rows = [lean(each) for each in groups]
    changes = {"stakeholders": rows, "stakeholders_approved": {"time": timestamp(now), "by": by}}
    names = [str(each["group"]) for each in rows]
    with locked(book.places, RECORDS):
        text = with_groups(with_fields(item.text, changes), names, needed(str(item.fields["urgency"])))
        save(item, text, book.places)
    note(APPROVED, item.id, book, now=now, list=list_hash(rows), groups=names, by=by)
    return text
