"""Fixes change only the wrong characters, or nothing at all."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tractguard.check import check_row
from tractguard.model import Fix
from tractguard.rules.corrections import apply

COMMAND = {"command": "mongosh --port 27017", "timeout": 5, "nested": {"list": ["a b", {"x": "y"}]}}


@pytest.mark.parametrize(
    ("fixes", "expected"),
    [
        ([Fix("command", 15, 20, "27027")], {**COMMAND, "command": "mongosh --port 27027"}),
        (
            [Fix("command", 15, 20, "27027"), Fix("command", 15, 20, "27027")],
            {**COMMAND, "command": "mongosh --port 27027"},
        ),
        ([Fix("command", 0, 0, "x && "), Fix("command", 15, 20, "1")], {**COMMAND, "command": "x && mongosh --port 1"}),
        ([Fix("nested.list.0", 2, 3, "c")], {**COMMAND, "nested": {"list": ["a c", {"x": "y"}]}}),
        ([Fix("nested.list.1.x", 0, 1, "z")], {**COMMAND, "nested": {"list": ["a b", {"x": "z"}]}}),
        ([], None),
        ([Fix("command", 10, 16, "a"), Fix("command", 15, 20, "b")], None),
        ([Fix("command", 15, 20, "a"), Fix("command", 15, 20, "b")], None),
        ([Fix("command", 3, 3, "a"), Fix("command", 3, 3, "b")], None),
        ([Fix("command", 15, 200, "a")], None),
        ([Fix("timeout", 0, 1, "6")], None),
        ([Fix("missing", 0, 0, "a")], None),
        ([Fix("nested.list.7", 0, 0, "a")], None),
    ],
)
def test_apply(fixes, expected):
    assert apply(COMMAND, fixes) == expected


def test_the_input_stays_as_it_was():
    before = copy.deepcopy(COMMAND)
    changed = apply(COMMAND, [Fix("nested.list.0", 0, 1, "z")])
    changed["nested"]["list"].append("more")
    assert before == COMMAND


@given(st.text(), st.integers(0, 30), st.integers(0, 30), st.text())
def test_only_the_span_changes(text, start, end, new):
    changed = apply({"command": text}, [Fix("command", start, end, new)])
    expected = {"command": text[:start] + new + text[end:]} if start <= end <= len(text) else None
    assert changed == expected


PNPM = "Use pnpm, never npm."
UV = "Use uv, never pip."
BUN = "Use bun, never npm."


@pytest.mark.parametrize(
    ("said", "command", "corrected"),
    [
        (PNPM, "npm install", "pnpm install"),
        (PNPM, "npm ci", "pnpm install --frozen-lockfile"),
        (PNPM, "npm install zod", "pnpm add zod"),
        (PNPM, "npm i -D vitest", "pnpm add -D vitest"),
        (PNPM, "cd web && npm run build 2>&1 | tail -5", "cd web && pnpm run build 2>&1 | tail -5"),
        (PNPM, "npm uninstall zod", "pnpm remove zod"),
        (PNPM, "npm install --legacy-peer-deps zod", None),
        (PNPM, "npm --prefix web install", None),
        (BUN, "npm install zod", "bun add zod"),
        (UV, "pip install requests", "uv add requests"),
        (UV, "pip install -e .", "uv pip install -e ."),
        (UV, "pip install .", "uv pip install ."),
        (UV, "pip install -r requirements.txt", "uv pip install -r requirements.txt"),
        (UV, "python -m pip install requests", "uv add requests"),
        ("MongoDB runs on port 27027", "mongosh --port 27017", "mongosh --port 27027"),
        ("MongoDB runs on port 27027", "echo 27017 && mongosh --port 27017", "echo 27017 && mongosh --port 27027"),
        (
            "Pull requests must target `develop`.",
            "gh pr create --base main --fill",
            "gh pr create --base develop --fill",
        ),
        ("Never run `gh pr view` without `--comments`.", "gh pr view 42", "gh pr view 42 --comments"),
        ("Never push to main.", "git push origin main", None),
        ("Never run `terraform destroy`.", "terraform destroy -auto-approve", None),
    ],
)
def test_corrected_command(said, command, corrected):
    answer = check_row({"instructions": [said], "tool_name": "Bash", "tool_input": {"command": command, "timeout": 9}})
    expected = None if corrected is None else {"command": corrected, "timeout": 9}
    assert answer["corrected_input"] == expected
