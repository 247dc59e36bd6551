"""What the documents say: every command in them exists, every command is in the README, every link leads somewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tractguard.cli.app import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
MENTION = re.compile(r"[`']tractguard((?: [a-z]+)+)|^    tractguard((?: [a-z]+)+)", re.MULTILINE)


def offered() -> Iterator[tuple[str, ...]]:
    """Every command as its words."""
    todo: list[tuple[tuple[str, ...], Any]] = [((), typer.main.get_command(app))]
    while todo:
        words, command = todo.pop()
        if hasattr(command, "commands"):
            todo += [((*words, name), each) for name, each in command.commands.items() if not each.hidden]
        else:
            yield words


OFFERED = set(offered())
GROUPS = {words[:1] for words in OFFERED if len(words) == 2}


def exists(words: tuple[str, ...]) -> bool:
    """Whether some words after `tractguard` begin with a command."""
    return words[:1] in OFFERED or words[:2] in OFFERED or (len(words) == 1 and words in GROUPS)


def mentions(text: str) -> set[tuple[str, ...]]:
    return {tuple((found.group(1) or found.group(2)).split()) for found in MENTION.finditer(text)}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_exists(path: Path) -> None:
    assert [words for words in mentions(path.read_text(encoding="utf-8")) if not exists(words)] == []


def test_every_command_is_in_the_readme_or_in_the_page_of_its_group() -> None:
    said = mentions(README)
    pages = set().union(*(mentions(path.read_text(encoding="utf-8")) for path in DOCUMENTS))
    whole = {words for words in OFFERED if any(each[: len(words)] == words for each in said)}
    paged = {words for words in OFFERED if words[:1] in said and any(each[: len(words)] == words for each in pages)}
    assert sorted(OFFERED - whole - paged) == []


def texts(path: Path) -> Iterator[str]:
    """The strings of a source file but its docstrings: what may be shown to somebody."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def test_no_message_offers_a_command_that_does_not_exist() -> None:
    wrong = {
        f"{path.relative_to(ROOT)}: tractguard {' '.join(words)}"
        for path in [*(ROOT / "tractguard").rglob("*.py"), *(ROOT / "hooks").glob("*.py")]
        for text in texts(path)
        for words in mentions(text)
        if not exists(words)
    }
    assert wrong == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_map_of_the_house_names_every_room_once() -> None:
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    named = [
        word for line in design.split("\n") if line.startswith("| `") for word in line.split("|")[1].split("`")[1::2]
    ]
    rooms = [path.name for path in (ROOT / "tractguard").glob("*.py") if not path.name.startswith("__")]
    rooms += [f"{path.parent.name}/" for path in (ROOT / "tractguard").glob("*/__init__.py")]
    assert sorted(named) == sorted(rooms)


@pytest.mark.parametrize("target", ["demo", "test", "soak", "bench", "clean"])
def test_the_makefile_has_the_targets_that_the_documents_name(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE) is not None
