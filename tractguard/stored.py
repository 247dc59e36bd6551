"""What a session's state, or a file of ours, holds as JSON text, read without trust: what is broken is nothing.

Hot: standard library only. Refuses to know what a value means.
"""

import json
from typing import Any

MOST = 1_000_000_000  # a larger number is nobody's count


def read_list(value: str | None) -> list[Any]:
    """The array of a stored JSON text; nothing where it is none."""
    found = _read(value)
    return found if isinstance(found, list) else []


def read_rows(value: str | None) -> list[dict[str, Any]]:
    """The objects of a stored array; nothing where it is none."""
    return [each for each in read_list(value) if isinstance(each, dict)]


def read_object(value: str | None) -> dict[str, Any]:
    """The object of a stored JSON text; nothing where it is none."""
    found = _read(value)
    return found if isinstance(found, dict) else {}


def read_file(path: str) -> dict[str, Any]:
    """The object in a file; nothing where there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return read_object(file.read())
    except (OSError, ValueError):
        return {}


def number(value: Any, most: int = MOST) -> int:
    """A count that somebody else wrote: a whole number from 0 to `most`, else 0."""
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return max(0, min(value, most))


def _read(value: str | None) -> Any:
    try:
        return json.loads(value or "null")
    except (ValueError, RecursionError):
        return None
