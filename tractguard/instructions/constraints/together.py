"""What belongs to a change: files and documents kept along, reading that comes first, checks that come last.

A check that nobody named ("make sure it is right") yields nothing.
"""

import re

from tractguard.instructions.constraints.mentions import Path, code_kind, command_text, paths
from tractguard.instructions.constraints.order import (
    DOC,
    EDIT_DO,
    do_words,
    doc_name,
    done_before,
    each_step,
    ordered,
    sequence_of,
)
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_LEADS_READ = lazy(r"^\W*(?:always |you must |please )?(?:read|reread|consult|review|study|`cat)\b")
_ALWAYS_READ = lazy(
    r"\bat the (?:start|beginning)\b|\bevery (?:new )?session\b|\bbefore (?:anything|starting|any)"
    r"|\b(?:read|consult|reread) `[^`]+`[^.;]{0,20}\b(?:when|if|whenever)\b"
    r"|\b(?:always|must)\b[^.;]{0,20}\b(?:read|consult)\b"
)
_FIRST_DO = lazy(r"\b(?:run|fix|test|build|commit|lint|format|write (?:a |the )?(?:failing )?tests?|backup|pull)\b")
_FIRST_ELSE = lazy(
    r"\b(?:mobile|desktop|api|feature|offline|local|test)[- ]first\b|\bfirst[- ](?:class|party)\b|\bthe first\b"
)
_READ = lazy(r"\b(?:read(?!-only)|reread|consult|review|lies|lesen|study|look at|check|open)\b|\bcat\b|읽|阅读|読")


_FIRST = lazy(
    r"\bfirst\b(?! (?:paint|line|class|person|time|party|argument|letter|step|name|order))|먼저|先に|最初に|まず|首先"
    r"|先(?:阅读|读|运行|执行)|\bzuerst\b|\bbefore (?:anything|all) else\b"
)


_START_HEADING = lazy(
    r"\b(?:before|first|opening|start(?:ing|up)?|session|prerequisite reading|must read|required reading"
    r"|onboarding|query|read this|pre-?flight|skeleton-first)\b|必读|必讀"
)


_DONE_HEADING = lazy(
    r"\b(?:verif\w*|validat\w*|before (?:(?:every|each|any|a) )?(?:commit|submit|push|merg|finish|handoff|you|opening"
    r"|pr|done|complet|marking)\w*|pre-?commit|pre-?push|definition of done|done|check-?list|quality (?:gate"
    r"|check)s?|completion|acceptance|finish\w*|self-?check|required checks|gates?|work rules"
    r"|post-?(?:task|change|implementation))\b|完了条件|完成|验收|检查"
)


_VERIFY = lazy(
    r"\b(?:verif(?:y|ied|ication)|validate|confirm|check|ensure|prove)\b[^.;]{0,60}?\b(?:with|using"
    r"|by running|via|by|pass(?:es)?|through|run)\b|\bto (?:verify|validate|check)\b"
    r"|\bmust (?:all )?(?:pass|succeed|be green)\b|\b(?:pass|passes|passing)\b|通过|\bsollen? laufen\b"
    r"|\bmust (?:compile|build)\b|\bgreen\b"
)


_TESTS_PASS = lazy(
    r"\b(?:all |the |every |unit |existing )*(?:tests?|checks?|lint(?:ing|er)?|build|ci|test suite"
    r"|type-?checks?)\b[^.;]{0,30}\b(?:must|should|have to|need to)\b[^.;]{0,12}\b(?:pass|succeed|be green"
    r"|be passing)\b|\bmust\b[^.;]{0,12}\bpass\b[^.;]{0,30}\b(?:tests?|lint\w*|checks?|ci|build)\b"
)


_ENSURE_PASS = lazy(
    r"\b(?:ensure|make sure|confirm|verify|check)\b(?: that)?[^.;]{0,30}\b(?:tests?|test suite|lint\w*"
    r"|build|type-?check\w*|ci|checks|compiles?)\b[^.;]{0,24}\b(?:pass|passes|passing|succeeds?|green"
    r"|clean|builds?|compiles?)\b|\b(?:ensure|make sure)\b[^.;]{0,24}\b(?:code|project"
    r"|it) (?:still )?(?:builds|compiles)\b"
)


_SYNC = lazy(
    r"\b(?:keep|kept|stay|must be|should be)\b[^.;]{0,60}?\b(?:up[- ]to[- ]date|in sync|current|updated"
    r"|synchroni[sz]ed)\b",
    needs="date|sync|current",
)


_PROMPTS_KEPT = lazy(
    r"\b(?:append|record|log|write|save|store|add|copy|keep|put|update|fill\w*|document)\b[^.;]{0,60}"
    r"\b(?:prompts?|(?:my|every|each|all|our) messages?)\b"
    r"|\b(?:every|each|all) (?:the |my )?(?:prompts?|messages?|requests?)\b[^.;]{0,60}"
    r"\b(?:append|record|log|write|save|add)",
    needs="prompt|message|request",
)
_ADDING = lazy(
    r"^\W*(?:\d+[.)]?\s*)?(?:\w+ ){0,2}?(?:add|adding|new|creat\w*|extend\w*|implement\w*|introduc\w*"
    r"|registering|endpoint conventions|documentation)\b|\bhow to add\b|\badding\b|\bnew \w+ (?:checklist"
    r"|steps)\b|\b(?:endpoint|route|api) conventions\b|^\W*\d+\.\s"
)


_ALONG = lazy(  # "any migration in `db/migrate/` must update `schema.ts`"
    r"(?:^|[.;]\s)\W*(?:any|every|each|all|a|an|new)\b[^.;,]{2,90}?\b(?:must|should|needs? to|has to|have to) "
    r"(?:also |always )?"
    r"(?:update|include|come with|be accompanied by|be followed by|be mirrored in|be reflected in|be added to"
    r"|be registered in|be documented in|touch|change|regenerate)\b"
)


def order_of(said: Sentence) -> list[Constraint]:
    """require_before, require_after, require_with, doc_update."""
    named = paths(said)
    found = (
        sequence_of(said) or _together(said, named) or _document(said, named) or _opening(said, named) or _proof(said)
    )
    return [step for order in found for step in each_step(order)]


def _together(said: Sentence, named: list[Path]) -> list[Constraint]:
    """A step below "Adding a new X" that names the file to edit; "in the same commit"."""
    files = [p.text for p in named]
    same = re.search(
        r"\bin the same (?:commit|pr|pull request|change|changeset|edit)\b|\balongside\b|\btogether with\b", said.low
    )
    verbed = re.match(
        r"^\W*(?:also |then |always |finally )?(?:update|add|register|expose|document|include|extend|wire"
        r"|append|export|re-?export|declare|import|define|implement|create|modify|map)\b",
        said.low,
    )
    if same and EDIT_DO.search(said.low) and not said.forbids() and not said.low.startswith("commit"):
        return [
            Constraint(
                "require_with", {"do": said.words, "when": "the same change", **({"paths": files} if files else {})}
            )
        ]
    along = _ALONG.search(said.bare)
    if along and len(named) > 1 and not said.forbids():
        ahead = [path.text for path in named if path.start < along.end()]
        behind = [path.text for path in named if path.start >= along.end()]
        if ahead and behind:
            return [Constraint("require_with", {"do": behind[0], "when": ahead[0], "paths": behind})]
    regression = re.search(
        r"\b(?:bug ?fix(?:es)?|every (?:bug|fix|feature|change))\b[^.;]{0,20}\b(?:must|should|needs?"
        r"|requires?)\b[^.;]{0,40}\btests?\b",
        said.low,
    )
    if regression and not said.forbids() and said.kind != "prompt":
        return [Constraint("require_with", {"do": "add tests", "when": regression.group()})]
    step = verbed and files and ((said.heading and _ADDING.search(said.heading)) or said.low.rstrip().endswith(":"))
    if step and said.kind != "prompt" and re.search(r"\b(?:in|to|into|from)\b", said.low):
        if DOC.search(said.low) and files[0].endswith(".md"):
            return [Constraint("doc_update", {"file": files[0], "when": said.heading})]
        return [Constraint("require_with", {"do": said.words, "when": said.heading, "paths": files})]
    labelled = re.match(r"^`?([\w./-]+\.mdx?)`?:\s", said.low)
    if labelled and files and re.search(r"\b(?:add|update|document|list)\b", said.low[labelled.end() :]):
        return [Constraint("doc_update", {"file": files[0], "when": said.heading})]
    return []


def _document(said: Sentence, named: list[Path]) -> list[Constraint]:
    """Documents that are kept along: "update CHANGELOG.md for user-visible changes", "keep README in sync"."""
    low = said.low
    kept = _PROMPTS_KEPT.search(low)
    log = next((p.text for p in named if re.search(r"\.(?:md|txt|log|jsonl?)$", p.text)), "")
    if kept and log and not said.forbids():
        return [Constraint("doc_update", {"file": log, "when": "every prompt"})]
    documents = [p.text for p in named if p.text.endswith((".md", ".mdx", ".rst", ".adoc"))] or (
        [doc_name(low)] if re.search(r"\b(?:changelog|readme)\b", low) else []
    )
    if (
        not documents
        or said.forbids()
        or (said.kind == "prompt" and not re.search(r"\b(?:always|every|each|whenever|from now on)\b", low))
    ):
        return []
    cue = re.search(
        r"\b(?:always |also |please |must |should )?(?:update|add (?:an? )?(?:\w+ ){0,2}(?:entry|entries"
        r"|section|line|subsection)|document|record|log)\b[^.;]*\b(?:in|to|for|with|when|if)?\b",
        low,
    )
    for_changes = re.search(
        r"\b(?:for (?:any|every|each|all|user|notable|significant|breaking|new)|when|if|after|every|each"
        r"|whenever|must|always|it must also|changes?)\b",
        low,
    )
    if _SYNC.search(said.bare) or (cue and for_changes):
        when = re.search(r"\b(?:when|if|for|after|whenever) ([^.;]{3,80})", low)
        return [
            Constraint(
                "doc_update", {"file": documents[0], "when": when.group(1) if when else said.heading or "changes"}
            )
        ]
    return []


def _opening(said: Sentence, named: list[Path]) -> list[Constraint]:
    """Reading that comes first."""
    first = bool(_FIRST.search(said.low))
    if said.forbids() or (said.kind == "prompt" and not first):
        return []
    if _READ.search(said.low):
        found = _reading(said, named, first)
        if found:
            return found
    seen = said.codes or re.search(r"\b(?:tests?|lint|format|build|commit|backup|ci)\b", said.low)
    if first and seen and _FIRST_DO.search(said.low) and not _FIRST_ELSE.search(said.low):
        return [ordered(do_words(said.text), "continue", said)]
    return []


def _reading(said: Sentence, named: list[Path], first: bool) -> list[Constraint]:
    """Which files or commands are read before the work."""
    leads = _START_HEADING.search(said.heading) and _LEADS_READ.match(said.low)
    commands = [code for code in said.codes if code_kind(code.text) == "command"]
    if (first or leads) and (named or commands):
        do = "read " + " and ".join(path.text for path in named) if named else do_words(said.text)
        return [ordered(do, _before_heading(said), said)]
    if named and _ALWAYS_READ.search(said.low):
        return [ordered("read " + named[0].text, "work", said)]
    return []


def _before_heading(said: Sentence) -> str:
    match = re.search(r"\bbefore (.{3,60})", said.heading)
    return done_before(match.group(1)) if match else "work"


def _proof(said: Sentence) -> list[Constraint]:
    """Checks that have to be green before the work counts as done."""
    commands = [
        command_text(c.text) for c in said.codes if code_kind(c.text) == "command" and said.sign(c.start) in "+0"
    ]
    heading = _DONE_HEADING.search(said.heading) if said.heading else None
    if said.kind == "prompt" and not commands:
        return []
    if commands and (
        _VERIFY.search(said.low)
        or (heading and re.match(r"^\W*(?:then |always |also |finally )?(?:run|execute|`|\w+(?: \w+)?:)", said.low))
    ):
        return [ordered(" and ".join(commands), _moment(said), said)]
    finished = re.search(
        r"\bwhen (?:you(?:'re| are) )?(?:all )?(?:done|finished|complete)\b|\b(?:once|after) (?:you(?:'re"
        r"| are) )?(?:done|finished|completing (?:a|the|any|each) task)|\bfinish by\b|\bat the end of (?:a"
        r"|each|every|the) (?:task|session|change)",
        said.low,
    )
    if finished and commands and not said.forbids():
        return [ordered(do_words(re.sub(re.escape(finished.group()), "", said.text, flags=re.I)), "done", said)]
    if _ENSURE_PASS.search(said.low) and not said.forbids():
        return [ordered(do_words(said.text), _moment(said), said)]
    if _TESTS_PASS.search(said.low) and not re.search(r"\b(?:if|when)\b", said.low):
        return [ordered(do_words(said.text), _moment(said), said)]
    return []


def _moment(said: Sentence) -> str:
    match = re.search(r"\bbefore (.{3,60})|\bpre-?(commit|push)\b", said.heading)
    return (
        (match.group(1) or "committing" if match.group(2) == "commit" else match.group(1) or "pushing")
        if match
        else "done"
    )
