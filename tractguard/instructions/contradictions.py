"""Live instructions that contradict each other: found when the histories are compiled, shown to a person.

Nothing is settled here for good. Of two that say different things about one subject the later word is followed, and a
file never goes before what a person said; both stay in the histories until a person changes or retires one of them.
Pure; linear in the number of instructions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.instructions.subjects import denies, same_subject, subjects_of
from tractguard.model import constraints_of

Record = dict[str, Any]
MOST_SHOWN = 5  # contradictions told at once; `instructions list --json` has all of them
MOST_COMPARED = 40  # instructions on one subject that are compared with one another


def in_order(records: Sequence[Record]) -> list[Record]:
    """Records in the order in which they count, the strongest word last: files first, then by time."""
    return sorted(records, key=lambda record: (record.get("source") != "file", str(record.get("timestamp") or "")))


def marked(records: Sequence[Record]) -> tuple[list[Record], list[str]]:
    """Records in the order in which they count, with `contradicts` and `yields_to` where they disagree, and a sentence
    for a person about each pair.
    """
    ordered = [dict(record) for record in in_order(records)]
    live = [place for place, record in enumerate(ordered) if record.get("active")]
    constraints = {place: constraints_of(ordered[place]) for place in live}
    by_subject: dict[str, list[int]] = {}
    for place in live:
        for subject in dict.fromkeys(key for each in constraints[place] for key in subjects_of(each)):
            by_subject.setdefault(subject, []).append(place)
    pairs: dict[tuple[int, int], None] = {}
    for places in by_subject.values():
        some = places[-MOST_COMPARED:]
        for at, old in enumerate(some):
            for new in some[at + 1 :]:
                if (old, new) not in pairs and any(
                    denies(one, other) for one in constraints[old] for other in constraints[new]
                ):
                    pairs[old, new] = None
    for old, new in sorted(pairs):
        _mark(ordered[old], ordered[new], whole=same_subject(constraints[old], constraints[new]))
    said = [sentence(ordered[old], ordered[new]) for old, new in sorted(pairs)]
    more = len(said) - MOST_SHOWN
    return ordered, said[:MOST_SHOWN] + ([f"{more} more instructions contradict each other"] if more > 0 else [])


def _mark(old: Record, new: Record, *, whole: bool) -> None:
    old["contradicts"] = [*old.get("contradicts", ()), new.get("id")]
    new["contradicts"] = [*new.get("contradicts", ()), old.get("id")]
    if whole:
        old["yields_to"] = new.get("id")


def sentence(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What a person is told: both texts, which one is followed, and what settles it."""
    end = f"'tractguard instructions retire {old.get('id')}'"
    settle = f"{end} settles it"
    if old.get("source") == "file":
        settle = f"{old.get('origin') or 'the file'} still says so: change it there, or {end}"
    return (
        f'tractguard: "{new.get("text")}" ({new.get("id")}) contradicts "{old.get("text")}" ({old.get("id")});'
        f" the {'chat goes before the file' if _mixed(old, new) else 'later word is followed'}. {settle}."
    )


def _mixed(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return old.get("source") == "file" and new.get("source") != "file"
