"""File programs from package registries and desktops, and the copy commands of containers and databases.

rimraf, mkdirp, cpx and their kin take patterns in quotes and expand them themselves. Containers copy to and from this
machine; psql writes files with `-o`, `\\o`, `\\copy … to` and `\\g`.
"""

import re
from collections.abc import Callable, Sequence

from tractguard.facts.effects_files import into, reads, touch
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import Word, options

MOST_META = 20  # files that one psql script writes
_META = re.compile(
    r"(?m)(?:^|[ \t;])\\(?:o|out|w|write|g|gx)[ \t]+([^\s|;\\]{1,300})"
    r"|^[ \t]*\\copy\b[^\n]{0,2000}?\bto\s+'?([^\s';|]{1,300})",
    re.IGNORECASE,
)


def effects(run: Run, command: Command, printed: Word | None) -> None:
    """Note the files that one of these programs changes."""
    maker = _MAKERS.get(command.name)
    if maker is not None:
        maker(run, command)


def _pattern(word: Word) -> Word:
    return word if word.glob or not any(char in word.text for char in "*?{") else word._replace(glob=True)


def _remove(run: Run, command: Command) -> None:
    parsed = options(command.args, ("--impl", "--tmp", "--max-retries", "--retry-delay", "--backoff"))
    for word in parsed.rest:
        if word.text[:1] != "!":
            touch(run, command, "delete", _pattern(word), recursive=True, force=True)


def _make(run: Run, command: Command) -> None:
    for word in options(command.args, ("-m", "--mode")).rest:
        touch(run, command, "write", word, mode="create", folder=command.name != "mkfifo")


def _copy(run: Run, command: Command) -> None:
    rest = options(command.args, ("-u", "--up", "-e", "--exclude", "--rename", "--ignore", "-i", "-t")).rest
    if len(rest) > 1:
        reads(run, command, rest[:-1])
        single = command.name == "ncp"
        touch(run, command, "write", rest[-1], mode="overwrite", recursive=True, folder=False, archive=not single)


def _replace(run: Run, command: Command) -> None:
    parsed = options(command.args, ("--configFile", "--ignore", "--encoding"))
    for word in parsed.rest[2:] if not parsed.has("--dry") else ():
        for path in word.text.split(","):
            touch(run, command, "write", _pattern(Word(path, word.places if path == word.text else ())), mode="edit")


def _gio(run: Run, command: Command) -> None:
    rest = options(command.args[1:], ("-o",)).rest
    verb = command.args[0].text if command.args else ""
    if verb in ("trash", "remove"):
        for word in rest:
            touch(run, command, "delete", word, recursive=verb == "trash")
    elif verb in ("copy", "move", "save", "mkdir") and rest:
        touch(run, command, "write", rest[-1], mode="overwrite")
        if verb == "move":
            touch(run, command, "delete", rest[0], recursive=False)


def _cpio(run: Run, command: Command) -> None:
    letters = "".join(word.text for word in command.args if word.text[:1] == "-" and word.text[1:2] != "-")
    rest = options(command.args, ("-D", "--directory", "-E", "-F", "-I", "-O", "-H", "-R")).rest
    folder = options(command.args, ("-D", "--directory")).value("-D", "--directory")
    if "p" in letters and rest:
        touch(run, command, "write", rest[-1], mode="overwrite", recursive=True, archive=True)
    elif "i" in letters and "t" not in letters:
        touch(run, command, "write", folder or Word("."), mode="overwrite", recursive=True, archive=True)


def _seven(run: Run, command: Command) -> None:
    if len(command.args) < 2:
        return
    verb, rest = command.args[0].text, [word for word in command.args[1:] if word.text[:1] != "-"]
    if verb in ("x", "e"):
        folder = next((word.after("-o") for word in command.args if word.text[:2] == "-o"), Word("."))
        reads(run, command, rest[:1])
        touch(run, command, "write", folder, mode="overwrite", recursive=True, archive=True)
    elif verb in ("a", "u", "d") and rest:
        touch(run, command, "write", rest[0], mode="overwrite")
        deletes = any(word.text == "-sdel" for word in command.args)
        for word in rest[1:] if verb == "a" else ():
            touch(run, command, "delete" if deletes else "read", word, recursive=True)


# Containers


def _containers(run: Run, command: Command) -> None:
    """`docker cp web:/a b`, `kubectl cp pod:/a b`: into this machine; the other way this machine is only read."""
    words = list(command.args)
    at = next((index for index, word in enumerate(words[:6]) if word.text == "cp"), -1)
    if at < 0:
        return
    takes = ("-n", "--namespace", "-c", "--container", "--context", "--retries", "--index")
    rest = options(words[at + 1 :], takes).rest
    if len(rest) != 2 or rest[1].text == "-":
        return
    source, target = rest
    if _remote(source) and not _remote(target):
        place = target
        if target.text.endswith("/") or run.world.is_dir(run.path(target, command.cwd)):
            place = into(Word(source.text.rpartition(":")[2]), target)
        touch(run, command, "write", place, mode="overwrite", recursive=True)
    elif not _remote(source):
        reads(run, command, [source], True)


def _remote(word: Word) -> bool:
    head, has, _ = word.text.partition(":")
    return bool(has) and not head.startswith((".", "/"))


# psql


def _psql(run: Run, command: Command) -> None:
    parsed = options(command.args, _PSQL)
    for word in parsed.values("-o", "--output", "-L", "--log-file"):
        touch(run, command, "write", word, mode="overwrite")
    texts: Sequence[Word] = parsed.values("-c", "--command")
    if command.stdin is not None:
        texts = [*texts, command.stdin]
    for text in texts:
        if "\\" not in text.text:
            continue
        for index, found in enumerate(_META.finditer(text.text)):
            if index >= MOST_META:
                break
            which = 1 if found.group(1) else 2
            target = text.cut(found.start(which), found.end(which))
            if target.text.lower() not in ("stdout", "pstdout", "program"):
                touch(run, command, "write", target, mode="overwrite")


_PSQL = (
    "-c", "--command", "-d", "--dbname", "-f", "--file", "-v", "--set", "-o", "--output", "-L", "--log-file", "-h",
    "--host", "-p", "--port", "-U", "--username", "-F", "-R", "-P", "-T",
)  # fmt: skip
_MAKERS: dict[str, Callable[[Run, Command], None]] = {
    "rimraf": _remove, "del": _remove, "del-cli": _remove, "trash-cli": _remove, "mkdirp": _make, "make-dir": _make,
    "mkfifo": _make, "mknod": _make, "cpx": _copy, "cpx2": _copy, "copyfiles": _copy, "cpy": _copy, "cpy-cli": _copy,
    "ncp": _copy, "replace-in-file": _replace, "replace-in-files": _replace, "gio": _gio, "cpio": _cpio,
    "7z": _seven, "7za": _seven, "7zz": _seven, "docker": _containers, "podman": _containers, "nerdctl": _containers,
    "docker-compose": _containers, "kubectl": _containers, "oc": _containers, "psql": _psql,
}  # fmt: skip
