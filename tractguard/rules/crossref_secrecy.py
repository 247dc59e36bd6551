"""Secrets and values: what must not get into git, logs or code; what touches a value that was put first. TG381, TG382.

It knows usual names of secret files, published shapes of tokens and the usual trackers. It refuses to decide a matter
of values: that it hands to a person.
"""

import posixpath
import re
from collections.abc import Iterator
from functools import cache

from tractguard.model import Constraint, Fact, Instruction
from tractguard.redact import PATTERNS
from tractguard.rules.crossref import VALUES, Call, Hit, bash, edit, rule
from tractguard.rules.crossref_packages import added, products
from tractguard.rules.crossref_paths import paths_of
from tractguard.rules.logged import kinds_kept_out, logged
from tractguard.rules.scope import matches, place
from tractguard.rules.words import phrase_table, phrases_in, table

_EXAMPLES = ("example", "sample", "template", "dist", "fixture", "fake", "dummy")
_PROSE = (".md", ".mdx", ".rst", ".txt", ".adoc")
_SECRET_NAME = (
    r"(?:(?:password|passwd|secret|api_?key|(?:access|refresh|auth|id)_?token|private_?key|credential)s?\b"
    r"|\b(?:user_?|session_?|bearer_?)?token\b|\bjwt\b|\bpwd\b)"
)
_LOG_CALL = r"\b(?:console\.\w+|log(?:ger|ging)?\.\w+|print(?:ln|f)?!?|fmt\.\w+|puts|Log\.\w)\s*\("
_LOGGED = re.compile(_LOG_CALL + r"[^\n;]{0,200}?" + _SECRET_NAME, re.IGNORECASE)
_INTERPOLATED = re.compile(_LOG_CALL + r"[^\n;]{0,200}?[{$][^\n\"'`}]{0,60}?" + _SECRET_NAME, re.IGNORECASE)
_NAMED = re.compile(
    r"(?:password|passwd|secret|api_?key|token)\w{0,10}[\"']?\s{0,3}[:=]\s{0,3}"
    r"[\"']([^\"'\n$<{ ]{8,200})[\"']",
    re.IGNORECASE,
)
_SHAPES = frozenset(
    ("private key", "aws key", "github token", "gitlab token", "anthropic key", "stripe key", "slack token",
     "google key", "npm token", "pypi token", "sendgrid key", "resend key", "hugging face token")
)  # fmt: skip
MOST_TEXT = 1_000_000


def secrets(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A secret that would get into git, into a log or into code."""
    what = " ".join((*constraint.list("forbid"), instruction.text)).lower()
    named = [one for one in constraint.list("glob") if one]
    if ("log" not in what and not constraint.get("log")) or "commit" in what or "code" in what or "hard" in what:
        yield from _into_git(call, [*named, *table("secrets")["files"]])
        yield from _into_code(call)
    if constraint.get("log") or "log" in what or "print" in what:
        yield from _into_logs(call)
        kinds = kinds_kept_out(" ".join(constraint.list("log")) or what)
        yield from _data_into_logs(call, kinds)


def _example(path: str) -> bool:
    return any(word in posixpath.basename(path).lower() for word in _EXAMPLES)


def _into_git(call: Call, globs: list[str]) -> Iterator[Hit]:
    for fact in call.of("git"):
        if fact.name not in ("add", "commit", "stage") or fact.data.get("dry_run"):
            continue
        for path in paths_of(call, fact):
            where = call.rel(path)
            if not _example(where) and any(matches(glob, where) for glob in globs):
                yield _hit(fact, f"this call puts {where} into git", where, 0.95, f"Leave {where} out of git.")


def _into_code(call: Call) -> Iterator[Hit]:
    for fact in call.of("code"):
        where = place(call, fact)
        if _example(where) or posixpath.basename(where).startswith(".env") or where.lower().endswith(_PROSE):
            continue
        kind = secret_in(fact.value[:MOST_TEXT])
        if kind:
            sure = 0.85 if kind != "password" and not _tested(where) else 0.7
            yield _hit(
                fact, f"this call writes a secret ({kind}) into {where}", kind, sure, "Read it from the environment."
            )


def _tested(where: str) -> bool:
    return any(matches(glob, where) for glob in table("files")["areas"]["tests"])


@cache
def _shapes() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    return tuple((name, cue, re.compile(shape)) for name, cue, shape in PATTERNS if name in _SHAPES)


def secret_in(text: str) -> str:
    """The kind of secret that a text holds by its published shape, "password" for a value beside such a name, or ""."""
    low = text.lower()
    for name, cue, shape in _shapes():
        if cue in low and shape.search(text):
            return name
    for match in _NAMED.finditer(text):
        value = match.group(1)
        mixed = any(char.isdigit() for char in value) and any(char.isalpha() for char in value)
        if mixed and not any(
            word in value.lower() for word in ("example", "test", "dummy", "xxx", "your", "change", "env")
        ):
            return "password"
    return ""


def _into_logs(call: Call) -> Iterator[Hit]:
    for fact in call.of("code"):
        if place(call, fact).lower().endswith(_PROSE):
            continue
        code = str(fact.data.get("code") or fact.value)[:MOST_TEXT]
        found = _LOGGED.search(code) or _INTERPOLATED.search(fact.value[:MOST_TEXT])
        if found:
            shown = " ".join(found.group().split())[:60]
            yield _hit(fact, f"this call logs a secret ({shown})", shown, 0.82, "Log that it is there, not what it is.")


def _data_into_logs(call: Call, kinds: tuple[str, ...]) -> Iterator[Hit]:
    """Personal or other data that was to be kept out of logs, in the arguments of a logging call."""
    for fact in call.of("code") if kinds else ():
        if place(call, fact).lower().endswith(_PROSE):
            continue
        found, kind = logged(fact, kinds)
        if found:
            shown = kind.replace("_", " ")
            yield _hit(fact, f"this call logs {found} ({shown})", found, 0.85, f"Log without the {shown}.")


def _hit(fact: Fact, says: str, actual: str, sure: float, way_out: str) -> Hit:
    return Hit(
        fact, says, actual=actual, conflict_type="secret", confidence=sure, way_out=way_out, subject=f"secret:{actual}"
    )


def values(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A change that touches a value which a person put first."""
    said = " ".join((*constraint.list("value"), *constraint.list("what"))) or instruction.text
    for value in phrases_in(said, phrase_table("secrets", "values")):
        rows = table("secrets")["touches"][value]
        names = {name for kind in rows["products"] for name in products(kind)}
        for name, fact in added(call):
            product = next((one for one in names if one in re.split(r"[^a-z0-9]+", name)), "")
            if product:
                yield _touch(fact, product, value, 0.85)
        for fact in call.of("code"):
            if fact.name.lower().endswith(_PROSE):
                continue
            code = str(fact.data.get("code") or fact.value)[:MOST_TEXT]
            for sure, patterns in ((0.85, rows["strong"]), (0.6, rows["weak"])):
                match = next((found for one in patterns if (found := re.search(one, code))), None)
                if match:
                    yield _touch(fact, " ".join(match.group().split())[:60], value, sure)
                    break


def _touch(fact: Fact, found: str, value: str, sure: float) -> Hit:
    return Hit(
        fact,
        f"this call brings in {found}, and that weighs on {value}",
        actual=found,
        expected=value,
        conflict_type="values",
        manner=VALUES,
        confidence=sure,
        way_out="Ask the person: this is theirs to weigh.",
        subject=f"values:{value}",
    )


_ENV = "NEVER commit `.env` files or real secrets"
_PRIVACY = "Prioritize user privacy"
_PRIVACY_RULE = {"type": "values", "value": "privacy"}

RULES = (
    rule(
        "TG381",
        "secrets",
        ("secrets",),
        secrets,
        bad=(bash(_ENV, "git add .env && git commit -m x"),),
        good=(
            bash(_ENV, "git add .env.example"),
            bash(_ENV, "cut -d= -f1 .env"),
            bash(_ENV, "git add src"),
        ),
    ),
    rule(
        "TG382",
        "values",
        ("values",),
        values,
        bad=(bash(_PRIVACY, "npm install @amplitude/analytics-browser", constraints=[_PRIVACY_RULE]),),
        good=(
            bash(_PRIVACY, "npm uninstall @amplitude/analytics-browser", constraints=[_PRIVACY_RULE]),
            edit(_PRIVACY, "/repo/src/app.ts", 'localStorage.removeItem("trackingId")', constraints=[_PRIVACY_RULE]),
            edit(_PRIVACY, "/repo/src/pages/privacy.tsx", "<h1>Privacy</h1>", constraints=[_PRIVACY_RULE]),
        ),
    ),
)
