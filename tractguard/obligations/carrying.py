"""What a session still owes when it ends: what was its own ends with it, what the project asks for goes on.

A promise, a question and what a TASK or SESSION instruction asked for end. What a lasting instruction asks for waits in
the repository's state; the next session in that worktree takes it over, as far as the changed file is not committed yet
and the instruction is still in force. It holds no stop of that session back; its commit waits for it. Warm.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tractguard.model import Event, Fact
from tractguard.obligations import KEY, Obligation, discharge, note_named, open_obligations, opened
from tractguard.stored import read_rows

if TYPE_CHECKING:
    from tractguard.book import LiveBook

OF_INSTRUCTIONS = ("order", "along")
OWN = "task_"  # how the id of an instruction of one session begins
MOST_CARRIED = 50
NEW = ("startup", "clear", "resume")  # sources of a session start that takes over


def leave(session_id: str, book: "LiveBook") -> None:
    """End what was owed in a session alone, and keep the rest for the next one."""
    stays = [each for each in open_obligations(book.ledger, session_id) if _stays(each)]
    root = _root(session_id, book)

    def change(before: str | None) -> str:
        rows = read_rows(before)
        known = {(str(row.get("key")), str(row.get("root"))) for row in rows}
        for each in stays:
            if (each.key, root) not in known:
                row = {**each._asdict(), "id": f"ob_{_free(rows):03d}", "session": "", "root": root, "from": session_id}
                rows.append(row)
        return json.dumps(rows[-MOST_CARRIED:], ensure_ascii=False)

    if stays:
        book.ledger.change("", KEY, change)
    book.ledger.drop(session_id, KEY)


def taken_over(event: Event, book: "LiveBook") -> list[str]:
    """Take over what sessions before left open here; a line for the assistant for each."""
    if event.source not in NEW or event.agent_id or not book.ledger.get("", KEY):
        return []
    from tractguard.checks.tree import tree_of
    from tractguard.obligations.events import instructions_in_force, note
    from tractguard.obligations.orders import owed_by

    rows = read_rows(book.ledger.get("", KEY))
    mine = {str(row.get("id")) for row in rows if str(row.get("root") or "") in ("", book.places.root)}
    waiting = [each for each in open_obligations(book.ledger) if not each.session and each.id in mine]
    live = {owed.key for owed in owed_by(instructions_in_force(book))}
    tree = tree_of(book.places.root) if waiting else None
    lines = []
    for each in waiting:
        discharge(book.ledger, "", each.id)
        if each.key not in live or (tree is not None and each.scope not in tree.files):
            note("discharged", each, book)  # withdrawn, or somebody has committed it
            continue
        made = opened(
            book.ledger, event.session_id, key=each.key, kind=each.kind, cause=each.cause, scope=each.scope,
            closes=each.closes, now=each.opened, source=each.source,
        )  # fmt: skip
        if made is not None:
            note_named(book.ledger, event.session_id, [made.id])
            note("opened", made, book)
            lines.append(f'Still owed from a session before: "{each.cause}" ({each.scope} changed; {each.closes}).')
    return lines


def carried(event: Event, facts: Sequence[Fact], book: "LiveBook") -> list[Obligation]:
    """What this session took over and a commit of these facts waits for."""
    if KEY not in book.state:
        return []
    paths = [str(path) for fact in facts if fact.kind == "git" for path in fact.data.get("paths") or ()]
    found = [each for each in open_obligations(book.ledger, event.session_id) if each.kind in OF_INSTRUCTIONS]
    old = [each for each in found if each.opened < book.began]
    return [each for each in old if not paths or any(path.endswith(each.scope) for path in paths)]


def _stays(each: Obligation) -> bool:
    return each.kind in OF_INSTRUCTIONS and not each.source.startswith(OWN)


def _free(rows: Sequence[dict[str, object]]) -> int:
    numbers = [str(row.get("id")).rpartition("_")[2] for row in rows]
    return max((int(each) for each in numbers if each.isdigit()), default=0) + 1


def _root(session_id: str, book: "LiveBook") -> str:
    """The worktree that a session worked in; "" where that is not known."""
    from tractguard.places import places_of

    last = book.ledger.of_session(session_id, most=1)
    cwd = str(last[0].get("cwd") or "") if last else ""
    return places_of(cwd).root if cwd else ""
