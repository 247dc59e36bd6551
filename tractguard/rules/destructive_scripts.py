"""Scripts given to the client of a database that could not be read before it runs. TG437.

A script whose text is known is judged by its statements, elsewhere. Of one that is not (made later, packed, on another
machine) two things may still be known: that it goes to production, or that its own name says what it does. It refuses
to guess about any other.
"""

import posixpath
from collections.abc import Iterator
from functools import cache

from tractguard.model import UNKNOWN, Fact
from tractguard.rules.destructive import Loss, Scene, bash, parts_of, production, rule, shown, tested
from tractguard.rules.destructive_databases import target_of
from tractguard.tables import table

_CLIENTS = tuple(
    "psql mysql mariadb sqlite3 duckdb sqlcmd cqlsh clickhouse-client snowsql usql mysqlsh pgcli mycli trino beeline"
    " sqlplus mongosh mongo redis-cli valkey-cli cypher-shell influx isql osql db2".split()
)
_PRINTS = ("cat zcat gzcat bzcat xzcat zstdcat gunzip gzip bunzip2 xz zstd envsubst sed awk unzip lz4 pv").split()
_ENDINGS = (".sql", ".js", ".cql", ".cypher", ".redis", ".psql", ".ddl", ".dml", ".txt", ".gz", ".bz2", ".xz", ".zst")
_TELLING = frozenset(
    "drop drops wipe delete deletes truncate purge destroy reset nuke clear erase teardown obliterate cleanup cleandb"
    " rollback revert flush remove uninstall dropall deleteall".split()
)
_READS_ONLY = frozenset("lint fix format check parse diff validate plan fmt generate create add commit".split())
_FILE = ("-f", "--file", "-i", "-init", "--init-file")


@cache
def _texts() -> frozenset[str]:
    return frozenset(table("verbs_grammar")["local"].split())


def unread(scene: Scene) -> Iterator[Loss]:
    """A script that nobody could read, for production or with a name that tells."""
    known = {str(fact.data.get("via")) for fact in scene.of("sql")}
    for fact in scene.runs("ansible-playbook"):
        argv = [str(word) for word in fact.data.get("argv") or ()]
        for file in (word for word in argv[1:] if word.endswith((".yml", ".yaml")) and "--check" not in argv):
            if frozenset(parts_of(posixpath.basename(file))) & _TELLING:
                yield Loss(fact, f"{shown(file, 60)} would run on other machines, and its name tells of a loss")
    for fact in scene.runs():
        told = [str(word) for word in (fact.data.get("argv") or ())[1:]]
        if fact.name not in _CLIENTS and (
            fact.name in _texts() or fact.name in known or not _READS_ONLY.isdisjoint(told)
        ):
            continue
        if fact.name in known or fact.data.get("fed"):
            continue
        target = f"{target_of(scene, fact._replace(data={**fact.data, 'via': fact.name}))} {fact.value}"
        for file in _files(scene, fact):
            names = frozenset(parts_of(posixpath.basename(file)))
            aim = "goes to production" if production(target) else ""
            tells = "its name tells of a loss" if names & _TELLING and not tested(target) else ""
            if aim or tells:
                yield Loss(
                    fact,
                    f"{shown(file, 60)} could not be read before {fact.name} runs it, and {aim or tells}",
                    way_out="Show what is in it, or ask the person.",
                    confidence=0.7,
                    subject=file,
                )
                break


def _files(scene: Scene, fact: Fact) -> Iterator[str]:
    """The scripts that a client is given."""
    fed = [str(word) for word in fact.data.get("piped_from") or ()]
    if fed and fed[0].rpartition("/")[2] in _PRINTS:
        yield from (word for word in fed[1:] if word.endswith(_ENDINGS))
    argv = [str(word) for word in fact.data.get("argv") or ()]
    for at, word in enumerate(argv[1:], 1):
        if argv[at - 1] in _FILE or word.startswith("--file=") or (at > 1 and word.endswith((".js", ".cql", ".sql"))):
            yield word.removeprefix("--file=")
        elif word.startswith((".read ", "\\i ")):
            yield word.split(None, 1)[1].strip("'\"")
        elif fact.name == "sqlplus" and word.startswith("@"):
            yield word[1:]
    if not fed:
        yield from (each.name for each in scene.of("read") if each.data.get("via") == "<" and UNKNOWN not in each.name)


RULES = (
    rule(
        "TG437",
        "scripts that nobody read",
        "destructive_scripts",
        unread,
        bad=(
            bash("cat wipe.sql | psql -h db app"),
            bash('psql "$PROD_DATABASE_URL" < changes.sql'),
            bash("mongosh shop drop_orders.js"),
        ),
        good=(
            bash("psql -f schema.sql app"),
            bash("psql app_test < wipe.sql"),
            bash("psql app < seed.sql"),
            bash("cat wipe.sql | wc -l"),
        ),
    ),
)
