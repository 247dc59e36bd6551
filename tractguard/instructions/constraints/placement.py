"""Where kinds of files belong: "tests live in `tests/`", "never put business logic in `controllers/`".

It needs a word of placing right before the path, and a name for what is placed. A folder that is only described
("the canonical text lives in X") and a pointer ("see X") are none.
"""

import re

from tractguard.instructions.constraints.mentions import Path
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_PLACE = lazy(
    r"\b(?:live|lives|go|goes|belongs?|placed?|put|stored?|stays?|kept|keep|resides?|saved?|located"
    r"|must be|should be|created?|write|add|are|is|mock|sit|sits)\b(?: \w+){0,4}? (?:in|into|under|inside"
    r"|at|within|to)\b"
)
_OBJECT = lazy(
    r"^\W*(?:all |every |any |new |the |your |put |place |store |save |add |write |mock |create "
    r"|keep )*([a-z][\w /`*-]{1,50}?)\b(?: (?:must|should|always|files?|live|lives|goes?|go|belongs?|are"
    r"|is|stays?|in|into|under|to)\b|\s*(?:→|->|:))"
)
_LIVES = lazy(r"\w[\w`) ]{2,60} (?:lives?|belongs?|goes|resides?|are|is) (?:in|at|under|inside)(?: the)? $")
_SETTING = lazy(r"\b(?:enabled|disabled|true|false|set|strict)\b[^.;]{0,12}$")


def placed_of(said: Sentence, named: list[Path]) -> list[Constraint]:
    """Where kinds of files belong."""
    found: list[Constraint] = []
    for path in named[:8]:
        ahead = said.low[: path.start].rstrip("`")
        arrow = re.search(r"^\W*([\w ]{2,40}?)[`*]*\s*(?:→|->|=>)\s*$", ahead)
        ends = [match.end() for match in _PLACE.finditer(ahead)]
        close = bool(ends) and len(ahead) - ends[-1] <= 8 and not _SETTING.search(ahead)
        if (not close and not arrow) or re.search(
            r"\b(?:register|defined|documented|described|see|found|listed|implemented|example|available|update"
            r"|look)\b",
            ahead,
        ):
            continue
        if said.sign(path.start) == "-":
            found.append(Constraint("path_rule", {"what": _what(said, ahead), "must_not_be_in": path.text}))
        elif arrow or re.search(
            r"\badd new [a-z ]{3,40} (?:to|in|under) ?$"
            r"|\b(?:live|lives|go|goes|belong|belongs|put|place|placed|must|should|store|stored|keep|save|mock"
            r"|create|always|never|only|reside)\b",
            ahead,
        ):
            found.append(
                Constraint(
                    "path_rule",
                    {"what": arrow.group(1).strip() if arrow else _what(said, ahead), "must_be_in": path.text},
                )
            )
        if found and found[0].get("what"):
            return found
        found = []
    return found


def _what(said: Sentence, ahead: str) -> str:
    """The kind of files that is placed; below a heading of a kind it may be left out, but not where all is told."""
    match = _OBJECT.match(ahead)
    if match is None and _LIVES.search(ahead):
        return ""
    what = match.group(1).strip("` ") if match else said.heading
    return re.sub(r"^(?:never|do not|don't|dont) (?:ever )?(?:put|place|add|write|store|save|keep|create)? ?", "", what)
