"""What deletes in tools that no table knows: found by the grammar of command lines. TG443.

`TOOL [NOUN…] VERB [OBJECT…]`, `TOOL NOUN-VERB`, `TOOL VerbNoun`, `TOOL --verb`: a word counts as a verb only where
commands have their subcommands, before anything that is an object. Verbs that always end something stand alone; the
others need a kind of thing beside them or an option that forces. Words are data (`verbs_grammar.json`). It refuses to
know any tool: those that are known stand in the other tables, those that work on text and code in `local`.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from tractguard.model import UNKNOWN, Fact
from tractguard.rules.destructive import Loss, Scene, bash, line_of, phrase_in, production, rule, shown
from tractguard.rules.destructive_phrases import Tool, program_of, tools
from tractguard.tables import table

DEEPEST, LONGEST = 4, 60  # words before which a verb is looked for; characters of one
_WORD = re.compile(r"[A-Za-z][\w.:-]{0,60}")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TABLES = ("verbs_cloud", "verbs_databases", "verbs_disks", "verbs_system", "verbs_vcs")


class Act(NamedTuple):
    """A verb that a command line says, and the words that stand for what it is done to."""

    verb: str
    objects: tuple[str, ...]


@cache
def _set(key: str) -> frozenset[str]:
    return frozenset(table("verbs_grammar")[key].split())


@cache
def _known(program: str) -> Tool | None:
    return next((tools(name)[program] for name in _TABLES if program in tools(name)), None)


def unknown_tools(scene: Scene) -> Iterator[Loss]:
    """Every running command that says a grave verb by its grammar and that no table speaks of."""
    for fact in scene.runs():
        program, argv = program_of(fact)
        act = act_of(fact, program, argv)
        if act is None:
            continue
        where = " in production" if any(production(word) for word in argv[1:]) else ""
        what = f" {shown(' '.join(act.objects), 40)}" if act.objects else ""
        yield Loss(
            fact,
            f"{shown(fact.value, 80)} would {act.verb}{what}{where}: it may exist nowhere else",
            confidence=0.8,
            subject=fact.value,
        )


def act_of(fact: Fact, program: str, argv: Sequence[str]) -> Act | None:
    """The grave act of a command line, or None."""
    if program in tools("verbs_vcs") or program.endswith(("local", ":")) or " " in program:
        return None
    if program in _set("local") or _is_script(fact, argv) or not _set("plans").isdisjoint(_flags(argv)):
        return None
    tool = _known(program)
    if tool is not None:
        line = line_of(argv, tool.takes)
        if any(phrase_in(phrase, line) for phrase in (*tool.passes, *(phrase for phrase, _ in tool.stops))):
            return None  # the tool's own rows have spoken
    words = list(_words(argv[1:]))
    if tool is not None:
        return _by_words(program, words, argv, known=True)
    return _by_words(program, words, argv, known=False) or _by_option(argv) or _by_name(program, words, argv)


def _is_script(fact: Fact, argv: Sequence[str]) -> bool:
    """Whether a program is a file of the project: what it does, its text says."""
    path = str(fact.data.get("path") or argv[0])
    inside = "/" in path and not path.startswith(("/usr/", "/opt/", "/bin/", "/sbin/", "node_modules/.bin/", "vendor/"))
    return inside or path.endswith((".py", ".js", ".ts", ".rb", ".pl", ".php"))


def _flags(argv: Sequence[str]) -> set[str]:
    return {word.lower().partition("=")[0] for word in argv[1:] if word[:1] == "-" and not word.endswith("=false")}


def _words(given: Sequence[str]) -> Iterator[str]:
    """The words that are no options, without those that an option before them may take as its value."""
    before = ""
    for word in given:
        if word == "--":
            return
        if word[:1] == "-" and len(word) > 1:
            before = word
            continue
        valued = before and "=" not in before and before not in _set("switches")
        before = ""
        if not valued:
            yield word


def _by_words(program: str, words: Sequence[str], argv: Sequence[str], *, known: bool) -> Act | None:
    """The first verb among the leading words."""
    for at, word in enumerate(words[:DEEPEST]):
        if len(word) > LONGEST or UNKNOWN in word or not _WORD.fullmatch(word):
            return None
        parts = [part.lower() for part in _PARTS.findall(word)]
        if parts[0] in _set("makers") or parts[-1] in ("make", "create", "new", "generate", "add"):
            return None  # what follows is the name of something that is made or looked at
        if "." in word and parts[-1] not in _set("strong") | _set("soft"):
            return None  # a file, an address
        verb, alone = _verb(word.lower(), parts)
        if not verb:
            continue
        beside = [*words[max(0, at - 1) : at], *words[at + 1 : at + 3]]
        kinds = {part for one in beside for part in _pieces(one)}.union(parts)
        if kinds & _set("harmless"):
            return None
        rules_all = at == 0 and verb == "reset" and program.endswith(("ctl", "s", "adm"))  # a cluster, as talosctl, k0s
        told = not known or any(production(each) for each in argv[1:])
        if alone or rules_all or (told and "all" in parts) or (told and _soft_counts(verb, kinds, beside, argv)):
            return Act(verb, tuple(words[at + 1 : at + 4]))
        if len(parts) == 1 and verb in _set("weak"):
            continue
        return None
    return None


def _verb(low: str, parts: Sequence[str]) -> tuple[str, bool]:
    """The verb that a word is or begins or ends with, and whether it counts alone; ("", False) for none."""
    strong, soft = _set("strong"), _set("soft")
    if low in strong or low in soft:
        return low, low in strong
    ends = (parts[0], parts[-1]) if len(parts) > 1 else ()
    for verb in ends:
        if verb in strong:
            return verb, True
    for verb in ends:
        if verb in soft and len(parts) < 4:
            return verb, False
    for verb in _set("glued"):
        rest = low.removeprefix(verb) if low.startswith(verb) else low.removesuffix(verb)
        if rest != low and (len(rest) > 2 or low.endswith(verb)) and rest.isalpha():
            return verb, True
    return "", False


def _pieces(word: str) -> list[str]:
    """A word, and the kind that it may name before a slash: `ns/demo`. A name's own parts say nothing of its kind."""
    return [word.lower(), word.lower().partition("/")[0]]


def _soft_counts(verb: str, kinds: set[str], beside: Sequence[str], argv: Sequence[str]) -> bool:
    """Whether a verb that may be meant lightly is meant gravely: a kind of thing beside it, or a word that forces."""
    if kinds & _set("nouns") and verb not in _set("weak"):
        return True
    if any("://" in word or _is_remote(word) for word in beside) and verb not in _set("weak"):
        return True
    forced = not _set("forces").isdisjoint(argv[1:])
    return forced and (verb not in _set("weak") or bool(kinds & _set("nouns")))


def _is_remote(word: str) -> bool:
    """Whether a word looks like a name below another (`acme/site`), and not like a path on this machine."""
    return "/" in word[1:-1] and word[0] not in "/~." and UNKNOWN not in word


def _by_option(argv: Sequence[str]) -> Act | None:
    """`--delete-everything`, `--nuke`: a long option that begins with a verb."""
    for word in argv[1:]:
        name, has, value = word.partition("=")
        if not name.startswith("--") or len(name) > LONGEST or (has and value.lower() in ("false", "no", "0", "never")):
            continue
        parts = name[2:].lower().replace("_", "-").split("-")
        if parts[0] in _set("strong") and _set("flags_open").isdisjoint(parts) and _set("harmless").isdisjoint(parts):
            return Act(parts[0], (value,) if value else ())
    return None


def _glued(program: str, verb: str) -> bool:
    """`ldapdelete`, `destroydb`, and not `purgecss`: what follows the verb must be a kind of thing."""
    rest = program.removeprefix(verb)
    return program != verb and (program.endswith(verb) or (rest != program and rest in _set("nouns")))


def _by_name(program: str, words: Sequence[str], argv: Sequence[str]) -> Act | None:
    """`ldapdelete`, `aws-nuke`: a program that is named after what it does, and is given something."""
    parts = [part.lower() for part in _PARTS.findall(program[:LONGEST])]
    verb = next((one for one in parts if one in _set("strong")), "") if len(parts) > 1 else ""
    verb = verb or next((one for one in _set("glued") if _glued(program, one)), "")
    if program.endswith(("-uninstall.sh", "-uninstall", "-reset", "-teardown", "-wipe")):
        return Act("remove everything of", (program.partition("-")[0],))
    return Act(verb, tuple(words[:3])) if verb and argv[1:] and _set("harmless").isdisjoint(parts) else None


RULES = (
    rule(
        "TG443",
        "deleted by a tool",
        "destructive_verbs",
        unknown_tools,
        bad=(
            bash("acmectl cluster delete prod-1"),
            bash("acme volume rm data --force"),
            bash("acme app-remove -a web"),
            bash("acmeadmin DeleteKeyspace commerce"),
            bash("acme-nuke --config all.yml account"),
        ),
        good=(
            bash("acmectl cluster list"),
            bash("acmectl cluster delete prod-1 --dry-run"),
            bash("acme cache purge"),
            bash("grep -rn delete src"),
            bash("pytest -k delete"),
            bash("acme search delete-me.txt"),
            bash("acme --filter delete list"),
        ),
    ),
)
