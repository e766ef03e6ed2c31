"""Callers as call records tell them. What was not seen is drawn: patience of the answered, talks of those who left."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from random import Random

from ivrd.core.cdr import Cdr
from ivrd.simulation.callers import HALF_HOUR_S, Caller, Shift
from ivrd.staffing.recorded import patience_s


def shifts(calls: Sequence[Cdr], local: Callable[[float], dt.datetime], seed: int) -> list[Shift]:
    """Every day that has a call in a queue, from its first half hour to its last."""
    queued = sorted((c for c in calls if c.queued_at is not None), key=lambda c: (c.queued_at, c.call))
    patience, talks = patience_s(queued), [c.handled_ms / 1000 for c in queued if c.agent]
    days: dict[dt.date, list[Cdr]] = {}
    for call in queued:
        days.setdefault(local(call.queued_at or 0.0).date(), []).append(call)
    return [_shift(n, of, Random(f"{seed}/{n}/recorded"), patience, talks) for n, (_, of) in enumerate(sorted(days.items()))]


def _shift(number: int, calls: Iterable[Cdr], rng: Random, patience: float, talks: Sequence[float]) -> Shift:
    callers = tuple(_caller(f"sim-{number}-{n}", c, rng, patience, talks) for n, c in enumerate(calls))
    first, last = callers[0].at // HALF_HOUR_S, callers[-1].at // HALF_HOUR_S  # zones differ by whole half hours, or nearly
    return Shift(number=number, opens=first * HALF_HOUR_S, closes=(last + 1) * HALF_HOUR_S, callers=callers)


def _caller(name: str, call: Cdr, rng: Random, patience: float, talks: Sequence[float]) -> Caller:
    """Who was answered would have waited longer; by how much, exponential patience does not depend on how long it was."""
    more_s, drawn_s = rng.expovariate(1.0), rng.choice(talks) if talks else 0.0
    waited_s = call.wait_ms / 1000
    if call.agent:
        waited_s += patience * more_s if not math.isinf(patience) else math.inf
    return Caller(
        id=name,
        at=call.queued_at or call.arrived_at,
        kind="",
        queue=call.queue,
        language=call.language,
        keys="",
        handling_s=call.handled_ms / 1000 if call.agent else drawn_s,
        patience_s=waited_s,
        seed=rng.getrandbits(48),
    )
