"""Commands that run another command: what runs inside, and where.

`data/programs_wrappers.json` names them with the options that take a value. A prefix (`sudo`, `timeout 5`), a runner
(`npx`, `uv run`), a container (`docker exec web`), a shell (`bash -c`) each lead to a command or a script of its own,
which is read next. What the inner program does is not said here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tractguard import tables
from tractguard.facts.shell_run import Command, Run, Where
from tractguard.facts.words import UNKNOWN_WORD, Options, Word, absolute, join, lines, options
from tractguard.model import UNKNOWN

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
MOST_EXECS = 16  # -exec clauses of one find


def table(name: str) -> Mapping[str, Any]:
    """A shipped table of programs."""
    return tables.table("programs_" + name)


def wrapper(name: str) -> Mapping[str, Any] | None:
    """What the table says of a program that runs another, or None."""
    found: Mapping[str, Any] | None = tables.row("programs_wrappers", name)
    return found


def unwrap(run: Run, command: Command) -> bool:
    """Put on the list what `command` runs. Returns whether it is a program that runs others."""
    entry = wrapper(command.name)
    if entry is None:
        return False
    for key, special in _SPECIAL.items():
        if entry.get(key):
            special(run, command)
            return True
    if entry.get("own"):
        from tractguard.facts import wrappers_own

        wrappers_own.unwrap(run, command)
        return True
    return _descend(run, command, entry, command.args, command.name)


def _descend(run: Run, command: Command, entry: Mapping[str, Any], words: Sequence[Word], label: str) -> bool:
    """Follow subcommands down the table to the words that are the inner command."""
    while "sub" in entry:
        parsed = options(words, frozenset(entry.get("take", "").split()), stop_at_rest=True)
        inner = entry["sub"].get(parsed.rest[0].text) if parsed.rest else None
        if inner is None:
            if "else" not in entry:
                return False
            break
        label += " " + parsed.rest[0].text
        if inner.get("self"):
            return _self(run, command, inner, parsed, label)
        words, entry = parsed.rest[1:], inner
    _inner(run, command, entry, words, label)
    return True


def _self(run: Run, command: Command, entry: Mapping[str, Any], parsed: Options, label: str) -> bool:
    """`yarn workspace web add x`: the same program again, elsewhere."""
    rest = list(parsed.rest[1:])
    if entry.get("take"):
        rest = list(options(rest, frozenset(entry["take"].split()), stop_at_rest=True).rest)
    rest = rest[entry.get("skip", 0) :]
    if label.startswith(("spring ", "ddev ")):
        rest = [parsed.rest[0], *rest]
    elif command.name != "busybox":
        rest = [command.words[0], *rest]
    if len(rest) > 1:
        for folder in _workspace(run, command, parsed, label) or [command.cwd]:
            inner = command._replace(cwd=folder)
            _go(run, inner, rest, label, command.where.inside or str(entry.get("inside", "")))
    return True


def _workspace(run: Run, command: Command, parsed: Options, label: str) -> list[str]:
    """The folders that `yarn workspace web …` and `yarn workspaces foreach …` work in."""
    if not label.startswith("yarn workspace"):
        return []
    from tractguard.facts import workspaces

    names = [word.text for word in parsed.rest[1:2]] if label == "yarn workspace" else []
    return workspaces.members(run, command.cwd, names)


def _inner(run: Run, command: Command, entry: Mapping[str, Any], words: Sequence[Word], label: str) -> None:
    takes = frozenset(f"{entry.get('take', '')} {entry.get('script', '')} {entry.get('after', '')}".split())
    parsed = options(words, takes - frozenset(entry.get("pass", "").split()), stop_at_rest=True)
    if "stop" in entry and parsed.has(*entry["stop"].split()) and "pass" not in entry:
        return
    rest = _dashed(words) if entry.get("dashes") else list(parsed.rest)
    inside = _inside(entry, parsed, command)
    label = f"{label} {inside}" if inside and entry.get("inside") == 0 else label
    env, rest = _assignments(entry, rest, command)
    rest = (entry.get("dashed") and _dashed(words)) or rest[entry.get("skip", 0) :]
    if rest and rest[0].text == "--":
        rest = rest[1:]
    where = _mounted(run, parsed, command, _where(command, label, inside))
    cwd = _folder(run, entry, parsed, command, inside)
    if "script" in entry:
        for script in parsed.values(*entry["script"].split()):
            run.script(script, where, cwd)
        names = entry["script"].split()
        for index, word in enumerate(rest[:-1]):
            if word.text in names:  # `flock file -c 'command'`, `su - user -c 'command'`
                run.script(rest[index + 1], where, cwd)
                return
    if "after" in entry:
        rest = _after(words, entry["after"].split())
    rest = _renamed(run, command, entry, parsed, rest)
    if entry.get("scripts"):
        for script in rest:
            run.script(script, where, cwd)
        return
    if entry.get("keys"):
        _keys(run, rest, where, cwd)
        return
    if "pass" in entry and parsed.has(*entry["pass"].split()):
        rest = [Word("python"), Word("-m"), *rest]
    if inside and (program := parsed.value("--entrypoint")) is not None and program.text:
        rest = [program, *rest]
    if inside and rest and rest[0].text[:1] == "-" and entry.get("optional"):
        return  # arguments of the image's own program
    if not rest:
        _fed_shell(run, command, label, where)
        return
    if entry.get("shell") and (len(rest) == 1 or entry.get("local") or any(" " in word.text for word in rest)):
        run.script(join(rest, " "), where, cwd)
        return
    if (entry.get("by") or label == "uv run") and (starter := _INTERPRETERS.get(rest[0].text.rpartition(".")[2])):
        rest = [Word(starter), *rest]
    if entry.get("package"):
        rest = _packaged(run, entry, parsed, rest, command)
    folders = [cwd]
    if "members" in entry:
        from tractguard.facts import workspaces

        folders = workspaces.told(run, command) or folders
    fed = (command.stdin, command.piped, command.feed)
    for folder in folders:
        run.command(Command(tuple(rest), env, folder, *fed, (), command.text, where, len(command.env)))


_INTERPRETERS = {"js": "node", "mjs": "node", "cjs": "node", "ts": "ts-node", "py": "python", "rb": "ruby", "sh": "sh"}


def _renamed(run: Run, command: Command, entry: Mapping[str, Any], parsed: Options, rest: list[Word]) -> list[Word]:
    """The inner command as the runner calls it: `hatch run env:x` is `x`, `symfony console x` is `console x`."""
    if entry.get("writes") and parsed.rest:  # `script FILE` keeps what is shown
        from tractguard.facts.effects_files import touch

        touch(run, command, "write", parsed.rest[0], mode="overwrite")
    if not rest:
        return rest
    first = rest[0]
    if entry.get("colon") and ":" in first.text:
        return [first.partition(":")[2], *rest[1:]]
    if "prefix" in entry:
        plain = first.after(entry["prefix"]) if first.text.startswith(entry["prefix"]) else None
        return [plain, *rest[1:]] if plain is not None else []
    if entry.get("known"):  # its options take values by twos and threes: the command begins at a program's name
        from tractguard.facts.effects import is_program

        return next((list(rest[at:]) for at, word in enumerate(rest[:64]) if is_program(word.text)), [])
    passed = "pass" in entry and parsed.has(*entry["pass"].split())
    return [Word(entry["as"]), *rest] if "as" in entry and not passed else rest


def _where(command: Command, label: str, inside: str) -> Where:
    where = command.where
    return where._replace(wrappers=(*where.wrappers, label), inside=inside or where.inside)


def _mounted(run: Run, parsed: Options, command: Command, where: Where) -> Where:
    """With the folders of this machine that a container is given."""
    if not where.inside or not parsed.has("-v", "--volume", "--mount"):
        return where
    from tractguard.facts.mounts import mounts_of

    return where._replace(mounts=mounts_of(parsed, command.cwd, run.world.home))


def _go(run: Run, command: Command, words: Sequence[Word], label: str, inside: str = "") -> None:
    where = _where(command, label, inside)
    run.command(command._replace(words=tuple(words), outs=(), where=where, told=len(command.env)))


def _inside(entry: Mapping[str, Any], parsed: Options, command: Command) -> str:
    inside = entry.get("inside")
    if isinstance(inside, str):
        return inside
    if inside is None or inside >= len(parsed.rest):
        return ""
    name: str = parsed.rest[inside].text
    if entry.get("local") and name.rpartition("@")[2] in _LOCAL_HOSTS:
        return ""
    return name


def _assignments(entry: Mapping[str, Any], rest: list[Word], command: Command) -> tuple[dict[str, Word], list[Word]]:
    env = dict(command.env)
    if entry.get("assign"):
        while rest and "=" in rest[0].text and rest[0].text.partition("=")[0].isidentifier():
            name, _, value = rest[0].partition("=")
            env[name.text] = value
            rest = rest[1:]
    return env, rest


def _folder(run: Run, entry: Mapping[str, Any], parsed: Options, command: Command, inside: str) -> str:
    """The folder of the inner command. In a container nothing is known but what is said."""
    said = parsed.value("-w", "--workdir") if inside else parsed.value("-C", "--chdir", "--cwd", "--directory", "--cd")
    if inside:
        return absolute(said.text, UNKNOWN) if said is not None else UNKNOWN
    if said is not None and command.name in ("env", "poetry", "uv", "mise", "conda"):
        return absolute(said.text, command.cwd, run.world.home)
    return command.cwd


def _dashed(words: Sequence[Word]) -> list[Word]:
    for index, word in enumerate(words):
        if word.text == "--":
            return list(words[index + 1 :])
    return []


def _after(words: Sequence[Word], names: Sequence[str]) -> list[Word]:
    for index, word in enumerate(words):
        if word.text in names:
            return list(words[index + 1 :])
    return []


def _keys(run: Run, rest: Sequence[Word], where: Where, cwd: str) -> None:
    """`tmux send-keys 'npm test' Enter` types into a shell."""
    typed = [word for word in rest if word.text not in ("Enter", "C-m", "C-c", "C-l", "Space", "Escape")]
    if typed:
        run.script(join(typed, " "), where, cwd)


def _fed_shell(run: Run, command: Command, label: str, where: Where) -> None:
    """`ssh host <<EOF`, `docker exec -i web` with nothing named: what is fed is a script where a shell waits."""
    if command.stdin is not None and command.name in ("ssh", "sudo", "su", "vagrant"):
        run.script(command.stdin, where, UNKNOWN if where.inside else command.cwd)


def _packaged(run: Run, entry: Mapping[str, Any], parsed: Options, rest: list[Word], command: Command) -> list[Word]:
    """`npx cowsay@1`: the package that is run, and its program."""
    from tractguard.facts import packages

    said = parsed.value("-p", "--package", "--from", "--spec") or rest[0]
    packages.executed(run, said, entry["package"])
    first = rest[0]
    at = first.text.find("@", 1)
    name = first.cut(0, at) if at > 0 else first
    if name.text.startswith("@") and "/" in name.text:
        name = name.cut(name.text.index("/") + 1)
    return [name, *rest[1:]]


# Those with a grammar of their own


def _corepack(run: Run, command: Command) -> None:
    args = command.args
    if args and args[0].text.partition("@")[0] in ("npm", "npx", "pnpm", "pnpx", "yarn", "yarnpkg"):
        name, _, _ = args[0].partition("@")
        _go(run, command, [name, *args[1:]], "corepack")


def _eval(run: Run, command: Command) -> None:
    if not command.args:
        return
    script = join(command.args, " ")
    text = script.text.strip()
    if text.startswith(UNKNOWN):
        run.opaque("computed", text, "eval")
    if text != UNKNOWN:
        run.source(script, _where(command, "eval", ""))


def _xargs(run: Run, command: Command) -> None:
    entry = wrapper(command.name) or {}
    parsed = options(command.args, frozenset(entry["take"].split()), stop_at_rest=True)
    if not parsed.rest:
        return
    marks = [word.text for word in parsed.values("-I", "--replace", "-J")] or (["{}"] if parsed.has("-i") else [])
    file = parsed.value("-a", "--arg-file")
    if file is not None:
        from tractguard.facts.effects_files import touch

        touch(run, command, "read", file, recursive=False)
        command = command._replace(stdin=run.program(run.path(file, command.cwd))[0] if file.known else None, piped=())
    items = _items(run, command, parsed, bool(marks))
    if marks and not parsed.has("-J"):  # once for each line
        for item in items if len(items) <= MOST_EXECS else [UNKNOWN_WORD]:
            _go(run, command._replace(stdin=None), _filled(parsed.rest, marks[0], [item]), "xargs")
        return
    words = _filled(parsed.rest, marks[0] if marks else "", items)
    _go(run, command._replace(stdin=None), words, "xargs")


def _items(run: Run, command: Command, parsed: Options, whole: bool = False) -> list[Word]:
    """What is fed to xargs, a word or a line (`whole`) each, or one unknown word."""
    if command.stdin is not None and command.stdin.known and len(command.stdin.text) < 20_000:
        pieces = lines(command.stdin) if whole or parsed.has("-0", "--null") else command.stdin.pieces()
        return pieces or [Word(UNKNOWN)]
    from tractguard.facts import found

    return found.listing(run, command.piped, command.cwd) or [Word(UNKNOWN)]


def _filled(words: Sequence[Word], mark: str, items: Sequence[Word]) -> list[Word]:
    if not mark:
        return [*words, *items]
    item = items[0] if len(items) == 1 else Word(UNKNOWN)
    return [_replaced(word, mark, item) for word in words]


def _replaced(word: Word, mark: str, item: Word) -> Word:
    at = word.text.find(mark)
    if at < 0:
        return word
    return join([word.cut(0, at), item, word.cut(at + len(mark))])


def _parallel(run: Run, command: Command) -> None:
    entry = wrapper("parallel") or {}
    parsed = options(command.args, frozenset(entry["take"].split()), stop_at_rest=True)
    words = list(parsed.rest)
    if parsed.has("--dry-run", "--dryrun"):
        return
    items = _items(run, command, parsed, True)
    for index, word in enumerate(words):
        if word.text in (":::", "::::", ":::+"):
            items = words[index + 1 :] if word.text == ":::" else [Word(UNKNOWN)]
            words = words[:index]
            break
    if not words:
        for script in items:
            if script.known:
                run.script(script, _where(command, "parallel", ""), command.cwd)
        return
    marked = any("{}" in word.text for word in words)
    for item in items if len(items) <= MOST_EXECS else [UNKNOWN_WORD]:
        filled = [_replaced(word, "{}", item) for word in words] if marked else [*words, item]
        if len(words) == 1 and " " in words[0].text:
            run.script(join(filled, " "), _where(command, "parallel", ""), command.cwd)
        else:
            _go(run, command._replace(stdin=None), filled, "parallel")


def _find(run: Run, command: Command) -> None:
    from tractguard.facts import found

    args = command.args
    index = clauses = 0
    while index < len(args) and clauses < MOST_EXECS:
        if args[index].text in ("-exec", "-execdir", "-ok", "-okdir"):
            end = index + 1
            while end < len(args) and args[end].text not in (";", "+"):
                end += 1
            each = found.find(run, args[:index], command.cwd)
            words = [_replaced(word, "{}", each) for word in args[index + 1 : end]]
            if words:
                _go(run, command, words, f"find {args[index].text}")
            clauses += 1
            index = end
        index += 1


def _fd(run: Run, command: Command) -> None:
    from tractguard.facts import found

    for index, arg in enumerate(command.args):
        if arg.text in ("-x", "--exec", "-X", "--exec-batch"):
            each = found.fd(run, command.args[:index], command.cwd)
            given = [word for word in command.args[index + 1 :] if word.text != ";"]
            words = [_replaced(word, "{}", each) for word in given]
            if given and not any("{" in word.text for word in given):
                words.append(each)
            words = [word if "{" not in word.text else UNKNOWN_WORD for word in words]
            if words:
                _go(run, command, words, "fd -x")
            return


_SPECIAL = {
    "corepack": _corepack, "eval": _eval, "xargs": _xargs, "parallel": _parallel, "find": _find, "fd": _fd,
}  # fmt: skip
