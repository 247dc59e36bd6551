"""English sentences whose parts stand the other way round: "instead of X use Y", "3001 for the frontend", "you keep
using npm". Each is turned so that the families read it; a sentence that holds no such frame stays the same object.
"""

import re

from tractguard.instructions.patterns import lazy

_INSTEAD = lazy(
    r"^(?P<ahead>(?:please |and |so )?)(?:instead of|rather than) (?P<old>[^,.:;]{1,60}?),? "
    r"(?:please |we |you should |always )?(?P<verb>use|prefer|take|pick|choose|go with|install|import|call) "
    r"(?P<new>`[^`]{1,80}`|[\w@/+-][\w@/.+-]{0,60})",
    re.I,
    needs="nstead of|ather than",
)
_FOR = lazy(
    r"(?<![\w.:-])(?:port )?(?P<port>\d{2,5}) (?:is )?for (?:the |our )?"
    r"(?P<whose>[a-z][\w-]{1,20}(?: [a-z][\w-]{1,20})?)(?=\s*(?:,|;|and\b|[.!]?$))",
    re.I,
)
_PORT = lazy(r"\bports?\b", re.I)
_AREAS = frozenset("tests test testing dev development prod production staging local ci e2e demo".split())
_BASE = {
    "using": "use", "running": "run", "adding": "add", "calling": "call", "writing": "write", "pushing": "push",
    "committing": "commit", "editing": "edit", "touching": "touch", "installing": "install", "changing": "change",
    "deleting": "delete", "removing": "remove", "creating": "create", "importing": "import",
}  # fmt: skip
_KEEPS = lazy(
    r"^\W*(?:(?:but|and|hey|again|please|no|argh|ugh)\W+)*(?:why (?:do|are) )?"
    r"you(?:'re| are)? (?:still|keep(?: on)?|kept) "
    r"(?P<doing>" + "|".join(_BASE) + r")\b",
    re.I,
    needs="keep|kept|still",
)
_NOW = lazy(
    r"^(?P<told>.{0,80}?\b(?:on|port) )\d{2,5}(?P<rest>\b.{0,40}?),? (?:so|but|and|which is why) (?:now )?"
    r"(?:it's|it is|they're|that's|we moved it|i moved it|it moved)(?: now)? (?:on|to) (?:port )?(?P<new>\d{2,5})\b",
    re.I,
    needs="so |but |and |why ",
)
_SHOW = lazy(r"\b(?P<no>not|never|don't|dont) (?:ever )?(?:print|log|echo|output) (?:it|them|that|those)\b", re.I)

_PATH = r"(?P<path>`[^`\n]{1,120}`|[\w@.*-]{0,60}/[\w@.*/-]{0,120}|[\w-]{1,60}\.[a-z]\w{0,5}(?![\w/]))"
_ALTER = r"(?:edit|change|modify|touch|rewrite|do)"
_OPEN = lazy(  # "anything under docs/ you can edit without asking"
    r"^(?:anything|everything|files?|whatever(?: is)?) (?:under|in|inside|below|within) "
    + _PATH
    + r",? (?:you (?:can|may) "
    + _ALTER
    + r"|(?:can|may) be (?:edited|changed|modified))(?: freely| without asking.{0,20})?[\s.]*$",
    re.I,
    needs="you can|you may|can be|may be",
)
_ALL_BUT = lazy(  # "you can edit anything but migrations/"
    r"^(?:you )?(?:can|may|feel free to) "
    + _ALTER
    + r" (?:anything|everything|any files?|all files)(?: you (?:like|want))?,? "
    r"(?:but|except(?: for)?|other than|apart from) (?:the )?" + _PATH + r"[\s.]*$",
    re.I,
    needs="anything|everything|file",
)
_ONLY_ONE = lazy(  # "one is forbidden, the other is the only one allowed"
    r"^(?P<old>[\w@/.-]{2,30}) (?:is|are) (?:forbidden|banned|prohibited|not allowed|off[- ]limits|out|gone)[,;:.]? "
    r"(?:and )?(?:only )?(?P<new>[\w@/.-]{2,30}) is (?:the only|what we|allowed|required|mandatory|ok|fine)\b",
    re.I,
    needs=" is ",
)
_HERE = lazy(r"\b(?P<verb>use|run|using|running) (?P<what>[\w@/.-]{2,30}) (?:around )?here\b", re.I, needs=" here")
_WORD_FIRST = lazy(  # "wait for my OK before you deploy", where "wait" may have been blanked as an exclamation
    r"(?:(?:\bwait|^\s*) ?for (?:my|our|a|the|an explicit) "
    r"(?:ok(?:ay)?|approval|go(?:-ahead)?|confirmation|word|sign-off|permission)"
    r"|\b(?:let me know|tell me|check with me|talk to me|ping me)) before (?:you )?",
    re.I,
    needs=" before ",
)
_INSTALLS = lazy(r"\binstall (?:anything|something|things|stuff)(?: new)?\b", re.I, needs="nstall ")
_ONLY_I = lazy(
    r"^(?:nobody|no one) (?:touches|edits|changes) (?P<what>[^.;]{2,80}?) (?:except|but) me\b", re.I, needs=" me"
)
_NOTHING_GOES = lazy(
    r"\b(?:nothing|no code|no change) (?:goes|gets|is (?:deployed|released|shipped)) "
    r"(?:to|into|in) (?:prod|production|live) without [\w' ]{0,30}?"
    r"(?:approval|ok(?:ay)?|sign-off|permission|consent)",
    re.I,
    needs="othing |o code|o change",
)

_UNASKED = lazy(
    r"^(?P<may>(?:you )?(?:can|may|are free to|feel free to) .{3,120}?),? without "
    r"(?:asking(?: me| us)?|(?:my |our |any )?(?:permission|approval|confirmation))[\s.]*$",
    re.I,
    needs=" without ",
)
_BUT_ONE = lazy(
    r"\b(?:don't|dont|do not|never) " + _ALTER + r" (?:any (?:other )?files?|anything(?: else)?|other files) "
    r"(?:except(?: for)?|but|other than|apart from) (?:the )?" + _PATH,
    re.I,
    needs="file|anything",
)


def turned(sentence: str) -> str:
    """`sentence` with its parts in the order in which the families read them."""
    opened, closed = _OPEN.match(sentence), _ALL_BUT.match(sentence)
    if opened:
        return f"You may edit {opened.group('path')}."
    if closed:
        return f"Do not edit {closed.group('path')}."
    unasked, one = _UNASKED.match(sentence), _BUT_ONE.search(sentence)
    if unasked:
        return f"{unasked.group('may')}."
    if one:
        return f"{sentence[: one.start()]}only edit {one.group('path')}{sentence[one.end() :]}"
    only = _ONLY_ONE.match(sentence)
    if only:
        return f"use {only.group('new')}, not {only.group('old')}"
    sentence = _HERE.sub(r"\g<verb> \g<what>", sentence) if " here" in sentence else sentence
    sentence = _WORD_FIRST.sub("ask me before you ", sentence) if " before " in sentence else sentence
    mine = _ONLY_I.match(sentence)
    if mine:
        return f"do not change {mine.group('what')} unless I say so"
    sentence = _INSTALLS.sub("install a package", sentence)
    sentence = _NOTHING_GOES.sub("ask before you deploy to production", sentence)
    instead = _INSTEAD.match(sentence)
    if instead:
        told = f"{instead.group('verb')} {instead.group('new')} instead of {instead.group('old')}"
        sentence = f"{instead.group('ahead')}{told}{sentence[instead.end() :]}"
    keeps = _KEEPS.match(sentence)
    if keeps:
        sentence = f"do not {_BASE[keeps.group('doing').lower()]}{sentence[keeps.end() :].rstrip('?')}"
    moved = _NOW.match(sentence)
    if moved:
        return f"{moved.group('told')}{moved.group('new')}{sentence[moved.end() :]}"
    shown = _SHOW.search(sentence)
    if shown:
        return f"{sentence[: shown.start()]}{shown.group('no')} show it{sentence[shown.end() :]}"
    return _ports(sentence)


def _ports(sentence: str) -> str:
    """ "Use port 3001 for the frontend and 5433 for postgres": each service with its port."""
    if " for " not in sentence:
        return sentence
    named = [(match.group("whose"), match.group("port")) for match in _FOR.finditer(sentence)]
    if len(named) < 2 or not _PORT.search(sentence) or any(whose.lower() in _AREAS for whose, _ in named):
        return sentence
    return ", ".join(f"{whose} runs on port {port}" for whose, port in named)
