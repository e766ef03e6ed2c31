"""Admission: callers are let in as long as the trunk has a channel beside those kept for calls that go out.

Who comes beyond is told so by us before the carrier would cut them off in its words: busy without an answer, or
a prompt. Those who are in are never touched. Calls that Asterisk's dialplan carries alone (transferred outside,
fallback) are not seen here: leave room for them in ``channels``.
"""

from __future__ import annotations

from ivrd.core.desk import Desk
from ivrd.core.state import Stage
from ivrd.core.views import TrunkView

FULL = "trunk_full"


def in_use(desk: Desk) -> int:
    """Channels of the trunk that calls hold now: callers, and those who were dialled outside."""
    return sum(
        call.caller_here
        + (call.dialled is not None and not call.dialled.extension and call.dialled.leg in call.legs)
        for call in desk.state.calls.values()
        if call.stage != Stage.CLOSED
    )


def judge(desk: Desk) -> str:
    """A call arrives: "" when there is a channel for it."""
    trunk = desk.plan.trunk
    if in_use(desk) < trunk.channels - trunk.reserve:
        return ""
    desk.state.blocked_today += 1
    return FULL


def may_go_out(desk: Desk) -> bool:
    """There is a channel for one more call outside."""
    return in_use(desk) < desk.plan.trunk.channels


def says(desk: Desk) -> str:
    """The prompt for who finds no channel; "" when there is none, or no channel to say it on."""
    return desk.plan.trunk.full_says if in_use(desk) <= desk.plan.trunk.channels else ""


def trunk_view(desk: Desk) -> TrunkView:
    """The trunk now."""
    trunk = desk.plan.trunk
    return TrunkView(
        channels=trunk.channels,
        reserve=trunk.reserve,
        in_use=in_use(desk),
        blocked_today=desk.state.blocked_today,
    )
