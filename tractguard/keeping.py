"""Keeping what was said, and ending what is over: each directive in the history it belongs to, one writer at a time.

A project's instructions go to the history that git sees, facts of this machine to the local one. Standard library only.
"""

import contextlib
import json
import os
from collections.abc import Sequence

from tractguard.book import LiveBook
from tractguard.decide import verdict_of
from tractguard.instructions.directive import Directive
from tractguard.instructions.history import Added, Record, add, end, load, timestamp
from tractguard.locking import locked
from tractguard.model import OTHER, Decision, Event
from tractguard.phases import Checkout, end_for, ended_by
from tractguard.places import Places
from tractguard.trust import save_own

HELD = "held "  # the key of a phase that a tool call tried to end, with the instruction's id
OF_THIS_MACHINE = (
    "on this machine",
    "on my machine",
    "on this laptop",
    "on my laptop",
    "/home/",
    "/users/",
    "c:\\users",
)


def keep(directives: Sequence[Directive], book: LiveBook, *, now: float, source: str, origin: str) -> list[Added]:
    """Add directives to the histories and compile them, so that the next call already knows them."""
    added: list[Added] = []
    with locked(book.places):
        by_file: dict[str, list[Directive]] = {}
        for directive in directives:
            by_file.setdefault(file_for(directive, book), []).append(directive)
        taken, checkout = ids_in_use(book.places), Checkout(book)
        for path, mine in by_file.items():
            records = records_in(path, book)
            for each in mine:
                until = end_for(each, checkout, now, source)
                added.append(add(records, each, now=now, source=source, origin=origin, until=until, taken=taken))
                taken.append(str(added[-1].record["id"]))
            save_own(path, records, book.places, book.environ)
    book.refresh(list(by_file))
    return added


def end_what_is_over(event: Event, book: LiveBook, *, asked: bool = True) -> list[str]:
    """End what was said until something that has come; a line for each. Raises OSError, BrokenHistory, LedgerError.

    `asked`: false just after a tool call that made the tag or the merge itself, and nobody had spoken of it: such a
    call loosens nothing, and from then on a person must end what waited for it.
    """
    waiting = [record for record in book.compiled.records() if isinstance(record.get("until"), dict)]
    waiting = [record for record in waiting if not book.ledger.get("", f"{HELD}{record.get('id')}")]
    checkout = Checkout(book)
    over: dict[str, dict[str, str]] = {}
    for record in waiting:
        why = ended_by(record, timestamp(event.time), checkout)
        if why:
            over.setdefault(str(record.get("file")), {})[str(record.get("id"))] = why
    if not over:
        return []
    if not asked:
        return hold([record for record in waiting if str(record["id"]) in over.get(str(record.get("file")), {})], book)
    gone: list[Record] = []
    with locked(book.places):
        for path, ids in over.items():
            records = records_in(path, book)
            for record in records:
                if record.get("active") and str(record.get("id")) in ids:
                    end(record, now=event.time, by=ids[str(record["id"])])
                    gone.append(record)
            save_own(path, records, book.places, book.environ)
    book.refresh(list(over))
    noted = Event(OTHER, event.host, "phase ended", event.time, event.session_id, cwd=event.cwd, root=event.root)
    book.record(noted, (), Decision(verdict_of(())), instructions=gone)  # from there it is known if the file is lost
    return [f'tractguard: "{each["text"]}" ({each["id"]}) has ended: {each["ended"]["by"]}.' for each in gone]


def hold(records: Sequence[Record], book: LiveBook) -> list[str]:
    """Leave records to a person; a line for each."""
    for record in records:
        book.ledger.put("", f"{HELD}{record['id']}", "1")
    return [
        f'tractguard: a tool call that you did not ask for did what "{each["text"]}" ({each["id"]}) waited for:'
        f" it stays in force. 'tractguard instructions retire {each['id']}' ends it."
        for each in records
    ]


def records_in(path: str, book: LiveBook) -> list[Record]:
    """The records of one history; where the file is gone, those last known of it. Raises BrokenHistory."""
    records = load(path)
    return known_of(path, book) if records is None else records


def known_of(path: str, book: LiveBook) -> list[Record]:
    """The live records that the compiled file knows of one history."""
    mine = [record for record in book.compiled.records() if record.get("file") == path]
    found_here = ("file", "contradicts", "yields_to")  # added when compiling, not part of the file
    return [{key: value for key, value in record.items() if key not in found_here} for record in mine]


def file_for(directive: Directive, book: LiveBook) -> str:
    """The history that a directive belongs to."""
    low = directive.text.casefold()
    if book.policy["instructions"]["store"] == "private" or any(mark in low for mark in OF_THIS_MACHINE):
        return book.places.local_history
    return book.places.history


def ids_in_use(places: Places) -> list[str]:
    """The ids in the histories of every worktree of the repository: none of them is given twice."""
    folders = [places.root, places.home_root]
    registered = os.path.join(places.home_root, ".git", "worktrees")
    for name in sorted(os.listdir(registered)) if os.path.isdir(registered) else ():
        with (
            contextlib.suppress(OSError, ValueError),
            open(os.path.join(registered, name, "gitdir"), encoding="utf-8") as file,
        ):
            folders.append(os.path.dirname(file.read().strip()))
    paths = [places._replace(root=folder).history for folder in folders]
    found: list[str] = []
    for path in dict.fromkeys([*paths, places.local_history]):
        with (
            contextlib.suppress(OSError, ValueError, LookupError, AttributeError, TypeError, RecursionError),
            open(path, encoding="utf-8") as file,
        ):
            found += [str(record.get("id")) for record in json.load(file)["instructions"]]
    return found
