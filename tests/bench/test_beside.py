"""Two phases beside each other: what is compared, and what counts as missed."""

from __future__ import annotations

from bench import beside
from bench.beside import ALONE, CROWD, TIMED
from bench.stats import Sample


def sample(*values_ms: float, **counts: int) -> Sample:
    return Sample({measure: list(values_ms) for measure in TIMED}, dict(counts))


def test_ratios_are_taken_within_a_repeat() -> None:
    phases = {ALONE: [sample(1, 2, 3), sample(10, 20, 30)], CROWD: [sample(2, 4, 6), sample(20, 40, 60)]}
    assert beside.ratios(phases, TIMED[0]) == (2.0, 2.0)
    assert beside.missed(phases) == []


def test_more_than_twice_is_missed_by_the_median_or_by_the_late_ones() -> None:
    assert len(beside.missed({ALONE: [sample(1, 1, 1)], CROWD: [sample(2.1, 2.1, 2.1)]})) == len(TIMED)
    assert len(beside.missed({ALONE: [sample(1, 1, 1)], CROWD: [sample(1, 1, 9)]})) == len(TIMED)


def test_what_was_not_measured_is_no_success() -> None:
    assert beside.missed({ALONE: [sample(1)], CROWD: [Sample()]})[0] == f"{TIMED[0]}: not measured"


def test_trouble_names_phase_and_number() -> None:
    phases = {ALONE: [sample(1, failed=0), sample(1)], CROWD: [sample(1, failed=2), sample(1, failed=1)]}
    assert beside.trouble(phases) == ["crowd: 3 failed"]
    assert "failed" in beside.tables(phases)
