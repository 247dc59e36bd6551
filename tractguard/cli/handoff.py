"""`handoff`: write down what a session leaves, list what was written, show it, compare two."""

import json
import os
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tractguard.cli.errors import Broken, Usage
from tractguard.cli.repository import here, needs_set_up, opened
from tractguard.places import Places

if TYPE_CHECKING:
    from tractguard.ledger import Ledger

app = typer.Typer(
    help="Write what a session leaves to the next one, or look at what was written.\n\n"
    "Without a subcommand the handoff of the session that spoke last is written; the next session that starts on this "
    "branch is given it, once.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
ASKED = "asked"  # the reason of a handoff that a command wrote


@app.callback()
def handoff(
    context: typer.Context,
    session: Annotated[str, typer.Option(help="Of this session; the beginning of its id will do.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    places = here()
    needs_set_up(places)
    row = written(places, session)
    if as_json:
        print(json.dumps(row, ensure_ascii=False))
        return
    from tractguard import render

    render.wrote([(row["path"], "created")])


def written(places: Places, wanted: str) -> dict[str, Any]:
    """Write the handoff of a session, recorded; what is known of it."""
    from tractguard.cli.allow import note
    from tractguard.handoff.write import path_of, write

    with opened(places) as book:
        now, session = time.time(), session_named(wanted, book.ledger)
        try:
            row = write(session, book, ASKED, now)
        except OSError as error:
            raise Broken(f"the handoff could not be written ({error}): check the folder's permissions") from error
        said = {key: row[key] for key in ("name", "reason", "sha256", "events", "branch")}
        note("handoff", book, now, handoff=said, session=session)
        return {**row, "path": path_of(row, places)}


def session_named(wanted: str, ledger: "Ledger") -> str:
    """The session meant: the one named, the one above this command, else the one that spoke last. Raises Usage."""
    beginning = wanted or os.environ.get("CLAUDE_CODE_SESSION_ID", "")
    query = (
        "SELECT session_id FROM events WHERE session_id != '' AND kind IN ('prompt', 'pre_tool', 'session_start')"
        " AND substr(session_id, 1, ?) = ? ORDER BY seq DESC LIMIT 1"
    )
    found = ledger.db.execute(query, (len(beginning), beginning)).fetchone()
    if found is None and not wanted:
        found = ledger.db.execute(query, (0, "")).fetchone()
    if found is None and wanted:
        raise Usage(f"there is no session {wanted}: 'tractguard log' shows them")
    if found is None:
        raise Usage("no session has been here yet: there is nothing to hand over")
    return str(found[0])


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List the handoffs, newest first: waiting, loaded, stale, for another branch, superseded.

    \b
    Example:
      tractguard handoff list --json | jq -r 'select(.status == "waiting").path'
    """
    rows = known(here())
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
        return
    from tractguard import render

    render.handoffs(rows)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="As listed; its beginning will do. Without it: the newest.")] = "",
) -> None:
    """Print a handoff.

    \b
    Example:
      tractguard handoff show
    """
    from tractguard import render

    row = named(name, known(here()), 0)
    print(text_of(row), end="")
    if row["changed"]:
        render.notices(["it was changed since tractguard wrote it: no session is given it"])


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="As listed; without it the one before the newest.")] = "",
    new: Annotated[str, typer.Argument(help="As listed; without it the newest.")] = "",
) -> None:
    """Print what is different between two handoffs.

    \b
    Example:
      tractguard handoff diff
    """
    import difflib

    rows = known(here())
    before, after = named(old, rows, 1), named(new, rows, 0)
    lines = difflib.unified_diff(
        text_of(before).splitlines(), text_of(after).splitlines(), before["name"], after["name"], lineterm="", n=1
    )
    print("\n".join(lines))


def known(places: Places) -> list[dict[str, Any]]:
    """Every handoff that this guard wrote here, with what became of it, newest first."""
    from tractguard.facts.world import Disk
    from tractguard.handoff.load import listed
    from tractguard.handoff.write import read, rows_in
    from tractguard.ledger import Ledger
    from tractguard.pressure.state import HANDOFFS, table

    needs_set_up(places)
    with opened(places) as book:
        days = float(table(book.policy, "handoff")["stale_days"])
    with Ledger.open(places.ledger, create=False) as ledger:
        rows = rows_in(ledger.get("", HANDOFFS))
    branch = Disk(places.root).branch(places.root) or ""
    found = listed(rows, branch, time.time(), days, places.root)
    return [{**row, "changed": bool(row["there"]) and read(row, places) is None} for row in found if row["there"]]


def named(name: str, rows: list[dict[str, Any]], at: int) -> dict[str, Any]:
    """The handoff whose name begins so, or the one at a place in the list. Raises Usage."""
    wanted = os.path.basename(name)
    found = [row for row in rows if str(row["name"]).startswith((wanted, f"handoff-{wanted}"))] if name else rows[at:]
    if name and len(found) > 1:
        found = [row for row in found if row["name"] in (wanted, f"{wanted}.md")] or found
    if not found and name:
        raise Usage(f"there is no handoff {name}: 'tractguard handoff list' shows them")
    if not found:
        raise Usage("there are not enough handoffs yet: 'tractguard handoff' writes one")
    if name and len(found) > 1:
        raise Usage(f"{name} is the beginning of {len(found)} handoffs: 'tractguard handoff list' shows them")
    return found[0]


def text_of(row: dict[str, Any]) -> str:
    """The text of a handoff."""
    with open(row["path"], encoding="utf-8", errors="replace") as file:
        return file.read()
