"""Branches and commit messages.

"push to main" is about the branch; "push" alone is about the action, which `banned` reads.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_BRANCH_WORD = (
    r"(?:`[\w./*<>{}\[\]-]+`|(?:the )?(?:default|protected) branch|main|master|develop"
    r"|development|dev(?![\w/-]|\.\w)(?! (?:server|env|mode|depend|machine|database|db))|trunk"
    r"|staging|production|release/\*|release branch(?:es)?|[a-z]+/[\w*<>-]+)"
)
_TO_BRANCH = lazy(
    r"\b(commit|push|merge|work|develop|rebase|pr|pull request)\w*\b(?:[^.;:]{0,40}?)\b(?:to|on|onto|into"
    r"|against)\s+(?:the |your |our |any )?("
    + _BRANCH_WORD
    + r"(?:(?:,| or| and|/| nor|, or) ?(?:to )?(?:the )?"
    + _BRANCH_WORD
    + r")*)",
    needs="main|master|develop|trunk|staging|production|release|branch|/|`",
)
_PLAIN_OBJECT = lazy(  # "never push secrets to main" is about secrets
    r"[a-z]*[\s,/`]*(?:(?:directly|straight|changes?|code|anything|commits?|works?|your|the|or|nor|and|any"
    r"|push\w*|merge\w*|commit\w*|pull|requests?"
    r"|prs?|go|happens?|only|ever|force|development|all|new|features?|this|it|them|never|not|be|should"
    r"|must|are|always|made|done|to|on|onto|into"
    r"|against|own|is|allowed|git|up|branch|in|our|my|remote|origin)[\s,/`]+)*$"
)
_ONE = lazy(_BRANCH_WORD)
_VERB_SLASH = lazy(r"\b(?:commit|push|merge)(?:s|es|ting|ing)?\b")
_TARGET = lazy(
    r"\b(?:prs?|pull requests?|merge requests?|mrs?)\b[^.;]{0,40}?\b(?:against|to|target(?:s|ing)?|into"
    r"|base(?:d on)?)\s+(?:the |branch )?(`[\w./-]+`|main\b|master\b|develop\b|dev\b|staging\b|trunk\b)"
    r"|\btarget(?:s|ing)?(?: the| branch| branch:)? (`[\w./-]+`|main\b|master\b|develop\b|dev\b|staging\b|trunk\b)",
    needs="main|master|develop|dev|staging|trunk|`",
)
_PATTERN = lazy(
    r"`((?:[\w.<>{}\[\]*|-]+/)+[\w.<>{}\[\]*|#-]+|[\w-]+-<[\w -]+>[\w<>-]*)`|(?<![\w/])((?:feature|feat"
    r"|fix|bugfix|hotfix|chore|release|users?|docs|refactor)/[\w.<>{}\[\]*-]+)"
)
_PREFIX = lazy(  # "Branch names must start with `claude/`"
    r"\bbranch(?:es)?\b[^.;]{0,40}?\b(?:(?:start|begin)s?(?:ing)?|prefix(?:ed)?) (?:with |by )?(?:the )?(?:prefix )?"
    r"((?:`[\w./-]+[/-]`(?:, | or |, or )?)+)"
    r"|\b(?:prefix|start|begin)\b[^.;`]{0,30}\bbranch(?:es)?(?: names?)? with (`[\w./-]+[/-]`)",
    needs="branch",
)
_NAMES = lazy(
    r"\bbranch(?:es)?\b[^.;]{0,30}?\b(?:names?|named|naming|prefix\w*|format|pattern|called|must start|as"
    r"|start with|convention)\b|\b(?:name|names|naming|prefix)\b[^.;]{0,20}?\bbranch|\bbranch(?:es)?:\s*`"
    r"|\b(?:on|from|in|use) (?:a|an|its own) `[^`]{1,40}`(?:(?:, | or |, or )`[^`]{1,40}`)* branch\b"
    r"|\bcreate (?:a |new )*(?:feature |topic )?branch(?:es)?\b|\bfor the branch name\b"
)
_FEATURE = lazy(
    r"\b(?:use|work|create|always|on|from|in)\b[^.;]{0,30}?\b(?:feature|topic|separate|new|dedicated) branch(?:es)?\b",
    needs="branch",
)
_WORK_ONLY = lazy(
    r"\b(?:development|work) happens on (?:the )?(?:branch )?`([\w./-]+)`|\bwork (?:only )?(?:on"
    r"|in) (?:the )?branch `?([\w./-]+[\w-])`?|\bonly (?:work |commit |push )?(?:on"
    r"|to) (?:the )?(?:branch )?`?([\w.-]+/[\w./-]*[\w-])`?(?: branch)?",
    needs="happens|branch|only",
)
_KEYS = {"push": "forbid_push_to", "merg": "forbid_merge_to", "comm": "forbid_commit_to"}
_TO_IT = lazy(  # "`master` is the default branch — never commit directly to it"
    r"\b(?:never|not|don't|dont) (commit|push|merge)\w* (?:directly |straight )?(?:(?:to|on"
    r"|into) (?:it|that|this)(?: branch)?|there)\b"
)
_NO_DIRECT = lazy(r"\bno direct (push|commit|merge)(?:e?s)?\b", needs="direct")
_STRAIGHT = lazy(
    r"\b(?:commit|push|work|develop)s? (?:everything |changes |always )?(?:directly|straight) (?:to|on|onto) (?:the )?"
    r"(`[\w./-]+`|main\b|master\b|trunk\b|develop\b)",
    needs="directly|straight",
)
_HEADLINE = lazy(
    r"\b(?:just|only)(?: an?| the)? (?:headlines?|subject(?: line)?s?|titles?|summary(?: line)?)\b"
    r"|\bwithout (?:a )?(?:body|description)\b"
)
_DIRECTLY = lazy(
    r"\b(?:never|not|don't|dont|no) (commit|push)(?:ting)? (?:directly|straight)\b(?! (?:to|on|into|onto)\b)",
    needs="directly|straight",
)
_NEVER_ON = lazy(
    r"\b(?:never|not) (?:directly |straight )?(?:on|to|onto|into) (?:the )?`?(main|master|develop|trunk|production)\b",
    needs="main|master|develop|trunk|production",
)
_ABOUT_MESSAGE = lazy(
    r"\bcommit (?:message|msg|title|header|subject|bod)\w*|\bconventional[- ]commits?\b|\bcommit messages?"
    r"|\bconventional format\b|\bsign(?:ed|ing)?[ -]off\b"
    r"|\bco-?authors?\b|\bco-?authored?-?by\b|\bsigned-off-by\b|\bsign-?off\b"
    r"|\b(?:pr|pull[- ]request) titles?\b|\bcommit (?:headers?|subjects?|titles?)\b"
    r"|\bcommits?\b[^.;]{0,40}\b(?:emojis?|prefix(?:es|ed)?|english|imperative|mention|message|attribution"
    r"|scoped?|gitmoji|format)\b|\bsemantic commits?\b|\bcommits? (?:must |should )?follow\b|\bgitmoji\b"
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


def branches_of(said: Sentence) -> list[Constraint]:
    """branch and commit_msg."""
    return [*_branch(said), *_message(said)]


def _clean(word: str) -> str:
    word = word.strip("` ").removeprefix("the ")
    return "main" if word in ("default branch", "protected branch") else word


def _branch(said: Sentence) -> list[Constraint]:
    low = said.low
    found: list[Constraint] = []
    data: dict[str, Any] = {}
    permit = False
    for match in _TO_BRANCH.finditer(low):
        sign = said.sign(match.start())
        names = [_clean(item) for item in _ONE.findall(match.group(2))]
        names = [name for name in names if not name.endswith(".md") and "." not in name.replace("release/", "")]
        verbs = {v[:4] for v in _VERB_SLASH.findall(low[max(0, match.start() - 24) : match.start(2)])} or {"work"}
        between = low[match.end(1) : match.start(2)]
        if low[: match.start()].endswith(("force ", "force-")):
            continue  # what must not be forced may still be pushed
        if sign == "c" or not names or (sign == "-" and not _PLAIN_OBJECT.match(between)):
            continue
        if sign == "-" or sign in "p":
            permit = permit or sign == "p"
            for verb in sorted(verbs):
                key = {"push": "forbid_push_to", "merg": "forbid_merge_to"}.get(verb, "forbid_commit_to")
                data[key] = _merged(data.get(key), names)
    if data:
        if permit:
            data["permit"] = True
        if "review" in low or re.search(r"\bwithout\b|\bunless\b", low):
            data.update({k: v for k, v in where(said, 0).items() if k == "unless"})
            reason = re.search(r"\b(?:without|unless)\b ([^.;,]{2,60})", said.low)
            if reason:
                data["unless"] = reason.group(1)
        if set(data) == {"forbid_merge_to", "unless"} and re.match(
            r"(?:a )?(?:pr|pull request)\b", str(data["unless"])
        ):
            data = {"forbid_push_to": data["forbid_merge_to"]}  # a merge through a pull request is the right way
        if _FEATURE.search(low):
            data["use"] = "feature branch"
        found.append(Constraint("branch", data))
    return found or _branch_more(said)


def _merged(old: list[str] | None, names: list[str]) -> list[str]:
    return list(dict.fromkeys([*(old or []), *names]))


def _branch_more(said: Sentence) -> list[Constraint]:
    low = said.low
    protected = re.search(r"(?<![\w/-])(`?[\w/-]{1,60}`?) (?:branch )?is protected\b", low)
    if protected:
        return [Constraint("branch", {"forbid_push_to": [_clean(protected.group(1))]})]
    target = _TARGET.search(low)
    if target:
        name = _clean(target.group(1) or target.group(2))
        if "/" in name and name not in said.text:
            return []  # `Owner/Name` is a repository
        return [
            Constraint("branch", {"forbid_target": [name]} if said.sign(target.start()) == "-" else {"target": name})
        ]
    base = re.search(
        r"\bbranch(?:es)?\b(?: off)?(?: must be)?(?: cut| created)? (?:from|off) (?:the )?(`[\w./-]+`|main\b"
        r"|master\b|develop\b|dev\b)",
        low,
    )
    if base and said.sign(base.start()) in "+0" and not _PATTERN.search(said.text):
        return [Constraint("branch", {"from": _clean(base.group(1))})]
    only = _WORK_ONLY.search(low)
    if only and said.sign(only.start()) != "-":
        return [Constraint("branch", {"use": only.group(1) or only.group(2) or only.group(3), "only": True})]
    prefix = _PREFIX.search(low)
    if prefix and said.sign(prefix.start()) != "-":
        names = re.findall(r"`([^`]+)`", said.text[prefix.start() : prefix.end()])
        patterns = [f"{name}*" for name in names]
        return [Constraint("branch", {"name_pattern": patterns[0] if len(patterns) == 1 else patterns})]
    folders = [code.text.strip() for code in said.codes if re.fullmatch(r"[a-z][\w-]*/", code.text.strip())]
    if folders and len(folders) == len(said.codes) and _NAMES.search(low) and said.sign(said.codes[0].start) != "-":
        return [Constraint("branch", {"name_pattern": [f"{folder}*" for folder in folders]})]
    if "branch" in low or "branch" in said.heading:
        for match in _PATTERN.finditer(said.text):
            if (
                ("branch" in low and _NAMES.search(low))
                or (re.search(r"branch(?:es| nam)", said.heading) and "/" in match.group())
            ) and said.sign(match.start()) != "-":
                patterns = [each.group(1) or each.group(2) for each in _PATTERN.finditer(said.text)]
                return [Constraint("branch", {"name_pattern": patterns if len(patterns) > 1 else patterns[0]})]
        checkout = re.search(r"`git (?:checkout -b|switch -c) ([^`\s]+)", said.text)
        if checkout:
            return [Constraint("branch", {"name_pattern": checkout.group(1)})]
        if (
            re.search(r"\bbranch name", low)
            and re.search(r"\b(?:use|must|should|start|prefix)\b", low)
            and said.sign(low.find("branch name")) != "-"
        ):
            return [Constraint("branch", {"name_pattern": said.words})]
    there = _TO_IT.search(low)
    ahead = [name.group() for name in _ONE.finditer(low[: there.start()])] if there else []
    named = [_clean(name) for name in ahead if "branch" not in name] or [_clean(name) for name in ahead]
    if there and named and said.sign(there.start() + 6) in "-0":
        return [Constraint("branch", {_KEYS[there.group(1)[:4]]: [named[-1]]})]
    none = _NO_DIRECT.search(low)
    if none and said.sign(none.start(1)) == "-":
        names = [_clean(name.group()) for name in _ONE.finditer(low)] or ["main", "master"]
        return [Constraint("branch", {_KEYS[none.group(1)[:4]]: list(dict.fromkeys(names))})]
    straight = _STRAIGHT.search(low)
    if straight and said.sign(straight.start()) in "0+" and not said.forbids():
        return [Constraint("branch", {"use": _clean(straight.group(1)), "only": True})]
    direct = _DIRECTLY.search(low)
    if direct:
        key = "forbid_push_to" if direct.group(1) == "push" else "forbid_commit_to"
        return [Constraint("branch", {key: ["main", "master"]})]
    never = _NEVER_ON.search(low)
    if never and re.search(r"\b(?:work|develop|commit|push|chang)\w*", low[: never.start()]):
        return [Constraint("branch", {"forbid_commit_to": [_clean(never.group(1))]})]
    if _FEATURE.search(low) and not said.forbids():
        return [Constraint("branch", {"use": "feature branch", "forbid_commit_to": ["main", "master"]})]
    return []


def _message(said: Sentence) -> list[Constraint]:
    about = _ABOUT_MESSAGE.search(said.low)
    heading = bool(_COMMIT_HEADING.search(said.heading))
    kinds = [code.text.strip("`:* ") for code in said.codes]
    typed = len(set(kinds) & _KINDS) >= 3 and {"feat", "fix"} <= set(kinds)
    if not about and not heading and not typed:
        about_before = re.search(r"\b(?:commit messages?|subject|header line)\b", said.before.lower())
        listish = re.search(r"\b(?:imperative|header|body text|trailing period|emoji)\b", said.low) and (
            about_before or re.search(r"\b(?:imperative|emoji)\b", said.before.lower() + said.low)
        )
        if not listish:
            return []
    data = {**_format(said), **_limits(said), **_contents(said)}
    if (
        about
        and not data
        and said.forbids() is False
        and re.search(r"\bcommit messages?\b[^.]{0,40}\b(?:must|should|start|use|follow|be|format)\b", said.low)
        and said.codes
    ):
        data = {"format": said.codes[0].text}
    return [Constraint("commit_msg", {**data, "words": said.words})] if data else []


def _format(said: Sentence) -> dict[str, Any]:
    low = said.low
    data: dict[str, Any] = {}
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
    data: dict[str, Any] = {}
    forbid, require = [], []
    for word, cue in (
        ("Co-Authored-By", r"\bco-?author(?:ed|s|ing)?(?:-?by)?\b"),
        ("emoji", r"\bemojis?\b"),
        (
            "trailing period",
            r"\b(?:trailing|final|ending) (?:period|dot|full stop)|\bperiods? at the end|\bend with a period",
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
            r"|\bai (?:attribution|signature|co-?author)",
        ),
        ("-s", r"(?<![\w-])(?:-s|--signoff)\b"),
        ("Signed-off-by", r"\bsigned-off-by\b|\bsign(?:ed)?-?off\b|\bdco\b|\bsign off\b"),
        (
            "issue number",
            r"\b(?:issue|ticket|jira)(?: number| id| key| reference)\b|\breference (?:the |an )?(?:issue|ticket)\b",
        ),
    ):
        match = re.search(cue, low)
        if not match:
            continue
        sign = said.sign(match.start())
        if sign == "-":
            forbid.append(word)
        elif (
            sign in "+0"
            and word in ("Signed-off-by", "issue number", "emoji", "Co-Authored-By", "-s")
            and re.search(r"\b(?:must|always|use|include|add|require|start|reference|with|sign)\b", low)
        ):
            require.append(word)
    if "-s" in require or "-s" in forbid:
        if not re.search(r"\bsign(?:ed|ing)?[ -]off\b|\bgit commit\b", low):
            require, forbid = [w for w in require if w != "-s"], [w for w in forbid if w != "-s"]
        else:
            spare = (
                "-s" if "signed-off-by" in low and "-s" in require and "Signed-off-by" in require else "Signed-off-by"
            )
            require = [w for w in require if w != spare]  # the trailer is what is asked for, or the flag that writes it
    if "commit" in low or "commit" in said.heading or "commit" in said.before.lower() or forbid or require:
        if forbid:
            data["forbid"] = forbid if len(forbid) > 1 else forbid[0]
        if require and "single space" not in low:
            data["require"] = require if len(require) > 1 else require[0]
    return data
