"""`watch`: every session of this repository as it happens."""

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tractguard.cli.repository import here, needs_set_up

if TYPE_CHECKING:
    from tractguard.ledger import Ledger
    from tractguard.watch import Story


def watch(
    once: Annotated[bool, typer.Option("--once", help="Show how things stand, and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is new, one JSON object a line.")] = False,
) -> None:
    """Watch all sessions of this repository: pressure, decisions, what is owed, files changed by no recorded call.

    \b
    Examples:
      tractguard watch
      tractguard watch --json | jq 'select(.event == "changed outside")'
    """
    from tractguard.ledger import Ledger
    from tractguard.watch import follow

    places = here()
    needs_set_up(places)
    with Ledger.open(places.ledger, create=False) as ledger:
        steps = follow(places, ledger, once=once)
        try:
            if as_json:
                for _, news in steps:
                    for row in news:
                        print(json.dumps(row, ensure_ascii=False, separators=(",", ":")), flush=True)
            else:
                from tractguard import render

                render.watched((seen(story, ledger, time.time()) for story, _ in steps), live=not once)
        except KeyboardInterrupt:
            return
        finally:
            steps.close()


def seen(story: "Story", ledger: "Ledger", now: float) -> dict[str, Any]:
    """What the screen shows."""
    from tractguard.cli.log import summary
    from tractguard.obligations import open_obligations
    from tractguard.pressure.state import level_of

    sessions = [
        {
            "id": each.id,
            "idle": now - each.last,
            "calls": each.calls,
            "stopped": each.stopped,
            "agents": len(each.agents),
            "doing": each.doing,
            "level": level_of(ledger, each.id),
            "owed": [owed.cause for owed in open_obligations(ledger, each.id)],
        }
        for each in story.live(now)
    ]
    return {
        "root": story.root,
        "sessions": sessions,
        "decisions": [summary(dict(row)) for row in list(story.decisions)[::-1]],
        "changes": [{"time": each.time, "path": each.path, "how": each.how} for each in list(story.changes)[::-1]],
    }
