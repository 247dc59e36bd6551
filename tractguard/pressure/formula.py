"""The pressure formula: five factors, each clipped to 0..1, weighed and added; then a level.

Pure arithmetic on numbers and policy. Refuses to know where the numbers come from. A factor that cannot be known (the
tokens where nobody says how large the window is) counts neither as empty nor as full: its weight is shared out among
the others, and the reading says so.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tractguard.pressure.state import CRITICAL, DANGEROUS, ELEVATED, HIGH, NORMAL

LOW, MODERATE, UNKNOWN = "LOW", "MODERATE", "UNKNOWN"  # labels of a factor; HIGH is one too
FACTORS = ("conversation", "tokens", "tasks", "errors", "instructions")
DIGITS = 9  # to which a sum is rounded before it is compared: 0.1 + 0.2 is 0.3

# From which raw value a factor is called MODERATE, and from which HIGH (SPEC 4).
MESSAGES_LABELS = (20, 40)
TOKENS_LABELS = (0.30, 0.70)
TASKS_LABELS = (3, 6)
ERRORS_MANY = 3  # from here HIGH; anything above 0 is MODERATE
INSTRUCTIONS_LABELS = (5, 11)


class Numbers(NamedTuple):
    """What is counted of a session. `window` 0: how large the context window is, is unknown; so is `used` below 0."""

    messages: int = 0
    compactions: int = 0
    used: int = 0  # tokens
    window: int = 0  # tokens
    tasks: int = 0
    errors: float = 0.0  # of late; a repeated one counts for more than one
    instructions: int = 0
    conflicts: int = 0


class Factor(NamedTuple):
    """One factor of a reading. `ratio` is None where it is unknown; `share` is its weight after the sharing out."""

    raw: Mapping[str, Any]
    ratio: float | None
    label: str
    weight: float
    share: float
    contribution: float


class Reading(NamedTuple):
    """A measured pressure: the score, its level, and every factor that went into it.

    `least`: the level that it has in any case, an unknown factor counted as empty. What only a guess reaches may
    suggest something; it neither asks nor refuses.
    """

    score: float
    level: str
    least: str
    factors: Mapping[str, Factor]

    def json(self) -> dict[str, Any]:
        """The reading as data, with the weights of the policy beside it."""
        return {
            "score": self.score,
            "level": self.level,
            "at_least": self.least,
            "factors": {name: each._asdict() for name, each in self.factors.items()},
            "weights": {name: each.weight for name, each in self.factors.items()},
            "unknown": [name for name, each in self.factors.items() if each.ratio is None],
        }


def measure(numbers: Numbers, policy: Mapping[str, Any]) -> Reading:
    """The pressure that `numbers` come to. `policy` is the table `pressure`: weights, maxima, levels."""
    found = {
        "conversation": _conversation(numbers, policy["maxima"]),
        "tokens": _tokens(numbers),
        "tasks": _tasks(numbers, policy["maxima"]),
        "errors": _errors(numbers, policy["maxima"]),
        "instructions": _instructions(numbers, policy["maxima"]),
    }
    weights = {name: float(policy["weights"][name]) for name in FACTORS}
    known = sum(weights[name] for name in FACTORS if found[name][1] is not None)
    factors, score, least = {}, 0.0, 0.0
    for name in FACTORS:
        raw, ratio, label = found[name]
        share = weights[name] / known if known > 0 and ratio is not None else 0.0
        contribution = share * (ratio or 0.0)
        score += contribution
        least += weights[name] * (ratio or 0.0)
        factors[name] = Factor(
            raw, _short(ratio), label, weights[name], round(share, DIGITS), round(contribution, DIGITS)
        )
    score, least = round(score, DIGITS), round(least / (sum(weights.values()) or 1.0), DIGITS)
    levels = policy["levels"]
    return Reading(score, level_at(score, levels), level_at(least, levels), factors)


def level_at(score: float, levels: Mapping[str, float]) -> str:
    """The level of a score: each begins at its threshold."""
    for level in (DANGEROUS, CRITICAL, HIGH, ELEVATED):
        if score >= float(levels[level.lower()]):
            return level
    return NORMAL


_Part = tuple[dict[str, Any], float | None, str]  # raw, ratio, label


def _conversation(numbers: Numbers, maxima: Mapping[str, Any]) -> _Part:
    ratio = max(
        _ratio(numbers.messages, maxima["messages"]),
        _ratio(numbers.compactions, maxima["compactions"]),
    )
    label = HIGH if numbers.compactions else _label(numbers.messages, MESSAGES_LABELS)
    raw = {"messages": numbers.messages, "compactions": numbers.compactions}
    return raw | {"messages_max": maxima["messages"], "compactions_max": maxima["compactions"]}, ratio, label


def _tokens(numbers: Numbers) -> _Part:
    raw = {"used": numbers.used if numbers.used >= 0 else None, "window": numbers.window or None}
    if numbers.used < 0 or (numbers.used > 0 and numbers.window <= 0):
        return raw, None, UNKNOWN
    ratio = _ratio(numbers.used, numbers.window)  # nothing is nothing of any window
    return raw, ratio, _label(ratio, TOKENS_LABELS)


def _tasks(numbers: Numbers, maxima: Mapping[str, Any]) -> _Part:
    raw = {"active": numbers.tasks, "max": maxima["tasks"]}
    return raw, _ratio(numbers.tasks, maxima["tasks"]), _label(numbers.tasks, TASKS_LABELS)


def _errors(numbers: Numbers, maxima: Mapping[str, Any]) -> _Part:
    label = HIGH if numbers.errors >= ERRORS_MANY else MODERATE if numbers.errors > 0 else LOW
    return {"recent": numbers.errors, "max": maxima["errors"]}, _ratio(numbers.errors, maxima["errors"]), label


def _instructions(numbers: Numbers, maxima: Mapping[str, Any]) -> _Part:
    raw = {"active": numbers.instructions, "conflicts": numbers.conflicts, "max": maxima["instructions"]}
    ratio = _ratio(numbers.instructions + numbers.conflicts, maxima["instructions"])
    return raw, ratio, HIGH if numbers.conflicts else _label(numbers.instructions, INSTRUCTIONS_LABELS)


def _ratio(value: float, most: float) -> float:
    """`value` as a part of `most`, clipped to 0..1. Where nothing is allowed, anything is all of it."""
    if most <= 0:
        return 1.0 if value > 0 else 0.0
    return min(1.0, max(0.0, value / most))


def _label(value: float, bounds: tuple[float, float]) -> str:
    return HIGH if value >= bounds[1] else MODERATE if value >= bounds[0] else LOW


def _short(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, DIGITS)
