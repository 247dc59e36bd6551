"""`test`: people's own cases, run through the engine."""

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from tractguard.cli.errors import Usage

if TYPE_CHECKING:
    from tractguard.model import Instruction


def run(
    files: Annotated[list[str], typer.Argument(help="Files of cases: .yaml, .yml or .jsonl.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a case.")] = False,
) -> None:
    """Run your own cases: an instruction, a call and the verdict you expect. Exit code 1 where one fails.

    A case without an instruction is judged by those in force in this repository, so that a team keeps its rules honest
    in CI. Nothing else of the folder counts: say what the call needs in `project` (path: content) and `history`.

    \b
    Example, in cases.yaml:
      - instruction: MongoDB runs on port 27027
        bash: mongosh --port 27017
        expect: REJECTED
        corrected: "27027"
      - bash: git push origin main
        expect: [REJECTED, ESCALATED]
      - instruction: Never touch migrations/
        tool: Write
        input: {file_path: migrations/1.py, content: x}
        expect: REJECTED
    Then:
      tractguard test cases.yaml
    """
    from tractguard.cases import load_cases, run_cases

    cases = [case for path in files for case in load_cases(path)]
    if not cases:
        raise Usage("these files hold no cases: see 'tractguard test --help' for an example")
    needs = any(case.row.get("instructions") is None for case in cases)
    results = list(run_cases(cases, live() if needs else ()))
    if as_json:
        for each in results:
            row = {"place": each.case.place, "name": each.case.name, "status": each.status, "why": each.why}
            print(json.dumps({**row, "passed": each.passed, "problem": each.problem or None}, ensure_ascii=False))
    else:
        from tractguard import render

        render.cases(results)
    if not all(each.passed for each in results):
        raise typer.Exit(1)


def live() -> "list[Instruction]":
    """The instructions in force in this repository, in order. Reads the files; changes nothing."""
    from tractguard.cli.repository import here
    from tractguard.instructions.history import load
    from tractguard.model import instruction_of

    found = []
    for path in here().histories():
        records = (load(path) if os.path.exists(path) else None) or []
        found += [instruction_of(record) for record in records if record.get("active")]
    return found
