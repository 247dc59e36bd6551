"""`obligations`: what is owed in the sessions of this repository, and a person's word that ends one."""

import json
import os
import time
from typing import Annotated, Any

import typer

from tractguard.cli.errors import Usage
from tractguard.cli.repository import here, needs_set_up, opened, set_up
from tractguard.places import Places

app = typer.Typer(
    help="What is owed: steps an instruction asks for, promises, open questions.\n\n"
    "Opened and discharged by events; 'discharge' is a person's word that one is settled.",
    invoke_without_command=True,
    no_args_is_help=False,
    rich_markup_mode=None,
)


@app.callback()
def listed(
    context: typer.Context,
    session: Annotated[str, typer.Option(help="Only this session's.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: one object a line.")] = False,
) -> None:
    """List what is owed, oldest first: cause, scope, age, closing condition.

    \b
    Example:
      tractguard obligations --json
    """
    if context.invoked_subcommand is not None:
        return
    places = here()
    needs_set_up(places)
    rows = rows_of(places, session)
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
        return
    from tractguard import render

    render.obligations(rows)


@app.command()
def discharge(
    id: Annotated[str, typer.Argument(help="An obligation, as listed: ob_001.")],
    reason: Annotated[str, typer.Option(help="Why it is settled; kept in the record.")] = "",
    session: Annotated[str, typer.Option(help="Its session, where two have the same id.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
) -> None:
    """Say that an obligation is settled. Needs a person: it takes away what a commit or stop waits for.

    \b
    Example:
      tractguard obligations discharge ob_003 --reason "tested by hand"
    """
    from tractguard.cli.allow import CHANNEL, note
    from tractguard.cli.person import confirm
    from tractguard.obligations import discharge as end

    places = here()
    needs_set_up(places)
    found = [row for row in rows_of(places, session) if row["id"] == id]
    if not found:
        raise Usage(f"there is no open obligation {id}: 'tractguard obligations' lists them")
    if not found[0]["session_id"]:
        raise Usage(f"{id} ends where its cause ends: {found[0]['closes']}")
    if len(found) > 1:
        raise Usage(f"{id} is open in {len(found)} sessions: add --session")
    row = found[0]
    confirm("ending an obligation", f'Is "{row["cause"]}" settled?', yes=yes, places=places)
    with opened(places, os.environ) as book:
        end(book.ledger, str(row["session_id"]), id)
        kept = {"what": "discharged", "id": id, "kind": row["kind"], "cause": row["cause"], "by": CHANNEL}
        note("obligation discharged", book, time.time(), obligations=[{**kept, "reason": reason}])
    from tractguard import render

    render.line(f"{id} is settled.")


def rows_of(places: Places, session: str = "") -> list[dict[str, Any]]:
    """What is open, as data; nothing where nothing was set up. Raises LedgerError, CannotCompile."""
    from tractguard.obligations import obligation_row, open_obligations

    if not set_up(places):
        return []
    now = time.time()
    with opened(places, os.environ) as book:
        found = open_obligations(book.ledger, session)
        if not session:
            from tractguard.obligations.standing import standing

            found += standing(places, book.ledger)
        return [obligation_row(each, now) for each in found]
