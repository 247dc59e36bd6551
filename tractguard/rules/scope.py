"""Whether a constraint holds at a place: globs, `scope`, `except`, `lang`, `when` and `unless`.

It compares paths and words. It refuses to guess: a scope or condition that it cannot decide lowers the confidence of
what was found, so that it warns where it would have stopped.
"""

import posixpath
import re
from functools import lru_cache

from tractguard.model import Constraint, Fact
from tractguard.rules.crossref import Call
from tractguard.rules.words import pathlike, table

UNSURE = 0.75  # factor for a scope or condition that cannot be decided: a clear conflict becomes a probable one

_OWN_WHEN = frozenset(
    ("require_before", "require_after", "require_with", "doc_update", "env_var")
)  # judged by their rules
_OUTSIDE = (
    r"\b(?:outside|not in|not inside|without)\b[^,;]{0,40}\b(?:docker|containers?|compose)"
    r"|\bon (?:the |your |my )?host\b|\bpublished\b|\bfrom (?:the |your |my )?host\b|\blocally\b|\bhost machine\b"
)
_INSIDE = r"\b(?:inside|within|in|between)\b[^,;]{0,40}\b(?:docker|containers?|compose)\b"
_MAGIC = r"[*?\[{]"
_PLACED = (
    r"\b(?:in|to|into|inside|within|of)\s+(?:(?:a|an|any|the|our|your|unit)\s+){0,2}(\w+)(?:\s+(?:code|files?))?\b"
)


_TESTS = re.compile(  # "FooTests.cs" and "my-test.ts" are tests, "Latest.tsx" and "contest.py" are none
    r"(?<![A-Za-z])[Tt]est|Tests?(?![a-z])|(?<=[a-z0-9_/])Specs?\.\w+\Z"
    r"|(?<!(?i:la|as|ea|at))(?<!(?i:con|pro|ges))test"
)


@lru_cache(maxsize=512)
def _compiled(glob: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(_translate(one), re.DOTALL) for one in braces(glob))


def braces(glob: str) -> list[str]:
    """`glob` with `{a,b}` written out; at most 64 of them, deeper nesting is left as it is."""
    start = glob.find("{")
    end = glob.find("}", start)
    if start < 0 or end < 0:
        return [glob]
    parts = glob[start + 1 : end].split(",")
    tails = braces(glob[end + 1 :])
    return [glob[:start] + part + tail for part in parts for tail in tails][:64]


def _translate(glob: str) -> str:
    out = []
    index = 0
    while index < len(glob):
        char = glob[index]
        if glob.startswith("**/", index):
            out.append("(?:[^\\n]*/)?")
            index += 3
            continue
        if glob.startswith("**", index):
            out.append(".*")
            index += 2
            continue
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "[" and (end := glob.find("]", index + 2)) > 0:
            body = glob[index + 1 : end].replace("\\", "\\\\")
            out.append("[" + ("^" + body[1:] if body[0] in "!^" else body) + "]")
            index = end
        else:
            out.append(re.escape(char))
        index += 1
    return "".join(out) + r"\Z"


def matches(glob: str, path: str) -> bool:
    """Whether `path` (relative to the root, or absolute) is what `glob` names.

    A glob without a folder ("*.lock", "CHANGELOG.md") names files at any depth; a folder ("migrations/", "src") names
    all below it; `**`, `*`, `?`, `[…]` and `{a,b}` have their usual meaning.
    """
    glob = glob.strip().removeprefix("./")
    if not glob or glob in ("*", "**", "**/*", "."):
        return bool(glob)
    if glob == "**/*test*":
        return bool(_TESTS.search(path))
    try:
        return _matches(glob, path)
    except re.error:
        return False


def _matches(glob: str, path: str) -> bool:
    folder = glob.endswith("/")
    bare = glob.rstrip("/")
    if bare.endswith("/**"):
        bare, folder = bare[:-3], True
    anchored = "/" in bare.removeprefix("**/")
    candidates = [path]
    if not anchored:  # at any depth: compare each tail that starts at a component
        bare = bare.removeprefix("**/")
        parts = path.split("/")
        names = parts[:-1] if folder else parts
        return any(pattern.match(name) for pattern in _compiled(bare) for name in names if name)
    heads = _heads(path) if folder or not re.search(_MAGIC, posixpath.basename(bare)) else []
    candidates += heads
    bare = bare.removeprefix("/") if not path.startswith("/") else bare
    return any(pattern.match(candidate) for pattern in _compiled(bare) for candidate in candidates)


def _heads(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def place(call: Call, fact: Fact | None) -> str:
    """Where a fact happens: its path or, for a command, its folder; relative to the root. "" where there is none."""
    if fact is None:
        return ""
    if fact.kind in ("read", "write", "append", "delete", "move", "chmod", "link", "code"):
        return call.rel(fact.name)
    for key in ("path", "file", "cwd"):
        value = fact.data.get(key)
        if isinstance(value, str) and value.startswith("/"):
            return call.rel(value) if key != "cwd" else _folder(call.rel(value))
    if fact.kind == "package" and (manifest := _manifest(call, fact)):
        return manifest
    if fact.kind not in ("command", "git", "package", "process", "tool", "url"):
        path = call.event.input.get("file_path") or call.event.input.get("notebook_path")
        if isinstance(path, str) and path:
            return call.rel(path)
    here = call.rel(call.event.cwd)  # a session that stands in a subfolder; of one at the root nothing is known
    return "" if here in ("", ".") or here.startswith(("/", "..")) else _folder(here)


def _manifest(call: Call, fact: Fact) -> str:
    """The manifest that an installing command changes, relative to the root; "" where its command is not known."""
    name = table("packages")["manifests"].get(str(fact.data.get("manager") or ""))
    for command in call.of("command") if name and fact.span else ():
        cwd, spans = command.data.get("cwd"), command.data.get("word_spans") or ()
        if command.field != fact.field or fact.span not in spans or not str(cwd or "").startswith("/"):
            continue
        words = [str(word) for word in command.data.get("argv") or ()]
        if any(word.partition("=")[0] in _WORKSPACE for word in words) and not _at_root(words):
            return f"workspaces/{name}"
        here = call.rel(str(cwd))
        return "" if here.startswith("/") else posixpath.normpath(posixpath.join(here, name))
    return ""


_WORKSPACE = frozenset(("-w", "--workspace", "--filter", "-F", "-p", "--package", "--workspaces", "-ws", "workspace"))


def _at_root(words: list[str]) -> bool:
    """Whether the flag is the one that means the root itself (`pnpm add -w`)."""
    return words[0] == "pnpm" and not any(word.partition("=")[0] in ("--filter", "-F") for word in words)


def _folder(path: str) -> str:
    """A folder as a place: with its slash, so that what names the folder names what happens in it."""
    return path if path in ("", ".") else path.rstrip("/") + "/"


def within(call: Call, area: str, fact: Fact | None) -> bool | None:
    """Whether a fact lies in `area` (a glob, a folder, or a word such as "tests"); None where that cannot be told."""
    area = area.strip().strip("`\"'")
    where = place(call, fact)
    if pathlike(area):
        if not where:
            return None
        if area.startswith("./"):  # said from the root: "the root package.json"
            return where == area[2:] or where.startswith(area[2:].rstrip("/") + "/")
        if where in (".", "") or ("/" not in where.rstrip("/") and fact is not None and fact.kind == "package"):
            here = posixpath.basename(call.root)
            if here and area.strip("./*") == here:
                return None  # a session that stands in a folder of this name: perhaps in that very one
        return matches(area, where) or (fact is not None and fact.kind == "command" and _below(where, area))
    words = table("files")
    key = area.lower().removeprefix("the ").removesuffix(" code").removesuffix(" files").removesuffix(" folder")
    if key in words["everywhere"] or area.lower() in words["everywhere"]:
        return True
    globs = words["areas"].get(key)
    if globs is None:
        if " " in key or not where:
            return None
        return True if key in where.lower().split("/") else None
    if not where:
        return None
    return any(matches(glob, where) for glob in globs)


def _below(where: str, area: str) -> bool:
    return matches(area, posixpath.join(where, "x"))


def applies(call: Call, constraint: Constraint, fact: Fact | None) -> float:
    """How sure it is that `constraint` holds for `fact`: 1.0 yes, 0.0 no, between where it cannot be told."""
    factor = 1.0
    scopes = [within(call, area, fact) for area in constraint.list("scope")]
    if scopes and True not in scopes:
        if None not in scopes:
            return 0.0
        factor = UNSURE
    if any(within(call, area, fact) for area in constraint.list("except")):
        return 0.0
    if not _speaks(call, constraint, fact):
        return 0.0
    purpose = " ".join(constraint.list("for")).lower()
    for text in constraint.list("when") if constraint.type not in _OWN_WHEN else ():
        if text.lower() not in purpose:  # else it is what the command is for, and no condition
            factor *= condition(call, text, fact)
    said = str(constraint.get("words") or "").lower()
    for text in constraint.list("unless"):
        if "until " + text.lower() not in said:  # an end to come: until a person says that it has come, the rule holds
            factor *= exception(call, text, fact)
    return factor


def _speaks(call: Call, constraint: Constraint, fact: Fact | None) -> bool:
    """Whether the language fits, where the constraint and the fact both have one."""
    wanted = constraint.list("lang")
    if not wanted or fact is None:
        return True
    spoken = table("files")["languages"]
    where = place(call, fact)
    name = posixpath.basename(where)
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if fact.kind not in ("code", "import", "call", "write", "append"):
        return True
    extensions = {
        item for word in wanted for lang in re.split(r"[/,\s]+", word.lower()) for item in spoken.get(lang, (lang,))
    }
    return not extension or extension in extensions


def condition(call: Call, text: str, fact: Fact | None) -> float:
    """How sure it is that the condition `text` ("outside docker", "for Rust code") holds now."""
    low = text.lower()
    side = _side(low)
    if side:
        return 1.0 if contained(fact) == (side == "inside") else 0.0
    if ("in production" in low or "non-test" in low) and fact is not None and fact.kind == "code":
        return 0.0 if within(call, "tests", fact) else 1.0
    area = _area_in(low)
    if area and fact is not None and place(call, fact):
        return 1.0 if within(call, area, fact) else 0.0
    if any(word in low for word in table("files")["always_when"]):
        return 1.0
    return UNSURE


def _area_in(low: str) -> str:
    """The area that a condition names as a place: "to a test", "in migrations"; "" where it names none."""
    areas = table("files")["areas"]
    for match in re.finditer(_PLACED, low):
        word = match.group(1)
        for one in (word, word + "s"):
            if one in areas:
                return str(one)
    return ""


def exception(call: Call, text: str, fact: Fact | None) -> float:
    """How sure it is that the exception `text` ("unless I ask", "except in tests") does not hold now."""
    low = text.lower()
    if any(word in low for word in table("files")["asked_for"]):
        return 1.0  # what a person asks for arrives as an instruction that permits it
    if pathlike(text) or low in table("files")["areas"]:
        return 0.0 if within(call, text, fact) else 1.0
    side = _side(low)
    if side:
        return 0.0 if contained(fact) == (side == "inside") else 1.0
    return UNSURE


def _side(low: str) -> str:
    """Whether a condition speaks of what happens "inside" containers, "outside" of them, or neither ("")."""
    if re.search(_OUTSIDE, low):
        return "outside"
    return "inside" if re.search(_INSIDE, low) else ""


def contained(fact: Fact | None) -> bool:
    """Whether a fact happens inside a container or between containers: run there, or by a name only they know."""
    if fact is None:
        return False
    if fact.data.get("inside"):
        return True
    host = str(fact.data.get("host") or "").lower()
    return fact.kind == "connect" and bool(host) and "." not in host and ":" not in host and host != "localhost"
