"""The handoff as a document: what happened, in lines that each name their events, within a budget of tokens.

Knows the sections, what goes first in each, and how to leave out the least. Refuses to know where the facts come from.
Pure.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tractguard.handoff.collect import Happened, Item, open_tasks
from tractguard.pressure.compaction import SHORTEST, fitting, shortened
from tractguard.reminder import tokens_of

NOTHING = "- none"
REQUEST_PART = 0.3  # of the budget, for the last request in its own words
LINE, SHORT = 180, 110  # characters of a line, of a part of one
NEWEST = 3  # commits that go before everything else that was done; tasks that come next
FILES, IN_A_LINE = 12, 6  # uncommitted files that are named; files that were written in one line
SECTIONS = (
    "asked", "repository", "done", "in_progress", "failed", "obligations", "instructions", "deliberations", "issues",
    "next_steps",
)  # fmt: skip
# How many lines of a section are sure of their place before the others get more; in this order.
SURE = {"asked": 2, "next_steps": 3, "in_progress": 3, "failed": 4, "obligations": 3, "done": 3, "repository": 3,
        "instructions": 4, "issues": 2, "deliberations": 2}  # fmt: skip


class Around(NamedTuple):
    """What else a handoff tells: where it was written, and what is in force there. `dirty` None: git did not say."""

    session: str
    written: str  # RFC 3339
    reason: str
    pressure: str
    branch: str = ""
    head: str = ""  # short hash and subject
    dirty: tuple[str, ...] | None = None  # "changed src/app.py"
    obligations: tuple[str, ...] = ()
    instructions: tuple[str, ...] = ()
    deliberations: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()


def document(template: str, what: Happened, around: Around, tokens: int) -> str:
    """The whole text, in about `tokens` at most. What did not fit is counted in its section."""
    fields = {
        "written": around.written,
        "reason": around.reason,
        "session": quoted(around.session),
        "branch": quoted(around.branch),
        "head": quoted(shortened(around.head, SHORT) if around.head else ""),
        "pressure": around.pressure,
        "events": f"{what.first} to {what.last}",
    }
    lines = {
        "asked": asked(what, tokens),
        "repository": repository(around),
        "done": done(what),
        "in_progress": in_progress(what, around),
        "failed": failed(what),
        "obligations": [f"- {shortened(each, LINE)}" for each in around.obligations],
        "instructions": [f"- {shortened(each, LINE)}" for each in around.instructions],
        "deliberations": [f"- {shortened(each, LINE)}" for each in around.deliberations],
        "issues": issues(what, around),
        "next_steps": next_steps(what, around),
    }
    frame = tokens_of(filled(template, {**fields, **dict.fromkeys(SECTIONS, f"{NOTHING}\n- 9999 more")}))
    return filled(template, {**fields, **fitted(lines, tokens - frame)})


def filled(template: str, fields: Mapping[str, str]) -> str:
    """A template with its fields, `{{name}}`. What a value says is never read as a field."""
    first, *parts = template.split("{{")
    found = [first]
    for part in parts:
        name, end, rest = part.partition("}}")
        found.append(fields[name] + rest if end and name in fields else "{{" + part)
    return "".join(found)


def quoted(text: str) -> str:
    """A text as a value of the front matter."""
    return json.dumps(text, ensure_ascii=False)


def fitted(lines: Mapping[str, Sequence[str]], tokens: int) -> dict[str, str]:
    """As many lines of each section as fit together: those that are sure of their place, then one each in turn."""
    kept = dict.fromkeys(SURE, 0)
    left = tokens
    for name, sure in SURE.items():
        left = _add(name, lines[name], min(sure, len(lines[name])), kept, left)
    while True:
        before = dict(kept)
        for name in SURE:
            left = _add(name, lines[name], min(kept[name] + 1, len(lines[name])), kept, left)
        if kept == before:
            break
    return {name: _section(lines[name], kept[name]) for name in SECTIONS}


def _add(name: str, lines: Sequence[str], until: int, kept: dict[str, int], left: int) -> int:
    """Keep lines up to a number, as far as there is room; what room is left."""
    while kept[name] < until:
        cost = tokens_of(lines[kept[name]]) + 1
        if cost > left:
            break
        left -= cost
        kept[name] += 1
    return left


def _section(lines: Sequence[str], kept: int) -> str:
    if not lines:
        return NOTHING
    more = len(lines) - kept
    return "\n".join([*lines[:kept], *([f"- {more} more"] if more else [])])


def cited(seqs: Sequence[int]) -> str:
    """Where an item comes from: the numbers of its events."""
    return f" ({', '.join(f'#{each}' for each in seqs)})" if seqs else ""


def asked(what: Happened, tokens: int) -> list[str]:
    """The last request in its own words, then the first, then the others from the newest on."""
    if not what.asked:
        return []
    last = next((each for each in reversed(what.asked) if len(each.text) >= SHORTEST), what.asked[-1])
    before = [each for each in what.asked if each is not last]
    lines = [f'- last{cited(last.seqs)}: "{fitting(last.text, int(tokens * REQUEST_PART))}"']
    if before:
        lines.append(f'- first{cited(before[0].seqs)}: "{shortened(before[0].text, LINE)}"')
    return lines + [f'- then{cited(each.seqs)}: "{shortened(each.text, SHORT)}"' for each in reversed(before[1:])]


def repository(around: Around) -> list[str]:
    """Where the checkout stands; said by git when this was written."""
    lines = []
    if around.branch or around.head:
        lines.append(f"- branch {around.branch or '(detached)'}, at {shortened(around.head or 'no commit', SHORT)}")
    if around.dirty is None:
        lines.append("- git could not be asked what is not committed")
    elif around.dirty:
        names = ", ".join(" ".join(each.split()) for each in around.dirty[:FILES]) + (
            ", …" if len(around.dirty) > FILES else ""
        )
        lines.append(f"- {len(around.dirty)} not committed: {names}")
    elif lines:
        lines.append("- everything is committed")
    return lines


def done(what: Happened) -> list[str]:
    """Commits, finished tasks and checks that passed last."""
    finished = [each for each in what.tasks if each.status in ("completed", "done")]
    commits = [f'- committed "{shortened(each.text, SHORT)}"{cited(each.seqs)}' for each in reversed(what.commits)]
    return [
        *commits[:NEWEST],
        *(f"- {command(each)} passed{cited(each.seqs)}" for each in reversed(what.passed)),
        *(f"- {shortened(each.subject, SHORT)}{cited(each.seqs)}" for each in reversed(finished)),
        *commits[NEWEST:],
    ]


def in_progress(what: Happened, around: Around) -> list[str]:
    """Open tasks, those at work first, and the files written since the last commit."""
    open_ones = open_tasks(what.tasks)
    lines = [f"- {each.status}: {shortened(each.subject, SHORT)}{cited(each.seqs)}" for each in open_ones]
    files = [each for each in reversed(what.files) if around.dirty is None or is_dirty(each.text, around.dirty)]
    named = [f"{each.text}{cited(each.seqs[-1:])}" for each in files]
    rows = [", ".join(named[at : at + IN_A_LINE]) for at in range(0, len(named), IN_A_LINE)]
    return lines + [f"- written, not committed: {row}" for row in rows]


def is_dirty(path: str, dirty: Sequence[str]) -> bool:
    """Whether git says that a file is not committed; a new folder stands for what is in it."""
    for each in dirty:
        name = each.partition(" ")[2]
        if path == name or (name.endswith("/") and path.startswith(name)):
            return True
    return False


def failed(what: Happened) -> list[str]:
    """What was tried and did not work: failing checks, failed calls, work that was taken back, refused calls."""
    return [
        *(f"- {command(each)}{because(each)}{cited(each.seqs)}" for each in reversed(what.failing)),
        *(f"- taken back: {shortened(each.text, SHORT)}{cited(each.seqs)}" for each in reversed(what.undone)),
        *(f"- refused: {shortened(each.text, LINE)}{cited(each.seqs)}" for each in reversed(what.refused)),
        *(f"- {command(each)}{because(each)}{cited(each.seqs)}" for each in reversed(what.failed)),
    ]


def issues(what: Happened, around: Around) -> list[str]:
    """What is known to be wrong: checks that fail, and what the guard found out about itself."""
    return [
        *(f"- {command(each)} fails{cited(each.seqs[-1:])}" for each in reversed(what.failing)),
        *(f"- {shortened(each.text, LINE)}{cited(each.seqs)}" for each in what.issues),
        *(f"- {shortened(each, LINE)}" for each in around.issues),
    ]


def next_steps(what: Happened, around: Around) -> list[str]:
    """What to do first, read off what is open. Nothing is invented: without anything open it is the last request."""
    begun = [each for each in open_tasks(what.tasks) if each.status == "in_progress"]
    later = [each for each in open_tasks(what.tasks) if each.status != "in_progress"][:NEWEST]  # all are named above
    lines = [
        *(f"- go on with: {shortened(each.subject, SHORT)}{cited(each.seqs)}" for each in begun),
        *(f"- make {command(each)} pass{cited(each.seqs[-1:])}" for each in reversed(what.failing)),
        *(f"- {shortened(each, LINE)}" for each in around.obligations),
        *(f"- then: {shortened(each.subject, SHORT)}{cited(each.seqs)}" for each in later),
    ]
    if not lines and what.asked:
        lines.append(f"- see whether the last request{cited(what.asked[-1].seqs)} is done")
    if around.dirty:
        lines.append(f"- look through what is not committed ({len(around.dirty)}), then commit it or put it back")
    return lines


def command(item: Item) -> str:
    """A command as code."""
    return "`" + shortened(item.text, SHORT).replace("`", "'") + "`"


def because(item: Item) -> str:
    """Why something failed, in its own words."""
    return f": {shortened(item.more, SHORT)}" if item.more else ""
