"""`init` and `uninstall`: what is written where, what stays as it was, and who may take it away."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

RULES = """# Rules

- Use pnpm, not npm.
- Never touch `migrations/`.
- MongoDB runs on port 27027.

The code is in `src/`.
"""


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` but git's own, the ledger and the compiled form."""
    skip = (".git", "ledger.db", "compiled.db")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files
        if not any(part.startswith(skip) and part != ".gitignore" for part in path.relative_to(folder).parts)
    }


def git_status(repo: Path, env: Mapping[str, str]) -> list[str]:
    done = subprocess.run(
        ["git", "status", "--short", "-uall"], cwd=repo, env=dict(env), capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def commit(repo: Path, env: Mapping[str, str], name: str, text: str) -> None:
    (repo / name).write_text(text, encoding="utf-8")
    for words in (("add", name), ("commit", "-q", "-m", "More")):
        subprocess.run(["git", *words], cwd=repo, env=dict(env), check=True, capture_output=True)


def in_terminal(arguments: list[str], cwd: Path, env: Mapping[str, str], typed: str) -> tuple[int, str]:
    """Run the command line in a terminal of its own and type something; its exit code and what was seen."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "tractguard", *arguments]
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, cwd=cwd, env={**env, "TERM": "dumb"}, start_new_session=True
    ) as process:
        os.close(slave)
        os.write(master, typed.encode())
        seen = b""
        while part := read_terminal(master):
            seen += part
        code = process.wait(timeout=60)
    os.close(master)
    return code, seen.decode("utf-8", "replace")


def read_terminal(master: int) -> bytes:
    """What came, nothing once the other side is closed."""
    try:
        return os.read(master, 65536)
    except OSError:
        return b""


def test_init_writes_these_files(tg: Run, repo: Path) -> None:
    assert tg("init", "--yes").returncode == 0
    assert sorted(everything(repo)) == [
        ".claude/settings.local.json",
        ".claude/tractguard.toml",
        ".claude/tractguard/.gitignore",
        ".claude/tractguard/installed.json",
        ".claude/tractguard/lock",
        "README.md",
    ]


def test_init_leaves_git_clean_but_for_the_history(tg: Run, repo: Path, home: dict[str, str]) -> None:
    commit(repo, home, "CLAUDE.md", RULES)
    tg("init", "--yes")
    assert git_status(repo, home) == ["?? .claude/instruction-history.json"]


def test_init_twice_changes_nothing(tg: Run, repo: Path, home: dict[str, str]) -> None:
    commit(repo, home, "CLAUDE.md", RULES)
    tg("init", "--yes")
    before = everything(repo)
    assert tg("init", "--yes").returncode == 0
    assert everything(repo) == before


def test_init_shows_what_each_imported_line_comes_to(tg: Run, repo: Path, home: dict[str, str]) -> None:
    commit(repo, home, "CLAUDE.md", RULES)
    rows = [line.split() for line in tg("init", "--yes").stdout.splitlines() if "CLAUDE.md:" in line]
    assert [row[:2] for row in rows] == [
        ["CLAUDE.md:3", "enforced"],
        ["CLAUDE.md:4", "enforced"],
        ["CLAUDE.md:5", "enforced"],
        ["CLAUDE.md:7", "not"],
    ]


def test_init_says_what_could_not_be_read_and_keeps_nothing_of_it(tg: Run, repo: Path) -> None:
    (repo / "CLAUDE.md").write_bytes(b"- Never push to main.\n- Never use \xff.\n")
    (repo / "AGENTS.md").write_text("- Use pnpm, not npm.\n- \u202eniam ot hsup reveN\n")
    said = tg("init", "--yes").stdout
    kept = json.loads((repo / ".claude" / "instruction-history.json").read_text())["instructions"]
    assert [record["text"] for record in kept] == ["Use pnpm, not npm."]
    assert [line.split(" ", 2)[2] for line in said.splitlines() if line.startswith("! ")] == [
        "is not UTF-8 (byte 34) and was not read: save it as UTF-8",
        "has characters that hide or reorder words: only what can be seen was read",
    ]


def test_the_file_of_a_subfolder_holds_there(tg: Run, repo: Path, home: dict[str, str]) -> None:
    (repo / "backend").mkdir()
    commit(repo, home, "backend/CLAUDE.md", "- Never use `sudo`.\n- Keep functions small.\n")
    tg("init", "--yes")
    kept = json.loads((repo / ".claude" / "instruction-history.json").read_text())["instructions"]
    assert [(record["text"], record["scope"], record["origin"]) for record in kept] == [
        ("Never use `sudo`.", ["backend/"], "backend/CLAUDE.md"),
        ("Keep functions small.", ["backend/"], "backend/CLAUDE.md"),
    ]


def test_titles_are_only_counted(tg: Run, repo: Path, home: dict[str, str]) -> None:
    commit(repo, home, "CLAUDE.md", f"{RULES}\nMore\n====\n")
    last = [line for line in tg("init", "--yes").stdout.splitlines() if line.startswith("3 enforced")]
    assert last == ["3 enforced, 0 reminded, 1 not an instruction, 2 titles"]


def test_init_as_data(tg: Run, repo: Path, home: dict[str, str]) -> None:
    commit(repo, home, "CLAUDE.md", RULES)
    found = json.loads(tg("init", "--yes", "--json").stdout)
    assert {key: found[key] for key in ("root", "layer", "mode", "guarded", "why", "subfolders", "doubled")} == {
        "root": str(repo),
        "layer": "local",
        "mode": "enforce",
        "guarded": True,
        "why": "",
        "subfolders": False,
        "doubled": [],
    }
    assert found["written"][-1] == {
        "path": str(repo / ".claude" / "instruction-history.json"),
        "what": "3 instructions added",
    }
    outcomes = [(each["line"], each["outcome"]) for each in found["imported"] if each["outcome"] == "enforced"]
    assert outcomes == [(3, "enforced"), (4, "enforced"), (5, "enforced")]


def test_init_says_that_hooks_are_switched_off_and_where(tg: Run, repo: Path) -> None:
    settings = repo / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"disableAllHooks": true}', encoding="utf-8")
    done = tg("init", "--yes")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        1,
        f"Not guarded: hooks are switched off in {settings}: take disableAllHooks (or allowManagedHooksOnly) out there",
    )
    assert json.loads(tg("init", "--yes", "--json").stdout)["guarded"] is False


def test_init_in_shadow_mode_promises_nothing(tg: Run, repo: Path) -> None:
    said = tg("init", "--yes", "--mode", "shadow").stdout.splitlines()[-1]
    assert said == (
        f"Watched. The next session is watched, nothing is stopped (sessions started in {repo}). "
        "Look at it with 'tractguard status'."
    )


def test_two_layers_name_the_way_out(tg: Run) -> None:
    tg("init", "--yes")
    said = tg("init", "--yes", "--shared").stdout
    assert "'tractguard uninstall' takes them all out, and one 'tractguard init' puts one back" in said
    tg("uninstall", "--yes")
    assert "in two layers" not in tg("init", "--yes").stdout


def test_what_was_imported_is_in_force(tg: Run, repo: Path, home: dict[str, str]) -> None:
    commit(repo, home, "CLAUDE.md", RULES)
    tg("init", "--yes")
    call = json.dumps({"file_path": str(repo / "migrations" / "2.sql"), "content": "x"})
    found = json.loads(tg("check", "--tool", "Write", "--input", call, "--json").stdout)
    assert (found["status"], found["instruction_violated"]) == ("REJECTED", "inst_002")


def test_a_retired_line_is_not_imported_again(tg: Run, repo: Path, home: dict[str, str]) -> None:
    commit(repo, home, "CLAUDE.md", RULES)
    tg("init", "--yes")
    tg("instructions", "retire", "inst_001", "--yes")
    tg("instructions", "import")
    assert json.loads(tg("status", "--json").stdout)["instructions"]["active"] == 2


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ((), "repo/.claude/settings.local.json"),
        (("--shared",), "repo/.claude/settings.json"),
        (("--user",), "home/.claude/settings.json"),
    ],
)
def test_each_layer_has_its_file(tg: Run, tmp_path: Path, repo: Path, options: tuple[str, ...], settings: str) -> None:
    tg("init", "--yes", *options)
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("settings*.json"))] == [settings]


def test_private_keeps_the_history_out_of_git(tg: Run, repo: Path, home: dict[str, str]) -> None:
    commit(repo, home, "CLAUDE.md", RULES)
    tg("init", "--yes", "--private")
    assert git_status(repo, home) == []
    assert json.loads(tg("status", "--json").stdout)["instructions"]["active"] == 3


def test_shadow_mode_is_written_into_the_policy(tg: Run) -> None:
    tg("init", "--yes", "--mode", "shadow")
    assert json.loads(tg("status", "--json").stdout)["mode"] == "shadow"


def test_init_changes_the_mode_of_a_policy_that_is_there(tg: Run, repo: Path) -> None:
    tg("init", "--yes", "--mode", "shadow")
    policy = repo / ".claude" / "tractguard.toml"
    policy.write_text(policy.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    tg("init", "--yes", "--mode", "enforce")
    assert json.loads(tg("status", "--json").stdout)["mode"] == "enforce"
    assert policy.read_text(encoding="utf-8").endswith("# mine\n")


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        (("init", "--yes", "--host", "codex"), {}, 'unknown host "codex"; tractguard knows: claude-code'),
        (("init", "--yes", "--shared", "--user"), {}, "exclude each other"),
        (("init",), {}, "say --yes where there is no terminal"),
        (("init", "--yes", "--mode", "shadow"), {"CLAUDECODE": "1"}, "started inside a coding session"),
        (("uninstall",), {}, "needs a person: run it in a terminal, or say --yes"),
        (("uninstall", "--yes"), {"CLAUDECODE": "1"}, "started inside a coding session"),
        (("uninstall", "--yes"), {"CLAUDE_CODE_SESSION_ID": "x"}, "started inside a coding session"),
        (("uninstall", "--purge", "--yes"), {}, "asks in a terminal: run it there"),
    ],
)
def test_refused_with_a_sentence(tg: Run, arguments: tuple[str, ...], env: dict[str, str], said: str) -> None:
    done = tg(*arguments, env=env)
    assert (done.returncode, said in done.stderr) == (2, True)


def test_a_session_that_hides_its_marks_is_still_one(tg: Run, repo: Path, home: dict[str, str]) -> None:
    tg("init", "--yes")
    event = {"session_id": "abc", "cwd": str(repo), "hook_event_name": "SessionStart", "source": "startup"}
    tg("hook", "claude-code", "SessionStart", stdin=json.dumps(event), env={"CLAUDE_PROJECT_DIR": str(repo)})
    hidden = f"env -u CLAUDECODE -u CLAUDE_CODE_SESSION_ID {sys.executable} -m tractguard uninstall --yes; exit $?"
    done = subprocess.run(
        ["/bin/sh", "-c", hidden],
        cwd=repo,
        env={**home, "CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "abc"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, "started inside a coding session" in done.stderr) == (2, True)


def test_not_in_our_own_checkout_without_here(tg: Run, repo: Path) -> None:
    (repo / "pyproject.toml").write_text('[project]\nname = "tractguard"\n', encoding="utf-8")
    assert tg("init", "--yes").returncode == 2
    assert not (repo / ".claude").exists()
    assert tg("init", "--yes", "--here").returncode == 0


def test_broken_settings_stop_init_and_stay_as_they_are(tg: Run, repo: Path) -> None:
    settings = repo / ".claude" / "settings.local.json"
    settings.parent.mkdir()
    settings.write_text("{,}", encoding="utf-8")
    done = tg("init", "--yes")
    assert (done.returncode, settings.read_text(encoding="utf-8")) == (1, "{,}")


def test_uninstall_gives_the_settings_back_byte_for_byte(tg: Run, repo: Path) -> None:
    settings = repo / ".claude" / "settings.local.json"
    settings.parent.mkdir()
    mine = b'{\n\t"model": "opus",   "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "true"}]}]}\n}\n'
    settings.write_bytes(mine)
    tg("init", "--yes")
    assert settings.read_bytes() != mine
    assert tg("uninstall", "--yes").returncode == 0
    assert settings.read_bytes() == mine


def test_uninstall_keeps_history_policy_and_ledger(tg: Run, repo: Path, home: dict[str, str]) -> None:
    commit(repo, home, "CLAUDE.md", RULES)
    tg("init", "--yes")
    tg("uninstall", "--yes")
    kept = sorted(path.name for path in (repo / ".claude").iterdir())
    assert kept == ["instruction-history.json", "tractguard", "tractguard.toml"]
    assert (repo / ".claude" / "tractguard" / "ledger.db").exists()


@pytest.mark.parametrize(("typed", "code", "left"), [("y\n", 0, []), ("n\n", 1, ["tractguard"])])
def test_a_purge_asks_in_a_terminal(
    tg: Run, repo: Path, home: dict[str, str], typed: str, code: int, left: list[str]
) -> None:
    tg("init", "--yes")
    assert in_terminal(["uninstall", "--purge"], repo, home, typed)[0] == code
    names = [path.name for path in (repo / ".claude").iterdir()] if (repo / ".claude").exists() else []
    assert [name for name in names if name == "tractguard"] == left


def test_init_asks_in_a_terminal(repo: Path, home: dict[str, str]) -> None:
    code, seen = in_terminal(["init"], repo, home, "n\n")
    assert (code, "Guard " in seen, (repo / ".claude").exists()) == (1, True, False)


def test_a_path_with_spaces(tg: Run, tmp_path: Path, home: dict[str, str]) -> None:
    folder = tmp_path / "my shop, really"
    subprocess.run(["git", "init", "-q", str(folder)], env=home, check=True)
    tg("init", "--yes", cwd=folder)
    assert json.loads(tg("doctor", "--json", cwd=folder).stdout)["ok"] is True


def test_a_worktree_shares_the_ledger(tg: Run, tmp_path: Path, repo: Path, home: dict[str, str]) -> None:
    side = tmp_path / "side"
    subprocess.run(["git", "worktree", "add", "-q", str(side)], cwd=repo, env=home, check=True, capture_output=True)
    tg("init", "--yes", cwd=side)
    found = json.loads(tg("status", "--json", cwd=side).stdout)
    assert (found["root"], found["ledger"]["path"]) == (str(side), str(repo / ".claude/tractguard/ledger.db"))
    assert found["hooks"]["guarded"] is True


def test_a_subfolder_is_not_guarded_and_status_says_so(tg: Run, repo: Path) -> None:
    tg("init", "--yes")
    (repo / "src").mkdir()
    hooks = json.loads(tg("status", "--json", cwd=repo / "src").stdout)["hooks"]
    assert (hooks["guarded"], "run 'tractguard init --user'" in hooks["why"]) == (False, True)


def test_the_person_s_own_layer_guards_subfolders(tg: Run, repo: Path) -> None:
    tg("init", "--yes", "--user")
    (repo / "src").mkdir()
    assert json.loads(tg("status", "--json", cwd=repo / "src").stdout)["hooks"]["guarded"] is True


@pytest.fixture
def elsewhere(tg: Run, tmp_path: Path, home: dict[str, str]) -> Path:
    """Another repository."""
    folder = tmp_path / "elsewhere"
    subprocess.run(["git", "init", "-q", str(folder)], env=home, check=True)
    return folder


def test_uninstall_leaves_the_person_s_hooks_that_came_from_elsewhere(
    tg: Run, repo: Path, elsewhere: Path, home: dict[str, str]
) -> None:
    settings = Path(home["CLAUDE_CONFIG_DIR"]) / "settings.json"
    tg("init", "--yes", "--user", cwd=elsewhere)
    tg("init", "--yes")
    done = tg("uninstall", "--yes")
    said = f"! the hooks in {settings} stay, they guard every folder: 'tractguard uninstall --user' removes them"
    assert (done.returncode, done.stdout.splitlines()[-1], settings.exists()) == (0, said, True)
    assert not (repo / ".claude" / "settings.local.json").exists()


def test_uninstall_takes_the_person_s_hooks_out_where_they_came_from(
    tg: Run, repo: Path, elsewhere: Path, home: dict[str, str]
) -> None:
    settings = Path(home["CLAUDE_CONFIG_DIR"]) / "settings.json"
    tg("init", "--yes", "--user", cwd=elsewhere)
    assert (tg("uninstall", "--yes", cwd=elsewhere).returncode, settings.exists()) == (0, False)


def test_uninstall_user_takes_them_out_anywhere(tg: Run, repo: Path, elsewhere: Path, home: dict[str, str]) -> None:
    settings = Path(home["CLAUDE_CONFIG_DIR"]) / "settings.json"
    tg("init", "--yes", "--user", cwd=elsewhere)
    assert (tg("uninstall", "--yes", "--user").returncode, settings.exists()) == (0, False)


@pytest.fixture
def side(tmp_path: Path, repo: Path, home: dict[str, str]) -> Path:
    """A linked worktree of the repository."""
    folder = tmp_path / "side"
    subprocess.run(["git", "worktree", "add", "-q", str(folder)], cwd=repo, env=home, check=True, capture_output=True)
    return folder


def policy_hash(tg: Run, folder: Path) -> str:
    return str(json.loads(tg("status", "--json", cwd=folder).stdout)["policy_hash"])


def test_a_worktree_without_a_policy_uses_the_main_one(tg: Run, repo: Path, side: Path) -> None:
    tg("init", "--yes")
    (repo / ".claude" / "tractguard.toml").write_text('on_failure = "deny"\n', encoding="utf-8")
    assert tg("init", "--yes", cwd=side).returncode == 0
    assert (side / ".claude" / "tractguard.toml").exists() is False
    assert policy_hash(tg, side) == policy_hash(tg, repo)
    found = json.loads(tg("policy", "show", "--json", cwd=side).stdout)
    assert found["policy"]["on_failure"] == "deny"


def test_a_worktree_gets_a_policy_of_its_own_for_what_is_to_be_otherwise(tg: Run, repo: Path, side: Path) -> None:
    tg("init", "--yes")
    tg("init", "--yes", "--mode", "shadow", cwd=side)
    modes = [json.loads(tg("status", "--json", cwd=folder).stdout)["mode"] for folder in (repo, side)]
    assert modes == ["enforce", "shadow"]


def test_a_policy_that_comes_to_a_worktree_later_is_noticed(tg: Run, repo: Path, side: Path) -> None:
    tg("init", "--yes")
    (side / ".claude").mkdir(exist_ok=True)
    event = json.dumps({"session_id": "s", "cwd": str(side), "hook_event_name": "Stop"})

    def hash_in_force() -> str:
        tg("hook", "claude-code", "Stop", stdin=event, cwd=side, env={"CLAUDE_PROJECT_DIR": str(side)})
        return str(json.loads(tg("log", "--json", "--limit", "1").stdout)["policy_hash"])

    assert hash_in_force() == policy_hash(tg, repo)
    (side / ".claude" / "tractguard.toml").write_text('verbosity = "debug"\n', encoding="utf-8")
    assert hash_in_force() == policy_hash(tg, side)
    assert policy_hash(tg, side) != policy_hash(tg, repo)
