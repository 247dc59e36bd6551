"""What of a repository's history and policy this guard wrote here, or a person accepted; the rest is in doubt.

What came with a clone, a pull or an editor may warn or refuse at once. It corrects nothing and loosens nothing until a
person accepts it (`tractguard trust`): doubted records lose their permits and their corrections, a record that somebody
else ended, changed or took out stays in force as it was, and a doubted policy only tightens. Known by hashes of records
and of whole files (so another branch's known file is known again), kept in the person's own state folder, outside the
repository. Against a process of the same user it detects, it does not prevent. Warm: never loaded by a tool call.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.anchor import anchor_path
from tractguard.instructions.history import BrokenHistory, dump, load, save
from tractguard.ledger import canonical
from tractguard.places import Places

Record = dict[str, Any]
DOUBTED = "untrusted"  # the mark of a compiled record in doubt
FOUND_HERE = ("file", "contradicts", "yields_to", DOUBTED)  # added when compiling, not part of a history
MOST_FILES, MOST_RECORDS = 500, 50_000  # hashes that are kept, the newest


class Trust(NamedTuple):
    """Hashes of files and of records that are trusted, the newest last."""

    files: dict[str, None]
    records: dict[str, None]


class Weighed(NamedTuple):
    """The records of one history as they are in force."""

    records: list[Record]
    doubted: tuple[str, ...] = ()  # hashes of those in doubt
    held: int = 0  # records that somebody else ended, changed or took out, and that stay


def trust_path(places: Places, environ: Mapping[str, str]) -> str:
    """Where the trust in one repository is kept."""
    return anchor_path(places, environ).removesuffix(".json") + ".trust.json"


def read_trust(places: Places, environ: Mapping[str, str]) -> Trust:
    """What is trusted; nothing where nothing was noted, or it cannot be read."""
    try:
        with open(trust_path(places, environ), encoding="utf-8") as file:
            found = json.load(file)
        lists = [found[name] for name in Trust._fields]
        return Trust(*(dict.fromkeys(map(str, each)) for each in lists))
    except (OSError, ValueError, KeyError, TypeError):
        return Trust({}, {})


def add_trust(files: Iterable[str], records: Iterable[str], places: Places, environ: Mapping[str, str]) -> None:
    """Trust these hashes from now on. A folder that cannot be written keeps nothing: what is new stays in doubt."""
    path, new = trust_path(places, environ), Trust(dict.fromkeys(files), dict.fromkeys(records))
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(os.path.join(os.path.dirname(path), "trust.lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            old = read_trust(places, environ)
            if new.files.keys() <= old.files.keys() and new.records.keys() <= old.records.keys():
                return
            kept = {
                "files": list({**old.files, **new.files})[-MOST_FILES:],
                "records": list({**old.records, **new.records})[-MOST_RECORDS:],
            }
            with open(f"{path}.{os.getpid()}", "w", encoding="ascii") as file:
                json.dump(kept, file)
            os.replace(file.name, path)  # not forced to the disk: what is lost with the power is in doubt again
    except OSError:
        return


def hash_of(record: Mapping[str, Any]) -> str:
    """The hash of a record as its history has it."""
    bare = {key: value for key, value in record.items() if key not in FOUND_HERE}
    return hashlib.sha256(canonical(bare).encode()).hexdigest()[:32]


def hash_of_file(path: str) -> str:
    """The hash of a file's bytes, "" where there is none."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return ""


def is_trusted(path: str, trust: Trust) -> bool:
    """Whether a file is, byte for byte, one that is trusted; one that is not there says nothing."""
    found = hash_of_file(path)
    return not found or found in trust.files


def weigh(path: str, records: Sequence[Record], known: Iterable[Record], trust: Trust) -> Weighed:
    """The records of one history with those in doubt marked, and those that somebody else took out of force kept in it.

    `known`: the live records of that history as they were compiled last.
    """
    if is_trusted(path, trust):
        return Weighed(list(records))
    hashes = [hash_of(each) for each in records]
    mine = {str(each.get("id")) for each, one in zip(records, hashes, strict=True) if one in trust.records}
    found = [each if one in trust.records else without_permits(each) for each, one in zip(records, hashes, strict=True)]
    held = [
        {key: value for key, value in old.items() if key not in FOUND_HERE}
        for old in known
        if not old.get(DOUBTED) and str(old.get("id")) not in mine and hash_of(old) in trust.records
    ]
    return Weighed([*held, *found], tuple(one for one in hashes if one not in trust.records), len(held))


def without_permits(record: Mapping[str, Any]) -> Record:
    """A record in doubt: what it permits is left out."""
    kept = [each for each in record.get("constraints") or [] if not (isinstance(each, dict) and each.get("permit"))]
    return {**record, "constraints": kept, DOUBTED: True}


def sentences(path: str, found: Weighed) -> list[str]:
    """What a person is told of a history in which something is in doubt."""
    name, told = os.path.basename(path), []
    if found.doubted:
        told.append(
            f"tractguard: {_many(len(found.doubted))} in {name} did not come from this guard on this machine: they warn"
            " and refuse, but correct and permit nothing until 'tractguard trust'"
        )
    if found.held:
        told.append(
            f"tractguard: {_many(found.held)} changed, ended or left {name}, and this guard did not do it: what was in"
            " force stays so until 'tractguard trust'"
        )
    return told


def _many(number: int) -> str:
    return "1 instruction" if number == 1 else f"{number} instructions"


def settled(records: Sequence[Record]) -> list[Record]:
    """Records among which none in doubt goes before a trusted one."""
    doubts = {str(each.get("id")) for each in records if each.get(DOUBTED)}
    found = []
    for each in records:
        if not each.get(DOUBTED) and str(each.get("yields_to")) in doubts:
            each = {key: value for key, value in each.items() if key != "yields_to"}
        elif each.get(DOUBTED) and not each.get("yields_to"):
            against = [str(one) for one in each.get("contradicts") or ()]
            mine = [
                one for one in records if not one.get(DOUBTED) and one.get("active") and str(one.get("id")) in against
            ]
            if mine:
                each = {**each, "yields_to": mine[0].get("id")}
        found.append(each)
    return found


def save_own(path: str, records: list[Record], places: Places, environ: Mapping[str, str]) -> None:
    """Write a history: what is new or changed in it is this guard's own, what was in doubt before stays so. Trusted
    first and written then, so that nobody finds a record in doubt in between. Raises OSError.
    """
    before = _load(path)
    whole = is_trusted(path, read_trust(places, environ)) and not any(each.get(DOUBTED) for each in records)
    old = {hash_of(each) for each in before}
    own = [one for each in records if not each.get(DOUBTED) and (one := hash_of(each)) not in old]
    for each in records:
        each.pop(DOUBTED, None)
    add_trust([hashlib.sha256(dump(records)).hexdigest()] if whole else [], own, places, environ)
    save(path, records)


def accept_file(path: str, places: Places, environ: Mapping[str, str]) -> None:
    """A file that this guard wrote itself, or in which nothing is in doubt."""
    add_trust([hash_of_file(path)], [], places, environ)


def accept_all(places: Places, environ: Mapping[str, str]) -> None:
    """A person accepts histories and policy as they are."""
    paths = [path for path in (*places.histories(), places.policy) if hash_of_file(path)]
    records = [hash_of(each) for path in places.histories() for each in _load(path)]
    add_trust(map(hash_of_file, paths), records, places, environ)


def in_doubt(places: Places, environ: Mapping[str, str]) -> list[tuple[str, list[Record]]]:
    """(file, its records in doubt) for each history and policy that is not trusted as it is."""
    trust = read_trust(places, environ)
    found = []
    for path in dict.fromkeys((*places.histories(), places.policy)):
        if is_trusted(path, trust):
            continue
        records = [] if path == places.policy else [each for each in _load(path) if hash_of(each) not in trust.records]
        found.append((path, records))
    return found


def _load(path: str) -> list[Record]:
    try:
        return load(path) or []
    except BrokenHistory:
        return []
