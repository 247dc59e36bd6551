"""Keeping what instruction files say, without repeating, reviving or overruling anything.

What stands in a file of the repository goes to the history that git sees; what a person keeps outside it (their own
CLAUDE.md, parent folders) goes to the local one. A line that a person retired, or that a later word replaced, stays so.
A file never overrules what was said in the chat, and replaces what an earlier import kept only where a person agrees:
an assistant can write files too.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tractguard.cli.histories import noted
from tractguard.places import Places
from tractguard.redact import redact

if TYPE_CHECKING:
    from tractguard.book import LiveBook
    from tractguard.instructions.directive import Directive
    from tractguard.instructions.history import Record
    from tractguard.instructions.importer import Import, ImportedLine

    Histories = dict[str, list[Record]]


class Kept(NamedTuple):
    """What came of an import."""

    added: tuple["Record", ...]
    retired: tuple["Record", ...]  # what the files no longer say
    left_out: tuple[str, ...]  # a sentence for each line that contradicts or relaxes what is in force


def keep(found: "Import", book: "LiveBook", *, agreed: bool) -> Kept:
    """Take over what the files say. `agreed`: a person lets lines replace or end those of earlier imports."""
    from tractguard.instructions.sources import IMPORTED, fingerprints
    from tractguard.keeping import records_in
    from tractguard.locking import locked

    with locked(book.places):
        histories = {path: records_in(path, book) for path in book.places.histories()}
        added, left_out = add_new(found.lines, histories, book, agreed)
        retired, still = retire_gone(found, histories, book.places, agreed)
        if added or retired:
            save_changed(histories, [*added, *retired], book)
    if added or retired:
        book.refresh()
        noted("instructions import", [*added, *retired], book)
    if agreed:
        book.ledger.put("", IMPORTED, json.dumps(fingerprints(book.places, book.environ)))
    return Kept(tuple(added), tuple(retired), (*left_out, *still))


def add_new(
    lines: Sequence["ImportedLine"], histories: "Histories", book: "LiveBook", agreed: bool
) -> tuple[list["Record"], list[str]]:
    """Add what is not known yet to the histories in place: what was added, and a sentence for what was left out."""
    from tractguard.instructions.history import add

    now = time.time()
    added: list[Record] = []
    left_out: list[str] = []
    for path, mine in by_history(lines, book).items():
        for line in mine:
            everything = [record for each in histories.values() for record in each]
            if is_known(line.directive, everything):
                continue
            why = objection(line, everything, agreed, book.places)
            if why:
                left_out.append(why)
            else:
                origin = shown(line.path, book.places)
                record = add(histories[path], line.directive, now=now, source="file", origin=origin).record
                record["scope"] = list(dict.fromkeys((*record["scope"], *line.scope)))
                added.append(record)
    return added, left_out


def retire_gone(
    found: "Import", histories: "Histories", places: Places, agreed: bool
) -> tuple[list["Record"], list[str]]:
    """End what files no longer say, where a person agrees: what was ended, and a sentence for what was not."""
    from tractguard.instructions.history import retire
    from tractguard.instructions.importer import NOT_AN_INSTRUCTION

    said = {redact(line.directive.text) for line in found.lines if line.outcome != NOT_AN_INSTRUCTION}
    files = {shown(path, places) for path in found.files}
    retired: list[Record] = []
    still: list[str] = []
    for records in histories.values():
        for old in records:
            if old.get("source") != "file" or not old.get("active") or old.get("origin") not in files:
                continue
            if old.get("text") in said:
                continue
            if agreed:
                retire(records, str(old["id"]), now=time.time(), by="import")
                retired.append(old)
            else:
                still.append(
                    f'"{old.get("text")}" ({old.get("id")}) is gone from {old.get("origin")} and stays in force'
                )
    return retired, still


def save_changed(histories: "Histories", changed: Iterable["Record"], book: "LiveBook") -> None:
    """Write the histories that hold one of `changed`."""
    from tractguard.trust import save_own

    touched = {id(record) for record in changed}
    for path, records in histories.items():
        if any(id(record) in touched for record in records):
            save_own(path, records, book.places, book.environ)


def by_history(lines: Iterable["ImportedLine"], book: "LiveBook") -> dict[str, list["ImportedLine"]]:
    """Lines by the history that they belong to."""
    from tractguard.instructions.importer import NOT_AN_INSTRUCTION
    from tractguard.keeping import file_for

    found: dict[str, list[ImportedLine]] = {}
    for line in lines:
        if line.outcome == NOT_AN_INSTRUCTION:
            continue
        inside = line.path.startswith(book.places.root.rstrip("/") + "/") and not line.path.endswith(".local.md")
        path = file_for(line.directive, book) if inside else book.places.local_history
        found.setdefault(path, []).append(line)
    return found


def is_known(directive: "Directive", records: Iterable["Record"]) -> bool:
    """Whether a history holds this already, in force or ended."""
    from tractguard.instructions.subjects import says_the_same
    from tractguard.model import constraints_of

    return any(
        str(old.get("text")) == directive.text
        or says_the_same(str(old.get("text", "")), constraints_of(old), directive.text, directive.constraints)
        for old in records
    )


def objection(line: "ImportedLine", records: Iterable["Record"], agreed: bool, places: Places) -> str:
    """Why a line must not be kept as it stands, "" where it may: it overrules what is in force, or relaxes it."""
    where = f'{shown(line.path, places)}:{line.line} "{line.directive.text}"'
    for old in replaced(line.directive, records):
        if not agreed or old.get("source") != "file":
            return (
                f'{where} contradicts "{old.get("text")}" ({old.get("id")}), which stays in force: '
                f"change the file, or retire {old.get('id')}"
            )
    if not agreed and any(each.get("permit") for each in line.directive.constraints):
        return f"{where} permits something, so a person must agree: run 'tractguard instructions import' in a terminal"
    return ""


def replaced(directive: "Directive", records: Iterable["Record"]) -> Iterator["Record"]:
    """The live records that a directive would replace."""
    from tractguard.instructions.subjects import same_subject
    from tractguard.model import constraints_of

    for old in records:
        if old.get("active") and same_subject(constraints_of(old), directive.constraints):
            yield old


def shown(path: str, places: Places) -> str:
    """A path as it may stand in a file that others read: relative, or from the home folder."""
    root, home = places.root.rstrip("/") + "/", os.path.expanduser("~").rstrip("/") + "/"
    if path.startswith(root):
        return path.removeprefix(root)
    return "~/" + path.removeprefix(home) if path.startswith(home) else os.path.basename(path)


def titles(found: "Import") -> set[tuple[str, int]]:
    """(path, line) of the headings among the lines of an import."""
    made: set[tuple[str, int]] = set()
    for path in {line.path for line in found.lines}:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read().split("\n")
        except OSError:
            continue
        for number, (above, below) in enumerate(zip(text, [*text[1:], ""], strict=True), 1):
            ruled = len(below.strip()) > 1 and set(below.strip()) in ({"="}, {"-"})
            if above.lstrip().startswith("#") or (above.strip() and ruled):
                made.add((path, number))
    return made


def line_json(line: "ImportedLine") -> dict[str, Any]:
    """An imported line as data."""
    from tractguard.cli.streams import directive_json

    calls = {"would_stop": line.stopped, "would_warn": line.warned, "would_pass": line.passed}
    return {
        "path": line.path,
        "line": line.line,
        "outcome": line.outcome,
        "text": line.directive.text,
        **directive_json(line.directive),
        **{key: {"tool": call.tool, "input": call.input} if call else None for key, call in calls.items()},
    }
