"""What variables become inside a command: arrays, positional words, and expansions that cut or replace plain patterns.

Only values that the command itself sets are known. A pattern with more than one `*` at its edge, a computed pattern or
an index that is no number leaves the value unknown.
"""

import re
from collections.abc import Sequence

from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import UNKNOWN_WORD, Word, join, lines, options

MOST_ITEMS = 256  # items of one array
_LIST = r'"?\$\{(\w{1,80})\[[@*]\](?::(\d{1,3})(?::(\d{1,3}))?)?\}"?\Z'  # compiled on first use
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_NUL = ("", "\ufffd")  # separators that stand for a NUL
_SPECIAL = frozenset("*?[]$`\"'\\{}()|")


_SLICE = r":\s*(\d{1,4}|(?<=\s)-\d{1,4})(?::\s*(?:(\d{1,4})|(-\d{1,4})))?\Z"  # compiled on first use

# Arrays


def keep_list(run: Run, name: str, items: Sequence[Word] | None) -> None:
    """Remember an array, or forget that a name was one."""
    key = ":l:" + name
    if items is not None:
        run.set(key, tuple(items) if len(items) <= MOST_ITEMS else None)
    elif run.get(key) is not None:
        run.set(key, None)


def listed(run: Run, text: str) -> tuple[Word, ...] | None:
    """The words of `${name[@]}` or `${name[@]:1}`, quoted or not; None where `text` is nothing like it or not known."""
    if "[" not in text:
        return None
    found = re.match(_LIST, text, re.ASCII)
    items = run.get(":l:" + found.group(1)) if found else None
    if found is None or not isinstance(items, tuple):
        return None
    if found.group(2):
        first = int(found.group(2))
        items = items[first : first + int(found.group(3)) if found.group(3) else None]
    return tuple(run.spend(item) for item in items)


def item(run: Run, name: str, index: str) -> Word:
    """`${name[0]}`, `${name[@]}` within a longer word."""
    items = run.get(":l:" + name)
    if not isinstance(items, tuple):
        return UNKNOWN_WORD
    if index in ("@", "*"):
        return run.spend(join(items, " ")) if items else Word("")
    keys = run.get(":m:" + name) or {}
    key = index.strip("\"'")
    if key not in keys and (not index.removeprefix("-").isdigit() or len(index) > 4):
        return UNKNOWN_WORD
    at = keys[key] if key in keys else int(index)
    return run.spend(items[at]) if -len(items) <= at < len(items) else Word("")


def pointed(run: Run, text: str) -> Word:
    """`${!name}`, `${#name}`: what the inside of the braces says when it begins with no name."""
    value = run.variable(text[1:]) if text[1:].isidentifier() else UNKNOWN_WORD
    if not value.known:
        return UNKNOWN_WORD
    if text[0] == "#":
        return Word(str(len(value.text)))
    return run.variable(value.text) if text[0] == "!" and value.text.isidentifier() else UNKNOWN_WORD


# Expansions with a pattern


def changed(value: Word, operator: str, rest: str) -> Word:
    """`${v%/*}`, `${v##*/}`, `${v/a/b}`, `${v,,}`: `rest` begins with the operator."""
    if not value.known:
        return UNKNOWN_WORD
    if operator in ("%", "#"):
        longest = rest[1:2] == operator
        return _trimmed(value, operator, rest[2:] if longest else rest[1:], longest)
    if operator == "/":
        every = rest[1:2] == "/"
        old, _, new = rest[2 if every else 1 :].partition("/")
        if not old or old[0] in "#%" or _SPECIAL.intersection(old) or _SPECIAL.intersection(new):
            return UNKNOWN_WORD
        return Word(value.text.replace(old, new, -1 if every else 1))
    if rest in (",,", "^^"):
        return Word(value.text.lower() if rest == ",," else value.text.upper())
    if rest in (",", "^"):
        first = value.text[:1].lower() if rest == "," else value.text[:1].upper()
        return join([Word(first), value.cut(1)])
    found = re.match(_SLICE, rest)
    if found is not None:
        start = int(found.group(1))
        end = start + int(found.group(2)) if found.group(2) else None
        size = len(value.text)
        end = size + int(found.group(3)) if found.group(3) else end
        return value.cut(max(start + size, 0) if start < 0 else min(start, size), end)
    return UNKNOWN_WORD


def _trimmed(value: Word, operator: str, pattern: str, longest: bool) -> Word:
    """Without a literal, or what a literal and one `*` match, at the end (`%`) or at the beginning (`#`)."""
    ends = operator == "%"
    star = pattern.endswith("*") if ends else pattern.startswith("*")
    plain = (pattern[:-1] if ends else pattern[1:]) if star else pattern
    if not plain or _SPECIAL.intersection(plain):
        return UNKNOWN_WORD
    text = value.text
    if not star:
        if ends:
            return value.cut(0, len(text) - len(plain)) if text.endswith(plain) else value
        return value.cut(len(plain)) if text.startswith(plain) else value
    if ends:
        at = text.find(plain) if longest else text.rfind(plain)
        return value if at < 0 else value.cut(0, at)
    at = text.rfind(plain) if longest else text.find(plain)
    return value if at < 0 else value.cut(at + len(plain))


# Numbers, blanks


def arithmetic(run: Run, text: str) -> Word:
    """`$((a + 2 * b))`, of numbers and known variables."""
    return calculated(run, text[3:-2] if text.startswith("$((") else text[2:-1])


def calculated(run: Run, text: str) -> Word:
    """What an arithmetic expression comes to; unknown where it assigns, compares or holds what is not known."""
    tokens = re.findall(_TOKEN, text[:LONGEST_SUM]) if len(text) <= LONGEST_SUM else []
    if not tokens or "".join(tokens) != "".join(text.split()):
        return UNKNOWN_WORD
    numbers: list[int] = []
    waiting: list[str] = []
    operand = True
    for token in [*tokens, ")"]:
        if operand and token in ("+", "-", "("):
            waiting.append({"+": "u+", "-": "u-"}.get(token, token))
            continue
        if operand:
            number = _number(run, token.removeprefix("$").strip("{}")) if token[-1] not in "+-*/%)" else None
            if number is None:
                return UNKNOWN_WORD
            numbers.append(number)
            operand = False
            continue
        while waiting and waiting[-1] != "(" and _RANKS[waiting[-1]] >= _RANKS.get(token, 0):
            if not _applied(numbers, waiting.pop()):
                return UNKNOWN_WORD
        if token == ")":
            if waiting:
                waiting.pop()
        elif token in _RANKS:
            waiting.append(token)
            operand = True
        else:
            return UNKNOWN_WORD
    return Word(str(numbers[0])) if len(numbers) == 1 and not waiting and not operand else UNKNOWN_WORD


_RANKS = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "u-": 3, "u+": 3}
_TOKEN = r"\$?\{?\w+\}?|[-+*/%()]"  # compiled on first use
LONGEST_SUM = 200  # characters of an expression


def _applied(numbers: list[int], operator: str) -> bool:
    if operator in ("u-", "u+"):
        numbers[-1] = -numbers[-1] if operator == "u-" else numbers[-1]
        return True
    second, first = numbers.pop(), numbers.pop()
    if operator in "/%" and second == 0:
        return False
    sign = -1 if (first < 0) != (second < 0) else 1
    whole = sign * (abs(first) // abs(second)) if operator in "/%" else 0  # the shell cuts towards nought
    found = {"+": first + second, "-": first - second, "*": first * second, "/": whole, "%": first - whole * second}
    numbers.append(found[operator])
    return abs(found[operator]) < 1 << 62


def _number(run: Run, text: str) -> int | None:
    if not text[0].isdigit():
        text = run.variable(text).text
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def separators(run: Run) -> str:
    """What an unquoted expansion is split at."""
    value = run.get("IFS")
    return value.text if isinstance(value, Word) and value.known else " \t\n"


# Escapes


def ansi(word: Word) -> Word:
    """The inside of `$'…'`."""
    text = word.text
    if "\\" not in text:
        return word
    parts: list[Word] = []
    last = index = 0
    while True:
        index = text.find("\\", index)
        if index < 0 or index + 1 >= len(text):
            break
        parts.append(word.cut(last, index))
        decoded, size = _escape(text[index + 1 : index + 10])
        parts.append(Word(decoded))
        last = index = index + 1 + size
    parts.append(word.cut(last))
    return join(parts)


def _escape(text: str) -> tuple[str, int]:
    """What the letters after a backslash stand for, and how many they are."""
    char = text[0]
    if char in _ANSI:
        return _ANSI[char], 1
    digits = {"x": (r"x([0-9a-fA-F]{1,2})", 16), "u": (r"u([0-9a-fA-F]{1,4})", 16), "U": (r"U([0-9a-fA-F]{1,8})", 16)}
    pattern, base = digits.get(char, (r"([0-7]{1,3})", 8))
    found = re.match(pattern, text)
    if found is None:
        return char, 1
    code = int(found.group(1), base)
    return (chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"), found.end()


# Builtins that set words


def set_positional(run: Run, command: Command) -> None:
    """`set -- a b`, `set a b`; options alone change no words."""
    texts = [word.text for word in command.args]
    if "--" in texts:
        run.args = command.args[texts.index("--") + 1 :]
    elif texts and texts[0][:1] not in ("-", "+"):
        run.args = command.args


def shift(run: Run, command: Command) -> None:
    """`shift`, `shift 2`."""
    said = command.args[0].text if command.args else "1"
    if run.args is not None:
        run.args = run.args[int(said) :] if said.isdigit() and len(said) < 4 else None


def read(run: Run, command: Command) -> None:
    """`read -r a b`, `read -ra list`, `mapfile -t lines`: from text that stands in the command, else unknown."""
    reads = command.name == "read"
    takes = ("-p", "-t", "-n", "-N", "-d", "-u", "-i", "-a") if reads else ("-d", "-n", "-O", "-s", "-u", "-C", "-c")
    parsed = options(command.args, takes)
    array = parsed.value("-a") if reads else None
    names = [word.text for word in parsed.rest if word.text.isidentifier()]
    until = parsed.value("-d")
    partly = parsed.has("-n", "-N", "-u") or (until is not None and until.text not in _NUL)
    said = _said(command, parsed.has("-r") or not reads, partly)
    if not reads:
        items = _handed_on(run, command) if said is None else lines(said)
        for name in names[:1] or ["MAPFILE"]:
            run.set(name, UNKNOWN_WORD if not items else items[0])
            keep_list(run, name, items)
        return
    line = None if said is None else (lines(said) or [Word("")])[0]
    if array is not None and array.text.isidentifier():
        items = None if line is None else line.pieces()
        run.set(array.text, items[0] if items else UNKNOWN_WORD)
        keep_list(run, array.text, items)
    whole = command.env.get("IFS")
    for index, name in enumerate(names):
        keep_list(run, name, None)
        run.set(name, _field(line, index, len(names), whole))


def printf(run: Run, command: Command) -> None:
    """`printf -v name …` sets a variable."""
    if len(command.args) > 2 and command.args[0].text == "-v":
        from tractguard.facts.shell_output import output

        printed = output(run, [command.words[0], *command.args[2:]], None)
        run.set(command.args[1].text, UNKNOWN_WORD if printed is None else printed)


def _handed_on(run: Run, command: Command) -> list[Word] | None:
    """The files that the command before the pipe lists."""
    from tractguard.facts.found import listing

    return listing(run, command.piped, command.cwd) or None


def _said(command: Command, raw: bool, partly: bool) -> Word | None:
    text = command.stdin
    if text is None or partly or not text.known or len(text.text) > 100_000 or (not raw and "\\" in text.text):
        return None
    return text


def _field(line: Word | None, index: int, count: int, separators: Word | None) -> Word:
    if line is None or (separators is not None and not separators.known):
        return UNKNOWN_WORD
    if separators is not None and count == 1:
        return line._replace(quoted=True)
    pieces = line.pieces(separators.text) if separators is not None and separators.text else line.pieces()
    if index >= len(pieces):
        return Word("")
    if index < count - 1 or len(pieces) == index + 1:
        return pieces[index]
    start = line.text.find(pieces[index].text) if index == 0 else -1
    return line.cut(start, len(line.text.rstrip())) if start >= 0 else join(pieces[index:], " ")


def rounds(run: Run, text: str, most: int) -> list[Word]:
    """The lines that `while read …` is fed, one for each round; none where they are not known or too many."""
    fed = run.feed[1] if run.feed is not None else None
    words = text.split()
    while words and words[0].startswith("IFS="):
        words = words[1:]
    if words[:1] != ["read"] or run.feed is None:
        return []
    if fed is None:
        from tractguard.facts.found import listing

        return listing(run, run.feed[0], run.cwd)[:most]
    said = [line for line in lines(fed) if line.text.strip()] if fed.known else []
    return said if 0 < len(said) <= most else []


def named(run: Run, word: Word) -> Word:
    """A word of a loop's list; what it stands for stays a pattern, however it is quoted inside the loop."""
    if word.glob and word.known and run.get(":g:" + run.path(word)) is None:
        run.set(":g:" + run.path(word), True)
    return word
