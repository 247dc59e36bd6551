"""The person's newest word: an older instruction must not be enforced against it.

Where a call does what a later message of this session speaks of ("add a migration in migrations/005.sql", "it is 27028
now"), the guard cannot know whether that message lifts the instruction. It asks instead of correcting or refusing.
Pure.
"""

import re
from collections.abc import Sequence

from tractguard.model import ESCALATED, REJECTED, Finding, Instruction, Said

LEAST = 2  # characters of a value worth looking for


def soften(findings: Sequence[Finding], instructions: Sequence[Instruction], prompts: Sequence[Said]) -> list[Finding]:
    """`findings`, with a question in place of every stop or correction that a later message speaks against."""
    if not prompts:
        return list(findings)
    said_at = {each.id: each.timestamp for each in instructions}
    return [
        _asked(each) if each.status == REJECTED and _named_later(each, said_at.get(each.instruction), prompts) else each
        for each in findings
    ]


def _named_later(finding: Finding, since: str | None, prompts: Sequence[Said]) -> bool:
    """Whether a message after the instruction names what this call does."""
    value = finding.actual.strip()
    if since is None or len(value) < LEAST:
        return False
    word = re.compile(rf"(?<![\w.-]){re.escape(value)}(?![\w-])", re.IGNORECASE)
    later = [text for when, text in prompts if when > since and word.search(text)]
    return any(not _for_once(text) for text in later)


def _for_once(text: str) -> bool:
    """Whether a message spoke of one time only: that was a permission, and lifts nothing once it is used."""
    from tractguard.task import ONCE

    low = text.casefold()
    return any(words in low for words in ONCE)


def _asked(finding: Finding) -> Finding:
    return finding._replace(
        status=ESCALATED,
        why=f"{finding.why.rstrip('.')}, and a later message of yours speaks of {finding.actual}.",
        way_out="If that replaces the instruction, say so or retire it.",
        fixes=(),
    )
