"""Databases and addresses: which database is used, which addresses may be reached. TG303, TG304.

It compares drivers that are installed or imported, engines in settings, and hosts that are reached. It refuses to judge
a database client that only looks at a file of the person's own.
"""

import re
from collections.abc import Iterator

from tractguard.facts.services import service_of, service_of_scheme
from tractguard.model import UNKNOWN, Constraint, Fact, Fix, Instruction
from tractguard.rules.crossref import Call, Hit, bash, edit, rule, write
from tractguard.rules.crossref_packages import added, is_of
from tractguard.rules.crossref_ports import LOCAL
from tractguard.rules.programs import same_host
from tractguard.rules.scope import place
from tractguard.rules.words import table

_PROSE = (".md", ".mdx", ".rst", ".txt", ".adoc")


def database(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A driver, engine or connection of a database that was excluded."""
    use = {service_of(one) or one.lower() for one in (*constraint.list("use"), *constraint.list("value"))}
    banned = {service_of(one) or one.lower() for key in ("forbid", "not") for one in constraint.list(key)}
    inferred = not banned
    if inferred:
        banned = (
            {one for one in table("databases")["relational"] if one not in use}
            if use & set(table("databases")["relational"])
            else set()
        )
    yield from _named(call, constraint)
    seen = set()
    for service, fact in _signs(call):
        if service not in banned or service in seen:
            continue
        seen.add(service)
        yield Hit(
            fact,
            f"this call brings in {service}",
            actual=service,
            expected=" or ".join(sorted(use)),
            conflict_type="explicit_value",
            confidence=0.9 if not inferred else 0.82 if _sets_engine(fact) and not constraint.get("for") else 0.7,
            fixes=_engine(fact, service, use),
            way_out=f"Use {sorted(use)[0]}." if use else f"Do without {service}.",
            subject=f"db:{service}",
        )


_NAMES = re.compile(r"(?:^|_)(?:PG|MYSQL_|POSTGRES_|MONGO_|MONGODB_|DB_)?(?:DATABASE|DB|DBNAME|DB_NAME|DATABASE_NAME)$")


def _named(call: Call, constraint: Constraint) -> Iterator[Hit]:
    """One database that was excluded by its own name, reached by a connection, a variable or an address."""
    banned = {one.lower() for one in constraint.list("name")}
    areas = set(constraint.list("area"))
    tests = constraint.get("for") == "run tests"
    if not (banned or areas) or (tests and not any(_TESTS.search(fact.value) for fact in call.of("command"))):
        return
    for fact in call.of("connect", "env", "url"):
        if _prose(call, fact):
            continue
        told = str(fact.data.get("database") or "") if fact.kind == "connect" else ""
        if fact.kind == "env" and (_NAMES.search(fact.name) or "://" in fact.value):
            told = fact.value.partition("?")[0].rpartition("/")[2]
        words = {_AREAS.get(one, one) for one in re.split(r"[^a-z0-9]+", told.lower())}
        if told.strip("\"'").lower() in banned or words & areas:
            yield Hit(
                fact,
                f"this call works on the database {told}",
                actual=told,
                expected=f"not {told}",
                confidence=0.9,
                way_out="Use another database, or ask the person.",
                subject=f"database:{told}",
            )


_AREAS = {"development": "dev", "production": "prod"}
_TESTS = re.compile(r"\b(?:tests?|vitest|jest|pytest|rspec|phpunit|mocha|playwright|cypress|ava)\b")


def _signs(call: Call) -> Iterator[tuple[str, Fact]]:
    """(service, fact) for what shows that a call brings a database into the project."""
    drivers: dict[str, list[str]] = table("databases")["drivers"]
    for name, fact in added(call):
        for service, packages in drivers.items():
            if any(is_of(name, one) for one in packages):
                yield service, fact
    for fact in call.of("version"):
        if fact.data.get("how") == "image" and not _prose(call, fact):
            yield service_of(fact.name), fact
    for fact in call.of("connect"):
        if fact.name and fact.data.get("role") in ("config", "listen", "publish") and not _prose(call, fact):
            yield fact.name, fact
    for fact in call.of("config", "env", "code"):
        if _prose(call, fact):
            continue
        low = fact.value.lower()[:200_000]
        for service, marks in table("databases")["engines"].items():
            if any(mark in low for mark in marks):
                yield service, fact


def _sets_engine(fact: Fact) -> bool:
    """Whether a setting names the engine of the project's own database (`provider = "mysql"`)."""
    return fact.kind in ("config", "code", "env") and re.search(_ENGINE, fact.value[:200_000]) is not None


_ENGINE = r"\b(?:provider|dialect|adapter)\s{0,3}[:=]\s{0,3}[\"']?\w|django\.db\.backends\.\w"


def _prose(call: Call, fact: Fact) -> bool:
    return place(call, fact).lower().endswith(_PROSE)


def _engine(fact: Fact, service: str, use: set[str]) -> tuple[Fix, ...]:
    """An engine's dotted name put right (`django.db.backends.mysql`), where one database is wanted."""
    engines: dict[str, list[str]] = table("databases")["engines"]
    if len(use) != 1 or fact.span is None or not fact.field:
        return ()
    right = engines.get(next(iter(use)), [])
    for mark in engines.get(service, ()):
        at = fact.value.lower().find(mark)
        same = next((one for one in right if _frame(one) == _frame(mark) != ("", "")), "")
        if at >= 0 and same and fact.span[1] - fact.span[0] == len(fact.value) and fact.value.lower().count(mark) == 1:
            before, after = map(len, _frame(mark))  # only the name itself changes, not the signs around it
            start, end = fact.span[0] + at + before, fact.span[0] + at + len(mark) - after
            return (Fix(fact.field, start, end, same[before : len(same) - after]),)
    return ()


def _frame(mark: str) -> tuple[str, str]:
    """What stands around the name of an engine; nothing for a mark that begins with it (`mysql://`)."""
    found = re.fullmatch(r"(.*\W)(\w+)(\W*)", mark)
    return (found.group(1), found.group(3)) if found else ("", "")


def address(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """An address that was excluded, or any but the ones that were left open."""
    banned = [one for key in ("not", "forbid") for one in constraint.list(key)]
    everything = any(one.strip("`\"' ") in ("*", "**", "internet", "any", "all", "external") for one in banned)
    opened = [one for key in ("except", "use", "value") for one in constraint.list(key)]
    for fact in call.of("url"):
        name = fact.name.lower()
        if name in LOCAL or UNKNOWN in name or not name or name.endswith(".localhost") or _prose(call, fact):
            continue
        wrong = next((one for one in banned if _is_address(one) and same_host(one, name)), "")
        if (everything and not any(same_host(one, name) for one in opened)) or wrong:
            yield Hit(
                fact,
                f"this call goes to {name}",
                actual=name,
                expected=opened[0] if opened else f"not {name}",
                conflict_type="explicit_value",
                confidence=0.9,
                way_out=f"Use {opened[0]}." if opened else "Do it without the network, or ask the person.",
                subject="action:fetch_internet" if everything else f"url:{name}",
            )


def _is_address(said: str) -> bool:
    return "." in said and " " not in said.strip()


def accepts_database(constraint: Constraint, hit: Hit) -> bool:
    """Whether another instruction wants the very database that was brought in."""
    return any(
        (service_of(one) or service_of_scheme(one) or one.lower()) == hit.actual for one in constraint.list("use")
    )


_EVIL = "Never fetch anything from https://evil.example.com."
_EVIL_RULE = {"type": "url", "not": ["https://evil.example.com"]}
_PG = "We use PostgreSQL only, do not introduce SQLite or MySQL."

RULES = (
    rule(
        "TG303",
        "database of choice",
        ("db",),
        database,
        bad=(
            write(_PG, "/repo/src/db.py", 'import sqlite3\n\nconn = sqlite3.connect("app.db")\n'),
            bash(_PG, "npm install better-sqlite3"),
        ),
        good=(
            bash(_PG, "pip install psycopg[binary]"),
            bash(_PG, "sqlite3 ~/Downloads/export.sqlite 'select 1'"),
            edit(_PG, "/repo/docs/adr.md", "SQLite and MySQL were rejected.\n"),
        ),
        accepts=accepts_database,
    ),
    rule(
        "TG304",
        "addresses",
        ("url",),
        address,
        bad=(bash(_EVIL, "curl https://evil.example.com/x", constraints=[_EVIL_RULE]),),
        good=(
            bash(_EVIL, "curl http://localhost:8000/health", constraints=[_EVIL_RULE]),
            bash(_EVIL, "grep -rn evil.example.com .", constraints=[_EVIL_RULE]),
        ),
    ),
)
