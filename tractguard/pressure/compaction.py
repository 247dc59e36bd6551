"""What a new context is given: after a compaction the last request and what is owed, at a fresh start the handoff.

Two routes lead there. The client's session start after a compaction is one; where it does not come, the next prompt or
call is the other, since the state remembers that a compaction was announced. Instructions come back by either
(`reminder.py`). Knows a budget; refuses to know how a client carries it.
"""

from tractguard.book import LiveBook
from tractguard.model import SESSION_START, Decision, Event
from tractguard.pressure.levels import COMPACT, Note, with_note
from tractguard.pressure.state import COMPACTED
from tractguard.redact import redact

FRESH = ("startup", "clear")  # sources of a session start with an empty context
PART = 0.4  # of the reminder's budget, for the last request and what is owed …
LEAST_BUDGET = 200  # … where it has so many tokens at least: a small one is for the instructions alone
SHORTEST = 12  # characters of a request that says something by itself ("go on" does not)
REQUEST_PART = 0.6  # of that room, for the last request


def carried_over(event: Event, book: LiveBook, tokens: int) -> tuple[str, list[str]]:
    """(what a session that starts is given beside its instructions, what the person hears of it)."""
    if event.agent_id:
        return "", []
    if event.source == COMPACT:
        book.ledger.drop(event.session_id, COMPACTED)
        return left_open(event, book, int(tokens * PART)), []
    from tractguard.obligations.carrying import taken_over

    given: str = ""
    heard: list[str] = []
    if event.source in FRESH:
        from tractguard.handoff.load import handed_over

        given, heard = handed_over(event, book)
    return "\n".join(each for each in (given, *taken_over(event, book)) if each), heard


def given_back(event: Event, book: LiveBook, decision: Decision) -> Decision:
    """The other route: the first prompt or call after a compaction whose session start did not come."""
    if event.agent_id or book.ledger.get(event.session_id, COMPACTED) is None:
        return decision
    book.ledger.drop(event.session_id, COMPACTED)
    if decision.response in ("deny", "ask"):
        book.ledger.put(event.session_id, COMPACTED, repr(event.time))  # a reason is no place for it: the next call is
        return decision
    from tractguard.reminder import reminder, tokens_of

    tokens = int(book.policy["instructions"]["reminder_tokens"])
    said = left_open(event, book, int(tokens * PART))
    records = [*(each for each in book.compiled.records() if not each.get("yields_to")), *book.session]
    text = "\n".join(each for each in (reminder(records, tokens - tokens_of(said)), said) if each)
    return with_note(decision, Note(text)) if book.policy["mode"] != "shadow" else decision


def left_open(event: Event, book: LiveBook, tokens: int) -> str:
    """What was asked last, and what is owed, in about `tokens`; "" where there is nothing."""
    from tractguard.reminder import tokens_of

    if tokens < LEAST_BUDGET * PART:
        return ""
    lines = []
    asked = last_request(book, event)
    if asked:
        lines.append(f'Asked last, before the compaction: "{fitting(asked, int(tokens * REQUEST_PART))}"')
    for each in owed(event.session_id, book):
        line = f"Still owed: {each}"
        if tokens_of("\n".join([*lines, line])) > tokens:
            break
        lines.append(line)
    return "\n".join(lines)


def last_request(book: LiveBook, event: Event) -> str:
    """The person's last message that says something by itself; the last one where none does."""
    texts = [text for _, text in book.prompts]
    if event.kind != SESSION_START and event.prompt:
        texts = texts[:-1] if texts and texts[-1] == redact(event.prompt) else texts
    return next((each for each in reversed(texts) if len(each) >= SHORTEST), texts[-1] if texts else "")


def owed(session_id: str, book: LiveBook) -> list[str]:
    """Open obligations of a session, a line each."""
    from tractguard.obligations import open_obligations

    return [" ".join(each.text.split())[:200] for each in open_obligations(book.ledger, session_id)]


def fitting(text: str, tokens: int) -> str:
    """A text on one line, shortened where it would take more than about `tokens`."""
    from tractguard.reminder import tokens_of

    line = " ".join(text.split())
    cost = tokens_of(line)
    return line if cost <= tokens else shortened(line, int(len(line) * tokens / cost * 0.95))


def shortened(text: str, most: int) -> str:
    """A text on one line, cut in its middle where it is too long: how it begins and how it ends says most."""
    line = " ".join(text.split())
    most = max(most, 40)
    if len(line) <= most:
        return line
    half = (most - 3) * 2 // 3
    return f"{line[:half].rstrip()} … {line[len(line) - (most - 3 - half) :].lstrip()}"
