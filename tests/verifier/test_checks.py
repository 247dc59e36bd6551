"""Policy's `[checks]`: at a commit, bound to the tree; the last green run, what is held since, and the way back."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Run, trust
from tests.played import Played
from tractguard.checks.tree import changed_since, tree_of

CHECK = "sh check.sh"
POLICY = f'[checks]\ncommand = "{CHECK}"\n'
PASSES, FAILS = "test -f ok\n", "test -f never\n"


@pytest.fixture
def session(repo: Path, home: dict[str, str]) -> Played:
    (repo / ".claude").mkdir(exist_ok=True)
    (repo / ".claude" / "tractguard.toml").write_text(POLICY)
    (repo / "check.sh").write_text(PASSES)
    (repo / "ok").write_text("")
    subprocess.run(["git", "add", "check.sh", "ok"], cwd=repo, env=home, check=True)
    subprocess.run(["git", "commit", "-qm", "check"], cwd=repo, env=home, check=True)
    trust(repo, home)
    return Played(repo, home)


def policy(session: Played, text: str) -> None:
    (session.root / ".claude" / "tractguard.toml").write_text(text)
    trust(session.root, session.environ)


def test_a_check_is_run_at_the_commit(session: Played) -> None:
    session.write("app.py", "A = 1\n")
    session.run("git add -A")
    assert session.run("git commit -qm one").decision == "silence"


def test_a_red_check_refuses_the_commit(session: Played) -> None:
    session.write("app.py", "A = 1\n")
    session.run("rm ok && git add -A")
    refused = session.run("git commit -qm one")
    assert (refused.decision, refused.text[:5]) == ("deny", "TG831")


def test_a_run_that_was_seen_is_accepted(session: Played) -> None:
    policy(session, POLICY + 'at_gate = "logged"\n')
    session.write("app.py", "A = 1\n")
    session.run("git add -A")
    first = session.run("git commit -qm one")
    session.run(CHECK)
    assert (first.decision, session.run("git commit -qm one").decision) == ("deny", "silence")


def test_an_edit_makes_a_run_stale(session: Played) -> None:
    policy(session, POLICY + 'at_gate = "logged"\n')
    session.write("app.py", "A = 1\n")
    session.run(CHECK)
    (session.root / "app.py").write_text("A = 2\n")
    assert session.run("git add -A && git commit -qm one").decision == "deny"


def test_only_the_checks_that_are_concerned_count(session: Played) -> None:
    policy(session, '[checks.api]\ncommand = "sh missing.sh"\nglobs = ["openapi.yaml"]\n')
    session.write("app.py", "A = 1\n")
    session.run("git add -A")
    free = session.run("git commit -qm one")
    session.write("openapi.yaml", "openapi: 3.1.0\n")
    session.run("git add -A")
    assert (free.decision, session.run("git commit -qm two").decision) == ("silence", "deny")


def test_a_red_check_holds_a_stop_back_once_for_each_tree(session: Played) -> None:
    session.say("Set A in app.py.")
    session.write("app.py", "A = 1\n")
    green = session.stop("It is set.")
    session.run("rm ok")
    session.write("app.py", "A = 2\n")
    red = session.stop("It is set.")
    again = session.stop("It is set.", stop_hook_active=True)
    same = session.stop("It is set.")
    assert [each.decision for each in (green, red, again, same)] == ["silence", "block", "silence", "silence"]
    assert red.text.startswith("TG832")


def test_a_turn_that_changes_nothing_runs_nothing(session: Played) -> None:
    session.say("What is A?")
    session.run("rm ok")
    assert session.stop("A is not set.").decision == "silence"


def test_policy_that_no_person_trusted_runs_nothing(session: Played) -> None:
    (session.root / ".claude" / "tractguard.toml").write_text('[checks]\ncommand = "touch ran"\n')
    session.write("app.py", "A = 1\n")
    session.run("git add -A")
    session.run("git commit -qm one")
    assert not (session.root / "ran").exists()


def test_edits_after_a_green_run_are_held(session: Played, tg: Run) -> None:
    session.write("app.py", "A = 1\n")
    session.run(CHECK)
    green = json.loads(tg("status", "--json").stdout)["checks"][0]
    session.edit("app.py", "1", "2")
    held = json.loads(tg("status", "--json").stdout)["checks"][0]
    assert (green["files"], held["files"]) == ([], ["app.py"])


def test_back_to_green_on_a_persons_word(session: Played, tg: Run) -> None:
    session.write("app.py", "A = 1\n")
    session.run(CHECK)
    session.edit("app.py", "1", "2")
    session.edit("check.sh", "ok", "no")
    session.write("new.py", "B = 1\n")
    back = tg("undo", "--to-green", "--yes", "--json")
    done = json.loads(back.stdout)
    assert (sorted(done["written"]), done["kept"]) == (["app.py", "check.sh"], ["new.py"])
    assert ((session.root / "app.py").read_text(), (session.root / "check.sh").read_text()) == ("A = 1\n", PASSES)
    tg("undo", done["undo"])
    assert (session.root / "app.py").read_text() == "A = 2\n"


def test_back_to_green_needs_a_person(session: Played, tg: Run) -> None:
    session.write("app.py", "A = 1\n")
    session.run(CHECK)
    assert tg("undo", "--to-green").returncode == 2


def test_a_tree_is_its_content(repo: Path, home: dict[str, str]) -> None:
    first = tree_of(str(repo))
    (repo / "a.py").write_text("A = 1\n")
    second = tree_of(str(repo))
    subprocess.run(["git", "add", "-A"], cwd=repo, env=home, check=True)
    subprocess.run(["git", "commit", "-qm", "a"], cwd=repo, env=home, check=True)
    third = tree_of(str(repo))
    assert first is not None
    assert second is not None
    assert third is not None
    assert (changed_since(first, second, str(repo)), changed_since(second, third, str(repo))) == (["a.py"], [])
    assert changed_since(first, third, str(repo)) == ["a.py"]


def test_a_folder_without_git_has_no_tree(tmp_path: Path) -> None:
    assert tree_of(str(tmp_path)) is None
