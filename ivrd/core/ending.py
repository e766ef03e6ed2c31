"""The end of a call: who ended it, and taking it down."""

from __future__ import annotations

from ivrd.core import (
    decisions,
    dialout,
    guards,
    meanwhile,
    offers,
    promises,
    queueing,
    record,
    voicemails,
    wrapup,
)
from ivrd.core.cdr import Disposition
from ivrd.core.commands import CloseBridge, HangUp
from ivrd.core.desk import Desk
from ivrd.core.events import CallerHungUp, CallerRescued, ChannelGone
from ivrd.core.state import Call, Rec, Stage

#: Asterisk says that a channel is gone within milliseconds; past this it will not be said any more
CLOSE_TIMEOUT_S = 5.0

_TIMERS = ("prompt", "menu", "ask", "again", "record", "mute", *queueing.TIMERS)


def caller_hung_up(desk: Desk, call: Call, event: CallerHungUp) -> None:
    """The caller hung up, wherever in the call that was; or Asterisk ends, and all calls with it."""
    if event.cut:
        end(desk, call, "system", event.cause, Disposition.FAILED)
        return
    guards.left(desk, call)
    end(desk, call, "caller", event.cause, left(call))


def channel_gone(desk: Desk, call: Call, event: ChannelGone) -> None:
    """A channel of the call is no more; what that means depends on whose it was."""
    forget(call, event.channel)
    if event.channel == call.id:
        end(desk, call, "caller", event.cause, left(call), at=min(event.at, desk.at))
    elif (offer := call.rings_at(event.channel)) is not None:
        offers.leg_gone(desk, call, offer, event.cause)


def rescued(desk: Desk, call: Call, event: CallerRescued) -> None:
    """While nobody was in command, the caller was moved to the dialplan's fallback."""
    forget(call, call.id)
    alone = None
    if meanwhile.other(call):  # left by whom they talked to: only who is alone is moved
        alone = meanwhile.End.of(desk, desk.state.lost_at, event.alone_since)
        call.ended_from = alone.known_from
    until = alone.at if alone else None
    end(desk, call, "system", 0, Disposition.FALLBACK, at=min(event.at, desk.at), talked_until=until)


def taken_down(desk: Desk, call: Call, event: ChannelGone | CallerRescued) -> None:
    """While closing: one channel less."""
    forget(call, event.channel)
    if event.channel == call.id:
        record.channel_gone(desk, call, ended=isinstance(event, ChannelGone))
    if not call.caller_here and not call.legs:
        closed(desk, call)


def end(
    desk: Desk,
    call: Call,
    by: str,
    cause: int,
    disposition: Disposition,
    at: float | None = None,
    talked_until: float | None = None,
) -> None:
    """The call is over (was, ``at``): everything that runs because of it is ended, once.

    ``talked_until``: the conversation was over before the call.
    """
    if call.stage in (Stage.CLOSING, Stage.CLOSED):
        return
    voicemails.finish(desk, call)
    if call.stage == Stage.CONNECTED and call.dialled is not None:
        call.dialled.result = "answered"
    ends = call.caller_here and by in ("caller", "agent")  # hung up already, or below
    talked_until = at if talked_until is None else talked_until
    dialout.finish(desk, call, talked_until, ends=ends)
    attempt = call.calling.result if call.calling else ""
    promises.let_go(desk, call)
    if call.guard and disposition != Disposition.FAILED:
        disposition = Disposition.REFUSED
    elif call.talk is not None:
        disposition = Disposition.ANSWERED  # whatever came after the conversation
    elif call.dialled is not None and call.dialled.since is not None:
        disposition = Disposition.CONNECTED
    elif call.messages and disposition != Disposition.FAILED:
        disposition = Disposition.VOICEMAIL
    elif call.callback and disposition != Disposition.FAILED:
        disposition = Disposition.CALLBACK
    was_waiting, since = call.wait is not None, call.wait.since if call.wait else 0.0
    rung = {offer.leg for offer in call.ringing}
    if call.consult is not None:
        rung |= {call.consult.leg, call.consult.channel}  # hung up with the talk
    queueing.leave(desk, call)  # hangs up the phones that ring
    call.stage = Stage.CLOSING
    if at is not None and was_waiting:
        call.wait_ms = round((at - since) * 1000)
    call.ended_at, call.hung_up_by, call.cause, call.disposition = at or desk.at, by, cause, disposition
    guards.over(desk, call)
    if was_waiting:
        decisions.left(desk, call, f"ended by {by}")
    if call.returns:
        promises.attempt_over(desk, call, promises.RESCUED if disposition == Disposition.FALLBACK else attempt or "left")
    elif was_waiting and by == "caller":
        _abandoned(desk, call)
    elif was_waiting:  # it was we who ended it
        desk.counters(call.queue).diverted += 1
    wrapup.finish_talk(desk, call, talked_until, ends=ends)
    desk.clear_timers(call, _TIMERS)
    call.prompt = ""
    if call.caller_here and by not in ("caller", "transfer"):
        desk.order(HangUp(call=call.id, channel=call.id, cause=cause))
    for leg in call.legs:
        if leg not in rung:
            desk.order(HangUp(call=call.id, channel=leg))
    promises.caller_left(desk, call)
    desk.state.timers.set(f"close:{call.id}", desk.at + CLOSE_TIMEOUT_S)
    desk.tell(
        "call_ended", call, disposition=disposition, by=by, wait_ms=call.wait_ms, guard=guards.label(call)
    )
    if not call.caller_here and not call.legs:
        closed(desk, call)


def close_timed_out(desk: Desk, call: Call) -> None:
    """Asterisk does not say that the channels are gone. While it is away it cannot: then they are kept
    in mind, for else a channel that is still there afterwards would be taken for a new call."""
    if desk.state.connected:
        closed(desk, call)
    else:
        desk.state.timers.set(f"close:{call.id}", desk.at + CLOSE_TIMEOUT_S)


def closed(desk: Desk, call: Call) -> None:
    """Nothing of the call is left at Asterisk (or it will not tell us any more)."""
    if call.stage != Stage.CLOSING:
        return
    desk.clear_timers(call, ("close",))
    for channel in (leg for leg in call.legs if leg in desk.state.consults):
        desk.order(CloseBridge(call=channel))
    for channel in [*call.legs, *([call.id] if call.caller_here else [])]:
        desk.order(HangUp(call=call.id, channel=channel))  # the time-out's case: say it once more
    call.caller_here, call.legs = False, []
    if call.bridge_open:
        call.bridge_open = False
        desk.order(CloseBridge(call=call.id))
    call.stage = Stage.CLOSED
    record.channel_gone(desk, call, ended=False)
    if any(rec.state == Rec.FINISHING for rec in call.recordings):
        desk.state.timers.set(f"recording:{call.id}", desk.at + record.RECORDING_TIMEOUT_S)
    record.write(desk, call)


def forget(call: Call, channel: str) -> None:
    """The channel is no more."""
    if channel == call.id:
        call.caller_here = False
    elif channel in call.legs:
        call.legs.remove(channel)


def _abandoned(desk: Desk, call: Call) -> None:
    """The caller hung up while waiting; so soon after joining that nobody could be blamed, it is a short one."""
    counters = desk.counters(call.queue)
    counters.abandoned += 1
    if call.wait_ms < desk.plan.floor.rules.short_abandon_s * 1000:
        counters.short_abandoned += 1
        desk.tell("short_abandon", call, wait_ms=call.wait_ms)


def left(call: Call) -> Disposition:
    """What it means that the caller is gone, by where they were."""
    match call.stage:
        case Stage.TALKING:
            return Disposition.ANSWERED
        case Stage.QUEUED:
            return Disposition.ABANDONED_QUEUE
        case _:
            return Disposition.ABANDONED_IVR
