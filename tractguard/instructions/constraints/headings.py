"""Where a heading says that something holds: below "Testing" in tests, below "`packages/web`" in that folder.

Only a heading that is all about tests, or that names a path in code marks, limits what stands below it. "Frontend" and
"Backend" name no place.
"""

import re

from tractguard.instructions.constraints.mentions import Path, is_path, scope_glob
from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_TESTS = lazy(
    r"(?:\W|\d)*(?:(?:writing|unit|integration|automated|e2e|end-to-end|adding|new|general|our|the|for|in|good) )*"
    r"(?:tests?|testing|test files?|test code|test suites?|specs?|unit-?tests?)"
    r"(?: (?:rules?|guidelines?|conventions?|standards?|style|practices|patterns?|code|files?|requirements?"
    r"|best practices|structure|principles|approach|philosophy|notes|strategy))?(?:\W|\ufe0f)*"
)
_MARKED = lazy(r"`([^`\n]{1,120})`")
_CODE_TYPES = frozenset(("forbid_code", "require_code", "format", "naming"))
_COMPOSE = ["**/docker-compose*.y*ml", "**/compose*.y*ml"]
_FOLDER_TYPES = _CODE_TYPES | {"tool_choice", "framework", "dependency", "language"}
_ELSEWHERE = ("scope", "except")
_KINDS = (  # headings that are all about one kind of files
    (lazy(r"\b(?:docker[- ])?compose (?:\w+ )?(?:rules?|files?|conventions?|standards?|style)\b"), _COMPOSE),
    (lazy(r"\bdockerfiles?\b"), ["**/Dockerfile*", "**/*.dockerfile"]),
    (lazy(r"\b(?:github actions|ci workflows?|workflow files?)\b"), [".github/workflows/**"]),
    (lazy(r"\bsql (?:rules?|style|conventions?|guidelines?|files?)\b"), ["**/*.sql"]),
    (lazy(r"\b(?:terraform|hcl) (?:rules?|style|conventions?|guidelines?|files?|code)\b"), ["**/*.tf"]),
)


def limited_by(heading: str, constraint: Constraint) -> Constraint:
    """`constraint` with the scope that its heading gives it; unchanged where it has one, or the heading gives none."""
    if constraint.type not in _FOLDER_TYPES or any(constraint.get(key) for key in _ELSEWHERE):
        return constraint
    scope = _scope(heading, constraint.type in _CODE_TYPES)
    return Constraint(constraint.type, {**constraint.data, "scope": scope}) if scope else constraint


def _scope(heading: str, of_code: bool) -> str | list[str]:
    last = re.split(r"\s[>›»/|]\s", heading[:300])[-1].strip()
    if of_code and _TESTS.fullmatch(last.lower()):
        return list(section("places")["tests"])
    if of_code and (kind := next((globs for cue, globs in _KINDS if cue.search(last.lower())), None)):
        return list(kind)
    found = [text.strip() for text in _MARKED.findall(last)]
    if not found or not all(is_path(text) for text in found):
        return ""
    folders = [_is_folder(text) for text in found]
    if not all(folders) and not of_code:
        return ""
    globs = [scope_glob(Path(text, 0, True, folder)) for text, folder in zip(found, folders, strict=True)]
    return globs[0] if len(globs) == 1 else globs


def _is_folder(text: str) -> bool:
    return "." not in text.rstrip("/").rsplit("/", 1)[-1] and "*" not in text
