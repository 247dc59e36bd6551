"""Recovery points: before a call goes ahead that could destroy work which exists only here, that work is kept.

It knows how a point is made, where its record lies, and when it ends. What a call could destroy is told by
`recovery_risk`, git's part is `recovery_git`'s, bringing work back is `recovery_restore`'s. A call that risks nothing
never gets here; where nothing would be lost, nothing is made and nobody hears of it. What cannot be kept in time is
asked about: unknown is not safe.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tractguard.decide import decision_of, verdict_of, words
from tractguard.model import APPROVED, ESCALATED, Decision, Event, Fact, Finding
from tractguard.places import Places
from tractguard.policy import DEFAULTS, Policy
from tractguard.recovery_copies import Bounds, Copied, copied
from tractguard.recovery_git import REFS, Checkout, Clock, Unknown, forget, refs
from tractguard.recovery_parts import Part, Scope, divided, part_of
from tractguard.recovery_risk import Risk, risk_of, there

CODE = "TG425"
LONGEST_CALL = 300  # characters of a call that a point's record keeps
LOCK_STEP = 0.01  # seconds between two looks at a lock that another process holds
Point = dict[str, Any]


def secure(
    event: Event, facts: Sequence[Fact], decision: Decision, places: Places, policy: Policy, told: list[str]
) -> Decision:
    """The decision on a call that may go ahead, after what it could destroy was kept.

    Unchanged where nothing would be lost. With a note for the record that names the point; as a question where no
    point could be made of what will be deleted or discarded. What a point does not cover is added to `told`, which
    the person reads.
    """
    if decision.response == "deny" or (decision.response == "ask" and event.headless):
        return decision
    if decision.updated_input is not None:
        facts = _again(event, decision, places)
    risk = there(risk_of(facts, event.cwd or places.root), facts, os.path.lexists)
    if not risk:
        return decision
    clock = Clock(float(bounds_of(policy)["time_ms"]) / 1000)
    try:
        made = make(risk, places, policy, clock, now=event.time, call=words_of(event, policy), session=event.session_id)
    except (Unknown, OSError) as error:
        if risk.sure:
            return unkept(decision, str(error), policy)
        made = {"id": "", "parts": [], "copies": [], "files": 0, "bytes": 0, "not_covered": [f"this call ({error})"]}
    if made is None:
        return decision
    if made["not_covered"] and policy["verbosity"] != "silent":
        told.append(f"tractguard: no recovery point covers {'; '.join(made['not_covered'])}.")
    return noted(decision, made)


def _again(event: Event, decision: Decision, places: Places) -> Sequence[Fact]:
    """The facts of the call that will really run."""
    from tractguard.facts import gather
    from tractguard.facts.world import Disk

    return gather(event._replace(input=decision.updated_input or {}), Disk(places.root))


def bounds_of(policy: Policy) -> Mapping[str, Any]:
    """The `recovery` table of a policy."""
    found = policy.get("recovery")
    defaults: Mapping[str, Any] = DEFAULTS["recovery"]
    return {**defaults, **found} if isinstance(found, Mapping) else defaults


def words_of(event: Event, policy: Policy) -> str:
    """A call in one line, redacted, as a point's record names it."""
    from tractguard.redact import redact

    said = next((event.input[key] for key in ("command", "file_path") if isinstance(event.input.get(key), str)), "")
    if not said or policy["ledger"]["content"] != "full":
        return event.tool
    line = " ".join(redact(said[: LONGEST_CALL * 4]).split())
    line = line if event.tool == "Bash" else f"{event.tool} {line}"
    return line if len(line) <= LONGEST_CALL else line[: LONGEST_CALL - 1] + "…"


def unkept(decision: Decision, why: str, policy: Policy) -> Decision:
    """The question that a call becomes when what it could destroy was not kept."""
    finding = Finding(
        CODE,
        "no recovery point",
        ESCALATED,
        f"this call may destroy work that exists only here, and no recovery point could be made: {why}.",
        "Commit or stash the work first, or ask the person.",
        confidence=0.9,
        domain="irreversible",
    )
    findings = (*decision.verdict.findings, finding)
    if decision.response == "ask":
        added = words(finding)
        to_assistant, to_person = (f"{text}\n{added}" for text in (decision.to_assistant, decision.to_person))
        verdict = decision.verdict._replace(findings=findings)
        return decision._replace(verdict=verdict, to_assistant=to_assistant.strip(), to_person=to_person.strip())
    asked = decision_of(verdict_of([finding]), policy)
    return asked._replace(verdict=asked.verdict._replace(findings=findings))


def noted(decision: Decision, made: Point) -> Decision:
    """The decision with a note of the point, for the record."""
    held = (
        f"recovery point {made['id']} holds {holds(made)}." if made["parts"] or made["copies"] else "nothing was kept."
    )
    data = {"recovery": made["id"], "files": made["files"], "bytes": made["bytes"], "not_covered": made["not_covered"]}
    finding = Finding(CODE, "recovery point", APPROVED, held, domain="irreversible", data=data)
    verdict = decision.verdict
    return decision._replace(verdict=verdict._replace(findings=(*verdict.findings, finding)))


def holds(made: Mapping[str, Any]) -> str:
    """What a point holds, in words: "2 changed files, 1 new file, 1 stash"."""
    counts: dict[str, int] = {}
    for part in made["parts"]:
        for sort, number in part["work"].items():
            counts[f"{sort} file"] = counts.get(f"{sort} file", 0) + number
        counts["staged file"] = counts.get("staged file", 0) + len({row[3] for row in part["staged"]})
        counts["stash"] = counts.get("stash", 0) + len(part["stashes"])
        counts["ref"] = counts.get("ref", 0) + len(part["refs"])
    counts["copied file"] = len(made["copies"])
    many = {"stash": "stashes"}
    return ", ".join(f"{number} {noun if number == 1 else many.get(noun, noun + 's')}"
                     for noun, number in counts.items() if number) or "nothing"  # fmt: skip


# Making


def make(
    risk: Risk,
    places: Places,
    policy: Policy,
    clock: Clock,
    *,
    now: float,
    call: str,
    session: str = "",
) -> Point | None:
    """Keep what `risk` names. None where nothing of it exists only here. Raises Unknown, OSError."""
    bounds = bounds_of(policy)
    scopes, outside = divided(risk, places, clock)
    parts: list[Part] = []
    for where, scope in scopes.items():
        try:
            parts.append(part_of(where, scope, bounds, clock))
        except Unknown:
            alone = scope.files_alone(where.top, int(bounds["file_kb"]) * 1024)
            if alone is None:
                raise
            outside += alone
            clock = Clock(0.5)
    outside += [path for part in parts for path in part.outside]
    parts = [part for part in parts if part.keeps]
    lacks = [*risk.beyond, *(words for part in parts for words in part.lacks)]
    if not parts and not outside and not lacks:
        return None
    id = _id(parts, outside)
    with locked(places, clock):
        return written(id, parts, outside, lacks, places, bounds, clock, now=now, call=call, session=session)


def _id(parts: Sequence[Part], outside: Sequence[str]) -> str:
    """Seven hexadecimal digits of what is kept: the same work is kept once."""
    seen: list[Any] = [part.mark() for part in parts]
    for path in outside:
        with contextlib.suppress(OSError):
            stat = os.lstat(path)
            seen.append([path, stat.st_mode, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns])
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:7]


def written(
    id: str,
    parts: Sequence[Part],
    outside: Sequence[str],
    lacks: list[str],
    places: Places,
    bounds: Mapping[str, Any],
    clock: Clock,
    *,
    now: float,
    call: str,
    session: str,
    absent: Sequence[Sequence[str]] = (),
    always: bool = False,
) -> Point | None:
    """Write a point with these parts and copies of `outside`; None where it would hold nothing. Raises Unknown."""
    known = load(places, id)
    if known is not None and all(refs(part.where, clock, f"{REFS}{id}/") for part in parts):
        known.update(time=round(now, 3), call=call, session=session)
        save(places, known)
        return known
    rows = [part.keep(f"{REFS}{id}", clock, f"{call}\n\ntractguard undo {id}", now) for part in parts]
    room = Bounds(int(bounds["copies"]), int(bounds["file_kb"]) * 1024, int(bounds["copies_kb"]) * 1024)
    found = (
        copied(outside, os.path.join(folder_of(places), id), room, clock, skip=places.state) if outside else Copied(())
    )
    lacks += _left(found)
    lacks += [words for row in rows for words in row.pop("unread")]
    if not rows and not found.copies and not lacks and not always:
        return None
    point: Point = {
        "id": id,
        "time": round(now, 3),
        "call": call,
        "session": session,
        "parts": rows,
        "copies": [list(each) for each in found.copies],
        "not_covered": lacks,
        "files": sum(sum(row["work"].values()) + len(row["staged"]) for row in rows) + len(found.copies),
        "refs": sum(len(row["refs"]) + len(row["stashes"]) for row in rows),
        "bytes": sum(row["bytes"] for row in rows) + sum(each.size for each in found.copies),
        "absent": [list(each) for each in absent],
    }
    if rows or found.copies or always:
        save(places, point)
    return point


def _left(found: Copied) -> list[str]:
    if not found.left and not found.more:
        return []
    if found.more:
        return ["a folder with more files than are looked at"]
    files = "1 file" if found.left == 1 else f"{found.left} files"
    return [f"{files} outside git ({found.left_bytes // 1024} kB, such as {os.path.basename(found.left_first)})"]


# Where points lie


def folder_of(places: Places) -> str:
    """The folder with the records and copies of all points."""
    return os.path.join(places.state, "recovery")


def save(places: Places, point: Mapping[str, Any]) -> None:
    """Write a point's record, at once or not at all."""
    path = os.path.join(folder_of(places), f"{point['id']}.json")
    os.makedirs(folder_of(places), mode=0o700, exist_ok=True)
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump(point, file, separators=(",", ":"))
    os.replace(f"{path}.new", path)


def load(places: Places, id: str) -> Point | None:
    """The record of a point, or None where there is none that can be read."""
    try:
        with open(os.path.join(folder_of(places), f"{id}.json"), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("id") == id else None


def points(places: Places) -> list[Point]:
    """Every point, the newest first."""
    try:
        names = os.listdir(folder_of(places))
    except OSError:
        return []
    found = [load(places, name.removesuffix(".json")) for name in names if name.endswith(".json")]
    return sorted((each for each in found if each), key=lambda each: (-float(each["time"]), each["id"]))


@contextlib.contextmanager
def locked(places: Places, clock: Clock) -> Iterator[None]:
    """One maker of points at a time, over all sessions of the repository. Raises Unknown where it takes too long."""
    os.makedirs(folder_of(places), mode=0o700, exist_ok=True)
    with open(os.path.join(folder_of(places), "lock"), "w", encoding="utf-8") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                clock.left()
                time.sleep(LOCK_STEP)
        yield


def prune(places: Places, policy: Policy, now: float, clock: Clock | None = None) -> list[str]:
    """End the points that are too old, and the oldest where all together are too large; their ids."""
    bounds = bounds_of(policy)
    kept, ended = 0, []
    for each in points(places):
        kept += int(each["bytes"])
        if now - float(each["time"]) > float(bounds["keep_days"]) * 86_400 or kept > int(bounds["keep_mb"]) * 2**20:
            kept -= int(each["bytes"])
            ended.append(each)
    drop(places, ended, clock or Clock(float(bounds["time_ms"]) / 1000))
    return [str(each["id"]) for each in ended]


def drop(places: Places, ended: Sequence[Point], clock: Clock) -> None:
    """Forget points: their refs, so that git can collect what they kept, their copies, and their records."""
    import shutil

    repositories: dict[str, list[str]] = {}
    for each in ended:
        for part in each["parts"]:
            repositories.setdefault(part["common"], []).append(str(each["id"]))
    for common, ids in repositories.items():
        with contextlib.suppress(Unknown):  # a repository that is gone took its refs along
            forget(Checkout("", common, common), clock, ids)
    for each in ended:
        shutil.rmtree(os.path.join(folder_of(places), str(each["id"])), ignore_errors=True)
        with contextlib.suppress(OSError):
            os.remove(os.path.join(folder_of(places), f"{each['id']}.json"))


__all__ = ["Point", "Scope", "drop", "holds", "load", "make", "points", "prune", "secure", "written"]
