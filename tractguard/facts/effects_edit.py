"""Editors run from a command line: sed, awk, ed, ex, vim, yq, patch. Which files they read, change or write.

Which files a script names is for `interpreters_sed` and `interpreters_awk` to say.
"""

import re
from collections.abc import Callable

from tractguard.facts import effects as base
from tractguard.facts.effects_files import touch
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import Word, join, options
from tractguard.facts.wrappers import table
from tractguard.model import UNKNOWN

_SED_TEXT = re.compile(r"^s(.)", re.DOTALL)
_PLUS = re.compile(r"^\+\+\+ (?:b/)?([^\t\n]+)", re.MULTILINE)
_MINUS = re.compile(r"^--- (?:a/)?([^\t\n]+)", re.MULTILINE)


def effects(run: Run, command: Command) -> None:
    """Note the file effects of one editor command."""
    name = command.name.removeprefix("g") if command.name in ("gsed", "gawk") else command.name
    _MAKERS[name](run, command)


def _sed(run: Run, command: Command) -> None:
    # BSD sed writes `-i ''`; GNU sed `-i` or `-i.bak`. The suffix is never a word of its own with GNU.
    args = list(command.args)
    edits = False
    scripts: list[Word] = []
    rest: list[Word] = []
    index = 0
    while index < len(args):
        text = args[index].text
        if text in ("-e", "--expression", "-f", "--file", "-l") and index + 1 < len(args):
            if text in ("-e", "--expression"):
                scripts.append(args[index + 1])
            elif text != "-l":
                touch(run, command, "read", args[index + 1], recursive=False, runs=True)
                written = run.program(run.path(args[index + 1], command.cwd))[0] if args[index + 1].known else None
                if written is not None:
                    _sed_files(run, command, written)
            index += 1
        elif text.startswith("--expression="):
            scripts.append(args[index].after("--expression="))
        elif text.startswith("--"):
            edits = edits or text.startswith("--in-place")
        elif text[:1] == "-" and len(text) > 1:
            letters = text[1:].partition("i")
            edits = edits or bool(letters[1])
            if text == "-i" and index + 1 < len(args) and args[index + 1].text == "":
                index += 1
            if "e" in letters[0] and index + 1 < len(args):
                scripts.append(args[index + 1])
                index += 1
            elif letters[1] and letters[2].endswith("e") and len(letters[2]) == 1 and index + 1 < len(args):
                scripts.append(args[index + 1])  # -ie is often meant as -i -e; both readings change the file
                index += 1
        else:
            rest.append(args[index])
        index += 1
    with_file = any(word.text in ("-f", "--file") for word in args)
    if not scripts and rest and not with_file:
        scripts.append(rest.pop(0))
    for word in rest:
        touch(run, command, "write" if edits else "read", word, **({"mode": "edit"} if edits else {}))
        if edits:
            _sed_added(run, command, word, scripts)
    for script in scripts:
        _sed_files(run, command, script)


def _sed_files(run: Run, command: Command, script: Word) -> None:
    from tractguard.facts.interpreters_sed import sed_files

    for kind, start, end in sed_files(script.text) if any(char in script.text for char in "wrRWe") else ():
        said = script.cut(start, end)
        if kind == "run":
            where = command.where._replace(wrappers=(*command.where.wrappers, command.name))
            if said.text:
                run.script(said, where, command.cwd)
            else:
                run.opaque("computed", script.text, command.name)
        else:
            touch(run, command, kind, said, **({"mode": "overwrite"} if kind == "write" else {"recursive": False}))


def _sed_added(run: Run, command: Command, target: Word, scripts: list[Word]) -> None:
    """The new text of `s/old/new/` and of a\\, i\\, c\\ commands is text written into the file."""
    path = run.path(target, command.cwd)
    if target.glob or not base.is_file(path):
        return
    for script in scripts:
        found = _SED_TEXT.match(script.text)
        if found and not found.group(1).isalnum():
            parts = _split_sed(script.text, found.group(1))
            if parts and not substituted(run, command, target, [script]):
                base.added(run, path, script.cut(*parts), "edit")
            continue
        at = re.match(r"[0-9$,/]{0,9}\s?[aic](?:\\\n?|\s)\s?", script.text)
        if at:
            base.added(run, path, script.cut(at.end()), "edit")


MOST_REPLACED = 2000  # places in it that change
MOST_SUBSTITUTED = 200_000  # characters of a file that a substitution is worked out in
_PATTERN = frozenset("*[]^$+?(){}|\\")


def substituted(run: Run, command: Command, target: Word, scripts: list[Word]) -> bool:
    """`s/old/new/` of plain text in a file that is known: the lines that change are read as an edit of it."""
    path = run.path(target, command.cwd)
    text = None if target.glob or run.where.inside or len(scripts) != 1 else run.world.text(path)
    script = scripts[0] if scripts else Word("")
    found = _SED_TEXT.match(script.text)
    if text is None or not found or found.group(1).isalnum() or len(text) > MOST_SUBSTITUTED:
        return False
    mark = found.group(1)
    parts = _split_sed(script.text, mark)
    flags = script.text[parts[1] + 1 :].rstrip("; \n") if parts else "?"
    if parts is None or flags not in ("", "g"):
        return False
    old = script.text[2 : parts[0] - 1].replace("\\" + mark, mark).replace("\\.", ".")
    new = script.cut(*parts)
    if not old or _PATTERN.intersection(old) or "\\" in new.text.replace("\\" + mark, "") or "&" in new.text:
        return False
    if "\\" in new.text:
        new = Word(new.text.replace("\\" + mark, mark))
    if UNKNOWN in script.text or not 0 < text.count(old) <= MOST_REPLACED:
        return False
    base.edited(run, path, text, _replaced(text, old, new, bool(flags)))
    return True


def _replaced(text: str, old: str, new: Word, every: bool) -> Word:
    """`text` with `old` replaced in each line, once or wherever it stands; the new parts keep their places."""
    parts: list[Word] = []
    last = at = 0
    while True:
        at = text.find(old, at)
        if at < 0:
            break
        parts += [Word(text[last:at]), new]
        last = at + len(old)
        at = last
        if not every:
            at = text.find("\n", last)
            if at < 0:
                break
    return join([*parts, Word(text[last:])])


def _split_sed(text: str, mark: str) -> tuple[int, int] | None:
    """Where the replacement of `s/old/new/flags` stands."""
    cuts: list[int] = []
    index = 2
    while index < len(text) and len(cuts) < 2:
        if text[index] == "\\":
            index += 1
        elif text[index] == mark:
            cuts.append(index)
        index += 1
    return (cuts[0] + 1, cuts[1]) if len(cuts) == 2 else None


def _awk(run: Run, command: Command) -> None:
    parsed = options(command.args, ("-F", "-v", "-f", "-i", "--assign", "--field-separator", "--include"))
    rest = list(parsed.rest)
    in_place = any(word.text == "inplace" for word in parsed.values("-i", "--include"))
    script = rest.pop(0) if rest and not parsed.has("-f") else Word("")
    for file in parsed.values("-f"):
        touch(run, command, "read", file, recursive=False, runs=True)
        script = (run.program(run.path(file, command.cwd))[0] if file.known else None) or script
    for word in rest:
        if "=" not in word.text:
            touch(run, command, "write" if in_place else "read", word, **({"mode": "edit"} if in_place else {}))
    from tractguard.facts.interpreters_awk import awk_effects

    given = {name.text: value for name, has, value in (word.partition("=") for word in parsed.values("-v", "--assign"))}
    awk_effects(run, command, script, given)


def _ed(run: Run, command: Command) -> None:
    rest = options(command.args, ("-p",)).rest
    script = command.stdin.text if command.stdin else ""
    changes = not command.feed or bool(re.search(r"(?m)^(?:w|wq|x)\b", script)) or command.stdin is None
    for word in rest:
        touch(run, command, "write" if changes else "read", word, **({"mode": "edit"} if changes else {}))


def _vim(run: Run, command: Command) -> None:
    parsed = options(command.args, ("-c", "-S", "-u", "-i", "--cmd", "-w"))
    scripts = [word.text for word in parsed.values("-c", "--cmd")]
    scripts += [word.text[1:] for word in parsed.rest if word.text.startswith("+")]
    files = [word for word in parsed.rest if not word.text.startswith("+")]
    writes = any(re.search(r"(?:^|[|:\s])(?:wq?a?|x|update|w!|wq!)(?:$|[|\s!])", script) for script in scripts)
    if command.name == "ex" and command.feed:
        text = command.stdin.text if command.stdin else "x"
        writes = writes or bool(re.search(r"(?m)^(?:w|wq|x|w!|wq!)\b", text))
    for word in files:
        touch(run, command, "write" if writes else "read", word, **({"mode": "edit"} if writes else {}))


def _yq(run: Run, command: Command) -> None:
    parsed = options(command.args, table("files")["take"]["yq"].split())
    rest = list(parsed.rest)
    if rest and rest[0].text in ("eval", "e", "ea", "eval-all", "w", "d"):
        old = rest.pop(0).text in ("w", "d")
        edits = parsed.has("-i", "--inplace", "--in-place")
        for word in rest[:1] if old else rest[1:]:
            touch(run, command, "write" if edits else "read", word, **({"mode": "edit"} if edits else {}))
        return
    edits = parsed.has("-i", "--inplace", "--in-place", "-Y")
    said = parsed.values("--expression") or rest[:1]
    for word in rest if parsed.has("--expression") else rest[1:]:
        touch(run, command, "write" if edits else "read", word, **({"mode": "edit"} if edits else {}))
        if edits and word.text.endswith((".yml", ".yaml")) and said:
            _yq_set(run, run.path(word, command.cwd), said[0])


_YQ_SET = re.compile(
    r"[\s(]{0,9}((?:\.[\w-]{1,60}|\.\"[^\"]{1,60}\"|\.?\[\"[^\"]{1,60}\"\]|\[\d{0,4}\]){1,12})\s{0,9}\+?=\s{0,9}(.{1,400})",
    re.DOTALL,
)
_YQ_PART = re.compile(r'([\w-]{1,60})|"([^"]{1,60})"|(\[)')


def _yq_set(run: Run, path: str, script: Word) -> None:
    """`.a.b[0] = "x"` brings in the lines `a:`, `b:`, `- "x"`."""
    at = 0
    for piece in script.text.split("|")[:20]:
        found = _YQ_SET.match(piece)
        if found and piece.lstrip(" (").startswith("."):
            value = script.cut(at + found.start(2), at + found.end(2))
            value = value.cut(0, len(value.text.rstrip(" )")))
            lines, indent, item = [], "", ""
            for part in _YQ_PART.finditer(found.group(1)):
                if part.group(3):
                    item = "- "
                elif part.group(1) and item and part.group(1).isdigit():
                    continue
                else:
                    lines.append(f"{indent}{item}{part.group(1) or part.group(2)}:")
                    indent, item = indent + ("    " if item else "  "), ""
            text = "\n".join(lines) + (f"\n{indent}- " if item else " ")
            base.added(run, path, join([Word(text), value, Word("\n")]), "edit")
        at += len(piece) + 1


def _patch(run: Run, command: Command) -> None:
    parsed = options(command.args, table("files")["take"]["patch"].split())
    folder = parsed.value("-d", "--directory")
    text = command.stdin
    said = parsed.value("-i", "--input") or (parsed.rest[1] if len(parsed.rest) > 1 else None)
    if said is not None and said.known:
        touch(run, command, "read", said, recursive=False)
        content = run.world.text(run.path(said, command.cwd))
        text = None if content is None else Word(content)
    if parsed.rest:
        touch(run, command, "write", parsed.rest[0], mode="edit")
        return
    cwd = run.path(folder, command.cwd) if folder is not None else command.cwd
    patched(run, command, text, cwd, 0 if parsed.value("-p", "--strip") is None else 1)


def patched(run: Run, command: Command, text: Word | None, cwd: str, strip: int = 1) -> None:
    """The files that a diff changes, makes or deletes."""
    if text is None:
        run.opaque("patch", command.text, command.name)
        return
    for found in _PLUS.finditer(text.text):
        name = text.cut(found.start(1), found.end(1))
        if name.text != "/dev/null":
            touch(run, command._replace(cwd=cwd), "write", name, mode="edit")
    if "+++ /dev/null" in text.text:
        for found in _MINUS.finditer(text.text):
            rest = text.text[found.end() : found.end() + 40]
            if rest.startswith("\n+++ /dev/null"):
                touch(run, command._replace(cwd=cwd), "delete", text.cut(found.start(1), found.end(1)))


def _crudini(run: Run, command: Command) -> None:
    rest = options(command.args, ("--format",)).rest
    changes = any(word.text in ("--set", "--del", "--merge") for word in command.args)
    for word in rest[:1]:
        touch(run, command, "write" if changes else "read", word, **({"mode": "edit"} if changes else {}))


def _plutil(run: Run, command: Command) -> None:
    if any(word.text in ("-replace", "-insert", "-remove", "-convert") for word in command.args) and command.args:
        touch(run, command, "write", command.args[-1], mode="edit")


_MAKERS: dict[str, Callable[[Run, Command], None]] = {
    "sed": _sed, "ssed": _sed, "awk": _awk, "mawk": _awk, "nawk": _awk, "ed": _ed, "ex": _vim, "vi": _vim,
    "vim": _vim, "nvim": _vim, "emacs": _vim, "yq": _yq, "patch": _patch, "crudini": _crudini, "plutil": _plutil,
}  # fmt: skip
