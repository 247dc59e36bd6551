"""`trust`: a person accepts what came with a clone, a pull or an editor."""

import os
import time
from typing import Annotated

import typer

from tractguard.cli.repository import here, opened


def trust(
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing. Refused inside a coding session.")] = False,
) -> None:
    """Accept histories, policy, hooks and the guard's own files as they are. A person must do this.

    What this guard did not write on this machine warns and refuses at once, but corrects, permits and loosens nothing
    before it was accepted.

    \b
    Example:
      tractguard trust
    """
    from tractguard import render
    from tractguard.as_installed import changed
    from tractguard.as_installed import note as note_installed
    from tractguard.cli.allow import note
    from tractguard.cli.person import confirm
    from tractguard.trust import accept_all, in_doubt

    with opened(here()) as book:
        found, other = in_doubt(book.places, os.environ), changed(book.places, os.environ)
        if not found and not other:
            render.line("All of it is trusted.")
            return
        if other:
            render.line(other.partition(":")[0] + ".")
        for path, records in found:
            render.line(os.path.relpath(path, book.places.root))
            for record in records:
                ended = "" if record.get("active") else " (ended there)"
                render.line(f"{record.get('id')} {record.get('text')}{ended}", indent=2)
        confirm("trusting what came from elsewhere", "Accept these as they are?", yes=yes, places=book.places)
        accept_all(book.places, os.environ)
        note_installed(book.places, os.environ, person=True)
        names = [os.path.basename(path) for path, _ in found]
        note("trust", book, time.time(), trusted=[*names, *(["guard"] if other else [])])
        render.line("Accepted: they hold in full from the next call on.")
