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
    r"\b(?:ask|check with|confirm with|confirm(?= before\b)|consult"
    r"|(?:gets?|requires?|needs?|waits? for|awaits?|seek|obtain|request|with|have) (?:explicit |my |prior |user "
    r"|human |written |manual |their |his |her |our |the user's |a person's |an |a )*"
    r"(?:approval|permission|confirmation|consent|sign-?off|go-?ahead|review(?! comments?)))\b"
    r"|\b(?:without|unless)\b[^,.;]{0,30}?\b(?:ask(?:ing|ed)?|approval|permission|confirm\w*|consent"
    r"|request(?:ed)?|instruct\w*|told|say so|said so|say-so|explicit\w*|authori[sz]\w*|a review|review|approv\w+"
    r"|sign-?off|go-?ahead|my ok(?:ay)?"
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


_STRETCH = r"(?:`[^`]*`|\.(?=\w)|[^.;`]){3,120}"  # words up to the end of a sentence, with names of files
_ASK_FIRST = lazy(
    r"\b(?:ask|check with|confirm with|consult|confirm|approval|permission|confirmation|consent"
    r"|reviews?|go-?ahead|sign-?off|feedback)\b(?:[^.;]{0,30}?)\bbefore (" + _STRETCH + r")|\bask (?:me )?(?:first"
    r"|permission)\b[^.;]{0,20}?\b(?:to|if|when|before) (" + _STRETCH + ")",
    needs="ask|check with|confirm|consult|approv|permission|consent|review|go-ahead|goahead|sign|feedback",
)


_BEFORE_IT = lazy(  # "Before running `git push`, stop and get approval": what waits stands ahead of the cue
    r"\b(?:before|prior to)(?: you| we| ever)? ([^.;:]{3,100}?),(?! or\b| and (?!stop|pause|ask|get|wait)\b)"
    r"\s*(?:you must |please |always |first |then |stop |pause |halt |wait |and )*$"
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
    r"(?:edits?|editing|generating|writing|creating|changes|changing|modify|modifying|modifications|implement(?:ing|ation)?|coding|code"
    r"|code changes|writing|touch|touching|change)(?: (?:any|the|of|to|existing|source|project|in|this|code"
    r"|files?|anything"
    r"|codebase|repo|repository|project|changes|edits)){0,4}\W*"
)
_ABSOLUTE = lazy(r"\b(?:must|never|always|any|only|do not|don't|required|mandatory|under no circumstances|not)\b")
_VAGUE = lazy(
    r"^(?:making|any)?\b.{0,24}\b(?:significant|major|large|architectural|big|breaking|assum\w*|proceed\w*"
    r"|continu\w*|implement\w*|decisions?|complex|scope|design|start\w*|going|unrelated|them)\b"
)


_BY_ITSELF = lazy(  # "never commit automatically": a person may ask for it
    r"\b(?:automatically|proactively|unprompted|on your own(?! \w)|on your own initiative|of your own accord)\b",
    needs="automatic|proactive|unprompted|on your own|own accord",
)
_KEPT = lazy(  # what a person does alone
    r"\b(?:i|we|the user|the human|humans|a human|maintainers)(?:'ll| will| always| alone| only)* (?:handle|do|make"
    r"|manage|take care of|perform|create)s? (?:all|any|every|the|my own|our own)(?: git| the| of the)* "
    r"([a-z][a-z ,]{2,60}?)"
    r"(?: (?:myself|ourselves|themselves|manually))?(?=$|[.,;:!(—])"
    r"|\bonly (?:i|the user|humans?|a human|maintainers) (?:may |can |should |must |will )?"
    r"(commit|push|merge|deploy|release|publish|tag)s?\b"
    r"|\b(?:leave|let me do|let me handle) (?:all |the |any )*(?:git )?"
    r"(commits?|committing|push(?:es|ing)|merg(?:es|ing)|deploy(?:s|ing|ments?)|releas(?:es|ing))\b"
    r"(?! (?:message|history))",
    needs="handle|do|make|manage|take care|perform|create|only|leave|let me",
)
_ONTO = lazy(
    r"\b(push|commit)(?:ting|ing|s)? (?:directly |straight |anything |changes )?(?:to|on|onto|into) (?:the )?"
    r"(`[\w./-]{1,40}`|main|master|develop|trunk|production|staging)(?: branch)?(?![\w/-])",
    needs="push|commit",
)
MOST_AHEAD = 160  # characters ahead of the cue in which what waits is named
_ASKING = tuple("ask check confirm consult get obtain seek request wait await have stop pause halt".split())
_ASK_HEADING = lazy(r"\bask\b.{0,20}\bbefore (?:chang|edit|modif|touch)")
_ASKED_LIST = (  # a label or a heading: what it lists needs a person's word
    r"(?:ask(?: me| us| the user| a human| for permission| permission| for approval)? (?:first|before(?: doing| you do"
    r"| proceeding| acting| any(?: of these)?)?)|ask|(?:requires?|needs?) (?:explicit |human |user |prior |my )*"
    r"(?:approval|confirmation|permission|sign-?off|consent)|(?:confirm|check) (?:with (?:me|the user) )?first"
    r"|approval (?:required|needed)|confirmation required|(?:only )?with (?:explicit )?(?:approval|permission)"
    r"|[^:：]{0,12}(?:先确认|先询问|需确认|需要确认|要確認|確認必須|사전 ?확인|확인 ?필요))"
)
_ONE = lazy(r"\b(?:create|open|make|add|submit|push|run|start|do|send)\w* (?:one|any|it|them|this|that|these)\W*$")
_OF_MANAGERS = lazy(  # "a Composer or npm dependency" is one thing
    r"(?i)\b(?:(?:an?|any|new) )*(?:(?:composer|npm|pnpm|yarn|pip|pypi|python|php|gem|ruby|cargo|rust|nuget|go"
    r"|maven|gradle|hex"
    r"|swift|cocoapods|node|js|javascript|runtime|dev|production|third-party|external)(?:,? (?:or|and) |, |/)){1,4}"
    r"(?:[\w-]+ )?(dependenc(?:y|ies)|packages?|librar(?:y|ies))\b"
)
_PRONOUN = lazy(r"(?:\w+ing )?(?:it|so|this|that|them|these|one)")
_LISTS = lazy(
    r"\W*(?:always )?" + _ASKED_LIST + r"(?: (?:about|for))?[*_`]*\s?(?:[—–-]\s[^:`]{0,60})?[:：]",
    needs="ask|require|need|confirm|check|approv|permission|先|需|確認|확인",
)
_LIST_HEADING = lazy(r"\W*(?:always )?" + _ASKED_LIST + r"\W*(?:\([^()]*\)\W*)?")
_LABEL = lazy(r"\W*([A-Za-z][\w /`-]{2,40}?)[`*]*:[*\s]")
_NOWHERE = (-1, -1)


def asks_of(said: Sentence) -> tuple[list[Constraint], tuple[int, int]]:
    """What needs a person's word first, and the stretch of the sentence that says so."""
    listed = _listed(said)
    if listed:
        return [Constraint("ask_before", {"action": listed, "words": said.words})], (0, len(said.text))
    cue = _ASK.search(said.low)
    label = _LABEL.match(said.text) if _ASK_HEADING.search(said.heading) and not cue else None
    if label and not said.forbids():
        return [Constraint("ask_before", {"action": ["change " + label.group(1)], "words": said.words})], _NOWHERE
    if not cue:
        return _not_by_itself(said)
    if re.search(r"\b(?:no need to ask|(?:don't|do not|never) ask|without asking (?:me )?again)\b", said.low):
        return [], _NOWHERE
    if said.sign(cue.start()) == "r":
        return [], _NOWHERE  # "you don't have to ask"
    part = said.part_of(cue.start())
    found = _asked(said, cue, part.start)
    onto = _ONTO.search(said.low)
    if onto and found == [onto.group(1)] and not said.forbids():  # other branches are free
        key = "forbid_push_to" if onto.group(1) == "push" else "forbid_commit_to"
        data = {key: [onto.group(2).strip("`")], "unless": "asked", "words": said.words}
        return [Constraint("branch", data)], (part.start, part.end)
    return (
        ([Constraint("ask_before", {"action": found, "words": said.words})], (part.start, part.end))
        if found
        else ([], _NOWHERE)
    )


def _not_by_itself(said: Sentence) -> tuple[list[Constraint], tuple[int, int]]:
    """ "Never run `git add` automatically", "the user does all commits": what a person keeps, or has to ask for."""
    kept = _KEPT.search(said.bare)
    if kept and said.sign(kept.start()) not in "-rc":
        found = [action.phrase for action in actions_at(verbs(kept.group(kept.lastindex or 0)))]
        return _until_asked(found, said, kept.start())
    match = _BY_ITSELF.search(said.low)
    if not match or said.sign(match.start()) != "-":
        return [], _NOWHERE
    part = said.part_of(match.start())
    rest = re.split(r"\b(?:before|after|when|while)\b", said.text[match.end() : part.end])[0]
    words = said.text[part.start : match.start()] + " " + rest
    known = [code for code in re.findall(r"`([^`]+)`", words) if code_kind(code) == "command"]
    if not known and not actions_at(verbs(words.lower())):
        return [], _NOWHERE
    return _until_asked(actions_in(words), said, match.start())


def _until_asked(actions: list[str], said: Sentence, at: int) -> tuple[list[Constraint], tuple[int, int]]:
    part = said.part_of(at)
    if not actions:
        return [], _NOWHERE
    return [Constraint("ask_before", {"action": actions, "words": said.words})], (part.start, part.end)


def _listed(said: Sentence) -> list[str]:
    """What a label or a heading ("Ask first") lists: one action an item."""
    label = _LISTS.match(said.low)
    if label:
        words = said.text[label.end() :]
    elif _LIST_HEADING.fullmatch(re.split(r"\s[>›»|]\s", said.heading)[-1]) and not _OWN_RULE.search(said.bare):
        words = said.text
    else:
        return []
    found: list[str] = []
    for item in _SEPARATORS.split(words):
        each = _NEW_ONES.sub("add dependencies", item)
        if "`" in each or _ACTION.search(each.lower()):
            found += [action for action in actions_in(each) if action not in found]
    return found


_NEW_ONES = lazy(  # "New workspace deps" waits for a word: to add one
    r"(?i)^\W*(?:any |all )?(?:new|extra|additional) (?:[\w/-]+ ){0,2}?"
    r"(?:deps?|dependenc(?:y|ies)|packages?|librar(?:y|ies))\b"
)
_OWN_RULE = lazy(r"\b(?:never|always|do not|don't|must|use|prefer|should)\b")
_SEPARATORS = lazy(r"[,;、，]\s?(?:or |and )?|\s(?:or|and)\s|(?<=[a-z])\.\s")
_BARE_VERBS = lazy(
    r"(?i)(?<![\w,] )\b((?:install|upgrad|updat|remov|uninstall|add|delet|modif|creat|renam|drop|alter|chang|bump)\w*)"
    r"((?:(?:,| or| and|, or|, and) ?(?:install|upgrad|updat|remov|uninstall|add|delet|modif"
    r"|creat|renam|drop|alter|chang|bump)\w*)+)"
    r" ((?:[a-z-]+ ){0,3}[a-z-]+)",
)


_TOLD_TO_RUN = lazy(r"\b(?:run|execute|invoke|call) `([a-z][\w-]* [a-z][\w:.-]*(?: [\w:.=/-]+){0,4})`")
_OBJECTS = lazy(  # "modify Docker or deployment configuration": two objects of one verb, and of one kind
    r"(?i)\b(modify|change|edit|touch|alter|update) ([\w/-]+) (?:or|and) ([\w/-]+) "
    r"(config(?:uration)?s?|settings|files?|workflows?|scripts?|manifests?|definitions?|pipelines?)\b"
)


def _shared(words: str) -> list[str]:
    """Several actions apart: "delete files or push"; "install, upgrade or remove packages" have one object."""
    foreign = "、" in words or "或" in words
    plain = " ".join(re.sub(r"\s*、\s*", ", ", words).replace("或", " or ").split()) if foreign else words

    def spread(match: re.Match[str]) -> str:
        every = [match.group(1), *re.findall(r"[A-Za-z]{3,}", match.group(2))]
        return ", ".join(f"{verb} {match.group(3)}" for verb in every if verb not in ("and", "or"))

    parts = [part.strip() for part in _SEPARATORS.split(_BARE_VERBS.sub(spread, plain)) if part.strip()]
    told = [part for part in parts if _ACTION.match(verbs(part.lower()))]
    return told if "`" not in words and len(told) > 1 and told[0] == parts[0] else [words]


def _asked(said: Sentence, cue: re.Match[str], start: int) -> list[str]:
    """The actions that the cue is about."""
    first = _ASK_FIRST.search(said.low)
    told = cue.group().startswith(("require", "need")) and re.search(r"\w", said.low[start : cue.start()])
    if first and not told:  # "a gate change requires approval before commit" is about the gate
        group = 1 if first.group(1) else 2
        words = said.text[first.start(group) : first.end(group)]
        if _PRONOUN.fullmatch(words.strip().lower()):  # "never run X unless asked; ask before executing it"
            words = said.text[: first.start()]
        return _waiting(words, said)
    waits = _BEFORE_IT.search(said.low, max(0, cue.start() - MOST_AHEAD), cue.start())
    if waits and cue.group().startswith(_ASKING):
        return _waiting(said.text[waits.start(1) : waits.end(1)], said)
    if cue.group().startswith(("ask", "check with", "confirm with", "consult")):
        return _asks_when(said, cue)
    ahead = _NEW_ONES.sub("add dependencies", said.text[start : cue.start()])
    if start and _ONE.search(ahead):
        ahead = said.text[: cue.start()]  # "tell me before creating a PR; never create one unless asked"
    only = re.match(r"only ([a-z ]{3,40}?) (?:when|if|after|on|upon)\b", cue.group())
    if only:
        return ["edit files"] if _EDITING.fullmatch(only.group(1)) else actions_in(only.group(1))
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
    return actions_in(words) or [_strip(words)]


def _waiting(words: str, said: Sentence) -> list[str]:
    """The actions in the words of what has to wait."""
    each = re.split(r",\s*(?:or |and )?|\s(?:or|and)\s", words.lower().strip())
    if "`" not in words and all(_EDITING.fullmatch(one) for one in each if one):
        return ["edit files"] if _ABSOLUTE.search(said.low) else actions_in(words) if "`" in words else [words.strip()]
    if _VAGUE.search(words.lower()) and "`" not in words:
        return []
    return actions_in(words) or [words.strip()]


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
    return actions_in(words) if actions_in(words) else [words]


def _strip(words: str) -> str:
    words = re.sub(
        r"^\W*(?:(?:please|always|the|ai|you|claude|agents?|assistants?|code|must|should|may|can|shall) )*"
        r"(?:never|do not|don't|must not|not|no|avoid)\b\s*",
        "",
        words.strip(),
        flags=re.I,
    )
    return words.strip(" ,:`*")


def actions_in(words: str) -> list[str]:
    """The actions in `words`: commands in marks as said, the fixed commands of known phrases, verb phrases."""
    words = _OF_MANAGERS.sub(r"\1", words)
    parts = _shared(words)
    if len(parts) > 1:
        return list(dict.fromkeys(action for part in parts for action in actions_in(part)))
    low = words.lower()
    found = [command_text(m) for m in re.findall(r"`([^`]+)`", words) if code_kind(m) == "command"]
    found += [f"`{told}`" for told in _TOLD_TO_RUN.findall(words) if code_kind(told) == "code"]
    phrases = section("command_phrases")
    spans = []
    for match in pattern("command_phrases").finditer(low):
        found.append(phrases[match.group()][0])
        spans.append(match.span())
    found += re.findall(
        r"\b(?:rm -rf|drop table|git (?!operations?\b|commands?\b|actions?\b)[a-z]+(?: --?[\w-]+)*)", low
    )
    for start, end in spans:
        low = low[:start] + " " * (end - start) + low[end:]
    found += [action.phrase for action in actions_at(verbs(low))]
    general = re.search(
        r"\b(?:other |any |all )?(?:outward[- ]facing|external|public|destructive|irreversible)"
        r" (?:git )?(?:actions?|operations?|commands?)\b",
        low,
    )
    if general and (found or "destructive" in general.group()):
        found.append(general.group().removeprefix("other ").removeprefix("any ").removeprefix("all "))
    if not found:
        found = [
            _strip(verbs(part))
            for part in re.split(r",| or | and ", _OBJECTS.sub(r"\1 \2 \4, \1 \3 \4", words))
            if _ACTION.search(part.lower())
        ]
    plain = list(dict.fromkeys(" ".join(item.split()) for item in found if item.strip()))
    return [item for item in plain if not any(other.startswith(item + " -") for other in plain)]
