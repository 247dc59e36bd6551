"""Runners whose inner command does not stand as the last words: schedulers, terminals, dialogues, Maven.

`at` and `crontab` run later, `screen` and `tmux` in another terminal, `expect` types into what it spawned. What is run
is told as if it ran now: the call is what starts it.
"""

import re

from tractguard.facts.effects import is_program
from tractguard.facts.effects_files import touch
from tractguard.facts.shell_run import Command, Run, Where
from tractguard.facts.words import Word, join, lines, options
from tractguard.model import UNKNOWN

MOST_LINES = 200  # lines of a crontab or an expect script that are read
_FIELDS = r"[ \t]*(?:@\w+|(?:[^\s#=]+[ \t]+){4}[^\s#=]+)[ \t]+"  # compiled on first use
_SPAWN = r"(?:^|[;{\n])[ \t]*(?:spawn|exec|system)(?:[ \t]+-\w+)*[ \t]+([^;\n}]{1,2000})"  # compiled on first use
_SEND = r'(?:^|[;{\n])[ \t]*send(?:[ \t]+--)?[ \t]+"([^"\n]{1,2000}?)\\[rn]"'  # compiled on first use


def unwrap(run: Run, command: Command) -> None:
    """Put on the list what `command` runs."""
    where = command.where._replace(wrappers=(*command.where.wrappers, command.name))
    _RUNNERS[command.name](run, command, where)


_STARTS = frozenset("run exec shell ssh enter start env with watch record stat attach wrap do time".split())


def dashed(run: Run, command: Command) -> None:
    """A program that nobody listed, told to run another behind `--`: `secrets run -- npm ci`."""
    texts = [word.text for word in command.args[:40]]
    if "--" not in texts[:-1]:
        return
    at = texts.index("--")
    verbs = [text for text in texts[:at] if text[:1] != "-"]
    if is_program(texts[at + 1]) and (not verbs or verbs[0] in _STARTS):
        where = command.where._replace(wrappers=(*command.where.wrappers, command.name))
        run.command(command._replace(words=command.args[at + 1 :], outs=(), where=where, told=len(command.env)))


def _text_of(run: Run, command: Command, file: Word | None) -> Word | None:
    """The text of a file that is named, or what is fed."""
    if file is None or file.text in ("-", "/dev/stdin"):
        return command.stdin
    touch(run, command, "read", file, recursive=False, runs=True)
    return run.program(run.path(file, command.cwd))[0] if file.known and not run.where.inside else None


def _at(run: Run, command: Command, where: Where) -> None:
    parsed = options(command.args, ("-f", "-q", "-t"))
    if parsed.has("-l", "-r", "-d", "-c", "-V"):
        return
    file = parsed.value("-f")
    script = _text_of(run, command, file)
    if script is not None:
        if file is not None:
            where = where._replace(through=where.through or f"{command.name} -f {file.text}")
        run.script(script, where, command.cwd)
    elif command.feed:
        run.opaque("script from a pipe", command.text, command.name)


def _crontab(run: Run, command: Command, where: Where) -> None:
    parsed = options(command.args, ("-u", "-T"))
    if parsed.has("-l", "-r", "-e", "-T"):
        return
    file = parsed.rest[0] if parsed.rest else None
    table = _text_of(run, command, file)
    if table is None:
        if command.feed:
            run.opaque("script from a pipe", command.text, command.name)
        return
    rows = lines(table)
    if len(rows) > MOST_LINES:
        run.opaque("too many commands", table.text, command.name)
    for line in rows[:MOST_LINES]:
        found = re.match(_FIELDS, line.text)
        if found:
            run.script(line.cut(found.end()), where, run.world.home or UNKNOWN)


def _expect(run: Run, command: Command, where: Where) -> None:
    parsed = options(command.args, ("-c", "-f"))
    scripts = parsed.values("-c")
    if not scripts:
        given = _text_of(run, command, parsed.value("-f") or (parsed.rest[0] if parsed.rest else None))
        scripts = [] if given is None else [given]
    for script in scripts:
        for pattern in (_SPAWN, _SEND):
            for count, found in enumerate(re.finditer(pattern, script.text)):
                if count >= MOST_LINES:
                    run.opaque("too many commands", script.text, command.name)
                    break
                run.script(script.cut(found.start(1), found.end(1)), where, command.cwd)


def _screen(run: Run, command: Command, where: Where) -> None:
    parsed = options(command.args, ("-S", "-c", "-t", "-p", "-X", "-s", "-T", "-r", "-h"), stop_at_rest=True)
    verb = parsed.value("-X")
    rest = list(parsed.rest)
    if verb is None and rest:
        run.command(command._replace(words=tuple(rest), outs=(), where=where, told=len(command.env)))
    elif verb is not None and verb.text == "stuff" and rest:
        typed = join(rest, " ")
        run.script(typed.cut(0, len(typed.text.removesuffix("\\n").removesuffix("^M"))), where, command.cwd)
    elif verb is not None and verb.text in ("exec", "screen") and rest:
        run.command(command._replace(words=tuple(rest), outs=(), where=where, told=len(command.env)))


def _maven(run: Run, command: Command, where: Where) -> None:
    """`mvn exec:exec -Dexec.executable=X -Dexec.args="…"`."""
    said = {}
    for word in command.args:
        if word.text.startswith("-Dexec."):
            name, _, value = word.partition("=")
            said[name.text[7:]] = value
    if "executable" in said:
        script = join([said["executable"], said["args"]], " ") if "args" in said else said["executable"]
        run.script(script, where, command.cwd)


_RUNNERS = {
    "at": _at, "batch": _at, "crontab": _crontab, "expect": _expect, "screen": _screen, "mvn": _maven, "mvnw": _maven,
}  # fmt: skip
