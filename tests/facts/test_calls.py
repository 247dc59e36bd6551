"""Calls of every kind, each with facts that it has and, as a near miss, facts that it must not have.

A row of `calls_*.txt` is `@` and the call (a command, or a tool's input as JSON), then lines `+` or `-` with
`kind|name|value|field=pattern,…`; what is left empty may be anything, `?` stands for what cannot be known.
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tractguard.facts import gather
from tractguard.facts.world import Row
from tractguard.model import PRE_TOOL, UNKNOWN, Event, Fact

HERE = Path(__file__).parent
PROJECT = json.loads((HERE / "calls_project.json").read_text(encoding="utf-8"))


def rows(name: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for block in ("\n" + (HERE / f"calls_{name}.txt").read_text(encoding="utf-8")).split("\n@")[1:]:
        lines = block.rstrip("\n").split("\n")
        said = [line for line in lines if line[:4] in ("  + ", "  - ")]
        yield "\n".join(lines[: lines.index(said[0])]), [(line[2], line[4:]) for line in said]


def call(text: str) -> Event:
    given = json.loads(text) if text.startswith('{"tool"') else {"tool": "Bash", "command": text}
    tool = given.pop("tool")
    return Event(PRE_TOOL, tool=tool, input=given, cwd="/repo")


def fits(fact: Fact, wanted: str) -> bool:
    kind, name, value, more = (wanted + "|||").split("|")[:4]
    shown = [text.replace(UNKNOWN, "?") for text in (fact.name, fact.value)]
    if fact.kind != kind or any(
        want and not fnmatchcase(text, want) for text, want in zip(shown, (name, value), strict=True)
    ):
        return False
    fields = [field.partition("=") for field in more.split(",") if field]
    return all(fnmatchcase(str(fact.data.get(key) or "").replace(UNKNOWN, "?"), want) for key, _, want in fields)


@pytest.mark.parametrize("name", ["runners", "shell", "programs", "tools", "near"])
def test_each_call_has_its_facts_and_no_others_like_them(name: str) -> None:
    wrong = []
    for text, said in rows(name):
        facts = gather(call(text), Row(PROJECT, "/repo"))
        wrong += [(text, sign, want) for sign, want in said if any(fits(f, want) for f in facts) != (sign == "+")]
    assert wrong == []
