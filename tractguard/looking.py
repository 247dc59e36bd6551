"""Whether a call only looks: by its tool, or because every command in it is one that looks.

For the moments at which calls cannot be judged, or are all held back: a guard that failed, and a pause. Hot modules
import it only then. What it is not sure of changes something.
"""

from collections.abc import Mapping
from typing import Any

from tractguard.model import Event

# Tools that only look. A call of another tool counts as one that changes something, unless its facts say otherwise.
LOOKING = frozenset(
    (
        "Read",
        "Glob",
        "Grep",
        "LS",
        "NotebookRead",
        "WebSearch",
        "TaskGet",
        "TaskList",
        "TaskOutput",
        "CronList",
        "BashOutput",
    )
)
LOOKING_PROGRAMS = frozenset(
    (
        "ls cat head tail grep rg ag find wc pwd echo printf stat file du df which type tree sort uniq cut diff cmp"
        " date whoami uname true test [ cd jq less"
    ).split()
)
LOOKING_GIT = frozenset("status log diff show blame rev-parse ls-files describe grep shortlog".split())
LOOKING_FACTS = frozenset(("tool", "command", "read", "git", "code", "call", "import"))


def changes_nothing(event: Event) -> bool:
    """Whether a call only looks: by its tool, or because every command in it is one that looks."""
    if event.tool in LOOKING:
        return True
    try:
        from tractguard.facts import gather
        from tractguard.facts.world import Row

        facts = gather(event, Row({}, event.cwd or "/"))
    except Exception:
        return False
    commands = [fact for fact in facts if fact.kind == "command"]
    looks = all(
        fact.name in LOOKING_PROGRAMS or (fact.name == "git" and _git_word(fact.data) in LOOKING_GIT)
        for fact in commands
    )
    return bool(commands) and looks and all(fact.kind in LOOKING_FACTS for fact in facts)


def _git_word(data: Mapping[str, Any]) -> str:
    words = [str(word) for word in data.get("argv") or ()]
    return words[1] if len(words) > 1 else ""
