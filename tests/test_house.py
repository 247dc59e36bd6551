"""The house as its source shows it: who may import whom, no cycles, what the hot path loads, sizes."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tractguard.model import CONFLICT_TYPES

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tractguard"
COLD_LIBRARIES = {"yaml", "typer", "rich", "pydantic", "tiktoken", "watchdog", "sqlglot", "click"}

# What each hot module may reach, directly or not, when it is imported.
HOT = ("tractguard.hook", "tractguard.live", "tractguard.engine", "tractguard.hosts.claude_code")

# room -> rooms that it must never import (tops of the line do not know its ends)
NEVER = {
    "tractguard.model": ("tractguard.",),
    "tractguard.rules": ("tractguard.hosts", "tractguard.ledger", "tractguard.engine", "tractguard.cli", "tractguard.facts.world"),
    "tractguard.facts": ("tractguard.rules", "tractguard.hosts", "tractguard.ledger", "tractguard.engine", "tractguard.cli"),
    "tractguard.hosts": ("tractguard.rules", "tractguard.facts", "tractguard.engine", "tractguard.cli"),
    "tractguard.instructions.constraints": ("tractguard.rules", "tractguard.hosts", "tractguard.engine", "tractguard.cli"),
    "tractguard.engine": ("tractguard.hosts", "tractguard.cli", "tractguard.ledger", "tractguard.book"),
    "tractguard.decide": ("tractguard.rules", "tractguard.facts", "tractguard.hosts", "tractguard.ledger"),
    "tractguard.ledger": ("tractguard.",),
    "tractguard.redact": ("tractguard.",),
}  # fmt: skip
IMPURE = {"time", "os", "subprocess", "socket", "datetime", "random", "sqlite3", "pathlib"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources() -> dict[str, ast.Module]:
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if "_hooks" not in path.parts]
    return {module_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in files}


SOURCES = sources()


def imports(tree: ast.Module, *, top_only: bool) -> set[str]:
    """Modules that a source imports: at its top, or anywhere."""
    found: set[str] = set()
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
    }
    for node in nodes:
        if top_only and id(node) in inner:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names if f"{node.module}.{alias.name}" in SOURCES}
    return found


def reached(start: str) -> set[str]:
    """Everything that importing `start` loads of the package, and the names of other libraries."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in SOURCES:
            todo += imports(SOURCES[name], top_only=True)
            parent = name.rpartition(".")[0]
            todo += [parent] if parent else []
    return seen


@pytest.mark.parametrize("name", HOT)
def test_a_hot_module_loads_no_cold_library(name: str) -> None:
    assert {each.split(".")[0] for each in reached(name)} & COLD_LIBRARIES == set()


@pytest.mark.parametrize("room", sorted(NEVER))
def test_import_directions(room: str) -> None:
    wrong = {
        f"{name} imports {target}"
        for name, tree in SOURCES.items()
        if name == room or name.startswith(room + ".")
        for target in imports(tree, top_only=False)
        for never in NEVER[room]
        if target != "tractguard.lean"  # a door to the standard library
        if (target + ".").startswith(never.rstrip(".") + ".") and not (target + ".").startswith(room + ".")
    }
    assert wrong == set()


def test_there_is_no_import_cycle() -> None:
    graph = {name: imports(tree, top_only=True) & set(SOURCES) for name, tree in SOURCES.items()}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> list[str]:
        if name in path:
            return [" -> ".join((*path[path.index(name) :], name))]
        if name in done:
            return []
        cycles = [cycle for target in sorted(graph[name] - {name}) for cycle in visit(target, (*path, name))]
        done.add(name)
        return cycles

    assert [cycle for name in sorted(graph) for cycle in visit(name, ())] == []


def test_rules_are_pure() -> None:
    wrong = {
        f"{name} imports {target}"
        for name, tree in SOURCES.items()
        if name.startswith("tractguard.rules")
        for target in imports(tree, top_only=False)
        if target.split(".")[0] in IMPURE
    }
    assert wrong == set()


def test_only_the_renderer_knows_rich() -> None:
    users = {
        name
        for name, tree in SOURCES.items()
        if any(each.split(".")[0] == "rich" for each in imports(tree, top_only=False))
    }
    assert {name for name in users if not f"{name}.".startswith("tractguard.render.")} == set()


def test_files_stay_readable() -> None:
    longest = {name: len(ast.unparse(tree)) for name, tree in SOURCES.items()}
    assert longest
    lines = {path: path.read_text(encoding="utf-8").count("\n") for path in PACKAGE.rglob("*.py")}
    assert {str(path.relative_to(ROOT)): count for path, count in lines.items() if count > 600} == {}


def test_functions_stay_readable() -> None:
    sizes = sorted(
        node.end_lineno - node.lineno + 1
        for tree in SOURCES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.end_lineno
    )
    assert sizes[int(len(sizes) * 0.9)] <= 40


def test_every_module_says_what_it_knows() -> None:
    silent = {name for name, tree in SOURCES.items() if not ast.get_docstring(tree) and name != "tractguard.rules"}
    assert silent == set()


def test_the_hot_path_loads_just_these_libraries() -> None:
    """The set of modules, not milliseconds: what a bare interpreter has not loaded and a call does."""
    code = (
        "import sys; before = set(sys.modules);"
        f"sys.path.insert(0, {str(ROOT)!r}); import tractguard.hook, tractguard.live, tractguard.hosts.claude_code;"
        "import json; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert (
        loaded
        & {
            "dataclasses",
            "inspect",
            "pathlib",
            "subprocess",
            "importlib.util",
            "importlib.resources",
            "importlib.metadata",
            "email",
            "urllib",
            "logging",
            "asyncio",
        }
        == set()
    )
    assert {name.split(".")[0] for name in loaded} & COLD_LIBRARIES == set()


def test_the_kinds_of_conflict_are_a_closed_list() -> None:
    said = {
        keyword.value.value
        for name, tree in SOURCES.items()
        if name.startswith("tractguard.rules")
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "conflict_type" and isinstance(keyword.value, ast.Constant)
    }
    assert (said - {""} - set(CONFLICT_TYPES), len(said) > 5) == (set(), True)
