"""What ends an instruction, as its own words name it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tractguard.instructions.endings import named_end, version_of

NOW = 1_760_000_000.0  # Thursday, 2025-10-09 08:53:20 UTC
FIELDS = {
    "": [],
    "date": ["kind", "at"],
    "tag": ["kind", "name"],
    "merge": ["kind", "branch"],
    "event": ["kind", "words"],
}


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The speaker's day is UTC's."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def date(day: str) -> dict[str, str]:
    return {"kind": "date", "at": f"{day}T00:00:00Z"}


def tag(name: str) -> dict[str, str]:
    return {"kind": "tag", "name": name}


def merge(branch: str) -> dict[str, str]:
    return {"kind": "merge", "branch": branch}


def event(words: str) -> dict[str, str]:
    return {"kind": "event", "words": words}


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("Until v2.0 is tagged, never touch billing/.", tag("v2.0")),
        ("Don't touch billing/ until v2.0 is tagged", tag("v2.0")),
        ("no new features until we tag v3.1.0, please", tag("v3.1.0")),
        ("until release 2.0 use the old API", tag("2.0")),
        ("Keep the shim until version 2 is out.", tag("2")),
        ("never push to main until this PR is merged", merge("")),
        ("Until the branch is merged, use npm", merge("")),
        ("until feature/login is merged don't edit src/auth", merge("feature/login")),
        ("until the feature-x branch gets merged, leave a/ alone", merge("feature-x")),
        ("don't touch a/ until PR #12 is merged", event("PR #12 is merged")),
        ("Don't deploy until Friday", date("2025-10-10")),
        ("Don't deploy until Thursday", date("2025-10-16")),
        ("Until Friday you may push to main", date("2025-10-10")),
        ("leave it alone through Friday", date("2025-10-11")),
        ("no pushes until 2026-12-01", date("2026-12-01")),
        ("no deploys until December 1st.", date("2025-12-01")),
        ("until 1 December 2026, no deploys", date("2026-12-01")),
        ("no deploys until March 3", date("2026-03-03")),
        ("freeze the schema until tomorrow", date("2025-10-10")),
        ("no deploys until next week", date("2025-10-13")),
        ("no deploys until the end of the month", date("2025-11-01")),
        ("For the next two weeks never touch billing/", {"kind": "date", "at": "2025-10-23T08:53:20Z"}),
        ("until the release never touch billing/", event("the release")),
        ("until we ship, prefer speed over polish", event("we ship")),
        ("no deploys until the end of the sprint", event("the end of the sprint")),
        ("don't commit until I say so", None),
        ("don't commit until the tests pass", None),
        ("retry until it works", None),
        ("wait until 5 seconds passed", None),
        ("poll until status is merged", None),
        ("don't start until the server is up", None),
        ("no deploys until 2020-01-01", None),
        ("leave it until May", None),
        ("until", None),
        ("walk through the code", None),
    ],
)
def test_the_end_that_words_name(text: str, end: dict[str, Any] | None) -> None:
    assert named_end(text, NOW) == end


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("no pushes until 2026-12-01", date("2026-12-01")),
        ("Don't deploy until Friday", event("Friday")),
        ("For the next two weeks never touch billing/", event("that time is over")),
    ],
)
def test_a_file_is_older_than_its_reading(text: str, end: dict[str, Any]) -> None:
    assert named_end(text, NOW, relative=False) == end


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("v2.0", "2"), ("2.0.0", "2"), ("release-2.0", "2"), ("v2.0.1", "2.0.1"), ("v2.0-rc1", "2.0-rc1"),
        ("latest", ""), ("", ""), ("v", ""),
    ],
)  # fmt: skip
def test_tags_are_compared_as_versions(name: str, version: str) -> None:
    assert version_of(name) == version


@given(st.text(max_size=200))
def test_any_words_after_until_are_an_end_with_its_own_field_or_none(text: str) -> None:
    found = named_end(f"until {text}", NOW) or {}
    assert list(found) == FIELDS[found.get("kind", "")]


@pytest.mark.alone
def test_a_long_word_costs_no_more_than_it_is_long() -> None:
    began = time.process_time()
    for text in ("until " + "a." * 200_000 + "! is merged", "until " + "v" + "1." * 200_000 + "x is tagged"):
        named_end(text, NOW)
    assert time.process_time() - began < 1.0
