"""The gate of policy's `[checks]` at a commit: each check that the changed files concern has a green run on this tree.

A run that was seen is accepted where none of the files that the check is about changed since. Else the check is run
here, within what is left of the guard's deadline; where that is not enough, the commit is refused with the command to
run. What is accepted or run stands in the record.
"""

import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tractguard.checks.policy import Check, at_gate, checks_of, concerned
from tractguard.decide import decision_of, verdict_of
from tractguard.model import REJECTED, Decision, Event, Fact, Finding

if TYPE_CHECKING:
    from tractguard.book import LiveBook

MARGIN_SECONDS = 1.2  # of the deadline, left for the answer itself
LEAST_SECONDS = 0.3
MOST_DEADLINE = 7.0  # the process is ended a little later in any case
LONGEST_SHOWN = 300


class Outcome(NamedTuple):
    """How a check that was run here ended. `code` None: it took longer than there was time."""

    code: int | None
    output: str = ""


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
    """A check that is not green at the end of a turn in which a file that it is about was changed."""
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
    return finding._replace(code="TG832") if finding is not None else None


def first_red(event: Event, checks: Sequence[Check], book: "LiveBook") -> tuple[Finding | None, list[dict[str, Any]]]:
    """The first of these checks that is not green on this tree, and what was accepted or run to tell."""
    from tractguard.checks.green import last_greens
    from tractguard.checks.tree import changed_since, recalled, tree_of

    tree = tree_of(book.places.root)
    if tree is None:
        return None, []  # no git checkout, or too much: then the person's own hooks have to do
    greens = last_greens(book.ledger)
    seen: list[dict[str, Any]] = []
    for check, paths in concerned(checks, tree.files):
        green = greens.get(check.name, {})
        old = recalled(str(green.get("tree") or ""), book.ledger) if green.get("command") == check.command else None
        changed = changed_since(old, tree, book.places.root) if old is not None else paths
        stale = paths if changed is None else [path for path in changed if check.about(path)]
        if not stale:
            seen.append({"check": check.name, "accepted": green.get("tree")})
            continue
        finding = _run_or_name(event, check, stale, tree.hash, book, seen)
        if finding is not None:
            return finding, seen
    return None, seen


def _in_call(check: Check, event: Event, facts: Sequence[Fact]) -> bool:
    from tractguard.rules.evidence import awaited
    from tractguard.rules.programs import argv_of, fits

    moment = next((fact for fact in facts if fact.kind == "git" and fact.name == "commit"), None)
    runs = [fact for fact in facts if fact.kind == "command" and fits(check.command, argv_of(fact))]
    return any(awaited(fact, moment, facts, event.input) for fact in runs)


def _run_or_name(
    event: Event, check: Check, stale: Sequence[str], tree: str, book: "LiveBook", seen: list[dict[str, Any]]
) -> Finding | None:
    """None where the check is green now; else what is wrong. What was done is added to `seen`."""
    outcome = Outcome(None)
    seconds = min(check.seconds, time_left(book.policy))
    if at_gate(book.policy) == "run" and seconds >= LEAST_SECONDS:
        outcome = run_check(check.command, book.places.root, seconds, book.environ)
    seen.append({"check": check.name, "run": outcome.code is not None, "code": outcome.code})
    if outcome.code == 0:
        _note(event, check, book)
        return None
    if outcome.code is None:
        why = f"`{check.command}` has no green run on this tree: {stale[-1]} changed."
        out = f"Run `{check.command}`; its run is accepted when it ends with exit code 0."
    else:
        why = f"`{check.command}` ends with exit code {outcome.code} on this tree.{_last_line(outcome.output)}"
        out = f"Make `{check.command}` pass, or tell the person that it fails."
    return Finding(
        "TG831", "check not green", REJECTED, why, out, confidence=0.95, conflict_type="ordering",
        expected=check.command, actual="no green run", domain="process", data={"seen": tree},
    )  # fmt: skip


def run_check(command: str, root: str, seconds: float, environ: Mapping[str, str]) -> Outcome:
    """Run a check in the repository as the person would; it and what it started is ended when time is over."""
    import subprocess

    env = {key: value for key, value in environ.items() if not key.startswith(("CLAUDE", "ANTHROPIC_", "GIT_"))}
    try:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command], cwd=root, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError):
        return Outcome(None)
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        return Outcome(None)
    finally:
        if process.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
    return Outcome(process.returncode, output.decode("utf-8", "replace"))


def time_left(policy: Mapping[str, Any]) -> float:
    """Seconds that a check may take here: what is left of the deadline, without a margin."""
    timer, _ = signal.getitimer(signal.ITIMER_REAL)
    whole = min(float(policy["deadline_ms"]) / 1000, MOST_DEADLINE)
    return max(0.0, min(timer or whole, whole) - MARGIN_SECONDS)


def _note(event: Event, check: Check, book: "LiveBook") -> None:
    """A green run at the gate is as good as one that was seen."""
    from tractguard.checks.green import note_green
    from tractguard.checks.runs import PASSED, Run
    from tractguard.checks.tree import remember, tree_of

    tree = tree_of(book.places.root)
    if tree is not None:
        run = Run(check.command, ("check",), PASSED, tree=remember(tree, book.ledger, event.time))
        note_green([run], book.places, book.policy, book.ledger, now=event.time, session=event.session_id)


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output[-20_000:].splitlines() if line.strip()]
    if not lines:
        return ""
    from tractguard.redact import redact

    plain = "".join(char for char in lines[-1] if char.isprintable())
    return f" It says: {redact(plain)[:LONGEST_SHOWN]}"
