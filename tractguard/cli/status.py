"""`status`: what is in force here, and what happened last."""

import os
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tractguard.cli.repository import here, live_records, set_up
from tractguard.places import Places

if TYPE_CHECKING:
    from tractguard.hosts.claude_code_install import Inspection

LAST = 8  # decisions shown
LOOK_BACK = 400  # events among which they are sought


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what is in force in this folder: hooks, mode, instructions, the last decisions.

    \b
    Example:
      tractguard status --json | jq .hooks.guarded
    """
    import json

    found = gathered(here(), os.getcwd())
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    from tractguard import render

    render.status(found)


def gathered(places: Places, cwd: str) -> dict[str, Any]:
    """Everything that `status` shows. Keys of rooms that are not built yet are there, and empty."""
    from tractguard.config import merged
    from tractguard.hosts.claude_code_install import inspect
    from tractguard.policy import policy_hash

    policy = merged(places, os.environ)
    records, notices = known_records(places)
    problems = [str(problem) for problem in policy.problems]
    return {
        "root": places.root,
        "set_up": set_up(places),
        "mode": policy.policy["mode"],
        "policy_hash": policy_hash(policy.policy),
        "instructions": {
            "active": len(records),
            "by_quadrant": counted(records, "quadrant"),
            "by_persistence": counted(records, "persistence"),
            "checkable": sum(bool(record.get("constraints")) for record in records),
            "of_sessions": passing(places),
        },
        "pressure": pressure(places),
        "deviation": {},
        "obligations": obligations(places),
        "checks": checks(places, policy.policy),
        **deliberations(places),
        "recovery": recovery(places),
        "shadow": shadowed(places) if policy.policy["mode"] == "shadow" else {},
        "hooks": hooks(inspect(places.root, os.environ), places, cwd),
        "ledger": ledger(places),
        "last_decisions": last_decisions(places),
        "notices": list(
            dict.fromkeys([*paused(places), *problems, *(note for note in notices if "rest of that file" not in note)])
        ),
    }


def known_records(places: Places) -> tuple[list[dict[str, Any]], list[str]]:
    """The live records and what a person should hear; where they cannot be read, why."""
    from tractguard.book import CannotCompile
    from tractguard.instructions.history import BrokenHistory
    from tractguard.ledger import LedgerError

    try:
        return live_records(places)
    except (CannotCompile, BrokenHistory, LedgerError) as error:
        return [], [str(error)]


def passing(places: Places) -> list[Mapping[str, Any]]:
    """What sessions said for themselves alone; nothing where the ledger cannot be read, which is said elsewhere."""
    from tractguard.cli.sessions import of_sessions
    from tractguard.ledger import LedgerError

    try:
        return of_sessions(places)
    except LedgerError:
        return []


def paused(places: Places) -> list[str]:
    """A sentence where nothing may be changed just now."""
    from tractguard.ledger import Ledger, LedgerError
    from tractguard.pausing import paused as found

    try:
        with Ledger.open(places.ledger, create=False) as book:
            return ["paused: nothing is changed until a person says 'tractguard resume'"] if found(book) else []
    except LedgerError:
        return []


def counted(records: list[dict[str, Any]], key: str) -> dict[str, int]:
    """How many records have each value, the commonest first."""
    return dict(Counter(str(record.get(key)) for record in records).most_common())


def hooks(found: "Inspection", places: Places, cwd: str) -> dict[str, Any]:
    """Where the hooks are, for which events, and whether a session started in this very folder is guarded."""
    from tractguard.as_installed import compared

    at_root = os.path.realpath(cwd) == os.path.realpath(places.root)
    guarded = found.covers_subfolders or (found.active and at_root)
    return {
        "guarded": guarded,
        "why": "" if guarded else why_not(found, places, cwd),
        "installed": [
            {
                "layer": layer.layer,
                "path": layer.path,
                "events": list(layer.events),
                "missing": list(layer.missing),
                "stale": list(layer.stale),
                "absent": list(layer.absent),
            }
            for layer in found.layers
            if layer.installed
        ],
        "broken": [{"path": layer.path, "why": layer.broken} for layer in found.layers if layer.broken],
        "disabled_by": list(found.disabled_by),
        "doubled": list(found.doubled),
        "subfolders": found.covers_subfolders,
        "as_installed": compared(places, os.environ),
    }


def why_not(found: "Inspection", places: Places, cwd: str) -> str:
    """Why a session started here is not guarded, and what now."""
    if found.disabled_by:
        files = ", ".join(found.disabled_by)
        return f"hooks are switched off in {files}: take disableAllHooks (or allowManagedHooksOnly) out there"
    broken = [layer.path for layer in found.layers if layer.broken]
    if broken:
        return f"the client ignores {', '.join(broken)}, which is not valid: repair it"
    if any(layer.installed for layer in found.layers) and not found.active:
        return "the installed hooks are incomplete: run 'tractguard init' again"
    if found.active:
        return (
            f"the client reads {places.root}/.claude only for a session started in {places.root} itself: "
            f"start it there, or run 'tractguard init --user'"
        )
    return "no hooks are installed: run 'tractguard init'"


def ledger(places: Places) -> dict[str, Any]:
    """The state of the ledger: {"path", "events", "journal", "problem"}."""
    from tractguard.ledger import Ledger, LedgerError

    if not os.path.exists(places.ledger):
        return {"path": places.ledger, "events": 0, "journal": "", "problem": ""}
    try:
        with Ledger.open(places.ledger, create=False) as book:
            return {"path": places.ledger, "events": book.head()[0], "journal": book.journal(), "problem": ""}
    except LedgerError as error:
        return {"path": places.ledger, "events": 0, "journal": "", "problem": str(error)}


def recovery(places: Places) -> dict[str, Any]:
    """What `undo` could bring back: {"points", "bytes", "newest"}; `newest` is an id, "" where there is none."""
    from tractguard.recovery import points

    found = points(places)
    return {
        "points": len(found),
        "bytes": sum(int(each["bytes"]) for each in found),
        "newest": str(found[0]["id"]) if found else "",
    }


def shadowed(places: Places) -> dict[str, Any]:
    """What would have been stopped, and the last of it as `log` shows calls; nothing where there is no ledger yet."""
    from tractguard.cli.log import summary
    from tractguard.ledger import Ledger, LedgerError
    from tractguard.shadow import would_have_stopped

    try:
        with Ledger.open(places.ledger, create=False) as book:
            found = would_have_stopped(book)
    except LedgerError:
        return {}
    return {**found, "last": [summary(row) for row in found["last"]]}


def obligations(places: Places) -> list[dict[str, Any]]:
    """What is owed in the sessions of this repository; nothing where the ledger cannot be read."""
    import sqlite3

    from tractguard.book import CannotCompile
    from tractguard.cli.obligations import rows_of
    from tractguard.ledger import LedgerError

    try:
        return rows_of(places)
    except (LedgerError, CannotCompile, sqlite3.Error):
        return []


def checks(places: Places, policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The last green run of each check of policy, and the files held since."""
    import sqlite3

    from tractguard.checks.green import held
    from tractguard.ledger import Ledger, LedgerError

    try:
        with Ledger.open(places.ledger, create=False) as ledger:
            return held(places, policy, ledger)
    except (LedgerError, sqlite3.Error):
        return []


def pressure(places: Places) -> dict[str, Any]:
    """The pressure of the session that spoke last, and all live ones; nothing where there is none."""
    import sqlite3

    from tractguard.book import CannotCompile
    from tractguard.cli.pressure import sessions
    from tractguard.ledger import LedgerError

    if not set_up(places):
        return {}
    try:
        rows = sessions(places.root)
    except (LedgerError, CannotCompile, sqlite3.Error):
        return {}
    return {**rows[0], "sessions": rows} if rows else {}


def deliberations(places: Places) -> dict[str, Any]:
    """{"deliberations": the records that want a person, "boundaries": precision and recall by domain}."""
    import time

    from tractguard.deliberation.figures import figures
    from tractguard.deliberation.known import known
    from tractguard.deliberation.store import items
    from tractguard.deliberation.summary import row, wants_attention
    from tractguard.ledger import Ledger, LedgerError

    try:
        with Ledger.open(places.ledger, create=False) as book:
            noted = known(book)
    except LedgerError:
        noted = {}
    rows = [row(each, places.root, time.time()) for each in items(places, noted)]
    return {"deliberations": [each for each in rows if wants_attention(each)], "boundaries": figures(noted.values())}


def last_decisions(places: Places) -> list[dict[str, Any]]:
    """The newest decisions on tool calls, newest first."""
    from tractguard.cli.log import summary
    from tractguard.ledger import Ledger, LedgerError

    try:
        with Ledger.open(places.ledger, create=False) as book:
            rows = [entry.json() for entry in book.entries(newest=LOOK_BACK)]
    except (LedgerError, ValueError):
        return []
    calls = [row for row in rows if row.get("kind") == "pre_tool"]
    return [summary(row) for row in reversed(calls[-LAST:])]
