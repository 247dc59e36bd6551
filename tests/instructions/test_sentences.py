"""The training sentences: how a document reads, and that what is shipped was learnt from what is there."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import sentences  # noqa: E402

DOCUMENT = """\
=== m
# Database
- ¦ The ORM sits on SQLAlchemy.
OHPMvfc ¦ Never edit a migration.
OMPRer- ¦ Rows are streamed. ¦
=== p
TLTOer- ¦ fix the login ¦ hi
"""


def test_a_document_gives_heading_neighbour_and_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(DOCUMENT, encoding="utf-8")
    rows = list(sentences.parse(path))
    assert [(row["kind"], row["context"], row["context_before"], row.get("quadrant")) for row in rows] == [
        ("claude_md", "Database", "", None),
        ("claude_md", "Database", "The ORM sits on SQLAlchemy.", "OPERATIONAL"),
        ("claude_md", "Database", "", "OPERATIONAL"),
        ("prompt", "", "hi", "TACTICAL"),
    ]
    assert [row["document"] for row in rows] == ["a.txt:1", "a.txt:1", "a.txt:1", "a.txt:6"]


@pytest.mark.parametrize("line", ["OHPMvf ¦ six letters", "QHPMvfc ¦ no such quadrant", "- ¦ a ¦ b ¦ c", "- ¦"])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"=== m\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.txt:2"):
        list(sentences.parse(path))


def test_the_shipped_weights_were_learnt_from_these_sentences() -> None:
    weights = json.loads((ROOT / "tractguard" / "data" / "weights.json").read_text(encoding="utf-8"))
    assert weights["sentences"] == len(sentences.load())
