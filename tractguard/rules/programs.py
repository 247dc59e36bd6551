"""Commands as rules compare them: patterns against words, what only looks, what a command is for, translations.

It knows words and flags in any order, the spellings that mean one thing (`npm i`, `npm install`; `python -m pip`,
`pip3`), and the tables in `rules_tools.json`. It refuses to parse a shell: that is done when facts are gathered.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tractguard.model import UNKNOWN, Fact
from tractguard.rules.argv import argv_of as argv_of  # handed on: who compares commands asks here
from tractguard.rules.argv import program_of as program_of
from tractguard.rules.argv import views as views
from tractguard.rules.words import phrase_table, phrases_in, table, tokens

if TYPE_CHECKING:
    from tractguard.rules.crossref import Call

# Compiled on first use: most calls concern no instruction that names a command.
_HOLE = r"^(<.*>|\[.*\]|\.\.\.|…|\*|\{.*\}|X|N)$"
_FILE = r"(?i)^[<\[{]?(?:(?:the|any|a|your)[-_ ]?)?(?:file|path|script)s?(?:[-_ ]?(?:name|path))?[>\]}]$"
_ASSIGNED = r"^([A-Za-z_]\w*)=(.*)$"
_HOLES = frozenset("<[.…*{XN")  # what a hole begins with
FETCHERS = frozenset(("WebFetch", "WebSearch", "curl", "wget", "http", "https", "httpie", "xh", "aria2c", "fetch"))


class Pattern(NamedTuple):
    """A command prefix in parts: the program, bare words in order, flags in any place, flags that must be missing."""

    program: str
    words: tuple[str, ...]
    flags: tuple[str, ...]
    without: tuple[str, ...]


@lru_cache(maxsize=1024)
def pattern(text: str) -> Pattern:
    """A command prefix as a person writes it: "git push --force", "gh pr view without --comments", "npm run <x>"."""
    text = text.strip().strip("`").strip()
    text = text[1:-1] if text[:1] == text[-1:] and text[:1] in ("'", '"') else text
    text, _, missing = text.partition(" without ")
    words = re.findall(r"\"[^\"]*\"|'[^']*'|\S+", text) if '"' in text or "'" in text else text.split()
    if not words:
        return Pattern("", (), (), ())
    if words[0] in ("python", "python3") and words[1:2] == ["-m"] and len(words) > 2:
        bare: list[str] = ["-m " + words[2]]
        rest = words[3:]
    else:
        bare, rest = [], words[1:]
    flags = tuple(word for word in rest if word.startswith("-") and len(word) > 1)
    bare += [word.strip("\"'") for word in rest if not (word.startswith("-") and len(word) > 1)]
    file = len(bare) == 1 and bool(re.match(_FILE, bare[0]))  # "bun <file>" is not every use of bun
    while bare and _is_hole(bare[-1]) and not file:
        bare.pop()
    return Pattern(program_of(words[0]), tuple(bare), flags, tuple(missing.replace("`", "").split()))


def fits(said: str, argv: Sequence[str]) -> int:
    """How many leading words of `argv` the prefix `said` takes; 0 where it does not fit. Flags count in any place."""
    wanted = pattern(said)
    if not wanted.program or not argv:
        return 0
    words = tuple(argv)
    leads = _leads(wanted)
    if leads and leads.isdisjoint(_present(words)):
        return 0
    for view, size in views(words):
        if view[0] == wanted.program:
            taken = max([_fits(one, view) for one in _spellings(wanted)])
            if taken:
                return taken - 1 + size
    if wanted.words[:1] and wanted.words[0].startswith("-m "):  # python -m pytest
        module = wanted.words[0][3:]
        if program_of(words[0]) == "python" and words[1:3] == ("-m", module):
            tail = _fits(Pattern(module, wanted.words[1:], wanted.flags, wanted.without), (module, *words[3:]))
            return tail + 2 if tail else 0
    return 0


@lru_cache(maxsize=1024)
def _leads(wanted: Pattern) -> frozenset[str]:
    """Words of which a command that fits has one; none where that cannot be told."""
    firsts = [one.words[0] if one.words else "" for one in _spellings(wanted)]
    if any(not word or "/" in word or "*" in word or " " in word or _is_hole(word) for word in firsts):
        return frozenset()
    return frozenset(firsts)


@lru_cache(maxsize=256)
def _present(argv: tuple[str, ...]) -> frozenset[str]:
    """The words of a command in all ways to read it, of paths their first part too."""
    words = {word for view, _ in views(argv) for word in view}
    return frozenset((*words, *(word.partition("/")[0] for word in words)))


@lru_cache(maxsize=512)
def _spellings(wanted: Pattern) -> tuple[Pattern, ...]:
    """A pattern and its long form: `npm start` is `npm run start`."""
    short = table("tools")["subcommands"].get(wanted.program, {})
    if wanted.words and wanted.words[0] in short:
        return (wanted, wanted._replace(words=(*short[wanted.words[0]].split(), *wanted.words[1:])))
    return (wanted,)


def _fits(wanted: Pattern, view: tuple[str, ...]) -> int:
    if wanted.program != view[0] or (wanted.words and wanted.words[0].startswith("-m ")):
        return 0
    taking = _value_flags(wanted.program)
    taken, left = 1, list(wanted.words)
    index = 1
    while left and index < len(view):
        word = view[index]
        if word == "--" or (word.startswith("-") and len(word) > 1):
            index += 2 if word in taking else 1
            continue
        if word.startswith("+") and wanted.program == "cargo":
            index += 1
            continue
        if not (_filled(left[0], word) if _is_hole(left[0]) else _same_word(left[0], word)):
            return 0
        left.pop(0)
        index += 1
        taken = index
    if left:
        return 0
    if not wanted.flags and not wanted.without:
        return taken
    present = flags_of(view, beyond="--" in wanted.flags)
    if not all(has_flag(flag, present, view[0]) for flag in wanted.flags):
        return 0
    if wanted.without and any(has_flag(flag, present, view[0]) for flag in wanted.without):
        return 0
    return taken


@cache
def _value_flags(program: str) -> frozenset[str]:
    return frozenset(table("tools")["value_flags"].get(program, ()))


def _is_hole(word: str) -> bool:
    """Whether a word of a pattern stands for any word."""
    return word[:1] in _HOLES and re.match(_HOLE, word) is not None


def _filled(hole: str, word: str) -> bool:
    """Whether a word may stand where a pattern leaves a hole: anything, but for a file something like a path."""
    return not re.match(_FILE, hole) or "/" in word or "." in word[1:]


def _same_word(wanted: str, word: str) -> bool:
    """Whether a bare word is the wanted one: itself, what a trailing star covers, or a path below it."""
    if wanted == word or wanted.rstrip("/") == word.rstrip("/"):
        return True
    below = len(wanted) > 2 and word.startswith(wanted.rstrip("/") + "/")
    return below or (wanted.endswith("*") and word.startswith(wanted[:-1]))


def prescribed(said: str, fact: Fact) -> bool:
    """Whether a command is what was asked for: its words, the variables in front, the runner that it goes through."""
    named, words = variables_of(said)
    env = fact.data.get("env")
    have = env if isinstance(env, Mapping) else {}
    if any(have.get(name) != value for name, value in named.items()):
        return False
    runner, inner = split_runner(" ".join(words))
    argv = argv_of(fact)
    through = {program_of(str(one).split()[0]) for one in listed(fact, "wrappers") if str(one).split()}
    return bool(fits(" ".join(words), argv)) or (
        bool(runner) and program_of(runner.split()[0]) in through and bool(fits(inner, argv))
    )


def variables_of(said: str) -> tuple[dict[str, str], list[str]]:
    """The variables in front of a command, and its words without them."""
    words, named = said.strip("`").split(), {}
    while words and (found := re.match(_ASSIGNED, words[0])):
        named[found.group(1)] = found.group(2)
        words.pop(0)
    return named, words


def weight(said: str) -> int:
    """How much a command says: its words without holes. The one that says more is the narrower."""
    return sum(not _is_hole(word) for word in said.strip("`").split())


def split_runner(said: str) -> tuple[str, str]:
    """The runner in front of a command, and the command ("bundle exec", "rspec"); ("", said) where there is none."""
    words = said.split()
    for runner in table("tools")["runners"]:
        parts = runner.split()
        if words[: len(parts)] != parts:
            continue
        size = len(parts)
        if words[size - 1] in ("exec", "run") and parts[0].startswith("docker"):  # then flags and the container's name
            while size < len(words) and words[size].startswith("-"):
                size += 1
            size += 1
        if size < len(words):
            return " ".join(words[:size]), " ".join(words[size:])
    return "", said


def flags_of(view: Sequence[str], beyond: bool = False) -> frozenset[str]:
    """The flags among words: long ones without their value, short ones also taken apart (`-rf` is `-r` and `-f`).

    Those behind a `--` are another program's; `beyond` counts them too.
    """
    found = set()
    for word in view[1:]:
        if word == "--":
            found.add(word)
            if not beyond:
                break
            continue
        if not word.startswith("-") or len(word) < 2:
            continue
        name = word.partition("=")[0]
        found.add(name)
        if not word.startswith("--") and name[1:].isalpha() and len(name) <= 6:
            found.update("-" + letter for letter in name[1:])
    return frozenset(found)


def has_flag(flag: str, present: frozenset[str], program: str) -> bool:
    """Whether `flag` or another spelling of it for this program (`-A`, `--all`) is present."""
    name = flag.partition("=")[0]
    if name in present:
        return True
    return any(name in group and not present.isdisjoint(group) for group in _synonyms(program))


@cache
def _synonyms(program: str) -> tuple[frozenset[str], ...]:
    flags = table("tools")["flag_synonyms"]
    return tuple(frozenset(group) for group in (*flags.get(program, ()), *flags["*"]))


def listed(fact: Fact, key: str) -> tuple[Any, ...]:
    """A list of a fact's data as a tuple; () for anything else."""
    found = fact.data.get(key)
    return tuple(found) if isinstance(found, (list, tuple)) else ()


def commands(call: "Call", *more: str) -> Iterator[Fact]:
    """The commands of a call, each once: the module behind `python -m` is read out of the command that runs it."""
    for fact in call.of("command", *more):
        wrappers = listed(fact, "wrappers")
        if not (wrappers and str(wrappers[-1]).startswith("python") and str(wrappers[-1]).endswith(" -m")):
            yield fact


def only_looks(fact: Fact) -> bool:
    """Whether a command shows help, a version or a plan, and so does nothing that a rule excludes."""
    if fact.data.get("dry_run") or fact.data.get("help"):
        return True
    argv = argv_of(fact)
    return len(argv) == 2 and argv[1] in ("--version", "-V", "-v", "version", "--help", "-h", "help")


def reads(fact: Fact) -> bool:
    """Whether a package manager or the like is only asked something (`npm view`, `pip list`)."""
    argv = argv_of(fact)
    looks = table("tools")["looks"].get(program_of(argv[0]), ())
    if f"{program_of(argv[0])} {' '.join(argv[1:])} $" in looks:  # a program that lists when it is given nothing
        return True
    return any(fits(said, argv) for said in looks) or any(
        fits(said, argv) for view, _ in views(argv) for said in table("tools")["looks"].get(view[0], ())
    )


def scratch(words: Sequence[str]) -> bool:
    """Whether every path among words lies in a temporary or a usual build folder, so that nothing of worth is lost."""
    paths = [word for word in words if not word.startswith("-")]
    return bool(paths) and all(is_scratch(path) for path in paths)


def is_scratch(path: str) -> bool:
    """Whether a path lies in a temporary folder or below a usual build folder."""
    if UNKNOWN in path or ".." in path:
        return False
    usual = table("actions")["scratch"]
    return path.startswith(("/tmp/", "/var/tmp/", "$TMPDIR/")) or any(part in usual for part in path.split("/"))


def indirect(fact: Fact) -> bool:
    """Whether a command was found behind another one (a script, a package script, a make target), not said here."""
    return not fact.field and fact.span is None and not any(listed(fact, "word_spans"))


def purposes(fact: Fact) -> Iterator[tuple[str, str]]:
    """What a command is for, as (purpose, ecosystem): ("test", "js"). An ecosystem "" means any."""
    argv = argv_of(fact)
    programs = {view[0] for view, _ in views(argv)}
    index = _purpose_index()
    for program in sorted(programs):
        for purpose, ecosystem, said in index.get(program, ()):
            if fits(said, argv):
                yield purpose, ecosystem


@cache
def _purpose_index() -> Mapping[str, tuple[tuple[str, str, str], ...]]:
    """Program -> (purpose, ecosystem, command). Built at each start of a hook, so it only splits words."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for purpose, ecosystems in table("tools")["purposes"].items():
        for ecosystem, commands_of in ecosystems.items():
            for said in commands_of:
                row = (purpose, ecosystem, said)
                words = said.split(None, 3)
                found.setdefault(words[0], []).append(row)
                if words[1:2] == ["-m"]:
                    found.setdefault(words[2], []).append(row)
    return {name: tuple(rows) for name, rows in found.items()}


def ecosystems_of(program: str) -> frozenset[str]:
    """The ecosystems that the table of purposes knows a program in."""
    return frozenset(ecosystem for _, ecosystem, _ in _purpose_index().get(program, ()) if ecosystem)


def purposes_of_text(said: str) -> list[tuple[str, str]]:
    """What a prescribed command ("bun test") is for, by the same table."""
    return list(purposes(Fact("command", value=said, data={"argv": tuple(said.split())})))


def alternatives(use: str) -> tuple[str, ...]:
    """The other tools of the same kind as `use` ("pnpm" → npm, yarn, bun), for a person who named only one."""
    program = pattern(use).program
    found: list[str] = []
    for group in table("tools")["groups"]:
        if program in group:
            found += [name for name in group if name != program and name not in found]
    return tuple(found)


def spelled(words: Iterable[str]) -> str:
    """Words as one line, for a sentence."""
    return " ".join(words).replace(UNKNOWN, "…")


def same_host(said: str, host: str) -> bool:
    """Whether `host` is the said domain or one below it."""
    name = said.lower().strip().partition("://")[2] or said.lower().strip()
    name = name.partition("/")[0].removeprefix("*.").removeprefix("www.")
    return bool(name) and (host.removeprefix("www.") == name or host.endswith("." + name))


def kinds_meant(said: str) -> list[str]:
    """The purposes that words name ("local builds", "build tools or tests"); none for a command or more words."""
    words = re.findall(r"\S+", said.lower())
    if not words or len(words) > 5 or purposes_of_text(said) or words[0] in table("tools")["openers"]:
        return []
    meant = set(tokens(" or ".join(table("tools")["vague_words"])))
    known = {word for phrase in phrase_table("tools", "purpose_words") for word in phrase}
    if any(word not in known | meant for word in tokens(said)) or not all(word.isalnum() for word in words):
        return []
    return phrases_in(said, phrase_table("tools", "purpose_words"))
