"""What a waiting call asks of agents becomes less with time: a queue's ``relax`` steps.

A step that nobody who is logged in could meet is not waited for: the first later one that somebody could is taken at
once. While a phone rings the steps go on, so that whoever is asked next is looked for among more. Steps are never
taken back.
"""

from __future__ import annotations

from ivrd.core import decisions
from ivrd.core.acd.demand import first_step
from ivrd.core.acd.lines import Waiting
from ivrd.core.acd.model import Queue
from ivrd.core.desk import Desk
from ivrd.core.state import Call, Wait


def begin(desk: Desk, call: Call, seen: Waiting) -> None:
    """The call has come to its queue, where the router sees it so at first."""
    if call.wait is not None:
        if _step(desk, call, call.wait):
            desk.line_up(call)
        else:
            desk.lines.put(seen)
        _wake_up(desk, call, call.wait)


def due(desk: Desk, call: Call) -> None:
    """Time has passed: more agents may be offered the call."""
    if call.wait is not None:
        if _step(desk, call, call.wait):
            desk.line_up(call)
        desk.rematch = True
        _wake_up(desk, call, call.wait)


def look_again(desk: Desk) -> None:
    """Somebody logged in or out: calls may wait for what nobody has."""
    if desk.pool.changes == desk.looked_at:
        return
    desk.catch_up()
    desk.looked_at = desk.pool.changes
    there = desk.pool.kinds_there()
    for queue, line in list(desk.lines.queues.items()):
        definition = desk.plan.floor.queues.get(queue)
        if definition is None or not definition.relax:
            continue
        served = {w.demand: any(w.demand.open_to(kind) for kind in there) for w in line.calls.values()}
        for waiting in [w for w in line.calls.values() if not served[w.demand]]:
            call = desk.state.calls[waiting.call]
            if call.wait is not None and _step(desk, call, call.wait):
                desk.line_up(call)


def _step(desk: Desk, call: Call, wait: Wait) -> bool:
    """Take the steps that are due; whether there was one."""
    queue = desk.plan.floor.queues.get(wait.queue)
    if queue is None or wait.step >= len(queue.relax):
        return False
    by_time = sum(desk.at - wait.asks_since >= step.after_s for step in queue.relax)
    step = max(wait.step, by_time)
    there = desk.pool.kinds_there()
    step = first_step(desk.plan.floor, queue, wait.asked, wait.language, step, there)
    if step == wait.step:
        return False
    wait.step = step
    decisions.relaxed(desk, call, wait)
    desk.tell("call_relaxed", call, step=step)
    return True


def _wake_up(desk: Desk, call: Call, wait: Wait) -> None:
    """When more agents may be offered the call by the mere passing of time."""
    moments = [m for m in _moments(desk, wait) if m > desk.at]
    if moments:
        desk.state.timers.set(f"relax:{call.id}", min(moments))


def _moments(desk: Desk, wait: Wait) -> list[float]:
    floor = desk.plan.floor
    queue = floor.queues.get(wait.queue) or Queue(id=wait.queue, title="")
    steps = [wait.asks_since + step.after_s for step in queue.relax[wait.step :]]
    reserves = [wait.since - wait.ahead_s + r.others_after_s for other, r in floor.reserves if other != wait.queue]
    return [*steps, *reserves, wait.held_until]
