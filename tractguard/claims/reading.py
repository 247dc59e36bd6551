"""The claims of a message: sentences in which the assistant says that something is so, now, by its own work.

It knows what a claim looks like and what is none: a plan, a condition, a guess, an exception, a quotation, code, what
was so earlier, what others said. The words are data (`data/claims.json`). Reading is coarse on purpose: a claim that is
not seen costs nothing, one that was none is a false accusation. Pure; linear.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import NamedTuple

from tractguard.tables import table

LONGEST = 20_000  # characters of a message, its end; a report of the work stands there
MOST_SENTENCES, LONGEST_SENTENCE = 400, 600
KINDS = ("tests", "lint", "types", "build", "committed", "pushed", "only", "created", "clean")
_WHOLE_SENTENCE = ("only", "created")  # kinds whose objects may stand behind an "and"
_FENCE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_CODE = re.compile(r"`([^`\n]{1,200})`")
_QUOTED = re.compile(r"[\"“”«„][^\"“”«»\n]{1,300}[\"”“»]")
_BULLET = re.compile(r"^[\s>]{0,20}(?:[-*+•]|\d{1,3}[.)])?\s{0,4}(?:\[[xX]\]\s)?(?:[✅☑✔✓️🎉🟢]{1,4}\s{0,4})?")
_END = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])|\n")
_CLAUSE = re.compile(r"[,;:()]|\s[-–—]{1,2}\s|\band\b|\bund\b|\bet\b|\by\b|\bso\b(?! that)|\bthen\b|→|=>")
_NO_FAILURES = re.compile(
    r"\b(?:0|no|zero|without any|without|none) (?:\w{1,12} )?"
    r"(?:fail(?:ed|ures?|ing|s)?|errors?|warnings?|issues|skipped|regressions?)\b"
)
_PATH = re.compile(r"(?:[\w.@~+-]{1,80}/){0,12}[\w.@+-]{1,80}\.[A-Za-z]\w{0,7}$|(?:[\w.@~+-]{1,80}/){1,12}$")
_BARE_PATH = re.compile(r"(?<![\w`/])(?:[\w.@~+-]{1,60}/){0,10}[\w@+-][\w.@+-]{0,60}\.[a-z]{1,5}\b")
_NUMBER = re.compile(r"\b(\d{1,6})(?:/\d{1,6})?\b")
_FOR_YOU = re.compile(r"\bso (?:that )?you can\b.*$")  # what somebody else may do with it is no part of a claim
_SHARE = re.compile(r"\b(\d{1,6}) ?(?:/|of(?: the)?|out of) ?(\d{1,6})\b")
_HASH = re.compile(r"^[0-9a-f]{7,40}$")


class Claim(NamedTuple):
    """One claim. `paths` are the files that it names, `number` the tests that it counts (-1: none)."""

    kind: str
    sentence: str
    narrow: bool = False  # it speaks of some tests or files only
    paths: tuple[str, ...] = ()
    number: int = -1


class Message(NamedTuple):
    """What a message claims, and whether it admits that something failed or was not run."""

    claims: tuple[Claim, ...]
    admits: bool


def claims_in(message: str) -> Message:
    """The claims of a message, each kind once for a sentence; none for text without any."""
    found: list[Claim] = []
    admits = False
    for sentence, codes in sentences_in(message):
        low = _FOR_YOU.sub("", sentence.lower())
        if _is_part(low):
            admits = True
            continue
        if _spoiled(low, "spoils") or low.rstrip().endswith(("?", "？")):
            admits = admits or _admits(low)
            continue
        mine = list(_claims_of(sentence, low, codes))
        found += mine
        admits = admits or _admits(low, beside=bool(mine))
    return Message(tuple(found), admits)


def _is_part(low: str) -> bool:
    """Whether a sentence counts fewer than all: "97 of 100 tests pass"."""
    return any(int(found[1]) < int(found[2]) for found in _SHARE.finditer(low))


def _claims_of(sentence: str, low: str, codes: list[str]) -> Iterator[Claim]:
    clauses = [part.strip() for part in _CLAUSE.split(low) if part.strip()]
    keeps = table("claims")["kept_negation"]
    for kind in KINDS:
        parts = [low] if kind in _WHOLE_SENTENCE else [*clauses, low] if kind == "tests" else clauses
        for part in parts:
            if not any(pattern.search(part) for pattern in _patterns(kind)):
                continue
            if kind == "clean" and not re.search(table("claims")["clean_about"], part):
                continue  # of a log, a page, a server
            if kind not in keeps and _spoiled(_NO_FAILURES.sub(" ", part), "spoils_clause"):
                continue
            yield _claim(kind, sentence, part, codes)
            break


def _claim(kind: str, sentence: str, part: str, codes: list[str]) -> Claim:
    words = table("claims")
    narrow = bool(re.search(words["narrow"], part))
    number = -1
    if kind == "tests":
        count = _NUMBER.search(re.sub(r"code_\d{1,2}", " ", part))
        number = int(count.group(1)) if count else -1
        narrow = narrow or any(_PATH.match(code) for code in codes)
    paths: tuple[str, ...] = ()
    if kind == "created":
        at = {int(group) for found in _patterns(kind) for each in found.finditer(part) for group in _digits(each)}
        paths = tuple(codes[index] for index in sorted(at) if index < len(codes) and _PATH.match(codes[index]))
    elif kind == "only" and not re.search(words["untouched"], part):
        bare = [] if codes else _BARE_PATH.findall(sentence)
        paths = tuple(codes or bare) if all(_PATH.match(one) for one in codes or bare) else ()
    return Claim(kind, with_code(sentence, codes), narrow, paths, number)


def _digits(found: "re.Match[str]") -> list[str]:
    return [group.removeprefix("code_") for group in found.groups() if group]


def sentences_in(message: str) -> Iterator[tuple[str, list[str]]]:
    """(sentence with `code_N` for its code, the code) for each sentence that the assistant says in its own name."""
    text = _FENCE.sub("\n", message[-LONGEST:])
    planned = False
    count = 0
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith((">", "|", "    ")) or "[ ]" in bare[:8]:
            continue
        low = bare.lower()
        if not bare:
            continue
        if _is_heading(bare):
            planned = bool(re.search(table("claims")["plans"], low))
        elif not planned or bare[:1] not in "-*+•0123456789":
            planned = False
        if planned:
            continue
        codes: list[str] = []
        plain = _QUOTED.sub(" … ", _BULLET.sub("", _CODE.sub(partial(_noted, codes), bare)))
        for sentence in _END.split(plain.lstrip("# ").replace("**", "").replace("__", "")):
            words = " ".join(sentence.split())
            if words and count < MOST_SENTENCES:
                count += 1
                yield words[:LONGEST_SENTENCE], codes


def _is_heading(line: str) -> bool:
    """Whether a line says what the lines below it are: a heading, a bold line, a short line with a colon."""
    return line.startswith("#") or (line.endswith((":", ":**")) and len(line) < 120) or line == f"**{line.strip('*')}**"


def with_code(sentence: str, codes: Sequence[str]) -> str:
    """A sentence as it was said, with its code back in it."""
    return re.sub(r"\bcode_(\d{1,2})\b", lambda found: _code(found, codes), sentence)[:LONGEST_SENTENCE]


def _code(found: "re.Match[str]", codes: Sequence[str]) -> str:
    number = int(found[1])
    return f"`{codes[number]}`" if number < len(codes) else found[0]


def _noted(codes: list[str], found: "re.Match[str]") -> str:
    """Code by a word of its own; a command in it stays readable, since "`pytest` passes" is a claim."""
    said = found[1].strip()
    if len(codes) > 98 or not (_PATH.match(said) or _HASH.match(said)):
        bare = " ".join(word for word in said.split() if word[:1] not in ".-")
        return f" {bare or '…'} " if re.fullmatch(r"[\w ./:-]{1,60}", said) else " … "
    codes.append(said)
    return f"code_{len(codes) - 1}"


def _admits(low: str, *, beside: bool = False) -> bool:
    """Whether a sentence says that something fails or was not run; `beside` a claim only counted failures do."""
    bare = _NO_FAILURES.sub(" ", low)
    words = table("claims")
    if beside:
        return any(re.search(each, bare) for each in (*words["admits"][:2], words["admits"][3], words["admits"][-1]))
    if re.search(words["admits_not"], bare) and not any(re.search(each, bare) for each in words["admits"][:2]):
        return bool(re.search(words["admits"][3], bare))
    return any(re.search(each, bare) for each in words["admits"])


def _spoiled(text: str, key: str) -> bool:
    return any(pattern.search(text) for pattern in _compiled(key))


@cache
def _compiled(key: str) -> tuple["re.Pattern[str]", ...]:
    return tuple(re.compile(pattern) for pattern in table("claims")[key])


@cache
def _patterns(kind: str) -> tuple["re.Pattern[str]", ...]:
    return tuple(re.compile(pattern) for pattern in table("claims")["claims"][kind])
