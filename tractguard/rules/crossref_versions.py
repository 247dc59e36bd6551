"""Versions of runtimes and packages: TG351.

It compares version numbers as far as a person gave them: "3.12" leaves the patch open, ">=18" everything above. It
refuses to judge what says no number (`latest`, a variable).
"""

import re
from collections.abc import Iterator

from tractguard.model import UNKNOWN, Constraint, Fact, Fix, Instruction
from tractguard.rules.crossref import MISSING, Call, Hit, bash, rule, write
from tractguard.rules.scope import place
from tractguard.rules.words import table

_NUMBER = re.compile(r"\d+(?:\.\d+){0,3}")
_SPEC = re.compile(r"^\s*(>=|<=|==|~=|~>|\^|~|>|<|=|v|net)?\s*v?(\d+(?:\.\d+){0,3})(\.[x*]|\+)?")
_TAGS = frozenset(("latest", "next", "canary", "beta", "*"))
_PROSE = (".md", ".mdx", ".rst", ".txt", ".adoc")
_JUNIT4 = ("org.junit.Test", "org.junit.Before", "org.junit.After", "org.junit.Rule", "org.junit.Assert",
    "org.junit.runner", "org.junit.Ignore")  # fmt: skip


def canonical(name: str) -> str:
    """The usual name of a runtime or package ("node.js" is "node")."""
    word = name.lower().strip().strip("`")
    names: dict[str, str] = table("versions")["aliases"]
    return names.get(word, word)


def version(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """Another version of the runtime or package than the one that was said."""
    of = canonical(str(constraint.get("of") or ""))
    values = [_full(of, value) for value in map(_plain, constraint.list("value")) if _SPEC.match(value)]
    banned = [value for value in constraint.list("not") if _SPEC.match(value) or value in _TAGS]
    if not of or not (values or banned):
        return
    for fact in (*call.of("version", "package"), *_editions(call, of)):
        if canonical(fact.name) != of or place(call, fact).lower().endswith(_PROSE):
            continue
        if fact.kind == "package" and fact.data.get("action") not in ("install", "update", None):
            continue
        if fact.data.get("dry_run") or fact.data.get("help") or UNKNOWN in fact.value:
            continue
        sure = _sure(values, banned, fact.value.strip())
        if sure <= 0:
            continue
        yield Hit(
            fact,
            f"this call has {fact.value.strip()}",
            actual=fact.value.strip(),
            expected=values[0] if values else f"not {banned[0]}",
            conflict_type="version",
            manner="does" if sure >= 0.8 else MISSING,
            confidence=sure,
            fixes=_fixed(fact, values) if sure >= 0.8 else (),
            way_out=f"Use {of} {values[0]}." if values else f"Use another version of {of}.",
            subject=f"version:{of}",
        )


def _sure(values: list[str], banned: list[str], used: str) -> float:
    """How sure it is that the version in use is another than the ones that were said, or an excluded one."""
    if used in _TAGS:  # "latest" is some version: only a word against it, or an upper bound, speaks of it
        bounded = any(value.startswith(("<", ">")) for value in banned) or any(value[:1] != ">" for value in values)
        return 0.95 if used in banned else 0.65 if bounded else 0.0
    if not _SPEC.match(used):
        return 0.0
    sure = min(_against(value, used) for value in values) if values else 0.0
    return max(sure, 0.9) if any(_exactly(value, used) for value in banned) else sure


def _editions(call: Call, of: str) -> Iterator[Fact]:
    """Versions that an import gives away: `org.junit.Test` is JUnit 4, `org.junit.jupiter` is 5."""
    for fact in call.of("import") if of == "junit" else ():
        if fact.name.startswith("org.junit.jupiter"):
            yield Fact("version", of, "5", {**fact.data, "how": "import"})
        elif fact.name.startswith(_JUNIT4) or fact.name == "org.junit.*":
            yield Fact("version", of, "4", {**fact.data, "how": "import"})


def _plain(value: str) -> str:
    """A version as it is compared: signs spelled out, the word "version" gone."""
    text = value.strip().lower().removeprefix("version").strip()
    return text.replace("≥", ">=").replace("≤", "<=")


def _full(of: str, value: str) -> str:
    """A version as its runtime writes it: .NET 9 is 9.0."""
    return value + ".0" if of == "dotnet" and value.isdigit() else value


def numbers(text: str) -> tuple[int, ...]:
    """The first version number in a text, as numbers."""
    found = _NUMBER.search(text[:200])
    return tuple(int(part[:9]) for part in found.group().split(".")) if found else ()


def _against(said: str, used: str) -> float:
    """How sure it is that `used` is not what was `said` (0 where it is)."""
    want, have = _SPEC.match(said), _SPEC.match(used)
    if want is None or have is None:
        return 0.0
    operator = ">=" if (want.group(3) or "").startswith("+") else (want.group(1) or "")
    wanted, used_numbers = numbers(want.group(2)), numbers(have.group(2))
    size = min(len(wanted), len(used_numbers))
    if operator in (">=", ">"):
        return 0.9 if used_numbers[:size] < wanted[:size] else 0.0
    if operator in ("<=", "<"):
        lower = have.group(1) in (">=", ">")
        return 0.9 if used_numbers[:size] > wanted[:size] or (lower and used_numbers > wanted) else 0.0
    if used_numbers[:size] != wanted[:size]:
        if have.group(1) in (">=", ">") and used_numbers < wanted:
            return 0.6  # a range that holds the version that was said, and others
        return 0.9
    return 0.0 if len(used_numbers) >= len(wanted) else 0.6


def _exactly(said: str, used: str) -> bool:
    """Whether `used` is a version that was excluded ("16" excludes 16.20)."""
    want, have = numbers(said), numbers(used)
    if not want or not have:
        return False
    size = min(len(want), len(have))
    if said.startswith(">"):  # "never 16 or later"
        return have[:size] >= want[:size] if said.startswith(">=") else have[:size] > want[:size]
    if said.startswith("<"):
        return have[:size] < want[:size]
    return have[: len(want)] == want


def _fixed(fact: Fact, values: list[str]) -> tuple[Fix, ...]:
    """Where one version was said exactly, or as a lower bound in the same form, only the number changes."""
    if len(values) != 1 or fact.span is None or not fact.field:
        return ()
    want, have = _SPEC.match(values[0]), _SPEC.match(fact.value)
    if want is None or have is None or fact.span[1] - fact.span[0] != len(fact.value):
        return ()
    bound = want.group(1) in (">=", ">") or (want.group(3) or "") == "+"
    if bound and have.group(1) not in (">=", ">"):
        return ()
    if want.group(1) in ("<=", "<"):
        return ()
    start = fact.span[0] + have.start(2)
    rest = fact.value[have.end(2) :]
    if rest.strip() and rest.strip()[0] in ",|<":
        return ()
    if not bound and have.group(1) in (">=", ">") and fact.kind == "package":
        return (Fix(fact.field, fact.span[0] + have.start(1), fact.span[0] + have.end(2), f"=={want.group(2)}.*"),)
    return (Fix(fact.field, start, start + len(have.group(2)), want.group(2)),)


def accepts_version(constraint: Constraint, hit: Hit) -> bool:
    """Whether another instruction says a version that the call has."""
    return hit.subject == f"version:{canonical(str(constraint.get('of') or ''))}" and any(
        _SPEC.match(value) and _against(value, hit.actual) <= 0 for value in map(_plain, constraint.list("value"))
    )


_PY = "Python 3.12 only."

RULES = (
    rule(
        "TG351",
        "version",
        ("version",),
        version,
        bad=(
            write(_PY, "/repo/Dockerfile", "FROM python:3.10-slim\n"),
            write("Node.js 18+ is required.", "/repo/.nvmrc", "16\n"),
        ),
        good=(
            write(_PY, "/repo/Dockerfile", "FROM python:3.12-slim\n"),
            bash(_PY, "python3.12 -m pytest"),
            write("Node.js 18+ is required.", "/repo/.nvmrc", "20\n"),
            write("Node.js 18+ is required.", "/repo/CHANGELOG.md", "- dropped Node 16\n"),
        ),
        accepts=accepts_version,
    ),
)
