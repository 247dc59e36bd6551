"""`undo --to-green`: files as they were at the last green run of a check, on a person's word."""

import json
import os
import time
from collections.abc import Sequence

from tractguard.cli.errors import Broken, Usage
from tractguard.cli.repository import opened
from tractguard.places import Places


def to_green(paths: Sequence[str], places: Places, *, yes: bool, as_json: bool) -> None:
    """Bring files back. Raises Usage where there was no green run, NeedsPerson, Broken."""
    from tractguard import render
    from tractguard.checks.green import last_greens
    from tractguard.checks.restore import to_green as bring_back
    from tractguard.cli.allow import note
    from tractguard.cli.person import confirm
    from tractguard.recovery_git import Unknown

    wanted = [os.path.abspath(path) for path in paths]
    with opened(places, os.environ) as book:
        greens = sorted(last_greens(book.ledger).values(), key=lambda each: float(each.get("time") or 0))
        if not greens:
            raise Usage("no green run of a check was seen: name one in [checks] of the policy, and run it")
        green = greens[-1]
        what = ", ".join(paths) or "everything that changed"
        confirm(
            "bringing work back", f"Bring back {what} as at the green `{green['command']}`?", yes=yes, places=places
        )
        now = time.time()
        try:
            done = bring_back(green, wanted, places, book.policy, book.ledger, now)
        except Unknown as error:
            raise Broken(f"nothing was brought back: {error}; 'tractguard undo' lists the recovery points") from error
        note("undo to green", book, now, restored={"to": green["tree"], "undo": done.undo, "files": len(done.written)})
    if as_json:
        print(json.dumps({"to": green, **done._asdict()}, ensure_ascii=False))
        return
    lines = [f"brought back {path}" for path in done.written] + [f"removed {path}" for path in done.removed]
    lines += [f"kept {path}: it was made since" for path in done.kept]
    for line in lines or ["everything is as it was at that run: nothing was changed"]:
        render.line(line)
    if done.undo:
        render.line(f"'tractguard undo {done.undo}' takes this back")
