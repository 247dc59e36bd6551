"""`deliberate decide`, `review`, `dismiss`: how a question ends, is looked at again, or was none: a person's to do."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tractguard.cli.deliberate_desk import Desk, desk, person
from tractguard.cli.deliberate_rounds import at_again
from tractguard.cli.errors import Stop, Usage

if TYPE_CHECKING:
    from tractguard.deliberation.store import Item

Id = Annotated[str, typer.Argument(metavar="ID", help="A record; the beginning of its id will do.")]
Many = list[str] | None
NONE_VOICED = ("moral_remainder", "dissent")
DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


def decide(
    id: Id,
    decision: Annotated[str, typer.Option(help="The decision, in one sentence that names its subject.")] = "",
    prioritize: Annotated[Many, typer.Option(help="A value that it puts first. Repeat it.")] = None,
    deprioritize: Annotated[Many, typer.Option(help="A value that it puts behind. Repeat it.")] = None,
    remainder: Annotated[str, typer.Option(help="The moral remainder: what is lost with it.")] = "",
    dissent: Annotated[Many, typer.Option(help="'FRAMEWORK | OBJECTION | HOLDER, HOLDER'. Repeat it.")] = None,
    none_voiced: Annotated[Many, typer.Option(help="moral_remainder or dissent: nobody voiced one.")] = None,
    justification: Annotated[str, typer.Option(help="Why it is done all the same.")] = "",
    applies_to: Annotated[str, typer.Option(help="To which cases it speaks, and to which not.")] = "",
    review_date: Annotated[str, typer.Option(help="When it is looked at again: 2027-05-01.")] = "",
    review_trigger: Annotated[str, typer.Option(help="What brings it up earlier.")] = "",
    no_agreement: Annotated[bool, typer.Option("--no-agreement", help="End without agreement.")] = False,
    supersede: Annotated[Many, typer.Option(help="An instruction that it takes the place of.")] = None,
    allow_call: Annotated[bool, typer.Option("--allow-call", help="Let the call that was stopped pass once.")] = False,
    allow: Annotated[str, typer.Option(help="A shell command, or 'TOOL {JSON}', within its limits: passes once.")] = "",
    go_ahead: Annotated[bool, typer.Option("--go-ahead", help="What was asked for may be carried out.")] = False,
) -> None:
    """Take the decision: a person, in a terminal, with what is lost and who objects. Nobody votes, nothing is ranked.

    What is missing here and in the file is asked for. What was stopped stays stopped, but for what you let pass.

    \b
    Example:
      tractguard deliberate decide d-3fa81c
    """
    with desk() as at:
        item = at.open(id)
        person("deciding", at, item)
        said = {
            "decision_made": decision,
            "values_prioritized": prioritize,
            "values_deprioritized": deprioritize,
            "moral_remainder": remainder,
            "dissenting_perspectives": [dissent_of(each) for each in dissent or ()],
            "none_voiced": checked_none(none_voiced or ()),
            "justification": justification,
            "precedent_applicability": applies_to,
            "review_date": dated(review_date),
            "review_trigger": review_trigger,
        }
        fields = {**item.fields, **{key: value for key, value in said.items() if value}}
        item = with_approved_list(item, at)
        heard(item)
        fields = asked(fields, at, agreed=not no_agreement)
        lacking(fields, agreed=not no_agreement)
        ended = gone(supersede or (), at)
        confirmed(item, fields, at, [str(each["id"]) for each in ended], agreed=not no_agreement)
        calls = passing(item, allow_call, allow, at)
        show_outcome(concluded(item, fields, at, ended, calls, agreed=not no_agreement, go_ahead=go_ahead))


def show_outcome(outcome: Mapping[str, Any]) -> None:
    """Print what became of a decision."""
    from tractguard.render import deliberation as shown

    shown.decided(outcome)


def dissent_of(text: str) -> dict[str, Any]:
    """'FRAMEWORK | OBJECTION | HOLDERS' as a row. Raises Usage."""
    parts = [part.strip() for part in text.split("|")]
    if len(parts) != 3 or not all(parts):
        raise Usage(
            "--dissent is written 'FRAMEWORK | OBJECTION | HOLDER, HOLDER': whose objection it is belongs to it"
        )
    framework, objection, holders = parts
    return {
        "framework": framework,
        "objection": objection,
        "stakeholders": [each.strip() for each in holders.split(",")],
    }


def checked_none(said: Sequence[str]) -> list[str]:
    """What nobody voiced. Raises Usage."""
    for each in said:
        if each not in NONE_VOICED:
            raise Usage(f"--none-voiced is {' or '.join(NONE_VOICED)}, not {each}")
    return list(dict.fromkeys(said))


def dated(text: str) -> str:
    """A date, or nothing. Raises Usage."""
    if text and not DATE.fullmatch(text):
        raise Usage(f"a date is written 2027-05-01, not {text!r}")
    return text


def with_approved_list(item: "Item", at: Desk) -> "Item":
    """The record with a stakeholder list that a person approved: in the tiers without rounds, just now. Raises Stop."""
    from tractguard.cli.person import ask
    from tractguard.deliberation.approving import approve_list, approved_list
    from tractguard.deliberation.rounds import needed
    from tractguard.render import deliberation as shown

    if approved_list(item):
        return item
    if needed(str(item.fields["urgency"])):
        raise Stop(
            f"no person has approved the stakeholder list yet: 'tractguard deliberate stakeholders {item.id} --approve'"
        )
    groups = [dict(each) for each in item.fields["stakeholders"] or item.fields["suggested_stakeholders"]]
    if not groups:
        raise Stop(f"say first whom it concerns: 'tractguard deliberate stakeholders {item.id} --add GROUP'")
    shown.stakeholders({"id": item.id, "stakeholders": groups, "left_out": [], "approved": False})
    ask("Are these the people whom it concerns?")
    approve_list(item, groups, at.book, at.now)
    return at_again(item.id)


def heard(item: "Item") -> None:
    """Stop where a group of the list was not heard."""
    from tractguard.deliberation.outcome import unheard

    open_ = unheard(item.text, item.fields)
    if open_:
        now = f"'tractguard deliberate round {item.id}' shows them; --no-answer GROUP closes what nobody answered"
        raise Stop(f"not everybody was heard. {'; '.join(open_)}. {now}")


QUESTIONS = (
    ("decision_made", "The decision, in one sentence that names its subject"),
    ("values_prioritized", "Values that it puts first (commas between)"),
    ("values_deprioritized", "Values that it puts behind (commas between)"),
    ("moral_remainder", "What is lost with it (- where nobody voiced any)"),
    ("dissenting_perspectives", "Dissent as FRAMEWORK | OBJECTION | HOLDERS (- where nobody voiced any)"),
    ("justification", "Why it is done all the same"),
    ("precedent_applicability", "To which cases it speaks, and to which not"),
    ("review_date", "When it is looked at again"),
    ("review_trigger", "What brings it up earlier"),
)
OF_A_DECISION = (
    "decision_made",
    "values_prioritized",
    "values_deprioritized",
    "moral_remainder",
    "dissenting_perspectives",
)


def asked(fields: dict[str, Any], at: Desk, *, agreed: bool) -> dict[str, Any]:
    """The outcome with what was still missing, asked for in the terminal."""
    from tractguard.deliberation.tiers import DAY, day, numbers

    offered = day(at.now + DAY * float(numbers(at.book.policy)["review_days"]))
    none = list(fields.get("none_voiced") or [])
    for key, question in QUESTIONS:
        word = {"moral_remainder": "moral_remainder", "dissenting_perspectives": "dissent"}.get(key, "")
        if fields.get(key) or word in none or (not agreed and key in OF_A_DECISION):
            continue
        answer = prompt(question, offered if key == "review_date" else "")
        if answer == "-" and word:
            none.append(word)
        elif answer and answer != "-":
            fields[key] = value_of(key, answer)
    return {**fields, "none_voiced": none}


def prompt(question: str, offered: str) -> str:
    """One line from the terminal. Raises Stop where the person leaves."""
    try:
        return str(typer.prompt(question, default=offered, show_default=bool(offered), err=True)).strip()
    except typer.Abort:
        raise Stop("nothing was decided") from None


def value_of(key: str, answer: str) -> Any:
    """An answer as the field holds it. Raises Usage."""
    if key.startswith("values_"):
        return [each.strip() for each in answer.split(",") if each.strip()]
    if key == "dissenting_perspectives":
        return [dissent_of(answer)]
    return dated(answer) if key == "review_date" else answer


def lacking(fields: Mapping[str, Any], *, agreed: bool) -> None:
    """Stop where the outcome is not complete."""
    from tractguard.deliberation.outcome import missing

    lacks = missing(fields, agreed=agreed)
    if lacks:
        raise Stop("nothing was decided. The outcome lacks " + "; ".join(lacks))


def gone(ids: Sequence[str], at: Desk) -> list[dict[str, Any]]:
    """The live instructions that are to be superseded. Raises Usage where one is none."""
    live = {str(each.get("id")): each for each in at.book.compiled.records()}
    for id in ids:
        if id not in live:
            raise Usage(f"{id} is no instruction in force: 'tractguard instructions list' shows them")
    return [live[id] for id in ids]


def confirmed(item: "Item", fields: Mapping[str, Any], at: Desk, ended: Sequence[str], *, agreed: bool) -> None:
    """Show the outcome, what it contradicts and similar records; a person confirms. Raises Stop."""
    from tractguard.cli.person import ask
    from tractguard.deliberation.outcome import contradictions
    from tractguard.deliberation.precedents import similar
    from tractguard.render import deliberation as shown

    live = [each for each in at.book.compiled.records() if str(each.get("id")) not in ended]
    against = contradictions(fields, live, at.earlier(item.id))
    near = similar(
        str(fields["question"]), fields["topics"], [each for each in at.earlier(item.id) if each.get("decided")]
    )
    shown.outcome(
        {
            **fields,
            "status": "decided" if agreed else "no_agreement",
            "contradictions": [each._asdict() for each in against],
            "superseded": list(ended),
            "similar": [{**each.row(), "decision": str(each.fields.get("decision_made") or "")} for each in near],
        }
    )
    question = "Decide so, although it contradicts what is shown?" if against else "Is this the decision?"
    ask(question if agreed else "End without agreement?")


def passing(item: "Item", exact: bool, command: str, at: Desk) -> list[dict[str, Any]]:
    """The calls that may pass once with this decision: the one that was stopped, or a command within its limits."""
    from tractguard.deliberation.stopped import calls_of
    from tractguard.lifting import call_hash

    stopped = [each for each in calls_of(item.id, at.book.ledger) if each.get("tool")]
    if exact and not stopped:
        raise Usage(f"no call was stopped for {item.id}: --allow 'COMMAND' names one")
    found = [dict(stopped[-1])] if exact else []
    if command:
        root = at.book.places.root
        where = stopped[-1] if stopped else {"cwd": root, "root": root}
        tool, given = named_call(command)
        call = call_hash(tool, given, str(where["cwd"]), str(where["root"]))
        found.append({"call": call, "what": f"{tool}: {command}" if tool == "Bash" else command})
    return found


def named_call(text: str) -> tuple[str, dict[str, Any]]:
    """A call as a person writes it: 'TOOL {"field": …}', else a shell command."""
    tool, _, rest = text.strip().partition(" ")
    if rest.startswith("{") and tool.replace("_", "").replace("-", "").isalnum():
        try:
            given = json.loads(rest)
        except ValueError as error:
            raise Usage(f"--allow: what follows {tool} is not valid JSON ({error})") from error
        if isinstance(given, dict):
            return tool, given
    return "Bash", {"command": text}


def concluded(
    item: "Item",
    fields: Mapping[str, Any],
    at: Desk,
    ended: Sequence[Mapping[str, Any]],
    calls: Sequence[Mapping[str, Any]],
    *,
    agreed: bool,
    go_ahead: bool,
) -> dict[str, Any]:
    """Write the outcome: the record, its instruction, what it ends, what may pass; all of it in the ledger."""
    from tractguard.deliberation.concluding import conclude

    ids = [str(each["id"]) for each in ended]
    outcome = conclude(item, fields, at.book, at.now, ids, calls, agreed=agreed, go_ahead=go_ahead and agreed)
    if item.fields["urgency"] == "CRITICAL" and agreed:
        outcome["follow_up"] = follow_up(item, at)
    return outcome


def follow_up(item: "Item", at: Desk) -> str:
    """What was decided in minutes is looked at whole afterwards: a record of its own, which stays open until it is."""
    from tractguard.cli.deliberate import analysed, begun

    question = f"Was it right, and does it stand: {item.fields['question']}"
    return begun(analysed(question, "IMPORTANT"), at, str(item.fields["domain"] or "values"), "follow-up", item.id).id


def review(
    id: Id,
    keep: Annotated[bool, typer.Option("--keep", help="The outcome stands.")] = False,
    next_date: Annotated[str, typer.Option("--next", help="The date of the next review.")] = "",
    reopen: Annotated[bool, typer.Option("--reopen", help="The question is open again.")] = False,
    accept_edits: Annotated[bool, typer.Option("--accept-edits", help="Edits after the decision are right.")] = False,
    note: Annotated[str, typer.Option(help="What the review found.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at a decision again: what changed in the file since, and whether it stands. A person says so.

    \b
    Examples:
      tractguard deliberate review d-3fa81c
      tractguard deliberate review d-3fa81c --keep --next 2027-11-01 --note "No complaints in six months."
      tractguard deliberate review d-3fa81c --reopen --note "The law has changed."
    """
    from tractguard.deliberation.concluding import again, differences

    if sum((keep, reopen, accept_edits)) > 1:
        raise Usage("say one of --keep, --reopen, --accept-edits")
    with desk() as at:
        item = at.item(id)
        if not item.fields or item.status == "open":
            raise Stop(f"{item.id} has no outcome to review")
        changed = differences(item, at.book.places)
        if not (keep or reopen or accept_edits):
            data = {"id": item.id, "question": item.question, "decision": item.fields.get("decision_made"),
                    "review_date": item.fields.get("review_date"), "trigger": item.fields.get("review_trigger"),
                    "changed": changed}  # fmt: skip
            if as_json:
                print(json.dumps(data, ensure_ascii=False, indent=2))
                return
            from tractguard.render import deliberation as shown

            shown.review(data)
            return
        person("reviewing a decision", at, item)
        what = "keep" if keep else "reopen" if reopen else "accept"
        said = again(item, what, at.book, at.now, note=note, next_date=dated(next_date), changed=changed)
        from tractguard import render

        render.line(said)


def dismiss(
    id: Id,
    reason: Annotated[str, typer.Option(help="Why it is not a matter of values.")] = "",
) -> None:
    """Say that a record is not a values matter. A person does this; it counts against the guard's precision.

    \b
    Example:
      tractguard deliberate dismiss d-3fa81c --reason "The names are variables, not people."
    """
    from tractguard import render
    from tractguard.deliberation.concluding import dismiss as dismissed

    if not reason.strip():
        raise Usage("say why it is not a values matter: --reason 'The names are variables, not people.'")
    with desk() as at:
        item = at.open(id)
        person("dismissing a matter", at, item)
        case = dismissed(item, reason, at.book, at.now)
        render.line(f"{item.id} is no values matter: what was stopped for it passes.")
        if case:
            render.line(f"A look-alike case is in {case}: 'tractguard test {case}' runs it.", indent=2)
