"""A day's rows become its tally."""

from __future__ import annotations

from collections.abc import Mapping

from ivrd.core.cdr import Cdr, Disposition
from ivrd.core.commands import WriteCdr
from ivrd.core.plan import Plan
from ivrd.simulation.callers import Shift
from ivrd.simulation.tally import DayTally, Tally, Worked


def count(plan: Plan, shift: Shift, rows: Mapping[str, WriteCdr], blocked: int, worked: dict[str, Worked]) -> DayTally:
    """Calls that joined a queue, by queue and by the half hour in which they joined."""
    day = DayTally(arrived=len(shift.callers), blocked=blocked, agents=worked, simulated_s=shift.closes - shift.opens)
    for order in rows.values():
        row = order.cdr
        if row.queued_at is None:
            continue
        one, local = _of(row, plan), plan.calendar.local(row.queued_at)
        day.queues.setdefault(row.queue, Tally()).add(one)
        day.half_hours.setdefault(f"{local.hour:02}:{local.minute // 30 * 30:02}", Tally()).add(one)
    return day


def _of(row: Cdr, plan: Plan) -> Tally:
    wait_s, queue = row.wait_ms / 1000, plan.floor.queues[row.queue]
    if row.agent:
        handled_s = row.handled_ms / 1000
        return Tally(offered=1, answered=1, in_level=wait_s <= queue.service_level_s, wait_s=wait_s, handled_s=handled_s)
    if row.disposition == Disposition.ABANDONED_QUEUE:
        return Tally(offered=1, abandoned=1, short=wait_s < plan.floor.rules.short_abandon_s)
    return Tally(offered=1, diverted=1)
