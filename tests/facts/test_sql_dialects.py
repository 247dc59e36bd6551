"""Statements of many dialects: what they act on, held against sqlglot's own reading.

Each row of `sql_statements.jsonl` says what we read. `oracle` is true where sqlglot's tree, taken as it stands, says the
same; it is false where it cannot parse the statement, names an alias, an index with its table or a branch of a `merge`
instead, or where a condition is said that holds for every row.
"""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlglot

from tractguard.facts.sql import sql_facts
from tractguard.facts.sql_tree import Reader

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


def test_sqlglot_reads_the_same() -> None:
    logging.getLogger("sqlglot").disabled = True
    assert {row["sql"] for row in ROWS if row["oracle"] and _ours(row) != _theirs(row)} == set()


def _theirs(row: dict[str, Any]) -> set[tuple[str, str, bool | None]]:
    found = set()
    for tree in sqlglot.parse(row["sql"], read=row["dialect"]):
        found |= _acts(sqlglot.exp, tree) if tree is not None else set()
    return found


def _ours(row: dict[str, Any]) -> set[tuple[str, str, bool | None]]:
    ours = {
        ("insert" if verb == "replace" else verb, table.lower(), where if verb in ("delete", "update") else None)
        for verb, table, where in row["acts"]
    }
    return {act for act in ours if act[0] in COMPARED}


SETTLED = [
    "select * from users join orders on a = b",
    "delete from users where id = 7",
    "update users set a = 1 where id = 7 or id = 8",
    "drop table users; truncate orders",
    "insert into a select * from b on conflict do update set x = 1",
    "create table t (id int references u (id) on delete cascade on update cascade)",
]
UNSETTLED = [
    "delete from users where 1 = 1",
    "update users u join orders o on u.id = o.uid set o.a = 1",
    "with a as (delete from t returning *) select 1",
    "merge into t using s on t.id = s.id when matched then delete",
]


@pytest.mark.parametrize(
    ("text", "loaded"), [*((text, False) for text in SETTLED), *((text, True) for text in UNSETTLED)]
)
def test_sqlglot_is_asked_only_about_what_the_quick_reading_does_not_settle(
    text: str, loaded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    acts = Reader.acts
    monkeypatch.setattr(Reader, "acts", lambda self, said: asked.append(said) or acts(self, said))
    sql_facts(text)
    assert bool(asked) is loaded


def test_a_call_without_sql_does_not_load_sqlglot() -> None:
    code = (
        "import sys\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "from tractguard.facts.shell import shell_facts\n"
        "from tractguard.facts.world import Row\n"
        "print([shell_facts(text, '/repo', Row(None)) and 'sqlglot' in sys.modules for text in sys.argv[1:]])"
    )
    calls = ("npm test && rm -rf dist", "psql -c 'delete from t where id = 1'", "psql -c 'delete from t where 1=1'")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, *calls], capture_output=True, text=True, check=True, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == ("[False, False, True]", "")


def test_a_statement_too_long_to_parse_in_time_keeps_the_quick_reading() -> None:
    text = "delete from t where 1 = 1 or x in (" + "1, " * 5000 + "2)"
    assert [(fact.name, fact.data["table"], fact.data["where"]) for fact in sql_facts(text)] == [("delete", "t", True)]


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
