"""What is a secret: files, variables and tokens by their usual names and published shapes, less the examples.

Judged from the name or the text alone. `data/secrets.json` has the names, `redact.PATTERNS` the shapes. It refuses
to know whether a secret is still valid.
"""

import posixpath
import re
from fnmatch import fnmatchcase
from functools import cache
from math import log2
from typing import Any

from tractguard.model import UNKNOWN
from tractguard.redact import PATTERNS
from tractguard.tables import table

_SHAPES = frozenset(
    ("private key", "aws key", "github token", "gitlab token", "anthropic key", "api key", "stripe key", "slack token",
     "slack hook", "google key", "npm token", "pypi token", "sendgrid key", "hugging face token")
)  # fmt: skip
_LIGHT = ("sk_test_", "rk_test_", "pk_", "sk-test")
_CODE = (
    ".ts", ".tsx", ".js", ".jsx", ".mjs", ".py", ".go", ".rs", ".java", ".kt", ".rb", ".php", ".cs", ".swift", ".css",
    ".html", ".vue", ".svelte", ".sh", ".sql", ".c", ".h", ".cpp", ".ex", ".tf", ".csv", ".txt",
)  # fmt: skip
MOST_TEXT = 400_000
LEAST_ENTROPY = 3.3  # bits a character; words and placeholders lie below, random tokens above


@cache
def listed(key: str) -> tuple[str, ...]:
    """A list of `data/secrets.json`."""
    found: Any = table("secrets")[key]
    return tuple(found.split()) if isinstance(found, str) else tuple(found)


def is_secret_file(path: str, root: str = "") -> bool:
    """Whether a file of that path usually holds secrets. Examples, templates and public keys do not."""
    if not path or path.startswith(UNKNOWN):
        return False
    name = posixpath.basename(path)
    low = name.lower()
    opened = [word for word in listed("open") if word in low and not (word == ".enc" and low.endswith(".key"))]
    if opened or low.endswith(_CODE):
        return False
    inside = bool(root) and path.startswith(root.rstrip("/") + "/")
    if any(fnmatchcase(path, "*" + pattern) for pattern in listed("paths")):
        return True
    if any(one in path for one in ("/node_modules/", "/site-packages/", "/dist-info/")):
        return False
    pattern = next((one for one in listed("files") if fnmatchcase(name, one)), "")
    return bool(pattern) and not (inside and pattern in listed("only_at_home"))


def is_secret_name(name: str) -> bool:
    """Whether a variable of that name usually holds a secret."""
    low = name.lower()
    if any(word in low for word in listed("names_open")):
        return False
    return any(low.endswith(word) if word[0] == "_" else word in low for word in listed("names"))


def is_placeholder(value: str) -> bool:
    """Whether a value is one of those that documentation uses."""
    low = value.lower()
    return any(word in low for word in listed("placeholders")) or len(set(low)) < 6


def entropy(text: str) -> float:
    """How many bits a character of `text` carries."""
    size = len(text)
    return -sum(text.count(char) / size * log2(text.count(char) / size) for char in set(text)) if size else 0.0


@cache
def _shapes() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    return tuple((name, cue, re.compile(shape)) for name, cue, shape in PATTERNS if name in _SHAPES)


def token_in(text: str) -> str:
    """The kind of token that a text holds by its published shape, or "". Examples and test keys do not count."""
    text = text[:MOST_TEXT]
    low = text.lower()
    for name, cue, shape in _shapes():
        if cue not in low:
            continue
        for match in shape.finditer(text):
            value = match.group()
            if name == "private key":
                if len(value) > 200 and not is_placeholder(value[30:90]):
                    return name
            elif not value.startswith(_LIGHT) and not is_placeholder(value[4:]) and entropy(value[4:]) > 3.0:
                return name
    return ""
