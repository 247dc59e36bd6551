"""Facts: what a call would do. See docs/facts.md.

`gather(event, world)` is the only way in. It reads the payload, asks the world only what an effect found there needs,
and returns the facts in the order in which they were said.
"""

from collections.abc import Mapping
from typing import Any

from tractguard.facts.world import Disk, Row, World
from tractguard.model import UNKNOWN, Event, Fact

__all__ = ["Disk", "Row", "World", "gather"]

_SHELLS = frozenset(("Bash", "Shell", "BashTool", "run_shell_command", "shell", "local_shell", "exec_command"))
_FILE_TOOLS = frozenset(
    ("Write", "Edit", "MultiEdit", "NotebookEdit", "Update", "Create", "Read", "NotebookRead", "Glob", "Grep", "LS",
     "WebFetch", "WebSearch")
)  # fmt: skip
# Tools of the host itself that touch nothing outside the session.
_SILENT = frozenset(
    ("TodoWrite", "TodoRead", "Task", "Agent", "ExitPlanMode", "EnterPlanMode", "AskUserQuestion", "BashOutput",
     "TaskCreate", "TaskUpdate", "TaskList", "TaskGet", "ToolSearch",
     "ListMcpResourcesTool", "ReadMcpResourceTool")
)  # fmt: skip

MOST_FACTS = 8_000  # of one call: no honest one has a tenth of it
_ABOUT_FILES = frozenset(("read", "write", "append", "delete", "move", "chmod", "link", "code"))


def gather(event: Event, world: World) -> tuple[Fact, ...]:
    """The facts of a tool call, the `tool` fact first. Never raises for bad input: what cannot be read is `opaque`."""
    tool = event.tool if isinstance(event.tool, str) else ""
    server = tool[5:].partition("__")[0] if tool.startswith("mcp__") else ""
    facts = [Fact("tool", tool, "", {"server": server})]
    given: Any = event.input
    if not isinstance(given, Mapping):
        facts.append(Fact("opaque", "input is no object", repr(given)[:200], {"via": tool}))
        return tuple(facts)
    cwd = event.cwd if isinstance(event.cwd, str) and event.cwd else world.root
    found = _effects(tool, given, cwd, world)
    facts.extend(_in_place(fact, world) for fact in found[:MOST_FACTS])
    if len(found) > MOST_FACTS:
        facts.append(Fact("opaque", "too many facts", f"the first {MOST_FACTS} were kept", {"via": tool}))
    return tuple(facts)


def _in_place(fact: Fact, world: World) -> Fact:
    """A fact about a file, with the file as it is called below the root: a link into the repository, or another way to
    its root, is no other file. Of a link that is deleted or made only the folder is followed."""
    path = fact.name
    if fact.kind not in _ABOUT_FILES or path[:1] != "/" or UNKNOWN in path or fact.data.get("inside"):
        return fact
    if fact.kind in ("delete", "link", "move"):
        folder, _, name = path.rpartition("/")
        real = f"{world.real(folder or '/').rstrip('/')}/{name}"
    else:
        real = world.real(path)
    top = world.real(world.root) if real != path or not path.startswith(world.root + "/") else world.root
    if not real.startswith(top + "/"):
        return fact
    return fact._replace(name=world.root + real[len(top) :])


def _effects(tool: str, given: Mapping[str, Any], cwd: str, world: World) -> list[Fact]:
    """Each room is loaded only for its own tools, so that one kind of call does not pay for the others."""
    if tool in _SILENT:
        return []
    if tool in ("Skill", "SlashCommand"):
        from tractguard.facts.skills import skill_facts

        return skill_facts(given, cwd, world)
    if tool in _FILE_TOOLS:
        from tractguard.facts.files import file_facts

        return file_facts(tool, given, cwd, world)
    command = given.get("command")
    if tool in _SHELLS or (isinstance(command, str) and _is_shell(tool)):
        if not isinstance(command, str):
            return [Fact("opaque", "command is no text", repr(command)[:200], {"via": tool})]
        from tractguard.facts.shell import shell_facts

        return shell_facts(command, cwd, world)
    from tractguard.facts.mcp import mcp_facts

    return mcp_facts(tool, given, cwd, world)


def _is_shell(tool: str) -> bool:
    """Whether a tool with a `command` runs it in a shell: `mcp__desktop__execute_command`, `Terminal`."""
    name = tool.rpartition("__")[2].lower()
    return any(word in name for word in ("shell", "bash", "command", "terminal", "exec", "process"))
