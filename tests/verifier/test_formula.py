"""Confidence by hand: weights, shares of unknown dimensions, the edges of every decision."""

import json

import pytest

from tests.conftest import Run
from tractguard.policy import DEFAULTS
from tractguard.verifier.formula import DIMENSIONS, Score, confidence, decision, numbers, verified

WEIGHTS = numbers(DEFAULTS, "weights")
BOUNDS = numbers(DEFAULTS, "thresholds")


def scored(*values: float | None) -> dict[str, Score]:
    return {name: Score(value) for name, value in zip(DIMENSIONS, values, strict=True)}


@pytest.mark.parametrize(
    ("values", "sure"),
    [
        ((0.85, 0.75, 0.45, 0.90, 0.50), 0.7075),
        ((1.0, 1.0, 1.0, 1.0, 1.0), 1.0),
        ((0.0, 0.0, 0.0, 0.0, 0.0), 0.0),
        ((1.0, 0.0, 0.0, 0.0, 0.0), 0.25),
        ((0.0, 1.0, 1.0, 1.0, 1.0), 0.75),
        ((None, 0.5, 0.5, 0.5, 0.5), 0.5),
        ((None, None, None, None, 0.3), 0.3),
        ((1.0, None, 0.0, None, None), 0.5555555556),
        ((None, None, None, None, None), None),
    ],
)
def test_confidence(values: tuple[float | None, ...], sure: float | None) -> None:
    assert confidence(dict(zip(DIMENSIONS, values, strict=True)), WEIGHTS) == sure


@pytest.mark.parametrize(
    ("sure", "word"),
    [
        (1.0, "PROCEED"),
        (0.8, "PROCEED"),
        (0.7999, "PROCEED_WITH_CAUTION"),
        (0.6, "PROCEED_WITH_CAUTION"),
        (0.5999, "REQUIRE_REVIEW"),
        (0.4, "REQUIRE_REVIEW"),
        (0.3999, "BLOCKED"),
        (0.0, "BLOCKED"),
        (None, "UNKNOWN"),
    ],
)
def test_decision(sure: float | None, word: str) -> None:
    assert decision(sure, BOUNDS) == word


def test_the_example_names_its_two_weak_dimensions() -> None:
    found = verified(scored(0.85, 0.75, 0.45, 0.90, 0.50), DEFAULTS)
    assert (found.decision, found.weak) == ("PROCEED_WITH_CAUTION", ("completeness", "alternatives"))


def test_weights_and_thresholds_are_policy() -> None:
    policy = {**DEFAULTS, "verifier": {"weights": {"safety": 1.0}, "thresholds": {"proceed": 0.5}}}
    assert verified(scored(0.0, 0.0, 0.0, 1.0, 0.0), policy).decision == "PROCEED"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--scores", '{"alignment": 0.9}'), 0),
        (("--scores", '{"alignment": 0.5}'), 1),
        (("--scores", '{"alignment": 0}'), 1),
        (("--scores", '{"alignment": 1.5}'), 2),
        (("--scores", '{"alignment": true}'), 2),
        (("--scores", '{"alignment": NaN}'), 2),
        (("--scores", '{"speed": 1}'), 2),
        (("--scores", "[1]"), 2),
        (("--scores", "{"), 2),
        (("--reasoning", "missing.md"), 2),
        (("--scores", "{}", "--reasoning", "x"), 2),
        ((), 2),
    ],
)
def test_exit_codes(words: tuple[str, ...], code: int, tg: Run) -> None:
    assert tg("verify", *words).returncode == code


def test_the_contract_of_the_output(tg: Run) -> None:
    found = json.loads(tg("verify", "--scores", '{"alignment": 0.9, "safety": null}', "--json").stdout)
    keys = ("scores", "weights", "confidence", "decision", "evidence", "recommendations")
    assert [key for key in keys if key not in found] == []
    assert (found["confidence"], found["scores"]["safety"]) == (0.9, None)
