"""Calls of a live session that carry out what waits for a decision, and the first outward act of its kind.

Asked before a call that does what an open matter is about, and before the first deployment or migration of production
in this project. The answer is its precedent. Loaded only where a session has a matter, or a call acts on a remote.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tractguard.book import LiveBook
from tractguard.boundaries import matters
from tractguard.boundaries.model import explanation, shown
from tractguard.boundaries.reading import read, split_words, stem
from tractguard.decide import SEVERITY, decision_of, verdict_of
from tractguard.model import APPROVED, ESCALATED, Decision, Event, Fact, Finding
from tractguard.policy import rules_off
from tractguard.rules.destructive import parts_of, production
from tractguard.stored import read_object

CARRIES, FIRST = "TG719", "TG718"
PRECEDENTS = "precedents"  # the key in the repository's state: what was permitted once
LONGEST, MOST_VALUES = 20_000, 60  # characters of a call's text, values of its input
MOST_PARTED = 2_000  # characters of a message that is read part by part for an order
SHARE, LEAST = 0.5, 2  # of a matter's words that a call must have
SEEN_BEFORE = 2_000  # events that are looked through for a precedent
_CHANGES = frozenset(("write", "append", "delete", "move", "command", "sql", "remote", "git", "package"))
_DRAFTS = frozenset(
    "draft drafts proposal proposals options docs doc adr test tests spec specs research notes deliberations"
    " fixtures".split()
)
_NOTES = (".md", ".mdx", ".txt", ".rst", ".adoc")
_TRIES = frozenset("test tests lint typecheck check format fmt".split())
_DEPLOYS = frozenset("deploy apply upgrade up promote publish release rollout push run".split())
_LOOKS = frozenset(
    "cat ls head tail grep rg ag find wc pwd echo printf stat file du df which tree sort uniq cut diff jq less pytest"
    " jest vitest ruff mypy eslint tsc cargo go tractguard".split()
)
OUTWARD = ("deploy", "migration")  # outward acts that ask the first time
ORDERED = "outward orders"  # the key in a session's state: those that a person ordered in it
_DEPLOY_VERBS = frozenset(
    "deploy redeploy ship releas launch publish promot rollout deploye veröffentliche déploie déployer despliega"
    " desplegar implante distribuisci".split()
)
_DEPLOY_PHRASES = ("go live", "roll out", "roll it out", "push to prod", "put it live", "make it live")
_MIGRATIONS = frozenset("migrat migration migriere schema".split())
_HELD = (
    " not ",
    "don't",
    "never",
    " no ",
    " before ",
    " unless ",
    "approval",
    "permission",
    " ask ",
    " only ",
    " after ",
)


def before_call(event: Event, facts: Sequence[Fact], decision: Decision, book: LiveBook) -> Decision:
    """The decision on a call, with the findings of this room. What is stopped already stays as it is."""
    if SEVERITY[decision.verdict.status] >= SEVERITY[ESCALATED]:
        return decision
    off = rules_off(book.policy)
    found = [each for each in (*_carried_out(event, facts, book), *_first(facts, book)) if each.code not in off]
    if not found:
        return decision
    verdict = verdict_of([*decision.verdict.findings, *found])
    return decision_of(verdict, book.policy)


def _carried_out(event: Event, facts: Sequence[Fact], book: LiveBook) -> Iterator[Finding]:
    """A finding for the open matter that a call carries out."""
    stored = book.state.get(matters.KEY)
    waiting = [each for each in matters.read(stored) if each.status == matters.OPEN]
    if not waiting or not changes(event, facts):
        return
    said = words_of(event)
    for matter in reversed(waiting):
        if carries_out(matter.text, said):
            why = f'this call carries out "{shown(matter.text, 90)}" ({matter.id}), which people decide first.'
            data = {
                **explanation(matter.domain, matter.topic, matter.reason),
                "matter": matter.id,
                "subject": matter.id,
            }
            if matter.record:
                data["record"] = matter.record
            out = "Leave it until the decision is recorded; reading, tests and drafts pass."
            yield Finding(CARRIES, "waits for a decision", ESCALATED, why, out, 0.9, domain=matter.domain, data=data)
            return


def carries_out(text: str, said: frozenset[str]) -> bool:
    """Whether a call's words are those of a matter: at least half of what the matter is about, and two."""
    from tractguard.boundaries.prompts import content

    wanted = content(text)
    both = len(wanted & said)
    return both >= min(LEAST, len(wanted)) and both > 0 and both >= SHARE * len(wanted)


def changes(event: Event, facts: Sequence[Fact]) -> bool:
    """Whether a call changes something that is no draft, note or test."""
    found = [
        fact for fact in facts if fact.kind in _CHANGES and not fact.data.get("dry_run") and not fact.data.get("help")
    ]
    if any(fact.kind == "tool" and fact.name.startswith("mcp__") for fact in facts):
        name = event.tool.lower()
        return not any(word in name for word in ("get_", "list", "search", "read", "draft", "fetch", "find", "query"))
    paths = [fact.name for fact in found if fact.kind in ("write", "append", "delete", "move")]
    if paths and all(_is_draft(path, event.root or event.cwd) for path in paths):
        return False
    return any(_acts(fact) for fact in found)


def _is_draft(path: str, root: str) -> bool:
    """Whether a file is a note, a draft or a test, by its name below the root."""
    inside = path.lower().removeprefix(root.lower().rstrip("/"))
    return inside.endswith(_NOTES) or not _DRAFTS.isdisjoint(parts_of(inside))


def _acts(fact: Fact) -> bool:
    """Whether a fact is an act: no look, no test run, no commit."""
    if fact.kind == "command":
        argv = [str(word) for word in fact.data.get("argv") or ()]
        return fact.name not in _LOOKS and fact.name != "git" and _TRIES.isdisjoint(argv[1:3])
    return fact.kind != "git" or fact.name in ("push", "merge", "reset")


def words_of(event: Event) -> frozenset[str]:
    """The stems of what a call adds or names: its tool, its paths, its command, its new text."""
    texts = [event.tool, *_texts(event.input)]
    left = LONGEST
    found: set[str] = set()
    for text in texts:
        found.update(stem(word) for word in split_words(text[:left]))
        left -= len(text)
        if left <= 0:
            break
    return frozenset(found)


def _texts(given: Any, deep: int = 3) -> Iterable[str]:
    """The strings of an input; what is only replaced (`old_string`) says nothing about what is done."""
    if isinstance(given, str):
        return [given]
    if not deep:
        return []
    if isinstance(given, Mapping):
        rows = [value for key, value in list(given.items())[:MOST_VALUES] if key not in ("old_string", "description")]
        if given.get("new_string") == "" and isinstance(given.get("old_string"), str):
            rows.append(given["old_string"])
        return [text for value in rows for text in _texts(value, deep - 1)]
    if isinstance(given, (list, tuple)):
        return [text for value in given[:MOST_VALUES] for text in _texts(value, deep - 1)]
    return []


# The first outward act of its kind


def outward(facts: Sequence[Fact]) -> tuple[str, str]:
    """("deploy" | "migration" | "", what does it): an act on production, by its name."""
    for fact in facts:
        if fact.kind != "remote" or fact.data.get("dry_run") or fact.data.get("inside"):
            continue
        said = f"{fact.name} {fact.value} {fact.data.get('object') or ''} {fact.data.get('target') or ''}"
        line = next((each.value for each in facts if each.kind == "command" and each.name == fact.name), "")
        if not (production(said) or production(line)):
            continue
        verbs = set(parts_of(f"{fact.value} {line}"))
        if verbs & {"migrate", "migration", "migrations"}:
            return "migration", line or said
        if verbs & _DEPLOYS or fact.value == "deploy":
            return "deploy", line or said
    return "", ""


def _first(facts: Sequence[Fact], book: LiveBook) -> Iterator[Finding]:
    kind, what = outward(facts)
    if not kind or has_precedent(kind, book):
        return
    reason = (
        f"is the first {'deployment to' if kind == 'deploy' else 'migration of'} production that this project knows"
    )
    data = {
        **explanation("unprecedented", "precedent", reason),
        "act": kind,
        "final_decision_requires": "human_approval",
    }
    why = f"{shown(what, 80)} {reason}; a person's yes is the precedent."
    yield Finding(FIRST, "first of its kind", ESCALATED, why, "Ask the person.", 0.9, domain="unprecedented", data=data)


def has_precedent(kind: str, book: LiveBook) -> bool:
    """Whether an act of this kind was permitted before, or a person orders it now; that is noted."""
    if kind in _noted(book.ledger.get("", PRECEDENTS)):
        return True
    said = [str(each.get("text")) for each in book.compiled.records() if _stands(each)]
    by = _noted(book.state.get(ORDERED)).get(kind) or next((text for text in said if orders_outward(kind, text)), "")
    by = by or _done_before(kind, book)
    if by:
        note_precedent(kind, by, book)
    return bool(by)


def _stands(record: Mapping[str, Any]) -> bool:
    """Whether an instruction is a person's word that something is done."""
    return record.get("polarity") != "forbid" and not record.get("untrusted")


def orders_outward(kind: str, text: str) -> bool:
    """Whether a text orders a deployment, or a migration of production. To ask about one, to speak of one, or to set
    conditions orders nothing.
    """
    low = f" {' '.join(text[:LONGEST].casefold().split())} "
    if any(word in low for word in _HELD):
        return False
    if kind == "deploy" and any(f" {phrase} " in low for phrase in _DEPLOY_PHRASES):
        return True
    passage = read(text[:LONGEST])
    parts = [read(part) for part in re.split(r"[,.;!\n]", text[:LONGEST])] if len(text) < MOST_PARTED else [passage]
    verbs = {clause.head for part in parts for clause in part.clauses if clause.orders and not clause.denies}
    if kind == "deploy":
        return not verbs.isdisjoint(_DEPLOY_VERBS)
    return not verbs.isdisjoint(_MIGRATIONS | {"run", "apply", "execut"}) and not _MIGRATIONS.isdisjoint(passage.stems)


def _done_before(kind: str, book: LiveBook) -> str:
    """What did this before and passed, as far back as the newest events reach."""
    for entry in book.ledger.entries(newest=SEEN_BEFORE):
        if '"remote"' not in entry.record or '"pre_tool"' not in entry.record:
            continue
        row = json.loads(entry.record)
        facts = [_fact(each) for each in row.get("facts") or () if isinstance(each, list) and len(each) > 2]
        if row.get("status") == APPROVED and outward(facts)[0] == kind:
            return f"event {entry.seq}"
    return ""


def _fact(row: Sequence[Any]) -> Fact:
    return Fact(str(row[0]), str(row[1]), str(row[2]), row[3] if len(row) > 3 and isinstance(row[3], dict) else {})


def note_precedent(kind: str, by: str, book: LiveBook) -> None:
    """Keep that an act of this kind was permitted, and by what."""

    def changed(before: str | None) -> str:
        return json.dumps({**_noted(before), kind: shown(by, 100)}, ensure_ascii=False)

    book.ledger.change("", PRECEDENTS, changed)
    book.more["precedent"] = {"act": kind, "by": shown(by, 100)}


def _noted(stored: str | None) -> dict[str, str]:
    return {key: str(value) for key, value in read_object(stored).items()}


def permitted(before: Mapping[str, Any], book: LiveBook) -> None:
    """A call that was asked about as the first of its kind has run: a person said yes, and that is the precedent."""
    for finding in before.get("findings") or ():
        if finding.get("code") == FIRST and before.get("response") == "ask":
            note_precedent(str((finding.get("data") or finding).get("act") or "deploy"), "the person's answer", book)
