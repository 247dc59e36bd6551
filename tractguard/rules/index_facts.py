"""The triggers of a call's facts: the names that a constraint may be waiting for.

Each kind of fact has a function. Those that take a table to find are kept apart (`COSTLY`): a call looks for them only
where a live instruction has a trigger of that sort.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from tractguard.facts.services import serves, service_of
from tractguard.model import UNKNOWN, Fact
from tractguard.rules.words import table

_WORD = re.compile(r"\w+")
MOST_WORDS = 20_000  # different words of added code that are looked up: more is data, not code
MOST_TEXT = 2_000_000


def _for_connect(fact: Fact) -> Iterator[str]:
    yield from ("connect:" + (service_of(fact.name) or fact.name), "connect:*")
    yield from ("connect:" + service for service in serves(fact.name))
    yield "host:" + str(fact.data.get("host") or "").lower()
    if not fact.name:
        yield "port:" + fact.value


def _for_command(fact: Fact) -> Iterator[str]:
    from tractguard.rules.argv import argv_of, program_of, views

    argv = argv_of(fact)
    yield "program:" + program_of(argv[0])
    if "/" in argv[0]:
        yield from _of_path(argv[0])
    for view, _ in views(argv):
        yield "program:" + view[0]


def _for_purpose(fact: Fact) -> Iterator[str]:
    if fact.kind not in ("command", "script"):
        return
    from tractguard.rules.programs import purposes

    for purpose, _ in purposes(fact):
        yield "purpose:" + purpose


def _for_action(fact: Fact) -> Iterator[str]:
    if fact.kind not in _ACTING:
        return
    from tractguard.rules.actions import actions_of

    for action in actions_of(fact):
        yield "action:" + action


def _for_git(fact: Fact) -> Iterator[str]:
    yield "git:" + fact.name
    paths = fact.data.get("paths")
    for path in paths if isinstance(paths, (list, tuple)) else ():
        yield from _of_path(str(path))


def _for_path(fact: Fact) -> Iterator[str]:
    yield from _of_path(fact.name)
    if fact.kind in ("delete", "move"):
        path = fact.name.rstrip("/*")
        yield "in:" + posixpath.basename(path)
        if fact.data.get("glob") or str(fact.data.get("said")).rstrip("/") in _WHOLE:
            yield "path:wide"
    if fact.kind in ("write", "append"):
        yield "changes"
        if fact.data.get("mode") == "create":
            yield "created"


_WHOLE = frozenset((".", "..", "*", "./*", "", "~", "$PWD"))


def _of_path(path: str) -> Iterator[str]:
    yield "path:*"
    for part in path.split("/")[:64]:
        if part and UNKNOWN not in part:
            yield "seg:" + part
            if "." in part[1:]:  # a folder may have an ending too (`App.xcodeproj/`)
                yield "ext:" + part.rpartition(".")[2]
    name = posixpath.basename(path)
    if "." in name:
        yield "ext:" + name.rpartition(".")[2]


def _for_code(fact: Fact) -> Iterator[str]:
    words = set(_WORD.findall(fact.value[:MOST_TEXT]))
    if len(words) > MOST_WORDS:
        words = set(sorted(words)[:MOST_WORDS])
    for word in words:
        yield "word:" + word
    for number in re.findall(r"(?<!\d)\d{4,5}(?!\d)", str(fact.data.get("old") or "")[:20_000])[:50]:
        yield "old:" + number  # what an edit takes away
    if any(mark in fact.value for mark in _engines()) or "://" in fact.value:
        yield "engine"
    yield "foreign"


@cache
def _engines() -> tuple[str, ...]:
    return tuple(mark for marks in table("databases")["engines"].values() for mark in marks)


def _for_config(fact: Fact) -> Iterator[str]:
    yield "config:" + fact.name.lower().rpartition(".")[2]
    if any(mark in fact.value.lower() for mark in _engines()):
        yield "engine"
    yield "host:" + fact.value.strip().strip("\"'").lower()[:255]


def _for_env(fact: Fact) -> Iterator[str]:
    yield "env:" + fact.name
    yield "host:" + fact.value.strip().strip("\"'").lower()[:255]
    if any(mark in fact.value.lower() for mark in _engines()):
        yield "engine"


def _for_package(fact: Fact) -> Iterator[str]:
    from tractguard.rules.crossref_versions import canonical

    yield "version:" + canonical(fact.name)
    yield from _for_module(fact)


def _for_module(fact: Fact) -> Iterator[str]:
    from tractguard.rules.crossref_packages import plain

    name = plain(fact.name)
    first = re.split(r"[/.]", name)[0]
    yield from ("module:" + name, "module:" + first, "module:" + first.removeprefix("@"))


def _for_version(fact: Fact) -> Iterator[str]:
    from tractguard.rules.crossref_versions import canonical

    yield "version:" + canonical(fact.name)


def _for_url(fact: Fact) -> Iterator[str]:
    yield "host:" + fact.name.lower()


def _for_message(fact: Fact) -> Iterator[str]:
    yield "foreign"


# Kinds of facts that can be an action ("push", "deploy", "delete a worktree").
_ACTING = frozenset(
    ("config command script git write append delete move read link package url tool sql process connect").split()
)

FOR_KIND: Mapping[str, Callable[[Fact], Iterator[str]]] = {
    "connect": _for_connect, "command": _for_command, "script": _for_command, "git": _for_git, "url": _for_url,
    "write": _for_path, "append": _for_path, "delete": _for_path, "move": _for_path, "read": _for_path,
    "link": _for_path, "import": _for_module, "code": _for_code, "config": _for_config, "env": _for_env,
    "message": _for_message, "package": _for_package, "version": _for_version,
}  # fmt: skip

# Sorts of triggers that take a table to find.
COSTLY: Mapping[str, Callable[[Fact], Iterator[str]]] = {"purpose": _for_purpose, "action": _for_action}
