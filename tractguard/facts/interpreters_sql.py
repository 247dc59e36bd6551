"""Statements given to the clients of databases: on the command line, in a file that they are told to read, or fed.

Clients' own commands that write or read files or start a shell (`\\!`, `.read`, `source`) are told as what they do.
"""

import re
from itertools import islice

from tractguard.facts.effects_files import touch
from tractguard.facts.shell_run import Command, Run, placed
from tractguard.facts.words import Word, options

MOST_DOTS = 200  # commands of a client's own in one text
MOST_FILES = 8  # files of statements that one call reads
# Client -> the options that carry statements, and those that name a file of them.
_CLIENTS = {
    "psql": ("-c --command", "-f --file"), "usql": ("-c --command", "-f --file"), "pgcli": ("-c", ""),
    "cockroach": ("-e --execute", "-f --file"), "mysql": ("-e --execute", ""), "mariadb": ("-e --execute", ""),
    "mycli": ("-e --execute", ""), "mysqlsh": ("-e --execute", "-f --file"), "litecli": ("-e --execute", ""),
    "sqlcmd": ("-Q -q", "-i"), "clickhouse-client": ("-q --query", "--queries-file"),
    "clickhouse": ("-q --query", "--queries-file"), "cqlsh": ("-e --execute", "-f --file"),
    "snowsql": ("-q --query", "-f --filename"), "duckdb": ("-c", "-f"), "sqlite3": ("-cmd", "-init"),
    "turso": ("", ""), "wrangler": ("--command", "--file"), "bq": ("", ""), "libsql": ("", ""),
}  # fmt: skip
_OTHERS = "-h -p -U -d -P -u -D -S -v -o -F -i -separator --host --port --user --database --dbname -t -C".split()
_LAST = frozenset(("turso", "libsql", "bq"))  # the statement is the last word


_QUERY = re.compile(
    r"(?i)\s{0,99}(?:select|explain|pragma|with|show|describe|values|\.(?!import|read|restore|recover))"
)


def effects(run: Run, command: Command) -> None:
    """Note what the statements given to a client do."""
    name = command.name
    flags, named = (words.split() for words in _CLIENTS[name])
    parsed = options(command.args, (*flags, *named, *_OTHERS), singles=name == "sqlite3")
    if name == "wrangler" and "d1" not in (word.text for word in parsed.rest[:1]):
        return
    texts: list[Word] = parsed.values(*flags)
    if name in ("sqlite3", "duckdb"):
        if parsed.rest and parsed.rest[0].text not in (":memory:", ""):
            changes = [text for text in parsed.rest[1:] if not _QUERY.match(text.text)]
            data = {"mode": "edit"} if changes else {"recursive": False}
            touch(run, command, "write" if changes else "read", parsed.rest[0], **data)
        texts.extend(parsed.rest[1:])
    elif name in _LAST:
        verbs = [word.text for word in parsed.rest[:2]]
        texts.extend(parsed.rest[1:] if "query" in verbs else parsed.rest[2:] if "shell" in verbs else ())
    for file in parsed.values(*named)[:MOST_FILES]:
        _file(run, command, file)
    if command.stdin is not None and not texts:
        texts.append(command.stdin)
    for text in texts:
        _text(run, command, text)


def _text(run: Run, command: Command, text: Word) -> None:
    if command.name in ("sqlite3", "duckdb") and "." in text.text:
        _dots(run, command, text)
    if command.name == "duckdb":  # it runs in this process: its copies are files of this machine
        for found in islice(_EXPORT.finditer(text.text), MOST_DOTS):
            touch(run, command, "write", text.cut(found.start(1), found.end(1)), mode="overwrite")
    if "\\" in text.text or "source" in text.text or "system" in text.text:
        _own(run, command, text)
    statements(run, command, text)


def _file(run: Run, command: Command, file: Word) -> None:
    """The statements in a file that the client reads."""
    if file.text in ("-", "/dev/stdin"):
        return
    touch(run, command, "read", file, recursive=False)
    content = run.world.text(run.path(file, command.cwd)) if file.known and not run.where.inside else None
    if content is not None:
        statements(run, command, Word(content))
    else:
        run.opaque("sql file", file.text, command.name)


_OWN = re.compile(r"(?m)(?:^|;)[ \t]{0,9}(\\!|\\i|\\ir|\\include|\\\.|source|system)[ \t]{0,9}([^\s;][^\n]{0,2000})")
_RUNS = frozenset(("\\!", "system"))


def _own(run: Run, command: Command, text: Word) -> None:
    """`\\! command`, `\\i file` of psql; `source file`, `\\. file`, `system command` of mysql."""
    where = command.where._replace(wrappers=(*command.where.wrappers, command.name))
    for found in islice(_OWN.finditer(text.text), MOST_DOTS):
        said = text.cut(found.start(2), found.end(2))
        if found[1] in _RUNS:
            run.script(said, where, command.cwd)
        else:
            _file(run, command, said.cut(0, len(said.text.rstrip("; \t"))))


_DOT = re.compile(r"(?m)^[ \t]{0,9}\.(output|once|backup|save|clone|log|read|shell|system)[ \t]+(\S[^\n]{0,400})$")


_EXPORT = re.compile(r"(?i)\b(?:copy\b[^;']{0,2000}?\bto|export\s+database|attach(?:\s+database)?)\s+'([^'\n]{1,300})'")


def _dots(run: Run, command: Command, text: Word) -> None:
    """sqlite's own commands that write, read or run something: `.output F`, `.backup main F`, `.shell ls`."""
    where = command.where._replace(wrappers=(*command.where.wrappers, command.name))
    for found in islice(_DOT.finditer(text.text), MOST_DOTS):
        said = text.cut(found.start(2), found.end(2))
        if found.group(1) in ("shell", "system") or said.text.startswith("|"):
            run.script(said.cut(1) if said.text.startswith("|") else said, where, command.cwd)
            continue
        target = next((word for word in reversed(said.pieces()) if word.text[:1] != "-"), said)
        if target.text[:1] in ("'", '"') and len(target.text) > 2:
            target = target.cut(1, len(target.text) - 1)
        if target.text not in ("stdout", "stderr", "off", "on"):
            if found.group(1) == "read":
                _file(run, command, target)
            else:
                touch(run, command, "write", target, mode="overwrite")


def statements(run: Run, command: Command, text: Word) -> None:
    """The SQL statements in a text."""
    from tractguard.facts import services
    from tractguard.facts.sql import sql_facts

    service = services.service_of_client(command.name)
    for fact in placed(sql_facts(text.text, command.name, service, run.field, 0), text):
        run.add(fact.kind, fact.name, fact.value, fact.data, fact.span)
