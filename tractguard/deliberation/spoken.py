"""What a person says to a record in the chat: `approve stakeholders ID`, `decide ID`, `dismiss ID: why`.

Each is said twice: the first time shows what would be approved and the mark of just that, the second names the mark,
so that nobody approves what they have not seen. The evidence of a person is `person.py`'s. What does not fit one line
(rounds, a new outcome, a CRITICAL matter with its follow-up) stays a matter of the file and the terminal. Loaded only
for such a message.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.book import LiveBook
from tractguard.decide import verdict_of
from tractguard.deliberation.approving import approve_list, approved_list
from tractguard.deliberation.concluding import conclude, dismiss
from tractguard.deliberation.known import known, list_hash, outcome_hash
from tractguard.deliberation.outcome import contradictions, missing, unheard
from tractguard.deliberation.record import BrokenRecord
from tractguard.deliberation.rounds import needed
from tractguard.deliberation.stopped import calls_of
from tractguard.deliberation.store import Item, items
from tractguard.model import Decision, Event
from tractguard.person import drove_terminal, lifts_nothing

CHAT = "chat"
MARK = 4  # digits of a mark
LONGEST = 400
ORDER = re.compile(
    r"(?:please )?(?:tractguard )?(?P<verb>approve stakeholders|decide|dismiss) (?P<id>d-[0-9a-z]{4,16})"
    r"(?: (?P<mark>[0-9a-f]{4})\b)?(?P<rest>.*)",
    re.IGNORECASE,
)
SUPERSEDES = re.compile(r"supersede ((?:inst_\w+[ ,]*)+)", re.IGNORECASE)


class Refused(ValueError):
    """Why an order changes nothing: the end of a sentence."""


class Order(NamedTuple):
    """What was said, to which record; `mark` of what was shown, "" the first time."""

    verb: str
    id: str
    mark: str
    rest: str


def order_in(text: str) -> Order | None:
    """The order that a message is, None for any other message."""
    line = " ".join(text.split())[:LONGEST].strip("`'\"").rstrip(" .!")
    match = ORDER.fullmatch(line) if "\n" not in text.strip() else None
    if match is None:
        return None
    rest = match["rest"].strip(" :,-")
    known_rest = match["verb"].casefold() == "dismiss" or not rest or rest == "allow" or SUPERSEDES.match(rest)
    if not known_rest:
        return None  # a sentence about a record, said to the assistant
    return Order(match["verb"].casefold(), match["id"].casefold(), (match["mark"] or "").casefold(), rest)


def obey(order: Order, event: Event, book: LiveBook) -> Decision:
    """Do what the order says where nothing speaks against its being a person's; the first time, only show it."""
    why = lifts_nothing(event, book) or drove_terminal(book.ledger, book.began)
    if why:
        book.more["not_a_person"] = why
        return said(f"tractguard: {why}, so {order.id} stays as it is: 'tractguard deliberate' in a terminal.")
    try:
        item = found(order.id, book)
        return ORDERS[order.verb](order, item, book, event.time)
    except (Refused, BrokenRecord) as error:
        return said(f"tractguard: {error}.".replace("..", "."))
    except OSError as error:
        return said(f"tractguard: {order.id} could not be written ({error.strerror or error}); nothing was decided.")


def found(id: str, book: LiveBook) -> Item:
    """The open record of that id. Raises Refused."""
    there = [each for each in items(book.places, known(book.ledger)) if each.id == id]
    if not there:
        raise Refused(f"there is no record {id}: 'tractguard deliberate list' lists those there are")
    item = there[0]
    wrong = next((each for each in item.problems if not each.note), None)
    if wrong is not None or not item.fields:
        raise Refused(f"{id} cannot be worked with, {wrong.why if wrong else 'its file is gone'}")
    if item.status != "open":
        raise Refused(f"{id} is {item.status.replace('_', ' ')} already")
    return item


def stakeholders(order: Order, item: Item, book: LiveBook, now: float) -> Decision:
    """Approve the list of those who are asked."""
    groups = [dict(each) for each in item.fields["stakeholders"] or item.fields["suggested_stakeholders"]]
    if not groups:
        raise Refused(f"{item.id} lists nobody yet: add a group in its file")
    mark = list_hash(groups)[:MARK]
    names = ", ".join(str(each["group"]) for each in groups)
    if order.mark != mark:
        return asked(order, mark, f'"{item.question}" would be put to: {names}')
    approve_list(item, groups, book, now, by=CHAT)
    return said(f"tractguard: {item.id} is put to {names}.", f"A person approved the stakeholder list of {item.id}.")


def decide(order: Order, item: Item, book: LiveBook, now: float) -> Decision:
    """Take the outcome that stands in the file, as it stands there."""
    if item.fields["urgency"] == "CRITICAL":
        raise Refused(f"{item.id} is CRITICAL and opens a second record: 'tractguard deliberate decide {item.id}'")
    if not approved_list(item) and needed(str(item.fields["urgency"])):
        raise Refused(f'no person has approved whom to ask: say "approve stakeholders {item.id}" first')
    waiting = unheard(item.text, item.fields)
    if waiting:
        raise Refused(f"not everybody was heard: {'; '.join(waiting)}")
    lacks = missing(item.fields, agreed=True)
    if lacks:
        raise Refused(f"the outcome in the file of {item.id} lacks {'; '.join(lacks)}. Write it there, or decide in"
                      f" a terminal: 'tractguard deliberate decide {item.id}'")  # fmt: skip
    mark, ended = outcome_hash(item.fields)[:MARK], superseded(order, book)
    if order.mark != mark:
        return asked(order, mark, summary(item, book, ended))
    item = with_list(item, book, now)
    calls = [dict(calls_of(item.id, book.ledger)[-1])] if order.rest == "allow" and stopped(item, book) else []
    outcome = conclude(item, item.fields, book, now, ended, calls, agreed=True, by=CHAT)
    kept = f" as {outcome['instruction']}" if outcome["instruction"] else ""
    return said(f"tractguard: {item.id} is decided{kept}; to be reviewed on {outcome['review_date']}.")


def superseded(order: Order, book: LiveBook) -> list[str]:
    """The instructions that the order ends. Raises Refused where one is not in force."""
    match = SUPERSEDES.match(order.rest)
    ids = re.findall(r"inst_\w+", match[1]) if match else []
    live = {str(each.get("id")) for each in book.compiled.records()}
    gone = [id for id in ids if id not in live]
    if gone:
        raise Refused(f"{gone[0]} is no instruction in force")
    return ids


def summary(item: Item, book: LiveBook, ended: Sequence[str]) -> str:
    """An outcome in a few lines: what is put first and behind, what is lost, who objects, what it contradicts."""
    fields = item.fields
    lines = [f'"{item.question}": {fields["decision_made"]}']
    lines.append(f"first {listed(fields['values_prioritized'])}, behind {listed(fields['values_deprioritized'])}")
    lines.append(f"lost: {fields.get('moral_remainder') or 'none voiced'}")
    dissent = [f"{each['objection']} ({listed(each['stakeholders'])})" for each in fields["dissenting_perspectives"]]
    lines.append(f"dissent: {'; '.join(dissent) or 'none voiced'}")
    if not approved_list(item):
        lines.append(f"it concerns: {listed([str(each['group']) for each in groups_of(item)])}")
    earlier = [each.fields for each in items(book.places, known(book.ledger)) if each.valid and each.id != item.id]
    live = [each for each in book.compiled.records() if str(each.get("id")) not in ended]
    for each in contradictions(fields, live, earlier):
        way = f' ("decide {item.id} MARK supersede {each.id}" ends it)' if each.instruction else ""
        lines.append(f'it contradicts {each.id}, "{each.text}": {each.why}{way}')
    if stopped(item, book):
        lines.append('with "allow" behind the mark, the call that was stopped passes once')
    return "\n".join(lines)


def groups_of(item: Item) -> list[dict[str, Any]]:
    """Whom the record names, else whom it suggests."""
    return [dict(each) for each in item.fields["stakeholders"] or item.fields["suggested_stakeholders"]]


def with_list(item: Item, book: LiveBook, now: float) -> Item:
    """The record with an approved list: that of a tier without rounds is approved with its outcome. Raises Refused."""
    if approved_list(item):
        return item
    if not groups_of(item):
        raise Refused(f"say first whom {item.id} concerns, in its file")
    approve_list(item, groups_of(item), book, now, by=CHAT)
    return found(item.id, book)


def stopped(item: Item, book: LiveBook) -> bool:
    """Whether a call was stopped for it."""
    return any(each.get("tool") for each in calls_of(item.id, book.ledger)[-1:])


def drop(order: Order, item: Item, book: LiveBook, now: float) -> Decision:
    """It is no matter of values."""
    if not order.rest:
        raise Refused(f'say why it is no matter of values: "dismiss {item.id}: the names are variables"')
    case = dismiss(item, order.rest, book, now)
    where = f"; a look-alike case is in {case}" if case else ""
    return said(f"tractguard: {item.id} is no values matter: what was stopped for it passes{where}.")


def listed(texts: Sequence[str]) -> str:
    """Texts as one enumeration."""
    return ", ".join(map(str, texts))


def asked(order: Order, mark: str, shown: str) -> Decision:
    """What would be approved, and how it is."""
    changed = " It has changed since it was shown." if order.mark else ""
    return said(f'tractguard:{changed} {shown}\nReply "{order.verb} {order.id} {mark}" to approve just this.')


def said(to_person: str, to_model: str = "") -> Decision:
    """An answer that lets the message through."""
    return Decision(verdict_of(()), "context" if to_model else "silence", to_model, to_person)


Step = Callable[[Order, Item, LiveBook, float], Decision]
ORDERS: Mapping[str, Step] = {"approve stakeholders": stakeholders, "decide": decide, "dismiss": drop}
