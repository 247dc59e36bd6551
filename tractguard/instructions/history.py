"""The instruction history: `.claude/instruction-history.json`, the file that git sees and people review.

Knows how the file is read, repaired, changed and written, and which record replaces which. Refuses to know how a
sentence is understood (classifier) and whether every field is right (schema, when the file is compiled). Standard
library only: the prompt hook writes through it.
"""

import hashlib
import json
import os
import re
import time as clock
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.instructions.chains import next_id, repair
from tractguard.instructions.directive import Directive
from tractguard.instructions.endings import named_end
from tractguard.instructions.subjects import ends, says_the_same
from tractguard.model import Constraint, constraints_of
from tractguard.redact import redact

VERSION = 1
CLASSIFIER = "1"  # raised when the same sentence would be read differently
Record = dict[str, Any]


class BrokenHistory(Exception):
    """The history cannot be read. The message is one sentence: what, where and what now."""


class Added(NamedTuple):
    """What came of adding a directive."""

    record: Record
    superseded: tuple[Record, ...] = ()
    repeated: bool = False  # it was said before: `record` is the one that stands
    corrected: bool = False  # it was said to correct the assistant


def load(path: str) -> list[Record] | None:
    """The records of a history, repaired; None where there is no file. Raises BrokenHistory."""
    found = load_repaired(path)
    return None if found is None else found[0]


def load_repaired(path: str) -> tuple[list[Record], list[str]] | None:
    """The records of a history, ids and chains repaired, and a sentence for each repair. Raises BrokenHistory."""
    try:
        with open(path, "rb") as file:
            data = json.loads(file.read().decode("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BrokenHistory(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    except (ValueError, RecursionError) as error:
        raise BrokenHistory(f"{path} is not valid JSON ({error}){_merge_marks(path)}") from error
    records = data.get("instructions") if isinstance(data, dict) else None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise BrokenHistory(f'{path} does not hold {{"version": {VERSION}, "instructions": [ … ]}}')
    if data.get("version") != VERSION:
        raise BrokenHistory(f"{path} is of version {data.get('version')!r}, this tractguard reads version {VERSION}")
    return repair(records)


def _merge_marks(path: str) -> str:
    """Words for a file that git left in the middle of a merge."""
    with open(path, "rb") as file:
        unfinished = any(line.startswith((b"<<<<<<< ", b">>>>>>> ")) for line in file)
    return "; a merge in git was left unfinished in it" if unfinished else ""


def dump(records: Sequence[Record]) -> bytes:
    """The file's bytes: stable order, one field a line, made to be reviewed and merged."""
    text = json.dumps({"version": VERSION, "instructions": list(records)}, ensure_ascii=False, indent=2)
    return (text + "\n").encode("utf-8", "backslashreplace")


def save(path: str, records: Sequence[Record]) -> str:
    """Write the history atomically and return the hash of its bytes. Raises OSError."""
    data = dump(records)
    write_atomically(path, data)
    return hashlib.sha256(data).hexdigest()


def write_atomically(path: str, data: bytes) -> None:
    """Write `data` beside `path`, then move it into place: a reader sees the old or the new file, never half of one."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    beside = f"{path}.{os.getpid()}.new"
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.unlink(beside)
        raise


def set_aside(path: str) -> str:
    """Move a broken file beside itself, never over anything, and return its new name."""
    stem, suffix = os.path.splitext(path)
    number = 1
    while os.path.lexists(f"{stem}.broken-{number}{suffix}"):
        number += 1
    os.rename(path, f"{stem}.broken-{number}{suffix}")
    return f"{stem}.broken-{number}{suffix}"


def timestamp(now: float) -> str:
    """RFC 3339 in UTC."""
    return clock.strftime("%Y-%m-%dT%H:%M:%SZ", clock.gmtime(now))


_LIST_MARK = re.compile(r"^\s{0,20}(?:[-*+•◦▪●]|\d{1,3}[.)])\s+(?=\S)")


def record_of(
    directive: Directive, *, id: str, now: float, source: str, origin: str, until: Mapping[str, Any] | None = None
) -> Record:
    """A new record from a directive: its sentence only, redacted. `until`: what ends it, where that was looked up;
    otherwise what its words name.
    """
    constraints = [{"type": each.type, **each.data} for each in directive.constraints]
    end = until if until is not None else named_end(directive.text, now, relative=source != "file")
    record: Record = {
        "id": id,
        "text": redact(_LIST_MARK.sub("", directive.text)),
        "timestamp": timestamp(now),
        "quadrant": directive.quadrant,
        "persistence": directive.persistence,
        "temporal_scope": directive.temporal_scope,
        "verification_required": directive.verification_required,
        "explicitness": round(directive.explicitness, 2),
        "polarity": directive.polarity,
        "source": source,
        "active": True,
        "parameters": parameters(directive.constraints),
        "constraints": json.loads(redact(json.dumps(constraints, ensure_ascii=False))),
        "scope": list(dict.fromkeys(glob for each in directive.constraints for glob in each.list("scope"))),
        "context": directive.context,
        "supersedes": [],
        "superseded_by": None,
        "said": 1,
        "note": directive.note,
        "origin": origin,
        "classifier": CLASSIFIER,
    }
    if end and end["kind"] == "merge" and not end["branch"]:
        end = {"kind": "event", "words": "that branch is merged"}
    passing = directive.temporal_scope in ("TASK", "SESSION")
    if end and not (passing and end["kind"] == "event"):
        record |= {"temporal_scope": "PHASE", "until": dict(end)}
    return record


def parameters(constraints: Iterable[Constraint]) -> dict[str, str]:
    """The framework's flat form of what was said: `{"service": "mongodb", "port": "27027"}`."""
    flat: dict[str, str] = {}
    for each in constraints:
        if each.type in ("port", "host", "url", "db") and each.get("value"):
            flat.setdefault(each.type, str(each.get("value")))
            if each.get("service"):
                flat.setdefault("service", str(each.get("service")))
        elif each.type == "version" and each.get("of"):
            flat.setdefault(str(each.get("of")), str(each.get("value")))
        elif each.type == "tool_choice" and each.list("use"):
            flat.setdefault("tool", each.list("use")[0])
    return flat


def add(
    records: list[Record],
    directive: Directive,
    *,
    now: float,
    source: str,
    origin: str = "",
    until: Mapping[str, Any] | None = None,
    taken: Iterable[str] = (),
) -> Added:
    """Add a directive to `records` in place. What it replaces stays in the file, inactive, with the chain kept.

    What a person says in a chat does not end what a file says, nor the other way round: both stay in force, and
    their contradiction is shown (`contradictions`). `taken`: ids used in other histories, which are not given again.
    """
    constraints = directive.constraints
    replaced = []
    for old in records:
        if not old.get("active"):
            continue
        old_constraints = constraints_of(old)
        if says_the_same(str(old.get("text", "")), old_constraints, directive.text, constraints):
            old["said"] = int(old.get("said") or 1) + 1
            if directive.correction:
                raise_persistence(old)
            return Added(old, repeated=True, corrected=directive.correction)
        over = ends(str(old.get("text", "")), old_constraints, constraints, directive.corrects)
        if over and (old.get("source") == "file") == (source == "file"):
            replaced.append(old)
    id = next_id([*(str(old.get("id")) for old in records), *taken])
    new = record_of(directive, id=id, now=now, source=source, origin=origin, until=until)
    if directive.correction:
        raise_persistence(new)
    for old in replaced:
        old["active"] = False
        old["superseded_by"] = new["id"]
        new["supersedes"].append(old["id"])
    records.append(new)
    return Added(new, tuple(replaced), corrected=directive.correction)


def raise_persistence(record: Record) -> None:
    """What a person had to say again is meant: it holds longer and stricter, and the corrections are counted."""
    record["corrections"] = int(record.get("corrections") or 0) + 1
    if record.get("persistence") in ("LOW", "MEDIUM"):
        record["persistence"] = "HIGH"
    if record.get("verification_required") in ("OPTIONAL", "REQUIRED"):
        record["verification_required"] = "MANDATORY"


def retire(records: list[Record], id: str, *, now: float, by: str) -> Record | None:
    """End a record in place; None where no active one has that id."""
    for record in records:
        if record.get("id") == id and record.get("active"):
            record["active"] = False
            record["retired"] = {"time": timestamp(now), "by": by}
            return record
    return None


def end(record: Record, *, now: float, by: str) -> None:
    """End a record in place because what it waited for has come: `by` says what."""
    record["active"] = False
    record["ended"] = {"time": timestamp(now), "by": by}
