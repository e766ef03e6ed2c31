"""Caller and somebody whom the flow called: ringing, connected, and either side hanging up."""

from __future__ import annotations

from ivrd.core import dialout, ending, menus, talking
from ivrd.core.commands import ConnectCall, HangUp, StopMusic
from ivrd.core.desk import Desk
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    AnswerSeen,
    ChannelGone,
    HoldEnded,
    HoldStarted,
    OfferRefused,
)
from ivrd.core.ivr.walk import Answer
from ivrd.core.state import Call, Stage

#: Q.850 of a leg that was not answered; others: it could not be dialled
_RESULTS = {17: "busy", 21: "busy", 16: "no_answer", 18: "no_answer", 19: "no_answer", 0: "no_answer"}


def answered(desk: Desk, call: Call, event: AgentAnswered) -> None:
    """Picked up: the two are connected, and recorded like any conversation."""
    dialled = call.dialled
    if dialled is None or dialled.leg != event.leg:
        desk.order(HangUp(call=call.id, channel=event.leg))
        return
    if dialled.since is not None:
        return  # told twice
    call.stage, dialled.since = Stage.CONNECTED, desk.at
    desk.order(StopMusic(call=call.id), ConnectCall(call=call.id, leg=dialled.leg, joined=call.joined))
    talking.start_recording(desk, call)
    desk.state.timers.set(f"dial:{call.id}", desk.at + dialled.max_s)
    desk.tell("dial_answered", call)


def seen(desk: Desk, call: Call, event: AnswerSeen) -> None:
    """It was picked up while nobody was in command here. Orders are given by the look that follows, if the two are there still."""
    dialled = call.dialled
    if dialled is not None and dialled.leg == event.leg and dialled.since is None:
        call.stage, dialled.since = Stage.CONNECTED, min(event.at, desk.at)
        talking.unrecorded(call)
        desk.state.timers.set(f"dial:{call.id}", dialled.since + dialled.max_s)
        desk.tell("dial_answered", call)


def refused(desk: Desk, call: Call, event: OfferRefused) -> None:
    """Asterisk could not dial."""
    if event.leg in call.legs:
        call.legs.remove(event.leg)
    if call.dialled is not None and call.dialled.leg == event.leg:
        _over(desk, call, "failed")


def hung_up(desk: Desk, call: Call, event: AgentHungUp) -> None:
    """The other side hung up; the caller goes on in the flow."""
    if call.dialled is not None and call.dialled.leg == event.leg:
        _over(desk, call, "answered")


def hold(desk: Desk, call: Call, event: HoldStarted) -> None:
    """One of the two pressed hold: Asterisk plays music."""
    if call.dialled is not None:
        call.dialled.held = True


def unhold(desk: Desk, call: Call, event: HoldEnded) -> None:
    """And took the other back."""
    if call.dialled is not None:
        call.dialled.held = False


def channel_gone(desk: Desk, call: Call, event: ChannelGone) -> None:
    """A channel is no more: the caller's, or the one dialled, answered or not."""
    if call.dialled is None or call.dialled.leg != event.channel:
        ending.channel_gone(desk, call, event)
        return
    ending.forget(call, event.channel)
    connected = call.stage == Stage.CONNECTED
    _over(desk, call, "answered" if connected else _RESULTS.get(event.cause, "failed"), event.at)


def timed_out(desk: Desk, call: Call) -> None:
    """Nobody has picked up in time; or the two have talked for as long as the flow allows."""
    if call.stage in (Stage.DIALLING, Stage.CONNECTED):
        _over(desk, call, "answered" if call.stage == Stage.CONNECTED else "no_answer")


def _over(desk: Desk, call: Call, result: str, at: float | None = None) -> None:
    """The call to somebody else is over (was, ``at``), the caller's is not: the flow goes on."""
    assert call.dialled is not None
    call.dialled.result = result
    dialout.hang_up(desk, call)
    dialout.finish(desk, call, at)
    call.stage = Stage.IVR
    desk.tell("dial_ended", call, result=result)
    menus.answer(desk, call, Answer(outcome=result))
