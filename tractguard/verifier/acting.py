"""Before a major call of a full session: its confidence, and what follows from it.

PROCEED says nothing, PROCEED_WITH_CAUTION adds the weak dimensions to the context, REQUIRE_REVIEW asks the person,
BLOCKED refuses. Which calls are major, and from which level of context pressure on, is policy.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tractguard.decide import decision_of, verdict_of
from tractguard.looking import LOOKING_PROGRAMS
from tractguard.model import ESCALATED, REJECTED, WARNING, Decision, Event, Fact, Finding
from tractguard.policy import DEFAULTS, Policy
from tractguard.verifier.formula import BLOCKED, CAUTION, REVIEW, Verified, recommendations, row, verified

if TYPE_CHECKING:
    from tractguard.book import LiveBook

STATUS = {CAUTION: (WARNING, "TG821"), REVIEW: (ESCALATED, "TG822"), BLOCKED: (REJECTED, "TG823")}
OWED = ("order", "along", "promise")  # kinds of obligations that make a change incomplete
LATE = 20  # decisions that count as of late
_ACTS = {"deploy": "deploy", "release": "deploy", "publish": "deploy", "run_migrations": "migration"}


def settings(policy: Policy) -> Mapping[str, Any]:
    """Policy's `[verifier]`."""
    found = policy.get("verifier")
    defaults: Mapping[str, Any] = DEFAULTS["verifier"]
    return {**defaults, **found} if isinstance(found, Mapping) else defaults


def before_call(event: Event, facts: Sequence[Fact], decision: Decision, book: "LiveBook") -> Decision:
    """The decision on a call; on a major one that nothing stops yet, with what the verifier has to say."""
    said = settings(book.policy)
    if decision.response in ("deny", "ask", "correct") or not _reached(book.level, str(said["from_level"])):
        return decision
    sorts = [sort for sort in sorts_of(event, facts, said) if sort in said["major"]]
    if not sorts:
        return decision
    found = look(event, facts, sorts, book)
    book.more["verified"] = row(found)
    if found.decision not in STATUS:
        return decision
    status, code = STATUS[found.decision]
    named = ", ".join(found.weak) or "all dimensions together"
    why = f"before {_words(sorts)}: confidence {found.confidence:.2f}, {found.decision}; weak: {named}."
    out = "; ".join(recommendations(found)[:2]) or "Look at it once more."
    finding = Finding(code, "verifier", status, why, out, confidence=0.85, domain="process")
    mine = decision_of(verdict_of([finding, *decision.verdict.findings]), book.policy)
    if found.decision == CAUTION and decision.response == "context":
        text = f"{decision.to_assistant}\n{code} {why}\n{out}"
        return decision._replace(verdict=mine.verdict, to_assistant=text)
    return mine


def sorts_of(event: Event, facts: Sequence[Fact], said: Mapping[str, Any]) -> Iterator[str]:
    """The sorts of major call that this one is."""
    found: dict[str, None] = {}
    if event.tool in ("Agent", "Task"):
        found["subagent"] = None
    for fact in facts:
        if fact.data.get("dry_run") or fact.data.get("help"):
            continue
        if fact.kind == "git" and fact.name in ("commit", "push"):
            found[fact.name] = None
        elif fact.kind in ("command", "remote", "package") and fact.name not in LOOKING_PROGRAMS:
            from tractguard.rules.actions import actions_of

            found.update((_ACTS[act], None) for act in actions_of(fact) if act in _ACTS)
    written = {fact.name for fact in facts if fact.kind in ("write", "append", "delete", "move")}
    if len(written) > int(said["files"]):
        found["files"] = None
    return iter(found)


def look(event: Event, facts: Sequence[Fact], sorts: Sequence[str], book: "LiveBook") -> Verified:
    """The five dimensions of a call in its session."""
    from tractguard.claims.evidence import read_session
    from tractguard.obligations import open_obligations
    from tractguard.verifier.scoring import Step, scores_of

    def query(sql: str, values: tuple[Any, ...]) -> Any:
        return book.ledger.db.execute(sql, values)

    session = read_session(query, event.session_id, book.places.root)
    owed = [
        each for each in open_obligations(book.ledger, event.session_id) if each.kind in ("order", "along", "promise")
    ]
    late = book.ledger.of_session(event.session_id, most=LATE * 3)
    calls = [record for record in late if record.get("kind") == "pre_tool"][-LATE:]
    refused = sum(record.get("response") in ("deny", "correct") for record in calls)
    lies = sum(
        str(row.get("code", "")).startswith("TG81")
        for record in late
        if record.get("kind") in ("stop", "subagent_stop")
        for row in record.get("findings") or ()
    )
    step = Step(tuple(sorts), tuple(facts), len(owed), refused, lies)
    return verified(scores_of(step, session), book.policy)


def _reached(level: str, least: str) -> bool:
    from tractguard.pressure.state import LEVELS

    return least in LEVELS and level in LEVELS and LEVELS.index(level) >= LEVELS.index(least)


def _words(sorts: Sequence[str]) -> str:
    names = {"files": "a change of many files", "subagent": "a new subagent", "migration": "a migration",
             "commit": "a commit", "push": "a push", "deploy": "a deployment"}  # fmt: skip
    return " and ".join(names.get(sort, sort) for sort in sorts)
