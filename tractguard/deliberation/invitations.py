"""Invitations: a message for each approved group, in its language and register. A person sends them.

The words are templates that people edit (`.claude/deliberations/templates/invitation.LANGUAGE.TONE.md`); values come
named in the language of the message. Pure but for the templates. Cold.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.deliberation.drafting import template
from tractguard.deliberation.rounds import needed
from tractguard.deliberation.tiers import URGENT
from tractguard.tables import table

FALLBACK = "en"
MOST_VALUES = 3


class Invitation(NamedTuple):
    """One message, ready to be read and sent by a person."""

    group: str
    language: str
    tone: str
    text: str
    note: str = ""  # where the language or tone asked for is not there


def invitations(
    fields: Mapping[str, Any], root: str, *, number: int, by: str, contact: str, only: Sequence[str] = ()
) -> list[Invitation]:
    """A message for each group of the list, or for those named. `by`: a date, "" for none."""
    wanted = [each.casefold() for each in only]
    rows = [each for each in fields["stakeholders"] if not wanted or str(each["group"]).casefold() in wanted]
    return [invitation(each, fields, root, number, by, contact) for each in rows]


def invitation(
    group: Mapping[str, Any], fields: Mapping[str, Any], root: str, number: int, by: str, contact: str
) -> Invitation:
    """The message for one group."""
    language, tone = str(group.get("language") or FALLBACK), str(group.get("tone") or "plain")
    text, note = written_in(language, tone, root)
    spoken = language if language in table("deliberation")["invitations"] else FALLBACK
    words = table("deliberation")["invitations"][spoken]
    why = str(group.get("why") or "")
    said = {
        "group": str(group["group"]),
        "question": str(fields["question"]),
        "values": listed(values_of(fields, spoken), words["and"]),
        "why": words["why"].format(why=why) if why and spoken == FALLBACK else "",
        "round": round_name(words, str(fields["urgency"]), number),
        "purpose": words["purposes"][number - 1],
        "by": words["by"].format(date=by) if by else words["soon"],
        "contact": contact or str(group.get("contact") or "…"),
    }
    for name, value in said.items():
        text = text.replace("{{" + name + "}}", value)
    return Invitation(said["group"], language, tone, text, note)


def written_in(language: str, tone: str, root: str) -> tuple[str, str]:
    """The template of a language and tone, and a note where another one had to do."""
    tries = [(language, tone), (language, "plain"), (FALLBACK, tone)]
    for place, (one, register) in enumerate(tries):
        try:
            text = template(f"invitation.{one}.{register}.md", root)
        except OSError:
            continue
        missing = f"there is no template for {language} {tone}: {one} {register} was used;"
        own = f" put yours in .claude/deliberations/templates/invitation.{language}.{tone}.md"
        return text, missing + own if place else ""
    raise FileNotFoundError(f"invitation.{FALLBACK}.plain.md")


def values_of(fields: Mapping[str, Any], language: str) -> list[str]:
    """The values at stake, named in a language: those of the trade-offs, as far as the table knows them."""
    data = table("deliberation")
    at = data["languages"].index(language)
    known = {str(names[0]).casefold(): str(names[at]) for names in data["values"].values()}
    found: dict[str, None] = {}
    for pair in fields["value_trade_offs"]:
        for value in str(pair).split(" vs. "):
            found[known.get(value.strip().casefold(), value.strip().casefold())] = None
    return list(found)[:MOST_VALUES]


def listed(values: Sequence[str], joined_by: str) -> str:
    """Values as one enumeration."""
    return joined_by.join([", ".join(values[:-1]), values[-1]]) if len(values) > 1 else "".join(values)


def round_name(words: Mapping[str, Any], tier: str, number: int) -> str:
    """How a round is called in the message."""
    if tier == URGENT:
        return str(words["all"])
    return str(words["round"]).format(n=number) if needed(tier) else str(words["form"])
