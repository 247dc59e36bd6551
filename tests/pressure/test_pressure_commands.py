"""`pressure`, `statusline` and `init --statusline`, as a person and the client run them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clocked import Run
from tests.pressure.sessions import Talk, ledger_of, quick_, talk_
from tractguard.policy import DEFAULTS

FIXTURES = (quick_, talk_)  # pytest finds them here
NUMBERS = "--messages 45 --compactions 0 --tokens-used 90000 --tokens-max 200000 --tasks 2 --errors 1 --instructions 7"


def test_the_formula_with_numbers_needs_no_repository(tg: Run, tmp_path: Path) -> None:
    done = tg("pressure", *NUMBERS.split(), "--conflicts", "1", "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert (done.returncode, found["score"], found["level"]) == (0, 0.568333333, "HIGH")
    assert found["weights"] == DEFAULTS["pressure"]["weights"]
    assert {name: each["label"] for name, each in found["factors"].items()} == {
        "conversation": "HIGH",
        "tokens": "MODERATE",
        "tasks": "LOW",
        "errors": "MODERATE",
        "instructions": "HIGH",
    }


def test_the_formula_knows_no_policy_of_the_repository(tg: Run, repo: Path) -> None:
    (repo / ".claude").mkdir()
    (repo / ".claude" / "tractguard.toml").write_text("[pressure]\nmaxima = { messages = 1 }\n")
    assert json.loads(tg("pressure", "--messages", "30", "--json").stdout)["score"] == 0.2


@pytest.mark.parametrize(
    ("words", "level", "unknown"),
    [
        (("--messages", "60", "--tokens-used", "1", "--tokens-max", "0"), "HIGH", ["tokens"]),
        (("--messages", "60", "--tokens-max", "0"), "HIGH", ["tokens"]),
        (("--messages", "60"), "ELEVATED", []),
        (("--compactions", "2", "--tokens-used", "9", "--tokens-max", "9"), "CRITICAL", []),
    ],
)
def test_what_is_not_known_is_said_to_be_unknown(
    words: tuple[str, ...], level: str, unknown: list[str], tg: Run
) -> None:
    found = json.loads(tg("pressure", *words, "--json").stdout)
    assert (found["level"], found["unknown"]) == (level, unknown)


def test_the_table_says_where_everything_comes_from(tg: Run) -> None:
    shown = tg("pressure", "--messages", "60", "--tokens-used", "5").stdout
    assert "HIGH 0.57" in shown
    assert "tokens: unknown, its weight is shared out among the others; the level is at least ELEVATED" in shown


@pytest.mark.parametrize("words", [("--messages", "-1"), ("--messages", "x"), ("--go-on", "--messages", "1")])
def test_numbers_that_are_none_are_a_usage_error(words: tuple[str, ...], tg: Run) -> None:
    assert tg("pressure", *words).returncode == 2


def now(talk: Talk) -> None:
    """Turn a session's clock to now: the command line looks at today's."""
    import time

    from tests.clocked import START

    talk.at = time.time() - START


def test_live_sessions_are_read_from_ledger_and_transcript(talk: Talk, tg: Run) -> None:
    now(talk)
    for _ in range(29):
        talk.said("And then?")
    talk.answered(60_000)
    talk.batch()
    found = json.loads(tg("pressure", "--json").stdout)
    assert (found["session_id"], found["level"], found["acting"]) == ("s1", "ELEVATED", "ELEVATED")
    assert (found["tokens"], found["window"]) == (
        {"used": 60_000, "from": "transcript", "since_usage": {"tokens": 0, "by": "bytes/3.5"}},
        {"size": 100_000, "from": "policy"},
    )
    assert (found["messages"]["since_compaction"], found["baseline"]["source"]) == (30, "startup")
    assert found["verification"] == "one step stricter"
    status = json.loads(tg("status", "--json").stdout)["pressure"]
    assert (status["level"], [each["session_id"] for each in status["sessions"]]) == ("ELEVATED", ["s1"])
    assert "ELEVATED" in tg("status").stdout


def test_the_trend_says_when_the_next_level_comes(talk: Talk, tg: Run) -> None:
    now(talk)
    for step in range(5):
        talk.turn("ls", tokens=20_000 + 4_000 * step)
    trend = json.loads(tg("pressure", "--json").stdout)["trend"]
    assert (trend["next"], trend["per_call"] > 0, 1 <= trend["calls_until_next"] <= 30) == ("ELEVATED", True, True)


def test_a_session_that_has_ended_is_not_live(talk: Talk, tg: Run) -> None:
    now(talk)
    talk.turn("ls")
    talk.event("SessionEnd", reason="other")
    assert tg("pressure", "--json").stdout == ""
    assert "No session is live" in tg("pressure").stdout


def test_go_on_needs_a_person(talk: Talk, tg: Run) -> None:
    from tests.pressure.test_levels import dangerous

    dangerous(talk)
    done = tg("pressure", "--go-on")
    assert (done.returncode, "needs a person" in done.stderr) == (2, True)


# The status line


def shown(tg: Run, **said: Any) -> str:
    done = tg("statusline", stdin=json.dumps(said), env={"NO_COLOR": "1"})
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.rstrip("\n")


def usage(used: int, size: int) -> dict[str, Any]:
    return {
        "context_window_size": size,
        "current_usage": {"input_tokens": used - 10, "output_tokens": 10} if used else None,
    }


def test_the_line_tells_level_tokens_and_instructions(talk: Talk, tg: Run) -> None:
    now(talk)
    talk.prompt("Never touch migrations/.")
    talk.turn("ls", tokens=1_000)
    line = shown(
        tg, session_id="s1", cwd=str(talk.folder), model={"id": "claude-test"}, context_window=usage(60_000, 200_000)
    )
    assert line == "tractguard NORMAL 0.20 · 60k/100k (60%) · 1 instruction"  # the window as policy says it


def test_the_line_keeps_the_live_window_for_the_hooks(quick: Any, repo: Path, tmp_path: Path, tg: Run) -> None:
    talk = Talk(quick, repo, tmp_path / "t.jsonl")
    now(talk)
    talk.event("SessionStart", source="startup")
    shown(tg, session_id="s1", cwd=str(repo), model={"id": "claude-test"}, context_window=usage(90_000, 100_000))
    for _ in range(60):
        talk.said("And then?")
    talk.answered(10)
    assert "HIGH" in talk.batch().context
    found = json.loads(tg("pressure", "--json").stdout)
    assert (found["tokens"], found["window"]) == (
        {"used": 90_000, "from": "status line", "since_usage": {"tokens": 0, "by": "bytes/3.5"}},
        {"size": 100_000, "from": "status line"},
    )


def test_a_size_that_was_known_stays_known(talk: Talk, tg: Run) -> None:
    shown(tg, session_id="s1", cwd=str(talk.folder), context_window=usage(5_000, 200_000))
    shown(tg, session_id="s1", cwd=str(talk.folder), context_window={})
    with ledger_of(talk.folder) as ledger:
        assert json.loads(ledger.get("s1", "window") or "{}")["size"] == 200_000


@pytest.mark.parametrize(
    "stdin",
    ["", "{", "[]", "null", '{"session_id": 5}', '{"cwd": "\\u0000", "session_id": "s"}', '{"session_id": "s1", "context_window": [1]}',
     '{"session_id": "s1", "context_window": {"context_window_size": -4, "current_usage": {"input_tokens": 1e300}}}', "\ud800" * 3],
)  # fmt: skip
def test_bad_input_is_one_line_and_no_error(stdin: str, talk: Talk, tg: Run) -> None:
    done = tg("statusline", stdin=stdin.encode("utf-8", "replace").decode())
    assert (done.returncode, done.stderr, done.stdout.count("\n"), done.stdout.startswith("tractguard")) == (
        0,
        "",
        1,
        True,
    )


def test_where_the_guard_is_not_at_work_it_says_so(tg: Run) -> None:
    assert tg("statusline", stdin='{"session_id": "s"}').stdout == "tractguard: not at work here\n"


SETTINGS = '{\n    "model": "opus",\n    "permissions": {"allow": ["Bash(ls)"]}\n}\n'


@pytest.mark.parametrize("before", [SETTINGS, "{}", '{"a": 1}\n', None])
def test_init_brings_the_status_line_and_uninstall_takes_it_byte_for_byte(
    before: str | None, tg: Run, repo: Path
) -> None:
    path = repo / ".claude" / "settings.local.json"
    if before is not None:
        path.parent.mkdir()
        path.write_text(before)
    assert tg("init", "--yes", "--statusline").returncode == 0
    assert "tractguard.statusline" in json.loads(path.read_text())["statusLine"]["command"]
    assert tg("init", "--yes").returncode == 0
    assert "statusLine" in json.loads(path.read_text())
    assert tg("uninstall", "--yes").returncode == 0
    assert (path.read_text() if path.exists() else None) == before


def test_uninstall_takes_it_out_of_a_file_that_was_changed_since(tg: Run, repo: Path) -> None:
    path = repo / ".claude" / "settings.local.json"
    tg("init", "--yes", "--statusline")
    settings = json.loads(path.read_text())
    path.write_text(json.dumps({**settings, "model": "opus"}))
    tg("uninstall", "--yes")
    assert json.loads(path.read_text()) == {"model": "opus"}


def test_a_persons_own_status_line_stays(tg: Run, repo: Path, home: dict[str, str]) -> None:
    own = Path(home["CLAUDE_CONFIG_DIR"], "settings.json")
    own.write_text('{"statusLine": {"type": "command", "command": "my-line"}}')
    done = tg("init", "--yes", "--statusline")
    assert (done.returncode, "is your own and stays" in done.stdout) == (0, True)
    assert "statusLine" not in json.loads((repo / ".claude" / "settings.local.json").read_text())
