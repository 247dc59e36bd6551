"""Five scores, their weights, one confidence and the decision that follows. Pure; additions and products only.

A dimension without evidence is unknown: its weight is shared out among the others, in proportion. A score of 0 is 0.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tractguard.policy import DEFAULTS, Policy

DIMENSIONS = ("alignment", "coherence", "completeness", "safety", "alternatives")
PROCEED, CAUTION, REVIEW, BLOCKED = "PROCEED", "PROCEED_WITH_CAUTION", "REQUIRE_REVIEW", "BLOCKED"
UNKNOWN = "UNKNOWN"  # no dimension has evidence: nothing can be said
DIGITS = 10  # to which a confidence is rounded, so that 0.6 reached by sums is 0.6


class Score(NamedTuple):
    """One dimension: a value in [0, 1], None for unknown, with what gave it and what would raise it."""

    value: float | None = None
    evidence: tuple[str, ...] = ()
    recommendation: str = ""


class Verified(NamedTuple):
    """All dimensions and what they come to. `confidence` None: nothing is known."""

    scores: Mapping[str, Score]
    weights: Mapping[str, float]
    confidence: float | None
    decision: str
    weak: tuple[str, ...]  # dimensions below the threshold of caution


def verified(scores: Mapping[str, Score], policy: Policy) -> Verified:
    """The confidence and decision of these scores under this policy; a dimension that is not there is unknown."""
    weights, bounds = numbers(policy, "weights"), numbers(policy, "thresholds")
    filled = {name: scores.get(name, Score()) for name in DIMENSIONS}
    sure = confidence({name: each.value for name, each in filled.items()}, weights)
    weak = tuple(name for name, each in filled.items() if each.value is not None and each.value < bounds["caution"])
    return Verified(filled, weights, sure, decision(sure, bounds), weak)


def confidence(values: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    """The weighted mean over the known dimensions, in the fixed order; None where none is known."""
    total = share = 0.0
    for name in DIMENSIONS:
        value = values.get(name)
        if value is not None:
            total += weights[name] * min(1.0, max(0.0, value))
            share += weights[name]
    return round(total / share, DIGITS) if share > 0 else None


def decision(sure: float | None, bounds: Mapping[str, float]) -> str:
    """What a confidence means."""
    if sure is None:
        return UNKNOWN
    for name, word in (("proceed", PROCEED), ("caution", CAUTION), ("review", REVIEW)):
        if sure >= bounds[name]:
            return word
    return BLOCKED


def numbers(policy: Policy, table: str) -> dict[str, float]:
    """A table of numbers of policy's `[verifier]`."""
    found = policy.get("verifier")
    said = found.get(table) if isinstance(found, Mapping) else None
    defaults: Mapping[str, float] = DEFAULTS["verifier"][table]
    return {**defaults, **said} if isinstance(said, Mapping) else dict(defaults)


def row(found: Verified) -> dict[str, Any]:
    """As `verify --json` prints it."""
    return {
        "scores": {name: each.value for name, each in found.scores.items()},
        "weights": dict(found.weights),
        "confidence": found.confidence,
        "decision": found.decision,
        "weak": list(found.weak),
        "evidence": {name: list(each.evidence) for name, each in found.scores.items()},
        "recommendations": recommendations(found),
    }


def recommendations(found: Verified) -> list[str]:
    """What would raise the confidence: a line for each weak dimension, and for each that is unknown."""
    lines = []
    for name, each in found.scores.items():
        if name in found.weak:
            lines.append(f"{name}: {each.recommendation or ADVICE[name]}")
        elif each.value is None:
            lines.append(f"{name}: unknown, nothing was seen that speaks for or against it")
    return lines


ADVICE = {
    "alignment": "say which request this serves, or ask the person",
    "coherence": "settle what contradicts: the steps, or what the log shows",
    "completeness": "read what is changed, look at its callers, run its tests",
    "safety": "say what could be lost, and how it comes back",
    "alternatives": "look for a simpler way, and say why it was not taken",
}
