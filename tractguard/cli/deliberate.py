"""`deliberate`: the records of what only people decide. Open, look, analyse, check, bring back."""

import json
import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tractguard.cli import deliberate_decide, deliberate_rounds, deliberate_send
from tractguard.cli.deliberate_desk import Desk, assisted, desk
from tractguard.cli.errors import Stop, Usage

if TYPE_CHECKING:
    from tractguard.deliberation.analysis import Analysis
    from tractguard.deliberation.drafting import Draft
    from tractguard.deliberation.store import Item

app = typer.Typer(
    help="Decide what only people may decide, with a record that can be found a year later.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Id = Annotated[str, typer.Argument(metavar="ID", help="A record, as listed; its beginning will do.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Urgency = Annotated[str, typer.Option(help="CRITICAL, URGENT, IMPORTANT or ROUTINE; else read from the words.")]
Scale = Annotated[str, typer.Option(help="How many it concerns.")]
Harm = Annotated[str, typer.Option(help="What kind of harm is at stake.")]
DOMAINS = ("values", "user_agency", "cultural", "irreversible", "unprecedented")


@app.command()
def analyze(
    text: Annotated[str, typer.Argument(help="The question, in one sentence.")],
    urgency: Urgency = "",
    scale: Scale = "",
    harm: Harm = "",
    as_json: Json = False,
) -> None:
    """Lay a question out: frameworks in tension, trade-offs, groups, urgency, similar records. It writes nothing.

    \b
    Example:
      tractguard deliberate analyze "Disclose user data to prevent imminent harm?" --json
    """
    from tractguard.deliberation.analysis import as_data

    found = analysed(text, urgency, scale, harm)
    row = {**as_data(found), "precedents": [each.row() for each in precedents_here(found)]}
    if as_json:
        print(json.dumps(row, ensure_ascii=False, indent=2))
        return
    from tractguard.render import deliberation as shown

    shown.analysis(row)


def analysed(text: str, urgency: str = "", scale: str = "", harm: str = "") -> "Analysis":
    """The analysis of a question. Raises Usage where there is none, or the tier is not one."""
    from tractguard.deliberation.analysis import analyse
    from tractguard.deliberation.tiers import TIERS

    if not text.strip():
        raise Usage('say the question in one sentence: tractguard deliberate analyze "Should we …?"')
    if urgency and urgency.upper() not in TIERS:
        raise Usage(f"--urgency is one of {', '.join(TIERS)}, not {urgency}")
    return analyse(text, urgency=urgency.upper(), scale=scale, harm=harm)


def precedents_here(found: "Analysis") -> "list[Any]":
    """Similar records, where this folder has any."""
    from tractguard.cli.repository import here
    from tractguard.deliberation.precedents import similar
    from tractguard.deliberation.store import items

    earlier = [each.fields for each in items(here(), {}) if each.valid]
    return similar(found.question, found.topics, earlier)


@app.command("open")
def open_(
    question: Annotated[str, typer.Argument(help="The question, in one sentence.")],
    urgency: Urgency = "",
    routine: Annotated[bool, typer.Option("--routine", help="The short form, for a routine matter.")] = False,
    domain: Annotated[str, typer.Option(help=f"One of {', '.join(DOMAINS)}.")] = "values",
    scale: Scale = "",
    harm: Harm = "",
    missed: Annotated[bool, typer.Option("--missed", help="The guard should have stopped here, and did not.")] = False,
    as_json: Json = False,
) -> None:
    """Open a record: a question that people decide, with its analysis as a draft.

    \b
    Examples:
      tractguard deliberate open "Should telemetry be on by default?"
      tractguard deliberate open --routine "Which greeting for the Eid mailing?"
    """
    if domain not in DOMAINS:
        raise Usage(f"--domain is one of {', '.join(DOMAINS)}, not {domain}")
    found = analysed(question, "ROUTINE" if routine else urgency, scale, harm)
    with desk() as at:
        if missed and assisted(at):
            raise Usage("--missed counts against the guard, so a person says it: run it in a terminal of your own")
        draft = begun(found, at, domain, "missed" if missed else "person")
        name = os.path.relpath(draft.path, at.book.places.root)
        if as_json:
            print(json.dumps({"id": draft.id, "file": name, "urgency": found.urgency, "due": draft.fields["due"]}))
            return
        from tractguard.render import deliberation as shown

        shown.record_opened(draft.id, name, draft.fields)


def begun(found: "Analysis", at: Desk, domain: str, origin: str, follows: str = "") -> "Draft":
    """Write a new record and note it in the ledger."""
    from tractguard.deliberation.drafting import drafted
    from tractguard.deliberation.known import OPENED, note
    from tractguard.deliberation.precedents import similar
    from tractguard.deliberation.store import write
    from tractguard.locking import RECORDS, locked

    near = [each.row() for each in similar(found.question, found.topics, at.earlier())]
    draft = drafted(
        found,
        at.book.places.root,
        at.book.policy,
        now=at.now,
        origin=origin,
        domain=domain,
        precedents=near,
        follows=follows,
    )
    with locked(at.book.places, RECORDS):
        write(draft.path, draft.text, draft.id, at.book.places)
    file = os.path.relpath(draft.path, at.book.places.root)
    said = {"question": draft.fields["question"], "file": file, "domain": domain, "origin": origin}
    note(OPENED, draft.id, at.book, now=at.now, urgency=found.urgency, follows=follows, **said)
    return draft


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Also those that are decided or dismissed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List the records: what waits for people, what is due, what was edited after its decision.

    \b
    Example:
      tractguard deliberate list --all
    """
    from tractguard.deliberation.summary import row, wants_attention

    with desk() as at:
        rows = [row(each, at.book.places.root, at.now) for each in at.items]
        some = [each for each in rows if every or wants_attention(each)]
        if as_json:
            for each in some:
                print(json.dumps(each, ensure_ascii=False, separators=(",", ":")))
            return
        from tractguard.render import deliberation as shown

        shown.records(some, len(rows) - len(some))


@app.command()
def show(id: Id, as_json: Json = False) -> None:
    """Show one record: the question, its analysis, who was heard, the outcome, and what is wrong with the file.

    \b
    Example:
      tractguard deliberate show d-3fa81c
    """
    from tractguard.deliberation.rounds import states
    from tractguard.deliberation.summary import row

    with desk() as at:
        item = at.item(id)
        heard = states(item.text, item.fields) if item.valid else []
        summary = row(item, at.book.places.root, at.now)
        data = {**summary, **item.fields, "problems": summary["problems"], "rounds": rounds_data(heard)}
        if as_json:
            print(json.dumps(data, ensure_ascii=False, indent=2))
            return
        from tractguard.render import deliberation as shown

        shown.record(data)


def rounds_data(heard: "list[Any]") -> list[dict[str, Any]]:
    """The rounds as data: {"round", "closed", "groups": {group: entry | draft | no answer | open}}."""
    return [{"round": each.round, "closed": each.closed, "groups": dict(each.groups)} for each in heard]


@app.command()
def check(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Only these.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Validate the records, with line numbers: fields, approvals, edits after a decision. Exit code 1 for a wrong one.

    \b
    Example:
      tractguard deliberate check
    """
    with desk() as at:
        found = [at.item(id) for id in ids] if ids else list(at.items)
        rows = [
            {"id": item.id, "file": at.name(item), "line": each.line, "note": each.note, "why": each.why}
            for item in found
            for each in item.problems
        ]
        if as_json:
            for row in rows:
                print(json.dumps(row, ensure_ascii=False))
        else:
            from tractguard.render import deliberation as shown

            shown.record_problems(rows, len(found))
    if any(not row["note"] for row in rows):
        raise typer.Exit(1)


@app.command()
def restore(id: Id) -> None:
    """Write a record that has vanished again, as it was decided or last seen.

    \b
    Example:
      tractguard deliberate restore d-3fa81c
    """
    from tractguard import render
    from tractguard.deliberation.known import RESTORED, note
    from tractguard.deliberation.store import restore as again

    with desk() as at:
        item: Item = at.item(id)
        if item.path:
            raise Stop(f"{at.name(item)} is there: nothing was written")
        path = again(item, at.book.places)
        note(RESTORED, item.id, at.book, now=at.now)
        render.wrote([(path, "written again")])


@app.command()
def schema() -> None:
    """Print the JSON Schema of a record's front matter.

    \b
    Example:
      tractguard deliberate schema > deliberation.schema.json
    """
    from tractguard.deliberation.schema import json_schema

    print(json_schema(), end="")


app.command()(deliberate_rounds.stakeholders)
app.command("round")(deliberate_rounds.round_)
app.command()(deliberate_send.invite)
app.command()(deliberate_decide.decide)
app.command()(deliberate_decide.review)
app.command()(deliberate_decide.dismiss)
app.command()(deliberate_send.export)
