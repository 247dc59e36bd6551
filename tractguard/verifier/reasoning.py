"""A written plan, scored from what can be checked in it: never from how long it is or how sure it sounds.

Commands in backticks go along the line against what is in force; claims are held against the log; files that it names
are looked up. What it says of tests, callers, what could be lost and other ways counts where it is said of something by
name. A plan may also be an object with `action`, `steps`, `risks` and `alternatives`. The words are data
(`data/verifier.json`).
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.claims.reading import claims_in
from tractguard.tables import table
from tractguard.task import subjects
from tractguard.verifier.formula import DIMENSIONS, Score

LONGEST = 50_000
MOST_COMMANDS = 20
_STEP = re.compile(r"\s{0,8}(?:\d{1,3}[.)]|[-*+])\s")
_CODE = re.compile(r"`([^`\n]{3,400})`")
Judge = Callable[[str], str]  # a command -> why it would be stopped, "" where it would not


class Plan(NamedTuple):
    """A plan as it was read. What it scores itself is not."""

    text: str
    steps: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


class Known(NamedTuple):
    """What a plan is held against."""

    request: str = ""
    judge: Judge | None = None
    exists: Callable[[str], bool | None] | None = None
    false_claims: Callable[[str], Sequence[str]] | None = None


def plan_of(text: str) -> Plan:
    """A plan from the text of a file: an object, or prose."""
    text = text[:LONGEST]
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return Plan(text, tuple(line.strip() for line in text.splitlines() if _STEP.match(line)))
    parts = {key: _texts(found.get(key)) for key in ("steps", "risks", "alternatives")}
    said = [*_texts(found.get("action")), *_texts(found.get("reasoning"))]
    said += [one for part in parts.values() for one in part]
    return Plan("\n".join(said), parts["steps"], parts["risks"], parts["alternatives"])


def scores_of(plan: Plan, known: Known) -> dict[str, Score]:
    """The five dimensions of a plan; unknown where nothing in it can be checked."""
    if not plan.text.strip():
        return {name: Score() for name in DIMENSIONS}
    return {
        "alignment": _alignment(plan, known),
        "coherence": _coherence(plan, known),
        "completeness": _completeness(plan),
        "safety": _said(plan, "safety", plan.risks, "what could be lost, or how it comes back"),
        "alternatives": _said(plan, "alternatives", plan.alternatives, "another way"),
    }


def _alignment(plan: Plan, known: Known) -> Score:
    lines: list[str] = []
    stopped = _stopped(plan, known)
    mine = subjects(plan.text)
    if known.request:
        shared = sorted(mine & subjects(known.request))
        lines.append(f"shares {', '.join(shared[:4])} with the last request" if shared else
                     "shares nothing with the last request")  # fmt: skip
        value = min(1.0, 0.7 + 0.1 * len(shared)) if shared else 0.4
    elif not stopped:
        return Score()
    else:
        value = 0.7
    value = value - 0.4 * len(stopped)
    return Score(round(max(0.0, value), 4), (*stopped, *lines), "do what was asked, as it was said")


def _stopped(plan: Plan, known: Known) -> list[str]:
    if known.judge is None:
        return []
    commands = [found for found in _CODE.findall(plan.text) if " " in found.strip()][:MOST_COMMANDS]
    return [f"`{command[:60]}` would be stopped: {why}" for command in commands if (why := known.judge(command))]


def _coherence(plan: Plan, known: Known) -> Score:
    if len(plan.steps) < 2 and not claims_in(plan.text).claims:
        return Score()
    lines = [*_opposed(plan.steps)]
    if known.false_claims is not None:
        lines += known.false_claims(plan.text)
    repeated = len(plan.steps) - len({" ".join(step.lower().split()) for step in plan.steps})
    if repeated > 0:
        lines.append(f"{repeated} steps stand in it twice")
    value = max(0.0, 1.0 - 0.3 * len(lines))
    return Score(round(value, 4), tuple(lines) or (f"{len(plan.steps)} steps, none against another",))


def _opposed(steps: Sequence[str]) -> list[str]:
    """Pairs of steps that say opposite things of one named thing."""
    found = []
    pairs = table("verifier")["contradictions"]
    named = [set(re.findall(table("verifier")["known"], step)) for step in steps[:40]]
    for at, one in enumerate(steps[:40]):
        for place, other in enumerate(steps[at + 1 : 40], at + 1):
            things = named[at] & named[place]
            if things and any((_has(one, a) and _has(other, b)) or (_has(one, b) and _has(other, a)) for a, b in pairs):
                found.append(f"two steps say opposite things of {sorted(things)[0]}")
    return found[:3]


def _has(text: str, words: str) -> bool:
    return bool(re.search(rf"\b{re.escape(words)}\b", text.lower()))


def _completeness(plan: Plan) -> Score:
    words: Mapping[str, str] = table("verifier")["completeness"]
    low = plan.text.lower()
    there = [name for name, pattern in words.items() if re.search(pattern, low)]
    missing = [name for name in words if name not in there]
    value = len(there) / len(words)
    lines = [f"speaks of {', '.join(there)}"] if there else []
    lines += [f"says nothing of {', '.join(missing)}"] if missing else []
    return Score(round(value, 4), tuple(lines), f"say how it is with {', '.join(missing[:3])}" if missing else "")


def _said(plan: Plan, name: str, listed: Sequence[str], what: str) -> Score:
    """A dimension that counts sentences which speak of it together with something by name."""
    pattern, known = table("verifier")[name], table("verifier")["known"]
    lines = [line for line in re.split(r"(?<=[.!?])\s|\n", plan.text) if re.search(pattern, line.lower())]
    named = [line for line in [*lines, *listed] if re.search(known, line) or subjects(line)]
    if not lines and not listed:
        return Score(0.3, (f"names nothing of {what}",))
    value = min(1.0, 0.5 + 0.2 * len(dict.fromkeys(named)))
    return Score(round(value, 4), tuple(f'"{" ".join(line.split())[:100]}"' for line in (lines or list(listed))[:3]))


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(each) for each in value if isinstance(each, (str, int, float))) if isinstance(value, list) else ()
