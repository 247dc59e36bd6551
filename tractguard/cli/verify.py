"""`verify`: how sure the next major step is, in five dimensions, with the evidence for each."""

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tractguard.cli.errors import Usage
from tractguard.cli.repository import here
from tractguard.places import Places

if TYPE_CHECKING:
    from tractguard.policy import Policy
    from tractguard.verifier.formula import Score

LONGEST_FILE = 200_000  # bytes of a file with a plan


def verify(
    scores: Annotated[str | None, typer.Option(help="The five scores as JSON; null or left out: unknown.")] = None,
    reasoning: Annotated[str | None, typer.Option(help="A file with a plan, text or JSON; - reads stdin.")] = None,
    session: Annotated[str | None, typer.Option(help="A session of this repository; else the last one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score a major step: alignment, coherence, completeness, safety, alternatives.

    Without scores or a plan the newest session of this repository is looked at. A dimension without evidence is
    unknown, and its weight is shared out. Exit code 1 where it says REQUIRE_REVIEW or BLOCKED.

    \b
    Examples:
      tractguard verify
      tractguard verify --reasoning plan.md --json
      tractguard verify --scores '{"alignment": 0.85, "coherence": 0.75, "completeness": 0.45, "safety": 0.9}'
    """
    from tractguard.verifier.formula import BLOCKED, REVIEW, row, verified

    if scores is not None and reasoning is not None:
        raise Usage("--scores and --reasoning are two ways to ask: take one of them")
    places = here()
    policy = _policy(places)
    if scores is not None:
        found = verified(given(scores), policy)
    elif reasoning is not None:
        found = verified(of_plan(read_plan(reasoning), places, policy, session or ""), policy)
    else:
        found = verified(of_session(places, session or ""), policy)
    if as_json:
        print(json.dumps(row(found), ensure_ascii=False, indent=2))
    else:
        from tractguard import render

        render.verified(row(found))
    if found.decision in (BLOCKED, REVIEW):
        raise typer.Exit(1)


def given(text: str) -> "dict[str, Score]":
    """The scores of a JSON object. Raises Usage."""
    from tractguard.verifier.formula import DIMENSIONS, Score

    try:
        said = json.loads(text)
    except ValueError as error:
        raise Usage(f"--scores is not JSON ({error})") from error
    if not isinstance(said, dict):
        raise Usage("--scores must be an object with a number from 0 to 1 for each dimension")
    found = {}
    for name, value in said.items():
        if name not in DIMENSIONS:
            raise Usage(f"there is no dimension {name!r}: they are {', '.join(DIMENSIONS)}")
        if value is not None and not _is_share(value):
            raise Usage(f"{name} must be a number from 0 to 1, or null where it is unknown")
        found[name] = Score(None if value is None else float(value), () if value is None else ("given",))
    return found


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def read_plan(path: str) -> str:
    """The text of a plan. Raises Usage."""
    try:
        if path == "-":
            return sys.stdin.buffer.read(LONGEST_FILE).decode("utf-8", "replace")
        with open(path, "rb") as file:
            return file.read(LONGEST_FILE).decode("utf-8", "replace")
    except OSError as error:
        raise Usage(f"{path} cannot be read ({error.strerror}): name a file with the plan") from error


def of_plan(text: str, places: Places, policy: "Policy", session_id: str) -> "dict[str, Score]":
    """The scores of a plan, held against what is in force and against the last session."""
    from tractguard.claims.findings import findings_of
    from tractguard.claims.ground import Repository
    from tractguard.claims.reading import claims_in
    from tractguard.verifier.reasoning import Known, plan_of, scores_of

    session = _session(places, session_id)

    def false_claims(said: str) -> list[str]:
        if session is None:
            return []
        return [each.why for each in findings_of(claims_in(said), session, Repository(places.root))]

    request = session.prompts[-1][1] if session is not None and session.prompts else ""
    return scores_of(plan_of(text), Known(request, judge_of(places, policy), None, false_claims))


def judge_of(places: Places, policy: "Policy") -> Any:
    """A function that says why a command would be stopped here; nothing is recorded or run."""
    from tractguard.check import RowBook
    from tractguard.cli.repository import live_records
    from tractguard.engine import run
    from tractguard.facts.world import Disk
    from tractguard.model import ESCALATED, PRE_TOOL, REJECTED, Event, Lineage, instruction_of

    book = RowBook([instruction_of(record) for record in live_records(places)[0]], Lineage(), policy)

    def judge(command: str) -> str:
        event = Event(PRE_TOOL, tool="Bash", input={"command": command}, cwd=places.root, root=places.root)
        event = event._replace(time=time.time())
        verdict = run(event, Disk(places.root), book).verdict
        return verdict.reason if verdict.status in (REJECTED, ESCALATED) else ""

    return judge


def of_session(places: Places, session_id: str) -> "dict[str, Score]":
    """The scores of a session as it stands, with no call at hand. Raises Usage where there is none."""
    from tractguard.ledger import Ledger
    from tractguard.obligations import open_obligations
    from tractguard.verifier.scoring import Step, scores_of

    session = _session(places, session_id)
    if session is None:
        raise Usage("no session was recorded here: give --scores or --reasoning, or start a guarded session first")
    with Ledger.open(places.ledger, create=False) as ledger:
        owed = len(open_obligations(ledger, session_id or _newest(ledger)))
    return scores_of(Step((), (), owed), session)


def _session(places: Places, session_id: str) -> Any:
    from tractguard.claims.evidence import read_session
    from tractguard.ledger import Ledger

    if not os.path.exists(places.ledger):
        return None
    with Ledger.open(places.ledger, create=False) as ledger:
        id = session_id or _newest(ledger)
        if not id:
            return None
        found = read_session(lambda sql, values: ledger.db.execute(sql, values), id, places.root)
    if session_id and not found.began:
        raise Usage(f"there is no session {session_id} here: 'tractguard log' shows them")
    return found


def _newest(ledger: Any) -> str:
    """The session of the newest event."""
    row = ledger.db.execute("SELECT session_id FROM events WHERE session_id != '' ORDER BY seq DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def _policy(places: Places) -> Mapping[str, Any]:
    from tractguard.config import merged

    return merged(places, os.environ).policy
