"""The client's status line: one line about the session, and the one place where the live context window is told.

The client starts it whenever something changes, with its figures as JSON on stdin. They are kept in the session's
state, where the hooks find them; hooks are never told. Prints one line whatever happens, and never an error. Standard
library only.
"""

import json
import os
import sqlite3
import sys
import time
from collections.abc import Mapping
from typing import Any

from tractguard.ledger import Ledger, LedgerError
from tractguard.numerals import counted, short
from tractguard.places import places_of
from tractguard.policy import DEFAULTS
from tractguard.pressure.formula import Numbers, level_at, measure
from tractguard.pressure.state import READING, WINDOW, table
from tractguard.stored import number, read_object

NAME = "tractguard"
COLOURS = {"ELEVATED": "33", "HIGH": "38;5;208", "CRITICAL": "31", "DANGEROUS": "1;31"}
PARTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
FRESH_SECONDS = 30.0  # an unchanged figure is written again after so long, so that it does not count as old


def main() -> None:
    """Answer the client: its JSON on stdin, one line on stdout."""
    print(line(sys.stdin.buffer.read(), os.environ, time.time()))


def line(stdin: bytes, environ: Mapping[str, str], now: float) -> str:
    """The line for one look of the client."""
    try:
        said = json.loads(stdin.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        said = {}
    if not isinstance(said, dict):
        said = {}
    try:
        text = told(said, now)
    except (LedgerError, sqlite3.Error, OSError, ValueError, TypeError):
        return f"{NAME}: its record cannot be read"
    return text if environ.get("NO_COLOR") is None else uncoloured(text)


def told(said: Mapping[str, Any], now: float) -> str:
    """The line, after the figures were kept. Raises what goes wrong."""
    places = places_of(folder_of(said))
    session = said.get("session_id")
    if not os.path.exists(places.ledger) or not isinstance(session, str) or not session:
        return f"{NAME}: not at work here"
    with Ledger.open(places.ledger, create=False) as ledger:
        state = ledger.state(session)
        window = keep(window_of(said, now), read_object(state.get(WINDOW)), session, ledger)
        paused = ledger.get("", "paused") is not None
        return worded(state, window, paused=paused, policy=policy_of(places.compiled))


def folder_of(said: Mapping[str, Any]) -> str:
    """The folder in which the client was started."""
    workspace = said.get("workspace")
    start = workspace.get("project_dir") if isinstance(workspace, dict) else None
    found = start or said.get("cwd")
    return found if isinstance(found, str) and found.startswith("/") and "\0" not in found else os.getcwd()


def window_of(said: Mapping[str, Any], now: float) -> dict[str, Any]:
    """What the client says of its context window: {"used", "size", "model", "time"}; 0 for what it does not know."""
    window, model = said.get("context_window"), said.get("model")
    window = window if isinstance(window, dict) else {}
    usage = window.get("current_usage")
    used = sum(number(usage.get(part)) for part in PARTS) if isinstance(usage, dict) else 0
    name = model.get("id") if isinstance(model, dict) else model
    return {
        "used": used,
        "size": number(window.get("context_window_size")),
        "model": name[:100] if isinstance(name, str) else "",
        "time": round(now, 3),
    }


def keep(now: dict[str, Any], before: Mapping[str, Any], session: str, ledger: Ledger) -> dict[str, Any]:
    """Keep figures that are new; a size that was known once stays known. What is known from now on."""
    now["size"] = now["size"] or number(before.get("size"))
    same = all(now[key] == before.get(key) for key in ("used", "size", "model"))
    if not same or now["time"] - float(before.get("time") or 0.0) > FRESH_SECONDS:
        ledger.put(session, WINDOW, json.dumps(now))
    return now


def policy_of(path: str) -> Mapping[str, Any]:
    """The table of policy in force, as it was compiled last."""
    from tractguard.compiled import open_compiled

    found = open_compiled(path)
    if found is None:
        return table(DEFAULTS, "pressure")
    with_it = table(found.policy, "pressure")
    found.close()
    return with_it


def worded(state: Mapping[str, str], window: Mapping[str, Any], *, paused: bool, policy: Mapping[str, Any]) -> str:
    """Level, tokens, instructions, what is owed."""
    kept = read_object(state.get(READING))
    numbers = numbers_in(kept.get("numbers"), window)
    said = kept.get("maxima")
    maxima = {**policy["maxima"], **said} if isinstance(said, dict) else policy["maxima"]
    reading = measure(numbers, {**policy, "maxima": maxima})
    level = level_at(reading.score, policy["levels"])
    parts = [coloured(f"{level} {reading.score:.2f}", COLOURS.get(level, "32"))]
    if numbers.used > 0:
        full = numbers.window and numbers.used / numbers.window
        size = f"/{short(numbers.window)} ({full:.0%})" if numbers.window else ", window unknown"
        parts.append(f"{short(numbers.used)}{size}")
    parts.append(counted(numbers.instructions, "instruction"))
    owed = state.get("obligations")
    number_owed = len(json.loads(owed)) if owed else 0
    if number_owed:
        parts.append(coloured(f"{number_owed} owed", "33"))
    if paused:
        parts.append(coloured("paused", "31"))
    return f"{NAME} " + " · ".join(parts)


def numbers_in(kept: Any, window: Mapping[str, Any]) -> Numbers:
    """What was counted at the last event, with the live figures of the window."""
    known = kept if isinstance(kept, dict) else {}
    fields = {name: number(known.get(name)) for name in Numbers._fields if name != "errors"}
    errors = known.get("errors")
    live = {name: number(window.get(name)) for name in ("used", "size")}
    fields["used"] = live["used"] or fields["used"]
    fields["window"] = fields["window"] or live["size"]
    return Numbers(**fields, errors=float(errors) if isinstance(errors, (int, float)) else 0.0)


def coloured(text: str, code: str) -> str:
    """A text in a colour of the terminal."""
    return f"\x1b[{code}m{text}\x1b[0m"


def uncoloured(text: str) -> str:
    """The text without colours."""
    plain, *rest = text.split("\x1b[")
    return plain + "".join(part.partition("m")[2] for part in rest)
