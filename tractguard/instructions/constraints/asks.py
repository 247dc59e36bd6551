"""What needs a person's word first: "ask before X", "never X without approval", "only X when I say so".

Vague matters ("ask if unsure", "before large changes") yield nothing.
"""

import re

from tractguard.instructions.constraints.actions import actions_at, verbs
from tractguard.instructions.constraints.mentions import code_kind, command_text
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import pattern, section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_ASK = lazy(
    r"\b(?:ask|check with|confirm with|consult|get (?:explicit |my |user )?(?:approval|permission"
    r"|confirmation|consent)|(?:requires?|needs?|wait for|seek|obtain|request) (?:explicit |my |prior "
    r"|user |human |the user's |a )*(?:approval|permission|confirmation|consent|sign-?off|review))\b"
    r"|\b(?:without|unless)\b[^,.;]{0,30}?\b(?:ask(?:ing|ed)?|approval|permission|confirm\w*|consent"
    r"|request(?:ed)?|instruct\w*|told|say so|said so|explicit\w*|authori[sz]\w*|a review|review|approv\w+"
    r"|tell you|coordinat\w+|discussi\w+|discussing)\b"
    r"|\bonly (?:[a-z ]{3,40}? )?(?:when|if|after|on|upon)\b[^,.;]{0,40}?\b(?:asks?|asked|approv\w+"
    r"|permission|confirm\w*|request\w*|instruct\w*|told|tells? you|i say|says so|explicit\w*)\b"
    r"|\b(?:stop|pause|wait|halt)\b(?: and wait)? for (?:a |an |my |the |human |user |code |explicit |your |manual )*"
    r"(?:reviews?|approval|confirmation|sign-?off|feedback|go-?ahead|ok)\b"
    r"|\b(?:until|before) (?:i|the user|we|you are|you're)\b[^,.;]{0,30}?\b(?:approve|ask|confirm|tell"
    r"|say|told|asked|agree|sign(?:ed)? off|review)"
    r"|\b(?:ohne|explizite) [^,.;]{0,24}bestätigung|未经[^，,]{0,12}(?:允许|许可|同意|确认)",
    needs=(
        "ask|confirm|consult|approv|permission|consent|review|sign|request|instruct|told|tell|say|said"
        "|explicit|authori|coordinat|discuss|feedback|go-ahead|goahead| ok|agree|check with|bestätigung"
        "|未经"
    ),
)


_ASK_FIRST = lazy(
    r"\b(?:ask|check with|confirm with|consult|confirm|approval|permission|confirmation|consent"
    r"|reviews?|go-?ahead|sign-?off|feedback)\b(?:[^.;]{0,30}?)\bbefore ([^.;]{3,120})|\bask (?:me )?(?:first"
    r"|permission)\b[^.;]{0,20}?\b(?:to|if|when|before) ([^.;]{3,120})",
    needs="ask|check with|confirm|consult|approv|permission|consent|review|go-ahead|goahead|sign|feedback",
)


_ACTION = lazy(
    r"\b(?:creat\w*|open\w*|submit\w*|merg\w*|clos\w*|commit\w*|push\w*|deploy\w*|publish\w*|releas\w*"
    r"|delet\w*|remov\w*|drop\w*|modif\w*|edit\w*|chang\w*|install\w*|add\w*|run\w*|start\w*|stop\w*"
    r"|kill\w*|restart\w*|"
    r"rebas\w*|amend\w*|tag\w*|send\w*|post\w*|upload\w*|migrat\w*|stash\w*|revert\w*|reset\w*|switch\w*"
    r"|checkout\w*|rename\w*|mov\w*|bump\w*|upgrad\w*|updat\w*|refactor\w*|execut\w*|call\w*|contact\w*"
    r"|fetch\w*|download\w*|squash\w*|lower\w*|touch\w*|alter\w*|access\w*|writ\w*|disabl\w*|skip\w*"
    r"|bypass\w*|us(?:e|ing)|overwrit\w*|expos\w*|generat\w*|creat\w*|stag\w*|git commands?|destructive)\b"
)


_EDITING = lazy(
    r"\W*(?:you )?(?:begin(?:ning)? |start(?:ing)? |proceed(?:ing)? (?:with|to) |mak(?:e|ing) "
    r"|writ(?:e|ing) |do(?:ing)? )?"
    r"(?:any |the |an |a |your |further |actual |new |file |code |source )*"
    r"(?:edits?|editing|changes|changing|modify|modifying|modifications|implement(?:ing|ation)?|coding|code"
    r"|code changes|writing|touch|touching|change)(?: (?:any|the|of|to|existing|source|project|in|this|code"
    r"|files?|anything"
    r"|codebase|repo|repository|project|changes|edits)){0,4}\W*"
)
_ABSOLUTE = lazy(r"\b(?:must|never|always|any|only|do not|don't|required|mandatory|under no circumstances|not)\b")
_VAGUE = lazy(
    r"^(?:making|any)?\b.{0,24}\b(?:significant|major|large|architectural|big|breaking|assum\w*|proceed\w*"
    r"|continu\w*|implement\w*|decisions?|complex|scope|design|start\w*|going|unrelated|them)\b"
)


_ASK_HEADING = lazy(r"\bask\b.{0,20}\bbefore (?:chang|edit|modif|touch)")
_LABEL = lazy(r"\W*([A-Za-z][\w /`-]{2,40}?)[`*]*:[*\s]")
_NOWHERE = (-1, -1)


def asks_of(said: Sentence) -> tuple[list[Constraint], tuple[int, int]]:
    """What needs a person's word first, and the stretch of the sentence that says so."""
    cue = _ASK.search(said.low)
    label = _LABEL.match(said.text) if _ASK_HEADING.search(said.heading) and not cue else None
    if label and not said.forbids():
        return [Constraint("ask_before", {"action": ["change " + label.group(1)], "words": said.words})], _NOWHERE
    if not cue or re.search(
        r"\b(?:no need to ask|(?:don't|do not|never) ask|without asking (?:me )?again)\b", said.low
    ):
        return [], _NOWHERE
    if said.sign(cue.start()) == "r":
        return [], _NOWHERE  # "you don't have to ask"
    part = said.part_of(cue.start())
    found = _asked(said, cue, part.start)
    return (
        ([Constraint("ask_before", {"action": found, "words": said.words})], (part.start, part.end))
        if found
        else ([], _NOWHERE)
    )


def _asked(said: Sentence, cue: re.Match[str], start: int) -> list[str]:
    """The actions that the cue is about."""
    first = _ASK_FIRST.search(said.low)
    if first:
        group = 1 if first.group(1) else 2
        words = said.text[first.start(group) : first.end(group)]
        if _EDITING.fullmatch(words.lower().strip()):
            return (
                ["edit files"] if _ABSOLUTE.search(said.low) else _actions(words) if "`" in words else [words.strip()]
            )
        if _VAGUE.search(words.lower()) and "`" not in words:
            return []
        return _actions(words) or [words.strip()]
    if cue.group().startswith(("ask", "check with", "confirm with", "consult")):
        return _asks_when(said, cue)
    ahead = said.text[start : cue.start()]
    only = re.match(r"only ([a-z ]{3,40}?) (?:when|if|after|on|upon)\b", cue.group())
    if only:
        return _actions(only.group(1))
    words = (
        ahead
        if _ACTION.search(ahead.lower()) or "`" in ahead
        else said.text[cue.end() : cue.end() + 120]
        if cue.group().startswith(("only", "until", "without", "unless"))
        else ""
    )
    if not words.strip() or not (
        _ACTION.search(words.lower()) or "`" in words or re.search(r"operation|action", words.lower())
    ):
        return []
    if _EDITING.fullmatch(_strip(words).lower()) and _ABSOLUTE.search(said.low):
        return ["edit files"]
    return _actions(words) or [_strip(words)]


def _asks_when(said: Sentence, cue: re.Match[str]) -> list[str]:
    """ "If you need X, ask me": the condition names the action."""
    ahead = re.search(
        r"\b(?:if|when) (?:you |it |there )?(?:need|want|have|are about|wants?|must)\b[^,.;]{2,80}",
        said.low[: cue.start()],
    )
    if not ahead or re.search(r"\b(?:clarif|question|unsure|doubt|unclear)", said.low):
        return []
    words = re.sub(
        r"^\w+ (?:you |it |there )?(?:are about|need|want|have|wants|must)(?: to)? ",
        "",
        said.text[ahead.start() : ahead.end()],
        flags=re.I,
    )
    return _actions(words) if _actions(words) else [words]


_GRANT = lazy(
    r"\W*(?:(?:ok|okay|yes|yep|good|great|nice|perfect|fine|looks good|lgtm|sure|now|please|then|and|so"
    r"|alright|go ahead(?: and)?"
    r"|you (?:can|may)|let's|it's ok to|feel free to)\b[\s,.!:]*)*"
    r"((?:commit|push|deploy|publish|release|merge|tag|rebase|amend|force[- ]push|install|delete|remove"
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


def granted(said: Sentence) -> list[Constraint]:
    """ "Commit this now.", "Push the branch please.": a person asks for what another instruction closes, once."""
    match = _GRANT.match(said.low) if said.kind == "prompt" else None
    if not match or _STANDING.search(said.low) or not _NOW.search(said.low) or said.low.rstrip().endswith("?"):
        return []
    if not _ALL_OF_IT.match(match.group(1)):
        return []  # "release the lock", "deploy it to staging": something else, or less
    actions = [action.phrase for action in actions_at(match.group(1))]
    if re.match(r"merge\b", match.group(1)) and not any("merge" in action for action in actions):
        actions += ["merge", "merge pull request"]
    return [Constraint("ask_before", {"action": list(dict.fromkeys(actions)), "permit": True})] if actions else []


def _strip(words: str) -> str:
    words = re.sub(
        r"^\W*(?:please |always |you (?:must|should) )?(?:never|do not|don't|must not|no)\b\s*",
        "",
        words.strip(),
        flags=re.I,
    )
    return words.strip(" ,:`*")


def _actions(words: str) -> list[str]:
    """The actions in `words`: commands in marks as said, the fixed commands of known phrases, verb phrases."""
    low = words.lower()
    found = [command_text(m) for m in re.findall(r"`([^`]+)`", words) if code_kind(m) == "command"]
    phrases = section("command_phrases")
    spans = []
    for match in pattern("command_phrases").finditer(low):
        found.append(phrases[match.group()][0])
        spans.append(match.span())
    found += re.findall(r"\b(?:rm -rf|drop table|git [a-z]+(?: --?[\w-]+)*)", low)
    for start, end in spans:
        low = low[:start] + " " * (end - start) + low[end:]
    found += [action.phrase for action in actions_at(verbs(low))]
    general = re.search(
        r"\b(?:other |any |all )?(?:outward[- ]facing|external|public|destructive|irreversible) (?:actions?"
        r"|operations?)\b",
        low,
    )
    if general and found:
        found.append(general.group().removeprefix("other ").removeprefix("any ").removeprefix("all "))
    if not found:
        found = [_strip(verbs(part)) for part in re.split(r",| or | and ", words) if _ACTION.search(part.lower())]
    return list(dict.fromkeys(" ".join(item.split()) for item in found if item.strip()))
