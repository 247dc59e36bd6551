"""Which run of a check is evidence of what: exit codes through a shell, and what runners print."""

import pytest

from tractguard.checks.exits import covers, spoken_for
from tractguard.checks.runs import runs_of
from tractguard.checks.summaries import summary_of
from tractguard.facts import gather
from tractguard.facts.world import Row
from tractguard.model import Event


@pytest.mark.parametrize(
    ("command", "known"),
    [
        ("pytest", True),
        ("cd api && pytest", True),
        ("pytest && git push", True),
        ("(cd api && pytest)", True),
        ("{ pytest; }", True),
        ("FOO=1 pytest -q > out.txt 2>&1", True),
        ("pytest || exit 1", True),
        ("set -e; pytest; echo done", True),
        ("set -euo pipefail\npytest | tee log\necho done", True),
        ("set -o pipefail; pytest | tee log", True),
        ("bash -c 'cd x && pytest'", True),
        ("pytest | tail", False),
        ("pytest || true", False),
        ("pytest || echo failed", False),
        ("pytest; echo done", False),
        ("pytest &", False),
        ("! pytest", False),
        ("if pytest; then echo ok; fi", False),
        ("for i in 1 2; do pytest; done", False),
        ("bash -c 'pytest | tail'", False),
        ("pytest (", False),
    ],
)
def test_what_an_exit_code_speaks_for(command: str, known: bool) -> None:
    assert covers(spoken_for(command), command.index("pytest")) is known


@pytest.mark.parametrize("command", ["", "set -", "(" * 3_000, "a;" * 20_000, "\0", "\ud800", "'" * 999])
def test_any_command_is_borne(command: str) -> None:
    assert covers(spoken_for(command), 10**9) is False


PRINTED = [
    ("==== 12 passed in 0.41s ====", False, 12),
    ("12 passed, 1 skipped, 2 warnings in 0.41s", False, 12),
    ("==== 1 failed, 11 passed in 0.52s ====", True, -1),
    ("1 error in 0.10s", True, -1),
    ("Ran 5 tests in 0.001s\n\nOK", False, 5),
    ("Ran 5 tests in 0.001s\n\nFAILED (failures=2)", True, -1),
    ("Tests:       18 passed, 18 total", False, 18),
    ("Tests:       2 failed, 16 passed, 18 total", True, -1),
    (" Tests  2 failed | 16 passed (18)", True, -1),
    ("  5 passing (12ms)", False, 5),
    ("  5 passing (12ms)\n  1 failing", True, -1),
    ("ok  \texample.com/shop\t0.012s", False, -1),
    ("ok  \texample.com/shop\t(cached)", False, -1),
    ("--- FAIL: TestAdd (0.00s)\nFAIL\texample.com/shop\t0.010s", True, -1),
    ("test result: ok. 7 passed; 0 failed; 0 ignored", False, 7),
    ("test result: FAILED. 6 passed; 1 failed; 0 ignored", True, 6),
    ("Tests run: 5, Failures: 0, Errors: 0, Skipped: 0", False, 5),
    ("Tests run: 5, Failures: 1, Errors: 0, Skipped: 0", True, -1),
    ("BUILD SUCCESSFUL in 3s", False, -1),
    ("[INFO] BUILD FAILURE", True, -1),
    ("10 examples, 0 failures", False, 10),
    ("10 examples, 2 failures", True, -1),
    ("OK (5 tests, 7 assertions)", False, 5),
    ("FAILURES!\nTests: 5, Assertions: 7, Failures: 1.", True, -1),
    ("  congratulations :)", False, -1),
    ("Passed!  - Failed:     0, Passed:     5, Skipped:     0", False, 5),
    ("Failed!  - Failed:     1, Passed:     4, Skipped:     0", True, -1),
    ("Executed 5 tests, with 0 failures (0 unexpected)", False, 5),
    ("\x1b[32m3 passed\x1b[0m in 0.01s", False, 3),
    ("Success: no issues found in 3 source files", False, -1),
    ("Found 2 errors in 1 file (checked 3 source files)", True, -1),
    ("src/a.ts(1,1): error TS2304: Cannot find name 'x'.", True, -1),
    ("make: *** [Makefile:3: test] Error 1", True, -1),
    ("The tests passed the parcel on.", None, -1),
    ("", None, -1),
]


@pytest.mark.parametrize(("output", "red", "passed"), PRINTED)
def test_what_a_runner_printed(output: str, red: bool | None, passed: int) -> None:
    found = summary_of(output)
    assert (found.red, found.passed) == (red, passed)


RUNS = [
    ("pytest -q", True, "", [("pytest -q", "passed")]),
    ("pytest -q", False, "Exit code 1\n", [("pytest -q", "failed")]),
    ("pytest -q", False, "Exit code 143\n", [("pytest -q", "unknown")]),
    ("pytest -q", None, "", [("pytest -q", "unknown")]),
    ("pytest | tail -3", True, "12 passed in 0.1s", [("pytest", "passed")]),
    ("pytest | tail -3", True, "1 failed in 0.1s", [("pytest", "failed")]),
    ("pytest | grep FAILED", False, "Exit code 1\n", [("pytest", "unknown")]),
    ("pytest || true", True, "", [("pytest", "unknown")]),
    ("pytest && mypy .", True, "", [("pytest", "passed"), ("mypy .", "passed")]),
    (
        "pytest && mypy .",
        False,
        "Exit code 1\nFound 2 errors in 1 file",
        [("pytest", "unknown"), ("mypy .", "unknown")],
    ),
    ("python -m pytest tests", True, "", [("python -m pytest tests", "passed")]),
    ("timeout 60 go test ./...", True, "", [("go test ./...", "passed")]),
    ("docker compose exec web pytest", True, "", [("pytest", "passed")]),
    ("pytest --collect-only", True, "", []),
    ("grep -rn pytest .", True, "", []),
    ("echo 'pytest passes'", True, "", []),
    ("git commit -m 'run pytest'", True, "", []),
    ("pip install pytest", True, "", []),
]


@pytest.mark.parametrize(("command", "success", "output", "found"), RUNS)
def test_the_runs_of_a_call(command: str, success: bool | None, output: str, found: list[tuple[str, str]]) -> None:
    facts = gather(Event("pre_tool", tool="Bash", input={"command": command}, cwd="/repo", root="/repo"), Row({}))
    assert [(run.command, run.outcome) for run in runs_of(command, facts, success, output)] == found


def test_a_run_in_the_background_is_not_known() -> None:
    facts = gather(Event("pre_tool", tool="Bash", input={"command": "pytest"}, cwd="/repo", root="/repo"), Row({}))
    assert runs_of("pytest", facts, True, "3 passed in 1s", background=True)[0].outcome == "unknown"
