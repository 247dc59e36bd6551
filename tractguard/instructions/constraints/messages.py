"""Commit messages: their form, their length, their language, and what must or must not stand in them."""

import re
from typing import Any

from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_HEADLINE = lazy(
    r"\b(?:just|only)(?: an?| the)? (?:headlines?|subject(?: line)?s?|titles?|summary(?: line)?)\b"
    r"|\bwithout (?:a )?(?:body|description)\b"
)
_ABOUT_MESSAGE = lazy(
    r"\bcommit (?:message|msg|title|header|subject|bod)\w*|\bconventional[- ]commits?\b|\bcommit messages?"
    r"|\bconventional format\b|\bsign(?:ed|ing)?[ -]off\b"
    r"|\bco-?authors?\b|\bco-?authored?-?by\b|\bsigned-off-by\b|\bsign-?off\b"
    r"|\b(?:pr|pull[- ]request) titles?\b|\bcommit (?:headers?|subjects?|titles?)\b"
    r"|\bcommits?\b[^.;]{0,40}\b(?:emojis?|prefix(?:es|ed)?|english|imperative|mention|message|attribution"
    r"|scoped?|gitmoji|format)\b|\bsemantic commits?\b|\bcommits? (?:must |should )?follow\b|\bgitmoji\b"
    r"|\battribution\b[^.;]{0,16}\bcommits?\b"
    r"|提交信息|コミットメッセージ|커밋 ?메시지|\bcommit-?nachricht",
    needs="commit|conventional|sign|author|gitmoji|title|提交信息|コミット|커밋",
)
_COMMIT_HEADING = lazy(r"\bcommit(?:s|ting)?\b|\bcommit message|提交|コミット|커밋")
_TYPES = lazy(r"\b(?:feat|fix|docs|chore|refactor|build|test|tests|perf|style|ci|revert|wip|hotfix|security)\b")
_KINDS = frozenset("feat fix docs chore refactor build test perf style ci revert".split())
_LANGUAGES = lazy(
    r"\b(?:in |use |write in )?(english|german|french|spanish|chinese|japanese|korean|portuguese|russian"
    r"|italian|polish|turkish|vietnamese)\b|(中文|英文|日本語|한국어|英語|英语|영어)"
)


_TONGUES = {
    "日本語": "Japanese",
    "中文": "Chinese",
    "한국어": "Korean",
    "英文": "English",
    "英語": "English",
    "英语": "English",
    "영어": "English",
}
_CONTENTS = (  # what a message may or may not hold, and the words that tell of it
    ("Co-Authored-By", r"\bco-?author(?:ed|s|ing)?(?:-?by)?\b"),
    ("emoji", r"\bemojis?\b"),
    (
        "trailing period",
        r"\b(?:trailing|final|ending) (?:period|dot|full stop)|\bperiods? at the end|\bend (?:with"
        r"|in) a (?:period|full stop|dot)"
        r"|\b(?:no|without a?) (?:period|full stop)\b",
    ),
    (
        "Claude",
        r"\b(?:mention|reference|credit|attribut\w*|refer to|include|say)\b[^.]{0,40}\b(?:claude|anthropic)"
        r"|\bclaude(?: code)? (?:attribution|signature|mention|as (?:a )?(?:co-?)?author)",
    ),
    ("Generated with", r"\bgenerated (?:with|by)\b"),
    (
        "AI",
        r"\b(?:mention|reference|attribut\w*|credit)\b[^.]{0,30}\b(?:ai|ai[- ]generated|llm|assistant)\b"
        r"|\b(?:ai|agent|assistant|llm|tool)(?:/\w+)? (?:attribution|signature|credit|watermark|co-?author)",
    ),
    (
        "lowercase",
        r"\b(?:commits?|subjects?|descriptions?|headers?|titles?|messages?|msgs?|summar(?:y|ies)"
        r"|first line)`?\b[^.;]{0,40}?"
        r"\blower[- ]?case(?!d? letters?\b)\b|\blower[- ]?case (?:commit |subject |header )?(?:messages?|msgs?"
        r"|subjects?|headers?"
        r"|summar(?:y|ies)|titles?|descriptions?|commits?)\b",
    ),
    ("-s", r"(?<![\w-])(?:-s|--signoff)\b"),
    ("Signed-off-by", r"\bsigned-off-by\b|\bsign(?:ed)?-?off\b|\bdco\b|\bsign off\b"),
    (
        "issue number",
        r"\b(?:issue|ticket|jira)(?: number| id| key| reference)\b|\breference (?:the |an )?(?:issue|ticket)\b",
    ),
)
_REQUIRABLE = ("Signed-off-by", "issue number", "emoji", "Co-Authored-By", "-s", "lowercase")
_REQUIRES = lazy(r"\b(?:must|always|use|include|add|require|start|reference|with|sign)\b")


def messages_of(said: Sentence) -> list[Constraint]:
    """commit_msg: at most one."""
    about = _ABOUT_MESSAGE.search(said.low)
    heading = bool(_COMMIT_HEADING.search(said.heading))
    kinds = [code.text.strip("`:* ") for code in said.codes]
    typed = len(set(kinds) & _KINDS) >= 3 and {"feat", "fix"} <= set(kinds)
    if not about and not heading and not typed and not _titled(said):
        about_before = re.search(r"\b(?:commit messages?|subject|header line)\b", said.before.lower())
        listish = re.search(r"\b(?:imperative|header|body text|trailing period|emoji)\b", said.low) and (
            about_before or re.search(r"\b(?:imperative|emoji)\b", said.before.lower() + said.low)
        )
        if not listish:
            return []
    data = {"forbid": "conventional prefix"} if _unconventional(said) else {**_format(said), **_limits(said)}
    data = data if "forbid" in data else {**data, **_contents(said), **_ticket(said)}
    if (
        about
        and not data
        and said.forbids() is False
        and re.search(r"\bcommit messages?\b[^.]{0,40}\b(?:must|should|start|use|follow|be|format)\b", said.low)
        and said.codes
    ):
        data = {"format": said.codes[0].text}
    return [Constraint("commit_msg", {**data, "words": said.words})] if data else []


def _unconventional(said: Sentence) -> bool:
    """ "Do not use conventional commits": what others ask for is out here."""
    named = _PREFIXED.search(said.low)
    return bool(named) and said.sign(named.start()) == "-" if named else False


def _ticket(said: Sentence) -> dict[str, Any]:
    """ "[ABC-123] what changed", as a form: a ticket stands in each message."""
    for code in said.codes:
        shown = _TICKET.match(code.text.strip())
        if shown and said.sign(code.start) in "+0" and "branch" not in said.low:
            return {"require": shown.group(1)}
    return {}


def _titled(said: Sentence) -> bool:
    """Whether a template of a title is shown where commits or titles are spoken of."""
    return bool(re.search(r"\bcommits?\b|\btitles?\b", said.low)) and any(_is_template(c.text) for c in said.codes)


_PREFIXED = lazy(
    r"\bconventional[- ]commits?\b|\bconventional (?:commit )?prefix\w*|\bsemantic[- ]commits?\b"
    r"|`(?:fix|feat|feature|chore):?`(?:,| or|/)[^.]{0,30}\bprefix\w*|\"(?:fix|feat|feature):\" or \"\w+:\" prefix\w*",
    needs="conventional|semantic|prefix",
)
_TICKET = lazy(r"\[?([A-Z]{2,10}-(?:\d{1,5}|X{1,5}|N{1,5}|#+|<\w+>))\]?(?:[:\s]|$)")
_TEMPLATE = lazy(
    r"(?:type|kind|feat|fix|prefix|category)(?P<scope>\([\w /|-]+\)\??)?!?: ?(?:an? |the |short |brief |imperative "
    r"|concise |one-line )*"
    r"(?:description|summary|subject|message|desc|title|what|change|text|content|\.\.\.|…)[\w…. -]*"
)
_HOLES = str.maketrans("", "", "<>{}[]")
_SCOPED = lazy(
    r"\bscopes?`? (?:is|are) (?:always )?(?:required|mandatory)|\bcommits? with (?:a )?scopes?\b"
    r"|\balways (?:use|include|add) a `?scope\b"
)


def _template(said: Sentence) -> dict[str, Any]:
    """ "`<type>(<scope>): <summary>`": the conventional form; the scope is asked for where the form is exact."""
    shown = next((c.text for c in said.codes if said.sign(c.start) != "-" and _is_template(c.text)), "")
    scoped = _SCOPED.search(said.low) is not None
    if not shown and not scoped:
        return {}
    match = _TEMPLATE.match(shown.translate(_HOLES).strip().lower())
    exact = match and match.group("scope") and not match.group("scope").endswith("?") and "[" not in shown
    must = re.search(r"\b(?:exact|must|required?)\b", said.low) and "optional" not in said.low
    return {"format": "conventional commits", **({"require": "scope"} if scoped or (exact and must) else {})}


def _is_template(text: str) -> bool:
    return _TEMPLATE.fullmatch(text.translate(_HOLES).strip().lower()) is not None


def _format(said: Sentence) -> dict[str, Any]:
    low = said.low
    data: dict[str, Any] = _template(said)
    if (
        re.search(r"\bconventional(?:[- ]commits?| format)\b|\bsemantic commits?\b", low)
        and said.sign(low.find("convention") if "convention" in low else 0) != "-"
    ):
        data["format"] = "conventional commits"
    types = list(dict.fromkeys(m.group() for m in _TYPES.finditer(low)))
    listed = re.search(r"\b(?:feat|fix|chore)\b[`:*]*\s*(?:[|,/、，]|\(|:|and|or)", low)
    if (listed and len(types) >= 3) or (data and len(types) >= 2):
        data.setdefault("format", "conventional commits")
        data["types"] = types
    if "imperative" in low:
        data["format"] = data.get("format") or "imperative mood"
    if "gitmoji" in low:
        data["format"] = "gitmoji"
    spacing = re.search(r"\bsingle space between [a-z ]+|\bone space (?:after|between) [a-z ]+", low)
    if spacing:
        data["format"] = spacing.group()
    areas = [code.text.strip() for code in said.codes if re.fullmatch(r"[a-z][\w./-]{1,20}:", code.text.strip())]
    if "types" not in data and len(areas) > 1 and re.search(r"\b(?:prefix|start|begin|type|scope|area)", low):
        return {**data, "types": [area.rstrip(":") for area in areas], "format": "prefix"}
    if re.search(
        r"\b(?:must|should|always|required?)\b[^.;]{0,30}\b(?:start|begin|prefixed?)\b[^.;`]{0,30}\bprefix\b", low
    ):
        data.setdefault("format", "prefix")
    prefix = re.search(r"\b(?:prefix(?:ed)?|start|begin)s?\b[^.`]{0,30}\bwith\b[^.`]{0,30}`([^`]+)`", said.text)
    if prefix and "branch" not in low:
        data.setdefault("format", prefix.group(1))
    return data


def _limits(said: Sentence) -> dict[str, Any]:
    low = said.low
    data: dict[str, Any] = {}
    long = re.search(
        r"(?:max(?:imum)?|under|below|at most|up to|limit(?:ed)? to|≤|<=?|within|no (?:more|longer) than"
        r"|fewer than|less than|keep\b[^.]{0,30}?)\D{0,12}(\d{2,3})[- ]?(?:char|字符)",
        low,
    ) or re.search(r"\b(\d{2,3})[- ](?:char(?:acter)?s?)\b[^.]{0,12}\b(?:max|limit|or less|or fewer)", low)
    if long and re.search(
        r"\b(?:header|subject|title|first line|line|summary|message|commit)\w*\b", low + said.heading
    ):
        data["max_header_length"] = int(long.group(1))
    if (
        re.search(r"\b(?:one[- ]line(?:rs?)?|single[- ]line|one line)\b", low)
        or _HEADLINE.search(low)
        or re.search(r"\bno (?:body|description)\b", low)
    ):
        data["max_lines"] = 1
        if "body" in low:
            data["body"] = "none"
    lines = re.search(r"\b(?:max(?:imum)?|at most|up to|no more than) (\d{1,2}) lines?\b", low)
    if lines:
        data["max_lines"] = int(lines.group(1))
    language = _LANGUAGES.search(low)
    if language:
        word = language.group(1) or language.group(2)
        data["language"] = _TONGUES.get(word, word.capitalize())
    return data


def _contents(said: Sentence) -> dict[str, Any]:
    low = said.low
    forbid, require = [], []
    for word, cue in _CONTENTS:
        match = re.search(cue, low)
        sign = said.sign(match.start()) if match else ""
        if sign == "-":
            forbid.append(word)
        elif sign and sign in "+0" and word in _REQUIRABLE and (word == "lowercase" or _REQUIRES.search(low)):
            require.append(word)
    if "-s" in require or "-s" in forbid:
        forbid, require = _signed_off(low, forbid, require)
    data: dict[str, Any] = {}
    if "commit" in low or "commit" in said.heading or "commit" in said.before.lower() or forbid or require:
        if forbid:
            data["forbid"] = forbid if len(forbid) > 1 else forbid[0]
        if require and "single space" not in low:
            data["require"] = require if len(require) > 1 else require[0]
    return data


def _signed_off(low: str, forbid: list[str], require: list[str]) -> tuple[list[str], list[str]]:
    """The trailer is what is asked for, or the flag that writes it: one of them."""
    if not re.search(r"\bsign(?:ed|ing)?[ -]off\b|\bgit commit\b", low):
        return [w for w in forbid if w != "-s"], [w for w in require if w != "-s"]
    spare = "-s" if "signed-off-by" in low and "-s" in require and "Signed-off-by" in require else "Signed-off-by"
    return forbid, [w for w in require if w != spare]
