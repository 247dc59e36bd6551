"""Statements whose effect the quick reader of `sql` does not settle, read from sqlglot's syntax tree.

It knows whose rows a statement changes where joins, aliases, `using`, common table expressions and `merge` stand
between, and conditions that hold for every row. sqlglot is loaded here and nowhere else, when such a statement was
seen: the import costs sixteen times a bare interpreter. What it cannot read, or only keeps as text, is None: the quick
reader's answer then stands.
"""

from collections.abc import Iterator
from typing import Any

from tractguard.facts.treesitter import Allowance

LONGEST = 8_000  # characters of a statement that is parsed; its tree costs about 12 microseconds for each
MOST_CHARACTERS = 30_000  # of one text
MOST_SECONDS = 0.4  # of processor time for one text, the import not counted
_DIALECTS = {
    "postgresql": "postgres", "cockroachdb": "postgres", "supabase": "postgres", "mysql": "mysql", "mariadb": "mysql",
    "sqlite": "sqlite", "mssql": "tsql", "oracle": "oracle", "clickhouse": "clickhouse", "snowflake": "snowflake",
    "bigquery": "bigquery", "duckdb": "duckdb", "spark": "spark",
}  # fmt: skip
_UNSAID = ("", "postgres", "mysql", "tsql")  # tried one after the other where no service is known

Act = tuple[str, str, bool]  # verb, table, whether a condition may leave rows out


class Reader:
    """Reads statements of one text, as long as there is room."""

    def __init__(self, service: str) -> None:
        self._dialects = (_DIALECTS[service],) if service in _DIALECTS else _UNSAID
        self._room = MOST_CHARACTERS
        self._left: Allowance | None = None

    def acts(self, text: str) -> list[Act] | None:
        """What the statement changes row by row, outermost first; None where that cannot be told."""
        if len(text) > min(LONGEST, self._room):
            return None
        self._room -= len(text)
        glot = _library()
        if glot is None:
            return None
        self._left = self._left or Allowance(MOST_SECONDS)
        for dialect in self._dialects:
            if self._left.spent():
                return None
            try:
                tree = glot.parse_one(text, read=dialect or None)
                return list(_acts(glot.exp, tree))
            except (glot.errors.SqlglotError, RecursionError, ValueError, KeyError, AttributeError, TypeError):
                continue
        return None


def _library() -> Any:
    try:
        import logging

        import sqlglot
    except ImportError:
        return None
    logging.getLogger("sqlglot").disabled = True  # what it cannot read is ours to say
    return sqlglot


def _acts(exp: Any, tree: Any) -> Iterator[Act]:
    found = list(tree.walk())
    if any(isinstance(node, exp.Command) for node in found):
        raise ValueError("kept as text")
    common = {node.alias.lower(): node.this for node in found if isinstance(node, exp.CTE)}
    for node in found:
        verb = {exp.Delete: "delete", exp.Update: "update", exp.Merge: "merge"}.get(type(node))
        if verb is None:
            continue
        names = _names(exp, node)
        condition = node.args.get("where")
        where = condition is not None and not _holds(exp, condition.this)
        for target in _targets(exp, node):
            for name in _tables(exp, target, names, common):
                yield verb, name, where
                if verb == "merge" and any(_deletes(when) for when in node.find_all(exp.When)):
                    yield "delete", name, True


def _deletes(when: Any) -> bool:
    return str(when.args.get("then")).upper() == "DELETE"


def _names(exp: Any, node: Any) -> dict[str, Any]:
    """Alias -> the table, of all that the statement itself joins."""
    within = [
        table for table in node.find_all(exp.Table) if table.find_ancestor(type(node), exp.Subquery) in (node, None)
    ]
    return {table.alias.lower(): table for table in within if table.alias}


def _targets(exp: Any, node: Any) -> list[Any]:
    """The tables, as they are said, whose rows change."""
    if isinstance(node, exp.Delete):
        said = list(node.args.get("tables") or ())
        return said or [node.this]
    if isinstance(node, exp.Update):
        changed = [each.this for each in node.expressions if isinstance(each, exp.EQ)]
        owners = {column.table.lower() for column in changed if isinstance(column, exp.Column) and column.table}
        joined = [node.this, *(join.this for join in node.this.args.get("joins") or ())]
        return [each for each in joined if owners & {each.alias_or_name.lower()}] or [node.this]
    return [node.this]


def _tables(exp: Any, target: Any, names: dict[str, Any], common: dict[str, Any]) -> Iterator[str]:
    """A target's table: an alias and a common table expression lead to what they stand for."""
    for _ in range(4):
        if isinstance(target, exp.Subquery):
            target = target.find(exp.Table)
        if not isinstance(target, exp.Table):
            raise ValueError("no table")
        name = target.name.lower()
        if not target.args.get("db") and name in names and names[name] is not target:
            target = names[name]
        elif not target.args.get("db") and name in common:
            target = common[name].find(exp.Table)
        else:
            break
    yield ".".join(part.name for part in target.parts)


def _holds(exp: Any, condition: Any) -> bool:
    """Whether a condition is true whatever the row."""
    if isinstance(condition, exp.Paren):
        return _holds(exp, condition.this)
    if isinstance(condition, exp.And):
        return _holds(exp, condition.this) and _holds(exp, condition.expression)
    if isinstance(condition, exp.Or):
        return _holds(exp, condition.this) or _holds(exp, condition.expression)
    if isinstance(condition, exp.Not):
        return isinstance(condition.this, exp.Boolean) and not condition.this.this
    if isinstance(condition, exp.Boolean):
        return bool(condition.this)
    if isinstance(condition, exp.Literal):
        return bool(condition.is_int and int(condition.this))
    if isinstance(condition, (exp.EQ, exp.GTE, exp.LTE)):
        return bool(condition.this == condition.expression)
    if isinstance(condition, (exp.NEQ, exp.GT, exp.LT)):
        sides = condition.this, condition.expression
        return all(side.is_int for side in sides) and _compared(exp, condition, int(sides[0].this), int(sides[1].this))
    return False


def _compared(exp: Any, condition: Any, left: int, right: int) -> bool:
    if isinstance(condition, exp.NEQ):
        return left != right
    return left > right if isinstance(condition, exp.GT) else left < right
