"""What a call does, in the words that people use for it: push, publish, delete a worktree, migrate a database.

It knows the table `rules_actions.json`: phrases on one side, facts on the other. It refuses to judge: whether an action
is allowed is for the rules.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tractguard.model import UNKNOWN, Fact
from tractguard.rules.programs import argv_of, fits, only_looks, program_of, views
from tractguard.rules.words import phrase_table, phrases_in, table, tokens

ALONE = " $"  # behind a command of the table: only without a subcommand ("vercel --prod")


def actions_in(text: str) -> tuple[str, ...]:
    """The ids of the actions that a phrase speaks of, general ones ("outward-facing actions") spread out."""
    groups = table("actions")["groups"]
    found: list[str] = []
    for name in phrases_in(text, phrase_table("actions", "phrases")) or _apart(text):
        found += [one for one in groups.get(name, (name,)) if one not in found]
    return tuple(found)


def _apart(text: str) -> list[str]:
    """A phrase of a verb and its object with a word or two between them ("install Python packages")."""
    words = tokens(text)
    if not 2 < len(words) <= MOST_APART or text[:1] in "`/." or "." in text:
        return []
    phrases = phrase_table("actions", "phrases")
    pairs = ((words[0], other) for other in words[2:4])
    return [name for pair in pairs if (name := phrases.get(pair, "")) in _WITH_OBJECT][:1]


MOST_APART = 5  # words of a phrase that is read with others between verb and object
_WITH_OBJECT = frozenset(
    ("install_package", "upgrade_package", "remove_package", "create_branch", "delete_branch", "drop_table", "issue")
)


def actions_of(fact: Fact) -> tuple[str, ...]:
    """The ids of the actions that one fact is."""
    if fact.kind == "command":
        return () if only_looks(fact) else tuple(dict.fromkeys(_of_command(fact)))
    if fact.data.get("dry_run"):
        return ()
    found = []
    for action, row in _rows().get(fact.kind, ()):
        if _row_fits(row, fact) and action not in found:
            found.append(action)
    return tuple(found)


def action_of_command(fact: Fact) -> str:
    """One subject for a command that is an action ("action:push"), so that a permit said otherwise is compared; ""."""
    found = actions_of(fact)
    return f"action:{found[0]}" if found else ""


def _of_command(fact: Fact) -> Iterator[str]:
    argv = argv_of(fact)
    index = _commands()
    for program in dict.fromkeys((program_of(argv[0]), *(view[0] for view, _ in views(argv)))):
        for action, said in index.get(program, ()):
            if said.endswith(ALONE):
                if fits(said.removesuffix(ALONE), argv) and not any(word[:1] != "-" for word in argv[1:]):
                    yield action
            elif fits(said, argv):
                yield action


@cache
def _commands() -> Mapping[str, tuple[tuple[str, str], ...]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for action, rows in table("actions")["facts"].items():
        for row in rows:
            for said in row.get("command", ()):
                found.setdefault(said.split(None, 1)[0], []).append((action, said))
    return {program: tuple(rows) for program, rows in found.items()}


@cache
def _rows() -> Mapping[str, tuple[tuple[str, Mapping[str, Any]], ...]]:
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for action, rows in table("actions")["facts"].items():
        for row in rows:
            if "kind" in row:
                found.setdefault(row["kind"], []).append((action, row))
    return {kind: tuple(rows) for kind, rows in found.items()}


def _row_fits(row: Mapping[str, Any], fact: Fact) -> bool:
    if "name" in row and fact.name not in row["name"]:
        return False
    if row.get("named") and (not fact.name or fact.name[0] in "./~"):
        return False
    if row.get("version") and not _is_version(fact):
        return False
    if "value" in row and not any(fact.value == one or fact.value.startswith(one + " ") for one in row["value"]):
        return False
    if "ends" in row and not any(_in_name(one, fact.name) for one in row["ends"]):
        return False
    for key, wanted in row.get("data", {}).items():
        have = fact.data.get(key)
        if isinstance(wanted, list):
            if have not in wanted:
                return False
        elif bool(have) != bool(wanted):
            return False
    return not (row.get("known") and UNKNOWN in fact.value)


_MANIFESTS = (
    "package.json", "pyproject.toml", "cargo.toml", "setup.cfg", "setup.py", "pom.xml", "pubspec.yaml", "mix.exs",
    "composer.json", "chart.yaml", "manifest.json", "plugin.json", "version", "version.txt",
)  # fmt: skip


def _is_version(fact: Fact) -> bool:
    """Whether a setting is the version of the project itself, in its manifest."""
    file = str(fact.data.get("file") or "").lower().rpartition("/")[2]
    return fact.name in ("version", "project.version", "package.version", "tool.poetry.version") and file in _MANIFESTS


def _in_name(wanted: str, name: str) -> bool:
    """Whether a tool's name ends with these words (`mcp__github__create_pull_request`)."""
    plain = name.lower().replace("-", "_")
    return plain == wanted or plain.endswith("_" + wanted)
