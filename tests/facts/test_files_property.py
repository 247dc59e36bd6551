"""What must hold for any input: nothing raises, spans say the truth, blanking keeps places, growth is linear."""

import itertools
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tractguard.facts import Row, gather
from tractguard.facts.code_scan import only, regions, without
from tractguard.facts.code_source import MOST_TEXT
from tractguard.facts.config_scan import entries
from tractguard.facts.endpoints import endpoint_facts
from tractguard.facts.sql import sql_facts
from tractguard.model import PRE_TOOL, Event

LANGUAGES = (
    "python javascript typescript go rust java kotlin csharp cpp ruby php shell sql yaml toml json ini env dockerfile "
    "lua dart swift css scss html vue svelte markdown perl elixir"
).split()
FAMILIES = ("json", "yaml", "toml", "ini", "env", "dockerfile")
FILES = (
    "a.py a.ts a.go a.rs a.java a.rb a.php a.sql a.yml a.toml a.json a.ini .env Dockerfile a.svelte a.md package.json "
    "requirements.txt go.mod Gemfile pyproject.toml Cargo.toml .nvmrc compose.yml pom.xml build.gradle a.unknown"
).split()
# Pieces that mean something to some scanner, so that random texts reach its corners.
PIECES = st.sampled_from(
    [
        '"',
        "'",
        "`",
        '"""',
        "'''",
        "\\",
        "\n",
        " ",
        "  ",
        "#",
        "//",
        "/*",
        "*/",
        "--",
        "<!--",
        "-->",
        "${",
        "}",
        "{",
        "[",
        "]",
        "(",
        ")",
        ":",
        ": ",
        "=",
        ",",
        "- ",
        "a",
        "port",
        "27017",
        "mongodb://h:1/x",
        "localhost:80",
        "redis",
        "<<EOF",
        "EOF",
        "<script>",
        "</script>",
        "import x",
        "from 'a'",
        'r#"',
        "select",
        ";",
        "$$",
        "|",
        "---",
        "\t",
        "é",
        "\0",
        "&",
        "FROM node:18",
        "ENV A=b",
        "host=a",
        "ports",
        '"8080:80"',
        "\r\n",
        "@",
        "!",
        "?.",
        "::",
        "\ud800",
    ]
)
PATCH = ("*** Add File: a.yml\n", "*** Update File: b.py\n", "\n--- a/x.env\n+++ b/x.env\n", "\n+", "\n-", "\n@@\n")
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=200))
LITERAL = frozenset(("connect", "config", "version", "url", "import", "sql"))
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def facts_of(tool: str, tool_input: object, project: dict[str, str] | None = None):
    event = Event(PRE_TOOL, tool=tool, input=tool_input, cwd="/repo")  # type: ignore[arg-type]
    return gather(event, Row(project))


def said_at(tool_input, field: str):
    for part in field.split("."):
        tool_input = tool_input[int(part)] if isinstance(tool_input, list) else tool_input[part]
    return tool_input


def check_spans(facts, tool_input) -> None:
    for fact in facts:
        if fact.span is not None and fact.kind in LITERAL:
            literal = fact.name if fact.kind == "import" else fact.value
            start, end = fact.span
            assert said_at(tool_input, fact.field)[start:end].startswith(literal)
        if fact.kind == "connect" and fact.data["host_span"] is not None:
            start, end = fact.data["host_span"]
            assert said_at(tool_input, fact.data["host_field"])[start:end] == fact.data["host"]
        if fact.kind == "code":
            for at, text in fact.data["strings"]:
                assert said_at(tool_input, fact.field)[at : at + len(text)] == text


@QUICK
@given(st.sampled_from(LANGUAGES), TEXTS)
def test_blanking_keeps_every_place(language: str, text: str) -> None:
    found = regions(text, language)
    assert len(without(text, found)) == len(text)
    assert len(only(text, found)) == len(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))


@QUICK
@given(st.sampled_from(FAMILIES), TEXTS)
def test_entries_stand_where_they_say(family: str, text: str) -> None:
    for entry in entries(text, family):
        assert text[entry.start : entry.end] == entry.value


@QUICK
@given(TEXTS)
def test_endpoints_stand_where_they_say(text: str) -> None:
    check_spans(endpoint_facts(text, "x", 0, "test"), {"x": text})


@QUICK
@given(TEXTS)
def test_sql_never_raises(text: str) -> None:
    for fact in sql_facts(text):
        assert text[fact.span[0] : fact.span[1]] == fact.value


@QUICK
@given(st.sampled_from(FILES), TEXTS)
def test_write(name: str, text: str) -> None:
    tool_input = {"file_path": name, "content": text}
    check_spans(facts_of("Write", tool_input), tool_input)


@QUICK
@given(st.sampled_from(FILES), TEXTS, TEXTS, TEXTS, TEXTS)
def test_edit_in_its_file(name: str, before: str, old: str, new: str, after: str) -> None:
    tool_input = {"file_path": name, "old_string": old, "new_string": new}
    check_spans(facts_of("Edit", tool_input, {name: before + old + after}), tool_input)


@QUICK
@given(st.sampled_from(FILES), st.lists(st.tuples(TEXTS, TEXTS), max_size=4), TEXTS)
def test_multi_edit(name: str, edits: list[tuple[str, str]], text: str) -> None:
    tool_input = {"file_path": name, "edits": [{"old_string": old, "new_string": new} for old, new in edits]}
    check_spans(facts_of("MultiEdit", tool_input, {name: text}), tool_input)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "file_path",
        "notebook_path",
        "path",
        "content",
        "old_string",
        "new_string",
        "edits",
        "new_source",
        "url",
        "query",
        "command",
        "pattern",
        "sql",
        "paths",
        "files",
        "source",
        "destination",
        "base",
        "head",
        "title",
        "connection",
    ]
)
TOOLS = st.sampled_from(
    [
        "Write",
        "Edit",
        "MultiEdit",
        "NotebookEdit",
        "Read",
        "Glob",
        "Grep",
        "LS",
        "WebFetch",
        "WebSearch",
        "TodoWrite",
        "",
        "mcp__filesystem__write_file",
        "mcp__filesystem__move_file",
        "mcp__github__create_pull_request",
        "mcp__db__query",
        "mcp__github__push_files",
        "mcp__mongodb__delete-many",
        "Other",
        "apply_patch",
    ]
)


@QUICK
@given(TOOLS, st.dictionaries(KEYS, JUNK, max_size=5))
def test_wrong_types_never_raise(tool: str, tool_input: dict) -> None:
    assert facts_of(tool, tool_input)[0].kind == "tool"


@QUICK
@given(st.lists(st.one_of(PIECES, st.sampled_from(PATCH)), max_size=40).map("".join))
def test_patches(text: str) -> None:
    tool_input = {"input": "*** Begin Patch\n" + text}
    # A string over several lines of a patch holds their signs as blanks: its text is not the field's.
    check_spans([fact for fact in facts_of("apply_patch", tool_input) if fact.kind != "code"], tool_input)


@pytest.mark.parametrize("junk", [None, [], "text", 7, True])
def test_input_that_is_no_object_is_opaque(junk: object) -> None:
    assert [fact.kind for fact in facts_of("Write", junk)] == ["tool", "opaque"]


UNITS = {
    "code.ts": 'const a = await fetch(`${b}/x`, { port: 3000 }); // c "d"\n',
    "quotes.js": "'\"`",
    "brackets.json": '{["',
    "open.html": "<script>'</a",
    "deep.yml": " a:\n",
    "dashes.yml": "- - - - ",
    "urls.py": '"http://a:1",',
    "hosts.py": "a" * 200 + ":1000 ",
    "docs.py": '""" ',
    "regex.js": "(/ [",
    "words.go.mod": "a.a/",
}


@pytest.mark.alone
@pytest.mark.parametrize("name", UNITS)
def test_growth_is_linear(name: str) -> None:
    """Ten times the text may cost twelve times, with room for a busy machine; quadratic would be a hundred."""
    small, large = (_seconds(name, size) for size in (20_000, 200_000))
    assert large < 40 * max(small, 0.001)


def _seconds(name: str, size: int) -> float:
    text = UNITS[name] * (size // len(UNITS[name]))
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        facts_of("Write", {"file_path": name, "content": text})
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.alone
def test_a_very_large_write_is_cut_and_says_so() -> None:
    text = "value = compute(1, 'a')\n" * 450_000
    start = time.process_time()
    facts = facts_of("Write", {"file_path": "a.py", "content": text})
    assert time.process_time() - start < 3
    assert [fact.name for fact in facts if fact.kind == "opaque"] == ["text too large", "too many facts"]
    code = next(fact for fact in facts if fact.kind == "code")
    assert len(code.value) <= MOST_TEXT


def test_facts_are_plain_data() -> None:
    facts = facts_of("Write", {"file_path": "a.py", "content": "import os\nos.system('x')\n"})
    assert json.loads(json.dumps([fact.data for fact in facts]))[0] == {"server": ""}


LARGE = {
    "many edits": ("MultiEdit", {"file_path": "c.yml", "edits": [{"old_string": "a: b", "new_string": "a: c"}] * 5000}),
    "many replacements": (
        "MultiEdit",
        {"file_path": "x.py", "edits": [{"old_string": "a", "new_string": "b" * 9999, "replace_all": True}] * 9},
    ),
    "large edit": ("Edit", {"file_path": "x.py", "old_string": "x = 1\n" * 500_000, "new_string": "x = 2\n" * 500_000}),
    "large cell": ("NotebookEdit", {"notebook_path": "a.ipynb", "new_source": "!pip install x\n" * 50_000}),
    "large patch": ("apply_patch", {"input": "*** Begin Patch\n" + "*** Update File: a.py\n+x(1)\n" * 100_000}),
    "large query": ("mcp__pg__query", {"sql": "select * from a where b in (" * 50_000}),
}


@pytest.mark.alone
@pytest.mark.parametrize("name", LARGE)
def test_large_calls_are_bounded(name: str) -> None:
    tool, tool_input = LARGE[name]
    project = {"c.yml": "a: b\nport: 80\n" * 4000, "x.py": "a" * 1_000_000}
    start = time.process_time()
    facts_of(tool, tool_input, project)
    assert time.process_time() - start < 3
