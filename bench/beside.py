"""Two phases of one run beside each other: calls alone, and the same while a crowd is refused. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from bench.stats import Sample, percentile

NAME = "overload"
ALONE, CROWD = "alone", "crowd"
ALLOWED = 2.0  #: times what it is alone
TIMED = ("INVITE to 200 OK", "INVITE to agent's INVITE", "agent's 200 OK to audio both ways")
#: what must never happen to a call that was let in, nor to any call's record
TROUBLE = ("failed", "one-way audio", "rows not one a call")
Phases = Mapping[str, Sequence[Sample]]


def ratios(phases: Phases, measure: str) -> tuple[float, float] | None:
    """Crowd to alone: of medians (within a repeat, then the median of these), of all values' p95. None: not measured."""
    pairs = [
        (alone.times_ms[measure], crowd.times_ms[measure])
        for alone, crowd in zip(phases[ALONE], phases[CROWD], strict=True)
        if alone.times_ms.get(measure) and crowd.times_ms.get(measure)
    ]
    if not pairs:
        return None
    middle = statistics.median(statistics.median(crowd) / statistics.median(alone) for alone, crowd in pairs)
    late = percentile(_values(phases[CROWD], measure), 95) / percentile(_values(phases[ALONE], measure), 95)
    return middle, late


def missed(phases: Phases) -> list[str]:
    """Measures that became longer than is allowed."""
    if not phases:
        return []
    found = {measure: ratios(phases, measure) for measure in TIMED}
    return [f"{m}: not measured" for m, r in found.items() if r is None] + [
        f"{m}: {r[0]:.2f}, p95 {r[1]:.2f} times what it is alone (<= {ALLOWED:g})"
        for m, r in found.items()
        if r is not None and max(r) > ALLOWED
    ]


def trouble(phases: Phases) -> list[str]:
    """What must not have happened, and did."""
    return [
        f"{phase}: {number} {what}"
        for phase, samples in phases.items()
        for what in TROUBLE
        if (number := _count(samples, what))
    ]


def tables(phases: Phases) -> str:
    """Times, other measures, counts."""
    measures = dict.fromkeys(m for samples in phases.values() for s in samples for m in s.times_ms)
    counts = dict.fromkeys(c for samples in phases.values() for s in samples for c in s.counts)
    head = f"{'':36}" + "".join(f"{p + ' median':>14}{'p95':>10}{'values':>8}" for p in phases) + f"{'ratio':>8}{'p95':>7}"
    lines = [head, *(_line(phases, measure) for measure in measures), ""]
    lines += [f"{'':36}" + "".join(f"{p:>14}" for p in phases)]
    lines += [f"{what:36}" + "".join(f"{_count(s, what):>14}" for s in phases.values()) for what in counts]
    return "\n".join(lines)


def _line(phases: Phases, measure: str) -> str:
    unit = " (ms)" if measure in TIMED else ""
    line = f"{measure + unit:36}"
    for samples in phases.values():
        values = _values(samples, measure)
        shown = (statistics.median(values), percentile(values, 95)) if values else (0.0, 0.0)
        line += f"{shown[0]:>14.2f}{shown[1]:>10.2f}{len(values):>8}"
    found = ratios(phases, measure)
    return line + (f"{found[0]:>8.2f}{found[1]:>7.2f}" if found else "")


def _values(samples: Sequence[Sample], measure: str) -> list[float]:
    return [value for sample in samples for value in sample.times_ms.get(measure, ())]


def _count(samples: Sequence[Sample], what: str) -> int:
    return sum(sample.counts.get(what, 0) for sample in samples)
