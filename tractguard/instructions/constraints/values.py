"""A value that a person puts first: "Prioritize user privacy". What touches it is for a person to weigh.

Knows the few words that rank a value; a mere mention of privacy is none.
"""

from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_RANKED = lazy(
    r"\b(?:priorit\w+|respect|protect|preserve|uphold|value|favou?r|guard|put|keep) (?:\w+ ){0,3}privacy\b"
    r"|\bprivacy (?:comes |goes |is |always )?(?:first|by design|by default|above|before|over)\b"
    r"|\bprivacy[- ]first\b",
    needs="privacy",
)
_POINTER = lazy(r"\bprivacy (?:policy|page|notice|settings?|tab|screen|link|section|\w+\.(?:md|html|tsx?))\b")


def values_of(said: Sentence) -> list[Constraint]:
    """The value that a sentence puts first, if it does."""
    if "privacy" not in said.low or _POINTER.search(said.low) or not _RANKED.search(said.low):
        return []
    return [Constraint("values", {"value": "privacy"})]
