"""What is done with each kind of event of a live session. A tool call goes along the line; the rest is here.

Hot for tool calls: what only a prompt or a session start needs is imported there.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from tractguard import engine
from tractguard.book import LiveBook, fingerprint
from tractguard.decide import decision_of, verdict_of
from tractguard.facts.world import Disk
from tractguard.model import (
    CONFIG_CHANGE,
    DISPLAY,
    POST_TOOL,
    POST_TOOL_FAILURE,
    PRE_COMPACT,
    PRE_TOOL,
    PROMPT,
    REJECTED,
    SESSION_END,
    SESSION_START,
    STOP,
    SUBAGENT_START,
    SUBAGENT_STOP,
    TOOL_BATCH,
    WARNING,
    Decision,
    Event,
    Fact,
    Finding,
)
from tractguard.places import places_of


class Unreadable(ValueError):
    """An event that cannot be judged. The message is one sentence."""


def open_book(event: Event, environ: Mapping[str, str]) -> LiveBook:
    """The book of the repository that an event happens in. Raises LedgerError, CannotCompile."""
    book = LiveBook(places_of(event.root or event.cwd), environ)
    book.begin(event)
    return book


def handle(event: Event, book: LiveBook) -> Decision:
    """Answer one event of a live session, recorded. Raises LedgerError, and what nobody expected."""
    if event.kind == DISPLAY:
        return shown(event, book)
    step = STEPS.get(event.kind, noted)
    if event.kind in MEASURED or COMPACTED in book.state:
        from tractguard.pressure.events import measured

        decision = measured(event, book, step)
    else:
        decision = step(event, book)
    if event.kind in (PROMPT, SESSION_START):
        from tractguard.deliberation.escalation import at_words

        decision = at_words(event, book, decision)
    return told(event, book, decision)


COMPACTED = "compacted"  # a key of a session's state (tractguard/pressure/state.py)
# Events at which the pressure of the context is measured: it may have changed.
MEASURED = frozenset((PROMPT, POST_TOOL, POST_TOOL_FAILURE, TOOL_BATCH, STOP, PRE_COMPACT, SESSION_START, SESSION_END))


def call(event: Event, book: LiveBook) -> Decision:
    """A tool call, before it runs: the line. A preference is brought up once to each agent, not at every call."""
    if not event.tool:
        raise Unreadable("the host sent a tool call without the tool's name")
    if book.ledger.get("", PAUSED):
        from tractguard.pausing import held

        refused = held(event, book)
        if refused is not None:
            return refused
    decision = engine.run(event, Disk(book.places.root), book, partial(last_word, book))
    if decision.response == "context":
        preferences = [
            f"noted {event.agent_id} {each.instruction}" for each in decision.verdict.findings if is_preference(each)
        ]
        known = [mark for mark in preferences if book.ledger.get(event.session_id, mark)]
        if preferences and len(known) == len([each for each in decision.verdict.findings if each.status == WARNING]):
            return decision._replace(response="silence", to_assistant="", to_person="")
        for mark in preferences:
            book.ledger.put(event.session_id, mark, "1")
    return decision


VERIFIED = ("ELEVATED", "HIGH", "CRITICAL", "DANGEROUS")  # levels at which policy may want major calls verified
CROWDED = ("CRITICAL", "DANGEROUS")  # levels of pressure at which new complex work is held back


MATTERS = "boundary"  # the key in a session's state: not there while nothing waits for a decision


def last_word(book: LiveBook, event: Event, facts: Sequence[Fact], decision: Decision) -> Decision:
    """The decision on a call, with what a person has to do with it, and with what must be kept before it runs."""
    if book.level in CROWDED:
        from tractguard.pressure.gate import held_back

        decision = held_back(event, facts, decision, book)
    if any(fact.kind == "git" and fact.name == "commit" for fact in facts):
        from tractguard.obligations.gate import at_commit

        decision = at_commit(event, facts, decision, book)
    if MATTERS in book.state or any(fact.kind == "remote" for fact in facts):
        from tractguard.boundaries import acting

        decision = acting.before_call(event, facts, decision, book)
    if book.level in VERIFIED:
        from tractguard.verifier.acting import before_call

        decision = before_call(event, facts, decision, book)
    if decision.response in ("deny", "ask"):
        if any(each.code.startswith("TG7") for each in decision.verdict.findings):
            from tractguard.deliberation.escalation import raised

            decision = raised(event, decision, book)
        from tractguard.lifting import settle

        decision = settle(event, decision, book)
    decision = kept_first(book, event, facts, decision)
    if decision.response in ("deny", "ask") and any(each.domain for each in decision.verdict.findings):
        from tractguard.boundaries.safety import answered

        decision = answered(event, decision, book)
    return decision


# Facts behind which work may end. Most calls have none of them, and then nothing more is loaded.
ENDS_WORK = frozenset(("delete", "write", "link", "opaque"))
ENDS_WORK_IN_GIT = frozenset(
    (
        "reset checkout switch restore clean read-tree checkout-index rm mv stash worktree branch tag update-ref"
        " symbolic-ref reflog gc prune repack merge rebase cherry-pick revert am apply submodule"
        " filter-branch filter-repo"
    ).split()
)


def kept_first(book: LiveBook, event: Event, facts: Sequence[Fact], decision: Decision) -> Decision:
    """The decision on a call, after a recovery point was made of what it could destroy and exists only here."""
    if not any(each.kind in ENDS_WORK or (each.kind == "git" and each.name in ENDS_WORK_IN_GIT) for each in facts):
        return decision
    from tractguard.recovery_risk import risk_of, there

    if decision.updated_input is None and not there(risk_of(facts, event.cwd), facts, os.path.lexists):
        return decision
    from tractguard.recovery import secure

    return secure(event, facts, decision, book.places, book.policy, book.told)


def is_preference(finding: Finding) -> bool:
    """Whether a finding is about something that a person only prefers."""
    return finding.status == WARNING and finding.data.get("verification") == "OPTIONAL"


def after(event: Event, book: LiveBook) -> Decision:
    """A tool call that ran: what ran must be what was decided. A commit ends what was said for its task alone."""
    before = book.ledger.of_call(event.tool_use_id)
    findings = compare(event, before)
    if before is not None and before.get("response") != "deny":
        end_with(event, before, book)
    owed(event, before, book)
    if before is not None and any(row.get("domain") == "unprecedented" for row in before.get("findings") or ()):
        from tractguard.boundaries.acting import permitted

        permitted(before, book)
    verdict = verdict_of(findings)
    decision = decision_of(verdict, book.policy)
    if findings:
        decision = decision._replace(to_person=decision.to_assistant)
    if before is not None and before.get("response") == "ask" and not before.get("headless"):
        book.more["allowed"] = {"by": "dialog"}  # the client asked, and the call ran
    book.record(event, (), decision)
    return decision


def failed_call(event: Event, book: LiveBook) -> Decision:
    """A tool call that ran and failed: a red run of a check is a fact that a later claim is held against."""
    owed(event, book.ledger.of_call(event.tool_use_id), book)
    return noted(event, book)


def owed(event: Event, before: Mapping[str, Any] | None, book: LiveBook) -> None:
    """What a call that ran shows of the project's checks, and opens or discharges of what is owed."""
    from tractguard.checks.after import note_runs

    runs = note_runs(event, before, book) if event.tool == "Bash" else []
    if before is not None and concerns_what_is_owed(before, runs, book):
        from tractguard.obligations.events import after_call

        after_call(event, before, runs, book)


def concerns_what_is_owed(before: Mapping[str, Any], runs: Sequence[Any], book: LiveBook) -> bool:
    """Whether a call may open or discharge something: a cheap look at what it was and what is in force."""
    if "obligations" in book.state:
        return True
    orders = not book.compiled.sorts.isdisjoint(("action", "changes")) or bool(book.session)
    return orders and any(row[0] in ("write", "append", "delete", "move") for row in before.get("facts") or ())


def compare(event: Event, before: Mapping[str, Any] | None) -> list[Finding]:
    """Findings about a call that ran otherwise than it was decided."""
    if before is None:
        return []  # it began before the guard was installed, or in a tool that no PreToolUse announces
    if before.get("response") == "deny":
        why = f"this {event.tool} call was refused, and it ran all the same"
        return [Finding("TG901", "refused call ran", WARNING, why, "Stop and tell the person.", conflict_type="")]
    decided = before.get("decided")
    now = fingerprint(event.input)
    changed = sorted(key for key, mark in (decided or {}).items() if now.get(key) != mark)
    if not changed:
        return []
    why = f"this {event.tool} call ran with another {', '.join(changed)} than was decided"
    out = "Another hook may have changed it: 'tractguard log' shows what was decided."
    return [Finding("TG902", "another call ran", WARNING, why, out, confidence=1.0)]


PAUSED = "paused"  # a key of the repository's state: while it is there, nothing is changed
ENDING = ("tag", "merge", "rebase", "push", "pull", "fetch")  # git commands that a phase may have waited for
MAKES = {
    "tag": ("tag", "release", "ship", "version"),
    "merge": ("merge", "land", "ship"),
    "rebase": ("rebase", "merge"),
}


def end_with(event: Event, before: Mapping[str, Any], book: LiveBook) -> None:
    """What ends with a call that ran: a task with its commit, a permission with its use, a phase with its tag."""
    if book.session:
        from tractguard.task import left_after_call

        left = left_after_call(book.session, before, book.policy)
        if left != book.session:
            book.change_session(event.session_id, lambda now: left_after_call(now, before, book.policy))
    done = {row[1] for row in before.get("facts", ()) if row[0] == "git" and row[1] in ENDING}
    if done:
        from tractguard.keeping import end_what_is_over

        said = " ".join(text for _, text in book.prompts).casefold()
        asked = all(any(word in said for word in MAKES[each]) for each in done & set(MAKES))
        book.told += end_what_is_over(event, book, asked=asked)


AWAITED = "check awaited"  # a key of a session's state (tractguard/checks/gate.py)


def heard(event: Event, book: LiveBook) -> Decision:
    """A prompt: what it tells the guard itself is done, what it directs is kept."""
    step = listened
    if book.level in CROWDED:
        from tractguard.pressure.spoken import heard_with

        step = partial(heard_with, listened)
    if AWAITED not in book.state:
        return step(event, book)
    from tractguard.checks.gate import at_prompt
    from tractguard.pressure.levels import Note, with_note

    note = Note(*at_prompt(event, book))
    return with_note(step(event, book), note)


def listened(event: Event, book: LiveBook) -> Decision:
    """A prompt, with what it says to the guard itself."""
    from tractguard.heard import listen

    low = event.prompt.casefold()
    if " d-" in low and any(word in low for word in ("approve", "decide", "dismiss")):
        from tractguard.deliberation.spoken import obey as settle_record
        from tractguard.deliberation.spoken import order_in as order_to_record

        said = order_to_record(event.prompt)
        if said is not None and not event.agent_id:
            decision = settle_record(said, event, book)
            book.record(event, (), decision)
            return decision
    if not any(word in low for word in ("allow", "pause", "resume")):
        return listen(event, book)
    from tractguard.spoken import MASKED, obey, order_in

    if not order_in(event.prompt):
        return listen(event, book)
    order = order_in(event.prompt)
    decision, rest = obey(event, book)
    if not rest.prompt:
        book.record(event._replace(prompt=MASKED if order == "allow" else order), (), decision)
        return decision
    also = listen(rest, book)
    return also._replace(
        response=decision.response if decision.to_assistant else also.response,
        to_assistant="\n".join(each for each in (decision.to_assistant, also.to_assistant) if each),
        to_person="\n".join(each for each in (decision.to_person, also.to_person) if each),
    )


def shown(event: Event, book: LiveBook) -> Decision:
    """Words of the assistant are about to be shown: below the last of them stands the code that a person may say.

    Not recorded: it comes with every few lines, decides nothing, and the log must not hold a code.
    """
    from tractguard.lifting import lines_for, take_mark

    take_mark(book.environ, event.time)
    lines = lines_for(event, book) if event.extra.get("final") is True else []
    return Decision(verdict_of(()), to_screen="\n".join(lines))


def begun(event: Event, book: LiveBook) -> Decision:
    """A session starts, goes on after a compaction, or starts a subagent."""
    from tractguard.reminder import remind

    if event.kind == SESSION_START:
        from tractguard.person import note_start

        note_start(event, book)
    return remind(event, book)


def rested(event: Event, book: LiveBook) -> Decision:
    """A turn ends: how far the ledger has come is noted outside the repository."""
    from tractguard.anchor import write_anchor

    if event.kind == STOP:
        from tractguard.obligations.gate import at_stop

        decision = at_stop(event, book)
    else:
        decision = noted(event, book)
    write_anchor(book.ledger, book.places, book.environ)
    return decision


def part_done(event: Event, book: LiveBook) -> Decision:
    """A subagent ends: what it says is held against what was done, as at the end of a turn."""
    from tractguard.obligations.gate import at_stop

    return at_stop(event, book)


def ended(event: Event, book: LiveBook) -> Decision:
    """A session ends: what it said for itself alone ends with it."""
    from tractguard.closing import close

    decision = rested(event, book)
    close(event.session_id, book)
    for key in ("refusals", "opened"):
        book.ledger.drop(event.session_id, key)
    if os.path.isdir(os.path.join(book.places.state, "recovery")):
        from tractguard.recovery import prune

        prune(book.places, book.policy, event.time)
    return decision


def changed(event: Event, book: LiveBook) -> Decision:
    """The client's settings changed while it runs: a change that would end the guard is not taken over."""
    from tractguard.hosts import host_named

    why = host_named(event.host).weakened(book.places.root, str(event.extra.get("file_path", "")), book.environ)
    if not why:
        return noted(event, book)
    finding = Finding("TG903", "guard weakened", REJECTED, why, "A person can remove it with 'tractguard uninstall'.")
    decision = decision_of(verdict_of([finding]), {**book.policy, "mode": "enforce"})
    book.record(event, (), decision)
    return decision


def noted(event: Event, book: LiveBook) -> Decision:
    """Everything else is recorded, and passes."""
    decision = Decision(verdict_of(()))
    book.record(event, (), decision)
    return decision


def told(event: Event, book: LiveBook, decision: Decision) -> Decision:
    """Add what a person should hear: what has ended, and once a session a history set aside, a contradiction."""
    due = (
        book.compiled.notices
        if event.kind in (PROMPT, SESSION_START)
        else book.compiled.notices[: book.compiled.urgent]
    )
    notices = [notice for notice in due if not book.ledger.get(event.session_id, f"told {notice}")]
    if not notices and not book.told:
        return decision
    for notice in notices:
        book.ledger.put(event.session_id, f"told {notice}", "1")
    return decision._replace(to_person="\n".join([*book.told, *notices, decision.to_person]).strip())


STEPS: dict[str, Callable[[Event, LiveBook], Decision]] = {
    PRE_TOOL: call,
    POST_TOOL: after,
    POST_TOOL_FAILURE: failed_call,
    PROMPT: heard,
    SESSION_START: begun,
    SUBAGENT_START: begun,
    STOP: rested,
    SUBAGENT_STOP: part_done,
    SESSION_END: ended,
    CONFIG_CHANGE: changed,
}
