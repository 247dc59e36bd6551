"""How written code looks: indentation, quotes, line length, and how things are named.

It reads names of styles and sizes; what a formatter decides by itself is not its business.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.mentions import code_kind
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_STYLES = lazy(
    r"\b(snake[_ -]?case|camel[_ -]?case|pascal[_ -]?case|kebab[_ -]?case|upper[_ -]?case|lower[_ -]?case|camelback"
    r"|screaming[_ -]?snake(?:[_ -]case)?|upper_snake(?:_case)?|lowercamelcase|uppercamelcase"
    r"|title[_ -]case|constant_case|dash-case|hyphen-case|train-case|lower_snake_case|pascalcase)\b"
    r"|UPPER_SNAKE_CASE|UPPER_CASE",
    needs="case|CASE|snake|camelback",
)


_NAMED = lazy(
    r"\b(?:nam(?:e|ed|es|ing)|file ?names?|prefix(?:ed)?|suffix(?:ed)?|(?:start|end|begin)s? with"
    r"|match(?:es)?\b|called|convention|pattern|format|follows?)\b|命名"
)


_NAMING_HEADING = lazy(r"\bnam(?:ing|es)\b|\bnomes?\b|\bnaming\b|命名|ネーミング|네이밍|\bbenennung")
_ENDS = lazy(
    r"\b(?:must|should|always)?\s?(?:end|start|begin|prefix(?:ed)?|suffix(?:ed)?)s?(?: (?:in|with))? "
    r"[`\"']?([A-Z]\w+(?:(?:,| or|, or| and) [`\"']?[A-Z]\w+)*)"
)
_INDENT = lazy(
    r"\b(\d|two|four|eight)[- ](?:spaces?|space)\b(?:[^.;]{0,20}\bindent\w*)?"
    r"|\bindent\w*\b[^.;]{0,24}?\b(\d|two|four|eight|tabs?|spaces?)\b|\b(tabs)\b[^.;]{0,40}\b(?:spaces"
    r"|indent\w*|only|file)\b|\b(spaces)\b[^.;]{0,20}\b(?:tabs|indent\w*)\b|\buse (tabs)\b",
    needs="indent|tab|space",
)


_LENGTH = lazy(
    r"\b(?:line|lines|max(?:imum)? line|column)\b[^.;\d]{0,40}?(\d{2,3})\b"
    r"|\b(\d{2,3})[- ](?:char(?:acter)?s?|columns?)[- ](?:per )?(?:line|limit|width|max|wide)|\b(?:wrap"
    r"|limit)\b[^.;\d]{0,20}(\d{2,3}) (?:char|col)",
    needs="line|column|char|wrap|limit",
)


_IN_LANGUAGE = lazy(r"\b(?:in|for) (?:the |all |our )?([a-z][a-z+#-]*)(?: (?:files?|code|sources?|scripts?))?\b")
_NUMBERS = {"two": "2", "four": "4", "eight": "8"}
_STYLED = lazy(
    r"\b(file ?names?|files|variables?|functions?|methods?|classes|class names|components?|constants?"
    r"|columns?|tables?|database \w+|types?|interfaces?|modules?|packages?|directories|folders|keys?"
    r"|fields?|properties|props|routes?|urls?|endpoints?|hooks|json (?:keys|fields|properties"
    r"|files)|test names|enums?|identifiers"
    r"|names|branches)\b"
)
_OTHER_FORMAT = lazy(r"\b(?:detect|compar|convert|support|audio|output|date) ?\w*")
_NAME_PATTERN = lazy(
    r"[*<{]|\[[A-Z]\w+\]|YYYY|NNN|^\.?[\w-]*_$|^_|^\.\w+\.\w+$|^\.?test\.|^[a-z]+_$|^use[A-Z*]|^[A-Z]$"
    r"|^[A-Z]+(?:[_:.-][A-Z]+)+$"
)
_NAMEABLE = lazy(
    r"\b(?:file|test|component|hook|class|interface|function|method|variable|migration|doc|folder|table|key"
    r"|naming|named|module|event|names?|命名)"
)
_PATTERNED = lazy(
    r"\b((?:test |migration |config )?files?|tests?|components?|hooks?|class(?:es)?|interfaces?|functions?"
    r"|methods?|variables?|migrations?|folders?|tables?|modules?|keys?|events?)\b"
)


def format_of(said: Sentence) -> list[Constraint]:
    low = said.low
    data: dict[str, Any] = {}
    if "commit" in said.heading or "commit message" in low:
        return []
    indent = _INDENT.search(low)
    if (
        indent
        and said.sign(indent.start()) != "r"
        and (re.search(r"\bindent|\btabs?\b", low) or re.search(r"format|style", said.heading))
    ):
        value = next(group for group in indent.groups() if group)
        rest = said.sign(indent.start()) == "-"
        value = (
            "tabs"
            if value.startswith("tab")
            else "spaces"
            if value.startswith("space")
            else _NUMBERS.get(value, value) + " spaces"
        )
        data["indent"] = ("spaces" if value == "tabs" else "tabs") if rest else value
    semicolon = re.search(r"\bsemi-?colons?\b", said.bare)
    if semicolon and not re.search(r"join|separat|statements", low):
        data["semicolons"] = "never" if said.sign(semicolon.start()) == "-" else "always"
    quotes = re.search(r"\b(single|double)[- ]quotes?\b", low)
    if quotes and said.sign(quotes.start()) in "+-0":
        name = quotes.group(1)
        data["quotes"] = name if said.sign(quotes.start()) != "-" else "double" if name == "single" else "single"
    length = _LENGTH.search(low)
    if (
        length
        and re.search(r"\b(?:char\w*|columns?|length|wide|width|limit)\b", low)
        and not re.search(r"\bfile|function|method|lines of code|subject|title", low)
    ):
        data["line_length"] = int(next(group for group in length.groups() if group))
    comma = re.search(r"\btrailing commas?\b", low)
    if comma:
        data["trailing_comma"] = "never" if said.sign(comma.start()) == "-" else "always"
    if not data:
        return []
    names = section("languages")
    language = next((m.group(1) for m in _IN_LANGUAGE.finditer(low) if m.group(1) in names), "")
    if language:
        data["lang"] = names[language]
    return [Constraint("format", {**data, **where(said, 0)})]


def naming_of(said: Sentence) -> list[Constraint]:
    """naming: at most one, a style, a pattern or an ending."""
    style = _styled(said)
    if style:
        return [Constraint("naming", style)]
    named = _NAMED.search(said.low) or _NAMING_HEADING.search(said.heading)
    if named and _OTHER_FORMAT.search(named.string[: named.start()][-16:]):
        return []  # the format of something else
    if not named or "branch" in said.low or "commit" in said.low + said.heading or said.forbids():
        return []
    data = _patterned(said) or _ending(said)
    return [Constraint("naming", data)] if data else []


def _styled(said: Sentence) -> dict[str, Any]:
    """ "File names in kebab-case"."""
    style = _STYLES.search(said.low)
    if not style or "insensitive" in said.low or said.sign(style.start()) not in "+0":
        return {}
    here = said.low + said.heading.rsplit(" > ", 1)[-1]
    if "branch" in here or "commit" in here:
        return {}
    if any(_NAME_PATTERN.search(code.text) and "." in code.text for code in said.codes):
        return {}  # "`V<n>__<words>.sql` (snake_case)": the style is of a part of the name
    what = _STYLED.search(said.low)
    name = style.group().lower().replace("-", "_").replace(" ", "_")
    return {
        "what": what.group(1) if what else said.heading,
        "style": section("naming_styles").get(name.replace("_", ""), name),
        **where(said, style.start()),
    }


def _patterned(said: Sentence) -> dict[str, Any]:
    """ "Test files are named `*_test.go`"."""
    for code in said.codes:
        text = code.text.strip()
        if not _NAME_PATTERN.search(text) or code_kind(text) in ("command", "flag") or "(" in text:
            continue
        if _NAMEABLE.search(said.low + said.heading):
            what = _PATTERNED.search(said.low)
            return {"what": what.group(1) if what else said.heading, "pattern": text}
    return {}


def _ending(said: Sentence) -> dict[str, Any]:
    """ "Interfaces must end with Port"."""
    ends = _ENDS.search(said.text)
    label = re.match(r"\W*([A-Za-z][\w ]{1,24}?)(?: names?)?(?::|\s(?:must|should|always))", said.text)
    if ends and label and said.sign(ends.start()) in "+0":
        return {"what": label.group(1).lower(), "pattern": ends.group(1)}
    return {}
