"""What an awk program does to files and processes: `print > "file"`, `print | "command"`, `getline < "file"`,
`"command" | getline`, `system("command")`.

The program is cut into tokens, so that a comparison, a comment, a pattern and a string are no redirect. A target is a
string, strings put together, or a variable that was given one text (`-v out=x`, `out = "x"`); else it is unknown.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tractguard.facts.effects_files import touch
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import UNKNOWN_WORD, Word, join
from tractguard.tables import later

MOST_TOKENS = 20_000  # of one program
_TOKEN = later(
    r"(?P<blank>[ \t\r]+|\\\n|#[^\n]*)|(?P<string>\"(?:[^\"\\\n]|\\.)*+\"?)|(?P<name>[A-Za-z_]\w*)|(?P<number>\d[\w.]*)"
    r"|(?P<sign>>>|>=|<=|==|!=|&&|\|\||\|&|[^\s\w\"])|(?P<end>\n)",
)
_VALUE_BEFORE = (")", "]", "$")  # a slash behind one of these, a name or a number divides


class Token(NamedTuple):
    """A piece of the program: its kind (a group of the pattern), its text, where it begins."""

    kind: str
    text: str
    at: int


def awk_effects(run: Run, command: Command, code: Word, given: Mapping[str, Word]) -> None:
    """Note the effects of an awk program; `given` are the variables that `-v` sets."""
    tokens = _tokens(code.text)
    if len(tokens) >= MOST_TOKENS:
        run.opaque("program too large", code.text, command.name)
    values = dict(given)
    where = command.where._replace(wrappers=(*command.where.wrappers, command.name))
    printing, depth = False, 0
    for index, token in enumerate(tokens):
        text = token.text
        if token.kind == "name":
            if text in ("print", "printf"):
                printing, depth = True, 0
            elif text == "system" and _text(tokens, index + 1) == "(":
                run.script(_value(code, tokens, index + 2, values), where, command.cwd)
            elif text == "getline" and _source(tokens, index):
                touch(run, command, "read", _value(code, tokens, _source(tokens, index), values), recursive=False)
            elif _text(tokens, index + 1) == "=" and _kind(tokens, index + 2) == "string":
                value = _value(code, tokens, index + 2, values)
                values[text] = value if text not in values or values[text].text == value.text else UNKNOWN_WORD
        elif text in (";", "}", "\n"):
            printing = False
        elif text in ("(", "["):
            depth += 1
        elif text in (")", "]"):
            depth -= 1
        elif text in ("|", "|&") and _text(tokens, index + 1) == "getline":
            run.script(_before(code, tokens, index, values), where, command.cwd)
        elif printing and depth <= 0 and text in (">", ">>", "|", "|&"):
            target = _value(code, tokens, index + 1, values)
            if text in ("|", "|&"):
                run.script(target, where, command.cwd)
            elif text == ">>":
                touch(run, command, "append", target)
            else:
                touch(run, command, "write", target, mode="overwrite")


def _tokens(text: str) -> list[Token]:
    """The tokens, without blanks and comments; a pattern between slashes is one string of no value."""
    found: list[Token] = []
    at = 0
    while at < len(text) and len(found) < MOST_TOKENS:
        match = _TOKEN().match(text, at)
        if match is None:
            at += 1
            continue
        kind = match.lastgroup or ""
        if match[0] == "/" and not (
            found and (found[-1].kind in ("name", "number") or found[-1].text in _VALUE_BEFORE)
        ):
            end = at + 1
            while end < len(text) and text[end] not in "/\n":
                end += 2 if text[end] == "\\" else 1
            found.append(Token("pattern", "", at))
            at = min(end + 1, len(text))
            continue
        if kind != "blank":
            found.append(Token(kind, match[0], at))
        at = match.end()
    return found


def _text(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].text if index < len(tokens) else ""


def _kind(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].kind if index < len(tokens) else ""


def _source(tokens: Sequence[Token], index: int) -> int:
    """Where the file of `getline x < "file"` stands; 0 where it reads from none."""
    for at in (index + 1, index + 2):
        if _text(tokens, at) == "<":
            return at + 1
    return 0


def _value(code: Word, tokens: Sequence[Token], index: int, values: Mapping[str, Word]) -> Word:
    """The text of the expression that begins at a token: strings and known variables beside each other."""
    parts: list[Word] = []
    while _text(tokens, index) == "(":
        index += 1
    while _kind(tokens, index) in ("string", "name"):
        token = tokens[index]
        if token.kind == "string":
            parts.append(_plain(code, token))
        elif token.text == "getline":
            break
        else:
            parts.append(values.get(token.text, UNKNOWN_WORD))
        index += 1
    if _text(tokens, index) not in ("", ")", ";", "}", "\n", "|", ",", ">", "&&"):
        parts.append(UNKNOWN_WORD)
    return join(parts) if parts else UNKNOWN_WORD


def _before(code: Word, tokens: Sequence[Token], index: int, values: Mapping[str, Word]) -> Word:
    """The text of the expression that ends before a token."""
    start = index
    while start and tokens[start - 1].kind in ("string", "name") and tokens[start - 1].text not in ("while", "if"):
        start -= 1
    return _value(code, tokens, start, values)


def _plain(code: Word, token: Token) -> Word:
    inner = code.cut(token.at + 1, token.at + len(token.text) - token.text.endswith('"'))
    if "\\" not in inner.text:
        return inner
    from tractguard.facts.shell_values import ansi

    return ansi(inner)
