"""`instructions`: what is in force, and how a person changes it. Adding tightens; ending and changing need a person."""

import json
import os
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tractguard.cli.errors import Stop, Usage
from tractguard.cli.repository import all_records, here, live_records, opened
from tractguard.cli.sessions import is_of_a_session, one_of, session_records
from tractguard.cli.sessions import retire as retire_of_session

if TYPE_CHECKING:
    from tractguard.book import LiveBook
    from tractguard.instructions.directive import Directive
    from tractguard.places import Places

app = typer.Typer(
    help="List and change the instructions of this repository.", no_args_is_help=True, rich_markup_mode=None
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing. Refused inside a coding session.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="For example inst_001.")]


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List the instructions in force here, also those that a session has for itself or for its task alone.

    \b
    Example:
      tractguard instructions list --all
    """
    places = here()
    records, notices = (all_records(places), []) if every else live_records(places)
    records = [*records, *session_records(places)]
    if as_json:
        for record in records:
            print(json.dumps(record, ensure_ascii=False))
        return
    from tractguard import render

    render.instructions(records)
    render.notices(notices)


@app.command()
def show(id: Id, as_json: Json = False) -> None:
    """Show one instruction with all its dimensions, what it replaced and what replaced it.

    \b
    Example:
      tractguard instructions show inst_001
    """
    places = here()
    record = next((each for each in all_records(places) if each.get("id") == id), None)
    if record is None and is_of_a_session(id):
        record = one_of(id, places)
    if record is None:
        raise Usage(f"there is no instruction {id}: 'tractguard instructions list --all' shows all of them")
    if as_json:
        print(json.dumps(record, ensure_ascii=False, indent=2))
        return
    from tractguard import render

    render.instruction(record)


@app.command()
def add(
    text: Annotated[str, typer.Argument(help="One sentence, as you would say it to the assistant.")],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Add an instruction. Where it replaces or relaxes another one, a person must agree.

    \b
    Example:
      tractguard instructions add "Never touch migrations/"
    """
    from tractguard import render
    from tractguard.cli.histories import noted
    from tractguard.keeping import keep

    with opened(here()) as book:
        units = directives(text)
        if loosens(units, book):
            from tractguard.cli.person import confirm

            replaced = ", ".join(f'"{record["text"]}"' for record in replaced_by(units, book)) or "a prohibition"
            confirm("relaxing an instruction", f"Replace {replaced}?", yes=yes, places=book.places)
        added = keep(units, book, now=time.time(), source="user", origin="")
        noted("instructions add", [each.record for each in added], book)
        if as_json:
            print(json.dumps([each.record for each in added], ensure_ascii=False, indent=2))
        else:
            render.added(added)


def directives(text: str) -> "list[Directive]":
    """The directives of a text. Raises Stop where it holds none that would be kept."""
    from tractguard.instructions.classifier import read_text

    units = read_text(text)
    kept = [lasting(unit) for unit in units if unit.stored]
    if kept:
        return kept
    vague = any(unit.is_directive for unit in units)
    why = "is too vague to be kept" if vague else "does not read as an instruction"
    raise Stop(
        f'"{text}" {why}: say what to use or what never to do ("tractguard classify --explain" shows how it is read)'
    )


def lasting(unit: "Directive") -> "Directive":
    """What is added in a terminal holds for the project: there is no session or task that it could end with.

    Raises Stop where the sentence itself says that it holds for one session.
    """
    if unit.temporal_scope not in ("TASK", "SESSION"):
        return unit
    from tractguard.closing import lasting as without_span

    rest = without_span(unit.text)
    if rest.casefold() != unit.text.casefold():
        raise Stop(f'"{unit.text}" holds for one session or task: say it there, or add "{rest}"')
    persistence = "MEDIUM" if unit.persistence == "LOW" else unit.persistence
    return unit._replace(temporal_scope="PROJECT", persistence=persistence)


def replaced_by(units: "list[Directive]", book: "LiveBook") -> list[dict[str, Any]]:
    """The live records that directives would replace; what is said again replaces nothing."""
    from tractguard.cli.importing import is_known, replaced

    records = book.compiled.records()
    return [old for unit in units if not is_known(unit, records) for old in replaced(unit, records)]


def loosens(units: "list[Directive]", book: "LiveBook") -> bool:
    """Whether directives take away from what is in force: they permit something, or replace a record."""
    permits = any(each.get("permit") for unit in units for each in unit.constraints)
    return permits or bool(replaced_by(units, book))


@app.command()
def edit(
    id: Id,
    text: Annotated[str, typer.Argument(help="The new sentence.")],
    yes: Yes = False,
) -> None:
    """Reword an instruction: it is read anew and keeps its id. A person must do this.

    \b
    Example:
      tractguard instructions edit inst_001 "MongoDB runs on port 27037"
    """
    from tractguard import render
    from tractguard.cli.histories import home_of, noted
    from tractguard.cli.person import confirm
    from tractguard.instructions.history import record_of, timestamp
    from tractguard.locking import locked
    from tractguard.phases import Checkout, end_for
    from tractguard.trust import save_own

    if is_of_a_session(id):
        raise Usage(f"{id} holds for one session alone: retire it, and say it anew there")
    with opened(here()) as book:
        units = directives(text)
        if len(units) != 1:
            raise Stop(f"that reads as {len(units)} instructions: edit to one, and add the others")
        path, records = home_of(id, book)
        old = next(record for record in records if record.get("id") == id)
        confirm("changing an instruction", f'Change "{old["text"]}" to "{text}"?', yes=yes, places=book.places)
        now = time.time()
        with locked(book.places):
            path, records = home_of(id, book)
            at = next(place for place, record in enumerate(records) if record.get("id") == id)
            origin, until = str(records[at].get("origin", "")), end_for(units[0], Checkout(book), now, "user")
            new = record_of(units[0], id=id, now=now, source="user", origin=origin, until=until)
            kept: dict[str, Any] = {
                key: records[at][key] for key in ("timestamp", "supersedes", "said") if key in records[at]
            }
            edited: list[dict[str, Any]] = [
                *(records[at].get("edited") or []),
                {"time": timestamp(now), "was": records[at].get("text")},
            ]
            records[at] = {**new, **kept, "edited": edited}
            save_own(path, records, book.places, book.environ)
        book.refresh()
        noted("instructions edit", [records[at]], book)
        render.instruction(records[at])


@app.command()
def retire(id: Id, yes: Yes = False) -> None:
    """End an instruction. It stays in the history, inactive. A person must do this.

    \b
    Example:
      tractguard instructions retire inst_001
    """
    from tractguard import render
    from tractguard.cli.histories import home_of, noted
    from tractguard.cli.person import confirm
    from tractguard.instructions import history
    from tractguard.locking import locked
    from tractguard.trust import save_own

    if is_of_a_session(id):
        mine = one_of(id, here())
        confirm("retiring an instruction", f'Retire "{mine["text"]}" ({id})?', yes=yes, places=here())
        retire_of_session(mine, here())
        render.line(f'retired "{mine["text"]}" ({id})')
        return
    with opened(here()) as book:
        _, records = home_of(id, book)
        old = next(record for record in records if record.get("id") == id)
        confirm("retiring an instruction", f'Retire "{old["text"]}" ({id})?', yes=yes, places=book.places)
        with locked(book.places):
            path, records = home_of(id, book)
            ended = history.retire(records, id, now=time.time(), by="person")
            save_own(path, records, book.places, book.environ)
        book.refresh()
        noted("instructions retire", [ended] if ended else [], book)
    render.line(f'retired "{old["text"]}" ({id})')


@app.command()
def restore() -> None:
    """Write a lost, broken or repaired history again, from the instructions that are still in force.

    \b
    Example:
      tractguard instructions restore
    """
    from tractguard import render
    from tractguard.compiling import from_ledger
    from tractguard.instructions.history import load_repaired
    from tractguard.keeping import known_of
    from tractguard.locking import locked
    from tractguard.trust import save_own

    done = []
    with opened(here()) as book:
        from_record = [{k: v for k, v in each.items() if k != "file"} for each in from_ledger(book.ledger)]
        with locked(book.places):
            for path in book.places.histories():
                known = known_of(path, book) or (from_record if path == book.places.history else [])
                if known and not os.path.exists(path):
                    save_own(path, known, book.places, book.environ)
                    done.append((path, f"written again with {len(known)} instructions"))
                found = load_repaired(path)
                if found is not None and found[1]:
                    save_own(path, found[0], book.places, book.environ)
                    done.append((path, f"written again with {len(found[1])} repairs"))
        book.refresh()
    render.wrote(done or [(book.places.history, "is not missing: nothing was changed")])


@app.command("import")
def import_(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be kept.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Let changed lines replace what they said before.")] = False,
) -> None:
    """Read CLAUDE.md, AGENTS.md and their relatives again, and keep what is new.

    The table says of each line whether it is enforced (with a call that it stops), warned (it lets that call through
    with a warning), reminded, or not an instruction.
    A line never overrules what you said in the chat; a changed line replaces the old one where you agree. Inside a
    coding session nothing is kept: an assistant can write these files too.

    \b
    Example:
      tractguard instructions import --dry-run
    """
    from tractguard import render
    from tractguard.cli.importing import keep, line_json, titles
    from tractguard.cli.person import below_a_session
    from tractguard.instructions.importer import import_files

    places = here()
    found = import_files(places, os.environ)
    kept = None
    assisted = below_a_session(places, os.environ)
    if not dry_run and not assisted:
        with opened(places) as book:
            kept = keep(found, book, agreed=replacing(places, yes))
    if as_json:
        for line in found.lines:
            print(json.dumps(line_json(line), ensure_ascii=False))
        return
    render.imported(found, places.root, titles(found))
    render.notices([*found.problems, *(kept.left_out if kept else ())])
    added = render.counted(len(kept.added), "instruction") if kept else ""
    done = f"{added} added, {len(kept.retired)} ended" if kept else "nothing was written"
    if assisted and not dry_run:
        done += ": this is a coding session, and a person takes a file over; run it in a terminal of your own"
    render.line(done)


def replacing(places: "Places", yes: bool) -> bool:
    """Whether a person lets changed lines replace what they said before."""
    from tractguard.cli.person import below_a_session, in_terminal

    return (yes or in_terminal()) and not below_a_session(places, os.environ)


@app.command()
def schema() -> None:
    """Print the JSON Schema of .claude/instruction-history.json.

    \b
    Example:
      tractguard instructions schema > instruction-history.schema.json
    """
    from tractguard.instructions.schema import json_schema

    print(json_schema(), end="")
