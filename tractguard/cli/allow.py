"""`allow`: a person lets a refused call through, once, from a terminal of their own."""

import os
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tractguard.cli.errors import NeedsPerson, Stop, Usage
from tractguard.cli.repository import here, opened

if TYPE_CHECKING:
    from tractguard.book import LiveBook

WHAT = "lifting a refusal"
CHANNEL = "terminal"


def allow(
    code: Annotated[
        str, typer.Argument(help="The code of the refused call; without it those that wait are shown.")
    ] = "",
) -> None:
    """Let one refused call pass, once. A person must do this, in a terminal that no coding session has started.

    \b
    Example:
      tractguard allow 7f3a
    """
    from tractguard import render
    from tractguard.cli.person import present
    from tractguard.lifting import code_of, secret_key, waiting

    wanted = code.strip().casefold()
    if code and not is_code(wanted):
        raise Usage(f"{code!r} is no code: a code is four of the digits 0-9 and a-f, as in 'tractguard allow 7f3a'")
    with opened(here()) as book:
        now = time.time()
        found = waiting(book.ledger, now)
        present(WHAT, places=book.places, since=min((float(each["made"]) for each in found), default=now))
        key = secret_key(book.environ)
        if wanted:
            render.line(lift(wanted, book, key, now))
            return
        if not found:
            render.line("No refused call waits for a person.")
        for each in found:
            minutes = max(1, round((float(each["until"]) - now) / 60))
            render.line(f"allow {code_of(each, key)} {each['what']} ({', '.join(each['codes'])}; {minutes} min)")


def is_code(text: str) -> bool:
    """Whether a text has the form of a code."""
    from tractguard.lifting import LENGTH

    return len(text) == LENGTH and set(text) <= set("0123456789abcdef")


def lift(code: str, book: "LiveBook", key: bytes, now: float) -> str:
    """Lift what the code is for, recorded; what the person is told. Raises Stop."""
    from tractguard.lifting import allow as tried
    from tractguard.lifting import brief, waiting
    from tractguard.person import named_before

    since = min((float(each["made"]) for each in waiting(book.ledger, now)), default=now)
    why = named_before(code, book.ledger, since)
    if why:
        raise NeedsPerson(f"{why}: it lifts nothing any more; let the call be refused again for another code")
    found = tried(code, book.ledger, book.policy, key, now=now, by=CHANNEL)
    if found.refusal is None:
        raise Stop(found.why)
    note("allow", book, now, lifted=[brief(found.refusal)], session=str(found.refusal["session"]))
    return f"This passes once: {found.refusal['what']}"


def note(name: str, book: "LiveBook", now: float, *, session: str = "", **more: Any) -> None:
    """Record what a person did in a terminal."""
    from tractguard.decide import verdict_of
    from tractguard.model import OTHER, Decision, Event

    event = Event(OTHER, "terminal", name, now, session, cwd=os.getcwd(), root=book.places.root)
    book.record(event, (), Decision(verdict_of(())), **more)
