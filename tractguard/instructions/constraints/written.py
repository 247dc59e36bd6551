"""What may stand in written code and text: constructs and words.

A construct gets literal `pattern` words only where the sentence or the table of code words gives them; "global state"
has none and is left to the rules that know it.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.constructs import REMOVES, is_narrowed, marks, pattern_of, removal_rules
from tractguard.instructions.constraints.imports import depends_of
from tractguard.instructions.constraints.layers import layers_of, place_of
from tractguard.instructions.constraints.mentions import Path, code_kind, paths
from tractguard.instructions.constraints.reading import Code, Sentence
from tractguard.instructions.constraints.style import format_of, naming_of
from tractguard.instructions.constraints.surroundings import surroundings_of
from tractguard.instructions.constraints.tables import Found, pattern, section
from tractguard.instructions.constraints.texts import ASKS_FOR, texts_of
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_IN_A_PART = lazy(r"[^.;]{0,24}?\s((?:in|inside|within) (?:the )?`[\w@./-]+`)")
_NAMING = lazy(r"\bnam(?:ing|es)\b|命名|ネーミング")
HOST_TOOLS = frozenset(
    "Read Write Edit MultiEdit Grep Glob Bash Task Agent WebFetch WebSearch TodoWrite NotebookEdit Skill".split()
)
_NOUN = lazy(
    r"\b(?:use|using|write|writing|add|adding|append|create|introduce|rely on|do(?! not\b)"
    r"|have)\s+((?:[\w+#.-]+[ /,]+(?:or |and )?){0,4}?[\w-]+)"
)
_RULE_ABIDES = lazy(r"\bno exceptions\b(?=\W*(?:$|to\b|are\b|allowed\b|ever\b|whatsoever\b|for\b))")
_PLACED_IN = lazy(r"\b(?:in|inside|within|into|from) (?:(?:code|the|any|your|source|inline|doc|of) )*$")
_WITH_NO = lazy(r"\bwith no $")
_STRONG = lazy(r"\b(?:always|must|every|all|required?|mandatory|each|only)\b")
_LEADS = lazy(r"(?:\w+: )?(?:use|add|write|include|provide) ")
_LITERAL = lazy(r"[(.:@=<#]|\w_\w|^use |^[a-z]+[A-Z]")
_SETS = lazy(r"\b(?:set|add|include|pass|mark|annotate|start|begin|wrap|declare|decorate)\b[^.;]{0,30}`$")
_FOR = lazy(
    r"`\s((?:for|to|on|as) (?!logg|debug|print|output|any\b|all\b|every|new\b|this\b|suppress|silence"
    r"|bypass|fix\b|log\b|types?\b)"
    r"[a-z][^,.;()]{2,40})"
)
_FOR_WORDS = lazy(
    r"\s(for (?!logg|debug|print|output|any\b|all\b|every|new\b|this\b|error handling)[a-z][^,.;()]{2,40})"
)
_FOR_BOTH = lazy(r"`\s(for (?!new\b|all\b|every|any\b)[a-z][\w -]{2,40}),? \(?(?:not|never|instead of|rather than) `$")
_NAMED_EXPORTS = lazy(
    r"\bnamed exports? (?:only|always|exclusively|everywhere)\b|\b(?:only|always)(?: use)? named exports?\b"
    r"|\buse named exports? (?:for|in) (?:all|every)\b",
    needs="named export",
)
_ESM_ONLY = lazy(r"\b(?:esm|es modules?) only\b|\bonly (?:esm|es modules)\b")
_USE_WORDS = lazy(r"\buse (?:the |our |a )?([\w. -]{2,30}?)(?: instead)?(?=[,.;)]|$)", needs="use ")
_QUOTED_CALL = lazy(r"\w\(?\s?[\"'][\w@./-]*$")
_IMPORTER = lazy(
    r"\W*(?:the )?([a-z]+ (?:code|layer|modules?|components?)) (?:must|should|may|can)(?: not|not|n't)? .{0,12}import"
)


_OTHERS = (depends_of, layers_of, surroundings_of)  # where these read something, the marks are no constructs


def written_of(said: Sentence) -> list[Constraint]:
    """forbid_code, require_code, forbid_text, format, naming."""
    named = paths(said)
    return [*_code(said, named), *texts_of(said), *format_of(said), *naming_of(said)]


def language_of(said: Sentence, words: str, at: int = -1) -> str:
    """The language of a construct, from the sentence (its part at `at`), the heading or the construct; "" if none."""
    known: dict[str, str] = section("code_languages")
    part = said.part_of(at)
    for source in (said.low[part.start : part.end] if at >= 0 else said.low, said.heading):
        for match in pattern("code_languages").finditer(source):
            at_all = source is not said.heading and said.sign((part.start if at >= 0 else 0) + match.start())
            if at_all not in ("r", "c"):  # "… except for CSS variables" says nothing of the language
                return known[match.group()]
    guess: dict[str, str] = section("construct_languages")
    low = words.lower()
    if _QUOTED_CALL.search(low):
        return ""  # `require("x` is written so in several languages
    return next((guess[piece] for piece in sorted(guess, key=len, reverse=True) if _stands_in(piece, low)), "")


def _stands_in(piece: str, low: str) -> bool:
    """Whether a construct stands in `low` as a whole: "print" does not in "fmt.printf", "unwrap" not in "
    ""force-unwrap"."""
    at = low.find(piece)
    while at >= 0:
        ahead, after = low[at - 1 : at], low[at + len(piece) : at + len(piece) + 1]
        joined = piece[0].isalnum() and (ahead.isalnum() or ahead in ("_", "-"))
        if not joined and not (piece[-1].isalnum() and (after.isalnum() or after == "_")):
            return True
        at = low.find(piece, at + 1)
    return False


def _code(said: Sentence, named: list[Path]) -> list[Constraint]:
    if any(code.text in HOST_TOOLS for code in said.codes):
        return []  # how the assistant's own tools are used is no matter of written code
    if any(reader(said) for reader in _OTHERS):
        return []
    good, bad = marks(said)
    words, patterns = _words(said)
    whole = _modules(said, named)
    if whole:
        return whole
    allowed = [c for c in said.codes if said.sign(c.start) == "p" and code_kind(c.text) == "code"]
    if allowed or any(sign == "p" for _, _, sign in words):
        return _permit(said, named, allowed, words)
    what = [c.text for c in bad] + [w for w, _, sign in words if sign == "-"]
    found: list[Constraint] = []
    if what:
        found.append(_excluded(said, what, patterns, (good, bad, named)))
    elif not good or said.forbids():
        found += _general(said)
    return [*found, *_required(said, good, bool(what), named)]


def _excluded(
    said: Sentence, what: list[str], patterns: list[str], marked: tuple[list[Code], list[Code], list[Path]]
) -> Constraint:
    """forbid_code for the words `what`; `patterns` are of plain words, `marked` good and bad marks and paths."""
    good, bad, named = marked
    literal = [p for c in bad if not is_narrowed(said, c) for p in pattern_of(c.text)] + patterns
    if _NAMING.search(said.heading):
        literal = []  # a name that is out, not the word wherever it stands
    data: dict[str, Any] = {
        "what": ", ".join(dict.fromkeys(what)),
        "pattern": list(dict.fromkeys(literal)),
        "lang": _language(said, [*what, *(c.text for c in good)], bad, good),
    }
    use = good[0].text if good else _alternative(said)
    if use:
        data["use"] = use
    if len(good) == len(bad) == len(data["pattern"]) > 1:
        data["uses"] = [code.text for code in good]  # each has its own
    spoken = [path for path in named if all(path.start != code.start for code in bad)]
    bounds = _bounds(said, spoken)
    data.update(bounds if {"scope", "except"} & set(bounds) else {**bounds, **place_of(said)})
    inside = _IN_A_PART.match(said.low, bad[-1].end) if bad else None
    if inside and "scope" not in data:
        data.setdefault("when", inside.group(1))
    narrower = _purpose(said, bad) or _purpose_of_good(said, good, bad)
    if not narrower and not bad:
        narrower = _purpose_of_words(said, patterns)
    if narrower:
        data.setdefault("when", narrower)
    subject = _IMPORTER.match(said.low)
    if subject:
        data.setdefault("scope", subject.group(1))
    return Constraint("forbid_code", data)


def _language(said: Sentence, names: list[str], bad: list[Code], good: list[Code]) -> str:
    """The language that all the excluded names have; "" where they are of several."""
    at = bad[0].start if bad else -1
    each = {language_of(said, code.text, at) for code in bad}
    told = any(language_of(said, code.text, at) for code in good)
    return "" if len(each) > 1 and not told else language_of(said, " ".join(names), at)


def _alternative(said: Sentence) -> str:
    """What to use instead, in plain words; "" where none is told."""
    other = _USE_WORDS.search(said.bare) if "use" in said.bare else None
    return other.group(1).strip() if other and said.sign(other.start(1)) == "+" else ""


def _modules(said: Sentence, named: list[Path]) -> list[Constraint]:
    """Which kind of modules and exports alone is to be written."""
    if _NAMED_EXPORTS.search(said.bare):
        data = {
            "what": "default exports",
            "pattern": ["export default"],
            "use": "named exports",
            **_bounds(said, named),
        }
        return [Constraint("forbid_code", data)]
    if _ESM_ONLY.search(said.low):
        data = {"what": "CommonJS", "pattern": ["require(", "module.exports"], "lang": "javascript"}
        return [Constraint("forbid_code", data)]
    return []


def _bounds(said: Sentence, named: list[Path]) -> dict[str, Any]:
    data = where(said, 0, named)
    for place in ("in production", "in committed code", "in library code", "in new code"):
        if place in said.low:
            data.setdefault("when", place)
    return data


def _purpose(said: Sentence, bad: list[Code]) -> str:
    """What alone a construct must not be used for: "never `useEffect` for fetching"; "" where it is out as such."""
    if (
        not bad
        or not all(code_kind(code.text) == "code" for code in bad)
        or said.part_of(bad[0].start) != said.part_of(bad[-1].start)
    ):
        return ""
    match = _FOR.match(said.bare, bad[-1].end, said.clause(bad[-1].start)[1])
    return said.text[match.start(1) : match.end(1)].strip() if match else ""


def _purpose_of_good(said: Sentence, good: list[Code], bad: list[Code]) -> str:
    """The purpose of what is asked for, where the other follows: "`monotonic()` for durations, not `time()`"."""
    if len(good) != 1 or len(bad) != 1 or good[0].start > bad[0].start:
        return ""
    match = _FOR_BOTH.match(said.bare, good[0].end, bad[0].start)
    return said.text[match.start(1) : match.end(1)] if match else ""


def _purpose_of_words(said: Sentence, patterns: list[str]) -> str:
    """The same for a construct in plain words: "no panics for recoverable errors"."""
    match = next((m for m in pattern("code_words").finditer(said.bare) if said.sign(m.start()) == "-"), None)
    narrower = _FOR_WORDS.match(said.bare, match.end()) if match and patterns else None
    return narrower.group(1) if narrower else ""


def _permit(
    said: Sentence, named: list[Path], allowed: list[Code], words: list[tuple[str, list[str], str]]
) -> list[Constraint]:
    patterns = [p for c in allowed for p in pattern_of(c.text)] + [
        p for _, ps, sign in words if sign == "p" for p in ps
    ]
    what = [c.text for c in allowed] + [w for w, _, sign in words if sign == "p"]
    data: dict[str, Any] = {
        "what": ", ".join(dict.fromkeys(what)),
        "pattern": list(dict.fromkeys(patterns)),
        "permit": True,
        **where(said, 0, named),
    }
    return [Constraint("forbid_code", data)]


def _words(said: Sentence) -> tuple[list[tuple[str, list[str], str]], list[str]]:
    """Constructs named in plain words: (words, patterns, sign)."""
    table = section("code_words")
    found, patterns = [], []
    for match in pattern("code_words").finditer(said.bare):
        if _WITH_NO.search(said.bare, max(0, match.start() - 8), match.start()):
            continue  # "a graph with no loops" describes
        if ASKS_FOR.match(said.bare, match.end()):
            continue  # "no TODO without a ticket" asks for the ticket
        entry, sign = table[match.group()], said.sign(match.start())
        if not entry.get("pattern") and _PLACED_IN.search(said.bare, max(0, match.start() - 24), match.start()):
            continue  # "no links in comments" leaves comments alone
        if (entry.get("marked") and not _meant(said, match)) or sign not in "-p":
            continue
        if sign == "-" and removal_rules(said, match.start()):
            continue  # "never remove comments" is no word against comments
        if sign == "-" and re.search(r"\bprefer", said.bare) and not entry.get("pattern"):
            continue
        if sign == "-" and match.group() == "exceptions" and _RULE_ABIDES.search(said.bare):
            continue
        if sign == "-" and said.low[match.end() : match.end() + 10].startswith((" file", "-file")):
            continue
        found.append((match.group(), list(entry.get("pattern", [])), sign))
        if sign == "-":
            patterns += entry.get("pattern", [])
    return found, patterns


def _meant(said: Sentence, match: Found) -> bool:
    """Whether an ordinary word ("any", "print") is meant as code without marks."""
    return bool(
        re.search(
            r"\b(?:use|using|no|never|avoid|with|of) (?:the )?$", said.bare[max(0, match.start() - 12) : match.start()]
        )
    ) and bool(
        re.match(
            r"\W*$|\s*(?:statements?|types?|keyword|calls?|for (?:logging|debug)|in (?:production|typescript|ts"
            r"|library)|to log|,|;|\.)",
            said.bare[match.end() : match.end() + 24],
        )
    )


def _general(said: Sentence) -> list[Constraint]:
    """ "Never use string concatenation for paths": a construct that only its noun names."""
    for match in _NOUN.finditer(said.bare):
        if said.sign(match.start(1)) != "-" or _RULE_ABIDES.search(said.bare):
            continue
        after = said.bare[match.start(1) : match.start(1) + 70]
        noun = pattern("code_nouns").search(re.split(r"[.;:(]| because | when | unless | as | in ", after)[0])
        if noun:
            words = said.text[match.start(1) : match.start(1) + noun.end()]
            data: dict[str, Any] = {"what": words.strip(), "lang": language_of(said, words), **where(said, 0)}
            use = next((c.text for c in said.codes if said.sign(c.start) == "+"), "")
            return [Constraint("forbid_code", {**data, "use": use} if use else data)]
    bare = re.search(r"\b(?:no|never|without)\b [\w -]{0,12}", said.bare)
    if bare and said.sign(bare.start()) == "-" and not REMOVES.search(bare.group().rsplit(" ", 1)[0] + " "):
        noun = pattern("bare_nouns").search(said.bare)
        placed = noun and _PLACED_IN.search(said.bare, max(0, noun.start() - 24), noun.start())
        if noun and not placed and said.sign(noun.start()) == "-":
            return [
                Constraint(
                    "forbid_code", {"what": noun.group(), "lang": language_of(said, noun.group()), **where(said, 0)}
                )
            ]
    return []


def _required(said: Sentence, good: list[Code], contrast: bool, named: list[Path]) -> list[Constraint]:
    """Constructs that have to stand in the code: literal ones, then those that have a name ("type hints")."""
    strong = bool(_STRONG.search(said.bare))
    picked = [c for c in said.codes if _is_set(said, c)]
    if not picked and (contrast or (strong and re.search(r"\buse\b|\bmust\b|\bcall\b", said.bare))):
        picked = [c for c in good if re.search(r"\w", c.text) and _LITERAL.search(c.text) and len(c.text) < 100]
    if picked and said.kind != "prompt":
        patterns = [c.text.removesuffix("()") for c in picked]
        lang = language_of(said, picked[0].text)
        data: dict[str, Any] = {"what": picked[0].text, "pattern": patterns, "lang": lang}
        return [Constraint("require_code", {**data, **_bounds(said, named)})]
    match = pattern("required_words").search(said.bare)
    if match is None:
        return []
    sign, ahead = said.sign(match.start()), said.bare[: match.start()]
    skipped = sign == "-" and re.search(r"\b(?:skip|omit|forget|leave out|drop|remove)\b[^,.;]{0,20}$", ahead[-40:])
    wanted = sign in "+0" and not contrast and (strong or _LEADS.match(said.bare))
    if not skipped and not wanted:
        return []
    word = match.group()
    data = {"what": word, "pattern": section("required_words")[word], "lang": language_of(said, word)}
    return [Constraint("require_code", data)]


def _is_set(said: Sentence, code: Code) -> bool:
    """ "Set `prefix="/api"`", "add `@pytest.mark.slow`": a literal that is to be put into code."""
    if code_kind(code.text) != "code" or said.sign(code.start) not in "+0" or len(code.text) > 100:
        return False
    ahead = said.low[max(0, code.start - 36) : code.start]
    return bool(_SETS.search(ahead)) and bool(re.search(r"[=(@#]|^['\"]use ", code.text))
