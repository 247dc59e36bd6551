"""Constructs by their words: each that the table shows an example of is found in it, and not in what is right."""

import json

import pytest

from tractguard.check import check_row
from tractguard.tables import table

KNOWN = table("thesaurus")
SHOWN = KNOWN["examples"]


def status(sentence: str, name: str, text: str) -> str:
    """What writing `text` into a new file meets, where only this was asked for."""
    folder = "tests/" if "test" in name else "src/"
    call = {"file_path": f"/repo/{folder}{name}", "content": text + "\n"}
    row = {"id": "", "instructions": [sentence], "cwd": "/repo", "tool_name": "Write", "tool_input": call}
    return check_row(row)["status"]


@pytest.mark.parametrize("name", SHOWN)
def test_a_construct_is_found_by_its_words(name: str) -> None:
    path, bad, _ = SHOWN[name]
    assert status(f"Never use {KNOWN['phrases'][name][0]}.", path, bad) != "APPROVED"


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_right_passes(name: str) -> None:
    path, _, good = SHOWN[name]
    assert status(f"Never use {KNOWN['phrases'][name][0]}.", path, good) == "APPROVED"


@pytest.mark.parametrize("name", SHOWN)
def test_another_file_is_left_alone(name: str) -> None:
    _, bad, _ = SHOWN[name]
    assert status(f"Never use {KNOWN['phrases'][name][0]}.", "notes.md", json.dumps(bad)) == "APPROVED"


@pytest.mark.parametrize(
    ("sentence", "name", "text", "expected"),
    [
        ("Never use React `useEffect` here.", "a.tsx", "import { useState } from 'react'", "APPROVED"),
        ("Do not use Lodash `merge`.", "a.ts", "import { pick } from 'lodash'", "APPROVED"),
        (
            "Icons: never `react-icons` or `@heroicons/react`.",
            "a.tsx",
            "import { A } from 'react-icons/fa'",
            "REJECTED",
        ),
        ("Read it in `src/config.ts`; never use `process.env` elsewhere.", "config.ts", "a(process.env.A)", "APPROVED"),
        ("Read it in `src/config.ts`; never use `process.env` elsewhere.", "b.ts", "a(process.env.A)", "REJECTED"),
        ("Never write SQL in components.", "a.py", "x = 1  # what SQL calls a row", "APPROVED"),
        ("No `space-x-*` utilities.", "a.tsx", 'const a = <div className="flex space-x-4" />', "REJECTED"),
        ("In tests, never use `Task.Delay`.", "FooTests.cs", "await Task.Delay(100);", "REJECTED"),
    ],
)
def test_what_a_name_belongs_to(sentence: str, name: str, text: str, expected: str) -> None:
    assert status(sentence, name, text) == expected
