"""Where kinds of files belong: "tests live in `tests/`", "never put business logic in `controllers/`".

It needs a word of placing right before the path, and a name for what is placed. A folder that is only described
("the canonical text lives in X") and a pointer ("see X") are none.
"""

import re

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.mentions import Path, code_kind
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_PLACE = lazy(
    r"\b(?:live|lives|go|goes|belongs?|placed?|put|stored?|stays?|kept|keep|resides?|saved?|located"
    r"|must be|should be|created?|write|add|are|is|mock|sit|sits)\b(?: \w+){0,6}? (?:in|into|under|inside"
    r"|at|within|to)\b"
)
_OBJECT = lazy(
    r"^\W*(?:(?:agents?|claude|you|developers|contributors) (?:must |should |may )?)?(?:always |only )?"
    r"(?:all |every |any |new |the |your |other |put |place |store |save |add |write |mock |create |keep )*"
    r"([a-z][\w /`*-]{1,50}?)\b(?: (?:must|should|always|files?|live|lives|goes?|go|belongs?|are"
    r"|is|stays?|in|into|under|to)\b|\s*(?:→|->|:))"
)
_LIVES = lazy(r"\w[\w`) ]{2,60} (?:lives?|belongs?|goes|resides?|are|is) (?:in|at|under|inside)(?: the)? $")
_PRONOUNS = ("it", "them", "these", "those", "this", "that", "they", "there")
_OF_SETTINGS = lazy(r"\b(?:versions?|values?|settings?|variables?|keys?|them|it|these|numbers?|entries|ports?)\b")
_SETTING = lazy(r"\b(?:enabled|disabled|true|false|set|strict)\b[^.;]{0,12}$")


_CALLED = lazy(
    r"\b(?:name[sd]?|called|naming|format|pattern|prefix(?:ed)?|as|timestamp(?:ed)?|numbered)\b[^`;]{0,60}\(?"
    r"(?:e\.g\.,? |like )?$",
    needs="name|call|naming|format|pattern|prefix|as|timestamp|number",
)
_STAMP = lazy(r"[YyMDdHhmsS]{8,}(?:[_-][HhmsS]{4,6})?|(?<![A-Za-z])N{2,}(?![A-Za-z])|(?<![A-Za-z])X{2,}(?![A-Za-z])")
_STAMP_NAMED = lazy(
    r"[<{\[](?:[Nn]|nn+|seq(?:uence)?|id|timestamp|version|number|date|datetime|unix[_ ]?timestamp"
    r"|[YMDHhmsSN]{2,}(?:[_-][HhmsS]+)?)[>}\]]"
)
_BLANK = lazy(r"\{[\w -]{1,30}\}|<[\w -]{1,30}>|\[[\w -]{1,30}\]")
_WORD = lazy(r"(?<=[_-])(?:description|name|desc|title|slug|short[_-]description|action|feature|what)(?=[._-])")
_OPTIONAL = lazy(r"\((\w)\)$")


def named_of(said: Sentence, named: list[Path]) -> list[Constraint]:
    """How new files of a kind are called: "`YYYYMMDDHHmmss_description.sql`", "name tests `*.test.ts(x)`"."""
    found: list[str] = []
    for code in said.codes:
        text = code.text.strip()
        if "." not in text or " " in text or "/" in text or said.sign(code.start) == "-":
            continue
        told = _CALLED.search(said.low[max(0, code.start - 90) : code.start].rstrip("`"))
        glob = _STAMP.sub("\x00", _STAMP_NAMED.sub("\x00", text))
        stamped = "\x00" in glob
        glob = _WORD.sub("*", _BLANK.sub("*", glob)).replace("\x00", "[0-9]*")
        listed = bool(found) and re.fullmatch(
            r"`?(?:,| or|, or) `?", said.low[code.start - 6 : code.start].lstrip("`x)") or " "
        )
        if (told or listed) and (stamped or (text.startswith("*.") and "test" in said.low)):
            found += [_OPTIONAL.sub("", glob), _OPTIONAL.sub(r"\1", glob)] if _OPTIONAL.search(glob) else [glob]
    if not found:
        return []
    ending = found[0].rpartition(".")[2]
    folder = next((path.text.rstrip("/") for path in named if path.folder or path.text.endswith("/")), "")
    stamp = "[0-9]" in found[0]
    if stamp and not folder and "migration" not in said.low + said.heading:
        return []  # of which folder the files are is not told
    what = (f"{folder}/*.{ending}" if folder else f"**/*migrat*/**/*.{ending}") if stamp else "tests"
    return [Constraint("path_rule", {"what": what, "must_match": list(dict.fromkeys(found))})]


_NOT_THERE = lazy(r",?\s(?:and )?(?:not|never) (?:in|inside|under|next to|beside|directly in) ")


def placed_of(said: Sentence, named: list[Path]) -> list[Constraint]:
    """Where kinds of files belong."""
    found = [*_placed(said, named), *named_of(said, named)]
    bounds = {key: value for key, value in where(said, 0).items() if key in ("except", "unless")}
    if _NOT_THERE.search(said.low):
        bounds.pop("except", None)  # "in tests/, not in src/" is no exception: it says the same twice
    return [Constraint(one.type, {**one.data, **bounds}) if one.type == "path_rule" else one for one in found]


def _placed(said: Sentence, named: list[Path]) -> list[Constraint]:
    found: list[Constraint] = []
    for path in named[:8]:
        ahead = said.low[: path.start].rstrip("`")
        arrow = re.search(r"^\W*([\w ]{2,40}?)[`*]*\s*(?:→|->|=>)\s*$", ahead)
        ends = [match.end() for match in _PLACE.finditer(ahead)]
        close = bool(ends) and len(ahead) - ends[-1] <= 8 and not _SETTING.search(ahead)
        if (not close and not arrow) or re.search(
            r"\b(?:register|defined|documented|described|see|found|listed|implemented|example|available|update"
            r"|look)\b",
            ahead,
        ):
            continue
        if said.sign(path.start) == "-":
            found.append(_kept_out(said, path, _what(said, ahead)))
        elif arrow or re.search(
            r"\badd new [a-z ]{3,40} (?:to|in|under) ?$"
            r"|\b(?:live|lives|go|goes|belong|belongs|put|place|placed|must|should|store|stored|keep|save|mock"
            r"|create|always|never|only|reside)\b",
            ahead,
        ):
            found.append(
                Constraint(
                    "path_rule",
                    {"what": arrow.group(1).strip() if arrow else _what(said, ahead), "must_be_in": path.text},
                )
            )
        if found and found[0].type == "config":
            return found
        if found and found[0].get("what") not in ("", None, *_PRONOUNS):
            return found
        found = []
    return found


def _kept_out(said: Sentence, path: Path, what: str) -> Constraint:
    """What does not belong in a folder is a kind of files; in a file it is text: settings that were named, or words."""
    name = path.text.rsplit("/", 1)[-1]
    if path.folder or "." not in name or "*" in name:
        return Constraint("path_rule", {"what": what, "must_not_be_in": path.text})
    settings = [text for text in re.findall(r"`([^`]+)`", said.before) if code_kind(text) == "env"]
    settings += [code.text for code in said.codes if code_kind(code.text) == "env"]
    if settings and _OF_SETTINGS.search(what):
        return Constraint("config", {"file": path.text, "forbid": list(dict.fromkeys(settings))})
    return Constraint("forbid_text", {"what": what, "place": path.text})


def _what(said: Sentence, ahead: str) -> str:
    """The kind of files that is placed; below a heading of a kind it may be left out, but not where all is told."""
    match = _OBJECT.match(ahead)
    if match is None and _LIVES.search(ahead):
        return ""
    what = match.group(1).strip("` ") if match else said.heading
    return re.sub(r"^(?:never|do not|don't|dont) (?:ever )?(?:put|place|add|write|store|save|keep|create)? ?", "", what)
