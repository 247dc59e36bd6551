"""What a simple command does: its own fact, its redirects and variables, and the rooms that know its program.

`data/programs.json` says which room knows which program; a room is imported when one of its programs is met. A command
that only shows its usage, or what it would do, has no effects.
"""

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

from tractguard.facts import shell_values, wrappers
from tractguard.facts.shell_run import Command, Run, Within, placed
from tractguard.facts.words import NOTHING, Word, absolute, join
from tractguard.model import UNKNOWN

_DEVICES = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin", "/dev/tty", "/dev/zero", "/dev/random",
            "/dev/urandom", "/dev/full")  # fmt: skip
# Options that say in which folder a program works.
_FOLDERS = {
    "npm": ("--prefix", "-C"), "pnpm": ("-C", "--dir", "--prefix"), "yarn": ("--cwd",), "bun": ("--cwd",),
    "make": ("-C", "--directory"), "gmake": ("-C", "--directory"), "git": ("-C",), "poetry": ("-C", "--directory"),
    "uv": ("--directory", "--project"), "cargo": ("-C",), "go": ("-C",), "terraform": ("-chdir",), "tofu": ("-chdir",),
    "ninja": ("-C",), "meson": ("-C",), "just": ("-d", "--working-directory"), "task": ("-d", "--dir"),
    "composer": ("-d", "--working-dir"), "mise": ("-C", "--cd"), "hatch": (), "pdm": ("-p", "--project"),
    "docker-compose": ("--project-directory",), "mvn": ("-f",), "gradle": ("-p", "--project-dir"),
    "gradlew": ("-p", "--project-dir"), "bundle": ("--gemfile",), "rake": (), "jj": ("-R",), "gh": (), "tar": (),
}  # fmt: skip
_SHORT_HELP = frozenset("npm pnpm yarn git docker kubectl cargo go uv terraform make pip poetry gh bun".split())
_DRY = (
    "--dry-run",
    "--dry_run",
    "--dryrun",
    "--just-print",
    "--recon",
    "--simulate",
    "--what-if",
    "--whatif",
    "--noop",
)
_DRY_N = frozenset("make gmake rsync ansible-playbook apt apt-get patch git:push git:add git:clean git:rm git:mv "
                   "git:fetch git:prune git:gc just".split())  # fmt: skip
_DRY_OF = {  # words that make a plan of one program's command
    "ansible-playbook": ("--check", "-C", "--syntax-check", "--list-tasks", "--list-hosts", "--list-tags"),
    "ansible": ("--check", "-C", "--list-hosts"), "puppet": ("--noop",), "salt": ("test=True",),
    "chef-client": ("-W", "--why-run"),
}  # fmt: skip
_STARTERS = ("interpreters", "effects_remote", "shell_scripts")  # rooms of programs that start other people's code
MOST_FED = 4000  # characters of what a command reads that its fact holds
_QUIET = frozenset("npm pnpm yarn bun node deno tsx ts-node nodemon go cargo".split())
_QUIET_MODULES = (["pytest"], ["pip"], ["unittest"], ["venv"], ["build"], ["mypy"], ["ruff"], ["black"], ["json.tool"])
LONGEST_COMMAND = 20_000  # characters of a command, as written, that its fact holds
LONGEST_NAMED = 500  # characters of a word in which a port is looked for
TEMPORARY = "/tmp/tmp." + UNKNOWN  # what `$(mktemp)` is, whichever it is
MOST_LEVELS = 2  # scripts written into files by scripts written into files


@lru_cache(maxsize=1024)
def _rooms(name: str) -> tuple[str, ...]:
    """The rooms that know a program; none where none does."""
    said = f" {name} " if " " not in name else "\n"
    return tuple(room for room, names in wrappers.table("rooms").items() if said in names)


def of(run: Run, command: Command, printed: Word | None) -> None:
    """Note what `command` does; `printed` is its standard output where that is known."""
    alias = run.get(":a:" + command.words[0].text)
    if isinstance(alias, Word) and command.where.depth < 3:
        run.command(command._replace(words=(*alias.pieces(), *command.args)))
        return
    for target, append in command.outs:
        redirect(run, ">>" if append else ">", "", target, printed, command.name)
    for name, value in list(command.env.items())[command.told :]:
        environment(run, name, value, "assignment")
    helped, dry = told(run, command)
    name = command.name
    if not name or UNKNOWN in name:
        _computed(run, command)
        return
    if helped:
        return
    builtin = _BUILTINS.get(name)
    if builtin is not None:
        builtin(run, command)
        return
    if name.startswith(("python", "pypy")):
        command = _module_first(command)
    leads = wrappers.unwrap(run, command)
    if dry:
        return
    rooms = _rooms_of(name)
    for room in rooms:
        if room != "net" or not _names_no_port(name, command):
            import_module("tractguard.facts." + room).effects(run, command, printed)
    if "/" in command.words[0].text and "shell_scripts" not in rooms:
        import_module("tractguard.facts.shell_scripts").effects(run, command, printed)
        if "port" in command.text and "net" not in rooms:
            import_module("tractguard.facts.net").effects(run, command, printed)
    if not leads and not rooms and "--" in command.text:
        import_module("tractguard.facts.wrappers_own").dashed(run, command)
    if not leads and (not rooms or rooms[-1] in _STARTERS) and "://" in command.text:
        import_module("tractguard.facts.net").addressed(run, command, not rooms)


def _module_first(command: Command) -> Command:
    """`python -u -X dev -m x` without the options before `-m`."""
    args = command.args
    at = 0
    while at < len(args) and args[at].text[:1] == "-" and args[at].text not in ("-m", "-c", "-"):
        at += 2 if args[at].text in ("-W", "-X") else 1
    if 0 < at < len(args) and args[at].text == "-m":
        return command._replace(words=(command.words[0], *args[at:]))
    return command


def _rooms_of(name: str) -> tuple[str, ...]:
    found = _rooms(name)
    if not found and name[-1:].isdigit():  # python3.12, pip3, clang-format-18
        found = _rooms(name.rstrip("0123456789.").rstrip("-"))
    if not found and name.endswith((".exe", ".cmd", ".bat")):
        found = _rooms(name.rpartition(".")[0])
    return found


def _names_no_port(name: str, command: Command) -> bool:
    """Whether a runner, which reaches the network only at the port that it is told, is told none."""
    texts = [word.text for word in command.args]
    if name.startswith("python"):
        quiet = texts[:1] != ["-m"] or texts[1:2] in _QUIET_MODULES
        quiet = quiet and "runserver" not in texts and "-m" not in texts[1:3]
    else:
        quiet = name in _QUIET
    return quiet and not any(char.isdigit() or char == UNKNOWN for text in texts for char in text[:LONGEST_NAMED])


def is_program(name: str) -> bool:
    """Whether a word is the name of a program that some room knows."""
    name = name.rpartition("/")[2]
    return bool(name) and (bool(_rooms_of(name)) or wrappers.wrapper(name) is not None or name in _BUILTINS)


def told(run: Run, command: Command) -> tuple[bool, bool]:
    """The `command` fact. Returns whether it only shows its usage, and whether it only shows what it would do."""
    argv = tuple(word.text for word in command.words)
    helped, dry = _shows_usage(command, argv), _shows_plan(command, argv)
    first = command.words[0]
    fed = {} if command.stdin is None else {"fed": command.stdin.text[:MOST_FED]}
    run.add(
        "command",
        command.name,
        _written(run, command)[:LONGEST_COMMAND],
        {
            **fed,
            "argv": argv,
            "cwd": folder(run, command),
            "path": first.text,
            "env": {name: value.text for name, value in command.env.items()},
            "wrappers": command.where.wrappers,
            "inside": command.where.inside,
            "dry_run": dry,
            "help": helped,
            "piped_from": command.piped,
            "word_spans": tuple(word.span() for word in command.words),
        },
        first.span(),
    )
    return helped, dry


def _written(run: Run, command: Command) -> str:
    if command.text and not command.where.depth:
        return command.text
    first, last = command.words[0].span(), command.words[-1].span()
    if first and last and last[1] > first[0] and len(run.whole) >= last[1]:
        end = last[1]
        if command.words[-1].quoted and run.whole[end : end + 1] in ("'", '"'):
            end += 1
        return run.whole[first[0] : end]
    return join(command.words, " ").text


def _shows_usage(command: Command, argv: tuple[str, ...]) -> bool:
    if (
        "--help" in argv[1:4]
        or "--version" in argv[1:2]
        or argv[2:] == ("--version",)
        or (argv[-1] == "--help" and len(argv) < 12)
    ):
        return command.name not in ("echo", "printf", "bash", "sh", "sudo", "env", "xargs", "find")
    if len(argv) == 2:
        return argv[1] in ("-h", "-V", "-v", "help", "version", "-version", "-help") and argv[0] not in ("sudo", "set")
    return (
        len(argv) >= 3 and command.name in _SHORT_HELP and (argv[1] == "help" or (len(argv) == 3 and argv[2] == "-h"))
    )


def _shows_plan(command: Command, argv: tuple[str, ...]) -> bool:
    own = _DRY_OF.get(command.name, ())
    for word in argv[1:]:
        if word == "--":
            break
        if word in own or word in _DRY or (word.startswith("--dry-run=") and not word.endswith(("=none", "=false"))):
            return True
    sub = next((word for word in argv[1:] if word[:1] != "-"), "")
    if f"{command.name}:{sub}" in _DRY_N or command.name in _DRY_N:
        return any(word == "-n" or (len(word) < 6 and word[:1] == "-" and word[1:2] != "-" and "n" in word[1:]
                                    and word[1:].isalpha()) for word in argv[1:])  # fmt: skip
    return False


def folder(run: Run, command: Command) -> str:
    """The folder that a command works in: the shell's, or the one that it is told."""
    names = _FOLDERS.get(command.name)
    if not names:
        return command.cwd
    cwd = command.cwd
    words = command.args
    for index, word in enumerate(words):
        if word.text == "--":
            break
        if word.text in names and index + 1 < len(words):
            cwd = _moved(run, command.name, cwd, words[index + 1])
        elif word.text[:1] == "-":
            for name in names:
                if word.text.startswith(name + "="):
                    cwd = _moved(run, command.name, cwd, word.after(name + "="))
                elif len(name) == 2 and word.text.startswith(name) and len(word.text) > 2 and command.name == "make":
                    cwd = _moved(run, command.name, cwd, word.after(name))
    return cwd


def _moved(run: Run, name: str, cwd: str, said: Word) -> str:
    path = absolute(said.text, cwd, run.world.home)
    if name in ("mvn", "bundle") and "." in path.rpartition("/")[2]:
        path = path.rpartition("/")[0] or "/"
    return path


def _computed(run: Run, command: Command) -> None:
    run.opaque("computed program", join(command.words, " ").text, command.where.wrappers[-1] if command.where.wrappers
               else "")  # fmt: skip


# Files


def is_file(path: str) -> bool:
    """Whether a path names a file and not a device or a descriptor."""
    return path not in _DEVICES and not path.startswith(("/dev/fd/", "/dev/tcp/", "/dev/udp/", "/proc/self/fd/"))


def redirect(run: Run, operator: str, descriptor: str, target: Word, content: Word | None, via: str = "") -> None:
    """The effect of one redirect to or from a file."""
    text = target.text
    if operator in (">&", "<&") and (text.isdigit() or text.rstrip("-").isdigit() or text == "-"):
        return
    if operator in ("<&-", ">&-") or not text:
        return
    path = run.path(target)
    if path.startswith(("/dev/tcp/", "/dev/udp/")):
        import_module("tractguard.facts.net").device(run, target)
        return
    if not is_file(path):
        return
    data: dict[str, Any] = {"said": text, "via": via or operator}
    if target.glob:
        data["glob"] = True
    if operator == "<":
        run.add("read", path, "", {**data, "recursive": False}, target.span())
        return
    path = run.resolved(path)
    if operator in (">>", "&>>"):
        run.add("append", path, "", data, target.span())
        added(run, path, content, "append")
    else:
        run.add("write", path, "", {**data, "mode": "overwrite"}, target.span())
        added(run, path, content, "create")


def added(run: Run, path: str, content: Word | None, op: str) -> None:
    """What a text means that is written into a file: read by the room that knows files."""
    if run.where.inside or (UNKNOWN in path.rpartition("/")[2] and path != TEMPORARY):
        return
    if op != "edit":
        run.wrote(path, content, op == "append")
    if content is None or not content.text.strip():
        return
    if getattr(run.world, "level", 0) >= MOST_LEVELS:
        return
    from tractguard.facts.files import text_facts

    facts = text_facts(path, content.text, op, Within(run.world, run.left), run.field, 0)
    run.facts.extend(placed(facts, content))


def edited(run: Run, path: str, old: str, content: Word) -> None:
    """What an edit of a known file brings in: the facts of the lines that are new in `content`."""
    if getattr(run.world, "level", 0) >= MOST_LEVELS or not run.spend(content).known:
        return
    from tractguard.facts.files import text_facts

    facts = text_facts(path, content.text, "edit", Within(run.world, run.left), run.field, 0, old)
    run.facts.extend(placed(facts, content))


# Variables


def environment(run: Run, name: str, value: Word, via: str) -> None:
    """The `env` fact of an assignment, and the endpoint that it may name."""
    if name[:1] == ":":
        return
    run.add("env", name, value.text, {"via": via, "file": ""}, value.span())
    text = value.text
    if "://" in text or name.upper().endswith(("PORT", "HOST", "ADDR", "ADDRESS", "URL", "URI", "DSN", "ENDPOINT")):
        import_module("tractguard.facts.net").variable(run, name, value)


# Builtins


def _cd(run: Run, command: Command) -> None:
    args = [word for word in command.args if word.text not in ("-P", "-L", "-e", "--", "-q")]
    if command.where.wrappers and command.where.wrappers[-1] in ("xargs", "sudo", "env"):
        return
    if command.name == "popd":
        before = run.get(":pushed") or ()
        run.cwd = before[-1] if before else UNKNOWN
        run.set(":pushed", before[:-1])
        return
    if command.name == "pushd":
        run.set(":pushed", (*(run.get(":pushed") or ())[-50:], run.cwd))
    before = run.cwd
    target = args[0] if args else Word("~")
    if target.text == "-":
        run.cwd = run.get(":before") or UNKNOWN
    elif target.text:
        run.cwd = absolute(target.text, run.cwd, run.world.home)
    run.set(":before", before)


def _alias(run: Run, command: Command) -> None:
    for word in command.args:
        name, has, value = word.partition("=")
        if has:
            run.set(":a:" + name.text, value)


def _source(run: Run, command: Command) -> None:
    if not command.args:
        return
    target = command.args[0]
    path = run.path(target)
    text, here = run.program(path) if target.known else (None, False)
    if is_file(path):
        run.add("read", path, "", {"said": target.text, "via": command.name, "recursive": False}, target.span())
    elif text is None:
        run.opaque("computed", target.text, command.name)
    if text is not None:
        where = command.where
        through = where.through or ("" if here else f"{command.name} {target.text}")
        run.source(text, where._replace(wrappers=(*where.wrappers, command.name), through=through))


def _trap(run: Run, command: Command) -> None:
    args = [word for word in command.args if word.text != "--"]
    if len(args) > 1 and args[0].text and args[0].text != "-" and not args[0].text.startswith("-"):
        run.script(args[0], command.where)


def _nothing(run: Run, command: Command) -> None:
    """It changes nothing outside the shell."""


def _kill(run: Run, command: Command) -> None:
    import_module("tractguard.facts.effects_process").effects(run, command, NOTHING)


_BUILTINS: dict[str, Callable[[Run, Command], None]] = {
    "cd": _cd, "pushd": _cd, "popd": _cd, "chdir": _cd, "alias": _alias, "source": _source, ".": _source,
    "trap": _trap, "read": shell_values.read, "mapfile": shell_values.read, "readarray": shell_values.read,
    "echo": _nothing, "printf": shell_values.printf,
    "true": _nothing, "false": _nothing, ":": _nothing, "[": _nothing, "test": _nothing,
    "set": shell_values.set_positional,

    "exit": _nothing, "return": _nothing, "shift": shell_values.shift,
    "wait": _nothing, "type": _nothing, "which": _nothing,
    "hash": _nothing, "pwd": _nothing, "sleep": _nothing, "kill": _kill, "pkill": _kill, "killall": _kill,
    "break": _nothing, "continue": _nothing, "unalias": _nothing, "umask": _nothing, "ulimit": _nothing,
    "expr": _nothing, "seq": _nothing, "whereis": _nothing, "man": _nothing, "ls": _nothing,
}  # fmt: skip
