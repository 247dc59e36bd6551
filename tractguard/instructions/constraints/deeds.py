"""Actions that must not be done, in words: "never push", "do not publish to npm without me".

It reads verbs that stand as what is excluded. `TARGET` and `SAID_ONLY` are shared with the excluded commands: what an
exclusion is limited to, and words about writing a command down rather than running it.
"""

import re

from tractguard.instructions.constraints.actions import Action, actions_at, verbs
from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

TARGET = lazy(
    r"\b(?:over|on|against|in) (?:them|these|those)\b"
    r"|\b(?:against|on|in|for|from|to|with|inside) (?!me\b|you\b|any\b|all\b|every|this"
    r" (?:project|repo|flow|skill|session|workflow|codebase|file|step|task)"
    r"|the host|tests? runs?|your own)(?:[^,.;:—]|:(?=\w)){2,40}"
    r"|\b(?:shared|public|published|pushed|merged|released|protected|other people's|others') [a-z][^,.;—]{2,40}"
    r"|\bat (?:the )?(?:repo(?:sitory)? |project |workspace )?root\b"
    r"|\b(?:that|which|already|once) (?:have|has|are|is|were|was|you|someone|others) [^,.;—]{2,40}"
)
AFTER_WORK = lazy(
    r"after (?:(?:every|each|any|making|your|the|code|all) )*(?:changes?|edits?|modifications?"
    r"|commits?)$"
)
SAID_ONLY = lazy(
    r"\b(?:includ\w*|mention\w*|suggest\w*|recommend\w*|describ\w*)\b(?:(?!\b(?:run|use|execute|call)\b)[^.;])*$"
)
_IN_A_FILE = lazy(r"(?:in|on|from|inside) (?:the )?`\u2588+`?")
_AT_ALL = lazy(r" (?:anything|any (?:branch|code|changes?)|branches)\b(?! (?:in)?to\b)")
_OF_HOSTS = {"merge": "merge pull requests"}  # to bring one's own branch up to date is no merge that people mean
_OF_PULLS = lazy(r"\brebas(?:e|ing)\b|\bpull(?:ing)? (?!requests?\b)")  # how what is new comes to one's own branch
_ELSEWHERE = lazy(r"\s+(?:anything |directly )*(?:to|on|into) [`\w]|[ a-z]{0,20} under [`]")
_A_REMOTE = lazy(
    r"(?:remotes?(?: (?:repo(?:sitor(?:y|ies))?|servers?))?|origin|github|gitlab)"
    r"(?=\s*(?:$|[.,;!)(—]|or\b|and\b|yet\b))"
)
_A_REMOTE_TARGET = lazy(r"to (?:the |any |your )?" + _A_REMOTE.pattern)
_OF_TIME = lazy(r"\b(?:before|after|when|if|until|while) (?:you )?$")
_ALSO_NOUNS = frozenset("commit push deploy publish release tag stash squash merge".split())
_SPARED = lazy(r"\b(?:except|other than|apart from|but not|unless)\b[^.;]{0,40}`[^.;]{0,60}\bbranch", needs="branch")
_LISTED = lazy(r"[\s*_]*:")
_FILES_TO = lazy(r"\b(?:files?|folders?|paths?|directories|things|items|what) (?:to|you|we|that)?\s?$")
_ABOUT_FILES = lazy(r"\u2588|/|\.env\b|\b(?:secrets?|keys?|passwords?|tokens|credentials|files?|folders?|artifacts?)\b")


def deeds_of(said: Sentence, asked: tuple[int, int]) -> list[Constraint]:
    """forbid_action for what is excluded outside the stretch `asked`, with the commands that do it where known."""
    low = verbs(said.bare)
    picked = [a for a in actions_at(low) if not asked[0] <= a.start <= asked[1] and _is_excluded(said, low, a)]
    if not picked:
        return []
    found = [_OF_HOSTS.get(action.phrase, action.phrase) for action in picked]
    found += [action.phrase for action in picked if action.phrase == "merge" and _AT_ALL.match(low, action.end)]
    first = picked[0].end
    bounds = where(said, first - 1)
    if AFTER_WORK.match(str(bounds.get("when", "")).lower()):
        del bounds["when"]  # "no builds after changes" is any time
    spared = _SPARED.search(said.bare, first)
    names = [code.text.strip() for code in said.codes if spared and code.start > spared.start()]
    if names and "except" not in bounds:
        bounds["except"] = names
    target = TARGET.search(said.bare, first, said.clause(first - 1)[1])
    in_scope = target and bounds.get("scope") and _IN_A_FILE.fullmatch(target.group())
    if target and "when" not in bounds and not in_scope and not _A_REMOTE_TARGET.match(target.group()):
        bounds["when"] = said.text[target.start() : target.end()].strip()
    excluded = Constraint("forbid_action", {"action": found[0] if len(found) == 1 else found, **bounds})
    table_of = section("action_commands")
    commands = [item for words in found for cue, items in table_of.items() if re.match(cue, words) for item in items]
    if not commands:
        return [excluded]
    return [excluded, Constraint("forbid_command", {"pattern": list(dict.fromkeys(commands)), **bounds})]


def _is_excluded(said: Sentence, low: str, action: Action) -> bool:
    """Whether an action is what the sentence excludes; `low` is the bare text with its verbs in their plain form."""
    if _sign_at(said, low, action.start) != "-":
        return False
    if SAID_ONLY.search(said.bare, max(0, action.start - 90), min(action.start, len(said.bare))):
        return False
    after = low[action.end : action.end + 24]
    general = action.phrase in ("commit", "push")
    elsewhere = _ELSEWHERE.match(after) and not _A_REMOTE_TARGET.match(after.lstrip())
    if after[:1] in ("-", "_", "/") or ((general or action.phrase == "merge") and elsewhere):
        return False
    if action.phrase == "merge" and _OF_PULLS.search(low):
        return False
    if _OF_TIME.search(low[: action.start]):
        return False
    bare = low[action.start : action.end].strip() == action.phrase and action.phrase in _ALSO_NOUNS
    if bare and not _verb_here(low, action.start, after):
        return False
    return not (general and after.strip().startswith("directly"))  # "never commit directly" is about the main branch


def _sign_at(said: Sentence, low: str, at: int) -> str:
    """The sign at a place of `low`; where that is longer than the text, what was said ahead of it."""
    if len(low) == len(said.bare):
        return said.sign(at)
    excluded = said.sign(0) == "-" or any(sign == "-" for p in said.parts for place, sign in p.marks if place <= at)
    return "-" if excluded else "0"


def _verb_here(low: str, at: int, after: str) -> bool:
    """Whether `commit` and the like stand as the verb that is excluded, with nothing more particular as object."""
    ahead = bool(
        re.search(
            r"\b(?:never|not|don't|dont|avoid|ever|or|and|no|cannot|can't|,)\s(?:\w+ly |ever |auto-?)?$",
            low[max(0, at - 16) : at],
        )
    )
    if ahead and _LISTED.match(after) and _FILES_TO.search(low[: max(0, at - 6)]):
        return False  # "files to never commit: x" is about the files
    if ahead and re.match(r"\W*$", after) and _ABOUT_FILES.search(low[: max(0, at - 6)]):
        return False  # "secrets only in .env, never commit": the secrets are meant
    return ahead and bool(
        re.match(
            r"\s*(?:$|[.,;:!)—](?!\w)|or\b|and\b|after (?:each |every |a |the )?commit|changes"
            r"|anything|code|yourself|automatically|unless|for me|on (?:my"
            r"|your)|the changes|any(?:thing)?\b|directly|by yourself|without|manually|by hand|to (?:production"
            r"|prod|npm|pypi|crates\.io|maven|the registry"
            r"|the app store|nuget|rubygems)|the app|to (?:the |any |your )?" + _A_REMOTE.pattern + ")",
            after,
        )
    )
