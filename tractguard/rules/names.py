"""Names in written code by what they name: functions, classes, interfaces, types, variables, constants, columns.

It knows how each family of languages declares them. It refuses to judge a name that could be of the wanted style, and
names that other code prescribes (tests, dunder methods, React components among functions).
"""

import re
from collections.abc import Iterator

from tractguard.model import Fact
from tractguard.rules.constructs import MOST_TEXT, bare, language

MOST_NAMES = 200  # of one text that are looked at

_SQL = (
    r"(?i:^[ \t]*[\"`]?(\w+)[\"`]?[ \t]+(?:varchar|char|text|int|integer|bigint|timestamptz?|boolean|uuid|serial"
    r"|numeric|decimal|date|jsonb?)\b)"
)
_DECLARED: dict[str, dict[str, str]] = {
    "function": {
        "python": r"^\s*(?:async\s+)?def\s+(\w+)",
        "js": r"\bfunction\s+(\w+)|\bconst\s+(\w+)\s*=\s*(?:async\s*)?\(",
        "go": r"^func\s+(?:\([^)\n]*\)\s*)?(\w+)",
        "rust": r"\bfn\s+(\w+)",
        "ruby": r"^\s*def\s+(?:self\.)?(\w+)",
        "php": r"\bfunction\s+(\w+)",
        "kotlin": r"\bfun\s+(?:<[^>\n]*>\s*)?(?:\w+\.)?(\w+)\s*\(",
        "swift": r"\bfunc\s+(\w+)",
        "java": r"^[ \t]*(?:(?:public|private|protected|static|final)[ \t]+)+[\w<>\[\],]+[ \t]+(\w+)[ \t]*\([^;\n]*\{",
        "csharp": (
            r"^[ \t]*(?:(?:public|private|protected|internal|static|async|override|virtual)[ \t]+)+"
            r"[\w<>\[\]?,]+[ \t]+(\w+)[ \t]*\("
        ),
        "dart": r"^\s*(?:[\w<>?]+\s+)(\w+)\s*\([^;\n]*\)\s*(?:async\s*)?(?:\{|=>)",
    },
    "class": {
        "python": r"^\s*class\s+(\w+)",
        "js": r"\bclass\s+(\w+)",
        "java": r"\bclass\s+(\w+)",
        "ruby": r"^\s*class\s+(\w+)",
        "php": r"\bclass\s+(\w+)",
        "kotlin": r"\bclass\s+(\w+)",
        "swift": r"\b(?:class|struct|actor)\s+([A-Za-z]\w*)\s*[:{<]",
        "csharp": r"\b(?:class|record|struct)\s+(\w+)",
        "dart": r"\bclass\s+(\w+)",
        "c": r"\b(?:class|struct)\s+(\w+)\s*[:{]",
        "rust": r"\b(?:struct|enum|trait)\s+(\w+)",
    },
    "interface": {
        "js": r"^\s*(?:export\s+)?(?:declare\s+)?interface\s+(\w+)",
        "java": r"\binterface\s+(\w+)",
        "kotlin": r"\binterface\s+(\w+)",
        "csharp": r"\binterface\s+(\w+)",
        "php": r"\binterface\s+(\w+)",
        "go": r"^type\s+(\w+)\s+interface\b",
    },
    "type": {"js": r"^\s*(?:export\s+)?type\s+(\w+)\s*[=<]", "go": r"^type\s+(\w+)\b"},
    "enum": {
        "js": r"\benum\s+(\w+)",
        "java": r"\benum\s+(\w+)",
        "kotlin": r"\benum\s+class\s+(\w+)",
        "csharp": r"\benum\s+(\w+)",
        "swift": r"\benum\s+(\w+)",
        "rust": r"\benum\s+(\w+)",
        "php": r"\benum\s+(\w+)",
    },
    "variable": {
        "js": r"\b(?:let|const|var)\s+([A-Za-z_$]\w*)\s*(?::[^=\n]{1,80})?=(?!=)",
        "python": r"^[ \t]*([A-Za-z_]\w*)\s*(?::[^=\n]{1,80})?=(?!=)",
        "go": r"\b([A-Za-z]\w*)\s*:=|\bvar\s+(\w+)",
        "rust": r"\blet\s+(?:mut\s+)?(\w+)",
        "kotlin": r"\b(?:val|var)\s+(\w+)",
        "swift": r"\b(?:let|var)\s+(\w+)",
        "php": r"\$(\w+)\s*=(?!=)",
        "ruby": r"^[ \t]*([a-z_]\w*)\s*=(?!=)",
        "java": r"^\s*(?:final\s+)?[A-Za-z][\w<>\[\]]*\s+([a-zA-Z_]\w*)\s*=(?!=)",
        "csharp": r"^\s*(?:var|int|string|bool|double|decimal|[A-Z][\w<>\[\]?]*)\s+([a-zA-Z_]\w*)\s*=(?!=)",
        "dart": r"^\s*(?:final|var|const|int|String|bool|double|[A-Z][\w<>?]*)\s+([a-zA-Z_]\w*)\s*=(?!=)",
    },
    "constant": {
        "js": r"^(?:export\s+)?const\s+(\w+)\s*(?::[^=\n]{1,80})?=\s*(?:-?\d|[\"'`][^\"'`\n]*[\"'`]\s*;?$|new Set\()",
        "kotlin": r"\bconst\s+val\s+(\w+)",
        "java": r"\bstatic\s+final\s+[\w<>\[\]]+\s+(\w+)",
        "rust": r"^\s*(?:pub\s+)?const\s+(\w+)",
        "php": r"\bconst\s+(\w+)\s*=",
        "csharp": r"\bconst\s+\w+\s+(\w+)",
    },
    "column": {"sql": _SQL},
    "table": {"sql": r"(?i:create\s+table\s+(?:if\s+not\s+exists\s+)?[\"`]?(\w+))"},
    "hook": {"js": r"\bfunction\s+(use\w+|\w+Hook)\b|\bconst\s+(use\w+|\w+Hook)\s*="},
    "boolean": {
        "js": r"\b(?:let|const|var)\s+(\w+)\s*(?::\s*boolean\s*)?=\s*(?:true|false)\b|\b(\w+)\s*:\s*boolean\b",
        "python": r"^[ \t]*(\w+)\s*(?::\s*bool\s*)?=\s*(?:True|False)\b|\b(\w+)\s*:\s*bool\b",
        "swift": r"\b(?:let|var)\s+(\w+)\s*(?::\s*Bool\s*)?=\s*(?:true|false)\b|\b(?:let|var)\s+(\w+)\s*:\s*Bool\b",
        "kotlin": r"\b(?:val|var)\s+(\w+)\s*(?::\s*Boolean\s*)?=\s*(?:true|false)\b",
        "java": r"\b[bB]oolean\s+(\w+)\s*[=;]",
        "csharp": r"\bbool\s+(\w+)\s*(?:[=;{])",
        "dart": r"\bbool\s+(\w+)\s*[=;]",
    },
}
_WORDS = {
    "function": ("function", "method"),
    "class": ("class",),
    "interface": ("interface",),
    "type": ("types", "type names", "type aliases"),
    "enum": ("enum",),
    "variable": ("variable", "locals"),
    "constant": ("constant",),
    "column": ("column",),
    "table": ("table",),
    "hook": ("hook",),
    "boolean": ("boolean", "bools"),
}


def kinds_of(what: str) -> tuple[str, ...]:
    """What a person's words say is named ("variables and functions")."""
    if "boolean" in what or "bools" in what:
        return ("boolean",)
    return tuple(kind for kind, words in _WORDS.items() if any(word in what for word in words))


def names(fact: Fact, kind: str) -> Iterator[str]:
    """The names of that kind that an added text declares."""
    pattern = _DECLARED[kind].get(language(fact))
    if not pattern:
        return
    for at, match in enumerate(re.finditer(pattern, bare(fact)[:MOST_TEXT], re.MULTILINE)):
        if at >= MOST_NAMES:
            return
        name = next((one for one in match.groups() if one), "")
        if name and not name.startswith("__") and len(name) > 1:
            yield name


def differs(name: str, style: str, kind: str) -> bool:
    """Whether a name is surely of another style: one word fits most of them."""
    plain = name.strip("_$")
    if style == "camelCase":
        if kind in ("function", "variable", "boolean") and (plain.isupper() or plain[:1].isupper()):
            return False  # a component, a constant, a schema
        return bool(re.search(r"[a-z0-9]_[a-zA-Z0-9]", plain)) and not plain.startswith("test_")
    if style == "snake_case":
        return bool(re.search(r"[a-z0-9][A-Z]", plain)) and not plain[:1].isupper()
    if style == "PascalCase":
        return not plain[:1].isupper() or "_" in plain
    if style == "SCREAMING_SNAKE_CASE":
        return plain != plain.upper()
    return False
