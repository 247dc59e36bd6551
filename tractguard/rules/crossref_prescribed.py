"""Commands that were prescribed, and others that do the same. TG312.

A command that does more than the prescribed one refines it; one for some tests or builds only ("run e2e
tests with …") says nothing about the others.
"""

import re
from collections.abc import Iterator

from tractguard.model import Constraint, Fact, Fix, Instruction
from tractguard.rules.crossref import MISSING, REFINES, Call, Hit, bash, rule
from tractguard.rules.crossref_tools import wrapped_by, wrappers_of
from tractguard.rules.programs import (
    argv_of,
    commands,
    ecosystems_of,
    fits,
    indirect,
    listed,
    only_looks,
    pattern,
    program_of,
    purposes,
    purposes_of_text,
    spelled,
    split_runner,
)
from tractguard.rules.rewriting import is_command, put_behind, put_in_front, translation
from tractguard.rules.words import phrase_table, phrases_in, table


def command(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A command that does what another one was prescribed for."""
    yield from _unflagged(call, constraint)
    runs = tuple(_WHOLE_TREE.sub("", one) for one in constraint.list("run") if pattern(one).program)
    if not runs or (constraint.get("when") and not constraint.get("for")):
        return
    wanted = {} if _of_some(constraint) else _wanted(runs, str(constraint.get("for") or ""))
    for fact in commands(call):
        argv = argv_of(fact)
        taken = next((size for one in runs if (size := fits(one, argv))), 0)
        if taken:
            if len(argv) > taken:
                yield Hit(
                    fact, f"this call runs {spelled(argv[:12])}, which refines it", manner=REFINES, subject="refines"
                )
            continue
        if only_looks(fact) or indirect(fact) or wrapped_by(fact, runs) or _or_flag(constraint, argv):
            continue
        through = tuple(str(fact.data.get("through") or "").split())
        if " ".join(argv) in runs or any(fits(one, through) for one in runs):
            continue  # the prescribed command to the letter, or a step of its recipe
        bare = _bare_of(runs, fact, argv)
        if bare:
            yield _other_command(call, fact, argv, (bare,), "", 0.9)
            continue
        for purpose, ecosystem in purposes(fact):
            sure = wanted.get((purpose, ecosystem)) or wanted.get((purpose, ""), 0.0)
            if not sure or (ecosystem == "" and wanted.get((purpose, ecosystem)) is None):
                continue
            if purpose == "install" and any(pattern(one).program == program_of(argv[0]) for one in runs):
                sure = 0.85  # the install script of the same manager
            sure = min(sure, _narrower(runs, purpose, argv))
            if sure:
                yield _other_command(call, fact, argv, runs, purpose, sure)
            break


_WHOLE_TREE = re.compile(r"(?<=\w) (?:\./\.\.\.|\.)$")  # "go test -race ./...": any part of it will do


_OF_SOME = re.compile(
    r"\b(?:single|specific|particular|individual|focused|one|production|prod|release|staging|debug|watch mode"
    r"|coverage)\b"
    r"|\b(?!(?:all|any|the|every|your|our|unit|project|local|and|or|run|running|runs|full|entire|whole|python|js|ts|go|rust"
    r"|java|javascript|typescript|ruby|php|always|to|of|use|for|execute|new|existing|relevant|automated|npm|ci|code|by|via"
    r"|with|using|before|after|in|on|test|then|must|should|only|please|these|those"
    r"|build)\b)[a-z][\w-]* (?:tests?|builds?)\b"
)


def _of_some(constraint: Constraint) -> bool:
    """Whether the command is prescribed for some tests or builds only ("run e2e tests with …", "a release build")."""
    words = re.sub(r"`[^`]*`", "`", " ".join((*constraint.list("words"), *constraint.list("for")))).lower()
    return _OF_SOME.search(words) is not None


def _narrower(runs: tuple[str, ...], purpose: str, argv: tuple[str, ...]) -> float:
    """How sure a difference counts where both are one command, and the prescribed one only says more of it."""
    for said in _commands_for(purpose):
        size = fits(said, argv)
        for one in runs if size else ():
            words = tuple(one.split())
            more = words[fits(said, words) :] if fits(said, words) else None
            if more is not None:
                return 0.7 if any(word.startswith("-") for word in more) else 0.0
    return 1.0


def _bare_of(runs: tuple[str, ...], fact: Fact, argv: tuple[str, ...]) -> str:
    """The prescribed command that is run without the runner that it goes through (`rspec` for `bundle exec rspec`)."""
    for run in runs:
        runner, inner = split_runner(run)
        if runner and fits(inner, argv) and not fact.data.get("inside"):
            return run
    return ""


def _or_flag(constraint: Constraint, argv: tuple[str, ...]) -> bool:
    """Whether a flag is there that the sentence takes instead of the command ("or add `--watchAll=false`")."""
    return any(flag in argv for flag in constraint.list("or_flags"))


def _unflagged(call: Call, constraint: Constraint) -> Iterator[Hit]:
    """A command of a kind that was said to need a flag, without it ("`-tags test_dep` when running tests")."""
    kinds = phrases_in(" ".join(constraint.list("for")), phrase_table("tools", "purpose_words"))
    wanted = [flag.strip("`") for flag in constraint.list("flags")]
    for fact in commands(call) if wanted else ():
        argv = argv_of(fact)
        run = _command_of_kind(fact, kinds) or next((one for one in constraint.list("run") if fits(one, argv)), "")
        missing = [flag for flag in wanted if not _flagged(flag, argv)]
        if not run or only_looks(fact) or len(missing) < len(wanted):
            continue
        yield Hit(
            fact,
            f"this call runs {spelled(argv[:4])} without {missing[0]}",
            actual=f"no {missing[0]}",
            expected=missing[0],
            conflict_type="explicit_value",
            manner=MISSING,
            confidence=0.82,
            fixes=_with_flag(fact, argv, run, missing[0]),
            way_out=f"Add {missing[0]}.",
            subject=f"flag:{missing[0]}",
        )


def _with_flag(fact: Fact, argv: tuple[str, ...], run: str, flag: str) -> tuple[Fix, ...]:
    """The missing flag behind the command, where it says all of itself: `--region` still lacks its value."""
    rivals = next((set(one) for one in table("tools")["exclusive_flags"] if flag in one), set())
    for index, word in enumerate(argv):
        span = listed(fact, "word_spans")[index : index + 1]
        if index and word in rivals and span and span[0] and fact.field and not indirect(fact):
            return (Fix(fact.field, span[0][0], span[0][1], flag),)  # `--merge` where `--squash` was said
    whole = re.search(r"[ =]", flag) or flag.startswith("--no-") or flag in table("tools")["switches"]
    if indirect(fact) or not whole:
        return ()
    return put_behind(fact, run if " " in run or flag.startswith("--no-") else " ".join(argv), flag)


def _command_of_kind(fact: Fact, kinds: list[str]) -> str:
    """The command of the table that says what a fact is for, where that is one of these kinds."""
    argv = argv_of(fact)
    found = (said for kind in kinds for said in _commands_for(kind) if fits(said, argv))
    return max(found, key=len, default="")


def _flagged(flag: str, argv: tuple[str, ...]) -> bool:
    """Whether a flag with its value stands among the words: `-tags x`, `-tags=x`, and among others (`-tags a,x`)."""
    name, _, value = flag.replace("=", " ", 1).partition(" ")
    for index, word in enumerate(argv):
        own, _, joined = word.partition("=")
        given = joined or (argv[index + 1] if index + 1 < len(argv) else "")
        if (
            own.lstrip("-") == name.lstrip("-")
            and own.startswith("-")
            and (not value or value in given.split(",") or given.startswith(value + "="))
        ):
            return True
    return False


def _wanted(runs: tuple[str, ...], purpose: str) -> dict[tuple[str, str], float]:
    """(purpose, ecosystem) -> how sure it is that the prescribed command is meant for it."""
    own = {pair for one in runs for pair in purposes_of_text(one)}
    named = phrases_in(purpose, phrase_table("tools", "purpose_words"))
    found: dict[tuple[str, str], float] = {}
    for kind, ecosystem in own:
        if ecosystem and (not named or kind in named):
            found[kind, ecosystem] = 0.85
        elif not ecosystem or kind in named:
            found[kind, ""] = 0.6
    for kind in named:
        if not any(have == kind for have, _ in found):
            ecosystems = {ecosystem for _, ecosystem in own if ecosystem}
            ecosystems = ecosystems or {eco for one in runs for eco in ecosystems_of(pattern(one).program)}
            found.update({(kind, ecosystem): 0.7 for ecosystem in ecosystems} or {(kind, ""): 0.6})
    return found


def _other_command(
    call: Call, fact: Fact, argv: tuple[str, ...], runs: tuple[str, ...], purpose: str, sure: float
) -> Hit:
    fixes: tuple[Fix, ...] = ()
    if len(runs) == 1:
        fixes = translation(fact, runs[0]) or _through_runner(fact, argv, runs[0])
        fixes = fixes or _whole(call, fact, argv, runs[0], purpose)
    return Hit(
        fact,
        f"this call runs {spelled(argv[:6])}",
        actual=spelled(argv[:3]),
        expected=runs[0],
        conflict_type="tool_choice",
        confidence=sure,
        fixes=fixes,
        way_out=f"Run {runs[0]}.",
        subject=f"command:{purpose}",
    )


def _through_runner(fact: Fact, argv: tuple[str, ...], run: str) -> tuple[Fix, ...]:
    """The runner put in front, where what follows it is the very command that was run."""
    runner, inner = split_runner(run)
    return put_in_front(fact, runner) if runner and fits(inner, argv) and is_command(runner, run) else ()


def _whole(call: Call, fact: Fact, argv: tuple[str, ...], run: str, purpose: str) -> tuple[Fix, ...]:
    """Where the wrong command stands alone, without arguments of its own, the right one takes its place."""
    launched = [one for one in call.of("command") if one.name in ("npx", "bunx") and argv_of(one)[1:] == argv]
    outer = launched[0] if launched else fact
    spans = [span for span in listed(outer, "word_spans") if span]
    known = any(len(argv) == fits(one, argv) for one in _commands_for(purpose))
    if not known or len(spans) != len(argv_of(outer)) or not outer.field or (wrappers_of(fact) and not launched):
        return ()
    return (Fix(outer.field, spans[0][0], spans[-1][1], run),)


def _commands_for(purpose: str) -> list[str]:
    return [one for commands in table("tools")["purposes"].get(purpose, {}).values() for one in commands]


def accepts_command(constraint: Constraint, hit: Hit) -> bool:
    """Whether another prescription is the command that was run."""
    return any(fits(one, argv_of(hit.fact)) for one in constraint.list("run")) if hit.fact else False


RULES = (
    rule(
        "TG312",
        "prescribed command",
        ("command",),
        command,
        bad=(bash("Run tests with `bun test`.", "npx jest"),),
        good=(
            bash("Run tests with `bun test`.", "bun test src/a.test.ts --watch"),
            bash("Run tests with `bun test`.", "bun run build"),
        ),
        accepts=accepts_command,
    ),
)
