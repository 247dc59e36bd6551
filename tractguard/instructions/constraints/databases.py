"""Databases: which one is used, and which one of them must be left alone.

A database of a known kind ("we use PostgreSQL"), or one by its own name behind such a word ("the `live` database").
"""

import re
from typing import Any

from tractguard.instructions.constraints.endpoints import services_in
from tractguard.instructions.constraints.mentions import code_kind
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_STAYS = lazy(
    r"\b(?:keep(?: using| on)?|stay(?:s|ing)? (?:with|on)|stick(?:ing)? (?:with|to)|remain(?:s"
    r"|ing)? (?:on|with)) (?:the )?`?$"
)
_ENDS = lazy(r"\W*[\w.-]+\W*(?:$|(?:please|for now|here|then)\W*$)")


_NAMED_DATABASE = lazy(
    r"\b(?:against|on|to|in|at|from|into|touch|use|query|drop|truncate|wipe|modify|reset) (?:the |our |my )?"
    r"(?:real |live |production |prod |actual |shared |main )*`([\w.-]{2,60})` (?:database|db)\b",
    needs="database|db",
)
_OF_TESTS = lazy(r"\btests?\b|\btest suites?\b")


_AREA = r"(dev(?:elopment)?|prod(?:uction)?|live|staging)"
_AREA_DATABASE = lazy(
    r"\b(?:against|on|to|touch|use|into) (?:the |a |an |any |our |active |real |shared )*" + _AREA + r"(?:(?:/|,?"
    r" or |,? and )" + _AREA + r")?[ /](?:postgres\w* |mysql |mongo\w* )?(?:databases?|dbs?|data)\b(?! files?)",
    needs="database|db|data",
)
_SHORT = {"development": "dev", "production": "prod"}


def _database_by_name(said: Sentence) -> list[Constraint]:
    """ "Never run tests against the `live` database", "never run tests against the dev DB"."""
    area = _AREA_DATABASE.search(said.low) if _OF_TESTS.search(said.bare) else None
    if area is not None and said.sign(area.start(1)) == "-":
        areas = [_SHORT.get(one, one) for one in area.groups() if one]
        return [Constraint("db", {"area": areas, "for": "run tests"})]
    match = _NAMED_DATABASE.search(said.low)
    if match is None or said.sign(match.start(1)) != "-":
        return []
    name = said.text[match.start(1) : match.end(1)]
    data: dict[str, Any] = {"name": [name]}
    return [Constraint("db", {**data, "for": "run tests"} if _OF_TESTS.search(said.bare) else data)]


def databases_of(said: Sentence) -> list[Constraint]:
    """db constraints of a sentence."""
    named_only = _database_by_name(said)
    if named_only:
        return named_only
    kinds = section("databases")
    run = [(c.start, c.end) for c in said.codes if code_kind(c.text) == "command"]  # `psql` is a program
    named = [
        (name, at)
        for name, at in services_in(said.low.replace("`", " "))
        if name in kinds and not any(start <= at < end for start, end in run)
    ]
    kept = [name for name, at in named if _STAYS.search(said.bare, max(0, at - 24), at)]
    good = list(dict.fromkeys([*kept, *(name for name, at in named if said.sign(at) in "+0p")]))
    bad = list(dict.fromkeys(name for name, at in named if said.sign(at) == "-" and name not in good))
    cue = re.search(r"\b(?:only|use|uses|using|we are on|stick|stay|database is|db is|introduce|switch)\b", said.bare)
    port = "port" in said.low or re.search(r"\d{4,5}", said.low)
    if (
        not named
        or not cue
        or port
        or not (bad or kept or re.search(r"\b(?:only|database|db|data store|storage|we use|use)\b", said.bare))
    ):
        return []
    if (
        not bad
        and not (kept and _ENDS.match(said.bare, named[-1][1]))
        and not re.search(
            r"\b(?:(?:always |we |only )use [a-z]+(?: as (?:the|our) (?:database|db)| only| for (?:all|the|every"
            r"|storage|persistence)|[.]?$)|(?:database|db) ?(?:is|:|=)|only (?:use )?(?:"
            + "|".join(kinds)
            + r"|postgres|mongo)|(?:"
            + "|".join(kinds)
            + r"|postgres|mongo) only)\b",
            said.low.replace("`", ""),
        )
    ):
        return []
    data: dict[str, Any] = {}
    if good:
        data["use"] = good[0]
    if bad:
        data["forbid"] = bad
    part = re.search(r"\bfor (?!all|every|any|the project|this)[a-z][^,.;]{2,40}", said.bare)
    if part and bad and not good:
        data["when"] = part.group()  # excluded for one purpose only
    return [Constraint("db", data)] if data else []
