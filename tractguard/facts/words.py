"""Words of a command line that remember where each of their characters was written.

A `Word` is text after the shell's quoting, with `UNKNOWN` for what only the shell will know, and the places (offsets in
the string that the host sent) of those stretches that stand there verbatim. Paths, braces and options are worked out
here. Nothing here knows any program.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from tractguard.model import UNKNOWN

MOST_BRACES = 64  # words that one brace expression may become


class Word(NamedTuple):
    """Text, and its verbatim stretches as (offset in the text, offset in the source, length), in order."""

    text: str
    places: tuple[tuple[int, int, int], ...] = ()
    quoted: bool = False  # some of it stood in quotes
    glob: bool = False  # an unquoted *, ? or [ stands in it

    @property
    def known(self) -> bool:
        """Whether no part of it is left to the shell."""
        return UNKNOWN not in self.text

    def span(self, start: int = 0, end: int | None = None) -> tuple[int, int] | None:
        """Where text[start:end] was written, or None where it was not written in one piece."""
        end = len(self.text) if end is None else end
        if not self.places or end <= start:
            return None
        index = bisect_right(self.places, (start, 1 << 60, 0)) - 1
        if index < 0:
            return None
        at, source, length = self.places[index]
        if start < at or end > at + length:
            return None
        return source + start - at, source + end - at

    def cut(self, start: int, end: int | None = None) -> "Word":
        """text[start:end] as a word of its own."""
        end = len(self.text) if end is None else min(end, len(self.text))
        start = min(start, end)
        kept = []
        index = max(bisect_right(self.places, (start, 1 << 60, 0)) - 1, 0)
        while index < len(self.places):
            at, source, length = self.places[index]
            if at >= end:
                break
            first, last = max(at, start), min(at + length, end)
            if last > first:
                kept.append((first - start, source + first - at, last - first))
            index += 1
        return Word(self.text[start:end], tuple(kept), self.quoted, self.glob)

    def after(self, prefix: str) -> "Word":
        """The rest after a prefix that it is known to have."""
        return self.cut(len(prefix))

    def partition(self, separator: str) -> tuple["Word", bool, "Word"]:
        """Before the first separator, whether there is one, after it."""
        at = self.text.find(separator)
        if at < 0:
            return self, False, Word("")
        return self.cut(0, at), True, self.cut(at + len(separator))

    def pieces(self, between: str = " \t\n") -> list["Word"]:
        """Split at blanks (or other separators), as the shell does with an unquoted expansion."""
        found, start = [], -1
        for index, char in enumerate(self.text):
            if char in between:
                if start >= 0:
                    found.append(self.cut(start, index))
                start = -1
            elif start < 0:
                start = index
        if start >= 0:
            found.append(self.cut(start))
        return found


MOST_LINES = 256  # lines that one text is split into


def lines(text: Word) -> list[Word]:
    """The lines of a text, without their ends."""
    found: list[Word] = []
    start = 0
    while start < len(text.text) and len(found) <= MOST_LINES:
        end = text.text.find("\n", start)
        end = len(text.text) if end < 0 else end
        found.append(text.cut(start, end))
        start = end + 1
    return found


NOTHING = Word("")
UNKNOWN_WORD = Word(UNKNOWN)


def join(parts: Sequence[Word], between: str = "") -> Word:
    """The parts one after the other as one word."""
    if len(parts) == 1:
        return parts[0]
    texts: list[str] = []
    places: list[tuple[int, int, int]] = []
    size = 0
    quoted = glob = False
    for index, part in enumerate(parts):
        if between and index:
            texts.append(between)
            size += len(between)
        for at, source, length in part.places:
            last = places[-1] if places else None
            if last and last[0] + last[2] == at + size and last[1] + last[2] == source:
                places[-1] = (last[0], last[1], last[2] + length)
            else:
                places.append((at + size, source, length))
        texts.append(part.text)
        size += len(part.text)
        quoted = quoted or part.quoted
        glob = glob or part.glob
    return Word("".join(texts), tuple(places), quoted, glob)


def normal(path: str) -> str:
    """`path` without `.`, `..` and doubled slashes. Unknown parts stay; `..` never climbs over one."""
    absolute = path.startswith("/")
    parts: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == ".." and parts and parts[-1] != ".." and UNKNOWN not in parts[-1]:
            parts.pop()
        elif part == ".." and absolute and not parts:
            continue
        else:
            parts.append(part)
    return ("/" if absolute else "") + "/".join(parts) or ("/" if absolute else ".")


def absolute(path: str, cwd: str, home: str = "") -> str:
    """`path` seen from `cwd`. What begins with an unknown part stays as it is: it may be absolute."""
    if path.startswith("~") and home:
        path = _from_home(path, cwd, home)
    if path.startswith(("/", UNKNOWN)):
        return normal(path)
    return normal(f"{cwd}/{path}")


def _from_home(path: str, cwd: str, home: str) -> str:
    """`~/x`, `~+/x`, `~dev/x`: homes stand beside each other."""
    user, slash, rest = path[1:].partition("/")
    if not user:
        return home + path[1:]
    if user == "+":
        return cwd + slash + rest
    if not slash or not user.replace("-", "").replace("_", "").isalnum():
        return path
    return ("/root" if user == "root" else f"{home.rpartition('/')[0]}/{user}") + slash + rest


def braces(word: Word) -> list[Word]:
    """Brace expansion: `a{b,c}` and `{1..3}`; a word without a comma or a range in braces stays as it is."""
    done: list[Word] = []
    todo = [(word, 0)]
    while todo:
        current, start = todo.pop()
        found = _braced(current.text, start)
        if found is None or len(done) + len(todo) >= MOST_BRACES:
            done.append(current)
            continue
        opening, closing, cuts = found
        head, tail = current.cut(0, opening), current.cut(closing + 1)
        if len(cuts) == 2:
            options = _counted(current.text[opening + 1 : closing])
            if options is None:
                todo.append((current, closing + 1))
                continue
        else:
            options = [current.cut(a + 1, b) for a, b in pairwise(cuts)]
        todo.extend((join((head, option, tail)), opening) for option in reversed(options))
    return done


def _braced(text: str, start: int) -> tuple[int, int, list[int]] | None:
    """The first brace group from `start` on: where it opens and closes, and the cuts between its options."""
    stack: list[list[int]] = []
    best: tuple[int, int, list[int]] | None = None
    for index in range(start, len(text)):
        char = text[index]
        if char == "{":
            stack.append([index])
        elif char == "," and stack:
            stack[-1].append(index)
        elif char == "}" and stack:
            cuts = [*stack.pop(), index]
            ranged = len(cuts) == 2 and ".." in text[cuts[0] + 1 : index]
            if (len(cuts) > 2 or ranged) and (best is None or cuts[0] < best[0]):
                best = (cuts[0], index, cuts)
            if not stack and best is not None:
                return best
    return best


def _counted(inside: str) -> list[Word] | None:
    """`1..3`, `01..10..3`, `a..e`."""
    ends = inside.split("..")
    letters = len(ends) > 1 and all(len(end) == 1 and end.isascii() and end.isalpha() for end in ends[:2])
    if not letters and not all(end.removeprefix("-").isdigit() and len(end) < 10 for end in ends[:2]):
        return None
    if not 2 <= len(ends) <= 3 or (not ends[-1].removeprefix("-").isdigit() and not letters):
        return None
    first, last = (ord(ends[0]), ord(ends[1])) if letters else (int(ends[0]), int(ends[1]))
    wide = abs(int(ends[2])) if len(ends) == 3 and ends[2].removeprefix("-").isdigit() else 1
    step = max(wide, 1) if last >= first else -max(wide, 1)
    if abs(last - first) // abs(step) >= MOST_BRACES:
        return None
    padded = 0 if letters or not any(end.removeprefix("-").startswith("0") and len(end) > 1 for end in ends[:2]) else 1
    size = max(len(ends[0]), len(ends[1])) if padded else 0
    count = range(first, last + (1 if step > 0 else -1), step)
    return [Word(chr(number) if letters else str(number).zfill(size)) for number in count]


def whole(word: Word, names: Sequence[str]) -> Word:
    """A long option written short (`--forc`) in full, where only one is meant."""
    if word.text[:2] != "--" or len(word.text) < 4:
        return word
    name, has, value = word.partition("=")
    if name.text in names:
        return word
    meant = sorted((full for full in names if full.startswith(name.text)), key=len)
    if not meant or any(not full.startswith(meant[0]) for full in meant):
        return word  # `--forc` is the beginning of `--force` and its kin: all of them force
    return join([Word(meant[0] + "="), value]) if has else Word(meant[0])


class Options(NamedTuple):
    """A command line taken apart: options with their values, in order, and the rest."""

    given: tuple[tuple[str, Word | None], ...]
    rest: tuple[Word, ...]
    rest_at: tuple[int, ...]  # where in the words each of the rest stands

    def has(self, *names: str) -> bool:
        """Whether one of the options was given."""
        return any(name in names for name, _ in self.given)

    def value(self, *names: str) -> Word | None:
        """The value of the last of these options that carries one."""
        for name, value in reversed(self.given):
            if name in names and value is not None:
                return value
        return None

    def values(self, *names: str) -> list[Word]:
        """All values of these options, in order."""
        return [value for name, value in self.given if name in names and value is not None]


def options(
    words: Sequence[Word], valued: Iterable[str] = (), stop_at_rest: bool = False, singles: bool = False
) -> Options:
    """Take the words after the program apart.

    `valued` names the options that take a value ("-C", "--prefix"). `--name=value`, `-Cvalue` and clusters like `-am x`
    are understood. With `stop_at_rest` the first bare word ends the options; with `singles` an option like `-exec` is
    one word, not a cluster of letters.
    """
    takes = valued if isinstance(valued, (set, frozenset)) else frozenset(valued)
    given: list[tuple[str, Word | None]] = []
    rest: list[Word] = []
    rest_at: list[int] = []
    index, count = 0, len(words)
    while index < count:
        word = words[index]
        text = word.text
        if text == "--":
            rest.extend(words[index + 1 :])
            rest_at.extend(range(index + 1, count))
            break
        if len(text) < 2 or text[0] != "-":
            if stop_at_rest:
                rest.extend(words[index:])
                rest_at.extend(range(index, count))
                break
            rest.append(word)
            rest_at.append(index)
        elif text[1] == "-" or singles:
            name, has, value = word.partition("=")
            if has:
                given.append((name.text, value))
            elif text in takes and index + 1 < count:
                index += 1
                given.append((text, words[index]))
            else:
                given.append((text, None))
        else:
            index = _cluster(words, index, takes, given)
        index += 1
    return Options(tuple(given), tuple(rest), tuple(rest_at))


def _cluster(words: Sequence[Word], index: int, takes: Iterable[str], given: list[tuple[str, Word | None]]) -> int:
    """One word of short options: `-am`, `-p5432`, `-C dir`. Returns the index of the last word used."""
    word = words[index]
    if word.text in takes and len(word.text) > 2:  # a long name behind one dash, as `-loglevel 3`
        if index + 1 < len(words):
            given.append((word.text, words[index + 1]))
            return index + 1
        given.append((word.text, None))
        return index
    for at in range(1, min(len(word.text), 40)):
        name = "-" + word.text[at]
        if name not in takes:
            given.append((name, None))
            continue
        if at + 1 < len(word.text):
            value = word.cut(at + 1)
            given.append((name, value.cut(1) if value.text.startswith("=") else value))
        elif index + 1 < len(words):
            index += 1
            given.append((name, words[index]))
        else:
            given.append((name, None))
        break
    return index
