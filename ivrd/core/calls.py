"""A call's life as a table: one row a stage. An event that a row does not list changes nothing.

    IVR ──queue──> QUEUED ──agent answers──> TALKING ──hang-up──> CLOSING ──channels gone──> CLOSED
     ^                │
     └───overflow─────┘            any stage ──hang-up──> CLOSING
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ivrd.core import (
    admission,
    announcing,
    consulting,
    dialling,
    ending,
    guards,
    menus,
    offers,
    overflow,
    pausing,
    record,
    refusals,
    relaxing,
    returning,
    speaking,
    talking,
    voicemails,
    voices,
)
from ivrd.core.commands import AnswerCall, HandOver, HangUp, StopPrompt
from ivrd.core.desk import Desk
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    AgentRinging,
    AnswerSeen,
    AskAnswered,
    CallArrived,
    CallerAnswered,
    CallerHungUp,
    CallerRescued,
    CdrWritten,
    ChannelGone,
    DigitPressed,
    Event,
    HoldEnded,
    HoldStarted,
    MessageDelivered,
    MessageFailed,
    OfferRefused,
    OrderRefused,
    PromptFinished,
    RecordingFailed,
    RecordingPauseFailed,
    RecordingPublished,
    RecordingStarted,
    TransferAsked,
    VoiceHeard,
    VoiceWatched,
)
from ivrd.core.ivr.walk import Walk
from ivrd.core.state import Call, Stage

Handler = Callable[[Desk, Call, Any], None]


def arrived(desk: Desk, event: CallArrived) -> None:
    """A new call: answered, and into its flow. A repeated arrival changes nothing."""
    if event.call in desk.state.calls:
        return
    flow = desk.plan.flow_for(event.did)
    if desk.state.draining:
        desk.order(HandOver(call=event.call))
        return
    if flow is None:
        desk.order(HangUp(call=event.call, channel=event.call, cause=1))  # Q.850 1: unassigned number
        return
    call = Call(
        id=event.call,
        did=event.did,
        number=event.caller_number,
        name=event.caller_name,
        arrived_at=desk.at,
        walk=Walk(flow=flow.name, version=flow.version, language=desk.plan.language),
    )
    call.guard = guards.judge(desk, call.number) or admission.judge(desk)
    desk.state.calls[call.id] = call
    returning.customer_calls(desk, call.number)
    if not call.guard or guards.says(desk, call.guard):
        desk.order(AnswerCall(call=call.id))
    desk.tell("call_arrived", call, did=call.did)
    if call.guard:
        menus.keep_out(desk, call)
    else:
        menus.begin(desk, call)


def answered(desk: Desk, call: Call, event: CallerAnswered) -> None:
    """Our answer took effect."""
    if call.answered_at is None:
        call.answered_at = desk.at
        voices.watch(desk, call)


_ALWAYS: dict[type[Event], Handler] = {
    CallerAnswered: answered,
    CallerHungUp: ending.caller_hung_up,
    ChannelGone: ending.channel_gone,
    CallerRescued: ending.rescued,
    AgentAnswered: offers.stray,
    OrderRefused: refusals.refused,
    # of a conversation whose caller is still here
    RecordingPauseFailed: pausing.failed,
    RecordingStarted: record.recording_started,
    RecordingPublished: record.recording_published,
    RecordingFailed: record.recording_failed,
    MessageDelivered: voicemails.delivered,  # while the caller goes on in the flow
    MessageFailed: voicemails.failed,
}
_AFTER: dict[type[Event], Handler] = {
    RecordingPauseFailed: pausing.failed,
    RecordingStarted: record.recording_started,
    RecordingPublished: record.recording_published,
    RecordingFailed: record.recording_failed,
    CdrWritten: record.written,
    MessageDelivered: voicemails.delivered,
    MessageFailed: voicemails.failed,
    AgentAnswered: offers.stray,
}

TABLE: dict[Stage, dict[type[Event], Handler]] = {
    Stage.IVR: {
        **_ALWAYS,
        DigitPressed: menus.digit,
        PromptFinished: menus.said,
        AskAnswered: menus.answered,
        VoiceWatched: voices.watched,
        VoiceHeard: voices.heard,
    },
    Stage.QUEUED: {
        **_ALWAYS,
        PromptFinished: announcing.announced,
        AgentRinging: offers.ringing,
        AgentAnswered: returning.picked_up,
        AnswerSeen: returning.seen_picked_up,
        OfferRefused: offers.refused,
    },
    Stage.TALKING: {
        **_ALWAYS,
        DigitPressed: pausing.digit,
        AgentHungUp: talking.agent_hung_up,
        HoldStarted: talking.hold,
        HoldEnded: talking.unhold,
        TransferAsked: talking.transfer,
        ChannelGone: talking.channel_gone,
    },
    Stage.DIALLING: {
        **_ALWAYS,
        AgentAnswered: dialling.answered,
        AnswerSeen: dialling.seen,
        AgentHungUp: dialling.hung_up,
        OfferRefused: dialling.refused,
        ChannelGone: dialling.channel_gone,
    },
    Stage.CONNECTED: {
        **_ALWAYS,
        DigitPressed: pausing.digit,
        AgentAnswered: dialling.answered,
        AgentHungUp: dialling.hung_up,
        HoldStarted: dialling.hold,
        HoldEnded: dialling.unhold,
        ChannelGone: dialling.channel_gone,
    },
    Stage.CALLING: {
        **_ALWAYS,
        AgentAnswered: returning.answered,
        AgentHungUp: returning.agent_hung_up,
        CallerHungUp: returning.ignored,
        CallerRescued: returning.rescued,
        ChannelGone: returning.channel_gone,
        OfferRefused: returning.refused,
        PromptFinished: returning.told,
    },
    Stage.CLOSING: {**_AFTER, ChannelGone: ending.taken_down, CallerRescued: ending.taken_down},
    Stage.CLOSED: {**_AFTER},
}


def takes(call: Call, event: Event) -> bool:
    """Whether the call's stage has a use for the event."""
    return type(event) in TABLE[call.stage]


def handle(desk: Desk, call: Call, event: Event) -> None:
    """Look the event up in the row of the call's stage."""
    if isinstance(event, PromptFinished):
        speaking.ended(desk, call, event.prompt)
    handler = TABLE[call.stage].get(type(event))
    if handler is None:
        key = (str(call.stage), type(event).__name__)
        desk.ignored[key] = desk.ignored.get(key, 0) + 1
        return
    handler(desk, call, event)
    desk.touch(call.queue) if call.queue else None


def prompt_overdue(desk: Desk, call: Call) -> None:
    """The end of what is said should have been heard of long ago: it is taken for over, lest the caller sit in silence.

    While Asterisk is away nothing can be said: the node is said again when it is back.
    """
    prompt = call.prompt
    if not prompt or not desk.state.connected:
        return
    desk.order(StopPrompt(call=call.id, prompt=prompt))  # should it play on all the same
    desk.tell("prompt_overdue", call)
    handle(desk, call, PromptFinished(at=desk.at, call=call.id, prompt=prompt, failed=True))
    call.unended.append(prompt)  # until Asterisk says so


#: of these, for whom somebody's phone is rung: it may have been answered while Asterisk is away, and then nobody is to be cut off
RUNG = frozenset({"ring", "dial", "consult", "calling"})
#: they are looked at again so much later
AWAY_RETRY_S = 5.0
#: a call's timers by the first word of their name
TIMED: dict[str, Callable[[Desk, Call], None]] = {
    "prompt": prompt_overdue,
    "menu": menus.timed_out,
    "ask": menus.ask_timed_out,
    "wait": overflow.waited_out,
    "calling": returning.timed_out,
    "look": overflow.look,
    "announce": announcing.announce,
    "comfort": announcing.comfort,
    "ring": offers.rang_out,
    "reoffer": offers.reoffer,
    "relax": relaxing.due,
    "close": ending.close_timed_out,
    "dial": dialling.timed_out,
    "again": refusals.again,
    "consult": consulting.rang_out,
    "message": voicemails.timed_out,
    "paused": pausing.resume,
    "mute": pausing.once_more,
    "recording": record.recording_timed_out,
    "record": record.record_again,
}
