"""Train the model of `tractguard.boundaries.statistics` and write `tractguard/data/boundaries_weights.json`.

    python tools/train_boundaries.py [--folds 10] [--overlap FILE.jsonl]

Reads `tools/boundaries/`: requests written for this project, grouped below `== domain` (`== none`: nobody is needed;
`#` opens a comment). The sentences of `tools/sentences/` stand beside them as ordinary work. `--folds` prints
cross-validated figures and writes nothing, `--overlap` reports which sentences overlap with the rows of a labelled
file (exit 1 where one does). Logistic regression by scikit-learn, in a fixed order: the same sentences give the same
weights.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from boundary_sentences import NONE, said  # noqa: E402
from check_overlap import overlaps, texts  # noqa: E402
from sentences import load  # noqa: E402

from tractguard.boundaries.model import DOMAINS  # noqa: E402
from tractguard.boundaries.reading import read  # noqa: E402
from tractguard.boundaries.statistics import HUMAN, UNIT, chance, features  # noqa: E402

TARGET = ROOT / "tractguard" / "data" / "boundaries_weights.json"
STRENGTH = 1.0  # inverse of the penalty on large weights
LEAST_SEEN = 2  # a feature of fewer sentences is left out
LEAST_WEIGHT = 0.05
BARE = 0.5  # what a sentence without its words counts
ORDINARY = {"prompt": 1.5, "claude_md": 0.1}  # what a sentence of tools/sentences counts

Table = dict[str, float]


class Case(NamedTuple):
    """A sentence, what it is about, how much it counts, and its features."""

    text: str
    domain: str
    counts: float
    names: list[str]


def cases() -> list[Case]:
    """Everything that is learnt from."""
    own = [Case(text, domain, 1.0, features(read(text))) for domain, text in said()]
    seen: set[str] = set()
    for row in load():
        if row["text"] not in seen:
            seen.add(row["text"])
            own.append(Case(row["text"], NONE, ORDINARY[row["kind"]], features(read(row["text"]))))
    return own


WORDS = ("w:", "hv:", "n:", "opens:", "q:why", "q:which")


def bare(row: Case) -> Case:
    """A case without its words: what the classes must tell alone, as of words that nobody has written yet."""
    return row._replace(names=[name for name in row.names if not name.startswith(WORDS)], counts=row.counts * BARE)


# What people say before they ask. It decides nothing, and the model must learn that.
LEADS = (
    "The deadline is Friday.", "Marketing asked for this.", "The boss wants it today.", "We have about 400 of them.",
    "Users complained last week.", "It is quite simple.", "The meeting went well.", "I looked at the numbers.",
    "This came up in the standup.", "Sorry for the late message.", "ok,", "hey,", "The release is next week.",
    "There is a ticket somewhere.", "It has been open for months.", "The budget is fine.", "Our team is small.",
    "The page is slow anyway.", "Sales keeps asking.", "One more thing:", "I think it is a quick one.",
    "Support gets many mails about it.", "We opened in three countries.", "My colleague is ill.", "As you know,",
    "The customer pays well.", "Things are hectic.", "The old version did it differently.", "Just a thought:",
    "Last thing for today:",
)  # fmt: skip
LED = 0.4  # what a sentence behind such a lead counts


def led(row: Case) -> Case:
    """A case with something harmless said before it, always the same."""
    lead = LEADS[fold_of(row.text, len(LEADS))]
    return row._replace(names=features(read(f"{lead} {row.text}")), counts=row.counts * LED)


def train(examples: list[tuple[list[str], bool, float]]) -> Table:
    """Weights of a logistic regression; "bias" is the constant."""
    count: dict[str, int] = {}
    for names, _, _ in examples:
        for name in names:
            count[name] = count.get(name, 0) + 1
    columns = {name: place for place, name in enumerate(sorted(n for n, times in count.items() if times >= LEAST_SEEN))}
    rows, places, cells = [], [], []
    for number, (names, _, _) in enumerate(examples):
        for name in sorted(set(names) & columns.keys()):
            rows.append(number)
            places.append(columns[name])
            cells.append(1.0)
    table = csr_matrix((numpy.asarray(cells), (rows, places)), shape=(len(examples), len(columns)))
    fitted = LogisticRegression(C=STRENGTH, solver="liblinear", tol=1e-5, max_iter=1000)
    fitted.fit(table, [label for _, label, _ in examples], sample_weight=[counts for _, _, counts in examples])
    weights = {name: float(fitted.coef_[0][place]) for name, place in columns.items()}
    weights["bias"] = weights.get("bias", 0.0) + float(fitted.intercept_[0])
    return weights


def learn(rows: list[Case]) -> dict[str, Table]:
    """Weights for "human" and, among the sentences that need one, for each domain."""
    own = [row for row in rows if row.counts == 1.0]
    rows = [*rows, *map(bare, own), *map(led, own)]
    out = {HUMAN: train([(row.names, row.domain != NONE, row.counts) for row in rows])}
    for domain in DOMAINS:
        out[domain] = train([(row.names, row.domain == domain, row.counts) for row in rows if row.domain != NONE])
    return out


def total(table: Table, names: list[str]) -> float:
    """The score of a sentence."""
    return sum(table.get(name, 0.0) for name in names)


def cross_validate(rows: list[Case], folds: int, show: bool) -> None:
    """Print recall, false stops and domains, each sentence judged by a model that has not seen it."""
    hits = stops = right = 0
    needed = sum(row.domain != NONE for row in rows)
    alike = [row for row in rows if row.domain == NONE and row.counts == 1.0]
    ordinary = 0
    for fold in range(folds):
        learnt = learn([row for row in rows if fold_of(row.text, folds) != fold])
        for row in (row for row in rows if fold_of(row.text, folds) == fold):
            likely = chance(total(learnt[HUMAN], row.names))
            asked = likely >= 0.5
            if row.domain != NONE:
                best = max(DOMAINS, key=lambda one: total(learnt[one], row.names))
                hits += asked
                right += asked and best == row.domain
                if show and (not asked or best != row.domain):
                    print(f"{likely:.2f} {row.domain:13} -> {best if asked else NONE:13} {row.text}")
            elif row.counts == 1.0:
                stops += asked
                if show and asked:
                    print(f"{likely:.2f} {NONE:13} -> stopped       {row.text}")
            else:
                ordinary += asked
                if show and asked:
                    print(f"{likely:.2f} ordinary      -> stopped       {row.text}")
    print(f"recall {hits / needed:.3f} of {needed}; false stops {stops / len(alike):.3f} of {len(alike)}", end="; ")
    print(
        f"domain {right / max(hits, 1):.3f}; ordinary sentences stopped {ordinary} of {len(rows) - needed - len(alike)}"
    )


def fold_of(text: str, folds: int) -> int:
    """Where a sentence belongs."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % folds


def shipped(table: Table) -> dict[str, int]:
    """A table as it is written: whole numbers, without what weighs nothing."""
    return {name: round(weight * UNIT) for name, weight in sorted(table.items()) if abs(weight) >= LEAST_WEIGHT}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="with --folds: print what goes wrong")
    parser.add_argument("--overlap", type=Path)
    options = parser.parse_args()
    if options.overlap:
        ours = [text for _, text in said()]
        found = overlaps(ours, list(texts(options.overlap)), 6)
        for text, why, row in found:
            print(f"{why}: {text!r} ~ {row!r}")
        return 1 if found else 0
    rows = cases()
    if options.folds:
        cross_validate(rows, options.folds, options.show)
        return 0
    content = {
        "version": 1,
        "sentences": len(rows),
        "questions": {name: shipped(table) for name, table in learn(rows).items()},
    }
    TARGET.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(rows)} sentences", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
