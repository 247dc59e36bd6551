"""Excluded commands in lists and beside what limits them: "pytest, python or airflow commands", "`a`, `b`".

Where one name of a list is known to be a program, all are. A preview that has to be looked at before a command runs is
an order, and no exclusion.
"""

import re
from typing import Any

from tractguard.instructions.constraints.reading import Code, Sentence
from tractguard.instructions.constraints.tables import programs
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_PROGRAM_LIST = lazy(  # "pytest, python, or airflow commands", "npm or node directly on the host"
    r"\b(?:run|execute|use|invoke|call|running|using|no) (?:any )?((?:[a-z][\w.-]{1,20}(?:,"
    r" (?:or |and |nor )?| or | and | nor |/)){1,6}"
    r"[a-z][\w.-]{1,20})(?: commands?\b| directly\b| (?:directly )?on the (?:host|machine)\b| binaries\b)"
)
_NO_PROGRAM = frozenset(
    "the a an any shell these those other build test lint git-related similar such destructive long".split()
)
FOR_SOMETHING = lazy(
    r"`\s?(?:cli|コマンド|命令)?\s?(?:での|による|で|来|去|を使った|로|으로)\s?(?!も|は|す|実)[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
_PREVIEWS = {
    "terraform": "terraform plan",
    "tofu": "tofu plan",
    "pulumi": "pulumi preview",
    "cdk": "cdk diff",
    "npx cdk": "cdk diff",
}
_REVIEW = lazy(
    r"(?:first )?(?:review|check|inspect|read|look|see|show|run)\w* (?:at )?(?:the |a"
    r" )?(?:`?terraform )?(?:plan|diff|preview)\b"
)
_BETWEEN_SIBLINGS = lazy(r"`(?:\s?[,、，/]\s?(?:or |and |nor )?|\s(?:or|and|nor|或|と|や)\s)`")


def listed_programs(said: Sentence) -> list[tuple[tuple[str, ...], int, int]]:
    """ "Never run pytest, python, or airflow commands": where one of them is known to be a program, all are."""
    found = []
    for match in _PROGRAM_LIST.finditer(said.bare):
        names = [name for name in re.split(r"[\s,/]+(?:(?:or|and|nor)\s)?", match.group(1)) if name]
        known = [name for name in names if name in programs()]
        if known and said.sign(match.start(1)) == "-" and not set(names) & _NO_PROGRAM:
            found.append((tuple(names), match.start(1), match.end()))
    return found


def shown_first(command: str, bounds: dict[str, Any]) -> Constraint | None:
    """ "Never run `terraform apply` without reviewing the plan": the plan has to come first."""
    preview = next((show for program, show in _PREVIEWS.items() if command.startswith(program + " ")), "")
    if not preview or not _REVIEW.match(str(bounds.get("unless", "")).lower()):
        return None
    return Constraint("require_before", {"do": preview, "before": command})


def is_sibling(said: Sentence, code: Code, end: int) -> bool:
    """Whether a mark stands in one list with an excluded command before it and looks like a command itself."""
    return bool(_BETWEEN_SIBLINGS.fullmatch(said.bare, end, code.start)) and bool(
        re.fullmatch(r"[a-z][a-z0-9-]{1,15}(?: -{1,2}[\w-]+)?", code.text.strip())
    )
