"""What a session is given back when it starts, resumes or was compacted: the instructions that matter, HIGH first.

Within a budget of tokens from policy; nothing where there is nothing. The model's context forgets, the guard does not.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from math import ceil
from typing import Any

from tractguard.anchor import lost
from tractguard.as_installed import at_start
from tractguard.book import LiveBook
from tractguard.closing import close_gone, note_client, offers, session_hash
from tractguard.decide import verdict_of
from tractguard.instructions.sources import IMPORTED, fingerprints
from tractguard.keeping import end_what_is_over
from tractguard.model import SESSION_START, Decision, Event, constraints_of, in_full
from tractguard.phases import Checkout, question

LOOK_BACK = 60  # events of the session that are looked at for the files at work
LETTERS_PER_TOKEN = 3.5  # of a plain word; whatever is not ASCII counts as a token itself, a mark as half of one
ORDER = {"HIGH": 0, "MEDIUM": 1, "VARIABLE": 2, "LOW": 3}
NAMED = re.compile(r"(?<![\w:/.@-])(?:[\w@.-]{1,40}/){1,8}[\w@.-]{0,60}")  # a path in a sentence
LONGEST_TEXT = 400  # characters of a sentence in which paths are looked for
MOST_SHOWN = 2  # globs of a scope
MORE = "({} more are in force)"
HEADING = "Instructions in force in this repository (tractguard checks the checkable ones at every call):"


def remind(event: Event, book: LiveBook) -> Decision:
    """Give the session its instructions, and record that it began. What is over ends first."""
    told: list[str] = []
    if event.kind == SESSION_START:
        told = starts(event, book)
    records = [*(each for each in book.compiled.records() if not each.get("yields_to")), *book.session]
    tokens = int(book.policy["instructions"]["reminder_tokens"])
    carried = ""
    if event.kind == SESSION_START:
        from tractguard.pressure.compaction import carried_over

        carried, heard = carried_over(event, book, tokens)
        told += heard
        tokens -= 0 if event.source != "compact" else tokens_of(carried)
    text = reminder(records, tokens, files_at_work(event, book))
    if event.kind == SESSION_START:
        told += [lost(book.ledger, book.places, book.environ), changed_files(book), *phases(records, event, book)]
        told += [at_start(book.places, book.environ), *offers(book)]
    text = "\n".join(each for each in (text, carried) if each)
    decision = Decision(
        verdict_of(()), "context" if text else "silence", text, "\n".join(line for line in told if line)
    )
    book.record(event, (), decision, **({"reminder_tokens": tokens_of(text)} if text else {}))
    return decision


def starts(event: Event, book: LiveBook) -> list[str]:
    """A session starts: what killed sessions left is closed, what has come ends; a line for each instruction ended."""
    if event.source != "compact":
        note_client(event, book, starts=True)
        close_gone(event, book)
    return end_what_is_over(event, book)


def files_at_work(event: Event, book: LiveBook) -> tuple[str, ...]:
    """The files that this session touched last, as paths below the root."""
    found: dict[str, None] = {}
    for record in book.ledger.of_session(event.session_id, most=LOOK_BACK):
        for kind, name, *_ in record.get("facts", ()):
            if kind in ("write", "append", "read") and name.startswith(book.places.root + "/"):
                found[name.removeprefix(book.places.root + "/")] = None
    return tuple(found)


def phases(records: Sequence[dict[str, Any]], event: Event, book: LiveBook) -> list[str]:
    """What was said for a phase whose end cannot be seen from here: asked about once, in a later session."""
    asked, checkout = [], Checkout(book)
    for record in records:
        mark = f"asked {record.get('id')}"
        if record.get("temporal_scope") != "PHASE" or record.get("origin") == session_hash(event.session_id):
            continue
        if book.ledger.get("", mark) is not None:
            continue
        until = question(record, checkout)
        if until:
            book.ledger.put("", mark, "1")
            asked.append(
                f'tractguard: "{record.get("text")}" ({record.get("id")}) was said {until}. Is that over?'
                f" 'tractguard instructions retire {record.get('id')}' ends it."
            )
    return asked


def changed_files(book: LiveBook) -> str:
    """What a person is told of instruction files that changed: a change is live once it was accepted."""
    before = book.ledger.get("", IMPORTED)
    if before is None:
        return ""
    known, now = json.loads(before), fingerprints(book.places, book.environ)
    names = sorted({os.path.basename(path) for path in {*known, *now} if known.get(path) != now.get(path)})
    if not names:
        return ""
    return (
        f"tractguard: {', '.join(names)} changed since it was imported;"
        " 'tractguard instructions import' shows the difference and takes it over."
    )


def reminder(records: Sequence[dict[str, Any]], tokens: int, files: Sequence[str] = ()) -> str:
    """As many instructions as fit into `tokens`, "" where there are none: HIGH first, then those about `files`, then
    those that hold anywhere, then the newest. What does not fit is counted.
    """
    newest = list(reversed(records))
    newest.sort(key=lambda record: (ORDER.get(str(record.get("persistence")), 2), -nearness(record, files)))
    lines, left = [HEADING], tokens - tokens_of(HEADING) - tokens_of(MORE.format(9999))
    for record in newest:
        line = f"- {in_full(record)}{meaning(record)}{where(record)} ({record.get('id')})"
        cost = tokens_of(line) + 1
        if cost <= left:
            left -= cost
            lines.append(line)
    if len(lines) == 1:
        return ""
    more = len(newest) - len(lines) + 1
    return "\n".join([*lines, MORE.format(more)] if more else lines)


def meaning(record: Mapping[str, Any]) -> str:
    """What a sentence means that does not say it itself ("no, 27031"): what was read from it with its context."""
    text, said = str(record.get("text")).casefold(), record.get("parameters")
    if not isinstance(said, dict) or all(str(value).casefold() in text for value in said.values()):
        return ""
    return " [" + ", ".join(f"{key} {value}" for key, value in sorted(said.items())) + "]"


def where(record: Mapping[str, Any]) -> str:
    """Where a sentence holds that does not say it itself: the paths of the file that it stands in."""
    scope = [str(glob) for glob in record.get("scope") or ()]
    text = str(record.get("text"))
    if not scope or any(glob.strip("*/.") in text for glob in scope):
        return ""
    return f" [in {', '.join(scope[:MOST_SHOWN])}]"


def tokens_of(text: str) -> int:
    """About how many tokens a text takes, on the safe side: a real tokenizer is too slow for a hook."""
    letters = sum(character.isalnum() for character in text if character.isascii())
    blanks = text.count(" ") + text.count("\n")
    others = sum(not character.isascii() for character in text)
    marks = len(text) - letters - blanks - others
    return ceil(letters / LETTERS_PER_TOKEN + marks * 0.5 + blanks * 0.25 + others)


def nearness(record: Mapping[str, Any], files: Sequence[str]) -> int:
    """2 where a record's scope, or a path that it names, covers one of `files`; 0 where it holds elsewhere; else 1."""
    globs = [*(record.get("scope") or ()), *NAMED.findall(str(record.get("text"))[:LONGEST_TEXT])]
    for each in constraints_of(record):
        globs += [*each.list("glob"), *each.list("path"), *each.list("scope")]
    if any(fnmatch(file, glob + "*") for glob in globs for file in files):
        return 2
    return 0 if globs and files else 1
