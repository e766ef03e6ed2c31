"""Caller and agent in conversation: connecting, holding, and either side hanging up."""

from __future__ import annotations

from ivrd.core import acquaintance, dialout, ending, ids, menus, offers, passing, wrapup
from ivrd.core.acd.model import Queue
from ivrd.core.cdr import Disposition
from ivrd.core.commands import (
    AnswerTransfer,
    ConnectCall,
    HangUp,
    StartRecording,
    StopMusic,
    TransferCall,
)
from ivrd.core.desk import Desk
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    AnswerSeen,
    ChannelGone,
    HoldEnded,
    HoldStarted,
    TransferAsked,
)
from ivrd.core.queueing import TIMERS
from ivrd.core.speaking import hush
from ivrd.core.state import (
    Call,
    Consult,
    Dialled,
    Earlier,
    Offer,
    Rec,
    Recording,
    Stage,
    Talk,
    Wait,
)


def begin(desk: Desk, call: Call, event: AgentAnswered) -> None:
    """The agent picked up: whatever the caller hears ends now, and the two are connected."""
    offer, wait = call.rings_at(event.leg), call.wait
    if offer is None or wait is None:
        offers.stray(desk, call, event)
        return
    hush(desk, call)
    if wait.music:
        desk.order(StopMusic(call=call.id))
    desk.order(ConnectCall(call=call.id, leg=offer.leg, joined=call.joined))
    call.joined = True
    _put_aside(desk, call)
    start_recording(desk, call)
    _begun(desk, call, offer, wait, desk.at)


def seen(desk: Desk, call: Call, event: AnswerSeen) -> None:
    """The agent picked up while nobody was in command here, and Asterisk connected the two by itself.

    Only what is known of the talk changes: what still has to be ordered, if they talk still, the look that follows orders (``reconcile``).
    """
    offer, wait = call.rings_at(event.leg), call.wait
    if offer is None or wait is None or not call.caller_here:
        return
    _put_aside(desk, call)
    unrecorded(call)
    _begun(desk, call, offer, wait, min(max(event.at, offer.at), desk.at))
    assert call.talk is not None
    call.talk.unsure = True


def unrecorded(call: Call) -> None:
    """A talk began while nobody could order it to be recorded: so it is, unless it still goes on when somebody can."""
    if call.walk.record:
        call.recording.note = "not recorded: ivrd was away"


def _begun(desk: Desk, call: Call, offer: Offer, wait: Wait, at: float) -> None:
    """The two talk, since ``at``."""
    offers.answered(desk, call, offer)
    desk.clear_timers(call, TIMERS)
    call.stage = Stage.TALKING
    call.talk = Talk(
        leg=offer.leg,
        agent=offer.agent,
        since=at,
        queue=wait.queue,
        after=wait.after,
        overflow=wait.overflow,
        ways=wait.ways,
    )
    call.wait_ms = max(0, round((at - wait.since) * 1000))
    call.wait = None
    desk.line_up(call)
    call.disposition = Disposition.ANSWERED
    acquaintance.remember(desk, call, offer.agent)
    if not call.returns:
        _count(desk, call, offer.at, at)
    desk.touch(call.queue)
    desk.tell("call_answered", call, agent=offer.agent, wait_ms=call.wait_ms)


def _put_aside(desk: Desk, call: Call) -> None:
    """The talk before this one, with its recording: perhaps it is not published, perhaps its agent still wraps up."""
    if call.talk is None:
        return
    call.earlier.append(
        Earlier(talk=call.talk, recording=call.recording, wrap_up_ms=call.wrap_up_ms, wrapping=call.wrapping)
    )
    call.recording, call.wrap_up_ms, call.wrapping = Recording(), 0, False


def _count(desk: Desk, call: Call, rung_since: float, at: float) -> None:
    counters = desk.counters(call.queue)
    counters.answered += 1
    if call.wait_ms <= desk.plan.floor.queues[call.queue].service_level_s * 1000:
        counters.answered_in_level += 1
    waited_s = at - (call.queued_at or at)
    counters.waited_s += waited_s
    counters.rung += 1
    counters.rung_s += at - rung_since
    if call.expected_wait_s:  # whom an agent was free for was told nothing, and would flatter the figure
        counters.measured += 1
        counters.measured_s += waited_s
        counters.bias_s += call.expected_wait_s - waited_s
        counters.error_s += abs(call.expected_wait_s - waited_s)


def start_recording(desk: Desk, call: Call) -> None:
    """Record the conversation, under a name that says the local day and the call: the first one, and each talk after a transfer."""
    if call.recording.name:
        return
    if not call.walk.record:
        call.recording.note = "not recorded: switched off by the flow"
        return
    day = desk.plan.calendar.local(desk.at).strftime("%Y/%m/%d")
    name = ids.recording(call.id, len(call.earlier) + 1)
    call.recording = Recording(name=f"{day}/{name}", state=Rec.ASKED)
    desk.order(StartRecording(call=call.id, name=call.recording.name, first=not call.earlier))


def hold(desk: Desk, call: Call, event: HoldStarted) -> None:
    """Somebody pressed hold."""
    if call.talk is not None and call.talk.hold_since is None:
        call.talk.hold_since = min(max(event.at, call.talk.since), desk.at)  # of an outage we hear late
        desk.touch_agent(call.talk.agent)
        desk.tell("hold_started", call, agent=call.talk.agent)


def unhold(desk: Desk, call: Call, event: HoldEnded) -> None:
    """And took it back."""
    if call.talk is not None and call.talk.hold_since is not None:
        wrapup.end_hold(call.talk, min(event.at, desk.at))
        desk.touch_agent(call.talk.agent)
        desk.tell("hold_ended", call, agent=call.talk.agent)


def transfer(desk: Desk, call: Call, event: TransferAsked) -> None:
    """The agent gives the caller away: from then on Asterisk alone has the call. Refused, the talk goes on."""
    talk = call.talk
    consult = call.consult
    if talk is not None and consult is not None and {event.leg, event.other} == {talk.leg, consult.channel}:
        _join(desk, call, talk, consult, event)
        return
    if talk is None or talk.leg != event.leg:  # not theirs to give away: who asks or is asked about the caller, another phone's
        desk.order(AnswerTransfer(call=call.id, leg=event.leg, taken=False))
        return
    if (queue := desk.plan.floor.queue_at(event.to)) is not None:
        _pass_on(desk, call, talk, queue)
        return
    taken = dialout.may_be_given(desk, event.to, talk.agent)
    desk.order(AnswerTransfer(call=call.id, leg=event.leg, taken=taken))
    if not taken:
        desk.tell("transfer_refused", call, agent=talk.agent, why="not_allowed")
        return
    colleague = desk.plan.floor.agent_at(event.to)
    call.dialled = Dialled(to=event.to, extension=event.to if colleague else "", result="transferred")
    desk.order(TransferCall(call=call.id, to=event.to))
    desk.tell("call_transferred", call, agent=talk.agent, external=int(colleague is None))
    ending.end(desk, call, "transfer", 16, Disposition.ANSWERED)


def _pass_on(desk: Desk, call: Call, talk: Talk, queue: Queue) -> None:
    wait = passing.wait_for(desk, call, talk, queue)
    why = passing.refusal(desk, call, queue, wait)
    desk.order(AnswerTransfer(call=call.id, leg=talk.leg, taken=not why))
    if why:
        desk.tell("transfer_refused", call, agent=talk.agent, why=why)
    else:
        passing.to_queue(desk, call, talk, wait)


def _join(desk: Desk, call: Call, talk: Talk, consult: Consult, event: TransferAsked) -> None:
    """Caller and the colleague whom the agent has asked: the talk goes on with the two, or nothing changes."""
    why = passing.why_not_to(desk, consult)
    desk.order(AnswerTransfer(call=call.id, leg=event.leg, taken=not why))
    if why:
        desk.tell("transfer_refused", call, agent=talk.agent, why=why)
        return
    begun = passing.to_colleague(desk, call, talk, consult)
    _put_aside(desk, call)
    call.talk = begun
    start_recording(desk, call)
    acquaintance.remember(desk, call, begun.agent)
    desk.touch(call.queue)


def agent_hung_up(desk: Desk, call: Call, event: AgentHungUp) -> None:
    """The agent hung up: so is the caller, or goes on in the flow (a survey)."""
    if call.talk is not None and call.talk.leg == event.leg:
        agent_left(desk, call, event.cause)


def channel_gone(desk: Desk, call: Call, event: ChannelGone) -> None:
    """One of the two is gone and nobody said that they hung up."""
    if call.talk is not None and call.talk.leg == event.channel:
        ending.forget(call, event.channel)
        agent_left(desk, call, event.cause, event.at)
    else:
        ending.channel_gone(desk, call, event)


def agent_left(desk: Desk, call: Call, cause: int, at: float | None = None) -> None:
    """The conversation is over (was, ``at``) and the caller is still there."""
    talk = call.talk
    if talk is None or not talk.after or not call.caller_here:
        ending.end(desk, call, "agent", cause, Disposition.ANSWERED, talked_until=at)
        return
    wrapup.finish_talk(desk, call, at)
    if talk.leg in call.legs:
        desk.order(HangUp(call=call.id, channel=talk.leg))
    call.stage = Stage.IVR
    desk.tell("talk_ended", call, agent=talk.agent, by="agent")
    menus.enter(desk, call, talk.after)
