"""The shape of a record's front matter, as pydantic sees it: fields, JSON Schema, errors with their lines. Cold."""

import difflib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from tractguard.deliberation.record import OPEN, BrokenRecord, merge_mark, split

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Date = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Moment = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(T[0-2]\d:[0-5]\d:[0-5]\dZ)?$")
]
Tier = Literal["CRITICAL", "URGENT", "IMPORTANT", "ROUTINE"]
DEEPEST = 40  # levels of a front matter


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class Framework(_Part):
    """A moral framework and its position on this question. The order says nothing."""

    framework: Text
    position: Text
    stakeholders: list[Text] = Field(default=[], description="who usually speaks for it")


class Stakeholder(_Part):
    """A group to be asked."""

    group: Text
    why: str = ""
    usually_left_out: bool = False
    language: str = Field(default="en", description="of its invitation: en, de, fr, es, it, pt, or one of your own")
    tone: Literal["plain", "formal"] = "plain"
    contact: str = ""


class Approval(_Part):
    """A person approved something, in a terminal of their own."""

    time: Moment
    by: Literal["terminal", "chat"] = "terminal"


class Round(_Part):
    """A round as it is to be held."""

    round: int = Field(ge=1, le=4)
    purpose: Text
    format: str = ""


class Dissent(_Part):
    """An objection that stands beside the decision, with those who hold it."""

    framework: Text
    objection: Text
    stakeholders: list[Text] = Field(min_length=1, description="who holds it")


class Precedent(_Part):
    """An earlier record that is similar. It informs, it does not bind."""

    record: Text
    similarity: float = Field(ge=0.0, le=1.0)
    shared: list[str] = []


class Review(_Part):
    """A review: the outcome was kept, or the question opened again."""

    date: Date
    outcome: Literal["kept", "reopened", "edits accepted"]
    note: str = ""


class Ending(_Part):
    """Not a matter of values, or no longer one: when, why."""

    time: Moment
    reason: Text


class Deliberation(_Part):
    """The front matter of a record. Unknown fields are kept, and named by `deliberate check`."""

    id: str = Field(pattern=r"^d-[0-9a-z]{4,16}$")
    version: Literal[1] = 1
    question: Text
    status: Literal["open", "decided", "no_agreement", "dismissed"] = "open"
    domain: Literal["values", "user_agency", "cultural", "irreversible", "unprecedented"] | None = None
    topics: list[Text] = []
    urgency: Tier = "IMPORTANT"
    scale: str | None = None
    harm_type: str | None = None
    opened: Moment
    due: Moment | None = None
    origin: Literal["person", "escalation", "follow-up", "missed"] | None = None
    follows: str | None = Field(default=None, description="the record that this one takes up again")
    moral_frameworks_in_tension: list[Framework] = []
    value_trade_offs: list[Text] = []
    affected_stakeholder_groups: list[Text] = []
    suggested_stakeholders: list[Stakeholder] = []
    stakeholders: list[Stakeholder] = Field(default=[], description="approved by a person before round 1")
    stakeholders_approved: Approval | None = None
    discussion_rounds: list[Round] = []
    precedents: list[Precedent] = []
    decision_made: Text | None = None
    values_prioritized: list[Text] = []
    values_deprioritized: list[Text] = []
    moral_remainder: Text | None = Field(default=None, description="what is lost with this decision")
    dissenting_perspectives: list[Dissent] = []
    none_voiced: list[Literal["moral_remainder", "dissent"]] = Field(default=[], description="said by a person")
    justification: Text | None = None
    precedent_applicability: Text | None = Field(default=None, description="to which cases it speaks, and to which not")
    precedent_binding: Literal[False] = False
    review_date: Date | None = None
    review_trigger: Text | None = None
    decided: Approval | None = None
    instruction: str | None = Field(default=None, description="the instruction that the outcome became")
    reviews: list[Review] = []
    dismissed: Ending | None = None


class Problem(NamedTuple):
    """Something wrong in a record, or worth a look (`note`)."""

    line: int  # of the file, from 1
    why: str
    note: bool = False


class Read(NamedTuple):
    """A record as read: what it says, and what is wrong with it. Where it cannot be read at all, `fields` is empty."""

    fields: dict[str, Any]
    problems: tuple[Problem, ...]


class _Loader(yaml.SafeLoader):
    """YAML in which a date stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Read:
    """The fields of a record, and every problem with its line. Never raises."""
    mark = merge_mark(text)
    if mark:
        return Read({}, (Problem(mark, "a merge in git was left unfinished here: decide between both sides by hand"),))
    try:
        head, _ = split(text)
        node, data = parsed(head)
    except BrokenRecord as error:
        return Read({}, (Problem(line_in(str(error)), str(error).partition(": ")[2] or str(error)),))
    problems = [Problem(line, why) for line, why in repeated(node)]
    try:
        model = Deliberation.model_validate(data)
    except ValidationError as error:
        problems += [Problem(line_of(node, each["loc"]), sentence(each)) for each in error.errors()]
        return Read(data, tuple(sorted(problems)))
    problems += [Problem(line_of(node, (key,)), why, note=True) for key, why in unknown(model)]
    return Read(model.model_dump(), tuple(sorted(problems)))


def parsed(head: str) -> tuple[yaml.MappingNode, dict[str, Any]]:
    """The front matter as nodes, which know their lines, and as data. Raises BrokenRecord."""
    try:
        depth = 0
        for event in yaml.parse(head, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                raise BrokenRecord(f"record:{place(event)}: a YAML alias (*{event.anchor}): write the text out")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise BrokenRecord(f"record:{place(event)}: nested too deeply")
        node = yaml.compose(head, Loader=_Loader)
        data = yaml.load(head, Loader=_Loader)
    except BrokenRecord:
        raise
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 2
        raise BrokenRecord(f"record:{line}: the front matter is not valid YAML ({error.problem})") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BrokenRecord(f"record:2: the front matter is not valid YAML ({' '.join(str(error).split())})") from error
    if not isinstance(data, dict) or not isinstance(node, yaml.MappingNode):
        raise BrokenRecord("record:2: the front matter must be fields, one a line: 'question: …'")
    return node, {str(key): value for key, value in data.items()}


def place(event: yaml.Event) -> int:
    """The line of the file at which an event of the parser begins."""
    return (event.start_mark.line if event.start_mark else 0) + 2


def line_in(message: str) -> int:
    """The line that a message names: "record:7: …"."""
    number = message.partition(":")[2].partition(":")[0]
    return int(number) if number.isdigit() else 1


def repeated(node: yaml.MappingNode) -> list[tuple[int, str]]:
    """Fields that stand there twice: what a merge leaves behind, and YAML takes the last of in silence."""
    seen: dict[str, int] = {}
    found = []
    for key, _ in node.value:
        line = key.start_mark.line + 2
        name = str(key.value)
        if name in seen:
            found.append((line, f"{name} is there already in line {seen[name]}: keep one of them"))
        seen.setdefault(name, line)
    return found


def line_of(node: yaml.Node, location: tuple[int | str, ...]) -> int:
    """The line in the file of a place in the front matter: as near as there is one."""
    line = node.start_mark.line + 2
    for part in location:
        if isinstance(node, yaml.MappingNode):
            hit = next(((key, value) for key, value in node.value if str(key.value) == str(part)), None)
            if hit is None:
                return line
            line, node = hit[0].start_mark.line + 2, hit[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 2
        else:
            return line
    return line


def sentence(error: Mapping[str, Any]) -> str:
    """What is wrong with a field, in one line."""
    name = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in error["loc"])
    why = str(error["msg"])
    if error["type"] == "missing":
        return f"{name} is missing"
    if error["type"] == "string_pattern_mismatch":
        return f"{name}: {error['input']!r} does not fit; it is written like {like(name)}"
    return f"{name}: {why[:1].lower()}{why[1:]}"


def like(name: str) -> str:
    """An example of what a field with a form holds."""
    if name == "id":
        return "d-3fa81c"
    return "2026-11-12" if name.endswith("date") else "2026-11-12 or 2026-11-12T09:30:00Z"


def unknown(model: BaseModel) -> list[tuple[str, str]]:
    """Fields that this version does not know, with the one that may be meant."""
    known = list(type(model).model_fields)
    found = []
    for name in model.model_extra or {}:
        near = difflib.get_close_matches(name, known, 1, 0.8)
        meant = f": do you mean {near[0]}?" if near else "; it is kept"
        found.append((name, f"unknown field {name}{meant}"))
    return found


def json_schema() -> str:
    """The JSON Schema of the front matter, as text."""
    return json.dumps(Deliberation.model_json_schema(), indent=2) + "\n"


def is_open(fields: Mapping[str, Any]) -> bool:
    """Whether the question still waits for a decision."""
    return fields.get("status") == OPEN
