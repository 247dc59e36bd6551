"""Files that come from elsewhere: object stores, release pages, other machines. What is put where on this machine.

`data/programs_copies.json` says which verbs copy and which flags name the place. What goes the other way is read.
"""

import re

from tractguard.facts.effects_files import into, reads, touch
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import Word, options
from tractguard.facts.wrappers import table

_MOVING = frozenset(("mv", "move", "moveto"))
_FETCHING = frozenset(("download", "get", "pull", "import", "export", "artifact"))
_LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))


def effects(run: Run, command: Command, printed: Word | None) -> None:
    """Note the files that a download or a copy from elsewhere puts here."""
    data = table("copies")
    name = command.name
    if name in data["flags"]:
        _flagged(run, command, data["flags"][name])
    elif name in data["copy"]:
        _copied(run, command, data["copy"][name])
    elif name == "sftp":
        _fetched(run, command)
    elif name == "ansible":
        _module(run, command, data["modules"])
    elif name == "protoc":
        _generated(run, command)
    else:
        _unpacked(run, command)


def _flagged(run: Run, command: Command, entry: dict[str, str]) -> None:
    verbs = entry.get("verbs", "").split()
    if verbs and not any(word.text in verbs for word in command.args[:1]):
        return
    if verbs and not any(word.text in _FETCHING for word in command.args[:3]):
        return
    folders, files = entry.get("folder", "").split(), entry.get("file", "").split()
    parsed = options(command.args, (*folders, *files, "-R", "--repo", "-p", "--pattern", "-n", "--name"))
    folder, file = parsed.value(*folders), parsed.value(*files)
    if file is not None and file.text != "-":
        touch(run, command, "write", into(file, folder) if folder is not None else file, mode="overwrite")
    elif folder is not None:
        touch(run, command, "write", folder, mode="overwrite", recursive=True, archive=True)


def _copied(run: Run, command: Command, verbs: dict[str, str]) -> None:
    texts = [word.text for word in command.args[:4]]
    said = next((verb for verb in verbs if texts[: len(verb.split())] == verb.split()), "")
    if not said:
        return
    size = len(said.split())
    rest = options(command.args[size:], table("copies")["take"].split()).rest
    if command.name in ("adb", "hdfs", "lxc", "fly", "flyctl") and len(rest) > 1:
        touch(run, command, "write", rest[-1], mode="overwrite", recursive=True)
        return
    if len(rest) < 2:
        return
    source, target = rest[-2], rest[-1]
    if not _elsewhere(source):
        if said.split()[-1] in _MOVING:
            touch(run, command, "delete", source, recursive=True)
        else:
            reads(run, command, [source], True)
    if not _elsewhere(target):
        place = into(source, target) if target.text.endswith("/") and not source.text.endswith("/") else target
        touch(run, command, "write", place, mode="overwrite", recursive=True)


def _elsewhere(word: Word) -> bool:
    """Whether a word names a place in a store: `s3://…`, `remote:path`."""
    head, has, _ = word.text.partition(":")
    return word.text == "-" or (bool(has) and "/" not in head and not head.startswith("."))


def _fetched(run: Run, command: Command) -> None:
    """`sftp host:file here`."""
    takes = ("-P", "-i", "-o", "-b", "-F", "-J", "-c", "-B", "-l", "-R", "-S", "-s", "-D")
    rest = options(command.args, takes).rest
    if len(rest) == 2 and _elsewhere(rest[0]):
        touch(run, command, "write", rest[1], mode="overwrite")


def _generated(run: Run, command: Command) -> None:
    """`protoc --go_out=DIR`, with the plugin's own options before a colon."""
    for word in command.args:
        flag, has, target = word.partition("=")
        if has and flag.text.endswith("_out"):
            colon = target.text.rfind(":")
            touch(run, command, "write", target.cut(colon + 1), mode="overwrite", recursive=True, archive=True)


def _unpacked(run: Run, command: Command) -> None:
    """unrar, ar, mmv and Python's own `zipfile`, `tarfile` and `json.tool`: what they put into their last word."""
    parsed = options(command.args, ("--output",))
    rest, name = list(parsed.rest), command.name
    if name == "json.tool" and len(rest) > 1:
        touch(run, command, "write", rest[1], mode="overwrite")
    elif name in ("zipfile", "tarfile") and parsed.has("-e", "--extract", "-c", "--create") and rest:
        packs = parsed.has("-c", "--create")
        target = rest[0] if packs else rest[1] if len(rest) > 1 else Word(".")
        touch(
            run, command, "write", target, mode="overwrite", **({} if packs else {"recursive": True, "archive": True})
        )
    elif name == "mmv" and len(rest) > 1:
        touch(run, command, "delete", rest[0]._replace(glob=True))
        touch(
            run, command, "write", rest[1]._replace(text=rest[1].text.replace("#1", "*"), glob=True), mode="overwrite"
        )
    elif name in ("unrar", "ar") and rest and rest[0].text[:1] in "xe":
        target = parsed.value("--output") or (rest[-1] if rest[-1].text.endswith("/") else Word("."))
        touch(run, command, "write", target, mode="overwrite", recursive=True, archive=True)


def _module(run: Run, command: Command, modules: dict[str, str]) -> None:
    """`ansible localhost -m copy -a 'dest=x'`: one module, run on this machine."""
    parsed = options(command.args, ("-m", "--module-name", "-a", "--args", "-i", "--inventory", "-c", "--connection"))
    module, said = parsed.value("-m", "--module-name"), parsed.value("-a", "--args")
    local = any(word.text in _LOCAL for word in parsed.rest[:1])
    connection = parsed.value("-c", "--connection")
    local = local or (connection is not None and connection.text == "local")
    if module is None or said is None or not local:
        return
    names = modules.get(module.text.rpartition(".")[2], "").split()
    for found in re.finditer(r"(?:^|\s)(\w{1,20})=(\"[^\"]{1,300}\"|'[^']{1,300}'|[^\s]{1,300})", said.text):
        if found[1] in names:
            quoted = found[2][0] in "\"'"
            target = said.cut(found.start(2) + quoted, found.end(2) - quoted)
            kind = "delete" if "state=absent" in said.text else "write"
            data = {"mode": "overwrite"} if kind == "write" else {"recursive": True}
            touch(run, command, kind, target, **data)
            return
