"""A record as a file: written so that git merges it, edited by hand, changed field by field, validated with lines."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.deliberation.desk import Desk
from tractguard.deliberation.record import (
    BrokenRecord,
    field_lines,
    file_name,
    split,
    value_of,
    with_fields,
)
from tractguard.deliberation.rounds import safe_entry, sections, with_entry
from tractguard.deliberation.schema import json_schema, read

ROOT = Path(__file__).parents[2]
TEXTS = st.text(max_size=60).filter(lambda text: not any(0xD800 <= ord(mark) < 0xE000 for mark in text))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    several = "\n" in text.strip("\n")  # a block loses the empty lines around it
    assert yaml.safe_load("\n".join(field_lines("key", text)))["key"] == (text.strip("\n") if several else text)


@pytest.mark.parametrize(
    "value",
    ["yes", "2026-11-12", "1e3", "- item", "a: b", "# no", "null", "ünïcode", "'quoted'", "line one\nline two", "tab\there", "[x]", "~", "0x1f"],
)  # fmt: skip
def test_a_text_is_never_taken_for_something_else(value: str) -> None:
    found = read("---\n" + "\n".join(field_lines("question", value)) + "\n---\n").fields
    assert found["question"] == value


@settings(max_examples=80, deadline=None)
@given(VALUES)
def test_nested_values_stay_valid(value: Any) -> None:
    assert "key" in yaml.safe_load("\n".join(field_lines("key", value)))


HAND = """---
# mine
id: d-aaaa11
question: "Is it right?"   # my own remark
opened: 2026-11-20

# about the list
value_trade_offs:
- Privacy vs. Safety   # not indented, as some write it
- Speed vs. Care
status: open
my_own_field: 3
---

# Is it right?
"""


def test_a_change_leaves_every_other_line_as_it_was() -> None:
    changed = with_fields(HAND, {"value_trade_offs": ["One vs. Other"], "review_date": "2027-01-01"})
    expected = HAND.replace(
        "- Privacy vs. Safety   # not indented, as some write it\n- Speed vs. Care\n", "  - One vs. Other\n"
    ).replace("my_own_field: 3\n", "my_own_field: 3\nreview_date: 2027-01-01\n")
    assert changed == expected


@pytest.mark.parametrize(
    ("head", "key", "value"),
    [
        ('question: "Is it: right?"', "question", "Is it: right?"),
        ("status: open  # open | decided", "status", "open"),
        ("due: null", "due", ""),
        ("topics: []", "topics", ""),
        ("other: 1", "status", ""),
        ("review_date: '2027-01-01'", "review_date", "2027-01-01"),
    ],
)
def test_single_values_are_read_without_a_parser(head: str, key: str, value: str) -> None:
    assert value_of(head, key) == value


@pytest.mark.parametrize("text", ["", "no front matter", "---\nid: d-1\n", "# title\n---\n"])
def test_a_file_without_front_matter(text: str) -> None:
    with pytest.raises(BrokenRecord):
        split(text)


def test_the_name_of_a_file() -> None:
    assert (
        file_name("Should we share/sell it?", "d-3fa81c", "2026-11-20")
        == "2026-11-20-should-we-share-sell-it-3fa81c.md"
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("status: open", "status: opened", 11, "status: input should be 'open', 'decided', 'no_agreement' or 'dismissed'"),
        ("opened: 2026-11-20", "opened: today", 5, "opened: 'today' does not fit; it is written like 2026-11-12 or 2026-11-12T09:30:00Z"),
        ('question: "Is it right?"   # my own remark\n', "", 3, "question is missing"),
        ("status: open", "id: d-bbbb22", 11, "id is there already in line 3: keep one of them"),
        ("status: open", "topics: [a", 12, "the front matter is not valid YAML (expected ',' or ']', but got ':')"),
        ("status: open", "topics: &a [x]\nscale: *a", 12, "a YAML alias (*a): write the text out"),
        ("status: open", "dissenting_perspectives:\n  - framework: Care\n    objection: No.", 12, "dissenting_perspectives.1.stakeholders is missing"),
        ("status: open", "precedent_binding: true", 11, "precedent_binding: input should be False"),
        ("status: open", "<<<<<<< HEAD\nstatus: open\n=======", 11, "a merge in git was left unfinished here: decide between both sides by hand"),
    ],
)  # fmt: skip
def test_a_broken_field_has_its_line(old: str, new: str, line: int, why: str) -> None:
    problems = [each for each in read(HAND.replace(old, new)).problems if not each.note]
    assert (problems[0].line, problems[0].why) == (line, why)


def test_an_unknown_field_is_kept_and_named() -> None:
    text = HAND.replace("my_own_field: 3", "moral_remaindr: It hurts.")
    (note,) = read(text).problems
    assert (note.note, note.why) == (True, "unknown field moral_remaindr: do you mean moral_remainder?")


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=300))
def test_what_is_no_record_is_said_at_a_line_of_the_file(text: str) -> None:
    for whole in (f"---\n{text}\n---\n", text):
        lines = [each.line for each in read(whole).problems]
        assert lines
        assert set(lines) <= set(range(1, whole.count("\n") + 2))


def test_the_published_schema_is_the_one_in_force() -> None:
    assert (ROOT / "docs" / "deliberation.schema.json").read_text(encoding="utf-8") == json_schema()


@pytest.mark.parametrize("name", ["deliberation.md", "deliberation-short.md"])
def test_every_field_of_a_template_is_known(name: str) -> None:
    found = read((ROOT / "templates" / name).read_text(encoding="utf-8"))
    assert [each.why for each in found.problems if each.note] == []


def test_an_entry_is_added_below_its_group_and_nothing_is_written_over() -> None:
    text = "---\nid: d-1\n---\n\n# Q\n\n## Round 1: positions\n\n<!-- how -->\n\n## Notes\n\nkeep me\n"
    for entry in ("Draft: maybe", "First.", "Second."):
        text = with_entry(text, 1, "Night staff", entry)
    text = with_entry(text, 1, "Users", "Ours.")
    body = split(text)[1]
    assert sections(body)[1] == {"night staff": "First.\n\nSecond.", "users": "Ours."}
    assert body.endswith("## Notes\n\nkeep me\n")


def test_an_entry_cannot_pose_as_another_group() -> None:
    text = with_entry("---\nid: d-1\n---\n\n## Round 1\n", 1, "Users", safe_entry("Fine.\n### Support\nWe agree <!--"))
    assert list(sections(split(text)[1])[1]) == ["users"]


def test_two_clones_merge(desk: Desk) -> None:
    """Two people write for two groups in two branches: git merges both without a conflict."""
    import subprocess

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=desk.repo, env=dict(desk.home), capture_output=True, text=True, check=True
        ).stdout

    id = desk.opened()
    desk.typed("y\n", "stakeholders", id, "--approve")
    git("add", "-A")
    git("commit", "-qm", "open")
    git("checkout", "-qb", "other")
    desk.tg("deliberate", "round", id, "1", "--group", "support staff", "--text", "We answer for it.")
    desk.edit(id, "scale: all users", "scale: 12000 users")
    git("commit", "-qam", "support")
    git("checkout", "-q", "main")
    desk.tg("deliberate", "round", id, "1", "--group", "users", "--text", "Ask us.")
    git("commit", "-qam", "users")
    git("merge", "-q", "other", "-m", "both")
    assert desk.problems() == []
    text = desk.file(id).read_text(encoding="utf-8")
    assert ("We answer for it." in text, "Ask us." in text, "12000 users" in text) == (True, True, True)
