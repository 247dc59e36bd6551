"""What a skill or a command of the client runs before the assistant reads it: the shell lines in its body.

The client shows them to no hook; but the call of the `Skill` tool is shown, and its body is a file. It knows where
bodies lie and how such lines are written (``!`command` `` and blocks opened by ```` ```! ````). It refuses to know
plugins: where their bodies lie only the client can tell.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tractguard.facts.world import World
from tractguard.model import Fact

MOST_LINES, MOST_TEXT = 50, 200_000
_LINE = re.compile(r"!`([^`\n]{1,2000})`")
_BLOCK = re.compile(r"(?m)^[ \t]{0,8}```!\w{0,20}[ \t]*\n((?:(?!^[ \t]{0,8}```)[^\n]*\n){0,200})")
_NAME = re.compile(r"[\w.:/-]{1,120}")


def shell_lines(text: str) -> list[str]:
    """The shell commands that a body runs, in order."""
    found = [(match.start(), match[1]) for match in _LINE.finditer(text[:MOST_TEXT])]
    found += [(match.start(), match[1].strip()) for match in _BLOCK.finditer(text[:MOST_TEXT])]
    return [command for _, command in sorted(found) if command][:MOST_LINES]


def skill_facts(given: Mapping[str, Any], cwd: str, world: World) -> list[Fact]:
    """What the shell lines of a skill or command would do; nothing where it has none, or cannot be found."""
    name = next((given[key] for key in ("skill", "command", "name") if isinstance(given.get(key), str)), "")
    name = name.strip().partition(" ")[0].lstrip("/")
    if not _NAME.fullmatch(name) or ".." in name:
        return []
    args = given.get("args")
    facts: list[Fact] = []
    for path in places(name, world):
        text = world.text(path)
        if text is None:
            continue
        for command in shell_lines(text):
            facts += _run(command, args if isinstance(args, str) else "", f"skill {name}", cwd, world)
        break
    return facts


def places(name: str, world: World) -> Iterator[str]:
    """Where the body of a skill or command may lie, in the order in which the client looks."""
    for base in (world.root, world.home):
        yield f"{base}/.claude/skills/{name}/SKILL.md"
        yield f"{base}/.claude/commands/{name.replace(':', '/')}.md"


def _run(command: str, args: str, through: str, cwd: str, world: World) -> list[Fact]:
    from tractguard.facts.shell import shell_facts

    command = command.replace("$ARGUMENTS", args[:2000])
    return [
        fact._replace(data={**fact.data, "through": fact.data.get("through") or through}, span=None, field="")
        for fact in shell_facts(command, cwd, world)
    ]
