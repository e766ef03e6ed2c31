"""Medians, ratios and goals. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

CPU = "CPU of the controller, ms a call"
#: measure -> (largest allowed, what of): "ratio" to the median of the first peer, or, of CPU, of the bare controller (docs/adr/0118); or the value itself
GOALS: dict[str, tuple[float, str]] = {
    "INVITE to agent's INVITE": (1.5, "ratio"),
    "agent's 200 OK to audio both ways": (1.5, "ratio"),
    "freed agent to next INVITE": (1 / 50, "ratio"),
    CPU: (2.1, "ratio"),
}


@dataclass
class Sample:
    """What one run at one target gave: times in ms by measure, and counts."""

    times_ms: dict[str, list[float]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, measure: str, value: float) -> None:
        """One more value."""
        self.times_ms.setdefault(measure, []).append(round(value, 3))

    def count(self, what: str, more: int = 1) -> None:
        """Count; zeroes make the name appear."""
        self.counts[what] = self.counts.get(what, 0) + more


@dataclass(frozen=True)
class Row:
    """A target in the table of a measure."""

    target: str
    median: float  #: of the repeats' medians
    p95: float  #: of all values
    values: int
    ratio: float | None  #: median of the repeats' ratios to the reference; None: no reference


def ms_between(begin_ns: int, end_ns: int) -> float:
    """Nanoseconds to ms."""
    return (end_ns - begin_ns) / 1e6


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest rank. ValueError when there are no values."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def row(target: str, repeats: Sequence[Sequence[float]], reference: Sequence[Sequence[float]] | None) -> Row:
    """Sum up the repeats. Ratios are taken within a repeat, so that a machine that slows down while
    the benchmark runs does not matter."""
    medians = [statistics.median(values) for values in repeats if values]
    if not medians:
        return Row(target, math.nan, math.nan, 0, None)
    pooled = [value for values in repeats for value in values]
    ratios = [
        statistics.median(mine) / statistics.median(theirs)
        for mine, theirs in zip(repeats, reference or (), strict=False)
        if mine and theirs
    ]
    ratio = statistics.median(ratios) if ratios else None
    return Row(target, statistics.median(medians), percentile(pooled, 95), len(pooled), ratio)


def verdict(measure: str, row: Row) -> str:
    """"" without a goal, else whether it is kept, and the goal."""
    goal = GOALS.get(measure)
    if goal is None:
        return ""
    limit, of = goal
    value = row.ratio if of == "ratio" else row.median
    if value is None or math.isnan(value):
        return "not measured"
    text = f"{limit:g}" if limit >= 1 else f"1/{1 / limit:.0f}"
    return f"{'kept' if value <= limit else 'MISSED'} (<= {text}{'x' if of == 'ratio' else ' ms'})"
