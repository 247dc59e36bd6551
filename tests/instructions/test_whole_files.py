"""Whole instruction files in whole repositories: examples of the repository's own kind, and ordinary calls that pass.

The files are written for this test. A session is played call by call: what it did before is known to the rules.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tractguard.check import RowBook
from tractguard.engine import run
from tractguard.facts import gather
from tractguard.facts.world import Disk
from tractguard.instructions.ecosystems import language, project_of
from tractguard.instructions.history import record_of
from tractguard.instructions.importer import NOT_AN_INSTRUCTION, Import, import_files
from tractguard.model import APPROVED, PRE_TOOL, Event, Lineage, Past, instruction_of
from tractguard.places import Places

FILES = json.loads((Path(__file__).parents[1] / "data" / "whole_files.json").read_text(encoding="utf-8"))


def made(name: str, base: Path) -> Path:
    """The repository `name` below `base`."""
    root = base / "repo"
    for path, text in FILES[name]["tree"].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    (root / FILES[name]["path"]).parent.mkdir(parents=True, exist_ok=True)
    (root / FILES[name]["path"]).write_text("\n".join(FILES[name]["said"]) + "\n", encoding="utf-8")
    return root


def imported(root: Path) -> Import:
    return import_files(Places(str(root), str(root)), {"HOME": str(root.parent)})


def shown(found: Import, root: Path) -> dict[str, list[str]]:
    """line -> outcome, the call that is stopped or warned about, the one that passes."""
    return {
        line.directive.text: [
            line.outcome,
            str(line.stopped or line.warned or "").replace(f"{root}/", ""),
            str(line.passed or "").replace(f"{root}/", ""),
        ]
        for line in found.lines
        if line.outcome != NOT_AN_INSTRUCTION
    }


@pytest.mark.parametrize("name", sorted(FILES))
def test_each_line_is_what_its_author_meant(name: str, tmp_path: Path) -> None:
    root = made(name, tmp_path)
    table = shown(imported(root), root)
    assert {text: table.get(text) for text in FILES[name]["table"]} == FILES[name]["table"]


@pytest.mark.parametrize("name", sorted(FILES))
def test_ordinary_work_is_not_hindered(name: str, tmp_path: Path) -> None:
    root = made(name, tmp_path)
    told = [
        instruction_of(record_of(line.directive, id=f"inst_{number:03}", now=0.0, source="file", origin=""))
        for number, line in enumerate(imported(root).lines)
        if line.outcome != NOT_AN_INSTRUCTION
    ]
    past: list[Past] = []
    world = Disk(str(root))
    hindered = []
    for call in FILES[name]["calls"]:
        tool, given = event_of(call, root)
        event = Event(PRE_TOOL, host="check", tool=tool, input=given, cwd=str(root), root=str(root))
        if run(event, world, RowBook(told, Lineage(tuple(past)))).verdict.status != APPROVED:
            hindered.append(call)
        past.append(Past(tool, given, gather(event, world), True))
    assert hindered == []


def event_of(call: Any, root: Path) -> tuple[str, dict[str, Any]]:
    if isinstance(call, str):
        return "Bash", {"command": call}
    path, content = call
    return "Write", {"file_path": f"{root}/{path}", "content": content}


@pytest.mark.parametrize(
    ("tree", "known"),
    [
        (["pyproject.toml", "a.py"], [("python", "pip install", "pytest")]),
        (["pyproject.toml", "uv.lock", "a.py"], [("python", "uv add", "uv run pytest")]),
        (["package.json", "a.js"], [("javascript", "npm install", "npm test")]),
        (["package.json", "pnpm-lock.yaml", "src/a.ts"], [("typescript", "pnpm add", "pnpm test")]),
        (["package.json", "rs/Cargo.toml", "rs/src/a.rs", "rs/src/b.rs"], [("rust", "cargo add", "cargo test")]),
        (["go.mod", "main.go"], [("go", "go get", "go test ./...")]),
        (["App.sln", "src/A.cs"], [("csharp", "dotnet add package", "dotnet test")]),
        (["README.md"], [("typescript", "npm install", "npm test"), ("python", "pip install", "pytest")]),
    ],
)
def test_a_repository_is_known_by_its_files(tmp_path: Path, tree: list[str], known: list[tuple[str, str, str]]) -> None:
    for path in tree:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("", encoding="utf-8")
    found = [(each.name, each.add, each.test) for each in project_of(str(tmp_path))]
    assert found[: len(known)] == known


def test_a_folder_that_is_not_there_is_of_the_usual_kind(tmp_path: Path) -> None:
    assert [each.name for each in project_of(str(tmp_path / "none"))] == ["typescript", "python"]


@pytest.mark.parametrize(("name", "suffix"), [("py", "py"), ("C#", "cs"), ("TypeScript", "ts"), ("cobol", "txt")])
def test_a_language_goes_by_several_names(name: str, suffix: str) -> None:
    assert language(name).suffix == suffix
