"""Data that a statement or a migration tool would drop. TG431 to TG433.

It reads `sql` facts (statements that run now) and command lines of migration tools (`data/verbs_databases.json`). A
test, in-memory or temporary database passes, a transaction that is rolled back too; production makes a bulk change
with a condition a question as well. It refuses to parse SQL: that is `facts/sql.py`'s work.
"""

import posixpath
import re
from collections.abc import Iterator

from tractguard.model import UNKNOWN, Fact
from tractguard.rules.destructive import Loss, Scene, bash, parts_of, production, rule, shown, tested, variables_in
from tractguard.rules.destructive_paths import is_temp
from tractguard.rules.destructive_phrases import Said, grave, program_of

_DROPS = frozenset(
    (
        "database",
        "schema",
        "table",
        "keyspace",
        "collection",
        "user",
        "role",
        "tablespace",
        "partition",
        "dataset",
        "stream",
        "bucket",
        "measurement",
        "graph",
        "catalog",
        "column",
        "owned",
        "index_set",
    )
)
_LIGHT = frozenset(
    (
        "index",
        "view",
        "trigger",
        "function",
        "procedure",
        "policy",
        "sequence",
        "type",
        "extension",
        "rule",
        "temporary",
        "temp",
        "constraint",
        "statistics",
        "synonym",
        "event",
        "cast",
        "aggregate",
    )
)
_ENVIRONMENTS = (
    "RAILS_ENV",
    "RACK_ENV",
    "NODE_ENV",
    "APP_ENV",
    "DJANGO_ENV",
    "ENV",
    "ENVIRONMENT",
    "MIX_ENV",
    "FLASK_ENV",
    "DATABASE_URL",
    "DB_URL",
    "DB_NAME",
    "DB_DATABASE",
    "PGDATABASE",
    "MYSQL_DATABASE",
    "POSTGRES_DB",
    "DJANGO_SETTINGS_MODULE",
    "SQLALCHEMY_DATABASE_URI",
    "DB_CONNECTION",
    "TEST_DATABASE_URL",
    "MONGO_URL",
    "MONGODB_URI",
    "PGHOST",
    "DB_HOST",
    "GOOSE_DBSTRING",
    "STAGE",
)
_TARGETS = (
    "-e",
    "--env",
    "--environment",
    "--database",
    "--settings",
    "--db-url",
    "--database-url",
    "--url",
    "-d",
    "-database",
    "--dbname",
    "--name",
    "--stage",
    "--config",
    "--schema",
    "-x",
)


def statements(scene: Scene) -> Iterator[Loss]:
    """DROP, TRUNCATE, DELETE and UPDATE without a condition, flushes."""
    facts = [fact for fact in scene.of("sql") if runs_now(fact)]
    if _rolled_back(facts):
        return
    for fact in facts:
        lost = _lost(fact)
        if not lost and production(target_of(scene, fact)) and _changes(fact):
            lost = f"changes rows in production ({shown(target_of(scene, fact), 40)})"
        if lost and not trial(scene, fact):
            yield Loss(
                fact,
                f"{shown(fact.value, 70)}: {lost}",
                subject=fact.value,
                way_out="Back the data up and ask the person.",
            )


def runs_now(fact: Fact) -> bool:
    """Whether a statement is sent to a database, not written into a file."""
    return fact.data.get("via") not in ("file", "Write", "Edit", "MultiEdit", "NotebookEdit", "")


def _rolled_back(facts: list[Fact]) -> bool:
    verbs = [fact.name for fact in facts]
    return (
        bool(verbs) and verbs[0] in ("begin", "start") and verbs[-1] in ("rollback", "abort") and "commit" not in verbs
    )


def _lost(fact: Fact) -> str:
    """What a statement loses, or ""."""
    verb, words = fact.name, parts_of(fact.value)
    kind = str(fact.data.get("object") or "table")
    if verb in ("flushall", "flushdb"):
        return "every key is deleted"
    if verb == "drop":
        second = words[1] if len(words) > 1 else ""
        if fact.data.get("via") in ("mongosh", "mongo") or fact.data.get("service") == "mongodb":
            return f"the {kind} and everything in it is gone"
        if second in _LIGHT or (second in ("if", "materialized", "or", "unique") and kind not in _DROPS):
            return ""
        return f"the {second if second in _DROPS else kind} and everything in it is gone"
    if verb == "truncate":
        return "every row is gone"
    if verb in ("delete", "deletemany", "remove") and _all_rows(fact, words):
        return "every row is deleted, for there is no condition"
    if verb == "update" and _all_rows(fact, words) and fact.data.get("service") != "mongodb":
        return "every row is changed, for there is no condition"
    if verb == "update" and "$unset" in fact.value and _all_rows(fact, words):
        return "a field of every document is gone"
    if verb == "alter":
        return _altered(words)
    return ""


def _altered(words: list[str]) -> str:
    for at, word in enumerate(words[:-1]):
        if word == "drop" and words[at + 1] not in _LIGHT | {"default", "not", "primary", "foreign", "check", "key",
        "identity",
                                                            "expression", "unique", "column_default"}:  # fmt: skip
            return "the column and what is in it is gone"
    return ""


def _all_rows(fact: Fact, words: list[str]) -> bool:
    """Whether a statement takes every row: without a condition, or with one that always holds."""
    if fact.data.get("service") == "mongodb":
        return "{}" in "".join(fact.value.split()) or "()" in "".join(fact.value.split())
    if not fact.data.get("where"):
        return not any(word in ("limit", "using", "join") for word in words)
    tail = words[len(words) - 1 - words[::-1].index("where") + 1 :] if "where" in words else ["?"]
    return tail in ([], ["true"], ["1"], ["1", "1"], ["t"])


def _changes(fact: Fact) -> bool:
    return fact.name in ("delete", "update", "alter", "drop", "truncate", "replace", "merge")


def unsaid(scene: Scene) -> Iterator[Loss]:
    """What reaches a store by another way: keys fed by xargs, a command on standard input, a query in a one-liner."""
    for fact in scene.runs("redis-cli", "valkey-cli", "keydb-cli"):
        fed = " ".join(str(word) for word in fact.data.get("piped_from") or ()).lower()
        words = [str(word).lower() for word in fact.data.get("argv") or ()]
        bulk = any(one.startswith(("xargs", "parallel")) for one in fact.data.get("wrappers") or ()) and {
            "del",
            "unlink",
        } & set(words)
        script = words[1:2] and "eval" in words and any("flushall" in word or "flushdb" in word for word in words)
        if script or bulk or (fed.startswith(("echo", "printf")) and "flush" in fed):
            yield Loss(fact, "this call deletes keys of the store", subject="keys")
    for fact in (*scene.runs("psql", "mysql", "mariadb", "sqlite3", "dbshell"), *_shells(scene)):
        if {"sqlflush", "sqlclear", "sqlreset"} & set(map(str, fact.data.get("piped_from") or ())):
            yield Loss(fact, "this call empties every table of the application", subject="sqlflush")
        if any("drop_chunks(" in str(word) for word in fact.data.get("argv") or ()):
            yield Loss(fact, "drop_chunks deletes the rows of whole periods", subject="drop_chunks")
    for fact in scene.runs("sqlite3"):
        words = [str(word) for word in (fact.data.get("argv") or ())[1:]]
        if any(word.startswith(".restore") for word in words) and not any(map(is_temp, words)):
            yield Loss(fact, "this call puts another database in the place of this one", subject=".restore")
    for fact in scene.runs(*_RUNNERS):
        text = " ".join(str(word) for word in (fact.data.get("argv") or ())[1:])
        match = _QUERY.search(text)
        if match and ":memory:" not in text and not tested(text.partition("connect")[2][:60]):
            yield Loss(fact, f"this call runs {shown(match.group(1), 60)}", subject=match.group(1))


def _shells(scene: Scene) -> list[Fact]:
    """`python manage.py dbshell`: a framework's own way to its database's client."""
    return [fact for fact in scene.runs("manage.py", "django-admin") if "dbshell" in (fact.data.get("argv") or ())]


_RUNNERS = tuple(
    "python python3 node deno bun ruby php perl lua julia elixir iex wp drush rails rake manage.py artisan tinker"
    " console flask mix groovy scala".split()
)
_QUERY = re.compile(
    r"(?:execute|query|exec|executescript)\(\s{0,3}['\"`](\s{0,5}(?i:drop\s{1,5}(?:table|database|schema)|truncate\s|delete\s{1,5}from\s{1,5}\w{1,60}\s{0,3}[;'\"`])[^'\"`\n]{0,80})"
)


# What it aims at


def target_of(scene: Scene, fact: Fact) -> str:
    """Everything that says which database is meant: names, hosts, environment, variables in the command line."""
    told = [str(fact.data.get(key) or "") for key in ("database", "inside", "host")]
    command = _client(scene, fact)
    if command is not None:
        argv = [str(word) for word in command.data.get("argv") or ()]
        told += [word for word in argv[1:] if " " not in word.strip() and len(word) < 200]
        told += _environment(scene, command)
        told += sorted(variables_in(command.value))
    for connect in scene.of("connect"):
        if connect.data.get("via") == fact.data.get("via"):
            told += [str(connect.data.get("host") or ""), str(connect.data.get("database") or "")]
    tool = scene.of("tool")
    if command is None and tool:
        told.append(tool[0].name)
    return " ".join(one for one in told if one)


def _environment(scene: Scene, command: Fact) -> list[str]:
    env = command.data.get("env") or {}
    told = [str(value) for name, value in env.items() if name in _ENVIRONMENTS]
    return told + [
        fact.value for fact in scene.of("env") if fact.name in _ENVIRONMENTS and fact.data.get("via") != "file"
    ]


def _client(scene: Scene, fact: Fact) -> Fact | None:
    via = fact.data.get("via")
    found = [each for each in scene.of("command") if each.name == via]
    return found[-1] if found else None


def trial(scene: Scene, fact: Fact) -> bool:
    """Whether a statement goes to a test, in-memory or temporary database."""
    target = target_of(scene, fact)
    if production(target):
        return False
    command = _client(scene, fact)
    argv = [str(word) for word in (command.data.get("argv") or ()) if command] if command is not None else []
    if ":memory:" in argv or any(is_temp(word) for word in argv):
        return True
    state = scene.state("table", str(fact.data.get("table") or ""))
    if state.get("rows") == 0 and tested(target):
        return True
    names = [word for word in argv[1:] if " " not in word.strip()]
    said = [
        str(fact.data.get("database") or ""),
        *names,
        *(_environment(scene, command) if command is not None else ()),
    ]
    named = str(fact.data.get("table") or "") if fact.data.get("object") == "database" else ""
    return any(tested(posixpath.basename(one)) for one in (*said, named) if one and UNKNOWN not in one)


# Migration tools


def migrations(scene: Scene) -> Iterator[Loss]:
    """Resets, drops and rollbacks of the tools that own a schema."""
    for said in grave(scene, "verbs_databases"):
        if _spared(scene, said):
            continue
        yield Loss(
            said.fact,
            f"{shown(said.fact.value, 60)} loses {said.lost}",
            subject=said.fact.value,
            way_out="Back the data up and ask the person.",
        )


def _spared(scene: Scene, said: Said) -> bool:
    """Whether a test or temporary database is meant."""
    told = _environment(scene, said.fact)
    line = said.line
    told += [value for flag, value in line.flags.items() if flag in _TARGETS and value]
    told += [value for flag, value in line.after.items() if flag in _TARGETS]
    program = program_of(said.fact)[0]
    if program in ("dropdb", "mysqladmin", "dropuser", "manage.py", "pg_restore"):
        told += list(line.words)
    if any(production(one) for one in told):
        return False
    return any(tested(posixpath.basename(one)) or ":memory:" in one or is_temp(one.partition("://")[2]) for one in told)


# Stores reached by HTTP


def by_address(scene: Scene) -> Iterator[Loss]:
    """DELETE requests: an index of Elasticsearch, a bucket, a resource of an API that is not on this machine."""
    local = ("localhost", "127.0.0.1", "0.0.0.0", "::1", "host.docker.internal")
    for fact in scene.of("url"):
        method = str(fact.data.get("method") or "").upper()
        posted = method == "POST" and fact.value.partition("?")[0].endswith(
            ("/_delete_by_query", "/doDelete", "/doWipeOutWorkspace")
        )
        if method != "DELETE" and not posted:
            continue
        port = str(fact.data.get("port") or "")
        if not posted and fact.name in local and port not in ("9200", "8086", "5984", "6333", "8983", "7700", "8108"):
            continue
        yield Loss(fact, f"this call deletes {shown(fact.value, 80)}", subject=fact.value)


RULES = (
    rule(
        "TG431",
        "dropped data",
        "destructive_databases",
        statements,
        bad=(
            bash('psql -c "DROP TABLE users"'),
            bash('mysql -e "DELETE FROM users"'),
            bash("redis-cli FLUSHALL"),
            bash("mongosh app --eval 'db.dropDatabase()'"),
        ),
        good=(
            bash('psql -c "SELECT * FROM users"'),
            bash('psql -c "DELETE FROM users WHERE id = 3"'),
            bash('psql app_test -c "DROP TABLE users"'),
            bash('grep -rn "DROP TABLE" migrations'),
            bash('sqlite3 :memory: "drop table t"'),
        ),
    ),
    rule(
        "TG432",
        "reset databases",
        "destructive_databases",
        migrations,
        bad=(
            bash("npx prisma migrate reset --force"),
            bash("rails db:drop"),
            bash("php artisan migrate:fresh"),
            bash("dropdb app"),
        ),
        good=(
            bash("npx prisma migrate dev"),
            bash("RAILS_ENV=test rails db:reset"),
            bash("dropdb app_test"),
            bash("alembic upgrade head"),
        ),
    ),
    rule(
        "TG434",
        "keys and queries",
        "destructive_databases",
        unsaid,
        bad=(bash("echo FLUSHALL | redis-cli"), bash("redis-cli --scan | xargs redis-cli del")),
        good=(bash("echo PING | redis-cli"), bash("redis-cli --scan"), bash("python -c \"print('DROP TABLE users')\"")),
    ),
    rule(
        "TG433",
        "deleted by request",
        "destructive_databases",
        by_address,
        bad=(
            bash("curl -X DELETE http://localhost:9200/_all"),
            bash("curl -X DELETE https://api.example.com/v1/users/3"),
        ),
        good=(bash("curl -X DELETE http://localhost:3000/api/items/3"), bash("curl https://api.example.com/v1/users")),
    ),
)
