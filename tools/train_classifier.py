"""Train the small model of `tractguard.instructions.statistics` and write `tractguard/data/weights.json`.

    python tools/train_classifier.py [--folds 5]

Reads `tools/sentences/`: sentences written for this project, each with its labels (`tools/sentences.py` says how).
Logistic regression by scikit-learn (`pip install -e '.[train]'`), in a fixed order and without random numbers: the
same sentences give the same weights. `--folds` prints cross-validated figures and writes nothing.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from sentences import Row, load  # noqa: E402

from tractguard.instructions.constraints import constraints_of  # noqa: E402
from tractguard.instructions.cues import read  # noqa: E402
from tractguard.instructions.statistics import UNIT, alone, chance, features, follows, form  # noqa: E402

STRENGTH = 0.15  # inverse of the penalty on large weights
LEAST_SEEN = 5  # a feature of fewer sentences is left out
HARD = 0.5  # what a sentence of a hard-*.txt counts: those files hold more hard cases than nature does
LEAST_WEIGHT = 0.03  # smaller ones are not shipped: they cost reading time and decide nothing
QUESTIONS = ("directive", "STRATEGIC", "OPERATIONAL", "TACTICAL", "SYSTEM", "STOCHASTIC", "high", "weak", "checkable")


class Seen(NamedTuple):
    """What the model may look at in a row."""

    form: list[str]  # without what it says of the unit before
    all: list[str]
    before: list[str]  # of the unit before, standing alone; empty where there is none


def answer(question: str, row: Row) -> bool | None:
    """The label of `row` for `question`; None where the question does not arise."""
    if question == "directive":
        return bool(row["is_directive"])
    if not row["is_directive"]:
        return None
    if question == "high":
        return bool(row["persistence"] == "HIGH")
    if question == "weak":
        return row["explicit"] in ("somewhat", "implied", "vague")
    if question == "checkable":
        return bool(row["checkable"])
    return bool(row["quadrant"] == question)


def seen_in(row: Row) -> Seen:
    """The features of a row."""
    kind, context, before = row["kind"], row["context"], row["context_before"]
    reading = read(row["text"], kind, context, before)
    found = constraints_of(row["text"], context, before, kind)
    kinds = [constraint.type for constraint in found]
    return Seen(form(reading, kinds), features(reading, kinds), alone(read(before, kind, context)) if before else [])


def after(seen: Seen, first: dict[str, float]) -> list[str]:
    """The features of a row's form, with what the model `first` says of the unit before it."""
    if not seen.before:
        return seen.form
    total = sum(first.get(name, 0.0) for name in seen.before)
    return [name for name in seen.form if not name.startswith("after:")] + follows(seen.form, chance(total))


def importance(row: Row) -> float:
    """How much a row counts."""
    return HARD if row["document"].startswith("hard-") else 1.0


def train(examples: list[tuple[list[str], bool, float]]) -> dict[str, float]:
    """Weights of a logistic regression; "bias" is the constant."""
    count: dict[str, int] = {}
    for names, _, _ in examples:
        for name in set(names):
            count[name] = count.get(name, 0) + 1
    columns = {name: place for place, name in enumerate(sorted(n for n, times in count.items() if times >= LEAST_SEEN))}
    rows, places = [], []
    for number, (names, _, _) in enumerate(examples):
        for name in set(names) & columns.keys():
            rows.append(number)
            places.append(columns[name])
    order = numpy.lexsort((places, rows))
    cells = (numpy.asarray(rows)[order], numpy.asarray(places)[order])
    table = csr_matrix((numpy.ones(len(order)), cells), shape=(len(examples), len(columns)))
    fitted = LogisticRegression(C=STRENGTH, solver="liblinear", tol=1e-5, max_iter=1000)
    fitted.fit(table, [label for _, label, _ in examples], sample_weight=[counts for _, _, counts in examples])
    weights = {name: float(fitted.coef_[0][place]) for name, place in columns.items()}
    weights["bias"] = weights.get("bias", 0.0) + float(fitted.intercept_[0])
    return weights


def learn(rows: list[Row], seen: dict[int, Seen]) -> dict[str, dict[str, float]]:
    """Weights for every question. "directive" is learnt twice: the second time it knows about the unit before."""
    out = {}
    for question in QUESTIONS[1:]:
        labelled = [(seen[id(row)].all, answer(question, row), importance(row)) for row in rows]
        out[question] = train([(names, label, counts) for names, label, counts in labelled if label is not None])
    first = train([(seen[id(row)].form, row["is_directive"], importance(row)) for row in rows])
    out["directive"] = train([(after(seen[id(row)], first), row["is_directive"], importance(row)) for row in rows])
    return out


def total(question: str, seen: Seen, learnt: dict[str, dict[str, float]]) -> float:
    """The score of a row, as the classifier computes it."""
    names = after(seen, learnt["directive"]) if question == "directive" else seen.all
    return sum(learnt[question].get(name, 0.0) for name in names)


def shipped(table: dict[str, float]) -> dict[str, int]:
    """A table as it is written: whole numbers, without what weighs nothing."""
    return {name: round(weight * UNIT) for name, weight in sorted(table.items()) if abs(weight) >= LEAST_WEIGHT}


def cross_validate(rows: list[Row], seen: dict[int, Seen], folds: int) -> None:
    """Print the share of right answers for each question; a document is left out whole, never split."""
    right = {question: [0, 0] for question in QUESTIONS}
    for fold in range(folds):
        learnt = learn([row for row in rows if fold_of(row, folds) != fold], seen)
        for row in (row for row in rows if fold_of(row, folds) == fold):
            for question in QUESTIONS:
                label = answer(question, row)
                if label is not None:
                    right[question][0] += (total(question, seen[id(row)], learnt) > 0) == label
                    right[question][1] += 1
    for question, (good, all_) in right.items():
        print(f"{question:12} {good / all_:.3f} of {all_}")


def fold_of(row: Row, folds: int) -> int:
    """Where a document belongs."""
    return int(hashlib.sha256(row["document"].encode()).hexdigest(), 16) % folds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=0)
    said = parser.parse_args()
    rows = load()
    seen = {id(row): seen_in(row) for row in rows}
    if said.folds:
        cross_validate(rows, seen, said.folds)
        return
    content: dict[str, Any] = {"version": 3, "sentences": len(rows)}
    content["questions"] = {question: shipped(table) for question, table in learn(rows, seen).items()}
    target = ROOT / "tractguard" / "data" / "weights.json"
    target.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
