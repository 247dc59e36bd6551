"""Scripts that a command leads to: `bash -c`, `sh file`, `… | sh`, package scripts.

What stands in the command is read with its places; what stands in a file of the project is read through the world and
told with `through`, since nothing there can be corrected in the command. A script that nobody can read is opaque.
"""

import json
from collections.abc import Sequence

from tractguard.facts import effects as base
from tractguard.facts import shell_tasks
from tractguard.facts.effects import folder
from tractguard.facts.effects_files import touch
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import Word, options
from tractguard.model import UNKNOWN

_SHELLS = frozenset("bash sh zsh dash ksh fish ash mksh su".split())
_RUN_VERBS = {
    "npm": ("run", "run-script", "rum", "urn"),
    "pnpm": ("run", "run-script"),
    "yarn": ("run",),
    "bun": ("run",),
}
_SHORT = {"npm": ("test", "t", "start", "stop", "restart"), "pnpm": ("test", "t", "start"), "yarn": (), "bun": ()}
_YARN_OWN = frozenset(
    "add install remove up upgrade why info init link unlink pack publish config cache dlx exec workspace workspaces "
    "global set plugin version versions npm node bin audit outdated list check import create dedupe rebuild stage run "
    "login logout tag team owner licenses policies autoclean help".split()
)
_PNPM_OWN = _YARN_OWN | frozenset(
    "i update rm un uninstall ls list la ll store prune fetch rebuild patch deploy env root approve-builds dlx exec ci "
    "recursive -r setup self-update server licenses doctor".split()
)


def effects(run: Run, command: Command, printed: Word | None) -> None:
    """Read the script that `command` runs, as far as it is there to read."""
    name = command.name
    if name in _SHELLS:
        _shell(run, command)
    elif name in ("make", "gmake", "just", "task", "go-task"):
        shell_tasks.effects(run, command)
    elif name in _RUN_VERBS:
        _package_script(run, command)
    elif name in ("npm-run-all", "run-s", "run-p"):
        for word in options(command.args, ()).rest:
            scripts_of(run, command, command.cwd, word, (), f"{name} {word.text}")
    elif name == "node":
        _node_run(run, command)
    elif "/" in command.words[0].text:
        _by_path(run, command)


def _shell(run: Run, command: Command) -> None:
    args = list(command.args)
    index = 0
    script: Word | None = None
    reads_input = False
    if args and args[0].text == "-":
        index = 1
    while index < len(args) and args[index].text[:1] in ("-", "+") and len(args[index].text) > 1:
        text = args[index].text
        if text in ("--", "-"):
            index += 1
            break
        named = 0 if text[:2] == "--" else text.count("o") + text.count("O")  # `-euo pipefail`, `-O extglob`
        if text in ("--rcfile", "--init-file") or (named and "c" not in text):
            index += 1 + max(named, 1)
            continue
        if (text[:2] != "--" and "c" in text[1:]) or text == "--command":
            index += 1 + named
            while index < len(args) and args[index].text[:1] == "-" and len(args[index].text) < 4:
                index += 1
            script = args[index] if index < len(args) else None
            index += 1
            break
        if "n" in text[1:] and text[:1] == "-" and text[1:2] != "-":
            return  # `bash -n` only looks whether it could be read
        reads_input = reads_input or ("s" in text[1:] and text[1:2] != "-")
        index += 1
    if command.name == "su" and script is None:
        return
    where = shell_tasks.label(command, f"{command.name} -c" if script is not None else command.name)
    if script is not None:
        if script.text.lstrip().startswith(UNKNOWN):
            run.opaque("computed", script.text, command.name)
            if script.text.strip() == UNKNOWN:
                return
        if index < len(args):
            run.set("0", args[index])
        run.script(script, where, command.cwd, args[index + 1 :])
    elif index < len(args) and not reads_input:
        _file(run, command, args[index], args[index + 1 :])
    elif command.stdin is not None:
        if not command.stdin.known and command.stdin.text.lstrip().startswith(UNKNOWN):
            run.opaque("computed", command.stdin.text, command.name)
            if command.stdin.text.strip() == UNKNOWN:
                return
        run.script(command.stdin, where, command.cwd, args[index:])
    elif command.feed:
        run.opaque("script from a pipe", " ".join(command.piped) + " | " + command.text, command.name)


def _file(run: Run, command: Command, target: Word, args: Sequence[Word]) -> None:
    """A shell script by its path."""
    path = run.path(target, command.cwd)
    known = (target.known or path == base.TEMPORARY) and not run.where.inside
    text, here = run.program(path) if known else (None, False)
    if base.is_file(path):
        touch(run, command, "read", target, recursive=False, runs=True)
    elif text is None:
        run.opaque("computed", command.text, command.name)
        return
    if text is not None:
        _followed(run, command, target, text, here, args)
    elif here:  # it was fetched or made by this very command
        run.opaque("program not readable", command.text, command.name)


def _by_path(run: Run, command: Command) -> None:
    """`./scripts/ci.sh`: read where it is a shell script of the project."""
    target = command.words[0]
    path = run.path(target, command.cwd)
    if not target.known or run.where.inside:
        return
    text, here = run.program(path)
    if text is None:
        return
    first = text.text[:80].partition("\n")[0]
    if first.startswith("#!") and "sh" not in first.rpartition("/")[2].replace("env ", ""):
        return
    if not first.startswith("#!") and not path.endswith((".sh", ".bash", ".zsh")):
        return
    _followed(run, command, target, text, here, command.args)


def _followed(run: Run, command: Command, target: Word, text: Word, here: bool, args: Sequence[Word]) -> None:
    """Read a script file; what this very command wrote into it stands in the command."""
    where = shell_tasks.label(command, command.name)
    if not here:
        where = where._replace(through=where.through or target.text)
    run.set("0", target)
    run.set(":l:BASH_SOURCE", (target,))
    run.set("BASH_SOURCE", target)
    run.script(text, where, command.cwd, args)


# Package scripts


def _package_script(run: Run, command: Command) -> None:
    name = command.name
    takes = ("-C", "--dir", "--prefix", "--cwd", "-w", "--workspace", "--filter", "-F", "--loglevel")
    parsed = options(command.args, takes, stop_at_rest=True)
    rest = list(parsed.rest)
    if not rest:
        return
    verb = rest[0].text
    if verb in _RUN_VERBS[name]:
        inner = options(rest[1:], takes, stop_at_rest=True)
        rest = list(inner.rest)
    elif verb in _SHORT[name]:
        rest[0] = rest[0]._replace(text="test") if verb == "t" else rest[0]
    elif not ((name == "yarn" and verb not in _YARN_OWN) or (name == "pnpm" and verb not in _PNPM_OWN)):
        return
    if not rest:
        return
    args = [word for word in rest[1:] if word.text != "--"]
    cwd = folder(run, command)
    found = [
        scripts_of(run, command, each, rest[0], args, f"{name} run {rest[0].text}")
        for each in _members(run, command) or [cwd]
    ]
    if any(found) or rest[0].text in ("start", "test"):
        return
    if name != "npm" and not rest[0].text.startswith("-"):  # no such script: a program of a dependency
        run.command(
            command._replace(words=tuple(rest), cwd=cwd, outs=(), where=shell_tasks.label(command, name), told=99)
        )


def _members(run: Run, command: Command) -> list[str]:
    """The packages of the workspace that a package manager is told to go through."""
    if not any(word.text[:2] in ("--", "-F", "-r", "-w") for word in command.args):
        return []
    from tractguard.facts import workspaces

    return workspaces.told(run, command)


def _node_run(run: Run, command: Command) -> None:
    """`node --run NAME` runs a package script."""
    texts = [word.text for word in command.args]
    if "--run" in texts[:-1]:
        at = texts.index("--run") + 1
        args = [word for word in command.args[at + 1 :] if word.text != "--"]
        scripts_of(run, command, command.cwd, command.args[at], args, f"node --run {texts[at]}")


def scripts_of(run: Run, command: Command, cwd: str, script: Word, args: Sequence[Word], label: str) -> bool:
    """Put a script of the package.json in `cwd` on the list. Returns whether there is one."""
    if run.where.inside or not script.known or UNKNOWN in cwd:
        return False
    text = run.world.text(f"{cwd.rstrip('/')}/package.json")
    if text is None:
        return False
    try:
        found = json.loads(text)
        scripts = found.get("scripts") if isinstance(found, dict) else None
    except (ValueError, RecursionError):
        return False
    if not isinstance(scripts, dict):
        return False
    where = shell_tasks.label(command, label)._replace(through=command.where.through or label)
    for key in (f"pre{script.text}", script.text, f"post{script.text}"):
        body = scripts.get(key)
        if isinstance(body, str) and body:
            if key == script.text and args:
                body = with_words(body, args)
            run.script(Word(body), where, cwd)
    return isinstance(scripts.get(script.text), str)


def with_words(body: str, args: Sequence[Word]) -> str:
    """A script with words of the command line behind it."""
    return body + " " + " ".join(_shown(word.text) for word in args)


def _shown(text: str) -> str:
    safe = text.replace("_", "").replace("-", "").replace("/", "").replace(".", "").replace("=", "").isalnum()
    return text if safe else "'" + text.replace("'", "'\\''") + "'"
