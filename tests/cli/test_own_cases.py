"""`tractguard test`: people's own cases in YAML and JSONL, and what a wrong file says."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

GOOD = """\
- name: the wrong port is put right
  instruction: MongoDB runs on port 27027
  bash: mongosh --port 27017
  expect: REJECTED
  corrected: "27027"
- instructions: ["Never touch migrations/"]
  tool: Write
  input: {file_path: migrations/0001.py, content: x}
  expect: REJECTED
- instruction: Never touch migrations/
  bash: cat migrations/0001.py
  expect: APPROVED
"""


def test_cases_that_come_out_as_expected(tg: Run, repo: Path) -> None:
    (repo / "cases.yaml").write_text(GOOD)
    done = tg("test", "cases.yaml")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "3 passed, 0 failed")


def test_a_case_that_fails_says_what_it_got(tg: Run, repo: Path) -> None:
    (repo / "c.jsonl").write_text(json.dumps({"instruction": "Use pnpm", "bash": "ls", "expect": "REJECTED"}) + "\n")
    done = tg("test", "c.jsonl", "--json")
    row = json.loads(done.stdout)
    assert (done.returncode, row["passed"], row["problem"]) == (1, False, "expected REJECTED, got APPROVED")


def test_a_case_without_an_instruction_is_judged_by_the_repository(tg: Run, repo: Path) -> None:
    assert tg("init", "--yes").returncode == 0
    assert tg("instructions", "add", "Never touch migrations/", "--yes").returncode == 0
    (repo / "c.yaml").write_text("- {bash: rm migrations/0001.py, expect: REJECTED}\n- {bash: ls, expect: APPROVED}\n")
    assert tg("test", "c.yaml").returncode == 0


def test_a_case_is_judged_by_the_instructions_as_they_are_kept(tg: Run, repo: Path) -> None:
    (repo / "backend").mkdir()
    (repo / "backend" / "CLAUDE.md").write_text("# Rules\n\n- Never touch `migrations/`.\n")
    assert tg("init", "--yes").returncode == 0
    (repo / "c.yaml").write_text(
        "- {bash: rm backend/migrations/1.py, expect: REJECTED}\n- {bash: rm migrations/1.py, expect: APPROVED}\n"
    )
    assert tg("test", "c.yaml").returncode == 0


def test_earlier_calls_may_be_commands_alone(tg: Run, repo: Path) -> None:
    said = "instruction: Always run make lint before committing, bash: git commit -m x"
    changed = "{tool: Write, input: {file_path: a.py, content: x}}"
    (repo / "c.yaml").write_text(
        f"- {{{said}, history: [{changed}], expect: REJECTED}}\n"
        f"- {{{said}, history: [{changed}, make lint], expect: APPROVED}}\n"
    )
    assert tg("test", "c.yaml").stdout.splitlines()[-1] == "2 passed, 0 failed"


def test_a_case_is_named_by_its_line(tg: Run, repo: Path) -> None:
    (repo / "c.yaml").write_text("# ours\n- bash: ls\n  expect: APPROVED\n\n- bash: pwd\n  expect: APPROVED\n")
    rows = [json.loads(line) for line in tg("test", "c.yaml", "--json").stdout.splitlines()]
    assert [row["place"] for row in rows] == ["c.yaml:2", "c.yaml:5"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("c.yaml", "- {bash: ls}", "`expect` must be one of", id="no expectation"),
        pytest.param("c.yaml", "- {bash: ls, expect: NO}", "`expect` must be one of", id="no such status"),
        pytest.param("c.yaml", "bash: ls", "must be a list", id="not a list"),
        pytest.param("c.yaml", "- [", "not valid YAML", id="broken"),
        pytest.param("c.yaml", "- {bsh: ls, expect: APPROVED}", "unknown key 'bsh'", id="a typing error"),
        pytest.param("c.jsonl", "{", "c.jsonl:1", id="broken line"),
        pytest.param("c.yaml", "- {expect: APPROVED}", "tool_input", id="no call"),
        pytest.param("c.yaml", "[]", "hold no cases", id="an empty list"),
        pytest.param("c.yaml", "", "hold no cases", id="empty"),
        pytest.param("c.yaml", "- &a [*a]", "a case must be an object", id="a circle"),
        pytest.param("c.yaml", "[" * 50_000, "nested too deeply", id="deep YAML"),
        pytest.param("c.jsonl", "[" * 50_000, "nested too deeply", id="deep JSON"),
        pytest.param("c.yaml", "- {bash: ls, tool: Read, expect: APPROVED}", "a case has one call", id="two calls"),
        pytest.param("c.yaml", "- {bash: 5, expect: APPROVED}", "must be a string", id="a command that is no text"),
        pytest.param("c.yaml", "- {bash: ls, history: x, expect: APPROVED}", '"history" must be', id="no list"),
        pytest.param("c.yaml", "!!python/object/apply:os.system [id]", "not valid YAML", id="an object to build"),
    ],
)
def test_a_wrong_file_is_one_sentence(tg: Run, repo: Path, name: str, content: str, words: str) -> None:
    (repo / name).write_text(content)
    done = tg("test", name)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert words in done.stderr


@pytest.mark.parametrize(
    ("data", "words"), [(b"\xff\xfe", "c.yaml is not UTF-8 (byte 0)"), (None, "c.yaml cannot be read (No such file")]
)
def test_a_file_that_cannot_be_read_is_one_sentence(tg: Run, repo: Path, data: bytes | None, words: str) -> None:
    if data is not None:
        (repo / "c.yaml").write_bytes(data)
    done = tg("test", "c.yaml")
    assert (done.returncode, words in done.stderr, len(done.stderr.splitlines())) == (2, True, 1)
