"""The gates at which what is owed counts: a commit, and the end of a turn.

A commit with an ordering instruction unfulfilled is refused. A stop is held back once for each thing: a claim that the
ledger or git contradicts, or the one open obligation whose closing is worth most. It never loops: a turn that goes on
because a stop was held back ends freely, and what was named once is not named again.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tractguard.decide import decision_of, verdict_of
from tractguard.model import REJECTED, SUBAGENT_STOP, WARNING, Decision, Event, Fact, Finding
from tractguard.obligations import Obligation, bare_step, note_named, open_obligations
from tractguard.obligations.at_commit import ORDER, binds, is_sure, settings
from tractguard.policy import Policy
from tractguard.stored import read_list

if TYPE_CHECKING:
    from tractguard.book import LiveBook
    from tractguard.claims.evidence import Session
    from tractguard.claims.reading import Message
    from tractguard.obligations.promises import Promise

OPEN = "obligations"  # the key in a session's state: not there while nothing was ever owed
NAMED = "named at stops"  # the key of what was named to this session at a stop
MOST_NAMED = 200
WORTH = {"order": 0, "along": 1, "promise": 2}  # what a stop is held back for, the most valuable first
NO_RUNS = ("don't run", "do not run", "dont run", "no tests", "skip the tests", "without running", "don't test",
           "skip tests", "not run the tests", "no need to test", "no need to run")  # fmt: skip


def at_commit(event: Event, facts: Sequence[Fact], decision: Decision, book: "LiveBook") -> Decision:
    """The decision on a commit: what an instruction asks for comes first, then the checks of policy."""
    if all("--dry-run" in (fact.data.get("flags") or ()) for fact in facts if fact.kind == "git"):
        return decision
    from tractguard.obligations.carrying import carried

    decision = owed_first(decision, book.policy, carried(event, facts, book))
    if decision.response == "context":
        decision = _once(event, decision, book)
    from tractguard.checks.gate import at_commit as checked

    return checked(event, facts, decision, book)


def owed_first(decision: Decision, policy: Policy, carried: Sequence[Obligation] = ()) -> Decision:
    """The decision on a commit: a step or change that is owed refuses it, the most valuable one named. `carried`: what
    a session before left open; the calls of this one do not show it.
    """
    if settings(policy)["at_commit"] != "refuse" or decision.response in ("deny", "correct"):
        return decision
    sources = {each.source for each in carried}
    open_ones = [
        each
        for each in decision.verdict.findings
        if binds(each) and (is_sure(each, policy) or each.instruction in sources)
    ]
    if not open_ones:
        along = [each for each in carried if each.kind == "along"]
        return _refused(owed_finding(along[0]), decision, policy) if along else decision
    first = min(open_ones, key=lambda each: ORDER.index(each.code))
    why, out = first.why, first.way_out
    if first.code != "TG393" and first.expected:
        bare = bare_step(first.expected)
        why = why.replace(f"{first.expected} has not run since", f"there is no green run of {bare} since")
        out = f"First run {bare}: a run that ends with exit code 0 counts."
    why = why.replace("this call", "this commit", 1)
    finding = first._replace(why=why, way_out=out, fixes=())
    return _refused(finding, decision, policy, first)


def _once(event: Event, decision: Decision, book: "LiveBook") -> Decision:
    """The decision on a commit that leaves something open which the change may not even be about ("when you change the
    API"): refused the first time, with the way on; then it passes, and no stop is held back for it either.
    """
    if OPEN not in book.state or settings(book.policy)["at_commit"] != "refuse":
        return decision
    fresh = {each.source: each.id for each in open_now(event, book) if each.kind in WORTH and not each.named}
    maybe = [each for each in decision.verdict.findings if binds(each) and each.instruction in fresh]
    if not maybe:
        return decision
    note_named(book.ledger, event.session_id, [fresh[maybe[0].instruction]])
    out = f"{maybe[0].way_out} If this change needs none, commit again."
    return _refused(maybe[0]._replace(way_out=out, fixes=()), decision, book.policy, maybe[0])


def _refused(finding: Finding, decision: Decision, policy: Policy, instead_of: Finding | None = None) -> Decision:
    """A commit that waits for what a finding names."""
    finding = finding._replace(code="TG801", rule="commit with something owed", status=REJECTED)
    others = tuple(each for each in decision.verdict.findings if each is not instead_of)
    refused = decision_of(verdict_of([finding]), policy)
    return refused._replace(verdict=refused.verdict._replace(findings=(finding, *others)))


def at_stop(event: Event, book: "LiveBook") -> Decision:
    """The decision on the end of a turn, recorded with what it found and what it promised."""
    said = event.extra.get("last_assistant_message")
    message = said if isinstance(said, str) else ""
    if event.kind == SUBAGENT_STOP and not event.agent_type:
        message = ""  # a compaction's summary: nobody says it
    findings = found_at_stop(event, message, book)
    again = bool(event.extra.get("stop_hook_active"))
    new = [] if again else _not_named(event, findings, book)
    decision = decision_of(verdict_of(new), book.policy)
    stopped = [each for each in new if each.status == REJECTED]
    if stopped and decision.response == "deny":
        decision = decision._replace(to_person="")
        _remember(event, new, book)
    elif new:
        heard = book.policy["mode"] != "shadow" and book.policy["verbosity"] != "silent"
        told = "\n".join(f"tractguard: {each.code} {each.why}" for each in new) if heard else ""
        decision = decision._replace(response="silence", to_assistant="", to_person=told)
        _remember(event, new, book)
    book.record(event, (), decision)
    return decision


def found_at_stop(event: Event, message: str, book: "LiveBook") -> list[Finding]:
    """What is wrong with this end of a turn, the one thing to do first; promises are opened and kept in mind."""
    from tractguard.claims.reading import claims_in

    claims = claims_in(message)
    found: list[Finding] = []
    strength = settings(book.policy)["claims"]
    if claims.claims and strength != "off":
        found = against_claims(event, claims, book)
    if strength == "warn":
        found = [each._replace(status=WARNING) for each in found]
    if event.kind == SUBAGENT_STOP:
        return found
    found = found or _owed(event, message, book)
    _promised(event, message, book)
    _asked(event, message, book)
    return found


def against_claims(event: Event, claims: "Message", book: "LiveBook") -> list[Finding]:
    """The false claims of a message, and tests that were weakened while it says that they pass."""
    from tractguard.claims.evidence import read_session
    from tractguard.claims.findings import findings_of
    from tractguard.claims.ground import Repository, nothing_before

    def query(sql: str, values: tuple[Any, ...]) -> Any:
        return book.ledger.db.execute(sql, values)

    session: Session = read_session(query, event.session_id, book.places.root)
    if session.asked_first and nothing_before(event.transcript, session.began):
        session = session._replace(complete=True)
    ground = Repository(book.places.root, event.cwd)
    return findings_of(claims, session, ground)


def owed_finding(owed: Obligation) -> Finding:
    """What a stop is held back for."""
    why = f'"{owed.cause}" is still owed'
    if owed.kind in ("order", "along"):
        why += f": {owed.scope} changed"
    elif owed.kind == "promise":
        why = f'you said "{owed.cause}", and nothing of it is seen since'
    out = f"Do it now ({owed.closes}), or tell the person that it is left open."
    return Finding(
        "TG802", "stop with something owed", REJECTED, why, out, confidence=0.9, conflict_type="ordering",
        instruction=owed.source if owed.kind in ("order", "along") else "", data={"obligation": owed.id},
    )  # fmt: skip


def _owed(event: Event, message: str, book: "LiveBook") -> list[Finding]:
    """The one thing that a stop is held back for, if any: none while the assistant waits for somebody."""
    if event.extra.get("stop_hook_active") or event.mode == "plan" or event.extra.get("background_tasks"):
        return []
    last = book.prompts[-1][1].lower() if book.prompts else ""
    if _asks(message) or any(words in last for words in NO_RUNS):
        return []
    first = _worth_most(event, message, book)
    if first is not None:
        return [owed_finding(first)]
    from tractguard.checks.gate import at_stop as checked

    red = checked(event, book)
    return [red] if red is not None else []


def _worth_most(event: Event, message: str, book: "LiveBook") -> Obligation | None:
    """The open obligation whose closing is worth most and that no stop was held back for yet. What this very message
    promises again is not forgotten: it is held against it the second time.
    """
    kinds = settings(book.policy)["at_stop"]
    if not kinds:
        return None
    from tractguard.obligations.events import still_owed

    waiting = [each for each in still_owed(event, book) if each.kind in kinds and not each.named]
    waiting = [each for each in waiting if each.kind != "promise" or _older(each, book)]
    if any(each.kind == "promise" for each in waiting):
        again = {each.key for each in _promises(message)}
        waiting = [each for each in waiting if each.key not in again or each.times > 1]
    return min(waiting, key=lambda each: (WORTH.get(each.kind, 9), each.opened), default=None)


def _older(promise: Obligation, book: "LiveBook") -> bool:
    """Whether a promise was made before the person spoke last: the turn that follows is the time to keep it."""
    from tractguard.instructions.history import timestamp

    return bool(book.prompts) and timestamp(promise.opened) < book.prompts[-1][0]


def _asks(message: str) -> bool:
    """Whether a message ends with a question: then the assistant waits for the person."""
    return message.rstrip().rstrip("*_)`\"' ").endswith(("?", "？"))


def _promises(message: str) -> "list[Promise]":
    """The promises of a message; most have no word of one."""
    from tractguard.obligations.promises import promises_in

    if "ll " not in message and "will " not in message and not any(word in message for word in _ALSO):
        return []
    return promises_in(message)


def _promised(event: Event, message: str, book: "LiveBook") -> None:
    from tractguard.obligations.events import begin

    for each in _promises(message):
        begin(event, each.key, "promise", each.text, "the assistant's own word", each.closes, book, source="assistant")


def _asked(event: Event, message: str, book: "LiveBook") -> None:
    """Questions that this turn answers are discharged, those of the last message that it passes over are opened."""
    from tractguard.obligations.events import begin, close
    from tractguard.obligations.questions import answered, key_of, questions_in

    for each in open_now(event, book):
        if each.kind == "question" and answered(each.cause, message):
            close(event, each.key, book)
    last = book.prompts[-1][1] if book.prompts and "?" in book.prompts[-1][1] else ""
    for question in questions_in(last):
        if not answered(question, message):
            closes = "the assistant answers it"
            begin(event, key_of(question), "question", question, "asked by the person", closes, book, source="person")


_ALSO = ("going to", "et me ", "shall ", "still need", "still have", "werde", "vais", "voy a")


def _not_named(event: Event, findings: Sequence[Finding], book: "LiveBook") -> list[Finding]:
    """The findings that were not named to this session before."""
    named = _named(event, book)
    return [each for each in findings if _mark(each) not in named]


def _remember(event: Event, findings: Sequence[Finding], book: "LiveBook") -> None:
    named = [*_named(event, book), *map(_mark, findings)][-MOST_NAMED:]
    book.ledger.put(event.session_id, NAMED, json.dumps(named))
    ids = [str(each.data["obligation"]) for each in findings if each.data.get("obligation")]
    if ids:
        note_named(book.ledger, event.session_id, ids)


def _named(event: Event, book: "LiveBook") -> list[str]:
    return [str(each) for each in read_list(book.ledger.get(event.session_id, NAMED))]


def _mark(finding: Finding) -> str:
    why = finding.expected if finding.code == "TG832" else finding.why  # a check: once for a tree, whatever it prints
    text = f"{finding.code} {why} {finding.data.get('seen', '')} {finding.data.get('obligation', '')}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def open_now(event: Event, book: "LiveBook") -> list[Obligation]:
    """What is open in the session of an event."""
    return open_obligations(book.ledger, event.session_id)
