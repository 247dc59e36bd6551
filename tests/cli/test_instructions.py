"""`instructions`: adding is free, whatever takes something away needs a person, and a lost file comes back."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tractguard.ledger import Ledger

Run = Callable[..., "subprocess.CompletedProcess[str]"]
PORT = "MongoDB runs on port 27027"


@pytest.fixture
def kept(tg: Run, repo: Path) -> Path:
    """A repository that is set up and has one instruction; the path of its history."""
    tg("init", "--yes")
    tg("instructions", "add", PORT)
    return repo / ".claude" / "instruction-history.json"


def records(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["instructions"]
    return found


def listed(tg: Run, *options: str) -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in tg("instructions", "list", "--json", *options).stdout.splitlines()]
    return [(row["id"], row["text"]) for row in rows]


def test_add_keeps_the_sentence(tg: Run, kept: Path) -> None:
    (record,) = records(kept)
    assert (record["id"], record["text"], record["persistence"], record["note"]) == (
        "inst_001",
        PORT,
        "HIGH",
        "the default is 27017",
    )
    assert listed(tg) == [("inst_001", PORT)]


@pytest.mark.parametrize(
    ("text", "said"),
    [("What port does MongoDB use?", "does not read as an instruction"), ("Improve this", "too vague to be kept")],
)
def test_what_is_no_instruction_is_not_kept(tg: Run, kept: Path, text: str, said: str) -> None:
    done = tg("instructions", "add", text)
    assert (done.returncode, said in done.stderr, len(records(kept))) == (1, True, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("instructions", "add", "MongoDB runs on port 27037"),
        ("instructions", "edit", "inst_001", "MongoDB runs on port 27037"),
        ("instructions", "retire", "inst_001"),
    ],
    ids=lambda words: words[1],
)
@pytest.mark.parametrize("env", [{}, {"CLAUDECODE": "1"}], ids=["no terminal", "in a session"])
def test_what_takes_away_needs_a_person(tg: Run, kept: Path, arguments: tuple[str, ...], env: dict[str, str]) -> None:
    before = kept.read_bytes()
    yes = ("--yes",) if env else ()
    done = tg(*arguments, *yes, env=env)
    assert (done.returncode, "needs a person" in done.stderr, kept.read_bytes()) == (2, True, before)


def test_a_session_may_add(tg: Run, kept: Path) -> None:
    done = tg("instructions", "add", "Never touch migrations/", env={"CLAUDECODE": "1"})
    assert (done.returncode, len(records(kept))) == (0, 2)


def test_a_newer_word_replaces_the_older_and_the_chain_is_kept(tg: Run, kept: Path) -> None:
    tg("instructions", "add", "MongoDB runs on port 27037", "--yes")
    old, new = records(kept)
    assert (old["active"], old["superseded_by"], new["supersedes"]) == (False, "inst_002", ["inst_001"])
    assert listed(tg) == [("inst_002", "MongoDB runs on port 27037")]
    assert [id for id, _ in listed(tg, "--all")] == ["inst_001", "inst_002"]


def test_edit_keeps_the_id_and_what_it_was(tg: Run, kept: Path) -> None:
    tg("instructions", "edit", "inst_001", "MongoDB runs on port 27037", "--yes")
    (record,) = records(kept)
    assert (record["id"], record["constraints"][0]["value"], record["edited"][0]["was"]) == ("inst_001", "27037", PORT)


def test_retire_ends_it(tg: Run, kept: Path) -> None:
    assert tg("instructions", "retire", "inst_001", "--yes").returncode == 0
    assert (records(kept)[0]["active"], listed(tg)) == (False, [])
    assert tg("instructions", "retire", "inst_001", "--yes").returncode == 2


def test_each_change_is_in_the_ledger(tg: Run, kept: Path, repo: Path) -> None:
    tg("instructions", "retire", "inst_001", "--yes")
    with Ledger.open(str(repo / ".claude/tractguard/ledger.db")) as ledger:
        events = [entry.json()["event"] for entry in ledger.entries()]
    assert events == ["instructions add", "instructions retire"]


def test_restore_writes_a_lost_history_again(tg: Run, kept: Path) -> None:
    kept.unlink()
    assert listed(tg) == [("inst_001", PORT)]
    assert tg("instructions", "restore").returncode == 0
    assert [(each["id"], each["text"]) for each in records(kept)] == [("inst_001", PORT)]


def test_restore_leaves_a_good_history_alone(tg: Run, kept: Path) -> None:
    before = kept.read_bytes()
    tg("instructions", "restore")
    assert kept.read_bytes() == before


def test_adding_after_the_file_was_lost_keeps_what_was_known(tg: Run, kept: Path) -> None:
    kept.unlink()
    tg("instructions", "add", "Never touch migrations/")
    assert listed(tg) == [("inst_001", PORT), ("inst_002", "Never touch migrations/")]


def test_show_says_everything(tg: Run, kept: Path) -> None:
    found = json.loads(tg("instructions", "show", "inst_001", "--json").stdout)
    assert (found["text"], found["file"]) == (PORT, str(kept))


def test_import_dry_run_writes_nothing(tg: Run, kept: Path, repo: Path) -> None:
    (repo / "AGENTS.md").write_text("- Use pnpm, not npm\n", encoding="utf-8")
    before = kept.read_bytes()
    lines = [json.loads(line) for line in tg("instructions", "import", "--dry-run", "--json").stdout.splitlines()]
    assert [(line["line"], line["outcome"], line["text"]) for line in lines] == [(1, "enforced", "Use pnpm, not npm")]
    assert kept.read_bytes() == before


def test_what_a_person_keeps_outside_the_repository_stays_out_of_its_history(
    tg: Run, kept: Path, repo: Path, home: dict[str, str]
) -> None:
    (Path(home["CLAUDE_CONFIG_DIR"]) / "CLAUDE.md").write_text("- Use pnpm, not npm\n", encoding="utf-8")
    tg("instructions", "import")
    assert [each["text"] for each in records(kept)] == [PORT]
    local = records(repo / ".claude" / "instruction-history.local.json")
    assert [(each["text"], each["origin"]) for each in local] == [("Use pnpm, not npm", "~/.claude/CLAUDE.md")]


def test_control_characters_do_not_reach_the_terminal(tg: Run, repo: Path, kept: Path) -> None:
    data = json.loads(kept.read_text(encoding="utf-8"))
    data["instructions"][0]["text"] = "Use \x1b[2Jpnpm\u202e"
    kept.write_text(json.dumps(data), encoding="utf-8")
    shown = tg("instructions", "list").stdout
    assert ("\x1b" in shown, "\u202e" in shown, "Use \ufffd[2Jpnpm" in shown) == (False, False, True)


@pytest.mark.parametrize(
    ("yes", "env", "port"), [((), {}, "27027"), (("--yes",), {"CLAUDECODE": "1"}, "27027"), (("--yes",), {}, "27017")]
)
def test_a_changed_line_replaces_the_old_one_only_where_a_person_agrees(
    tg: Run, repo: Path, yes: tuple[str, ...], env: dict[str, str], port: str
) -> None:
    (repo / "CLAUDE.md").write_text(f"- {PORT}\n", encoding="utf-8")
    tg("init", "--yes")
    (repo / "CLAUDE.md").write_text("- MongoDB runs on port 27017\n", encoding="utf-8")
    tg("instructions", "import", *yes, env=env)
    assert [text[-5:] for _, text in listed(tg)] == [port]


def test_a_file_never_overrules_what_was_said(tg: Run, repo: Path, kept: Path) -> None:
    (repo / "CLAUDE.md").write_text("- MongoDB runs on port 27017\n", encoding="utf-8")
    said = tg("instructions", "import", "--yes").stdout
    assert (listed(tg), f'contradicts "{PORT}" (inst_001)' in said) == ([("inst_001", PORT)], True)


NEVER = "For this session never run pytest"


@pytest.fixture
def said(tg: Run, repo: Path, kept: Path) -> Callable[..., None]:
    """Says something to the assistant in a session."""

    def say(text: str, session: str = "aaaaaaaa-1") -> None:
        event = {"session_id": session, "cwd": str(repo), "hook_event_name": "UserPromptSubmit", "prompt": text}
        env = {"CLAUDE_PROJECT_DIR": str(repo)}
        tg("hook", "claude-code", "UserPromptSubmit", stdin=json.dumps(event), env=env)

    return say


def of_sessions(tg: Run) -> list[tuple[str, str]]:
    found = json.loads(tg("status", "--json").stdout)["instructions"]["of_sessions"]
    return [(each["id"], each["session"]) for each in found]


@pytest.mark.parametrize("options", [(), ("--all",)])
def test_what_a_session_said_for_itself_is_listed(tg: Run, said: Callable[..., None], options: tuple[str, ...]) -> None:
    said(NEVER)
    assert listed(tg, *options) == [("inst_001", PORT), ("task_001", NEVER)]
    assert "this session (aaaaaaaa)" in tg("instructions", "list", *options).stdout


def test_status_shows_what_a_session_said_for_itself(tg: Run, said: Callable[..., None]) -> None:
    said(NEVER)
    assert of_sessions(tg) == [("task_001", "aaaaaaaa-1")]
    assert f'this session (aaaaaaaa): "{NEVER}" (task_001)' in tg("status").stdout


def test_show_knows_what_a_session_said_for_itself(tg: Run, said: Callable[..., None]) -> None:
    said(NEVER)
    found = json.loads(tg("instructions", "show", "task_001", "--json").stdout)
    assert (found["text"], found["temporal_scope"], found["session"]) == (NEVER, "SESSION", "aaaaaaaa-1")


def test_a_person_ends_what_a_session_said_for_itself(tg: Run, said: Callable[..., None]) -> None:
    said(NEVER)
    assert tg("instructions", "retire", "task_001").returncode == 2
    assert tg("instructions", "retire", "task_001", "--yes", env={"CLAUDECODE": "1"}).returncode == 2
    assert of_sessions(tg) == [("task_001", "aaaaaaaa-1")]
    assert tg("instructions", "retire", "task_001", "--yes").returncode == 0
    assert of_sessions(tg) == []
    last = json.loads(tg("log", "--json", "--limit", "1").stdout)
    assert (last["event"], last["session_id"], last["instructions"][0]["text"]) == (
        "instructions retire",
        "aaaaaaaa-1",
        NEVER,
    )
    assert listed(tg) == [("inst_001", PORT)]


def test_two_sessions_with_one_id_are_told_apart(tg: Run, said: Callable[..., None]) -> None:
    said(NEVER)
    said("For this session never run mypy", "bbbbbbbb-2")
    assert [id for id, _ in listed(tg)] == ["inst_001", "task_001@aaaaaaaa", "task_001@bbbbbbbb"]
    done = tg("instructions", "retire", "task_001", "--yes")
    assert (done.returncode, "say task_001@aaaaaaaa, task_001@bbbbbbbb" in done.stderr) == (2, True)
    tg("instructions", "retire", "task_001@bbbbbbbb", "--yes")
    assert of_sessions(tg) == [("task_001", "aaaaaaaa-1")]


@pytest.mark.parametrize("verb", [("show",), ("retire",), ("edit", "Use pnpm")], ids=lambda words: words[0])
def test_there_is_no_such_instruction_of_a_session(tg: Run, kept: Path, verb: tuple[str, ...]) -> None:
    done = tg("instructions", verb[0], "task_009", *verb[1:])
    assert (done.returncode, "bug" in done.stderr) == (2, False)


def test_a_message_about_the_history_keeps_the_case_of_what_is_allowed(tg: Run, kept: Path) -> None:
    kept.write_text(kept.read_text(encoding="utf-8").replace('"HIGH"', '"high"'), encoding="utf-8")
    details = [check["detail"] for check in json.loads(tg("doctor", "--json").stdout)["checks"] if not check["ok"]]
    assert details == [
        f"{kept}: inst_001: persistence: input should be 'HIGH', 'MEDIUM', 'LOW' or 'VARIABLE'",
    ]


def test_an_assistant_takes_no_file_over(tg: Run, repo: Path, kept: Path) -> None:
    (repo / "CLAUDE.md").write_text("- Use pnpm, not npm\n", encoding="utf-8")
    done = tg("instructions", "import", "--yes", env={"CLAUDECODE": "1"})
    assert (done.returncode, "a person takes a file over" in done.stdout.replace("\n", " ")) == (0, True)
    assert listed(tg) == [("inst_001", PORT)]
    tg("instructions", "import")
    assert [text for _, text in listed(tg)] == ["Use pnpm, not npm", PORT]


def test_what_holds_for_one_session_is_not_added_to_the_project(tg: Run, kept: Path) -> None:
    done = tg("instructions", "add", "For this session never run pytest")
    assert (done.returncode, 'say it there, or add "Never run pytest"' in done.stderr) == (1, True)


def test_restore_writes_a_repaired_history(tg: Run, kept: Path) -> None:
    data = json.loads(kept.read_text(encoding="utf-8"))
    other = {**data["instructions"][0], "text": "Redis runs on port 6380", "constraints": []}
    kept.write_text(json.dumps({"version": 1, "instructions": [*data["instructions"], other]}), encoding="utf-8")
    assert "'tractguard instructions restore' writes it so" in tg("instructions", "list").stdout.replace("\n", " ")
    assert tg("instructions", "restore").returncode == 0
    assert [each["id"] for each in records(kept)] == ["inst_001", "inst_002"]
    assert "repaired" not in tg("instructions", "list").stdout


def remarks(tg: Run, word: str) -> list[str]:
    lines = tg("instructions", "list").stdout.splitlines()
    return [line[line.index(word) :].rstrip(" │") for line in lines if word in line]


def test_the_list_says_what_disagrees_and_which_is_followed(
    tg: Run, repo: Path, kept: Path, said: Callable[..., None]
) -> None:
    (repo / "CLAUDE.md").write_text("- Redis runs on port 6390\n", encoding="utf-8")
    tg("instructions", "import", "--yes")
    said("Redis runs on port 6391")
    assert remarks(tg, "contradicts inst") == ["contradicts inst_003; inst_003 is followed", "contradicts inst_002"]


def test_the_list_says_what_ends_by_itself(tg: Run, kept: Path, said: Callable[..., None]) -> None:
    said("Never touch `infra/` until v2.0 is tagged.")
    assert remarks(tg, "until v2.0 is tagged")[-1:] == ["until v2.0 is tagged"]
