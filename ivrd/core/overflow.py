"""Callers whom their queue does not keep: back to the flow. A phone that rings is let ring out first."""

from __future__ import annotations

from ivrd.core import ending, menus, queueing, returning
from ivrd.core.cdr import Disposition
from ivrd.core.desk import Desk
from ivrd.core.state import Call, Stage

#: a wait that is over while Asterisk is away is looked at again so much later
AWAY_RETRY_S = 5.0


def waited_out(desk: Desk, call: Call) -> None:
    """``max_wait_s`` have passed."""
    if call.stage != Stage.QUEUED or call.wait is None:
        return
    if not call.caller_here:
        returning.closes(desk, call)
    elif not desk.state.connected:
        desk.state.timers.set(f"wait:{call.id}", desk.at + AWAY_RETRY_S)  # nothing can be said now
    elif call.offer is not None and not call.wait.leaving:
        call.wait.leaving = True  # whoever reaches for the phone now is not robbed of the call
        desk.line_up(call)
        rings_until = max((offer.until for offer in call.ringing), default=desk.at)
        desk.state.timers.set(f"wait:{call.id}", rings_until)
    else:
        _leave(desk, call, "waited")


def look(desk: Desk, call: Call) -> None:
    """Is it still worth waiting?"""
    if call.stage != Stage.QUEUED or call.wait is None:
        return
    desk.state.timers.set(f"look:{call.id}", desk.at + queueing.LOOK_EVERY_S)
    _look(desk, call)


def agent_left(desk: Desk) -> None:
    """Somebody logged out: perhaps the last of a queue."""
    desk.relook = False
    for call in desk.waiting():
        _look(desk, call)


def _look(desk: Desk, call: Call) -> None:
    if call.wait is None or call.offer is not None or call.returns or not desk.state.connected:
        return
    if why := queueing.why_not_kept(desk, call, call.wait):
        _leave(desk, call, why)


def _leave(desk: Desk, call: Call, why: str) -> None:
    if call.returns:  # has no flow to go back to: we call again
        ending.end(desk, call, "system", 42, Disposition.OVERFLOW)
        return
    node = queueing.divert(desk, call, why)
    if node:
        menus.enter(desk, call, node)
    else:  # a customer whom we called back was given to the queue: no flow led there
        ending.end(desk, call, "system", 42, Disposition.OVERFLOW)
