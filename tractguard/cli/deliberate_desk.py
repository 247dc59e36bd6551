"""What all `deliberate` commands share: the records with what the ledger knows of them, one named, a change written."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from tractguard.cli.errors import Stop, Usage
from tractguard.cli.repository import here, opened

if TYPE_CHECKING:
    from tractguard.book import LiveBook
    from tractguard.deliberation.store import Item

DAY = 86_400.0


class Desk(NamedTuple):
    """The open book, and every record."""

    book: "LiveBook"
    items: "Sequence[Item]"
    now: float

    def item(self, id: str) -> "Item":
        """The record whose id begins so. Raises Usage."""
        wanted = id if id.startswith("d-") else f"d-{id}"
        found = [each for each in self.items if each.id.startswith(wanted)]
        exact = [each for each in found if each.id == wanted]
        if len(found) == 1 or exact:
            return (exact or found)[0]
        if found:
            raise Usage(f"{id} is the beginning of {len(found)} records: 'tractguard deliberate list' lists them")
        raise Usage(f"there is no record {id}: 'tractguard deliberate list' lists those there are")

    def valid(self, id: str) -> "Item":
        """The same, where it can be worked with. Raises Stop with the first thing that is wrong."""
        item = self.item(id)
        if not item.path:
            raise Stop(item.problems[0].why)
        if not item.fields or any(not each.note for each in item.problems):
            first = next(each for each in item.problems if not each.note)
            raise Stop(f"{self.name(item)}:{first.line}: {first.why}")
        return item

    def open(self, id: str) -> "Item":
        """The same, where it still waits for a decision. Raises Stop."""
        item = self.valid(id)
        if item.status != "open":
            when = f" on {str(item.fields['decided']['time'])[:10]}" if item.fields.get("decided") else ""
            raise Stop(f"{item.id} is {item.status.replace('_', ' ')}{when}: {again(item)}")
        return item

    def name(self, item: "Item") -> str:
        """A record's file, below the root."""
        return os.path.relpath(item.path, self.book.places.root) if item.path else item.id

    def earlier(self, but: str = "") -> list[Mapping[str, Any]]:
        """The fields of every record that can be read."""
        return [each.fields for each in self.items if each.valid and each.id != but]


def again(item: "Item") -> str:
    """How a record that has ended is taken up again."""
    return f"'tractguard deliberate review {item.id} --reopen' opens the question again"


@contextmanager
def desk() -> Iterator[Desk]:
    """The records of this repository. Raises Usage where nothing is set up."""
    from tractguard.deliberation.known import known
    from tractguard.deliberation.store import items, seen

    with opened(here()) as book:
        found = items(book.places, known(book.ledger))
        seen(found, book.places)
        yield Desk(book, found, time.time())


def person(what: str, at: Desk, item: "Item | None" = None) -> None:
    """Make sure that a person typed this into a terminal of their own. Raises NeedsPerson."""
    from tractguard.cli.person import present

    opened = item.known.opened if item is not None and item.known is not None else at.now
    present(what, places=at.book.places, since=max(opened, at.now - DAY))


def written(item: "Item", change: Callable[[str], str], at: Desk) -> str:
    """Write a change of a record that is still as it was seen; the new text. Raises Changed, OSError."""
    from tractguard.deliberation.store import save
    from tractguard.locking import RECORDS, locked

    with locked(at.book.places, RECORDS):
        text = change(item.text)
        save(item, text, at.book.places)
    return text


def assisted(at: Desk) -> bool:
    """Whether an assistant runs this command: it may draft, and approves nothing."""
    from tractguard.cli.person import below_a_session

    return below_a_session(at.book.places, os.environ)
