"""Skills and commands of the client that run shell lines behind the hooks: found, and judged as a tool call would be.

The client expands ``!`command` `` before any hook sees it. A skill that the assistant calls is judged at that call
(`facts/skills.py`); one that a person types is not, so `doctor` names what would be stopped. Cold.
"""

import json
import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tractguard.facts.skills import shell_lines

SWITCH = "disableSkillShellExecution"  # the client's own setting that closes this
MOST = 500  # bodies that are read


class ShellLine(NamedTuple):
    """A shell line in the body of a skill or command. `why`: what would stop it as a tool call, "" for nothing."""

    path: str
    command: str
    why: str = ""


def closed(root: str, environ: Mapping[str, str]) -> bool:
    """Whether a settings file of the client switches such lines off."""
    folder = environ.get("CLAUDE_CONFIG_DIR") or os.path.join(environ.get("HOME") or "~", ".claude")
    files = [os.path.join(root, ".claude", name) for name in ("settings.json", "settings.local.json")]
    for path in (*files, os.path.join(folder, "settings.json")):
        try:
            with open(path, encoding="utf-8") as file:
                if json.load(file).get(SWITCH) is True:
                    return True
        except (OSError, ValueError, AttributeError):
            continue
    return False


def lines(root: str, environ: Mapping[str, str]) -> list[ShellLine]:
    """Every shell line in the bodies of the repository and of the person, judged by the rules that need no word."""
    return [
        ShellLine(path, command, judged(command, root))
        for path in bodies(root, environ)
        for command in shell_lines(text_of(path))
    ]


def bodies(root: str, environ: Mapping[str, str]) -> Iterator[str]:
    """The files that hold skills and commands, sorted."""
    person = environ.get("CLAUDE_CONFIG_DIR") or os.path.join(environ.get("HOME") or "~", ".claude")
    found = 0
    for base in (os.path.join(root, ".claude"), person):
        for sort in ("skills", "commands", "plugins"):
            for folder, _, names in sorted(os.walk(os.path.join(base, sort))):
                for name in sorted(names):
                    if name.endswith(".md") and found < MOST:
                        found += 1
                        yield os.path.join(folder, name)


def text_of(path: str) -> str:
    """The text of a file, "" where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(200_000)
    except OSError:
        return ""


def judged(command: str, root: str) -> str:
    """Why a command would be stopped as a tool call, by the rules that need no instruction; "" for nothing."""
    from tractguard.facts import Disk, gather
    from tractguard.model import ESCALATED, PRE_TOOL, REJECTED, Event
    from tractguard.rules.builtin import judge_builtin

    event = Event(PRE_TOOL, tool="Bash", input={"command": command}, cwd=root, root=root)
    found = judge_builtin(event, gather(event, Disk(root)), {})
    return next((f"{each.code} {each.why}" for each in found if each.status in (REJECTED, ESCALATED)), "")
