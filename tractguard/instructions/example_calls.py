"""The parts of which examples are made: calls, pairs of calls, and where an example file lies. Cold."""

import posixpath
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from tractguard.model import Constraint


class Call(NamedTuple):
    """A tool call as an example."""

    tool: str
    input: dict[str, Any]

    def __str__(self) -> str:
        if self.tool == "Bash":
            return str(self.input["command"])
        text = str(self.input.get("content", "")).strip().replace("\n", " ⏎ ").replace("\t", "⇥")
        return f"{self.tool} {self.input['file_path']}" + (f": {text}" if text else "")


class Pair(NamedTuple):
    """A call that should be stopped and its nearest relative that should pass."""

    stopped: Call
    passed: Call
    before: tuple[Call, ...] = ()  # what was called earlier in the session
    files: Mapping[str, str] = {}  # path -> content: what is there already


LOOK = "git status"


def bash(command: str) -> Call:
    """A Bash call."""
    return Call("Bash", {"command": command})


def write(path: str, content: str) -> Call:
    """A Write call."""
    return Call("Write", {"file_path": path, "content": content})


def mentioning(command: str) -> Call:
    """A call that only names a command: it looks for the words."""
    quote = '"' if "'" in command else "'"
    return bash(f"git log --grep {quote}{command}{quote}" if quote not in command else LOOK)


def placed(constraint: Constraint, root: str, name: str, glob: str = "") -> str:
    """The path of an example file: where the constraint holds, if that is a folder or a glob, else below the root.

    A file that stands for a `glob` with a folder of its own is there already.
    """
    area = next((each for each in constraint.list("scope") if "/" in each or "*" in each), "")
    own = "/" in glob.removeprefix("**/").rstrip("/") or (bool(glob) and name.startswith(area))
    if not area or own or " " in area:
        return f"{root}/{name}"
    area = area.removeprefix("./")
    if area.endswith("/"):
        return f"{root}/{area}{name}"
    folder = plain_glob(area.rpartition("/")[0].replace("**", "")).strip("/")
    ending = _ending(area)
    last = posixpath.basename(name)
    if ending and not glob and area.rpartition("/")[2].startswith("*."):
        last = last.rpartition(".")[0] + ending
    elif not glob and area.rpartition("/")[2].strip("*"):
        last = plain_glob(posixpath.basename(area))
    return posixpath.normpath(f"{root}/{folder}/{last}")


def _ending(glob: str) -> str:
    """ ".ts" of "src/**/*.{ts,tsx}"; "" where the glob asks for none."""
    last = file_for(glob).rpartition("/")[2]
    return posixpath.splitext(last)[1] if "*." in glob.rpartition("/")[2] else ""


def plain_glob(glob: str) -> str:
    """A glob with its first alternative, and a name for each star that does not end a word."""
    while "{" in glob and "}" in glob.partition("{")[2]:
        head, _, rest = glob.partition("{")
        inner, _, tail = rest.partition("}")
        glob = head + inner.split(",")[0] + tail
    return re.sub(r"(?<=[A-Za-z])\*", "", glob).replace("*", "example").replace("?", "x")


def file_for(glob: str) -> str:
    """A file that a glob would match, as a path below the root."""
    glob = glob.lstrip("/").removeprefix("./")
    if glob.endswith("/"):
        glob += "example.txt"
    path = plain_glob(glob.replace("**/", "").replace("**", "example.txt"))
    last = path.rsplit("/", 1)[-1]
    return path if "." in last or "/" not in glob else f"{path}/example.txt"
