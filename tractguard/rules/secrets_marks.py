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
from tractguard.rules.destructive_paths import home_of
from tractguard.tables import table

_SHAPES = frozenset(
    ("private key", "aws key", "github token", "gitlab token", "anthropic key", "api key", "stripe key", "slack token",
     "slack hook", "google key", "npm token", "pypi token", "sendgrid key", "hugging face token")
)  # fmt: skip
_FOLDERS = (".ssh", ".aws", ".gnupg", ".kube", ".password-store")
_LIGHT = ("sk_test_", "rk_test_", "pk_", "sk-test")
_CODE = (
    ".ts", ".tsx", ".js", ".jsx", ".mjs", ".py", ".go", ".rs", ".java", ".kt", ".rb", ".php", ".cs", ".swift", ".css",
    ".html", ".vue", ".svelte", ".sh", ".sql", ".c", ".h", ".cpp", ".ex", ".tf", ".csv", ".txt",
)  # fmt: skip
_KEY, _VALUE = r"\b([A-Za-z_][\w-]{2,40})[\"']?\s{0,3}[:=]\s{0,3}", r"[A-Za-z0-9+/_!@#%^*.-]{16,128}={0,2}"
_QUOTED = re.compile(rf"{_KEY}([\"'])({_VALUE})\2")
_BARE = re.compile(rf"(?m){_KEY}()({_VALUE})\s{{0,3}}$")
_DIGITS = 3  # of a random value: names of things have one or two
LEAST_ASSIGNED = 3.5  # bits a character of a value that a secret's name is given
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
    if "/.gnupg/" in path and low.startswith(("secring", "private-keys")):
        return True
    if opened or low.endswith(_CODE):
        return False
    if ("*" in name or "?" in name) and name[:2] in (".e", ".n", "id") and len(name) > 3:
        return any(fnmatchcase(one, name) for one in (".env", ".netrc", ".npmrc", "id_rsa", "id_ed25519"))
    inside = bool(root) and path.startswith(root.rstrip("/") + "/")
    if any(fnmatchcase(path, "*" + pattern) for pattern in listed("paths")):
        return True
    if any(one in path for one in ("/node_modules/", "/site-packages/", "/dist-info/")):
        return False
    pattern = next((one for one in listed("files") if fnmatchcase(name, one)), "")
    return bool(pattern) and not (inside and pattern in listed("only_at_home"))


def is_secret_folder(path: str) -> bool:
    """Whether a folder in a person's home is made of secrets."""
    return posixpath.basename(path.rstrip("/")) in _FOLDERS and bool(home_of(path))


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


def assigned_in(text: str, *, bare: bool) -> str:
    """The name of a setting to which a text gives a secret spelled out: by the name, and by how random the value is.
    `bare`: values need no quotes here, as in YAML; in code they would be names.
    """
    for shape in (_QUOTED, _BARE) if bare else (_QUOTED,):
        for name, _, value in shape.findall(text[:MOST_TEXT]):
            if is_secret_name(name) and _is_random(value) and not is_placeholder(value):
                return str(name)
    return ""


def _is_random(value: str) -> bool:
    """Whether a value looks made by chance: no path, version or name (`settings.API_KEY.v2`, `acme-session-2`)."""
    letters = any(char.islower() for char in value) and any(char.isupper() for char in value)
    enough = letters and sum(char.isdigit() for char in value) >= _DIGITS and entropy(value) > LEAST_ASSIGNED
    parts = [part for part in value.replace("/", ".").replace("_", ".").replace("-", ".").split(".") if part]
    named = value.count(".") > 1 or "/" in value[:2] or all(part.isalpha() or part.isdigit() for part in parts)
    return enough and not named


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
