"""Programs that copy trees and pack files: rsync, scp, tar, zip, gzip. What they read, write and remove."""

from collections.abc import Callable

from tractguard.facts.effects_files import into, reads, taken, touch
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import Word, absolute, options
from tractguard.facts.wrappers import table


def _rsync(run: Run, command: Command) -> None:
    parsed = taken(command)
    if len(parsed.rest) < 2:
        return
    target = parsed.rest[-1]
    for source in parsed.rest[:-1]:
        if not _remote(source):
            moving = parsed.has("--remove-source-files")
            touch(run, command, "delete" if moving else "read", source, recursive=True)
        if not _remote(target):
            place = target
            if target.text.endswith("/") and not source.text.endswith("/"):
                place = into(Word(source.text.rpartition(":")[2]), target)
            touch(run, command, "write", place, mode="overwrite", recursive=True)
    if any(name.startswith(("--delete", "--del")) for name, _ in parsed.given):
        if not _remote(target):
            touch(run, command, "delete", target, recursive=True, force=True)
        else:
            _deleted_there(run, command, target)


def _deleted_there(run: Run, command: Command, target: Word) -> None:
    """What a mirror removes on another machine."""
    address = target.text.startswith("rsync://")
    host, _, path = target.text.removeprefix("rsync://").partition("/" if address else ":")
    data = {"said": target.text, "via": command.name, "recursive": True, "force": True, "inside": host}
    run.add("delete", absolute(path.lstrip(":"), "~"), "", data, target.span())


def _remote(word: Word) -> bool:
    head = word.text.partition("/")[0]
    return ":" in head or word.text.startswith("rsync://")


def _tar(run: Run, command: Command) -> None:
    args = list(command.args)
    if args and args[0].text and args[0].text[0] != "-":
        args[0] = Word("-" + args[0].text, tuple((a + 1, b, c) for a, b, c in args[0].places))
    flags = args[0].text if args and not args[0].text.startswith("--") else ""
    if flags.endswith("f") is False and "f" in flags and len(flags) < 8:  # -xfz: the order is free in practice
        args[0] = Word(flags.replace("f", "") + "f", ())
    parsed = options(args, table("files")["take"]["tar"].split())
    archive = parsed.value("-f", "--file")
    folder = parsed.value("-C", "--directory")
    if parsed.has("-x", "--extract", "--get"):
        if archive is not None:
            touch(run, command, "read", archive, recursive=False)
        if not parsed.has("-O", "--to-stdout"):
            touch(run, command, "write", folder or Word("."), mode="overwrite", recursive=True, archive=True)
    elif parsed.has("-c", "--create", "-r", "--append", "-u", "--update") and archive is not None:
        touch(run, command, "write", archive, mode="overwrite")
        reads(run, command, parsed.rest, True)
        if parsed.has("--remove-files"):
            for word in parsed.rest:
                touch(run, command, "delete", word, recursive=True)


def _unzip(run: Run, command: Command) -> None:
    parsed = taken(command)
    if parsed.rest and not parsed.has("-l", "-t", "-p", "-v", "-Z"):
        touch(run, command, "read", parsed.rest[0], recursive=False)
        folder = parsed.value("-d") or Word(".")
        touch(run, command, "write", folder, mode="overwrite", recursive=True, archive=True)


def _zip(run: Run, command: Command) -> None:
    parsed = taken(command)
    if parsed.rest:
        touch(run, command, "write", parsed.rest[0], mode="overwrite")
        for word in parsed.rest[1:]:
            touch(run, command, "delete" if parsed.has("-m", "--move") else "read", word, recursive=parsed.has("-r"))


def _gzip(run: Run, command: Command) -> None:
    parsed = taken(command)
    if parsed.has("-c", "--stdout", "--to-stdout", "-l", "-t"):
        reads(run, command, parsed.rest)
        return
    for word in parsed.rest:
        touch(run, command, "write", word, mode="edit")


MAKERS: dict[str, Callable[[Run, Command], None]] = {
    "rsync": _rsync, "scp": _rsync, "tar": _tar, "bsdtar": _tar, "unzip": _unzip, "zip": _zip, "gzip": _gzip,
    "gunzip": _gzip, "bzip2": _gzip, "xz": _gzip, "zstd": _gzip,
}  # fmt: skip
