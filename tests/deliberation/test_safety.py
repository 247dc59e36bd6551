"""What an assistant may do with records, and what it may not: by a tool call, and by running the command itself."""

import os
from pathlib import Path

import pytest

from tests.deliberation.desk import OUTCOME, Desk
from tractguard.check import check_row


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("tractguard deliberate decide d-3fa81c --decision x", "REJECTED"),
        ("tractguard deliberate dismiss d-3fa81c --reason x", "REJECTED"),
        ("tractguard deliberate review d-3fa81c --accept-edits", "REJECTED"),
        ("tractguard deliberate stakeholders d-3fa81c --approve", "REJECTED"),
        ("tractguard deliberate round d-3fa81c 1 --no-answer users", "REJECTED"),
        ("tractguard deliberate analyze 'Sell the data?'", "APPROVED"),
        ("tractguard deliberate open 'Sell the data?'", "APPROVED"),
        ("tractguard deliberate show d-3fa81c", "APPROVED"),
        ("tractguard deliberate list --json", "APPROVED"),
        ("tractguard deliberate stakeholders d-3fa81c --add 'night staff'", "APPROVED"),
        ("tractguard deliberate round d-3fa81c 1 --group users --text 'Draft: hm'", "APPROVED"),
        ("tractguard deliberate export d-3fa81c --html page.html", "APPROVED"),
        ("cat .claude/deliberations/2026-11-20-sell-3fa81c.md", "APPROVED"),
    ],
)
def test_a_tool_call(command: str, status: str) -> None:
    assert (
        check_row({"id": "1", "instructions": [], "tool_name": "Bash", "tool_input": {"command": command}})["status"]
        == status
    )


def test_an_assistant_may_draft_in_the_file() -> None:
    given = {
        "file_path": "/repo/.claude/deliberations/2026-11-20-sell-3fa81c.md",
        "content": "---\nid: d-3fa81c\n---\n",
    }
    assert check_row({"id": "1", "instructions": [], "tool_name": "Write", "tool_input": given})["status"] == "APPROVED"


@pytest.mark.parametrize(
    "words",
    [
        ("decide", "ID", *OUTCOME),
        ("dismiss", "ID", "--reason", "x"),
        ("stakeholders", "ID", "--approve"),
        ("round", "ID", "1", "--no-answer", "users"),
    ],
    ids=lambda words: words[0],
)
def test_a_terminal_below_a_session_is_no_person(shared: tuple[Desk, str], words: tuple[str, ...]) -> None:
    desk, id = shared
    home = desk._replace(home={**desk.home, "CLAUDECODE": "1"})
    code, seen = home.typed("y\ny\n", *(id if word == "ID" else word for word in words))
    assert (code, "needs a person in a terminal of their own" in " ".join(seen.split())) == (2, True), seen


def test_a_template_of_a_link_or_a_folder_is_no_crash(desk: Desk) -> None:
    folder = desk.repo / ".claude" / "deliberations" / "templates"
    folder.mkdir(parents=True)
    (folder / "deliberation.md").mkdir()
    assert desk.tg("deliberate", "open", "Sell the data?").returncode == 0


@pytest.mark.parametrize(
    "name", ["2026-11-20-odd-aaaaaa.md", "2026-11-20-empty-bbbbbb.md", "2026-11-20-link-cccccc.md"]
)
def test_odd_files_are_named_and_stop_nothing(desk: Desk, name: str) -> None:
    folder = desk.repo / ".claude" / "deliberations"
    folder.mkdir(parents=True)
    path = folder / name
    if "odd" in name:
        path.write_bytes(b"\xff\xfe\x00\x01")
    elif "empty" in name:
        path.write_text("")
    else:
        path.symlink_to("/nowhere")
    done = desk.tg("deliberate", "check")
    assert (done.returncode, Path(name).name in done.stdout, "Traceback" in done.stderr) == (1, True, False)
    assert desk.tg("deliberate", "list").returncode == 0
    assert desk.tg("status", "--json").returncode == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_named(desk: Desk) -> None:
    id = desk.opened()
    desk.file(id).chmod(0)
    assert "cannot be read" in desk.problems()[0][1]
