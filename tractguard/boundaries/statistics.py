"""The small linear model of boundaries: what was read of a passage -> how likely a person has to decide, and in which
domain.

Logistic regression, one weight a feature and question, trained by `tools/train_boundaries.py` from sentences written
for this project and shipped as `data/boundaries_weights.json`. Classes of words carry it, single words only refine.
Sums in a fixed order: the same everywhere. It refuses to see anything that was not read.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

from tractguard.boundaries.reading import FILE, MARKS, NAME, NUMBER, TICKET, Clause, Passage, asks_what
from tractguard.tables import table

UNIT = 100  # weights are kept as whole numbers of 1/UNIT
HUMAN = "human"
_REFERS = frozenset(
    "as in with using per from by see according following via to of nach laut selon según secondo".split()
)


_AS = frozenset(
    "as per exactly according following like which that by from laut wie gemäß selon comme según como conforme secondo"
    " come".split()
)
_NEAR = 7  # words between "as" and what it names


_LIGHT = frozenset(
    "O_CODE O_TECH O_REGEN O_SPEC O_AGE O_ALL O_ON O_OFF O_TRADEOFF O_STORE O_OPEN O_BAD O_DEFAULT O_EMBLEM"
    " O_REGION".split()
)


_ACTS = frozenset(
    "V_REMOVE V_END V_SEND V_PUBLISH V_SUBSCRIBE V_COMMIT V_SHARE V_RANK V_CHARGE V_COLLECT V_HIDE V_DECIDE".split()
)
_CODE = frozenset(("O_CODE", "O_TECH", "O_REGEN"))
_WORK = frozenset("V_FIX V_TEST V_REFACTOR V_RESEARCH V_INFO V_DRAFT V_BUILD".split())
# What each takes off the sum of weights.
SETTLED, LIGHT, TELLS, WORK = 3.0, 1.5, 1.0, 1.5
CODE, RULE, CHOICE, DRAFTED = 1.0, 1.5, 1.5, 1.0


def doubt(passage: Passage, names: Iterable[str]) -> float:
    """What speaks against a decision whatever the words weigh: a named specification, nothing at stake, no request, or
    a request to look into something, to draft or to repair it, or that acts on code alone.
    """
    said = frozenset(names)
    acts = any(verb in _ACTS for clause in passage.clauses for verb in clause.does)
    acts = acts or any(name in _ACTS for name in aims(passage))
    less = SETTLED if "settled" in said else 0.0
    less += LIGHT if "nothing" in said and not acts else 0.0
    less += RULE if _forbids(passage.words) else 0.0
    less += CHOICE if "lets only" not in said and said & {"gives choice", "asks before"} else 0.0
    first = passage.clauses[0] if passage.clauses else None
    if first is not None and first.orders and not acts and _WORK.issuperset(first.does):
        less += WORK
    if first is not None and first.orders and not acts and "V_DRAFT" in first.does:
        less += DRAFTED
    if first is not None and len(passage.clauses) == 1 and first.kinds and _CODE.issuperset(first.kinds):
        less += CODE
    return less + (TELLS if "tells" in said and asks_what(passage) != "ought" else 0.0)


def aims(passage: Passage) -> Iterator[str]:
    """The classes of what an order is for: of the verbs behind "to" and in "so that …"."""
    words = passage.words
    for at, word in enumerate(words[:-1]):
        if word == "to" and at and words[at - 1] not in MARKS:
            yield from (name for name in passage.classes[at + 1] if name[0] == "V")
        elif word == "so" and words[at + 1] == "that":
            behind = [name for group in passage.classes[at + 2 : at + 9] for name in group]
            yield from (name for name in behind if name[0] == "V")


def _forbids(words: Sequence[str]) -> bool:
    """Whether a passage is a prohibition: that is a decision, and it was made."""
    return any(
        word == "never" and (not at or words[at - 1] in ("must", "should", "and")) for at, word in enumerate(words)
    )


def light(names: Iterable[str]) -> bool:
    """Whether classes name nothing that people, their rights or their place in the world hang on."""
    return not any(name[0] == "O" and name not in _LIGHT for name in names)


def settled(passage: Passage) -> bool:
    """Whether a passage names what a person has decided: "as in docs/x.md", "as legal asked", "per OPS-12"."""
    words = passage.words
    for at, word in enumerate(words):
        before = words[max(0, at - _NEAR) : at]
        if word in (FILE, TICKET) and ({"as", "per", "exactly", "according"} & {*before} or word == TICKET):
            return True
        if word in _SETTLED and not _AS.isdisjoint(before):
            return True
        if word in _SETTLED and not _WHO_MAY.isdisjoint(words[max(0, at - 3) : at]):
            return True
        if "O_SPEC" in passage.classes[at] and not _NAMES.isdisjoint((*before, word)):
            return True
    return False


def things_of(names: Iterable[str]) -> list[str]:
    """The classes of things among classes, sorted."""
    return sorted(name for name in names if name[0] == "O")


def gives(passage: Passage) -> Iterator[str]:
    """What leaves people the choice: "let members leave by themselves", "ask before the account is closed"."""
    words = passage.words
    for at, word in enumerate(words):
        if word not in _LETS | _ASKS | _WAYS or not _TAKES.isdisjoint(words[max(0, at - 3) : at]):
            continue
        behind = words[at + 1 : at + 18]
        if word in _LETS and any(_PEOPLE.intersection(names) for names in passage.classes[at + 1 : at + 5]):
            if not _TAKES.isdisjoint(behind):
                yield "lets only"
            elif not _CHOICE.isdisjoint(behind):
                yield "gives choice"
            else:
                yield "lets people"
        if word in _ASKS and "before" in behind:
            yield "asks before"
        if word == "ask" and not {"whether", "if"}.isdisjoint(behind[:5]):
            yield "gives choice"
        if word in _WAYS and not _OFFERS.isdisjoint(words[max(0, at - 4) : at]):
            named = any(_PEOPLE.intersection(names) for names in passage.classes[at + 1 : at + 6])
            yield from ("gives choice",) * (named and not _CHOICE.union(("stop",)).isdisjoint(behind))
    if "themselves" in words or {"any", "time"} <= {*words}:
        yield "by themselves"


_LETS = frozenset("let allow give enable offer permit grant help".split())
_ASKS = frozenset("ask show display warn remind tell explain require confirm prompt add insert".split())
_WAYS = frozenset("option button link switch way choice page setting form".split())
_OFFERS = frozenset("add offer give build show create implement put introduce need provide".split())
_TAKES = frozenset("stop don't not never no without only nobody longer cannot can't unless".split())
_PEOPLE = frozenset("O_PEOPLE O_VULNERABLE O_PATIENT O_APPLICANT".split())
_CHOICE = frozenset(
    "choose choice decide pick withdraw revoke correct edit change hide mute leave object appeal undo export download"
    " opt decline refuse delete pause cancel see whether often own themselves freely switch reset review approve"
    " confirm".split()
)
_WHO_MAY = frozenset(
    "dpo legal lawyer lawyers counsel board council committee court parish compliance assembly regulator ombudsman"
    " ethics parliament ministry".split()
)
_NAMES = frozenset(
    "as per exactly according following verbatim approved signed legal board laut wie gemäß selon según".split()
)
_SETTLED = frozenset(
    "asked decided agreed approved requested specified described confirmed reviewed supplied provided listed defined"
    " ordered signed ruled wants wanted says said chose chosen voted beschlossen genehmigt entschieden validé approuvé"
    " décidé aprobado decidido acordado aprovado approvato deciso".split()
)


def features(passage: Passage) -> list[str]:
    """The features of a passage, sorted, each once."""
    found = {"bias", f"opens:{passage.opens}" if passage.opens else "opens:"}
    if passage.asks:
        found.add("asks")
    question = asks_what(passage)
    if question:
        found |= {"q:" + question, "q:" + passage.opens}
        found |= {f"q:{question}>{name}" for group in passage.classes for name in group}
        found |= {f"q:{question}>{_GROUPS[name]}" for group in passage.classes for name in group if name in _GROUPS}
    orders = any(clause.orders for clause in passage.clauses)
    found.add("orders" if orders else "tells")
    if passage.clauses and passage.clauses[0].orders:
        found.add("orders first")
    elif not question:
        found |= {f"tells>{name}" for group in passage.classes for name in group}
    found.update(_of_words(passage))
    found.update(_of_clauses(passage))
    return sorted(found)


def _of_words(passage: Passage) -> Iterable[str]:
    words = [word for word in passage.stems if word not in MARKS]
    names = {name for group in passage.classes for name in group}
    foreign = passage.language != "en"
    for mark in (FILE, NAME, TICKET, NUMBER):
        if mark in passage.stems:
            yield "mark:" + mark
    for one, two in pairwise(passage.stems):
        if two in (FILE, TICKET) and one in _REFERS:
            yield "refers"
    if not foreign:
        yield from ("w:" + word for word in words)
    if settled(passage):
        yield "settled"
    yield from gives(passage)
    purposes = sorted({*aims(passage)})
    yield from ("aim:" + name for name in purposes)
    yield from (f"aim:{name}>{thing}" for name in purposes for thing in things_of(names))
    yield from ("c:" + name for name in names)
    things = things_of(names)
    yield from (f"o:{one}+{two}" for at, one in enumerate(things) for two in things[at + 1 :])
    number = len(words)
    yield "length:" + (
        "4" if number < 5 else "8" if number < 9 else "14" if number < 15 else "25" if number < 26 else "+"
    )
    if light(names):
        yield "nothing"
    yield f"things:{min(len(things), 6)}"


def _of_clauses(passage: Passage) -> Iterable[str]:
    for number, clause in enumerate(passage.clauses[:6]):
        sign = "-" if clause.denies else ""
        for verb in clause.does or ("V_",):
            if not number:
                yield f"h:{sign}{verb}"
            yield f"v:{sign}{verb}"
            if clause.about:
                yield f"f:{sign}{verb}>{clause.about[0]}"
            for thing in sorted(set(clause.about)):
                yield f"p:{sign}{verb}>{thing}"
                if passage.asks:
                    yield f"?p:{verb}>{thing}"
            if not clause.about:
                yield f"p:{sign}{verb}>"
        if clause.head and passage.language == "en":
            yield f"hv:{sign}{clause.head}"
        yield from _of_things(clause, sign)
    if not passage.clauses:
        yield "no clause"


def _of_things(clause: Clause, sign: str) -> Iterable[str]:
    """What a clause acts on, in classes and in coarse groups."""
    groups = {_GROUPS.get(name, name) for name in clause.kinds} or {"G_"}
    does = {_DEEDS.get(name, name) for name in clause.does} or {"D_"}
    if clause.thing:
        yield f"n:{clause.thing}"
    for verb in sorted(does):
        yield f"D:{sign}{verb}"
        yield from (f"D:{sign}{verb}>{group}" for group in sorted(groups))
        yield from (f"d:{sign}{verb}>{name}" for name in clause.kinds)
        yield from sorted({f"a:{sign}{verb}>{_GROUPS.get(name, name)}" for name in clause.about})
    yield from sorted({f"s:{said}>{name}" for said, name in clause.beside})


_DEEDS = {
    name: group
    for group, names in {
        "D_WORK": "V_FIX V_TEST V_REFACTOR V_RESEARCH V_DRAFT V_BUILD V_WRITE V_INFO",
        "D_GIVE": "V_ADD V_GUARD",
        "D_TAKE": "V_REMOVE V_HIDE V_WEAKEN V_STOP V_END",
        "D_TELL": "V_SEND V_PUBLISH V_SHARE V_SUBSCRIBE V_COMMIT V_CHARGE",
        "D_JUDGE": "V_DECIDE V_RANK",
        "D_SET": "V_CHANGE V_ENABLE",
        "D_WATCH": "V_COLLECT",
    }.items()
    for name in names.split()
}
_GROUPS = {
    name: group
    for group, names in {
        "G_WHO": "O_PEOPLE O_VULNERABLE O_PATIENT O_APPLICANT",
        "G_ABOUT": "O_PDATA O_SENSITIVE",
        "G_SAY": "O_CONSENT O_CONTROL O_DEFAULT",
        "G_FATE": "O_SELECTION O_PRICE O_HARM O_HR O_SAFETY",
        "G_CODE": "O_CODE O_REGEN O_TECH",
        "G_PLACE": "O_CULTURE O_REGION O_HOLY O_MANNERS O_DISPUTED O_EMBLEM",
        "G_WORTH": "O_VALUE O_TRADEOFF O_OPEN",
    }.items()
    for name in names.split()
}


def chance(total: float) -> float:
    """The logistic function."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


@cache
def weights() -> Mapping[str, Mapping[str, int]]:
    """The shipped weights: question -> feature -> whole number."""
    found: Mapping[str, Mapping[str, int]] = table("boundaries_weights")["questions"]
    return found


def score(question: str, names: Iterable[str], more: float = 0.0) -> float:
    """How likely the answer to a question is yes, 0..1. `more` is added to the sum of weights."""
    own = weights().get(question, {})
    total = 0
    for name in names:
        total += own.get(name, 0)
    return chance(total / UNIT + more)
