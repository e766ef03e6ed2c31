"""Calling back: a promise stands in line, an agent takes it, the customer is rung, the two talk.

      due ──> QUEUED (no channel) ──agent picks up──> CALLING ──customer answers──> TALKING
       ^          │ closed for today, customer calls      │ no answer
       └──────────┴───────────────────────────────────────┘

With ``customer_first`` the way is QUEUED (no channel) ──an agent is free──> CALLING ──customer answers──> QUEUED, as a caller who is here.
"""

from __future__ import annotations

from ivrd.core import acquaintance, ending, keeping, numbers, offers, promises, relaxing, talking
from ivrd.core.acd.model import Queue
from ivrd.core.cdr import Disposition
from ivrd.core.commands import ConnectCall, HangUp
from ivrd.core.desk import Desk
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    AnswerSeen,
    CallbackClosed,
    CallbacksCounted,
    CallerHungUp,
    CallerRescued,
    ChannelGone,
    ChannelSeen,
    OfferRefused,
    PromptFinished,
)
from ivrd.core.ivr.walk import Walk
from ivrd.core.queueing import TIMERS
from ivrd.core.speaking import hush, hush_all, say
from ivrd.core.speech import Prompt
from ivrd.core.state import Call, Calling, Promise, Stage, Talk

#: Q.850 of a customer who was not reached
_RESULTS = {17: "busy", 21: "busy", 16: "no_answer", 18: "no_answer", 19: "no_answer", 0: "no_answer"}
#: what cannot be tried now is looked at again so much later
LATER_S = 5.0


def look(desk: Desk, promise_id: str) -> None:
    """A promise is due: into the line with it, unless this is not the time."""
    promise = desk.state.promises.get(promise_id)
    if promise is None or promise.closed or promise.attempt:
        return
    queue = desk.plan.floor.queues.get(promise.queue)
    hours = desk.plan.calendar.state(desk.at)
    if queue is None or not desk.plan.callbacks.dial or promise.version not in desk.plan.flows:
        return  # the configuration has no room for it any more: people see it in `ivrd callbacks`
    if not hours.open or hours.closes_at is None:
        opens = hours.next_opening
        promises.due(desk, promise, opens.timestamp() if opens else desk.at + 86_400)
    elif promises.on_the_line(desk, promise.number):
        pass  # promises.caller_left comes
    elif desk.state.draining or not desk.state.connected:
        promises.due(desk, promise, desk.at + LATER_S)
    elif not promises.may_ring(desk):
        promises.tell_limit(desk, promise)
        promises.due(desk, promise, desk.at + promises.AGAIN_S)
    else:
        promise.limit_told = False
        _stand_in_line(desk, promise, queue, hours.closes_at.timestamp())


def _stand_in_line(desk: Desk, promise: Promise, queue: Queue, until: float) -> None:
    call = Call(
        id=promises.next_call(promise),
        did=promise.did,
        number=promise.number,
        name="",
        arrived_at=desk.at,
        walk=Walk(flow=promise.flow, version=promise.version, language=promise.language),
        stage=Stage.QUEUED,
        caller_here=False,
        callback_of=promise.call,
        queue=promise.queue,
        skills=promise.skills,
        queued_at=promise.since,
        waits_since=promise.since,
    )
    call.wait = promises.place(promise, queue, desk.at)
    promise.attempt = call.id
    desk.state.calls[call.id] = call
    desk.state.timers.set(f"wait:{call.id}", until)
    offers.reoffer_later(desk, call)
    relaxing.begin(desk, call, desk.seen_waiting(call, call.wait))
    desk.touch(promise.queue)
    desk.rematch = True


def withdraw(desk: Desk, promise: Promise, again_at: float | None = None) -> None:
    """Out of the line, without a trace; what is in progress at the customer's phone is not touched."""
    call = desk.state.calls.get(promise.attempt)
    if call is None or not promises.in_line(call):
        return
    offers.withdraw(desk, call)
    desk.clear_timers(call, TIMERS)
    desk.lines.drop(call.id)
    del desk.state.calls[call.id]
    promise.attempt = ""
    desk.touch(promise.queue)
    if again_at is not None:
        promises.due(desk, promise, again_at)


def customer_calls(desk: Desk, number: str) -> None:
    """The customer calls by themselves: not to be rung meanwhile."""
    for promise in desk.state.promises.values():
        if numbers.same(promise.number, number):
            withdraw(desk, promise)


def closes(desk: Desk, call: Call) -> None:
    """The hours end: out of the line until they begin again."""
    if promise := promises.attempt_of(desk, call):
        withdraw(desk, promise, desk.at)


def drain(desk: Desk) -> None:
    """No new calls, so none of ours either; the next process goes on."""
    for promise in desk.state.promises.values():
        withdraw(desk, promise, desk.at + LATER_S)


# --- an agent picks up


def picked_up(desk: Desk, call: Call, event: AgentAnswered) -> None:
    """An agent answered the offer of a waiting call: the caller is there, or is rung now."""
    promise = promises.attempt_of(desk, call)
    if call.caller_here or promise is None:
        talking.begin(desk, call, event)
        if call.stage == Stage.TALKING:
            _served(desk, call)
        return
    offer = call.rings_at(event.leg)
    if offer is None:
        offers.stray(desk, call, event)
        return
    offers.answered(desk, call, offer)
    desk.clear_timers(call, TIMERS)
    if promises.may_ring(desk) and not promises.on_the_line(desk, call.number):
        promises.ring(desk, call, promise, offer.agent, offer.leg)
    else:
        promises.tell_limit(desk, promise)
        call.wait, call.stage = None, Stage.CALLING
        desk.line_up(call)
        call.calling = Calling(agent=offer.agent, leg=offer.leg, result="no_channel")
        _over(desk, call)


def seen_picked_up(desk: Desk, call: Call, event: AnswerSeen) -> None:
    """The same while nobody was in command here. A caller who is not there yet was not connected to anybody."""
    talking.seen(desk, call, event)
    if call.stage == Stage.TALKING:
        _served(desk, call)


def _served(desk: Desk, call: Call) -> None:
    """Somebody talks to an agent: what they were promised is fulfilled."""
    promise = promises.attempt_of(desk, call)
    if promise is not None:
        _reached(desk, call, promise)
    elif not call.callback_of:
        _fulfilled(desk, call.number, "served: called again")


def _reached(desk: Desk, call: Call, promise: Promise) -> None:
    promises.attempt_over(desk, call, "reached")
    _fulfilled(desk, call.number, f"served: called back for {promise.queue}")


def _fulfilled(desk: Desk, number: str, how: str) -> None:
    """The customer talks to an agent: no queue needs to call them back any more (ADR 97)."""
    for promise in desk.state.promises.values():
        if numbers.same(promise.number, number):
            withdraw(desk, promise)
            promises.close(desk, promise, how)


# --- the customer is rung


def answered(desk: Desk, call: Call, event: AgentAnswered) -> None:
    """The customer picked up. Any other phone answers an offer that is over."""
    calling = call.calling
    if calling is not None and event.leg == calling.leg:
        return  # told twice
    if calling is None or event.leg != call.id or calling.result:
        desk.order(HangUp(call=call.id, channel=event.leg))
        return
    call.answered_at = desk.at if call.answered_at is None else call.answered_at
    desk.clear_timers(call, ("calling",))
    hush(desk, call)
    if not calling.leg:
        keeping.joins(desk, call, calling)
        return
    call.calling = None
    desk.order(ConnectCall(call=call.id, leg=calling.leg))
    call.joined = True
    talking.start_recording(desk, call)
    call.stage, call.disposition = Stage.TALKING, Disposition.ANSWERED
    call.talk = Talk(leg=calling.leg, agent=calling.agent, since=desk.at, queue=call.queue)
    acquaintance.remember(desk, call, calling.agent)
    desk.tell("callback_answered", call, agent=calling.agent, wait_ms=call.wait_ms)
    if promise := promises.attempt_of(desk, call):
        _reached(desk, call, promise)


def refused(desk: Desk, call: Call, event: OfferRefused) -> None:
    """Asterisk could not dial: the customer's phone was not rung."""
    if event.leg == call.id:
        call.caller_here = False
        _came_to_nothing(desk, call, "failed" if desk.state.connected else "lost")


def channel_gone(desk: Desk, call: Call, event: ChannelGone) -> None:
    """The customer did not answer, or the agent is gone."""
    ending.forget(call, event.channel)
    if event.channel == call.id:
        _came_to_nothing(desk, call, _RESULTS.get(event.cause, "failed"))
    elif call.calling is not None and event.channel == call.calling.leg:
        _agent_gone(desk, call)


def agent_hung_up(desk: Desk, call: Call, event: AgentHungUp) -> None:
    """The agent gave up before the customer answered."""
    if call.calling is not None and event.leg == call.calling.leg:
        _agent_gone(desk, call)


def timed_out(desk: Desk, call: Call) -> None:
    """The customer's phone has rung, or the agent has been told, for long enough."""
    if call.calling is None or call.stage != Stage.CALLING:
        return
    if call.calling.result:
        _over(desk, call)
    else:
        _came_to_nothing(desk, call, "no_answer")


def told(desk: Desk, call: Call, event: PromptFinished) -> None:
    """The agent has heard that nobody answers."""
    if event.prompt != call.prompt:
        return
    call.prompt = ""
    if call.calling is not None and call.calling.result:
        _over(desk, call)


def rescued(desk: Desk, call: Call, event: CallerRescued) -> None:
    """The customer answered while nobody was in command here, and was moved; or their phone was rung no more, which is no fault of theirs."""
    if event.moved:
        ending.rescued(desk, call, event)
    else:
        ending.forget(call, call.id)
        _came_to_nothing(desk, call, "lost")


def ignored(desk: Desk, call: Call, event: CallerHungUp) -> None:
    """The customer declines: ChannelGone says so, with the cause."""


def _agent_gone(desk: Desk, call: Call) -> None:
    calling, promise = call.calling, promises.attempt_of(desk, call)
    assert calling is not None
    if not calling.result:  # the customer's phone rang in vain, through no doing of the customer's
        calling.result = "agent_left"
        if promise is not None:
            promise.attempts -= 1
            promise.excluded[calling.agent] = desk.at + promises.DECLINED_S
    _over(desk, call)


def _came_to_nothing(desk: Desk, call: Call, result: str) -> None:
    calling, promise = call.calling, promises.attempt_of(desk, call)
    if calling is None or calling.result:
        return
    calling.result = result
    if promise is not None and result == "lost":
        promise.attempts -= 1
    if not calling.leg or not desk.state.connected:
        _over(desk, call)
        return
    if call.caller_here:
        desk.order(HangUp(call=call.id, channel=call.id))
    desk.state.timers.set(f"calling:{call.id}", desk.at + promises.TOLD_S)
    say(desk, call, (Prompt(key="callback-not-reached"),), to=calling.leg)


def _over(desk: Desk, call: Call) -> None:
    ending.end(desk, call, "system", 16, Disposition.NOT_REACHED)


# --- what the store and an outage tell


def closed(desk: Desk, event: CallbackClosed) -> None:
    """The store has it: the promise may be forgotten."""
    promise = desk.state.promises.get(event.promise)
    if promise is not None and promise.closed:
        del desk.state.promises[event.promise]
    desk.state.callbacks_open[event.queue] = event.open
    desk.touch(event.queue)


def counted(desk: Desk, event: CallbacksCounted) -> None:
    """People marked some done: those are not dialled any more."""
    for promise_id in event.done:
        promise = desk.state.promises.get(promise_id)
        if promise is not None and not promise.closed:
            withdraw(desk, promise)
            promises.close(desk, promise, "done: by hand")


def again(desk: Desk) -> None:
    """After an outage: orders whose outcome was not heard of, and deadlines of promises that have none."""
    for promise in desk.state.promises.values():
        if promise.closed:
            promises.order_close(desk, promise)
        elif promise.attempt not in desk.state.calls:
            promise.attempt, promise.limit_told = "", False  # who is told may be another by now
            if not promises.on_the_line(desk, promise.number):
                promises.due(desk, promise, desk.at)


def replanned(desk: Desk) -> None:
    """What the old configuration had no room for may have it now."""
    for promise in desk.state.promises.values():
        if not promise.closed and not promise.attempt:
            promises.due(desk, promise, desk.at)


def seen(desk: Desk, call: Call, channels: dict[str, ChannelSeen]) -> None:
    """What Asterisk holds of a call that has no caller yet."""
    if call.stage == Stage.QUEUED:
        if gone := [offer for offer in call.ringing if offer.leg not in channels]:
            offers.withdraw(desk, call, *gone)
        call.legs = [leg for leg in call.legs if leg in channels]
        for leg in call.legs:
            if call.rings_at(leg) is None:
                desk.order(HangUp(call=call.id, channel=leg))
        if (up := next((o for o in call.ringing if channels[o.leg].state == "Up"), None)) is not None:
            picked_up(desk, call, AgentAnswered(at=desk.at, call=call.id, leg=up.leg))
        return
    calling = call.calling
    assert calling is not None  # CALLING
    hush_all(desk, call)
    call.legs = [leg for leg in call.legs if leg in channels]
    call.caller_here = call.id in channels
    if calling.leg and calling.leg not in channels:
        _agent_gone(desk, call)
    elif calling.result:
        _over(desk, call)
    elif not call.caller_here:
        _came_to_nothing(desk, call, "lost")
    elif channels[call.id].state == "Up":
        answered(desk, call, AgentAnswered(at=desk.at, call=call.id, leg=call.id))
