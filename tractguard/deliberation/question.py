"""What a question is about: its act, its object, its aim, whom it names, between what it chooses.

Reads one sentence by word order and a table of verbs and groups; refuses to know what is right. English word order; a
sentence of another language is quoted whole. Linear, standard library only: an escalated call runs through here.
"""

import re
from functools import cache
from typing import NamedTuple

from tractguard.tables import table

LONGEST = 300  # characters of a question that are read
ASKING = (
    "should we", "can we", "may we", "shall we", "must we", "do we want to", "are we allowed to", "would it be ok to",
    "would it be okay to", "would it be fair to", "is it ok to", "is it okay to", "is it fair to", "is it right to",
    "is it acceptable to", "we want to", "we would like to", "we plan to", "we are going to", "we should", "we could",
    "we need to", "i want to", "i would like to", "i'd like to", "i want you to", "could you", "can you", "would you",
    "please", "let's", "lets", "help me", "just", "now", "then", "also", "to",
)  # fmt: skip
OPENERS = ("how", "which", "what", "who", "whom", "whose", "where", "when", "why", "whether")
AIMS = (" so that ", " in order to ", " because ", " since it ", " to ")
NO_AIM = frozenset("us them him her it me you the a an all every each our their his your its".split())
OBJECT_ENDS = frozenset(
    "to for from in on at by with without of as if when unless before after during than instead who whom whose that"
    " which older where while until under over through about against into onto via per so because based using"
    " automatically silently and or but".split()
)
ADVERBS = frozenset("silently automatically quietly simply also now all off on up out down over away in".split())
ARTICLES = frozenset("the a an all every each our their his her its some any this that these those".split())
NOT_A_KIND = frozenset(
    "after before during against between among without when where while if so that which all every each our the a an of"
    " to for from new in on and or with by at my your their his her its these those some any few many most other more"
    " but not".split()
)
CONJUNCTIONS = frozenset("and but as since because".split())
REMARKERS = frozenset("it they we you nobody this that there i nobody's".split())
REMARKS = frozenset(
    "is are will won't only do does don't need needs has have can think know would cost costs save saves".split()
)
INVERTED = re.compile(r"\b(should|shall|can|must|may|do|could) (we|i|our \w+|the \w+) (?=[a-z-]+\b)", re.IGNORECASE)
MODALS = frozenset("should shall can may must will would could do does is are".split())
MOST_SUBJECT = 7  # words after a modal verb in which the acting verb is looked for
PREFIXES = ("auto-", "pre-", "re-", "de-", "un-", "co-", "mass-", "bulk-")
PRONOUNS = frozenset(("we", "they", "you", "i", "to"))
ACRONYM = re.compile(r"[A-Z][A-Z0-9]+s?\b|[A-Z]\w*[A-Z]")


class Question(NamedTuple):
    """A question as read. Empty where the sentence does not say it."""

    text: str  # the sentence, without its end mark
    act: str  # "subscribing every user to the newsletter": fits where a noun does
    what: str  # "user data": what it is done to or with
    aim: str  # "preventing imminent harm"
    groups: tuple[str, ...]  # "under-age users": whom it names, first named first
    options: tuple[str, ...]  # "privacy", "performance": between what it chooses
    everybody: bool  # it names all of a group, or a great number


def question_of(text: str) -> Question:
    """A text as a question: its first sentence, read."""
    sentence = first_sentence(text)
    main, aim = split_aim(unasked(sentence))
    main = without_remark(main)
    options = options_in(main)
    what = "" if options else object_of(main)
    return Question(sentence, act_of(main), what, aim, groups_in(sentence), options, concerns_all(sentence))


def without_remark(main: str) -> str:
    """What is done, without what is said about it behind a comma (", they will not notice")."""
    comma = main.find(", ")
    while comma > 0:
        words = [word for word in main[comma + 2 :].casefold().split()[:4] if word not in CONJUNCTIONS]
        if words and words[0] in REMARKERS and REMARKS.intersection(words[1:3]):
            return main[:comma]
        comma = main.find(", ", comma + 1)
    return main


def first_sentence(text: str) -> str:
    """The first sentence, in one line, without its end mark."""
    line = " ".join(text[: 4 * LONGEST].split())
    for at, mark in enumerate(line):
        if mark in ".?!;" and at > 8 and line[at + 1 : at + 2] in ("", " ") and line[at - 3 : at] not in ("e.g", "i.e"):
            line = line[:at]
            break
    return line[:LONGEST].rstrip(" .?!;,:")


def unasked(sentence: str) -> str:
    """The sentence without what makes a question or an order of it ("Should we", "Let's")."""
    changed = True
    while changed:
        changed = False
        low = sentence.casefold()
        for words in ASKING:
            if low.startswith(words + " "):
                sentence, changed = sentence[len(words) + 1 :].lstrip(" ,"), True
                break
    return sentence


def split_aim(text: str) -> tuple[str, str]:
    """(what is done, what for): the clause that begins with "to VERB", "so that", "because"."""
    low = text.casefold()
    for mark in AIMS:
        at = low.find(mark, 8)
        while at > 0:
            rest = text[at + len(mark) :]
            first = rest.split(" ", 1)[0].casefold().strip(",")
            if mark == " so that ":
                return text[:at].rstrip(" ,"), f"the aim that {rest}"
            if mark in (" because ", " since it "):
                return text[:at].rstrip(" ,"), f"the reason that {rest if mark == ' because ' else f'it {rest}'}"
            if is_verb(first) and first not in NO_AIM:
                return text[:at].rstrip(" ,"), gerund(rest)
            at = low.find(mark, at + 1)
    return text, ""


def act_of(main: str) -> str:
    """The act as something that can stand where a noun stands."""
    words = main.split()
    if not words:
        return "this"
    first = words[0].casefold().strip(",")
    if is_verb(first):
        return gerund(main)
    if first.endswith("ly") and len(words) > 1 and is_verb(words[1].casefold()):
        return f"{gerund(' '.join(words[1:]))} {first}"
    if first in MODALS:
        verb = next((at for at in range(2, min(len(words), MOST_SUBJECT)) if is_verb(words[at].casefold())), 0)
        if verb:  # "should the bot tell users": somebody else is the one who acts
            return f"{' '.join(words[1:verb])} {gerund(' '.join(words[verb:]))}"
    if first in OPENERS:
        return f"the decision {INVERTED.sub('to ', lowered(main), count=1)}"
    if first in ARTICLES or first.endswith("ing"):
        return lowered(main)
    return f"the {lowered(main)}" if main.isascii() and len(words) <= 8 else f'"{main}"'


def object_of(main: str) -> str:
    """What the act is done to: the words after its verb, up to the next clause; "" where there is no verb."""
    words = main.split()
    bare_words = [word.strip(",:()\"'").casefold() for word in words]
    opens = next((at for at, word in enumerate(bare_words[:2]) if word in OPENERS), -1)
    if opens >= 0:  # "how long we keep chat logs": the act is the inner one
        inner = [
            at for at in range(opens + 1, len(words)) if is_verb(bare_words[at]) and bare_words[at - 1] in PRONOUNS
        ]
        words = words[inner[0] :] if inner else []
    if len(words) < 2 or not is_verb(words[0].casefold()):
        return ""
    found: list[str] = []
    for word in words[1:]:
        bare = word.strip(",:()\"'").casefold()
        if bare in OBJECT_ENDS or (
            is_verb(bare) and found and bare not in ("data", "record", "records", "work", "price")
        ):
            break
        if bare in ADVERBS and not found:
            continue
        found.append(word.strip(',:()"').lstrip("'"))
        if word.endswith((",", ":")):
            break
    return " ".join(found[:6])


def groups_in(sentence: str) -> tuple[str, ...]:
    """The groups of people that a sentence names, each with the word that says which ("under-age users")."""
    found: dict[str, None] = {}
    words = [word.strip(",.:;?!()\"'") for word in sentence.split()]
    for at, word in enumerate(words):
        low = word.casefold().removesuffix("'s").removesuffix("’s").removesuffix("s'")
        if low not in group_nouns() and low + "s" not in group_nouns():
            continue
        if at + 1 < len(words) and is_group(words[at + 1]):
            continue  # "user accounts": the later noun is the group
        kind = words[at - 1].casefold() if at else ""
        word_like = kind.isascii() and kind.replace("-", "").isalpha() and kind not in NOT_A_KIND
        named = word_like and not is_verb(kind) and not is_verb(kind.removesuffix("s"))
        word = plural(low)
        found[f"{words[at - 1]} {word}" if named and kind not in OPENERS else word] = None
    return tuple(found)[:4]


def options_in(main: str) -> tuple[str, ...]:
    """The two things between which a question chooses ("privacy or performance"), without what follows them."""
    for mark in (" or ", " vs ", " vs. ", " versus ", " rather than ", " over "):
        at = main.casefold().find(mark)
        if at > 0:
            left = main[:at].split()[-1].strip(",")
            right = main[at + len(mark) :].split()
            if right and len(left) > 2 and not left.isdigit():
                return left, right[0].strip(",.?")
    return ()


def concerns_all(sentence: str) -> bool:
    """Whether it names everybody, or a great number of people."""
    low = f" {sentence.casefold()} "
    return any(
        f" {word} " in low for word in ("all", "every", "everyone", "everybody", "each", "any", "alle", "tous")
    ) or (re.search(r"\b\d{3,}", low) is not None)


def gerund(phrase: str) -> str:
    """A phrase that begins with a verb, as something done: "drop the table" becomes "dropping the table"."""
    verb, _, rest = phrase.partition(" ")
    if verb.casefold() == "stop" and rest.partition(" ")[0].endswith("ing"):
        return f"no longer {rest}"
    head, dash, stem = verb.casefold().rpartition("-")
    rest = f" {rest}" if rest else ""
    for conjunction in (" and ", " or "):
        left, joined, right = rest.partition(conjunction)
        follows = right.split(" ", 1)[0].casefold()
        if joined and is_verb(follows) and follows not in group_nouns():
            return f"{head}{dash}{ing(stem)}{left}{conjunction}{gerund(right)}"
    return f"{head}{dash}{ing(stem)}{rest}"


def ing(verb: str) -> str:
    """The -ing form of one verb."""
    if verb.endswith("ing"):
        return verb
    if verb in doubled():
        return f"{verb}{verb[-1]}ing"
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return f"{verb[:-1]}ing"
    return f"{verb}ing"


def plural(noun: str) -> str:
    """A group's noun for more than one of it."""
    if noun.endswith(("s", "people", "children", "staff", "men", "women")):
        return noun
    return noun[:-1] + "ies" if noun.endswith("y") else noun + "s"


def lowered(text: str) -> str:
    """A text that goes on within a sentence: its first letter small, unless it is a name of capitals."""
    return text if ACRONYM.match(text) else text[:1].lower() + text[1:]


def capital(text: str) -> str:
    """A text that begins a sentence."""
    return text[:1].upper() + text[1:]


def is_verb(word: str) -> bool:
    """Whether a word is one of the verbs with which an order begins."""
    return word in verbs() or (word.startswith(PREFIXES) and word.partition("-")[2] in verbs())


def is_group(word: str) -> bool:
    """Whether a word names people."""
    return word.strip(",.:;?!()\"'").casefold() in group_nouns()


@cache
def verbs() -> frozenset[str]:
    """The verbs of the table."""
    return frozenset(str(table("deliberation")["verbs"]).split())


@cache
def doubled() -> frozenset[str]:
    """Verbs that double their last letter."""
    return frozenset(str(table("deliberation")["doubled"]).split())


@cache
def group_nouns() -> frozenset[str]:
    """Nouns that name people."""
    return frozenset(str(table("deliberation")["groups"]).split())
