"""Policy's `[checks]`: named commands and the files that each is about.

Only what is in force gets here: a policy that came with a clone and that no person accepted names no checks. Standard
library only.
"""

import posixpath
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tractguard.policy import DEFAULTS, Policy

MAIN = "checks"  # the name of the check that stands in [checks] itself


class Check(NamedTuple):
    """One check of the project. No `globs`: it is about every source file."""

    name: str
    command: str
    globs: tuple[str, ...] = ()
    seconds: float = 60.0

    def about(self, path: str) -> bool:
        """Whether a path, relative to the root, concerns it."""
        if self.globs:
            from tractguard.rules.scope import matches

            return any(matches(one, path) for one in self.globs)
        from tractguard.claims.evidence import is_code

        return is_code(path) or posixpath.basename(path) in _MANIFESTS


_MANIFESTS = frozenset(
    (
        "package.json pyproject.toml go.mod Cargo.toml Gemfile composer.json Makefile tsconfig.json pom.xml"
        " build.gradle setup.py setup.cfg"
    ).split()
)


def checks_of(policy: Policy) -> list[Check]:
    """The checks that policy names, the main one first."""
    table = policy.get("checks")
    if not isinstance(table, Mapping):
        return []
    named = [(MAIN, table), *((name, each) for name, each in sorted(table.items()) if isinstance(each, Mapping))]
    return [_check(name, each) for name, each in named if isinstance(each.get("command"), str) and each["command"]]


def at_gate(policy: Policy) -> str:
    """What is done at a gate where no run was seen: "run" or "logged"."""
    table = policy.get("checks")
    said = table.get("at_gate") if isinstance(table, Mapping) else None
    return str(said or DEFAULTS["checks"]["at_gate"])


def concerned(checks: Iterable[Check], paths: Iterable[str]) -> list[tuple[Check, list[str]]]:
    """The checks that any of these paths concerns, each with those paths."""
    known = list(paths)
    found = [(check, [path for path in known if check.about(path)]) for check in checks]
    return [(check, mine) for check, mine in found if mine]


def _check(name: str, table: Mapping[str, Any]) -> Check:
    globs, seconds = table.get("globs"), table.get("seconds")
    return Check(
        name,
        str(table["command"]),
        tuple(map(str, globs)) if isinstance(globs, (list, tuple)) else (),
        float(seconds) if isinstance(seconds, (int, float)) else float(DEFAULTS["checks"]["seconds"]),
    )
