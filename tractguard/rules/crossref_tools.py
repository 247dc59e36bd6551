"""Which program is run: tool choices, prescribed commands, forbidden commands, where commands must run. TG311–TG314.

It compares the commands that a call really runs. It refuses to read text: a program that is only named in a message, a
search pattern or a document is no command, and so is not among the facts.
"""

import re
from collections.abc import Iterator

from tractguard.model import Constraint, Fact, Fix, Instruction
from tractguard.rules.crossref import MISSING, REFINES, Call, Hit, bash, edit, rule
from tractguard.rules.crossref_packages import added, is_of
from tractguard.rules.programs import (
    alternatives,
    argv_of,
    commands,
    fits,
    indirect,
    listed,
    only_looks,
    pattern,
    program_of,
    purposes,
    purposes_of_text,
    reads,
    spelled,
    split_runner,
)
from tractguard.rules.rewriting import is_command, put_behind, put_in_front, translation
from tractguard.rules.scope import place
from tractguard.rules.words import phrase_table, phrases_in, table

_RUNNERS = frozenset(("uv", "poetry", "pipenv", "pdm", "hatch", "tox", "nox", "conda", "rye", "pixi", "bundle", "mise"))
_SCRIPT_RUNNERS = frozenset(("python", "node", "ruby", "bash", "sh", "perl", "deno"))


def tool_choice(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A command of a tool that was excluded in favour of another."""
    use = constraint.list("use")
    excluded = excluded_tools(constraint)
    said = set(constraint.list("said")) or (set() if constraint.get("implied") else set(constraint.list("instead_of")))
    for fact in commands(call, "script"):
        argv = argv_of(fact)
        if only_looks(fact) or any(fits(one, argv) for one in use) or _bootstraps(argv, use):
            continue
        wrong = next((one for one in excluded if _runs(one, argv)), "") or _as_image(fact, excluded)
        if not wrong or (reads(fact) and " " not in wrong) or wrapped_by(fact, use):
            continue
        if not _same_purpose(constraint, fact, wrong):
            continue
        sure = 0.95 if wrong in said else 0.85
        if wrong == "npx" and "bun" not in use:
            sure = 0.75  # only bunx does all that npx does: the others have two commands for it
        if fact.kind == "script":
            sure = written_confidence(call, fact)
        elif fact.data.get("inside") and not fact.data.get("mounted"):
            sure = 0.6  # what a container holds is its own affair
        if (indirect(fact) and not _as_image(fact, excluded)) or (
            set(map(program_of, wrappers_of(fact))) & _RUNNERS and " " not in wrong
        ):
            sure = 0.65
        fixes = translation(fact, use[0]) if len(use) == 1 else ()
        yield Hit(
            fact,
            f"this call runs {spelled(argv[: len(wrong.split()) + 1])}",
            actual=wrong,
            expected=" or ".join(use),
            conflict_type="tool_choice",
            confidence=sure,
            fixes=fixes,
            way_out=f"Say it with {use[0]}." if use else f"Leave {wrong} out.",
            subject=f"tool:{wrong}",
        )
    yield from _by_server(call, constraint, use)
    yield from _brought_in(call, constraint, said, use)
    if constraint.get("implied") or said:
        yield from _configured(call, constraint, excluded, use)


def written_confidence(call: Call, fact: Fact) -> float:
    """How sure it is that a command written into a file will be run: a notebook's cell is, a script nearly always."""
    return 0.9 if str(call.event.input.get("notebook_path") or place(call, fact)).endswith(".ipynb") else 0.82


def excluded_tools(constraint: Constraint) -> tuple[str, ...]:
    """The tools that a choice excludes: those that were named, else the others of the same kind; families complete."""
    named = constraint.list("instead_of")
    if (not named or constraint.get("implied")) and not constraint.get("permits"):
        named += tuple(one for use in constraint.list("use") for one in alternatives(use))
    families = table("tools")["families"]
    used = {pattern(use).program for use in constraint.list("use")}
    extra = tuple(one for name in named for one in families.get(name, ()) if one not in used)
    return tuple(dict.fromkeys((*named, *extra)))


def _as_image(fact: Fact, excluded: tuple[str, ...]) -> str:
    """The excluded tool whose own image runs on the project's files (`docker run -v … hashicorp/terraform`)."""
    image = str(fact.data.get("inside") or "").rpartition("/")[2].partition(":")[0]
    return image if fact.data.get("mounted") and image in excluded else ""


def _runs(said: str, argv: tuple[str, ...]) -> bool:
    return bool(fits(said, argv))


def wrappers_of(fact: Fact) -> tuple[str, ...]:
    """The programs that a command was unwrapped from; the script of a project file that says it is none of them."""
    found = listed(fact, "wrappers")
    through = str(fact.data.get("through") or "")
    some = found if isinstance(found, (list, tuple)) else ()
    return tuple(str(one).split()[0] for one in some if str(one).split() and str(one) != through)


def wrapped_by(fact: Fact, use: tuple[str, ...]) -> bool:
    """Whether the command runs through the right tool (`uv run pytest` where uv is to be used)."""
    programs = {pattern(one).program for one in use}
    return bool(programs & {program_of(one) for one in wrappers_of(fact)})


def _bootstraps(argv: tuple[str, ...], use: tuple[str, ...]) -> bool:
    """Installing the right tool with the wrong one (`npm install -g pnpm`, `pip install uv`) is how it comes here."""
    programs = {pattern(one).program for one in use}
    rest = {word.partition("@")[0].partition("=")[0] for word in argv[1:] if not word.startswith("-")}
    return bool(programs & rest) and bool(rest & {"install", "i", "add"})


def _same_purpose(constraint: Constraint, fact: Fact, wrong: str) -> bool:
    """A tool that was only inferred counts where it does what the choice is for."""
    if not constraint.get("implied") or " " in wrong:
        return True
    wanted = set(phrases_in(str(constraint.get("for") or ""), phrase_table("tools", "purpose_words")))
    done = {purpose for purpose, _ in purposes(fact)}
    return not wanted or not done or bool(wanted & done) or "install" in wanted


def _brought_in(call: Call, constraint: Constraint, said: set[str], use: tuple[str, ...]) -> Iterator[Hit]:
    """A library that was excluded in favour of another, added or imported. A package manager's own package is none."""
    managers = set(table("tools")["managers"])
    wrong = [one for one in said if one not in managers and " " not in one]
    for name, fact in added(call) if wrong else ():
        one = next((one for one in wrong if is_of(name, one.lower())), "")
        if one and not (fact.kind == "import" and one == "unittest"):  # its mocks serve every runner
            yield Hit(
                fact,
                f"this call brings in {fact.name}",
                actual=one,
                expected=" or ".join(use),
                conflict_type="tool_choice",
                confidence=0.85,
                way_out=f"Use {use[0]}." if use else f"Leave {one} out.",
                subject=f"tool:{one}",
            )


def _configured(call: Call, constraint: Constraint, excluded: tuple[str, ...], use: tuple[str, ...]) -> Iterator[Hit]:
    """A settings table of an excluded tool that is added to a manifest (`[tool.black]`)."""
    single = {one for one in excluded if " " not in one}
    for fact in call.of("config"):
        parts = fact.name.split(".")
        if len(parts) > 2 and parts[0] == "tool" and parts[1] in single:
            yield Hit(
                fact,
                f"this call adds settings of {parts[1]}",
                actual=parts[1],
                expected=" or ".join(use),
                conflict_type="tool_choice",
                confidence=0.7,
                subject=f"tool:{parts[1]}",
            )
            return


_SERVERS = {"gh": "github", "glab": "gitlab", "git": "git", "kubectl": "kubernetes", "psql": "postgres", "jira": "jira"}


def _by_server(call: Call, constraint: Constraint, use: tuple[str, ...]) -> Iterator[Hit]:
    """A tool of an MCP server where its program was chosen over it ("`gh`, not the GitHub MCP")."""
    words = " ".join(constraint.list("words")).lower()
    if not re.search(r"\b(?:not|never|instead of|rather than|over|no)\b[^.;]{0,30}\bmcp\b", words):
        return
    for fact in call.of("tool"):
        server = str(fact.data.get("server") or "").lower()
        tool = next((one for one in use if server and _SERVERS.get(one, one) in server), "")
        if tool:
            yield Hit(
                fact,
                f"this call goes through the MCP server {server}",
                actual=fact.name,
                expected=tool,
                conflict_type="tool_choice",
                confidence=0.9,
                way_out=f"Say it with {tool}.",
                subject=f"tool:{server}",
            )


def accepts_tool(constraint: Constraint, hit: Hit) -> bool:
    """Whether another choice wants the very tool that was run."""
    return any(pattern(use).program == pattern(hit.actual).program for use in constraint.list("use"))


def command(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A command that does what another one was prescribed for."""
    yield from _unflagged(call, constraint)
    runs = tuple(one for one in constraint.list("run") if pattern(one).program)
    if not runs or (constraint.get("when") and not constraint.get("for")):
        return
    wanted = _wanted(runs, str(constraint.get("for") or ""))
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
        bare = _bare_of(runs, fact, argv)
        if bare:
            yield _other_command(call, fact, argv, (bare,), "", 0.9)
            continue
        for purpose, ecosystem in purposes(fact):
            sure = wanted.get((purpose, ecosystem)) or wanted.get((purpose, ""), 0.0)
            if not sure or (ecosystem == "" and wanted.get((purpose, ecosystem)) is None):
                continue
            yield _other_command(call, fact, argv, runs, purpose, sure)
            break


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
            fixes=put_behind(fact, run, missing[0]) if not indirect(fact) else (),
            way_out=f"Add {missing[0]}.",
            subject=f"flag:{missing[0]}",
        )


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


_BUN = "Use `bun run <script>` instead of `npm run <script>`."
_PNPM = "Use pnpm, not npm."

RULES = (
    rule(
        "TG311",
        "tool of choice",
        ("tool_choice",),
        tool_choice,
        bad=(
            bash(_PNPM, "npm install left-pad"),
            bash(_PNPM, "cd web && npm ci"),
            bash(_BUN, "npm run build"),
        ),
        good=(
            bash(_PNPM, "pnpm add left-pad"),
            bash(_PNPM, "npm view react version"),
            bash(_PNPM, "npm install -g pnpm"),
            bash(_PNPM, "echo 'do not use npm here'"),
            bash(_PNPM, "grep -rn 'npm install' docs/"),
            edit(_PNPM, "/repo/README.md", "Users of npm may run `npm install thing`.\n"),
        ),
        accepts=accepts_tool,
    ),
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
