"""Order: what has to happen before or after something else.

Both sides stay as said, with commands in their literal form; the well-known moments ("before committing", "when done")
get one name each. What cannot be seen in a history of calls ("think before you code") yields nothing.
"""

import re
from typing import Any

from tractguard.instructions.constraints.mentions import Path, code_kind, command_text, paths
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint
from tractguard.tables import table

_BEFORE = lazy(
    r"\b(?:before|prior to|pre-(?:commit|push|merge)\b)\s+((?:you |we |any |each |every |the |your |a |an "
    r"|claiming |starting |making |opening |creating |submitting |reporting |declaring |marking "
    r"|considering |calling )*[^,.;:()—]{2,80})",
    needs="before|prior|pre-",
)
_MOMENT_THEN_STEP = lazy(  # "Before every commit run `make lint`": no comma parts them
    r"((?:every |each |any |the |a |you |opening |creating |submitting |making |raising |new )*"
    r"(?:commit(?:ting)?|push(?:ing)?|merg(?:e|ing)|deploy(?:ing|ment)?|releas(?:e|ing)|pull request|pr)\b)"
    r"(?: always| please| you must)? (?=(?:run|execute)\b)"
)
_CHECKS_WHETHER = lazy(
    r"\W*(?:please |always |first )*(?:check|see|verify|confirm|make sure|ensure) (?:if|whether|that|for|you)\b"
)
_AFTER = lazy(r"\b(?:after|once|following)\s+(?!all\b|that\b)([^,.;:()—]{3,100})", needs="after|once|following")
_WHEN = lazy(
    r"\b(?:when(?:ever)?|if|every time|each time|any time|anytime)\s+(?:you |we |a pr |the |any |an? "
    r"|your )*((?:add|chang|modif|edit|updat|creat|renam|remov|delet|touch|implement|alter|bump|introduc"
    r"|regenerat|mov|writ|fix|refactor|releas|new )[^,:;()—]{2,100}|[^,:;()—]{3,50}? (?:change|changes"
    r"|is added|are added|is changed|are changed|is modified|are modified|is updated|are updated|affects?"
    r"|needs? updating)\b[^,:;()—]{0,60})",
    needs="when|if |every time|each time|any time|anytime",
)
_DO = lazy(
    r"\b(?:run|runs|running|re-?run|execute|read|reread|consult|lint|format|test|build|rebuild|compile"
    r"|commit|type-?check|regenerate|generate|produce|backup|back up|validate|pull|sync|rebase|"
    r"grep|search|introspect|inspect|review|log|verify|(?:all )?tests?|checks?|must pass|green|branch"
    r"|stash|snapshot|dump|dry[- ]run|plan|lies|lesen|fix|ensure|make sure|use|fetch|install|restart|smoke"
    r"|benchmark|update|write|add|bump|check out|invoke|delete|remove|clean up)\b"
)
_CHECK = lazy(r"\b(?:run|test|lint|build|check|verif|read|review|format)\w*")
_STRONG_DO = lazy(
    r"(?:^|[,.:;*]\s*|\b(?:must|always|should|please|and|then|to|you|first|also|do|shall|never|agent|not"
    r"|without) )(?:also |always |first )?(?:run|re-?run|execute|read|reread|lint|format|test|tests|tested"
    r"|build|rebuild|compile|commit|type-?check|backup|back up|pull|rebase|stash|green|produce)\b"
)
_RISKY = lazy(
    r"^(?:you |any |the |a |each |every |your |making |starting )*(?:risky|refactor|migrat|delet|remov"
    r"|destruct|chang|writ|edit|creat|answer|implement"
    r"|run|build|upgrad|install|restart|rebas|switch|submit|ship|bump|cod|add|handoff|exit|start|begin|touch|work)"
)
_THINK = lazy(
    r"^\W*(?:please |always |you (?:must|should) )*(?:think|consider|understand|remember|plan|discuss"
    r"|reflect|be |know|clarify|convert|trim|strip|escape|sanitize|normalize|wait|evaluate)\b|\bmemor(?:y"
    r"|ies)\b"
)
EDIT_DO = lazy(
    r"\b(?:update|add|register|expose|document|mirror|sync|include|extend|bump|regenerate|wire|append|list"
    r"|record|mention|reflect|keep|write|declare|re-?export|export|define|implement|create|modify)\b"
)
_RUN_DO = lazy(
    r"\b(?:run|re-?run|execute|regenerat\w*|rebuil[dt]|build|restart|recompile|lint|format|re-?generate"
    r"|generate|test|migrate|reinstall|deploy|redeploy|compile|type-?check|invoke|commit)\b"
)
DOC = lazy(
    r"\b(?:changelog|readme|docs?|documentation|architecture\.md|manual|release notes|docstrings?|openapi"
    r"|api docs)\b|\.(?:md|mdx|rst|adoc)\b"
)
_IMPERATIVE = lazy(
    r"\b(?:always |you must |please |also )?(?:run|re-?run|execute|regenerate|rebuild|update|make sure|format|test)\b"
)
_FOREIGN = lazy(
    r"(提交|コミット|커밋\s?|推送|プッシュ|푸시\s?|合并|マージ|发布|リリース|完成|完了)(?:する)?(?:之)?(?:前|전)",
    needs="提交|コミット|커밋|推送|プッシュ|푸시|合并|マージ|发布|リリース|完成|完了",
)
_FOREIGN_MOMENTS = {
    "提交": "git commit",
    "コミット": "git commit",
    "커밋": "git commit",
    "推送": "git push",
    "プッシュ": "git push",
    "푸시": "git push",
    "合并": "git merge",
    "マージ": "git merge",
    "发布": "release",
    "リリース": "release",
    "完成": "done",
    "完了": "done",
}
_QUOTED_RUN = lazy(
    r"\b(?:run|execute|with|using|simply)\s+(?:`([^`]+)`|\"([a-z][^\"]{2,60})\"|((?:task|make|npm|pnpm"
    r"|yarn|bun|cargo|go|pytest|just|gradle|mvn|dotnet|flutter|ruff|mypy|black|terraform|prisma|alembic"
    r"|mix|rake|uv|poetry|tox|nox|pre-commit)\b(?: (?!and\b|to\b|before\b|after\b|when\b|if\b|on\b|for\b"
    r"|in\b|with\b|the\b)[\w:./-]+){0,4}))"
)


def sequence_of(said: Sentence) -> list[Constraint]:
    """require_before and require_after of a sentence; an edit that comes along is require_with or doc_update."""
    return _before(said) or _after(said, paths(said))


def done_before(words: str) -> str:
    """The name of a moment: "committing any Rust code" is "git commit"; other words stay."""
    low = words.lower().strip(" .`")
    for name, cue in section("moments").items():
        if re.search(cue, low):
            return str(name)
    return low


def do_words(words: str) -> str:
    """What is to be done: the commands where there are any, else the words."""
    outside = re.sub(r"\([^()]*\)", " ", words)
    outside = outside if "`" in outside else words  # "`make format` (which calls `ruff`)" is one step
    found = [command_text(m) for m in re.findall(r"`([^`]+)`", outside) if code_kind(m) == "command"]
    if not found:
        quoted = _QUOTED_RUN.search(words)
        found = [next(group for group in quoted.groups() if group)] if quoted else []
    if len(found) > 1 and _EITHER.search(outside):
        return " or ".join(f"`{one}`" for one in found)
    return " and ".join(found) if found else re.sub(r"\s+", " ", words).strip(" ,.:;-—*")


_EITHER = lazy(r"`[^`]+`(?:,? or |/)(?:\w+ ){0,2}`[^`]+`", needs="or |/")
_JOINED = lazy(r" and | && ")
_OR_MOMENT = lazy(r"`?(?:,? or |, ?|/)`")
_OF_A_BRANCH = lazy(r"git (?:checkout -b|switch -c|branch)\b")


def each_step(order: Constraint) -> list[Constraint]:
    """One constraint for each of several commands: "run `a && b` first" is kept when both have run."""
    do, moment = str(order.get("do") or ""), str(order.get("before") or "")
    if "`" in moment and (moments := _OR_MOMENT.split(moment))[1:]:
        apart = [Constraint(order.type, {**order.data, "before": one.strip("` ")}) for one in moments]
        return [one for each in apart for one in each_step(each)]
    if order.type not in ("require_before", "require_after") or "`" in do:
        return [order]
    if not _JOINED.search(do):
        known = code_kind(do) != "command" or " " not in do or do.startswith("./")
        known = known or do.split(" ")[0] in table("rules_tools")["openers"]
        return [order if known else Constraint(order.type, {**order.data, "do": f"`{do}`"})]
    steps = [step for step in _JOINED.split(do) if step and not step.startswith("cd ")]
    if not steps or any(code_kind(step) != "command" for step in steps):
        return [order]
    if "branch" in str(order.get("before")):
        steps = [step for step in steps if not _OF_A_BRANCH.match(step)] or steps
    apart = [Constraint(order.type, {**order.data, "do": step}) for step in steps]
    return [one for step in apart for one in each_step(step)]


_FAILING = lazy(
    r"\b(?:if|when|while) (?:the |any |all )*(tests?|builds?|lint(?:ing|er)?|checks?|type-?checks?|ci)\b"
    r"[^,;.]{0,12}? (?:fail\w*|(?:is|are) (?:failing|broken|red)|(?:do|does)(?: not|n't) pass)[,;:]? "
    r"(?:do not|don't|never|you must not|stop and do not) (commit|push|merge|deploy|release)\b",
    needs="fail|broken|red|pass",
)


def _not_while_failing(said: Sentence) -> list[Constraint]:
    """ "If tests fail, do not commit": they have to have passed."""
    match = _FAILING.search(said.low)
    return [ordered(f"run the {match.group(1)}", match.group(2), said)] if match else []


def _before(said: Sentence) -> list[Constraint]:
    failing = _not_while_failing(said)
    if failing:
        return failing
    foreign = _FOREIGN.search(said.low)
    if foreign and said.codes and not said.forbids():
        return [ordered(do_words(said.text), _FOREIGN_MOMENTS[foreign.group(1).strip()], said)]
    for match in _BEFORE.finditer(said.bare):
        if said.low.startswith("pre-", match.start()):
            continue
        inside = _MOMENT_THEN_STEP.match(match.group(1))
        if inside and not re.search(r"\w{3}", said.bare[: match.start()]):
            return [ordered(do_words(said.text[match.start(1) + inside.end(1) :]), inside.group(1), said)]
        sign = said.sign(max(0, match.start() - 1)) if match.start() else "0"
        rest, ahead = _step(said, match)
        moment = said.text[match.start(1) : match.end(1)]
        if not _observable(rest, moment, said):
            continue
        if sign == "-" and ahead and _CHECK.search(moment.lower()):
            return [ordered(do_words(moment), _first_action(ahead), said)]
        if (sign == "-" and ahead) or sign in "rp":
            continue
        return [ordered(do_words(rest), moment, said)]
    return _without(said)


def _step(said: Sentence, match: re.Match[str]) -> tuple[str, str]:
    """The words that say what comes first, and the words ahead of "before" where they are the ones."""
    ends = [end.end() for end in re.finditer(r"(?<=[.;!?])\s", said.bare[: match.start()])]
    ahead, after = said.text[ends[-1] if ends else 0 : match.start()], said.text[match.end() :]
    leads = bool(re.search(r"\w{2}", ahead)) and not ahead.rstrip().endswith(("—", ",", ":"))
    if leads and _THEN_RUN.match(after) and not _DO.search(ahead.lower()) and _no_step(ahead):
        leads = False  # "`main`: before every commit, run `x`"
    if not leads and after.strip():
        return after, ""
    if after.lstrip().startswith((":", "(")) and "`" not in ahead:
        return ahead + after, ahead
    return ahead, ahead


_THEN_RUN = lazy(r"\s*,?\s*(?:always |please |you must )?(?:run|execute) `")


def _no_step(words: str) -> bool:
    """Whether no mark in the words is a command."""
    return not any(code_kind(mark) == "command" for mark in re.findall(r"`([^`]+)`", words))


def _observable(rest: str, moment: str, said: Sentence) -> bool:
    """Whether a history of calls could show the step: a known moment, a literal command or file, a verb of doing."""
    low = rest.lower()
    known = done_before(moment) in section("moments")
    literal = "`" in rest or bool(paths(said))
    if not (known or literal or (_RISKY.match(moment.lower()) and _STRONG_DO.search(low.strip(" *-")))):
        return False
    if not _DO.search(low) or _THINK.search(low) or (not literal and _CHECKS_WHETHER.match(low)):
        return False
    return not re.search(
        r"\b(?:ask|(?:confirm|check) with|permission|approval|go-?ahead|sign-?off|consult"
        r"|(?:get|have) (?:a )?review)\b",
        low,
    )


def ordered(do: str, before: str, said: Sentence) -> Constraint:
    do = "`git pull` or `git fetch`" if _PULLED.fullmatch(do) else do
    data: dict[str, Any] = {"do": do, "before": done_before(before), "words": said.words}
    folder = re.search(r"`cd ([\w./-]+) && ", said.text)
    if folder:
        data["cwd"] = folder.group(1)
    return Constraint("require_before", data)


_PULLED = lazy(r"\W*(?:always |please |first )*(?:pull|fetch|sync)\b[^`]{0,60}", re.I)


def _first_action(ahead: str) -> str:
    match = re.search(
        r"\b(commit|push|merge|deploy|release|submit|open a pr|create a pr|finish|publish|edit|say|claim|mark"
        r"|declare)\w*\b.*",
        ahead.lower(),
    )
    return match.group() if match else ahead


def _without(said: Sentence) -> list[Constraint]:
    """Never commit without running the tests; do not push until they pass; only commit when green."""
    match = re.search(
        r"\b(?:never|do not|don't|must not|no|not)\b[^.;]{0,24}?\b(commit\w*|push\w*|merg\w*|deploy\w*"
        r"|releas\w*|submit\w*|finish\w*|publish\w*|open a pr|claim\w*|mark\w*|edit\w*"
        r"|modif\w*)\b([^.;]{0,40}?)\b(?:without (?:first )?|until |unless |if |while |when )([^.;]{3,90})",
        said.bare,
    )
    if not match:
        match = re.search(
            r"\bonly (commit|push|merge|deploy|release)\b([^.;]{0,30}?)\b(?:after|when|if|once) ([^.;]{3,90})", said.low
        )
    if not match or not re.search(
        r"\b(?:run|running|test|tests|lint|build|pass|passes|passing|green|checks?|read|reading|format|fail\w*"
        r"|verif\w*|validat\w*|dry[- ]run|backup)\b",
        match.group(3),
    ):
        return []
    if re.search(r"\b(?:ask|permission|approv|confirm|told|request|my |user|human)", match.group(3)):
        return []
    words = said.text[match.start(3) : match.end(3)]
    return [ordered(do_words(words), said.text[match.start(1) : match.end(2)].lower(), said)]


def _after(said: Sentence, named: list[Path]) -> list[Constraint]:
    """After X (or whenever you change X), run Y."""
    for cue in (_AFTER, _WHEN):
        for match in cue.finditer(said.bare):
            rest = (said.text[: match.start()] + " " + said.text[match.end() :]).strip()
            low = rest.lower()
            words = said.text[match.start(1) : match.end(1)].strip()
            split = _IMPERATIVE.search(words) if not re.search(r"\w{3}", low) else None
            if split:
                rest, low, words = (
                    words[split.start() :],
                    words[split.start() :].lower(),
                    words[: split.start()].strip(),
                )
            if (
                not re.search(r"\w{3}", low)
                or said.sign(match.start()) == "r"
                or re.search(r"\b(?:never|do not|don't|avoid|ask)\b", low)
                or _THINK.search(low)
            ):
                continue
            if cue is _AFTER and not re.search(
                r"(?:ing\b|\bchang|\bedit|\bmodif|\bany\b|\beach\b|\bevery\b|\byou\b|\bupdat|\bcommit|\bmerge"
                r"|\brelease|\bcomplet|\bimplement|\bpull)",
                words.lower(),
            ):
                continue
            if _file_edit(rest, said, named, words):
                return [_edited(rest, said, words, named)]
            if (
                _RUN_DO.search(low)
                and not re.search(r"\b(?:can|may|could)\b", low)
                and (
                    said.codes
                    or re.search(r"^after|\b(?:always|must|have to|need to|should|run|re-?run|regenerat\w*)\b", low)
                )
            ):
                return [
                    Constraint("require_after", {"do": do_words(rest), "after": words.rstrip(".,"), **_paths_in(words)})
                ]
    return _after_heading(said)


def _paths_in(words: str) -> dict[str, Any]:
    found = [m for m in re.findall(r"`([^`]+)`", words) if code_kind(m) == "path"]
    found = ["**/*" + path if re.fullmatch(r"\.\w+", path) else path for path in found]
    return {"paths": found} if found else {}


def _after_heading(said: Sentence) -> list[Constraint]:
    """A command that the heading puts after a change."""
    match = re.search(r"\bafter (?:any |every |each |a )?(.{3,80})", said.heading)
    commands = [c for c in said.codes if code_kind(c.text) == "command"]
    if match and (commands or re.search(r"\bregenerat", said.low)) and not said.forbids():
        return [Constraint("require_after", {"do": do_words(said.text), "after": match.group(1).strip()})]
    if re.search(r"\bmust be (?:regenerated|rebuilt|re-?run)\b", said.low) and commands:
        return [Constraint("require_after", {"do": do_words(said.text), "after": said.heading or said.words})]
    return []


def _file_edit(rest: str, said: Sentence, named: list[Path], condition: str) -> bool:
    files = [p for p in named if p.text not in condition]
    low = rest.lower()
    return bool(
        EDIT_DO.search(low)
        and (files or re.search(r"\b(?:changelog|readme|documentation|docs|release notes|tests?)\b", low))
        and not (_RUN_DO.search(low) and any(code_kind(c.text) == "command" for c in said.codes))
    )


def _edited(rest: str, said: Sentence, when: str, named: list[Path]) -> Constraint:
    files = [p.text for p in named if p.text not in when]
    low = rest.lower()
    if (
        DOC.search(low)
        and not re.search(r"\btests?\b", low)
        and (not files or files[0].endswith((".md", ".mdx", ".rst", ".adoc", ".txt")) or "docs/" in files[0])
    ):
        return Constraint("doc_update", {"file": files[0] if files else doc_name(low), "when": when})
    return Constraint("require_with", {"do": do_words(rest), "when": when, **({"paths": files} if files else {})})


def doc_name(low: str) -> str:
    return "CHANGELOG.md" if "changelog" in low else "README.md" if "readme" in low else "docs"
