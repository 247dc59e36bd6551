"""Doubts about programs: commands, tools and packages that a sentence names without excluding or choosing them.

They are looked at, run for one purpose, there already, or belong to a reason. A condition that leads the sentence is
kept, so that it is not enforced everywhere.
"""

import re

from tractguard.instructions.constraints.doubts_steps import LABELLED
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_ORDERS = lazy(r"\b(?:never|always|must|do not|don't|avoid)\b")
_NOT_ASKED = lazy(r"\b(?:do not|don't|never|no need to|without) (?:\w+ )?(?:ask|wait|request|prompt|seek|stop)\w*\b")
_DIRECTLY = lazy(r"\b(?:never|not|don't)\b[^.;]{0,80}\bdirectly\b")
_COMMITS_THINGS = lazy(  # "never commit: booking codes", "no secrets in responses, commits or logs"
    r"\bcommit\w*\W{0,3}:|\b(?:in|into|to|from) (?:[\w -]+, ){0,4}(?:or |and )?(?:[\w-]+ ){0,2}commits\b"
)
_MIXED = lazy(r"\b(?:mix|combin|interleav|alternat)\w*\b")
_FROM_MARK = lazy(r"\b(?:from|by|based on|according to|out of) (?:the )?`$")


def not_run(said: Sentence, constraint: Constraint) -> Constraint | None:
    """Commands that a sentence names without excluding them."""
    if (_NOT_ASKED.search(said.bare) and not re.search(r"\bunless\b", said.bare)) or _no_content(said):
        return None
    if _MIXED.search(said.bare) and said.sign(_MIXED.search(said.bare).start()) == "-":  # type: ignore[union-attr]
        return None
    kept = [each for each in _own(said, constraint.list("pattern")) if not _is_by_the_way(said, each)]
    if not kept:
        return None
    when = constraint.get("when") or _alone(said, kept)
    when = "" if when and _OF_PUSH.match(str(when)) and all(each.startswith("git push") for each in kept) else when
    bare = _DIRECTLY.search(said.bare) and not constraint.get("use") and all(" " not in each for each in kept)
    data = {**constraint.data, "pattern": kept, "when": when, **({"bare": True} if bare else {})}
    return Constraint(constraint.type, data if when else {key: data[key] for key in data if key != "when"})


_OF_PUSH = lazy(r"\W*(?:when|while|whenever|if you(?:'re| are)?) push\w*\b", re.I)


def _own(said: Sentence, commands: tuple[str, ...]) -> list[str]:
    """ "Run them via `X`. Do not run these with `Y`": where it names a command, that of the sentence before stays."""
    own = [each for each in commands if "`" + each.lower() in said.low]
    ahead = said.before.lower()
    return [each for each in commands if each in own or not own or each.lower() not in ahead]


def no_action(said: Sentence, constraint: Constraint) -> Constraint | None:
    """What must not get into a commit is no word against committing."""
    named = {*constraint.list("action"), *constraint.list("pattern")}
    marked = any("git commit" in code.text for code in said.codes)
    things = bool(named & {"commit", "git commit"}) and not marked and _COMMITS_THINGS.search(said.bare)
    return None if things else constraint


def _is_by_the_way(said: Sentence, command: str) -> bool:
    """Where something comes from ("the changelog, from `git log`"), or a flag that is to be left out for once."""
    at = said.low.find("`" + command.lower())
    flag = re.search(r" (--?[\w-]+)$", command)
    if flag and " without " not in command and re.search(rf"without `{re.escape(flag.group(1).lower())}`", said.low):
        return at < 0
    part = said.part_of(max(at, 0))
    if at >= 0 and _DONE_WITHOUT.search(said.bare, part.start, at) and not _ORDERS.search(said.bare, part.start, at):
        return True
    if at < 0 or part.start == 0:
        return False
    return bool(_FROM_MARK.search(said.low, part.start, at + 1)) and not _ORDERS.search(said.bare, part.start, at)


_DONE_WITHOUT = lazy(r"\b\w+s? without (?:\w+ ){0,2}$")  # "`uv run` works without `activate`"
_SIDE = lazy(r"` (?:an? |the |one |any )[\w -]{2,30}? alone\b")


def _alone(said: Sentence, commands: list[str]) -> str:
    """ "Never `docker restart` a sidecar alone": one object of the command, whose name is not told."""
    for command in commands:
        at = said.low.find("`" + command.lower() + "`")
        match = _SIDE.match(said.low, at + 1 + len(command)) if at >= 0 else None
        if match:
            return match.group()[2:]
    return ""


_NO_CONTENT = lazy(r"\W*(?:204\b\W*)?no[- ]content\b")


def _no_content(said: Sentence) -> bool:
    """ "204 No Content: …": this "no" is in the name of a status."""
    return bool(_NO_CONTENT.match(said.bare))


_ONLY_NAMED = lazy(  # what stands ahead of a tool that is run, looked at, or there already: no choice among its kind
    r"\b(?:run|runs|running|execute|ensure|make sure|check|verify|set ?up|install|if|once|when)\b[^.;:]{0,40}$"
)
_CHOOSES = lazy(
    r"\b(?:use|uses|using|with|via|through|prefer\w*|switch\w*|stick|standardi[sz]e\w*|is|on)\b[^.;]{0,30}$"
)
_BY_FILE = lazy(
    r"\b(?:check for|look for|if (?:there is|there's|you see|you find|the (?:repo|project) has)|presence of"
    r"|depending on)\b"
    r"|\b(?:exists?|is present)\b"
)
_IF = lazy(r"\W*(?:if|once)\b")


def not_chosen(said: Sentence, constraint: Constraint) -> Constraint | None:
    """A tool of which the sentence says nothing against its relatives."""
    if _BY_FILE.search(said.low):
        return None  # "`yarn.lock` there: use yarn" leaves the choice to the files
    if not constraint.get("implied"):
        return constraint
    use = "".join(constraint.list("use")[:1])
    at = said.low.find(use.lower())
    ahead = said.bare[max(0, at - 60) : max(at, 0)]
    opened = said.bare.rfind("(", 0, max(at, 0))
    closed = said.bare.find(")", max(at, 0))
    if opened >= 0 and ")" not in said.bare[opened:at] and re.search(r",|\betc\b", said.bare[opened:closed]):
        return None
    if _IF.match(said.low):
        return None
    return None if _ONLY_NAMED.search(ahead) and not _CHOOSES.search(ahead) else constraint


_ONLY_FOR = lazy(r"\W*((?:for|when|in case of) [^:`]{3,50}? only)\W*:")


def for_some(said: Sentence, constraint: Constraint) -> Constraint | None:
    """ "For type errors only: use X instead of Y": a condition that leads the sentence."""
    leads = _ONLY_FOR.match(said.low)
    if leads is None or constraint.get("when"):
        return constraint
    return Constraint(constraint.type, {**constraint.data, "when": leads.group(1)})


_IN_A_FILE = lazy(r"\bdependenc\w+ (?:\w+ly )?(?:in|into|to|inside) (?:the )?(?:`[^`]+`|[\w./-]+\.[a-z]{2,8}\b)")
_THERE = lazy(
    r"\b(?:despite|given|because of|due to|thanks to|is|are|has|have) (?:an? |the |its |this )(?:[\w-]+ )?dependenc"
)
_NOT_FROM = lazy(  # "it resolves to the local copy, not from a published npm package": a source, nothing added
    r"\bnot (?:\w+ )?from (?:an? |the )(?:[\w-]+ ){0,3}package", needs=" from "
)
_UNCHECKED = lazy(
    r"\bwithout ((?:first )?(?!asking|approval|permission|confirm|consult|my |our |a person|explicit)[^.;,]{4,80})"
)


def no_addition(said: Sentence, constraint: Constraint) -> Constraint | None:
    """ "Not in `build.gradle`" is about the place, "not without a look at X" about a step before."""
    if _IN_A_FILE.search(said.low) or _THERE.search(said.low) or _NOT_FROM.search(said.low):
        return None
    left = _UNCHECKED.search(said.low)
    if left and not constraint.get("unless") and said.sign(max(0, left.start() - 1)) == "-":
        return Constraint(constraint.type, {**constraint.data, "unless": left.group(1).strip()})
    unless = str(constraint.get("unless") or "").partition(" — ")[0].strip()
    return Constraint(constraint.type, {**constraint.data, "unless": unless}) if unless else constraint


_MARKERS = frozenset(("todo", "fixme", "hack", "xxx", "note"))


def no_package(said: Sentence, constraint: Constraint) -> Constraint | None:
    """`FIXME` is no package."""
    names = [each for each in constraint.list("forbid") if each not in _MARKERS]
    if len(names) == len(constraint.list("forbid")):
        return constraint
    return Constraint(constraint.type, {**constraint.data, "forbid": names}) if names else None


_OF_WORK = lazy(
    r"\b(?:tests?|testing|build\w*|lint\w*|format\w*|commands?|dev\w*|run\w*|checks?|install\w*|setup|quick\w*)\b"
)
_MAKES_NEW = lazy(r"[ :-](?:new|create|generate|gen|init|scaffold)\b|\b(?:new|create|generate|gen)-")
_TO_VERIFY = lazy(
    r"(?:new |generat|creat|verify|validate|confirm|check (?:that|whether|if|your)|see (?:that|whether|if))\b"
)


def no_command(said: Sentence, constraint: Constraint) -> Constraint | None:
    """A command of a labelled item ("**Migrations**: … Test with `X`") is for that; a last check is no only way."""
    if constraint.get("flags"):
        return constraint
    if _TO_VERIFY.match(str(constraint.get("for") or "").lower()):
        return None
    run = " ".join(constraint.list("run"))
    if _MAKES_NEW.search(run) or re.search(r"--check\b|--dry-?run\b|--verify\b", run):
        return None
    if str(constraint.get("when") or "").lower().startswith(("after ", "once ")):
        return None  # a step at its time
    label = None if LABELLED.match(said.words) else LABELLED.match(said.before)
    return constraint if label is None or constraint.get("when") or _OF_WORK.search(label.group(1).lower()) else None
