"""Report which of our training sentences overlap with the rows of a labelled file.

    python tools/check_overlap.py FILE.jsonl [--run 6]

A classifier that remembers the rows it is measured on proves nothing. A sentence is reported when it says the same
words as a row, shares a run of `--run` words with it, or shares most of its word triples. Scripts that write no
spaces are compared sign by sign, with runs twice as long. Published examples that a rule must hold anyway stand in
`PUBLISHED`. Exit 0 when nothing overlaps, 1 when something does, 2 when the file cannot be read.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from sentences import load

_TOKEN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\\W_]+")
LEAST_WORDS = 3  # shorter ones are common property ("Thanks!", "Run the tests")
MOST_ALIKE = 0.6  # share of common word triples
PUBLISHED = frozenset((
    "this project must maintain gdpr compliance",
    "all api responses should return json with success error format",
    "add error handling to this specific function",
    "mongodb runs on port 27017",
    "explore different approaches to caching",
    "always use port 27017",
    "prefer functional style",
    "keep code clean",
    "make it better",
    "improve this",
))  # fmt: skip

Words = tuple[str, ...]


def words(text: str) -> Words:
    """The words of `text` in lower case; signs of scripts without spaces one by one."""
    return tuple(_TOKEN.findall(text.lower()))


def runs(said: Words, length: int) -> set[Words]:
    """All runs of `length` words."""
    return {said[place : place + length] for place in range(len(said) - length + 1)}


def length_of_run(said: Words, run: int) -> int:
    """How long a common run must be: twice as long where most words are single signs."""
    return run * 2 if sum(len(word) == 1 and word > "\u3000" for word in said) * 2 > len(said) else run


def texts(path: Path) -> Iterable[str]:
    """The `text` of each row; a row of conflicts has several `instructions`."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            row = json.loads(line)
            yield from (row["text"],) if row.get("text") else row.get("instructions", ())


def overlaps(ours: list[str], theirs: list[str], run: int) -> list[tuple[str, str, str]]:
    """(our sentence, why, the row it overlaps with), in the order of our sentences."""
    whole = {words(text): text for text in theirs}
    by_run: dict[Words, str] = {}
    by_triple: dict[Words, set[str]] = {}
    for said, text in whole.items():
        by_run.update(dict.fromkeys(runs(said, length_of_run(said, run)), text))
        for triple in runs(said, 3):
            by_triple.setdefault(triple, set()).add(text)
    out = []
    for text in ours:
        said = words(text)
        if len(said) < LEAST_WORDS or " ".join(said) in PUBLISHED:
            continue
        if said in whole:
            out.append((text, "the same words", whole[said]))
            continue
        shared = next((by_run[part] for part in sorted(runs(said, length_of_run(said, run))) if part in by_run), "")
        if shared:
            out.append((text, f"a run of {length_of_run(said, run)}", shared))
            continue
        row = alike(said, by_triple)
        if row:
            out.append((text, "most word triples", row))
    return out


def alike(said: Words, by_triple: dict[Words, set[str]]) -> str:
    """A row that shares most word triples with `said`, or ""."""
    mine = runs(said, 3)
    count: dict[str, int] = {}
    for triple in mine:
        for text in by_triple.get(triple, ()):
            count[text] = count.get(text, 0) + 1
    for text, common in sorted(count.items()):
        if common / len(mine | runs(words(text), 3)) >= MOST_ALIKE:
            return text
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--run", type=int, default=6)
    parser.add_argument("--ours-only", action="store_true", help="print our sentences alone, not the rows")
    said = parser.parse_args()
    try:
        theirs = list(texts(said.file))
    except (OSError, ValueError) as error:
        print(f"{said.file}: {error}", file=sys.stderr)
        return 2
    ours = [row["text"] for row in load()]
    found = overlaps(ours, theirs, said.run)
    for text, why, row in found:
        print(f"{why}: {text!r}" + ("" if said.ours_only else f" ~ {row!r}"))
    print(f"{len(found)} of {len(ours)} sentences overlap with {len(theirs)} rows", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
