"""Doubts about code: words of a sentence that were taken for excluded constructs.

A mark can be what a step works with, the name of a thing that must not be shown, the right word of a contrast, or one
of which only some kind is out. Its own condition ("in render", "to fix state") is kept, so that it is not enforced
everywhere.
"""

import re
from collections.abc import Callable

from tractguard.instructions.constraints.layers import Term, globs_of
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_OF_MESSAGES = lazy(
    r"\b(?:pr|pull request|mr|merge request|issue)s? (?:descriptions?|titles?|bod(?:y|ies)|templates?|comments?)\b"
    r"|\b(?:commit messages?|chat|communication|responses to|replies|answers|release notes)\b"
)


def unlike_messages(said: Sentence, constraint: Constraint) -> Constraint | None:
    """What stands below "PR descriptions" is about those, not about files."""
    last = said.heading.rsplit(" > ", 1)[-1]
    return None if said.kind != "prompt" and _OF_MESSAGES.search(last) else constraint


_STATES = lazy(  # the subject does it, nobody is told to: "the parser does not read X", "the container has no X"
    r"\b(?:(?:has|have|had|contains?|comes? with|ships? with) no|(?:does not|doesn't|do not|don't) (?:parse|support"
    r"|understand|recogni[sz]e|handle|know|have|contain|need|require|work|glyph|fall))\b"
)
_TOLD_TO = lazy(r"(?:^|[.;:(]\s|[,—]\s|\b(?:you|we|must|should|please)\s)\W{0,4}$")


def _described(said: Sentence, constraint: Constraint) -> Constraint | None:
    """A sentence that only tells how something is."""
    for match in _STATES.finditer(said.bare):
        if not _TOLD_TO.search(said.bare[: match.start()]) and not _ORDERS.search(said.bare):
            return None
    return constraint


_ORDERS = lazy(r"\b(?:never|always|must|should|avoid|use)\b")
_TOO_COMMON = frozenset(
    "code text name names value values file files data type types id ids user users test tests get set string object"
    " key error result item items list state model page view".split()
)


def _marks(said: Sentence, pattern: str) -> list[int]:
    """Where a word of code stands in the sentence."""
    word = pattern.strip().rstrip("(").lower()
    return [match.start() for match in re.finditer(re.escape(word), said.low)][:8] if word else []


def _narrow(said: Sentence, constraint: Constraint) -> Constraint | None:
    """Without the words that the sentence does not exclude as such."""
    patterns = constraint.list("pattern")
    if not patterns:
        return constraint
    kept = [each for each in patterns if not any(check(said, each) for check in _CHECKS)]
    if len(kept) == len(patterns):
        return constraint
    if not kept:
        return None
    return Constraint(constraint.type, {**constraint.data, "pattern": kept})


def _common(said: Sentence, pattern: str) -> bool:
    """A word that every file holds, unless it is set against another ("`interface` over `type`")."""
    if pattern.strip().lower() not in _TOO_COMMON:
        return False
    return not any(_AGAINST.search(said.low, max(0, at - 16), at) for at in _marks(said, pattern))


_AGAINST = lazy(r"\b(?:over|than|instead of|not|of) `?$")


_SHOWN = lazy(r"\b(?:expos\w*|return\w*|leak\w*|send\w*|reveal\w*|display\w*|show\w*|serializ\w*)\b[^.;]{0,60}$")
_NAME = lazy(r"[A-Za-z_]\w*")


def _must_not_be_shown(said: Sentence, pattern: str) -> bool:
    """ "Never expose users (`User`)": the name is in every file that works with them."""
    if not _NAME.fullmatch(pattern.strip()):
        return False
    return any(_SHOWN.search(said.bare, max(0, at - 80), at) for at in _marks(said, pattern))


_ACTIVITY = lazy(r"\b(?:over|instead of|rather than) \w+ing (?:[\w-]+ ){0,3}(?:with|from|via|by|using) [^.;]{0,60}$")


def _is_used_in_an_activity(said: Sentence, pattern: str) -> bool:
    """ "Prefer these over building styles with `Style`": the building is out, not the name."""
    if not _NAME.fullmatch(pattern.strip()):
        return False
    return any(_ACTIVITY.search(said.low, max(0, at - 120), at) for at in _marks(said, pattern))


_WANTED = lazy(r"\b(?:use|write|prefer|add) `?$")
_INSTEAD = lazy(r"`?\(?\)?\s(?:instead of|over|rather than|not)\b")


def _is_the_right_one(said: Sentence, pattern: str) -> bool:
    """ "No FIXME: use TODO instead": the first of a contrast is the one to use."""
    word = pattern.strip().rstrip("(").lower()
    return any(
        _WANTED.search(said.low, max(0, at - 12), at) and _INSTEAD.match(said.low, at + len(word))
        for at in _marks(said, pattern)
    )


_SEGMENT = lazy(r"[,;]\s(?=[^,;]*$)")
_WORKS_WITH = lazy(r"\s?(?:and )?(?:use|using|\w+(?<!ing)(?<!ed) with|\w+ via|prefer)\s[^,;]*$")
_NOT = lazy(r"\b(?:no|not|never|don't|avoid|without|nor|or)\b")


def _is_worked_with(said: Sentence, pattern: str) -> bool:
    """ "Not `{{{`, sanitize with `cook`": a new item of the list that says what to use."""
    for at in _marks(said, pattern):
        part = said.bare[said.part_of(at).start : at]
        cut = _SEGMENT.search(part)
        segment = part[cut.end() :] if cut else ""
        if segment and _WORKS_WITH.match(segment) and not _NOT.search(segment):
            return True
    return False


_LIMITED = lazy(  # "no unreferenced `volumes:`": only some of them
    r"\b(?:no|any)\s(?!(?:bare|raw|direct|plain|new|more|explicit|inline|hard-?coded|global|default|wildcard|use|usage"
    r"|calls?|other|such|empty|naked|custom|manual|implicit|unsafe|synchronous|sync|blocking|literal|legacy|deprecated"
    r"|production|top-level)\b)"
    r"((?:un\w{4,}|in\w{4,}|orphan\w*|stale|dangling|duplicate\w*|redundant|unnecessary|unused|missing)(?:\s[\w-]+){0,2})\s`$"
)


def _is_of_a_kind(said: Sentence, pattern: str) -> bool:
    for at in _marks(said, pattern):
        low = said.low[max(0, said.part_of(at).start) : at]
        first = re.sub(r"`[^`]*`(?:/|, | or | and )$", "", low.rstrip("`") + "`" if low.endswith("`") else low)
        first = re.sub(r"`[^`]*`/`$", "`", low)
        if _LIMITED.search(first):
            return True
    return False


_CHECKS: tuple[Callable[[Sentence, str], bool], ...] = (
    _common,
    _must_not_be_shown,
    _is_used_in_an_activity,
    _is_the_right_one,
    _is_worked_with,
    _is_of_a_kind,
)

_WITHOUT = lazy(  # "X works without `Y`": nobody is told to leave Y out
    r"\b(?:can|could|may|works?|operates?|runs?|behaves?|possible)\b[^.;]{0,120}\bwithout\b"
)


def _can_do_without(said: Sentence, constraint: Constraint) -> Constraint | None:
    found = _WITHOUT.search(said.bare)
    return None if found and not _NOT_BEFORE.search(said.bare[: found.start()]) else constraint


_NOT_BEFORE = lazy(r"\b(?:never|do not|don't|must|should|always)\b(?![^.;—]{0,20} need)")

_GENERAL = frozenset(
    "code codebase project repo repository app application files file production source sources anywhere commits tests"
    " test specs production-code apps packages package modules module class classes function functions prod scripts"
    " development typescript javascript python go rust java kotlin swift ruby php components library".split()
)
_IN = r"(in (?:the |a |an |any |our |your |all |new |committed |initial )*((?:[\w-]+ ){0,2}[\w-]+?))"
_PLACE = lazy(rf"`[^`.,;:()—]{{0,50}}?\s{_IN}(?=\s*(?:$|[.,;:()—*])| for | to | because | unless | when )")
_AHEAD = lazy(rf"\b{_IN}\s?$")
_PURPOSE = lazy(
    r"`\)?\s(to (?!avoid|prevent|ensure|keep|allow|minimi|reduce|help|be\b|improve|make\b|match"
    r"|stay)[a-z]{3,}(?: [\w-]+){0,5})"
)


def _where_meant(said: Sentence, constraint: Constraint) -> Constraint | None:
    """The place or purpose behind the last word, where the sentence names one that no glob stands for."""
    if any(constraint.get(key) for key in ("scope", "except", "when", "imports")) or not constraint.list("pattern"):
        return constraint
    excluded = [code.end for code in said.codes[-4:] if said.sign(code.start) == "-"]
    purpose = next((match for end in excluded if (match := _PURPOSE.match(said.low, end))), None)
    if purpose:
        return Constraint(constraint.type, {**constraint.data, "when": purpose.group(1)})
    named = [at for pattern in constraint.list("pattern") for at in _marks(said, pattern)[:1]]
    opened = said.bare.rfind("(", 0, min(named, default=0))
    place = _PLACE.match(said.low, excluded[-1]) if excluded else None
    if place is None and opened > 0 and not excluded:
        place = _AHEAD.search(said.low, 0, opened)
    if place is None or _GENERAL.intersection(place.group(2).split()):
        return constraint
    return Constraint(constraint.type, {**constraint.data, "when": place.group(1)})


_PART_OF_CODE = lazy(
    r"`([\w-]+)` (?:parameters?|arguments?|args?|attributes?|props?|fields?|columns?|variables?|headers?"
    r"|options?|keys?)\b"
)
_IN_FOLDER = lazy(r"\W*in `([\w./-]+)`,")


def _longer_one(said: Sentence, constraint: Constraint) -> Constraint | None:
    """ "`@x/ui/button`, not `@x/ui`": the module that begins with the excluded one is the right one."""
    if not constraint.list("pattern") or constraint.get("use"):
        return constraint
    for code in said.codes:
        if (
            any(code.text.startswith(each + "/") for each in constraint.list("pattern"))
            and said.sign(code.start) != "-"
        ):
            return Constraint(constraint.type, {**constraint.data, "use": code.text.strip()})
    return constraint


def _twice(said: Sentence, constraint: Constraint) -> Constraint | None:
    """ "Outside tests" is said once: as the place that is left out."""
    if not constraint.get("except") or not str(constraint.get("when") or "").startswith("outside"):
        return constraint
    return Constraint(constraint.type, {key: value for key, value in constraint.data.items() if key != "when"})


def _no_module(said: Sentence, constraint: Constraint) -> Constraint | None:
    """ "Work only in `x/y`": the first word of an order is its verb, not a module."""
    first = re.match(r"\W*(\w+)", said.text)
    verb = first.group(1) if first and first.group(1) in constraint.list("imports") else ""
    marked = any(code.text.strip() == verb for code in said.codes)
    return None if verb and not marked and len(constraint.list("imports")) == 1 else constraint


def _no_folder(said: Sentence, constraint: Constraint) -> Constraint | None:
    """ "Functions with a `session` parameter" name no folder; "in tRPC routers" names those of routers."""
    data = dict(constraint.data)
    wrong = {f"**/{name}/**" for name in _PART_OF_CODE.findall(said.low)}
    if wrong.intersection(constraint.list("scope")):
        folder = _IN_FOLDER.match(said.low)
        del data["scope"]
        if folder is None:
            return None
        data["scope"] = folder.group(1).rstrip("/") + "/"
    outside = constraint.list("except")
    if outside and not any("/" in each or "*" in each or each in _AREAS for each in outside):
        found = [glob for each in outside for glob in globs_of(Term(each.rpartition(" ")[2], False))]
        if not found:
            return Constraint(constraint.type, {**data, "when": "outside " + ", ".join(outside)})
        data["except"] = found
    return Constraint(constraint.type, data)


_PYTHON = lazy(r"\bpython\b|\btype hints?\b|\btyping\b|\bmypy\b|\bpyright\b|\bpydantic\b|`any`\b.{0,40}\bfrom typing\b")
_TYPESCRIPT = lazy(r"\btypescript\b|\bts\b|\btsconfig\b|\breact\b|\bzod\b|`unknown`")


def _capital(said: Sentence, constraint: Constraint) -> Constraint | None:
    """`Any` with its capital is not TypeScript's `any`."""
    if ": any" not in constraint.list("pattern") or not any(code.text.strip() == "Any" for code in said.codes):
        return constraint
    around = f"{said.low} {said.heading}"
    if _TYPESCRIPT.search(around) and not _PYTHON.search(around):
        return constraint
    data = {**constraint.data, "pattern": [": Any", "-> Any", "[Any", "import Any"]}
    data.pop("lang", None)
    return Constraint(constraint.type, {**data, "lang": "python"} if _PYTHON.search(around) else data)


_AREAS = frozenset(
    ("application code", "local dev", "dev", "docs", "documentation", "examples", "scripts", "ci", "tests")
)
CODE_DOUBTS = (
    _capital,
    _described,
    _can_do_without,
    _narrow,
    _where_meant,
    _no_module,
    _no_folder,
    _longer_one,
    _twice,
)
