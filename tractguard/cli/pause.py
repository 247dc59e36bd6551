"""`pause`: from the next call on nothing is changed, in any session of this repository."""

import time

from tractguard.cli.repository import here, opened


def pause() -> None:
    """Refuse every call that would change something, until 'tractguard resume'. Needs nobody.

    \b
    Example:
      tractguard pause
    """
    from tractguard import render
    from tractguard.cli.allow import CHANNEL, note
    from tractguard.pausing import pause as begin

    with opened(here()) as book:
        now = time.time()
        if not begin(book.ledger, now, CHANNEL):
            render.line("It is paused already; 'tractguard resume' ends it.")
            return
        note("pause", book, now, paused={"by": CHANNEL})
        render.line("Paused: nothing is changed until 'tractguard resume'.")
