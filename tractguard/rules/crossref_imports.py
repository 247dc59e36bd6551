"""Imports of what a place must not know: layers, packages, folders and modules, by the `imports` of a constraint.

It compares the module that an added line brings in, resolved against its file, with the name: part by part, a layer
also by the usual endings of its files (`user.repository`). It refuses to follow what a module brings in by itself.
"""

import posixpath
import re
from collections.abc import Iterator

from tractguard.model import Constraint, Fact
from tractguard.rules.crossref import Call

_ENDING = re.compile(r"\.(?:[cm]?[jt]sx?|py|vue|svelte|dart|php|rb)$")
_WORKSPACE = re.compile(r"(?:packages|apps|libs|modules)/([\w-]+)/?(?:src/?)?$")


def imported(call: Call, constraint: Constraint) -> Iterator[tuple[Fact, str, float]]:
    """(fact, what to call it, how sure) for each new import, or construction, of what the constraint names."""
    names = constraint.list("imports")
    if not names:
        return
    for fact in call.of("import"):
        own = call.rel(str(fact.data.get("path") or ""))
        module = _resolved(fact.name, own)
        if any(fact.name == one or fact.name.startswith(one + "/") for one in constraint.list("use")):
            continue  # what alone may be imported there
        for name in names:
            sure = _is(name.strip("`"), fact.name, module)
            if not sure and re.fullmatch(r"[A-Z]\w+", name) and name in (fact.data.get("names") or ()):
                sure = 0.88  # one of its names: "no CommonModule imports"
            if sure and not (not constraint.get("scope") and _within(name, own)):
                yield fact, f"an import of {fact.name}", sure
                break
    words = {name.lower() for name in names if name.isalpha() and len(name) > 3 and name[:1].isupper()}
    for fact in call.of("call") if words else ():
        if re.split(r"\W", fact.name, maxsplit=1)[0].lower() in words:
            yield fact, fact.name, 0.85


def brought_in(call: Call, literal: tuple[str, ...]) -> Iterator[tuple[Fact, str, float]]:
    """A dotted name that an import brings in by itself: `typing.List` is `from typing import List`."""
    for said in literal:
        module, _, name = said.rstrip("(").rpartition(".")
        if not module or not re.fullmatch(r"\w+(?:\.\w+)*", module) or not name.isidentifier():
            continue
        for fact in call.of("import"):
            if fact.name == module and name in (fact.data.get("names") or ()):
                yield fact, f"{module}.{name}", 0.88


def _resolved(module: str, own: str) -> str:
    """A relative module as a path from the root; another as it is written."""
    if module.startswith(("./", "../")):
        return posixpath.normpath(posixpath.join(posixpath.dirname(own), module))
    return module


def _is(name: str, written: str, module: str) -> float:
    """How sure it is that a module is, or lies in, what is named; 0.0 where it is not."""
    name = name.removesuffix("/**").removesuffix("/*").rstrip("/")
    if not name:
        return 0.0
    if written == name or written.startswith((name + "/", name + ".", name + "::", name + ":")):
        return 0.9
    bare = _ENDING.sub("", name)
    if name.startswith("@") and not name.startswith("@/"):
        return 0.0  # a package is known by its whole name
    wanted = _parts(bare.removeprefix("@/").removeprefix("~/").removeprefix("./"))
    have = _parts(_ENDING.sub("", module.removeprefix("@/").removeprefix("~/").removeprefix("#")))
    if len(wanted) > 1:
        workspace = _WORKSPACE.match(name + "/")
        if workspace and re.fullmatch(rf"@[\w-]+/{re.escape(workspace.group(1))}(?:/.*)?", written):
            return 0.85
        return 0.9 if _holds(have, wanted) else 0.0
    return _is_layer(wanted[0], have, written) if wanted else 0.0


def _is_layer(word: str, have: list[str], written: str) -> float:
    """A single word: a package, a folder on the way, or the ending of the file ("user.repository")."""
    forms = {word, word + "s", word[:-1] if word.endswith("s") else word}
    forms |= {word[:-3] + "y"} if word.endswith("ies") else {word[:-1] + "ies"} if word.endswith("y") else set()
    if forms.intersection(have):
        return 0.88
    last = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", re.split(r"[/\\.:]", _ENDING.sub("", written))[-1]).lower()
    return 0.85 if re.split(r"[-_]", last)[-1] in forms else 0.0


def _parts(path: str) -> list[str]:
    return [part.lower().lstrip("@") for part in re.split(r"[/\\.:]+", path) if part and part not in ("..",)]


def _holds(have: list[str], wanted: list[str]) -> bool:
    return any(have[at : at + len(wanted)] == wanted for at in range(len(have) - len(wanted) + 1))


def _within(name: str, own: str) -> bool:
    """Whether the importing file lies in what is named itself."""
    wanted = _parts(name.strip("`").removesuffix("/**").rstrip("/"))
    return bool(wanted) and _holds(_parts(posixpath.dirname(own)), wanted)
