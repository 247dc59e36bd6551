"""The published shape of the instruction history, as pydantic sees it, and its JSON Schema. Cold."""

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tractguard.instructions.history import Record


class ConstraintRecord(BaseModel):
    """A checkable part: a type of docs/constraints.md and its fields."""

    model_config = ConfigDict(extra="allow")
    type: str = Field(min_length=1)


class InstructionRecord(BaseModel):
    """One directive sentence, classified. Unknown fields are kept."""

    model_config = ConfigDict(extra="allow")
    id: str = Field(min_length=1, description="unique in the file; repaired on load where a merge made two")
    text: str = Field(min_length=1, description="the directive sentence only, redacted")
    timestamp: str = Field(default="", description="RFC 3339, UTC")
    quadrant: Literal["STRATEGIC", "OPERATIONAL", "TACTICAL", "SYSTEM", "STOCHASTIC"]
    persistence: Literal["HIGH", "MEDIUM", "LOW", "VARIABLE"]
    temporal_scope: Literal["PERMANENT", "PROJECT", "PHASE", "SESSION", "TASK"]
    verification_required: Literal["MANDATORY", "REQUIRED", "OPTIONAL", "NONE"]
    explicitness: float = Field(ge=0.0, le=1.0)
    polarity: Literal["require", "forbid", "prefer", "inform"] = "require"
    source: str = Field(default="user", description="user, file, deliberation …")
    active: bool = True
    parameters: dict[str, Any] = {}
    constraints: list[ConstraintRecord] = []
    scope: list[str] = Field(default=[], description="globs of the files where it holds; empty: everywhere")
    context: str = ""
    supersedes: list[str] = []
    superseded_by: str | None = None
    said: int = Field(default=1, ge=1, description="how often it was said")
    corrections: int = Field(default=0, ge=0, description="how often a person had to correct the assistant on it")
    until: dict[str, Any] | None = Field(
        default=None,
        description="what ends a PHASE: kind date (at), tag (name), merge (branch) or event (words, for a person)",
    )
    ended: dict[str, Any] | None = Field(default=None, description="when and by what it ended: {time, by}")
    retired: dict[str, Any] | None = Field(default=None, description="when and by whom it was ended: {time, by}")
    note: str = ""
    origin: str = Field(default="", description="a hash of the session it was said in")
    classifier: str = ""


class HistoryFile(BaseModel):
    """`.claude/instruction-history.json`."""

    model_config = ConfigDict(extra="allow")
    version: Literal[1]
    instructions: list[InstructionRecord]


def problems(records: list[Record]) -> list[str]:
    """What is wrong with records, a sentence each: the record, the field and the reason."""
    try:
        HistoryFile.model_validate({"version": 1, "instructions": records})
    except ValidationError as error:
        return [_sentence(records, each["loc"], each["msg"]) for each in error.errors()]
    return []


def json_schema() -> str:
    """The JSON Schema of the file, as text."""
    return json.dumps(HistoryFile.model_json_schema(), indent=2) + "\n"


def _sentence(records: list[Record], location: tuple[int | str, ...], message: str) -> str:
    index = location[1] if len(location) > 1 and isinstance(location[1], int) else None
    name = str(records[index].get("id", f"number {index + 1}")) if index is not None else "the file"
    field = ".".join(str(part) for part in location[2:])
    why = message[:1].lower() + message[1:]  # the rest as it is: it quotes the values that are allowed
    return f"{name}: {field}: {why}" if field else f"{name}: {why}"
