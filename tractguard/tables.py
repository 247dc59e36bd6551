"""The shipped tables: data files of the package, read once, when first asked for; patterns, compiled only then.

The only door to `tractguard/data/`. Nothing that is read here ever changes, so that rules which use a table stay pure.
"""

import json
import os
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")


@cache
def table(name: str) -> dict[str, Any]:
    """The table `name` of `tractguard/data/NAME.json`."""
    with open(os.path.join(FOLDER, f"{name}.json"), encoding="utf-8") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded


@lru_cache(maxsize=1024)
def row(name: str, key: str) -> Any:
    """The value under `key` in a table that has each on a line of its own, without reading the others; None where there
    is none."""
    text = _text(name)
    at = text.find(f'\n"{key}": ') if '"' not in key and "\\" not in key else -1
    return json.loads(text[at + len(key) + 5 : text.index("\n", at + 1)].rstrip(",")) if at >= 0 else None


@cache
def _text(name: str) -> str:
    with open(os.path.join(FOLDER, f"{name}.json"), encoding="utf-8") as file:
        return file.read()


def later(pattern: str, flags: int = 0) -> "Callable[[], re.Pattern[str]]":
    """A function that gives the compiled `pattern`, which `re` keeps: most calls need few that a module knows."""
    return lambda: re.compile(pattern, flags)
