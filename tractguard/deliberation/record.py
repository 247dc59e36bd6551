"""A deliberation record as text: `.claude/deliberations/DATE-WORDS-ID.md`, front matter and body.

Knows how the file is named, split, written and changed field by field, so that a person's own lines, comments and order
stay as they are. Refuses to know what is valid (schema) and what it means. The front matter is YAML, of which this
module writes a plain part and reads only single values at the top level: an escalated call opens a record, and must
not load a parser for it. Standard library only.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

FOLDER = ".claude/deliberations"
MOST_BYTES = 1_000_000
OPEN, DECIDED, NO_AGREEMENT, DISMISSED = "open", "decided", "no_agreement", "dismissed"
ENDED = (DECIDED, NO_AGREEMENT, DISMISSED)
LONGEST_NAME = 48  # characters of the words in a file's name
KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*):(?:\s|$)")
PLAIN = re.compile(r"[A-Za-z(][^\x00-\x1f\x7f-\xa0:#{}\[\]\"'\\`|>&*%@!?\u2028\u2029\ufeff]*")
TYPED = re.compile(r"(?:null|true|false|yes|no|on|off|y|n|nan|inf|infinity)", re.IGNORECASE)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?")
OPENING = "---\n"


class BrokenRecord(ValueError):
    """A record that cannot be read. The message is one sentence with file and line."""


def folder_of(root: str) -> str:
    """Where a repository keeps its records."""
    return os.path.join(root, FOLDER)


def new_id(text: str, now: float) -> str:
    """An id for a new record: two clones that open one at a time do not get the same."""
    digest = hashlib.sha256(f"{text} {now!r} {os.urandom(8).hex()}".encode("utf-8", "replace")).hexdigest()
    return f"d-{digest[:6]}"


def file_name(question: str, id: str, date: str) -> str:
    """A name that sorts by date and can be recognised a year later."""
    words = re.findall(r"[a-z0-9]+", question.casefold())
    name = ""
    for word in words:
        if len(name) + len(word) > LONGEST_NAME:
            break
        name += f"-{word[:LONGEST_NAME]}"
    return f"{date}{name}-{id.removeprefix('d-')}.md"


def split(text: str, path: str = "the record") -> tuple[str, str]:
    """(front matter, body). Raises BrokenRecord where there is no front matter, or it does not end."""
    if not text.startswith(OPENING):
        raise BrokenRecord(f"{path}:1: a record begins with a front matter between two lines '---'")
    end = text.find("\n---\n", len(OPENING) - 1)
    if end < 0 and text.endswith("\n---"):
        end = len(text) - 4
    if end < 0:
        raise BrokenRecord(f"{path}:1: the front matter does not end: a line '---' is missing behind it")
    return text[len(OPENING) : end + 1], text[end + 5 :]


def joined(head: str, body: str) -> str:
    """The file of a front matter and a body."""
    return f"{OPENING}{head}---\n{body}"


def spans(head: str) -> dict[str, tuple[int, int]]:
    """key -> (first line, line behind the last) of each top-level field; what stands between two fields (a comment,
    an empty line) belongs to neither.
    """
    lines = head.splitlines()
    starts: dict[str, tuple[int, int]] = {}
    last = ""
    for number, line in enumerate(lines):
        found = KEY.match(line)
        if found and found.group(1) not in starts:
            last = found.group(1)
            starts[last] = (number, number + 1)
        elif last and line.strip() and not line.startswith("#"):
            starts[last] = (starts[last][0], number + 1)
    return starts


def with_fields(text: str, changes: Mapping[str, Any]) -> str:
    """The file with these fields set; every other byte stays. A field that is new comes last."""
    head, body = split(text)
    lines = head.splitlines()
    places = spans(head)
    for key in sorted((key for key in changes if key in places), key=lambda key: -places[key][0]):
        start, end = places[key]
        lines[start:end] = field_lines(key, changes[key])
    for key, value in changes.items():
        if key not in places:
            lines += field_lines(key, value)
    return joined("\n".join(lines) + "\n", body)


def field_lines(key: str, value: Any, indent: str = "") -> list[str]:
    """One field as lines of YAML: one item a line, so that git merges them."""
    if isinstance(value, Mapping) and value:
        return [f"{indent}{key}:", *mapping_lines(value, indent + "  ")]
    if isinstance(value, (list, tuple)) and value:
        return [f"{indent}{key}:", *(line for each in value for line in item_lines(each, indent + "  "))]
    if isinstance(value, str) and "\n" in value.strip("\n") and is_block(value):
        return [f"{indent}{key}: |-", *(f"{indent}  {line}".rstrip() for line in value.strip("\n").split("\n"))]
    return [f"{indent}{key}: {scalar(value)}"]


def mapping_lines(value: Mapping[str, Any], indent: str) -> list[str]:
    """The fields of a mapping."""
    return [line for key, each in value.items() for line in field_lines(str(key), each, indent)]


def item_lines(value: Any, indent: str) -> list[str]:
    """One item of a list."""
    if isinstance(value, Mapping) and value:
        first, *rest = mapping_lines(value, indent + "  ")
        return [f"{indent}- {first.strip()}", *rest]
    if isinstance(value, (list, tuple)):
        return [f"{indent}- {in_one_line(value)}"]
    return [f"{indent}- {scalar(value)}"]


def in_one_line(value: Any) -> str:
    """A value inside another list, in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {in_one_line(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(in_one_line(each) for each in value) + "]"
    text = scalar(value)
    return text if text[:1] == '"' or not isinstance(value, str) else json.dumps(text, ensure_ascii=False)


def is_block(value: str) -> bool:
    """Whether a text of several lines can stand as it is."""
    return (
        not value.startswith((" ", "\t", "\n"))
        and all(mark.isprintable() or mark in "\n" for mark in value)
        and "\t" not in value
    )


def scalar(value: Any) -> str:
    """One value: as it is where nothing can be taken for something else, else quoted."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple, Mapping)):
        return "[]" if isinstance(value, (list, tuple)) else "{}"
    text = str(value).encode("utf-8", "replace").decode()
    plain = PLAIN.fullmatch(text) and not TYPED.fullmatch(text) and text == text.strip() and not text.startswith("-")
    if (plain and text.isprintable()) or MOMENT.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if quoted.isprintable() else "".join(map(escaped, quoted))


def escaped(mark: str) -> str:
    """A character as YAML writes one that cannot be seen."""
    return mark if mark.isprintable() else f"\\U{ord(mark):08x}"


def value_of(head: str, key: str) -> str:
    """A single value at the top level of a front matter, "" where it is empty, a list, or not there."""
    for line in head.splitlines():
        if line.startswith(f"{key}:"):
            text = line[len(key) + 1 :].strip()
            if text[:1] == '"':
                try:
                    return str(json.loads(text))
                except ValueError:
                    return text.strip('"')
            text = text.partition(" #")[0].strip()
            return "" if text in ("null", "~", "[]", "{}", "|-", ">-", "|", ">") else text.strip("'")
    return ""


def paths_in(root: str) -> list[str]:
    """The records of a repository, oldest name first. Templates and what is beside them are none."""
    folder = folder_of(root)
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [os.path.join(folder, name) for name in names if name.endswith(".md") and name[:1].isdigit()]


def read_text(path: str) -> str:
    """The text of a record. Raises BrokenRecord with a sentence, FileNotFoundError where it is gone."""
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BrokenRecord(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    if len(data) > MOST_BYTES:
        raise BrokenRecord(f"{path} is larger than {MOST_BYTES // 1_000_000} MB: no record is")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BrokenRecord(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8") from error


def hash_of(text: str) -> str:
    """The hash of a record as the ledger keeps it; line ends do not count."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode("utf-8", "replace")).hexdigest()


def headings(body: str, level: int) -> Iterator[tuple[int, str]]:
    """(line, words) of each heading of a level, not inside code."""
    fenced = False
    for number, line in enumerate(body.split("\n")):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and line.startswith("#" * level + " "):
            yield number, line[level + 1 :].strip()


def merge_mark(text: str) -> int:
    """The line of a merge that git left unfinished, 0 for none."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            return number
    return 0


def listed(values: Sequence[Any]) -> list[str]:
    """Values as texts, empty ones left out."""
    return [str(each).strip() for each in values if str(each).strip()]
