"""A new record: the template filled with the analysis of its question.

A draft for people: nothing in it is decided, and no group in it is approved. Standard library only, since a call that
is stopped opens one.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.deliberation.analysis import Analysis, title
from tractguard.deliberation.record import FOLDER, file_name, folder_of, new_id, with_fields
from tractguard.deliberation.tiers import CRITICAL, ROUTINE, URGENT, day, due, rounds_of
from tractguard.instructions.history import timestamp
from tractguard.policy import Policy
from tractguard.redact import redact

TRIAGE = """## Triage

<!-- One page, one person, now. Whatever is not known stays "not known"; the full record follows. -->

Who is in danger, of what, by when:

The smallest step that protects them:

What of it can be taken back, and how:

Who was reached, who was not:
"""
ROUND = """## Round {number}: {purpose}

<!-- {format}.
     Each approved group has a section here once a person has approved the list. "No answer" closes one without entry.
     What an assistant drafts begins with "Draft:" and does not count until somebody has made it their own. -->
"""


class Draft(NamedTuple):
    """A record that is not written yet."""

    id: str
    path: str
    text: str
    fields: Mapping[str, Any]


def drafted(
    found: Analysis,
    root: str,
    policy: Policy,
    *,
    now: float,
    origin: str,
    domain: str = "",
    background: str = "",
    precedents: Sequence[Mapping[str, Any]] = (),
    follows: str = "",
) -> Draft:
    """A record for an analysed question, with everything that was said redacted."""
    question = redact(found.question) or "What should be decided?"
    id, tier = new_id(question, now), found.urgency
    fields: dict[str, Any] = {
        "id": id,
        "question": question,
        "domain": domain or None,
        "topics": list(found.topics),
        "urgency": tier,
        "opened": timestamp(now),
        "due": timestamp(due(tier, now, policy)),
        "origin": origin,
        "value_trade_offs": list(found.trade_offs),
        "precedents": [dict(each) for each in precedents],
    }
    if follows:
        fields["follows"] = follows
    if tier == ROUTINE:
        fields["stakeholders"] = [{"group": each["group"], "why": each["why"]} for each in found.stakeholders[:5]]
    else:
        fields |= whole(found)
    filled = template("deliberation-short.md" if tier == ROUTINE else "deliberation.md", root)
    text = with_fields(filled, {key: redacted(value) for key, value in fields.items()})
    said = {"question": question, "background": redact(background), "rounds": sections(tier)}
    for name, value in said.items():
        text = text.replace("{{" + name + "}}", value)
    path = os.path.join(folder_of(root), file_name(question, id, day(now)))
    text = text.replace("\n\n\n\n", "\n\n")  # where there was no background
    return Draft(id, path, text.rstrip() + "\n", fields)


def whole(found: Analysis) -> dict[str, Any]:
    """What only the long form holds."""
    return {
        "scale": found.scale,
        "harm_type": found.harm_type,
        "moral_frameworks_in_tension": [dict(each) for each in found.frameworks],
        "affected_stakeholder_groups": list(found.groups),
        "suggested_stakeholders": [dict(each) for each in found.stakeholders],
        "discussion_rounds": rounds_of(found.urgency),
    }


def redacted(value: Any) -> Any:
    """A value with every secret in its texts masked."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: redacted(each) for key, each in value.items()}
    return [redacted(each) for each in value] if isinstance(value, (list, tuple)) else value


def sections(tier: str) -> str:
    """The rounds of a tier, as sections to write in. The last one is the outcome, which stands in the front matter."""
    parts = [TRIAGE] if tier == CRITICAL else []
    for each in rounds_of(tier):
        if each["round"] == 4:
            continue
        number = "1 to 3" if tier == URGENT else str(each["round"])
        purpose = title(str(each["purpose"])).rstrip(".")
        parts.append(ROUND.format(number=number, purpose=purpose, format=title(str(each["format"]))))
    return "\n".join(parts)


def template(name: str, root: str) -> str:
    """A template: the repository's own from `.claude/deliberations/templates/`, else the shipped one."""
    own = os.path.join(root, FOLDER, "templates", name)
    if os.path.isfile(own):
        with open(own, encoding="utf-8") as file:
            return file.read()
    from tractguard.cli.shipped import template as shipped

    return shipped(name)
