"""The transcript's numbers: read on from where the last look ended, whatever is done to the file in between."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.costs import bare_interpreter
from tractguard.facts.transcript import MOST_NEW, Compaction, Counted, as_row, from_row, read_on

USAGE = {"input_tokens": 3, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 20_000, "output_tokens": 7}


def answer(id: str, usage: Any = USAGE, **more: Any) -> str:
    message = {"id": id, "role": "assistant", "model": "claude-x", "usage": usage, **more.pop("message", {})}
    return json.dumps({"type": "assistant", "isSidechain": False, "message": message, **more}, separators=(",", ":"))


def said(content: Any, **more: Any) -> str:
    return json.dumps({"type": "user", "message": {"role": "user", "content": content}, **more}, separators=(",", ":"))


def compacted(**meta: Any) -> str:
    return json.dumps({"type": "system", "subtype": "compact_boundary", "compactMetadata": meta}, separators=(",", ":"))


RESULT = said([{"type": "tool_result", "tool_use_id": "t", "content": "x"}])

# Lines -> messages since the last compaction, of the whole file, compactions, tokens.
LINES = [
    pytest.param([], (0, 0, 0, 0), id="nothing yet"),
    pytest.param([said("hello")], (1, 1, 0, 0), id="a message of the person"),
    pytest.param([said([{"type": "text", "text": "look"}, {"type": "image"}])], (1, 1, 0, 0), id="with a picture"),
    pytest.param([answer("a"), answer("a"), answer("a")], (1, 1, 0, 20_110), id="a line for each part of one message"),
    pytest.param([answer("a"), RESULT, answer("b", {"input_tokens": 5})], (1, 1, 0, 5), id="calls and results are one answer, the last usage counts"),
    pytest.param([said("1"), answer("a"), said("2"), said("3"), answer("b")], (5, 5, 0, 20_110), id="messages exchanged"),
    pytest.param([said("x", isMeta=True), said("y", isCompactSummary=True)], (0, 0, 0, 0), id="nobody said that"),
    pytest.param([said("<command-name>/compact</command-name>"), said("<local-command-stdout>x")], (0, 0, 0, 0), id="commands of the client"),
    pytest.param([answer("a").replace('"isSidechain":false', '"isSidechain":true')], (0, 0, 0, 0), id="a subagent's"),
    pytest.param([answer("a", message={"model": "<synthetic>"})], (0, 0, 0, 0), id="an error of the API"),
    pytest.param([said("1"), answer("a"), compacted(trigger="auto", preTokens=9), said("s", isCompactSummary=True), said("2")], (1, 3, 1, 0), id="after a compaction"),
    pytest.param([compacted(), compacted(trigger="manual")], (0, 0, 2, 0), id="two compactions"),
    pytest.param(["{", "[]", "null", '"user"', '{"type":"user"}', '{"type":"assistant","message":[]}', "\ufffd" * 9], (0, 0, 0, 0), id="what is no line of a conversation"),
    pytest.param([answer("a", {"input_tokens": -5, "output_tokens": True, "cache_read_input_tokens": "9"})], (1, 1, 0, 0), id="numbers that are none"),
    pytest.param([answer("a", {"input_tokens": 10**30})], (1, 1, 0, 1_000_000_000), id="a number beyond all"),
    pytest.param([said('forged {"type":"tool_result"} and "compact_boundary"')], (1, 1, 0, 0), id="text that looks like a line"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "counts"), LINES)
def test_what_is_counted(lines: list[str], counts: tuple[int, int, int, int], tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    found = read_on(str(path), Counted())
    assert (found.messages, found.total, found.compactions, found.used) == counts
    assert found.whole


def test_a_compaction_is_told_with_what_it_took(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    lines = [said("1"), answer("a"), compacted(trigger="auto", preTokens=19_768)]
    path.write_text("\n".join(lines) + "\n")
    found = read_on(str(path), Counted())
    assert (found.last, found.model) == (Compaction("auto", 2, 19_768), "claude-x")


def test_reading_on_counts_each_line_once(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    found = Counted()
    for number in range(10):
        with path.open("a") as file:
            file.write(answer(f"m{number}") + "\n" + said(f"{number}") + "\n")
        found = read_on(str(path), from_row(json.loads(json.dumps(as_row(found)))))
    assert (found.messages, found.offset) == (20, path.stat().st_size)


def test_a_line_that_is_being_written_waits(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    whole = said("one") + "\n"
    path.write_text(whole + answer("a")[:50])
    first = read_on(str(path), Counted())
    assert (first.messages, first.offset) == (1, len(whole))
    path.write_text(whole + answer("a") + "\n")
    assert read_on(str(path), first).messages == 2


@pytest.mark.parametrize("done", ["cut", "replaced", "rewritten"])
def test_a_file_that_is_another_one_is_counted_anew(done: str, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("".join(said(f"{n}") + "\n" for n in range(5)))
    before = read_on(str(path), Counted())
    if done == "cut":
        os.truncate(path, len(said("0")) + 1)
    elif done == "replaced":
        other = tmp_path / "other"
        other.write_text(said("0") + "\n")
        other.replace(path)
    else:
        with path.open("r+") as file:
            file.write(said("a" * 400) + "\n")
    assert read_on(str(path), before).messages == 1


def test_a_file_that_is_gone_leaves_what_was_counted(tmp_path: Path) -> None:
    before = Counted(messages=7, used=9)
    assert read_on(str(tmp_path / "gone"), before) == before
    assert read_on(str(tmp_path), before) == before


@pytest.mark.alone
def test_two_hundred_megabytes_cost_what_the_last_one_costs(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    big = (said([{"type": "tool_result", "content": "x" * 100_000}]) + "\n").encode()
    with path.open("wb") as file:
        for _ in range(2000):
            file.write(big)
        file.write((said("now") + "\n" + answer("a") + "\n").encode())
    begun = time.process_time()
    found = read_on(str(path), Counted())
    assert time.process_time() - begun < 20 * bare_interpreter()
    assert (found.messages, found.used, found.whole, found.offset) == (2, 20_110, False, path.stat().st_size)


def test_one_line_larger_than_a_look_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(said("x" * (MOST_NEW + 10)) + "\n")
    first = read_on(str(path), Counted())
    assert (first.messages, first.whole) == (0, False)
    with path.open("a") as file:
        file.write(said("after") + "\n")
    assert read_on(str(path), first).messages == 1


@pytest.mark.parametrize(
    "row", [None, {}, [], [1] * 12, ["x"] * 12, [*as_row(Counted())[:-1], 5], [1, 2, "a b", *as_row(Counted())[3:]]]
)
def test_a_state_that_nobody_wrote_counts_from_the_beginning(row: Any) -> None:
    assert from_row(row)._replace(last=None) == Counted()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from([said("hi"), answer("a"), answer("b"), RESULT, compacted(), "{broken", ""]), max_size=30),
    st.integers(1, 400),
)
def test_any_cut_gives_the_same_counts(lines: list[str], step: int) -> None:
    import tempfile

    data = "".join(f"{line}\n" for line in lines).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.jsonl")
        path.write_bytes(data)
        whole = read_on(str(path), Counted())
        path.write_bytes(b"")
        found = read_on(str(path), Counted())
        for at in range(0, len(data), step):
            with path.open("ab") as file:
                file.write(data[at : at + step])
            found = read_on(str(path), found)
    assert found._replace(inode=0, tail="", offset=0, unmeasured=0) == whole._replace(
        inode=0, tail="", offset=0, unmeasured=0
    )
