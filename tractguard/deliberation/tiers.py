"""Urgency tiers: how fast a question has to be decided, and the process that each tier implies.

A tier shortens the way, never who has to approve. Read from words and stated numbers; a person sets another one in the
record. Pure, standard library only.
"""

import time as clock
from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.policy import DEFAULTS, Policy
from tractguard.tables import table

CRITICAL, URGENT, IMPORTANT, ROUTINE = "CRITICAL", "URGENT", "IMPORTANT", "ROUTINE"
TIERS = (CRITICAL, URGENT, IMPORTANT, ROUTINE)
HOUR, DAY = 3600.0, 86_400.0


def tier_of(text: str, everybody: bool) -> str:
    """The tier that a text speaks of. A question that concerns everybody is never ROUTINE."""
    low = f" {text.casefold()} "
    cues = table("deliberation")["urgency"]
    if any(cue in low for cue in cues[CRITICAL]):
        return CRITICAL
    if any(cue in low for cue in cues[URGENT]):
        return URGENT
    if not everybody and any(cue in low for cue in cues[ROUTINE]):
        return ROUTINE
    return IMPORTANT


def process_of(tier: str) -> dict[str, Any]:
    """{"time", "how", "steps"}: what a tier implies."""
    time, how, steps = table("deliberation")["tiers"][tier]
    return {"time": time, "how": how, "steps": list(steps)}


def rounds_of(tier: str) -> list[dict[str, Any]]:
    """The rounds of a tier as they stand in a record: round, purpose, format."""
    rows: Sequence[Sequence[Any]] = table("deliberation")["rounds"][tier]
    return [{"round": number, "purpose": purpose, "format": form} for number, purpose, form in rows]


def numbers(policy: Policy) -> Mapping[str, Any]:
    """The policy's table for deliberation."""
    return {**DEFAULTS["deliberation"], **(policy.get("deliberation") or {})}


def due(tier: str, opened: float, policy: Policy) -> float:
    """When a question of this tier should be decided, in seconds since the epoch."""
    said = numbers(policy)
    seconds = {
        CRITICAL: HOUR * float(said["critical_hours"]),
        URGENT: HOUR * float(said["urgent_hours"]),
        IMPORTANT: DAY * float(said["important_days"]),
        ROUTINE: DAY * float(said["routine_days"]),
    }
    return opened + seconds[tier]


def day(moment: float) -> str:
    """A moment as a date in UTC: 2026-11-12."""
    return clock.strftime("%Y-%m-%d", clock.gmtime(moment))
