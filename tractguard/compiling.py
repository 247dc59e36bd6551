"""From what people write to what the hot path reads: policy and histories, validated, into the compiled file.

A broken history is set aside beside itself and a missing one is missed: in both cases the instructions known from the
last compiled file, or from the ledger, stay in force and the person is told once how to restore or retire them. Cold;
but where only histories changed and this process wrote them itself, nothing is validated again, and it is warm.
"""

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tractguard.compiled import Compiled, Stamp, open_compiled, stamp_of, write_compiled
from tractguard.instructions.contradictions import marked
from tractguard.instructions.history import BrokenHistory, Record, load_repaired, set_aside
from tractguard.ledger import Ledger, LedgerError
from tractguard.places import Places, places_of
from tractguard.policy import Policy
from tractguard.trust import accept_file, is_trusted, read_trust, sentences, settled, trust_path, weigh

RESTORE = "'tractguard instructions restore' writes the file again, 'tractguard instructions retire ID' ends one"


def compile_sources(places: Places, environ: Mapping[str, str], written: Collection[str] = ()) -> list[str]:
    """Compile policy and histories of a repository; the notices that a person should be told. Raises OSError.

    `written`: the histories that this process has just written itself; they need no validation.
    """
    trusted = trust_path(places, environ)
    before = open_compiled(places.compiled)
    try:
        own = before if written else None  # what was compiled is only taken over beside what this process wrote
        policy, sources, notices, doubts = _as_compiled(own, places, trusted) or _merged(places, environ)
        checked = {*written, *_unchanged(own)}
        known = _in_ledger(places) if before is None else before.records()
    finally:
        if before is not None:
            before.close()
    trust = read_trust(places, environ)
    records: list[Record] = []
    seen: dict[tuple[str, str], set[str]] = {}
    for path in places.histories():
        found, said = _read(path, known, path in checked)
        weighed = weigh(path, found, [each for each in known if each.get("file") == path], trust)
        notices += said
        doubts += sentences(path, weighed)
        if not (weighed.doubted or weighed.held or is_trusted(path, trust)):
            accept_file(path, places, environ)  # such as a merge of what is known
        for record in weighed.records:  # a worktree's own comes first, also where it ended or changed there
            key = (str(record.get("id")), str(record.get("timestamp")))
            if str(record.get("text")) not in seen.get(key, ()):
                seen.setdefault(key, set()).update(_texts(record))
                records.append({**record, "file": path})
    urgent = len(notices)
    records, said = marked(records)
    records = settled(records)
    notices += [*doubts, *said]
    stamps = [*sources, *(stamp_of(path) for path in (*places.histories(), trusted))]
    write_compiled(places.compiled, policy, records, stamps, notices, urgent)
    return notices


Said = tuple[Policy, list[Stamp], list[str], list[str]]


def _merged(places: Places, environ: Mapping[str, str]) -> Said:
    """The policy as people's TOML gives it, the stamps of its sources, what is wrong with them and what is in doubt."""
    from tractguard.config import merged  # pydantic: most of what compiling costs

    policy = merged(places, environ)
    notices = [f"{problem} (the rest of that file is not in force either)" for problem in policy.problems]
    return policy.policy, [stamp_of(path) for path in policy.sources], notices, list(policy.doubts)


def _as_compiled(before: Compiled | None, places: Places, trusted: str) -> Said | None:
    """The policy of the compiled file, where none of its sources has changed since and nothing was wrong with them."""
    if before is None or before.notices:
        return None
    sources = [stamp for stamp in before.stamps if stamp[0] not in (*places.histories(), trusted)]
    fresh = all(stamp == stamp_of(str(stamp[0])) for stamp in sources)
    return (before.policy, sources, [], []) if fresh else None


def _unchanged(before: Compiled | None) -> list[str]:
    """The sources that are still as they were when they were compiled."""
    stamps = before.stamps if before is not None else ()
    return [str(stamp[0]) for stamp in stamps if stamp == stamp_of(str(stamp[0]))]


def _problems(records: Sequence[Record]) -> list[str]:
    from tractguard.instructions.schema import problems

    return problems(list(records))


def _read(path: str, known: Sequence[Record], checked: bool) -> tuple[list[Record], list[str]]:
    """The records of one history, or those known of it where it is broken or gone, with what to tell."""
    mine = [record for record in known if record.get("file") == path]
    try:
        found = load_repaired(path)
        records, repairs = found if found is not None else (None, [])
        wrong = _problems(records) if records is not None and not checked else []
        if wrong:
            raise BrokenHistory(f"{path} does not fit its schema ({wrong[0]})")
    except BrokenHistory as error:
        aside = set_aside(path) if os.access(os.path.dirname(path), os.W_OK) else path
        return mine, [f"{error}: it was set aside as {aside}; {_in_force(mine)}"]
    if records is None:
        return mine, [f"{path} is gone; {_in_force(mine)}"] if mine else []
    how = "was repaired as it was read ('tractguard instructions restore' writes it so)"
    return records, [f"{path} {how}: {each}" for each in repairs]


def _texts(record: Record) -> set[str]:
    """What a record says and said before it was edited."""
    edits = record.get("edited") if isinstance(record.get("edited"), list) else []
    return {str(record.get("text")), *(str(each.get("was")) for each in edits or [] if isinstance(each, dict))}


def _in_force(mine: Sequence[Record]) -> str:
    return f"{len(mine)} instructions known from it stay in force: {RESTORE}"


def _in_ledger(places: Places) -> list[Record]:
    """The live instructions as the ledger has them."""
    try:
        with Ledger.open(places.ledger, create=False) as ledger:
            return [{"file": places.history, **record} for record in from_ledger(ledger)]
    except LedgerError:
        return []


def from_ledger(ledger: Ledger) -> list[Record]:
    """The live instructions of a repository, folded from what the ledger recorded of them."""
    live: dict[str, Record] = {}
    for entry in ledger.entries():
        if '"instructions":' not in entry.record:
            continue
        said: Any = entry.json().get("instructions")
        for record in said if isinstance(said, list) else []:
            for old in record.get("supersedes") or []:
                live.pop(old, None)
            live[str(record.get("id"))] = record
            if not record.get("active"):
                live.pop(str(record.get("id")))
    return list(live.values())


def main() -> None:
    """Compile the repository named by the last argument; a sentence on stderr and exit 1 where that fails."""
    try:
        compile_sources(places_of(sys.argv[-1]), os.environ)
    except OSError as error:
        sys.stderr.write(f"policy and instructions could not be compiled ({error}): check the folder's permissions\n")
        sys.exit(1)
