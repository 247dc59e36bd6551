"""`resume`: a person ends a pause."""

import time

from tractguard.cli.repository import here, opened


def resume() -> None:
    """End a pause. A person must do this, in a terminal that no coding session has started.

    \b
    Example:
      tractguard resume
    """
    from tractguard import render
    from tractguard.cli.allow import CHANNEL, note
    from tractguard.cli.person import present
    from tractguard.pausing import paused
    from tractguard.pausing import resume as end

    with opened(here()) as book:
        now, since = time.time(), paused(book.ledger)
        if not since:
            render.line("It is not paused.")
            return
        present("ending a pause", places=book.places, since=float(since.get("at") or 0.0))
        end(book.ledger)
        note("resume", book, now, resumed={"by": CHANNEL})
        render.line("It goes on.")
