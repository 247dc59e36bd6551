"""The face of the command line: what is offered, how it helps, what it costs to start, and its exit codes."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tractguard.cli.app import app
from tractguard.cli.errors import Broken, NeedsPerson, Stop, Usage, guarded
from tractguard.hosts import UnknownHost
from tractguard.ledger import Ledger, LedgerError, canonical
from tractguard.settings_file import BrokenSettings

ROOT = Path(__file__).parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command as its words, hidden ones too."""
    todo: list[tuple[tuple[str, ...], Any]] = [((), typer.main.get_command(app))]
    while todo:
        words, command = todo.pop()
        if hasattr(command, "commands"):
            todo += [((*words, name), each) for name, each in command.commands.items()]
        else:
            yield words, command


COMMANDS = dict(commands())
SHOWN = sorted(words for words, command in COMMANDS.items() if not command.hidden)


def test_these_commands_are_offered() -> None:
    assert [" ".join(words) for words in SHOWN] == [
        "allow",
        "audit verify",
        "bench",
        "check",
        "classify",
        "deliberate analyze",
        "deliberate check",
        "deliberate decide",
        "deliberate dismiss",
        "deliberate export",
        "deliberate invite",
        "deliberate list",
        "deliberate open",
        "deliberate restore",
        "deliberate review",
        "deliberate round",
        "deliberate schema",
        "deliberate show",
        "deliberate stakeholders",
        "doctor",
        "explain",
        "handoff diff",
        "handoff list",
        "handoff show",
        "init",
        "instructions add",
        "instructions edit",
        "instructions import",
        "instructions list",
        "instructions restore",
        "instructions retire",
        "instructions schema",
        "instructions show",
        "log",
        "obligations discharge",
        "pause",
        "policy check",
        "policy show",
        "pressure",
        "resume",
        "status",
        "statusline",
        "test",
        "trust",
        "undo",
        "uninstall",
        "verify",
        "version",
        "watch",
    ]


@pytest.mark.parametrize("words", SHOWN, ids=" ".join)
def test_help_teaches_with_an_example(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*words, "--help"])
    assert (done.exit_code, f"tractguard {' '.join(words)}" in done.stdout.split("Example")[-1]) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--version",), 0),
        (("version",), 0),
        (("--help",), 0),
        (("no-such-command",), 2),
        (("status", "--no-such-option"), 2),
        (("check",), 2),
        (("check", "--tool", "Bash", "--input", "{not json"), 2),
        (("check", "--tool", "Bash", "--input", "[]"), 2),
        (("check", "--jsonl", "--tool", "Bash"), 2),
        (("instructions", "show", "inst_999"), 2),
        (("instructions", "add", "Use pnpm"), 2),  # nothing is set up here
        (("policy", "check", "no-such-file.toml"), 2),
        (("classify", ""), 2),
        (("classify", " "), 2),
        (("classify",), 2),  # and nothing is piped in
        (("classify", "--markdown"), 0),  # an empty file
        (("log",), 1),  # there is no ledger
        (("audit", "verify"), 1),
        (("doctor",), 1),  # no hooks are installed
        (("policy", "check"), 0),
        (("status",), 0),
        (("instructions", "list"), 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_exit_codes(tg: Run, arguments: tuple[str, ...], code: int) -> None:
    assert tg(*arguments).returncode == code


def raising(error: Exception) -> Callable[[], int]:
    def run() -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Stop("no"), 1),
        (Broken("a file of yours"), 1),
        (Usage("no such thing"), 2),
        (NeedsPerson("nobody is there"), 2),
        (LedgerError("damaged"), 1),
        (BrokenSettings("line 3"), 1),
        (UnknownHost("who"), 2),
        (FileNotFoundError(2, "No such file", "/x"), 1),
        (ZeroDivisionError("ours"), 3),
        (KeyError("ours"), 3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_becomes_one_message_and_its_code(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(raising(error)) == code
    said = capsys.readouterr()
    assert (said.out, said.err.startswith("tractguard: "), "Traceback" in said.err) == ("", True, False)


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [(["--version"], ""), (["check", "--jsonl"], '{"id": 1, "tool_name": "Read", "tool_input": {"file_path": "a"}}\n')],
    ids=["--version", "check --jsonl"],
)
def test_what_pipelines_start_loads_no_terminal_library(arguments: list[str], stdin: str) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tractguard.cli import main; main({arguments!r});"
        "print(sorted({'typer', 'rich', 'pydantic', 'subprocess', 'tomllib'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=stdin, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_a_pipe_gets_no_colour(tg: Run) -> None:
    assert "\x1b" not in tg("status").stdout


@pytest.mark.parametrize(
    ("env", "escapes"), [({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)]
)
def test_no_colour_wins(tg: Run, env: dict[str, str], escapes: bool) -> None:
    assert ("\x1b" in tg("status", env={**env, "TERM": "xterm"}).stdout) is escapes


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["log", "log --json"])
def test_a_reader_of_the_log_who_leaves_is_no_error(
    tg: Run, repo: Path, home: dict[str, str], options: tuple[str, ...]
) -> None:
    tg("init", "--yes")
    with Ledger.open(str(repo / ".claude" / "tractguard" / "ledger.db")) as ledger:
        for number in range(400):
            record = {"event": "PreToolUse", "tool_name": "Bash", "input": {"command": f"echo {number} " + "x" * 500}}
            ledger.append(record, canonical(record))
    command = [sys.executable, "-m", "tractguard", "log", *options]
    with subprocess.Popen(command, cwd=repo, env=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert (process.wait(timeout=60), process.stderr.read()) == (0, b"")


def test_a_reader_who_leaves_is_no_error(tg: Run, repo: Path, home: dict[str, str]) -> None:
    command = f"{sys.executable} -m tractguard instructions schema | head -c 1"
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=repo, env=home, capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("{", "")


def test_the_published_schema_is_the_one_in_force(tg: Run) -> None:
    published = (ROOT / "docs" / "instruction-history.schema.json").read_text(encoding="utf-8")
    assert tg("instructions", "schema").stdout == published


def test_the_hidden_hook_command_answers_an_event(tg: Run) -> None:
    payload = json.dumps({"session_id": "s", "hook_event_name": "PreToolUse", "tool_name": "Read", "tool_input": {}})
    done = tg("hook", "claude-code", "PreToolUse", stdin=payload)
    assert (done.returncode, done.stdout) == (0, "")
