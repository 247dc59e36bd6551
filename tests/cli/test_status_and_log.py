"""`status`, `log`, `explain`, `check` and `audit`: what a person sees of the record."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def guarded(tg: Run, repo: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """A repository with one prohibition; sends a Bash call through the hook."""
    tg("init", "--yes")
    tg("instructions", "add", "Never touch migrations/")

    def call(command: str, id: str) -> "subprocess.CompletedProcess[str]":
        payload = {
            "session_id": "s1",
            "cwd": str(repo),
            "hook_event_name": "PreToolUse",
            "tool_name": "Bash",
            "tool_input": {"command": command},
            "tool_use_id": id,
        }
        env = {"CLAUDE_PROJECT_DIR": str(repo)}
        return tg("hook", "claude-code", "PreToolUse", stdin=json.dumps(payload), env=env)

    return call


def log(tg: Run, *options: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in tg("log", "--json", *options).stdout.splitlines()]


def test_status_has_every_key_also_before_init(tg: Run, repo: Path) -> None:
    found = json.loads(tg("status", "--json").stdout)
    assert sorted(found) == [
        "boundaries",
        "checks",
        "deliberations",
        "deviation",
        "hooks",
        "instructions",
        "last_decisions",
        "ledger",
        "mode",
        "notices",
        "obligations",
        "policy_hash",
        "pressure",
        "recovery",
        "root",
        "set_up",
        "shadow",
    ]
    assert (found["set_up"], found["hooks"]["why"]) == (False, "no hooks are installed: run 'tractguard init'")
    assert not (repo / ".claude").exists()


def test_status_shows_the_last_decisions(tg: Run, guarded: Run) -> None:
    guarded("ls", "t1")
    guarded("rm migrations/1.sql", "t2")
    tg("explain", "ls")
    found = json.loads(tg("status", "--json").stdout)
    last = [(each["what"], each["status"]) for each in found["last_decisions"]]
    assert last == [("rm migrations/1.sql", "REJECTED"), ("ls", "APPROVED")]
    assert found["instructions"]["by_persistence"] == {"HIGH": 1}


def test_a_damaged_ledger_is_named_and_left_as_it_is(tg: Run, guarded: Run, repo: Path) -> None:
    ledger = repo / ".claude/tractguard/ledger.db"
    for beside in ledger.parent.glob("ledger.db-*"):
        beside.unlink()
    ledger.write_bytes(b"not a database, " * 300)
    found = json.loads(tg("status", "--json").stdout)
    assert (found["ledger"]["problem"].startswith(f"the ledger {ledger} is damaged"), len(found["notices"])) == (
        True,
        1,
    )
    assert tg("audit", "verify").returncode == 1
    assert [check["name"] for check in json.loads(tg("doctor", "--json").stdout)["checks"] if not check["ok"]] == [
        "ledger"
    ]
    assert ledger.read_bytes() == b"not a database, " * 300


def test_status_names_what_is_wrong_with_the_policy(tg: Run, repo: Path) -> None:
    tg("init", "--yes")
    (repo / ".claude" / "tractguard.toml").write_text("deadline_ms = 3\n", encoding="utf-8")
    (notice,) = json.loads(tg("status", "--json").stdout)["notices"]
    assert notice.startswith(f"{repo}/.claude/tractguard.toml:1: deadline_ms:")
    done = tg("policy", "check", "--json")
    assert (done.returncode, json.loads(done.stdout)["problems"][0]["line"]) == (1, 1)


def test_each_line_of_the_log_has_these_keys(tg: Run, guarded: Run) -> None:
    guarded("rm migrations/1.sql", "t1")
    last = log(tg)[-1]
    keys = {"seq", "time", "session_id", "agent_id", "event", "tool_name", "tool_use_id", "status", "findings", "hash"}
    assert keys - set(last) == set()
    assert (last["event"], last["status"], last["tool_use_id"]) == ("PreToolUse", "REJECTED", "t1")


def test_the_log_is_oldest_first_and_limited_from_the_end(tg: Run, guarded: Run) -> None:
    guarded("ls", "t1")
    guarded("pwd", "t2")
    assert [row["seq"] for row in log(tg)] == [1, 2, 3]
    assert [row["tool_use_id"] for row in log(tg, "--limit", "2")] == ["t1", "t2"]


def test_follow_prints_what_comes(tg: Run, guarded: Run, repo: Path, home: dict[str, str]) -> None:
    command = [sys.executable, "-m", "tractguard", "log", "--follow", "--json", "--limit", "1"]
    with subprocess.Popen(command, cwd=repo, env=home, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        guarded("ls", "t9")
        second = json.loads(process.stdout.readline())
        process.terminate()
    assert (first["event"], second["tool_use_id"]) == ("instructions add", "t9")


def test_explain_tells_the_whole_line(tg: Run, guarded: Run) -> None:
    done = tg("explain", "sed -i s/a/b/ migrations/1.sql", "--json")
    found = json.loads(done.stdout)
    answers = {rule["code"]: rule["answer"] for rule in found["rules"]}
    assert (done.returncode, found["verdict"]["status"], found["verdict"]["instruction_violated"]) == (
        1,
        "REJECTED",
        "inst_001",
    )
    assert [fact["kind"] for fact in found["facts"] if fact["kind"] == "write"] == ["write"]
    assert sorted({answer.split(":")[0] for answer in answers.values()}) == ["REJECTED", "not concerned"]
    assert found["reply"]["hookSpecificOutput"]["permissionDecision"] == "deny"


def test_explain_is_recorded_as_hypothetical(tg: Run, guarded: Run) -> None:
    tg("explain", "rm migrations/1.sql")
    last = log(tg)[-1]
    assert (last["event"], last["kind"], last["status"]) == ("explain", "hypothetical", "REJECTED")


def test_explain_without_init_writes_nothing(tg: Run, repo: Path) -> None:
    found = json.loads(tg("explain", "ls", "--json").stdout)
    assert (found["verdict"]["status"], found["verdict"]["recorded"]) == ("APPROVED", False)
    assert not (repo / ".claude").exists()


def test_check_judges_one_call_with_one_more_instruction(tg: Run) -> None:
    call = ("check", "--tool", "Bash", "--input", '{"command": "npm ci"}', "--json")
    assert json.loads(tg(*call).stdout)["status"] == "APPROVED"
    done = tg(*call, "--instruction", "Use pnpm, not npm")
    assert (done.returncode, json.loads(done.stdout)["instruction_violated"]) == (1, "said_001")


def test_audit_verify_finds_a_changed_event(tg: Run, guarded: Run, repo: Path) -> None:
    guarded("ls", "t1")
    assert json.loads(tg("audit", "verify", "--json").stdout)["breaks"] == []
    db = sqlite3.connect(repo / ".claude/tractguard/ledger.db")
    db.execute("DROP TRIGGER events_no_update")
    db.execute("UPDATE events SET record = replace(record, 'APPROVED', 'REJECTED') WHERE seq = 2")
    db.commit()
    db.close()
    done = tg("audit", "verify", "--json")
    assert (done.returncode, [each["seq"] for each in json.loads(done.stdout)["breaks"]]) == (1, [2])


def test_policy_show_names_the_origin(tg: Run, home: dict[str, str]) -> None:
    user = Path(home["XDG_CONFIG_HOME"]) / "tractguard" / "tractguard.toml"
    user.parent.mkdir(parents=True)
    user.write_text('on_failure = "deny"\n', encoding="utf-8")
    found = json.loads(tg("policy", "show", "--origin", "--json").stdout)
    assert (found["policy"]["on_failure"], found["origin"]["on_failure"], found["origin"]["mode"]) == (
        "deny",
        "user",
        "built in",
    )
