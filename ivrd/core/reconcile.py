"""What Asterisk really holds, against what we remember: after a start, and after each lost connection.

Events of the outage are lost, so whatever a restart cannot see is concluded from what is there:
a channel that is gone has hung up; a leg that is up but not in the call's bridge has answered.
"""

from __future__ import annotations

from ivrd.core import (
    announcing,
    callbacks,
    calls,
    consulting,
    ending,
    features,
    ids,
    meanwhile,
    menus,
    offers,
    pausing,
    record,
    refusals,
    returning,
    talking,
    voicemails,
    voices,
)
from ivrd.core.cdr import Disposition
from ivrd.core.commands import (
    AnswerCall,
    CloseBridge,
    ConnectCall,
    HangUp,
    OpenBridge,
    StartMusic,
    StartRecording,
    StopMusic,
    WriteCdr,
)
from ivrd.core.desk import Desk
from ivrd.core.events import AgentAnswered, CallArrived, ChannelGone, ChannelSeen, SwitchSeen
from ivrd.core.speaking import hush_all
from ivrd.core.state import Call, Rec, Stage

#: orders of an answer that is so young may have been lost with the connection
UNSURE_MS = 10_000
TEMPORARY_FAILURE = 41  #: Q.850


def seen(desk: Desk, event: SwitchSeen) -> None:
    """Bring memory and Asterisk together."""
    channels = {c.channel: c for c in event.channels}
    bridges = {b.bridge: b.channels for b in event.bridges}
    known = meanwhile.Meanwhile(desk, event.watched)
    cut: set[str] = set()
    if event.began and desk.state.switch_began not in ("", event.began):
        cut = _restarted(desk, channels, known)
    desk.state.switch_began = event.began or desk.state.switch_began
    desk.state.lost_at = None
    for child in filter(None, map(ids.parse, bridges)):
        if _over(desk, child.call):
            desk.order(CloseBridge(call=child.call))
    for call in [call for call in desk.state.calls.values() if call.id not in cut]:
        _call(desk, call, channels, bridges.get(ids.bridge(call.id), ()), known)
    callbacks.again(desk)
    returning.again(desk)
    for session in list(desk.state.sessions):
        features.timed_out(desk, session)
    for channel in channels.values():
        _unknown(desk, channel)
    _connected_now(desk, True)  # last: nobody is offered anything before all are accounted for
    desk.rematch = desk.relook = True


def lost(desk: Desk) -> None:
    """The connection is gone. Talking calls go on; nobody is offered anything until it is back."""
    _connected_now(desk, False)
    if desk.state.lost_at is None:  # else it was lost before, and is so still
        desk.state.lost_at = desk.at
    for call in desk.state.calls.values():
        if call.talk is not None and desk.elapsed_ms(call.talk.since) < UNSURE_MS:
            call.talk.unsure = True


def _connected_now(desk: Desk, connected: bool) -> None:
    """Whether Asterisk is there to ring a phone: walls show it with each agent."""
    if desk.state.connected != connected:
        desk.state.connected = connected
        for agent in desk.plan.floor.agents:
            desk.touch_agent(agent)


def _restarted(desk: Desk, channels: dict[str, ChannelSeen], known: meanwhile.Meanwhile) -> set[str]:
    """It is another Asterisk than before: nobody hung up, the calls ended with the one that carried them. Those calls."""
    cut: set[str] = set()
    desk.tell("asterisk_restarted", calls=len(desk.state.calls))
    for call in list(desk.state.calls.values()):
        if call.stage in (Stage.CLOSING, Stage.CLOSED, Stage.CALLING) or call.id in channels or not call.caller_here:
            continue  # over already; or not begun: a customer whom we call back
        cut.add(call.id)
        for channel in (call.id, *call.legs):
            ending.forget(call, channel)
        ending.end(desk, call, "system", TEMPORARY_FAILURE, Disposition.FAILED, at=known.last_at(call))
    return cut


def _call(desk: Desk, call: Call, channels: dict[str, ChannelSeen], bridged: tuple[str, ...], known: meanwhile.Meanwhile) -> None:
    before = call.stage
    _again(desk, call)
    if before == Stage.CLOSED:
        return
    refusals.forget(desk, call)
    if before == Stage.CALLING or (before == Stage.QUEUED and not call.caller_here):
        returning.seen(desk, call, channels)
        return
    call.joined = call.id in bridged
    voices.missed(call)
    for offer in [offer for offer in call.ringing if offer.leg not in channels]:
        # ended, or never begun: who is to blame cannot be known, so nobody is
        offers.withdraw(desk, call, offer)
    both = call.id not in channels and meanwhile.other(call) not in ("", *channels)
    for leg in [leg for leg in call.legs if leg not in channels and not (both and leg == meanwhile.other(call))]:
        end = known.end(call, leg)
        gone = ChannelGone(at=end.at, call=ids.call_of(leg), channel=leg, cause=16)
        if leg == meanwhile.other(call):
            call.ended_from = end.known_from
            if not call.recording.name and call.id in channels:  # nobody was there to end the ringing's music and words
                hush_all(desk, call)
                _no_music(desk, call)
        if gone.call in desk.state.consults:
            consulting.heard(desk, call, gone)
        calls.handle(desk, call, gone)
    for leg in call.legs:
        if call.stage != Stage.CLOSING and leg not in _in_use(call):
            desk.order(HangUp(call=call.id, channel=leg))  # of what is over: the order to end it may have been lost
    if before == Stage.CLOSING:  # likewise; and a phone may ring for a caller who has gone already
        desk.order(*(HangUp(call=call.id, channel=c) for c in (call.id, *call.legs) if c in channels))
    if call.id not in channels:
        record.channel_gone(desk, call, ended=False)  # not ours any more: it may be in the dialplan's hands, and recorded there
        _caller_gone(desk, call, known, both)
        return
    if channels[call.id].state != "Up" and call.stage != Stage.CLOSING:
        desk.order(AnswerCall(call=call.id))
    elif call.answered_at is None:
        call.answered_at = desk.at
    match call.stage:
        case Stage.IVR if before == Stage.IVR:  # else it came here just now, and was told where it is
            menus.resume(desk, call)
        case Stage.QUEUED:
            _queued(desk, call, channels)
        case Stage.DIALLING:
            _dialling(desk, call, channels)
        case Stage.CONNECTED:
            _connected_to(desk, call, bridged)
        case Stage.TALKING:
            _talking(desk, call, bridged)
            consulting.seen(desk, call, call.consult is not None and channels[call.consult.leg].state == "Up")


def _caller_gone(desk: Desk, call: Call, known: meanwhile.Meanwhile, both: bool) -> None:
    """The caller has hung up; or, when ``both`` are gone who talked, one of them has, and then the other."""
    end, leg = known.end(call, call.id), meanwhile.other(call)
    if call.stage not in (Stage.CLOSING, Stage.CLOSED):
        call.ended_from = end.known_from
    if not both:
        calls.handle(desk, call, ChannelGone(at=end.at, call=call.id, channel=call.id, cause=16))
        return
    them = known.end(call, leg)
    for channel in (call.id, leg):
        ending.forget(call, channel)
    until = min(end.at, them.at)
    ending.end(desk, call, meanwhile.first(end, them), 16, ending.left(call), at=end.at, talked_until=until)


def _in_use(call: Call) -> set[str]:
    """Legs that ring or talk; those of offers, talks and calls that are over are not."""
    talk, dialled, consult = call.talk, call.dialled, call.consult
    return {
        *((consult.channel, consult.leg) if consult else ()),
        *(offer.leg for offer in call.ringing),
        talk.leg if talk and talk.ended_at is None else "",
        dialled.leg if dialled and dialled.ended_at is None else "",
    }


def _talking(desk: Desk, call: Call, bridged: tuple[str, ...]) -> None:
    """A talk goes on; should it not have come to it yet, it begins now, and so does its recording."""
    hush_all(desk, call)
    talking.start_recording(desk, call)
    if call.talk is not None and (call.talk.unsure or call.recording.state == Rec.ASKED):
        call.talk.unsure = False
        _no_music(desk, call)  # the queue's
    if call.talk is not None and not _connected(call, bridged):
        desk.order(OpenBridge(call=call.id), ConnectCall(call=call.id, leg=call.talk.leg))


def _dialling(desk: Desk, call: Call, channels: dict[str, ChannelSeen]) -> None:
    """Whom the flow called is still rung, or has answered meanwhile."""
    hush_all(desk, call)
    desk.order(OpenBridge(call=call.id), StartMusic(call=call.id))
    if call.dialled is not None and channels[call.dialled.leg].state == "Up":
        calls.handle(desk, call, AgentAnswered(at=desk.at, call=call.id, leg=call.dialled.leg))


def _connected_to(desk: Desk, call: Call, bridged: tuple[str, ...]) -> None:
    """The two go on; should it not have come to it yet, it begins now."""
    hush_all(desk, call)
    talking.start_recording(desk, call)
    _no_music(desk, call)  # of the ringing
    if call.dialled is not None and not {call.id, call.dialled.leg} <= set(bridged):
        desk.order(OpenBridge(call=call.id), ConnectCall(call=call.id, leg=call.dialled.leg))


def _no_music(desk: Desk, call: Call) -> None:
    """The order to end it may have been lost. What a caller hears who is on hold is the phone's, and is not ended."""
    if not call.on_hold:
        desk.order(StopMusic(call=call.id))


def _queued(desk: Desk, call: Call, channels: dict[str, ChannelSeen]) -> None:
    """Place and clock are ours and unharmed; what the caller hears is started again."""
    desk.order(OpenBridge(call=call.id))
    hush_all(desk, call)
    answered = [offer for offer in call.ringing if channels[offer.leg].state == "Up"]
    for offer in answered:
        # between the connection's loss and its return; Asterisk may have connected the two itself. A second one is late
        calls.handle(desk, call, AgentAnswered(at=desk.at, call=call.id, leg=offer.leg))
    if answered:
        return
    offers.deadline(desk, call)  # it may be over: nobody was to be judged while Asterisk was away
    if call.wait is not None:
        call.wait.music = True
        desk.order(StartMusic(call=call.id, music=announcing.music_of(desk, call.wait)))
        queue = desk.plan.floor.queues.get(call.wait.queue)
        if queue is None:  # removed from the configuration while we were away
            ending.end(desk, call, "system", 41, Disposition.FAILED)
            return
        if every_s := announcing.every_s(desk, call.wait):
            desk.state.timers.set(f"announce:{call.id}", desk.at + every_s)


def _connected(call: Call, bridged: tuple[str, ...]) -> bool:
    """Caller and agent are in the call's bridge."""
    return call.talk is not None and {call.id, call.talk.leg} <= set(bridged)


def _over(desk: Desk, call_id: str) -> bool:
    """Nothing of the call (or of an agent's question about one) may be left at Asterisk."""
    if call_id in desk.state.consults:
        return not _in_hand(desk, call_id)
    call = desk.state.calls.get(call_id)
    return call is None or call.stage == Stage.CLOSED


def _again(desk: Desk, call: Call) -> None:
    """Orders whose outcome never reached the journal are given once more: each may be repeated."""
    if call.recording.state in (Rec.ASKED, Rec.FAILED) and call.stage in (Stage.TALKING, Stage.CONNECTED):
        desk.order(StartRecording(call=call.id, name=call.recording.name))
    pausing.again(desk, call)
    record.finish_again(desk, call)
    voicemails.again(desk, call)
    if call.stage == Stage.CLOSED and call.revision:
        desk.order(WriteCdr(call=call.id, revision=call.revision, cdr=record.row(desk, call), why=tuple(call.why)))


def _unknown(desk: Desk, channel: ChannelSeen) -> None:
    """A channel in our application that no call of ours knows."""
    child = ids.parse(channel.channel)
    if child is not None:
        call = desk.state.calls.get(desk.state.consults.get(child.call, child.call))
        if call is None or channel.channel not in call.legs:
            desk.order(HangUp(call=child.call, channel=channel.channel))
    elif channel.role == "call" and channel.channel in desk.state.calls:
        if _over(desk, channel.channel):
            desk.order(HangUp(call=channel.channel, channel=channel.channel))
    elif channel.role == "call":
        # it arrived in the instant before the journal had it: it is a new call to us
        calls.arrived(
            desk,
            CallArrived(
                at=desk.at,
                call=channel.channel,
                did=channel.did,
                caller_number=channel.caller_number,
                caller_name=channel.caller_name,
            ),
        )
    elif channel.role == "callback":
        call = desk.state.calls.get(channel.channel)
        if call is None or call.stage == Stage.CLOSED or not call.caller_here:
            desk.order(HangUp(call=channel.channel, channel=channel.channel))
    elif channel.role in ("consult", "feature") and not _in_hand(desk, channel.channel):
        desk.order(HangUp(call=channel.channel, channel=channel.channel))


def _in_hand(desk: Desk, channel: str) -> bool:
    """An agent's phone dialled a feature code, or a colleague, on this channel, and it is not over."""
    if channel in desk.state.sessions:
        return True
    call = desk.state.calls.get(desk.state.consults.get(channel, ""))
    return call is not None and call.consult is not None and call.consult.channel == channel
