"""SQL statements: verb, table, condition."""

import pytest

from tractguard.facts.sql import sql_facts

ROWS = [
    ("select * from users", [("select", "users", False)]),
    ("DELETE FROM users WHERE id = 1;", [("delete", "users", True)]),
    ("delete from users -- where id = 1", [("delete", "users", False)]),
    ("update t set a = 'x where y'", [("update", "t", False)]),
    ("update t set a = (select 1 from b where c)", [("update", "t", False)]),
    ("drop table if exists public.users cascade", [("drop", "public.users", False)]),
    ("drop database app", [("drop", "app", False)]),
    ("truncate table logs; vacuum logs", [("truncate", "logs", False), ("vacuum", "logs", False)]),
    ("insert into \"my table\" values (1, ';')", [("insert", "my table", False)]),
    ("with x as (delete from a) select * from x", [("delete", "a", False), ("select", "x", False)]),
    ("with x as (select 1) delete from t where id in (select 1)", [("delete", "t", True)]),
    ("explain delete from t", [("explain", "", False)]),
    ("explain analyze delete from t", [("delete", "t", False)]),
    ("create function f() returns int as $$ begin; drop table t; end $$ language plpgsql", [("create", "f", False)]),
    ("/* drop table t */ select 'drop table t'", [("select", "", False)]),
    ("alter table t drop column c", [("alter", "t", False)]),
    ("hello world", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_statements(text: str, expected: list[tuple[str, str, bool]]) -> None:
    assert [(fact.name, fact.data["table"], fact.data["where"]) for fact in sql_facts(text)] == expected
