"""Actions that must not be done, in words: "never push", "do not publish to npm without me".

It reads verbs that stand as what is excluded. `TARGET` and `SAID_ONLY` are shared with the excluded commands: what an
exclusion is limited to, and words about writing a command down rather than running it.
"""

import re

from tractguard.instructions.constraints.actions import actions_at, verbs
from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

TARGET = lazy(
    r"\b(?:over|on|against|in) (?:them|these|those)\b"
    r"|\b(?:against|on|in|for|from|to|with|inside) (?!me\b|you\b|any\b|all\b|every|this"
    r" (?:project|repo|flow|skill|session|workflow|codebase|file|step|task)"
    r"|the host|tests? runs?|your own)[^,.;—]{2,40}"
    r"|\b(?:shared|public|published|pushed|merged|released|protected|other people's|others') [a-z][^,.;—]{2,40}"
    r"|\b(?:that|which|already|once) (?:have|has|are|is|were|was|you|someone|others) [^,.;—]{2,40}"
)
AFTER_WORK = lazy(
    r"after (?:(?:every|each|any|making|your|the|code|all) )*(?:changes?|edits?|modifications?"
    r"|commits?)$"
)
SAID_ONLY = lazy(
    r"\b(?:includ\w*|mention\w*|suggest\w*|recommend\w*|describ\w*)\b(?:(?!\b(?:run|use|execute|call)\b)[^.;])*$"
)
_ABOUT_FILES = lazy(r"\u2588|/|\.env\b|\b(?:secrets?|keys?|passwords?|tokens|credentials|files?|folders?|artifacts?)\b")


def deeds_of(said: Sentence, asked: tuple[int, int]) -> list[Constraint]:
    """forbid_action for what is excluded outside the stretch `asked`, with the commands that do it where known."""
    found: list[str] = []
    first = 0
    low = verbs(said.bare)
    for action in actions_at(low):
        if len(low) == len(said.bare):
            sign = said.sign(action.start)
        else:
            sign = (
                "-"
                if said.sign(0) == "-" or any(s == "-" for p in said.parts for a, s in p.marks if a <= action.start)
                else "0"
            )
        after = low[action.end : action.end + 24]
        if SAID_ONLY.search(said.bare, max(0, action.start - 90), min(action.start, len(said.bare))):
            continue
        if asked[0] <= action.start <= asked[1] or after[:1] in ("-", "_", "/"):
            continue
        if sign != "-" or (
            re.match(r"\s+(?:directly )?(?:to|on|into) [`\w]", after) and action.phrase in ("commit", "push")
        ):
            continue
        if re.search(r"\b(?:before|after|when|if|until|while) (?:you )?$", low[: action.start]):
            continue
        if (
            low[action.start : action.end].strip() == action.phrase
            and action.phrase
            in (
                "commit",
                "push",
                "deploy",
                "publish",
                "release",
                "tag",
                "stash",
                "squash",
            )
            and not _verb_here(low, action.start, after)
        ):
            continue
        if action.phrase in ("commit", "push") and after.strip().startswith("directly"):
            continue  # "never commit directly" is about the main branch
        first = first if found else action.end
        found.append(action.phrase)
    if not found:
        return []
    bounds = where(said, first - 1)
    if AFTER_WORK.match(str(bounds.get("when", "")).lower()):
        del bounds["when"]  # "no builds after changes" is any time
    target = TARGET.search(said.bare, first, said.clause(first - 1)[1])
    if target and "when" not in bounds:
        bounds["when"] = said.text[target.start() : target.end()].strip()
    excluded = Constraint("forbid_action", {"action": found[0] if len(found) == 1 else found, **bounds})
    table_of = section("action_commands")
    commands = [item for words in found for cue, items in table_of.items() if re.match(cue, words) for item in items]
    return (
        [excluded, Constraint("forbid_command", {"pattern": list(dict.fromkeys(commands)), **bounds})]
        if commands
        else [excluded]
    )


def _verb_here(low: str, at: int, after: str) -> bool:
    """Whether `commit` and the like stand as the verb that is excluded, with nothing more particular as object."""
    ahead = bool(
        re.search(
            r"\b(?:never|not|don't|dont|avoid|ever|or|and|no|cannot|can't|,)\s(?:\w+ly |ever |auto-?)?$",
            low[max(0, at - 16) : at],
        )
    )
    if ahead and re.match(r"\W*$", after) and _ABOUT_FILES.search(low[: max(0, at - 6)]):
        return False  # "secrets only in .env, never commit": the secrets are meant
    return ahead and bool(
        re.match(
            r"\s*(?:$|[.,;:!)](?!\w)|or\b|and\b|after (?:each |every |a |the )?commit|changes"
            r"|anything|code|yourself|automatically|unless|for me|on (?:my"
            r"|your)|the changes|any(?:thing)?\b|directly|by yourself|without|manually|by hand|to (?:production"
            r"|prod|npm|pypi|crates\.io|maven|the registry"
            r"|the app store|nuget|rubygems)|the app)",
            after,
        )
    )
