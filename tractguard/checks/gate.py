"""The gate of policy's `[checks]` at a commit: each check that the changed files concern has a green run on this tree.

A run that was seen is accepted where none of the files that the check is about changed since. Else one is begun beside
the guard (`detached.py`); where it does not end within what is left of the guard's deadline, the commit is refused, and
a later one finds its outcome. What is accepted, begun or found stands in the record.
"""

import signal
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tractguard.checks.policy import Check, at_gate, checks_of, concerned
from tractguard.decide import decision_of, verdict_of
from tractguard.model import REJECTED, Decision, Event, Fact, Finding

if TYPE_CHECKING:
    from tractguard.book import LiveBook
    from tractguard.checks.detached import State
    from tractguard.checks.tree import Tree

MARGIN_SECONDS = 1.2  # of the deadline, left for the answer itself
MOST_DEADLINE = 7.0  # the process is ended a little later in any case
LINES, LONGEST_LINE = 4, 160  # of what a check printed last that is told
AWAITED = "check awaited"  # the key in a session's state: its turn ended while a check was at work

Rows = list[dict[str, Any]]


def at_commit(event: Event, facts: Sequence[Fact], decision: Decision, book: "LiveBook") -> Decision:
    """The decision on a commit, after the checks that it concerns were found or made green. A check that the call
    itself runs, and whose exit code the commit waits for, needs no other run.
    """
    checks = [check for check in checks_of(book.policy) if not _in_call(check, event, facts)]
    if not checks or decision.response == "deny":
        return decision
    finding, seen = first_red(event, checks, book)
    if seen:
        book.more["checks"] = seen
    if finding is None:
        return decision
    refused = decision_of(verdict_of([finding]), book.policy)
    return refused._replace(verdict=refused.verdict._replace(findings=(finding, *decision.verdict.findings)))


def at_stop(event: Event, book: "LiveBook") -> Finding | None:
    """A check that is red at the end of a turn in which a file that it is about was changed. One that takes longer
    holds nothing back: the person is told that it is at work, and at the next message how it ended.
    """
    checks = checks_of(book.policy)
    if not checks:
        return None
    from tractguard.claims.evidence import edited, read_session

    session = read_session(book.ledger.db.execute, event.session_id, book.places.root)
    touched = [path for call in session.calls if call.turn == session.turns for path in edited(call, session)]
    mine = [check for check, _ in concerned(checks, touched)]
    finding, seen = first_red(event, mine, book) if mine else (None, [])
    if seen:
        book.more["checks"] = seen
    if finding is not None and finding.data.get("running"):
        book.ledger.put(event.session_id, AWAITED, str(finding.data["running"]))
        book.told.append(f"tractguard: {finding.why}")
        return None
    return finding._replace(code="TG832") if finding is not None else None


def at_prompt(event: Event, book: "LiveBook") -> tuple[str, str]:
    """(what the assistant, what the person is told) of a check that was at work when a turn ended, once it is over."""
    from tractguard.checks.detached import begun_in, changed_for, found
    from tractguard.checks.tree import tree_of

    begun = begun_in(book.places, book.ledger)
    check = next((each for each in checks_of(book.policy) if begun is not None and each.command == begun.command), None)
    if begun is None or begun.id != book.state.get(AWAITED) or check is None:
        book.ledger.drop(event.session_id, AWAITED)  # a commit has found it, or another took its place
        return "", ""
    state = found(begun, book)
    if state.sort in ("running", "taken"):
        return "", ""
    book.ledger.drop(event.session_id, AWAITED)
    book.more["checks"] = [_row(check, state, event)]
    if state.sort == "passed":
        tree = tree_of(book.places.root)
        if tree is not None and not changed_for(begun, check, tree, book):
            _note(event, check, tree, book)
        return "", f"tractguard: `{check.command}` has passed (started {_clock(begun.began)})."
    why = f"tractguard: {_why(check, state)}"
    return why, why


def first_red(event: Event, checks: Sequence[Check], book: "LiveBook") -> tuple[Finding | None, Rows]:
    """The first of these checks that is not green on this tree, and what was accepted or run to tell."""
    from tractguard.checks.green import last_greens
    from tractguard.checks.tree import changed_since, recalled, tree_of

    tree = tree_of(book.places.root)
    if tree is None:
        return None, []  # no git checkout, or too much: then the person's own hooks have to do
    greens = last_greens(book.ledger)
    seen: Rows = []
    until = time.monotonic() + time_left(book.policy)
    for check, paths in concerned(checks, tree.files):
        green = greens.get(check.name, {})
        old = recalled(str(green.get("tree") or ""), book.ledger) if green.get("command") == check.command else None
        changed = changed_since(old, tree, book.places.root) if old is not None else paths
        stale = paths if changed is None else [path for path in changed if check.about(path)]
        if not stale:
            seen.append({**_named(check, event), "accepted": green.get("tree")})
            _end_needless(check, book)
            continue
        if at_gate(book.policy) != "run":
            return _finding(check, _unseen(check, stale), _to_run(check), tree, ""), seen
        state, finding = _judged(event, check, stale, tree, book, max(0.0, until - time.monotonic()))
        if state is not None:
            seen.append(_row(check, state, event))
        if finding is not None:
            return finding, seen
    return None, seen


def _judged(
    event: Event, check: Check, stale: Sequence[str], tree: "Tree", book: "LiveBook", wait: float
) -> "tuple[State | None, Finding | None]":
    """How a check stands on this tree, and the finding where that is not green."""
    from tractguard.checks.detached import settled

    try:
        state = settled(check, tree, book, event.time, wait)
    except OSError:
        return None, _finding(check, _unseen(check, stale), _to_run(check), tree, "")
    if state.sort == "passed":
        from tractguard.checks.tree import tree_of

        # A run that began and ended here may have made files; of a longer one nobody knows who did.
        after = tree_of(book.places.root) if state.begun.began == event.time else tree
        _note(event, check, after or tree, book)
        return state, None
    running = state.begun.id if state.sort in ("running", "vanished", "taken") else ""
    return state, _finding(check, _why(check, state), _way_out(check, state), tree, running)


def _finding(check: Check, why: str, out: str, tree: "Tree", running: str) -> Finding:
    data = {"seen": tree.hash, **({"running": running} if running else {})}
    actual = "a run that has not ended" if running else "no green run"
    return Finding(
        "TG831", "check not green", REJECTED, why, out, confidence=0.95, conflict_type="ordering",
        expected=check.command, actual=actual, domain="process", data=data,
    )  # fmt: skip


def _unseen(check: Check, stale: Sequence[str]) -> str:
    return f"`{check.command}` has no green run on this tree: {stale[-1]} changed."


def _to_run(check: Check) -> str:
    return f"Run `{check.command}`; its run is accepted when it ends with exit code 0."


def _why(check: Check, state: "State") -> str:
    """How a check stands, in a sentence or two."""
    at = _clock(state.begun.began)
    if state.sort == "failed":
        return f"`{check.command}` ended with exit code {state.code} (started {at}).{_last_lines(state.output)}"
    if state.sort == "late":
        return f"`{check.command}` was ended after {check.seconds:g} s, its limit.{_last_lines(state.output)}"
    if state.sort == "vanished":
        return f"the run of `{check.command}` that started {at} is gone without a result."
    last = f", last time {_seconds(state.seconds)}" if state.seconds else ""
    moved = f" It was started anew: {state.changed} has changed." if state.changed not in ("", "?") else ""
    return f"`{check.command}` is running on this tree (started {at}{last}).{moved}"


def _way_out(check: Check, state: "State") -> str:
    if state.sort == "vanished":
        return "It was started again: commit when it has ended."
    if state.sort == "running":
        return "Commit again when it has ended, and change nothing until then: a change starts it anew."
    if state.sort == "late":
        return f"Make `{check.command}` faster, or let the person raise `seconds` in [checks]."
    return f"Make `{check.command}` pass, or tell the person that it fails."


def _row(check: Check, state: "State", event: Event) -> dict[str, Any]:
    """What the record keeps of a run that the guard began: as of one that was seen, where its outcome is known."""
    return {**_named(check, event), "run": state.code is not None, "code": state.code, "state": state.sort}


def _named(check: Check, event: Event) -> dict[str, Any]:
    """A check, and what its command is for."""
    from tractguard.checks.runs import purposes_of
    from tractguard.facts import gather
    from tractguard.facts.world import Row

    call = event._replace(tool="Bash", input={"command": check.command})
    commands = [fact for fact in gather(call, Row({}, event.root)) if fact.kind == "command"]
    purposes = sorted({each for fact in commands for each in purposes_of(fact)})
    return {"check": check.name, "command": check.command, "purposes": purposes or ["check"]}


def _end_needless(check: Check, book: "LiveBook") -> None:
    """A green run was seen elsewhere: one that was begun for it is not needed any more."""
    from tractguard.checks.detached import begun_in, forget

    begun = begun_in(book.places, book.ledger)
    if begun is not None and begun.command == check.command:
        forget(begun, book.places, book.ledger)


def _in_call(check: Check, event: Event, facts: Sequence[Fact]) -> bool:
    from tractguard.rules.evidence import awaited
    from tractguard.rules.programs import argv_of, fits

    moment = next((fact for fact in facts if fact.kind == "git" and fact.name == "commit"), None)
    runs = [fact for fact in facts if fact.kind == "command" and fits(check.command, argv_of(fact))]
    return any(awaited(fact, moment, facts, event.input) for fact in runs)


def time_left(policy: Mapping[str, Any]) -> float:
    """Seconds that a check may take here: what is left of the deadline, without a margin."""
    timer, _ = signal.getitimer(signal.ITIMER_REAL)
    whole = min(float(policy["deadline_ms"]) / 1000, MOST_DEADLINE)
    return max(0.0, min(timer or whole, whole) - MARGIN_SECONDS)


def _note(event: Event, check: Check, tree: "Tree", book: "LiveBook") -> None:
    """A green run at the gate is as good as one that was seen."""
    from tractguard.checks.green import note_green
    from tractguard.checks.runs import PASSED, Run
    from tractguard.checks.tree import remember

    run = Run(check.command, ("check",), PASSED, tree=remember(tree, book.ledger, event.time))
    note_green([run], book.places, book.policy, book.ledger, now=event.time, session=event.session_id)


def _last_lines(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if not lines:
        return ""
    from tractguard.redact import redact

    plain = ("".join(char for char in line if char.isprintable())[:LONGEST_LINE] for line in lines[-LINES:])
    return f" It says:\n{redact(chr(10).join(plain))}"


def _clock(moment: float) -> str:
    """A moment as people here say it."""
    return time.strftime("%H:%M", time.localtime(moment))


def _seconds(seconds: float) -> str:
    """A time as people say it."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
