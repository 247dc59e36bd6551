"""What a decision that only people may take looks like, once it was recognised.

Immutable values for prompts and calls alike, and the finding that they become. It refuses to know how one is found.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tractguard.model import APPROVED, ESCALATED, Finding, Instruction
from tractguard.tables import table

DOMAINS = ("values", "user_agency", "cultural", "irreversible", "unprecedented")
CODES = {domain: f"TG70{number}" for number, domain in enumerate(DOMAINS, 1)}
DECIDED = "TG709"  # a person has already decided this
APPROVAL, JUDGEMENT = "human_approval", "human_judgment"
LONGEST_SHOWN = 120


class Boundary(NamedTuple):
    """A decision that was recognised in a text."""

    domain: str
    reason: str  # one line: what is being decided
    confidence: float  # 0..1
    topic: str  # a key of "topics" in data/boundaries.json
    sentence: str  # as it was said, not redacted
    alternatives: tuple[str, ...]  # what an assistant may do instead
    final_decision_requires: str  # human_judgment | human_approval


def requires(domain: str) -> str:
    """What the decision needs: a judgement, or only somebody's yes."""
    return APPROVAL if domain == "irreversible" else JUDGEMENT


def topic_row(topic: str) -> Mapping[str, Any]:
    """What is known of a topic: `reason`, `instead` (a list), `checks` (a list)."""
    topics: Mapping[str, Any] = table("boundaries")["topics"]
    row: Mapping[str, Any] = topics.get(topic) or topics["other"]
    return row


def explanation(domain: str, topic: str, reason: str, known: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a finding says beside its sentence (SPEC 3). `known` answers safety checks: yes, no, unknown."""
    row = topic_row(topic)
    checks = dict.fromkeys(row["checks"], "unknown") | dict(known or {})
    return {
        "decision": "BLOCK",
        "requires_human": True,
        "reason": reason,
        "topic": topic,
        "alternatives_ai_can_provide": list(row["instead"]),
        "safety_checks": checks,
        "final_decision_requires": requires(domain),
    }


def explained(found: Finding) -> Finding:
    """The finding of a rule of calls, with what SPEC 3 wants said beside it, and with what may be done meanwhile."""
    topic = str(table("boundaries")["calls"].get(found.code, "other"))
    said = explanation(found.domain, topic, found.why)
    meanwhile = f"{found.way_out.rstrip('.')}. Meanwhile: {said['alternatives_ai_can_provide'][0]}."
    return found._replace(way_out=meanwhile.lstrip(". "), data={**said, **found.data})


def finding_of(boundary: Boundary) -> Finding:
    """The finding for a decision that a text asks for."""
    reason = boundary.reason
    return Finding(
        code=CODES[boundary.domain],
        rule=f"a decision on {table('boundaries')['domains'][boundary.domain]}",
        status=ESCALATED,
        why=f'"{shown(boundary.sentence)}" {reason}; a person decides that.',
        way_out=f"Meanwhile: {boundary.alternatives[0]}.",
        confidence=round(boundary.confidence, 3),
        conflict_type="values" if boundary.domain == "values" else "",
        domain=boundary.domain,
        data=explanation(boundary.domain, boundary.topic, reason),
    )


def decided_finding(boundary: Boundary, by: Instruction) -> Finding:
    """The note that a person has already decided this, naming what says so."""
    why = f'"{shown(boundary.sentence)}" was decided by a person: "{shown(by.text)}".'
    return Finding(DECIDED, "decided already", APPROVED, why, instruction=by.id, domain=boundary.domain)


def shown(text: str, most: int = LONGEST_SHOWN) -> str:
    """A text on one line, not too long."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
