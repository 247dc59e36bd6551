"""A person's JSON settings file, changed in place: indentation, key order, line ends and everything else stay theirs.

Knows JSON text and where each value stands in it. Refuses to know what the settings mean. A file that is not one valid
JSON object is never touched: every function that reads it raises `BrokenSettings` with the line and column.
Cold: the command line only.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from typing import Any, NamedTuple

Path = Sequence[str | int]

_SPACE = " \t\r\n"
_DEPTH = 200  # settings nest a few levels; what is deeper is not settings
_decoder = json.JSONDecoder()


class BrokenSettings(ValueError):
    """The file is not one JSON object, or a part of it has another shape than the client's. Nothing was written."""


class Node(NamedTuple):
    """One value in the text: `text[start:end]`. `keys` are the (name, start) of an object's members."""

    start: int
    end: int
    kind: str  # "object" | "array" | "scalar"
    items: tuple["Node", ...] = ()
    keys: tuple[tuple[str, int], ...] = ()

    def child(self, step: str | int) -> int | None:
        """Where a member or element stands in `items`. Of members with one name the last counts, as in JavaScript."""
        if isinstance(step, int):
            return step if self.kind == "array" and 0 <= step < len(self.items) else None
        places = [at for at, (name, _) in enumerate(self.keys) if name == step]
        return places[-1] if places else None


def parse(text: str) -> Node:
    """The tree of a settings file. Raises BrokenSettings. An empty text is the empty object that it stands for."""
    if not text.strip(_SPACE + "\ufeff"):
        return Node(0, len(text), "object")
    try:
        start = _skip(text, 1 if text.startswith("\ufeff") else 0)
        node = _value(text, start, 0)
    except json.JSONDecodeError as error:
        raise BrokenSettings(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except ValueError as error:  # a number of thousands of digits
        raise BrokenSettings(str(error)) from None
    if _skip(text, node.end) != len(text):
        raise BrokenSettings(f"line {text.count(chr(10), 0, node.end) + 1}: text after the end of the object")
    if node.kind != "object":
        raise BrokenSettings("line 1: the file holds no JSON object")
    return node


def load(text: str) -> dict[str, Any]:
    """The values of a settings file. Raises BrokenSettings."""
    parse(text)
    value = json.loads(text.removeprefix("\ufeff")) if text.strip(_SPACE + "\ufeff") else {}
    return dict(value)


def append(text: str, path: Path, value: Any) -> str:
    """`text` with `value` as the last element of the array at `path`; missing objects and the array are made."""
    node = parse(text)
    if not text.strip(_SPACE + "\ufeff"):
        text, node = "{}\n", parse("{}")
    for depth, step in enumerate(path):
        at = node.child(step)
        if at is None:
            if node.kind != "object":
                raise BrokenSettings(f'"{_name(path[:depth])}" is not an object')
            return _insert(text, node, _wrap(path[depth + 1 :], value), depth, key=str(step))
        node = node.items[at]
    if node.kind != "array":
        raise BrokenSettings(f'"{_name(path)}" is not an array')
    return _insert(text, node, value, len(path))


def put(text: str, key: str, value: Any) -> str:
    """`text` with a new member at its top level, behind the others; unchanged where there is one of that name."""
    node = parse(text)
    if not text.strip(_SPACE + "\ufeff"):
        text, node = "{}\n", parse("{}")
    return text if node.child(key) is not None else _insert(text, node, value, 0, key=key)


def replace(text: str, path: Path, value: Any) -> str:
    """`text` with another scalar at `path`, which must exist."""
    node = parse(text)
    for step in path:
        at = node.child(step)
        if at is None:
            raise BrokenSettings(f'there is no "{_name(path)}"')
        node = node.items[at]
    return text[: node.start] + json.dumps(value, ensure_ascii=False) + text[node.end :]


def remove(text: str, path: Path) -> str:
    """`text` without the member or element at `path`, its comma and its line. Unchanged where there is none."""
    node = parse(text)
    for step in path[:-1]:
        at = node.child(step)
        if at is None:
            return text
        node = node.items[at]
    at = node.child(path[-1])
    return text if at is None else _cut(text, node, at)


def read(path: str) -> str | None:
    """The text of a settings file, None where there is none. Raises BrokenSettings where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise BrokenSettings(f"{path}: {reason}; it was left as it is") from None


def write(path: str, text: str, mode: int = 0o644) -> None:
    """Write a file at once or not at all. A symbolic link stays one, an existing file keeps its permissions."""
    path = os.path.realpath(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        mode = os.stat(path).st_mode & 0o7777
    except OSError:
        pass
    handle, temporary = tempfile.mkstemp(prefix=".tractguard-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _value(text: str, at: int, depth: int) -> Node:
    if depth > _DEPTH:
        raise json.JSONDecodeError("nested too deeply", text, at)
    opening = text[at : at + 1]
    if opening == "{":
        return _container(text, at, depth, "object", "}")
    if opening == "[":
        return _container(text, at, depth, "array", "]")
    value, end = _decoder.raw_decode(text, at)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise json.JSONDecodeError("not a JSON number", text, at)
    return Node(at, end, "scalar")


def _container(text: str, at: int, depth: int, kind: str, closing: str) -> Node:
    start = at
    items: list[Node] = []
    keys: list[tuple[str, int]] = []
    at = _skip(text, at + 1)
    while text[at : at + 1] != closing or items:
        if kind == "object":
            name, end = _decoder.raw_decode(text, at) if text[at : at + 1] == '"' else (None, at)
            if name is None:
                raise json.JSONDecodeError("expecting a name in double quotes", text, at)
            keys.append((str(name), at))
            at = _expect(text, end, ":")
        items.append(_value(text, at, depth + 1))
        at = _skip(text, items[-1].end)
        if text[at : at + 1] == closing:
            break
        at = _expect(text, at, ",")
    return Node(start, at + 1, kind, tuple(items), tuple(keys))


def _expect(text: str, at: int, char: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != char:
        raise json.JSONDecodeError(f"expecting '{char}'", text, at)
    return _skip(text, at + 1)


def _name(path: Path) -> str:
    return ".".join(str(step) for step in path) or "the file"


def _wrap(path: Path, value: Any) -> Any:
    value = [value]
    for step in reversed(path):
        value = {str(step): value}
    return value


def _style(text: str) -> tuple[str, str]:
    """(line end, one level of indentation); ("", "") for a text on a single line that holds something."""
    newline = "\r\n" if "\r\n" in text else "\n"
    root = parse(text)
    if not root.items:
        return newline, "  "
    first = root.keys[0][1]
    lead = text[root.start + 1 : first]
    if "\n" not in lead:
        return ("", "") if "\n" not in text[root.start : root.end] else (newline, "  ")
    return newline, lead[lead.rindex("\n") + 1 :] or "  "


def _insert(text: str, node: Node, value: Any, depth: int, key: str | None = None) -> str:
    """`value` as the last item of the container `node`, laid out as its neighbours are."""
    newline, unit = _style(text)
    name = "" if key is None else json.dumps(key, ensure_ascii=False) + ": "
    last = node.items[-1].end if node.items else node.start + 1
    begin = (node.keys[-1][1] if node.keys else node.items[-1].start) if node.items else node.start + 1
    before = _space_before(text, begin)
    if not newline or (node.items and "\n" not in before):
        glue = ", " if node.items else ""
        return text[:last] + glue + name + json.dumps(value, ensure_ascii=False) + text[last:]
    margin = before[before.rindex("\n") + 1 :] if node.items else _margin(text, node.start) + unit
    lines = json.dumps(value, ensure_ascii=False, indent=unit).split("\n")
    block = newline + margin + name + (newline + margin).join(lines)
    if node.items:
        return text[:last] + "," + block + text[last:]
    return text[:last] + block + newline + _margin(text, node.start) + text[node.end - 1 :]


def _cut(text: str, node: Node, at: int) -> str:
    """The text without item `at` of `node`: with the comma before it, or the one after where it is the first."""
    begins = [start for _, start in node.keys] if node.kind == "object" else [item.start for item in node.items]
    if len(begins) == 1:
        return text[: node.start + 1] + text[node.end - 1 :]
    if at:
        return text[: node.items[at - 1].end] + text[node.items[at].end :]
    return text[: begins[0]] + text[begins[1] :]


def _space_before(text: str, at: int) -> str:
    start = at
    while start > 0 and text[start - 1] in _SPACE:
        start -= 1
    return text[start:at]


def _margin(text: str, at: int) -> str:
    """The indentation of the line on which `at` stands."""
    start = text.rfind("\n", 0, at) + 1
    end = start
    while end < len(text) and text[end] in " \t":
        end += 1
    return text[start:end]
