"""`pressure`: how full a session is, from its own figures or from numbers that are given."""

import json
import os
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tractguard.cli.errors import Usage

if TYPE_CHECKING:
    from tractguard.pressure.report import Estimate


def pressure(
    messages: Annotated[int | None, typer.Option(min=0, help="Since the last compaction.")] = None,
    compactions: Annotated[int | None, typer.Option(min=0, help="Of this session.")] = None,
    tokens_used: Annotated[int | None, typer.Option(min=0, help="In the context.")] = None,
    tokens_max: Annotated[int | None, typer.Option(min=0, help="Of the window; 0: unknown.")] = None,
    tasks: Annotated[int | None, typer.Option(min=0, help="Open ones.")] = None,
    errors: Annotated[int | None, typer.Option(min=0, help="Of late.")] = None,
    instructions: Annotated[int | None, typer.Option(min=0, help="In force.")] = None,
    conflicts: Annotated[int | None, typer.Option(min=0, help="Pairs of instructions.")] = None,
    go_on: Annotated[bool, typer.Option("--go-on", help="Let complex work pass in the critical sessions.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how full the context of the live sessions is: five factors, a score, a level.

    With numbers: the formula alone, with the policy that is built in and nothing that was learned. Without: every
    session of this repository that has not ended, read from its ledger and transcript.

    \b
    Examples:
      tractguard pressure
      tractguard pressure --messages 45 --tokens-used 90000 --tokens-max 200000 --json
    """
    given = {
        "messages": messages,
        "compactions": compactions,
        "used": tokens_used,
        "window": tokens_max,
        "tasks": tasks,
        "errors": errors,
        "instructions": instructions,
        "conflicts": conflicts,
    }
    said = {name: value for name, value in given.items() if value is not None}
    if tokens_max == 0 and not tokens_used:
        said["used"] = -1  # nothing is known of the tokens
    if go_on:
        if said:
            raise Usage("--go-on takes no numbers")
        let_go_on()
    elif said:
        show_formula(said, as_json)
    else:
        show_sessions(as_json)


def show_formula(said: dict[str, int], as_json: bool) -> None:
    """Print what the formula makes of numbers."""
    from tractguard.policy import DEFAULTS
    from tractguard.pressure.formula import Numbers, measure

    found = measure(Numbers(**said), DEFAULTS["pressure"]).json()
    if as_json:
        print(json.dumps(found, indent=2))
        return
    from tractguard import render

    render.pressure(found)


def show_sessions(as_json: bool) -> None:
    """Print every live session, one object a line or one table each."""
    from tractguard.cli.repository import here
    from tractguard.pressure.tokens import unmeasured

    rows = sessions(here().root, unmeasured)
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
        return
    from tractguard import render

    if not rows:
        render.line("No session is live in this repository.")
    for row in rows:
        render.pressure(row)


def sessions(folder: str, estimate: "Estimate | None" = None) -> list[dict[str, Any]]:
    """The live sessions of a repository; `estimate` counts what no usage tells yet."""
    from tractguard.cli.repository import opened
    from tractguard.places import places_of
    from tractguard.pressure.report import live_sessions

    with opened(places_of(folder), os.environ) as book:
        return live_sessions(book.ledger, book.compiled, book.policy, time.time(), estimate)


def let_go_on() -> None:
    """A person lets complex work pass in the sessions that hold it back."""
    from tractguard import render
    from tractguard.cli.allow import CHANNEL, note
    from tractguard.cli.person import present
    from tractguard.cli.repository import here, opened
    from tractguard.pressure.state import CRITICAL, GONE_ON, LEVEL, READING, at_least
    from tractguard.stored import read_object

    with opened(here()) as book:
        now = time.time()
        query = "SELECT session_id, value FROM state WHERE key = ?"
        levels = {str(id): str(level) for id, level in book.ledger.db.execute(query, (LEVEL,))}
        crowded = {id: level for id, level in levels.items() if at_least(level, CRITICAL)}
        held = [id for id, level in crowded.items() if not at_least(book.ledger.get(id, GONE_ON) or "", level)]
        if not held:
            render.line("No session holds complex work back.")
            return
        kept = [read_object(book.ledger.get(id, READING)) for id in held]
        since = min(float(each.get("handed_at") or now) for each in kept)
        present("letting complex work pass", places=book.places, since=since)
        for id in held:
            book.ledger.put(id, GONE_ON, levels[id])
            note("go on", book, now, gone_on={"by": CHANNEL}, session=id)
        render.line(f"Complex work passes in {render.counted(len(held), 'session')}.")
