"""`deliberate invite` and `deliberate export`: what goes out to people. The program writes it, a person sends it."""

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tractguard.cli.deliberate_desk import desk
from tractguard.cli.errors import Stop, Usage

if TYPE_CHECKING:
    from tractguard.deliberation.invitations import Invitation

Id = Annotated[str, typer.Argument(metavar="ID", help="A record; the beginning of its id will do.")]


def invite(
    id: Id,
    number: Annotated[int, typer.Option("--round", min=1, max=3, help="The round it invites to.")] = 1,
    group: Annotated[list[str] | None, typer.Option(help="Only this group. Repeat it.")] = None,
    by: Annotated[str, typer.Option(help="By when to answer: 2026-12-01; else when the record is due.")] = "",
    contact: Annotated[str, typer.Option(help="Where to answer.")] = "",
    out: Annotated[str, typer.Option(help="A folder to write one file a group to.")] = "",
) -> None:
    """Write an invitation for each approved group, in its language and tone. A person reads and sends them.

    The words are templates: put your own into .claude/deliberations/templates/invitation.LANGUAGE.TONE.md.

    \b
    Example:
      tractguard deliberate invite d-3fa81c --contact ethics@example.org --out invitations
    """
    from tractguard import render
    from tractguard.cli.deliberate_decide import dated
    from tractguard.deliberation.invitations import invitations
    from tractguard.deliberation.known import list_hash, note

    with desk() as at:
        item = at.open(id)
        if item.known is None or item.known.approved != list_hash(item.fields["stakeholders"]):
            raise Stop(
                f"nobody is invited before a person has approved the list:"
                f" 'tractguard deliberate stakeholders {item.id} --approve'"
            )
        known = [str(each["group"]).casefold() for each in item.fields["stakeholders"]]
        unknown = [each for each in group or () if each.casefold() not in known]
        if unknown:
            raise Usage(f'"{unknown[0]}" is not on the approved list')
        until = dated(by) or str(item.fields.get("due") or "")[:10]
        found = invitations(
            item.fields, at.book.places.root, number=number, by=until, contact=contact, only=group or ()
        )
        if out:
            render.wrote([(path, "written") for path in files(found, out, item.id)])
        else:
            for each in found:
                print(f"=== {each.group} ({each.language}, {each.tone}) ===\n\n{each.text}")
        render.notices([each.note for each in found if each.note])
        note("invitations written", item.id, at.book, now=at.now, round=number, groups=[each.group for each in found])


def files(found: "Sequence[Invitation]", folder: str, id: str) -> list[str]:
    """Write one file for each message; their paths."""
    os.makedirs(folder, exist_ok=True)
    paths = []
    for each in found:
        name = "-".join(re.findall(r"[a-z0-9]+", each.group.casefold()))[:60] or "group"
        path = os.path.join(folder, f"{id}-{name}.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(each.text)
        paths.append(path)
    return paths


def export(
    id: Id,
    html: Annotated[str, typer.Option(help="The file to write; '-' prints the page.")],
) -> None:
    """Write a record as one page to send round: it loads nothing, reads well on a phone, and prints.

    \b
    Example:
      tractguard deliberate export d-3fa81c --html newsletter.html
    """
    from tractguard import render
    from tractguard.deliberation.page import page

    with desk() as at:
        item = at.valid(id)
        text = page(item.fields, item.text, at.book.places.root)
        if html == "-":
            print(text, end="")
            return
        with open(html, "w", encoding="utf-8") as file:
            file.write(text)
        render.wrote([(html, "written")])
