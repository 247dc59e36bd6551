"""The live book: instructions and policy of a real repository, what this session did before, and the record of it.

Hot. Opens the ledger and the compiled file, recompiles when a source has changed (in a child process, since validation
needs libraries that the hot path must not load), and turns an event and its decision into one redacted ledger record.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tractguard.compiled import Compiled, open_compiled
from tractguard.instructions.subjects import same_subject
from tractguard.lean import sha256
from tractguard.ledger import Ledger, canonical
from tractguard.model import OTHER, Decision, Event, Fact, Finding, Instruction, Lineage, Past, instruction_of
from tractguard.places import Places
from tractguard.policy import Policy
from tractguard.redact import redact
from tractguard.rules import FAMILIES

LONGEST = 100_000  # characters of one string kept in the ledger; the rest is counted and hashed
LONGEST_VALUE = 400  # characters of one value of a recorded fact
TEXT_KINDS = frozenset({"code"})  # facts that repeat the input: gathered again from it, not stored twice
COMPILE_SECONDS = 3.0
LEVEL = "pressure level"  # the key in a session's state: not there while its context pressure is NORMAL
STRICTER = "pressure stricter"  # another: there while instructions are held one step stricter for it
APPROVALS = "approvals"  # the key in a session's state: what a person ordered although it destroys
APPROVED_SECONDS = 3600.0  # how long such an order holds at most
DOCTOR = "run 'tractguard doctor'"


Record = dict[str, Any]


class CannotCompile(Exception):
    """Policy and history could not be compiled. The message is one sentence."""


class LiveBook:
    """The book of one repository, open for one event."""

    def __init__(self, places: Places, environ: Mapping[str, str]) -> None:
        self.places = places
        self.environ = environ
        prepare_state(places.state)
        self.ledger = Ledger.open(places.ledger)
        self.compiled = self._compiled()
        self.state: Mapping[str, str] = {}  # of this session, as it was when the event came
        self.session: list[dict[str, Any]] = []
        self.began = 0.0
        self.prompts: list[tuple[str, str]] = []
        self.approvals: list[str] = []  # orders of this session by which a person approves an act that destroys
        self.told: list[str] = []  # what a person should hear with the answer to this event
        self.more: Record = {}  # what the record of this event says beside the decision

    def __enter__(self) -> "LiveBook":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open. A process that ends at once need not: what was committed is safe."""
        self.compiled.close()
        self.ledger.db.close()

    @property
    def policy(self) -> Policy:
        return self.compiled.policy

    @property
    def level(self) -> str:
        """The level of context pressure that acts in this session (tractguard/pressure/state.py)."""
        return self.state.get(LEVEL, "NORMAL")

    def begin(self, event: Event) -> None:
        """Load what this session said for itself alone, and when it began."""
        self.state = state = self.ledger.state(event.session_id)
        self.session = json.loads(state.get("instructions") or "[]")
        self.prompts = [(str(when), str(text)) for when, text in json.loads(state.get("prompts") or "[]")]
        self.began = float(state.get("began") or event.time)
        self.approvals = orders_in(state.get(APPROVALS), event.time)
        if event.session_id and "began" not in state:
            self.ledger.put(event.session_id, "began", repr(event.time))
        if 0 < self.compiled.ends <= event.time:
            self.end_dates(event)

    def end_dates(self, event: Event) -> None:
        """End what was said until a date that has come. Where that cannot be written it stays in force."""
        from tractguard.keeping import end_what_is_over

        try:
            self.told += end_what_is_over(event, self)
        except OSError as error:
            self.told.append(f"tractguard: what was said until a date cannot be ended ({error}): it stays in force.")

    def change_session(self, session_id: str, change: Callable[[list[Record]], list[Record]]) -> None:
        """Change what a session said for itself alone; another event of it may do so at the same time."""

        def changed(before: str | None) -> str:
            self.session = change(json.loads(before or "[]"))
            return json.dumps(self.session, ensure_ascii=False)

        self.ledger.change(session_id, "instructions", changed)

    def instructions(self, facts: Sequence[Fact]) -> Sequence[Instruction]:
        """File and prompt instructions, then the session's own; what the session said last wins for the session."""
        if not self.compiled.sorts and not self.session:
            return []
        from tractguard.rules.index import triggers_for, triggers_of

        wanted = triggers_for(facts, None if self.session else self.compiled.sorts)
        kept = self.compiled.instructions(wanted)
        for record in self.session:
            mine = instruction_of(record, session="this")
            if any(wanted.intersection(triggers_of(each)) for each in mine.constraints):
                kept = [old for old in kept if not same_subject(old.constraints, mine.constraints)]
                kept.append(mine)
        if STRICTER in self.state:
            from tractguard.pressure.stricter import held_stricter

            return [held_stricter(each, self.policy) for each in kept]
        return kept

    def lineage(self, event: Event, instructions: Sequence[Instruction]) -> Lineage:
        """This session's calls, only where an instruction asks for order: reading them costs more than the call."""
        if not any("order" in FAMILIES.get(each.type, ()) for mine in instructions for each in mine.constraints):
            return Lineage()
        calls = pasts(self.ledger.of_session(event.session_id))
        if any(fact.kind == "ran" for past in calls for fact in past.facts):
            from tractguard.checks.stale import with_changes

            calls = with_changes(calls, self.places.root, self.ledger)
        return Lineage(tuple(calls))

    def record(self, event: Event, facts: Sequence[Fact], decision: Decision, /, **more: Any) -> None:
        """Write the event and its decision into the ledger. Raises LedgerError."""
        row = record_of_event(event, facts, decision, self.compiled.policy_hash, self.policy)
        if event.kind != OTHER:  # what is noted on the way is a record of its own
            row.update(self.more)
            self.more = {}
        row.update(more)
        self.ledger.append(row, redact(canonical(row)))

    def refresh(self, written: Sequence[str] = ()) -> None:
        """Read the compiled file again after this process changed a source; `written`: histories that it wrote."""
        self.compiled.close()
        if written:
            import sqlite3

            from tractguard.compiling import compile_sources

            try:
                compile_sources(self.places, self.environ, written)
            except (OSError, sqlite3.Error) as error:
                raise CannotCompile(f"policy and instructions could not be compiled ({error}): {DOCTOR}") from error
        self.compiled = self._compiled()

    def _compiled(self) -> Compiled:
        found = open_compiled(self.places.compiled)
        if found is not None and found.fresh():
            return found
        if found is not None:
            found.close()
        compile_in_child(self.places, self.environ)
        found = open_compiled(self.places.compiled)
        if found is None:
            raise CannotCompile(f"policy and instructions could not be compiled into {self.places.compiled}: {DOCTOR}")
        return found


def orders_in(value: str | None, now: float) -> list[str]:
    """The orders of a state's value that still hold; none where it cannot be read."""
    try:
        found = json.loads(value or "{}")
        fresh = now - float(found.get("at") or 0.0) <= APPROVED_SECONDS
        return [str(each) for each in found.get("orders") or ()] if fresh else []
    except (ValueError, TypeError, AttributeError):
        return []


def prepare_state(folder: str) -> None:
    """Make the state folder, which keeps itself out of git."""
    ignore = os.path.join(folder, ".gitignore")
    if not os.path.exists(ignore):
        os.makedirs(folder, mode=0o700, exist_ok=True)  # commands are in there: nobody else's business
        with open(ignore, "w", encoding="utf-8") as file:
            file.write("*\n")


def compile_in_child(places: Places, environ: Mapping[str, str]) -> None:
    """Compile in a process of its own, with this one's import path. Raises CannotCompile."""
    import subprocess

    code = f"import sys; sys.path[:0] = {[p for p in sys.path if p]!r}; from tractguard.compiling import main; main()"
    command = [sys.executable, "-I", "-S", "-c", code, places.root]
    try:
        done = subprocess.run(command, capture_output=True, timeout=COMPILE_SECONDS, env=dict(environ), check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotCompile(f"policy and instructions could not be compiled ({error}): {DOCTOR}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise CannotCompile(said[-1] if said else f"policy and instructions could not be compiled: {DOCTOR}")


def record_of_event(
    event: Event, facts: Sequence[Fact], decision: Decision, policy_hash: str, policy: Policy
) -> dict[str, Any]:
    """The ledger's record of an event. Who invoked what cannot be recovered later, so all of it is kept."""
    verdict = decision.verdict
    full = policy["ledger"]["content"] == "full"
    ran = decision.updated_input if decision.updated_input is not None else event.input
    row: dict[str, Any] = {
        "time": round(event.time, 3),
        "event": event.name or event.kind,
        "kind": event.kind,
        "host": event.host,
        "session_id": event.session_id,
        "agent_id": event.agent_id,
        "agent_type": event.agent_type,
        "parent_agent": event.parent_agent,
        "prompt_id": event.prompt_id,
        "tool_use_id": event.tool_use_id,
        "tool_name": event.tool,
        "mcp_server": event.tool.split("__")[1] if event.tool.startswith("mcp__") else "",
        "cwd": event.cwd,
        "mode": event.mode,
        "headless": event.headless,
        "source": event.source,
        "status": verdict.status,
        "response": decision.response,
        "findings": [finding_row(finding) for finding in verdict.findings],
        "policy_hash": policy_hash,
    }
    if event.input:
        row["decided"] = fingerprint(ran)
    if full:
        row["input"] = clip(event.input)
        row["prompt"] = clip(event.prompt)
        row["error"] = clip(event.error)
        row["extra"] = clip(event.extra)
        row["corrected"] = clip(decision.updated_input)
        row["facts"] = [fact_row(fact) for fact in facts if fact.kind not in TEXT_KINDS]
    return {key: value for key, value in row.items() if value not in ("", None, [], {}) or key in ALWAYS}


ALWAYS = ("session_id", "agent_id", "tool_name", "tool_use_id", "findings", "status")


def fingerprint(tool_input: Mapping[str, Any]) -> dict[str, str]:
    """A short hash of each argument: what was decided on, to be compared with what ran."""
    return {key: sha256(canonical({"": value}).encode()).hexdigest()[:16] for key, value in tool_input.items()}


def clip(value: Any) -> Any:
    """`value` with every long string cut: its beginning, its length and its hash are kept."""
    if isinstance(value, str) and len(value) > LONGEST:
        digest = sha256(value.encode("utf-8", "backslashreplace")).hexdigest()
        return {"clipped": value[:LONGEST], "characters": len(value), "sha256": digest}
    if isinstance(value, Mapping):
        return {str(key): clip(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clip(item) for item in value]
    return value


def fact_row(fact: Fact) -> list[Any]:
    """A fact as stored: kind, name, value and its data, long texts cut."""
    data = {key: _short(value) for key, value in fact.data.items() if value not in ("", None, False, (), [])}
    return [fact.kind, _short(fact.name), _short(fact.value), data]


def finding_row(finding: Finding) -> dict[str, Any]:
    """A finding as stored and shown."""
    row = finding._asdict()
    row["fixes"] = [list(fix) for fix in finding.fixes]
    row["data"] = dict(finding.data)
    return {key: value for key, value in row.items() if value not in ("", [], {}) or key in ("code", "status")}


def pasts(records: Iterable[Mapping[str, Any]]) -> list[Past]:
    """The calls that went ahead, from ledger records of one session, oldest first."""
    calls: dict[str, Past] = {}
    for record in records:
        key = str(record.get("tool_use_id") or "")
        if record.get("kind") == "pre_tool" and record.get("response") not in ("deny", "ask"):
            facts = tuple(Fact(str(row[0]), str(row[1]), str(row[2]), row[3]) for row in record.get("facts", ()))
            calls[key] = Past(
                str(record.get("tool_name", "")),
                record.get("corrected") or record.get("input") or {},
                facts,
                False,
                record.get("time", 0.0),
            )
        elif record.get("kind") in ("post_tool", "post_tool_failure") and key in calls:
            ran = tuple(
                Fact("ran", str(row.get("command")), str(row.get("outcome")), row)
                for row in record.get("ran") or ()
                if isinstance(row, dict)
            )
            facts = (*calls[key].facts, *ran)
            calls[key] = calls[key]._replace(success=record.get("kind") == "post_tool", facts=facts)
    return list(calls.values())


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…"
    if isinstance(value, (list, tuple)):
        return [_short(item) for item in value[:50]]
    if isinstance(value, Mapping):
        return {str(key): _short(item) for key, item in value.items()}
    return value
