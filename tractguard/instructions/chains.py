"""Repairing a history that people or git merged by hand: ids that collide, and chains of what replaced what.

Knows when two records tell different stories about each other, and says each repair in one sentence. Where they
disagree the stricter story holds: an instruction counts as replaced only where its successor is there, and a circle
of replacements leaves its newest member in force. Refuses to know files. Standard library only.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Record = dict[str, Any]
MOST_NEAR = 20  # records with one id that are looked at, before and after


def repair(records: Sequence[Record]) -> tuple[list[Record], list[str]]:
    """The records with ids of their own and sound chains, changed in place, and a sentence for each repair."""
    kept, said = without_twins(records)
    said += repair_ids(kept)
    by_id = {record["id"]: record for record in kept}
    for record in kept:
        said += _sound_links(record, by_id)
    said += _broken_circles(kept, by_id)
    _mirrored(kept, by_id)
    return kept, said


def without_twins(records: Sequence[Record]) -> tuple[list[Record], list[str]]:
    """Records without exact copies of an earlier one, which a merge that takes both sides leaves behind."""
    kept: list[Record] = []
    said = []
    known: dict[str, list[Record]] = {}
    for record in records:
        same = known.setdefault(str(record.get("id")), [])
        if record in same:
            said.append(f"{_named(record)} stood there twice and is kept once")
        else:
            same.append(record)
            kept.append(record)
    return kept, said


def repair_ids(records: Sequence[Record]) -> list[str]:
    """Give every record an id of its own, in place, its links with it; a sentence for each that was renamed."""
    before = [record["id"] if isinstance(record.get("id"), str) else "" for record in records]
    places: dict[str, list[int]] = {}
    for place, id in enumerate(before):
        places.setdefault(id, []).append(place)
    if len(places) == len(before) and "" not in places:
        return []
    links = [_Links(place, records, places) for place in range(len(records))]
    free = next_id(before)
    said = []
    for id, found in places.items():
        for place in found if not id else found[1:]:
            record = records[place]
            record["id"] = free
            free = next_id([free])
            why = f"two instructions had the id {id}" if id else "an instruction had no id"
            said.append(f'{why}: "{record.get("text")}" is {record["id"]} now')
    for link in links:
        link.write(records)
    return said


def next_id(ids: Iterable[str], stem: str = "inst_") -> str:
    """The id after the highest one used: `inst_001`, `inst_002` …"""
    tails = (name.removeprefix(stem) for name in ids if name.startswith(stem))
    numbers = [int(tail) for tail in tails if tail.isascii() and tail.isdigit() and len(tail) <= 9]
    return f"{stem}{max(numbers, default=0) + 1:03d}"


class _Links:
    """Which records the links of one record mean, by their place, so that they outlast a change of ids."""

    def __init__(self, mine: int, records: Sequence[Record], places: Mapping[str, Sequence[int]]) -> None:
        self.mine = mine
        record = records[mine]
        self.after = self._meant(str(record.get("superseded_by") or ""), "supersedes", records, places)
        earlier = [self._meant(str(id), "superseded_by", records, places) for id in _list(record.get("supersedes"))]
        self.earlier = list(enumerate(earlier))

    def write(self, records: Sequence[Record]) -> None:
        """Put the ids that the records have now into the links."""
        if self.after is not None:
            records[self.mine]["superseded_by"] = records[self.after]["id"]
        for number, target in self.earlier:
            if target is not None:
                records[self.mine]["supersedes"][number] = records[target]["id"]

    def _meant(self, id: str, back: str, records: Sequence[Record], places: Mapping[str, Sequence[int]]) -> int | None:
        """Of the records with an id the one that links back, and of those the nearest on the side where it was
        written: what replaces a record comes after it.
        """
        found = places.get(id, ()) if id else ()
        if len(found) < 2:
            return found[0] if found else None
        here = bisect_left(found, self.mine)
        near = found[max(0, here - MOST_NEAR) : here + MOST_NEAR]
        name = records[self.mine].get("id")
        linked = [place for place in near if name in (records[place].get(back), *_list(records[place].get(back)))]
        later = back == "supersedes"
        return min(linked or near, key=lambda place: ((place > self.mine) != later, abs(place - self.mine)))


def _sound_links(record: Record, by_id: dict[str, Record]) -> list[str]:
    """Links of one record that lead nowhere, to itself, or say that it ended while it is in force: taken out."""
    said = []
    earlier = _list(record.get("supersedes"))
    sound = [id for id in dict.fromkeys(map(str, earlier)) if id in by_id and id != record["id"]]
    lost = [id for id in map(str, earlier) if id not in by_id]
    if lost:
        said.append(f"{_named(record)} replaced {', '.join(lost)}, which is not in the file any more")
    if "supersedes" in record or sound:
        record["supersedes"] = sound
    after = record.get("superseded_by")
    if not after:
        return said
    if record.get("active"):
        record["superseded_by"] = None
        said.append(f"{_named(record)} is in force and marked as replaced by {after}: it stays in force")
    elif str(after) not in by_id or after == record["id"]:
        record["superseded_by"] = None
        why = "itself" if after == record["id"] else f"{after}, which is not in the file"
        said.append(f"{_named(record)} was replaced by {why}{_revived(record)}")
    return said


def _revived(record: Record) -> str:
    """Put a record in force again that nothing else has ended."""
    if record.get("retired") or record.get("ended"):
        return ""
    record["active"] = True
    return ": it is in force again"


def _broken_circles(records: Sequence[Record], by_id: dict[str, Record]) -> list[str]:
    """Circles of replacements: the newest member is in force, the others were replaced by it."""
    said = []
    done: set[str] = set()
    for record in records:
        path: list[str] = []
        here: Record | None = record
        while here is not None and here["id"] not in done:
            done.add(here["id"])
            path.append(here["id"])
            after = here.get("superseded_by")
            here = by_id.get(str(after)) if after else None
        if here is not None and here["id"] in path:
            circle = [by_id[id] for id in path[path.index(here["id"]) :]]
            said.append(_opened(circle))
    return said


def _opened(circle: Sequence[Record]) -> str:
    newest = max(circle, key=lambda record: (str(record.get("timestamp") or ""), record["id"]))
    newest["superseded_by"] = None
    ids = ", ".join(record["id"] for record in circle)
    return f"{ids} replaced one another in a circle: {_named(newest)} is the newest{_revived(newest)}"


def _mirrored(records: Sequence[Record], by_id: dict[str, Record]) -> None:
    """Both ends of every link agree: `superseded_by` is what counts."""
    for record in records:
        if _list(record.get("supersedes")):
            record["supersedes"] = [id for id in record["supersedes"] if by_id[id].get("superseded_by") == record["id"]]
    for record in records:
        after = record.get("superseded_by")
        if after and record["id"] not in _list(by_id[str(after)].get("supersedes")):
            by_id[str(after)]["supersedes"] = [*_list(by_id[str(after)].get("supersedes")), record["id"]]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _named(record: Record) -> str:
    return f'{record.get("id")} "{record.get("text")}"'
