"""A refusal that a person may lift: its code, what it is bound to, and the one call that it lets through.

A code holds for one exact call (tool, input, folder) in one session, for some minutes, once. The code itself is nowhere
on disk: it is derived from the refusal and a key in the person's own state folder; the ledger keeps a salted hash under
the same key. Who may speak a code is `person.py`'s to say. Loaded only where a call was refused. Standard library only.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.book import LiveBook
from tractguard.ledger import Ledger, canonical
from tractguard.model import ESCALATED, REJECTED, Decision, Event, Verdict
from tractguard.person import OPENED, note_start
from tractguard.places import state_home
from tractguard.policy import DEFAULTS, Policy
from tractguard.redact import redact
from tractguard.stored import read_rows

REFUSALS = "refusals"  # the key in a session's state
GRANTS = "grants"  # the key in the repository's state: calls that a deliberation lets pass
BOUNDARY = "TG7"
OPEN, ALLOWED, USED, VOID = "open", "allowed", "used", "void"
ONCE = "   (a person can allow this once)"
DIGITS, LETTERS = frozenset("0123456789"), frozenset("abcdef")
LENGTH, SHOWN, MOST = 4, 80, 50  # of a code; characters of a call that are shown; refusals that a session keeps

Refusal = dict[str, Any]


class Lifted(NamedTuple):
    """What became of a code that was said: the refusal that it lifts, or why it lifts none."""

    refusal: Refusal | None
    why: str = ""


def settle(event: Event, decision: Decision, book: LiveBook) -> Decision:
    """The decision on a call that was stopped: let through where a person allowed just this, else with its code."""
    granted = allow_by_record(event, decision.verdict, book)
    if granted is not None:
        book.more["allowed"] = {"by": "record", **granted}
        by = f"Decided in {granted['record']}" + (f" ({granted['instruction']})" if granted["instruction"] else "")
        text = f"{decision.verdict.reason}\n{by}: this very call passes once. Keep to the limits of the decision."
        return Decision(decision.verdict, "context", text)
    if decision.response != "deny" or not may_lift(decision.verdict, book.policy):
        return decision
    used = use(event, book)
    if used is not None:
        book.more["allowed"] = brief(used)
        text = f"{decision.verdict.reason}\nA person allowed this call once; the next one like it is refused again."
        return Decision(decision.verdict, "context", text)
    if event.headless or not event.session_id:
        return decision  # nobody is there to lift it
    key = secret_key(book.environ, create=True)
    if not key:
        return decision
    if not book.ledger.get(event.session_id, OPENED):
        note_start(event, book)  # the guard came into a session that was running: its client is known from here
    refusal, new = opened(event, decision.verdict, book, key)
    book.more["refusal"] = brief(refusal)
    decision = decision._replace(to_assistant=decision.to_assistant + ONCE, to_person=decision.to_person + ONCE)
    if not new:
        return decision
    leave_mark(book.environ, refusal["until"])
    return decision._replace(to_screen=line(code_of(refusal, key), refusal))


def may_lift(verdict: Verdict, policy: Policy) -> bool:
    """Whether every finding that stopped a call may be lifted by a person. What is built in as never stays so."""
    never = (*DEFAULTS["lifting"]["never"], *numbers(policy)["never"])
    stops = [each.code for each in verdict.findings if each.status in (REJECTED, ESCALATED)]
    return bool(stops) and not any(code.startswith(str(one)) for code in stops for one in never)


def numbers(policy: Policy) -> Mapping[str, Any]:
    """The policy's table for lifting."""
    return {**DEFAULTS["lifting"], **(policy.get("lifting") or {})}


def call_of(event: Event) -> str:
    """What a code is bound to: the call itself. The words beside a shell command are a label, not a part of it."""
    return call_hash(event.tool, event.input, event.cwd, event.root)


def call_hash(tool: str, given: Mapping[str, Any], cwd: str, root: str) -> str:
    """The hash of one exact call."""
    kept = {key: value for key, value in given.items() if tool != "Bash" or key != "description"}
    text = canonical({"tool": tool, "input": kept, "cwd": cwd, "root": root})
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def grant(call: str, record: str, instruction: str, until: float, ledger: Ledger) -> None:
    """Let one exact call through, once, because a person decided so in a deliberation. The caller made sure of one."""
    new = {"call": call, "record": record, "instruction": instruction, "until": until, "state": ALLOWED}

    def changed(before: str | None) -> str:
        old = json.loads(before or "[]")
        return json.dumps([*(each for each in old if each["call"] != call), new][-MOST:])

    ledger.change("", GRANTS, changed)


def granted_in(call: str, ledger: Ledger) -> str:
    """The record in which a call was named as one that may pass, "" where there is none."""
    grants = json.loads(ledger.get("", GRANTS) or "[]")
    return next((str(each["record"]) for each in reversed(grants) if each["call"] == call), "")


def allow_by_record(event: Event, verdict: Verdict, book: LiveBook) -> dict[str, str] | None:
    """{"record", "instruction", "call"} where a decision lets this very call pass, used up by asking; None where none
    does, or where something else than a boundary stopped the call.
    """
    stops = [each.code for each in verdict.findings if each.status in (REJECTED, ESCALATED)]
    if not stops or not all(code.startswith(BOUNDARY) for code in stops) or not book.ledger.get("", GRANTS):
        return None
    call = call_of(event)
    found: list[Refusal] = []

    def changed(before: str | None) -> str:
        grants = json.loads(before or "[]")
        for each in grants:
            if not found and each["state"] == ALLOWED and each["call"] == call and each["until"] > event.time:
                each["state"] = USED
                found.append(each)
        return json.dumps(grants)

    book.ledger.change("", GRANTS, changed)
    return {key: str(found[0][key]) for key in ("record", "instruction", "call")} if found else None


def opened(event: Event, verdict: Verdict, book: LiveBook, key: bytes) -> tuple[Refusal, bool]:
    """The refusal of this call, and whether it is new: one that is still open keeps its code."""
    call = call_of(event)
    found: list[tuple[Refusal, bool]] = []

    def changed(before: str | None) -> str:
        refusals = read(before)
        old = next((each for each in refusals if each["call"] == call and is_open(each, event.time)), None)
        new = old or made(event, verdict, book.policy, key, call, refusals)
        found[:] = [(new, old is None)]
        kept = refusals if old else [*(each for each in refusals if each["until"] > event.time), new]
        return json.dumps(kept[-MOST:])

    book.ledger.change(event.session_id, REFUSALS, changed)
    return found[0]


def made(event: Event, verdict: Verdict, policy: Policy, key: bytes, call: str, others: Sequence[Refusal]) -> Refusal:
    """A new refusal. Its code differs from every other open one, and is no word that a person might write by chance."""
    refusal: Refusal = {
        "id": os.urandom(6).hex(),
        "call": call,
        "made": event.time,
        "until": event.time + 60 * float(numbers(policy)["minutes"]),
        "tries": 0,
        "state": OPEN,
        "codes": sorted({each.code for each in verdict.findings if each.status in (REJECTED, ESCALATED)}),
        "tool": event.tool,
        "what": what(event),
        "agent": event.agent_id,
        "session": event.session_id,
        "turn": 0,
    }
    taken = {code_of(each, key) for each in others if each["state"] == OPEN}
    while not fits(code_of(refusal, key)) or code_of(refusal, key) in taken:
        refusal["turn"] += 1
    refusal["hash"] = hashed(refusal, code_of(refusal, key), key)
    return refusal


def fits(code: str) -> bool:
    """Whether a code has a digit and a letter: `dead` and `2024` are said in passing."""
    return not DIGITS.isdisjoint(code) and not LETTERS.isdisjoint(code)


def code_of(refusal: Mapping[str, Any], key: bytes) -> str:
    """The code of a refusal: four hexadecimal digits."""
    return _keyed(f"code {refusal['id']} {refusal['turn']}", key)[:LENGTH]


def hashed(refusal: Mapping[str, Any], code: str, key: bytes) -> str:
    """What is kept of a code: salted with the refusal's id, and of no use without the key."""
    return _keyed(f"hash {refusal['id']} {code}", key)[:32]


def _keyed(text: str, key: bytes) -> str:
    return hashlib.blake2b(text.encode(), key=key).hexdigest()


def use(event: Event, book: LiveBook) -> Refusal | None:
    """The allowance for this very call, used up by asking; None where there is none. Only one of two calls gets it."""
    if not book.ledger.get(event.session_id, REFUSALS):
        return None
    call = call_of(event)
    found: list[Refusal] = []

    def changed(before: str | None) -> str:
        refusals = read(before)
        for each in refusals:
            if not found and each["state"] == ALLOWED and each["call"] == call and each["until"] > event.time:
                each["state"] = USED
                found.append(each)
        return json.dumps(refusals)

    book.ledger.change(event.session_id, REFUSALS, changed)
    return found[0] if found else None


def allow(code: str, ledger: Ledger, policy: Policy, key: bytes, *, now: float, by: str, session: str = "") -> Lifted:
    """Let the call of a code through, once; a wrong code counts against every open one. `by`: the channel.

    `session`: only that session's refusals; "" for every session of the repository. The caller made sure of a person.
    """
    found: list[Refusal] = []

    def tried(before: str | None) -> str:
        refusals = read(before)
        open_ones = [each for each in refusals if is_open(each, now)]
        hit = next((each for each in open_ones if each["hash"] == hashed(each, code, key)), None)
        if hit is not None:
            # From here it counts anew: the person had to find it first.
            hit.update(state=ALLOWED, by=by, until=now + 60 * float(numbers(policy)["minutes"]))
            found.append(hit)
            return json.dumps(refusals)
        for each in open_ones:
            each["tries"] += 1
            if each["tries"] >= int(numbers(policy)["tries"]):
                each["state"] = VOID
        return json.dumps(refusals)

    for each in [session] if session else sessions_of(ledger):
        if not found and ledger.get(each, REFUSALS):
            ledger.change(each, REFUSALS, tried)
    if found:
        return Lifted(found[0])
    return Lifted(None, f"no refused call waits for the code {code}: it is wrong, was used, has expired or is void")


def is_open(refusal: Mapping[str, Any], now: float) -> bool:
    """Whether a refusal still waits for its code."""
    return bool(refusal["state"] == OPEN and refusal["until"] > now)


def waiting(ledger: Ledger, now: float, session: str = "") -> list[Refusal]:
    """The refusals that wait for their code, oldest first: of one session, or of all."""
    sessions = [session] if session else sessions_of(ledger)
    found = [each for one in sessions for each in read(ledger.get(one, REFUSALS)) if is_open(each, now)]
    return sorted(found, key=lambda each: float(each["made"]))


def sessions_of(ledger: Ledger) -> list[str]:
    """The sessions in which a call was refused."""
    return [str(row[0]) for row in ledger.db.execute("SELECT session_id FROM state WHERE key = ?", (REFUSALS,))]


def read(value: str | None) -> list[Refusal]:
    """The refusals of a state's value; none where it cannot be read."""
    fields = ("id", "call", "made", "until", "state", "hash", "tries", "turn", "session")
    return [each for each in read_rows(value) if all(field in each for field in fields)]


def brief(refusal: Mapping[str, Any]) -> dict[str, Any]:
    """What the ledger says of a refusal, and of who lifted it by which channel: never the code."""
    shown = ("id", "call", "hash", "until", "codes", "by")
    return {key: refusal[key] for key in shown if refusal.get(key)}


def what(event: Event) -> str:
    """The call in one short line, redacted and fit for a terminal."""
    given = event.input
    text = next((given[key] for key in ("command", "file_path", "url", "path") if isinstance(given.get(key), str)), "")
    if not text and given:
        text = json.dumps(dict(given), ensure_ascii=False, default=str)
    plain = "".join(char if char.isprintable() else " " for char in redact(f"{event.tool}: {text}"[:500]))
    plain = " ".join(plain.split())
    return plain if len(plain) <= SHOWN else plain[: SHOWN - 1] + "…"


def line(code: str, refusal: Mapping[str, Any]) -> str:
    """What the person reads: the words to say, and what they let through."""
    return f'tractguard: reply "allow {code}" to let this pass once: {refusal["what"]}'


def lines_for(event: Event, book: LiveBook) -> list[str]:
    """A line for each code that waits since the person spoke last."""
    from tractguard.instructions.history import timestamp

    key = secret_key(book.environ)
    last = book.prompts[-1][0] if book.prompts else ""
    found = waiting(book.ledger, event.time, event.session_id) if key else []
    return [line(code_of(each, key), each) for each in found if timestamp(each["made"]) >= last]


# What lies in the person's own state folder


def secret_key(environ: Mapping[str, str], *, create: bool = False) -> bytes:
    """The key of this person's codes; empty where there is none and none can be written: nothing is lifted then."""
    path = os.path.join(state_home(environ), "lifting.key")
    try:
        with open(path, "rb") as file:
            return file.read(64)
    except FileNotFoundError:
        if not create:
            return b""
    except OSError:
        return b""
    beside = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(os.urandom(32))
        with contextlib.suppress(FileExistsError):  # another process was first: its key is the one
            os.link(beside, path)
        os.unlink(beside)
        with open(path, "rb") as file:
            return file.read(64)
    except OSError:
        return b""


def mark_path(environ: Mapping[str, str]) -> str:
    """The file whose presence says that a code may wait: without it the display hook does not even start Python."""
    return os.path.join(state_home(environ), "codes")


def leave_mark(environ: Mapping[str, str], until: float) -> None:
    """Say that a code may wait until then."""
    with contextlib.suppress(OSError), open(mark_path(environ), "w", encoding="ascii") as file:
        file.write(repr(until))


def take_mark(environ: Mapping[str, str], now: float) -> None:
    """Take the mark away where its time has passed."""
    with contextlib.suppress(OSError, ValueError):
        with open(mark_path(environ), encoding="ascii") as file:
            over = float(file.read() or 0) <= now
        if over:
            os.unlink(mark_path(environ))
