"""Commands put right: the same said with the right program, prefix, runner or flag; nothing where that is not certain.

It knows the table of translations (`rules_tools.json`), and how a prefix that was named ("use `A` instead of `B`") is
exchanged for another. It refuses to touch words that it does not know the place of, and flags that it does not know.
"""

from collections.abc import Sequence

from tractguard.model import UNKNOWN, Fact, Fix
from tractguard.rules.programs import (
    argv_of,
    fits,
    has_flag,
    listed,
    pattern,
    program_of,
    purposes_of_text,
    split_runner,
    weight,
)
from tractguard.rules.words import table

MOST_WORDS = 8  # of a command that stands for another: more is a sentence


def is_command(said: str, known: str = "") -> bool:
    """Whether `said` is a command rather than words for people. `known`: a command of the same sentence."""
    words = said.strip("`").split()
    if not words or len(words) > MOST_WORDS or any(mark in said for mark in "|;&<>$,"):
        return False
    first = words[0]
    if first.startswith("./") or first.endswith((".sh", ".py", ".js", ".mjs")) or program_of(first) in _programs(known):
        return True
    return first in table("tools")["openers"] or bool(purposes_of_text(said))


def _programs(said: str) -> tuple[str, ...]:
    return (pattern(said).program,) if said else ()


def exchanged(fact: Fact, said: str, use: str) -> tuple[Fix, ...]:
    """The words of the command prefix `said` exchanged for `use`, what follows left as it is; () where not certain."""
    argv = argv_of(fact)
    spans = listed(fact, "word_spans") or _spans(fact, argv)
    plain = " ".join(word for word in _plain(use).split() if word not in ("...", "…"))
    if not plain or not is_command(plain, said) or not fact.field or len(spans) != len(argv):
        return ()
    runner, inner = split_runner(plain)
    if runner and inner == said and fits(said, argv):
        return put_in_front(fact, runner)
    wanted, target = pattern(said), pattern(plain)
    if wanted.program == target.program and wanted.words == target.words:
        return _flags_exchanged(fact, argv, spans, wanted.flags, target.flags)
    if wanted.flags or wanted.without:
        return ()
    size = _prefix(argv, wanted.program, tuple(word for word in wanted.words if word[:1] not in "<[{"))
    first, last = (spans[0], spans[size - 1]) if size else (None, None)
    return (Fix(fact.field, first[0], last[1], plain),) if first and last else ()


def _prefix(argv: tuple[str, ...], program: str, words: tuple[str, ...]) -> int:
    """How many words of `argv` the plain words take that stand together at its front; 0 where they do not."""
    if program_of(argv[0]) != program:
        return 0
    size = 1
    if program == "cargo" and argv[1:2] and argv[1].startswith("+"):
        size = 2  # the toolchain belongs to cargo
    end = size + len(words)
    return end if argv[size:end] == words else 0


def _flags_exchanged(
    fact: Fact,
    argv: tuple[str, ...],
    spans: Sequence[tuple[int, int] | None],
    wrong: tuple[str, ...],
    right: tuple[str, ...],
) -> tuple[Fix, ...]:
    """One flag in the place of another: only where each stands alone, and what is left out is nothing else."""
    if len(wrong) != 1 or len(right) > 1:
        return ()
    places = [index for index, word in enumerate(argv) if index and _is_flag(wrong[0], word, argv[0])]
    if len(places) != 1:
        return ()
    span, before = spans[places[0]], spans[places[0] - 1]
    if span is None or before is None:
        return ()
    if right:
        return (Fix(fact.field, span[0], span[1], right[0]),)
    return (Fix(fact.field, before[1], span[1], ""),)


def _is_flag(flag: str, word: str, program: str) -> bool:
    return word == flag or (word.startswith("-") and "=" not in word and has_flag(flag, frozenset((word,)), program))


def put_in_front(fact: Fact, words: str) -> tuple[Fix, ...]:
    """A runner in front of the program: `RAILS_ENV=test rspec` is `RAILS_ENV=test bundle exec rspec`."""
    spans = listed(fact, "word_spans") or _spans(fact, argv_of(fact))
    if not spans or spans[0] is None or not fact.field:
        return ()
    return (Fix(fact.field, spans[0][0], spans[0][0], words + " "),)


def put_behind(fact: Fact, run: str, words: str) -> tuple[Fix, ...]:
    """A flag behind the words that say what is run: `go test ./...` is `go test -tags x ./...`."""
    argv = argv_of(fact)
    spans = listed(fact, "word_spans") or _spans(fact, argv)
    size = fits(run, argv)
    last = spans[size - 1] if size and len(spans) >= size else None
    if last is None or not fact.field:
        return ()
    end = last[1]
    return (Fix(fact.field, end, end, " " + words),)


def one_of(use: Sequence[str], said: str, patterns: Sequence[str]) -> str:
    """The right command for a wrong one: its partner where both lists are as long, else the only one; ""."""
    if len(use) == len(patterns) and said in patterns:
        return use[patterns.index(said)]
    return use[0] if len(use) == 1 else ""


def extended(said: str, runs: Sequence[str]) -> tuple[str, ...]:
    """The one prescribed command that has all words of a forbidden one and more (`bun test`, `bun bd test`)."""
    words = [word for word in said.split() if word[:1] not in "<[{"]
    longer = [
        run
        for run in map(_plain, runs)
        if (split_runner(run)[1] == said or run.split()[:1] == words[:1] != []) and _holds(run.split(), words)
    ]
    least = min(map(len, map(str.split, longer)), default=0)
    best = dict.fromkeys(run for run in longer if len(run.split()) == least)
    return tuple(best) if len(best) == 1 else ()


def _plain(run: str) -> str:
    return " ".join(word for word in run.strip("`").split() if word[:1] not in "<[{")


def _holds(longer: list[str], words: list[str]) -> bool:
    """Whether words stand among others, in their order, and there are others."""
    rest = iter(longer)
    return len(longer) > len(words) and all(word in rest for word in words)


def says_more(use: str, said: str) -> bool:
    """Whether a command is at least as narrow as another: `bun bd test` is, beside `bun`."""
    return weight(use) >= weight(said)


def translation(fact: Fact, use: str) -> tuple[Fix, ...]:
    """The fix that says the same with the program `use`, or () where that is not certain."""
    argv = argv_of(fact)
    spans = listed(fact, "word_spans") or _spans(fact, argv)
    target = pattern(use).program
    if fits("pip install", argv) and use.split()[1:2] == ["add"]:
        fixed = _translated("pip install *", use, argv, spans, fact.field)
        if fixed:
            return fixed
    for said, other in table("tools")["translations"].get(f"{program_of(argv[0])}>{target}", ()):
        fixed = _translated(said, other, argv, spans, fact.field)
        if fixed:
            return fixed
    return ()


def _spans(fact: Fact, argv: tuple[str, ...]) -> list[tuple[int, int] | None]:
    """Where the words of a command stand that is written plainly into a file; [] where that is not certain."""
    if fact.span is None or " ".join(argv) != fact.value:
        return []
    found: list[tuple[int, int] | None] = []
    at = fact.span[0]
    for word in argv:
        found.append((at, at + len(word)))
        at += len(word) + 1
    return found


def _translated(
    said: str, other: str, argv: tuple[str, ...], spans: Sequence[tuple[int, int] | None], field: str
) -> tuple[Fix, ...]:
    """One row of the table against the words: the row's bare words stand first and together, a trailing "*" asks for
    an argument, a trailing "$" for none, a trailing "+" for names of packages and nothing else. Any flag that the row
    does not know makes it uncertain."""
    words = said.split()
    mark = words.pop() if words[-1] in ("*", "$", "+") else ""
    size = len(words)
    if (program_of(argv[0]), *argv[1:size]) != tuple(words) or len(spans) < len(argv):
        return ()
    rest = argv[size:]
    arguments = [word for word in rest if not word.startswith("-")]
    if (mark == "*" and not arguments) or (mark == "$" and arguments):
        return ()
    if mark == "+" and not (rest and all(word[0].isalpha() and "/" not in word for word in rest if word)):
        return ()
    flags = table("tools")["translated_flags"].get(f"{words[0]}>{other.split()[0]}", {})
    first, last = spans[0], spans[size - 1]
    if first is None or last is None or not field:
        return ()
    fixes = [Fix(field, first[0], last[1], other)]
    for index, word in enumerate(rest, size):
        if not word.startswith("-") or word in ("--",):
            if word == "--":
                break
            continue
        if word not in flags or UNKNOWN in word:
            return ()
        span = spans[index]
        if span is None:
            return ()
        if flags[word] != word:
            fixes.append(Fix(field, span[0], span[1], flags[word]))
    return tuple(fixes)
