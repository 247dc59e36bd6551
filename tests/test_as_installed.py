"""A hash of what was installed: compared when a session starts, shown by `status`, accepted by a person alone."""

import json
import re
from pathlib import Path

import pytest

from tests.clocked import Say, Session, say_, session_
from tests.conftest import Run
from tractguard.as_installed import files_hash

__all__ = ["Say", "say_", "session_"]

CHANGED = "the guard's hooks in the client's settings changed since"


def state(tg: Run) -> dict[str, str]:
    found: dict[str, str] = json.loads(tg("status", "--json").stdout)["hooks"]["as_installed"]
    return found


@pytest.fixture
def settings(tg: Run, repo: Path) -> Path:
    """The client's settings after `init`."""
    assert tg("init", "--yes").returncode == 0
    return repo / ".claude" / "settings.local.json"


def test_what_was_installed_is_shown(settings: Path, tg: Run) -> None:
    found = state(tg)
    assert (bool(re.fullmatch("[0-9a-f]{12}", found["hash"])), found["state"]) == (True, "as installed")
    assert re.search("installed +[0-9a-f]{12}, as installed", tg("status").stdout)


def test_a_changed_hook_is_told_at_the_next_start_until_a_person_accepts_it(
    settings: Path, tg: Run, session: Session
) -> None:
    assert "installed them" not in session("SessionStart", source="startup").person
    settings.write_text(settings.read_text().replace("claude-code PreToolUse", "claude-code Notification"))
    assert f"{CHANGED} a person installed them" in session("SessionStart", source="startup").person
    assert state(tg)["state"] == CHANGED
    assert tg("trust").returncode == 2  # nobody at a terminal
    assert tg("trust", "--yes").returncode == 0
    assert state(tg)["state"] == "as installed"
    assert "installed them" not in session("SessionStart", source="startup").person


def test_installing_anew_is_as_installed(settings: Path, tg: Run) -> None:
    settings.write_text(settings.read_text().replace("claude-code PreToolUse", "claude-code Notification"))
    tg("init", "--yes")
    assert state(tg)["state"] == "as installed"


@pytest.mark.parametrize(("name", "text"), [("a.py", "x = 2\n"), ("json.py", ""), ("data/t.json", "[]")])
def test_the_hash_of_the_guards_files_sees_every_change(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "data" / "t.json").write_text("{}")
    before = files_hash(str(tmp_path))
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.py").write_text("made again")
    assert files_hash(str(tmp_path)) == before
    (tmp_path / name).write_text(text)
    assert files_hash(str(tmp_path)) != before
