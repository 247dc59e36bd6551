"""Only real loss is stopped: the same commands in a clean and in a dirty repository, by real git."""

import subprocess

import pytest

from tractguard.facts import Disk, gather
from tractguard.facts.probes import probes
from tractguard.model import PRE_TOOL, Event
from tractguard.rules.builtin import judge_builtin


def git(folder, *words):
    name = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *name, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def clean(tmp_path):
    """A repository with two files, an ignored build folder and a branch that is merged."""
    root = tmp_path / "repo"
    (root / "src").mkdir(parents=True)
    (root / "build").mkdir()
    (root / "src" / "a.py").write_text("x = 1\n")
    (root / "notes.txt").write_text("one\n")
    (root / ".gitignore").write_text("build/\n")
    (root / "build" / "out.js").write_text("1\n")
    git(root, "init")
    git(root, "add", ".")
    git(root, "commit", "-m", "first")
    git(root, "branch", "merged")
    return root


@pytest.fixture
def dirty(clean):
    """The same with a changed file, a new one, a stash and a branch with a commit of its own."""
    (clean / "notes.txt").write_text("kept\n")
    git(clean, "stash")
    git(clean, "checkout", "-b", "own")
    git(clean, "commit", "--allow-empty", "-m", "only here")
    git(clean, "checkout", "main")
    (clean / "src" / "a.py").write_text("x = 2\n")
    (clean / "src" / "new.py").write_text("y = 1\n")
    return clean


def answer(root, command, since=0.0):
    """The codes and reasons of what would be lost; what the guard says for itself is another test's."""
    event = Event(PRE_TOOL, tool="Bash", input={"command": command}, cwd=str(root), root=str(root))
    world = Disk(str(root), home=str(root.parent / "home"))
    facts = gather(event, world)
    found = judge_builtin(event, (*facts, *probes(facts, world, since)), {})
    found = [each for each in found if not each.code.startswith("TG6")]
    return [each.code for each in found], " ".join(each.why for each in found)


LOSES_ONLY_WORK = [
    "git reset --hard",
    "git checkout -- src/a.py",
    "git restore .",
    "git clean -fd",
    "git clean -fdx",
    "rm -rf src",
    "rm src/*.py",
    "git stash clear",
]


@pytest.mark.parametrize("command", LOSES_ONLY_WORK)
def test_a_clean_tree_passes(clean, command):
    assert answer(clean, command)[0] == []


@pytest.mark.parametrize("command", LOSES_ONLY_WORK)
def test_a_dirty_tree_is_asked_about(dirty, command):
    assert len(set(answer(dirty, command)[0])) == 1


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("git reset --hard", "1 changed file exists only here"),
        ("git clean -fd", "1 untracked file"),
        ("rm -rf src", "2 files that exist only here"),
        ("git branch -D own", "1 commit"),
        ("git stash clear", "1 stash"),
    ],
)
def test_it_says_what_would_be_lost(dirty, command, words):
    assert words in answer(dirty, command)[1]


@pytest.mark.parametrize(
    "command", ["git checkout -- notes.txt", "rm notes.txt", "git branch -D merged", "rm -rf build", "rm -rf nothing"]
)
def test_what_is_safe_passes_beside_dirty_files(dirty, command):
    assert answer(dirty, command)[0] == []


@pytest.mark.parametrize("command", ["rm -rf .", "rm -rf .git", "rm -rf .."])
def test_a_whole_repository_is_asked_about_even_when_clean(clean, command):
    assert answer(clean, command)[0] == ["TG401"]


def test_a_file_made_in_this_session_passes(dirty):
    assert answer(dirty, "rm src/new.py", since=1.0)[0] == []


def test_a_file_from_before_this_session_is_asked_about(dirty):
    assert answer(dirty, "rm src/new.py", since=4e9)[0] == ["TG401"]


def test_an_env_file_that_git_ignores_is_a_loss(clean):
    (clean / ".gitignore").write_text(".env\n")
    (clean / ".env").write_text("A=1\n")
    assert answer(clean, "rm .env")[0] == ["TG401"]


def test_adding_everything_names_an_env_file_that_is_not_ignored(clean):
    (clean / ".env").write_text("A=1\n")
    assert answer(clean, "git add -A")[0] == ["TG504"]


def test_moving_over_a_file_that_exists_only_here(dirty):
    assert answer(dirty, "mv notes.txt src/new.py")[0] == ["TG402"]


@pytest.mark.parametrize("command", ["cp notes.txt src/new.py", "ln -sf ../notes.txt src/new.py"])
def test_replacing_a_file_that_exists_only_here(dirty, command):
    assert answer(dirty, command)[0] == ["TG402"]


def test_replacing_a_file_that_git_holds_passes(clean):
    assert answer(clean, "cp notes.txt src/a.py")[0] == []


@pytest.mark.parametrize("command", ["git checkout -B own", "git branch -M main own"])
def test_making_a_branch_anew_that_has_commits_of_its_own(dirty, command):
    assert answer(dirty, command)[0] == ["TG422"]


def test_outside_git_nothing_is_known(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("x\n")
    assert answer(tmp_path, "rm -rf src")[0] == ["TG401"]


def test_probes_ask_nothing_without_an_effect(clean):
    world = Disk(str(clean))
    event = Event(PRE_TOOL, tool="Bash", input={"command": "git status && ls"}, cwd=str(clean), root=str(clean))
    assert probes(gather(event, world), world) == []


@pytest.mark.parametrize(
    ("command", "stopped"),
    [
        ("cd build && git reset --hard", True),
        ("git -C build reset --hard", True),
        ("cd build && git clean -fd", False),
        ("cd build && git checkout -- out.js", False),
    ],
)
def test_a_discard_reaches_as_far_as_git_does(dirty, command, stopped):
    """The whole checkout for a reset, wherever it is run; the folder for a clean and for named paths."""
    assert bool(answer(dirty, command)[0]) is stopped


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
@pytest.mark.parametrize("command", ["git checkout -- src/a.py", "git reset --hard", "rm -rf src"])
def test_a_file_that_git_was_told_not_to_look_at_is_looked_at(clean, flag, command):
    git(clean, "update-index", flag, "src/a.py")
    assert answer(clean, command)[0] == []
    (clean / "src" / "a.py").write_text("x = 3\n")
    assert answer(clean, command)[0] != []


def test_a_file_that_a_sparse_checkout_leaves_out_is_no_loss(clean):
    git(clean, "update-index", "--skip-worktree", "src/a.py")
    (clean / "src" / "a.py").unlink()
    assert answer(clean, "git reset --hard")[0] == []
