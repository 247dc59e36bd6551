"""A row of `check --jsonl`: a closed world, judged by its own fields and the built-in rules alone.

Nothing outside the row is looked at and nothing is written. The same line as a live call: only the book differs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.decide import verdict_of
from tractguard.engine import run
from tractguard.facts import gather
from tractguard.facts.world import Row
from tractguard.instructions.classifier import classify, read_text
from tractguard.instructions.constraints.grants import asked_for
from tractguard.instructions.directive import Directive
from tractguard.instructions.grammar import interjection
from tractguard.instructions.history import record_of
from tractguard.instructions.subjects import ends
from tractguard.model import (
    PRE_TOOL,
    Decision,
    Event,
    Fact,
    Finding,
    Instruction,
    Lineage,
    Past,
    instruction_of,
)
from tractguard.policy import DEFAULTS, Policy

FOLDER = "/repo"  # what a row without `cwd` stands in

# What a call of these tools is about is text: anything else could only be judged as if it were not there.
TEXTS = {
    "Bash": ("command",),
    "Read": ("file_path",),
    "Write": ("file_path", "content"),
    "Edit": ("file_path", "old_string", "new_string"),
    "MultiEdit": ("file_path",),
    "NotebookEdit": ("notebook_path", "new_source"),
    "WebFetch": ("url",),
}


class RowBook:
    """The book of one row: its instructions, in order, and its history."""

    def __init__(self, instructions: Sequence[Instruction], lineage: Lineage, policy: Policy = DEFAULTS) -> None:
        self.policy = policy
        self.began = 0.0
        self.prompts: Sequence[tuple[str, str]] = ()
        self.approvals: Sequence[str] = ()
        self.facts: tuple[Fact, ...] = ()
        self._instructions = instructions
        self._lineage = lineage

    def instructions(self, facts: Sequence[Fact]) -> Sequence[Instruction]:
        from tractguard.rules.index import triggers_for, triggers_of

        wanted = triggers_for(facts)
        return [
            each
            for each in self._instructions
            if any(wanted.intersection(triggers_of(constraint)) for constraint in each.constraints)
        ]

    def lineage(self, event: Event, instructions: Sequence[Instruction]) -> Lineage:
        return self._lineage

    def record(self, event: Event, facts: Sequence[Fact], decision: Decision, /) -> None:
        self.facts = tuple(facts)


class BadRow(ValueError):
    """A row that cannot be judged. The message is one sentence."""


def check_row(row: Mapping[str, Any], live: Sequence[Instruction] | None = None) -> dict[str, Any]:
    """The answer to one row (DESIGN 6.2). `live`: judged by these instead of the texts that it gives. Raises BadRow."""
    cwd = _string(row, "cwd") or FOLDER
    world = Row(_project(row), cwd)
    texts, contexts = _strings(row, "instructions"), _strings(row, "contexts", gaps=True)
    instructions = spoken(texts, contexts) if live is None else live
    if isinstance(row.get("prompt"), str) and not row.get("tool_name"):
        from tractguard.boundaries import judge_prompt

        return _answer(row, Decision(verdict_of(judge_prompt(row["prompt"], instructions))))
    event = Event(
        PRE_TOOL, host="check", tool=_string(row, "tool_name"), input=_input(row), cwd=cwd, root=cwd, headless=False
    )
    if not event.tool:
        raise BadRow('a row needs "tool_name" and "tool_input", or "prompt"')
    book = RowBook(instructions, _lineage(row, world, cwd))
    return _answer(row, run(event, world, book))


def spoken(texts: Sequence[str], contexts: Sequence[str] = ()) -> list[Instruction]:
    """Instructions as they stand after all `texts` were said in order. Each keeps the index of its text in its id."""
    live: list[Instruction] = []
    before = ""
    for index, text in enumerate(texts):
        context = contexts[index] if index < len(contexts) else ""
        turn = before if not context else ""  # what stands below a heading follows nothing that was said
        for unit in (allowed(unit, live) for unit in stored_in(text, context, turn)):
            record = record_of(unit, id=f"inst_{index + 1:03d}", now=0.0, source="user", origin="")
            new = instruction_of(record)
            over = [old for old in live if ends(old.text, old.constraints, new.constraints, unit.corrects)]
            live = [old for old in live if old not in over]
            if unit.corrects and over:  # another value of the same rule: as strict as it was
                new = new._replace(verification_required=over[-1].verification_required)
            live.append(new)
        before = before if interjection(text) else text
    return live


def stored_in(text: str, context: str, turn: str) -> list[Directive]:
    """The directives of one given instruction: below a heading as a file says it, else as a person does in a chat.

    It was given as an instruction. Where none of its sentences reads as one that is kept, it is taken at its word.
    """
    for kind in ("claude_md", "prompt") if context else ("prompt", "claude_md"):
        found = [unit for unit in read_text(text, kind=kind, context=context, context_before=turn) if unit.stored]
        if found:
            return found
    whole = classify(text, kind="claude_md", context=context, given=True)
    return [whole] if whole.is_directive else []


def allowed(unit: Directive, live: Sequence[Instruction]) -> Directive:
    """`unit` with the permits for what it orders although an instruction in force wants a person's word for it."""
    if not live or not unit.is_directive:
        return unit
    return unit.allowing(asked_for(unit.text, [constraint for each in live for constraint in each.constraints]))


def _lineage(row: Mapping[str, Any], world: Row, cwd: str) -> Lineage:
    calls = []
    history = row.get("history")
    if history is not None and not isinstance(history, list):
        raise BadRow('"history" must be a list of calls')
    for past in history or []:
        if not isinstance(past, dict):
            raise BadRow('each call of "history" must be an object with "tool_name" and "tool_input"')
        try:
            event = Event(PRE_TOOL, tool=_string(past, "tool_name"), input=_input(past), cwd=cwd, root=cwd)
        except BadRow as error:
            raise BadRow(f'in "history": {error}') from None
        calls.append(Past(event.tool, event.input, gather(event, world), past.get("success") is not False))
        world.follow(calls[-1].facts if calls[-1].success else ())
    return Lineage(tuple(calls))


def _answer(row: Mapping[str, Any], decision: Decision) -> dict[str, Any]:
    verdict = decision.verdict
    number = verdict.instruction_violated.removeprefix("inst_")
    return {
        "id": row.get("id"),
        "status": verdict.status,
        "violated": int(number) - 1 if number.isdigit() else None,
        "corrected_input": verdict.corrected_action,
        "confidence": round(verdict.confidence, 3),
        "findings": [finding_json(finding) for finding in verdict.findings],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as data: empty fields left out."""
    row = {
        "code": finding.code,
        "rule": finding.rule,
        "status": finding.status,
        "why": finding.why,
        "way_out": finding.way_out,
        "confidence": round(finding.confidence, 3),
        "conflict_type": finding.conflict_type,
        "instruction": finding.instruction,
        "expected": finding.expected,
        "actual": finding.actual,
        "domain": finding.domain,
        **finding.data,
    }
    return {key: value for key, value in row.items() if value not in ("", None)}


def _project(row: Mapping[str, Any]) -> dict[str, str]:
    project = row.get("project")
    if project is None:
        return {}
    if not isinstance(project, dict):
        raise BadRow('"project" must be an object of path: content')
    return {str(path): text for path, text in project.items() if isinstance(text, str)}


def _input(row: Mapping[str, Any]) -> Mapping[str, Any]:
    found = row.get("tool_input")
    if not isinstance(found, dict):
        raise BadRow('"tool_input" must be an object')
    for key in TEXTS.get(str(row.get("tool_name")), ()):
        if key in found and not isinstance(found[key], str):
            raise BadRow(f'"{key}" of a {row["tool_name"]} call must be a string')
    return found


def _string(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRow(f'"{key}" must be a string')
    return value


def _strings(row: Mapping[str, Any], key: str, *, gaps: bool = False) -> list[str]:
    """A list of texts; with `gaps` an item may be null, for an empty one."""
    value = row.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) or (gaps and item is None) for item in value):
        raise BadRow(f'"{key}" must be a list of strings')
    return [item or "" for item in value]
