"""Text in, directives out: the two ways in, `read_text` for a prompt or a file and `classify` for one unit.

Deterministic, offline, linear in the length of the text. A unit is read into cues, the model scores them, the
dimensions are decided and every decision keeps its evidence. It refuses to look anywhere but at the text.
"""

from tractguard.facts.services import default_port
from tractguard.instructions import dimensions
from tractguard.instructions.cues import Reading, read
from tractguard.instructions.directive import SURE_CHECKED, Directive
from tractguard.instructions.pasted import pasted
from tractguard.instructions.segment import Unit, units
from tractguard.instructions.statistics import alone, features, form, model
from tractguard.model import QUADRANTS, Constraint

QUESTIONS = ("high", "weak", "checkable", *QUADRANTS)
DIRECTIVE_FROM = 0.46
UNUSUAL = 0.9  # the least chance of a sentence that gives a service another port than its usual one
REQUESTED = 0.8  # and of "can you" before a verb, said in a chat
POINTING = frozenset("see refer siehe voir véase veja ver cf vedi zie смотри см".split())
HEARSAY = 0.1
MOST_BEFORE = 1_000  # characters of the unit before that are read
LITERAL = frozenset("branch forbid_path forbid_command ask_before tool_choice version port run_inside".split())
CHECKABLE_FROM = 0.05  # a constraint says most of it; the model only vetoes


def read_text(text: str, kind: str = "prompt", context: str = "", context_before: str = "") -> list[Directive]:
    """Every unit of `text` in order, also those that direct nothing. `kind`: "prompt", or "claude_md" for Markdown."""
    out = []
    for unit in units(text, kind, context, context_before):
        found = _example(unit) if unit.inert else classify(unit.text, kind, unit.context, unit.before)
        out.append(found._replace(span=unit.span))
    return out


def classify(
    sentence: str, kind: str = "prompt", context: str = "", context_before: str = "", given: bool = False
) -> Directive:
    """One unit as a whole, below the heading `context` and after the text `context_before`.

    `given`: somebody gives it as an instruction, so that only what it says is open, not whether it directs.
    """
    sentence, context, context_before = str(sentence), str(context or ""), str(context_before or "")
    kind = "prompt" if kind == "prompt" else "claude_md"
    reading = read(sentence, kind, context, context_before)
    settled = _settled(reading)
    if settled:
        return _none(sentence, context, *settled)
    constraints = _constraints(sentence, context, context_before, kind)
    kinds = [constraint.type for constraint in constraints]
    names = form(reading, kinds, _chance_before(context_before, kind, context))
    chance = model().score("directive", names)
    note = _note(constraints)
    why = ", ".join(model().reasons("directive", names, chance >= DIRECTIVE_FROM))
    floor, reason = (REQUESTED, "given as an instruction") if given else _floor(reading, constraints, note)
    if floor > chance:
        chance, why = floor, reason
    if reading.has("hearsay") and kind == "prompt" and not dimensions.FACTS & frozenset(kinds):
        chance, why = HEARSAY, "somebody else's words"
    if chance < DIRECTIVE_FROM:
        return _none(sentence, context, chance, why)
    names = features(reading, kinds)
    scores = {question: model().score(question, names) for question in QUESTIONS}
    seen = dimensions.Material(reading, scores, constraints, bool(note))
    found = _directive(sentence, context, seen, note, chance, why)
    return found._replace(corrects=_corrects(sentence, context_before)) if kind == "prompt" and constraints else found


def _directive(sentence: str, context: str, seen: dimensions.Material, note: str, chance: float, why: str) -> Directive:
    quadrant = dimensions.quadrant(seen)
    persistence = dimensions.persistence(seen, quadrant.value)
    scope = dimensions.scope(seen, quadrant.value, persistence.value)
    explicit, explicit_why = dimensions.explicitness(seen, persistence.value)
    polarity = dimensions.polarity(seen, quadrant.value)
    verification = dimensions.verification(seen, quadrant.value, persistence.value, polarity.value, explicit)
    answers = {
        "quadrant": quadrant, "persistence": persistence, "temporal_scope": scope,
        "verification_required": verification, "polarity": polarity,
    }  # fmt: skip
    evidence = [f"is_directive yes: {why}"]
    evidence += [f"{name} {given.value}: {given.evidence or 'model'}" for name, given in answers.items()]
    evidence.append(f"explicitness {explicit}: {explicit_why}")
    confidence = {"is_directive": round(chance, 2), **{name: given.confidence for name, given in answers.items()}}
    return Directive(
        text=sentence, is_directive=True, quadrant=quadrant.value, persistence=persistence.value,
        temporal_scope=scope.value, verification_required=verification.value, explicitness=explicit,
        polarity=polarity.value, constraints=seen.constraints, context=context,
        correction="correction" in seen.reading.cues, note=note, confidence=confidence, evidence=tuple(evidence),
        decidable=_decidable(seen),
    )  # fmt: skip


def _floor(reading: Reading, constraints: tuple[Constraint, ...], note: str) -> tuple[float, str]:
    """The least chance that a unit directs something, where its form leaves no doubt, and why."""
    if note:
        return UNUSUAL, "a value that differs from the usual default"
    if any(constraint.type in dimensions.PROTECTIONS for constraint in constraints):
        return REQUESTED, "what it states is a rule by itself"
    if reading.has("absolute") and any(map(_exact, constraints)):
        return SURE_CHECKED, "an absolute word with something literal to hold it against"
    if not reading.has("kind:prompt"):
        return 0.0, ""
    if constraints and all(constraint.get("permit") for constraint in constraints):
        return REQUESTED, "it lets something happen"
    if any(constraint.type == "tool_choice" and constraint.get("said") for constraint in constraints):
        return REQUESTED, "it says which tool, and which no longer"
    if reading.has("correction") and reading.has("number"):
        return REQUESTED, "a correction with a value"
    return (REQUESTED, "a request dressed as a question") if reading.has("request") else (0.0, "")


def _exact(constraint: Constraint) -> bool:
    """Whether a constraint names something literal that an action can be compared with."""
    return constraint.type in LITERAL or bool(constraint.list("pattern") or constraint.list("imports"))


def _chance_before(before: str, kind: str, context: str) -> float | None:
    """How likely the unit before directs something: rules stand among rules."""
    if not before.strip():
        return None
    return model().score("directive", alone(read(before[-MOST_BEFORE:], kind, context)))


def _example(unit: Unit) -> Directive:
    return Directive(unit.text, context=unit.context, evidence=(f"is_directive no: {unit.inert}",))


def _constraints(sentence: str, context: str, before: str, kind: str) -> tuple[Constraint, ...]:
    # Imported here: its tables are the larger part of the cost, and inert text never needs them.
    from tractguard.instructions.constraints import constraints_of

    return constraints_of(sentence, context, before, kind)


def _corrects(sentence: str, before: str) -> str:
    from tractguard.instructions.constraints.references import corrects

    return corrects(sentence, before)


def _note(constraints: tuple[Constraint, ...]) -> str:
    """What to say about a value that differs from its service's well-known default."""
    for constraint in constraints:
        if constraint.type == "port":
            usual = default_port(str(constraint.get("service", "")))
            if usual and constraint.get("value") and str(constraint.get("value")) != usual:
                return f"the default is {usual}"
    return ""


def _settled(reading: Reading) -> tuple[float, str] | None:
    """Where its form settles that a unit directs nothing: the chance that it does all the same, and why."""
    if not reading.plain.text:
        return 0.0, "no words"
    why = pasted(reading.plain.raw) if reading.has("kind:prompt") else ""
    if why:
        return 0.02, why
    if reading.has("ends:?") and not reading.has("asks"):
        return 0.02, "a question"
    if (
        reading.words[0] in POINTING
        and reading.has("pointer")
        and not reading.has("absolute", "absolute_x", "any:forbid")
    ):
        return 0.05, "it points to another place"
    if reading.has("ends::") and len(reading.words) <= 4 and not reading.has("any:imperative"):
        return 0.05, "it only introduces what follows"
    return None


def _none(sentence: str, context: str, chance: float, why: str) -> Directive:
    """The answer for a unit that directs nothing."""
    return Directive(
        sentence, context=context, confidence={"is_directive": round(1.0 - chance, 2)},
        evidence=(f"is_directive no: {why}",),
    )  # fmt: skip


def _decidable(seen: dimensions.Material) -> bool:
    """A constraint is there, and the sentence does not read as something that only a person can judge."""
    return bool(seen.constraints) and seen.scores.get("checkable", 0.0) >= CHECKABLE_FROM
