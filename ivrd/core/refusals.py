"""Orders of a call that Asterisk refused or did not answer, and without which somebody would sit in silence.

They are given again, later and later, for as long as they are what the call needs: an order that was refused says
nothing about the next one (a busy moment, a connection that was just lost). What ends something (a prompt, a channel,
a bridge) is none of this: the shell repeats that by itself (daemon/again.py), for it can never be wrong.
"""

from __future__ import annotations

from ivrd.core import announcing, offers
from ivrd.core.commands import AnswerCall, Command, ConnectCall, OpenBridge, StartMusic, StopMusic
from ivrd.core.desk import Desk
from ivrd.core.events import OrderRefused
from ivrd.core.state import Call, Stage

#: after the first refusal, the second, ... and every further one
AGAIN_S = (0.3, 1.0, 2.0, 5.0)
#: these put caller and agent together; which of them failed is of no interest, all are given again
_BRIDGE = frozenset({"OpenBridge", "JoinBridge", "ConnectCall"})


def refused(desk: Desk, call: Call, event: OrderRefused) -> None:
    """Asterisk did not do it (or did not say so)."""
    if not desk.state.connected:
        return  # after the outage everything is looked at anew
    kind = "bridge" if event.order in _BRIDGE else event.order
    times = call.refused[kind] = call.refused.get(kind, 0) + 1
    if kind == "bridge":
        call.joined = False  # as far as we know: the order that connects names the caller, too
        if times > 1 and call.stage in (Stage.TALKING, Stage.CONNECTED):
            desk.order(StartMusic(call=call.id))  # it will not be over in a moment: the caller hears so
    timers, due = desk.state.timers, desk.at + AGAIN_S[min(times, len(AGAIN_S)) - 1]
    timers.set(f"again:{call.id}", min(due, timers.due.get(f"again:{call.id}", due)))


def again(desk: Desk, call: Call) -> None:
    """Give once more what was refused, if the call still needs it."""
    if not desk.state.connected:
        return
    for kind, times in call.refused.items():
        desk.order(*_needed(desk, call, kind, times))
    if "bridge" in call.refused and call.stage == Stage.QUEUED:
        offers.join(desk, call)


def forget(desk: Desk, call: Call) -> None:
    """Whatever was refused does not matter any more."""
    call.refused.clear()
    desk.clear_timers(call, ("again",))


def _needed(desk: Desk, call: Call, kind: str, times: int) -> list[Command]:
    """The orders by which the call comes to what it should be."""
    waits = (call.stage == Stage.QUEUED and call.wait is not None and call.wait.music) or call.stage == Stage.DIALLING
    match kind:
        case "AnswerCall" if call.answered_at is None:
            return [AnswerCall(call=call.id)]
        case "StartMusic" if waits:
            return [StartMusic(call=call.id, music=announcing.music_of(desk, call.wait) if call.wait else "")]
        case "StopMusic" if not waits and not call.on_hold:
            return [StopMusic(call=call.id)]
        case "bridge":
            return _together(call, times)
    return []


def _together(call: Call, times: int) -> list[Command]:
    leg = _other_side(call)
    if not leg:
        return [OpenBridge(call=call.id)] if call.bridge_open else []
    hush: list[Command] = [StopMusic(call=call.id)] if times > 1 else []
    return [OpenBridge(call=call.id), *hush, ConnectCall(call=call.id, leg=leg)]


def _other_side(call: Call) -> str:
    if call.stage == Stage.TALKING and call.talk is not None:
        return call.talk.leg
    return call.dialled.leg if call.stage == Stage.CONNECTED and call.dialled is not None else ""
