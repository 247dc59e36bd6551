"""`deliberate stakeholders` and `deliberate round`: whom to ask, and what they said. A person approves the list."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tractguard.cli.deliberate_desk import Desk, assisted, desk, person, written
from tractguard.cli.errors import Stop, Usage

if TYPE_CHECKING:
    from tractguard.deliberation.store import Item

Id = Annotated[str, typer.Argument(metavar="ID", help="A record; the beginning of its id will do.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Group = Mapping[str, Any]


def stakeholders(
    id: Id,
    add: Annotated[list[str] | None, typer.Option("--add", help="A group, or 'GROUP: why'. Repeat it.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="A group to leave out. Repeat it.")] = None,
    speak: Annotated[list[str] | None, typer.Option("--speak", help="'GROUP=de' or 'GROUP=de formal'.")] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Approve the list. A person must do this.")] = False,
    as_json: Json = False,
) -> None:
    """Show or change whom a question is put to. Before round 1 a person approves the list.

    Where nothing was listed yet, the suggested groups are the list. Changing it later needs a new approval.

    \b
    Examples:
      tractguard deliberate stakeholders d-3fa81c --add "night staff: they answer the calls"
      tractguard deliberate stakeholders d-3fa81c --approve
    """
    with desk() as at:
        item = at.open(id)
        groups = changed_list(item.fields, add or (), remove or (), speak or ())
        if approve:
            person("approving the stakeholder list", at, item)
            approved(item, groups, at)
        elif add or remove or speak:
            put(item, groups, at)
        now = at_again(id).fields if approve or add or remove or speak else item.fields
        data = {
            "id": item.id,
            "stakeholders": groups or now["stakeholders"],
            "suggested": [] if groups else now["suggested_stakeholders"],
            "left_out": left_out(item.fields, groups),
            "approved": bool(now.get("stakeholders_approved")),
        }
        if as_json:
            print(json.dumps(data, ensure_ascii=False, indent=2))
            return
        from tractguard.render import deliberation as shown

        shown.stakeholders(data)


def at_again(id: str) -> "Item":
    """The record as it is now."""
    with desk() as at:
        return at.item(id)


def changed_list(
    fields: Mapping[str, Any], add: Sequence[str], remove: Sequence[str], speak: Sequence[str]
) -> list[dict[str, Any]]:
    """The list with groups added, left out, and spoken to in their language. Raises Usage."""
    changes = bool(add or remove or speak)
    kept = [dict(each) for each in fields["stakeholders"]]
    if not kept and changes:
        kept = [dict(each) for each in fields["suggested_stakeholders"]]
    for text in remove:
        if not any(same(each, text) for each in kept):
            raise Usage(
                f'"{text}" is not on the list: {", ".join(str(each["group"]) for each in kept) or "it is empty"}'
            )
        kept = [each for each in kept if not same(each, text)]
    for text in add:
        group, _, why = text.partition(":")
        if not group.strip():
            raise Usage("--add needs a group: --add 'night staff: they answer the calls'")
        if not any(same(each, group) for each in kept):
            kept.append({"group": group.strip(), "why": why.strip()})
    for text in speak:
        group, _, how = text.rpartition("=")
        words = how.split()
        one = next((each for each in kept if same(each, group)), None)
        if one is None or not words or (len(words) > 1 and words[1] not in ("plain", "formal")):
            raise Usage(f"--speak is written 'GROUP=de' or 'GROUP=de formal', with a group of the list; not {text!r}")
        one.update(language=words[0], **({"tone": words[1]} if len(words) > 1 else {}))
    return kept


def same(each: Group, group: str) -> bool:
    """Whether a row is this group."""
    return str(each["group"]).casefold() == group.strip().casefold()


def put(item: "Item", groups: Sequence[Group], at: Desk) -> None:
    """Write a changed list: an approval of another one ends with it."""
    from tractguard.deliberation.approving import lean
    from tractguard.deliberation.record import with_fields

    changes = {"stakeholders": [lean(each) for each in groups], "stakeholders_approved": None}
    written(item, lambda text: with_fields(text, changes), at)


def left_out(fields: Mapping[str, Any], groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Suggested groups that are usually left out, and are left out here too."""
    return [
        dict(each)
        for each in fields["suggested_stakeholders"]
        if groups and each.get("usually_left_out") and not any(same(one, str(each["group"])) for one in groups)
    ]


def approved(item: "Item", groups: list[dict[str, Any]], at: Desk) -> None:
    """A person sees the list with those it leaves out, and approves it; the rounds get their sections."""
    from tractguard.cli.person import ask
    from tractguard.deliberation.approving import approve_list
    from tractguard.render import deliberation as shown

    groups[:] = groups or [dict(each) for each in item.fields["suggested_stakeholders"]]
    if not groups:
        raise Stop("there is no group on the list: add those whom it concerns with --add")
    shown.stakeholders(
        {"id": item.id, "stakeholders": groups, "left_out": left_out(item.fields, groups), "approved": False}
    )
    ask("Put the question to these groups?")
    approve_list(item, groups, at.book, at.now)


def round_(
    id: Id,
    number: Annotated[int, typer.Argument(min=1, max=3, help="The round; 1 stands for all in an URGENT matter.")] = 1,
    group: Annotated[str, typer.Option(help="Whose entry it is.")] = "",
    text: Annotated[str, typer.Option(help="What they said; or edit the file.")] = "",
    no_answer: Annotated[str, typer.Option(help="A group that gave no answer. A person says so.")] = "",
    as_json: Json = False,
) -> None:
    """Show a round, or write an entry into it. What an assistant writes is a draft until somebody makes it their own.

    A round is closed when each approved group has an entry, or a person says that it gave no answer. Nobody votes.

    \b
    Examples:
      tractguard deliberate round d-3fa81c
      tractguard deliberate round d-3fa81c 1 --group "support staff" --text "We would answer complaints for weeks."
      tractguard deliberate round d-3fa81c 1 --no-answer "marketing team"
    """
    with desk() as at:
        item = at.open(id)
        if group or text:
            if not (group and text.strip()):
                raise Usage("an entry needs both: --group 'support staff' --text 'what they said'")
            entry(item, number, group, text, at)
        if no_answer:
            person("saying that a group gave no answer", at, item)
            silence(item if not group else at_again(id), number, no_answer, at)
        now = at_again(id) if group or no_answer else item
        show_rounds(now, as_json)


def show_rounds(item: "Item", as_json: bool) -> None:
    """Print who was heard."""
    from tractguard.deliberation.rounds import states
    from tractguard.render import deliberation as shown

    rows = [
        {"round": each.round, "closed": each.closed, "groups": dict(each.groups)}
        for each in states(item.text, item.fields)
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    shown.rounds(rows, item.fields)


def entry(item: "Item", number: int, group: str, text: str, at: Desk) -> None:
    """Write an entry; a draft where an assistant runs this."""
    from tractguard.deliberation.rounds import safe_entry, with_entry
    from tractguard.redact import redact

    name = ready(item, number, group)
    said = safe_entry(redact(text))
    if assisted(at) and not said.casefold().startswith("draft:"):
        said = f"Draft: {said}"
    written(item, lambda before: with_entry(before, number, name, said), at)


def silence(item: "Item", number: int, group: str, at: Desk) -> None:
    """A person says that a group gave no answer."""
    from tractguard.deliberation.known import ANSWERED, note
    from tractguard.deliberation.rounds import with_entry
    from tractguard.deliberation.tiers import day

    name = ready(item, number, group)
    said = f"No answer (noted by a person on {day(at.now)})."
    written(item, lambda before: with_entry(before, number, name, said), at)
    note(ANSWERED, item.id, at.book, now=at.now, round=number, group=name)


def ready(item: "Item", number: int, group: str) -> str:
    """The group as the approved list names it, where this round is on. Raises Stop, Usage."""
    from tractguard.deliberation.known import list_hash
    from tractguard.deliberation.rounds import groups_of, needed, states

    if item.known is None or item.known.approved != list_hash(item.fields["stakeholders"]):
        raise Stop(
            f"no person has approved the stakeholder list of {item.id} yet:"
            f" 'tractguard deliberate stakeholders {item.id} --approve' in a terminal comes before round 1"
        )
    tier = str(item.fields["urgency"])
    if number not in needed(tier):
        rounds = ", ".join(map(str, needed(tier))) or "none"
        raise Usage(f"a matter of tier {tier} has these rounds to write in: {rounds}")
    before = [each for each in states(item.text, item.fields) if each.round < number and not each.closed]
    if before:
        raise Stop(
            f"round {before[0].round} is still open: 'tractguard deliberate round {item.id}' shows who is missing"
        )
    name = next((each for each in groups_of(item.fields) if each.casefold() == group.strip().casefold()), "")
    if not name:
        raise Usage(f'"{group}" is not on the approved list: {", ".join(groups_of(item.fields))}')
    return name
