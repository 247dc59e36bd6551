"""Actions by any tool: forbidden ones, and those that need a person's word first. TG331, TG332.

It compares the actions that a phrase speaks of (`rules_actions.json`) with the actions that a call is. It refuses to
judge a phrase that the table does not know: such an instruction is for people.
"""

import posixpath
import re
from collections.abc import Iterator

from tractguard.model import UNKNOWN, Constraint, Fact, Instruction
from tractguard.rules.actions import actions_in, actions_of
from tractguard.rules.covered import touched
from tractguard.rules.crossref import ASK, DOES, Call, Hit, bash, rule
from tractguard.rules.crossref_ports import LOCAL
from tractguard.rules.programs import (
    FETCHERS,
    argv_of,
    commands,
    fits,
    is_scratch,
    kinds_meant,
    only_looks,
    purposes,
    same_host,
)
from tractguard.rules.rewriting import is_command
from tractguard.rules.scope import UNSURE, matches
from tractguard.rules.words import changes, mentions, paths_in, table, tokens

_KINDS = ("config", "command", "git", "package", "delete", "write", "sql", "url", "process", "tool", "connect")


def wanted_actions(constraint: Constraint) -> tuple[str, ...]:
    """The ids of the actions that a constraint speaks of, in the order said."""
    found: list[str] = []
    for said in constraint.list("action"):
        if not _literal(said) and not _particular(said):
            found += [one for one in actions_in(said) if one not in found]
    return tuple(found)


def _literal(said: str) -> bool:
    """Whether an action is a command with a `--` of its own, which is compared as it stands (`git checkout --`)."""
    return said.strip("`").endswith(" --")


def _particular(said: str) -> bool:
    """Whether an action is a command of several words ("prisma migrate reset"): that one, and not all of its kind."""
    words = said.strip("`").split()
    if len(words) < MOST_GENERAL or words[0] == "git" or not is_command(said):
        return False
    known = table("actions")["phrases"]
    return not any(" ".join(words) in known[action] for action in actions_in(said))


MOST_GENERAL = 3  # words from which on a command is one of its kind


def _unknown(said: str) -> bool:
    """Whether an action is a command that the table of actions does not know, or not of this program."""
    other = said.startswith("`") or said.strip("`").startswith(("jj ", "sl ", "hg ", "svn "))
    return other or _particular(said) or (is_command(said) and not actions_in(said))


def _by_command(call: Call, constraint: Constraint) -> Iterator[tuple[str, Fact, float]]:
    """Commands that a phrase names literally, where the table of actions does not know them."""
    literal = [said for said in constraint.list("action") if _literal(said) or _unknown(said)]
    for fact in commands(call) if literal else ():
        argv = argv_of(fact)
        if not only_looks(fact) and any(fits(said, argv) for said in literal):
            yield "command", fact, 1.0


def matching(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[tuple[str, Fact, float]]:
    """(action, fact) for every fact that is one of the constraint's actions; each action once a place."""
    wanted = wanted_actions(constraint)
    yield from _by_purpose(call, constraint)
    yield from _by_command(call, constraint)
    yield from _by_path(call, constraint)
    if any(said.strip().lower() in ANY_EDIT for said in constraint.list("action")):
        yield from _any_edit(call)
    if "delete_worktree" in wanted:
        yield from _sibling_folder(call)
    if not wanted:
        return
    seen: set[tuple[str, str]] = set()
    for fact in call.of(*_KINDS):
        if fact.kind == "url" and (
            fact.data.get("via") not in FETCHERS or _local(fact) or _named(fact, constraint, instruction)
        ):
            continue
        for action in actions_of(fact):
            key = (action, fact.name if fact.kind in ("delete", "write", "url") else "")
            if _spared(fact, constraint):
                continue
            if action not in wanted or key in seen or _harmless(call, fact, action):
                continue
            factor = _meant(call, fact, action, constraint)
            if factor > 0:
                seen.add(key)
                yield action, fact, factor


def _spared(fact: Fact, constraint: Constraint) -> bool:
    """Whether the branch that a call is about is one that is left alone ("except your own `claude/*`")."""
    words = (fact.value,) if fact.kind == "git" else argv_of(fact)[2:] if fact.kind == "command" else ()
    return any("/" in word and matches(one, word) for one in constraint.list("except") for word in words)


ANY_EDIT = frozenset(("edit files", "edit any files", "edit any file", "modify files", "change files"))


def _any_edit(call: Call) -> Iterator[tuple[str, Fact, float]]:
    """Any change of a file of the project, where a person's word has to come first."""
    for fact in call.of("write", "append", "delete", "move"):
        path = call.rel(fact.name)
        if not path.startswith("/") and UNKNOWN not in path and not is_scratch(path):
            yield "edit_files", fact, 1.0
            return


def _sibling_folder(call: Call) -> Iterator[tuple[str, Fact, float]]:
    """A whole folder beside the repository that is deleted: that is where worktrees stand."""
    for fact in call.of("delete"):
        beside = posixpath.dirname(posixpath.normpath(fact.name)) == posixpath.dirname(call.root)
        if beside and fact.data.get("recursive") and posixpath.normpath(fact.name) != call.root:
            yield "delete_worktree", fact, 0.95


def _meant(call: Call, fact: Fact, action: str, constraint: Constraint) -> float:
    """How sure it is that the object of a file action is meant: "delete tests" means tests, "delete files" any."""
    if action not in ("delete_file", "remove_recursive", "create_file"):
        return 1.0
    best = 0.0
    phrases = (part for said in constraint.list("action") for part in re.split(r"[,;]", said))
    for said in phrases:
        if action not in actions_in(said):
            continue
        objects = [word for word in tokens(said) if word not in _ANY_FILE]
        if not objects or fact.kind == "command":
            return 1.0
        globs = globs_named(said)
        inside = bool(touched(call, fact, globs)[0])
        best = max(best, float(inside != ("outside" in said.lower())) if globs else UNSURE)
    return best


# The words of such a phrase that name no kind of file.
_ANY_FILE = frozenset(
    tokens(
        "create creating delete remove make add write modify edit change rename move overwrite file folder directory"
        " anything code recursive rm -rf source outside or and not never do don't without"
    )
)


def globs_named(said: str) -> tuple[str, ...]:
    """The globs of the kinds of files that a phrase names ("tests", "documentation files"), and the paths in it."""
    files = table("files")
    low = said.lower()
    found = list(paths_in(said))
    for key in ("named", "kinds", "areas"):
        found += [glob for name, globs in files[key].items() if len(name) > 3 and mentions(low, name) for glob in globs]
    return tuple(dict.fromkeys(found))


WHOLE = re.compile(r"\b(?:full|entire|whole|complete) ?")
_FILTERS = frozenset(
    "-k -t -m -g -run --run --filter --grep --testNamePattern --testPathPattern --tests -Dtest -p --only".split()
)


def _by_purpose(call: Call, constraint: Constraint) -> Iterator[tuple[str, Fact, float]]:
    """Commands that do what a phrase names by its purpose ("run the tests")."""
    kinds: dict[str, bool] = {}  # purpose -> whether only the whole of it is meant
    for said in constraint.list("action"):
        plain = WHOLE.sub("", said.lower())
        for kind in kinds_meant(plain):
            kinds[kind] = kinds.get(kind, True) and plain != said.lower()
    kinds.pop("install", None)
    for fact in commands(call) if kinds else ():
        kind = next((kind for kind, _ in purposes(fact) if kind in kinds), "")
        if kind and not only_looks(fact) and not (kinds[kind] and _narrowed(fact)):
            yield kind, fact, 1.0


def _narrowed(fact: Fact) -> bool:
    """Whether a test command runs some tests only: a file, a name, a filter."""
    words = argv_of(fact)[1:]
    named = [word for word in words if word[:1] != "-" and ("/" in word or ":" in word or "." in word)]
    whole = ("./...", ".", "tests/", "test/")
    return any(word not in whole for word in named) or any(word.partition("=")[0] in _FILTERS for word in words)


def paths_meant(constraint: Constraint) -> tuple[str, ...]:
    """The globs that a phrase says not to change ("edit `schema.prisma`", "modify CI configuration")."""
    found: list[str] = []
    for said in constraint.list("action"):
        if not changes(said):
            continue
        found += paths_in(said)
        low = said.lower()
        found += [glob for name, globs in table("files")["named"].items() if mentions(low, name) for glob in globs]
    return tuple(dict.fromkeys(found))


def _by_path(call: Call, constraint: Constraint) -> Iterator[tuple[str, Fact, float]]:
    globs = paths_meant(constraint)
    for fact in call.of("write", "append", "delete", "move") if globs else ():
        if touched(call, fact, globs)[0]:
            yield "change", fact, 1.0


def _local(fact: Fact) -> bool:
    return fact.name.lower() in LOCAL or UNKNOWN in fact.name or fact.name.lower().endswith((".localhost", ".local"))


def _named(fact: Fact, constraint: Constraint, instruction: Instruction) -> bool:
    """Whether the host is one of those that the instruction leaves open."""
    host = fact.name.lower()
    opened = [one for key in ("except", "unless", "only") for one in constraint.list(key)]
    opened += [one for other in instruction.constraints if other.type in ("host", "url") for one in other.list("only")]
    return any(same_host(one, host) for one in opened)


def _harmless(call: Call, fact: Fact, action: str) -> bool:
    """Deleting or making what lies in a temporary or build folder is nothing that a person means; nor is a move."""
    if action not in ("delete_file", "remove_recursive", "create_file"):
        return False
    return is_scratch(call.rel(fact.name)) or any(moved.value == fact.name for moved in call.of("move"))


def forbid_action(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """An action that must not happen, whatever tool does it."""
    for action, fact, factor in matching(call, constraint, instruction):
        yield Hit(
            fact,
            f"this call is one ({_shown(action, fact)})",
            actual=_shown(action, fact),
            conflict_type="semantic",
            manner=DOES,
            confidence=_sure(call, instruction) * factor,
            way_out="Leave it to the person, or ask them to allow it.",
            subject=f"action:{action}",
        )


def ask_before(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """An action that needs a person's word first."""
    for action, fact, factor in matching(call, constraint, instruction):
        yield Hit(
            fact,
            f"this call is one ({_shown(action, fact)}) and nobody has allowed it",
            actual=_shown(action, fact),
            conflict_type="semantic",
            manner=ASK,
            confidence=_sure(call, instruction) * factor,
            way_out="Ask the person; with their word the same call passes.",
            subject=f"action:{action}",
        )


def _sure(call: Call, instruction: Instruction) -> float:
    """What is said of production alone is only probably meant where the call does not name it."""
    if "production" not in instruction.text.lower():
        return 0.9
    named = (f"{fact.value} {fact.data.get('host') or ''}" for fact in call.of("command", "connect", "remote", "url"))
    return 0.9 if any("prod" in text.lower() for text in named) else 0.7


def _shown(action: str, fact: Fact) -> str:
    if fact.kind == "git":
        return f"git {fact.name}"
    if fact.kind == "command":
        return " ".join(fact.value.replace(UNKNOWN, "…").split()[:4])
    if fact.kind in ("url", "delete", "write"):
        return f"{action.replace('_', ' ')}: {fact.name}"
    return action.replace("_", " ")


_ASK = "NEVER commit without explicit permission."

RULES = (
    rule(
        "TG331",
        "forbidden action",
        ("forbid_action",),
        forbid_action,
        bad=(bash("Never create a pull request.", "gh pr create --fill"),),
        good=(
            bash("Never create a pull request.", "gh pr list"),
            bash("Never create a pull request.", "git commit -m 'create a pull request template'"),
        ),
    ),
    rule(
        "TG332",
        "asks first",
        ("ask_before",),
        ask_before,
        bad=(bash(_ASK, "git commit -m fix"), bash("Ask me before you push.", "git push origin feat/x")),
        good=(
            bash(_ASK, "git status --short"),
            bash(_ASK, "git commit --dry-run"),
            bash(
                [_ASK, "Commit this now."],
                "git commit -m fix",
                constraints=[
                    {"type": "ask_before", "action": "commit"},
                    {"type": "ask_before", "action": "commit", "permit": True},
                ],
            ),
        ),
    ),
)
