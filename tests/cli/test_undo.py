"""`undo`, and what a live session keeps for it: through the installed hook command, as processes."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_init import in_terminal
from tests.conftest import trust

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Hook = Callable[..., dict[str, Any]]


@pytest.fixture
def hook(tg: Run, repo: Path) -> Hook:
    """A guarded repository; sends an event through the hook command and gives the answer."""
    tg("init", "--yes")

    def call(
        event: str = "PreToolUse", command: str = "", env: Mapping[str, str] | None = None, **more: Any
    ) -> dict[str, Any]:
        payload = {"session_id": "s1", "cwd": str(repo), "hook_event_name": event, **more}
        if command:
            payload |= {"tool_name": "Bash", "tool_input": {"command": command}, "tool_use_id": command}
        person = {"CLAUDE_PROJECT_DIR": str(repo), "CLAUDE_CODE_ENTRYPOINT": "cli", **(env or {})}
        done = tg("hook", "claude-code", event, stdin=json.dumps(payload), env=person)
        assert done.stderr == ""
        answer: dict[str, Any] = json.loads(done.stdout or "{}")
        return answer

    return call


def git(repo: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=repo, capture_output=True, text=True, check=True).stdout.strip()


def listed(tg: Run) -> list[dict[str, Any]]:
    done = tg("undo", "--json", "--all")
    assert done.returncode == 0
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_call_that_goes_ahead_can_be_undone(tg: Run, hook: Hook, repo: Path) -> None:
    (repo / "README.md").write_text("work of an hour\n")
    assert hook(command="sed -i s/hour/day/ README.md") == {}
    (repo / "README.md").write_text("work of an day\n")
    (point,) = listed(tg)
    assert (point["call"], point["holds"]) == ("sed -i s/hour/day/ README.md", "1 changed file")
    done = tg("undo", point["id"][:4])
    assert (done.returncode, (repo / "README.md").read_text()) == (0, "work of an hour\n")
    assert f"tractguard undo {listed(tg)[0]['id']}" in done.stdout


def test_whoever_is_asked_about_a_call_hears_of_its_point(tg: Run, hook: Hook, repo: Path) -> None:
    (repo / "README.md").write_text("work\n")
    said = hook(command="git reset --hard")
    assert said["hookSpecificOutput"]["permissionDecision"] == "ask"
    (point,) = listed(tg)
    reason = said["hookSpecificOutput"]["permissionDecisionReason"]
    assert (point["call"], f"backup? yes (recovery point {point['id']})" in reason) == ("git reset --hard", True)


def test_a_refused_call_has_none(tg: Run, hook: Hook, repo: Path) -> None:
    (repo / "README.md").write_text("work\n")
    assert hook(command="rm -rf /")["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert listed(tg) == []


def test_what_is_not_covered_is_said_to_the_person_only(tg: Run, hook: Hook, repo: Path, home: dict[str, str]) -> None:
    (repo / ".claude/tractguard.toml").write_text("[recovery]\nfile_kb = 1\n")
    trust(repo, home)
    (repo / "README.md").write_text("work\n" * 1000)
    answer = hook(command="sed -i s/work/play/ README.md")
    said = "tractguard: no recovery point covers 1 file too large or too many (4 kB, such as README.md)."
    assert answer == {"systemMessage": said}


def test_too_little_time_makes_a_question(tg: Run, hook: Hook, repo: Path, home: dict[str, str]) -> None:
    (repo / ".claude/tractguard.toml").write_text("[recovery]\ntime_ms = 100\n")
    trust(repo, home)
    slow = repo.parent / "slow"
    slow.mkdir()
    (slow / "git").write_text("#!/bin/sh\nexec sleep 5\n")
    (slow / "git").chmod(0o755)
    (repo / "a").mkdir()
    (repo / "a" / "new.txt").write_text("new\n")
    path = {"PATH": f"{slow}:{os.environ['PATH']}"}
    answer = hook(command="rm -r a", env=path)
    assert answer["hookSpecificOutput"]["permissionDecision"] == "ask"
    assert "TG425" in answer["hookSpecificOutput"]["permissionDecisionReason"]
    said = "tractguard: no recovery point covers this call (git did not answer in time)."
    assert hook(command="prettier --write a", env=path) == {"systemMessage": said}


def test_shadow_mode_asks_nothing(tg: Run, hook: Hook, repo: Path, home: dict[str, str]) -> None:
    (repo / ".claude/tractguard.toml").write_text('mode = "shadow"\n')
    trust(repo, home)
    (repo / "README.md").write_text("work\n")
    assert (hook(command="git reset --hard"), len(listed(tg))) == ({}, 1)


def test_the_end_of_a_session_ends_old_points(tg: Run, hook: Hook, repo: Path, home: dict[str, str]) -> None:
    (repo / ".claude/tractguard.toml").write_text("[recovery]\nkeep_days = 0\n")
    trust(repo, home)
    (repo / "README.md").write_text("work\n")
    hook(command="sed -i s/work/play/ README.md")
    assert len(listed(tg)) == 1
    hook("SessionEnd", reason="other")
    assert (listed(tg), git(repo, "for-each-ref", "refs/tractguard")) == ([], "")


def test_the_point_is_in_the_ledger(tg: Run, hook: Hook, repo: Path) -> None:
    (repo / "README.md").write_text("work\n")
    hook(command="sed -i s/work/play/ README.md")
    (row,) = [json.loads(line) for line in tg("log", "--json").stdout.splitlines() if "sed -i" in line]
    (note,) = row["findings"]
    assert (row["status"], note["code"], note["data"]["recovery"]) == ("APPROVED", "TG425", listed(tg)[0]["id"])


def test_status_counts_the_points(tg: Run, hook: Hook, repo: Path) -> None:
    (repo / "README.md").write_text("work\n")
    hook(command="sed -i s/work/play/ README.md")
    found = json.loads(tg("status", "--json").stdout)["recovery"]
    assert found == {"points": 1, "bytes": 5, "newest": listed(tg)[0]["id"]}
    assert "1 recovery point, 5 B" in tg("status").stdout


def test_explain_keeps_nothing(tg: Run, hook: Hook, repo: Path) -> None:
    (repo / "README.md").write_text("work\n")
    tg("explain", "git reset --hard")
    assert listed(tg) == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(("undo",), 0, "no recovery points", id="none yet"),
        pytest.param(("undo", "abcdef0"), 2, "there is no recovery point abcdef0", id="unknown"),
        pytest.param(("undo", "../../x"), 2, "there is no recovery point ../../x", id="no path"),
    ],
)
def test_what_is_said_where_there_is_nothing(
    tg: Run, hook: Hook, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = tg(*arguments)
    assert (done.returncode, words in done.stdout + done.stderr) == (code, True)


def test_a_path_that_a_point_does_not_hold(tg: Run, hook: Hook, repo: Path) -> None:
    (repo / "README.md").write_text("work\n")
    hook(command="sed -i s/work/play/ README.md")
    done = tg("undo", listed(tg)[0]["id"], "other.txt")
    assert (done.returncode, "holds nothing at other.txt" in done.stderr) == (2, True)


def test_before_init_it_says_so(tg: Run) -> None:
    done = tg("undo")
    assert (done.returncode, "tractguard init" in done.stderr) == (2, True)


def test_an_older_history_needs_a_person(tg: Run, hook: Hook, repo: Path) -> None:
    tg("instructions", "add", "Never touch migrations/")
    (repo / "README.md").write_text("work\n")
    hook(command="git reset --hard")
    history = ".claude/instruction-history.json"
    before = (repo / history).read_text()
    tg("instructions", "add", "Use pnpm")
    newer = (repo / history).read_text()
    id = listed(tg)[0]["id"]
    below = tg("undo", id, history, "--yes", env={"CLAUDECODE": "1"})
    assert (below.returncode, (repo / history).read_text()) == (2, newer)
    assert tg("undo", id).returncode == 0
    assert (repo / history).read_text() == newer
    assert tg("undo", id, history, "--yes").returncode == 0
    assert (repo / history).read_text() == before


def test_as_json(tg: Run, hook: Hook, repo: Path) -> None:
    (repo / "README.md").write_text("work\n")
    hook(command="git checkout -- README.md")
    git(repo, "checkout", "--", "README.md")
    (point,) = listed(tg)
    done = json.loads(tg("undo", point["id"], "--json").stdout)
    assert done == {
        "id": point["id"],
        "undo": listed(tg)[0]["id"],
        "written": [str(repo / "README.md")],
        "removed": [],
        "aside": [],
        "refs": [],
        "notices": [],
    }


def test_a_purge_takes_the_points_out_of_git_too(hook: Hook, repo: Path, home: dict[str, str]) -> None:
    (repo / "README.md").write_text("work\n")
    hook(command="sed -i s/work/play/ README.md")
    assert git(repo, "for-each-ref", "refs/tractguard") != ""
    assert in_terminal(["uninstall", "--purge"], repo, home, "y\n")[0] == 0
    assert git(repo, "for-each-ref", "refs/tractguard") == ""
