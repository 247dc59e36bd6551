"""The formula against cases computed by hand, at the edges of every band."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tractguard.policy import DEFAULTS
from tractguard.pressure.formula import Numbers, measure
from tractguard.pressure.state import LEVELS

POLICY = DEFAULTS["pressure"]

# Numbers -> score, level. Weights .40 .30 .15 .10 .05; levels at .30 .50 .70 .85.
BY_HAND = [
    pytest.param(Numbers(), 0.0, "NORMAL", id="nothing"),
    pytest.param(Numbers(messages=44, window=1000), 0.293333333, "NORMAL", id="44 of 60 messages"),
    pytest.param(Numbers(messages=45, window=1000), 0.3, "ELEVATED", id="45 of 60 messages"),
    pytest.param(Numbers(used=999, window=1000), 0.2997, "NORMAL", id="just below, by tokens"),
    pytest.param(Numbers(used=1000, window=1000), 0.3, "ELEVATED", id="a full window"),
    pytest.param(Numbers(used=5000, window=1000), 0.3, "ELEVATED", id="more than full is full"),
    pytest.param(Numbers(messages=30, compactions=1, window=9), 0.2, "NORMAL", id="half by both"),
    pytest.param(Numbers(messages=10, compactions=2, window=9), 0.4, "ELEVATED", id="compactions go before"),
    pytest.param(Numbers(messages=60, window=9, errors=3), 0.5, "HIGH", id="0.4 and 0.1"),
    pytest.param(Numbers(messages=60, window=9, errors=2, instructions=6), 0.496666667, "ELEVATED", id="just below 0.5"),
    pytest.param(Numbers(messages=60, used=10, window=10), 0.7, "CRITICAL", id="0.4 and 0.3"),
    pytest.param(Numbers(messages=60, used=9999, window=10_000), 0.69997, "HIGH", id="just below 0.7"),
    pytest.param(Numbers(messages=60, used=10, window=10, tasks=5), 0.85, "DANGEROUS", id="and 0.15"),
    pytest.param(Numbers(messages=60, used=10, window=10, tasks=4, errors=0.5), 0.836666667, "CRITICAL", id="just below 0.85"),
    pytest.param(Numbers(99, 9, 99, 9, 99, 99, 99, 99), 1.0, "DANGEROUS", id="everything"),
    pytest.param(Numbers(window=9, instructions=4, conflicts=6), 0.05, "NORMAL", id="conflicts count with instructions"),
    pytest.param(Numbers(45, 0, 90_000, 200_000, 2, 1, 7, 1), 0.568333333, "HIGH", id="a usual afternoon"),
]  # fmt: skip


@pytest.mark.parametrize(("numbers", "score", "level"), BY_HAND)
def test_by_hand(numbers: Numbers, score: float, level: str) -> None:
    found = measure(numbers, POLICY)
    assert (found.score, found.level, found.least) == (score, level, level)


# An unknown window: its weight is shared out (here 0.4 of 0.7), and the level in any case is told beside it.
UNKNOWN = [
    pytest.param(Numbers(messages=60, used=5), 0.571428571, "HIGH", "ELEVATED", id="full by messages"),
    pytest.param(Numbers(messages=60, used=5, tasks=5, errors=3, instructions=10), 1.0, "DANGEROUS", "CRITICAL", id="all but tokens"),
    pytest.param(Numbers(messages=30, used=-1), 0.285714286, "NORMAL", "NORMAL", id="not even tokens are known"),
    pytest.param(Numbers(messages=30), 0.2, "NORMAL", "NORMAL", id="nothing is nothing of any window"),
]  # fmt: skip


@pytest.mark.parametrize(("numbers", "score", "level", "least"), UNKNOWN)
def test_an_unknown_window(numbers: Numbers, score: float, level: str, least: str) -> None:
    found = measure(numbers, POLICY)
    assert (found.score, found.level, found.least) == (score, level, least)


def test_an_unknown_window_is_named() -> None:
    found = measure(Numbers(messages=6, used=5), POLICY).json()
    assert (found["unknown"], found["factors"]["tokens"]["label"]) == (["tokens"], "UNKNOWN")
    assert (found["factors"]["tokens"]["weight"], found["factors"]["tokens"]["share"]) == (0.3, 0.0)


LABELS = [
    ("conversation", Numbers(messages=19), "LOW"),
    ("conversation", Numbers(messages=20), "MODERATE"),
    ("conversation", Numbers(messages=39), "MODERATE"),
    ("conversation", Numbers(messages=40), "HIGH"),
    ("conversation", Numbers(compactions=1), "HIGH"),
    ("tokens", Numbers(used=29, window=100), "LOW"),
    ("tokens", Numbers(used=30, window=100), "MODERATE"),
    ("tokens", Numbers(used=69, window=100), "MODERATE"),
    ("tokens", Numbers(used=70, window=100), "HIGH"),
    ("tasks", Numbers(tasks=2), "LOW"),
    ("tasks", Numbers(tasks=3), "MODERATE"),
    ("tasks", Numbers(tasks=5), "MODERATE"),
    ("tasks", Numbers(tasks=6), "HIGH"),
    ("errors", Numbers(errors=0), "LOW"),
    ("errors", Numbers(errors=1), "MODERATE"),
    ("errors", Numbers(errors=2.5), "MODERATE"),
    ("errors", Numbers(errors=3), "HIGH"),
    ("instructions", Numbers(instructions=4), "LOW"),
    ("instructions", Numbers(instructions=5), "MODERATE"),
    ("instructions", Numbers(instructions=10), "MODERATE"),
    ("instructions", Numbers(instructions=11), "HIGH"),
    ("instructions", Numbers(instructions=1, conflicts=1), "HIGH"),
]


@pytest.mark.parametrize(("factor", "numbers", "label"), LABELS)
def test_labels(factor: str, numbers: Numbers, label: str) -> None:
    assert measure(numbers, POLICY).factors[factor].label == label


def test_a_reading_tells_everything_that_went_into_it() -> None:
    found = measure(Numbers(45, 1, 90, 200, 2, 1, 7, 1), POLICY).json()
    assert found["weights"] == POLICY["weights"]
    assert found["factors"]["tokens"] == {
        "raw": {"used": 90, "window": 200},
        "ratio": 0.45,
        "label": "MODERATE",
        "weight": 0.3,
        "share": 0.3,
        "contribution": 0.135,
    }
    assert round(sum(each["contribution"] for each in found["factors"].values()), 9) == found["score"]


def test_weights_levels_and_maxima_are_policy() -> None:
    policy = {
        "weights": {"conversation": 1.0, "tokens": 1.0, "tasks": 0.0, "errors": 0.0, "instructions": 0.0},
        "maxima": {"messages": 10, "compactions": 1, "tasks": 1, "errors": 1, "instructions": 1},
        "levels": {"elevated": 0.1, "high": 0.2, "critical": 0.5, "dangerous": 0.9},
    }
    found = measure(Numbers(messages=5, used=1, window=2), policy)
    assert (found.score, found.level) == (0.5, "CRITICAL")


def test_a_policy_of_no_weight_measures_nothing() -> None:
    found = measure(Numbers(messages=99), {**POLICY, "weights": dict.fromkeys(POLICY["weights"], 0.0)})
    assert (found.score, found.level) == (0.0, "NORMAL")


counts = st.integers(0, 10_000)
# A machine that is busy is no reason to fail.
patient = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@patient
@given(st.builds(Numbers, counts, counts, st.integers(-1, 10_000), counts, counts, st.floats(0, 100), counts, counts))
def test_a_score_is_within_its_bounds_and_the_sum_of_its_parts(numbers: Numbers) -> None:
    found = measure(numbers, POLICY)
    assert 0.0 <= found.score <= 1.0
    assert abs(sum(each.contribution for each in found.factors.values()) - found.score) < 1e-6
    assert LEVELS.index(found.least) <= LEVELS.index(found.level)


@patient
@given(
    st.builds(Numbers, counts, counts, counts, st.integers(1, 10_000), counts, st.just(0.0), counts, counts),
    st.sampled_from(Numbers._fields),
    st.integers(1, 500),
)
def test_more_of_anything_but_the_window_never_lowers_it(numbers: Numbers, field: str, more: int) -> None:
    grown = numbers._replace(**{field: getattr(numbers, field) + (more if field != "window" else 0)})
    assert measure(grown, POLICY).score >= measure(numbers, POLICY).score
