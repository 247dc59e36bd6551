"""What the repository itself owes, in no session: contradictions that nobody settled, deliberations that are undecided,
the full record that a CRITICAL decision leaves behind. Projections of the compiled instructions and of the ledger, so
they end where their cause ends. Cold: for `obligations` and `status`.
"""

import calendar
import json
import time
from collections.abc import Iterator

from tractguard.ledger import Ledger
from tractguard.obligations import LONGEST, Obligation
from tractguard.places import Places


def standing(places: Places, ledger: Ledger) -> list[Obligation]:
    """What is owed in no session, oldest first."""
    found = [*conflicts(places), *deliberations(ledger)]
    return sorted(found, key=lambda each: (each.opened, each.id))


def conflicts(places: Places) -> Iterator[Obligation]:
    """Pairs of live instructions that contradict each other, of which neither gives way to the other."""
    from tractguard.compiled import open_compiled

    compiled = open_compiled(places.compiled)
    if compiled is None:
        return
    try:
        rows = compiled.db.execute("SELECT record FROM instructions WHERE record LIKE '%\"contradicts\"%'").fetchall()
    finally:
        compiled.close()
    records = {str(each.get("id")): each for each in (json.loads(row[0]) for row in rows)}
    done: set[frozenset[str]] = set()
    for id, record in records.items():
        for other in map(str, record.get("contradicts") or ()):
            pair = frozenset((id, other))
            if other not in records or pair in done or len(pair) < 2:
                continue
            done.add(pair)
            if other == record.get("yields_to") or id == records[other].get("yields_to"):
                continue
            texts = f'"{record.get("text")}" ({id}) contradicts "{records[other].get("text")}" ({other})'
            at = max(_seconds(str(each.get("timestamp") or "")) for each in (record, records[other]))
            closes = f"a person changes or retires one: 'tractguard instructions retire {id}'"
            key = f"conflict:{':'.join(sorted(pair))}"
            yield Obligation(f"cf_{id}_{other}", "conflict", texts[:LONGEST], f"{id}, {other}", at, closes, id, "", key)


def deliberations(ledger: Ledger) -> Iterator[Obligation]:
    """Records that nobody decided, and CRITICAL decisions whose full record was not begun."""
    from tractguard.deliberation.known import DECIDED, known

    found = known(ledger)
    for id, each in found.items():
        question = each.question or id
        if each.status == "open":
            kind = "follow_up" if each.origin == "follow-up" else "deliberation"
            closes = f"a person decides: 'tractguard deliberate decide {id}'"
            yield Obligation(id, kind, question[:LONGEST], each.file or id, each.opened, closes, id, "", f"{kind}:{id}")
        elif each.status == DECIDED and each.urgency == "CRITICAL" and each.origin != "follow-up":
            later = (one for one in found.values() if one.origin == "follow-up" and one.opened >= each.decided)
            if next(later, None) is None:
                closes = "the full record of this decision is opened"
                key = f"follow_up:{id}"
                yield Obligation(
                    id, "follow_up", question[:LONGEST], each.file or id, each.decided, closes, id, "", key
                )


def _seconds(text: str) -> float:
    """A history's time, in seconds since the epoch; 0 for none."""
    try:
        return float(calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")))
    except ValueError:
        return 0.0
