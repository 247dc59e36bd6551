"""From cues to the dimensions of the framework: quadrant, persistence, scope, verification, explicitness, polarity.

Each function answers one dimension as `Answer(value, confidence, evidence)`. Words that settle a matter settle it
("never" is absolute); where words leave it open the statistical model decides. It refuses to know files or calls.
"""

from collections.abc import Iterable
from typing import NamedTuple

from tractguard.instructions.cues import Reading
from tractguard.model import QUADRANTS, Constraint

# Middle of each explicitness band, where nothing says more.
VERY, EXPLICIT, SOMEWHAT, IMPLIED, VAGUE = 0.95, 0.8, 0.65, 0.4, 0.2


class Answer(NamedTuple):
    """One dimension's value, how sure it is, and the cues that gave it."""

    value: str
    confidence: float
    evidence: str = ""


class Material(NamedTuple):
    """Everything that the dimensions look at."""

    reading: Reading
    scores: dict[str, float]  # question -> probability, of `statistics`
    constraints: tuple[Constraint, ...]
    unusual: bool  # it names a value that differs from its service's default

    @property
    def prompt(self) -> bool:
        """Whether it was said in a chat rather than written into a file."""
        return "kind:prompt" in self.reading.cues

    def kinds(self) -> frozenset[str]:
        """The types of its constraints."""
        return frozenset(constraint.type for constraint in self.constraints)

    def because(self, names: Iterable[str]) -> str:
        """The words behind the first of `names` that was found."""
        for name in names:
            if name in self.reading.cues:
                return f"{name} '{self.reading.why[name]}'" if name in self.reading.why else name
        return ""


ABSOLUTE = ("absolute", "absolute_x")
# What the type of a constraint says about its quadrant.
LEANS = {
    "SYSTEM": frozenset(("tool_choice", "version", "host", "url", "db", "env_var", "config", "run_inside")),
    "STRATEGIC": frozenset(("secrets", "framework")),
    "OPERATIONAL": frozenset(
        ("naming", "format", "commit_msg", "branch", "require_before", "require_after", "doc_update", "path_rule")
    ),
}
LEAN = 0.2
SURELY = 0.9
WEAK_FROM = 0.45  # from this chance on it is a wish without a measure
LASTING = frozenset(
    (
        "standing",
        "absolute",
        "absolute_x",
        "span:project",
        "span:ever",
        "preference",
        "quantified",
        "any:forbid",
        "limits",
    )
)
PREFERRING = ("preference", "prefer_x")
TOOLING = frozenset(("tool_choice", "command", "run_inside"))
STANDING_CHOICES = frozenset(
    ("language", "framework", "tool_choice", "naming", "format", "commit_msg", "dependency", "path_rule")
)
# A rule by itself, however it is said: "the log is append-only" describes nothing.
FACTS = frozenset(("port", "host", "url", "db", "version"))
PROTECTIONS = frozenset(("forbid_path", "forbid_read", "append_only"))
FORBIDDING = frozenset(("forbid_command", "forbid_path", "forbid_action", "forbid_read", "secrets"))
SPANS = (("span:task", "TASK"), ("span:session", "SESSION"), ("span:phase", "PHASE"))


ALONG = frozenset(("doc_update", "require_with", "require_after", "require_before"))
CHANGING = frozenset("change changing edit editing modify modifying touch touching alter altering".split())


def _whenever(seen: Material) -> bool:
    """Whether what is owed along with something is owed each time: with any change of a part of the project."""
    said = (str(each.get(key) or "").casefold() for each in seen.constraints for key in ("when", "after", "before"))
    return any(CHANGING & set(words.split()[:3]) and not words.endswith((" this", " it", " that")) for words in said)


def quadrant(seen: Material) -> Answer:
    """Which of the five quadrants."""
    cues = seen.reading.cues
    if seen.unusual or "port" in seen.kinds():
        return Answer("SYSTEM", 0.95, "it gives a port")
    scores = {name: seen.scores.get(name, 0.0) for name in QUADRANTS}
    if {"span:task", "one-off", "deictic"} <= cues:
        scores["TACTICAL"] = max(scores["TACTICAL"], SURELY)  # "add … to this function": one thing, pointed at
    if "explore" in cues and "first:imperative" in cues and not seen.constraints:
        scores["STOCHASTIC"] += LEAN
    if seen.reading.has("says:obliges") and seen.constraints and not cues & {"deictic", "span:task"}:
        scores["TACTICAL"] *= 0.3  # "branch names must start with …"
    if any(each.type == "ask_before" and not each.get("permit") for each in seen.constraints):
        scores["TACTICAL"] *= 1.0 if cues & {"deictic", "span:task"} else 0.3  # "ask me before you install anything"
    if seen.kinds() & ALONG and _whenever(seen) and not cues & {"deictic", "span:task", "span:session"}:
        scores["TACTICAL"] *= 0.1  # "update the changelog when you change the API": each time, not once
    if not seen.prompt and "span:task" not in cues:
        scores["TACTICAL"] *= 0.2
    elif seen.kinds() & PROTECTIONS and not cues & {"span:task", "span:session"}:
        scores["TACTICAL"] *= 0.1  # "leave migrations/ alone" holds until somebody says otherwise
    elif seen.kinds() & STANDING_CHOICES and not cues & {"deictic", "span:task"}:
        scores["TACTICAL"] *= 0.3  # "use ES6" is a choice that stays, whoever says it where
    elif {"first:imperative", "one-off"} <= cues and not cues & LASTING:
        scores["TACTICAL"] += LEAN  # "check that no token is in the log": work, whatever it is about
    elif not cues & {"span:project", "standing", "absolute"} and scores["TACTICAL"] > 0.3:
        scores["TACTICAL"] += 0.1
    for name, types in LEANS.items():
        if seen.kinds() & types:
            scores[name] += LEAN
    if seen.kinds() & TOOLING and not seen.reading.has(*PREFERRING):
        scores["SYSTEM"] += LEAN  # which command or tool is a fact of the project; when or how is a convention
    best = max(QUADRANTS, key=lambda name: scores[name])
    topic = {
        "STRATEGIC": ("secrets", "strategic", "product"),
        "SYSTEM": ("manager", "system"),
        "STOCHASTIC": ("explore", "permission"),
    }
    total = sum(scores.values()) or 1.0
    return Answer(
        best, round(scores[best] / total, 2), seen.because(topic.get(best, ("one-off", "git", "test", "format")))
    )


def persistence(seen: Material, quadrant_value: str) -> Answer:
    """HIGH, MEDIUM, LOW or VARIABLE."""
    if quadrant_value == "STOCHASTIC":
        return Answer("VARIABLE", 0.9, "exploration")
    if seen.unusual:
        return Answer("HIGH", 0.95, "a value that differs from the usual default")
    if quadrant_value == "TACTICAL":
        return Answer("LOW", 0.9, "one task")
    if seen.reading.has("before:never"):
        return Answer("HIGH", 0.85, "below 'never'")
    high = seen.scores.get("high", 0.0)
    if seen.reading.has("correction") and seen.prompt:
        return Answer("HIGH", 0.85, seen.because(("correction",)))
    if seen.reading.has("absolute") and not seen.reading.has("preference"):
        return Answer("HIGH", max(0.8, round(high, 2)), seen.because(("absolute",)))
    manager = "tool_choice" in seen.kinds() and seen.reading.has("manager") and not seen.reading.has(*PREFERRING)
    if manager or seen.kinds() & {"port", "host"}:
        return Answer("HIGH", 0.9, "a hard infrastructure fact")
    if high >= 0.5:
        return Answer(
            "HIGH",
            round(high, 2),
            seen.because((*ABSOLUTE, "secrets", "data risk", "generated", "manager")) or "weight of its words",
        )
    if seen.prompt and seen.reading.has("span:session", "span:task") and not seen.reading.has(*ABSOLUTE):
        return Answer("LOW", 0.7, seen.because(("span:session", "span:task")))
    return Answer("MEDIUM", round(1.0 - high, 2), "an ordinary rule")


def scope(seen: Material, quadrant_value: str, persistence_value: str) -> Answer:
    """What ends it."""
    cues = seen.reading.cues
    if quadrant_value == "TACTICAL":
        return Answer("TASK", 0.9, "one task")
    if seen.prompt and "span:once" in cues:  # "never", but only this once
        return Answer("TASK", 0.9, seen.because(("span:once",)))
    for cue, name in SPANS:
        if (
            cue in cues
            and (seen.prompt or cue == "span:phase")
            and not (cue == "span:task" and persistence_value == "HIGH")
        ):
            return Answer(name, 0.8, seen.because((cue,)))
    if quadrant_value == "STOCHASTIC":
        return Answer(
            "PHASE" if seen.reading.has("heading:none") else "PROJECT",
            0.6,
            "exploration",
        )
    if persistence_value == "HIGH" and quadrant_value == "STRATEGIC" and "secrets" in cues:
        return Answer("PERMANENT", 0.85, seen.because(("secrets",)))
    if "span:ever" in cues and quadrant_value == "STRATEGIC":
        return Answer("PERMANENT", 0.7, seen.because(("span:ever",)))
    return Answer("PROJECT", 0.9, "nothing ends it earlier")


def explicitness(seen: Material, persistence_value: str) -> tuple[float, str]:
    """How explicit it is, 0..1, and why."""
    reading = seen.reading
    if seen.kinds() & {"port"} and reading.has("number"):
        if seen.unusual and reading.has("any:imperative", "any:perhaps", *ABSOLUTE):
            return VERY, "an order with an exact value"
        return (0.9, "an exact value") if reading.has("length:1-3", "length:4-8") else (0.85, "a fact with a value")
    if reading.has(*ABSOLUTE, "limits") and persistence_value == "HIGH":
        return VERY, seen.because(ABSOLUTE)
    if seen.prompt and not seen.constraints and not reading.has("no exception") and _points_only(reading):
        return IMPLIED, "it points at something without naming it"
    if reading.has("length:1-3") and reading.has("deictic") and not reading.plain.codes and not seen.constraints:
        return (VAGUE, "nothing says what") if "vague" not in reading.cues else (IMPLIED, "a direction, no object")
    weak = seen.scores.get("weak", 0.0)
    if weak >= (0.8 if seen.constraints else WEAK_FROM):
        return SOMEWHAT, seen.because(("vague", "preference")) or "a wish without a measure"
    return EXPLICIT, "a plain order with its object"


def _points_only(reading: Reading) -> bool:
    """ "Can you look into it?": a short request whose only object is a pronoun."""
    names = [word for word in reading.words if word[0].isalnum()]
    return 2 < len(names) <= 7 and names[-1] in ("it", "this", "that", "these", "them") and not reading.plain.codes


def polarity(seen: Material, quadrant_value: str) -> Answer:
    """require, forbid, prefer or inform."""
    reading = seen.reading
    if reading.has("first:forbid", "first:no", "first:not", "label:forbid", "sign:no"):
        return Answer("forbid", 0.9, seen.because(("first:forbid", "first:no", "first:not", "label:forbid", "sign:no")))
    if reading.has("heading:negative", "before:negative") and not reading.has("negation", *ABSOLUTE):
        return Answer("forbid", 0.8, seen.because(("before:negative", "heading:negative")))
    if quadrant_value == "STOCHASTIC" or reading.has("permission"):
        return Answer("prefer", 0.7, seen.because(("permission", "explore")))
    if reading.has("preference", "prefer_x") and not reading.has(*ABSOLUTE):
        return Answer("prefer", 0.8, seen.because(("preference", "prefer_x")))
    if reading.has("forbid_x", "says:is not"):
        return Answer("forbid", 0.7, seen.because(("forbid_x",)) or "it says what is not done")
    if reading.has("forbids") and not reading.has("any:imperative"):
        return Answer("forbid", 0.8, seen.because(("forbids",)))
    if reading.has("any:forbid") and (
        seen.kinds() & FORBIDDING or not reading.has("first:imperative", "first:perhaps")
    ):
        return Answer("forbid", 0.7, seen.because(("any:forbid",)))
    orders = (
        "first:imperative",
        "any:imperative",
        "first:perhaps",
        "modal",
        "passive rule",
        "command_x",
        "first:lets",
        *ABSOLUTE,
    )
    if not reading.has(*orders) and seen.kinds() & {
        "port",
        "host",
        "url",
        "db",
        "version",
        "tool_choice",
        "config",
        "language",
        "framework",
    }:
        return Answer("inform", 0.7, "a fact")
    return Answer("require", 0.7, seen.because(orders))


def verification(
    seen: Material, quadrant_value: str, persistence_value: str, polarity_value: str, explicit: float
) -> Answer:
    """How strongly a clear conflict is answered."""
    if quadrant_value == "STOCHASTIC":
        return Answer("NONE", 0.8, "exploration")
    if persistence_value == "HIGH":
        return Answer("MANDATORY", 0.8, "persistence HIGH")
    if "permission" in seen.reading.cues and polarity_value == "prefer":
        return Answer("NONE", 0.7, seen.because(("permission",)))
    if quadrant_value == "TACTICAL":
        return Answer("OPTIONAL", 0.9, "one task")
    if polarity_value == "prefer" or explicit < 0.7:
        return Answer("OPTIONAL", 0.7, seen.because(("preference", "vague")) or "a soft wish")
    return Answer("REQUIRED", 0.7, "an ordinary rule")
