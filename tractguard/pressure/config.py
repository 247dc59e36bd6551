"""The tables `[pressure]` and `[handoff]` as people write them, with the bounds of every number. Cold: pydantic."""

from typing import Annotated, Literal

from pydantic import Field

from tractguard.config_table import Share, Table

Count = Annotated[int, Field(ge=1, le=100_000)]
Strictness = Literal["NONE", "OPTIONAL", "REQUIRED", "MANDATORY"]


class PressureWeights(Table):
    """How much each factor of the context pressure counts."""

    conversation: Share = 0.40
    tokens: Share = 0.30
    tasks: Share = 0.15
    errors: Share = 0.10
    instructions: Share = 0.05


class PressureMaxima(Table):
    """What fills each factor."""

    messages: Count = 60
    compactions: Count = 2
    tasks: Count = 5
    errors: Count = 3
    instructions: Count = 10


class PressureLevels(Table):
    """The score at which each level begins."""

    elevated: Share = 0.30
    high: Share = 0.50
    critical: Share = 0.70
    dangerous: Share = 0.85


class PressureStricter(Table):
    """As what an instruction's verification counts from ELEVATED on."""

    NONE: Strictness = "OPTIONAL"
    OPTIONAL: Strictness = "REQUIRED"
    REQUIRED: Strictness = "MANDATORY"


class Pressure(Table):
    """How full a session is, and what follows from it."""

    weights: PressureWeights = PressureWeights()
    maxima: PressureMaxima = PressureMaxima()
    levels: PressureLevels = PressureLevels()
    window_tokens: int = Field(default=0, ge=0, le=100_000_000)
    learned_messages: Annotated[list[Count], Field(min_length=2, max_length=2)] = [60, 600]
    recent_calls: int = Field(default=25, ge=1, le=400)
    cluster: int = Field(default=6, ge=2, le=1000)
    stricter: PressureStricter = PressureStricter()
    complex_tools: list[str] = ["Agent", "Task", "Workflow", "WebSearch", "WebFetch", "EnterWorktree"]
    new_files: int = Field(default=3, ge=0, le=10_000)


class Handoff(Table):
    """What a session leaves to the next one."""

    tokens: int = Field(default=1500, ge=300, le=10_000)
    load_tokens: int = Field(default=1500, ge=0, le=2500)
    stale_days: int = Field(default=7, ge=1, le=365)
    keep: int = Field(default=20, ge=1, le=1000)
