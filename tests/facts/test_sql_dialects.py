"""Statements of many dialects: what they act on, held against sqlglot's reading where that library is installed.

Each row of `sql_statements.jsonl` says what we read. `oracle` is true where sqlglot reads the same; it is false where it
cannot parse the statement or names an alias, an index with its table, or a branch of a `merge` instead.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tractguard.facts.sql import sql_facts

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "sql_statements.jsonl").read_text(encoding="utf-8").splitlines()
]
COMPARED = ("delete", "update", "insert", "merge", "drop", "truncate", "alter", "create")


def test_every_statement_is_read_as_its_row_says() -> None:
    wrong = {}
    for row in ROWS:
        found = {(f.name, f.data["table"], f.data["where"]) for f in sql_facts(row["sql"], service=row["service"])}
        if sorted(map(list, found)) != row["acts"]:
            wrong[row["sql"]] = sorted(found)
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("do $$ begin execute 'drop table t'; end $$", [("do", ""), ("begin", ""), ("drop", "t")]),
        ("declare n int; begin for r in select 1 loop update t set a = 1; end loop; end", [("update", "t")]),
        ("begin; delete from t; commit", [("begin", ""), ("delete", "t"), ("commit", "")]),
        ("create table t (id int references u (id) on delete cascade)", [("create", "t")]),
        ("create trigger x after delete on t execute function f()", [("create", "x")]),
        ("insert into log (delete, update) values (1, 2)", [("insert", "log")]),
        ("copy (delete from t returning *) to stdout", [("delete", "t"), ("copy", "to")]),
        ("select e'it\\'s; drop table t'", [("select", "")]),
        ("select 'it\\'; drop table t --'", [("select", ""), ("drop", "t")]),
        ("exec('drop table t')", [("exec", ""), ("drop", "t")]),
        ("drop function f(int), g", [("drop", "f"), ("drop", "g")]),
        ('delete from "public"."My Table" where x', [("delete", "public.My Table")]),
        (
            "with a as (with b as (delete from t returning *) select * from b) select 1",
            [("delete", "t"), ("select", "")],
        ),
    ],
)
def test_statements_within_statements(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(fact.name, fact.data["table"]) for fact in sql_facts(text)] == expected


def test_a_backslash_escapes_where_the_service_says_so() -> None:
    text = "select 'it\\'; drop table t --'"
    assert [fact.name for fact in sql_facts(text, service="mysql")] == ["select"]


def test_a_span_is_where_the_statement_stands() -> None:
    text = "select a; with a as (delete from t) select b"
    found = [text[fact.span[0] : fact.span[1]] for fact in sql_facts(text) if fact.span]
    assert found == ["select a;", "delete from t", "with a as (delete from t) select b"]


@pytest.mark.parametrize("row", [row for row in ROWS if row["oracle"]], ids=lambda row: row["sql"][:60])
def test_sqlglot_reads_the_same(row: dict[str, Any]) -> None:
    oracle = pytest.importorskip("sqlglot")
    found = set()
    for tree in oracle.parse(row["sql"], read=row["dialect"]):
        found |= _acts(oracle.exp, tree) if tree is not None else set()
    ours = {
        ("insert" if verb == "replace" else verb, table.lower(), where if verb in ("delete", "update") else None)
        for verb, table, where in row["acts"]
    }
    assert {act for act in ours if act[0] in COMPARED} == found


def _acts(exp: Any, tree: Any) -> set[tuple[str, str, bool | None]]:
    found: set[tuple[str, str, bool | None]] = set()
    for node in tree.walk():
        kind = type(node).__name__
        where = bool(node.args.get("where"))
        if kind in ("Delete", "Update"):
            found |= {(kind.lower(), _name(exp, each), where) for each in node.args.get("tables") or [node.this]}
        elif kind in ("Insert", "Merge", "Alter", "Create"):
            found.add((kind.lower(), _name(exp, node.this), None))
        elif kind == "Drop" and not isinstance(node.parent, exp.Alter):
            found |= {("drop", _name(exp, each), None) for each in node.args.get("tables") or [node.this]}
        elif kind == "TruncateTable":
            found |= {("truncate", _name(exp, each), None) for each in node.expressions}
    return found


def _name(exp: Any, node: Any) -> str:
    node = node.this if isinstance(node, exp.Schema) else node
    if isinstance(node, exp.Table):
        return ".".join(part.name for part in node.parts).lower()
    return "" if node is None else str(node.sql()).lower()
