"""English orders that say a thing in a roundabout way, put plainly: "do not switch X to Y" shuts out Y alone.

It knows only such frames. Which tool or database stands in one the tables know; where they do not, nothing is changed.
"""

import re

from tractguard.instructions.constraints.tables import canonical, members
from tractguard.instructions.patterns import lazy

_SWITCH = lazy(
    r"\b(?P<no>do not|don't|dont|never|must not|should not)(?: ever)? "
    r"(?:switch|migrate|convert|replace|swap|change|move)(?: (?:away|over|back))?(?: from)?(?: the)? "
    r"`?(?P<old>[\w+#.-]{2,30})`? (?:to|with|for|by|in favou?r of) (?=`?(?P<new>[\w+#.-]{2,30}))",
    re.I,
    needs="switch|migrate|convert|replace|swap|change|move",
)
_DATABASES = frozenset(
    "postgresql postgres mysql mariadb sqlite mongodb redis oracle dynamodb cockroachdb mssql".split()
)


def plainly(sentence: str) -> str:
    """`sentence` with such frames put plainly; the same object where it holds none."""
    match = _SWITCH.search(sentence)
    if not match or not (_known(match.group("old")) and _known(match.group("new").rstrip("."))):
        return sentence
    return f"{sentence[: match.start()]}{match.group('no')} use {sentence[match.end() :]}"


def _known(word: str) -> bool:
    return word.lower() in _DATABASES or canonical(word.lower()) in members()
