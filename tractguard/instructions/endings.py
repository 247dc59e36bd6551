"""What ends an instruction, as its own words name it: "until v2.0 is tagged", "until Friday", "until the PR is merged".

`named_end` gives one of
    {"kind": "date", "at": RFC 3339}      the moment from which it no longer holds
    {"kind": "tag", "name": "v2.0"}       a tag of the repository
    {"kind": "merge", "branch": "…"}      a branch; "" for the one checked out when it was said
    {"kind": "event", "words": "…"}       something that only a person can know
or None where nothing but a condition follows ("until the tests pass") or no end is named. Pure, linear, local time:
a day is the speaker's day, and "until Friday" ends when Friday begins.
"""

import re
import time as clock
from collections.abc import Mapping
from typing import Any

_UNTIL = frozenset(("until", "till", "til", "'til"))
_THROUGH = frozenset(("through",))
MOST_WORDS = 9  # after "until"
_SKIP = frozenset("the this our my that next a an your".split())
_DONE = frozenset("is gets has was are 's been got being".split())
_TAGGED = frozenset("tagged released shipped cut out published".split())
_MERGED = frozenset("merged merges lands landed".split())
_MAKE = frozenset("tag release ship cut publish".split())
_EVENTS = frozenset(
    "release launch demo ship go-live golive deployment freeze cutover migration beta ga milestone sprint".split()
)
_EVENT_VERBS = frozenset("ship release launch deploy go tag publish migrate".split())
_REQUEST = frozenset("pr mr branch request pull merge it".split())
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "couple": 2}
_SECONDS = {"hour": 3600, "day": 86_400, "week": 604_800}
# Patterns are compiled at first use: most prompts name no end.
_VERSION = r"v?\d{1,6}(?:\.\d{1,6}){0,4}(?:[-.][a-z0-9]{1,20})?"
_ISO = r"(\d{4})-(\d{1,2})-(\d{1,2})"
_DAY_NUMBER = r"(\d{1,2})(?:st|nd|rd|th)?"
_BRANCH = r"[\w.-][\w./-]{0,99}"


def named_end(text: str, now: float, *, relative: bool = True) -> dict[str, Any] | None:
    """The end that `text` names. `relative`: words such as "Friday" count from `now`; in a file, whose lines are
    older than their reading, they do not.
    """
    low = text.casefold()
    if not any(word in low for word in ("until", "till", "'til", "for the next ", "through ")):
        return None
    words = [word.strip("\"'`()*_") for word in text.split()]
    for place, word in enumerate(words):
        if word.casefold() in _UNTIL or word.casefold() in _THROUGH:
            what = _clause(words[place + 1 : place + 1 + MOST_WORDS])
            found = _end_of(what, now, inclusive=word.casefold() in _THROUGH)
        elif word.casefold() == "for" and [each.casefold() for each in words[place + 1 : place + 3]] == ["the", "next"]:
            found = _span(_clause(words[place + 3 : place + 6]), now)
        else:
            continue
        if found is None:
            continue
        if found["kind"] == "date" and not relative and not re.search(_ISO, text) and not re.search(r"\b\d{4}\b", text):
            return {"kind": "event", "words": " ".join(what) if word.casefold() != "for" else "that time is over"}
        return found
    return None


def date_of(record: Mapping[str, Any]) -> float:
    """When a record ends by itself, in seconds since the epoch; 0 where it does not."""
    until = record.get("until")
    if not isinstance(until, dict) or until.get("kind") != "date":
        return 0.0
    import calendar  # when histories are compiled, not when a prompt is heard

    try:
        return float(calendar.timegm(clock.strptime(str(until.get("at")), "%Y-%m-%dT%H:%M:%SZ")))
    except ValueError:
        return 0.0


def version_of(name: str) -> str:
    """A version as tags are compared: `v2.0`, `release-2.0.0` and `2` are one. "" where it is none."""
    low = name.casefold()
    for prefix in ("refs/tags/", "release/", "release-", "version-", "version/", "rel-"):
        low = low.removeprefix(prefix)
    low = low.removeprefix("v")
    if not low[:1].isdigit() or re.fullmatch(_VERSION, low) is None:
        return ""
    while low.endswith(".0"):
        low = low[:-2]
    return low


def _clause(words: list[str]) -> list[str]:
    """The words up to where their clause ends, without the mark that ends it."""
    found = []
    for word in words:
        bare = word.rstrip(",;:!?.")
        if bare:
            found.append(bare)
        if bare != word:
            break
    return found


def _end_of(what: list[str], now: float, *, inclusive: bool) -> dict[str, Any] | None:
    low = [word.casefold() for word in what]
    if not low or low[0] in ("i", "you", "told", "further", "otherwise", "they", "he", "she"):
        return None
    return _tag(what, low) or _merge(what, low) or _date(low, now, inclusive) or _event(what, low)


def _tag(what: list[str], low: list[str]) -> dict[str, Any] | None:
    """ "v2.0 is tagged", "we release 2.1", "version 3", "v2.0"."""
    core = [(word, mark) for word, mark in zip(what, low, strict=True) if mark not in _SKIP]
    marks = [mark for _, mark in core]
    for place, (word, mark) in enumerate(core):
        later = [each for each in marks[place + 1 :] if each not in _DONE]
        before = marks[place - 1] if place else ""
        versioned = bool(version_of(mark)) and ("." in mark or mark.startswith(("v", "rel")) or before in _RELEASES)
        if versioned and (place == 0 or before in (*_RELEASES, *_MAKE, "we")):
            return {"kind": "tag", "name": word}
        if place == 0 and later[:1] == ["tagged"] and len(marks) > 1 and marks[1] in _DONE and mark not in _VAGUE:
            return {"kind": "tag", "name": word}
    return None


_RELEASES = ("release", "version", "tag", "milestone")
_VAGUE = frozenset(("it", "release", "version", "tag", "everything", "we"))


def _merge(what: list[str], low: list[str]) -> dict[str, Any] | None:
    """ "this PR is merged", "feature/x gets merged", "we merge the branch"."""
    if not _MERGED.intersection(low) and low[:2] != ["we", "merge"]:
        return None
    last = next((place for place, mark in enumerate(low) if mark in _MERGED), len(low))
    skipped = _SKIP | _DONE | _MERGED | {"we", "merge"}
    names = [word for word, mark in zip(what[:last], low[:last], strict=True) if mark not in skipped]
    if any(name.startswith("#") or name.isdigit() for name in names):
        return {"kind": "event", "words": " ".join(what[: last + 1])}
    own = [name for name in names if name.casefold() not in _REQUEST]
    if not own:
        return {"kind": "merge", "branch": ""}
    if len(own) == 1 and re.fullmatch(_BRANCH, own[0]) and (len(names) > 1 or "/" in own[0] or "-" in own[0]):
        return {"kind": "merge", "branch": own[0]}
    return {"kind": "event", "words": " ".join(what[: last + 1])} if len(own) < len(names) else None


def _event(what: list[str], low: list[str]) -> dict[str, Any] | None:
    """ "we ship", "the release", "the demo": known to be an end, not known when."""
    start = next((place for place, word in enumerate(low) if word not in _SKIP), 0)
    if low[start] in _EVENTS:
        return {"kind": "event", "words": " ".join(what[: start + 1])}
    told = low[start] == "we" and len(low) > start + 1 and low[start + 1] in _EVENT_VERBS
    return {"kind": "event", "words": " ".join(what[: start + 2])} if told else None


def _date(low: list[str], now: float, inclusive: bool) -> dict[str, Any] | None:
    today = clock.localtime(now)
    word = low[0]
    iso = re.fullmatch(_ISO, word)
    if iso:
        year, month, day = (int(part) for part in iso.groups())
        return _midnight(year, month, day + inclusive, now)
    if low[:3] == ["the", "end", "of"]:
        return _end_of_span(low[3:], today, now)
    bare = [each for each in low if each not in ("on", "the", "next", "this", "of")]
    if word == "tomorrow":
        return _midnight(today.tm_year, today.tm_mon, today.tm_mday + 1 + inclusive, now)
    if low[:2] == ["next", "week"]:
        return _midnight(today.tm_year, today.tm_mon, today.tm_mday + 7 - today.tm_wday, now)
    if low[:2] == ["next", "month"]:
        return _midnight(today.tm_year, today.tm_mon + 1, 1, now)
    if bare and bare[0] in _DAYS:
        ahead = (_DAYS.index(bare[0]) - today.tm_wday) % 7 or 7
        return _midnight(today.tm_year, today.tm_mon, today.tm_mday + ahead + inclusive, now)
    return _calendar(bare, today, now, inclusive)


def _calendar(words: list[str], today: clock.struct_time, now: float, inclusive: bool) -> dict[str, Any] | None:
    """ "December 1", "1 December 2026", "December"."""
    month = next((place for place, word in enumerate(words[:2]) if _month(word)), None)
    if month is None:
        return None
    rest = [word for place, word in enumerate(words[:3]) if place != month]
    days = [int(found.group(1)) for word in rest[:1] if (found := re.fullmatch(_DAY_NUMBER, word))]
    years = [int(word) for word in rest[:2] if len(word) == 4 and word.isdigit()]
    if not days and (month == 1 or not years or words[month] == "may"):
        return None
    number, day = _month(words[month]), days[0] if days else 1
    year = years[0] if years else today.tm_year
    if not years and (number, day) <= (today.tm_mon, today.tm_mday):
        year += 1
    return _midnight(year, number, day + inclusive, now)


def _month(word: str) -> int:
    """1 to 12; 0 where the word is no month. Short forms have three letters."""
    return next((place for place, name in enumerate(_MONTHS, 1) if word == name or word == name[:3]), 0)


def _end_of_span(low: list[str], today: clock.struct_time, now: float) -> dict[str, Any] | None:
    span = next((word for word in low if word not in ("the", "this")), "")
    if span == "week":
        return _midnight(today.tm_year, today.tm_mon, today.tm_mday + 7 - today.tm_wday, now)
    if span == "month":
        return _midnight(today.tm_year, today.tm_mon + 1, 1, now)
    if span == "year":
        return _midnight(today.tm_year + 1, 1, 1, now)
    if span in ("day", "today"):
        return _midnight(today.tm_year, today.tm_mon, today.tm_mday + 1, now)
    return {"kind": "event", "words": " ".join(["the end of", *low])} if span else None


def _span(words: list[str], now: float) -> dict[str, Any] | None:
    """ "two weeks", "3 days"."""
    low = [word.casefold() for word in words] or [""]
    digits = low[0].isascii() and low[0].isdigit() and len(low[0]) < 4
    count = int(low[0]) if digits else _COUNTS.get(low[0], 1)
    unit = next((word.removesuffix("s") for word in low[:2] if word.removesuffix("s") in _SECONDS), "")
    return {"kind": "date", "at": _utc(now + count * _SECONDS[unit])} if unit else None


def _midnight(year: int, month: int, day: int, now: float) -> dict[str, Any] | None:
    """The beginning of a day; days and months beyond the end run on into the next. None where it is past."""
    try:
        at = clock.mktime((year, month, day, 0, 0, 0, 0, 0, -1))
    except (OverflowError, ValueError):
        return None
    return {"kind": "date", "at": _utc(at)} if at > now else None


def _utc(seconds: float) -> str:
    return clock.strftime("%Y-%m-%dT%H:%M:%SZ", clock.gmtime(seconds))


def until(record: Mapping[str, Any]) -> str:
    """Words for what ends a record by itself."""
    end = record.get("until") or {}
    if end.get("kind") == "date":
        return f" until {str(end['at'])[:16].replace('T', ' ')} UTC"
    if end.get("kind") == "tag":
        return f" until {end['name']} is tagged"
    if end.get("kind") == "merge":
        return f" until {end['branch']} is merged"
    return " until you end it; it is asked about once" if record.get("temporal_scope") == "PHASE" else ""
