"""Commands and programs that a sentence excludes without code marks: "never run npm audit fix", "never use sed".

It knows the shape of a command in plain words and the programs of the tables. A word that is also an ordinary one is a
program only where the sentence tells to run or use it.
"""

import re
from typing import NamedTuple

from tractguard.instructions.constraints.choices import qualifies, tools_at
from tractguard.instructions.constraints.lists import listed_programs
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import pattern, programs, section
from tractguard.instructions.patterns import lazy
from tractguard.tables import table

_UNMARKED = lazy(  # a command in plain words: "never run npm audit fix"
    r"\b(?:run|use|using|running|do|execute|call|or|and|,)\s+((?:npm|pnpm|yarn|bun|git|docker|cargo|prisma"
    r"|npx|pip|rails|kubectl|terraform|python|gh|uv|poetry|sudo|supabase|firebase|bundle|flutter|dart"
    r"|dotnet|mvn|gradle|alembic|helm|aws|gcloud|wrangler|vercel|heroku|composer|php|mix|brew|apt"
    r"|systemctl|pm2|tsc|jest|vitest|pytest|playwright|pre-commit|eslint|prettier|ruff)"
    r"(?: (?:run )?[a-z-]+){1,3})(?=[,.;:)!]|$"
    r"| (?:against|on|in|unless|ever|without|for|yourself|because|as|to|myself|or|and|directly"
    r"|manually)\b)",
    needs=(
        "npm|yarn|bun|git|docker|cargo|prisma|npx|pip|rails|kubectl|terraform|python|gh|uv|poetry|sudo"
        "|supabase|firebase|bundle|flutter|dart|dotnet|mvn|gradle|alembic|helm|aws|gcloud|wrangler|vercel"
        "|heroku|composer|php|mix|brew|apt|systemctl|pm2|tsc|jest|vitest|pytest|playwright"
        "|pre-commit|eslint|prettier|ruff"
    ),
)
_NO_COMMAND = lazy(r"\b(?:are|is|be|must|should|may|can|not|never|was|were)\b")
_TOLD = lazy(
    r"(?:^|[,/(:]|\b(?:use|used|using|run|running|execute|call|with|via|no|never|not|of|and|or|nor|direct))\W{0,3}$"
)
_SYSTEM_WIDE = lazy(
    r"\binstall\w* (?!globally)[^.;,]{0,40}?\b(?:system-?wide|globally|machine-wide|on the (?:host(?: system"
    r"| machine)?|system))\b"
    r"|\binstall\w* [^.;,]{0,30}?(?:to|into|in) (?:the )?system(?: python)?(?=[.,;]|$)"
    r"|\bsystem-?wide (?:packages?|installs?|installations?|tools?)\b"
    r"|\bglobal (?:javascript |js |npm |node )?(?:dependencies|packages|installs?|installations?)(?=[.,;]|$)",
    needs="system|global|machine-wide|host",
)
_PASSIVE = lazy(  # "init-db --force must never be run"
    r"(?:^|[.;]\s)\W{0,3}([a-z][\w./-]{1,40}(?: [a-z][\w-]{1,20}){0,2}(?: --?[a-z][\w=-]{0,30}){1,4})"
    r" (?:must|should|may|can|shall)(?:not| not| never) (?:ever )?be (?:run|used|executed|called|invoked)\b",
    needs=" be ",
)
_PASSIVE_PROGRAM = lazy(  # "make clean-all must never be run"
    r"(?:^|[.;]\s)\W{0,3}(([a-z][\w.-]{0,30})(?: [a-z][\w:./-]{1,40}){1,3}) (?:must|should|may|can|shall)"
    r"(?:not| not| never) (?:ever )?be (?:run|executed|invoked)\b",
    needs=" be ",
)
_ALL_OF_ONE = lazy(
    r"\b(?:run|execute|use|issue|no|any|do)(?: any| a| the)? ([a-z][\w.-]*) commands?\b"
    r"(?! (?:that|which|like|with|without|to|in|on|for|such)\b)"
)
_AT = lazy(r"\b(?:to|from|on|in|into|onto|at|for|by) (?:the )?`?$")  # "publish to npm" does not exclude npm
_QUALIFIES = lazy(
    r"`? (?:v?\d|(?:installations?|versions?|binar(?:y|ies)|projects?|packages?|servers?|apps?|modules?)\b)"
)
_FLAGS = lazy(r"(?: --?[a-z0-9][\w-]*)+")  # "pkill -f" is narrower than "pkill"


class Named(NamedTuple):
    """Commands that one place of the sentence excludes: their prefixes, and where they are named."""

    patterns: list[str]
    at: int
    end: int


def in_words(said: Sentence, asked: tuple[int, int]) -> list[Named]:
    """Commands without marks: "never run npm audit fix", "init-db --force must never be run"."""
    found = [
        Named(with_synonyms(_cased(said, match.start(1), _trim(match.group(1)))), match.start(1), match.end(1))
        for match in _UNMARKED.finditer(said.bare)
        if said.sign(match.start(1)) == "-" and not _NO_COMMAND.search(match.group(1))
    ]
    found += [
        Named([said.text[match.start(1) : match.end(1)]], match.start(1), match.end())
        for match in _PASSIVE.finditer(said.bare)
    ]
    found += [
        Named(with_synonyms(said.text[match.start(1) : match.end(1)]), match.start(1), match.end())
        for match in _PASSIVE_PROGRAM.finditer(said.bare)
        if match.group(2) in programs()
    ]
    found += [Named(list(names), at, end) for names, at, end in listed_programs(said)]
    wide = _SYSTEM_WIDE.search(said.bare)
    if wide and said.sign(wide.start()) == "-":
        commands = list(section("command_phrases")["install globally"])
        if "python" in wide.group():
            commands = ["sudo pip install", "pip install --break-system-packages"]
        elif "global" not in wide.group():
            commands += section("command_phrases")["install system-wide"]
        found.append(Named(commands, wide.start(), wide.end()))
    found += [
        Named([match.group(1)], match.start(1), match.end())
        for match in _ALL_OF_ONE.finditer(said.bare)
        if match.group(1) in programs() and said.sign(match.start(1)) == "-"
    ]
    return [named for named in found if not asked[0] <= named.at <= asked[1]]


def bare_tools(said: Sentence, asked: tuple[int, int]) -> list[Named]:
    """Tools without marks: "never use npm"; not where something is published to one."""
    if not re.search(
        r"\b(?:use|used|run|using|install with|never|no|forbidden|banned|prohibited|allowed)\b", said.bare
    ):
        return []
    libraries = {t for f in table("tools")["families"].values() if f.get("kind") == "library" for t in f["tools"]}
    return [
        Named([tool], at, end)
        for tool, at, end in tools_at(said)
        if tool not in libraries
        and tool in programs()
        and not _AT.search(said.low[max(0, at - 12) : at])
        and not _QUALIFIES.match(said.bare, end)
        and not qualifies(said.bare[end : end + 30].lstrip("`"))
        and not any(code.start <= at < code.end and " " in code.text for code in said.codes)
        and _TOLD.search(said.low[:at][-16:])
        and said.sign(at) == "-"
        and not asked[0] <= at <= asked[1]
    ]


def bare_programs(said: Sentence, asked: tuple[int, int]) -> list[Named]:
    """Programs without marks: "never use sed or awk to edit files"."""
    found = []
    for match in pattern("bare_programs").finditer(said.bare):
        ahead = said.bare[max(0, match.start() - 16) : match.start()]
        told = re.search(r"\b(?:run|use|using|running|execute|with|via|or|and|no|never|call)\s$|[,/]\s?$", ahead)
        if match.group() in section("verbs_too") and re.search(r"\b(?:never|no|not|don't|dont)\s$", ahead):
            continue  # "never kill processes" speaks of an action, not of the program
        if told and said.sign(match.start()) == "-" and not asked[0] <= match.start() <= asked[1]:
            flags = _FLAGS.match(said.bare, match.end())
            end = flags.end() if flags else match.end()
            found.append(Named([said.bare[match.start() : end]], match.start(), end))
    return found


def _cased(said: Sentence, at: int, words: str) -> str:
    """Lower-case words with their flags as they were written: `git -C` is not `git -c`."""
    written = said.text[at : at + len(words)].split(" ")
    return " ".join(
        mark if mark.startswith("-") else word for word, mark in zip(words.split(" "), written, strict=False)
    )


def _trim(words: str) -> str:
    return re.sub(
        r" (?:against|on|in|unless|ever|without|for|yourself|because|as|to|or|and|directly|manually|command"
        r"|commands)\b.*$",
        "",
        words,
    )


def with_synonyms(text: str) -> list[str]:
    for group in section("same_commands"):
        if text in group:
            return [text, *(item for item in group if item != text)]
    return [text]
