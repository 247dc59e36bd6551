"""The little grammar that cues need: clauses, the word that stands first in each, and what a clause says.

It tells an order ("keep the ids") from a statement ("the store keeps the ids") by word lists and neighbours. It refuses
to parse: no tree, no agreement, one look at a bounded number of words.
"""

import re

from tractguard.instructions.lexicon import Lexicon
from tractguard.instructions.markup import CODE

BREAK = frozenset(".;:!?—–()→…。；：！？、，\n|")
MOST_HEADS = 8
LONGEST_HEAD = 40  # words of a clause that are looked at
_PREPOSITIONAL = frozenset("work look comment wait listen start switch focus".split())  # verbs: "work in small steps"
_BE = frozenset("is are was were isn't aren't".split())
_CAN = frozenset("can cannot can't may might will won't could would".split())
_HAVE = frozenset("do does doesn't don't has have had did".split())
_FINITE = frozenset("is are was were must should can may will has have".split())
_NOT_AFTER_VERB = frozenset("is are was were has have can will of".split())
_I = frozenset("i i'm i've i'd i'll".split())
_AFTER_PLURAL = frozenset("are must should".split())
_NOT = frozenset("no não non ne pas".split())
_ROMANCE_INFINITIVE = ("er", "ir", "re", "ar", "or")
_GERMAN_FINITE = frozenset("ist sind wird werden hat haben kann können war waren gibt steht läuft".split())
_WITHOUT_EXCEPTION = frozenset(("always", "never"))
_PARTICIPLES = frozenset("set put read run cut hit built sent kept split cast shut let come".split())
_POINTERS = frozenset("this that these the my our now here today all every each".split())
_LINKS = frozenset("that which who to and or ,".split())

_INTERJECTIONS = frozenset(
    "no nope nah wrong stop wait hey hm hmm oh ah ugh argh oops sorry what wtf omg damn seriously yes yep yeah ok okay"
    " right great good nice perfect thanks thx nein ja doch non oui sí si não нет да".split()
)
_SPOKEN = re.compile(r"[^\W\d_]+")

Words = tuple[str, ...]


def interjection(text: str) -> bool:
    """Whether a sentence only exclaims ("No!", "wait, stop"): it says nothing that a later one could refer to."""
    words = _SPOKEN.findall(text[:60].lower())
    return (
        0 < len(words) <= 4
        and len(text) <= 60
        and not any(c.isdigit() or c == "`" for c in text)
        and (_INTERJECTIONS.issuperset(words))
    )


def clauses(words: Words) -> list[Words]:
    """Clauses: cut at punctuation and at a spaced hyphen."""
    parts: list[Words] = []
    start = 0
    for place, word in enumerate(words):
        if word in BREAK or word == "-":
            if place > start:
                parts.append(words[start:place])
            start = place + 1
    if start < len(words):
        parts.append(words[start:])
    return parts


def without_brackets(words: Words) -> Words:
    """The words outside round brackets: an aside is not the sentence."""
    out: list[str] = []
    depth = 0
    for word in words:
        if word in ("(", "（"):
            depth += 1
        elif word in (")", "）"):
            depth = max(0, depth - 1)
        elif not depth:
            out.append(word)
    return tuple(out) if out and out[0] not in BREAK else words


def heads(clause: Words, lex: Lexicon) -> list[Words]:
    """Where a verb may stand first: the clause without its lead words, and what follows a comma or a conjunction."""
    start = 0
    while start < len(clause) - 1 and clause[start] in lex.lists["lead"]:
        start += 1
    clause = clause[start:]
    found: list[Words] = []
    if clause and clause[0] not in lex.lists["subordinate"]:
        found.append(clause[:LONGEST_HEAD])
    behind = _behind_phrase(clause, lex) if not found else 0
    if behind:
        found.append(clause[behind : behind + LONGEST_HEAD])
    for place, word in enumerate(clause):
        if len(found) >= MOST_HEADS:
            break
        if word in (",", "then", "and", "but", "or") and place + 1 < len(clause):
            rest = clause[place + 1 : place + 1 + LONGEST_HEAD]
            while len(rest) > 1 and (rest[0] in lex.lists["lead"] or rest[0] == ","):
                rest = rest[1:]
            if word == "but" and rest[0] in ("do", "don't") and found and says(found[0], lex) == "states":
                continue  # "groups document ownership but do not change URLs" says what groups do not do
            # after a conjunction only a clear order counts: "create and update" is a list of verbs or nouns
            if word == "," or not found or head_cue(rest, lex) in ("imperative", "forbid"):
                found.append(rest)
    return found


def _behind_phrase(clause: Words, lex: Lexicon) -> int:
    """Where an order begins behind a phrase that no comma closes ("during this session keep it short"), or 0."""
    if clause[0] not in lex.lists["subordinate"] or len(clause) < 4 or clause[1] not in _POINTERS:
        return 0
    for place in range(2, min(len(clause) - 1, 6)):
        word, follow = clause[place], clause[place + 1]
        if word in ("never", "don't", "always", "only") or (word == "do" and follow == "not"):
            return place
        if word in _FINITE or word in lex.lists["prepositions"] or word in lex.lists["pronouns"] or word in _LINKS:
            return 0
        if word in lex.verbs and (word not in lex.noun_verbs or _opens_object(follow, lex)) and place > 2:
            return place
    return 0


def without_exception(words: Words, lex: Lexicon) -> bool:
    """Whether it begins with "always" or "never" and a verb in the form of an order."""
    first = next(iter(clauses(without_brackets(words))), ())
    start = 0
    while start < len(first) - 2 and first[start] in lex.lists["lead"] and first[start] not in _WITHOUT_EXCEPTION:
        start += 1
    if len(first) < start + 3 or first[start] not in _WITHOUT_EXCEPTION:
        return False
    verb, follow = first[start + 1], first[start + 2]
    if not (follow[0].isalnum() or follow[0] in (CODE, "@", ".", "/", "_")):
        return False
    if verb in lex.verbs:
        return verb not in _PARTICIPLES or follow not in lex.lists["prepositions"]  # "never set in production builds"
    ending = verb.endswith(("ed", "ing", "s", "ly"))
    return verb.isalpha() and verb.isascii() and follow in lex.lists["articles"] and not ending


def head_cue(head: Words, lex: Lexicon) -> str:
    """What the first word of a clause is: imperative, forbid, no, not, lets, third, noun, question …"""
    word = head[0]
    follow = head[1] if len(head) > 1 else ""
    if word == "never" and third(follow, lex):
        return "third"
    if word in ("don't", "dont", "never") or (word == "do" and follow == "not"):
        return "forbid"
    if word in ("do", "does", "did") and follow in lex.lists["pronouns"]:
        return "question"
    if word in ("not", "no", "let's", "lets"):
        return "lets" if word.startswith("let") else word
    if word in lex.verbs and follow not in _NOT_AFTER_VERB:
        return _verb_cue(word, head, lex)
    if word in lex.lists["pronouns"]:
        return "pronoun:i" if word in _I else "pronoun:you" if word == "you" else "pronoun:other"
    if third(word, lex):
        # "labels for all fields", "hooks in one folder": a noun in the plural
        placed = follow in lex.lists["prepositions"] or follow in lex.lists["subordinate"] or follow == "only"
        plural = _stem(word) in lex.noun_verbs and (placed or follow in lex.verbs or follow in ("have", "do", "can"))
        return "noun" if plural or not follow or follow in BREAK or follow in _AFTER_PLURAL else "third"
    if word in lex.lists["question"]:
        return "question" if word != "any" else "noun"
    return _unknown_cue(word, follow, lex)


def _unknown_cue(word: str, follow: str, lex: Lexicon) -> str:
    """The first word by its ending and its neighbour, where no list has it."""
    ending = word.endswith(("s", "ed", "ing", "ly"))
    if follow in lex.lists["articles"] and word.isalpha() and word.isascii() and not ending:
        return "imperative"  # no noun is followed by an article: an order whose verb the lexicon lacks
    if word.endswith("ing") and len(word) > 5:
        return "gerund"
    if word.endswith("ed") and len(word) > 4:
        return "past"
    return "code" if word == CODE else "noun"


def _verb_cue(word: str, head: Words, lex: Lexicon) -> str:
    if word not in lex.noun_verbs:
        return "imperative"
    follow = head[1] if len(head) > 1 else ""
    if follow in lex.lists["prepositions"] and word not in _PREPOSITIONAL:
        return "noun" if _states_later(head, lex) else "perhaps"
    if not follow or _opens_object(follow, lex) or follow.isdigit():
        return "imperative"
    return "noun" if _states_later(head, lex) else "perhaps"


def _states_later(head: Words, lex: Lexicon) -> bool:
    """Whether a finite verb follows, so that the first word was a noun."""
    for place in range(1, min(len(head), 9)):
        word = head[place]
        if word in ("that", "which", ",", "when", "if", "where"):
            return False
        if word in _FINITE:
            return True
        if place > 1 and _finite(word, head[place - 1], head[place + 1] if place + 1 < len(head) else "", lex):
            return True
    return False


def says(clause: Words, lex: Lexicon) -> str:
    """Whether a clause orders, obliges, states, tells what is possible, or is a mere phrase."""
    name = head_cue(clause, lex)
    if name in ("imperative", "forbid", "lets"):
        return "order"
    if name == "third":
        return "states"
    for place in range(1, min(len(clause), LONGEST_HEAD)):
        if clause[place - 1] in _LINKS:
            continue
        told = _told(clause, place, lex)
        if told:
            return told
    return "perhaps" if name == "perhaps" else "phrase"


def _told(clause: Words, place: int, lex: Lexicon) -> str:
    """What the word at `place` makes of the clause if it is its verb, else ""."""
    word, follow = clause[place], clause[place + 1] if place + 1 < len(clause) else ""
    if word in ("need", "needs", "requires", "require"):
        return "obliges" if follow in ("to", "a", "an") else "states"
    if word in lex.lists["modals"]:
        return "obliges"
    if word in _CAN:
        return "only" if "only" in clause[:3] else "never" if follow in ("never", "not", "only") else "possible"
    if word in _BE:
        if word.endswith("n't") or follow in ("not", "never"):
            return "is not"
        return "is always" if follow in ("always", "only") else "is"
    if word in ("never", "always", "only") and place < 6:
        return "states always"
    return "states" if word in _HAVE or _finite(word, clause[place - 1], follow, lex) else ""


def _finite(word: str, last: str, follow: str, lex: Lexicon) -> bool:
    """Whether `word`, after a noun, is a verb in the present tense rather than another noun."""
    if last in lex.lists["determiners"] or last in lex.lists["subordinate"]:
        return False
    opens = _opens_object(follow, lex)
    if word in lex.third and _stem(word) not in lex.noun_verbs:
        return True
    if word.endswith("s") and not word.endswith("ss"):
        stem = _stem(word)
        return stem in lex.verbs and (stem not in lex.noun_verbs or opens or follow in lex.lists["subordinate"])
    plural = last.endswith("s") or last == CODE
    return plural and word in lex.verbs and (word not in lex.noun_verbs or opens)


def _opens_object(word: str, lex: Lexicon) -> bool:
    """Whether an object may begin with `word`, so that the word before it is a verb."""
    return word in lex.lists["determiners"] or word == CODE or word.endswith("ly")


def infinitive(words: Words, lex: Lexicon) -> bool:
    """Whether a sentence of a Romance language begins with an infinitive, or a German one ends with it: an order."""
    if len(words) < 2:
        return False
    told = [word for word in words if word[0].isalpha()][:LONGEST_HEAD]
    german = sum(word in lex.lists["german"] for word in told)
    romance = sum(word in lex.lists["romance"] for word in told)
    if romance > german and told:
        first = next((word for word in told if word not in _NOT), "")
        return first.endswith(_ROMANCE_INFINITIVE) and len(first) > 3 and first not in lex.verbs
    finite = any(word in _GERMAN_FINITE for word in told)
    return german > 0 and bool(told) and told[-1].endswith(("en", "ern", "eln")) and not finite and len(told) > 2


def third(word: str, lex: Lexicon) -> bool:
    """Whether `word` may be a verb that somebody else does ("uses", "returns")."""
    return word in lex.third or (word.endswith("s") and not word.endswith("ss") and _stem(word) in lex.verbs)


def _stem(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1]
