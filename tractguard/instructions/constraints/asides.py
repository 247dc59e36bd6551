"""What a sentence says only by the way: taken out again, so that nothing is enforced that nobody meant.

"Run npm test before committing" is no word about package managers, and "never run rm -rf" none about `rm`.
"""

import re

from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

# "No wait, port 27019": the "no" is said to the assistant, not of the port.
_ADDRESS = lazy(
    r"\W{0,4}(?:(?:no(?=[,.!;:]| wait\b| i )|nope|wait|sorry|oops|actually|hmm|ah|well|ok|okay)\b[,.!;: ]{1,4}){1,4}",
    re.IGNORECASE,
)
_MARKED = lazy(r"`[^`]*`")
_STEPS = ("require_before", "require_after", "require_with", "command")


def without_address(sentence: str) -> str:
    """A sentence with the words blanked by which it only turns to the assistant; every other place stays."""
    match = _ADDRESS.match(sentence)
    return " " * match.end() + sentence[match.end() :] if match and match.end() < len(sentence) else sentence


def meant(found: list[Constraint], low: str) -> list[Constraint]:
    """The constraints of a sentence (`low`: in lower case) without what was only named by the way."""
    steps = [" ".join((*each.list("do"), *each.list("run"))).split() for each in found if each.type in _STEPS]
    plain = _MARKED.sub(" ", low)
    for step in steps:
        plain = plain.replace(" ".join(step).lower(), " ")
    return [_exact(each, low) for each in found if _is_told(each, plain) or not _inferred_from(each, steps)]


def _is_told(choice: Constraint, plain: str) -> bool:
    """Whether the tool is named outside the commands too ("we use uv …, run `uv run`")."""
    return any(re.search(rf"\b(?:use|uses|using|with|via) {re.escape(use)}\b", plain) for use in choice.list("use"))


def _inferred_from(choice: Constraint, steps: list[list[str]]) -> bool:
    if choice.type != "tool_choice" or not choice.get("implied"):
        return False
    return any(use in step for step in steps for use in choice.list("use"))


def _exact(constraint: Constraint, low: str) -> Constraint:
    """Without the bare program where the sentence names it with its flags only."""
    patterns = constraint.list("pattern")
    if constraint.type != "forbid_command" or len(patterns) < 2:
        return constraint
    kept = [one for one in patterns if not any(_only_within(one, other, low) for other in patterns)]
    return Constraint(constraint.type, {**constraint.data, "pattern": kept})


def _only_within(one: str, other: str, low: str) -> bool:
    return other.startswith(one + " -") and low.count(one.lower()) == low.count(other.lower()) > 0
