"""What may stand in written code and text: constructs and words.

A construct gets literal `pattern` words only where the sentence or the table of code words gives them; "global state"
has none and is left to the rules that know it.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.mentions import Path, code_kind, paths
from tractguard.instructions.constraints.reading import Code, Sentence
from tractguard.instructions.constraints.style import format_of, naming_of
from tractguard.instructions.constraints.tables import Found, pattern, section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_VERB = lazy(
    r"\b(?:use|using|add|adding|call|calling|reach for|ship|reintroduce|merge|keep|reference|invoke|enable"
    r"|configure|annotate with|import|importing|write|writing|introduce|leave|leaving|commit"
    r"|rely on|relying on|define|pass|cast(?:ing)? to|suppress with|suppress|disable|with|via|to|append"
    r"|return|throw|concatenat\w*|access|create|put|include|have|generic|the|a|an|any|raw|bare|no|not"
    r"|never|avoid|and|or|nor|of|over|than|plain|new|direct|directly|naked|explicit|global|like|as"
    r"|prefer)\s*$"
)
_ABOUT = lazy(
    r"\b(?:in|inside|within|from|on|for|under|by|see|when|with|of|to|at|into|through|via|outside|before"
    r"|after)\s+(?:the |a |an |any |your )?$"
)
_REMOVES = lazy(
    r"\b(?:skip\w*|remov\w*|disabl\w*|omit\w*|forget\w*|delet\w*|drop\w*|break\w*|los\w*|weaken\w*|edit\w*"
    r"|modify\w*|touch\w*|bypass\w*|ignor\w*|renam\w*|chang\w*|without|read|open|alter\w*|overwrite"
    r"|replace)\s(?:the )?$"
)
_EITHER_VERB = lazy(
    r"\b(?:((?:us(?:e|ing)|add\w*|writ\w+|creat\w+|introduc\w+|call\w*|import\w*|put|includ\w+|insert\w*|set|cast\w*"
    r"|return\w*|throw\w*|pass\w*|suppress\w*|no|without|instead of|rather than|with|via|over))"
    r"|(?:remov\w*|delet\w*|renam\w*|drop\w*|break\w*|weaken\w*|bypass\w*|omit\w*|try-catch|catch\w*|swallow\w*"
    r"|touch\w*|edit\w*|modif\w+|chang\w+|alter\w*|reorder\w*|conclude|read|open))\b"
)
_LINT_RULE = lazy(r"['\"](?:error|warn|off)['\"]")
_IN_A_PART = lazy(r"[^.;]{0,24}?\s((?:in|inside|within) (?:the )?`[\w@./-]+`)")
_NAMING = lazy(r"\bnam(?:ing|es)\b|命名|ネーミング")
HOST_TOOLS = frozenset(
    "Read Write Edit MultiEdit Grep Glob Bash Task Agent WebFetch WebSearch TodoWrite NotebookEdit Skill".split()
)
_NARROWED = lazy(  # a plain word that only says of what kind the next is: "`window` globals", "`@next` dist-tag"
    r"`\s?(?:[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{2}|(?!(?:for|to|as|instead|and|or|nor|in|on|with|when|whenever|if"
    r"|only|not|over|rather|everywhere|here|anywhere|throughout|by|from|unless|at|via|because|since|while|but|never|always"
    r"|is|are|must|should|will|can|may|which|that|so|calls?|statements?|keywords?|types?|functions?|methods?|hooks?"
    r"|directives?|annotations?|decorators?|macros?|operators?|blocks?|imports?|usage|attributes?|components?|casts?"
    r"|class|classes|comments?|expressions?|assertions?|api|module|package|library|property|prop|props|interface"
    r"|without|inside|outside|within|into|directly|ever|except|against|alone|before|after|during|under|it|them|yourself"
    r"|modifier|parameters?|args?|arguments?|variables?|constants?|pattern|syntax|literals?|clauses?)\b)[a-z-]{3,})"
)
_NOUN = lazy(
    r"\b(?:use|using|write|writing|add|adding|append|create|introduce|rely on|do(?! not\b)"
    r"|have)\s+((?:[\w+#.-]+[ /,]+(?:or |and )?){0,4}?[\w-]+)"
)
_TEXT = lazy(
    r"\b(?:mention|reference|refer to|say|write|use the (?:word|term|phrase|name)|include the (?:word"
    r"|phrase)|the (?:word|term|phrase))\s+(?:the (?:word|term|name) )?(?:\"([^\"]{2,40})\"|'([^']{2,40})'"
    r"|`([^`]{2,40})`|([A-Z][\w-]+(?: [A-Z][\w-]+)?))",
    needs="ention|efer|ay |rite|word|term|phrase|name",
)
_RULE_ABIDES = lazy(r"\bno exceptions\b(?=\W*(?:$|to\b|are\b|allowed\b|ever\b|whatsoever\b|for\b))")
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
_IMPORTER = lazy(
    r"\W*(?:the )?([a-z]+ (?:code|layer|modules?|components?)) (?:must|should|may|can)(?: not|not|n't)? .{0,12}import"
)
_EMOJI = lazy(r"\bemojis?\b|\bemoticons?\b|\bem[- ]dash(?:es)?\b|\bai slop\b|\bexclamation (?:marks|points)\b")


def written_of(said: Sentence) -> list[Constraint]:
    """forbid_code, require_code, forbid_text, format, naming."""
    named = paths(said)
    return [*_code(said, named), *_text(said), *format_of(said), *naming_of(said)]


def language_of(said: Sentence, words: str) -> str:
    """The language that a construct belongs to, guessed from the sentence, the heading or the construct; "" if none."""
    known: dict[str, str] = section("code_languages")
    for source in (said.low, said.heading):
        match = pattern("code_languages").search(source)
        if match:
            return known[match.group()]
    guess: dict[str, str] = section("construct_languages")
    low = words.lower()
    return next((guess[piece] for piece in sorted(guess, key=len, reverse=True) if piece in low), "")


def _code(said: Sentence, named: list[Path]) -> list[Constraint]:
    if any(code.text in HOST_TOOLS for code in said.codes):
        return []  # how the assistant's own tools are used is no matter of written code
    good, bad = _marks(said)
    words, patterns = _words(said)
    if re.search(r"\b(?:esm|es modules?) only\b|\bonly (?:esm|es modules)\b", said.low):
        return [
            Constraint(
                "forbid_code", {"what": "CommonJS", "pattern": ["require(", "module.exports"], "lang": "javascript"}
            )
        ]
    allowed = [c for c in said.codes if said.sign(c.start) == "p" and code_kind(c.text) == "code"]
    if allowed or any(sign == "p" for _, _, sign in words):
        return _permit(said, named, allowed, words)
    what = [c.text for c in bad] + [w for w, _, sign in words if sign == "-"]
    excluded = [p for c in bad if not _is_narrowed(said, c) for p in _pattern_of(c.text)] + patterns
    if _NAMING.search(said.heading):
        excluded = []  # a name that is out, not the word wherever it stands
    found: list[Constraint] = []
    if what:
        data: dict[str, Any] = {
            "what": ", ".join(dict.fromkeys(what)),
            "pattern": list(dict.fromkeys(excluded)),
            "lang": language_of(said, " ".join(what)),
        }
        if good:
            data["use"] = good[0].text
        elif "use" in said.bare:
            other = re.search(r"\buse (?:the |our |a )?([\w. -]{2,30}?)(?: instead)?(?=[,.;)]|$)", said.bare)
            if other and said.sign(other.start(1)) == "+":
                data["use"] = other.group(1).strip()
        spoken = [path for path in named if all(path.start != code.start for code in bad)]
        data.update(_bounds(said, spoken))
        inside = _IN_A_PART.search(said.low, bad[-1].end) if bad else None
        if inside and "scope" not in data and "when" not in data:
            data["when"] = inside.group(1)
        narrower = _purpose(said, bad) or ("" if bad else _purpose_of_words(said, patterns))
        if narrower and "when" not in data:
            data["when"] = narrower
        subject = _IMPORTER.match(said.low)
        if subject and "scope" not in data:
            data["scope"] = subject.group(1)
        found.append(Constraint("forbid_code", data))
    elif not good or said.forbids():
        found += _general(said)
    return [*found, *_required(said, good, bool(what), named)]


def _bounds(said: Sentence, named: list[Path]) -> dict[str, Any]:
    data = where(said, 0, named)
    for place in ("in production", "in committed code", "in library code", "in new code"):
        if place in said.low:
            data.setdefault("when", place)
    return data


def _purpose(said: Sentence, bad: list[Code]) -> str:
    """What alone a construct must not be used for: "never `useEffect` for fetching"; "" where it is out as such."""
    if len(bad) != 1 or code_kind(bad[0].text) != "code":
        return ""
    match = _FOR.match(said.bare, bad[0].end, said.clause(bad[0].start)[1])
    return said.text[match.start(1) : match.end(1)].strip() if match else ""


def _purpose_of_words(said: Sentence, patterns: list[str]) -> str:
    """The same for a construct in plain words: "no panics for recoverable errors"."""
    match = next((m for m in pattern("code_words").finditer(said.bare) if said.sign(m.start()) == "-"), None)
    narrower = _FOR_WORDS.match(said.bare, match.end()) if match and patterns else None
    return narrower.group(1) if narrower else ""


def _permit(
    said: Sentence, named: list[Path], allowed: list[Code], words: list[tuple[str, list[str], str]]
) -> list[Constraint]:
    patterns = [p for c in allowed for p in _pattern_of(c.text)] + [
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


def _removal_rules(said: Sentence, at: int) -> bool:
    """Whether the last verb ahead of a place takes away: "don't remove `NOTICE`" is no word against it."""
    start = said.clause(at)[0]
    verb = next(reversed(list(_EITHER_VERB.finditer(said.bare, start, at))), None)
    return verb is not None and verb.group(1) is None


def _marks(said: Sentence) -> tuple[list[Code], list[Code]]:
    """Code marks asked for, and code marks excluded, as constructs."""
    good, bad = [], []
    for code in said.codes:
        kind = code_kind(code.text)
        if (
            kind in ("path", "slash")
            and said.sign(code.start) == "-"
            and re.search(r"\bfrom\s+$", said.low[max(0, code.start - 10) : code.start - 1])
            and "import" in said.bare
        ):
            bad.append(code)
            continue
        if (
            kind not in ("code", "slash")
            or not code.text.strip()
            or len(code.text) > 120
            or (kind == "slash" and "/api" not in code.text)
        ):
            continue
        sign, ahead = said.sign(code.start), said.low[max(0, code.start - 44) : code.start - 1]
        if sign == "-" and (_removal_rules(said, code.start) or _LINT_RULE.search(code.text)):
            continue
        against = re.search(
            r"\b(?:instead of|rather than|use of)\s+$|使用\s*$|(?:suppress|silence)\w*[^.;]{0,24}with\s+$", ahead
        )
        if (sign == "-" and against) or (
            sign == "-"
            and not _REMOVES.search(ahead)
            and (
                not _ABOUT.search(ahead)
                and (_VERB.search(ahead) or re.search(r"[,:(/|]\s*$|^\W*$|`\s*(?:/|or|and|,)?\s*$", ahead))
            )
        ):
            if not re.search(r"\bcommit\s+$", ahead) or re.search(r"[.(@:]", code.text):
                bad.append(code)
        elif sign == "+" and not re.search(r"\b(?:in|from|inside|of|on|under|see)\s+$", ahead):
            good.append(code)
    return good, bad


def _is_narrowed(said: Sentence, code: Code) -> bool:
    return bool(re.fullmatch(r"@?[\w-]+", code.text)) and bool(_NARROWED.match(said.low, code.end))


def _pattern_of(text: str) -> list[str]:
    text = text.strip().rstrip(";")
    known = section("code_words").get(text.lower())
    if known is not None and known.get("pattern"):
        return list(known["pattern"])
    if text in section("keywords") or not re.search(r"\w|.{3}", text):
        return []  # `as` or `!` stand everywhere: what is meant by them no word can tell
    return [text[:-2] + "(" if text.endswith("()") else text.removesuffix("*") if text.endswith(".*") else text]


def _words(said: Sentence) -> tuple[list[tuple[str, list[str], str]], list[str]]:
    """Constructs named in plain words: (words, patterns, sign)."""
    table = section("code_words")
    found, patterns = [], []
    for match in pattern("code_words").finditer(said.bare):
        if _WITH_NO.search(said.bare, max(0, match.start() - 8), match.start()):
            continue  # "a graph with no loops" describes
        entry, sign = table[match.group()], said.sign(match.start())
        if (entry.get("marked") and not _meant(said, match)) or sign not in "-p":
            continue
        if sign == "-" and _removal_rules(said, match.start()):
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
    if bare and said.sign(bare.start()) == "-" and not _REMOVES.search(bare.group().rsplit(" ", 1)[0] + " "):
        noun = pattern("bare_nouns").search(said.bare)
        if noun and said.sign(noun.start()) == "-":
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


def _text(said: Sentence) -> list[Constraint]:
    match = _EMOJI.search(said.bare)
    if match and said.sign(match.start()) == "-" and "commit" not in said.low + said.heading:
        return [Constraint("forbid_text", {"what": match.group(), **where(said, match.start())})]
    for found in _TEXT.finditer(said.text):
        words = next(group for group in found.groups() if group)
        if (
            said.sign(found.start()) == "-"
            and "commit" not in said.low
            and not (found.group(3) and code_kind(words) in ("path", "command"))
        ):
            use = re.search(r"\buse ([A-Z][\w ]{1,30})", said.text)
            data: dict[str, Any] = {"what": words, "pattern": [words]}
            place = re.search(
                r"\bin (?:new |the |any |our )?(?:code|source|comments?|docs|documentation|ui|logs?|messages?)\b",
                said.low,
            )
            if place:
                data["place"] = place.group()
            return [Constraint("forbid_text", {**data, "use": use.group(1).strip()} if use else data)]
    credit = re.search(
        r"\b(?:ai|claude|anthropic|llm|assistant|chatgpt|copilot)\b[^.;]{0,20}\b(?:attribution|signature"
        r"|credit|watermark|mention)s?\b",
        said.bare,
    )
    if credit and said.sign(credit.start()) == "-" and "commit" not in said.low + said.heading:
        return [Constraint("forbid_text", {"what": credit.group()})]
    lower_found = re.match(r"^\W*(?:reference|mention) ([A-Z]\w+)\b", said.text, re.I)
    if lower_found and "(use " in said.low and lower_found.group(1)[0].isupper():
        use = re.search(r"\(use ([^)]+)\)", said.text)
        return [
            Constraint(
                "forbid_text",
                {"what": lower_found.group(1), "pattern": [lower_found.group(1)], "use": use.group(1) if use else ""},
            )
        ]
    return []
