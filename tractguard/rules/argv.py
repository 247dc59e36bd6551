"""A command as rules read it: the plain name of its program, its words, and the ways in which they may be read.

On the path of every shell call, so it knows no pattern and no purpose: those are in `programs`.
"""

import posixpath
from functools import lru_cache

from tractguard.model import Fact
from tractguard.rules.words import table

_VERSIONED = frozenset(("python", "pip", "node", "ruby", "php", "gcc", "clang", "java", "lua", "perl", "go", "pytest"))
_NAMES = {
    "maven": "mvn", "ripgrep": "rg", "golangci": "golangci-lint", "opentofu": "tofu", "kubernetes": "kubectl",
    "nodejs": "node", "yarnpkg": "yarn",
}  # fmt: skip
MOST_WORDS = 400  # of one command that are compared: the rest are arguments


def program_of(word: str) -> str:
    """The plain name of a program: no folder, no `.exe`, no version (`/usr/bin/python3.12` is `python`)."""
    name = posixpath.basename(word.replace("\\", "/")) or word
    for tail in (".exe", ".cmd", ".bat"):
        name = name.removesuffix(tail)
    name = _NAMES.get(name, name)
    if name[-1:].isdigit() or name[-1:] == ".":
        bare = name.rstrip("0123456789.").removesuffix("-")
        return bare if bare in _VERSIONED else name
    return name


def argv_of(fact: Fact) -> tuple[str, ...]:
    """The words of a command fact, program first; from its text where the fact carries no words."""
    words = fact.data.get("argv")
    if isinstance(words, (list, tuple)) and words:
        return tuple(str(word) for word in words[:MOST_WORDS])
    return tuple(fact.value.split()[:MOST_WORDS]) or (fact.name,)


@lru_cache(maxsize=256)
def views(argv: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], int], ...]:
    """The ways to read one command, each with how many of the real words its program takes.

    (("python", "-m", "pip", "install"), 1) is also (("pip", "install"), 3); `npm test` is also `npm run test`.
    """
    if not argv:
        return ()
    program = program_of(argv[0])
    rest = argv[1:]
    found = [((program, *rest), 1)]
    if program == "python" and len(rest) > 1 and rest[0] == "-m":
        found.append(((program_of(rest[1]), *rest[2:]), 3))
    short = table("tools")["subcommands"].get(program, {})
    if rest and rest[0] in short:
        found.append(((program, *short[rest[0]].split(), *rest[1:]), 1))
    if not rest and "" in short:
        found.append(((program, *short[""].split()), 1))
    return tuple(found)
