"""The pressure of the live sessions of a repository, as `status`, `pressure`, `watch` and the status line show it.

Reads on without storing: looking changes nothing. Refuses to draw.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tractguard.compiled import Compiled
from tractguard.facts.transcript import Counted
from tractguard.ledger import Ledger
from tractguard.numerals import short
from tractguard.policy import Policy
from tractguard.pressure.formula import Reading
from tractguard.pressure.inputs import Found, look, measured
from tractguard.pressure.levels import acting
from tractguard.pressure.state import GONE_ON, LEVEL, LEVELS, NORMAL, READING, STRICTER, table
from tractguard.stored import number, read_object

SILENT_HOURS = 24.0  # a session that was silent for longer is not shown as live
MOST_SESSIONS = 20


Estimate = Callable[[str, Counted], tuple[int, str]]  # transcript -> (tokens since the last usage, how it was counted)


def live_sessions(
    ledger: Ledger, compiled: Compiled, policy: Policy, now: float, estimate: Estimate | None = None
) -> list[dict[str, Any]]:
    """A row for every session that has not ended, the one that spoke last first. Raises sqlite3.Error."""
    rows = ledger.db.execute("SELECT session_id, value FROM state WHERE key = ?", (READING,)).fetchall()
    known = [(str(session), read_object(value)) for session, value in rows]
    live = [
        (session, kept)
        for session, kept in known
        if session and not kept.get("ended") and now - float(kept.get("time") or 0.0) <= SILENT_HOURS * 3600
    ]
    live.sort(key=lambda each: -float(each[1].get("time") or 0.0))
    return [row_of(session, ledger, compiled, policy, now, estimate) for session, _ in live[:MOST_SESSIONS]]


def row_of(
    session_id: str, ledger: Ledger, compiled: Compiled, policy: Policy, now: float, estimate: Estimate | None = None
) -> dict[str, Any]:
    """Everything about one session's pressure: the reading, where its figures come from, what acts and the trend.

    `estimate` counts what no usage tells yet, where somebody has the time for it.
    """
    mine = table(policy, "pressure")
    found = look(session_id, ledger, compiled, mine, now)
    more = estimate(str(found.kept.get("transcript") or ""), found.counted) if estimate else None
    if more is not None and found.used_from == "estimate":
        found = found._replace(numbers=found.numbers._replace(used=more[0]))
    made = row(session_id, ledger.state(session_id), found, measured(found, mine), mine)
    if more is not None:
        made["tokens"]["since_usage"] = {"tokens": more[0], "by": more[1]}
    return made


def row(
    session_id: str, state: Mapping[str, str], found: Found, reading: Reading, policy: Mapping[str, Any]
) -> dict[str, Any]:
    """A reading as data."""
    kept, numbers = found.kept, found.numbers
    acts = state.get(LEVEL, NORMAL)
    return {
        "session_id": session_id,
        **reading.json(),
        "acting": acts if acts in LEVELS else NORMAL,
        "would_act": acting(reading),
        "verification": "one step stricter" if STRICTER in state else "as said",
        "gone_on": GONE_ON in state,
        "baseline": kept.get("baseline") or {},
        "time": kept.get("time"),
        "model": found.model,
        "tokens": {"used": numbers.used if numbers.used >= 0 else None, "from": found.used_from},
        "window": {"size": numbers.window or None, "from": found.window_from},
        "messages": {
            "since_compaction": numbers.messages,
            "whole_transcript": found.counted.whole,
            "learned_max": found.messages_max or None,
        },
        "refused_of_late": found.refused,
        "trend": trend(kept.get("trend"), number(kept.get("calls")), reading, policy["levels"]),
    }


def trend(points: Any, calls: int, reading: Reading, levels: Mapping[str, float]) -> dict[str, Any]:
    """How the score moves with each call, and after how many the next level begins; None where it does not rise."""
    known = [
        (float(each[0]), float(each[1]))
        for each in (points if isinstance(points, list) else ())
        if isinstance(each, list) and len(each) == 2 and all(isinstance(one, (int, float)) for one in each)
    ]
    place = LEVELS.index(reading.level) + 1
    following = LEVELS[place] if place < len(LEVELS) else None
    slope = slope_of([*known, (float(calls), reading.score)])
    until = None
    if following and slope > 0:
        until = max(1, -int(-(float(levels[following.lower()]) - reading.score) // slope))
    return {"per_call": round(slope, 6), "next": following, "calls_until_next": until}


def slope_of(points: Sequence[tuple[float, float]]) -> float:
    """The rise from the first point to the last, for each step; 0 where they are at one place."""
    if len(points) < 2 or points[-1][0] <= points[0][0]:
        return 0.0
    return (points[-1][1] - points[0][1]) / (points[-1][0] - points[0][0])


def words(row: Mapping[str, Any]) -> str:
    """One line on a session."""
    used, size = row["tokens"]["used"], row["window"]["size"]
    tokens = "tokens unknown" if used is None else f"{short(used)} tokens, window unknown"
    if used is not None and size:
        tokens = f"{short(used)} of {short(size)} tokens"
    text = f"{row['level']} {row['score']:.2f}, {row['messages']['since_compaction']} messages, {tokens}"
    until = row["trend"]["calls_until_next"]
    return f"{text}, {row['trend']['next']} in about {until} calls" if until else text
