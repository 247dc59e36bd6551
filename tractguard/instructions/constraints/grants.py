"""What a person lets happen after all: "commit this now", "approved: reset --hard", "please bump it in global.json".

`granted` reads a message by itself; `asked_for` reads it beside what is in force, since only there it shows that a
plain order ("use github.com/x/y for this") asks for what needs a person's word. It lifts what was named, and nothing
more: a question, a condition and a standing rule lift nothing.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from tractguard.instructions.constraints.actions import actions_at, verbs
from tractguard.instructions.constraints.asks import actions_in
from tractguard.instructions.constraints.mentions import Path, code_kind, command_text, paths
from tractguard.instructions.constraints.reading import Sentence, read
from tractguard.instructions.constraints.tables import programs
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint
from tractguard.tables import table

_GRANT = lazy(
    r"\W*(?:(?:ok|okay|yes|yep|good|great|nice|perfect|fine|looks good|lgtm|sure|now|please|then|and|so"
    r"|alright|go ahead(?: and)?"
    r"|you (?:can|may)|let's|it's ok to|feel free to)\b[\s,.!:]*)*"
    r"(?:git )?((?:commit|push|deploy|publish|release|merge|tag|rebase|amend|force[- ]push|install|delete|remove"
    r"|open|create|submit)\b"
    r"[^.;:]{0,60})",
    needs=("commit|push|deploy|publish|release|merge|tag|rebase|amend|install|delete|remove|open|create|submit"),
)
_ALL_OF_IT = lazy(
    r"(?:open|create|submit|install|delete|remove)\b|\w+(?:[- ]push)?"
    r"(?:\s(?:it|this|that|these|those|them|now|please|everything|and (?:commit|push|deploy|publish|merge|release)"
    r"|(?:the|my|your) (?:branch|changes?|commits?|pr|fix|result|work|package|app|site|code|feature|new version)"
    r"|to (?:origin|remote|github|main|master|prod|production|npm|pypi|the remote)|as is|already|again|for me"
    r"|with .*))*[\s.!,]*$"
)
_STANDING = lazy(
    r"\b(?:always|every|each|when(?:ever)?|if|unless|before|after|until|once|only|without|never|not|don't"
    r"|all|must|should|any)\b"
)
_NOW = lazy(
    r"\b(?:now|please|this|that|it|these|those|them|go ahead|the (?:branch|changes|commit|pr|fix|result"
    r"|work|release|package))\b"
    r"|^\W*(?:ok(?:ay)?\W+|yes\W+|now\W+|so\W+)?you (?:can|may) (?:now )?(?:commit|push|deploy|publish|release|merge)\b"
    r"|^\W*(?:commit|push|deploy|publish|release|merge)(?: and (?:commit|push|deploy|merge))?\W*$"
)


_APPROVES = lazy(
    r"\b(?:approved|approval granted|permission granted|i (?:hereby )?(?:approve|allow|authori[sz]e|permit)(?: of)?"
    r"|you have (?:my|the) (?:permission|approval|go-?ahead|consent|ok|okay)(?: to| for)?"
    r"|you(?:'re| are) (?:now |hereby )*(?:allowed|authori[sz]ed|cleared|free) to|go ahead(?: and| with)?"
    r"|freigegeben|genehmigt|aprobado|aprovado|approuvé|одобрено|разрешаю)\b(?: by me\b)?"
    r"|(?:已批准|承認します|承認済み)",
    needs="approv|permission|allow|authori|permit|consent|cleared|free to|go ahead|ok|genehmigt|freigegeben|aprobado"
    "|aprovado|одобрено|разрешаю|批准|承認",
)
_NOT_YET = lazy(r"(?:\b(?:not|never|unless|until|if|once|when|before|without|be|get|gets|whether|only)|n't)(?: \w+)? $")
_ORDERED = (  # a verb that stands first in a clause
    r"(?:^|[.,:;!—]\s*|\b(?:and|then|please|now|go ahead and|you can|you may|let's)\s)(?:please |just |now |also )*"
)
_GIT_FLAGS = lazy(
    r"(?<![\w-])(?:git )?(reset|push|clean|checkout|branch|stash|commit|rebase|merge)((?: -{1,2}[a-z][\w-]*)+)"
)
_CHANGES = lazy(
    _ORDERED
    + r"(?:edit|change|modify|update|bump|set|add|put|write|remove|delete|rename|fix|raise|lower|increase|decrease"
    r"|replace|append|adjust|drop|move|upgrade|downgrade|pin|extend|touch|patch|regenerate)\b"
)
_BRINGS_IN = lazy(
    _ORDERED + r"(?:use|add|install|bring in|pull in|take|depend on|go with)\s(?:the )?(?:new )?"
    r"(?:(?:package|library|dependency|module|crate|gem) )?[`\"']?(@?[a-z0-9][\w./@-]{1,80})"
)
_NO_PACKAGE = frozenset(
    "a an the any this that these those it them to for in on of with from our my your new more another same it's"
    " package library dependency module crate gem existing async built-in plain native standard tests test"
    " logging".split()
)
_STANDING_RULE = lazy(r"\b(?:always|every|each|whenever|unless|until|if|never|from now on)\b")
_PERSON = lazy(
    r"\b(?:ask\w*|request\w*|approv\w*|permission|consent|confirm\w*|instruct\w*|told|tell|say|said|explicit\w*|authori\w*)\b"
)
_JUST_NOW = lazy(
    r"\b(?:just|only) (?:for )?(?:this once|once|this one time|this time)\b|\bthis (?:once|one time|time only)\b"
    r"|\bfor (?:this|one) (?:time|once)\b|\bas an exception\b|\bausnahmsweise\b|\bsolo (?:por )?esta vez\b"
    r"|\bsó desta vez\b|\bjuste cette fois\b|(?:今回だけ|这一次|仅此一次|이번만|только в этот раз)"
)
LIFTED = frozenset(("ask_before", "forbid_path", "no_new_dependency"))  # types that an order can lift in part


_SKIPPING = lazy(r",? without (?:running |waiting for )?(?:the |any )?(?:tests?|checks?|lint\w*|hooks?)\b[^.;]{0,20}")


def granted(said: Sentence) -> list[Constraint]:
    """What a message lets happen, once: "Commit this now.", "Push the branch please.", "Approved: reset --hard"."""
    if said.kind != "prompt" or said.low.rstrip().endswith("?"):
        return []
    approved = _approved(said)
    low = _SKIPPING.sub("", said.low)
    match = _GRANT.match(low)
    if approved or not match or _STANDING.search(low) or not _NOW.search(low):
        return approved
    if not _ALL_OF_IT.match(match.group(1)):
        return []  # "release the lock", "deploy it to staging": something else, or less
    actions = [action.phrase for action in actions_at(match.group(1))]
    if re.match(r"merge\b", match.group(1)) and not any("merge" in action for action in actions):
        actions += ["merge", "merge pull request"]
    return _permits(actions)


def _permits(actions: Iterable[str]) -> list[Constraint]:
    named = list(dict.fromkeys(actions))
    return [Constraint("ask_before", {"action": named, "permit": True})] if named else []


def _approval(said: Sentence) -> re.Match[str] | None:
    """The words by which a person approves; None where they are only spoken of ("unless approved")."""
    found = (match for match in _APPROVES.finditer(said.low) if not _NOT_YET.search(said.low[: match.start()][-30:]))
    return next(found, None)


def _approved(said: Sentence) -> list[Constraint]:
    """What stands behind an approval, or before it where nothing does."""
    cue = _approval(said)
    if cue is None or re.search(r"\b(?:unless|until|if|never|don't|do not|not|always|every)\b", said.bare):
        return []
    return _permits(_acts(said.text[cue.end() :]) or _acts(said.text[: cue.start()]))


def _acts(words: str) -> list[str]:
    """The commands and actions that words name."""
    found = [command_text(code) for code in re.findall(r"`([^`]+)`", words) if code_kind(code) == "command"]
    plain = re.sub(r"`[^`]*`", " ", words).lower()
    found += [f"git {match.group(1)}{match.group(2)}" for match in _GIT_FLAGS.finditer(plain)]
    found += _commands(plain)
    if found:
        return found
    return [action.phrase for action in actions_at(verbs(plain))] or [
        act for act in actions_in(plain) if act.startswith(("git ", "rm -rf", "drop table"))
    ]


def _commands(plain: str) -> list[str]:
    """Commands that stand without marks: a program, and the words behind it that narrow it."""
    ordinary = set(table("tools")["ordinary_words"])
    pairs = re.finditer(r"(?<![\w./-])([a-z][\w-]{1,20}) ([a-z][\w:-]{1,30}|-{1,2}[a-z][\w-]*)", plain)
    return [each.group() for each in pairs if each.group(1) in programs() and each.group(1) not in ordinary]


def asked_for(sentence: str, live: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """Permits for what a message orders although something in `live` wants a person's word for it first.

    `sentence` is a person's own. Deterministic, linear, never raises.
    """
    said = read(sentence, "", "", "prompt")
    if said.low.rstrip().endswith("?") or said.forbids() or _STANDING_RULE.search(said.low):
        return ()
    found: list[Constraint] = []
    for constraint in live:
        if constraint.get("permit"):
            continue
        if constraint.type == "ask_before":
            found += _asked_actions(said, constraint)
        elif constraint.type == "forbid_path" and _PERSON.search(_text(constraint.get("unless"))):
            found += _asked_paths(said, constraint)
        elif constraint.type == "no_new_dependency":
            found += _asked_packages(said)
    return tuple(_distinct(found))


def _distinct(found: list[Constraint]) -> list[Constraint]:
    kept: list[Constraint] = []
    for each in found:
        if each not in kept:
            kept.append(each)
    return kept


def _text(value: object) -> str:
    return " ".join(map(str, value)).lower() if isinstance(value, (list, tuple)) else str(value or "").lower()


def _asked_actions(said: Sentence, constraint: Constraint) -> list[Constraint]:
    """Commands that the message names in full, or by their verb where it says that they are approved."""
    approved = _approval(said) is not None
    told = _told(said)
    named = [action for action in constraint.list("action") if action in told]
    for action in constraint.list("action"):
        words = action.lower().split()
        whole = len(words) > 1 and re.search(
            _ORDERED + r"(?:run |execute |do |use )?[`]?" + re.escape(action.lower()) + r"(?![\w-])", said.low
        )
        verb = words[1] if len(words) > 1 and words[0] in programs() else ""
        by_verb = approved and verb.isalpha() and re.search(rf"\b{verb}\b", said.low)
        if whole or by_verb:
            named.append(action)
        elif paths(read(action, "", "", "prompt")) and _CHANGES.search(said.low):
            globs = [path.text for path in paths(read(action, "", "", "prompt"))]
            named += [action] if any(_covers(glob, path) for glob in globs for path in paths(said)) else []
    return _permits(named)


_TOLD_RUN = lazy(
    _ORDERED + r"(?:re-?run|run|execute|start|build|launch|trigger|do)\s(?:[a-z0-9@/._-]+\s){0,4}?"
    r"(tests?|suite|builds?|migrations?|dev server|server|deployment|release)\b"
)


def _told(said: Sentence) -> tuple[str, ...]:
    """The kinds of work that a message orders ("now run the web tests"), as the phrases of an `ask_before`."""
    found: list[str] = []
    for match in _TOLD_RUN.finditer(said.low):
        words = match.group()
        found += [action.phrase for action in actions_at(words)]
        found += ["run tests"] if match.group(1).startswith("test") else []
        found += ["run the full test suite", "run tests"] if match.group(1) == "suite" else []
        found += ["run builds"] if match.group(1).startswith("build") else []
        found += ["run migrations"] if match.group(1).startswith("migration") else []
        found += ["start the dev server"] if "server" in match.group(1) else []
    return tuple(dict.fromkeys(found))


def _asked_paths(said: Sentence, constraint: Constraint) -> list[Constraint]:
    if not _CHANGES.search(said.low):
        return []
    globs = constraint.list("glob")
    named = [path for path in paths(said) if any(_covers(glob, path) for glob in globs)]
    return [Constraint("forbid_path", {"glob": [path.text for path in named], "permit": True})] if named else []


def _covers(glob: str, path: Path) -> bool:
    """Whether a protected glob holds the file that was named."""
    text, base = path.text.removeprefix("./"), path.text.rsplit("/", 1)[-1]
    if text == glob or ("/" not in glob.removeprefix("**/") and fnmatchcase(base, glob.removeprefix("**/"))):
        return True
    return fnmatchcase(text, glob) or ("/" not in text and glob.rsplit("/", 1)[-1] == text)


def _asked_packages(said: Sentence) -> list[Constraint]:
    """Packages that the message wants: named by the person, so wanted."""
    found = [match.group(1).rstrip(".,") for match in _BRINGS_IN.finditer(said.low)]
    named = [name for name in found if name not in _NO_PACKAGE and len(name) > 1]
    return [Constraint("dependency", {"use": named if len(named) > 1 else named[0]})] if named else []


def just_now(sentence: str) -> str:
    """The words by which a message says that it speaks of this time alone; "" where it does not."""
    match = _JUST_NOW.search(sentence.lower())
    return match.group() if match else ""


def for_once(found: list[Constraint]) -> list[Constraint]:
    """ "Just this once use npm": a tool that is named for this time is allowed, the choice stays."""
    return [_allowed(each) if each.type in ("tool_choice", "command") else each for each in found]


def _allowed(choice: Constraint) -> Constraint:
    kept = {key: value for key, value in choice.data.items() if key in ("use", "run", "scope", "for", "words")}
    return Constraint(choice.type, {**kept, "permit": True})
