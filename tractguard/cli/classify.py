"""`classify`: how a sentence is understood."""

import json
import sys
from typing import Annotated, Any

import typer

from tractguard.cli.errors import Usage

NO_TEXT = "classify needs a text: tractguard classify 'Use pnpm, not npm'"


def classify(
    text: Annotated[str | None, typer.Argument(help="A prompt; without it stdin is read.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each sentence.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show the evidence for each dimension.")] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Classify the rows on stdin, one sentence each.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Read the text as an instruction file.")] = False,
) -> None:
    """Split a text into directives and show how each is understood. Nothing is stored.

    \b
    Examples:
      tractguard classify "MongoDB runs on port 27027" --explain
      tractguard classify --markdown --json < CLAUDE.md
    """
    if jsonl:
        from tractguard.cli.streams import stream

        if text is not None or markdown:
            raise Usage("--jsonl reads everything from stdin: leave the other arguments out")
        raise typer.Exit(stream("classify", sys.stdin.buffer, sys.stdout))
    said = from_stdin() if text is None else text
    if not said.strip() and not markdown:
        raise Usage(NO_TEXT)
    rows = understood(said, "claude_md" if markdown else "prompt", explain)
    if not rows and said.strip():
        raise Usage("this is not a text but binary data: nothing was read")
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    from tractguard import render

    render.classified(rows, explain)


def from_stdin() -> str:
    """The text on stdin. Raises Usage where nothing is piped in."""
    if sys.stdin.isatty():
        raise Usage(NO_TEXT)
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def understood(text: str, kind: str, explain: bool) -> list[dict[str, Any]]:
    """Each unit of a text as data."""
    from tractguard.cli.streams import directive_json
    from tractguard.instructions.classifier import read_text

    rows = []
    for unit in read_text(text, kind=kind):
        row = {"text": unit.text, **directive_json(unit), "note": unit.note or None}
        if explain:
            row["confidence"] = dict(unit.confidence)
            row["evidence"] = list(unit.evidence)
        rows.append(row)
    return rows
