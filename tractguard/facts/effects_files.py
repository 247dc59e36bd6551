"""What file programs do: `cp`, `rm`, `sed -i`, `tee`, `tar`, formatters that rewrite, and those that only read.

`data/programs_files.json` holds their options. A folder that is named stands for what is below it (`recursive`); a
pattern stands for many (`glob`) and is also told as the files that it matches, where the folder can be listed.
"""

from collections.abc import Sequence
from typing import Any

from tractguard.facts import effects as base
from tractguard.facts import found
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import NOTHING, Options, Word, join, options, whole
from tractguard.facts.wrappers import table


def effects(run: Run, command: Command, printed: Word | None) -> None:
    """Note the file effects of `command`."""
    name = command.name.removeprefix("g") if command.name in _GNU else command.name
    maker = _MAKERS.get(name)
    if maker is not None:
        maker(run, command)
        return
    data = table("files")
    if name in data["read"]:
        reads(run, command, options(command.args, data["read"][name].split()).rest)
        for target in options(command.args, data["outputs"].get(name, "").split()).values(
            *data["outputs"].get(name, "").split()
        ):
            touch(run, command, "write", target, mode="overwrite")
    elif name in data["grep"]:
        _grep(run, command, data["grep"][name].split())
    else:
        _rewritten(run, command, data["rewrite"].get(name.rstrip("0123456789").rstrip("-")))
        _outputs(run, command, data["outputs"].get(name))


def touch(run: Run, command: Command, kind: str, target: Word, **data: Any) -> str:
    """One file fact. Returns the path, "" where the word names no file."""
    if not target.text or target.text == "-":
        return ""
    path = run.path(target, command.cwd)
    if not base.is_file(path):
        return ""
    many = target.glob or found.kept(run, path)
    stands = found.matches(run, path) if many and not run.where.inside else []
    path = _through_links(run, kind, path)
    facts: dict[str, Any] = {"said": target.text, "via": command.name, **data}
    if many:
        facts["glob"] = True
    run.add(kind, path, "", facts, target.span())
    for match in stands:
        run.add(kind, match, "", {**facts, "glob": False, "pattern": path}, None)
    return path


def _through_links(run: Run, kind: str, path: str) -> str:
    """Where the effect lands: a file is written where a link leads to; of what is deleted only the folder is."""
    if kind in ("write", "append", "chmod"):
        return run.resolved(path)
    head, slash, name = path.rpartition("/")
    return run.resolved(head) + slash + name if kind == "delete" and head else path


def taken(command: Command, name: str = "") -> Options:
    """The command's words, long options that are written short (`rm --recurs`) in full."""
    name = name or command.name
    args: Sequence[Word] = command.args
    if any(word.text[:2] == "--" for word in args):
        full = f"{table('files')['long'].get(name, '')} {table('files')['take'].get(name, '')}".split()
        args = [whole(word, full) for word in args]
    return options(args, table("files")["take"].get(name, "").split())


def reads(run: Run, command: Command, words: Sequence[Word], recursive: bool = False) -> None:
    for word in words:
        touch(run, command, "read", word, recursive=recursive)


def _grep(run: Run, command: Command, takes: Sequence[str]) -> None:
    parsed = options(command.args, takes)
    rest = parsed.rest if parsed.has("-e", "-f", "--regexp", "--file", "--files") else parsed.rest[1:]
    deep = command.name in ("rg", "ag", "ack") or parsed.has("-r", "-R", "--recursive")
    reads(run, command, rest, deep)


def _cp(run: Run, command: Command) -> None:
    parsed = taken(command, "cp" if command.name in ("ditto", "cp") else "")
    sources, target, inside = _pair(run, command, parsed)
    deep = parsed.has("-r", "-R", "-a", "--recursive", "--archive")
    if parsed.has("-s", "--symbolic-link", "-l", "--link"):
        _links(run, command, sources, target, inside, parsed.has("-s", "--symbolic-link"))
        return
    for source in sources:
        touch(run, command, "read", source, recursive=deep)
        written = into(source, target) if inside else target
        if not parsed.has("-n", "--no-clobber"):
            touch(run, command, "write", written, mode="overwrite", recursive=deep)
            _copied(run, command, source, written)
        else:
            touch(run, command, "write", written, mode="create", recursive=deep)


def _copied(run: Run, command: Command, source: Word, written: Word) -> None:
    """The text that a copy brings to its place."""
    if source.known and not source.glob:
        text = run.world.text(run.path(source, command.cwd))
        if text is not None:
            base.added(run, run.path(written, command.cwd), Word(text), "create")


def _pair(run: Run, command: Command, parsed: Options) -> tuple[Sequence[Word], Word, bool]:
    """Sources, target, and whether the target is a folder that they go into."""
    folder = parsed.value("-t", "--target-directory")
    if folder is not None:
        return parsed.rest, folder, True
    if len(parsed.rest) < 2:
        return (), NOTHING, False
    target = parsed.rest[-1]
    sources = parsed.rest[:-1]
    inside = len(sources) > 1 or target.text.endswith(("/", "/.")) or target.text in (".", "..", "~")
    if not inside and not parsed.has("-T", "--no-target-directory"):
        inside = bool(run.world.is_dir(run.path(target, command.cwd)))
    return sources, target, inside


def into(source: Word, folder: Word) -> Word:
    """The path of `source` inside a folder."""
    last = source.text.rstrip("/").rpartition("/")[2]
    if last in ("", ".", ".."):
        return folder
    joined = join([folder, Word(("" if folder.text.endswith("/") else "/") + last)])
    return Word(joined.text, folder.places, folder.quoted, source.glob or folder.glob)


def _mv(run: Run, command: Command) -> None:
    parsed = taken(command)
    sources, target, inside = _pair(run, command, parsed)
    for source in sources:
        moved(run, command, source, into(source, target) if inside else target)


def moved(run: Run, command: Command, source: Word, target: Word) -> None:
    """A rename: the old path goes, the new one is written."""
    old = touch(run, command, "delete", source, recursive=False, force=False)
    new = touch(run, command, "write", target, mode="overwrite")
    if old and new:
        run.add("move", new, old, {"said": target.text, "via": command.name}, target.span())
        _copied(run, command, source, target)


def _install(run: Run, command: Command) -> None:
    parsed = taken(command)
    if parsed.has("-d", "--directory"):
        for word in parsed.rest:
            touch(run, command, "write", word, mode="create", folder=True)
        return
    sources, target, inside = _pair(run, command, parsed)
    for source in sources:
        touch(run, command, "read", source, recursive=False)
        touch(run, command, "write", into(source, target) if inside else target, mode="overwrite")


def _ln(run: Run, command: Command) -> None:
    parsed = taken(command)
    sources, target, inside = _pair(run, command, parsed)
    if len(parsed.rest) == 1 and not sources:
        sources, target, inside = parsed.rest, Word("."), True
    _links(run, command, sources, target, inside, parsed.has("-s", "--symbolic"))


def _links(run: Run, command: Command, sources: Sequence[Word], target: Word, inside: bool, symbolic: bool) -> None:
    for source in sources:
        path = into(source, target) if inside else target
        name = run.path(path, command.cwd)
        place = name.rpartition("/")[0] if symbolic else command.cwd
        aim = run.path(source, place)
        data = {"said": path.text, "via": command.name, "symbolic": symbolic}
        run.add("link", name, aim, data, source.span() if source.text == aim else None)
        touch(run, command, "write", path, mode="create", link=True)
        if aim != name:  # a hard link is the same file under another name
            run.set(":links", (*(run.get(":links") or ())[-50:], (name, aim)))


def _rm(run: Run, command: Command) -> None:
    parsed = taken(command, "rm")
    deep = parsed.has("-r", "-R", "--recursive") or command.name in ("trash", "trash-put")
    force = parsed.has("-f", "--force")
    for word in parsed.rest:
        touch(run, command, "delete", word, recursive=deep, force=force)


def _shred(run: Run, command: Command) -> None:
    parsed = taken(command, "shred")
    kind = "delete" if command.name != "shred" or parsed.has("-u", "--remove") else "write"
    for word in parsed.rest:
        touch(run, command, kind, word, **({"mode": "overwrite"} if kind == "write" else {"force": True}))


def _touch(run: Run, command: Command) -> None:
    for word in taken(command).rest:
        known = run.world.text(run.path(word, command.cwd)) is not None if word.known else False
        touch(run, command, "write", word, mode="touch" if known else "create")


def _mkdir(run: Run, command: Command) -> None:
    for word in taken(command).rest:
        touch(run, command, "write", word, mode="create", folder=True)


def _truncate(run: Run, command: Command) -> None:
    for word in taken(command).rest:
        touch(run, command, "write", word, mode="overwrite")


def _tee(run: Run, command: Command) -> None:
    parsed = taken(command)
    append = parsed.has("-a", "--append")
    for word in parsed.rest:
        path = touch(run, command, "append" if append else "write", word, **({} if append else {"mode": "overwrite"}))
        if path:
            base.added(run, path, command.stdin, "append" if append else "create")


def _dd(run: Run, command: Command) -> None:
    for word in command.args:
        if word.text.startswith("of="):
            append = any("append" in other.text for other in command.args)
            touch(run, command, "append" if append else "write", word.after("of="), mode="overwrite")
        elif word.text.startswith("if="):
            touch(run, command, "read", word.after("if="), recursive=False)


def _chmod(run: Run, command: Command) -> None:
    args = command.args
    signed = [i for i, word in enumerate(args) if word.text[:1] == "-" and word.text.strip("-rwxXst") == ""
              and word.text not in ("-", "--", "-R")]  # fmt: skip
    mode = args[signed[0]] if command.name == "chmod" and signed else None
    full = ("--recursive", "--reference", "--from", "--changes", "--verbose", "--quiet", "--silent", "--no-dereference")
    parsed = options([whole(word, full) for word in args if word is not mode], ("--reference", "--from"))
    rest = list(parsed.rest)
    if mode is None and rest and not parsed.has("--reference"):
        mode = rest.pop(0)
    for word in rest:
        path = run.path(word, command.cwd)
        data = {"said": word.text, "via": command.name, "recursive": parsed.has("-R", "--recursive")}
        if word.glob:
            data["glob"] = True
        run.add("chmod", path, mode.text if mode else "", data, word.span())


def _uniq(run: Run, command: Command) -> None:
    rest = taken(command).rest
    reads(run, command, rest[:1])
    if len(rest) > 1:
        touch(run, command, "write", rest[1], mode="overwrite")


def _sort(run: Run, command: Command) -> None:
    parsed = taken(command, "sort")
    reads(run, command, parsed.rest)
    target = parsed.value("-o", "--output")
    if target is not None:
        touch(run, command, "write", target, mode="overwrite")


def _split(run: Run, command: Command) -> None:
    """`split F prefix`, `csplit -f prefix F RE`: files that begin with the prefix."""
    if command.name == "csplit":
        parsed = options(command.args, ("-f", "--prefix", "-b", "--suffix-format", "-n", "--digits"))
        source, prefix = parsed.rest[:1], parsed.value("-f", "--prefix") or Word("xx")
    else:
        parsed = options(command.args, ("-l", "-b", "-n", "-a", "-C", "--lines", "--bytes", "--filter", "-t"))
        source, prefix = parsed.rest[:1], parsed.rest[1] if len(parsed.rest) > 1 else Word("x")
    reads(run, command, source)
    if not parsed.has("--filter"):
        touch(run, command, "write", join([prefix, Word("*")])._replace(glob=True), mode="create")


def _xxd(run: Run, command: Command) -> None:
    parsed = options(command.args, ("-l", "-s", "-c", "-g"))
    reads(run, command, parsed.rest[:1])
    if len(parsed.rest) > 1:
        touch(run, command, "write", parsed.rest[1], mode="overwrite")


def _find(run: Run, command: Command) -> None:
    args = command.args
    at = next((index for index, arg in enumerate(args) if arg.text == "-delete"), -1)
    if at >= 0:
        pattern = found.find(run, args[:at], command.cwd)
        stands = found.matches(run, run.path(pattern, command.cwd)) if not run.where.inside else []
        tests = found.branch(args[:at])
        names = [
            tests[i + 1]
            for i in range(len(tests) - 1)
            if tests[i].text in ("-name", "-iname", "-path", "-wholename")
            and (not i or tests[i - 1].text not in ("!", "-not"))
        ]
        data = {"said": "", "via": "find", "recursive": True, "force": True, "glob": True}
        for root in found.roots(args) or [Word(".")]:
            for name in names or [Word("*")]:
                pattern = name if name.text.startswith(("/", "./")) else Word(f"{_base(root)}/**/{name.text}")
                run.add("delete", run.path(pattern, command.cwd), "", {**data, "said": root.text}, root.span())
        for match in stands:
            run.add("delete", match, "", {**data, "glob": False, "recursive": False, "pattern": pattern.text}, None)
    for index, arg in enumerate(args[:-1]):
        if arg.text in ("-fprint", "-fprint0", "-fls", "-fprintf"):
            touch(run, command, "write", args[index + 1], mode="overwrite")


def _base(root: Word) -> str:
    return root.text.rstrip("/") or ("/" if root.text[:1] == "/" else ".")


_LAST = frozenset(("ffmpeg", "convert", "magick"))  # the last word is what they make


def _outputs(run: Run, command: Command, names: str | None) -> None:
    if command.name in _LAST and len(command.args) > 1 and command.args[-1].text[:1] != "-":
        touch(run, command, "write", command.args[-1], mode="overwrite")
    if names:
        for target in options(command.args, names.split()).values(*names.split()):
            folder = "." not in target.text.rstrip("/").rpartition("/")[2]
            touch(run, command, "write", target, mode="overwrite", **({"recursive": True} if folder else {}))


def _rewritten(run: Run, command: Command, entry: dict[str, Any] | None) -> None:
    """A formatter or a replacer that changes files in place."""
    if entry is None:
        return
    parsed = options(command.args, entry.get("take", "").split(), singles=bool(entry.get("singles")))
    rest = list(parsed.rest)
    need = entry.get("need", "").split()
    if "sub" in entry:
        sub = rest.pop(0).text if rest else ""
        if sub == entry.get("also"):
            need = entry["need_also"].split()
        elif sub not in entry["sub"].split() and not entry.get("optional"):
            return
    if (need and not parsed.has(*need)) or parsed.has(*entry.get("stop", "").split()):
        return
    if "files" in entry:
        rest = parsed.values(*entry["files"].split())
    if entry.get("whole") and not rest:  # it takes the folder that it works in
        run.add("write", base.folder(run, command), "", {"said": "", "via": command.name, "mode": "edit",
                                                         "recursive": True}, None)  # fmt: skip
    for word in rest[entry.get("skip", 0) :]:
        deep = not word.glob and "." not in word.text.rpartition("/")[2].lstrip(".")
        touch(run, command, "write", word, mode="edit", recursive=deep or word.text in (".", "./"))


def _edits(run: Run, command: Command) -> None:
    from tractguard.facts import effects_edit

    effects_edit.effects(run, command)


def _packs(run: Run, command: Command) -> None:
    from tractguard.facts.effects_archives import MAKERS

    MAKERS[command.name.removeprefix("g") if command.name == "gtar" else command.name](run, command)


_GNU = frozenset(("gcp", "gmv", "grm", "gtar", "gsort", "gsed", "gfind"))
_MAKERS = {
    "cp": _cp, "ditto": _cp, "mv": _mv, "install": _install, "ln": _ln, "rm": _rm, "trash": _rm, "trash-put": _rm,
    "rmdir": _rm, "unlink": _rm, "srm": _rm, "shred": _shred, "touch": _touch, "mkdir": _mkdir,
    "truncate": _truncate, "fallocate": _truncate, "tee": _tee, "sponge": _tee, "dd": _dd, "chmod": _chmod,
    "chown": _chmod, "chgrp": _chmod,
    "rsync": _packs,
    "scp": _packs,
    "tar": _packs,
    "bsdtar": _packs,
    "unzip": _packs,
    "zip": _packs,
    "gzip": _packs,
    "gunzip": _packs,
    "bzip2": _packs,
    "xz": _packs,
    "zstd": _packs, "uniq": _uniq,
    "sort": _sort, "split": _split, "csplit": _split,
    "xxd": _xxd, "find": _find, "sed": _edits, "ssed": _edits, "awk": _edits, "gawk": _edits,
    "mawk": _edits, "nawk": _edits, "ed": _edits, "ex": _edits, "vi": _edits, "vim": _edits, "nvim": _edits,
    "chattr": _chmod, "chflags": _chmod, "setfacl": _chmod,
    "yq": _edits, "patch": _edits, "emacs": _edits, "crudini": _edits, "plutil": _edits,
}  # fmt: skip
