"""Tasks that a project declares for a runner by their names: `poe clean`, `deno task x`, `composer nuke`, `mise run x`.

`data/programs_tasks.json` says in which file and under which keys a runner keeps them. The file is read through the
world, like the scripts of package.json, and what its tasks do is told with `through`. The scripts of a workspace's
members, which `turbo`, `nx` and `lerna` run, are those of their package.json.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from tractguard.facts import shell_scripts, shell_tasks, workspaces
from tractguard.facts.config_flow import Entry
from tractguard.facts.config_scan import entries
from tractguard.facts.effects import folder
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import Word, options
from tractguard.facts.wrappers import table
from tractguard.model import UNKNOWN

MOST_TASKS = 40  # tasks followed from one command
_FAMILIES = {"json": "json", "jsonc": "json", "toml": "toml", "Pipfile": "toml", "Procfile": "yaml"}
_ESCAPES = {"\\": "\\", '"': '"', "/": "/", "n": "\n", "t": "\t", "r": "\r"}


def effects(run: Run, command: Command, printed: Word | None) -> None:
    """Put the tasks that `command` starts on the list."""
    if run.where.inside:
        return
    if command.name in ("turbo", "nx", "lerna"):
        _members(run, command)
        return
    entry = table("tasks").get(command.name)
    if entry is None:
        return
    parsed = options(command.args, entry.get("take", "").split(), stop_at_rest=True)
    rest = list(parsed.rest)
    verb = rest[0].text if rest else command.name
    if verb in entry.get("verbs", "").split():
        rest = list(options(rest[1:], entry.get("take", "").split(), stop_at_rest=True).rest)
    elif not entry.get("bare") and verb not in entry.get("every", "").split():
        return
    cwd = folder(run, command)
    found = _declared(run, entry, cwd)
    if not rest and verb in entry.get("every", "").split():
        goals, args = [each.key for each in found], []
    elif rest and rest[0].known:
        name = rest[0].text.rpartition(":")[2] if entry.get("colon") else rest[0].text
        goals, args = [name], [word for word in rest[1:] if word.text != "--"]
    else:
        return
    _follow(run, command, entry, found, goals, args, cwd)


def _declared(run: Run, entry: Mapping[str, Any], cwd: str) -> list[Entry]:
    found: list[Entry] = []
    for name in entry["files"].split() if UNKNOWN not in cwd else ():
        text = run.world.text(f"{cwd.rstrip('/')}/{name}")
        if text is not None:
            family = _FAMILIES[name.rpartition(".")[2]]
            found.extend(each._replace(value=_plain(each, text)) for each in entries(text, family))
    return found


def _plain(entry: Entry, text: str) -> str:
    """A value without the escapes of the double quotes that it stands in."""
    if "\\" not in entry.value or text[entry.start - 1 : entry.start] != '"':
        return entry.value
    parts = entry.value.split("\\")
    out, index = [parts[0]], 1
    while index < len(parts):
        part = parts[index]
        if not part and index + 1 < len(parts):  # two backslashes
            out.append("\\" + parts[index + 1])
            index += 2
            continue
        out.append(_ESCAPES.get(part[:1], "\\" + part[:1]) + part[1:])
        index += 1
    return "".join(out)


def _follow(
    run: Run,
    command: Command,
    entry: Mapping[str, Any],
    found: Sequence[Entry],
    goals: list[str],
    args: Sequence[Word],
    cwd: str,
) -> None:
    """Read the tasks named, and those that they name."""
    through = command.where.through or " ".join([command.name, *goals[:1]])
    done: set[str] = set()
    first = True
    while goals and len(done) < MOST_TASKS:
        goal = goals.pop(0)
        if goal in done:
            continue
        done.add(goal)
        where = shell_tasks.label(command, f"{command.name} {goal}")._replace(through=through)
        bodies = _values(found, entry["keys"], goal)
        needs = _values(found, entry.get("needs", ""), goal)
        goals[:0] = [name.removeprefix("@") for need in needs for name in need.split()[:1]]
        for body in bodies:
            if entry.get("at") and body.startswith("@"):
                word, _, more = body[1:].partition(" ")
                if word in ("php", "composer"):
                    run.script(Word(f"{word} {more}"), where, cwd)
                else:
                    goals.insert(0, word)
                continue
            if first and args and len(bodies) == 1:
                body = shell_scripts.with_words(body, args)
            run.script(Word(body), where, cwd)
        first = False


def _values(found: Sequence[Entry], patterns: str, name: str) -> list[str]:
    """The values under a task's keys: of the first pattern that has any."""
    for pattern in patterns.split():
        wanted = pattern.split(".")
        size = len(wanted)
        values = []
        for each in found:
            parts = each.key.split(".")
            if len(parts) == size and all(_fits(part, want, name) for part, want in zip(parts, wanted, strict=True)):
                values.append(each.value)
        if values:
            return values[:MOST_TASKS]
    return []


def _fits(part: str, wanted: str, name: str) -> bool:
    return part.strip("\"'") == name if wanted == "{}" else fnmatchcase(part, wanted)


# Members of a workspace


def _members(run: Run, command: Command) -> None:
    """`turbo run build --filter=web`, `lerna run x --scope web`, `nx run web:x`, `nx x web`, `nx run-many -t x`."""
    takes = ("--filter", "-F", "--scope", "-t", "--target", "--targets", "-p", "--projects", "--concurrency")
    parsed = options(command.args, takes)
    rest = [word for word in parsed.rest if word.known]
    names = [value.text for value in parsed.values("--filter", "-F", "--scope", "-p", "--projects")]
    goals = [value.text for value in parsed.values("-t", "--target", "--targets")]
    if command.name == "nx":
        if rest and rest[0].text == "run" and len(rest) > 1:
            project, _, goal = rest[1].text.partition(":")
            names, goals = [project], [goal.partition(":")[0]]
        elif not goals and len(rest) > 1:
            names, goals = [rest[1].text], [rest[0].text]
    elif rest and rest[0].text == "run":
        goals = [word.text for word in rest[1:]]
    elif rest and command.name == "turbo":
        goals = [word.text for word in rest]
    for folder_of in workspaces.members(run, command.cwd, names, whole=command.name != "lerna"):
        for goal in goals[:MOST_TASKS]:
            shell_scripts.scripts_of(run, command, folder_of, Word(goal), (), f"{command.name} run {goal}")
