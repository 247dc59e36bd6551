"""Steps that an order speaks of, as what they leave behind in a history of calls: commands, files read or changed."""

import re
from typing import NamedTuple

from tractguard.rules.programs import purposes_of_text
from tractguard.rules.words import changes, pathlike, paths_in, phrase_table, phrases_in, table

_READ = re.compile(r"\b(?:read|consult|check|review|look at|study|see)\w*\b", re.IGNORECASE)
_RUN = re.compile(r"\b(?:run|runs|ran|running|execute\w*|call\w*|invoke\w*)\b", re.IGNORECASE)
_LEAD = re.compile(
    r"^(?:please |always |must |first |to )*(?:run|running|execute|executing|use|using|call|do|with)\s+", re.IGNORECASE
)
_OUTCOME = re.compile(
    r"\s(?:(?:must|should|has to|have to|needs? to) )?(?:pass|passes|succeeds?|be (?:clean|green|run))$"
)
_AND = re.compile(r",\s|\s(?:and|&|then)\s")
_TICKS = re.compile(r"`([^`]{2,120})`")


class Step(NamedTuple):
    """What would show that something was done: commands, purposes, files read, files changed."""

    commands: tuple[str, ...]
    purposes: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]

    def known(self) -> bool:
        return any(self)


def step(text: str) -> Step:
    """What a phrase ("run `cargo fmt`", "run the tests", "read docs/") leaves behind when it is done."""
    said = text.strip()
    marked = [one.strip() for one in _TICKS.findall(said)]
    run = bool(_RUN.search(said))
    commands = [
        one for one in marked if " " in one or purposes_of_text(one) or not pathlike(one) or (run and _script(one))
    ]
    named = paths_in(said)
    if _READ.search(said) and named:
        return Step((), (), named, ())
    bare = _LEAD.sub("", said.strip("`")).strip("` ")
    bare = _OUTCOME.sub("", bare)
    short = [name for part in _AND.split(bare.lower()) if (name := table("tools")["short_names"].get(part))]
    if short:
        return Step(tuple(short), (), (), ())
    kinds = tuple(phrases_in(said, phrase_table("tools", "purpose_words")))
    if (
        not marked
        and bare
        and (
            purposes_of_text(bare) or _commandlike(bare) or ((run or bare == said) and pathlike(bare) and _script(bare))
        )
    ):
        return Step((bare,), (), (), ())
    if commands:
        return Step(tuple(commands), (), (), ())
    if kinds:
        return Step((), tuple(one for one in kinds if one != "install"), (), ())
    return Step((), (), (), named if changes(said) else ())


def _script(path: str) -> bool:
    """Whether a path is a program of the project that can be run."""
    return path.endswith((".sh", ".ps1", ".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".php")) or path.startswith(
        ("./", "scripts/", "script/", "bin/", "tools/")
    )


def _commandlike(text: str) -> bool:
    """Whether a phrase is a command: it opens with a known program, or a short one with a usual subcommand."""
    words = text.split()
    if not 1 < len(words) < 8:
        return False
    tools = table("tools")
    known = words[0] in tools["openers"] or words[0].startswith("./")
    return known or (
        len(words) < 5 and words[1] in tools["usual_subcommands"] and words[0].islower() and words[0] not in _VERBS
    )


_VERBS = frozenset(
    ("run", "do", "read", "add", "update", "write", "make", "the", "all", "a", "use", "create", "activate", "get", "be")
)
