"""Confidence intervals: Student's t, ratios of sums, and differences on the same traffic."""

from __future__ import annotations

from random import Random

import pytest

from ivrd.simulation.estimate import difference, ratio, t_quantile


@pytest.mark.parametrize(
    ("freedom", "t"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (10, 2.228), (19, 2.093), (30, 2.042), (120, 1.980)]
)
def test_students_t_is_the_tables(freedom: int, t: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(t, abs=5e-4)


def test_a_ratio_is_of_the_sums_not_of_the_days() -> None:
    estimate = ratio([(1, 2), (9, 10)])
    assert estimate.value == pytest.approx(10 / 12)
    # errors (1 - 2 r) / 6 and (9 - 10 r) / 6 are -1/9 and 1/9; their standard error is 1/9
    assert estimate.half == pytest.approx(12.7062 / 9, rel=1e-4)


def test_one_day_and_no_calls_have_no_interval() -> None:
    assert ratio([(1, 2)]).half is None
    assert (ratio([(0, 0), (0, 0)]).value, ratio([(0, 0)]).half) == (None, None)


def test_nineteen_in_twenty_intervals_hold_the_truth() -> None:
    rng, held = Random(1), 0
    for _ in range(1000):
        days = [(sum(rng.random() < 0.8 for _ in range(n)), n) for n in [rng.randint(20, 60) for _ in range(20)]]
        estimate = ratio(days)
        assert estimate.low is not None
        assert estimate.high is not None
        held += estimate.low <= 0.8 <= estimate.high
    assert 930 <= held <= 970


def test_a_difference_on_the_same_traffic_is_sharper_than_the_parts() -> None:
    rng = Random(2)
    days = [(rng.uniform(60, 100), 100.0) for _ in range(20)]
    better = [(a + 2 + rng.uniform(-0.1, 0.1), b) for a, b in days]
    found, part = difference(better, days), ratio(days)
    assert found.value == pytest.approx(0.02, abs=1e-3)
    assert found.half is not None
    assert part.half is not None
    assert found.half < part.half / 50
