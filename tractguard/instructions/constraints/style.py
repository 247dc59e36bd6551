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
_OF_INDENT = lazy(r"\bindent|\btabs?\b|缩进|縮排|インデント|字下げ|들여쓰기|\beinrück|\bsangr[ií]a|\bretrait")


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


_FILE_LENGTH = lazy(
    r"\b(?:files?|components?|modules?)\b[^.;\d]{0,40}?\b(?:under|below|at most|max(?:imum)?(?: of)?|more than"
    r"|longer than|less than|fewer than|exceed|up to|within|over|beyond)\s*~?(\d{2,4})\s*(?:lines\b|loc\b)"
    r"|\b(?:max(?:imum)?(?: of)?|at most|no more than)\s*~?(\d{2,4}) lines (?:of code )?(?:per|in a|for each)"
    r" (?:file|component|module)"
    r"|文件[^。;\d]{0,16}(\d{2,4}) ?行",
    needs="line|loc|行",
)
_BOOLEANS = lazy(r"\b(boolean(?:s| variables?| props| flags| names)?)\b")
_FILES = ("files", "filenames", "file names", "file name", "packages", "modules", "directories", "folders", "branches")


def format_of(said: Sentence) -> list[Constraint]:
    low = said.low
    data: dict[str, Any] = {}
    if "commit" in said.heading or "commit message" in low:
        return []
    indent = _INDENT.search(low)
    if (
        indent
        and said.sign(indent.start()) != "r"
        and (_OF_INDENT.search(low) or re.search(r"format|style", said.heading))
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
    longest = _FILE_LENGTH.search(low)
    if longest and said.sign(longest.start()) in "+-0":
        data["max_lines"] = int(next(group for group in longest.groups() if group))
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


_AFFIX = lazy(
    r"\b(?P<verb>prefix(?:ed|ing)?|suffix(?:ed|ing)?|start(?:s|ing)?|begin(?:s|ning)?|end(?:s|ing)?)\b[^.;`'\"]{0,40}?"
    r"\b(?:with|in|by)\b[^.;`'\"]{0,16}[`'\"](?P<name>[A-Za-z_$]{1,16})-?[`'\"]"
    r"(?P<more>(?:(?:/|, | or |, or )[`'\"][A-Za-z_]{1,12}[`'\"]){0,6})"
    r"|[`'\"](?P<name2>[A-Za-z_$]{1,16})-?[`'\"](?:[- ]?style)? (?P<verb2>prefix|suffix)",
    needs="prefix|suffix|start|begin|end",
)
_WITH_I = lazy(
    r"\b(?:an? |the )?I[- ]prefix|\bprefix(?:ed|ing)? interfaces? with (?:an? )?I\b|\bprefix(?:ed)? with I\b"
)
_IN_NAMES = lazy(
    r"\b(?:include|use|put|add|have)\s+(?:the )?[`'\"]([A-Z]\w{2,15})[`'\"](?: suffix)? (?:in|to|on) (\w+) names\b"
)
MOST_STYLES = 5  # of one sentence


def naming_of(said: Sentence) -> list[Constraint]:
    """naming: a style for each kind of name that the sentence tells one for, a pattern, a beginning or an ending."""
    styles = _styles(said)
    if styles:
        return [Constraint("naming", style) for style in styles]
    affix = _affix(said)
    if affix:
        return [Constraint("naming", affix)]
    named = _NAMED.search(said.low) or _NAMING_HEADING.search(said.heading)
    if named and _OTHER_FORMAT.search(named.string[: named.start()][-16:]):
        return []  # the format of something else
    if not named or "branch" in said.low or "commit" in said.low + said.heading or said.forbids():
        return []
    data = _patterned(said) or _ending(said)
    return [Constraint("naming", data)] if data else []


def _affix(said: Sentence) -> dict[str, Any]:
    """ "Do not prefix interfaces with `I`", "hooks start with `use`", "never "Async" in method names"."""
    if "branch" in said.low or "commit" in said.low + said.heading:
        return {}
    interfaces = _WITH_I.search(said.text) if "nterface" in said.text else None
    if interfaces:
        out = said.sign(interfaces.start()) == "-"
        return {"what": "interfaces", "not_prefix" if out else "prefix": "I"}
    inside = _IN_NAMES.search(said.text)
    if inside and said.sign(inside.start(1)) == "-":
        return {"what": inside.group(2).lower(), "not_suffix": inside.group(1)}
    match = _AFFIX.search(said.text)
    what = _BOOLEANS.search(said.low) or _STYLED.search(said.low)
    if match is None or what is None or what.group(1) in _FILES:
        return {}
    name, verb = match.group("name") or match.group("name2"), match.group("verb") or match.group("verb2")
    more = re.findall(r"[`'\"](\w+)[`'\"]", match.group("more") or "")
    kind = "suffix" if verb.startswith(("suffix", "end")) else "prefix"
    sign = said.sign(match.start())
    if sign not in "+-0" or (more and kind == "suffix"):
        return {}
    return {"what": what.group(1), ("not_" if sign == "-" else "") + kind: "|".join([name, *more])}


def _styles(said: Sentence) -> list[dict[str, Any]]:
    """ "camelCase for variables, PascalCase for components": each with what stands nearest to it."""
    if "insensitive" in said.low:
        return []
    here = said.low + said.heading.rsplit(" > ", 1)[-1]
    if "branch" in here or "commit" in here:
        return []
    if any(_NAME_PATTERN.search(code.text) and "." in code.text for code in said.codes):
        return []  # "`V<n>__<words>.sql` (snake_case)": the style is of a part of the name
    found = [match for match in _STYLES.finditer(said.low) if said.sign(match.start()) in "+0"][:MOST_STYLES]
    whats = list(_STYLED.finditer(said.low))
    styles = [_styled(said, match, whats, found) for match in found]
    return styles if len(styles) == 1 or all(style.get("what") for style in styles) else styles[:1]


def _styled(said: Sentence, style: Any, whats: list[Any], styles: list[Any]) -> dict[str, Any]:
    """One style, with all kinds that are told for it: those up to the next style, on the side where they stand."""
    name = style.group().lower().replace("-", "_").replace(" ", "_")
    at = styles.index(style)
    follows = re.match(
        r"[`)]?\s(?:for|on|in)\b|[`)]?\s(?!for\b)(?:file|variable|function|class|method|constant)",
        said.low[style.end() :],
    )
    before = styles[at - 1].end() if at else 0
    behind = styles[at + 1].start() if at + 1 < len(styles) else len(said.low)
    area = (style.end(), behind) if follows else (before, style.start())
    kinds = [what.group(1) for what in whats if area[0] <= what.start() < area[1]]
    kinds = kinds or ([whats[0].group(1)] if whats and len(styles) == 1 else [])
    what = ", ".join(dict.fromkeys(kinds)) or (said.heading if len(styles) == 1 else "")
    return {
        "what": what,
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
