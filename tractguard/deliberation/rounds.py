"""The rounds in a record's body: who has spoken, what is still open, and where an entry is written.

An entry stands below `### GROUP` in the section of its round; what an assistant drafted does not count until it was
made somebody's own. Nothing is counted but who was heard: there is no vote. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.deliberation.record import headings, joined, split
from tractguard.deliberation.tiers import CRITICAL, ROUTINE, URGENT

ROUND = re.compile(r"Rounds? ([1-4])(?: to ([1-4]))?\b")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
DRAFT, SILENT = "draft:", "no answer"
ENTRY, DRAFTED, NO_ANSWER, OPEN = "entry", "draft", "no answer", "open"
HOLE = "<!-- to be written by this group, or with it -->"


class State(NamedTuple):
    """How far a round is: each approved group with what there is of it."""

    round: int  # 1 stands for all of them where they are held at once
    groups: tuple[tuple[str, str], ...]  # (group, entry | draft | no answer | open)

    @property
    def closed(self) -> bool:
        """Whether every group was heard, or somebody said that it gave no answer."""
        return all(state in (ENTRY, NO_ANSWER) for _, state in self.groups)


def needed(tier: str) -> tuple[int, ...]:
    """The rounds that must be closed before a decision; the fourth is the decision itself."""
    return {CRITICAL: (), ROUTINE: (), URGENT: (1,)}.get(tier, (1, 2, 3))


def groups_of(fields: Mapping[str, Any]) -> list[str]:
    """The groups of the stakeholder list."""
    return [str(each["group"]) for each in fields.get("stakeholders") or []]


def states(text: str, fields: Mapping[str, Any]) -> list[State]:
    """Every round of a record's tier."""
    found = sections(split(text)[1])
    return [
        State(number, tuple((group, state_of(found.get(number, {}), group)) for group in groups_of(fields)))
        for number in needed(str(fields.get("urgency")))
    ]


def state_of(entries: Mapping[str, str], group: str) -> str:
    """What there is of one group in one round."""
    said = entries.get(group.casefold(), "")
    low = said.casefold()
    if not said:
        return OPEN
    if low.startswith(DRAFT):
        return DRAFTED
    return NO_ANSWER if low.startswith(SILENT) else ENTRY


def sections(body: str) -> dict[int, dict[str, str]]:
    """round -> group (in small letters) -> entry, comments and empty lines taken off."""
    lines = body.split("\n")
    found: dict[int, dict[str, str]] = {}
    for number, (start, end) in spans(body).items():
        inner = [(at, name) for at, name in headings(body, 3) if start < at < end]
        for place, (at, name) in enumerate(inner):
            stop = inner[place + 1][0] if place + 1 < len(inner) else end
            entry = COMMENT.sub("", "\n".join(lines[at + 1 : stop])).strip()
            found.setdefault(number, {})[name.casefold()] = entry
    return found


def spans(body: str) -> dict[int, tuple[int, int]]:
    """round -> (line of its heading, line behind its section)."""
    heads = list(headings(body, 2))
    found: dict[int, tuple[int, int]] = {}
    for place, (at, name) in enumerate(heads):
        hit = ROUND.match(name)
        if hit:
            stop = heads[place + 1][0] if place + 1 < len(heads) else len(body.split("\n"))
            found.setdefault(int(hit.group(1)), (at, stop))
    return found


def with_groups(text: str, groups: Sequence[str], numbers: Sequence[int]) -> str:
    """The record with a section for each group in each of these rounds; what is there stays."""
    for number in numbers:
        for group in groups:
            text = with_entry(text, number, group, None)
    return text


def with_entry(text: str, number: int, group: str, entry: str | None) -> str:
    """The record with an entry of a group in a round; with None only its heading. An entry that is there gets the new
    one below it, so that nothing is written over; a draft, and "no answer", are replaced.
    """
    head, body = split(text)
    if number not in spans(body):
        body = f"{body.rstrip()}\n\n## Round {number}\n"
    lines = body.split("\n")
    start, end = spans(body)[number]
    inner = [(at, name.casefold()) for at, name in headings(body, 3) if start < at < end]
    here = next((place for place, (_, name) in enumerate(inner) if name == group.casefold()), None)
    if here is None:
        while end > start and not lines[end - 1].strip():
            end -= 1
        lines[end:end] = ["", f"### {group}", "", entry or HOLE, ""]
        return joined(head, tidy(lines))
    if entry is None:
        return text
    at = inner[here][0]
    stop = inner[here + 1][0] if here + 1 < len(inner) else end
    before = COMMENT.sub("", "\n".join(lines[at + 1 : stop])).strip()
    keep = before and not before.casefold().startswith((DRAFT, SILENT))
    lines[at + 1 : stop] = ["", *([before, ""] if keep else []), entry, ""]
    return joined(head, tidy(lines))


def tidy(lines: Sequence[str]) -> str:
    """Lines as a text that ends with one line end."""
    return "\n".join(lines).rstrip("\n") + "\n"


def safe_entry(text: str) -> str:
    """An entry in which no line is a heading of the record, or opens a comment that would hide what follows."""
    lines = [f"\\{line}" if line.startswith("#") else line for line in text.strip().splitlines()]
    return "\n".join(lines).replace("<!--", "<! --")
