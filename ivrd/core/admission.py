"""Admission: callers are let in as long as the trunk has a channel beside those kept for calls that go out.

Who comes beyond is told so by us before the carrier would cut them off in its words: busy without an answer, or
a prompt. Those who are in are never touched, and nobody who is kept out, listening to why, holds a channel against callers
who come after (ADR 90): else, under a crowd, apologies take one channel after the other from the served. Calls that
Asterisk's dialplan carries alone (transferred outside, fallback) are not seen here: leave room for them in ``channels``.
"""

from __future__ import annotations

from ivrd.core.desk import Desk
from ivrd.core.state import Call, Stage
from ivrd.core.views import TrunkView

FULL = "trunk_full"
#: of the channels, those on which callers whom a guard keeps out are told why; at least one
_TOLD_PART = 10


def in_use(desk: Desk) -> int:
    """Channels of the trunk that calls hold now: callers, and those who were dialled outside."""
    return sum(_held(call) for call in desk.state.calls.values())


def judge(desk: Desk) -> str:
    """A call arrives: "" when there is a channel for it."""
    trunk = desk.plan.trunk
    let_in = sum(_held(call) for call in desk.state.calls.values() if not call.guard)
    if let_in < trunk.channels - trunk.reserve:
        return ""
    desk.state.blocked_today += 1
    return FULL


def may_go_out(desk: Desk) -> bool:
    """There is a channel for one more call outside."""
    return in_use(desk) < desk.plan.trunk.channels


def says(desk: Desk) -> str:
    """The prompt for who finds no channel; "" when there is none, or no channel of the reserve to say it on."""
    trunk = desk.plan.trunk
    return trunk.full_says if in_use(desk) <= trunk.channels and _told(desk) <= trunk.reserve else ""


def may_be_told(desk: Desk) -> bool:
    """Whom a guard keeps out (and who is counted already) may be told why: that takes no channel that a caller needs."""
    trunk = desk.plan.trunk
    return in_use(desk) <= trunk.channels - trunk.reserve and _told(desk) <= max(1, trunk.channels // _TOLD_PART)


def trunk_view(desk: Desk) -> TrunkView:
    """The trunk now."""
    trunk = desk.plan.trunk
    return TrunkView(
        channels=trunk.channels,
        reserve=trunk.reserve,
        in_use=in_use(desk),
        blocked_today=desk.state.blocked_today,
    )


def _held(call: Call) -> int:
    """Channels of the trunk that this call holds."""
    if call.stage == Stage.CLOSED:
        return 0
    outside = call.dialled is not None and not call.dialled.extension and call.dialled.leg in call.legs
    return call.caller_here + outside


def _told(desk: Desk) -> int:
    """Callers who are kept out and listen to why; who is only refused is closing already."""
    return sum(bool(call.guard) and call.stage == Stage.IVR for call in desk.state.calls.values())
