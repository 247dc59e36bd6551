"""The training sentences of boundaries: requests written for this project, grouped by what they decide.

A file of `tools/boundaries/` is plain text, made to be read and reviewed: `== values` opens a group (`== none`: nobody
is needed), every other line is one request, `#` opens a comment.
"""

from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "boundaries"
NONE = "none"
GROUPS = ("values", "user_agency", "cultural", "irreversible", "unprecedented", NONE)


def said(folder: Path = FOLDER) -> Iterator[tuple[str, str]]:
    """(domain, sentence) of every file, in order. ValueError names the line that cannot be read."""
    for path in sorted(folder.glob("*.txt")):
        domain = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            text = line.strip()
            if text.startswith("=="):
                domain = text.lstrip("= ")
                if domain not in GROUPS:
                    raise ValueError(f"{path.name}:{number}: no domain is called {domain!r}")
            elif text and not text.startswith("#"):
                if not domain:
                    raise ValueError(f"{path.name}:{number}: a sentence stands below '== domain'")
                yield domain, text
