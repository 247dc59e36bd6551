"""The vocabulary of the house: what passes along the line from a host's payload to its reply.

Everything here is an immutable value. Nothing here reads a clock, a file or the environment, and nothing here
decides: the shapes are shared, the work is done in the rooms. Hot: imported at every tool call, so it stays on
`typing.NamedTuple` (a tenth of the cost of dataclasses) and must not use postponed annotations (three times the cost).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

# Marks the part of a word that cannot be known before the shell runs it ("$HOST", "$(date)"). No real argument or
# path can hold a NUL, so `UNKNOWN in word` is exact.
UNKNOWN = "\0"

APPROVED, WARNING, REJECTED, ESCALATED = "APPROVED", "WARNING", "REJECTED", "ESCALATED"
STATUSES = (APPROVED, WARNING, REJECTED, ESCALATED)

QUADRANTS = ("STRATEGIC", "OPERATIONAL", "TACTICAL", "SYSTEM", "STOCHASTIC")

CONFLICT_TYPES = (
    "training_pattern_override", "explicit_value", "semantic", "values", "ordering", "scope", "path",
    "tool_choice", "version", "branch", "secret",
)  # fmt: skip

# What an event is, whatever its host calls it.
SESSION_START = "session_start"
PROMPT = "prompt"
PRE_TOOL = "pre_tool"
POST_TOOL = "post_tool"
POST_TOOL_FAILURE = "post_tool_failure"
TOOL_BATCH = "tool_batch"
STOP = "stop"
SUBAGENT_START = "subagent_start"
SUBAGENT_STOP = "subagent_stop"
PRE_COMPACT = "pre_compact"
SESSION_END = "session_end"
CONFIG_CHANGE = "config_change"
DISPLAY = "display"  # words of the assistant are about to be shown
OTHER = "other"


class Event(NamedTuple):
    """One thing that a host told us, in our words. Time is a field, so that rules need no clock."""

    kind: str
    host: str = ""
    name: str = ""  # the host's own name for it
    time: float = 0.0  # seconds since the epoch
    session_id: str = ""
    agent_id: str = ""
    agent_type: str = ""
    parent_agent: str = ""
    prompt_id: str = ""
    tool_use_id: str = ""
    tool: str = ""
    input: Mapping[str, Any] = {}
    response: Any = None  # what the tool answered (after the call)
    error: str = ""
    prompt: str = ""
    cwd: str = ""
    root: str = ""  # the guarded repository
    mode: str = ""  # the host's permission mode
    headless: bool = False  # nobody is there to answer a question
    source: str = ""  # startup | resume | clear | compact, a trigger, a settings file's layer
    transcript: str = ""
    extra: Mapping[str, Any] = {}  # fields this version does not know, kept for the record


class Fact(NamedTuple):
    """One thing that a call would do. docs/facts.md is the table of kinds and what each field holds for each kind.

    `span` gives the character offsets of the literal that carries `value` inside the string at `field` of the tool
    input ("command", "content", "new_string", "edits.0.new_string"), or None where it was computed, not written:
    a fact without a span can be judged but not corrected.
    """

    kind: str
    name: str = ""
    value: str = ""
    data: Mapping[str, Any] = {}
    field: str = ""
    span: tuple[int, int] | None = None


class Constraint(NamedTuple):
    """A checkable part of an instruction: a type of docs/constraints.md and its fields."""

    type: str
    data: Mapping[str, Any] = {}

    def get(self, key: str, default: Any = None) -> Any:
        """The field `key`, or `default`."""
        return self.data.get(key, default)

    def list(self, key: str) -> tuple[str, ...]:
        """The field `key` as a tuple of strings: a lone string counts as one, nothing as none."""
        value = self.data.get(key)
        if value is None or value == "":
            return ()
        if isinstance(value, (list, tuple)):
            return tuple(str(item) for item in value)
        return (str(value),)


class Instruction(NamedTuple):
    """One directive that a person gave, classified. Mirrors a record of the instruction history."""

    id: str
    text: str
    quadrant: str = "OPERATIONAL"
    persistence: str = "MEDIUM"
    temporal_scope: str = "PROJECT"
    verification_required: str = "REQUIRED"
    explicitness: float = 0.8
    polarity: str = "require"
    constraints: tuple[Constraint, ...] = ()
    source: str = "user"
    timestamp: str = ""
    session: str = ""  # set for what one session said for itself alone
    note: str = ""
    trusted: bool = True  # else it came from elsewhere and no person has accepted it: it corrects nothing


class Fix(NamedTuple):
    """Replace `input[field][start:end]` by `text`. `field` is a dotted path into the tool input."""

    field: str
    start: int
    end: int
    text: str


class Finding(NamedTuple):
    """What a rule has to say about a call. It argues for a status; it does not decide."""

    code: str  # TG301
    rule: str  # a name that a person can say
    status: str  # WARNING | REJECTED | ESCALATED, or APPROVED for a note (an allowed refinement)
    why: str  # the fact, in one line
    way_out: str = ""  # what would pass, in one line
    confidence: float = 1.0
    conflict_type: str = ""
    instruction: str = ""  # the id of the instruction at stake
    expected: str = ""
    actual: str = ""
    fixes: tuple[Fix, ...] = ()
    domain: str = ""
    data: Mapping[str, Any] = {}


class Past(NamedTuple):
    """An earlier call of this session, as the rules see it."""

    tool: str
    input: Mapping[str, Any]
    facts: tuple[Fact, ...] = ()
    success: bool = True
    time: float = 0.0


class Lineage(NamedTuple):
    """What has happened before this event."""

    calls: tuple[Past, ...] = ()


class Verdict(NamedTuple):
    """What all findings together come to."""

    status: str = APPROVED
    reason: str = ""
    instruction_violated: str = ""
    expected: str = ""
    actual: str = ""
    conflict_type: str = ""
    confidence: float = 1.0
    requires_human_approval: bool = False
    corrected_action: Mapping[str, Any] | None = None
    findings: tuple[Finding, ...] = ()


class Decision(NamedTuple):
    """What is to be answered: the verdict, and the words and the input that a host shall render."""

    verdict: Verdict
    response: str = "silence"  # silence | context | correct | ask | deny
    to_assistant: str = ""
    to_person: str = ""
    updated_input: Mapping[str, Any] | None = None
    to_screen: str = ""  # for the person's eyes alone: shown only where the assistant can never read it


Said = tuple[str, str]  # a person's message: when (RFC 3339, UTC), what


def constraints_of(record: Mapping[str, Any]) -> tuple[Constraint, ...]:
    """The constraints of a record; what is not an object with a type is passed over (the schema names it)."""
    found = record.get("constraints")
    rows = found if isinstance(found, list) else []
    return tuple(
        Constraint(row["type"], {key: value for key, value in row.items() if key != "type"})
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("type"), str)
    )


SHUT_OUT = (
    "never", "don't", "do not", "dont", "avoid", "not to", "must not", "not allowed", "forbid", "prohibit", "banned",
    "no-go", "off limits", "off-limits", "verboten", "niemals", "nicht", "nunca", "prohib", "interdit", "jamais",
    "proib", "запрещ", "нельзя", "禁止", "不要", "금지",
)  # fmt: skip
LONGEST_LABEL = 40  # characters of a heading that is said along


def in_full(record: Mapping[str, Any]) -> str:
    """The words of a record as they are to be read alone: an item below "Never" says so."""
    text, label = str(record.get("text", "")), str(record.get("context") or "").rsplit(" > ", 1)[-1].strip("*_:： ")
    if record.get("polarity") != "forbid" or not label or len(label) > LONGEST_LABEL:
        return text
    low, heading = text.casefold(), label.casefold().replace("’", "'")
    if not any(word in heading for word in SHUT_OUT) or any(word in low for word in (*SHUT_OUT, "no ", "without")):
        return text
    return f"{label}: {text}"


def instruction_of(record: Mapping[str, Any], session: str = "") -> Instruction:
    """A record as the rules see it."""
    return Instruction(
        id=str(record.get("id", "")),
        text=in_full(record),
        quadrant=str(record.get("quadrant", "")),
        persistence=str(record.get("persistence", "")),
        temporal_scope=str(record.get("temporal_scope", "")),
        verification_required=str(record.get("verification_required", "")),
        explicitness=float(record.get("explicitness") or 0.0),
        polarity=str(record.get("polarity", "")),
        constraints=constraints_of(record),
        source=str(record.get("source", "")),
        timestamp=str(record.get("timestamp", "")),
        session=session,
        note=str(record.get("note") or ""),
        trusted=not record.get("untrusted"),
    )
