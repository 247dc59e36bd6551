"""Recovery points: what is kept before a call, where, what is not, and bringing it back. Real repositories throughout."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tractguard.facts import gather
from tractguard.facts.world import Disk
from tractguard.model import Decision, Event, Verdict
from tractguard.places import places_of
from tractguard.policy import DEFAULTS
from tractguard.recovery import Point, load, points, prune, secure
from tractguard.recovery_restore import Restored, restore

Ask = Callable[..., Decision]


@pytest.fixture(autouse=True)
def own_git(home: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard's own git runs as the person of the test."""
    for name, value in home.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def ask(repo: Path) -> Ask:
    """Send a command, already approved, to where recovery points are made. `told` gets what the person hears."""

    def send(
        command: str,
        cwd: Path = repo,
        *,
        response: str = "silence",
        headless: bool = False,
        told: list[str] | None = None,
        content: str = "full",
        updated: str = "",
        **bounds: int,
    ) -> Decision:
        places = places_of(str(cwd))
        event = Event("pre_tool", tool="Bash", input={"command": command}, cwd=str(cwd), root=places.root,
                      time=time.time(), headless=headless)  # fmt: skip
        policy = {**DEFAULTS, "recovery": {**DEFAULTS["recovery"], **bounds}, "ledger": {"content": content}}
        change = {"command": updated} if updated else None
        decision = Decision(Verdict(), response, updated_input=change)
        return secure(event, gather(event, Disk(places.root)), decision, places, policy, [] if told is None else told)

    return send


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def sh(folder: Path, command: str) -> None:
    subprocess.run(["bash", "-c", command], cwd=folder, check=False, capture_output=True)


def id_of(decision: Decision) -> str:
    return "".join(str(each.data.get("recovery", "")) for each in decision.verdict.findings)


def held(decision: Decision) -> list[str]:
    return [each.why for each in decision.verdict.findings]


def point_of(decision: Decision, repo: Path) -> Point:
    found = load(places_of(str(repo)), id_of(decision))
    assert found is not None
    return found


def undo(decision: Decision, repo: Path, *paths: str) -> Restored:
    wanted = [str(repo / path) for path in paths]
    return restore(point_of(decision, repo), wanted, places_of(str(repo)), time.time())


def dirty(repo: Path) -> None:
    """A changed file, a staged one that was changed again, a new one and an ignored one."""
    (repo / "a.txt").write_text("committed\n")
    (repo / "b.txt").write_text("committed\n")
    (repo / ".gitignore").write_text(".env\nnode_modules/\nprivate/\n")
    git(repo, "add", "a.txt", "b.txt", ".gitignore")
    git(repo, "commit", "-q", "-m", "Files")
    (repo / "a.txt").write_text("changed\n")
    (repo / "b.txt").write_text("staged\n")
    git(repo, "add", "b.txt")
    (repo / "b.txt").write_text("changed after\n")
    (repo / "new.txt").write_text("new\n")
    (repo / ".env").write_text("SECRET=1\n")


# --- what a call costs and keeps -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "holds"),
    [
        pytest.param("rm a.txt", ["1 changed file"], id="rm"),
        pytest.param("rm new.txt", ["1 new file"], id="rm new"),
        pytest.param("rm .env", ["1 copied file"], id="ignored"),
        pytest.param("rm README.md", [], id="a clean file is in git"),
        pytest.param("mv a.txt c.txt", [], id="a move loses nothing"),
        pytest.param("mv a.txt b.txt", ["2 changed files, 1 staged file"], id="a move over"),
        pytest.param("echo x > a.txt", ["1 changed file"], id="redirect"),
        pytest.param("echo x >> a.txt", [], id="append"),
        pytest.param("echo x > fresh.txt", [], id="a file that is not there"),
        pytest.param("sed -i s/a/b/ a.txt", ["1 changed file"], id="sed"),
        pytest.param("git reset --hard", ["2 changed files, 1 new file, 1 staged file"], id="reset"),
        pytest.param("git reset --soft HEAD~1", [], id="soft"),
        pytest.param("git checkout -- a.txt", ["1 changed file"], id="checkout path"),
        pytest.param("git checkout -b other", [], id="new branch"),
        pytest.param("git clean -n", [], id="clean, dry"),
        pytest.param("git clean -fd", ["2 changed files, 1 new file, 1 staged file"], id="clean"),
        pytest.param("git clean -fdx", ["2 changed files, 1 new file, 1 staged file, 1 copied file"], id="clean -x"),
        pytest.param("git commit -am x", [], id="commit"),
        pytest.param("git stash", [], id="stash keeps it itself"),
        pytest.param("find . -name '*.txt' -delete", ["2 changed files, 1 new file, 1 staged file"], id="find"),
        pytest.param("rm -rf node_modules", [], id="made again"),
        pytest.param("rm -rf /tmp/no-such-thing", [], id="temporary"),
        pytest.param("cat a.txt", [], id="reading"),
    ],
)
def test_what_is_kept_before_a_call(ask: Ask, repo: Path, command: str, holds: list[str]) -> None:
    dirty(repo)
    (repo / "node_modules" / "x").mkdir(parents=True)
    (repo / "node_modules" / "x" / "index.js").write_text("made\n")
    decision = ask(command)
    name = id_of(decision)
    assert (decision.response, held(decision)) == (
        "silence",
        [f"recovery point {name} holds {each}." for each in holds],
    )


@pytest.mark.parametrize("command", ["git reset --hard", "git clean -fd", "rm -rf *", "git checkout -f"])
def test_a_clean_tree_keeps_nothing(ask: Ask, repo: Path, command: str) -> None:
    assert held(ask(command)) == []
    assert [path.name for path in repo.glob(".claude/tractguard/recovery/*") if path.name != "lock"] == []
    assert git(repo, "for-each-ref", "refs/tractguard") == ""


def everything(repo: Path) -> tuple[str, ...]:
    """What making a point must not touch."""
    index = hashlib.sha256((repo / ".git/index").read_bytes()).hexdigest()
    status, stash = git(repo, "status", "--porcelain", "--", ".", ":!.claude"), git(repo, "stash", "list")
    return index, status, stash, git(repo, "rev-parse", "HEAD"), git(repo, "symbolic-ref", "HEAD"), git(repo, "reflog")


def test_making_a_point_touches_nothing_that_a_person_sees(ask: Ask, repo: Path) -> None:
    dirty(repo)
    git(repo, "status")
    before, files = everything(repo), sorted((repo / ".git").iterdir())
    id_of(ask("git reset --hard"))
    assert (everything(repo), sorted((repo / ".git").iterdir())) == (before, files)


def test_hooks_and_filters_of_the_repository_do_not_run(ask: Ask, repo: Path) -> None:
    dirty(repo)
    git(repo, "config", "filter.x.clean", "touch ran-filter; cat")
    (repo / ".gitattributes").write_text("new.txt filter=x\n")
    hook = repo / ".git/hooks/reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch ran-hook\n")
    hook.chmod(0o755)
    assert id_of(ask("git clean -fd")) != ""
    assert not {"ran-hook", "ran-filter"} & set(os.listdir(repo))


def test_an_ignored_secret_is_copied_and_never_becomes_a_git_object(ask: Ask, repo: Path) -> None:
    dirty(repo)
    point = point_of(ask("git clean -fdx"), repo)
    copy = repo / ".claude/tractguard/recovery" / point["id"] / point["copies"][0][3]
    assert (copy.read_text(), copy.stat().st_mode & 0o777) == ("SECRET=1\n", 0o600)
    name = git(repo, "hash-object", ".env")
    assert subprocess.run(["git", "cat-file", "-e", name], cwd=repo, capture_output=True).returncode == 1


def test_the_same_work_is_kept_once(ask: Ask, repo: Path) -> None:
    dirty(repo)
    assert id_of(ask("git reset --hard")) == id_of(ask("git reset --hard"))
    assert len(points(places_of(str(repo)))) == 1


@pytest.mark.parametrize(
    ("options", "made"),
    [
        pytest.param({"response": "deny"}, False, id="refused"),
        pytest.param({"response": "ask"}, True, id="asked"),
        pytest.param({"response": "ask", "headless": True}, False, id="nobody answers"),
        pytest.param({"response": "context"}, True, id="warned"),
    ],
)
def test_only_a_call_that_may_go_ahead_gets_a_point(ask: Ask, repo: Path, options: dict[str, Any], made: bool) -> None:
    dirty(repo)
    assert bool(id_of(ask("git reset --hard", **options))) is made


def test_a_corrected_call_is_kept_from_by_what_will_run(ask: Ask, repo: Path) -> None:
    dirty(repo)
    decision = ask("rm nothing-there", response="correct", updated="rm new.txt")
    assert held(decision) == [f"recovery point {id_of(decision)} holds 1 new file."]


def test_the_call_is_recorded_redacted(ask: Ask, repo: Path) -> None:
    dirty(repo)
    token = "ghp_" + "a1B2" * 9
    assert token not in json.dumps(point_of(ask(f"rm a.txt # {token}"), repo))


def test_with_metadata_only_no_command_is_kept(ask: Ask, repo: Path) -> None:
    dirty(repo)
    assert point_of(ask("rm a.txt", content="metadata"), repo)["call"] == "Bash"


LOADED = """
import json, os, sys, time
from tractguard.hook import answer
call = {"tool_name": "Bash", "tool_input": {"command": sys.argv[1]}, "cwd": os.getcwd(), "session_id": "s"}
answer(["claude-code", "PreToolUse"], json.dumps(call).encode(), os.environ, time.time(), 30.0)
print(*sorted(name[11:] for name in sys.modules if name.startswith("tractguard.recovery")))
"""


@pytest.mark.parametrize(
    ("command", "loaded"),
    [
        pytest.param("ls", [], id="looking"),
        pytest.param("git status && git commit -m x", [], id="git that keeps"),
        pytest.param("pytest -q", [], id="a program"),
        pytest.param("echo x > fresh.txt", ["recovery_risk"], id="a file that is not there"),
        pytest.param("git reset --hard", ["recovery_risk"], id="a clean tree"),
    ],
)
def test_a_call_that_risks_nothing_loads_nothing(repo: Path, command: str, loaded: list[str]) -> None:
    sh(repo, "mkdir -p .claude/tractguard && echo '*' > .claude/tractguard/.gitignore")
    done = subprocess.run([sys.executable, "-c", LOADED, command], cwd=repo, capture_output=True, text=True, check=True)
    assert done.stdout.split() == loaded


# --- what is not kept ------------------------------------------------------------------------------------------------


def test_a_large_file_is_named_not_kept(ask: Ask, repo: Path) -> None:
    dirty(repo)
    (repo / "large.bin").write_bytes(b"x" * 3000)
    told: list[str] = []
    point = point_of(ask("git clean -fd", told=told, file_kb=2), repo)
    said = "1 file too large or too many (2 kB, such as large.bin)"
    assert (point["not_covered"], told) == ([said], [f"tractguard: no recovery point covers {said}."])


def test_a_file_that_was_not_kept_is_not_brought_back_from_git(ask: Ask, repo: Path) -> None:
    dirty(repo)
    (repo / "b.txt").write_bytes(b"large and mine\n" * 200)
    decision = ask("git clean -fd", file_kb=2)
    sh(repo, "git clean -fd -e .claude")
    undo(decision, repo)
    assert ((repo / "b.txt").stat().st_size, (repo / "new.txt").read_text()) == (3000, "new\n")


def test_a_large_build_folder_that_git_does_not_ignore_is_named(ask: Ask, repo: Path) -> None:
    told: list[str] = []
    (repo / "dist").mkdir()
    for number in range(250):
        (repo / "dist" / f"{number}.js").write_text("x")
    ask("rm -rf dist", told=told)
    assert ["250 files of build folders (dist, 0 kB), which are made again" in each for each in told] == [True]


def test_what_does_not_fit_outside_git_is_named(ask: Ask, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    (folder / ".claude/tractguard").mkdir(parents=True)
    (folder / "notes").mkdir()
    for number in range(3):
        (folder / "notes" / f"{number}.md").write_text("a note\n")
    told: list[str] = []
    decision = ask("rm -rf notes", folder, told=told, copies=2)
    assert len(point_of(decision, folder)["copies"]) == 2
    assert told[0].startswith("tractguard: no recovery point covers 1 file outside git (0 kB, such as ")


def test_a_temporary_file_is_nobodys_only_copy(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "scratch.txt").write_text("scratch\n")
    assert held(ask(f"rm {tmp_path}/scratch.txt")) == []


def test_changes_inside_a_submodule_are_named(ask: Ask, repo: Path, tmp_path: Path) -> None:
    git(repo, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repo), "lib")
    git(repo, "commit", "-q", "-m", "lib")
    (repo / "lib/README.md").write_text("changed inside\n")
    (repo / "README.md").write_text("changed\n")
    told: list[str] = []
    decision = ask("git reset --hard", told=told)
    assert told == ["tractguard: no recovery point covers changes inside submodules (lib)."]
    assert point_of(decision, repo)["not_covered"] == ["changes inside submodules (lib)"]


def test_what_cannot_be_kept_in_time_is_asked_about(ask: Ask, repo: Path) -> None:
    dirty(repo)
    decision = ask("git reset --hard", time_ms=0)
    assert (decision.response, decision.verdict.status) == ("ask", "ESCALATED")
    assert "no recovery point could be made" in decision.to_assistant


def test_a_single_small_file_is_copied_where_git_does_not_answer(ask: Ask, repo: Path) -> None:
    dirty(repo)
    (repo / ".git/index").write_bytes(b"broken")
    decision = ask("rm new.txt")
    assert (decision.response, held(decision)) == (
        "silence",
        [f"recovery point {id_of(decision)} holds 1 copied file."],
    )


def test_a_checkout_that_git_cannot_read_is_asked_about(ask: Ask, repo: Path) -> None:
    dirty(repo)
    (repo / ".git/index").write_bytes(b"broken")
    assert ask("git reset --hard").response == "ask"


def test_the_repository_with_the_guard_in_it_is_asked_about(ask: Ask, repo: Path) -> None:
    dirty(repo)
    assert ask(f"rm -rf {repo}").response == "ask"


# --- bringing it back ------------------------------------------------------------------------------------------------


def test_a_reset_is_undone_with_its_index(ask: Ask, repo: Path) -> None:
    dirty(repo)
    before = git(repo, "status", "--porcelain"), git(repo, "ls-files", "-s")
    decision = ask("git reset --hard && git clean -fdx -e .claude")
    sh(repo, "git reset --hard && git clean -fdx -e .claude")
    undo(decision, repo)
    assert (repo / "a.txt").read_text() == "changed\n"
    assert (repo / "b.txt").read_text() == "changed after\n"
    assert (repo / "new.txt").read_text() == "new\n"
    assert (repo / ".env").read_text() == "SECRET=1\n"
    assert (git(repo, "status", "--porcelain", "--", ".", ":!.claude"), git(repo, "ls-files", "-s")) == before


def test_a_reset_in_a_subfolder_is_one_of_the_whole_checkout(ask: Ask, repo: Path) -> None:
    dirty(repo)
    (repo / "sub").mkdir()
    decision = ask("cd sub && git reset --hard")
    sh(repo, "cd sub && git reset --hard")
    undo(decision, repo)
    assert (repo / "a.txt").read_text() == "changed\n"


@pytest.mark.parametrize(
    ("setup", "command", "path"),
    [
        pytest.param("rm a.txt; mkdir a.txt; echo i > a.txt/i", "git reset --hard", "a.txt/i", id="a folder in its place"),
        pytest.param("git update-index --assume-unchanged a.txt; echo z > a.txt", "rm a.txt", "a.txt", id="assumed"),
        pytest.param("git update-index --skip-worktree a.txt; echo z > a.txt", "rm -f *.txt", "a.txt", id="skipped"),
        pytest.param("", 'for f in *.txt; do rm "$f"; done', "a.txt", id="a loop"),
        pytest.param("", "ls *.txt | xargs rm", "a.txt", id="names from a pipe"),
        pytest.param("", "python3 -c \"import shutil; shutil.rmtree('sub')\"", "sub/new.txt", id="a program"),
        pytest.param("tar cf x.tar a.txt; echo later > a.txt", "tar xf x.tar", "a.txt", id="unpacked over"),
        pytest.param("mkdir o", "rsync -a --delete o/ sub/", "sub/new.txt", id="mirrored"),
    ],
)  # fmt: skip
def test_less_usual_ways_to_lose_work(ask: Ask, repo: Path, setup: str, command: str, path: str) -> None:
    dirty(repo)
    (repo / "sub").mkdir()
    (repo / "sub/new.txt").write_text("new\n")
    sh(repo, setup)
    before = (repo / path).read_bytes()
    decision = ask(command)
    assert id_of(decision) != ""
    sh(repo, command)
    undo(decision, repo)
    assert (repo / path).read_bytes() == before


def test_one_path_is_brought_back(ask: Ask, repo: Path) -> None:
    dirty(repo)
    decision = ask("git reset --hard")
    sh(repo, "git reset --hard")
    done = undo(decision, repo, "a.txt")
    assert ((repo / "a.txt").read_text(), (repo / "b.txt").read_text()) == ("changed\n", "committed\n")
    assert done.written == (str(repo / "a.txt"),)


def test_links_permissions_and_odd_names_come_back(ask: Ask, repo: Path) -> None:
    odd = ['quo"te', "new\nline", "-dash", "tab\there", "ü", "back\\slash"]
    for name in odd:
        (repo / name).write_text(f"{name} here\r\n")
    (repo / "link").symlink_to("nowhere/at all")
    (repo / "script").write_text("#!/bin/sh\n")
    (repo / "script").chmod(0o755)
    (repo / "secret").write_text("mine\n")
    (repo / "secret").chmod(0o600)
    raw = os.fsdecode(b"\xff raw")
    (repo / raw).write_bytes(b"\x00\xff")
    decision = ask("git clean -fd")
    sh(repo, "git clean -fd -e .claude")
    assert not (repo / "link").is_symlink()
    undo(decision, repo)
    assert [(repo / name).read_bytes().decode() for name in odd] == [f"{name} here\r\n" for name in odd]
    assert os.readlink(repo / "link") == "nowhere/at all"
    assert [(repo / name).stat().st_mode & 0o777 for name in ("script", "secret")] == [0o755, 0o600]
    assert (repo / raw).read_bytes() == b"\x00\xff"


def test_files_made_since_are_kept_and_newer_work_can_be_had_again(ask: Ask, repo: Path) -> None:
    dirty(repo)
    decision = ask("git reset --hard")
    sh(repo, "git reset --hard")
    (repo / "a.txt").write_text("newer work\n")
    (repo / "since.txt").write_text("since\n")
    done = undo(decision, repo)
    assert ((repo / "a.txt").read_text(), (repo / "since.txt").read_text()) == ("changed\n", "since\n")
    again = load(places_of(str(repo)), done.point)
    assert again is not None
    restore(again, (), places_of(str(repo)), time.time())
    assert (repo / "a.txt").read_text() == "newer work\n"


def test_what_stands_in_the_way_is_moved_aside(ask: Ask, repo: Path) -> None:
    (repo / "src").mkdir()
    (repo / "src/x.py").write_text("x\n")
    (repo / "plain").write_text("a file\n")
    decision = ask("git clean -fd")
    sh(repo, "rm -rf src plain; echo other > src; mkdir plain; echo inner > plain/inner")
    done = undo(decision, repo)
    assert ((repo / "src/x.py").read_text(), (repo / "plain").read_text()) == ("x\n", "a file\n")
    aside = {os.path.basename(old): Path(new) for old, new in done.aside}
    assert (aside["src"].read_text(), (aside["plain"] / "inner").read_text()) == ("other\n", "inner\n")


def test_nothing_is_written_through_a_link(ask: Ask, repo: Path, tmp_path: Path) -> None:
    (repo / "src").mkdir()
    (repo / "src/x.py").write_text("x\n")
    decision = ask("git clean -fd")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    sh(repo, f"rm -rf src; ln -s {elsewhere} src")
    undo(decision, repo)
    assert (os.listdir(elsewhere), (repo / "src/x.py").read_text()) == ([], "x\n")


def test_line_ends_come_back_byte_for_byte(ask: Ask, repo: Path) -> None:
    (repo / ".gitattributes").write_text("* text=auto\n")
    (repo / "mixed.txt").write_bytes(b"one\r\ntwo\n")
    decision = ask("git clean -fd")
    sh(repo, "git clean -fd -e .claude")
    undo(decision, repo)
    assert (repo / "mixed.txt").read_bytes() == b"one\r\ntwo\n"


def test_the_same_undo_twice_changes_nothing_the_second_time(ask: Ask, repo: Path) -> None:
    dirty(repo)
    decision = ask("git reset --hard")
    sh(repo, "git reset --hard")
    undo(decision, repo)
    assert undo(decision, repo)[:5] == ("", 5, (), (), ())


def test_a_history_is_not_brought_back_unasked(ask: Ask, repo: Path) -> None:
    dirty(repo)
    history = repo / ".claude/instruction-history.json"
    history.parent.mkdir(exist_ok=True)
    history.write_text("older")
    decision = ask("git reset --hard && git clean -fd")
    history.write_text("newer, with one instruction more")
    done = undo(decision, repo)
    assert (history.read_text(), len(done.said)) == ("newer, with one instruction more", 1)
    undo(decision, repo, ".claude/instruction-history.json")
    assert history.read_text() == "older"


def test_commits_that_a_reset_took_off_the_branch_are_named(ask: Ask, repo: Path) -> None:
    dirty(repo)
    head = git(repo, "rev-parse", "HEAD")
    decision = ask("git reset --hard HEAD~1")
    sh(repo, "git reset --hard HEAD~1")
    done = undo(decision, repo)
    back = f"git reset --soft {head[:12]}"
    assert done.said == (f"HEAD was at {head[:12]}: {back} brings its commits back to this branch.",)
    assert (repo / "a.txt").read_text() == "changed\n"


# --- refs and stashes ------------------------------------------------------------------------------------------------


def test_dropped_stashes_come_back(ask: Ask, repo: Path) -> None:
    dirty(repo)
    git(repo, "stash", "-m", "first")
    (repo / "a.txt").write_text("second\n")
    git(repo, "stash", "-m", "second")
    before = git(repo, "stash", "list")
    decision = ask("git stash clear")
    sh(repo, "git stash clear && git reflog expire --expire=now --all && git gc -q --prune=now")
    undo(decision, repo)
    assert git(repo, "stash", "list") == before
    assert git(repo, "show", "stash@{0}:a.txt") == "second"


def test_a_deleted_branch_comes_back(ask: Ask, repo: Path) -> None:
    sh(repo, "git checkout -q -b side && git commit -q --allow-empty -m only-here && git checkout -q main")
    sha = git(repo, "rev-parse", "side")
    decision = ask("git branch -D side")
    sh(repo, "git branch -D side && git reflog expire --expire=now --all && git gc -q --prune=now")
    assert undo(decision, repo).refs == ("refs/heads/side",)
    assert git(repo, "rev-parse", "side") == sha


def test_a_merged_branch_needs_no_point(ask: Ask, repo: Path) -> None:
    git(repo, "branch", "side")
    assert held(ask("git branch -D side")) == []


def test_a_branch_that_exists_again_is_left_alone(ask: Ask, repo: Path) -> None:
    sh(repo, "git checkout -q -b side && git commit -q --allow-empty -m only-here && git checkout -q main")
    old = git(repo, "rev-parse", "side")
    decision = ask("git branch -D side")
    sh(repo, "git branch -D side && git branch side")
    beside = f"refs/heads/side-recovery-{id_of(decision)}"
    assert undo(decision, repo).refs == (beside,)
    assert (git(repo, "rev-parse", "side"), git(repo, "rev-parse", beside)) == (git(repo, "rev-parse", "main"), old)


def test_commits_that_only_the_reflog_holds_survive_its_end(ask: Ask, repo: Path) -> None:
    sh(repo, "git commit -q --allow-empty -m gone && git reset -q --hard HEAD~1")
    sha = git(repo, "rev-parse", "HEAD@{1}")
    assert id_of(ask("git reflog expire --expire=now --all && git gc --prune=now")) != ""
    sh(repo, "git reflog expire --expire=now --all && git gc -q --prune=now")
    assert git(repo, "log", "-1", "--format=%s", sha) == "gone"


# --- kinds of repositories -------------------------------------------------------------------------------------------


def test_before_the_first_commit(ask: Ask, tmp_path: Path) -> None:
    folder = tmp_path / "unborn"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.txt").write_text("staged\n")
    git(folder, "add", "a.txt")
    (folder / "b.txt").write_text("new\n")
    decision = ask("rm -rf a.txt b.txt", folder)
    sh(folder, "rm -rf a.txt b.txt")
    undo(decision, folder)
    assert ((folder / "a.txt").read_text(), (folder / "b.txt").read_text()) == ("staged\n", "new\n")


def test_detached(ask: Ask, repo: Path) -> None:
    git(repo, "checkout", "-q", "--detach")
    (repo / "README.md").write_text("changed\n")
    decision = ask("git checkout -f")
    sh(repo, "git checkout -f")
    undo(decision, repo)
    assert (repo / "README.md").read_text() == "changed\n"


def test_a_merge_in_progress(ask: Ask, repo: Path) -> None:
    sh(repo, "git checkout -q -b side; echo side > README.md; git commit -qam side; git checkout -q main")
    sh(repo, "echo main > README.md; git commit -qam main; git merge side; echo resolved > README.md")
    decision = ask("git merge --abort")
    sh(repo, "git merge --abort")
    assert (repo / "README.md").read_text() == "main\n"
    undo(decision, repo)
    assert (repo / "README.md").read_text() == "resolved\n"


def test_a_linked_worktree_that_was_removed(ask: Ask, repo: Path, tmp_path: Path) -> None:
    tree = tmp_path / "linked"
    git(repo, "worktree", "add", "-q", "-b", "side", str(tree))
    (tree / "README.md").write_text("changed there\n")
    (tree / "new.txt").write_text("new there\n")
    decision = ask(f"git worktree remove --force {tree}")
    sh(repo, f"git worktree remove --force {tree}")
    assert not tree.exists()
    undo(decision, repo)
    assert ((tree / "README.md").read_text(), (tree / "new.txt").read_text()) == ("changed there\n", "new there\n")
    assert git(tree, "symbolic-ref", "--short", "HEAD") == "side"


def test_a_call_in_a_linked_worktree_uses_the_state_of_the_main_one(ask: Ask, repo: Path, tmp_path: Path) -> None:
    tree = tmp_path / "linked"
    git(repo, "worktree", "add", "-q", "-b", "side", str(tree))
    (tree / "README.md").write_text("changed there\n")
    decision = ask("git reset --hard", tree)
    sh(tree, "git reset --hard")
    undo(decision, repo)
    assert (tree / "README.md").read_text() == "changed there\n"


def test_a_bare_repository(ask: Ask, repo: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(repo), str(bare))
    sh(repo, "git commit -q --allow-empty -m only-here")
    git(repo, "push", "-q", str(bare), "main:side")
    decision = ask(f"git -C {bare} branch -D side")
    assert held(decision) == [f"recovery point {id_of(decision)} holds 1 ref."]


def test_a_folder_without_git(ask: Ask, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    (folder / ".claude/tractguard").mkdir(parents=True)
    (folder / "notes").mkdir()
    (folder / "notes/a.md").write_text("only copy\n")
    (folder / "notes/link").symlink_to("a.md")
    (folder / "notes/a.md").chmod(0o640)
    decision = ask("rm -rf notes", folder)
    sh(folder, "rm -rf notes")
    undo(decision, folder)
    note = folder / "notes/a.md"
    assert (note.read_text(), note.stat().st_mode & 0o777, os.readlink(folder / "notes/link")) == (
        "only copy\n", 0o640, "a.md",
    )  # fmt: skip


def test_a_repository_inside_that_goes_is_copied(ask: Ask, repo: Path) -> None:
    inner = repo / "vendor/inner"
    inner.mkdir(parents=True)
    git(inner, "init", "-q")
    git(inner, "commit", "-q", "--allow-empty", "-m", "inner")
    (inner / "only.txt").write_text("only here\n")
    decision = ask("rm -rf vendor")
    sh(repo, "rm -rf vendor")
    undo(decision, repo)
    assert (inner / "only.txt").read_text() == "only here\n"
    assert git(inner, "status", "--porcelain") == "?? only.txt"


def test_ignored_folders_are_kept_by_size(ask: Ask, repo: Path) -> None:
    dirty(repo)
    (repo / "private").mkdir()
    (repo / "private/notes.txt").write_text("mine\n")
    decision = ask("rm -rf private")
    sh(repo, "rm -rf private")
    undo(decision, repo)
    assert (repo / "private/notes.txt").read_text() == "mine\n"


# --- how long --------------------------------------------------------------------------------------------------------


def test_old_points_end_and_git_can_collect_them(ask: Ask, repo: Path) -> None:
    dirty(repo)
    decision = ask("git clean -fdx")
    name = git(repo, "hash-object", "new.txt")
    places = places_of(str(repo))
    assert prune(places, DEFAULTS, time.time() + 6 * 86_400) == []
    assert prune(places, DEFAULTS, time.time() + 8 * 86_400) == [id_of(decision)]
    assert (git(repo, "for-each-ref", "refs/tractguard"), points(places)) == ("", [])
    assert os.listdir(repo / ".claude/tractguard/recovery") == ["lock"]
    git(repo, "gc", "-q", "--prune=now")
    assert subprocess.run(["git", "cat-file", "-e", name], cwd=repo, capture_output=True).returncode == 1


def test_the_oldest_points_end_where_all_are_too_large(ask: Ask, repo: Path) -> None:
    first, second = "", ""
    (repo / "data").write_bytes(b"x" * 700_000)
    first = id_of(ask("rm data"))
    (repo / "data").write_bytes(b"y" * 700_000)
    second = id_of(ask("rm data"))
    policy = {**DEFAULTS, "recovery": {**DEFAULTS["recovery"], "keep_mb": 1}}
    assert prune(places_of(str(repo)), policy, time.time()) == [first]
    assert [each["id"] for each in points(places_of(str(repo)))] == [second]


def test_points_of_a_repository_that_is_gone_end_all_the_same(ask: Ask, repo: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(repo), str(other))
    (other / "README.md").write_text("changed\n")
    decision = ask(f"git -C {other} reset --hard")
    sh(tmp_path, "rm -rf other")
    assert prune(places_of(str(repo)), DEFAULTS, time.time() + 8 * 86_400) == [id_of(decision)]
