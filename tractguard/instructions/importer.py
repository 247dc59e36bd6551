"""Import: what CLAUDE.md, AGENTS.md and their relatives say becomes instructions, line by line, with proof.

A line is *enforced* where a call that it stops and a call that it passes were both run through the engine, *warned*
where the engine lets that call through with a warning, *reminded* where it directs but no call shows it, and *not an
instruction* otherwise. Cold.
"""

import os
import posixpath
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from tractguard.check import RowBook
from tractguard.engine import run
from tractguard.facts import gather
from tractguard.facts.world import Row
from tractguard.instructions.classifier import read_text
from tractguard.instructions.directive import Directive
from tractguard.instructions.ecosystems import Language, project_of
from tractguard.instructions.example_calls import Call, Pair
from tractguard.instructions.examples import USUAL, pairs
from tractguard.instructions.history import record_of
from tractguard.instructions.sources import Source, sources
from tractguard.model import (
    APPROVED,
    ESCALATED,
    PRE_TOOL,
    REJECTED,
    WARNING,
    Constraint,
    Event,
    Instruction,
    Lineage,
    Past,
    Verdict,
    instruction_of,
)
from tractguard.obligations.at_commit import binds, is_sure
from tractguard.places import Places
from tractguard.policy import DEFAULTS

ENFORCED, WARNED, REMINDED, NOT_AN_INSTRUCTION = "enforced", "warned", "reminded", "not an instruction"


class ImportedLine(NamedTuple):
    """One unit of an instruction file and what became of it."""

    path: str
    line: int  # from 1
    outcome: str  # enforced | warned | reminded | not an instruction
    directive: Directive
    stopped: Call | None = None  # a call that it was seen to stop
    passed: Call | None = None  # its nearest relative that was seen to pass
    warned: Call | None = None  # where no call is stopped: one that it was seen to warn about
    scope: tuple[str, ...] = ()  # globs of the files that its own file speaks of


class Import(NamedTuple):
    """All lines of all files, and what could not be read."""

    lines: tuple[ImportedLine, ...]
    problems: tuple[str, ...]
    files: tuple[str, ...] = ()  # every file that was read


def import_files(places: Places, environ: Mapping[str, str]) -> Import:
    """Read every instruction file of a repository. Changes nothing: keeping the result is the caller's."""
    found = sources(places, environ)
    project = project_of(places.root)
    lines = [line for source in found for line in import_source(source, places.root, project)]
    problems = tuple(said for source in found for said in (source.problem, *source.notes) if said)
    return Import(tuple(lines), problems, tuple(source.path for source in found if not source.problem))


def import_source(source: Source, root: str, project: tuple[Language, ...] = USUAL) -> Iterable[ImportedLine]:
    """The lines of one file, in order; examples are in the languages of `project`."""
    starts = line_starts(source.text)
    scope = (source.folder,) if source.folder else source.scope
    for unit in read_text(source.text, kind="claude_md"):
        number = line_at(starts, unit.span[0]) if unit.span else 0
        if not unit.stored:
            yield ImportedLine(source.path, number, NOT_AN_INSTRUCTION, unit)
            continue
        directive = scoped(unit, source.folder, scope, root)
        proof = prove(directive, root, source.folder, project)
        line = ImportedLine(source.path, number, REMINDED, directive, scope=scope)
        if proof and proof.status != WARNING:
            line = line._replace(outcome=ENFORCED, stopped=proof.stopped, passed=proof.passed)
        elif proof:
            line = line._replace(outcome=WARNED, warned=proof.stopped, passed=proof.passed)
        yield line


def scoped(directive: Directive, folder: str, scope: Sequence[str], root: str) -> Directive:
    """A directive of a file that holds for some paths only: each constraint without a scope gets the file's.

    In the file of a subfolder, paths are written from there.
    """
    if not scope:
        return directive
    constraints = [each if not folder else moved(each, folder, root) for each in directive.constraints]
    return directive._replace(
        constraints=tuple(
            each if each.get("scope") or _placed(each) else Constraint(each.type, {**each.data, "scope": list(scope)})
            for each in constraints
        )
    )


def _placed(constraint: Constraint) -> bool:
    """Whether a constraint names the folders of the files that it is about."""
    globs = (*constraint.list("glob"), *constraint.list("path"))
    return bool(globs) and all("/" in glob.removeprefix("**/").rstrip("/") for glob in globs)


PATHS = ("glob", "path", "file", "scope", "except", "must_be_in", "must_not_be_in", "cwd")


def moved(constraint: Constraint, folder: str, root: str) -> Constraint:
    """A constraint of the file in `folder`, its paths written from the root. An area named in words becomes `when`."""
    data = dict(constraint.data)
    for key in PATHS:
        if isinstance(data.get(key), str):
            data[key] = _from_root(data[key], folder, root)
        elif isinstance(data.get(key), (list, tuple)):
            data[key] = [_from_root(each, folder, root) if isinstance(each, str) else each for each in data[key]]
    areas = constraint.list("scope")
    if areas and not all("/" in area for area in areas):
        data["scope"] = [folder]
        data["when"] = [*constraint.list("when"), "in " + ", ".join(areas)]
    return Constraint(constraint.type, data)


def _from_root(path: str, folder: str, root: str) -> str:
    """A path as written in `folder`, from the root: what only the root has stays, as does what names no folder."""
    if "/" not in path or " " in path or "://" in path or path.startswith(("/", "~", "$", "**/", folder)):
        return path
    bare = path.removeprefix("./")
    if bare.startswith("../"):
        return posixpath.normpath(posixpath.join(folder, bare)) + ("/" if bare.endswith("/") else "")
    first = bare.split("/", 1)[0]
    if os.path.exists(os.path.join(root, first)) and not os.path.exists(os.path.join(root, folder, first)):
        return path
    return folder + bare


MOST_TRIED = 16  # pairs for one constraint: what none of them shows is reminded


class Proof(NamedTuple):
    """A pair of calls that were run through the engine, and what it said to the first."""

    stopped: Call
    passed: Call
    status: str  # REJECTED or ESCALATED, or WARNING where none of the proposed calls was stopped


def prove(directive: Directive, root: str, folder: str = "", project: tuple[Language, ...] = USUAL) -> Proof | None:
    """The first proposed pair of which the engine stops the one and passes the other, both from within `folder`.

    Where it stops none, the first pair of which it warns about the one. What stops a call has to be the line itself.
    """
    instruction = instruction_of(record_of(directive, id="inst_001", now=0.0, source="file", origin=""))
    cwd = os.path.join(root, folder).rstrip("/")
    warned = None
    for constraint in directive.constraints:
        for pair in islice(pairs(constraint, root, project), MOST_TRIED):
            said = own_status(judged(pair.stopped, instruction, root, cwd, pair), instruction, pair.stopped)
            if said == APPROVED or (warned and said == WARNING):
                continue
            if judged(pair.passed, instruction, root, cwd, pair).status != APPROVED:
                continue
            found = Proof(pair.stopped, pair.passed, said)
            if said in (REJECTED, ESCALATED):
                return found
            warned = warned or found
    return warned


def judged(call: Call, instruction: Instruction, root: str, cwd: str, pair: Pair) -> Verdict:
    """What the engine says to a call under one instruction, in a closed world; `pair` gives what was there before."""
    world = Row(dict(pair.files), root)
    past = []
    for each in pair.before:
        event = Event(PRE_TOOL, host="check", tool=each.tool, input=each.input, cwd=cwd or root, root=root)
        past.append(Past(each.tool, each.input, gather(event, world), True))
    event = Event(PRE_TOOL, host="check", tool=call.tool, input=call.input, cwd=cwd or root, root=root)
    return run(event, world, RowBook([instruction], Lineage(tuple(past)))).verdict


def own_status(verdict: Verdict, instruction: Instruction, call: Call) -> str:
    """What a verdict owes to one instruction: what the built-in rules would stop anyway shows nothing about it. What a
    session's commit waits for is a refusal (`obligations/at_commit.py`).
    """
    mine = [found for found in verdict.findings if found.instruction == instruction.id]
    commits = "git commit" in str(call.input.get("command"))
    own = [REJECTED if commits and binds(found) and is_sure(found, DEFAULTS) else found.status for found in mine]
    return next((each for each in (REJECTED, ESCALATED, WARNING) if each in own), APPROVED)


def line_starts(text: str) -> list[int]:
    """The offset at which each line starts."""
    starts = [0]
    for offset, letter in enumerate(text):
        if letter == "\n":
            starts.append(offset + 1)
    return starts


def line_at(starts: Sequence[int], offset: int) -> int:
    """The number, from 1, of the line that holds `offset`."""
    return bisect_right(starts, offset)
