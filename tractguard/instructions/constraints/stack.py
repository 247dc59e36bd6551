"""Versions, languages, libraries and dependencies: what the project is built from."""

import functools
import re
from typing import Any

from tractguard.instructions.constraints.choices import qualifies, tools_at
from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import Found, Words, canonical, members, pattern, section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint
from tractguard.tables import table

_NUMBER = r"v?(\d+(?:\.(?:\d+|x))*)"
_AFTER = lazy(
    r"[`\s:=(*]*(?:\b(?:version|versions|stays|stay|is|at|must be|should be|must|should|to|pinned|pin|on"
    r"|requires?|required|lts|min(?:imum)?|target(?:s|ing)?|of|past|beyond|above|at least|supports?"
    r"|exactly|only|we use|use"
    r"|runtime|remains?|lock(?:ed)?)\b[`\s:=(*]*)*(>=|<=|>|<|==|~=|\^|~|≥|≤)?\s*"
    + _NUMBER
    + r"(\+|\s*(?:or|and) (?:higher|newer|later|above|up|greater)|\s*(?:or|and) (?:lower|older|earlier|below))?"
)
_VERSION_CUE = lazy(
    r"\b(?:use|uses|using|requires?d?|requirements?|versions?|only|target(?:s|ing)?|pin(?:ned)?|stay(?:s)?"
    r"|must|minimum|at least|msrv|never|not|upgrade|downgrade|support(?:s|ed)?|stick|keep"
    r"|(?:run|build|compil|test)\w*\b[^.;]{0,40}\bwith|freeze|frozen|lock(?:ed)?|runs? on|needs?|lts"
    r"|is|now|(?:i|we) want)\b|\d\+|[:=>≥]"
)
_ABOUT = lazy(
    r"\b(?:in|since|from|introduced|bug|issue|section|chapter|added|as of|until|docs?|guide|changelog)\s[`]?$"
)
_MSRV = lazy(r"\b(?:msrv|minimum supported rust version)\b[^\d]{0,30}(\d+(?:\.\d+)+)")
_NO_RAISE = lazy(
    r"\b(?:do not|don't|never|must not|cannot|without)\s(?:ever\s)?"
    r"(?:rais|bump|increas|chang|upgrad|lift)(?:e|ing|e it)?\b"
)
_TELLS = lazy(  # "Python 3.13 is faster" tells of a version; nothing is asked
    r"`?\s(?:is|was|are|were|has|have|had|introduc\w+|adds?|added|chang\w+|made|makes|brings?|brought|deprecat\w+"
    r"|remov\w+|will|would|can|ships?|shipped|came|comes|broke|breaks|fixe[sd])\b"
    r"(?!\s(?:the |our |a |an |also |still )?(?:required|needed|supported|used|mandatory|minimum|target|baseline|only"
    r"|pinned|version|fixed|expected|be (?:used|required)|hard|oldest|lowest|standard|project"
    r"|runtime|default|set|what we))"
)
_FEATURES = lazy(r"`?\s(?:features?|syntax|apis?|semantics|behaviou?r|idioms?)\b")
_LANGUAGE_CUE = lazy(
    r"\b(?:use|uses|using|written? in|write|only|not|never|no|avoid|prefer|instead of|new (?:code|files)"
    r"|all (?:new )?(?:code|files)|must be|should be|over|introduce|in)\b"
)
_HUMAN = lazy(
    r"\b(?:respond|reply|answer|write|comments?|communicate|speak|documentation|docs|messages?|talk"
    r"|docstrings?|identifiers|names?|output|use|all|only)\b"
)
_TONGUES = {
    "简体中文": "Chinese", "中文": "Chinese", "英文": "English", "英语": "English",
    "英語": "English", "영어": "English",
    "日语": "Japanese", "日本語": "Japanese", "한국어": "Korean",
}  # fmt: skip
_QUALIFIED = lazy(
    r"[ -](?:code|files?|configs?|types?|strict|functions?|version|script|component|sdk|client|project"
    r"|tests?|style|package"
    r"|module|environment|interface|\d|api|standard|idiom|best|developer|server|backend|stub|struct"
    r"|dependenc|docstring"
    r"|built-?in|logging|import|compiler|native|error|context|side|string|worker|expression)"
)
_OF_COMMITS = lazy(r"commit|コミット|提交|커밋")
_WHOLE = lazy(  # "never use TypeScript enums" leaves the language itself alone
    r"\W*$|[`\"]?[.,;:!?)]|[`\"]?\s(?:for|in|unless|or|nor|and|anywhere|here|at all|code|files?|instead|—"
    r"|-|to|when|except)"
)
_EVERYWHERE = lazy(r"\s(?:only|everywhere|throughout|for (?:all|every|new))")
_CHOSEN = lazy(
    r"\b(?:use|uses|in|only|prefer|be|with|using)(?: (?:strict|modern|plain|pure|vanilla|es6\+|idiomatic"
    r"|the|only|always))* $"
)
_PLACED = lazy(
    r"\b(?:in|for|with|from|(?<!instead )(?<!place )of|across|inside|to)(?: (?:our|the|any|all|plain|new"
    r"|existing|modern|strict))* $"
)
_BEYOND = lazy(r"\b(?:past|beyond|above|newer than|later than|higher than)\b")
_PART = lazy(
    r"\s(?:v?\d|(?:[a-z-]+ ){0,2}(?:features?|components?|hooks?|apis?|classes|types?|patterns?|syntax|idioms?)\b)"
)
_WRITING = lazy(
    r"\b(?:writ\w+|implement\w*|code|files?|scripts?|modules?|services?|tests?|components?|features?"
    r"|tools?|everything"
    r"|anything|something)(?: \w+)? in(?: (?:plain|pure|vanilla|modern))* $"
)
_WRITTEN = lazy(r"\b(?:write|written|implement\w*|everything|all (?:new )?code)\b[^.;]{0,24}\bin $")
_USES = lazy(r"\b(?:use|write|introduce|add|no|in|files?|code|create|generate)\b")
_NO_NEW = lazy(
    r"\b(?:no|never|not|don't|do not|avoid|without|minimi[sz]e|must not|cannot|shouldn't|should not"
    r"|keep (?:a |the )?(?:minimal|few|low|number of)|zero)\b[^.;]{0,50}?"
    r"\b(?:new |additional |extra |external |third[- ]party |heavy |runtime |more "
    r"|unnecessary |any |npm |python |unneeded )*(?:dependenc(?:y|ies)|packages?|gems?|crates?|librar(?:y"
    r"|ies)|deps)\b"
    r"|\b(?:aim|try) to minimi[sz]e (?:them|dependencies)|\bdependenc(?:y|ies)[- ]free\b"
    r"|\bzero[- ]dependenc|\bstandard library only\b|\bstdlib only\b"
    r"|\bonly (?:use )?the (?:python )?(?:standard library|stdlib)\b|\bminimi[sz]e dependencies",
    needs="dependenc|package|gem|crate|librar|deps|stdlib",
)
_ADD = lazy(
    r"\b(?:add|adding|introduce|introducing|install|installing|new|extra|additional|external"
    r"|third[- ]party|minimi[sz]e|bring|pull in|import|zero|runtime|more|unnecessary|standard library"
    r"|stdlib|free)\b"
)
_RIVAL = lazy(  # "WireMock instead of Betamax": a package that no table knows
    r"(?:\b(?:[Uu]se|[Aa]nd|,|^)\s)?\b([A-Z][\w.-]{1,30}),? (?:instead of|rather than|(?:and )?never"
    r"|not) ([A-Z][\w.-]{1,30}\b)"
    r"(?=[`\"]?(?:$|[.,;:)]| (?:for|in|to|because|as)\b))"
)
_LIBRARY_CUE = lazy(
    r"\b(?:use|uses|using|with|via|prefer|instead of|never|not|don't|avoid|no|only|built with|based on"
    r"|framework|library|handled by|introduce|add|import|install)\b"
)


def stack_of(said: Sentence) -> list[Constraint]:
    """version, language, framework, dependency, no_new_dependency."""
    return [*_versions(said), *_languages(said), *_libraries(said), *_dependencies(said)]


@functools.cache
def _versioned() -> Words:
    """What can have a version: runtimes, libraries, tools."""
    return Words({*section("runtimes"), *members()})


_LISTED = lazy(r"[,/&|;·]\s|\s(?:and|with|\+)\s")
_PINNED = lazy(r"\W*[a-z][\w.+#]{0,20}(?: [a-z]{2,10})? v?\d+(?:\.\d+)*\+?\W*")  # nothing but a name and a number


def _versions(said: Sentence) -> list[Constraint]:
    if not re.search(r"\d", said.low):
        return []
    low = said.low.replace("`", " ")
    found: list[Constraint] = []
    msrv = _MSRV.search(low)
    if msrv:
        fixed = _NO_RAISE.search(low)  # "do not raise it": then it is this one, not a lower bound
        found.append(Constraint("version", {"of": "rust", "value": ("" if fixed else ">=") + msrv.group(1)}))
    edition = re.search(r"\btarget(?:s|ing)? (es20\d\d)\b", low)
    if edition:
        found.append(Constraint("version", {"of": "ecmascript", "value": edition.group(1)}))
    told = bool(_VERSION_CUE.search(said.bare))
    if not _VERSION_CUE.search(low) and not all(_PINNED.fullmatch(part) for part in _LISTED.split(low)):
        return found
    for match in _versioned().finditer(low):
        value = _AFTER.match(low, match.end())
        name = str(section("runtimes").get(match.group()) or canonical(match.group()))
        if (
            not value
            or _not_a_version(said, match, value, low)
            or any(c.get("of") == name and not c.get("not") for c in found)
        ):
            continue
        if not told and said.codes and not value.group(1):
            continue  # what stands in a code mark elsewhere says nothing about this number
        data: dict[str, Any] = {"of": name}
        text = _operator(
            value.group(1) or "", value.group(3) or "", low[max(0, match.start() - 12) : value.start(2)]
        ) + value.group(2).removesuffix(".x")
        beyond = _BEYOND.search(low[max(0, match.start() - 16) : value.start(2)])
        if said.sign(value.start(2)) == "-" and beyond:
            data["value"] = "<=" + text.lstrip("<>=")  # "never upgrade past Django 4.2"
        elif said.sign(value.start(2)) == "-":
            other = re.search(r"\b(?:use|only|but)\b[^.;]{0,20}?" + _NUMBER + r"\b", low[value.end() :])
            data = {"of": name, "not": [text]} if not other else {"of": name, "value": other.group(1), "not": [text]}
        else:
            data["value"] = text
        data.update({k: v for k, v in where(said, match.start(), []).items() if k in ("when", "unless")})
        found.append(Constraint("version", data))
    return found


def _not_a_version(said: Sentence, match: Found, value: re.Match[str], low: str) -> bool:
    after = low[value.end() : value.end() + 14]
    if said.codes and low[: match.start()].rstrip().endswith("(") and low[value.end() : value.end() + 1] == ")":
        return True  # "`a()`, not `b()` (Flutter 3.27+)": since when, and no order
    if low[value.end(2) : value.end(2) + 1].isalpha():
        return True  # "npm 2FA"
    if re.match(
        r"\s?(?:%|ms|px|chars?|lines?|files?|spaces?|times|seconds|minutes|tests?|steps?|items|columns|workers"
        r"|bit|bytes|kb|mb|gb|-|/\d|:\d|fps|frames|threads|processes|replicas)",
        after,
    ):
        return True
    if "port" in low[match.end() : value.end()] or (
        len(value.group(2)) >= 4 and "." not in value.group(2) and match.group() not in ("java",)
    ):
        return True
    excluded = said.sign(value.start(2)) == "-" and _FEATURES.match(low, value.end())
    if excluded or (_TELLS.match(low, value.end()) and "only" not in low):
        return True
    if said.sign(match.start()) == "r" or (
        _ABOUT.search(low[max(0, match.start() - 14) : match.start()]) and "only" not in low
    ):
        return True
    return (
        match.group() in table("tools")["ordinary_words"]
        and match.group() not in section("runtimes")
        and not said.text[match.start()].isupper()
    )


def _operator(said: str, after: str, between: str) -> str:
    if (
        after.strip().startswith("+")
        or re.search(r"higher|newer|later|above|up|greater", after)
        or said in (">=", "≥")
        or re.search(r"\bat least|minimum|min\b", between)
    ):
        return ">="
    if said in ("<=", "≤") or re.search(r"lower|older|earlier|below", after):
        return "<="
    return said if said in (">", "<") else ""


_COMMANDS = lazy(r"\b(?:run|execute|running|invoke)\b[^.;]{0,50}\b(?:commands?|directly|on the host)\b")


def _languages(said: Sentence) -> list[Constraint]:
    low = said.bare
    human = section("human_languages")
    found: list[Constraint] = []
    for match in pattern("human_languages").finditer(low):
        if (
            _HUMAN.search(low)
            and not _OF_COMMITS.search(low + said.heading)
            and said.sign(match.start()) in "+0"
            and re.search(r"\b(?:in|use|only|always) $|^$", low[max(0, match.start() - 7) : match.start()])
        ):
            about = re.search(
                r"\b(?:comments?|documentation|docs|docstrings?|identifiers|variable names|code|respond|reply|answer"
                r"|communicate|ui|strings|messages|everything)\b",
                low,
            )
            if re.search(
                r"\bonly\b|\balways\b|\bmust\b|respond|reply|answer|communicate|write|written|comment|\bin "
                + re.escape(match.group())
                + r"\W*$",
                low,
            ):
                return [
                    Constraint("language", {"use": human[match.group()], "for": about.group() if about else "text"})
                ]
    tongue = re.search(r"(?:使用|用|以)(简体中文|中文|英文|英语|日语)|(日本語|英語)で|(한국어|영어)로", low)
    if tongue and not _OF_COMMITS.search(low + said.heading):
        word = next(group for group in tongue.groups() if group)
        return [Constraint("language", {"use": _TONGUES[word], "for": "text"})]
    if not _LANGUAGE_CUE.search(low) or "no longer" in low or _COMMANDS.search(low):
        return found
    return _programming(said)


def _programming(said: Sentence) -> list[Constraint]:
    """The language that code is written in."""
    names: dict[str, str] = section("languages")
    good: list[str] = []
    bad: list[str] = []
    for match in pattern("languages").finditer(said.bare):
        sign = said.sign(match.start())
        ahead, after = said.bare[max(0, match.start() - 30) : match.start()], said.bare[match.end() : match.end() + 30]
        if _only_qualifies(said, match, ahead, after):
            continue
        if sign == "-":
            if _WHOLE.match(after) and (_WRITING.search(ahead) or not _PLACED.search(ahead)):
                bad.append(names[match.group()])
        elif _EVERYWHERE.match(after) or (
            _CHOSEN.search(ahead)
            and (sign == "+" or _WRITTEN.search(ahead))
            and (_WRITING.search(ahead) or not _PLACED.search(ahead))
        ):
            good.append(names[match.group()])
    if not good and not (bad and _USES.search(said.bare)):
        return []
    data: dict[str, Any] = {"for": "code"}
    if good:
        data["use"] = good[0]
    bad = [name for name in dict.fromkeys(bad) if name not in good]
    if bad:
        data["forbid"] = bad
    edition = re.search(r"\bes\d+\+?", said.bare)
    if edition:
        data["edition"] = edition.group()
    return [Constraint("language", {**data, **where(said, 0)})]


def _only_qualifies(said: Sentence, match: Found, ahead: str, after: str) -> bool:
    """Whether the language only says of what kind something is ("a Python module"), or is an ordinary word ("go")."""
    ordinary = match.group() in ("go", "r", "c", "swift", "dart", "rust", "shell", "bash")
    if ordinary and not said.text[match.start()].isupper():
        return True
    if re.search(r"\b(?:system|global|host|native|local)(?:-wide)? $", ahead):
        return True  # "never the system Ruby" is about an installation
    if re.search(r"\b(?:only|no|never|all|new|not|introduce|add)\b(?: \w+)? $", ahead):
        return False
    return bool(_QUALIFIED.match(after)) and not re.match(r"[ -](?:strict )?only", after)


def _libraries(said: Sentence) -> list[Constraint]:
    if not _LIBRARY_CUE.search(said.bare):
        return []
    families = table("tools")["families"]
    good: list[tuple[str, int, str]] = []
    bad: list[tuple[str, int, str]] = []
    for tool, at, end in tools_at(said):
        family = next((f for f in members().get(tool, ()) if families[f].get("kind") == "library"), "")
        sign = said.sign(at)
        alone = sign == "0" and said.low[end : end + 6].lstrip("`*").startswith(" only")  # "DB: TypeORM only"
        if not family or (sign not in "+-" and not alone):
            continue
        after = said.low[end : end + 22].lstrip("`")
        if sign == "-" and (
            _PLACED.search(said.low[max(0, at - 24) : at].rstrip("`"))
            or (_PART.match(after) or qualifies(after) or said.low.startswith(" `", end))
        ):
            continue  # "never X in Svelte", "no Rails 8 features", "no React `useEffect`": the library is left alone
        if (
            re.match(
                r"(?:\.|\(|'s\b|\s\d|\s(?:query client|component|hook|app|project|context|convention|best practice"
                r"|pattern|model|docs|documentation|route|state|element|node|version|plugin|page|view|migration|studio"
                r"|schema|client|server|fixtures?|instance|object|type|\w+s\b(?<!requests)))",
                after,
            )
            and sign == "+"
            and not re.match(r"\s(?:requests|is\b|as\b|for\b|forms|components|styles|tests)", after)
        ):
            continue
        (bad if sign == "-" else good).append((tool, at, family))
    if good and (_chosen(said, good[0][1], good[0][0]) or said.sign(good[0][1]) == "0"):
        return [_framework(said, good, bad)]
    rival = _RIVAL.search(said.text) if not bad else None
    known = rival is not None and any(rival.group(each).lower() in members() for each in (1, 2))
    if rival is not None and not known and said.sign(rival.start(2)) == "-":
        names = {"forbid": [rival.group(2).lower()], "use": rival.group(1).lower()}
        return [Constraint("dependency", {**names, **where(said, rival.start(2))})]
    if bad and re.search(r"\b(?:use|using|add|install|introduce|import|no|never|avoid|bring|instead of)\b", said.bare):
        data: dict[str, Any] = {"forbid": [tool for tool, _, _ in bad]}
        return [Constraint("dependency", {**data, **where(said, bad[0][1])})]
    return []


def _chosen(said: Sentence, at: int, tool: str) -> bool:
    ahead = said.low[max(0, at - 34) : at]
    return bool(re.search(r"\b(?:use|uses|using|prefer|with|via|adopt|choose|stick to|only)(?: \w+){0,2}[ `]*$", ahead))


def _framework(said: Sentence, good: list[tuple[str, int, str]], bad: list[tuple[str, int, str]]) -> Constraint:
    tool, at, family = good[0]
    entry = table("tools")["families"][family]
    purpose = re.search(
        r"\bfor ((?:all )?[a-z][\w -]{2,40}?)(?=[,.;:()]|$| and never| not )|\bto ([a-z][\w -]{2,40})", said.bare[at:]
    )
    words = (purpose.group(1) or purpose.group(2)).strip() if purpose else entry["for"]
    data: dict[str, Any] = {"use": tool, "for": words}
    excluded = [name for name, _, _ in bad if name != tool]
    if excluded:
        data["forbid"] = excluded
    else:
        chosen = {name for name, _, _ in good}
        data["instead_of"] = [name for name in entry["tools"] if name not in chosen]
        data["implied"] = True
    return Constraint("framework", {**data, **where(said, at)})


MANIFESTS = ("package.json", "pyproject.toml", "Cargo.toml", "go.mod", "Gemfile", "composer.json", "pom.xml")
_OF_THE_ROOT = lazy(
    r"\b(?:to|in|into|at) (?:the |our )?(?:(?:root|top)(?:[- ]level)?|workspace root|repo(?:sitory)? root)\b"
)


def _dependencies(said: Sentence) -> list[Constraint]:
    match = _NO_NEW.search(said.bare)
    if not match or not _ADD.search(said.bare) or said.sign(match.start()) == "r":
        return []
    if re.search(
        r"\b(?:injection|circular|version of|update|upgrade|dependency (?:graph|tree|array|order|management"
        r"|direction)|between|import from|dependencies on|depend on|internal|globally|global|installed|cross-package"
        r"|wait|(?:to|into|in) (?:the )?system|not as an? (?:\w+ ){0,2}dependency)\b",
        said.bare,
    ):
        return []
    data: dict[str, Any] = {}
    unless = re.search(
        r"\b(?:unless|without(?= (?:strong|explicit|good|prior|approval|asking|my|a |discuss|need|justif"
        r"|consult|permission))|except(?: when| for)?) ([^.;]{3,80})",
        said.bare[match.start() :],
    )
    if unless:
        data["unless"] = unless.group(1).strip()
    elif re.search(r"minimi[sz]e|avoid|when possible", said.bare):
        data["unless"] = "necessary"
    if _OF_THE_ROOT.search(said.bare):
        names = [code.text for code in said.codes if code.text in MANIFESTS]
        data["scope"] = [f"./{name}" for name in names or MANIFESTS]
    kind = re.search(r"\b(gems?|crates?|npm|pip|cargo|go modules?|python)\b", said.bare)
    if kind:
        data["kind"] = kind.group(1).rstrip("s")
    return [Constraint("no_new_dependency", {**data, "words": said.words})]
