"""What the guard makes of a folder of corpora: how many calls it stops, how many it lets pass, and where it is wrong.

A corpus is a file of JSON lines, each a row of `check --jsonl`. A row may say what is expected of it ("stop", "warn" or
"pass"); without a word it is an ordinary call and shall pass. A row without instructions is judged under those of
`instructions_typical.json` beside it; the short form {"command"} is a Bash call that only the built-in rules judge.
Cold; it refuses to look at anything outside the folder.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tractguard.model import ESCALATED, REJECTED, WARNING

TYPICAL = "instructions_typical.json"
EXPECTED = ("stop", "warn", "pass")


class BadCorpus(ValueError):
    """A folder or a file of it that cannot be read. The message is one sentence."""


def measure(folder: str, step: Callable[[], None] = lambda: None) -> dict[str, dict[str, Any]]:
    """File name -> {"n", "stopped", "warned", "passed", "wrong" counts, "misses": one row for each wrong answer}.

    A miss is {"id" or the row's number, "expected", "got", "status", "codes"}. Where rows name their "family" there is
    also "families": name -> {"bad", "found", "good", "left"}: rows that shall stop and those of them that did, rows
    that shall pass and those that did. `step` is called after each row. Raises BadCorpus.
    """
    typical = typical_of(folder)
    found: dict[str, dict[str, Any]] = {}
    for name in corpora(folder):
        tally: dict[str, Any] = {"n": 0, "stopped": 0, "warned": 0, "passed": 0, "wrong": 0, "misses": []}
        for number, row in enumerate(rows_of(os.path.join(folder, name)), 1):
            _count(tally, {"id": number, **row}, judged(row, typical))
            step()
        found[name] = tally
    return found


def corpora(folder: str) -> list[str]:
    """The names of the corpora in `folder`, sorted. Raises BadCorpus where there is none."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".jsonl"))
    except OSError as error:
        raise BadCorpus(f"{folder} cannot be read: {error.strerror}") from error
    if not names:
        raise BadCorpus(f"{folder} holds no .jsonl file")
    return names


def rows_of(path: str) -> Iterator[dict[str, Any]]:
    """The rows of one corpus, in order. Raises BadCorpus with the line's number."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise BadCorpus(f"{path}:{number} is not JSON") from error
            if not isinstance(row, dict) or row.get("expected", "pass") not in EXPECTED:
                raise BadCorpus(f"{path}:{number} is not a row, or expects something else than stop, warn or pass")
            yield row


def typical_of(folder: str) -> list[str]:
    """The instructions for rows that bring none; nothing where the file is missing. Raises BadCorpus."""
    path = os.path.join(folder, TYPICAL)
    if not os.path.exists(path):
        return []
    try:
        with open(path, encoding="utf-8") as file:
            texts = json.load(file)
    except (OSError, ValueError) as error:
        raise BadCorpus(f"{path} cannot be read") from error
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise BadCorpus(f"{path} is not a list of texts")
    return texts


def judged(row: Mapping[str, Any], typical: list[str]) -> dict[str, Any]:
    """The answer of `check --jsonl` to one row. Raises BadCorpus."""
    from tractguard.check import BadRow, check_row

    whole = {"instructions": typical, **row}
    if "command" in row and "tool_name" not in row:
        whole = {"instructions": [], **row, "tool_name": "Bash", "tool_input": {"command": row["command"]}}
    try:
        return check_row(whole)
    except BadRow as error:
        raise BadCorpus(f"row {row.get('id')}: {error}") from error


def outcome(status: str) -> str:
    """A status as a corpus speaks of it: "stop" (refused, corrected or asked), "warn" or "pass"."""
    if status in (REJECTED, ESCALATED):
        return "stop"
    return "warn" if status == WARNING else "pass"


def _count(tally: dict[str, Any], row: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    got, expected = outcome(answer["status"]), row.get("expected", "pass")
    if isinstance(row.get("family"), str):
        _count_family(tally, row["family"], got, expected)
    tally["n"] += 1
    tally[{"stop": "stopped", "warn": "warned", "pass": "passed"}[got]] += 1
    if got == expected:
        return
    tally["wrong"] += 1
    codes = list(dict.fromkeys(each["code"] for each in answer["findings"]))
    tally["misses"].append(
        {"id": row["id"], "expected": expected, "got": got, "status": answer["status"], "codes": codes}
    )


def _count_family(tally: dict[str, Any], family: str, got: str, expected: str) -> None:
    families = tally.setdefault("families", {})
    each = families.setdefault(family, {"bad": 0, "found": 0, "good": 0, "left": 0})
    each["bad" if expected == "stop" else "good"] += 1
    if got == expected:
        each["found" if expected == "stop" else "left"] += 1
