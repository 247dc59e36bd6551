"""Packages by their name: one pinned to a version (`next@15`), one given up, and what alone may be depended on.

It knows the shape of such a sentence, not the package. A word that only may be a package's ("it is not used") is none.
"""

import re
from typing import Any

from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import members, section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_PIN = lazy(r"(@[a-z][\w.-]*/[\w.-]+|[a-z][\w.-]*)@([\^~<>=]{0,2}v?\d[\w.-]*|latest|next|canary|beta)")
_HELD = lazy(
    r"(?<![\w.-])([A-Z][\w.-]{1,30}|`[a-z@][\w./-]{1,40}`) v?(\d+(?:\.\d+){0,3}(?:\.x)?)[\s*`]*[(,;:.—–-]\s*"
    r"(?:[Dd]o not|[Dd]on't|[Nn]ever|must not) (?:upgrade|bump|update|raise)\b",
    needs="upgrade|bump|update|raise",
)
_PINNED = lazy(
    r"\b(?:[Pp]in(?:ned)?|[Ll]ock(?:ed)?|[Kk]eep|[Hh]old) (?:the )?(`[A-Za-z@][\w./-]{1,40}`)(?: (?:package"
    r"|dependency|crate|gem))?"
    r" (?:at|to|on|is) (?:exactly |version |the )*`?v?(\d+(?:\.\d+){1,3}(?:\.x)?)`?(?![\w-])"
)
_GIVEN_UP = lazy(
    r"^\W*([a-z]{0,6}[A-Z][\w+-]*(?:\.js)?(?: [A-Z][\w+-]*){0,2}|`@?[\w./-]+`)(?: (?:is|are|was|has been))? "
    r"(?:not used|no longer used|not in use|deliberately (?:not used|removed|absent))(?=\W*$|\s*[.,;:(—]| here\b)"
)
_NO_NAME = frozenset("it this that they these those there what which i we you he she code".split())
_STANDARD = lazy(
    r"\b(?:stdlib|standard[- ]library)[- ]only\b|\b(?:only|pure|just)\b(?: [a-z]+){0,3} (?:standard library|stdlib)\b"
    r"|\b(?:standard library|stdlib)(?: modules?| packages?)? only\b"
    r"|\b(?:keep|limit|restrict|confine)(?: all)? dependencies (?:limited |restricted )?to the (?:[a-z]+ )?"
    r"(?:standard library|stdlib)\b",
    needs="stdlib|standard",
)
_ALONE = lazy(
    r"^[^\w`@]*(?:the )?(?:`([\w./@-]{1,60})`|([a-z][\w-]{1,40}))?(?: (?:package|crate|module|library))?\s*"
    r"(?:must |may |should |can )?(?:only )?depends? (only )?on (?:the )?((?:`[^`]{1,60}`(?:(?:, | and |, and )"
    r"(?=`))?){1,8})"
    r"( and nothing else| only| alone)?"
)


def packages_of(said: Sentence) -> list[Constraint]:
    """version, dependency and no_new_dependency constraints of packages that the sentence names."""
    return [
        *_pins(said),
        *_held(said),
        *_given_up(said),
        *_by_shape(said),
        *_by_kind(said),
        *_standard_only(said),
        *_alone(said),
    ]


def _pins(said: Sentence) -> list[Constraint]:
    """ "Pin `pkg@6`, never `pkg@latest`"."""
    found: list[Constraint] = []
    for code in said.codes:
        match = _PIN.fullmatch(code.text.strip())
        sign = said.sign(code.start)
        if match and sign in "+-":
            of, value = match.groups()
            told: dict[str, Any] = {"not": [value]} if sign == "-" else {"value": value}
            found.append(Constraint("version", {"of": of, **told}))
    return found


def _held(said: Sentence) -> list[Constraint]:
    """ "Widgets 8.x (do not upgrade to 9)": a library that no table knows, held where it is."""
    match = _HELD.search(said.text) or _PINNED.search(said.text)
    if match and said.sign(match.start()) == "-":
        return []
    if not match or match.group(1).lower() in {**section("runtimes"), **members()}:
        return []
    return [
        Constraint("version", {"of": match.group(1).strip("`").lower(), "value": match.group(2).removesuffix(".x")})
    ]


def _given_up(said: Sentence) -> list[Constraint]:
    """ "jQuery UI is not used": the package of that name is not to come back."""
    match = _GIVEN_UP.match(said.text)
    name = match.group(1).strip("`").lower() if match else ""
    if not name or name in _NO_NAME:
        return []
    return [Constraint("dependency", {"forbid": list(dict.fromkeys([name.replace(" ", "-"), name.replace(" ", "")]))})]


_CALLED = lazy(
    r"(?:third-party|external|npm|pip|pypi) `(@?[\w./-]{2,60})` (?:modules?|packages?|librar(?:y|ies)|crates?|gems?)\b"
    r"|\b(?:the|any) `(@?[\w./-]{2,60})` (?:packages?|librar(?:y|ies)|crates?|gems?|dependency)\b"
)


def _by_kind(said: Sentence) -> list[Constraint]:
    """ "No third-party `fancy` module": a name in marks that is called a package."""
    found = [(m.group(1) or m.group(2)).lower() for m in _CALLED.finditer(said.text) if said.sign(m.end() - 1) == "-"]
    if not found or not _BRINGS.search(said.low):
        return []
    return [Constraint("dependency", {"forbid": list(dict.fromkeys(found))})]


_BRINGS = lazy(r"\b(?:use|using|import|install|add|depend on|bring in|no|introduce)\b")
_SHAPED = lazy(
    r"\b(?:use|using|import|install|add|call|depend on|rely on|introduce)(?: the)? "
    r"((?:@[\w-]+/)?[a-z][a-z0-9]*(?:-[a-z0-9]+)*-(?:sdk|js|py|rs|cli|lib|libs|utils|plugin|loader|parser|client|driver|orm"
    r"|connector|adapter|polyfill|wasm|core|ui|icons|router|query|helmet))(?=[\s.,;:)!]|$)(?! (?:side|based|only)\b)",
    needs="-",
)


def _by_shape(said: Sentence) -> list[Constraint]:
    """ "Do not use acme-sdk": a name without marks that only packages have."""
    found = [m.group(1) for m in _SHAPED.finditer(said.bare) if said.sign(m.start(1)) == "-"]
    return [Constraint("dependency", {"forbid": list(dict.fromkeys(found))})] if found else []


def _standard_only(said: Sentence) -> list[Constraint]:
    """ "Standard library only": nothing is installed for it."""
    match = _STANDARD.search(said.bare)
    if match is None or said.sign(match.start()) == "-":
        return []
    languages: dict[str, str] = section("languages")
    named = [name for name in languages if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", said.low)]
    data: dict[str, Any] = {"standard": True}
    return [Constraint("no_new_dependency", {**data, "kind": languages[named[0]]} if named else data)]


_FREE = lazy(
    r"^[^\w`@]*(?:the )?`([\w./@-]{1,60})`(?: (?:package|crate|module|folder))? (?:has|have|takes|must have|should"
    r" have) "
    r"(?:no|zero) (?:external |runtime |third-party )?dependencies\b"
)


def _alone(said: Sentence) -> list[Constraint]:
    """ "`core` depends on `a` and nothing else": no other package, in that part of the project."""
    free = _FREE.match(said.low)
    if free is not None:
        return [Constraint("no_new_dependency", {"scope": free.group(1).rstrip("/") + "/"})]
    match = _ALONE.match(said.low)
    if match is None or not (match.group(3) or match.group(5) or " only depend" in match.group()):
        return []
    data: dict[str, Any] = {"use": re.findall(r"`([^`]+)`", match.group(4))}
    part = match.group(1) or ""
    if part:
        data["scope"] = part.rstrip("/") + "/"
    return [Constraint("no_new_dependency", data)]
