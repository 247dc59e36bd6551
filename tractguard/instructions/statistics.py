"""A small linear model beside the rules: cues and words of a unit -> a probability for each question.

Logistic regression, one weight a feature and question, trained by `tools/train_classifier.py` from sentences written
for this project and shipped as `data/weights.json`. Inference is a sum in a fixed order, so it is the same everywhere.
It knows nothing that is not a cue or a word of the unit.
"""

import math
from collections.abc import Iterable
from itertools import pairwise, repeat

from tractguard.instructions.cues import Reading
from tractguard.instructions.lexicon import data
from tractguard.instructions.markup import CODE
from tractguard.instructions.shapes import shapes

# Cues that say what a unit does, not what it is about. They decide whether it directs: a topic alone proves nothing.
FORM = (
    "kind:", "first:", "any:", "says:", "then:", "so:", "aside:", "opens:", "label", "heading:", "before:", "starts:",
    "only:", "length:", "ends:", "absolute", "limits", "forbids", "preference", "permission", "vague", "explore",
    "modal", "negation", "describes", "purpose", "pointer", "passive rule", "report", "hypothetical", "gratitude",
    "asks", "standing", "one-off", "correction", "sign:", "bold", "marked", "i", "shouted", "span:", "user doc",
    "command_x", "forbid_x", "absolute_x", "prefer_x", "wide", "deictic", "number", "contrast", "measure", "arrow",
    "quantified", "infinitive", "wants", "asked", "fact", "link", "missing",
)  # fmt: skip
# Topics count only together with what the clause says: "single quotes" is a rule where "dark theme" is a feature.
TOPICS = (
    "format", "naming", "construct", "git", "test", "vague", "strategic", "system", "secrets", "place", "order",
    "data risk", "generated", "linter", "manager", "product", "permission before",
)  # fmt: skip
UNIT = 100  # weights are kept as whole numbers: they are read faster
_WITH = ("heading:", "label", "length:", "ends:", "starts:", "only:", "before:", "opens:", "then:")
_SINGLE = frozenset((
    "modal", "absolute", "limits", "describes", "purpose", "passive rule", "number", "permission", "report", "pointer",
    "negation", "standing", "wide", "vague", "bold", "one-off", "secrets", "system", "strategic", "command_x",
    "forbid_x", "contrast", "measure", "arrow", "quantified", "wants", "asked", "fact", "link",
))  # fmt: skip


# How likely the unit before directs something, as far as the next one cares.
_FOLLOWS = ((0.12, "described"), (0.5, "perhaps described"), (0.88, "perhaps told"), (1.1, "told"))


def alone(reading: Reading) -> list[str]:
    """The features of a unit's own form and words, without constraints and neighbours: for the unit before."""
    return [name for name in form(reading) if name != "c:none"]


def form(reading: Reading, kinds: Iterable[str] = (), before: float | None = None) -> list[str]:
    """The features that decide whether a unit directs anything: its form, its words and those of its heading.

    `kinds` are the types of the constraints that could be read from it, `before` the chance that the unit before it
    directs something (None where there is none).
    """
    cues = frozenset(cue for cue in reading.cues if cue.startswith(FORM))
    words = {"w:" + word for word in reading.words[:80] if word[0].isalnum()}
    said = next((cue for cue in sorted(cues) if cue.startswith("says:")), "says:nothing")
    topics = {f"{said}&{topic}" for topic in TOPICS if topic in reading.cues}
    heading = {"h:" + word for word in reading.heading[:12]}
    heading |= {f"{said}&h:{word}" for word in reading.heading[:12]}
    types = {name for kind in kinds for name in ("c:" + kind, f"c:{kind}&{said}", "c:")} or {"c:none"}
    after = follows(cues, before)
    own = _paired(cues, reading) + _endings(reading) + shapes(reading)
    return own + [name for group in (words, heading, topics, types, after) for name in sorted(group)]


def follows(names: Iterable[str], before: float | None) -> list[str]:
    """The features that say what the unit comes after, alone and with what it says itself."""
    last = "nothing" if before is None else next(name for most, name in _FOLLOWS if before < most)
    said = [name for name in names if name.startswith(("says:", "first:")) and "&" not in name]
    return [f"after:{last}", *(f"after:{last}&{name}" for name in sorted(said))]


def _endings(reading: Reading) -> list[str]:
    """How words end, for verbs that no list holds; in scripts without spaces, pairs of signs and the last two."""
    if "wide" in reading.cues:
        text = "".join(sign for sign in reading.plain.text[:200] if sign.isalnum())
        pairs = {"z:" + text[place : place + 2] for place in range(len(text) - 1)}
        return [*sorted(pairs), "e:" + text[-2:], "e:" + text[-1:], "e:" + text[-3:]]
    names = [word for word in reading.words if word[0].isalpha()]
    if not names:
        return []
    return ["fe:" + names[0][-3:], "le:" + names[-1][-3:], "lw:" + names[-1]]


def features(reading: Reading, kinds: Iterable[str] = ()) -> list[str]:
    """The features of every other question: all cues, pairs that mean more together, the words, and `kinds`."""
    names = [word for word in reading.words if word[0].isalnum() or word == CODE]
    out = _paired(reading.cues, reading)
    out += sorted({"w:" + word for word in names[:60]})
    out += sorted({f"b:{one} {two}" for one, two in pairwise(names[:40])})
    out += sorted({"c:" + kind for kind in kinds})
    return out


def _paired(cues: frozenset[str], reading: Reading) -> list[str]:
    out = set(cues)
    kind = "p" if "kind:prompt" in cues else "m"
    says = next((cue for cue in sorted(cues) if cue.startswith("says:")), "says:nothing")
    first = next((cue for cue in sorted(cues) if cue.startswith("first:")), "first:nothing")
    out.update((f"{kind}&{says}", f"{kind}&{first}", f"{says}&{first}", "bias"))
    out.update(f"{says}&{cue}" for cue in cues if cue.startswith(_WITH) or cue in _SINGLE)
    out.update(f"{first}&{cue}" for cue in cues if cue.startswith(("heading:", "label", "ends:", "starts:")))
    out.update(f"{kind}&{cue}" for cue in cues if cue in _SINGLE or cue.startswith(("span:", "any:")))
    names = [word for word in reading.words if word[0].isalnum()]
    if names:
        out.add("fw:" + names[0])
    return sorted(out)


def chance(total: float) -> float:
    """The logistic function: a sum of weights as a probability."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


class Model:
    """The shipped weights, whole numbers of 1/UNIT. `score(question, features)` is a probability in 0..1."""

    def __init__(self, raw: dict[str, dict[str, int]]) -> None:
        self.weights = raw

    def score(self, question: str, names: list[str]) -> float:
        """How likely the answer to `question` is yes."""
        return chance(sum(map(self.weights.get(question, {}).get, names, repeat(0))) / UNIT)

    def reasons(self, question: str, names: list[str], positive: bool, most: int = 3) -> list[str]:
        """The features that spoke loudest for the answer, strongest first, with their weights."""
        table = self.weights.get(question, {})
        sign = 1.0 if positive else -1.0
        heard = sorted(((sign * table[name], name) for name in names if name in table), reverse=True)
        return [f"{name} {sign * weight / UNIT:+.1f}" for weight, name in heard[:most] if weight > 0]


_loaded: list[Model] = []


def model() -> Model:
    """The model, read from disk at the first call."""
    if not _loaded:
        _loaded.append(Model(data("weights.json")["questions"]))
    return _loaded[0]
