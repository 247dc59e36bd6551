"""The hook: one event on stdin, at most one JSON object on stdout. What `init` installs runs `main`.

Knows deadlines and what is answered when the guard itself fails; refuses to know rules, files and the ledger. Whatever
goes wrong, a call that changes something is never let through in silence, and the person hears one sentence.
"""

import faulthandler
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from tractguard.hosts import Reply, host_named
from tractguard.lean import ITIMER_REAL, SIGALRM, setitimer, signal
from tractguard.model import ESCALATED, PRE_TOOL, PROMPT, REJECTED, WARNING, Decision, Event, Finding, Verdict
from tractguard.policy import DEFAULTS

HARD_FACTOR = 2  # a process that does not even answer its own alarm is ended at this many deadlines


class Deadline(Exception):
    """The guard's own deadline passed."""


def main(argv: Sequence[str]) -> NoReturn:
    """Answer one event and end the process: `argv` is the host's name and the event's, as baked into the command.

    The process lives for a few milliseconds, so it does not take its interpreter down piece by piece, and it leaves
    the ledger open: closing the last connection would checkpoint it, which costs more than the insert. What was
    committed is safe without all that.
    """
    seconds = float(DEFAULTS["deadline_ms"]) / 1000
    # A parser stuck in C never returns to Python's alarm; this thread ends the process, and the shell refuses.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    faulthandler.dump_traceback_later(seconds * HARD_FACTOR, exit=True, file=nowhere)
    reply, _open = answer(argv, sys.stdin.buffer.read(), os.environ, time.time(), seconds)
    for stream, text in ((sys.stdout.buffer, reply.stdout), (sys.stderr.buffer, reply.stderr)):
        if text:
            stream.write(text)
            stream.flush()
    os._exit(int(reply.exit_code))


def answer(
    argv: Sequence[str], stdin: bytes, environ: Mapping[str, str], now: float, seconds: float
) -> tuple[Reply, object]:
    """The host's reply to one event, whatever stdin holds, and the book opened for it (None where that failed)."""
    host = host_named(argv[0] if argv else "claude-code")
    name = argv[1] if len(argv) > 1 else ""
    try:
        payload = payload_of(stdin, name)
    except ValueError as error:
        event = host.read({}, name, environ, now)
        return host.reply(event, failed(event, str(error))), None
    event = host.read(payload, name, environ, now)
    decision, book = decide_within(event, environ, seconds)
    return host.reply(event, decision), book


def decide_within(event: Event, environ: Mapping[str, str], seconds: float) -> tuple[Decision, object]:
    """The decision on an event, or the answer of a guard that could not decide; and the open book."""

    def late(*_: object) -> None:
        raise Deadline(f"the guard did not finish within its {seconds:g} s")

    signal(SIGALRM, late)
    setitimer(ITIMER_REAL, seconds)
    try:
        from tractguard.live import handle, open_book  # inside: a damaged installation must not be a pass either

        book = open_book(event, environ)
        setitimer(ITIMER_REAL, max(0.1, float(book.policy["deadline_ms"]) / 1000))
        return handle(event, book), book
    except Exception as error:
        return failed(event, sentence(error)), None
    finally:
        setitimer(ITIMER_REAL, 0)


def payload_of(stdin: bytes, name: str) -> dict[str, Any]:
    """The payload as an object. Raises ValueError with a sentence."""
    try:
        payload = json.loads(stdin.decode("utf-8", "surrogateescape"))
    except ValueError as error:
        raise ValueError(f"the host sent {name or 'an event'} with input that is not JSON ({error})") from error
    except RecursionError as error:
        raise ValueError(f"the host sent {name or 'an event'} with JSON nested too deeply to read") from error
    if not isinstance(payload, dict):
        raise ValueError(f"the host sent {name or 'an event'} with JSON that is not an object")
    if b"\\ud" in stdin or b"\\u0000" in stdin or not stdin.isascii():
        payload = {str(key): clean(value) for key, value in payload.items()}
        payload["cwd"] = payload["cwd"].replace("\0", "") if isinstance(payload.get("cwd"), str) else ""
    return payload


def clean(value: Any) -> Any:
    """`value` with every lone surrogate replaced: half of a cut emoji is no reason to fail."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, list) else value


def sentence(error: BaseException) -> str:
    """One sentence about an error: the ones that the house raises already are; others are named."""
    if type(error).__module__.startswith("tractguard"):
        return str(error)
    return f"the guard met an error of its own ({type(error).__name__}: {error}); 'tractguard doctor' looks into it"


def failed(event: Event, why: str, on_failure: str = "") -> Decision:
    """What is answered when the guard cannot decide: what changes nothing passes, the rest follows `on_failure`."""
    if event.kind == PROMPT:
        return Decision(Verdict(), to_person=f"tractguard: {why}. Your message may not be kept: say it again.")
    if event.kind != PRE_TOOL:
        return Decision(Verdict(), to_person=f"tractguard: {why}.")
    if event.tool and looks_only(event):
        return Decision(
            Verdict(), to_person=f"tractguard could not check calls: {why}. This one changes nothing and passed."
        )
    rung = on_failure or configured(event)
    status = {"ask": ESCALATED, "deny": REJECTED}.get(rung, WARNING)
    finding = Finding("TG002", "guard failed", status, why, "Repair it with 'tractguard doctor', then try again.")
    text = f"TG002 tractguard could not check this call: {why}.\n{finding.way_out}"
    response = {"ask": "ask", "deny": "deny"}.get(rung, "context")
    return Decision(Verdict(status, text, findings=(finding,)), response, text, text)


def configured(event: Event) -> str:
    """`on_failure` of this repository's compiled policy, or the built-in one where that cannot be read either."""
    try:
        from tractguard.compiled import open_compiled
        from tractguard.places import places_of

        found = open_compiled(places_of(event.root or event.cwd).compiled)
        return str((found.policy if found else DEFAULTS)["on_failure"])
    except Exception:
        return str(DEFAULTS["on_failure"])


def looks_only(event: Event) -> bool:
    """Whether a call changes nothing, as far as that can be told at all."""
    try:
        from tractguard.looking import changes_nothing

        return changes_nothing(event)
    except Exception:
        return False
