"""Doubts about steps: what is to be done before, after or along with something, names of branches, titles.

A step that no call could show, that holds in one case only, or whose moment only a person knows is no order to check.
"""

import re

from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_EITHER = lazy(r"`([^`]+)`,? or (?:the )?`([^`]+)`", needs="or ")


def either_step(said: Sentence, found: list[Constraint]) -> list[Constraint]:
    """ "`yarn build` or `npm run build` before …": one of them is enough."""
    pair = _EITHER.search(said.text)
    steps = [each for each in found if each.type == "require_before" and pair and each.get("do") in pair.groups()]
    if pair is None or len(steps) < 2:
        return found
    both = Constraint("require_before", {**steps[0].data, "do": f"`{pair.group(1)}` or `{pair.group(2)}`"})
    return [both if each is steps[0] else each for each in found if each not in steps[1:]]


_CONDITION_FIRST = lazy(r"\W*(?:if|when(?:ever)?|in case|should|unless)\b", re.I)
_UNSEEN = lazy(  # steps that leave no trace of their own in a history of calls
    r"\W*(?:please |always |first )*(?:remove|fix|search|look|fetch|complete|address|resolve|clean|consider|think|find"
    r"|strip|you must complete|make sure|understand|wait)\b"
    r"(?!.*\b(?:tests?|type|types|build passes|builds|lint\w*|format\w*|ci|checks?)\b)",
    re.I,
)
_SLUG = lazy(r"`(?:README\.md|[\w-]+/[\w-]+)`")  # a repository, or a file of any name
_ACTIVITY = lazy(r"\W*\d{0,2}\W*(?:working on|adding|creating|fixing|writing|releasing|debugging|reviewing)\b")
_OF_SIZE = lazy(r"\b(?:spans?|multiple packages|several packages|are limited to)\b")
_SAMPLE = lazy(r"<[^<>]*>|\b(?:path/to|your[_-]|my[_-]|foo|bar\b|example|module/|xxx)")


def _of_all(constraint: Constraint) -> Constraint:
    """A command with a sample path ("`pytest tests/module/`") stands for the work that it does."""
    do = str(constraint.get("do") or "")
    if not _SAMPLE.search(do) or not re.search(r"\btests?\b|pytest|rspec|vitest|jest", do):
        return constraint
    return Constraint(constraint.type, {**constraint.data, "do": "run tests"})


_IS_RUN = lazy(
    r"\W*(?:make sure|ensure|be sure|verify|check)\b[^`]{0,20}(`[^`]+`) (?:is|are|has been|was|were|gets?)"
    r" (?:run|executed)\b",
    re.I,
)
_NARROWED = lazy(r"\bif only\b|\bif no(?:thing|ne)?\b")


def _run_alone(constraint: Constraint) -> Constraint:
    """ "Make sure `X` is run" is to run `X`."""
    match = _IS_RUN.match(str(constraint.get("do") or ""))
    return Constraint(constraint.type, {**constraint.data, "do": match.group(1).strip("`")}) if match else constraint


def no_step(said: Sentence, constraint: Constraint) -> Constraint | None:
    """A step that holds in one case only ("If the build fails, fix it before …"), or that no call could show."""
    last = said.heading.rsplit(" > ", 1)[-1]
    if last.startswith(("when ", "if ")) or (constraint.get("before") == "edit" and _ACTIVITY.match(last)):
        return None
    if constraint.type == "require_before" and constraint.get("before") == "edit" and "unless " in said.bare:
        return None
    if _OF_SIZE.search(" ".join(constraint.list("after")).lower()):
        return None
    if constraint.type == "require_before" and _NARROWED.search(said.bare):
        return None
    constraint = _of_all(_run_alone(constraint))
    do = " ".join(constraint.list("do"))
    if said.low.startswith("or "):
        return None  # one of two ways
    if _CONDITION_FIRST.match(do) or (_UNSEEN.match(do) and "`" not in _SLUG.sub("", do)):
        return None
    label = None if LABELLED.match(said.words) else LABELLED.match(said.before)
    if label and constraint.get("after") in ("changes", "change", "any change", "any changes"):
        return Constraint(constraint.type, {**constraint.data, "after": "changes to " + label.group(1).lower()})
    return constraint


LABELLED = lazy(r"\W*\*\*([A-Za-z][\w /-]{3,40}?):?\*\*:?\s")
_VERIFIES = lazy(r"\W*(?:verify|check|confirm|ensure)\b[^.;]{0,30}\b(?:current|this|your|the) branch\b")


def no_branch(said: Sentence, constraint: Constraint) -> Constraint | None:
    """A step that checks a name, or says where one pull request goes, is no rule for all."""
    names = constraint.list("name_pattern")
    if names and (_VERIFIES.match(said.low) or not re.search(r"[*<{\[]|[/-]$|\.\.\.$|\bx\b|\b[A-Z]{2,}-\d*", names[0])):
        return None
    if constraint.get("target") and re.match(r"\W*merge the (?:pr|pull request)\b", said.low):
        return None
    return constraint


_FOR_A_REASON = lazy(
    r"\bwithout (?:an? |any |explicit |clear |good |strong |real |documented ){0,3}"
    r"(?:necessity|need|reason|justification)\b"
)
_NO_ACTION = lazy(r"\W*(?:when|if|while|after|before|avoid|unless|prefer)\b", re.I)


def no_question(said: Sentence, constraint: Constraint) -> Constraint | None:
    """Pieces of a sentence that were taken for actions."""
    if _FOR_A_REASON.search(said.bare):
        return None  # "not without a need" asks nobody
    actions = [each for each in constraint.list("action") if not _NO_ACTION.match(each)]
    if len(actions) == len(constraint.list("action")):
        return constraint
    return Constraint(constraint.type, {**constraint.data, "action": actions}) if actions else None


_PR_TITLE = lazy(r"\b(?:pr|pull request|mr|merge request) titles?\b|^\W*titles? (?:follow|must|should)")
_CONVENTIONAL = lazy(r"\bconventional[- ]commits?\b")


def no_message(said: Sentence, constraint: Constraint) -> Constraint | None:
    """The form of a pull request's title is not that of each commit."""
    titles = _PR_TITLE.search(said.bare) and "commit" not in _CONVENTIONAL.sub("", said.bare)
    return Constraint(constraint.type, {**constraint.data, "for": "pull requests"}) if titles else constraint


_AT_WILL = lazy(
    r"(?:it(?:'s| is) )?(?:needed|necessary|appropriate|relevant|applicable|required|possible|useful|worthwhile)\b"
    r"|.*\b(?:insights?|learn\w*|discover\w*)\b"
)


def no_document(said: Sentence, constraint: Constraint) -> Constraint | None:
    """ "Update the changelog when needed": only a person knows when that is."""
    return None if _AT_WILL.match(" ".join(constraint.list("when")).lower()) else constraint
