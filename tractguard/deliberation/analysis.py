"""The analysis of a values question: frameworks in tension, trade-offs, groups, urgency. A draft for people to correct.

Knows a table of topics (what is at stake, for whom, what each moral framework would say) and fills it with the
question's own act, object, aim and groups. Ranks nothing: the order is that of the table. Pure, standard library only.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.deliberation.question import Question, capital, question_of
from tractguard.deliberation.tiers import process_of, tier_of
from tractguard.tables import table

STRONG, WEAK = 3, 1
LEAST = 2  # points from which a topic counts
MOST_TOPICS, MOST_FRAMEWORKS, MOST_GROUPS = 3, 5, 12
LONGEST = 4000  # characters that are read for topics
GENERAL = "general"
# What another room's short topic word says of ours.
ALSO_CALLED = {"notification": "attention", "publication": "commitment", "legal": "commitment", "outward": "commitment"}


class Analysis(NamedTuple):
    """What is said of a question before people speak."""

    question: str
    topics: tuple[str, ...]
    frameworks: tuple[Mapping[str, Any], ...]  # framework, value, position, stakeholders
    trade_offs: tuple[str, ...]  # "Privacy vs. Safety"
    values: tuple[str, ...]
    groups: tuple[str, ...]  # affected
    stakeholders: tuple[Mapping[str, Any], ...]  # group, why, usually_left_out
    urgency: str
    scale: str
    harm_type: str


def analyse(text: str, *, urgency: str = "", scale: str = "", harm: str = "", topic: str = "") -> Analysis:
    """Analyse a question. What is given goes before what is read; `topic` is another room's word for its subject."""
    asked = question_of(text)
    topics = topics_of(text[:LONGEST], topic)
    rows = [row(name) for name in topics]
    return Analysis(
        question=asked.text,
        topics=topics,
        frameworks=tuple(frameworks(rows, asked)),
        trade_offs=tuple(trade_offs(rows, asked)),
        values=tuple(merged([each["values"] for each in rows], 6)),
        groups=tuple(affected(rows, asked)),
        stakeholders=tuple(stakeholders(rows, asked)),
        urgency=urgency or tier_of(text, asked.everybody),
        scale=scale or scale_of(asked),
        harm_type=harm or harm_of(text, rows),
    )


def row(name: str) -> Mapping[str, Any]:
    """One topic of the table."""
    found: Mapping[str, Any] = table("deliberation")["topics"][name]
    return found


def topics_of(text: str, given: str = "") -> tuple[str, ...]:
    """The topics that a text touches, the plainest first; `general` where none is plain."""
    low = f" {' '.join(text.casefold().split())} "
    known = table("deliberation")["topics"]
    points = {name: scored(low, topic["cues"]) for name, topic in known.items()}
    given = ALSO_CALLED.get(given, given)
    if given in points and given != GENERAL:
        points[given] += STRONG
    best = sorted((name for name in points if points[name] >= LEAST), key=lambda name: -points[name])
    if not best:
        hints = [name for name in points if points[name]]
        return (hints[0], GENERAL) if len(hints) == 1 else (GENERAL,)
    return tuple(name for name in best if points[name] * 3 >= points[best[0]])[:MOST_TOPICS]


def scored(low: str, cues: Mapping[str, Sequence[str]]) -> int:
    """How plainly a text speaks of a topic. A cue counts from the beginning of a word."""
    strong = sum(STRONG for cue in cues["strong"] if begins_in(low, cue))
    return strong + sum(WEAK for cue in cues["weak"] if begins_in(low, cue))


def begins_in(low: str, cue: str) -> bool:
    """Whether a word of the text begins with the cue."""
    at = low.find(cue)
    while at >= 0:
        if not low[at - 1 : at].isalnum():
            return True
        at = low.find(cue, at + 1)
    return False


def frameworks(rows: Sequence[Mapping[str, Any]], asked: Question) -> list[dict[str, Any]]:
    """The frameworks in tension with their position on this very question; each family once, in order of topics."""
    known = table("deliberation")["frameworks"]
    found: dict[str, dict[str, Any]] = {}
    for topic in rows:
        for family, value, said in topic["frameworks"]:
            if family in found or len(found) == MOST_FRAMEWORKS:
                continue
            name, voices = known[family]
            found[family] = {
                "framework": f"{name}: {value.replace('_', ' ')}",
                "position": filled(said, topic, asked),
                "stakeholders": list(voices),
            }
    return list(found.values())


def filled(said: str, topic: Mapping[str, Any], asked: Question) -> str:
    """A position with the question's own words in it."""
    who = who_of(topic, asked)
    what = asked.what or str(topic["default_what"])
    if what.casefold().rpartition(" ")[2].rstrip("s") == who.rpartition(" ")[2].rstrip("s"):
        what = str(topic["default_what"])  # the object is the group itself
    if topic.get("kinds") and not any(begins_in(f" {what.casefold()}", kind) for kind in topic["kinds"]):
        what = str(topic["default_what"])  # such as a policy: the question is about what it lets be known
    words = {"act": asked.act, "who": who, "what": what, "aim": asked.aim or str(topic["default_aim"])}
    for name, value in words.items():
        said = said.replace("{" + name + "}", value).replace("{" + name.capitalize() + "}", capital(value))
    return said.replace("s's ", "s' ")


def who_of(topic: Mapping[str, Any], asked: Question) -> str:
    """Whom a topic is about: the first group named that it can be about, else its own words for them."""
    people = topic.get("people")
    fit = [each for each in asked.groups if not people or each.rpartition(" ")[2] in people]
    return f"the {fit[0]}" if fit else str(topic["default_who"])


def trade_offs(rows: Sequence[Mapping[str, Any]], asked: Question) -> list[str]:
    """The values that pull against each other: those that the question itself names first."""
    pairs = [tuple(pair) for topic in rows for pair in topic["trade_offs"]]
    if len(asked.options) == 2:
        pairs.insert(0, asked.options)
    found: dict[frozenset[str], str] = {}
    for one, other in pairs:
        key = frozenset((one.casefold(), other.casefold()))
        found.setdefault(key, f"{title(one)} vs. {title(other)}")
    return list(found.values())[:6]


def title(value: str) -> str:
    """A value as it is written in a trade-off."""
    return capital(value.replace("_", " "))


def affected(rows: Sequence[Mapping[str, Any]], asked: Question) -> list[str]:
    """The groups that the question concerns: those that it names, then those of its topics."""
    named = list(asked.groups)
    known = [str(group) for topic in rows for group, _, _ in topic["groups"]]
    return merged([named, known], MOST_GROUPS)


def stakeholders(rows: Sequence[Mapping[str, Any]], asked: Question) -> list[dict[str, Any]]:
    """Whom to ask, with why: those named, those affected, those usually left out, those who answer for it."""
    found: dict[str, dict[str, Any]] = {}
    for group in asked.groups:
        found[group.casefold()] = {"group": group, "why": "named in the question", "usually_left_out": False}
    for topic in rows:
        for group, why, left_out in topic["groups"]:
            found.setdefault(group.casefold(), {"group": group, "why": why, "usually_left_out": bool(left_out)})
    return list(found.values())[:MOST_GROUPS]


def merged(lists: Sequence[Sequence[str]], most: int) -> list[str]:
    """Texts of several lists, each once, in order."""
    found: dict[str, str] = {}
    for each in lists:
        for text in each:
            found.setdefault(text.casefold(), text)
    return list(found.values())[:most]


def scale_of(asked: Question) -> str:
    """How many it concerns, in the question's own words."""
    if asked.everybody:
        return f"all {asked.groups[0]}" if asked.groups else "everybody concerned"
    return f"some {asked.groups[0]}" if asked.groups else "not stated"


def harm_of(text: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The kind of harm that a text speaks of, or that its topic brings with it."""
    low = f" {text.casefold()} "
    named = [name for name, cues in table("deliberation")["harms"].items() if any(begins_in(low, cue) for cue in cues)]
    return ", ".join(merged([named, str(rows[0]["harm"]).split(", ")], 3))


def as_data(found: Analysis) -> dict[str, Any]:
    """The analysis as `deliberate analyze --json` prints it: the names of the record's front matter."""
    return {
        "question": found.question,
        "topics": list(found.topics),
        "urgency": found.urgency,
        "scale": found.scale,
        "harm_type": found.harm_type,
        "moral_frameworks_in_tension": [dict(each) for each in found.frameworks],
        "value_trade_offs": list(found.trade_offs),
        "values_at_stake": list(found.values),
        "affected_stakeholder_groups": list(found.groups),
        "suggested_stakeholders": [dict(each) for each in found.stakeholders],
        "process": process_of(found.urgency),
    }
