"""Which program is run: tool choices, prescribed commands, forbidden commands, where commands must run. TG311–TG314.

It compares the commands that a call really runs. It refuses to read text: a program that is only named in a message, a
search pattern or a document is no command, and so is not among the facts.
"""

import re
from collections.abc import Iterator

from tractguard.model import Constraint, Fact, Fix, Instruction
from tractguard.rules.crossref import Call, Hit, bash, edit, rule
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
    reads,
    spelled,
)
from tractguard.rules.rewriting import exchanged, put_in_front, translation
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
        if wrong == "npx" and not {"bun", "bunx"}.intersection(use):
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
        if not fixes and len(use) == 1:
            behind = " " in wrong or use[0] not in table("tools")["runners"]
            fixes = exchanged(fact, wrong, use[0]) if behind else put_in_front(fact, use[0])
            fixes = fixes if " " in wrong or not behind or _stands_in(wrong, use[0]) else ()
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
    yield from _by_name(call, said, use)
    yield from _by_server(call, constraint, use)
    yield from _brought_in(call, constraint, said, use)
    if constraint.get("implied") or said:
        yield from _configured(call, constraint, excluded, use)


def _stands_in(wrong: str, use: str) -> bool:
    """Whether one program takes the arguments of the other as they are (`docker` and `podman`)."""
    return any(wrong in group and use in group for group in table("tools")["same_arguments"])


def _by_name(call: Call, said: set[str], use: tuple[str, ...]) -> Iterator[Hit]:
    """ "`python3`, not `python`": two names of one program, of which only the one is there."""
    if len(use) != 1 or " " in use[0]:
        return
    same = [one for one in said if " " not in one and pattern(one).program == pattern(use[0]).program]
    wrong = [one for one in same if one != use[0]]
    for fact in commands(call) if wrong else ():
        path = str(fact.data.get("path") or fact.name)
        if path not in wrong or only_looks(fact) or fact.data.get("inside") or wrappers_of(fact):
            continue
        spans = listed(fact, "word_spans")
        here = spans[0] if spans and fact.field else None
        yield Hit(
            fact,
            f"this call runs {spelled(argv_of(fact)[:3])}",
            actual=path,
            expected=use[0],
            conflict_type="tool_choice",
            confidence=0.9,
            fixes=(Fix(fact.field, here[0], here[1], use[0]),) if here else (),
            way_out=f"Say it with {use[0]}.",
            subject=f"tool:{path}",
        )


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
)
