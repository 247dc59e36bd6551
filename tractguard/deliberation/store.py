"""The records of a repository: found, read, held against the ledger, and written. One writer at a time. Cold.

The file is the truth of what it says; the ledger is the truth of who approved it. A write compares what is there with
what the writer had seen, so that nobody's words are written over; a copy of what was last seen, and of what was
decided, lies beside the ledger, so that a vanished file can be written again.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.deliberation.known import Known, list_hash, outcome_hash
from tractguard.deliberation.record import (
    DECIDED,
    ENDED,
    FOLDER,
    BrokenRecord,
    hash_of,
    paths_in,
    read_text,
    value_of,
)
from tractguard.deliberation.schema import Problem, read
from tractguard.instructions.history import write_atomically
from tractguard.places import Places


class Changed(BrokenRecord):
    """Somebody else wrote the record in between. The message is one sentence."""


class Item(NamedTuple):
    """One record: what its file says and what the ledger knows of it."""

    id: str
    path: str  # "" where the file is gone
    text: str
    fields: Mapping[str, Any]
    problems: tuple[Problem, ...]
    known: Known | None

    @property
    def valid(self) -> bool:
        """Whether it can be worked with: every field is as the schema says."""
        return bool(self.fields) and not any(not each.note for each in self.problems)

    @property
    def question(self) -> str:
        said = self.fields.get("question") or (self.known.question if self.known else "")
        return str(said or "")

    @property
    def status(self) -> str:
        return str(self.fields.get("status") or (self.known.status if self.known else "open"))


def items(places: Places, known: Mapping[str, Known]) -> list[Item]:
    """Every record, oldest first: those on disk, then those that the ledger knows and that are not there."""
    found = [item_at(path, places, known) for path in paths_in(places.root)]
    there = {each.id for each in found}
    ids = [each.id for each in found]
    twice = {id for id in ids if ids.count(id) > 1}
    why = "is the id of two files: give one of them a new id"
    found = [with_problem(each, 1, f"{each.id} {why}") if each.id in twice else each for each in found]
    for id, each in known.items():
        if id not in there and each.root == places.root:
            why = (
                f"{each.file or id} is not in this checkout (deleted, or on another branch):"
                f" 'tractguard deliberate restore {id}' writes it again as it was last seen"
            )
            found.append(Item(id, "", "", {}, (Problem(0, why),), each))
    return found


def item_at(path: str, places: Places, known: Mapping[str, Known]) -> Item:
    """One record from its file."""
    name = os.path.relpath(path, places.root)
    try:
        text = read_text(path)
    except FileNotFoundError:
        text = ""
    except BrokenRecord as error:
        return Item(id_of(path, ""), path, "", {}, (Problem(0, str(error)),), known.get(id_of(path, "")))
    found = read(text)
    id = str(found.fields.get("id") or "") or id_of(path, text)
    mine = known.get(id)
    problems = found.problems
    item = Item(id, path, text, found.fields, problems, mine)
    return item._replace(problems=(*problems, *(against(item, name) if item.valid else ())))


def id_of(path: str, text: str) -> str:
    """The id of a record that cannot be read: from its text, else from its name."""
    said = value_of(text, "id")
    return said or f"d-{os.path.basename(path).removesuffix('.md').rpartition('-')[2]}"


def with_problem(item: Item, line: int, why: str) -> Item:
    """The same record with one more problem."""
    return item._replace(problems=(*item.problems, Problem(line, why)))


def against(item: Item, name: str) -> Iterator[Problem]:
    """What the file says and the ledger does not bear out, and what in it does not hold together."""
    fields, mine = item.fields, item.known
    line = line_number(item.text, "status")
    yield from whole(fields, item.text)
    if mine is None or mine.status == "open":
        if fields["status"] in (DECIDED, "no_agreement"):
            who = "nobody decided it on this machine" if mine is None else "no person decided it here"
            yield Problem(
                line, f"{item.id} says that it is {fields['status']}, and {who}: it allows nothing here", True
            )
        if fields.get("stakeholders_approved") and (mine is None or mine.approved != list_hash(fields["stakeholders"])):
            at = line_number(item.text, "stakeholders_approved")
            why = "no person approved this list on this machine: 'tractguard deliberate stakeholders ID --approve'"
            yield Problem(at, why.replace("ID", item.id), note=mine is None)
        return
    if fields["status"] != mine.status:
        why = f"{item.id} was {mine.status} by a person, and the file says {fields['status']}"
        yield Problem(line, f"{why}: 'tractguard deliberate review {item.id} --reopen' opens it again")
    elif mine.outcome and outcome_hash(fields) != mine.outcome:
        why = f"{item.id} was edited after its decision, the outcome too: the decision stays what it was"
        yield Problem(line, f"{why}; 'tractguard deliberate review {item.id}' shows the difference")
    elif mine.hash and hash_of(item.text) != mine.hash:
        why = f"{item.id} was edited after its decision, the outcome is as decided"
        yield Problem(line, f"{why}: 'tractguard deliberate review {item.id} --accept-edits' takes the edits over")


def whole(fields: Mapping[str, Any], text: str) -> Iterator[Problem]:
    """Fields that must go together."""
    if fields["status"] == DECIDED:
        for name in ("decision_made", "justification", "review_date"):
            if not fields.get(name):
                yield Problem(line_number(text, name), f"{name} is missing in a record that is decided")
        for name, word in (("moral_remainder", "moral_remainder"), ("dissenting_perspectives", "dissent")):
            if not fields.get(name) and word not in fields["none_voiced"]:
                yield Problem(
                    line_number(text, name), f"{name} is missing: say what is lost and who objects, or {none_of(word)}"
                )
    if fields["status"] == "dismissed" and not fields.get("dismissed"):
        yield Problem(line_number(text, "status"), "dismissed needs its reason: dismissed: {time, reason}")
    groups = [str(each["group"]).casefold() for each in fields["stakeholders"]]
    for group in {each for each in groups if groups.count(each) > 1}:
        yield Problem(line_number(text, "stakeholders"), f'the group "{group}" is there twice')


def none_of(word: str) -> str:
    """How a person says that there was nothing to say."""
    return f"have a person say that none was voiced (none_voiced: [{word}])"


def line_number(text: str, key: str) -> int:
    """The line of a top-level field, 1 where it is not there."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(f"{key}:"):
            return number
    return 1


# Writing


def save(item: Item, text: str, places: Places) -> str:
    """Write a record that is still as `item` saw it; the hash of what was written. Called inside `locked`.

    Raises Changed, with what was to be written kept beside the ledger.
    """
    try:
        now = read_text(item.path)
    except FileNotFoundError:
        now = None
    if now != item.text:
        kept = unsaved(item.id, text, places)
        what = "is gone" if now is None else "was changed by somebody else"
        raise Changed(
            f"{item.id} {what} while you worked on it, so nothing was written over; what you said is kept in {kept}:"
            f" look at 'tractguard deliberate show {item.id}' and say it again"
        )
    write(item.path, text, item.id, places)
    return hash_of(text)


def write(path: str, text: str, id: str, places: Places) -> None:
    """Write a record and a copy of it. Raises OSError."""
    write_atomically(path, text.encode("utf-8", "replace"))
    write_atomically(copy_of(id, places), text.encode("utf-8", "replace"))
    if value_of(text.partition("\n---")[0], "status") in ENDED:
        write_atomically(copy_of(id, places, ended=True), text.encode("utf-8", "replace"))


def unsaved(id: str, text: str, places: Places) -> str:
    """Keep a text that could not be written, under a name that nothing has."""
    number = 1
    while os.path.exists(path := os.path.join(places.state, "deliberations", f"{id}.unsaved-{number}.md")):
        number += 1
    write_atomically(path, text.encode("utf-8", "replace"))
    return os.path.relpath(path, places.root)


def copy_of(id: str, places: Places, *, ended: bool = False) -> str:
    """Where the copy of a record lies: as last seen, or as decided."""
    return os.path.join(places.state, "deliberations", f"{id}.ended.md" if ended else f"{id}.md")


def seen(found: Sequence[Item], places: Places) -> None:
    """Keep what was seen of open records, so that one that vanishes can be written again as a person last edited it."""
    for each in found:
        if each.valid and each.path and each.status not in ENDED:
            copy = copy_of(each.id, places)
            with contextlib.suppress(OSError):
                if not os.path.exists(copy) or read_text(copy) != each.text:
                    write_atomically(copy, each.text.encode("utf-8", "replace"))


def restore(item: Item, places: Places) -> str:
    """Write a vanished record again, as it was decided or last seen; its path. Raises BrokenRecord, OSError."""
    for path in (copy_of(item.id, places, ended=True), copy_of(item.id, places)):
        ended = item.known is not None and item.known.status in ENDED
        if os.path.exists(path) and (ended or not path.endswith(".ended.md")):
            text = read_text(path)
            file = item.known.file if item.known and item.known.file else f"{FOLDER}/{os.path.basename(path)}"
            target = os.path.join(places.root, file)
            if os.path.exists(target):
                raise BrokenRecord(f"{file} is there: move it aside first")
            write_atomically(target, text.encode("utf-8", "replace"))
            return target
    raise BrokenRecord(f"no copy of {item.id} is left here: look for it in git ('git log --all -- {FOLDER}')")
