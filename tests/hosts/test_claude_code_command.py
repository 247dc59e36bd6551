"""The installed command, run by a real shell: it passes the guard's answer on, and it fails closed."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tractguard.hosts.claude_code import EVENTS
from tractguard.hosts.claude_code_command import Baked, bake, baked_in, command, is_ours, plugin

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = "/usr/bin:/bin"
PRE_TOOL = "tractguard could not run, so this call was not let through."
REST = (
    " A person can repair it with 'tractguard doctor' and 'tractguard init' or remove it with 'tractguard uninstall', "
    "or by hand in Claude Code's settings files.\n"
)

Program = Callable[[str], Baked]


@pytest.fixture
def guard(tmp_path: Path) -> Program:
    """Makes a guard out of Python code, in a folder whose name a careless command would trip over."""
    folder = tmp_path / 'it\'s "my" $HOME `guard`; x'
    folder.mkdir()

    def make(code: str) -> Baked:
        script = folder / "guard.py"
        script.write_text(code)
        return Baked(os.path.realpath(sys.executable), str(script), (str(folder),))

    return make


def shell(text: str, stdin: bytes = b"{}", path: str = SYSTEM) -> tuple[int, str, str]:
    done = subprocess.run(
        ["/bin/sh", "-c", text], input=stdin, capture_output=True, env={"PATH": path}, cwd="/", timeout=30
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n" + text)
    (folder / name).chmod(stat.S_IRWXU)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", (0, "", "")),
        ("print('{\"a\": \"\\\\n $x `y` \\\\\\\\ %s\"}', end='')", (0, '{"a": "\\n $x `y` \\\\ %s"}', "")),
        ("import sys; sys.stderr.write('refused\\n'); sys.exit(20)", (2, "", "refused\n")),
        ("import sys; print('{}'); sys.exit(20)", (2, "", "")),
        ("print('loading\\n{}')", (2, "", PRE_TOOL + REST)),
        ("print('{}\\nbye')", (2, "", PRE_TOOL + REST)),
        ("import sys; print('{}'); sys.exit(1)", (2, "", PRE_TOOL + REST)),
        ("import sys; sys.exit(2)", (2, "", PRE_TOOL + REST)),
        ("import os, signal; print('{}', flush=True); os.kill(os.getpid(), signal.SIGKILL)", (2, "", "")),
    ],
)
def test_answer(code: str, expected: tuple[int, str, str], guard: Program) -> None:
    code_, out, err = shell(command("PreToolUse", guard(code)))
    if "SIGKILL" in code:
        assert err.endswith(PRE_TOOL + REST)  # the shell may add a line of its own about the killed process
        err = ""
    assert (code_, out, err) == expected


def test_the_guard_gets_its_folders_and_the_name_of_the_event(guard: Program) -> None:
    made = guard("import sys; print('{%s %s %s}' % (sys.argv[1:], sys.flags.isolated, sys.flags.no_site))")
    arguments = [made.folders[0], "--", "claude-code", "Stop"]
    assert shell(command("Stop", made)) == (0, f"{{{arguments} 1 1}}", "")


def test_a_large_input_reaches_the_guard(guard: Program) -> None:
    made = guard("import sys; print({len(sys.stdin.buffer.read())})")
    assert shell(command("PreToolUse", made), b"x" * 5_000_000) == (0, "{5000000}", "")


def test_a_large_answer_comes_through(guard: Program) -> None:
    made = guard("print('{\"a\": \"' + 'x' * 3_000_000 + '\"}', end='')")
    assert len(shell(command("PreToolUse", made))[1]) == 3_000_009


def test_a_large_input_that_nobody_reads_still_fails_closed(guard: Program) -> None:
    assert shell(command("PreToolUse", guard("import sys; sys.exit(7)")), b"x" * 5_000_000)[:2] == (2, "")


@pytest.mark.parametrize("event", [event for event in EVENTS if event != "MessageDisplay"])
def test_a_missing_interpreter_prints_nothing_and_says_how_to_repair(event: str, guard: Program) -> None:
    code, out, err = shell(command(event, guard("")._replace(interpreter="/gone/python3")))
    so = "so this call was not let through" if event == "PreToolUse" else "so nothing passes unchecked"
    assert (code, out, err.splitlines()[-1] + "\n") == (2, "", f"tractguard could not run, {so}.{REST}")


@pytest.mark.parametrize(("waits", "expected"), [(False, (0, "", "")), (True, (0, "{}", ""))])
def test_words_are_shown_without_starting_python_where_no_code_waits(
    waits: bool, expected: tuple[int, str, str], guard: Program, tmp_path: Path
) -> None:
    (tmp_path / "tractguard").mkdir()
    if waits:
        (tmp_path / "tractguard" / "codes").touch()
    form = command("MessageDisplay", guard("print('{}')"))
    assert shell(f"XDG_STATE_HOME={tmp_path}; {form}") == expected


def test_a_missing_script_fails_closed(guard: Program) -> None:
    made = guard("")
    os.unlink(made.script)
    assert shell(command("PreToolUse", made))[:2] == (2, "")


def test_a_package_that_cannot_be_imported_is_one_line(tmp_path: Path) -> None:
    made = Baked(os.path.realpath(sys.executable), str(ROOT / "hooks" / "tractguard_hook.py"), (str(tmp_path),))
    said = "tractguard: ModuleNotFoundError: No module named 'tractguard'\n" + PRE_TOOL + REST
    assert shell(command("PreToolUse", made)) == (2, "", said)


def test_the_shared_form_runs_the_guard_that_is_there(tmp_path: Path) -> None:
    program(tmp_path / "bin", "tractguard", 'echo "{$*}"; cat >/dev/null')
    assert shell(command("Stop", None), b"{}", f"{tmp_path}/bin:{SYSTEM}") == (0, "{hook claude-code Stop}", "")


def test_the_shared_form_fails_closed_when_the_guard_there_fails(tmp_path: Path) -> None:
    program(tmp_path / "bin", "tractguard", "echo '{}'; exit 1")
    said = (2, "", PRE_TOOL + REST)
    assert shell(command("PreToolUse", None), b"{}", f"{tmp_path}/bin:{SYSTEM}") == said


def test_the_shared_form_warns_at_session_start_where_there_is_no_guard() -> None:
    code, out, err = shell(command("SessionStart", None))
    assert (code, err) == (0, "")
    assert json.loads(out)["systemMessage"].startswith("This project asks for tractguard, which is not installed")


@pytest.mark.parametrize("event", [event for event in EVENTS if event != "SessionStart"])
def test_the_shared_form_passes_where_there_is_no_guard(event: str) -> None:
    assert shell(command(event, None)) == (0, "", "")


def test_what_a_command_names_can_be_read_back(guard: Program) -> None:
    made = guard("")
    assert baked_in(command("Stop", made)) == made


def test_the_shared_form_names_nothing_of_this_machine() -> None:
    assert baked_in(command("Stop", None)) is None


@pytest.mark.parametrize(
    "text", ["", "out=$(", "out=$('open) && case", "out=$(a b) && case", "out=$(a -- b) && case", "say"]
)
def test_a_command_that_is_not_ours_names_nothing(text: str) -> None:
    assert baked_in(text) is None


def test_everything_that_is_baked_is_there() -> None:
    assert bake().missing() == ()


def test_what_is_missing_is_named(guard: Program) -> None:
    made = guard("")._replace(interpreter="/gone/python3", folders=("/gone/site",))
    assert made.missing() == ("/gone/python3", "/gone/site")


@pytest.mark.parametrize(
    ("hook", "ours"),
    [
        ({"type": "command", "command": command("Stop", None)}, True),
        ({"type": "command", "command": command("Stop", bake())}, True),
        ({"type": "command", "command": "tractguard hook claude-code Stop"}, False),
        ({"type": "command", "command": "grep 'tractguard could not run' log"}, False),
        ({"type": "http", "url": "http://127.0.0.1"}, False),
        ("text", False),
        (None, False),
    ],
)
def test_our_own_entries_are_recognised(hook: object, ours: bool) -> None:
    assert is_ours(hook) is ours


def test_the_plugin_holds_the_shared_form_of_every_event() -> None:
    assert json.loads((ROOT / "hooks" / "hooks.json").read_text()) == plugin()
