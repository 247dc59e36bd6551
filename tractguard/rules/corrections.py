"""Fixes put into a tool input: only the wrong characters change, everything else stays byte for byte.

It knows dotted paths into an input and offsets. It refuses to know why a fix is right, and it refuses two fixes that
claim the same characters for different texts.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.model import Fix

_OPERATORS = frozenset("'\"`\\$=;|&()<>\n")
_QUOTING = frozenset("'\"`\\$\n")
_CONTENTS = ("new_string", "content", "new_source", "file_text", "insert_text")  # fields that hold the text of a file


def apply(tool_input: Mapping[str, Any], fixes: Sequence[Fix]) -> dict[str, Any] | None:
    """A deep copy of `tool_input` with all `fixes` in it; None where there are none, or one cannot be put in.

    The same fix said twice counts once. Overlapping fixes, offsets outside the string and fields that are no string
    are refused: a correction is certain or it is none.
    """
    changed = _copy(tool_input)
    by_field: dict[str, set[Fix]] = {}
    for fix in fixes:
        by_field.setdefault(fix.field, set()).add(fix)
    if not by_field or not isinstance(changed, dict):
        return None
    for field, some in by_field.items():
        text = _at(changed, field)
        if not isinstance(text, str):
            return None
        fixed = _spliced(text, sorted(some))
        if fixed is None or not _put(changed, field, fixed):
            return None
    return changed


def plain(tool_input: Mapping[str, Any], fixes: Sequence[Fix]) -> tuple[Fix, ...]:
    """`fixes`, if what each replaces is plain words: a quote, a variable or an operator in between means that the words
    do not stand there as they are run, and then nothing is certain. In the text of a file operators are plain."""
    for fix in fixes:
        text = _at(tool_input, fix.field)
        marks = _QUOTING if fix.field.rpartition(".")[2] in _CONTENTS else _OPERATORS
        if not isinstance(text, str) or not marks.isdisjoint(text[fix.start : fix.end]):
            return ()
    return tuple(fixes)


def _spliced(text: str, fixes: Sequence[Fix]) -> str | None:
    out, at = [], 0
    for index, fix in enumerate(fixes):
        same_place = index > 0 and fix.start == fixes[index - 1].start  # two insertions at one place have no order
        if fix.start < at or same_place or fix.end < fix.start or fix.end > len(text):
            return None
        out += [text[at : fix.start], fix.text]
        at = fix.end
    return "".join([*out, text[at:]])


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_copy(inner) for inner in value]
    return value


def _at(value: Any, field: str) -> Any:
    for key in field.split("."):
        value = _step(value, key)
    return value


def _step(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and key.isdigit() and int(key) < len(value):
        return value[int(key)]
    return None


def _put(value: Any, field: str, text: str) -> bool:
    *path, last = field.split(".")
    for key in path:
        value = _step(value, key)
    if isinstance(value, dict) and last in value:
        value[last] = text
        return True
    if isinstance(value, list) and last.isdigit() and int(last) < len(value):
        value[int(last)] = text
        return True
    return False
