"""Recipes of task runners that a command leads to: make, just, task.

They stand in a file of the project, which is read through the world and told with `through`. What the runner's own
language computes is left to it: only plain variables of make are filled in.
"""

import re

from tractguard.facts.effects import environment, folder
from tractguard.facts.shell_run import Command, Run, Where
from tractguard.facts.words import Word, absolute, options
from tractguard.model import UNKNOWN
from tractguard.tables import later

MOST_TARGETS = 40  # make targets followed from one command
_RULE = later(r"^([\w./ %-]{1,200}?)\s{0,9}::?(?!=)([^=].*)?$|^([\w./ %-]{1,200}?)\s{0,9}:$")
_SETTING = later(r"^(?:export\s+)?([\w.-]{1,80})\s{0,9}(?:\?|:|::|\+|!)?=\s{0,9}(.*)$")
_REFERENCE = later(r"\$[({]([\w.-]{1,80})[)}]")


def effects(run: Run, command: Command) -> None:
    """Put the recipe that a task runner starts on the list."""
    maker = {"just": _just, "task": _task, "go-task": _task}.get(command.name, _make)
    maker(run, command)


def label(command: Command, name: str) -> Where:
    """Through what the inner command is run."""
    where = command.where
    return where._replace(wrappers=(*where.wrappers, name))


# Make and just


def _make(run: Run, command: Command) -> None:
    if "-n" in (word.text for word in command.args):
        return
    parsed = options(command.args, ("-C", "--directory", "-f", "--file", "--makefile", "-j", "-I", "-o", "-W", "-l"))
    for word in parsed.rest:
        name, has, value = word.partition("=")
        if has and name.text.isidentifier():
            environment(run, name.text, value, "assignment")
    cwd = folder(run, command)
    if run.where.inside or UNKNOWN in cwd:
        return
    said = parsed.value("-f", "--file", "--makefile")
    names = [said.text] if said else ["GNUmakefile", "Makefile", "makefile"]
    stdin = command.stdin if said is not None and said.text in ("-", "/dev/stdin") else None
    text = (
        stdin.text
        if stdin is not None
        else next((found for name in names if (found := run.world.text(absolute(name, cwd))) is not None), None)
    )
    if text is None:
        return
    settings = {word.text.partition("=")[0]: word.text.partition("=")[2] for word in parsed.rest if "=" in word.text}
    goals = [word.text for word in parsed.rest if "=" not in word.text]
    rules, values, first, loose = _rules(text)
    for variable in loose:
        outer = command.env.get(variable) or run.variable(variable)
        if outer.known and outer.text:
            values[variable] = outer.text
    values.update(settings)
    where = command.where
    todo = list(goals) or ([first] if first else [])
    done: set[str] = set()
    lines: list[tuple[str, str]] = []
    while todo and len(done) < MOST_TARGETS:
        goal = todo.pop(0)
        if goal in done or goal not in rules:
            continue
        done.add(goal)
        needs, recipe = rules[goal]
        # What a target needs is made before it.
        waiting = [need for need in needs if need not in done and need in rules]
        if waiting and goal + "\0" not in done:
            done.discard(goal)
            done.add(goal + "\0")
            todo = [*waiting, goal, *todo]
            continue
        lines.extend((goal, line) for line in recipe)
    through = where.through or " ".join(["make", *(goals or [first])])
    for goal, line in lines:
        run.script(Word(_filled(line, values)), label(command, f"make {goal}")._replace(through=through), cwd)


def _rules(text: str) -> tuple[dict[str, tuple[list[str], list[str]]], dict[str, str], str, list[str]]:
    """Targets with what they need and their recipe, the variables, the first target, and the variables that `?=` sets:
    the environment goes before them."""
    rules: dict[str, tuple[list[str], list[str]]] = {}
    values: dict[str, str] = {"MAKE": "make"}
    first = ""
    loose: list[str] = []
    current: list[str] = []
    for line in text.replace("\\\n", " ").split("\n"):
        if line.startswith("\t"):
            for target in current:
                rules[target][1].append(line.strip().lstrip("@-+").strip())
            continue
        if not line.strip() or line.startswith("#"):
            continue
        found = _RULE().match(line[:2000]) if "=" not in line.partition(":")[0] else None
        if found:
            head = found.group(1) or found.group(3) or ""
            needs, _, inline = (found.group(2) or "").partition(";")
            current = head.split()
            for target in current:
                old = rules.get(target, ([], []))
                rules[target] = ([*old[0], *needs.partition("#")[0].split()], old[1])
                if inline.strip():
                    rules[target][1].append(inline.strip())
                if not first and not target.startswith("."):
                    first = target
            continue
        setting = _SETTING().match(line[:2000])
        if setting:
            values[setting.group(1)] = setting.group(2).partition(" #")[0].strip()
            if line[setting.end(1) :].lstrip().startswith("?="):
                loose.append(setting.group(1))
        current = []
    return rules, values, first, loose


def _filled(line: str, values: dict[str, str]) -> str:
    """A recipe line with make's variables filled in; `$$` is the shell's dollar."""
    for _ in range(4):
        filled = _REFERENCE().sub(lambda found: values.get(found.group(1), found.group()), line)
        if filled == line or len(filled) > 20_000:
            break
        line = filled
    return _REFERENCE().sub("$UNSET_IN_MAKE", line.replace("$$", "\ue003")).replace("\ue003", "$")


def _just(run: Run, command: Command) -> None:
    cwd = folder(run, command)
    parsed = options(command.args, ("-f", "--justfile", "-d", "--working-directory", "--shell"))
    goals = [word.text for word in parsed.rest]
    if parsed.has(*_JUST_SHOWS):
        return
    if run.where.inside or UNKNOWN in cwd or "-n" in (word.text for word in command.args):
        return
    text = next(
        (
            found
            for name in ("justfile", "Justfile", ".justfile")
            if (found := run.world.text(f"{cwd}/{name}")) is not None
        ),
        None,
    )
    if text is None:
        return
    recipes, values = _recipes(text)
    while goals and "=" in goals[0]:
        name, _, value = goals.pop(0).partition("=")
        values[name] = value
    goals = goals or list(recipes)[:1]
    if not goals:
        return
    through = command.where.through or f"just {goals[0]}"
    todo, done = goals[:1], set[str]()
    while todo and len(done) < MOST_TARGETS:
        goal = todo.pop(0)
        if goal in done or goal not in recipes:
            continue
        given, needs, lines = recipes[goal]
        waiting = [need for need in needs if need in recipes and need not in done]
        if waiting and goal + "\0" not in done:
            done.add(goal + "\0")
            todo = [*waiting, goal, *todo]
            continue
        done.add(goal)
        said = {**values, **given}
        if goal == goals[0]:
            said.update(zip(given, goals[1:], strict=False))
        for line in lines:
            where = label(command, f"just {goal}")._replace(through=through)
            run.script(Word(_holes_filled(line, said)), where, cwd)


def _holes_filled(line: str, values: dict[str, str]) -> str:
    """A recipe line with just's variables filled in; what just computes is not known."""
    return _HOLE().sub(lambda found: values.get(found.group(1).strip(), "$UNSET_IN_JUST"), line)


_JUST_SHOWS = tuple(
    "-l --list --summary -s --show -e --edit --evaluate --variables --dump --fmt --init --completions --man"
    " --changelog --usage --groups".split()
)
_HOLE = later(r"\{\{([^}]{0,200})\}\}")
_Recipe = tuple[dict[str, str], list[str], list[str]]


def _recipes(text: str) -> tuple[dict[str, _Recipe], dict[str, str]]:
    """Recipe -> its parameters with their defaults, what it needs, its lines; and the variables with a plain value."""
    recipes: dict[str, _Recipe] = {}
    values: dict[str, str] = {}
    lines: list[str] = []
    for line in text.split("\n"):
        if line[:1] in (" ", "\t"):
            if line.strip():
                lines.append(line.strip().lstrip("@-"))
            continue
        if not line.strip() or line.startswith("#"):
            continue
        name, has, value = line.partition(":=")
        if has:
            values[name.replace("export ", "").strip()] = _plain(value)
            lines = []
            continue
        head, has, needs = line.partition(":")
        words = head.lstrip("@").split()
        lines = []
        if has and words:
            given = {word.lstrip("+*$").partition("=")[0]: _plain(word.partition("=")[2]) for word in words[1:]}
            wanted = [need.strip("()") for need in needs.partition("#")[0].split()]
            recipes[words[0]] = ({name: value for name, value in given.items() if value}, wanted, lines)
            recipes[words[0]][0].update({name: "$UNSET_IN_JUST" for name, value in given.items() if not value})
    return recipes, values


# Taskfile


def _task(run: Run, command: Command) -> None:
    """`task NAME`, from the commands that a Taskfile lists under it; what it needs is made first."""
    parsed = options(command.args, ("-d", "--dir", "-t", "--taskfile", "-o", "--output", "-C", "--concurrency"))
    cwd = folder(run, command)
    if run.where.inside or UNKNOWN in cwd or parsed.has("-n", "--dry", "-l", "--list", "-a", "--list-all", "--summary"):
        return
    said = parsed.value("-t", "--taskfile")
    names = [said.text] if said else ["Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "Taskfile.dist.yml"]
    text = next((found for name in names if (found := run.world.text(absolute(name, cwd))) is not None), None)
    if text is None:
        return
    tasks = _tasks(text)
    todo = [word.text for word in parsed.rest if "=" not in word.text] or ["default"]
    through = command.where.through or " ".join(["task", *todo])
    done: set[str] = set()
    while todo and len(done) < MOST_TARGETS:
        goal = todo.pop(0)
        if goal in done:
            continue
        done.add(goal)
        for kind, body in tasks.get(goal, ()):
            if kind == "task":
                todo.append(body)
                continue
            body = re.sub(r"\{\{[^}]{0,200}\}\}", "$UNSET_IN_TASK", body)
            run.script(Word(body), label(command, f"task {goal}")._replace(through=through), cwd)


def _tasks(text: str) -> dict[str, list[tuple[str, str]]]:
    """Name -> its commands ("cmd") and the tasks that it calls ("task"), from the usual layout of a Taskfile."""
    found: dict[str, list[tuple[str, str]]] = {}
    inside, indent, goal, part = False, 0, "", ""
    for line in text.split("\n"):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        depth = len(line) - len(line.lstrip(" "))
        if not depth:
            inside, indent = bare == "tasks:", 0
            continue
        if not inside:
            continue
        indent = indent or depth
        if depth == indent:
            goal, _, rest = (bare[:-1], "", "") if bare.endswith(":") else bare.partition(": ")
            goal = goal.strip("'\"")
            found[goal] = [("cmd", _plain(rest))] if rest.strip() and rest.strip()[0] not in "[{|>" else []
            part = "cmds"
        elif bare.rstrip(":") in ("cmds", "cmd", "deps") and bare.endswith(":"):
            part = bare.rstrip(":")
        elif bare.startswith("- ") and part in ("cmds", "deps"):
            body = bare[2:].strip()
            key, _, value = body.partition(": ")
            if part == "deps" or key == "task":
                found[goal].append(("task", _plain(value if key == "task" else body)))
            else:
                found[goal].append(("cmd", _plain(value if key == "cmd" else body)))
        elif bare.startswith("cmd: "):
            found[goal].append(("cmd", _plain(bare[5:])))
        elif not bare.startswith("- "):
            part = "" if bare.endswith(":") else part
    return found


def _plain(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0] else text
