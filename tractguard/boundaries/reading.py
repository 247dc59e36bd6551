"""How a request is read: its words, the classes of words in it, and what each clause does to what.

Words are held against a lexicon of classes (`data/boundaries_words.json`): "delete", "purge" and "efface" are one
class, "minors" and "refugees" another. Names of files, identifiers and code are no words: no name decides anything.
It refuses to judge: `statistics.py` weighs what stands here. Linear in the length of the text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from tractguard.tables import table

MOST_TOKENS = 160  # of one passage
FILE, NAME, TICKET, NUMBER, END, COMMA, ASKS = "<file>", "<name>", "<ticket>", "<number>", "<end>", "<comma>", "<asks>"
MARKS = frozenset((FILE, NAME, TICKET, NUMBER, END, COMMA, ASKS))

_TOKEN = re.compile(
    r"`[^`\n]{1,200}`"
    r"|https?://\S{1,300}"
    r"|#\d{1,6}\b|\b[A-Z]{2,8}-\d{1,6}\b"
    r"|(?:[\w@~-]{1,60}[/\\])+[\w.*-]{0,80}|\b[\w-]{1,60}\.[a-z]{1,5}\b(?!\w)"
    r"|\d+(?:[.,:]\d+)*%?"
    r"|[^\W\d_]+(?:_[\w]+)+|[^\W\d_]+(?:['’][^\W\d_]+)?"
    r"|[.!?;:\n]+|,"
)
_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")  # that of a word; a ticket keeps its own
_TAIL = (".com", ".org", ".net", ".io", ".dev", ".app", ".eu", ".de", ".fr")
# Words before the verb of a request that only lead up to it.
_LEAD = frozenset(
    "please pls can could would will you we let's lets us just now also then next ok okay so go ahead and i want"
    " need"
    " like to should must shall kindly hey hi maybe perhaps simply quickly try bitte kannst du könntest wir sollten mal"
    " jetzt dann und lass uns s'il te plaît peux tu pouvez vous il faut on devrait et puis por favor puedes podrías"
    " tenemos que y ahora você pode poderia vamos e agora per puoi potresti dobbiamo ora first finally instead"
    " i'd we'd there's alright yes no well right make sure get start stop don't do not never team hello".split()
)
_NOT = frozenset(
    "not never don't dont doesn't without no stop nicht kein keine nie pas jamais ne aucun sin nunca não nunca non mai"
    " senza sans ohne sem cannot can't won't".split()
)
# What ends the noun that a verb acts on.
_ENDS = frozenset(
    "of from in on for to with by that when if so and or because who which unless until without at as into after before"
    " than while below above behind beneath beside away out down up off through instead but where between about under"
    " over during per they we it is are was were has have should can could will must would nobody somebody all"
    " everybody everyone".split()
)
_SMALL = frozenset("the a an this that these those our their your my its his her all every each any some".split())
_OPENS = frozenset("to and or then by und oder zu et ou puis y o e ed per di de para pour".split())
_WH = frozenset(
    "why how what which who when where should is are does do did can could would warum wieso wie was welche welcher wer"
    " soll sollen ist pourquoi comment quel quelle qui est doit por qué cómo cuál quién debemos porque quem qual perché"
    " come quale chi".split()
)


class Clause(NamedTuple):
    """A stretch of words up to the next stop."""

    head: str  # the stem of its verb, "" where it has none that is known
    does: tuple[str, ...]  # the classes of that verb
    about: tuple[str, ...]  # the classes of what stands behind it, in order
    thing: str  # the stem of the noun that it acts on: "endpoint" of "the delete-account endpoint"
    kinds: tuple[str, ...]  # the classes of that noun
    beside: tuple[tuple[str, str], ...]  # (preposition, class) of what stands behind that
    denies: bool
    orders: bool  # it opens with its verb


class Passage(NamedTuple):
    """A request as it was read."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]  # of the word or phrase that begins at each place
    clauses: tuple[Clause, ...]
    language: str
    asks: bool  # it ends with a question mark
    opens: str  # its first word


def stem(word: str) -> str:
    """A word without its ending, roughly: `deleted`, `deletes` and `deleting` are one."""
    if len(word) < 4 or not word.isascii():
        return word
    if word.endswith(("ies", "ied")):
        return word[:-3] + "y"
    if word.endswith("ing") and len(word) > 5:
        word = word[:-3]
    elif word.endswith("ed") and len(word) > 4:
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] == "e" else word


def tokens(text: str) -> list[str]:
    """The words of a text in lower case; stops, names, files, numbers and tickets as marks."""
    found: list[str] = []
    for match in _TOKEN.finditer(text):
        found += _marked(match[0])
        if len(found) >= MOST_TOKENS:
            break
    return found[:MOST_TOKENS]


def _marked(word: str) -> Sequence[str]:
    first = word[0]
    if first == ",":
        return (COMMA,)
    if first in ".!?;:\n":
        return (ASKS, END) if "?" in word else (END,)
    if first == "`" or word.startswith("http"):
        return (FILE,) if "/" in word or "." in word else (NAME,)
    if first == "#" or (word[-1].isdigit() and "-" in word and first.isupper()):
        return (TICKET,)
    if first.isdigit() and not word[-1].isalpha():
        return (NUMBER,)
    if "/" in word or "\\" in word:
        parts = word.replace("\\", "/").strip("/").split("/")
        plain = len(parts) == 2 and all(part.isalpha() and part.islower() for part in parts)
        return [part for part in parts if part] if plain else (FILE,)  # "and/or", "opt-in/opt-out" are words
    if "." in word:
        return (NAME,) if word.lower().endswith(_TAIL) else (FILE,)
    if "_" in word or (word != word.lower() and not word.isupper() and not word.istitle() and _camel(word)):
        return (NAME,)
    return (_owner(word.lower().replace("’", "'")),)


def _owner(word: str) -> str:
    """A word without the mark of an owner: "the member's" is about a member; "it's" is not."""
    return word[:-2] if word.endswith("'s") and word[:-2] not in _SHORT else word


_SHORT = frozenset("it that there what who he she let here where how when why s".split())


def _camel(word: str) -> bool:
    """Whether a capital stands inside: `PrivacySettings`."""
    return any(one.islower() and two.isupper() for one, two in pairwise(word))


@cache
def lexicon(language: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Phrases (stems) -> their classes, of one language. English always counts in."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name, rows in table("boundaries_words").items():
        for phrase in rows.get(language, "").split(","):
            key = tuple(stem(word) for word in phrase.replace("-", " ").split())
            if key and name not in found.get(key, ()):
                found[key] = (*found.get(key, ()), name)
    return found


@cache
def longest(language: str) -> dict[str, int]:
    """First word of a phrase -> how many words the longest such phrase has."""
    found: dict[str, int] = {}
    for key in lexicon(language):
        found[key[0]] = max(found.get(key[0], 0), len(key))
    return found


def language_of(words: Sequence[str]) -> str:
    """The language that the words of a passage belong to, by small words and known ones; English where that is open."""
    plain = [word for word in words if word not in MARKS]
    said = frozenset(plain)
    own = len(said & _ENGLISH)
    if own * 4 > len(plain) or (own > 1 and own * 6 > len(plain)):
        return "en"
    best, most = "en", max(own + _known(plain, "en"), 1)
    for language, small in table("boundaries")["small_words"].items():
        number = len(said & frozenset(small.split())) + _known(plain, language)
        if number > most:
            best, most = language, number
    return best


def _known(words: Sequence[str], language: str) -> int:
    """How many of the words stand alone in the lexicon of a language."""
    known = lexicon(language)
    return sum((stem(word),) in known for word in words)


_ENGLISH = frozenset(
    "the an of to and in for is are that this we our it with by be or from not have do all so if you your"
    " i they their them when should make please can which what does was were will them there has".split()
)


def read(text: str) -> Passage:
    """Read one passage: a request of a sentence or a few."""
    words = tokens(_HYPHEN.sub(" ", text) if "--" not in text else text)
    language = language_of(words)
    stems = [word if word in MARKS else stem(word) for word in words]
    classes = _classes(stems, "en")
    if language != "en":
        own = _classes([*words], language, plain=True)
        classes = [(*own[at], *classes[at]) if own[at] else classes[at] for at in range(len(stems))]
    classes = _without_replaced(words, _without_places(words, classes))
    first = next((word for word in words if word not in MARKS), "")
    return Passage(
        tuple(words),
        tuple(stems),
        tuple(classes),
        tuple(_clauses(words, stems, classes)),
        language,
        ASKS in words,
        first,
    )


def _classes(stems: Sequence[str], language: str, plain: bool = False) -> list[tuple[str, ...]]:
    """The classes of the longest phrase that begins at each place; nothing inside of one."""
    known, reach = lexicon(language), longest(language)
    keys = [stem(word) if plain and word not in MARKS else word for word in stems]
    found: list[tuple[str, ...]] = [()] * len(keys)
    at = 0
    while at < len(keys):
        length = min(reach.get(keys[at], 0), len(keys) - at)
        while length and tuple(keys[at : at + length]) not in known:
            length -= 1
        if length:
            found[at] = known[tuple(keys[at : at + length])]
        at += max(length, 1)
    return found


def _without_places(words: Sequence[str], classes: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The classes without those of an "on" or "off" that says where: "on the page" switches nothing on; and without a
    question that is not asked, but stands inside of an order.
    """
    kept = list(classes)
    for at, word in enumerate(words):
        if word in ("on", "off") and at + 1 < len(words) and words[at + 1] not in _AFTER_SWITCH:
            kept[at] = tuple(name for name in kept[at] if name not in ("O_ON", "O_OFF"))
        if at and "V_INFO" in kept[at] and words[at - 1] not in _LEAD and words[at - 1] not in MARKS:
            kept[at] = tuple(name for name in kept[at] if name != "V_INFO")  # "cap how many complaints one may file"
    return kept


_AFTER_SWITCH = frozenset(
    (END, COMMA, ASKS, *"for by from until till again and or in at unless when if while now so always but".split())
)


def _without_replaced(words: Sequence[str], classes: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The classes without those of what is given up: "opt-out instead of opt-in" is about opting out."""
    kept = list(classes)
    for at, word in enumerate(words):
        if word not in _INSTEAD:
            continue
        for place in range(at + 1, len(words)):
            if words[place] in (COMMA, END, ASKS) or words[place] in _ON:
                break
            kept[place] = ()
    return kept


_INSTEAD = frozenset(("instead", "rather", "statt", "anstatt", "lieu", "lugar", "vez", "invece"))
_ON = frozenset(("for", "in", "on", "when", "and", "so", "by", "für", "pour", "para", "per"))


def _clauses(words: Sequence[str], stems: Sequence[str], classes: Sequence[tuple[str, ...]]) -> Iterable[Clause]:
    """The clauses of a passage. A new one begins at a stop, and at "and" or a comma before a verb."""
    begin = 0
    for at in range(len(words) + 1):
        if at == len(words) or words[at] in (END, ASKS) or _begins(at, words, classes):
            clause = _clause(begin, at, words, stems, classes)
            if clause is not None:
                yield clause
            begin = at + 1


def _begins(at: int, words: Sequence[str], classes: Sequence[tuple[str, ...]]) -> bool:
    joined = words[at] in (COMMA, "and", "then", "but", "und", "et", "y", "e", "aber", "mais", "pero", "mas", "ma")
    return joined and any(name[0] == "V" for name in (classes[at + 1] if at + 1 < len(words) else ()))


def _clause(
    begin: int, end: int, words: Sequence[str], stems: Sequence[str], classes: Sequence[tuple[str, ...]]
) -> Clause | None:
    if begin >= end:
        return None
    at, denies = begin, False
    while at < end and (words[at] in _LEAD or words[at] in MARKS) and not _is_verb(classes[at]):
        denies = denies or words[at] in _NOT
        at += 1
    place = at
    while place < end and not (_is_verb(classes[place]) and (place == at or words[place - 1] in _OPENS | _LEAD)):
        place += 1
    if place == end:
        place = next((one for one in range(at, end) if _is_verb(classes[one])), end)
    about = tuple(name for one in range(place + 1, end) for name in classes[one] if name[0] == "O")
    denies = denies or any(words[one] in _NOT for one in range(begin, min(place, end)))
    if place == end:
        about = tuple(name for one in range(begin, end) for name in classes[one] if name[0] == "O")
        return Clause("", (), about, "", (), (), denies, False) if about else None
    verbs = tuple(name for name in classes[place] if name[0] == "V")
    if stems[place] == "order" and "by" in words[place:end]:  # a list is put in order, nothing is bought
        verbs = ("V_REFACTOR", "V_RANK")
    thing, kinds, beside = _acts_on(place + 1, end, words, stems, classes)
    return Clause(stems[place], verbs, about, thing, kinds, beside, denies, place == at)


def _acts_on(
    at: int, end: int, words: Sequence[str], stems: Sequence[str], classes: Sequence[tuple[str, ...]]
) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What a verb acts on, the last noun before a preposition or a stop, and what stands behind that."""
    while at < end and words[at] in _SMALL:
        at += 1
    thing, kinds = "", tuple[str, ...]()
    while at < end and words[at] not in _ENDS and words[at] not in (COMMA, END):
        if words[at] not in MARKS or words[at] in (FILE, NAME, TICKET):
            thing = stems[at]
        kinds = classes[at] or kinds
        at += 1
    beside: list[tuple[str, str]] = []
    said = ""
    for place in range(at, end):
        said = words[place] if words[place] in _ENDS else said
        beside += [(said, name) for name in classes[place] if name[0] == "O"]
    return thing, tuple(name for name in kinds if name[0] == "O"), tuple(beside)


def _is_verb(names: Sequence[str]) -> bool:
    return any(name[0] == "V" for name in names)


_OUGHT = frozenset(
    "should shall ought may sollen sollten dürfen darf devons doit devrait faut debemos deberíamos debería devemos"
    " deveríamos dovremmo dobbiamo".split()
)
_WE = frozenset("we i our us wir nous nosotros nós noi".split())


def asks_what(passage: Passage) -> str:
    """What kind of question a passage is: "ought" (what should be), "fact" (what is), or "" for none."""
    early = passage.words[:12]
    if passage.opens in _OUGHT or (passage.opens in _WH and not _OUGHT.isdisjoint(early)):
        return "ought"
    if passage.opens in ("can", "could", "do", "are") and passage.asks and not _WE.isdisjoint(passage.words[1:2]):
        return "ought"
    if passage.opens == "is" and passage.asks and any("O_OPEN" in names for names in passage.classes):
        return "ought"
    if passage.opens in _WH:
        return "fact" if passage.asks or passage.opens in ("why", "where", "warum", "pourquoi", "wieso") else "what"
    return "late" if passage.asks else ""


def split_words(text: str) -> Iterator[str]:
    """The words inside names and code, in lower case: `unsubscribeAll_users` is "unsubscribe", "all", "users"."""
    for match in _PART.finditer(text):
        yield match[0].lower()


_PART = re.compile(r"[A-Z]+(?![a-z])|[^\W\d_A-Z]+|[A-Z][^\W\d_A-Z]*")
