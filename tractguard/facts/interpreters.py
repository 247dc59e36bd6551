"""Programs given on a command line to an interpreter: `python -c`, `node -e`, `perl -pi -e`, `psql -c`, here-documents.

Finds the text of the program and hands it to the reader of its language. A script that is a file is noted as read.
"""

import re
from collections.abc import Callable

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
_REDIS = re.compile(r"(?i)(flushall|flushdb|del|unlink|config|shutdown|script|rename|debug)\Z")


_SQL_CLIENTS = frozenset(
    "psql usql pgcli cockroach mysql mariadb mycli mysqlsh litecli sqlite3 sqlcmd clickhouse-client clickhouse duckdb"
    " cqlsh bq snowsql turso libsql wrangler".split()
)


def effects(run: Run, command: Command, printed: Word | None) -> None:
    """Note what the program given to an interpreter would do."""
    name = command.name.rstrip("0123456789.") or command.name
    name = {"pypy": "python", "ipython": "python", "nodejs": "node", "bun": "node", "tsx": "node", "ts-node": "node",
            "deno": "node", "powershell": "pwsh"}.get(name, name)  # fmt: skip
    if command.name in _SQL_CLIENTS:
        from tractguard.facts.interpreters_sql import effects as sql

        sql(run, command)
    elif name in ("mongosh", "mongo", "redis-cli"):
        _stores(run, command)
    elif name.lower().removesuffix(".exe") in ("pwsh", "powershell", "cmd"):
        from tractguard.facts.interpreters_windows import effects as windows

        windows(run, command, printed)
    elif name in _SHELLED:
        _framework(run, command, *_SHELLED[name])
    elif name in _CODE:
        if command.name == "deno" and command.args[:1] and command.args[0].text == "eval":
            command = command._replace(words=(command.words[0], Word("-e"), *command.args[1:]))
        _program(run, command, name)


# Commands of frameworks that run a text in the application: their verbs, the option that carries it, its language.
_SHELLED = {
    "rails": (("runner", "r"), (), "ruby"), "artisan": (("tinker",), ("--execute",), "php"),
    "manage.py": (("shell", "shell_plus"), ("-c", "--command"), "python"),
}  # fmt: skip


def _framework(run: Run, command: Command, verbs: tuple[str, ...], named: tuple[str, ...], language: str) -> None:
    """`rails runner CODE`, `artisan tinker --execute=CODE`, `manage.py shell -c CODE`, or what these are fed."""
    if not command.args or command.args[0].text not in verbs:
        return
    parsed = options(command.args[1:], (*named, "-e", "--environment"))
    codes = parsed.values(*named) if named else list(parsed.rest[:1])
    if not codes and command.stdin is not None:
        codes = [command.stdin]
    for code in codes:
        if not named and code.text.endswith(".rb"):
            touch(run, command, "read", code, recursive=False, runs=True)
            _followed(run, command, language, code)
        elif code.text != "-":
            read_program(run, command, language, code)


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
        if first.text.rpartition("/")[2] in (
            "manage.py",
            "artisan",
            "console",
        ):  # a program of the project with verbs that count
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


_ON_PROGRAMS = frozenset(("cProfile", "profile", "pdb", "trace", "tracemalloc", "debugpy", "bdb", "memory_profiler"))


def _module(run: Run, command: Command) -> None:
    """`python -m pytest` runs pytest."""
    name = command.args[1].text if len(command.args) > 1 else ""
    if name and UNKNOWN not in name and name not in ("http.server",):
        where = command.where
        words = (command.args[1], *command.args[2:])
        if name in _ON_PROGRAMS:
            rest = options(command.args[2:], ("-o", "-s", "-c", "--command", "--file"), stop_at_rest=True).rest
            words = (command.words[0], *rest)
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
