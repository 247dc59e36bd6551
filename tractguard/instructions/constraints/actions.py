"""What is done, in verb phrases: "push", "create a pull request", "run tests", "delete a worktree".

Phrases of git and of the network stay as said. Work that is named by its purpose in many ways ("attempt local builds",
"execute the test suite", "publish releases") gets one phrase each, which the rules know. A purpose with something more
particular behind it ("run tests in parallel", "build features nobody asked for") is no such action.
"""

import re
from typing import NamedTuple

from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy

_OBJECTS = lazy(
    r"\b(?:create|open|submit|file|make|merge|close|approve)\s+(?:a |an |any |the |new "
    r"|your own |git |release |version |feature |draft |github )*(?:pull requests?|prs?|merge requests?|mrs?|issues?"
    r"|releases?(?! tags?\b)|tags?|branch(?:es)?|worktrees?)\b"
    r"|\b(?:commit|push|deploy|publish|release|amend|rebase|tag|stash|squash"
    r"|merge(?= ?(?:$|[.,;:!)—]|or\b|and\b|anything\b|without\b|yourself\b|unless\b))"
    r"|force[- ]push)\b(?! (?:message|messages|secrets?|guidelines?|hash|body|title|format))"
    r"|\b(?:modify|drop|migrate|wipe|reset|truncate|seed|alter|delete|write to|connect to|touch)\s+(?:a "
    r"|an |any |the |our |my |production |prod |live |real |existing )*(?:database|databases|db|tables?"
    r"|schema|production|prod)\b"
    r"|\b(?:send|post)\s+(?:any |an |a |the |real )*(?:e-?mails?|messages?|notifications?|comments?|requests?)\b"
    r"|\b(?:start|run|launch|restart|kill|stop)\s+(?:a |an |any |the "
    r"|your own )*(?:dev(?:elopment)? servers?|servers?|backend|frontend|docker|daemon|app|application)\b"
    r"|\brun (?:the |any )?(?:builds?|tests?|migrations?|server)(?: commands?)?(?=\s*(?:$|[.,;:!—-]|or\b"
    r"|yourself|automatically"
    r"|unless|for me))"
    r"|\brun (?:the |any |database |db )*migrations?\b(?= (?:against|on|in) )"
    r"|\brun (?:the )?(?:full|entire|whole) (?:test suite|suite|build|tests)\b"
    r"|\b(?:delete|remove|skip|disable|weaken|comment out)\s+(?:or \w+ )?(?:failing |existing |the |any "
    r"|a )*(?:unit )?tests?\b"
    r"|\b(?:delete|remove)\s+(?:any |the |my |our |existing |other |user |source )*files(?=\s*(?:$|[.;!]|or\b|and\b))"
    r"|\b(?:delete|remove|prune)\s+(?:a |an |any |the |my |other |existing |local )*(?:git )?worktrees?\b"
    r"|\brewrite (?:[a-z]+ ){0,4}history\b"
    r"|\b(?:switch|change|checkout|create|delete|remove)\s+(?:\w+ )?branch(?:es)?\b"
    r"|\b(?:install|add)\s+(?:a |an |any |the |new |global |system )*(?:packages?|extensions?|plugins?"
    r"|software|tools?)\b(?! code\b)"
    r"|\bfetch (?:anything|things|data|content) from (?:the )?(?:internet|web|network)\b"
)
_ING = {
    "committing": "commit",
    "bumping": "bump",
    "editing": "edit",
    "pushing": "push",
    "deploying": "deploy",
    "publishing": "publish",
    "releasing": "release",
    "merging": "merge",
    "creating": "create",
    "opening": "open",
    "deleting": "delete",
    "removing": "remove",
    "updating": "update",
    "upgrading": "upgrade",
    "migrating": "migrate",
    "refactoring": "refactor",
    "renaming": "rename",
    "dropping": "drop",
    "modifying": "modify",
    "running": "run",
    "installing": "install",
    "adding": "add",
    "amending": "amend",
    "rebasing": "rebase",
    "sending": "send",
    "starting": "start",
    "committed": "commit",
    "pushed": "push",
    "commits": "commit",
    "pushes": "push",
    "merges": "merge",
    "deployments": "deploy",
    "deploys": "deploy",
    "making": "make",
    "tagging": "tag",
    "switching": "switch",
    "changing": "change",
}
_ING_WORD = lazy(r"\b(?:" + "|".join(_ING) + r")\b")


_DOES = r"(?:run|execute|attempt|trigger|perform|launch|start|kick off|invoke|initiate|apply|do|use|try)"
_DOES += r"(?: to run| running)?"
_QUALITY = (
    r"(?:(?:a|an|any|the|our|my|your|this|new|all|more|local|full|entire|whole|complete|unit|integration"
    r"|e2e|end-to-end|existing|database|db|schema|data|automated|npm|production|dev|development)\s+)*"
)
_PURPOSE = (
    r"(?:test suites?|test runs?|test runners?|tests?|suite|builds?|build (?:tools?|commands?|scripts?|process)"
    r"|compilations?|compilers?|migrations?|deployments?|deploys?|releases?|dev(?:elopment)? servers?)"
)
_ENDS = (  # behind a purpose: the end of what is said, or words that narrow nothing
    r"(?=\s*(?:$|[.,;:!)—]|(?:or|and|nor|yourself|myself|locally|automatically|manually|ever"
    r"|unless|until|for me|after (?:(?:every|each|any|making|your|the) )*(?:changes?|edits?)"
    r"|on your own|by yourself|at all|here|please|on this machine|on my machine"
    r"|in this (?:repo|repository|project|environment|sandbox|session|workspace))\b))"
)
_RUN = lazy(rf"\b{_DOES}\s+({_QUALITY}{_PURPOSE}(?:(?:,?\s(?:or|and|nor)\s|,\s|/){_QUALITY}{_PURPOSE})*)\b" + _ENDS)
_BUILD = lazy(
    r"\b(?:build|compile|rebuild|attempt to build|attempt to compile)\s+(?:(?:or|and)\s+(?:run|test|compile|build)\s+)?"
    r"(?:(?:the|this|our|my|entire|whole)\s+)*(?:(?!features?\b)[a-z]+\s+)?(?:project|app|application|code|codebase|solution|repo|repository"
    r"|workspace|binary|binaries|site|package|packages|image|images|anything|locally)\b" + _ENDS
)
_PUBLISH = lazy(
    r"\b(?:publish|release|cut|tag|ship)\s+((?:(?:a|an|any|the|our|new|npm|python|official|public)\s+)*"
    r"(?:packages?|releases?|versions?|crates?|gems?|artifacts?|libraries|extensions?)"
    r"(?:(?:,?\s(?:or|and|nor)\s|,\s|/)(?:(?:a|an|any|the|new)\s+)*(?:packages?|releases?|versions?|tags?))*)\b" + _ENDS
)
_NO_RUNS = lazy(
    r"\bno ((?:local |test |automatic )?(?:builds|test runs|deployments|deploys|releases|migrations))\b" + _ENDS
)
FULL_SUITE = "run the full test suite"
_FULL = lazy(r"\b(?:full|entire|whole|complete|all)\b(?: (?:of|the|our|your|unit))* (?:test|suite)")
_SUITE = lazy(r"\b(?:the |our |your )?(?:full|entire|whole|complete) (?:test )?suite\b", needs="suite")
_SORT = lazy(
    r"\b(e2e|end-to-end|integration|load|performance|browser|ui|smoke|system|acceptance|stress|visual|benchmark"
    r"|contract|mutation|live|slow)(?: test|s)"
)
_NEW_COMMIT = lazy(
    r"\b(?:write|create|make|author|record|produce|perform|do)\s+(?:(?:a|an|any|the|new|your|own|git|local|more|extra)\s+)*"
    r"commits?\b(?! (?:message|messages|template|history|hash))",
    needs="commit",
)


_BUMP = lazy(
    r"\b(?:bump|edit|change|update|increment|modify|raise|set|alter|touch)\s+(?:or \w+ )?(?:(?:a"
    r"|an|any|the|our|package|crate"
    r"|project|app|plugin|module|library|release|current) )*(?:versions?(?: (?:numbers?|fields?|strings?))?"
    r"|version in \S+)(?=\s*(?:$|[.,;:!)—-]|(?:or|and|nor|yourself|manually|by hand|directly|in"
    r"|of|unless|without|here|ever"
    r"|on your own|for|as|when)\b))",
    needs="version",
)
_NO_NOUNS = lazy(  # "no branches, PRs, or worktrees"
    r"\bno (?:new |more |extra |separate |feature |git )*("
    r"(?:branch(?:es)?|prs?|pull requests?|worktrees?|commits?|push(?:es)?|force[- ]push(?:es)?"
    r"|tags?|releases?|deploys?"
    r"|deployments?|merges?|rebases?|amends?|stash(?:es)?)"
    r"(?:(?:,? (?:or|and|nor) |, |/)(?:no )?(?:branch(?:es)?|prs?|pull requests?|worktrees?|commits?|push(?:es)?|tags?"
    r"|force[- ]push(?:es)?|releases?|deploys?|deployments?|merges?|rebases?|amends?|stash(?:es)?))*)"
    r"(?=\s*(?:$|[.,;:!)—]|(?:unless|without|until|please|ever|yourself|allowed|at all|here)\b))",
    needs="branch|pr|pull request|worktree|commit|push|tag|release|deploy|merge|rebase|amend|stash",
)
_NOUN_ACTIONS = (
    ("force", "force push"),
    ("branch", "create a branch"),
    ("pr", "create a pull request"),
    ("pull", "create a pull request"),
    ("worktree", "create a worktree"),
    ("release", "release"),
    ("deploy", "deploy"),
    ("tag", "create a tag"),
    ("stash", "stash"),
    ("commit", "commit"),
    ("push", "push"),
    ("merge", "merge"),
    ("rebase", "rebase"),
    ("amend", "amend"),
)
_GIT_WORDS = lazy(
    r"\b(?:git|commit\w*|push\w*|merg\w*|prs?|pull requests?|worktrees?|main|master|trunk|branch model)\b"
)


class Action(NamedTuple):
    """One action that a text speaks of: its phrase, and where it stands."""

    phrase: str
    start: int
    end: int


def actions_at(low: str) -> list[Action]:
    """The actions of a lower-case text with plain verbs (`verbs`), in order; no place is in two of them."""
    found = [Action(match.group().strip(), match.start(), match.end()) for match in _OBJECTS.finditer(low)]
    for match in _NEW_COMMIT.finditer(low):
        found = [known for known in found if known.end <= match.start() or known.start >= match.end()]
        found.append(Action("commit", match.start(), match.end()))
    for match in (*_RUN.finditer(low), *_NO_RUNS.finditer(low)):
        found += _unseen(found, [Action(phrase, match.start(), match.end()) for phrase in _purposes(match.group(1))])
    for match in _NO_NOUNS.finditer(low):
        found += _unseen(found, [Action(phrase, match.start(), match.end()) for phrase in _nouns(match.group(1), low)])
    for match in _BUMP.finditer(low):
        found += _unseen(found, [Action("bump the version", match.start(), match.end())])
    for match in _SUITE.finditer(low):
        found += _unseen(found, [Action(FULL_SUITE, match.start(), match.end())])
    for match in _BUILD.finditer(low):
        found += _unseen(found, [Action("run builds", match.start(), match.end())])
    for match in _PUBLISH.finditer(low):
        words = match.group(1)
        phrases = [
            name
            for name, cue in (
                ("publish", "package|crate|gem|artifact|librar|extension"),
                ("release", "release|version|tag"),
                ("create a tag", r"\btag"),
            )
            if re.search(cue, words)
        ]
        if match.group().startswith(("publish", "release")) or phrases == ["release"]:
            found += _unseen(found, [Action(phrase, match.start(), match.end()) for phrase in phrases])
    return sorted(found, key=lambda action: action.start)


def _nouns(listed: str, low: str) -> list[str]:
    """The actions of a list of nouns; a bare "no branches" may speak of code, so git has to be spoken of beside it."""
    words = re.findall(r"force[- ]push|[a-z]+", listed)
    rest = low.replace(listed, " ", 1)
    if len(words) < 2 and words[0] in ("branch", "branches", "tag", "tags", "merges") and not _GIT_WORDS.search(rest):
        return []
    found = (next((phrase for cue, phrase in _NOUN_ACTIONS if word.startswith(cue)), "") for word in words)
    return list(dict.fromkeys(phrase for phrase in found if phrase))


def _unseen(found: list[Action], more: list[Action]) -> list[Action]:
    """Those of `more` that are not already said of the same words; a bare verb gives way to what is more particular."""
    for action in more:
        for known in [known for known in found if known.start < action.end and action.start < known.end]:
            if " " not in known.phrase:
                found.remove(known)
    return [
        action
        for action in more
        if not any(
            known.start < action.end
            and action.start < known.end
            and action.phrase.removesuffix("s").split(" ")[-1] in known.phrase
            for known in found
        )
    ]


def _purposes(words: str) -> list[str]:
    """The phrases of a list of purposes: "build tools or tests" gives "run builds" and "run tests"."""
    table: dict[str, str] = section("purpose_actions")
    at = sorted((words.find(word), phrase) for word, phrase in table.items() if word in words)
    return [_of_some(phrase, words) for phrase in dict.fromkeys(phrase for _, phrase in at)]


def _of_some(phrase: str, words: str) -> str:
    """ "Run tests" where only some of them are spoken of: all at once, or those of one sort."""
    if phrase != "run tests":
        return phrase
    sort = _SORT.search(words)
    return FULL_SUITE if _FULL.search(words) else f"run {sort.group(1)} tests" if sort else phrase


def verbs(low: str) -> str:
    """`low` with forms of verbs as the plain verb, padded so that places stay the same."""
    return _ING_WORD.sub(lambda match: _ING[match.group()].ljust(len(match.group())), low)
