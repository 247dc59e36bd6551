"""The installed hook command, run as the host runs it: a process of its own, a payload on stdin, an answer on stdout.

What is asked of it here: the right reply where all is well, and one clear sentence and no silent pass where not.
"""

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import trust
from tractguard.hosts.claude_code_install import install
from tractguard.ledger import Ledger

Environ = dict[str, str]


class Reply(NamedTuple):
    """What the host would see."""

    out: dict[str, Any]
    err: str
    code: int

    @property
    def decision(self) -> str:
        """deny, ask, correct, context, notice or silence."""
        said = self.out.get("hookSpecificOutput", {})
        if "permissionDecision" in said:
            return str(said["permissionDecision"])
        if "updatedInput" in said:
            return "correct"
        if "additionalContext" in said:
            return "context"
        return "notice" if "systemMessage" in self.out else "silence"


Hook = Callable[..., Reply]


@pytest.fixture
def hook(repo: Path, home: Environ) -> Hook:
    """Install into the scratch repository and give a way to call what was installed there."""
    install(str(repo), "local", home)

    def call(
        event: str,
        payload: Any = None,
        *,
        raw: bytes | None = None,
        headless: bool = False,
        before: str = "",
        **fields: Any,
    ) -> Reply:
        settings = json.loads((repo / ".claude" / "settings.local.json").read_text())
        command = settings["hooks"][event][0]["hooks"][0]["command"]
        body = {"session_id": "s1", "cwd": str(repo), "hook_event_name": event, **(payload or {}), **fields}
        environ = {**home, "CLAUDE_PROJECT_DIR": str(repo)}
        environ["CLAUDE_CODE_ENTRYPOINT"] = "sdk-cli" if headless else "cli"
        done = subprocess.run(
            ["/bin/sh", "-c", before + command],
            input=json.dumps(body).encode() if raw is None else raw,
            capture_output=True,
            env=environ,
            cwd=repo,
            timeout=60,
        )
        return Reply(json.loads(done.stdout or b"{}"), done.stderr.decode(), done.returncode)

    return call


def bash(command: str, **more: Any) -> dict[str, Any]:
    return {"tool_name": "Bash", "tool_input": {"command": command, **more}, "tool_use_id": f"t-{abs(hash(command))}"}


def say(hook: Hook, prompt: str) -> Reply:
    return hook("UserPromptSubmit", prompt=prompt)


def records(repo: Path) -> list[dict[str, Any]]:
    with Ledger.open(str(repo / ".claude/tractguard/ledger.db"), create=False) as ledger:
        assert list(ledger.verify()) == []
        return [entry.json() for entry in ledger.entries()]


# --- the smallest complete session ---------------------------------------------------------------------------------


def test_what_was_said_once_holds(hook: Hook, repo: Path) -> None:
    heard = say(hook, "MongoDB runs on port 27027")
    assert heard.decision == "notice"
    assert "27027" in heard.out["systemMessage"]
    fine = hook("PreToolUse", bash("mongosh --port 27027"))
    assert fine == Reply({}, "", 0)
    wrong = hook("PreToolUse", bash("mongosh --port 27017 --quiet", description="look"))
    assert wrong.out["hookSpecificOutput"]["updatedInput"] == {
        "command": "mongosh --port 27027 --quiet",
        "description": "look",
    }
    assert "27017" in wrong.out["hookSpecificOutput"]["additionalContext"]
    assert "permissionDecision" not in wrong.out["hookSpecificOutput"]
    assert [(each["kind"], each["status"], each.get("response")) for each in records(repo)] == [
        ("prompt", "APPROVED", "silence"),
        ("pre_tool", "APPROVED", "silence"),
        ("pre_tool", "REJECTED", "correct"),
    ]


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(bash("sed -i s/a/b/ migrations/0001.py"), id="sed"),
        pytest.param(bash("echo x > migrations/0001.py"), id="redirect"),
        pytest.param(
            {"tool_name": "Write", "tool_input": {"file_path": "migrations/0001.py", "content": "x"}}, id="write"
        ),
    ],
)
def test_a_protected_path_is_refused_by_every_route(hook: Hook, call: dict[str, Any]) -> None:
    say(hook, "Never touch migrations/")
    refused = hook("PreToolUse", call)
    assert refused.decision == "deny"
    assert "migrations/" in refused.out["hookSpecificOutput"]["permissionDecisionReason"]


def test_a_link_is_no_way_round(hook: Hook, repo: Path, tmp_path: Path) -> None:
    say(hook, "Never touch migrations/")
    (repo / "migrations").mkdir()
    (repo / "mig").symlink_to("migrations")
    (tmp_path / "elsewhere").symlink_to(repo)
    for path in (repo / "mig/0001.py", tmp_path / "elsewhere/migrations/0001.py"):
        call = {"tool_name": "Write", "tool_input": {"file_path": str(path), "content": "x"}}
        assert hook("PreToolUse", call).decision == "deny"
        assert hook("PreToolUse", bash(f"touch {path}")).decision == "deny"


def test_reading_a_protected_path_is_fine(hook: Hook) -> None:
    say(hook, "Never touch migrations/")
    assert hook("PreToolUse", bash("cat migrations/0001.py && grep -rn x migrations/")).decision == "silence"


def test_an_instruction_holds_in_a_subagent_and_in_another_session(hook: Hook) -> None:
    say(hook, "Never touch migrations/")
    call = bash("rm migrations/0001.py")
    assert hook("PreToolUse", call, agent_id="a1", agent_type="general-purpose").decision == "deny"
    assert hook("PreToolUse", call, session_id="s2").decision == "deny"


def test_a_newer_instruction_replaces_the_older_and_the_person_is_told(hook: Hook, repo: Path) -> None:
    say(hook, "MongoDB runs on port 27027")
    assert "inst_001" in say(hook, "MongoDB runs on port 27028 now").out["systemMessage"]
    history = json.loads((repo / ".claude/instruction-history.json").read_text())["instructions"]
    assert [(each["active"], each["superseded_by"]) for each in history] == [(False, "inst_002"), (True, None)]
    assert hook("PreToolUse", bash("mongosh --port 27027")).decision == "correct"


def test_a_call_that_ran_otherwise_than_decided_is_named(hook: Hook) -> None:
    call = bash("ls")
    assert hook("PreToolUse", call).decision == "silence"
    assert hook("PostToolUse", call).decision == "silence"
    changed = hook("PostToolUse", {**call, "tool_input": {"command": "rm x"}})
    assert "TG902" in changed.out["systemMessage"]


def test_a_refused_call_that_ran_all_the_same_is_named(hook: Hook) -> None:
    say(hook, "Never touch migrations/")
    call = bash("rm migrations/0001.py")
    assert hook("PreToolUse", call).decision == "deny"
    assert "TG901" in hook("PostToolUse", call).out["systemMessage"]


def test_a_corrected_call_that_ran_corrected_is_in_order(hook: Hook) -> None:
    say(hook, "MongoDB runs on port 27027")
    call = bash("mongosh --port 27017")
    hook("PreToolUse", call)
    assert hook("PostToolUse", {**call, "tool_input": {"command": "mongosh --port 27027"}}).decision == "silence"


def test_a_secret_reaches_neither_ledger_nor_history(hook: Hook, repo: Path) -> None:
    secret = "sk_" + "live_abcdefgh12345678"
    say(hook, f"Always use the key {secret} for staging")
    hook("PreToolUse", bash(f"curl -H 'X-Key: {secret}' http://localhost:8000/"))
    stored = b"".join(path.read_bytes() for path in (repo / ".claude").rglob("*") if path.is_file())
    assert secret.encode() not in stored


def test_unknown_fields_and_events_pass_quietly_and_are_recorded(hook: Hook, repo: Path) -> None:
    assert hook("PreToolUse", bash("ls"), brand_new={"a": 1}).decision == "silence"
    assert hook("PostToolBatch", tool_calls=[]).decision == "silence"
    assert records(repo)[0]["extra"] == {"brand_new": {"a": 1}}


def test_shadow_mode_stops_nothing_and_records_what_it_would(hook: Hook, repo: Path, home: Environ) -> None:
    (repo / ".claude/tractguard.toml").write_text('mode = "shadow"\n')
    trust(repo, home)
    say(hook, "Never touch migrations/")
    assert hook("PreToolUse", bash("rm migrations/0001.py")).decision == "silence"
    assert records(repo)[-1]["status"] == "REJECTED"


def test_a_step_that_must_come_first_is_judged_from_the_ledger(hook: Hook, repo: Path) -> None:
    say(hook, "You must always run `make check` before committing.")
    write = {
        "tool_name": "Write",
        "tool_input": {"file_path": f"{repo}/a.py", "content": "x = 1\n"},
        "tool_use_id": "w1",
    }
    hook("PreToolUse", write)
    hook("PostToolUse", write)
    commit = bash("git commit -am 'add a'")
    first = hook("PreToolUse", commit)
    assert first.out["hookSpecificOutput"]["updatedInput"] == {"command": "make check && git commit -am 'add a'"}
    check = bash("make check")
    hook("PreToolUse", check)
    hook("PostToolUse", check)
    assert hook("PreToolUse", commit).decision == "silence"
    again = {**write, "tool_use_id": "w2"}
    hook("PreToolUse", again)
    hook("PostToolUse", again)
    assert hook("PreToolUse", commit).decision == "correct"


def test_work_that_exists_only_here_is_not_thrown_away_unasked(hook: Hook, repo: Path) -> None:
    assert hook("PreToolUse", bash("git reset --hard")).decision == "silence"
    (repo / "README.md").write_text("an hour of work\n")
    asked = hook("PreToolUse", bash("git reset --hard HEAD"))
    assert (asked.decision, "1 " in asked.out["systemMessage"]) == ("ask", True)


@pytest.mark.parametrize(
    ("first", "later", "call"),
    [
        pytest.param(
            "MongoDB runs on port 27027", "the replica in the lab is at 27028", "mongosh --port 27028", id="value"
        ),
        pytest.param("Use pnpm, not npm", "what happens if I run npm here", "npm install zod", id="tool"),
        pytest.param(
            "Never touch migrations/", "add a table to migrations/0005.sql", "touch migrations/0005.sql", id="file"
        ),
    ],
)
def test_an_older_instruction_is_not_enforced_against_a_newer_word(
    hook: Hook, first: str, later: str, call: str
) -> None:
    say(hook, first)
    assert hook("PreToolUse", bash(call)).out["hookSpecificOutput"].get("permissionDecision") != "ask"
    time.sleep(1.1)
    say(hook, later)
    assert hook("PreToolUse", bash(call)).decision == "ask"


def test_a_permission_given_in_passing_ends_with_its_task(hook: Hook) -> None:
    say(hook, "Never push to main")
    push = bash("git push origin main")
    assert hook("PreToolUse", push).decision == "deny"
    say(hook, "push to main please")
    hook("PreToolUse", push)
    hook("PostToolUse", push)
    assert hook("PreToolUse", push, session_id="s2").decision == "deny"


def test_a_preference_is_brought_up_once_a_session(hook: Hook) -> None:
    say(hook, "I would prefer pnpm over npm")
    assert hook("PreToolUse", bash("npm install left-pad")).decision == "context"
    assert hook("PreToolUse", bash("npm install right-pad")).decision == "silence"
    assert hook("PreToolUse", bash("npm install left-pad"), session_id="s2").decision == "context"


# --- when the guard fails ------------------------------------------------------------------------------------------

CHANGES, LOOKS = bash("rm -r build"), bash("git status && ls")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="half"),
        pytest.param(b"[1]", id="not an object"),
        pytest.param(b"\xff\xfe", id="binary"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_a_broken_payload_is_not_a_pass(hook: Hook, raw: bytes) -> None:
    asked = hook("PreToolUse", raw=raw)
    assert (asked.decision, asked.code) == ("ask", 0)
    assert hook("PreToolUse", raw=raw, headless=True).decision == "deny"


def break_ledger(repo: Path) -> None:
    path = repo / ".claude/tractguard/ledger.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    for each in path.parent.glob("ledger.db*"):
        each.unlink()
    path.write_bytes(b"this is no database" * 500)


@pytest.mark.parametrize(
    ("policy", "headless", "decision"),
    [
        pytest.param("", False, "ask", id="asks by default"),
        pytest.param("", True, "deny", id="refuses where nobody is there"),
        pytest.param('on_failure = "deny"\n', False, "deny", id="deny"),
        pytest.param('on_failure = "allow"\n', False, "context", id="allow says so"),
    ],
)
def test_a_corrupt_ledger(hook: Hook, repo: Path, home: Environ, policy: str, headless: bool, decision: str) -> None:
    if policy:
        (repo / ".claude/tractguard.toml").write_text(policy)
        trust(repo, home)
    hook("PreToolUse", bash("ls"))
    break_ledger(repo)
    failed = hook("PreToolUse", CHANGES, headless=headless)
    assert failed.decision == decision
    assert "is damaged" in failed.out["systemMessage"]


def test_a_call_that_only_looks_passes_with_a_notice_when_the_ledger_is_corrupt(hook: Hook, repo: Path) -> None:
    hook("PreToolUse", bash("ls"))
    break_ledger(repo)
    assert hook("PreToolUse", LOOKS).decision == "notice"
    assert hook("PreToolUse", {"tool_name": "Read", "tool_input": {"file_path": "a"}}).decision == "notice"


def test_a_locked_ledger_is_not_a_pass(hook: Hook, repo: Path) -> None:
    hook("PreToolUse", bash("ls"))
    holder = sqlite3.connect(repo / ".claude/tractguard/ledger.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        failed = hook("PreToolUse", CHANGES)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert failed.decision == "ask"


def test_a_broken_history_is_set_aside_and_its_instructions_stay_in_force(hook: Hook, repo: Path) -> None:
    say(hook, "Never touch migrations/")
    path = repo / ".claude/instruction-history.json"
    path.write_text(path.read_text()[:80])
    refused = hook("PreToolUse", bash("rm migrations/0001.py"))
    assert refused.decision == "deny"
    assert "set aside" in refused.out["systemMessage"]
    assert len((repo / ".claude/instruction-history.broken-1.json").read_text()) == 80


def test_a_missing_history_leaves_what_is_known_in_force_and_says_so_once(hook: Hook, repo: Path) -> None:
    say(hook, "Never touch migrations/")
    (repo / ".claude/instruction-history.json").unlink()
    first = hook("PreToolUse", bash("git diff"))
    assert (first.decision, "is gone" in first.out["systemMessage"]) == ("notice", True)
    assert hook("PreToolUse", bash("git diff HEAD")).decision == "silence"
    assert hook("PreToolUse", bash("rm migrations/0001.py")).decision == "deny"


def test_history_and_compiled_file_gone_the_ledger_still_knows(hook: Hook, repo: Path) -> None:
    say(hook, "Never touch migrations/")
    (repo / ".claude/instruction-history.json").unlink()
    (repo / ".claude/tractguard/compiled.db").unlink()
    assert hook("PreToolUse", bash("rm migrations/0001.py")).decision == "deny"


def test_a_repository_that_never_had_a_history_has_none_and_nothing_is_asked(hook: Hook) -> None:
    assert hook("PreToolUse", bash("rm -r build")).decision == "silence"


def test_a_missing_interpreter_refuses_and_tells_how_to_repair(hook: Hook, repo: Path) -> None:
    path = repo / ".claude/settings.local.json"
    settings = json.loads(path.read_text())
    entry = settings["hooks"]["PreToolUse"][0]["hooks"][0]
    entry["command"] = entry["command"].replace("/bin/python", "/bin/gone-python")
    path.write_text(json.dumps(settings))
    refused = hook("PreToolUse", CHANGES)
    assert (refused.out, refused.code) == ({}, 2)
    assert "tractguard doctor" in refused.err


def test_a_policy_with_an_error_is_named_and_the_rest_holds(hook: Hook, repo: Path) -> None:
    say(hook, "Never touch migrations/")
    (repo / ".claude/tractguard.toml").write_text('mode = "louder"\n')
    refused = hook("PreToolUse", bash("rm migrations/0001.py"))
    assert refused.decision == "deny"
    assert "tractguard.toml:1" in refused.out["systemMessage"]


def test_a_disk_that_takes_nothing_more_is_not_a_pass(hook: Hook) -> None:
    hook("PreToolUse", bash("ls"))
    full = hook("PreToolUse", CHANGES, before="ulimit -f 0; ")
    assert full.decision == "ask"
    assert hook("PreToolUse", LOOKS, before="ulimit -f 0; ").decision == "notice"


def test_a_file_where_the_state_folder_should_be_is_not_a_pass(hook: Hook, repo: Path) -> None:
    hook("PreToolUse", bash("ls"))
    shutil.rmtree(repo / ".claude/tractguard")
    (repo / ".claude/tractguard").write_text("in the way")
    assert hook("PreToolUse", CHANGES).decision == "ask"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_state_folder_is_not_a_pass(hook: Hook, repo: Path) -> None:
    hook("PreToolUse", bash("ls"))
    state = repo / ".claude/tractguard"
    state.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert hook("PreToolUse", CHANGES).decision == "ask"
    finally:
        state.chmod(0o700)


def test_a_command_of_a_megabyte_is_decided(hook: Hook) -> None:
    say(hook, "Never touch migrations/")
    assert hook("PreToolUse", bash("echo " + "x" * 1_000_000 + " > migrations/0001.py")).decision == "deny"


def test_eight_hooks_at_once_record_every_event_once(hook: Hook, repo: Path, home: Environ) -> None:
    hook("PreToolUse", bash("ls"))
    each, soak = 4, os.environ.get("TRACTGUARD_SOAK")
    if soak:
        each = 125
    settings = json.loads((repo / ".claude/settings.local.json").read_text())
    command = settings["hooks"]["PreToolUse"][0]["hooks"][0]["command"]
    environ = {**home, "CLAUDE_PROJECT_DIR": str(repo)}
    for number in range(each):
        running = []
        for worker in range(8):
            body = {"session_id": f"w{worker}", "cwd": str(repo), **bash("git status")}
            body["tool_use_id"] = f"w{worker}-{number}"
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ, cwd=repo,
            )  # fmt: skip
            assert process.stdin is not None
            process.stdin.write(json.dumps(body).encode())
            process.stdin.close()
            running.append(process)
        for process in running:
            assert process.stdout is not None
            assert process.stderr is not None
            said = (process.stdout.read(), process.stderr.read(), process.wait(60))
            process.stdout.close()
            process.stderr.close()
            assert said == (b"", b"", 0)
    calls = [record["tool_use_id"] for record in records(repo)][1:]
    assert sorted(calls) == sorted(f"w{worker}-{number}" for worker in range(8) for number in range(each))
