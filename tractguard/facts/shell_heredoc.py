"""Here-documents and here-strings, taken out of a command before it is parsed.

The grammar loses its footing where a here-document meets a pipe, a list or a second redirect on one line, which is how
they are mostly written. So one linear pass finds them first: each operator becomes an ordinary `<` redirect of the same
length and each body becomes blanks, and both are remembered by offset. Everything else keeps its place.
"""

from typing import NamedTuple

from tractguard.tables import later

_STOP = later(r"""['"`\\$#()<\n{}]""")
_IN_QUOTES = later(r'["`\\$]')
_WORD_END = frozenset(" \t\n;&|<>()")
_BEFORE_COMMENT = frozenset(" \t\n;&|(")


class Heredoc(NamedTuple):
    """Where a here-document's body stands, whether it is literal (its delimiter was quoted), whether tabs go."""

    start: int
    end: int
    literal: bool
    strip: bool


class Prepared(NamedTuple):
    """The text to parse, and what was taken out, by the offset of the operator."""

    text: str
    heredocs: dict[int, Heredoc]
    herestrings: frozenset[int]


class _Open(NamedTuple):
    at: int
    end: int
    delimiter: str
    literal: bool
    strip: bool


def prepare(text: str) -> Prepared:
    """Find and blank the here-documents of `text`."""
    return _Scan(text).run()


class _Scan:
    """One pass over a command, with a stack of what is open."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.stack = ["("]
        self.pending: list[_Open] = []
        self.heredocs: dict[int, Heredoc] = {}
        self.herestrings: set[int] = set()
        self.blanks: list[tuple[int, int, str]] = []

    def run(self) -> Prepared:
        size = len(self.text)
        while self.at < size:
            found = (_IN_QUOTES if self.stack[-1] == '"' else _STOP)().search(self.text, self.at)
            if found is None:
                break
            self.at = found.start()
            self.step(found.group())
        return Prepared(self.cleaned(), self.heredocs, frozenset(self.herestrings))

    def step(self, char: str) -> None:
        top = self.stack[-1]
        if char == "\\":
            self.at += 2
        elif char == '"':
            self.toggle('"')
        elif char == "`":
            self.toggle("`")
        elif char == "$":
            self.dollar()
        elif char == "'":
            self.at = self.past(self.text.find("'", self.at + 1))
        elif char in "(){}":
            self.bracket(char)
        elif char == "\n":
            self.at += 1
            if self.pending:
                self.bodies()
        elif char == "#":
            starts = self.at == 0 or self.text[self.at - 1] in _BEFORE_COMMENT
            end = self.text.find("\n", self.at) if starts and top != "{" else self.at + 1
            self.at = end if end >= 0 else len(self.text)
        else:
            self.less()

    def past(self, index: int) -> int:
        return len(self.text) if index < 0 else index + 1

    def toggle(self, quote: str) -> None:
        if self.stack[-1] == quote:
            self.stack.pop()
        else:
            self.stack.append(quote)
        self.at += 1

    def dollar(self) -> None:
        following = self.text[self.at + 1 : self.at + 3]
        if following == "((":
            self.stack.append("a")
            self.at += 3
        elif following[:1] in ("(", "{"):
            self.stack.append(following[0])
            self.at += 2
        elif following[:1] == "'" and self.stack[-1] != '"':
            self.at += 2
            while self.at < len(self.text) and self.text[self.at] != "'":
                self.at += 2 if self.text[self.at] == "\\" else 1
            self.at += 1
        else:
            self.at += 1

    def bracket(self, char: str) -> None:
        top = self.stack[-1]
        if char == "(":
            double = self.text.startswith("((", self.at) and top != "a"
            self.stack.append("a" if double else "(")
            self.at += 2 if double else 1
            return
        self.at += 1
        if char == ")" and len(self.stack) > 1 and top in "(a":
            self.stack.pop()
            if top == "a" and self.text.startswith(")", self.at):
                self.at += 1
        elif char == "}" and top == "{":
            self.stack.pop()

    def less(self) -> None:
        if self.stack[-1] in "a{" or not self.text.startswith("<<", self.at):
            self.at += 1
            return
        if self.text.startswith("<<<", self.at):
            self.herestrings.add(self.at)
            self.blanks.append((self.at, self.at + 3, "<  "))
            self.at += 3
            return
        start, index = self.at, self.at + 2
        strip = self.text.startswith("-", index)
        index += strip
        while index < len(self.text) and self.text[index] in " \t":
            index += 1
        delimiter, literal, index = self.delimiter(index)
        if not delimiter:
            self.at = index
            return
        self.pending.append(_Open(start, index, delimiter, literal, strip))
        self.blanks.append((start, index, "<" + "_" * (index - start - 1)))
        self.at = index

    def delimiter(self, index: int) -> tuple[str, bool, int]:
        letters: list[str] = []
        literal = False
        while index < len(self.text) and self.text[index] not in _WORD_END:
            char = self.text[index]
            if char in "'\"":
                close = self.text.find(char, index + 1)
                if close < 0 or close - index > 200:
                    break
                letters.append(self.text[index + 1 : close])
                literal = True
                index = close
            elif char == "\\":
                literal = True
            else:
                letters.append(char)
            index += 1
        return "".join(letters), literal, index

    def bodies(self) -> None:
        """Read the bodies that begin after this newline."""
        for opened in self.pending:
            start = end = self.at
            while True:
                stop = self.text.find("\n", end)
                line = self.text[end : stop if stop >= 0 else len(self.text)]
                following = stop + 1 if stop >= 0 else len(self.text)
                plain = line.lstrip("\t") if opened.strip else line
                if plain.rstrip("\r") == opened.delimiter:
                    break
                if stop < 0:  # never closed: the body runs to the end
                    end = following
                    break
                end = following
            self.heredocs[opened.at] = Heredoc(start, end, opened.literal, opened.strip)
            self.at = following
            if following > start:
                kept = "\n" if self.text[following - 1] == "\n" else " "
                self.blanks.append((start, following, " " * (following - start - 1) + kept))
        self.pending = []

    def cleaned(self) -> str:
        parts: list[str] = []
        last = 0
        for start, end, text in sorted(self.blanks):
            if start < last:
                continue
            parts.append(self.text[last:start])
            parts.append(text)
            last = end
        parts.append(self.text[last:])
        return "".join(parts)
