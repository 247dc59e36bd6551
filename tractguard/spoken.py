"""What a person tells the guard itself in the chat: `allow CODE`, `pause`, `resume`.

Knows the few words and what is answered; who is a person is `person.py`'s to say, what a code lifts `lifting.py`'s.
A code that was said is never recorded: the assistant could read the log. Warm: loaded only for such a prompt.
"""

from tractguard.book import LiveBook
from tractguard.decide import verdict_of
from tractguard.lifting import Lifted, Refusal, allow, brief, secret_key, waiting
from tractguard.model import Decision, Event
from tractguard.pausing import pause, paused, resume
from tractguard.person import drove_terminal, lifts_nothing, named_before

NAME = "tractguard"
MARKS = " \t`'\"*.!,;:“”„‘’"
HEX = frozenset("0123456789abcdef")
LENGTH = 4
MASKED = "allow ····"
CHAT = "chat"
TERMINAL = "In a terminal of your own it is tractguard"


def words_of(line: str) -> list[str]:
    """The bare words of a line, without the guard's name, courtesy and marks."""
    words = [word.strip(MARKS).lstrip("/").casefold() for word in line[:200].split()]
    words = [word for word in words if word not in ("", "please")]
    return words[1:] if words[:1] == [NAME] else words


def code_in(line: str) -> str:
    """The code of a line that says nothing but `allow CODE`, "" for any other."""
    words = words_of(line)
    said = len(words) == 2 and words[0] == "allow" and len(words[1]) == LENGTH and HEX.issuperset(words[1])
    return words[1] if said else ""


def order_in(text: str) -> str:
    """`pause`, `resume` or `allow` where a message tells the guard so, else ""."""
    words = words_of(text)
    if words in (["pause"], ["resume"]) and "\n" not in text.strip():
        return words[0]
    return "allow" if any(code_in(line) for line in text.splitlines()) else ""


def obey(event: Event, book: LiveBook) -> tuple[Decision, Event]:
    """What is answered to such a message, and the message that is left to be heard as any other (its prompt may be
    empty). Nothing is recorded here but through `book.more`, with the record of the message.
    """
    order = order_in(event.prompt)
    if order == "pause":
        new = pause(book.ledger, event.time, CHAT)
        book.more["paused"] = {"by": CHAT}
        said = "tractguard pauses: nothing is changed" if new else "tractguard is already paused"
        return told(f'{said} until you reply "resume" or run tractguard resume.', ""), event._replace(prompt="")
    if order == "resume":
        return resumed(event, book)
    return allowed(event, book)


def resumed(event: Event, book: LiveBook) -> tuple[Decision, Event]:
    """A pause is ended where a person says so. Where nothing is paused the word is the assistant's."""
    since = paused(book.ledger)
    if not since:
        return told("", ""), event
    why = lifts_nothing(event, book) or drove_terminal(book.ledger, float(since.get("at") or 0.0))
    if why:
        book.more["not_a_person"] = why
        return told(f"tractguard stays paused: {why}. {TERMINAL} resume.", ""), event._replace(prompt="")
    resume(book.ledger)
    book.more["resumed"] = {"by": CHAT}
    return told("tractguard goes on.", "tractguard is no longer paused."), event._replace(prompt="")


def allowed(event: Event, book: LiveBook) -> tuple[Decision, Event]:
    """Each code of a message is tried; what is left of it is masked where it is kept."""
    lines = event.prompt.splitlines()
    codes = list(dict.fromkeys(code for line in lines if (code := code_in(line))))
    rest = "\n".join(line for line in lines if not code_in(line)).strip()
    if not waiting(book.ledger, event.time, event.session_id):
        return told("tractguard: no refused call of this session waits for a code.", ""), event._replace(prompt=rest)
    results = [one(code, event, book) for code in codes]
    lifted = [result.refusal for result in results if result.refusal is not None]
    if lifted:
        book.more["lifted"] = [brief(each) for each in lifted]
    person = [f"tractguard lets this pass once: {each['what']}" for each in lifted]
    person += list(dict.fromkeys(f"tractguard lifted nothing: {result.why}." for result in results if result.why))
    return told("\n".join(person), "\n".join(map(to_assistant, lifted))), event._replace(prompt=rest)


def one(code: str, event: Event, book: LiveBook) -> Lifted:
    """One code: tried only where the words are a person's, and nothing that a tool call did could have said them."""
    since = min(float(each["made"]) for each in waiting(book.ledger, event.time, event.session_id) or [{"made": 0.0}])
    why = lifts_nothing(event, book) or named_before(code, book.ledger, since) or drove_terminal(book.ledger, since)
    if why:
        book.more["not_a_person"] = why
        return Lifted(None, f"{why}; in a terminal of your own it is tractguard allow")
    key = secret_key(book.environ)
    return allow(code, book.ledger, book.policy, key, now=event.time, by=CHAT, session=event.session_id)


def to_assistant(refusal: Refusal) -> str:
    """What the assistant is told: it does not know which of its calls was meant."""
    return f"tractguard: a person lets this very call pass once; make it again exactly as it was: {refusal['what']}"


def told(to_person: str, to_model: str) -> Decision:
    """An answer that lets the message through."""
    return Decision(verdict_of(()), "context" if to_model else "silence", to_model, to_person)
