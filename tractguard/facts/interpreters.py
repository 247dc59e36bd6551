"""Programs given on a command line to an interpreter: `python -c`, `node -e`, `perl -pi -e`, `psql -c`, here-documents.

Finds the text of the program and hands it to the reader of its language. A script that is a file is noted as read.
"""

import re
from collections.abc import Callable
from itertools import islice

from tractguard.facts import effects as base
from tractguard.facts.effects_files import touch
from tractguard.facts.shell_run import Command, Run, Within, placed
from tractguard.facts.words import Word, options
from tractguard.model import UNKNOWN

_TAKES = {
    "python": ("-c", "-m", "-W", "-X", "--check-hash-based-pycs"),
    "node": ("-e", "--eval", "-p", "--print", "-r", "--require", "--import", "--loader", "--env-file", "-C",
             "--conditions", "--input-type", "--max-old-space-size"),
    "deno": ("-c", "--config", "--import-map", "--allow-write", "--allow-read"),
    "perl": ("-e", "-E", "-I", "-M", "-F"),
    "ruby": ("-e", "-I", "-r", "-C", "-F"),
    "php": ("-r", "-d", "-c", "-S", "-t", "-f"),
    "lua": ("-e", "-l"), "Rscript": ("-e",), "julia": ("-e", "-E", "-L", "-J", "-t", "-p"),
    "elixir": ("-e", "--eval", "-r", "-S", "-pa"), "osascript": ("-e", "-l"), "pwsh": ("-c", "-Command", "-f", "-File"),
}  # fmt: skip
_CODE = {
    "python": ("-c",), "node": ("-e", "--eval", "-p", "--print", "-pe"), "perl": ("-e", "-E"), "ruby": ("-e",),
    "php": ("-r",), "lua": ("-e",), "Rscript": ("-e",), "julia": ("-e", "-E"), "elixir": ("-e", "--eval"),
    "osascript": ("-e",), "pwsh": ("-c", "-Command"),
}  # fmt: skip
_ENDINGS = {"python": "py", "node": "js", "perl": "pl", "ruby": "rb", "php": "php", "lua": "lua"}
DEEPEST_PROGRAM = 3  # programs that start programs
MOST_DOTS = 200  # commands of sqlite's own in one text
MOST_PROGRAM = 200_000  # characters of a program's file that are read
_REACHES = frozenset(("connect", "url"))
_MONGO = re.compile(
    r"\.(drop|dropDatabase|deleteMany|deleteOne|remove|dropIndexes|updateMany|renameCollection)\s{0,5}\("
)
_QUERY = re.compile(
    r"(?i)\s{0,99}(?:select|explain|pragma|with|show|describe|values|\.(?!import|read|restore|recover))"
)
_REDIS = re.compile(r"(?i)(flushall|flushdb|del|unlink|config|shutdown|script|rename|debug)\Z")


def effects(run: Run, command: Command, printed: Word | None) -> None:
    """Note what the program given to an interpreter would do."""
    name = command.name.rstrip("0123456789.") or command.name
    name = {"pypy": "python", "ipython": "python", "nodejs": "node", "bun": "node", "tsx": "node", "ts-node": "node",
            "deno": "node", "powershell": "pwsh"}.get(name, name)  # fmt: skip
    if command.name in ("psql", "mysql", "mariadb", "sqlite3", "sqlcmd", "clickhouse-client", "duckdb", "cqlsh", "bq",
                        "snowsql"):  # fmt: skip
        _sql(run, command)
    elif name in ("mongosh", "mongo", "redis-cli"):
        _stores(run, command)
    elif name.lower().removesuffix(".exe") in ("pwsh", "powershell", "cmd"):
        from tractguard.facts.interpreters_windows import effects as windows

        windows(run, command, printed)
    elif name in _CODE:
        if command.name == "deno" and command.args[:1] and command.args[0].text == "eval":
            command = command._replace(words=(command.words[0], Word("-e"), *command.args[1:]))
        _program(run, command, name)


def _program(run: Run, command: Command, language: str) -> None:
    codes, rest, flags = _taken(command, language)
    if language in ("perl", "ruby") and any("i" in flag and flag[0] not in "Ir" for flag in flags):
        for word in rest:
            touch(run, command, "write", word, mode="edit")
            if language == "perl":
                from tractguard.facts.effects_edit import substituted

                substituted(run, command, word, codes)
    for code in codes:
        read_program(run, command, language, code)
    if codes:
        return
    module = command.args[:2]
    if language == "python" and module and module[0].text == "-m":
        _module(run, command)
        return
    if command.name in ("bun", "deno") and rest and rest[0].text == "run":
        rest = [word for word in rest[1:] if word.text[:1] != "-"]
    first = rest[0] if rest else None
    if first is None or first.text == "-":
        if command.stdin is not None:
            read_program(run, command, language, command.stdin)
        elif command.feed:
            run.opaque("program from a pipe", command.text, command.name)
    elif not (command.name in ("bun", "deno") and "." not in first.text):
        touch(run, command, "read", first, recursive=False, runs=True)
        _followed(run, command, language, first)
        if first.text.rpartition("/")[2] in ("manage.py", "artisan"):  # a program of the project with verbs that count
            where = command.where
            where = where._replace(wrappers=(*where.wrappers, command.name))
            run.command(command._replace(words=tuple(rest), outs=(), env={}, where=where))


def _followed(run: Run, command: Command, language: str, file: Word) -> None:
    """A program that is a file of the project: what it surely does to files and starts. Told `through` it.

    What it would do with values that only its own run knows stays unsaid, and so do the endpoints in it: they are
    defaults, mostly, that arguments and the environment replace.
    """
    where = command.where
    if where.inside or not file.known or where.depth > DEEPEST_PROGRAM or getattr(run.world, "level", 0) > 0:
        return
    text = run.world.text(run.path(file, command.cwd))
    if text is None or len(text) > MOST_PROGRAM or not run.spend(Word(text)).known:
        return
    before = run.where
    through = where.through or f"{command.name} {file.text}"
    run.where = where._replace(through=through, depth=where.depth + 1)
    read_effects(run, command._replace(where=run.where, stdin=None), language, Word(text), True)
    run.where = before


def _taken(command: Command, language: str) -> tuple[list[Word], list[Word], list[str]]:
    """The program texts, the other words, and the clusters of short flags."""
    codes: list[Word] = []
    rest: list[Word] = []
    flags: list[str] = []
    args = command.args
    index = 0
    code, takes = _CODE[language], _TAKES.get(language, ())
    while index < len(args):
        text = args[index].text
        if rest and language not in ("perl", "ruby"):
            rest.extend(args[index:])
            break
        if text in code or (text[:1] == "-" and text[1:2] != "-" and text[-1:] in ("e", "E", "c", "r")
                            and "-" + text[-1:] in code and len(text) < 8 and not text.startswith("-r")):  # fmt: skip
            flags.append(text[1:-1] if text not in code else "")
            if index + 1 < len(args):
                codes.append(args[index + 1])
                if language == "python":
                    rest.extend(args[index + 2 :])
                    break
            index += 1
        elif text.startswith(tuple(f"{name}=" for name in code if name.startswith("--"))):
            codes.append(args[index].partition("=")[2])
        elif language == "python" and text.startswith("-c") and len(text) > 2:
            codes.append(args[index].cut(2))
        elif text in takes:
            index += 1
        elif text[:1] == "-" and len(text) > 1 and text != "--":
            flags.append(text[1:] if language != "perl" or text[1] not in "MIm" else "")
            if language == "perl" and text.startswith("-i"):
                flags[-1] = "i"
        elif text != "--":
            rest.append(args[index])
        index += 1
    return codes, rest, [flag.partition("=")[0] for flag in flags if not flag.startswith("-")]


def read_program(run: Run, command: Command, language: str, code: Word) -> None:
    """Read a program text: its effects by its own reader, the endpoints in it by the reader of files."""
    if not code.known and code.text.strip(" \n").startswith(UNKNOWN):
        run.opaque("computed", code.text, command.name)
        return
    read_effects(run, command, language, code, False)
    ending = _ENDINGS.get(language)
    if ending and getattr(run.world, "level", 0) < base.MOST_LEVELS:
        from tractguard.facts.files import text_facts
        from tractguard.facts.interpreters_reach import connects

        facts = text_facts(f"{command.cwd}/-.{ending}", code.text, "create", Within(run.world, run.left), run.field, 0)
        reached = connects(language, code.text, (fact for fact in facts if fact.kind in _REACHES))
        run.facts.extend(placed(reached, code))


def read_effects(run: Run, command: Command, language: str, code: Word, file: bool) -> None:
    """The effects of a program text by its language's own reader; `file` where it is a file of the project."""
    if language == "python":
        from tractguard.facts.interpreters_python import python_effects

        python_effects(run, command, code, file)
    elif language == "node":
        from tractguard.facts.interpreters_javascript import javascript_effects

        javascript_effects(run, command, code, file)
    else:
        from tractguard.facts.interpreters_text import text_effects

        text_effects(run, command, language, code, file)


def _module(run: Run, command: Command) -> None:
    """`python -m pytest` runs pytest."""
    name = command.args[1].text if len(command.args) > 1 else ""
    if name and UNKNOWN not in name and name not in ("http.server",):
        where = command.where
        words = (command.args[1], *command.args[2:])
        if name in ("pip", "venv", "uvicorn", "gunicorn", "flask", "hypercorn"):
            from tractguard.facts.effects import told

            wrapped = where._replace(wrappers=(*where.wrappers, f"{command.name} -m"), depth=where.depth + 1)
            told(run, command._replace(words=words, where=wrapped, env={}))
            return
        run.command(
            command._replace(
                words=words, outs=(), env={}, where=where._replace(wrappers=(*where.wrappers, f"{command.name} -m"))
            )
        )


# Databases


def _sql(run: Run, command: Command) -> None:
    name = command.name
    texts: list[Word] = []
    flags = {
        "psql": ("-c", "--command"), "mysql": ("-e", "--execute"), "mariadb": ("-e", "--execute"),
        "sqlcmd": ("-Q", "-q"), "clickhouse-client": ("-q", "--query"), "cqlsh": ("-e", "--execute"),
        "snowsql": ("-q", "--query"), "duckdb": ("-c",), "sqlite3": ("-cmd",),
    }.get(name, ())  # fmt: skip
    others = (
        "-h",
        "-p",
        "-U",
        "-d",
        "-P",
        "-u",
        "-D",
        "-f",
        "--file",
        "-S",
        "-v",
        "-o",
        "-F",
        "-i",
        "-init",
        "-separator",
    )
    parsed = options(command.args, (*flags, *others), singles=name == "sqlite3")
    texts.extend(parsed.values(*flags))
    if name in ("sqlite3", "duckdb"):
        if parsed.rest and parsed.rest[0].text not in (":memory:", ""):
            changes = [text for text in parsed.rest[1:] if not _QUERY.match(text.text)]
            data = {"mode": "edit"} if changes else {"recursive": False}
            touch(run, command, "write" if changes else "read", parsed.rest[0], **data)
        texts.extend(parsed.rest[1:])
    elif name == "bq":
        texts.extend(parsed.rest[1:] if parsed.rest and parsed.rest[0].text == "query" else ())
    for file in parsed.values("-f", "--file") if name == "psql" else ():
        touch(run, command, "read", file, recursive=False)
        content = run.world.text(run.path(file, command.cwd)) if file.known else None
        if content is not None:
            texts.append(Word(content))
        elif file.text not in ("-", "/dev/stdin"):
            run.opaque("sql file", file.text, name)
    if command.stdin is not None and not texts:
        texts.append(command.stdin)
    for text in texts:
        if name in ("sqlite3", "duckdb") and "." in text.text:
            _dots(run, command, text)
        statements(run, command, text)


_DOT = re.compile(r"(?m)^[ \t]{0,9}\.(output|once|backup|save|clone|log|read|shell|system)[ \t]+(\S[^\n]{0,400})$")


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
            reading = found.group(1) == "read"
            data = {"recursive": False} if reading else {"mode": "overwrite"}
            touch(run, command, "read" if reading else "write", target, **data)


def statements(run: Run, command: Command, text: Word) -> None:
    """The SQL statements in a text."""
    from tractguard.facts import services
    from tractguard.facts.sql import sql_facts

    service = services.service_of_client(command.name)
    for fact in placed(sql_facts(text.text, command.name, service, run.field, 0), text):
        run.add(fact.kind, fact.name, fact.value, fact.data, fact.span)


def _stores(run: Run, command: Command) -> None:
    """MongoDB and Redis: the statements that destroy or change, in words that rules share with SQL."""
    if command.name == "redis-cli":
        takes = ("-h", "-p", "-n", "-a", "-u", "-s", "-r", "-i", "--user", "--pass")
        rest = options(command.args, takes, stop_at_rest=True).rest
        if rest and _REDIS.match(rest[0].text):
            data = {"table": rest[1].text if len(rest) > 1 else "", "where": len(rest) > 1, "via": command.name,
                    "service": "redis", "database": "", "object": ""}  # fmt: skip
            run.add("sql", rest[0].text.lower(), " ".join(word.text for word in rest), data, rest[0].span())
        return
    flags = ("--eval", "--port", "--host", "-u", "-p", "--username", "--password", "-f", "--file")
    texts = options(command.args, flags).values("--eval")
    if command.stdin is not None:
        texts.append(command.stdin)
    for text in texts:
        for found in _MONGO.finditer(text.text):
            verb = {"dropDatabase": "drop", "deleteMany": "delete", "deleteOne": "delete", "remove": "delete",
                    "updateMany": "update", "dropIndexes": "drop", "renameCollection": "rename"}.get(
                        found.group(1), found.group(1))  # fmt: skip
            head = text.text[max(0, found.start() - 80) : found.start()]
            table = re.search(r"db\.(?:getCollection\(['\"])?([\w.]{1,80})['\")]{0,2}$", head)
            empty = text.text[found.end() : found.end() + 12].replace(" ", "")[:3] in ("{})", ")")
            data = {"table": table.group(1) if table else "", "where": verb in ("delete", "update") and not empty,
                    "via": command.name, "service": "mongodb", "database": "",
                    "object": "database" if found.group(1) == "dropDatabase" else "collection"}  # fmt: skip
            run.add("sql", verb, text.text[:400], data, text.span(found.start(1), found.end(1)))


_Reader = Callable[[Run, Command, Word], None]
