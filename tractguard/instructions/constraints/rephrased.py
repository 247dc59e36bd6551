"""English orders that say a thing in a roundabout way, put plainly: "do not switch X to Y" shuts out Y alone.

It knows only such frames: of tools, of places ("keep X as it is", "in X you may"), of what was told before, of a clause
in front. Which tool or database stands in one the tables know; where they do not, nothing is changed.
"""

import re

from tractguard.instructions.constraints.tables import canonical, members
from tractguard.instructions.constraints.turned import turned
from tractguard.instructions.patterns import lazy

_SWITCH = lazy(
    r"\b(?P<no>do not|don't|dont|never|must not|should not)(?: ever)? "
    r"(?:switch|migrate|convert|replace|swap|change|move)(?: (?:away|over|back))?(?: from)?(?: the)? "
    r"`?(?P<old>[\w+#.-]{2,30})`? (?:to|with|for|by|in favou?r of) (?=`?(?P<new>[\w+#.-]{2,30}))",
    re.I,
    needs="switch|migrate|convert|replace|swap|change|move",
)
_DATABASES = frozenset(
    "postgresql postgres mysql mariadb sqlite mongodb redis oracle dynamodb cockroachdb mssql".split()
)


_PATH = r"(?P<path>`[^`\n]{1,120}`|[\w@.*-]{0,60}/[\w@.*/-]{0,120}|[\w-]{1,60}\.[a-z]\w{0,5}(?![\w/]))"
_KEPT = (
    r"(?:as (?:it|they) (?:is|are)|as[- ]is|unchanged|untouched|intact|unmodified|the way (?:it|they) (?:is|are))\b"
    r"(?! by\b)"
)
_FREELY = (
    r"(?: (?:freely|at will|as you (?:like|want|please|wish)|whatever you \w+|anything(?: you \w+)?|everything|files))?"
)
_ALTER = r"(?:edit|change|modify|touch|alter|rewrite|write(?: to)?|do)"
_MAY = lazy(  # "in legacy/ you may", "in legacy/ you may edit freely"
    r"^(?:but |however,? |only )?(?:in|inside|under|within) (?:the )?" + _PATH + r"(?: folder| directory)?,? "
    r"you (?:may|can|are (?:allowed|free) to|'re (?:allowed|free) to)(?: " + _ALTER + _FREELY + r")?[\s.!]*$",
    re.I,
    needs="you may|you can|you are|you're",
)
_MAY_BE = lazy(
    r"^(?:but |however,? )?(?:files in |everything in )?"
    + _PATH
    + r" (?:may|can) be (?:edited|changed|modified|touched)"
    r"(?: freely| at will)?[\s.!]*$",
    re.I,
    needs="may be|can be",
)
_KEEP = lazy(r"\b(?:keep|leave) (?:the )?(?:files in )?" + _PATH + r"(?: \w{1,20})? " + _KEPT, re.I, needs="eep |eave ")
_STAYS = lazy(
    r"(?:\bfiles in |\bthe )?"
    + _PATH
    + r"(?: \w{1,20})? (?:(?:must|should|has to|have to) )?(?:stays?|remains?) "
    + _KEPT,
    re.I,
    needs="stay|remain",
)
_MEDDLE = lazy(
    r"\b(do not|don't|dont|never) (?:mess|fiddle|tamper|meddle|play)(?: around)? with ", re.I, needs=" with "
)
_CONDITION = lazy(
    r"\b(?:unless|until|if|when(?:ever)?|once|before|after|what(?:ever)?|that|which|as|than|where) $", re.I
)
_TOLD = lazy(  # "I told you not to touch legacy/": the order that was given
    r"\b(?:i|we)(?:'ve| have| had|'d)? (?:already |just |clearly |explicitly )?(?:told|asked|tell|ask) you "
    r"(?P<no>not to|never to|to (?:not|never)|to) (?=\w)",
    re.I,
    needs=" you to | you not to | you never to ",
)
_SAID = lazy(  # "I said no npm!"
    r"\b(?:i|we) (?:already |just |clearly |explicitly )?said,? "
    r"(?=(?:no|not|never|don't|dont|do not|always|only|use)\b)",
    re.I,
    needs=" said",
)
_LEADS = lazy(  # "until we ship no changes to billing/": the comma that was left out
    r"^((?:until|while|during|before|after) [^,.:;]{2,60}?) "
    r"(?=no (?:changes?|deploy|commit|push|release|merge|new )|(?:don't|dont|do not|never|nobody)\b)",
    re.I,
    needs="ntil |hile |uring |efore |fter ",
)


_RUST = ("try!", "panic!", "todo!", "unimplemented!", "unreachable!", "println!", "dbg!", "vec!")  # names


def plainly(sentence: str) -> str:
    """`sentence` with such frames put plainly; the same object where it holds none."""
    if sentence.endswith("!") and not sentence.endswith(_RUST):
        sentence = sentence.rstrip("! ") + "."
    sentence = turned(sentence)
    sentence = _each_for_its_own(sentence)
    sentence = _THEN.sub(r" and \1 ", sentence)
    allowed = _MAY.match(sentence) or _MAY_BE.match(sentence)
    if allowed:
        return f"You may edit {allowed.group('path')}."
    for frame in (_KEEP, _STAYS):
        kept = frame.search(sentence)
        if kept and not sentence[: kept.start()].rstrip().endswith((" and", " or", ",", "&")):
            sentence = f"{sentence[: kept.start()]}do not change {kept.group('path')}{sentence[kept.end() :]}"
    meddling = _MEDDLE.search(sentence)
    if meddling:
        sentence = f"{sentence[: meddling.start()]}{meddling.group(1)} change {sentence[meddling.end() :]}"
    said = _SAID.search(sentence)
    if said:
        sentence = sentence[said.end() :]
    told = _TOLD.search(sentence)
    if told and not _CONDITION.search(sentence[: told.start()]):
        sentence = f"{'' if told.group('no').lower() == 'to' else 'do not '}{sentence[told.end() :]}"
    leads = _LEADS.match(sentence)
    if leads:
        sentence = f"{leads.group(1)}, {sentence[leads.end() :].lstrip()}"
    match = _SWITCH.search(sentence)
    if not match or not (_known(match.group("old")) and _known(match.group("new").rstrip("."))):
        return sentence
    return f"{sentence[: match.start()]}{match.group('no')} use {sentence[match.end() :]}"


_THEN = lazy(r", then ([^,.;]{2,40}), (?=before )", needs=", then ")  # "run A, then B, before you commit"
_SHARE = lazy(r"(?P<before>^|; )`?(?P<tool>[\w.+-]{2,30})`?(?: \([^()]{1,40}\))? (?=for )", needs=" for ")


def _each_for_its_own(sentence: str) -> str:
    """ "Use pnpm for the frontend; uv for Python", "uv for Python, pnpm for Node": the verb that is left out."""
    match = _SHARE.search(sentence)
    purposes = re.findall(r" for `?([\w.+-]{2,30})", sentence)
    if match is None or not _known(match.group("tool")) or any(map(_known, purposes)):
        return sentence
    verb = " and use " if match.group("before") else "Use "
    return f"{sentence[: match.start()]}{verb}{sentence[match.end('before') :]}"


def _known(word: str) -> bool:
    return word.lower() in _DATABASES or canonical(word.lower()) in members()
