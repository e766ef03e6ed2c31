"""Calling somebody for a caller: what may be dialled, beginning it, and tidying up after it.

What is dialled stands in the flow and must match ``asterisk.trunk.outbound``; nothing that a caller types is.
"""

from __future__ import annotations

from ivrd.core import admission, alerts, ids, numbers, phones, record, voices
from ivrd.core.acd.presence import BUSY
from ivrd.core.commands import (
    HangUp,
    OfferCall,
    OpenBridge,
    StartMusic,
    StopMusic,
    TransferCall,
)
from ivrd.core.desk import Desk
from ivrd.core.ivr.walk import DialOut, TransferTo
from ivrd.core.speaking import hush
from ivrd.core.state import Call, Dialled, Stage


def begin(desk: Desk, call: Call, request: DialOut) -> str:
    """Ring: "". What may not be dialled has a result at once: busy or failed."""
    dialled = call.dialled = Dialled(
        to=request.extension or request.number, extension=request.extension, max_s=request.max_s
    )
    # one conversation a call: its record has room for one
    dialled.result = "failed" if call.talk else _refusal(desk, request.extension, request.number)
    if dialled.result:
        return dialled.result
    hush(desk, call)
    voices.stop(desk, call)
    call.dials += 1
    dialled.leg = ids.dial_leg(call.id, call.dials)
    call.legs.append(dialled.leg)
    call.stage = Stage.DIALLING
    if not call.bridge_open:
        call.bridge_open = True
        desk.order(OpenBridge(call=call.id))
    if agent := desk.plan.floor.agent_at(request.extension):
        desk.agent(agent.id).session = dialled.leg  # not offered a queue's call meanwhile
        desk.touch_agent(agent.id)
    desk.state.timers.set(f"dial:{call.id}", desk.at + request.timeout_s)
    outbound = desk.plan.outbound
    desk.order(
        StartMusic(call=call.id),
        OfferCall(
            call=call.id,
            leg=dialled.leg,
            extension=request.extension or f"{request.number}@{outbound.trunk}",
            caller_number=call.number if request.extension else outbound.caller_id,
            caller_name="",
            ring_timeout_s=request.timeout_s,
        ),
    )
    desk.tell("dial_started", call, external=int(bool(request.number)))
    return ""


def transfer(desk: Desk, call: Call, request: TransferTo) -> str:
    """Give the caller away: "". What may not be dialled has a result at once."""
    call.dialled = Dialled(to=request.extension or request.number, extension=request.extension)
    call.dialled.result = _refusal(desk, request.extension, request.number)
    if call.dialled.result:
        return call.dialled.result
    call.dialled.result = "transferred"
    hush(desk, call)
    desk.order(TransferCall(call=call.id, to=call.dialled.to))
    desk.tell("call_transferred", call, external=int(bool(request.number)))
    return ""


def may_be_given(desk: Desk, to: str, by: str) -> bool:
    """Whether the agent ``by`` may give a caller to ``to``: a colleague who is free, or a number outside that is allowed."""
    colleague = desk.plan.floor.agent_at(to)
    if colleague is not None:
        return desk.agent(colleague.id).available
    return bool(to) and not _refusal(desk, "", to, by)


def finish(desk: Desk, call: Call, at: float | None = None, *, ends: bool = False) -> None:
    """It is over (was, ``at``), one way or another: recording and agent are let go of. Once. ``ends``: see ``record.finish``."""
    dialled = call.dialled
    if dialled is None or not dialled.leg or dialled.ended_at is not None:
        return
    dialled.ended_at = desk.at if at is None else max(dialled.since or at, at)
    desk.clear_timers(call, ("dial",))
    if call.stage == Stage.DIALLING:
        desk.order(StopMusic(call=call.id))
    if dialled.since is not None:
        record.finish(desk, call, ends=ends)
    if agent := desk.plan.floor.agent_at(dialled.extension):
        state = desk.agent(agent.id)
        if state.session == dialled.leg:
            state.session = ""
            desk.touch_agent(state.agent)
            phones.left(desk, state.agent)
            desk.rematch = True


def hang_up(desk: Desk, call: Call) -> None:
    """The other side is no longer wanted."""
    if call.dialled is not None and call.dialled.leg in call.legs:
        desk.order(HangUp(call=call.id, channel=call.dialled.leg))


def _refusal(desk: Desk, extension: str, number: str, by: str = "") -> str:
    """Why this may not be dialled now (at the wish of the agent ``by``), as a result; "" when it may. Counts what goes outside."""
    if extension:
        agent = desk.plan.floor.agent_at(extension)
        if agent is None:
            return "failed"
        state = desk.agent(agent.id)
        return "busy" if state.presence in BUSY or state.session or state.private else ""
    outbound = desk.plan.outbound
    if not numbers.allowed(number, outbound.allow):
        return "failed"
    if not admission.may_go_out(desk):
        return "failed"
    if by and desk.agent(by).gave_outside_today >= outbound.per_agent_day:
        alerts.raise_(desk, by, "outside")
        return "failed"
    if desk.state.dialled_today >= outbound.per_day:
        desk.tell("dial_limit_reached", per_day=outbound.per_day)
        return "failed"
    desk.state.dialled_today += 1
    if by:
        desk.agent(by).gave_outside_today += 1
        alerts.clear(desk, by, "outside")
    return ""
