"""The document's own rules: what goes first, what is left out, and that nobody's words become its structure."""

import pytest

from tractguard.handoff.collect import Happened, Item, Task
from tractguard.handoff.document import Around, cited, document, filled, fitted
from tractguard.handoff.load import body, within
from tractguard.handoff.write import free_name, template
from tractguard.reminder import tokens_of

AROUND = Around("s1", "2026-01-01T00:00:00Z", "asked", "HIGH 0.60", "main", "abc1234 Begin", ())


def text(what: Happened, around: Around = AROUND, tokens: int = 1500) -> str:
    return document(template(), what, around, tokens)


def section(document: str, title: str) -> list[str]:
    return document.partition(f"\n## {title}\n\n")[2].partition("\n## ")[0].strip().splitlines()


LONG = [
    pytest.param("word " * 4000, id="words"),
    pytest.param("テストを書いてください。" * 700, id="Japanese"),
    pytest.param("{}[]();," * 2000, id="marks"),
    pytest.param("x" * 30_000, id="one word"),
    pytest.param("🙂" * 9000, id="emoji"),
]


@pytest.mark.parametrize("said", LONG)
@pytest.mark.parametrize("tokens", [500, 1500])
def test_a_long_request_is_cut_and_never_left_out(said: str, tokens: int) -> None:
    found = text(Happened(asked=(Item(said, (7,)),)), tokens=tokens)
    assert (tokens_of(found) <= tokens, section(found, "What was asked")[0].startswith('- last (#7): "')) == (
        True,
        True,
    )
    assert " … " in section(found, "What was asked")[0]


def test_the_last_request_is_the_last_that_says_something() -> None:
    asked = tuple(
        Item(said, (seq,)) for seq, said in enumerate(("Build the importer.", "Now the exporter, too.", "go on", "yes"))
    )
    lines = section(text(Happened(asked=asked)), "What was asked")
    assert lines[:2] == ['- last (#1): "Now the exporter, too."', '- first (#0): "Build the importer."']


def test_fields_in_what_people_say_are_not_filled() -> None:
    found = text(Happened(asked=(Item("replace {{done}} and {{head}} in the template", (1,)),)))
    assert '- last (#1): "replace {{done}} and {{head}} in the template"' in found


@pytest.mark.parametrize(
    ("template", "expected"),
    [("{{a}}", "1"), ("{{b}}", "{{b}}"), ("{{a", "{{a"), ("{{ a }}", "{{ a }}"), ("{{a}}{{a}}", "11"), ("x", "x")],
)
def test_only_whole_fields_that_are_known_are_filled(template: str, expected: str) -> None:
    assert filled(template, {"a": "1"}) == expected


def test_what_does_not_fit_is_counted() -> None:
    what = Happened(
        failed=tuple(Item(f"make step-{number} --with a-rather-long-option", (number,)) for number in range(200))
    )
    lines = section(text(what), "Tried and failed")
    assert lines[-1] == f"- {200 - len(lines) + 1} more"
    assert lines[0].startswith("- `make step-199")


def test_every_section_gets_its_first_lines_before_any_gets_more() -> None:
    lines = {name: [f"- {name} {number}" for number in range(50)] for name in
             ("asked", "repository", "done", "in_progress", "failed", "obligations", "instructions", "deliberations", "issues", "next_steps")}  # fmt: skip
    found = fitted(lines, 160)
    assert {name: part.splitlines()[0] for name, part in found.items()} == {name: f"- {name} 0" for name in lines}


def test_tasks_failures_and_obligations_make_the_next_steps() -> None:
    what = Happened(
        asked=(Item("Build the importer.", (1,)),),
        failing=(Item("pytest -q", (9,), "1 failed"),),
        tasks=(Task("later", "pending", (3,)), Task("at work", "in_progress", (4,)), Task("over", "completed", (5,))),
    )
    around = AROUND._replace(obligations=("run the tests before the commit",), dirty=("changed a.py",))
    assert section(text(what, around), "Next steps") == [
        "- go on with: at work (#4)",
        "- make `pytest -q` pass (#9)",
        "- run the tests before the commit",
        "- then: later (#3)",
        "- look through what is not committed (1), then commit it or put it back",
    ]


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        (None, "- git could not be asked what is not committed"),
        ((), "- everything is committed"),
        (("changed a.py", "new b/"), "- 2 not committed: changed a.py, new b/"),
    ],
)
def test_what_git_says(dirty: tuple[str, ...] | None, expected: str) -> None:
    assert section(text(Happened(), AROUND._replace(dirty=dirty)), "Repository")[1] == expected


def test_a_file_that_git_has_committed_is_not_in_progress() -> None:
    what = Happened(files=(Item("a.py", (1,)), Item("src/b.py", (2,)), Item("c.py", (3,))))
    found = section(text(what, AROUND._replace(dirty=("changed a.py", "new src/"))), "In progress")
    assert found == ["- written, not committed: src/b.py (#2), a.py (#1)"]


def test_what_is_given_has_no_empty_sections_and_no_front_matter() -> None:
    given = body(
        text(Happened(asked=(Item("Build the importer.", (1,)),)), AROUND._replace(instructions=("Never touch a/",)))
    )
    assert given.splitlines() == [
        "Handoff",
        "## What was asked",
        '- last (#1): "Build the importer."',
        "## Repository",
        "- branch main, at abc1234 Begin",
        "- everything is committed",
        "## Next steps",
        "- see whether the last request (#1) is done",
    ]


def test_within_cuts_at_a_line() -> None:
    assert within("one\ntwo two two two two two two\nthree", 6) == "one\n…"


def test_a_name_is_given_once(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    first = free_name(str(folder), 0.0)
    (folder / first).touch()
    assert (first, free_name(str(folder), 0.0)) == ("handoff-19700101T000000Z.md", "handoff-19700101T000000Z-2.md")


def test_events_are_cited_by_number() -> None:
    assert [cited(()), cited((5,)), cited((5, 9))] == ["", " (#5)", " (#5, #9)"]
