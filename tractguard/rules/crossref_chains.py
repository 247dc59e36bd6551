"""Commands in a chain that was excluded: "never `cd <dir> && git …`", "do not chain with `&&`".

It compares which commands stand side by side with `&&` between them. What each of them does is for other rules.
"""

import itertools
from collections.abc import Iterator, Sequence

from tractguard.model import Fact
from tractguard.rules.crossref import Call, Hit
from tractguard.rules.programs import argv_of, commands, fits, listed, spelled


def chained(call: Call, patterns: Sequence[str]) -> Iterator[Hit]:
    """Two commands beside each other that fit both sides of a pattern ("cd && git"); "&&" alone fits any two."""
    facts = [fact for fact in commands(call) if _ends(fact) is not None] if patterns else []
    for first, second in itertools.pairwise(facts):
        said = next((one for one in patterns if _fits(one, first, second)), "")
        if said and _between(call, first, second) == "&&":
            yield Hit(
                second,
                f"this call chains {spelled(argv_of(first)[:3])} && {spelled(argv_of(second)[:3])}",
                actual=said,
                conflict_type="explicit_value",
                confidence=0.9,
                way_out="Run them one at a time.",
                subject="chain",
            )
            return


def _fits(said: str, first: Fact, second: Fact) -> bool:
    left, _, right = (part.strip() for part in said.partition("&&"))
    return (not left or bool(fits(left, argv_of(first)))) and (not right or bool(fits(right, argv_of(second))))


def _ends(fact: Fact) -> tuple[int, int] | None:
    """Where a command begins and ends in the text of the call; None where it does not stand there."""
    spans = [span for span in listed(fact, "word_spans") if span]
    return (spans[0][0], spans[-1][1]) if spans and fact.field == "command" else None


def _between(call: Call, first: Fact, second: Fact) -> str:
    """What stands between two commands, without blanks."""
    text, one, two = call.event.input.get("command"), _ends(first), _ends(second)
    if not isinstance(text, str) or one is None or two is None or two[0] < one[1]:
        return ""
    return text[one[1] : two[0]].strip()
