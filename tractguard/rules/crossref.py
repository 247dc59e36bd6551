"""The common ground of the cross-reference rules: one call, one constraint, and what a rule found between them.

It knows how a `Hit` (what a rule found) is graded into a status by what the person asked for, and how it is worded.
It refuses to know any constraint type: those live in `crossref_*.py`, one file a family.
"""

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.model import (
    APPROVED,
    ESCALATED,
    REJECTED,
    UNKNOWN,
    WARNING,
    Constraint,
    Event,
    Fact,
    Finding,
    Fix,
    Instruction,
    Lineage,
)

# How the call stands to the rule. It decides the status together with the instruction's verification.
DOES, MISSING, COSMETIC, ASK, VALUES, REFINES = "does", "missing", "cosmetic", "ask", "values", "refines"

LONGEST_QUOTE = 160
LONGEST_VALUE = 120


class Hit(NamedTuple):
    """What a rule found: the fact it is about, in what manner it conflicts, and what would be right."""

    fact: Fact | None
    says: str  # the second half of the sentence: "this call uses 27017"
    actual: str = ""
    expected: str = ""
    conflict_type: str = "explicit_value"
    manner: str = DOES
    confidence: float = 0.9
    fixes: tuple[Fix, ...] = ()
    way_out: str = ""
    subject: str = ""  # "port:mongodb": two instructions about one subject are compared by it


class Call:
    """One call with its facts by kind, so that a rule asks for what it needs. Lives for one judgement."""

    __slots__ = ("_kinds", "event", "facts", "lineage", "memo", "policy", "prescribed", "root", "wanted")

    def __init__(self, event: Event, facts: Sequence[Fact], lineage: Lineage, policy: Mapping[str, Any]) -> None:
        self.event = event
        self.facts = tuple(facts)
        self.lineage = lineage
        self.policy = policy
        self.root = posixpath.normpath(event.root or event.cwd or "/")
        self.memo: dict[str, Any] = {}
        self.prescribed: tuple[str, ...] = ()  # the commands that the instructions at hand ask for
        self.wanted: tuple[str, ...] = ()  # the tools that they choose
        self._kinds: dict[str, list[Fact]] = {}
        for fact in self.facts:
            self._kinds.setdefault(fact.kind, []).append(fact)

    def of(self, *kinds: str) -> list[Fact]:
        """The facts of these kinds, kind by kind, in the order in which they were said."""
        if len(kinds) == 1:
            return self._kinds.get(kinds[0], [])
        return [fact for kind in kinds for fact in self._kinds.get(kind, ())]

    def rel(self, path: str) -> str:
        """`path` relative to the guarded root; outside it, the absolute path; the root itself is "."."""
        return relative(path, self.root)


class Rule(NamedTuple):
    """A rule: a function over a call and a constraint, with the examples that show what it finds and what it leaves.

    An example is {"say": an instruction or a list of them, "tool": the tool's name, "input": its input}, and may
    have `constraints` (what the instruction stands for, where it is not to be read from its words), `history` (earlier
    calls: tool, input, success), `project` (path -> text) and `cwd`.
    """

    code: str
    name: str
    family: str
    types: tuple[str, ...]
    check: Callable[[Call, Constraint, Instruction], Iterable[Hit]]
    bad: tuple[Mapping[str, Any], ...]
    good: tuple[Mapping[str, Any], ...]
    accepts: Callable[[Constraint, Hit], bool] | None = None  # whether another constraint of the type allows it
    heeds: tuple[str, ...] = ()  # the types besides its own whose constraints may allow what it found, said when ever


def rule(
    code: str,
    name: str,
    types: Sequence[str],
    check: Callable[[Call, Constraint, Instruction], Iterable[Hit]],
    bad: Sequence[Mapping[str, Any]],
    good: Sequence[Mapping[str, Any]],
    accepts: Callable[[Constraint, Hit], bool] | None = None,
    heeds: Sequence[str] = (),
) -> Rule:
    """Make a rule. One without both kinds of examples does not load (ValueError)."""
    if not bad or not good:
        raise ValueError(f"{code} {name}: a rule needs examples of what it finds and of what it leaves alone")
    return Rule(code, name, "crossref", tuple(types), check, tuple(bad), tuple(good), accepts, tuple(heeds))


def bash(say: str | list[str], command: str, **more: Any) -> dict[str, Any]:
    """An example that is a shell command."""
    return {"say": say, "tool": "Bash", "input": {"command": command}, **more}


def write(say: str | list[str], path: str, content: str, **more: Any) -> dict[str, Any]:
    """An example that writes a whole file."""
    return {"say": say, "tool": "Write", "input": {"file_path": path, "content": content}, **more}


def edit(say: str | list[str], path: str, new: str, old: str = "x", **more: Any) -> dict[str, Any]:
    """An example that edits a part of a file."""
    return {"say": say, "tool": "Edit", "input": {"file_path": path, "old_string": old, "new_string": new}, **more}


def relative(path: str, root: str) -> str:
    """`path` relative to `root`; outside it, the absolute path; the root itself is "."."""
    if not path.startswith("/"):
        return posixpath.normpath(path) if path else path
    path = posixpath.normpath(path)
    if path == root:
        return "."
    prefix = root if root.endswith("/") else root + "/"
    return path[len(prefix) :] if path.startswith(prefix) else path


def grade(instruction: Instruction, manner: str, confidence: float, policy: Mapping[str, Any]) -> str:
    """The status that a hit argues for (SPEC 1 and 2); APPROVED where it is only recorded."""
    verification = instruction.verification_required
    strength = policy["strength"].get(verification, "warn")
    bands = policy["confidence"]
    if manner == REFINES or strength == "record" or confidence < bands["probable"]:
        return APPROVED
    clear = confidence >= bands["clear"] and instruction.persistence != "VARIABLE"
    if manner == VALUES:
        return ESCALATED if clear else WARNING
    if not clear or strength == "warn":
        return WARNING
    if manner == ASK or strength == "ask":
        return ESCALATED
    if verification == "REQUIRED" and manner in (MISSING, COSMETIC):
        return WARNING
    return REJECTED


def finding(by: Rule, instruction: Instruction, hit: Hit, factor: float, policy: Mapping[str, Any]) -> Finding:
    """The finding for a hit, graded and worded. `factor` (0..1) is how sure it is that the rule holds here."""
    confidence = round(hit.confidence * factor, 4)
    status = grade(instruction, hit.manner, confidence, policy)
    return Finding(
        code=by.code,
        rule=by.name,
        status=status,
        why=f"you said {quote(instruction)}; {hit.says}.",
        way_out=hit.way_out or _way_out(hit, status),
        confidence=confidence,
        conflict_type=hit.conflict_type,
        instruction=instruction.id,
        expected=hit.expected,
        actual=shown(hit.actual),
        fixes=hit.fixes if status in (WARNING, REJECTED) else (),
        data={"verification": instruction.verification_required} | ({"subject": hit.subject} if hit.subject else {}),
    )


def quote(instruction: Instruction) -> str:
    """The instruction as it is named in a sentence: its words, on one line, and its id."""
    text = " ".join(instruction.text.split()).rstrip(".;: ")
    if len(text) > LONGEST_QUOTE:
        text = text[: LONGEST_QUOTE - 1].rstrip() + "…"
    return f'"{text}" ({instruction.id})'


def shown(value: str) -> str:
    """A value made fit to be shown: one line, unknown parts as "…", not too long."""
    text = " ".join(value.replace(UNKNOWN, "…").split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _way_out(hit: Hit, status: str) -> str:
    if status == ESCALATED:
        return "Ask the person; with their word the same call passes."
    if status == APPROVED:
        return ""
    if hit.expected:
        return f"Use {hit.expected} instead."
    return "Leave this out, or ask the person to lift the instruction."
