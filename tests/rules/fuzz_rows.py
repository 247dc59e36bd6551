"""Odd rows made from ordinary ones: mutated commands, texts and instructions. Row `n` is always the same row.

Run by hand for longer: `python -m tests.rules.fuzz_rows SECONDS [FIRST]` prints how many rows were judged, and each
row that broke a rule, raised or was slow.
"""

import random
import sys
import time

from tests.rules.cases import CASES as SAID
from tests.rules.constraint_cases import CASES as STORED
from tests.rules.judging_cases import CASES as JUDGED
from tractguard.check import check_row
from tractguard.model import STATUSES, Constraint, Instruction

SLOW = 3.0  # seconds of processor time for one row
SENTENCES = [text for said, _, _ in SAID for text in ([said] if isinstance(said, str) else said)]
CONSTRAINTS = [constraint for constraint, _, _ in (*STORED, *JUDGED)]
CALLS = [call for _, call, _ in (*SAID, *STORED, *JUDGED)]
SIGNS = (
    *"'\"`$(){}[]<>|&;\\*?#!~=:/.,-_@%^+ \n\t\0",
    *("$(", "${", "<<E\n", "\nE\n", "&&", "||", "é", "日本", "\ud800", "\U0001f600"),
)
ENDINGS = tuple("py ts tsx go rs java kt rb sh yml json toml md sql lua swift env tf cs".split())


def mutated(text, rng):
    """A text with some of it doubled, dropped, swapped, cut or replaced."""
    for _ in range(rng.randrange(4)):
        at, end = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
        how = rng.randrange(7)
        if how == 0:
            text = text[:at] + rng.choice(SIGNS) + text[at:]
        elif how == 1:
            text = text[:at] + text[end:]
        elif how == 2:
            text = text[:end] + text[at:end] * rng.randrange(3) + text[end:]
        elif how == 3:
            text = text[:at] + shell_or_text(rng.choice(CALLS)) + text[at:]
        elif how == 4:
            words = text.split(" ")
            rng.shuffle(words)
            text = " ".join(words)
        elif how == 5:
            text = text[:at] + rng.choice(SENTENCES) + text[end:]
        else:
            text = text.swapcase() if rng.randrange(2) else text.replace(" ", rng.choice(SIGNS))
    return text[:20_000]


def shell_or_text(call):
    return call if isinstance(call, str) else str(call[1].get("new_string", call[1].get("content", "")))


def row_of(number):
    """(row, instructions or None): None where the sentences of the row are to be read."""
    rng = random.Random(number)
    call = rng.choice(CALLS)
    tool, given = ("Bash", {"command": call}) if isinstance(call, str) else (call[0], dict(call[1]))
    for key, value in given.items():
        if isinstance(value, str) and (not key.endswith("path") or rng.randrange(4) == 0):
            given[key] = mutated(value, rng)
    if "file_path" in given and rng.randrange(3) == 0:
        given["file_path"] += "." + rng.choice(ENDINGS)
    texts = [mutated(rng.choice(SENTENCES), rng) for _ in range(rng.randrange(1, 4))]
    row = {"id": number, "instructions": texts, "tool_name": tool, "tool_input": given, "cwd": "/repo"}
    if rng.randrange(3) == 0:
        row["history"] = [
            {"tool_name": "Bash", "tool_input": {"command": mutated("git commit -m x", rng)}, "success": True}
        ]
    return row, _stored(rng) if rng.randrange(2) else None


def _stored(rng):
    found = []
    for index in range(rng.randrange(1, 4)):
        kind, fields = rng.choice(CONSTRAINTS)
        fields = {
            key: mutated(value, rng) if isinstance(value, str) and rng.randrange(3) == 0 else value
            for key, value in fields.items()
        }
        one = (Constraint(kind, fields),)
        found.append(
            Instruction(f"inst_{index:03d}", "said", "SYSTEM", "HIGH", "PROJECT", "MANDATORY", constraints=one)
        )
    return found


def fault(number):
    """What is wrong with the answer to row `number`, or ""."""
    row, stored = row_of(number)
    started = time.process_time()
    answer = check_row(row, stored)
    took = time.process_time() - started
    broken = [each["why"] for each in answer["findings"] if each["code"] == "TG001"]
    if broken:
        return broken[0]
    if answer["status"] not in STATUSES:
        return f"status {answer['status']}"
    return f"{took:.1f} s" if took > SLOW else ""


def run(seconds, first=0):
    """(rows judged, [(number, fault)])."""
    ends, number, faults = time.monotonic() + seconds, first, []
    while time.monotonic() < ends:
        try:
            wrong = fault(number)
        except Exception as error:
            wrong = repr(error)
        if wrong:
            faults.append((number, wrong))
        number += 1
    return number - first, faults


if __name__ == "__main__":
    judged, wrong = run(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(judged, "rows", *wrong, sep="\n")
