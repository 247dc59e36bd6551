"""A person's "go on": complex work is no longer held back in this session.

Knows the few words; who is a person is `person.py`'s to say. Loaded only for a prompt of a critical session.
"""

from collections.abc import Callable

from tractguard.book import LiveBook
from tractguard.model import Decision, Event
from tractguard.person import drove_terminal, lifts_nothing
from tractguard.pressure.gate import gone_on
from tractguard.pressure.levels import Note, with_note
from tractguard.pressure.state import GONE_ON, READING
from tractguard.spoken import words_of
from tractguard.stored import read_object

SAYINGS = (
    "go on", "go on anyway", "just go on", "ok go on", "okay go on", "yes go on", "continue", "continue anyway",
    "carry on", "keep going", "go ahead", "yes go ahead", "proceed",
)  # fmt: skip
LONGEST = 80


def says_go_on(prompt: str) -> bool:
    """Whether a message says nothing but that the work shall go on."""
    return len(prompt) <= LONGEST and " ".join(words_of(prompt.replace("\n", " "))) in SAYINGS


def heard_with(step: Callable[[Event, LiveBook], Decision], event: Event, book: LiveBook) -> Decision:
    """What `step` answers to a message, with what comes of its "go on"."""
    note = hear(event, book)
    return with_note(step(event, book), note)


def hear(event: Event, book: LiveBook) -> Note:
    """Take a "go on" for what it is, where a person said it. The message goes to the assistant in any case."""
    if event.agent_id or gone_on(book) or not says_go_on(event.prompt):
        return Note()
    since = read_object(book.state.get(READING)).get("handed_at")
    why = lifts_nothing(event, book) or drove_terminal(book.ledger, float(since or event.time))
    if why:
        book.more["not_a_person"] = why
        return Note("", f"tractguard still holds complex work back: {why}. In a terminal: tractguard pressure --go-on.")
    book.ledger.put(event.session_id, GONE_ON, book.level)
    book.more["gone_on"] = {"by": "chat", "level": book.level}
    return Note(
        "tractguard: the person says that the work goes on, although the context is nearly full.",
        "tractguard lets complex work pass in this session.",
    )
