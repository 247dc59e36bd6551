"""Our status line in Claude Code's settings: put there where the person has none, and taken out again.

Knows the client's key and our command in it. Refuses to know the hooks, and to touch somebody else's status line. Cold.
"""

import shlex
from collections.abc import Mapping
from typing import Any

from tractguard import settings_file
from tractguard.hosts.claude_code_command import Baked

KEY = "statusLine"
_RUNS = "from tractguard.statusline import main"
_CODE = f"import sys; sys.path.extend(sys.argv[1:]); {_RUNS}; main()"
SHARED = "command -v tractguard >/dev/null 2>&1 && tractguard statusline"
SETTING = '"statusLine": {"type": "command", "command": "tractguard statusline"}'


def command(baked: Baked | None) -> str:
    """The shell command; without `baked` the form for a shared file, silent where the guard is not installed."""
    if baked is None:
        return SHARED
    return shlex.join([baked.interpreter, "-I", "-S", "-c", _CODE, *baked.folders])


def is_ours(value: Any) -> bool:
    """Whether a status line is one that we wrote."""
    text = value.get("command") if isinstance(value, Mapping) else None
    return isinstance(text, str) and (_RUNS in text or text == SHARED)


def with_line(text: str, baked: Baked | None) -> str:
    """A settings text with our status line; unchanged where there is another one. Raises BrokenSettings."""
    there = settings_file.load(text).get(KEY)
    wanted = {"type": "command", "command": command(baked)}
    if there is not None and not is_ours(there):
        return text
    if there == wanted:
        return text
    return settings_file.put(without_line(text), KEY, wanted)


def without_line(text: str) -> str:
    """A settings text without our status line."""
    return settings_file.remove(text, (KEY,)) if is_ours(settings_file.load(text).get(KEY)) else text
