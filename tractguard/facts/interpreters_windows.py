"""What a script of PowerShell or cmd on a command line would do to files: the usual cmdlets and built-in commands.

It knows statements, quotes, pipes and redirects as far as files need them, and takes a Windows path as the path that a
shell of this machine would use for it. What is computed is left unsaid. It refuses to know objects and the registry.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tractguard.facts.effects import is_program
from tractguard.facts.effects_files import moved, touch
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import Word

MOST_STATEMENTS, MOST_TEXT = 200, 20_000
_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|>>|>|[^\s\"'>]+")
_KINDS = {
    "read": "get-content gc type cat import-csv import-clixml",
    "write": "set-content sc out-file export-csv clear-content clc export-clixml tee-object",
    "append": "add-content ac",
    "delete": "remove-item ri rm del erase rd rmdir",
    "move": "move-item mi mv move rename-item rni ren rename",
    "copy": "copy-item cpi cp copy xcopy",
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names.split()}
_PATHS = ("-path", "-literalpath", "-filepath", "-destination", "-newname")
_VALUED = ("-value", "-encoding", "-filter", "-include", "-exclude", "-erroraction", "-ea", "-tail", "-totalcount",
           "-itemtype", "-inputobject", "-delimiter", "-head", "-first", "-last")  # fmt: skip
# Words that mean something to these shells themselves, whatever program of another one bears the name.
_OWN = frozenset("cmd pwsh powershell cd chdir pushd popd set echo type exit read alias source sort where".split())
_DEEP = ("-recurse", "-r", "-rec", "/s")


def effects(run: Run, command: Command, printed: Word | None) -> None:
    """Note the effects on files of the script that a PowerShell or cmd is given."""
    words = [word.text for word in command.args]
    cmd = command.name.lower().removesuffix(".exe") == "cmd"
    text = _after_slash(words) if cmd else _script(words)
    if command.stdin is not None and not text:
        text = command.stdin.text
    script = next((after for word, after in pairwise(command.args) if word.text.lower() in ("-file", "-f")), None)
    if script is not None and not cmd:
        touch(run, command, "read", script, recursive=False, runs=True)
    where = command.where._replace(wrappers=(*command.where.wrappers, command.name))
    inner = command._replace(where=where)
    for count, statement in enumerate(statements(text[:MOST_TEXT])):
        if count >= MOST_STATEMENTS:
            run.opaque("too many commands", text, command.name)
            return
        _note(run, inner, statement, cmd=cmd)


def _script(words: Sequence[str]) -> str:
    """The script of a PowerShell command line, without the options before it."""
    at = 0
    while at < len(words) and words[at][:1] == "-":
        low = words[at].lower()
        if low in ("-file", "-f", "-encodedcommand", "-enc", "-e", "-ec"):
            return ""
        at += 2 if low in ("-executionpolicy", "-ep", "-ex", "-windowstyle", "-w", "-workingdirectory", "-wd") else 1
    return " ".join(words[at:])


def _after_slash(words: Sequence[str]) -> str:
    """What stands behind `/c`, `//c` or `/k`."""
    at = next((at for at, word in enumerate(words) if word.lower().lstrip("/") in ("c", "k") and word[:1] == "/"), -1)
    return " ".join(words[at + 1 :]) if at >= 0 else ""


def statements(text: str) -> Iterator[list[str]]:
    """The words of each statement, quotes left on; a separator inside quotes parts nothing."""
    words: list[str] = []
    for char in (";", "|", "&", "{", "}", "\n", "(", ")"):
        text = text.replace(char, f" {char} ")
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word[0] not in "\"'":
            if word in (";", "|", "&", "{", "}", "(", ")", "||", "&&"):
                yield words
                words = []
                continue
        else:
            word = re.sub(r" ([;|&{}()]) ", r"\1", word)
        words.append(word)
    yield words


def _note(run: Run, command: Command, words: list[str], *, cmd: bool) -> None:
    for mark, kind in ((">", "write"), (">>", "append")):
        if mark in words[:-1]:
            at = words.index(mark)
            _touch(run, command, kind, words[at + 1], deep=False)
            words = words[:at]
    head = words[0].lower().lstrip("@") if words else ""
    kind = _KIND_OF.get(head, "")
    if not kind and head not in _OWN and is_program(head):
        run.command(Command(tuple(Word(word.strip("'\"")) for word in words), {}, command.cwd, where=command.where))
    if not kind or "-whatif" in map(str.lower, words):
        return
    deep = any(word.lower() in _DEEP for word in words)
    paths = _paths(words[1:], cmd=cmd)
    if kind == "write" and head in ("set-content", "sc", "add-content", "ac"):
        paths = paths[:1]  # the next word is the text
    if kind in ("move", "copy"):
        if len(paths) > 1:
            _pair(run, command, kind, paths)
        return
    for path in paths:
        _touch(run, command, kind, path, deep=deep)


def _paths(words: Sequence[str], *, cmd: bool) -> list[str]:
    """The words that are paths: behind the options that take one, and bare."""
    found: list[str] = []
    skip = False
    for word in words:
        low = word.lower()
        if skip:
            skip = False
        elif cmd and word[:1] == "/" and len(word) < 4:
            continue
        elif word[:1] == "-":
            skip = low in _VALUED
        else:
            found += [one for one in word.split(",") if one] if word[0] not in "\"'" else [word]
    return found


def _pair(run: Run, command: Command, kind: str, paths: list[str]) -> None:
    source, target = _word(paths[0]), _word(paths[1])
    if kind == "move":
        moved(run, command, source, target)
    else:
        touch(run, command, "read", source)
        touch(run, command, "write", target, mode="overwrite")


def _touch(run: Run, command: Command, kind: str, path: str, *, deep: bool) -> None:
    word = _word(path)
    if not word.text or word.text.startswith(("$", "%", "env:", "hklm:", "hkcu:")):
        return
    data = {"mode": "overwrite"} if kind == "write" else {}
    touch(run, command, kind, word, **data, **({"recursive": True} if deep else {}))


def _word(path: str) -> Word:
    """A path of Windows as one of this machine: `.\\a\\b` is `./a/b`, `C:\\a` is `/c/a`, `$HOME` the home folder."""
    bare = path.strip("\"'").replace("\\\\", "\\").replace("\\", "/")
    low = bare.lower()
    for home in ("$home", "$env:userprofile", "%userprofile%", "$env:home"):
        if low.startswith(home):
            return Word("~" + bare[len(home) :])
    if bare[1:2] == ":" and bare[:1].isalpha():
        return Word(f"/{bare[0].lower()}{bare[2:]}" if bare[2:3] == "/" else "")
    return Word(bare)
