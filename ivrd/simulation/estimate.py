"""Measures of many days with confidence intervals. Days are independent: each begins with an empty centre.

A measure is a ratio of sums over the days; its error is that of the ratio estimator (W. G. Cochran, "Sampling
Techniques", 3rd ed., 2.11), with Student's t for so few days.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ivrd.simulation.tally import Ratio


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value, and half the width of its confidence interval; None: a single day has none."""

    value: float | None  #: None: nothing to judge by
    half: float | None

    @property
    def low(self) -> float | None:
        """Lower end."""
        return None if self.value is None or self.half is None else self.value - self.half

    @property
    def high(self) -> float | None:
        """Upper end."""
        return None if self.value is None or self.half is None else self.value + self.half


def ratio(days: Sequence[Ratio], confidence: float = 0.95) -> Estimate:
    """The measure over all days."""
    value, errors = _linear(days)
    return Estimate(value=value, half=None if value is None else _half(errors, confidence))


def difference(ones: Sequence[Ratio], others: Sequence[Ratio], confidence: float = 0.95) -> Estimate:
    """How much higher the measure of ``ones`` is, day by day on the same traffic."""
    one, errors = _linear(ones)
    other, other_errors = _linear(others)
    if one is None or other is None:
        return Estimate(value=None, half=None)
    paired = [a - b for a, b in zip(errors, other_errors, strict=True)]
    return Estimate(value=one - other, half=_half(paired, confidence))


def _linear(days: Sequence[Ratio]) -> tuple[float | None, list[float]]:
    """The ratio, and what each day adds to its error."""
    above, below = sum(d[0] for d in days), sum(d[1] for d in days)
    if below <= 0:
        return None, []
    value, mean = above / below, below / len(days)
    return value, [(a - value * b) / mean for a, b in days]


def _half(errors: Sequence[float], confidence: float) -> float | None:
    n = len(errors)
    if n < 2:
        return None
    variance = sum(e * e for e in errors) / (n - 1)
    return t_quantile(1 - (1 - confidence) / 2, n - 1) * math.sqrt(variance / n)


@cache
def t_quantile(probability: float, freedom: int) -> float:
    """Student's t: below it lies ``probability`` (0.5 to 1), by halving the interval of its exact distribution."""
    low, high = 0.0, 1.0
    while _t_below(high, freedom) < probability:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_below(middle, freedom) < probability else (low, middle)
    return high


def _t_below(t: float, freedom: int) -> float:
    """Distribution of Student's t for whole degrees of freedom: Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    angle = math.atan2(t, math.sqrt(freedom))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    term, total = 1.0, 1.0 if freedom > 1 else 0.0
    first = 2 if freedom % 2 else 1
    if freedom % 2:
        for k in range(first, freedom - 1, 2):
            term *= square * k / (k + 1)
            total += term
        within = 2 / math.pi * (angle + sine * math.cos(angle) * total)
    else:
        for k in range(first, freedom - 1, 2):
            term *= square * k / (k + 1)
            total += term
        within = sine * total
    return (1 + within) / 2
