"""The training sentences: small documents written for this project, every unit with its labels.

A file of `tools/sentences/` is plain text, made to be read and reviewed:

    === m                                 a new document: m an instruction file, p a prompt
    # Database                            the heading of what follows
    - ¦ The ORM sits on SQLAlchemy.       a unit that directs nothing
    OHPMvfc ¦ Never edit a migration.     a directive, with its seven labels

The unit before it in the same section is what a unit follows; a third field says otherwise (`text ¦ before`, empty for
nothing). The labels, in order: quadrant S O T Y(system) X(stochastic), persistence H M L V, temporal scope
A(permanent) P F(phase) E(session) T(task), verification M R O N, explicitness v e s i g(vague), polarity r f p i,
checkable c or -.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "sentences"
BAR = " ¦"
LABELS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("quadrant", {"S": "STRATEGIC", "O": "OPERATIONAL", "T": "TACTICAL", "Y": "SYSTEM", "X": "STOCHASTIC"}),
    ("persistence", {"H": "HIGH", "M": "MEDIUM", "L": "LOW", "V": "VARIABLE"}),
    ("temporal_scope", {"A": "PERMANENT", "P": "PROJECT", "F": "PHASE", "E": "SESSION", "T": "TASK"}),
    ("verification", {"M": "MANDATORY", "R": "REQUIRED", "O": "OPTIONAL", "N": "NONE"}),
    ("explicit", {"v": "very", "e": "explicit", "s": "somewhat", "i": "implied", "g": "vague"}),
    ("polarity", {"r": "require", "f": "forbid", "p": "prefer", "i": "inform"}),
    ("checkable", {"c": True, "-": False}),
)
Row = dict[str, Any]


def load(folder: Path = FOLDER) -> list[Row]:
    """Every unit of every file, in the order of the file names. ValueError names the line that cannot be read."""
    return [row for path in sorted(folder.glob("*.txt")) for row in parse(path)]


def parse(path: Path) -> Iterator[Row]:
    """The units of one file: document, kind, text, context, context_before, is_directive, a directive's labels."""
    kind, heading, before, document = "claude_md", "", "", f"{path.name}:0"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        if line.startswith("==="):
            kind, heading, before = "prompt" if line.strip() == "=== p" else "claude_md", "", ""
            document = f"{path.name}:{number}"
        elif line.startswith("#") and BAR not in line:
            heading, before = line.lstrip("#").strip(), ""
        else:
            code, *fields = (field.strip() for field in line.split(BAR))
            if not 1 <= len(fields) <= 2 or not fields[0]:
                raise ValueError(f"{path.name}:{number}: a unit is `labels ¦ text` or `labels ¦ text ¦ before`")
            follows = fields[1] if len(fields) == 2 else before
            yield {
                "kind": kind, "text": fields[0], "context": heading, "context_before": follows, "document": document,
                **labels(code, f"{path.name}:{number}"),
            }  # fmt: skip
            before = fields[0]


def labels(code: str, place: str) -> Row:
    """What the letters before a unit mean."""
    if code == "-":
        return {"is_directive": False}
    if len(code) != len(LABELS) or any(letter not in table for letter, (_, table) in zip(code, LABELS, strict=True)):
        raise ValueError(f"{place}: {code!r} is neither - nor seven labels; tools/sentences.py lists them")
    return {"is_directive": True, **{name: table[letter] for letter, (name, table) in zip(code, LABELS, strict=True)}}
