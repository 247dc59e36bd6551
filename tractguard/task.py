"""What was said for one task: when it has ended.

Three things end it: the commit, the use of a permission given in passing, and a request that has nothing to do with the
task. The last is judged from words alone, so it is judged with care: a question, thanks, a correction, a continuation
or a step of the same work ("now write the tests") never counts, and neither does a request that shares one subject with
what was said or worked on before. Pure.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tractguard.instructions.directive import Directive
from tractguard.model import Constraint, Event, Fact, Instruction, Lineage, constraints_of
from tractguard.policy import Policy

Record = dict[str, Any]
# A permission of these kinds is for one act, and is used up by it.
ONE_ACT = frozenset(("ask_before", "forbid_action", "forbid_command", "branch"))
ONCE = ("just this once", "only this once", "this one time", "just once", "only once", "this once")
AFTER_A_COMMIT = frozenset("push pull merge tag release deploy publish pr mr forbid_push_to forbid_merge_to".split())
NEW_TASK = (
    "next task", "new task", "another task", "a different task", "a separate task", "next up", "moving on",
    "let's move on", "something else", "on another note", "on a different note", "unrelated", "a separate thing",
)  # fmt: skip
FIRST_WORDS = 60  # characters in which a message says that another task begins
GOES_ON = frozenset(
    "also and but or so then instead again still continue keep go-ahead resume retry it its that this these those them"
    " they same there above previous too else rest remaining other others both wait actually no yes yep nope ok okay"
    " sure correct right undo revert finish proceed more another".split()
)
# Words that say what is done, or a step of any work: they are no subject of their own.
STEPS = frozenset(
    "add fix change update make write create implement remove delete rename move refactor use run let please can could"
    " would you need want should build set get put show check look find try help clean improve replace convert extract"
    " test tests testing spec doc docs documentation readme changelog comment comments commit push pull request merge"
    " rebase branch pr mr lint linter format formatter type types typecheck ci pipeline build deploy release version"
    " bug bugs error errors issue issues code file files function functions method class line lines thing things stuff"
    " work task feature case cases way part step the for with from into onto out off all any some new old now not don"
    " just only our your his her their when where what which who how why are was were been has have had does did will"
    " than about after before over under via per each every one two three first second last next thanks thank great"
    " good nice perfect done here very really also project repo repository app application main master".split()
)
_WORD = re.compile(r"[A-Za-z]{2,40}")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOT_FIRST = ("don't", "dont", "do not", "never", "no ", "not ", "for this", "avoid", "leave", "without", "only")
MOST_TEXT = 40_000  # characters of earlier text that are compared


def is_request(directive: Directive) -> bool:
    """Whether a sentence asks for work, rather than saying how work is to be done or what is allowed."""
    if not directive.is_directive or directive.correction or directive.temporal_scope != "TASK":
        return False
    low = directive.text.casefold()
    if is_permit(directive.constraints):
        words = _WORD.findall(low)
        return directive.polarity != "prefer" or "now" in words or words[:1] in (["ok"], ["okay"], ["yes"], ["sure"])
    return directive.quadrant == "TACTICAL" and not low.startswith(_NOT_FIRST)


def is_permit(constraints: Sequence[Constraint]) -> bool:
    """Whether all that a sentence says is that something may be done."""
    return bool(constraints) and all(each.get("permit") for each in constraints)


def says_new_task(units: Iterable[Directive]) -> bool:
    """Whether a message says itself that another task begins."""
    return any(words in unit.text[:FIRST_WORDS].casefold() for unit in units for words in NEW_TASK)


def unrelated(units: Sequence[Directive], before: Iterable[str], *, least: int) -> bool:
    """Whether a message asks for work that shares nothing with `before`, and names `least` subjects of its own."""
    requests = [unit for unit in units if is_request(unit)]
    if not requests or any(unit.correction for unit in units):
        return False
    told = " ".join(unit.text for unit in requests)
    if GOES_ON.intersection(word.casefold() for word in _WORD.findall(told)):
        return False
    mine = subjects(told)
    return len(mine) >= least and not mine & subjects("\n".join(before)[:MOST_TEXT])


def subjects(text: str) -> frozenset[str]:
    """What a text speaks of: the stems of its words, identifiers and paths taken apart, without those of any work."""
    words = (word.casefold() for word in _WORD.findall(_HUMP.sub(" ", text.replace("_", " "))))
    return frozenset(_stem(word) for word in words if len(word) > 2 and word not in STEPS)


def _stem(word: str) -> str:
    for ending in ("ation", "ions", "ing", "ies", "ion", "ers", "ed", "es", "er", "s", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def left_after_call(records: Sequence[Record], call: Mapping[str, Any], policy: Policy) -> list[Record]:
    """What still holds of a session's own instructions after a call that ran, `call` being its ledger record."""
    facts = tuple(Fact(str(row[0]), str(row[1]), str(row[2]), row[3]) for row in call.get("facts", ()))
    committed = any(fact.kind == "git" and fact.name == "commit" for fact in facts)
    left = []
    for record in records:
        kept: Record | None = record
        if record.get("temporal_scope") == "TASK":
            if is_permit(constraints_of(record)):
                kept = without_used(record, facts, policy)
            if kept is not None and committed and not comes_after_a_commit(kept):
                kept = None
        if kept is not None:
            left.append(kept)
    return left


def without_used(record: Record, facts: tuple[Fact, ...], policy: Policy) -> Record | None:
    """A permission without what these facts did of it; None where nothing is left. Only permissions of one act wear."""
    once = any(words in str(record.get("text", "")).casefold() for words in ONCE)
    left: list[dict[str, Any]] = []
    changed = False
    for each in constraints_of(record):
        if not once and each.type not in ONE_ACT:
            left.append({"type": each.type, **each.data})
            continue
        key = "action" if each.list("action") else ""
        single = [(one, Constraint(each.type, {**each.data, key: one})) for one in each.list(key)]
        rest = [one for one, alone in single if not used(alone, facts, policy)]
        if key and rest:
            left.append({"type": each.type, **each.data, key: rest})
        elif not key and not used(each, facts, policy):
            left.append({"type": each.type, **each.data})
        changed = changed or not key or len(rest) < len(each.list(key))
    if not left:
        return None
    return {**record, "constraints": left} if changed else record


def used(permit: Constraint, facts: tuple[Fact, ...], policy: Policy) -> bool:
    """Whether facts are what a permission allows: read as a prohibition it would object to them."""
    from tractguard.rules.loop import as_prohibition, judge

    asked = Instruction("used", "", verification_required="MANDATORY", constraints=(as_prohibition(permit),))
    return bool(judge(Event("pre_tool"), facts, [asked], Lineage(), policy))


def comes_after_a_commit(record: Mapping[str, Any]) -> bool:
    """Whether a record speaks of what is done with a commit ("don't push"): the commit itself does not end that."""
    for each in constraints_of(record):
        if each.type in ONE_ACT:
            texts = (*each.list("action"), *each.list("pattern"))
            if AFTER_A_COMMIT.intersection((*each.data, *" ".join(texts).split())):
                return True
    return False
