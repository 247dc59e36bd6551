"""The host's transcript, read for its numbers: messages, compactions, tokens in use, the model.

Read incrementally: what is kept between two looks (`Counted`) says how far the file was read and how to tell that it is
still the same file, so a transcript of 200 MB costs what its last part costs. Knows the lines that Claude Code writes;
refuses to take a word from them. A line that a tool call forged can change a number, never what a person said.
Standard library only.
"""

import hashlib
import json
import os
from typing import Any, NamedTuple

from tractguard.stored import MOST, number

MOST_NEW = 1_000_000  # bytes that are read at one look; of more only the end
TAIL = 64  # bytes before the offset, by which the file is known again
LEAST_MEASURED = 200  # tokens from which a usage says something of the bytes behind it
RATES = (2.0, 20.0)  # bounds of the bytes that a token may take
AUTO = "auto"
# Beginnings of lines that the client writes for a person's local commands: nobody said them to the assistant.
NOT_SAID = ("<local-command", "<command-name>", "<command-message>", "<bash-", "Caveat:")


class Compaction(NamedTuple):
    """A compaction that the transcript tells of."""

    trigger: str  # auto | manual
    messages: int  # said since the one before it
    tokens: int  # in the context when it happened; 0 where that is not said


class Counted(NamedTuple):
    """What was counted up to `offset`. A plain value: `as_row` and `from_row` store it."""

    inode: int = 0
    offset: int = 0
    tail: str = ""  # mark of the bytes before the offset
    messages: int = 0  # exchanged since the last compaction: the person's, and one answer to each
    total: int = 0  # of the whole file
    compactions: int = 0
    used: int = 0  # tokens in the context by the last usage; 0 where there is none since the last compaction
    model: str = ""
    unmeasured: int = 0  # bytes of lines since the last usage
    rate: float = 3.5  # bytes of the transcript that a token took, as usage has told so far
    whole: bool = True  # false where a part was passed over: the counts are lower bounds
    answered: bool = False  # whether the person's last message has its answer
    last: Compaction | None = None  # the newest compaction


def as_row(counted: Counted) -> list[Any]:
    """`counted` as JSON can hold it."""
    return [*counted[:-1], list(counted.last) if counted.last else None]


def from_row(row: Any) -> Counted:
    """What `as_row` made; an empty one where `row` is anything else."""
    if not isinstance(row, list) or len(row) != len(Counted._fields):
        return Counted()
    *plain, last = row
    wanted = [type(each) for each in Counted()[:-1]]
    if [type(each) for each in plain] != wanted or not _is_mark(plain[2]):
        return Counted()
    compaction = Compaction._make(last) if isinstance(last, list) and len(last) == len(Compaction._fields) else None
    return Counted._make([*plain, compaction])


def read_on(path: str, before: Counted, most: int = MOST_NEW) -> Counted:
    """What is counted now. A file that is gone or cannot be read leaves what was counted.

    A file that was replaced or cut is counted anew. A last line that is still being written waits for the next look.
    """
    try:
        with open(path, "rb") as file:
            found = os.fstat(file.fileno())
            counted = before if _same(file, found, before) else Counted(inode=found.st_ino)
            skipped = found.st_size - counted.offset > most
            start = found.st_size - most if skipped else counted.offset
            file.seek(start)
            data = file.read(most)
    except (OSError, ValueError):
        return before
    if skipped:
        data, start = _from_next_line(data, start)
        counted = counted._replace(whole=False)
    end = data.rfind(b"\n") + 1
    for line in data[:end].split(b"\n"):
        if line:
            counted = _counted(counted, line)
    if not end:
        return counted._replace(offset=start) if skipped else counted
    return counted._replace(offset=start + end, tail=_mark(data[max(0, end - TAIL) : end]))


def _from_next_line(data: bytes, start: int) -> tuple[bytes, int]:
    """The data from the first line that begins in it."""
    first = data.find(b"\n") + 1
    return (data[first:], start + first) if first else (b"", start + len(data))


def _same(file: Any, found: os.stat_result, before: Counted) -> bool:
    """Whether the file is the one that was counted: its inode, not shorter, and the same bytes before the offset."""
    if before.inode != found.st_ino or before.offset > found.st_size:
        return False
    if not before.tail:
        return True
    length = int(before.tail.partition(" ")[0])
    file.seek(max(0, before.offset - length))
    return _mark(file.read(length)) == before.tail


def _is_mark(text: str) -> bool:
    return not text or text.partition(" ")[0].isdecimal()


def _mark(data: bytes) -> str:
    """What some bytes are known again by: their number and their hash."""
    return f"{len(data)} {hashlib.sha256(data).hexdigest()[:16]}"


def _counted(counted: Counted, line: bytes) -> Counted:
    """`counted` with one whole line. What is no line of a conversation changes nothing."""
    counted = counted._replace(unmeasured=min(MOST, counted.unmeasured + len(line)))
    # A quote inside a string is escaped, so these keys can only be keys: a long result is not even parsed.
    if b'"tool_result"' in line or b'"isSidechain":true' in line:
        return counted
    if not (b'"assistant"' in line or b'"user"' in line or b"compact_boundary" in line):
        return counted
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return counted
    if not isinstance(row, dict) or row.get("isSidechain"):
        return counted
    if row.get("type") == "assistant":
        return _of_assistant(counted, row.get("message"))
    if row.get("type") == "user" and _is_said(row):
        return counted._replace(messages=counted.messages + 1, total=counted.total + 1, answered=False)
    if row.get("type") == "system" and row.get("subtype") == "compact_boundary":
        return _compacted(counted, row.get("compactMetadata"))
    return counted


def _of_assistant(counted: Counted, message: Any) -> Counted:
    """A part of an answer. Its calls and their results are one answer with it, however many there are: a session that
    works for an hour on one request has not talked for an hour. What an API error wrote has no usage.
    """
    if not isinstance(message, dict) or message.get("model") == "<synthetic>":
        return counted
    usage = message.get("usage")
    if not counted.answered:
        counted = counted._replace(messages=counted.messages + 1, total=counted.total + 1, answered=True)
    if not isinstance(usage, dict):
        return counted
    keys = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    used = sum(number(usage.get(key)) for key in keys)
    model = message.get("model")
    return counted._replace(
        used=used,
        unmeasured=0,
        rate=_rate(counted, used),
        model=model[:100] if isinstance(model, str) and model else counted.model,
    )


def _rate(counted: Counted, used: int) -> float:
    """Bytes for each token, after one more usage: what was added since the last one, against what it took."""
    more = used - counted.used
    if not counted.used or more < LEAST_MEASURED or not counted.unmeasured:
        return counted.rate
    least, most = RATES
    return round((counted.rate + min(most, max(least, counted.unmeasured / more))) / 2, 3)


def _is_said(row: dict[str, Any]) -> bool:
    """Whether a user's line is a message, and not a result, a summary or a note of the client."""
    if row.get("isMeta") or row.get("isCompactSummary"):
        return False
    message = row.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        content = next((text for text in texts if isinstance(text, str)), None)
    return isinstance(content, str) and not content.lstrip().startswith(NOT_SAID)


def _compacted(counted: Counted, said: Any) -> Counted:
    """A compaction: the messages before it are no longer in the context, nor is their usage."""
    said = said if isinstance(said, dict) else {}
    trigger = AUTO if said.get("trigger") == AUTO else "manual"
    return counted._replace(
        messages=0,
        compactions=counted.compactions + 1,
        used=0,
        unmeasured=0,
        last=Compaction(trigger, counted.messages, number(said.get("preTokens"))),
    )
