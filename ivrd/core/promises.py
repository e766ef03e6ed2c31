"""Callers whom we are to call back ourselves: they stay in line, with the clock they had.

A promise is made by the flow's ``callback`` when ``callbacks.dial`` is set, and outlives its caller's call. Once that
call is over, a call of its own stands in the queue for it (``Call.callback_of``), without a channel. From there
on (returning.py):

    agent_first      routed like any caller; when the agent picks up, the customer is rung, then the two are connected
    customer_first   routed like any caller; the agent who would get it is kept free while the customer is rung

Never two calls for one promise, and never one without an agent set aside for it. Dialled only in opening hours, only numbers of
``asterisk.trunk.outbound.allow``, within ``per_day``, and not while the customer is on the line.

A customer with promises in several queues stands in line in each; the first that has an agent calls, and the others leave the
line until that call is over (ADR 97).
"""

from __future__ import annotations

from ivrd.core import admission, guards, ids, numbers
from ivrd.core.acd.demand import Asked, asked
from ivrd.core.acd.model import Queue
from ivrd.core.acd.presence import Move, Presence
from ivrd.core.commands import CloseCallback, OfferCall, OpenBridge
from ivrd.core.desk import Desk
from ivrd.core.ivr.walk import KeepCallback
from ivrd.core.speaking import hush, say
from ivrd.core.speech import Prompt
from ivrd.core.state import Call, Calling, Promise, Stage, Wait

#: an attempt that failed through no doing of the customer's is made again so much later
AGAIN_S = 30.0
OURS = ("agent_left", "lost", "no_channel")
#: the customer was there and nobody was in command here: the dialplan's fallback has them
RESCUED = "fallback"
#: an agent who did not want it, or gave it up, is not asked again for so long
DECLINED_S = 60.0
#: the agent is told that nobody answers; past this the call is over
TOLD_S = 8.0


def make(desk: Desk, call: Call, request: KeepCallback) -> None:
    """The caller asked for it. A number that asks twice for a queue is one promise, with its first clock."""
    if not desk.plan.callbacks.dial or not numbers.allowed(request.number, desk.plan.outbound.allow):
        return
    if of(desk, request.queue, request.number) is not None:
        return
    queue = desk.plan.floor.queues.get(request.queue)
    priority, wants = queue.priority if queue else 0, Asked()
    if call.queue == request.queue and call.priority is not None:
        priority, wants = call.priority, call.wants  # as the caller waited, or would have
    promise = Promise(
        call=call.id,
        queue=request.queue,
        number=request.number,
        language=call.walk.language,
        since=desk.at if call.waits_since is None else call.waits_since,
        asked_at=desk.at,
        did=call.did,
        flow=call.walk.flow,
        version=call.walk.version,
        skills=tuple(asked(queue, wants.all).all) if queue else (),
        priority=priority,
        vip=guards.is_vip(desk, call.number),
        wants=wants,
    )
    desk.state.promises[promise.id] = promise
    desk.counters(promise.queue).callbacks_asked += 1


def of(desk: Desk, queue: str, number: str) -> Promise | None:
    """The promise to ``number`` in ``queue`` that is not kept yet."""
    found = (p for p in desk.state.promises.values() if p.queue == queue and numbers.same(p.number, number) and not p.closed)
    return next(found, None)


def attempt_of(desk: Desk, call: Call) -> Promise | None:
    """The promise that this call is made for."""
    found = (p for p in desk.state.promises.values() if call.callback_of and p.attempt == call.id)
    return next(found, None)


def on_the_line(desk: Desk, number: str) -> bool:
    """The customer is calling us now, or is called by us: for whatever queue that is."""
    return any(numbers.same(c.number, number) and not _over(c) and not in_line(c) for c in desk.state.calls.values())


def in_line(call: Call) -> bool:
    """It stands in line for a customer who is to be called back: there is no channel yet."""
    return bool(call.callback_of) and not call.caller_here and call.stage == Stage.QUEUED


def caller_left(desk: Desk, call: Call) -> None:
    """A call is over: whoever it was may be called back now, be it at another number."""
    for promise in desk.state.promises.values():
        if call.id == promise.call or numbers.same(promise.number, call.number):
            _due_if_idle(desk, promise, desk.at)


def due(desk: Desk, promise: Promise, at: float) -> None:
    """Look at it at ``at``, not before an earlier decision to wait."""
    name = f"callback:{promise.id}"
    desk.state.timers.set(name, max(at, desk.state.timers.due.get(name, at)))


def _due_if_idle(desk: Desk, promise: Promise, at: float) -> None:
    if not promise.attempt and not promise.closed:
        due(desk, promise, at)


def ring(desk: Desk, call: Call, promise: Promise, agent: str, leg: str = "") -> None:
    """Ring the customer: an agent has picked up at ``leg``, or is kept free."""
    step = call.wait.step if call.wait else 0
    call.stage, call.calling = Stage.CALLING, Calling(agent=agent, leg=leg, step=step)
    call.wait_ms, call.wait = desk.elapsed_ms(promise.since), None
    desk.line_up(call)
    desk.clear_timers(call, ("wait", "ring", "reoffer", "relax"))
    promise.attempts += 1
    desk.state.dialled_today += 1
    call.arrived_at, call.caller_here, call.bridge_open = desk.at, True, True
    ring_s, outbound = desk.plan.callbacks.ring_timeout_s, desk.plan.outbound
    desk.state.timers.set(f"calling:{call.id}", desk.at + ring_s)
    desk.order(
        OpenBridge(call=call.id),
        OfferCall(
            call=call.id,
            leg=call.id,
            extension=f"{promise.number}@{outbound.trunk}",
            caller_number=outbound.caller_id,
            caller_name="",
            ring_timeout_s=ring_s,
        ),
    )
    if leg:
        say(desk, call, (Prompt(key="callback-calling"),), to=leg)
    else:
        keep(desk, call, agent)
    for other in desk.state.promises.values():
        their = desk.state.calls.get(other.attempt)
        if numbers.same(other.number, promise.number) and their is not None and in_line(their):
            _steps_aside(desk, their)
    desk.touch(promise.queue)
    desk.tell("callback_dialled", call, agent=agent, attempt=promise.attempts)


def customer_first(desk: Desk, call: Call) -> bool:
    """The call stands in line without a channel, and its customer is to be rung before any agent."""
    return bool(call.callback_of) and not call.caller_here and desk.plan.callbacks.dial == "customer_first"


def ring_first(desk: Desk, call: Call, agent: str) -> None:
    """``agent`` could take the call: kept free while the customer is rung."""
    promise = attempt_of(desk, call)
    if promise is not None:
        ring(desk, call, promise, agent)


def keep(desk: Desk, call: Call, agent: str) -> None:
    """The agent is offered nothing until the customer has answered, or does not."""
    desk.agent(agent).kept_for = call.id
    desk.kept.add(agent)
    desk.touch_agent(agent)


def release(desk: Desk, call: Call, agent: str) -> None:
    """Nobody is rung for the agent any more."""
    state = desk.agent(agent)
    if state.kept_for == call.id:
        state.kept_for = ""
        desk.kept.discard(agent)
        desk.touch_agent(agent)
        desk.rematch = True


def may_be_taken(desk: Desk, call: Call) -> bool:
    """An agent may have the call. One whose customer cannot be rung now leaves the line, in a moment."""
    if not in_line(call) or call.ringing:
        return True
    if on_the_line(desk, call.number) or not may_ring(desk):
        _steps_aside(desk, call)
        return False
    # one customer, one phone: who is offered another promise to the same number may pick up
    return not any(numbers.same(c.number, call.number) and c.ringing and in_line(c) for c in desk.state.calls.values())


def _steps_aside(desk: Desk, call: Call) -> None:
    """Out of the line by its deadline, not now: the router may be going through the line."""
    desk.state.timers.set(f"wait:{call.id}", desk.at)


def may_ring(desk: Desk) -> bool:
    """There is a channel for it, and the day's limit is not reached."""
    return desk.state.dialled_today < desk.plan.outbound.per_day and admission.may_go_out(desk)


def tell_limit(desk: Desk, promise: Promise) -> None:
    """The customer would be rung now, were it not for the day's limit (if it is that): told once, until they can be."""
    reached = desk.state.dialled_today >= desk.plan.outbound.per_day
    if reached and not promise.limit_told:
        desk.tell("dial_limit_reached", per_day=desk.plan.outbound.per_day)
    promise.limit_told = reached


def let_go(desk: Desk, call: Call) -> None:
    """The attempt needs its agent no longer: who was at the phone is ready at once."""
    calling, call.calling = call.calling, None
    if calling is None:
        return
    hush(desk, call)
    desk.clear_timers(call, ("calling",))
    release(desk, call, calling.agent)
    state = desk.agent(calling.agent)
    if calling.leg and state.call == call.id and state.presence == Presence.TALKING:
        desk.move(calling.agent, Move.FINISH)
        desk.move(calling.agent, Move.WRAPPED)  # nothing to wrap up


def declined(desk: Desk, call: Call, agent: str, until: float) -> None:
    """The agent is not to be asked before ``until``, whichever call is made for the customer by then."""
    promise = attempt_of(desk, call)
    if promise is not None:
        promise.excluded[agent] = until


def attempt_over(desk: Desk, call: Call, outcome: str) -> None:
    """One call for a promise is over: reached, or tried again later, or given up.

    Only a customer's phone that was rung without success counts as an attempt; see ``Promise.attempts``. What other
    queues have promised to that number waits as long. Whether the fallback served a customer who was moved there nobody can know:
    they are called again, after the time between two attempts, for they may talk to somebody now.
    """
    promise = attempt_of(desk, call)
    if promise is None:
        return
    promise.attempt = ""
    if outcome == RESCUED:
        promise.attempts -= 1
    rules, counters = desk.plan.callbacks, desk.counters(promise.queue)
    again_at = desk.at + (AGAIN_S if outcome in OURS else rules.retry_after_s)
    if outcome == "reached":
        counters.callbacks_reached += 1
        counters.callbacks_wait_s += desk.at - promise.asked_at
        close(desk, promise, "reached")
    elif promise.attempts >= rules.attempts:
        counters.callbacks_failed += 1
        close(desk, promise, f"not reached: {outcome}")
    for one in desk.state.promises.values() if outcome != "reached" else ():
        if numbers.same(one.number, promise.number):
            _due_if_idle(desk, one, again_at)
    desk.touch(promise.queue)
    desk.tell("callback_attempted", call, outcome=outcome, attempt=promise.attempts)


def close(desk: Desk, promise: Promise, what: str) -> None:
    """It is done with; kept in mind until the store has it."""
    if promise.closed:
        return
    promise.closed = what
    desk.state.timers.clear(f"callback:{promise.id}")
    desk.touch(promise.queue)
    outcome, wait_s = what.partition(":")[0].replace(" ", "_"), round(desk.at - promise.asked_at, 3)
    desk.tell("callback_closed", queue=promise.queue, outcome=outcome, wait_s=wait_s, attempts=promise.attempts)
    order_close(desk, promise)


def order_close(desk: Desk, promise: Promise) -> None:
    """Have the store note it."""
    desk.order(
        CloseCallback(
            call=promise.call,
            promise=promise.id,
            queue=promise.queue,
            number=promise.number,
            note=promise.closed,
            at=desk.at,
        )
    )


def place(promise: Promise, queue: Queue, joined_at: float, step: int = 0) -> Wait:
    """The place that was promised: the clock, and what the caller was worth and asked for. What the queue asks becomes less with the time in
    line (``joined_at``), not with that of the promise: in the morning everybody's language would be dropped at once."""
    asks = asked(queue, promise.wants.all, promise.wants.any_of, promise.wants.preferred)
    return Wait(
        queue=queue.id,
        since=promise.since,
        joined_at=joined_at,
        priority=promise.priority,
        vip=promise.vip,
        skills=tuple(asks.all),
        asked=asks,
        wants=promise.wants,
        step=step,
        language=promise.language,
        excluded=dict(promise.excluded),
    )


def _over(call: Call) -> bool:
    return call.stage in (Stage.CLOSING, Stage.CLOSED)


def next_call(promise: Promise) -> str:
    """Id of the next call for it."""
    promise.calls += 1
    return ids.callback(promise.call, promise.calls)
