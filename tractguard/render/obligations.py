"""What is owed, a line each."""

from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.render.terminal import console, line, plain, table

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def obligations(rows: Sequence[Mapping[str, Any]]) -> None:
    """The open obligations: cause, scope, age, closing condition."""
    if not rows:
        line("nothing is owed")
        return
    made = table("id", "kind", "cause", "scope", "age", "ends when")
    for row in rows:
        cause = row["cause"] + (f" (said {row['times']} times)" if row["times"] > 1 else "")
        cells = (str(row["id"]), str(row["kind"]), plain(cause, 70), plain(row["scope"], 40))
        made.add_row(*cells, age(int(row["age_s"])), plain(row["closes"], 60))
    console().print(made)
    line("'tractguard obligations discharge ID' is a person's word that one is settled")


def age(seconds: int) -> str:
    """An age for people."""
    for unit, name in UNITS:
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
