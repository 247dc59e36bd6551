"""The policy that people write: `tractguard.toml` in its layers, validated, merged, with the origin of every value.

Built in < organisation < user < project. A lower layer may tighten what a higher one says; where it would loosen it,
the higher value stays and the attempt is named. Cold: pydantic.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import ConfigDict, Field, ValidationError

from tractguard.config_table import Share, Table
from tractguard.places import POLICY, Places
from tractguard.policy import DEFAULTS
from tractguard.pressure.config import Handoff, Pressure
from tractguard.trust import is_trusted, read_trust

# From loose to tight. Only what stands here has a direction; other keys are a matter of taste.
TIGHTNESS: dict[str, tuple[str, ...]] = {
    "mode": ("shadow", "enforce"),
    "on_failure": ("allow", "ask", "deny"),
    "strength.MANDATORY": ("record", "warn", "ask", "refuse"),
    "strength.REQUIRED": ("record", "warn", "ask", "refuse"),
    "strength.OPTIONAL": ("record", "warn", "ask", "refuse"),
    "strength.NONE": ("record", "warn", "ask", "refuse"),
    "obligations.at_commit": ("warn", "refuse"),
    "obligations.claims": ("off", "warn", "refuse"),
}
Rung = Literal["record", "warn", "ask", "refuse"]


class Strength(Table):
    """How strongly a clear conflict is answered, by `verification_required`."""

    MANDATORY: Rung = "refuse"
    REQUIRED: Rung = "refuse"
    OPTIONAL: Rung = "warn"
    NONE: Rung = "record"


class Confidence(Table):
    """Bands of a finding's confidence: at `clear` it may stop a call, from `probable` it warns."""

    clear: float = Field(default=0.8, ge=0.5, le=1.0)
    probable: float = Field(default=0.5, ge=0.0, le=1.0)


class Rules(Table):
    """Which rules are not evaluated, by code."""

    off: list[str] = []


class LedgerTable(Table):
    """What the ledger keeps of a call."""

    content: Literal["full", "metadata"] = "full"


class InstructionsTable(Table):
    """Where instructions are kept, and how much of them a session is reminded of."""

    store: Literal["project", "private"] = "project"
    reminder_tokens: int = Field(default=400, ge=0, le=4000)


class Recovery(Table):
    """Bounds of a recovery point, and how long points are kept."""

    time_ms: int = Field(default=2000, ge=100, le=15000)
    files: int = Field(default=10_000, ge=0, le=1_000_000)
    file_kb: int = Field(default=16_384, ge=0, le=1_048_576)
    point_kb: int = Field(default=65_536, ge=0, le=1_048_576)
    copies: int = Field(default=1_000, ge=0, le=100_000)
    copies_kb: int = Field(default=16_384, ge=0, le=1_048_576)
    keep_days: int = Field(default=7, ge=0, le=365)
    keep_mb: int = Field(default=500, ge=0, le=100_000)


class Lifting(Table):
    """How a person lets a refused call through, and which refusals nobody lifts."""

    minutes: int = Field(default=15, ge=1, le=240)
    tries: int = Field(default=3, ge=1, le=10)
    never: list[Annotated[str, Field(pattern=r"^TG\d{0,3}$")]] = ["TG002", "TG505", "TG6", "TG9"]


class Deliberation(Table):
    """When a record is opened for what only people decide, and by when each tier is due."""

    open: Literal["prompt", "call", "never"] = "prompt"
    critical_hours: int = Field(default=4, ge=1, le=72)
    urgent_hours: int = Field(default=72, ge=1, le=336)
    important_days: int = Field(default=21, ge=1, le=180)
    routine_days: int = Field(default=90, ge=1, le=730)
    review_days: int = Field(default=180, ge=1, le=1460)
    allow_days: int = Field(default=7, ge=0, le=90)


class Obligations(Table):
    """What is owed, and what is said: how a commit and a stop are answered."""

    at_commit: Literal["refuse", "warn"] = "refuse"
    at_stop: list[Literal["order", "along", "promise"]] = ["order", "along", "promise"]
    claims: Literal["refuse", "warn", "off"] = "refuse"


class Check(Table):
    """One named check: a command, and the files that it is about."""

    command: Annotated[str, Field(min_length=1, max_length=1000)]
    globs: list[str] = []
    seconds: int = Field(default=600, ge=1, le=7200)


class Checks(Table):
    """The project's own checks: one command for all source files, and a table for each named one."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, Check] = Field(init=False)

    command: Annotated[str, Field(max_length=1000)] = ""
    globs: list[str] = []
    seconds: int = Field(default=600, ge=1, le=7200)
    at_gate: Literal["run", "logged"] = "run"


class VerifierWeights(Table):
    """How much each dimension counts."""

    alignment: Share = 0.25
    coherence: Share = 0.20
    completeness: Share = 0.20
    safety: Share = 0.20
    alternatives: Share = 0.15


class VerifierThresholds(Table):
    """The confidence at which each decision begins; below `review` a call is blocked."""

    proceed: Share = 0.80
    caution: Share = 0.60
    review: Share = 0.40


class Verifier(Table):
    """When a major call is verified, and how its confidence is read."""

    weights: VerifierWeights = VerifierWeights()
    thresholds: VerifierThresholds = VerifierThresholds()
    from_level: Literal["ELEVATED", "HIGH", "CRITICAL", "DANGEROUS", "OFF"] = "HIGH"
    files: int = Field(default=5, ge=1, le=10_000)
    major: list[Literal["commit", "push", "deploy", "migration", "files", "subagent"]] = [
        "commit", "push", "deploy", "migration", "files", "subagent",
    ]  # fmt: skip


class Boundaries(Table):
    """From which likelihood on a request counts as a decision for people."""

    least: float = Field(default=0.5, ge=0.05, le=0.99)


class PolicyFile(Table):
    """One `tractguard.toml`. Every key may be left out."""

    mode: Literal["enforce", "shadow"] = "enforce"
    on_failure: Literal["ask", "deny", "allow"] = "ask"
    verbosity: Literal["silent", "summary", "detailed", "debug"] = "summary"
    deadline_ms: int = Field(default=4000, ge=500, le=20000)
    strength: Strength = Strength()
    confidence: Confidence = Confidence()
    rules: Rules = Rules()
    ledger: LedgerTable = LedgerTable()
    recovery: Recovery = Recovery()
    instructions: InstructionsTable = InstructionsTable()
    lifting: Lifting = Lifting()
    boundaries: Boundaries = Boundaries()
    deliberation: Deliberation = Deliberation()
    pressure: Pressure = Pressure()
    handoff: Handoff = Handoff()
    obligations: Obligations = Obligations()
    checks: Checks = Checks()
    verifier: Verifier = Verifier()


class Problem(NamedTuple):
    """Something wrong in a policy file."""

    path: str
    line: int  # from 1; 0 where it cannot be told
    why: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.why}" if self.line else f"{self.path}: {self.why}"


class Merged(NamedTuple):
    """The policy in force, where each value comes from, and what was wrong on the way."""

    policy: dict[str, Any]
    origin: dict[str, str]  # "confidence.clear" -> "project"
    problems: tuple[Problem, ...]
    sources: tuple[str, ...]  # every file that was looked for, also those that are not there
    doubts: tuple[str, ...] = ()  # what a file that no person has accepted says in vain


def merged(places: Places, environ: Mapping[str, str]) -> Merged:
    """Read every layer and merge them. A file that is wrong is left out whole and named."""
    policy = _copy(DEFAULTS)
    origin = dict.fromkeys(_flat(policy), "built in")
    problems: list[Problem] = []
    sources, doubts = [], []
    trust = read_trust(places, environ)
    for layer, path in places.policies(environ):
        sources.append(path)
        said, wrong = read_policy(path)
        problems += wrong
        accepted = layer != "project" or is_trusted(path, trust)
        for key, value in _flat(said).items():
            held = _held(key, value, _flat(policy).get(key), origin.get(key, "built in"))
            if held:
                problems.append(
                    Problem(path, 0, f"{key} = {value!r} would loosen {held}: the {origin[key]} value stays")
                )
            elif not accepted and not _tightens(key, value, _flat(policy).get(key)):
                doubts.append(key)
            else:
                _set(policy, key, value)
                origin[key] = layer
    told = (
        f"tractguard: this guard did not write {POLICY} on this machine: {', '.join(doubts)} is not in force until"
        " 'tractguard trust'",
    )
    return Merged(policy, origin, tuple(problems), tuple(sources), told if doubts else ())


def read_policy(path: str) -> tuple[dict[str, Any], list[Problem]]:
    """What one file says, only the keys it names, and what is wrong with it. Nothing for a file that is not there."""
    try:
        with open(path, "rb") as file:
            text = file.read().decode("utf-8")
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError) as error:
        return {}, [Problem(path, 0, f"cannot be read ({error})")]
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        return {}, [Problem(path, int(line.group(1)) if line else 0, f"is not valid TOML ({error})")]
    try:
        return PolicyFile.model_validate(data).model_dump(exclude_unset=True), []
    except ValidationError as error:
        return {}, [
            Problem(
                path,
                _line_of(text, each["loc"]),
                f"{'.'.join(map(str, each['loc']))}: {each['msg'][:1].lower()}{each['msg'][1:]}",
            )
            for each in error.errors()
        ]


# Numbers of which the smaller is the tighter one; tables in which the greater is; and what is a matter of taste.
_SMALLER = ("lifting.minutes", "lifting.tries", "confidence.clear", "confidence.probable")
_GREATER = "recovery."
_TASTE = ("verbosity", "deadline_ms", "instructions.store", "instructions.reminder_tokens")


def _tightens(key: str, value: Any, current: Any) -> bool:
    """Whether a value takes nothing away from what is in force: the only kind that needs nobody's word."""
    order = TIGHTNESS.get(key)
    if order:
        return order.index(str(value)) >= order.index(str(current))
    if key in _SMALLER or key.startswith(_GREATER):
        return bool(value <= current) if key in _SMALLER else bool(value >= current)
    if key == "rules.off":
        return not set(value) - set(current)
    if key == "lifting.never":
        return not set(current) - set(value) - set(DEFAULTS["lifting"]["never"])  # these hold in any case
    return key in _TASTE or bool(value == current)


def _held(key: str, value: Any, current: Any, origin: str) -> str:
    """What a layer may not loosen: a value that a higher file set, where the key has a direction."""
    if origin == "built in":
        return ""
    order = TIGHTNESS.get(key)
    if order and order.index(str(value)) < order.index(str(current)):
        return f"{current!r}"
    if key == "rules.off" and set(value) - set(current):
        return "the list of rules that are on"
    if key.startswith("checks.") and current and value != current:
        return f"{current!r}"
    return ""


def _line_of(text: str, location: tuple[int | str, ...]) -> int:
    """The line of a key in TOML text, found by its table and name."""
    keys = [str(part) for part in location if isinstance(part, str)]
    table, wanted = ".".join(keys[:-1]), keys[-1] if keys else ""
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("["):
            inside = bare.strip("[] ")
            if inside == ".".join(keys):
                return number
        elif inside == table and re.match(rf"[\"']?{re.escape(wanted)}[\"']?\s*=", bare):
            return number
    return 0


def _flat(table: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{before}{key}."))
        else:
            flat[before + key] = value
    return flat


def _set(table: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split(".")
    for part in path:
        table = table.setdefault(part, {})
    table[last] = value


def _copy(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _copy(value) if isinstance(value, Mapping) else list(value) if isinstance(value, list) else value
        for key, value in table.items()
    }


def flat_policy(policy: Mapping[str, Any]) -> dict[str, Any]:
    """A policy with dotted keys, for showing."""
    return _flat(policy)
