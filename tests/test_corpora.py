"""The project's own corpora: every spelling has its effect, every near miss and every ordinary call goes through.

One expected value a row: "stop" is REJECTED or ESCALATED, "warn" is WARNING, "pass" is APPROVED.
"""

import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tractguard.check import check_row, spoken
from tractguard.corpus_bench import BadCorpus, measure, outcome, rows_of, typical_of
from tractguard.model import Instruction

DATA = Path(__file__).parent / "data"
TYPICAL = typical_of(str(DATA))
SPELLINGS = ("spellings_path.jsonl", "spellings_tool.jsonl", "spellings_port.jsonl")
# file -> how many rows must stop, at least, and how many near misses stand beside them
LEAST = {"spellings_path.jsonl": (200, 60), "spellings_tool.jsonl": (80, 40), "spellings_port.jsonl": (60, 40)}


def rows(name: str) -> list[dict[str, Any]]:
    return list(rows_of(str(DATA / name)))


@cache
def heard(texts: tuple[str, ...]) -> list[Instruction]:
    """Instructions as they stand after these were said: many rows share them."""
    return spoken(texts)


def judged(row: dict[str, Any], texts: Sequence[str] | None = None) -> dict[str, Any]:
    """The answer to a row, under its own instructions or under these."""
    said = row.get("instructions") or [] if texts is None else texts
    return check_row(row, heard(tuple(said))) if not row.get("contexts") else check_row({**row, "instructions": said})


PARTS = 8  # of one file's rows in one test
# Row -> why it is missed today: one that comes right must leave the list.
KNOWN: dict[str, str] = json.loads((DATA / "known_misses.json").read_text(encoding="utf-8"))


BENIGN: dict[str, list[dict[str, Any]]] = {}
for each in rows("benign.jsonl"):
    BENIGN.setdefault(each["group"], []).append(each)


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("part", range(PARTS))
def test_each_spelling_and_near_miss_comes_out_as_it_says(name: str, part: int) -> None:
    found = rows(name)[part::PARTS]
    wrong = {row["id"] for row in found if outcome(judged(row)["status"]) != row["expected"]}
    assert wrong == KNOWN.keys() & {row["id"] for row in found}


@pytest.mark.parametrize("group", sorted(BENIGN))
def test_ordinary_calls_pass_under_ten_typical_instructions(group: str) -> None:
    answers = {row["id"]: judged(row, TYPICAL) for row in BENIGN[group]}
    assert {name: answer["findings"] for name, answer in answers.items() if answer["status"] != "APPROVED"} == {}


@pytest.mark.parametrize("group", sorted(BENIGN))
def test_ordinary_calls_pass_without_instructions(group: str) -> None:
    answers = {row["id"]: judged(row, []) for row in BENIGN[group]}
    assert {name: answer["findings"] for name, answer in answers.items() if answer["status"] != "APPROVED"} == {}


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_corpora_are_large_enough(name: str) -> None:
    found = rows(name)
    stops = sum(row["expected"] != "pass" for row in found)
    assert (stops >= LEAST[name][0], len(found) - stops >= LEAST[name][1]) == (True, True)


def test_the_ordinary_calls_are_many() -> None:
    assert (sum(map(len, BENIGN.values())) >= 1000, len(TYPICAL)) == (True, 10)


@pytest.mark.parametrize("name", ["benign.jsonl", *SPELLINGS])
def test_no_row_stands_twice(name: str) -> None:
    said = [json.dumps([row.get("instructions"), row["tool_name"], row["tool_input"]]) for row in rows(name)]
    names = [row["id"] for row in rows(name)]
    assert (len(set(said)), len(set(names))) == (len(said), len(names))


def test_measure_counts_each_outcome(tmp_path: Path) -> None:
    (tmp_path / "instructions_typical.json").write_text('["Use pnpm, never npm."]', encoding="utf-8")
    call = {"tool_name": "Bash", "tool_input": {"command": "npm install zod"}}
    lines = [
        {**call, "id": "a", "expected": "stop"},
        {**call, "id": "b"},
        {**call, "id": "c", "instructions": [], "expected": "pass"},
        {"command": "npm install zod", "expected": "stop"},
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    assert measure(str(tmp_path)) == {
        "own.jsonl": {
            "n": 4,
            "stopped": 2,
            "warned": 0,
            "passed": 2,
            "wrong": 2,
            "misses": [
                {"id": "b", "expected": "pass", "got": "stop", "status": "REJECTED", "codes": ["TG311"]},
                {"id": 4, "expected": "stop", "got": "pass", "status": "APPROVED", "codes": []},
            ],
        }
    }


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("own.jsonl", "{not json\n", "own.jsonl:1 is not JSON"),
        ("own.jsonl", '{"expected": "maybe"}\n', "own.jsonl:1 is not a row"),
        ("own.jsonl", '{"id": 7}\n', "row 7: "),
        ("own.txt", "", "holds no .jsonl file"),
        ("instructions_typical.json", "{}", "is not a list of texts"),
    ],
)
def test_a_corpus_that_cannot_be_read_is_one_sentence(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadCorpus, match=message):
        measure(str(tmp_path))


@pytest.mark.parametrize("name", SPELLINGS)
def test_check_jsonl_answers_the_same_as_a_process(tg: Run, name: str) -> None:
    found = rows(name)[:: 1 if os.environ.get("TRACTGUARD_SOAK") else 10]
    done = tg("check", "--jsonl", stdin="".join(json.dumps(row) + "\n" for row in found))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["id"], each["status"]) for each in answers] == [
        (row["id"], check_row(row)["status"]) for row in found
    ]


def test_bench_prints_the_figures_of_a_folder(tg: Run, tmp_path: Path) -> None:
    row = {"id": "a", "tool_name": "Bash", "tool_input": {"command": "npm ci"}, "instructions": ["Never use npm."]}
    (tmp_path / "own.jsonl").write_text(json.dumps({**row, "expected": "stop"}) + "\n", encoding="utf-8")
    done = tg("bench", "--corpus", str(tmp_path), "--json")
    assert (done.returncode, json.loads(done.stdout)["own.jsonl"]["stopped"]) == (0, 1)


def test_bench_ends_with_1_where_a_row_is_wrong(tg: Run, tmp_path: Path) -> None:
    row = {"id": "a", "tool_name": "Bash", "tool_input": {"command": "ls"}, "instructions": ["Never use npm."]}
    (tmp_path / "own.jsonl").write_text(json.dumps({**row, "expected": "stop"}) + "\n", encoding="utf-8")
    done = tg("bench", "--corpus", str(tmp_path))
    assert (done.returncode, "own.jsonl a: expected stop, got pass" in done.stdout) == (1, True)


def test_bench_says_what_is_wrong_with_a_folder(tg: Run, tmp_path: Path) -> None:
    done = tg("bench", "--corpus", str(tmp_path / "nowhere"))
    assert (done.returncode, "cannot be read" in done.stderr) == (2, True)
