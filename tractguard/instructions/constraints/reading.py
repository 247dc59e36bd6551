"""How one sentence is laid out: code marks, parts, and the sign that holds at each place in it.

A sentence is read once. `sign(position)` then tells for a word at that place whether the sentence asks for it ("+"),
excludes it ("-"), allows it ("p"), names it in a condition ("c") or in a reason ("r"), or just mentions it ("0").
"Never npm; use pnpm", "pnpm instead of npm" and "not npm but pnpm" all give npm "-" and pnpm "+".
It does not know what any word means: the families of constraints beside it do.
"""

import re
from typing import NamedTuple

from tractguard.instructions.constraints.glossary import in_english
from tractguard.instructions.constraints.tables import members, programs
from tractguard.instructions.patterns import lazy

MOST_CHARS = 3000  # one directive is never longer; the rest of a longer text is not read

MOST_BEFORE_CONTRAST = 7  # words of "pnpm instead of npm" ahead of the contrast: more of them tell something else

_INVISIBLE = lazy("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_BULLET = lazy(r"^[\s>]*(?:(?:[-*+•]|\d{1,3}[.)]|#{1,6})\s+)?(?:\[[ xX]\]\s+)?")
_LINK = lazy(r"\[([^\[\]`]{1,200})\]\([^()\s]{0,300}\)")
_STAR = lazy(r"(?<![/*])\*\*(?!/)|(?<![/*])\*\*$")
_ITALIC = lazy(r"(?<![\w*/])\*([^*\s/.][^*\n]{0,200})\*(?![\w*/.])")
_UNDER = lazy(r"(?<!\w)__([^_\s][^_\n]{0,200})__(?!\w|\.)")
_REPORTED = lazy(  # what somebody else said is no order: only the person's own words are
    r"((?<!\bI )(?<!\bi )\b(?:wrote|writes|said|says|claims|claimed|suggests|suggested|argues|ticket"
    r"|comment)\b[^\"]{0,40})\"[^\"\n]{1,300}\""
)
_QUOTED = lazy(r"(?<=run |ith |ing |use |via |ute |and |nor | or )(['\"])([a-z][\w./-]*(?: [^'\"\n]{1,80})?)\1(?!\w)")
_SLASHED = lazy(r"(?<![\w./@`-])[A-Za-z]{2,12}(?:/[A-Za-z]{2,12}){1,4}(?![\w/@`-]|\.\w)")
_COLOUR = lazy(r"(?<![\w`#&/'\"])#[0-9a-fA-F]{6}(?![\w'\"])")  # a colour is code, marked or not
_CALL = lazy(r"(?<![\w`./:@-])([A-Za-z_]\w*(?:::[A-Za-z_]\w*)*(?:::|::[A-Za-z_]\w*\(\)))(?![\w`:])")
_CODE = lazy(r"(`{1,3})([^`\n]+)\1")
_DISCOURSE = lazy(
    r"^(?:(?:no|nope|wrong|stop|hey|ok|okay|please|note|important|remember|again|and|so)(?:,|!|\.|:| -| —)\s+)+", re.I
)
_QUOTES = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "\u00a0": " ",
        "\u202f": " ",
        "–": "—",
        "！": "!",
        "：": ":",
        "；": ";",
        "，": ",",
        "。": ". ",
        "（": "(",
        "）": ")",
    }
)
_FORGET = lazy(r"\b(?:do not|don't|never|dont) (?:ever )?(?:forget|fail|neglect|hesitate) to ", re.I)
_NO_ENTRY = lazy("[❌🚫⛔🛑✗✘]\ufe0f?")
_OTHER_MARKS = lazy("[✅✔☑⚠🔴🟢🟡🔒🚨❗‼️➡👉📌]\ufe0f?")

_BREAK = lazy(
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)[.!?](?=\s+\S|\s*$)|;|\s?—\s?(?!\d)|\s--?\s|\n|,?\s\bbut\b|,\s(?=in\s(?:the\s)?(?:`|[\w./-]{1,40}/))"
    r"|,\s(?=(?:(?:so|and)\s)?(?:never|do not|don't|always|use|you may|you can)\b(?!,))|\bhowever\b|→|=>"
    r"|(?P<states>,)\s(?=(?:(?:so|and)\s)?(?:(?:the|our|my)\s)?(?!(?:which|that|who|it)\b)[\w.-]{1,30}"
    r"(?:\s[\w.-]{1,20})?\s(?:listens?|runs?|lives?|sits|is)\s(?:on|at)\b)"
    r"|,\s(?=(?:edit|change|modify|update|write|put|add|import|call|prefer|extend)\b[^,;.]{1,50}\binstead\b)"
    r"|,\s(?=(?:open|create|submit|ask|rebase|regenerate|run) (?:(?!\bor\b|\band\b)[^,;.]){1,60}(?:[.;]|$))"
)
_LEADING = lazy(
    r"\W*(?:when(?:ever)?|if|unless|once|while|during|before|after|until|every time|each time|in|inside"
    r"|within|under|for|outside(?: of)?|on)\b"
)
_CLAUSE = lazy(
    r",?\s(?:and|or|nor|also)\s(?:you\s)?(?:never|do not|don't|always|must not|mustn't|must|should not|shouldn't|should"
    r"|cannot|can't|may not)\b"
)
_AND = lazy(r"\b(?:and|or|nor|also)\s(?:you\s)?$")
_CUE = lazy(
    r"(?P<open>[(])|(?P<close>[)])|(?P<comma>[,:])"
    r"|(?P<reason>\b(?:because|so that|in order (?:to|not)|to (?:\w{3,12}ly )?(?:avoid|prevent|ensure|keep"
    r"|allow|minimi[sz]e|reduce|help)|otherwise|or else|"
    r"as (?:it|they|this|these|we|the|that)|since)\b)"
    r"|(?P<idle>\b(?:no need to|never (?:said|asked|told)|did(?: not|n't) (?:say|ask|tell)|(?:should|will"
    r"|would)(?: not|n't) (?:need|have) to|(?:do|does)(?: not|n't) (?:need|have) to|not (?:necessary"
    r"|required) to"
    r"|need not|needn't|no [^,.;()]{2,40}? (?:needed|required|necessary))\b)"
    r"|(?P<replace>\b(?:replace|switch from|migrate from|mov(?:e|ed|ing) (?:away |over )?from|(?:switch"
    r"|migrat)\w+ (?:away |over )?from|chang\w+ [a-z ]{0,24}from|swap)\b)"
    r"|(?P<to>\b(?:with|to|by|for)\b)"
    r"|(?P<cond>\b(?:when(?:ever)?|if|unless|once|while|during|before|after|until|every time|each time"
    r"|except(?: (?:for|in|when|if))?|upon)\b)"
    r"|(?P<neg>\b(?:never|do not|don't|dont|does not|doesn't|must not|mustn't|should not|shouldn't"
    r"|shall not|cannot|can't|can not|may not|"
    r"not(?! (?:only|every|all|always)\b)|n't|nobody|no one|nothing(?= (?:in|under|below)\b)"
    r"|avoid|refrain from|no longer|no|instead of|rather than"
    r"|in place of|without|nor"
    r"|stop|skip|forbid|forbidden|prohibited|"
    r"banned|ban|disallow|keine?|nicht|niemals|nie|jamais|nunca)\b|禁止|不要|不得|切勿|(?<![以来为])避免|禁用"
    r"|请勿|勿|不允许|绝不|しない|禁ず|하지 ?마|금지)"
    r"|(?P<over>\b(?:over|than)\b)"
    r"|(?P<permit>\b(?:you may|may|you can|feel free to|allowed to|it(?:'s| is) (?:ok|okay|fine) to|permitted to)\b)"
    r"|(?P<pos>\b(?:use|using|uses|always|must|should|prefer(?:red|ably)?|(?<!-)only|ensure|make sure|run"
    r"|need(?:s)? to|have to|be sure to|default to|"
    r"go with|stay (?:with|on)|stick (?:to|with)|(?:switched|migrated|moved|gone) (?:over |back )?to"
    r"|switch to|instead|require[sd]?|verwende|nutze|immer|utilise[rz]?|usa)\b)"
)
_POST_NEG = lazy(
    r"\b(?:is|are|be|remains?|stays?) (?:strictly |absolutely |always )?(?:forbidden|prohibited|banned"
    r"|disallowed|blocked|off[- ]limits|"
    r"not (?:allowed|permitted|acceptable|ok|okay|to be)|never (?:allowed|ok|okay|acceptable))\b"
    r"|^\W*(?:forbidden|prohibited|banned|off[- ]limits)\b"
    r"|\b(?:(?:must|should|may|can|shall)(?: not|not| never)|can't|mustn't|shouldn't|(?:is|are) (?:never"
    r"|not)) (?:ever )?(?:to )?(?:be )?(?:\w+ly |hand-?)?(?:used|called|imported|added|run|executed|"
    r"committed|edited|modified|changed|touched|deleted|removed|pushed|logged|printed|exposed|stored"
    r"|installed|introduced|created|written|enabled|amended|rebased|merged|overwritten|altered|renamed"
    r"|moved|read|opened)\b"
    r"|^\W*\w+ (?:sie )?(?:niemals|nie|nicht)\b|[しかわめれさ]ない(?=[。.]?$)|しない|禁止(?=[。.]?$)|하지 ?마|금지",
    needs="forbid|prohibit|ban|disallow|block|off|not|never|n't|nie|nicht|ない|禁止|하지|금지",
)
_WITHOUT_IT = lazy(r" (?:it|this|that|them|these|which)\b,")  # "without it, X is blank" tells why
_POST_PERMIT = lazy(
    r"(?:\b(?:is|are)|'s) (?:totally |perfectly |also |always )?(?:fine|ok|okay|allowed|permitted"
    r"|acceptable|welcome)\b",
    needs="fine|ok|allowed|permitted|acceptable|welcome",
)
_NEG_HEADING = lazy(
    r"^(?:\W|\d|_)*(?:(?:things?|what|common|critical|hard|strict|mistakes|patterns|important|claude"
    r"|agents?|please|you|to|code|files?|paths?|folders?) ){0,3}"
    r"(?:don'?ts?|do not|never|avoid|must not|should not|not to|no-?gos?)\b"
    r"|\b(?:must|should|may|can|do|shall) (?:not|never)\W*$"
    r"|\b(?:forbidden|forbids?|prohibited|prohibitions?|banned|not allowed|blocked|off[- ]limits"
    r"|anti-?patterns?|disallowed)\b|❌|🚫|⛔|禁止|禁忌|\b(?:verboten|untersagt|prohibido|proibido|prohibiciones|interdit(?:s|ions)?"
    r"|nunca|niemals|jamais|запрещено)\b|严禁|不要|しないこと|금지"
)
_OWN = lazy(
    r"\b(?:never|do not|don't|dont|must|always|should|not|avoid|instead|only|no)\b"
)  # a sentence with its own polarity needs no heading
_OBJECT_TOLD = lazy(r"[\w\u2588][^:]*:")  # "never edit `gen/`: run `make gen`"
_BRACKETED = lazy(r"\([^()]*\)")
_LEFT_OUT = lazy(r"\W*(?:skip|omit|forget|leave out)(?:ping)? (?:the )?`")
_STEP_LEFT_OUT = lazy(r"\s(?:first )?(?:running|executing|calling|checking|testing|verifying|reading|asking)\b")
_NOT_BUT = lazy(r"\bnot [^,;.]{1,60}$")
_BOTH_HEADING = lazy(r"\b(?:do'?s?|always)\b.{0,12}\b(?:and|&|/|or)\b")


class Code(NamedTuple):
    """One code mark: offsets of its content in `Sentence.text`, and the content."""

    start: int
    end: int
    text: str


class Part(NamedTuple):
    """A stretch of the sentence with its own polarity; `marks` are (position, sign) changes inside it."""

    start: int
    end: int
    marks: tuple[tuple[int, str], ...]


class Sentence(NamedTuple):
    """A sentence laid out for the families. `low` and `bare` have the length of `text`."""

    text: str  # emphasis and list marks gone, code marks kept
    low: str  # in lower case
    bare: str  # `low` with the content of code marks blanked
    codes: tuple[Code, ...]
    parts: tuple[Part, ...]
    heading: str  # the heading above it, lower case
    before: str  # the sentence before it, as written
    kind: str
    forbidding: bool  # the heading says that what follows is excluded
    words: str  # the sentence as it was given

    def sign(self, position: int) -> str:
        """What the sentence says about the word at `position`: one of + - p c r 0."""
        found = "0"
        for part in self.parts:
            if part.start <= position <= part.end:
                for at, sign in part.marks:
                    if at > position:
                        return found
                    found = sign
        return found

    def part_of(self, position: int) -> Part:
        """The part that holds `position`."""
        return next((part for part in self.parts if part.start <= position <= part.end), self.parts[-1])

    def reach(self, position: int) -> tuple[int, int]:
        """The part at `position`, with the leading "In src/," or "When you commit," before it."""
        part = self.part_of(position)
        for ahead in self.parts:
            only = all(sign in "0c" for _, sign in ahead.marks)  # it says where or when, and nothing else
            leads = only and ahead.end < part.start <= ahead.end + 8 and self.bare[ahead.end] == ","
            if leads and _LEADING.match(self.bare, ahead.start, ahead.end):
                return ahead.start, part.end
        return part.start, part.end

    def clause(self, position: int) -> tuple[int, int]:
        """Start and end of the clause at `position`: "never A and never B" is one part with two clauses."""
        part = self.part_of(position)
        start, end = part.start, part.end
        for match in _CLAUSE.finditer(self.bare, part.start, part.end):
            if match.end() <= position:
                start = match.start()
            elif match.start() > position:
                return start, match.start()
        return start, end

    def forbids(self) -> bool:
        """Whether any stretch of it excludes something."""
        return any(sign == "-" for part in self.parts for _, sign in part.marks)


def read(text: str, context: str, before: str, kind: str) -> Sentence:
    """Lay one sentence out. Never raises; what is longer than `MOST_CHARS` is cut."""
    plain = _plain(text[:MOST_CHARS])
    codes = tuple(Code(m.start(2), m.end(2), m.group(2)) for m in _CODE.finditer(plain))
    low = lower(plain)
    pieces, at = [], 0
    for code in codes:
        pieces += [low[at : code.start], "\u2588" * (code.end - code.start)]
        at = code.end
    bare = "".join(pieces) + low[at:]
    heading = lower(in_english(context[-300:]))
    above = filter(None, heading.replace("’", "'").replace(": ", " > ").split(" > "))  # "Git > Never"
    forbidding = any(_NEG_HEADING.search(part) and not _BOTH_HEADING.search(part) for part in above)
    parts = _parts(bare, forbidding)
    words = text[:MOST_CHARS].strip()
    return Sentence(plain, low, bare, codes, parts, heading, before[:MOST_CHARS], kind, forbidding, words)


def lower(text: str) -> str:
    """`text` in lower case, character by character, so that offsets stay the same."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _plain(text: str) -> str:
    text = in_english(_INVISIBLE.sub("", text).translate(_QUOTES))
    text = _BULLET.sub("", text, count=1)
    text = _OTHER_MARKS.sub("", _NO_ENTRY.sub(" never: ", text))
    text = _REPORTED.sub(r'\1"…"', text)
    text = _QUOTED.sub(_as_code, text) if "`" not in text else text
    text = _SLASHED.sub(_spelled_out, text) if "/" in text else text
    pieces, at = [], 0
    for match in _CODE.finditer(text):
        pieces += [_unmark(text[at : match.start()]), "`" + match.group(2) + "`"]
        at = match.end()
    text = "".join(pieces) + _unmark(text[at:])
    text = _FORGET.sub("always ", text.replace("\t", " ").strip())
    return _DISCOURSE.sub("", text)


def _spelled_out(match: re.Match[str]) -> str:
    """ "npm/yarn/pnpm" is a list of tools, not a path."""
    words = match.group().split("/")
    return (
        ", ".join(words)
        if all(word.lower() in members() or word.lower() in programs() for word in words)
        else match.group()
    )


def _as_code(match: re.Match[str]) -> str:
    """A command in plain quotes is a command in code marks."""
    return "`" + match.group(2) + "`" if match.group(2).split(" ")[0] in programs() else match.group()


def _unmark(text: str) -> str:
    text = _LINK.sub(r"\1", text)
    text = _CALL.sub(r"`\1`", text) if "::" in text else text
    text = _COLOUR.sub(lambda match: f"`{match.group()}`", text) if "#" in text else text
    return _UNDER.sub(r"\1", _ITALIC.sub(r"\1", _STAR.sub("", text)))


def _parts(bare: str, forbidding: bool) -> tuple[Part, ...]:
    parts, at = [], 0
    base = "0"
    for match in _BREAK.finditer(bare):
        if match.lastgroup == "states" and not _OWN.search(bare, at, match.start()):
            continue  # "outside Docker, Postgres is on 5436" is one statement; "not 27017, mongo is on 27027" is two
        if match.start() > at:
            parts.append(_part(bare, at, match.start(), forbidding, base))
        base = "+" if "but" in match.group() and _NOT_BUT.search(bare, at, match.start()) else "0"
        at = match.end()
    if at < len(bare) or not parts:
        parts.append(_part(bare, at, len(bare), forbidding, base))
    return tuple(parts)


def _part(bare: str, start: int, end: int, forbidding: bool, base: str) -> Part:
    piece = bare[start:end]
    if _POST_NEG.search(piece):
        base = "-"
    elif _POST_PERMIT.search(piece):
        base = "p"
    elif forbidding and start == 0 and not _OWN.search(_BRACKETED.sub(" ", piece)):
        base = "-"
    if base == "-" and forbidding and start == 0 and _LEFT_OUT.match(piece):
        return Part(start, end, ((start, "0"),))  # "Never > Skip `x`": `x` is wanted
    walk = _Walk(base, start)
    for match in _CUE.finditer(bare, start, end):
        walk.step(match, bare)
    return Part(start, end, tuple(walk.marks))


_OVER_NEXT = lazy(r" ?(?:and )?`?\S{1,24} over\b")


class _Walk:
    """The walk over the cues of one part: a small machine with the sign that holds now."""

    def __init__(self, base: str, start: int) -> None:
        self.base = self.now = base
        self.marks = [(start, base)]
        self.stack: list[str] = []
        self.resume = ""  # what holds again when a condition ends
        self.replacing = ""  # the sign of what comes in the place of something
        self.prefers = False
        self.last = start
        self.start = start
        self.nobody = self.trailing = False  # "nobody may": denied; whether a condition stands behind what it limits
        self.opened = self.negated = -1  # where the last bracket and the last negation stood

    def put(self, at: int, sign: str) -> None:
        if sign != self.now:
            self.now = sign
            self.marks.append((at, sign))

    def step(self, match: re.Match[str], bare: str) -> None:
        kind, at = match.lastgroup or "", match.start()
        if self.now == "c" and self.trailing and kind == "neg" and _AND.search(bare, max(0, at - 9), at):
            self.put(at, self.resume)  # "never A when X and never B": the condition was A's
        if kind == "open":
            self.stack.append(self.now)
            self.opened = at
        elif kind == "close":
            self.put(match.end(), self.stack.pop() if self.stack else self.now)
        elif self.now == "r":
            return
        elif kind == "comma":
            again = self.prefers and _OVER_NEXT.match(bare, match.end())
            if again or (self.now == "c" and self.resume):
                self.put(match.end(), "+" if again else self.resume)
        elif kind == "cond":
            self.resume = self.base if self.now == "c" else self.now
            self.trailing = bool(re.search(r"\w", bare[self.start : at]))
            self.put(at, "c")
        elif self.now != "c":
            self.change(kind, match, bare)
        if kind not in ("comma", "to"):
            self.last = match.end()

    def contrast(self, word: str, ahead: str) -> None:
        """What stands before "instead of Y" or ", not Y" without a verb is what is wanted."""
        told = word in ("instead of", "rather than", "in place of") or (
            (word == "not" and ahead.rstrip().endswith((",", "("))) or (word == "never" and ahead.endswith("("))
        )
        if told and self.stack and self.opened > self.negated and 0 < len(ahead[self.opened + 1 :].split()) < 8:
            self.marks.append((self.opened, "+"))  # "(`a`, not `b`)" behind an exclusion
        told = told and len(ahead[self.start :].split()) <= MOST_BEFORE_CONTRAST
        if told and all(sign == "0" for _, sign in self.marks):
            self.marks[0] = (self.marks[0][0], "+")
            self.stack = ["+" for _ in self.stack]

    def change(self, kind: str, match: re.Match[str], bare: str) -> None:
        word = match.group()
        left_out = self.now == "0" and _STEP_LEFT_OUT.match(bare, match.end())
        if word == "without" and (self.now == "-" or left_out):  # "never commit without running X" is no word against X
            self.resume = "-" if self.now == "-" else self.resume
            self.put(match.start(), "c")
        elif kind in ("reason", "idle") or (word == "without" and _WITHOUT_IT.match(bare, match.end())):
            self.put(match.start(), "r")
        elif kind == "neg":
            self.contrast(word, bare[: match.start()])
            self.negated = match.start()
            self.nobody = word in ("nobody", "no one", "nothing")
            self.put(match.start(), "-")
        elif kind == "replace":  # "do not replace A with B" excludes B
            self.replacing = "-" if word in ("replace", "swap") and self.now == "-" and self.negated >= 0 else "+"
            self.put(match.start(), "0" if self.replacing == "-" else "-")
        elif kind == "to" and self.replacing:
            self.put(match.start(), self.replacing)
            self.replacing = ""
        elif kind == "over" and self.prefers:
            self.put(match.start(), "-")
        elif kind == "permit" and self.base != "-" and not (self.nobody and self.now == "-"):
            self.put(match.start(), "p")
        elif kind == "pos":
            self.prefers = self.prefers or word.startswith("prefer")
            between = bare[self.last : match.start()]
            if self.now in ("0", "+") or (
                self.now == "-"
                and ("," in between or _OBJECT_TOLD.search(between) or (self.stack and self.opened > self.negated))
                and self.last > self.marks[0][0]
            ):
                self.put(match.start(), "+")
