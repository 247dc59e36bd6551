"""Commands that must not run, and commands that must run elsewhere: TG313, TG314.

It compares the commands that a call really runs with what was forbidden: a command as it is written, a purpose in words
("local builds"), or, with less certainty, another command of the same destructive effect.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence

from tractguard.model import UNKNOWN, Constraint, Fact, Fix, Instruction
from tractguard.rules.actions import action_of_command, actions_in, actions_of
from tractguard.rules.crossref import MISSING, Call, Hit, bash, rule
from tractguard.rules.crossref_chains import chained
from tractguard.rules.crossref_tools import wrapped_by, wrappers_of, written_confidence
from tractguard.rules.programs import (
    argv_of,
    commands,
    fits,
    indirect,
    is_scratch,
    kinds_meant,
    listed,
    only_looks,
    pattern,
    prescribed,
    program_of,
    purposes,
    reads,
    spelled,
)
from tractguard.rules.rewriting import exchanged, extended, is_command, one_of, put_in_front, says_more, translation
from tractguard.rules.scope import matches
from tractguard.rules.words import pathlike, phrase_table, phrases_in, table


def forbid_command(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A command that must not run."""
    literal = [one for one in constraint.list("pattern") if one.split()]
    if constraint.get("at_once") and not _at_once(call, literal):
        return
    kinds = {kind for one in literal for kind in kinds_meant(one)}
    found: list[Fact] = []
    yield from chained(call, [one for one in literal if "&&" in one])
    for fact in commands(call, "script"):
        argv = argv_of(fact)
        if only_looks(fact) or not _comes_from(fact, constraint.list("piped_from")):
            continue
        if _left_out(call, constraint, argv):
            continue
        if wrapped_by(fact, constraint.list("use")) or (constraint.get("bare") and _behind_runner(fact)):
            continue
        said = next((one for one in literal if any(fits(spelling, argv) for spelling in _spellings(one))), "")
        kind = next((kind for kind, _ in purposes(fact) if kind in kinds), "") if not said else ""
        if (not said and not kind) or _right_way(constraint.list("use"), said, argv):
            continue
        if said and ((_names_a_kind(said) and reads(fact)) or (pattern(said).program == "rm" and _temporary(argv[1:]))):
            continue
        use = _partner(constraint, said) or extended(said, call.prescribed) or _chosen(call, fact)
        found.append(fact)
        yield Hit(
            fact,
            f"this call runs {spelled(argv[:8])}",
            actual=said or spelled(argv[:3]),
            expected=use[0] if use else "",
            conflict_type="tool_choice" if use else "explicit_value",
            confidence=_sure(call, fact, said),
            fixes=_without_or_with(said, fact, argv, use),
            way_out=_way_out(said, use),
            subject=_subject(fact, said, kind),
        )
    if not any(fits(one, argv_of(fact)) for one in constraint.list("use") for fact in commands(call)):
        yield from _same_effect(call, literal, found, f"{constraint.get('words') or ''} {instruction.text}".lower())


def _names_a_kind(said: str) -> bool:
    """Whether what is excluded is a program, or all that it does by one word, so that a look is left free."""
    words = said.split()
    return len(words) == 1 or (len(words) == 2 and words[0] == "git" and not words[1].startswith("-"))


def _left_out(call: Call, constraint: Constraint, argv: Sequence[str]) -> bool:
    """Whether all paths that a command names lie where it is left alone ("no `rm -rf` except on `dist/`")."""
    places = [one for one in constraint.list("except") if pathlike(one) or one.endswith("/")]
    named = [word.removeprefix("./") for word in argv[1:] if places and not word.startswith("-")]
    return bool(named) and all(any(matches(one, word.rstrip("/") + "/x") for one in places) for word in named)


def _comes_from(fact: Fact, sources: Sequence[str]) -> bool:
    """Whether what a command reads comes through a pipe from one of these: programs, work ("test output"), or any."""
    if not sources:
        return True
    before = listed(fact, "piped_from")
    if not before:
        return False
    kinds = {kind for one in sources for kind in phrases_in(one, phrase_table("tools", "purpose_words"))}
    done = {kind for kind, _ in purposes(Fact("command", value="", data={"argv": before}))}
    return "*" in sources or not kinds.isdisjoint(done) or any(fits(one, before) for one in sources)


def _behind_runner(fact: Fact) -> bool:
    """Whether a command goes through a runner of the project; `timeout` and the like are none."""
    runners = {one.split()[0] for one in table("tools")["runners"]} | {"npx", "bunx", "pnpm", "yarn", "nix", "make"}
    return bool(fact.data.get("inside")) or not runners.isdisjoint(map(program_of, wrappers_of(fact)))


_BACKGROUND = re.compile(r"(?<![&>|])&(?![&>\d])|\bparallel\b|\s-P\s?[2-9]|\bconcurrently\b")


def _at_once(call: Call, literal: list[str]) -> bool:
    """Whether a call starts two of the commands, and one of them in the background."""
    text = str(call.event.input.get("command") or "")
    several = sum(any(fits(one, argv_of(fact)) for one in literal) for fact in commands(call))
    return bool(_BACKGROUND.search(text)) and (several > 1 or "parallel" in text or "-P" in text)


def _partner(constraint: Constraint, said: str) -> tuple[str, ...]:
    """The right commands for the wrong one: its own where each wrong one has its own."""
    one = one_of(constraint.list("use"), said, constraint.list("pattern"))
    return (one,) if one else constraint.list("use")


def _chosen(call: Call, fact: Fact) -> tuple[str, ...]:
    """The tool that the instructions choose in the place of this one, where the command can be said with it."""
    tools = dict.fromkeys((*call.wanted, *(run.split()[0] for run in call.prescribed if run.split())))
    found = [tool for tool in tools if translation(fact, tool)]
    return tuple(found) if len(found) == 1 else ()


def _right_way(use: tuple[str, ...], said: str, argv: tuple[str, ...]) -> bool:
    """Whether the call is what the sentence itself asks for ("never `bun test`, use `bun bd test`")."""
    return bool(said) and any(fits(one, argv) and says_more(one, said) for one in use)


def accepts_prescribed(constraint: Constraint, hit: Hit) -> bool:
    """Whether a prescription asks for the very command, and says more of it than the prohibition does."""
    fact = hit.fact
    return fact is not None and any(
        says_more(one, hit.actual) and one.strip("`") != hit.actual and prescribed(one, fact)
        for one in constraint.list("run")
    )


def _sure(call: Call, fact: Fact, said: str) -> float:
    if fact.kind == "script":
        return written_confidence(call, fact)
    return 0.95 if said and not indirect(fact) else 0.85


def _subject(fact: Fact, said: str, kind: str) -> str:
    """The action that the command is, so that a permit in other words ("push it now") is about the same."""
    meant = actions_in(said)[:1] if said else ()
    return f"action:{meant[0]}" if meant else action_of_command(fact) or f"run:{said or kind}"


def _spellings(said: str) -> tuple[str, ...]:
    """A command, and the other name that its program goes by."""
    for one, other in (("docker-compose", "docker compose"), ("docker compose", "docker-compose")):
        if said.startswith(one):
            return (said, other + said[len(one) :])
    return (said,)


def _same_effect(call: Call, literal: list[str], found: list[Fact], words: str) -> Iterator[Hit]:
    """What a forbidden destructive command does, done by another: probable, since only the one was named."""
    plain = [said for said in literal if " origin " not in said]  # one that names a branch is about that branch
    wanted = [one for said in plain for one in actions_in(said) if one in table("actions")["same_effect"]]
    for fact in call.of("git", "command", "delete", "sql") if wanted and not found else ():
        action = next((one for one in actions_of(fact) if one in wanted), "")
        if action and not _small(call, fact):
            shown = action.replace("_", " ")
            yield Hit(
                fact,
                f"this call does the same ({shown})",
                actual=shown,
                conflict_type="semantic",
                confidence=_alike(fact, action, words),
                way_out="Leave it out, or ask the person.",
                subject=f"action:{action}",
            )
            return


def _alike(fact: Fact, action: str, words: str) -> float:
    """How sure it is that the other command is meant too: one way to force a push is all ways, and some say so."""
    if action == "force_push" and not fact.data.get("lease"):
        return 0.9
    return 0.85 if re.search(_EQUIVALENT, words) else 0.6


_EQUIVALENT = r"\b(?:or|and) (?:any )?(?:equivalents?|similar|the like|alike|other (?:way|means|command|tool)s?)\b"


def _temporary(words: Sequence[str]) -> bool:
    """Whether only temporary files are named. A build folder is none: who says "never rm -rf" means that one too."""
    paths = [word for word in words if not word.startswith("-")]
    return bool(paths) and all(path.startswith(("/tmp/", "/var/tmp/")) and ".." not in path for path in paths)


def _small(call: Call, fact: Fact) -> bool:
    """Whether a fact is less than what was forbidden: one file, a build folder, a process named by its number."""
    if fact.kind == "delete":
        return not fact.data.get("recursive") or is_scratch(call.rel(fact.name))
    words = [word for word in argv_of(fact)[1:] if not word.startswith("-")]
    return fact.kind == "command" and fact.name == "kill" and bool(words) and all(word.isdigit() for word in words)


def _way_out(said: str, use: tuple[str, ...]) -> str:
    if use:
        return f"Use {use[0]} instead."
    if " without " in said:
        return f"Add {said.partition(' without ')[2]}."
    return "Leave the command out, or ask the person to run it."


def _without_or_with(said: str, fact: Fact, argv: tuple[str, ...], use: tuple[str, ...]) -> tuple[Fix, ...]:
    """The one right command: a missing flag added, a forbidden flag dropped where the plain command is what was left,
    or the translation into the tool to use."""
    spans: list[tuple[int, int]] = [span for span in listed(fact, "word_spans") if span]
    if not said or not fact.field:
        return ()
    if len(spans) != len(argv):
        return (translation(fact, use[0]) or exchanged(fact, said, use[0])) if len(use) == 1 else ()
    wanted = pattern(said)
    if wanted.without:
        end = spans[-1][1]
        return (Fix(fact.field, end, end, " " + " ".join(wanted.without)),)
    if wanted.flags and table("tools")["droppable"].get(wanted.program):
        droppable = table("tools")["droppable"][wanted.program]
        fixes = []
        for index, word in enumerate(argv):
            if word in droppable and index:
                fixes.append(Fix(fact.field, spans[index - 1][1], spans[index][1], ""))
        return tuple(fixes)
    return (translation(fact, use[0]) or exchanged(fact, said, use[0])) if len(use) == 1 else ()


def run_inside(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A command that runs here where it must run inside, for example, a container."""
    where = str(constraint.get("where") or "").lower()
    what = constraint.list("what")
    kinds = {kind for one in what for kind in phrases_in(one, phrase_table("tools", "purpose_words"))}
    virtual = any(word in where for word in ("venv", "virtualenv", "conda", "environment", "nix"))
    if virtual:
        return
    if not what:
        yield from _in_folder(call, where)
        return
    for fact in commands(call):
        argv = argv_of(fact)
        if only_looks(fact) or _through(fact, where) or _inside(fact, where):
            continue
        if fact.name in _ROOMS and ("docker" in where or "contain" in where):
            continue  # what starts the containers runs outside them
        named = any(fits(one, argv) or _below(fact, one) for one in what)
        named = named or (any(one.lower().strip() in _ALL for one in what) and _of_project(fact))
        if named or any(kind in kinds for kind, _ in purposes(fact)):
            use = constraint.list("use")
            yield Hit(
                fact,
                f"this call runs {spelled(argv[:6])} outside {where or 'it'}",
                actual=spelled(argv[:3]),
                expected=f"inside {where}",
                conflict_type="scope",
                manner=MISSING if not named else "does",
                confidence=0.85 if named else 0.7,
                fixes=put_in_front(fact, use[0]) if len(use) == 1 and is_command(use[0]) and not _run_by(fact) else (),
                way_out=f"Run it inside {where}.",
                subject="inside",
            )


_ALL = frozenset(("commands", "all commands", "everything", "every command", "any command", "all development commands"))


_ROOMS = frozenset(("docker", "docker-compose", "podman", "podman-compose", "devcontainer", "kubectl", "orb"))


def _run_by(fact: Fact) -> bool:
    return bool(wrappers_of(fact) or fact.data.get("inside"))


def _inside(fact: Fact, where: str) -> bool:
    """Whether a command runs in the container that was said, or in any where none was named."""
    inside = str(fact.data.get("inside") or "").lower()
    names = [word for word in re.findall(r"[\w.-]+", where) if word not in _CONTAINER_WORDS]
    if not inside or UNKNOWN in inside or not names:
        return bool(inside)
    return any(re.search(rf"(?:^|[-_/]){re.escape(name)}(?:[-_]\d+)?(?::[\w.-]+)?$", inside) for name in names)


_CONTAINER_WORDS = frozenset("the a an docker podman container containers compose service image exec in inside".split())


def _below(fact: Fact, said: str) -> bool:
    """Whether a program lies in a folder that was named (`vendor/bin`)."""
    path = str(fact.data.get("path") or "").removeprefix("./")
    return "/" in said and " " not in said and path.startswith(said.removeprefix("./").rstrip("/") + "/")


def _in_folder(call: Call, where: str) -> Iterator[Hit]:
    """A command of the project that runs elsewhere than in the folder that all commands were said to run from."""
    if re.search(r"\broot\b", where) and "/" not in where:
        yield from _in_root(call, where)
        return
    if not pathlike(where) and not where.endswith("/"):
        return
    folder = where.strip("`./ ")
    for fact in commands(call):
        cwd = str(fact.data.get("cwd") or "")
        here = call.rel(cwd) if cwd.startswith("/") else ""
        if not here or here.startswith("/") or only_looks(fact) or fact.data.get("inside"):
            continue
        if here == "." and posixpath.basename(call.root) == folder:
            continue
        if here == folder or here.startswith(folder + "/") or here.endswith("/" + folder):
            continue
        if not folder or not any(purposes(fact)):
            continue
        yield Hit(
            fact,
            f"this call runs {spelled(argv_of(fact)[:6])} in {here if here != '.' else 'the root'}",
            actual=spelled(argv_of(fact)[:3]),
            expected=f"in {folder}/",
            conflict_type="scope",
            manner=MISSING,
            confidence=0.7,
            way_out=f"cd {folder} first.",
            subject="inside",
        )


def _in_root(call: Call, where: str) -> Iterator[Hit]:
    """A command of the project that runs below the root where all were said to run from it."""
    for fact in commands(call):
        cwd = str(fact.data.get("cwd") or "")
        here = call.rel(cwd) if cwd.startswith("/") else ""
        away = here and here != "." and not here.startswith(("/", "..")) and not is_scratch(here)
        if away and not only_looks(fact) and not fact.data.get("inside") and _of_project(fact):
            yield Hit(
                fact,
                f"this call runs {spelled(argv_of(fact)[:6])} in {here}",
                actual=spelled(argv_of(fact)[:3]),
                expected=f"in the {where}",
                conflict_type="scope",
                confidence=0.85,
                way_out="Run it from the root.",
                subject="inside",
            )


def _of_project(fact: Fact) -> bool:
    """Whether a command is one that people mean by "commands": it does a known work, or runs a script by name."""
    argv = argv_of(fact)
    return any(purposes(fact)) or (argv[0] in ("npm", "pnpm", "yarn", "bun", "make", "just", "task") and len(argv) > 1)


def _through(fact: Fact, where: str) -> bool:
    return any(word in where for word in map(program_of, wrappers_of(fact)))


_INSIDE_RULE = {"type": "run_inside", "where": "web", "what": "pytest"}

RULES = (
    rule(
        "TG313",
        "forbidden command",
        ("forbid_command",),
        forbid_command,
        bad=(
            bash("Never run `git push --force`.", "git push --force origin feat/x"),
            bash("Never run `terraform apply`.", "cd infra && terraform apply -auto-approve"),
        ),
        good=(
            bash("Never run `git push --force`.", "git push origin feat/x"),
            bash("Never run `git push --force`.", "git log --grep 'git push --force'"),
            bash("Never run `terraform apply`.", "terraform plan"),
        ),
        accepts=accepts_prescribed,
        heeds=("command",),
    ),
    rule(
        "TG314",
        "where a command must run",
        ("run_inside",),
        run_inside,
        bad=(bash("Run `pytest` only inside the docker container `web`.", "pytest -q", constraints=[_INSIDE_RULE]),),
        good=(
            bash(
                "Run `pytest` only inside the docker container `web`.",
                "docker exec web pytest -q",
                constraints=[_INSIDE_RULE],
            ),
        ),
    ),
)
