"""What call records say of a load: half hours, handling time, patience."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Iterable

from ivrd.core.cdr import Cdr, Disposition
from ivrd.staffing.profile import Period


def periods(calls: Iterable[Cdr], local: Callable[[float], dt.datetime], handling_s: float) -> list[Period]:
    """An average day of those who joined a queue, by half hour; days without a call are not counted."""
    count, days = Counter[str](), set[dt.date]()
    for call in calls:
        if call.queued_at is not None:
            at = local(call.queued_at)
            count[f"{at.hour:02}:{at.minute // 30 * 30:02}"] += 1
            days.add(at.date())
    return [Period(start=s, calls=n / len(days), handling_s=handling_s) for s, n in sorted(count.items())]


def handling_s(calls: Iterable[Cdr]) -> float | None:
    """Average of talk and wrap-up of those who talked to an agent; None when nobody did."""
    handled = [c.handled_ms for c in calls if c.agent]
    return sum(handled) / len(handled) / 1000 if handled else None


def patience_s(calls: Iterable[Cdr]) -> float:
    """Average patience: all waiting together, of those who hung up and of those who were answered, over the hang-ups.

    The estimate for exponential patience when most of it is never seen to its end (censored at the answer):
    L. Brown et al., "Statistical analysis of a telephone call center", JASA 100 (2005), section 5. Infinite when
    nobody hung up.
    """
    waits, gave_up = 0.0, 0
    for call in calls:
        if call.queued_at is not None:
            waits += call.wait_ms / 1000
            gave_up += call.disposition == Disposition.ABANDONED_QUEUE
    return waits / gave_up if gave_up else math.inf
