"""What a sentence excludes by a literal name that no other reader took: a scoped package, a module of another part.

A late reader, sure by construction: the sign is the sentence's own, the kind is told by the shape of the literal. A
name that could be of several kinds ("`session`") is left to people.
"""

import functools
import re
from typing import Any

from tractguard.instructions.constraints.constructs import removal_rules
from tractguard.instructions.constraints.layers import Term, globs_of
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import Words
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint
from tractguard.tables import table

_SCOPED = lazy(r"@[a-z][\w-]*/[\w.-]+")
_UNSCOPED = lazy(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_ON_A_HOST = lazy(r"(?<![\w./:@])([a-z][\w-]*(?:\.[a-z][\w-]*)+/[\w./-]*\w)")
_EXCLUDES = lazy(
    r"\b(?:no|never|not|don't|avoid|without|instead of|rather than|stop)(?: (?:ever|use|using|add|adding|import"
    r"|importing|install|installing|depend|rely|bring|in|on|introduce|the|a|any|need|want))*[ `]*"
    r"(?:[\w.-]+`?(?:,| or|/|, or) [`]?){0,4}$"
)
_ENDS = lazy(
    r"`?(?:\s?(?:$|[.,;:!?()/—]|- )"
    r"|\s(?:or|and|nor|for|in|as|at|here|anywhere|ever|directly|please|to|because|use)\b)"
)
_CHOICES = ("dependency", "framework", "tool_choice", "version", "no_new_dependency")
_LIST = r"`[^`]{2,60}`(?:(?:, | and |, and | or |/)`[^`]{2,60}`){0,5}"
_MAY_ONLY = lazy(
    rf"`(?P<who>[\w./@-]{{2,60}})`(?: package| module| layer)? (?:(?:can|may|must|should) )?(?P<first>only )?"
    rf"(?:imports?|depends? on)(?P<then> only)?(?: from)? (?P<what>{_LIST})(?P<last> only\b)?"
)


def literals_of(said: Sentence, found: list[Constraint]) -> list[Constraint]:
    """What is excluded by literal names in `said`; [] where `found` says as much already."""
    allowed = _allowed(said)
    if allowed:
        return allowed
    if any(c.type in _CHOICES or c.get("imports") or c.get("permit") for c in found):
        return []
    return _packages(said) or _named(said, found) or _hosted(said)


def _packages(said: Sentence) -> list[Constraint]:
    """ "Use `@a/b`, not `@c/d`": what is called so is a package, whatever else is said of it."""
    marks = [(code.text.strip(), said.sign(code.start), code) for code in said.codes]
    bad = [
        text
        for text, sign, code in marks
        if sign == "-" and _SCOPED.fullmatch(text) and not removal_rules(said, code.start)
    ]
    if bad:  # "`react-icons` or `@heroicons/react`": the other one in the list is a package as well
        bad = [text for text, sign, _ in marks if text in bad or (sign == "-" and _UNSCOPED.fullmatch(text))]
    good = [text for text, sign, _ in marks if sign == "+" and _SCOPED.fullmatch(text)]
    bad = [text for text in bad if not any(one.startswith(text + "/") or one == text for one in good)]
    if not bad or re.search(r"\b(?:update|upgrade|bump|import from|relative)\b", said.bare):
        return []
    data: dict[str, Any] = {"forbid": list(dict.fromkeys(bad))}
    return [Constraint("dependency", {**data, "use": good[0]} if len(good) == 1 else data)]


def _named(said: Sentence, found: list[Constraint]) -> list[Constraint]:
    """ "No matplotlib.": a package that is known by its name, as what is excluded and nothing else."""
    known = _known_packages()
    bad = [
        word.group()
        for word in known.finditer(said.low.replace("`", " "))
        if said.sign(word.start()) == "-"
        and _EXCLUDES.search(said.low, max(0, word.start() - 60), word.start())
        and _ENDS.match(said.low, word.end())
    ]
    if not bad or any(c.type == "forbid_command" and not set(c.list("pattern")) <= set(bad) for c in found):
        return []
    also: dict[str, list[str]] = table("thesaurus")["imported_as"]
    forbid = [name for word in bad for name in (word, *also.get(word, ()))]
    return [Constraint("dependency", {"forbid": list(dict.fromkeys(forbid))})]


@functools.cache
def _known_packages() -> Words:
    return Words(table("thesaurus")["packages"])


def _hosted(said: Sentence) -> list[Constraint]:
    """ "Use `@std`, not deno.land/std": where modules must not come from."""
    found = [m.group(1) for m in _ON_A_HOST.finditer(said.bare) if said.sign(m.start(1)) == "-"]
    if not found or "import" not in said.bare:
        return []
    return [Constraint("forbid_code", {"what": "imports from " + ", ".join(found), "pattern": found})]


def _allowed(said: Sentence) -> list[Constraint]:
    """ "`packages/core` can import `@x/api` only": no other package of that scope is imported there."""
    match = _MAY_ONLY.search(said.text) if "only" in said.low else None
    if match is None or not (match["first"] or match["then"] or match["last"]):
        return []
    names = re.findall(r"`([^`]+)`", match["what"])
    scopes = {name.split("/")[0] for name in names}
    places = globs_of(Term(match["who"], True))
    if len(scopes) != 1 or not all(_SCOPED.fullmatch(name) for name in names) or not places:
        return []
    scope = scopes.pop()
    own = f"{scope}/{match['who'].rstrip('/').rpartition('/')[2]}"
    return [
        Constraint(
            "forbid_code", {"what": f"imports from {scope}", "imports": [scope], "use": [*names, own], "scope": places}
        )
    ]
