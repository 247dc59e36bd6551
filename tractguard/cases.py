"""People's own cases: an instruction, a call and the verdict they expect. `tractguard test` runs them, also in CI.

A case is judged like a row of `check --jsonl`, a closed world; one that names no instruction is judged by those of the
repository's history. Cold.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from tractguard.check import BadRow, check_row, spoken
from tractguard.model import STATUSES, Instruction

KEYS = frozenset(
    "name id instruction instructions contexts project history cwd bash tool input tool_name tool_input prompt expect"
    " corrected".split()
)


class BadCase(ValueError):
    """A case, or a file of cases, that cannot be read. The message is one sentence with its place."""


class Case(NamedTuple):
    """One case as written. `row` is what `check_row` takes."""

    place: str  # file:line
    name: str
    row: Mapping[str, Any]
    expect: tuple[str, ...]
    corrected: str = ""  # what the corrected input must contain


class Result(NamedTuple):
    """What came of a case."""

    case: Case
    status: str
    why: str  # the finding that spoke, in one line
    problem: str  # "" where it came out as expected

    @property
    def passed(self) -> bool:
        return not self.problem


def load_cases(path: str) -> list[Case]:
    """The cases of a YAML or JSONL file. Raises BadCase."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except OSError as error:
        raise BadCase(f"{path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadCase(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8") from error
    rows = _jsonl(path, text) if path.endswith((".jsonl", ".ndjson")) else _yaml(path, text)
    return [_case(place, row) for place, row in rows]


def run_cases(cases: Iterable[Case], live: Sequence[Instruction] = ()) -> Iterator[Result]:
    """Run cases in order. `live` are the instructions for those that name none."""
    for case in cases:
        texts = case.row.get("instructions")
        try:
            answer = check_row(case.row, live if texts is None else None)
        except BadRow as error:
            raise BadCase(f"{case.place}: {error}") from error
        findings = answer["findings"]
        why = f"{findings[0]['code']} {findings[0]['why']}" if findings else ""
        if texts and not findings and not spoken(texts):
            why = "nothing in the instruction was understood as one: see 'tractguard classify'"
        yield Result(case, answer["status"], why, _problem(case, answer))


def _problem(case: Case, answer: Mapping[str, Any]) -> str:
    if answer["status"] not in case.expect:
        return f"expected {' or '.join(case.expect)}, got {answer['status']}"
    if case.corrected and case.corrected not in json.dumps(answer["corrected_input"], ensure_ascii=False):
        return f"expected a correction to {case.corrected!r}, got {answer['corrected_input']!r}"
    return ""


def _case(place: str, row: Any) -> Case:
    if not isinstance(row, dict):
        raise BadCase(f"{place}: a case must be an object with `instruction`, a call and `expect`")
    unknown = sorted(set(map(str, row)) - KEYS)
    if unknown:
        raise BadCase(f"{place}: unknown key {unknown[0]!r}; known are {', '.join(sorted(KEYS))}")
    expect = row.get("expect")
    wanted = tuple(str(word).upper() for word in (expect if isinstance(expect, list) else [expect]))
    if not wanted or any(word not in STATUSES for word in wanted):
        raise BadCase(f"{place}: `expect` must be one of {', '.join(STATUSES)}")
    calls = [key for key in ("bash", "tool", "tool_name", "prompt") if row.get(key) is not None]
    if len(calls) > 1:
        raise BadCase(f"{place}: a case has one call, but this one has `{calls[0]}` and `{calls[1]}`")
    said = row.get("instructions", row.get("instruction"))
    inside = {key: row[key] for key in ("contexts", "project", "cwd", "prompt") if key in row}
    if "history" in row:
        inside["history"] = _past(row["history"])
    call = {"tool_name": "Bash", "tool_input": {"command": row["bash"]}} if "bash" in row else _named(row)
    instructions = [said] if isinstance(said, str) else said
    corrected = str(row.get("corrected") or "")
    built = {**inside, **call, "id": str(row.get("id", place)), "instructions": instructions}
    return Case(place, str(row.get("name") or row.get("bash") or row.get("id") or place), built, wanted, corrected)


def _past(calls: Any) -> Any:
    """Earlier calls, those written as a command alone spelled out."""
    if not isinstance(calls, list):
        return calls
    return [
        {"tool_name": "Bash", "tool_input": {"command": each}}
        if isinstance(each, str)
        else {**each, **_named(each)}
        if isinstance(each, dict)
        else each
        for each in calls
    ]


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    tool, given = row.get("tool_name", row.get("tool")), row.get("tool_input", row.get("input"))
    return {key: value for key, value in (("tool_name", tool), ("tool_input", given)) if value is not None}


def _jsonl(path: str, text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield f"{path}:{number}", json.loads(line)
            except RecursionError:
                raise BadCase(f"{path}:{number}: nested too deeply") from None
            except ValueError as error:
                raise BadCase(f"{path}:{number}: not valid JSON ({error})") from error


def _yaml(path: str, text: str) -> Iterator[tuple[str, Any]]:
    try:
        data = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except RecursionError:
        raise BadCase(f"{path}: nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise BadCase(f"{path}: not valid YAML ({' '.join(str(error).split())})") from error
    if data is None:
        return
    if not isinstance(data, list) or not isinstance(node, yaml.SequenceNode):
        raise BadCase(f"{path}: a file of cases must be a list")
    for row, item in zip(data, node.value, strict=True):
        yield f"{path}:{item.start_mark.line + 1}", row
