"""What programs print that only print what they are given: `echo`, `printf`, `cat`, `base64 -d`, `pwd`, a branch name.

Everything else answers None: not known.
"""

import re
from collections.abc import Sequence

from tractguard.facts.shell_run import Run
from tractguard.facts.words import Word, absolute, join
from tractguard.model import UNKNOWN

_ESCAPE = r"\\([abefnrtv\\0]|x[0-9a-fA-F]{1,2}|[0-7]{1,3})"  # compiled on first use
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v", "\\": "\\"}
_DIRECTIVE = r"%(?:%|-?([0-9]{0,4})[sdbqcixX])"  # compiled on first use
MOST_REPEATS = 200  # how often printf's format is used again for further arguments


MOST_ESCAPES = 5_000  # in one text, each with its place
MOST_TURNED = 20_000  # characters that `tr` is followed for


def output(run: Run, words: Sequence[Word], stdin: Word | None) -> Word | None:
    """The standard output of a simple command, or None where it is not known from the command itself."""
    if not words:
        return Word("")
    name = words[0].text.rpartition("/")[2]
    maker = _MAKERS.get(name)
    return None if maker is None else maker(run, words[1:], stdin)


def _echo(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    newline, escapes = True, False
    index = 0
    while index < len(args) and args[index].text in ("-n", "-e", "-E", "-ne", "-en", "-nE", "-En"):
        newline = newline and "n" not in args[index].text
        escapes = "e" in args[index].text or escapes
        index += 1
    text = join(args[index:], " ") if index < len(args) else Word("")
    if escapes:
        text = escaped(text)
    return join([text, Word("\n")]) if newline else text


def escaped(word: Word) -> Word:
    """Backslash escapes as `echo -e` and `printf` read them."""
    if "\\" not in word.text:
        return word
    if word.text.count("\\") > MOST_ESCAPES:
        return Word(re.sub(_ESCAPE, _unescaped, word.text))
    parts: list[Word] = []
    last = 0
    for found in re.finditer(_ESCAPE, word.text):
        parts.append(word.cut(last, found.start()))
        parts.append(Word(_unescaped(found)))
        last = found.end()
    parts.append(word.cut(last))
    return join(parts)


def _unescaped(found: "re.Match[str]") -> str:
    code = found.group(1)
    if code in _SIMPLE:
        return _SIMPLE[code]
    number = int(code[1:], 16) if code[0] == "x" else int(code, 8)
    return chr(number or 10)  # a NUL parts names, as a line's end does; none of ours can hold one


def _printf(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    if not args or args[0].text == "-v":
        return Word("") if args else None
    if args[0].text == "--" and len(args) > 1:
        args = args[1:]
    template, rest = args[0], list(args[1:])
    parts: list[Word] = []
    for _ in range(MOST_REPEATS):
        used = 0
        last = 0
        for found in re.finditer(_DIRECTIVE, template.text):
            parts.append(escaped(template.cut(last, found.start())))
            last = found.end()
            if found.group() == "%%":
                parts.append(Word("%"))
            else:
                parts.append(_padded(rest[used] if used < len(rest) else Word(""), found.group(1) or ""))
                used += 1
        parts.append(escaped(template.cut(last)))
        rest = rest[used:]
        if not used or not rest:
            break
    return join(parts)


def _padded(word: Word, width: str) -> Word:
    """`%04d`: a number filled up with noughts."""
    if width[:1] != "0" or len(width) > 3 or not word.text.isdigit() or len(word.text) >= int(width):
        return word
    return join([Word("0" * (int(width) - len(word.text))), word])


def _cat(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    files = [arg for arg in args if not arg.text.startswith("-") or arg.text == "-"]
    if not files:
        return stdin
    parts: list[Word] = []
    for file in files[:8]:
        if file.text == "-":
            if stdin is None:
                return None
            parts.append(stdin)
            continue
        text = run.world.text(absolute(file.text, run.cwd, run.world.home)) if file.known else None
        if text is None:
            return None
        parts.append(Word(text))
    return join(parts)


def _tee(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    return stdin


def _base64(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    if stdin is None or not stdin.known or not any(arg.text in ("-d", "--decode", "-D", "-di") for arg in args):
        return None
    return decoded_base64(stdin.text)


def decoded_base64(text: str) -> Word | None:
    """The text behind a base64 literal, or None where it is none."""
    import binascii

    try:
        return Word(binascii.a2b_base64(text.strip().encode("ascii")).decode("utf-8"))
    except (ValueError, UnicodeError):
        return None


def _xxd(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    flags = "".join(arg.text for arg in args if arg.text.startswith("-"))
    if stdin is None or "r" not in flags or "p" not in flags:
        return None
    try:
        return Word(bytes.fromhex(stdin.text.strip()).decode("utf-8"))
    except ValueError:
        return None


def _tr(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    """`tr a-z A-Z`, `tr -d x`, of letters and ranges."""
    flags = [arg.text for arg in args if arg.text[:1] == "-" and len(arg.text) > 1]
    sets = [_letters(arg.text) for arg in args if arg.text not in flags]
    if stdin is None or not stdin.known or not sets or None in sets or len(stdin.text) > MOST_TURNED:
        return None
    first = sets[0] or ""
    if flags == ["-d"] and len(sets) == 1:
        return Word("".join(char for char in stdin.text if char not in first))
    second = sets[1] if len(sets) == 2 and not flags else None
    if not second:
        return None
    second += second[-1] * (len(first) - len(second))
    return Word(stdin.text.translate({ord(one): other for one, other in zip(first, second, strict=False)}))


def _letters(text: str) -> str | None:
    """The characters of a set; None where it is a class or holds escapes."""
    if "[" in text or "\\" in text or len(text) > 100:
        return None
    out, index = "", 0
    while index < len(text):
        if text[index + 1 : index + 2] == "-" and index + 2 < len(text):
            out += "".join(map(chr, range(ord(text[index]), min(ord(text[index + 2]), ord(text[index]) + 200) + 1)))
            index += 3
        else:
            out += text[index]
            index += 1
    return out


def _rev(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    if stdin is None or args:
        return None
    return Word("\n".join(line[::-1] for line in stdin.text.split("\n")))


def _real(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    """`realpath F`, `readlink -f F`: links are followed where the effect is told."""
    flags = [arg.text for arg in args if arg.text[:1] == "-"]
    rest = [arg for arg in args if arg.text[:1] != "-"]
    if len(rest) != 1 or not all(flag in ("-f", "-e", "-m", "-s", "-n", "-q", "--canonicalize") for flag in flags):
        return None
    return Word(absolute(rest[0].text, run.cwd, run.world.home) + "\n")


def _readlink(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    return _real(run, args, stdin) if any(arg.text in ("-f", "-e", "-m") for arg in args) else None


def _which(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    """Some path of a program: only its name is known."""
    names = [arg.text for arg in args if arg.text[:1] != "-"]
    return Word(f"/usr/bin/{names[0]}\n") if len(names) == 1 and names[0].isprintable() else None


def _command(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    return _which(run, args[1:], stdin) if args and args[0].text == "-v" else None


def _type(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    return _which(run, args[1:], stdin) if args and args[0].text in ("-p", "-P") else None


def _seq(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    ends = [int(arg.text) for arg in args if arg.text.isascii() and arg.text.isdigit() and len(arg.text) < 10]
    if not 0 < len(ends) == len(args) < 4:
        return None
    step = max(ends[1], 1) if len(ends) == 3 else 1
    count = range(ends[0] if len(ends) > 1 else 1, ends[-1] + 1, step)
    return Word("".join(f"{number}\n" for number in count)) if len(count) <= MOST_REPEATS else None


def _pwd(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    return Word(run.cwd + "\n")


def _git(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    words = [arg.text for arg in args]
    if words in (["rev-parse", "--show-toplevel"],):
        root = run.world.root
        return Word(root + "\n") if root and (run.cwd + "/").startswith(root.rstrip("/") + "/") else None
    if words in (
        ["branch", "--show-current"],
        ["rev-parse", "--abbrev-ref", "HEAD"],
        ["symbolic-ref", "--short", "HEAD"],
        ["symbolic-ref", "-q", "--short", "HEAD"],
    ):
        moved = run.get(":branch")
        branch = moved if isinstance(moved, str) else run.world.branch(run.cwd)
        return Word(branch + "\n") if branch else None
    return None


def _mktemp(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    """Some name in the temporary folder, unless another folder is named."""
    if any(arg.text[:1] != "-" or arg.text.startswith(("-p", "--tmpdir=")) for arg in args):
        return None
    return Word(f"/tmp/tmp.{UNKNOWN}\n")


def _basename(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    if not args or args[0].text.startswith("-"):
        return None
    text = args[0].text.rstrip("/").rpartition("/")[2]
    if len(args) > 1:
        text = text.removesuffix(args[1].text)
    return Word(text + "\n")


def _dirname(run: Run, args: Sequence[Word], stdin: Word | None) -> Word | None:
    if not args or args[0].text.startswith("-"):
        return None
    head = args[0].text.rstrip("/").rpartition("/")[0]
    return Word((head or ("/" if args[0].text.startswith("/") else ".")) + "\n")


_MAKERS = {
    "echo": _echo, "printf": _printf, "cat": _cat, "tee": _tee, "base64": _base64, "xxd": _xxd, "rev": _rev, "tr": _tr,
    "pwd": _pwd, "mktemp": _mktemp, "git": _git, "basename": _basename, "dirname": _dirname,
    "realpath": _real, "readlink": _readlink, "which": _which, "command": _command, "type": _type, "seq": _seq,
}  # fmt: skip
