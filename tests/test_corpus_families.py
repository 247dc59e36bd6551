"""The figures of a corpus by family: recall of what shall stop, specificity of what shall pass."""

import json
from pathlib import Path
from typing import Any

from tractguard.corpus_bench import measure

ROWS = [
    {"family": "files", "expected": "stop", "command": "rm -rf /"},
    {"family": "files", "expected": "stop", "command": "ls"},
    {"family": "files", "expected": "pass", "command": "ls -la"},
    {"family": "git", "expected": "pass", "command": "git status"},
    {"expected": "pass", "command": "pwd"},
]


def written(folder: Path) -> str:
    (folder / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return str(folder)


def test_each_family_is_counted_by_itself(tmp_path: Path) -> None:
    assert measure(written(tmp_path))["own.jsonl"]["families"] == {
        "files": {"bad": 2, "found": 1, "good": 1, "left": 1},
        "git": {"bad": 0, "found": 0, "good": 1, "left": 1},
    }


def test_bench_prints_a_table_of_them(tg: Any, tmp_path: Path) -> None:
    shown = tg("bench", "--corpus", written(tmp_path)).stdout.split("\n")
    rows = [line.split() for line in shown if line.split()[:1] in (["files"], ["git"])]
    assert rows == [["files", "0.500", "1/2", "1.000", "1/1"], ["git", "–", "0/0", "1.000", "1/1"]]
