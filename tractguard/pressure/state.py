"""Where a session's pressure is kept: the keys of its state, the names of the levels, and what a hook may look at.

Hot: a tool call loads it only where its session has a level. Refuses to know how a level comes about.
"""

from collections.abc import Mapping
from typing import Any

from tractguard.book import LEVEL as LEVEL
from tractguard.book import STRICTER as STRICTER
from tractguard.ledger import Ledger
from tractguard.policy import DEFAULTS, Policy

NORMAL, ELEVATED, HIGH, CRITICAL, DANGEROUS = "NORMAL", "ELEVATED", "HIGH", "CRITICAL", "DANGEROUS"
LEVELS = (NORMAL, ELEVATED, HIGH, CRITICAL, DANGEROUS)

# Keys of a session's state, beside LEVEL and STRICTER of the book.
READING = "pressure"  # the last reading, what was counted for it, and what was said about it
TRANSCRIPT = "transcript"  # how far the transcript was read, and what was counted in it
WINDOW = "window"  # what the client's status line said last: {"used", "size", "model", "time"}
TASKS = "tasks"  # the assistant's own list of tasks: {id: {"subject", "status", "call"}}
BATCHES = "batches"  # this host tells when a message's calls have ended: then is the time to measure
COMPACTED = "compacted"  # the context was compacted, and nothing has been given back yet
GONE_ON = "pressure gone on"  # the level at which a person said "go on": up to it complex work is not held back
NEW_FILES = "pressure files"  # files that were begun since the session became critical
# Keys of the repository's state (session "").
LEARNED = "learned compaction"  # {"host/model": {"messages", "seen"}}
HANDOFFS = "handoffs"  # what was written, and what became of it


def level_of(ledger: Ledger, session_id: str) -> str:
    """The level of a session; NORMAL also for one that was never measured."""
    found = ledger.get(session_id, LEVEL)
    return found if found in LEVELS else NORMAL


def at_least(level: str, least: str) -> bool:
    """Whether a level is `least` or above it. A name that is no level counts as NORMAL."""
    return (LEVELS.index(level) if level in LEVELS else 0) >= LEVELS.index(least)


def table(policy: Policy, name: str) -> Mapping[str, Any]:
    """A table of the policy, whole also where the policy was compiled by a version that did not know all of it."""
    known: Mapping[str, Any] = DEFAULTS[name]
    said = policy.get(name)
    return {**known, **said} if isinstance(said, Mapping) else known
