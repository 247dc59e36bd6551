"""What reaches a log: the arguments of logging calls in added code, and the kinds of data that people keep out of logs.

It reads names: `message.body` inside a logging call is the body of a message. Text that is written out in the call, and
how many or how long something is, says nothing about anybody. It refuses to follow a value through variables.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from tractguard.model import Fact
from tractguard.rules.programs import listed
from tractguard.rules.words import phrase_table, phrases_in, table

MOST_TEXT = 1_000_000
LONGEST_CALL = 400  # characters of one logging call that are read
_CALL = re.compile(
    r"\b(?:console|log|logger|logging|logs|timber|slog|_log|_logger|Log|Logger|LOG|LOGGER|Timber|os_log|NSLog)"
    r"\.?(?:\w{1,24})?\s*\(|(?<![\w.])(?:print|println|printf|puts|NSLog|os_log|debugPrint)!?\s*\("
    r"|\bfmt\.(?:Print|Fprint)\w{0,3}\s*\(|\bSystem\.(?:out|err)\.print\w{0,3}\s*\("
)
_FILLED = re.compile(
    r"\$\{([^}\n]{1,160})\}|\\\(([^\n\"]{1,160})\)|#\{([^}\n]{1,160})\}|\{([\w.!()\[\]]{1,100})[^}\n]{0,20}\}|\$(\w[\w.]{0,80})"
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MEASURES = frozenset(("count", "size", "length", "len", "id", "ids", "type", "hash", "hashed", "masked", "redacted"))
_MACHINES = frozenset(("ip", "remote", "mac", "host", "port", "server", "listen", "bind", "memory", "ptr", "pointer"))


def kinds_kept_out(said: str) -> tuple[str, ...]:
    """The kinds of data that a phrase names ("message content or email addresses")."""
    return tuple(phrases_in(said, phrase_table("secrets", "logged")))


def logged(fact: Fact, kinds: tuple[str, ...]) -> tuple[str, str]:
    """(what is logged, its kind) for the first such value in a text; ("", "") where there is none."""
    for expression in _expressions(fact):
        words = [part.lower() for part in _PARTS.findall(expression)]
        if not words or words[-1] in _MEASURES or "len" in words[:1]:
            continue
        joined = {first + second for first, second in pairwise(words)}
        for kind in kinds:
            found = _words_of(kind) & {*words, *joined}
            if found and not (found == {"address"} and _MACHINES.intersection(words)):
                return " ".join(expression.split())[:60], kind
    return "", ""


@cache
def _words_of(kind: str) -> frozenset[str]:
    return frozenset(table("secrets")["logged_words"][kind])


def _expressions(fact: Fact) -> Iterator[str]:
    """The values that logging calls are given: arguments, and what is filled into their strings."""
    code = fact.data.get("code")
    bare = (code if isinstance(code, str) and code else fact.value)[:MOST_TEXT]
    offset = fact.data.get("offset") or 0
    strings = [(at - offset, text) for at, text in listed(fact, "strings") if isinstance(text, str)]
    for call in _CALL.finditer(bare):
        end = _end(bare, call.end())
        for argument in re.split(r"[,;{}\n]", bare[call.end() : end]):
            if argument.strip(" )'\"`f"):
                yield argument
        for at, text in strings:
            if call.end() <= at < end:
                for match in _FILLED.finditer(text):
                    yield next(part for part in match.groups() if part)


def _end(text: str, start: int) -> int:
    """Where a call ends whose parenthesis opened before `start`, with the block that follows it on the same line."""
    depth = 1
    for index in range(start, min(len(text), start + LONGEST_CALL)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            line = text.find("\n", index)
            line = len(text) if line < 0 else line
            return min(line, start + LONGEST_CALL) if text[index + 1 : line].lstrip().startswith("{") else index
    return min(len(text), start + LONGEST_CALL)
