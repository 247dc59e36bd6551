"""Whether a person is there: the single door of the command line for whatever loosens the guard.

Whatever tightens needs nobody. A command counts as a person's when it runs in an interactive terminal, or says `--yes`
where that is offered, and no coding session stands above it (`tractguard/person.py`). This keeps an assistant's tool
call from lifting the guard by the front door. It cannot hold against a process of the same user that sets out to
deceive: docs/threat-model.md says so.
"""

import os
import sys
from collections.abc import Mapping

from tractguard.cli.errors import NeedsPerson, Stop
from tractguard.places import Places


def confirm(what: str, question: str, *, yes: bool, places: Places, environ: Mapping[str, str] = os.environ) -> None:
    """Let a person confirm what loosens the guard. Raises NeedsPerson, or Stop where the answer is no."""
    if below_a_session(places, environ):
        raise NeedsPerson(
            f"{what} needs a person, and this command was started inside a coding session: "
            "run it in a terminal of your own"
        )
    if yes:
        return
    if not in_terminal():
        raise NeedsPerson(f"{what} needs a person: run it in a terminal, or say --yes in a script of your own")
    ask(question)


def present(what: str, *, places: Places, since: float, environ: Mapping[str, str] = os.environ) -> None:
    """Make sure that a person typed this command into a terminal. `since`: the moment from which a tool call could have
    typed it. Raises NeedsPerson.
    """
    from tractguard.ledger import Ledger, LedgerError
    from tractguard.person import at_terminal, drove_terminal

    if not in_terminal():
        raise NeedsPerson(f"{what} needs a person: run it in a terminal of your own")
    try:
        with Ledger.open(places.ledger, create=False) as ledger:
            why = at_terminal(ledger, environ) or drove_terminal(ledger, since)
    except LedgerError:
        why = at_terminal(None, environ)
    if why:
        raise NeedsPerson(f"{what} needs a person in a terminal of their own, and {why}")


def in_terminal() -> bool:
    """Whether questions can be asked and answered."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask(question: str) -> None:
    """Ask in the terminal; anything but yes raises Stop."""
    import typer

    try:
        agreed = typer.confirm(question, err=True)  # stdout may be data
    except typer.Abort:
        agreed = False
    if not agreed:
        raise Stop("nothing was changed")


def below_a_session(places: Places, environ: Mapping[str, str]) -> bool:
    """Whether a coding session stands above this process: its marks in the environment, or, where a tool call took
    them out, an ancestor that is the client of a guarded session or carries the id of one.
    """
    from tractguard.ledger import Ledger, LedgerError
    from tractguard.person import at_terminal

    try:
        with Ledger.open(places.ledger, create=False) as ledger:
            return bool(at_terminal(ledger, environ))
    except LedgerError:
        return bool(at_terminal(None, environ))
