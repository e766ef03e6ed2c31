"""What the nodes of a dialplan may know of the world around a call."""

from __future__ import annotations

from ivrd.core import guards, outlook
from ivrd.core.desk import Desk
from ivrd.core.ivr.expression import Programs
from ivrd.core.ivr.walk import Around
from ivrd.core.state import Call

#: expected wait where nobody who could serve is at work: longer than any that a dialplan compares with
NOBODY_S = 86_400


def around(desk: Desk, call: Call) -> Around:
    """The world, as a verb may see it at ``call`` now. A queue's state is looked up only when it is asked for."""
    flow = desk.flow(call)
    return Around(
        hours=desk.plan.calendar.state(desk.at),
        at=desk.at,
        now=desk.plan.calendar.local(desk.at),
        number=call.number,
        did=call.did,
        vip=guards.is_vip(desk, call.number),
        may_call_back=desk.plan.may_call_back,
        programs=flow.programs if flow else Programs(),
        queue=lambda queue: _queue(desk, queue),
    )


def _queue(desk: Desk, queue: str) -> dict[str, int]:
    """Facts of a queue (expression.QUEUE_FACTS); of one that is gone: nobody there."""
    definition = desk.plan.floor.queues.get(queue)
    if definition is None:
        return {"waiting": 0, "expected_wait_s": NOBODY_S, "ready": 0}
    waiting = desk.callers(queue)
    expected_s = outlook.newcomer_wait_s(desk, definition)
    return {
        "waiting": waiting,
        "expected_wait_s": NOBODY_S if expected_s is None else expected_s,
        "ready": sum(desk.agent(a.id).available for a in desk.plan.floor.serving(queue)),
    }
