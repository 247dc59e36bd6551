"""Names as they stand on disk."""

from pathlib import Path

import pytest

from tractguard.facts.world import Disk, cased

TREE = {"/r": ("Docs", "migrations"), "/r/migrations": ("0001.sql",), "/r/Docs": ()}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/r/MIGRATIONS/0001.SQL", "/r/migrations/0001.sql"),
        ("/R/docs/New.md", "/r/Docs/New.md"),
        ("/r/migrations/0001.sql", "/r/migrations/0001.sql"),
        ("/r/None/A/b", "/r/None/A/b"),
        ("/R", "/r"),
        ("/rest/MIGRATIONS", "/rest/MIGRATIONS"),
    ],
)
def test_case_is_that_of_the_tree_where_it_does_not_count(path: str, expected: str) -> None:
    assert cased(path, "/r", TREE.get) == expected


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "l").symlink_to("a")
    assert Disk(str(tmp_path)).real(str(tmp_path / "l" / "x")) == str(tmp_path.resolve() / "a" / "x")
