"""Branches: where work must not go, where it goes, and how branches are called.

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
    r"\b(commit|push|merge|work|develop|rebase|pr|pull request)\w*\b(?:(?!\b(?:never|not)\b)[^.;:]){0,40}?"
    r"\b(?:to|on|onto|into|under|against)\s+(?:the |your |our |any )?("
    + _BRANCH_WORD
    + r"(?:(?:,| or| and|/| nor|, or) ?(?:to )?(?:the )?"
    + _BRANCH_WORD
    + r")*)",
    needs="main|master|develop|trunk|staging|production|release|branch|/|`",
)
_PLAIN_OBJECT = lazy(  # "never push secrets to main" is about secrets
    r"[a-z]*[\s,/`()]*(?:-{2}[a-z-]+[\s,/`()]+|(?:directly|straight|changes?|code|anything|commits?|works?|your|the|or|nor|and|any"
    r"|push\w*|merge\w*|commit\w*|pull|requests?"
    r"|prs?|go|happens?|only|ever|force|development|all|new|features?|this|it|them|never|not|be|should"
    r"|must|are|always|made|done|open|create|a|an|to|on|onto|into"
    r"|against|under|own|is|allowed|git|up|branch|in|our|my|remote|origin)[\s,/`()]+)*$"
)
_ONE = lazy(_BRANCH_WORD)
_VERB_SLASH = lazy(r"\b(?:commit|push|merge)(?:s|es|ting|ing)?\b")
_TARGET = lazy(
    r"\b(?:prs?|pull requests?|merge requests?|mrs?)\b[^.;]{0,40}?\b(?:against|to|target(?:s|ing)?|into"
    r"|base(?:d on)?)\s+(?:the |branch )?(`[\w./-]+`|main\b|master\b|develop\b|dev\b|staging\b|trunk\b)"
    r"|\btarget(?:s|ing)?(?: the| branch| branch:)? (`[\w./-]+`|main\b|master\b|develop\b|dev\b|staging\b|trunk\b)"
    r"|\b(?:prs?|pull requests?|merge requests?|mrs?)(?:'s?)? base(?: branch)?(?: (?:must|should|is|has to"
    r"|always|be)|:| =)*"
    r" (`[\w./-]+`|main\b|master\b|develop\b|dev\b|staging\b|trunk\b)",
    needs="main|master|develop|dev|staging|trunk|`",
)
_A_PULL = lazy(r"\b(?:prs?|pull requests?)\b")
_OR_TARGET = lazy(r",? ?\(?or (?:to )?(`[\w./-]+`|main\b|master\b|develop\b|dev\b|staging\b|trunk\b)")
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
    r"|\b(?:on|from|in|use) (?:a|an|its own|your own)(?: fresh| new| dedicated| separate)? `[^`]{1,40}`(?:(?:, "
    r"| or |, or )`[^`]{1,40}`)* branch\b"
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
_BASE = lazy(
    r"\bbranch(?:es)?\b(?: off)?(?: (?:must|should|are|is|always|be|to))*(?: cut| created| based| started| made)?"
    r" (?:from|off(?: of)?|on) (?:the |an? |latest |up-to-date |current )*(`[\w./-]+`|main\b|master\b|develop\b|dev\b)",
    needs="branch",
)
_BASE_LABEL = lazy(  # "Base branch: `develop`"
    r"\b(?:base|integration) branch(?: (?:for (?:prs|pull requests|all work|work)|is|must be|should be|always))*[:*\s]*"
    r"(`[\w./-]+`|main\b|master\b|develop\b|dev\b|staging\b|trunk\b)",
    needs="branch",
)
_TO_IT = lazy(  # "`master` is the default branch — never commit directly to it"
    r"\b(?:never|not|don't|dont) (commit|push|merge)\w* (?:directly |straight )?(?:(?:to|on"
    r"|into) (?:it|that|this|them|these|those)(?: branch(?:es)?)?|there)\b"
)
_NO_DIRECT = lazy(r"\bno direct (push|commit|merge)(?:e?s)?\b", needs="direct")
_STRAIGHT = lazy(
    r"\b(?:commit|push|work|develop)s? (?:everything |changes |always )?(?:directly|straight) (?:to|on|onto) (?:the )?"
    r"(`[\w./-]+`|main\b|master\b|trunk\b|develop\b)",
    needs="directly|straight",
)
_DIRECTLY = lazy(
    r"\b(?:never|not|don't|dont|no) (commit|push)(?:ting)? (?:directly|straight)\b(?! (?:to|on|into|onto)\b)",
    needs="directly|straight",
)
_READ_ONLY = lazy(
    r"\b(?:the )?branch (`?[\w./-]{1,60}`?) is (?:strictly )?(?:read-only|frozen|off[- ]limits)\b"
    r"|(?<![\w/-])(`?[\w./-]{1,60}`?) branch is (?:strictly )?(?:read-only|frozen|off[- ]limits)\b",
    needs="read-only|frozen|limits",
)
_MARK_READ_ONLY = lazy(  # "`upstream-copy` is read-only: cherry-pick from it"
    r"\W*(`[\w-]+(?:/[\w-]+)?`) (?:is|stays|remains) (?:strictly )?(?:read-only|frozen|off[- ]limits)\b"
)
_OF_GIT = lazy(r"\b(?:cherry-pick\w*|merg\w+|rebas\w+|branch\w*|commits?|push\w*|checkout|check out)\b")
_REMOTE = lazy(r"(`[\w-]{2,40}`) remote\b|(?<=remote )(`[\w-]{2,40}`)", needs="remote")
_NEVER_ON = lazy(
    r"\b(?:never|not) (?:directly |straight )?(?:on|to|onto|into) (?:the )?`?(main|master|develop|trunk|production)\b",
    needs="main|master|develop|trunk|production",
)


Data = dict[str, Any]


def branches_of(said: Sentence) -> list[Constraint]:
    """branch: at most one."""
    limited = _limited(said)
    if limited:
        return [Constraint("branch", limited)]
    data = next((data for reader in _READERS if (data := reader(said)) is not None), None)
    return [Constraint("branch", data)] if data else []


def _clean(word: str) -> str:
    word = word.strip("` ").removeprefix("the ")
    return "main" if word in ("default branch", "protected branch") else word


def _limited(said: Sentence) -> dict[str, Any]:
    """Branches that must not be committed, pushed or merged to: "never push to main"."""
    low = said.low
    data: dict[str, Any] = {}
    for match in _TO_BRANCH.finditer(low):
        sign = said.sign(match.start())
        names = [_clean(item) for item in _ONE.findall(match.group(2))]
        names = [name for name in names if not name.endswith(".md") and "." not in name.replace("release/", "")]
        between = low[match.end(1) : match.start(2)]
        if re.search(r"\bunder[ `]*$", low[match.end(1) : match.start(2)]) and "branch" not in low[match.end(2) :]:
            names = [name for name in names if "/" not in name]  # a folder
        if low[: match.start()].endswith(("force ", "force-", "already ", "been ", "was ", "were ")):
            continue  # what must not be forced may still be pushed; what was pushed once is told
        if sign not in "-p" or not names or (sign == "-" and not _PLAIN_OBJECT.match(between)):
            continue
        verbs = {v[:4] for v in _VERB_SLASH.findall(low[max(0, match.start() - 24) : match.start(2)])} or {"work"}
        for verb in sorted(verbs):
            key = _KEYS.get(verb, "forbid_commit_to")
            data[key] = list(dict.fromkeys([*data.get(key, []), *names]))
        if sign == "-" and _A_PULL.search(between) and "pu" in " ".join(data):
            data["forbid_target"] = names
        if sign == "p":
            data["permit"] = True
    return _reviewed(said, data) if data else {}


def _reviewed(said: Sentence, data: Data) -> Data:
    """With what lifts it: "without a review", "unless asked"."""
    if "review" in said.low or re.search(r"\bwithout\b|\bunless\b", said.low):
        data.update({k: v for k, v in where(said, 0).items() if k == "unless"})
        reason = re.search(r"\b(?:without|unless)\b ([^.;,]{2,60})", said.low)
        if reason:
            data["unless"] = reason.group(1)
    if set(data) == {"forbid_merge_to", "unless"} and re.match(r"(?:a )?(?:pr|pull request)\b", str(data["unless"])):
        names = data["forbid_merge_to"]  # a merge through a pull request is the right way
        data = {"forbid_push_to": names, "forbid_merge_to": names, "by": "pull request"}
    if _FEATURE.search(said.low):
        data["use"] = "feature branch"
    return data


def _protected(said: Sentence) -> Data | None:
    """ "`release` is protected", "branch `release` is read-only"."""
    match = re.search(r"(?<![\w/-])(`?[\w/-]{1,60}`?) (?:branch )?is protected\b", said.low)
    if match:
        return {"forbid_push_to": [_clean(match.group(1))]}
    match = _READ_ONLY.search(said.low) or (_MARK_READ_ONLY.match(said.low) if _OF_GIT.search(said.low) else None)
    name = _clean(next(filter(None, match.groups()))) if match else ""
    return {"forbid_commit_to": [name], "forbid_push_to": [name]} if name else None


def _targeted(said: Sentence) -> Data | None:
    """ "Open pull requests against `develop`"."""
    target = _TARGET.search(said.low)
    if not target:
        return None
    name = _clean(target.group(1) or target.group(2) or target.group(3))
    if "/" in name and name not in said.text:
        return {}  # `Owner/Name` is a repository
    if said.sign(target.start()) == "-":
        return {"forbid_target": [name]}
    other = _OR_TARGET.match(said.low, target.end())
    return {"target": [name, _clean(other.group(1))] if other else name}


def _based(said: Sentence) -> Data | None:
    """ "Branch off `develop`"."""
    label = _BASE_LABEL.search(said.low)
    if label and said.sign(label.start()) in "+0":
        return {"from": _clean(label.group(1)), "target": _clean(label.group(1))}
    base = _BASE.search(said.low)
    on = base is not None and re.search(r"(?<!based) on (?:the )?\S+$", base.group())
    if base and not on and said.sign(base.start()) in "+0" and not _PATTERN.search(said.text):
        return {"from": _clean(base.group(1))}
    return None


def _only_on(said: Sentence) -> Data | None:
    """ "Work only on branch `next`"."""
    only = _WORK_ONLY.search(said.low)
    if only and said.sign(only.start()) != "-":
        return {"use": only.group(1) or only.group(2) or only.group(3), "only": True}
    return None


def _prefixed(said: Sentence) -> Data | None:
    """ "Branch names start with `team/`"; also a list of nothing but folders, where names are told."""
    prefix = _PREFIX.search(said.low)
    if prefix and said.sign(prefix.start()) != "-":
        patterns = [f"{name}*" for name in re.findall(r"`([^`]+)`", said.text[prefix.start() : prefix.end()])]
        return {"name_pattern": patterns[0] if len(patterns) == 1 else patterns}
    folders = [code.text.strip() for code in said.codes if re.fullmatch(r"[a-z][\w-]*/", code.text.strip())]
    if (
        folders
        and len(folders) == len(said.codes)
        and _NAMES.search(said.low)
        and said.sign(said.codes[0].start) != "-"
    ):
        return {"name_pattern": [f"{folder}*" for folder in folders]}
    return None


def _named(said: Sentence) -> Data | None:
    """ "Branch names: `feature/<ticket>-<words>`"."""
    if "branch" not in said.low and "branch" not in said.heading:
        return None
    told = "branch" in said.low and _NAMES.search(said.low)
    for match in _PATTERN.finditer(said.text):
        headed = re.search(r"branch(?:es| nam)", said.heading) and "/" in match.group()
        if (told or headed) and said.sign(match.start()) != "-":
            patterns = list(dict.fromkeys(each.group(1) or each.group(2) for each in _PATTERN.finditer(said.text)))
            return {"name_pattern": patterns if len(patterns) > 1 else patterns[0]}
    checkout = re.search(r"`git (?:checkout -b|switch -c) ([^`\s]+)", said.text)
    if checkout:
        return {"name_pattern": checkout.group(1)}
    asked = re.search(r"\bbranch name", said.low) and re.search(r"\b(?:use|must|should|start|prefix)\b", said.low)
    return {"name_pattern": said.words} if asked and said.sign(said.low.find("branch name")) != "-" else None


def _not_there(said: Sentence) -> Data | None:
    """ "`master` is the default branch: never commit directly to it"."""
    there = _TO_IT.search(said.low)
    if not there:
        return None
    ahead = [name.group() for name in _ONE.finditer(said.low[: there.start()])]
    named = [_clean(name) for name in ahead if "branch" not in name] or [_clean(name) for name in ahead]
    meant = named if there.group().endswith(("them", "these", "those")) else named[-1:]
    return {_KEYS[there.group(1)[:4]]: meant} if named and said.sign(there.start() + 6) in "-0" else None


def _none_direct(said: Sentence) -> Data | None:
    """ "No direct pushes"."""
    none = _NO_DIRECT.search(said.low)
    if not none or said.sign(none.start(1)) != "-":
        return None
    names = [_clean(name.group()) for name in _ONE.finditer(said.low)] or ["main", "master"]
    return {_KEYS[none.group(1)[:4]]: list(dict.fromkeys(names))}


def _straight_to(said: Sentence) -> Data | None:
    """ "Commit directly to main"."""
    straight = _STRAIGHT.search(said.low)
    if straight and said.sign(straight.start()) in "0+" and not said.forbids():
        return {"use": _clean(straight.group(1)), "only": True}
    return None


def _never_to_host(said: Sentence) -> Data | None:
    """ "GitHub is a mirror: never push to GitHub": a remote of that name."""
    match = re.search(r"\bpush\w* (?:\w+ly )?(?:to|on) (?:the )?(github|gitlab|upstream|heroku|fork)\b", said.low)
    other = re.search(r"\bpush\b[^.;]{3,80}?, never (?:to )?(github|gitlab|upstream|heroku)\b", said.low)
    if other:
        return {"forbid_push_to": [other.group(1)]}
    return {"forbid_push_to": [match.group(1)]} if match and said.sign(match.start()) == "-" else None


def _never_to_remote(said: Sentence) -> Data | None:
    """ "Never push to the archived `old-site` remote"."""
    match = _REMOTE.search(said.low)
    about = match and re.search(r"\bpush", said.low + " " + said.before.lower())
    if match is None or not about or said.sign(match.start(1)) != "-":
        return None
    name = match.group(1).strip("`")
    return {"forbid_push_to": [name], "remotes": [name]}


def _not_directly(said: Sentence) -> Data | None:
    """ "Never commit directly": the main branch is meant."""
    direct = _DIRECTLY.search(said.low)
    if not direct:
        return None
    return {"forbid_push_to" if direct.group(1) == "push" else "forbid_commit_to": ["main", "master"]}


def _never_on(said: Sentence) -> Data | None:
    """ "Work on a branch, never on main"."""
    never = _NEVER_ON.search(said.low)
    ahead = said.low[: never.end()] if never else ""
    if never and re.search(r"\b(?:work|develop|commit|push|chang)\w*|\bdirectly\b", ahead):
        return {"forbid_commit_to": [_clean(never.group(1))]}
    return None


def _own_branch(said: Sentence) -> Data | None:
    """ "Always use a feature branch"."""
    if _FEATURE.search(said.low) and not said.forbids():
        return {"use": "feature branch", "forbid_commit_to": ["main", "master"]}
    return None


_READERS = (  # the first that answers, with {} for "nothing", is the only one
    _protected,
    _targeted,
    _based,
    _only_on,
    _prefixed,
    _named,
    _not_there,
    _none_direct,
    _straight_to,
    _not_directly,
    _never_to_remote,
    _never_to_host,
    _never_on,
    _own_branch,
)
