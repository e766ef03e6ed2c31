"""The agent who is kept free while a customer is rung (``customer_first``): theirs is the call, whoever else waits.

Should the agent leave before the customer answers (pause, log-out, a phone that is gone or in use, a contact of another
channel), another who is free is kept instead; when there is none the customer's phone rings no more, and is rung again
later. So nobody picks up to find that no agent is there (ADR 98).
"""

from __future__ import annotations

from ivrd.core import announcing, decisions, ending, offers, promises, relaxing
from ivrd.core.acd.selection import choose
from ivrd.core.cdr import Disposition
from ivrd.core.desk import Desk
from ivrd.core.speaking import say
from ivrd.core.speech import Prompt
from ivrd.core.state import Call, Calling, Promise, Stage


def look(desk: Desk) -> None:
    """After every event: who is kept free can still take a call, or another is kept. Not while Asterisk is away."""
    if not desk.state.connected:
        return
    for agent in sorted(desk.kept):
        state = desk.agent(agent)
        call = desk.state.calls.get(state.kept_for)
        if call is not None and call.calling is not None and not state.able:
            _left(desk, call, call.calling)


def joins(desk: Desk, call: Call, calling: Calling) -> None:
    """A customer who was rung first now waits like any caller, but the agent kept free is asked before anybody else is."""
    promise = promises.attempt_of(desk, call)
    promises.let_go(desk, call)
    queue = desk.plan.floor.queues.get(call.queue)
    if promise is None or queue is None:
        ending.end(desk, call, "system", 41, Disposition.FAILED)
        return
    call.stage, call.wait = Stage.QUEUED, promises.place(promise, queue, call.arrived_at, calling.step)
    desk.state.timers.set(f"wait:{call.id}", desk.at + queue.max_wait_s)
    offers.reoffer_later(desk, call)
    relaxing.begin(desk, call, desk.seen_waiting(call, call.wait))
    desk.line_up(call)
    say(desk, call, (Prompt(key="callback-greeting"),))
    if calling.agent in desk.plan.floor.agents and desk.agent(calling.agent).available:
        offers.offer(desk, call, desk.lines.calls[call.id], calling.agent, decisions.moment(desk))
    offers.match(desk)
    if call.offer is not None:
        announcing.later(desk, call)


def _left(desk: Desk, call: Call, calling: Calling) -> None:
    """The agent is not there for the customer any more."""
    promise = promises.attempt_of(desk, call)
    promises.release(desk, call, calling.agent)
    if promise is not None and (other := _another(desk, call, calling, promise)):
        calling.agent = other
        promises.keep(desk, call, other)
        return
    calling.result = "agent_left"
    if promise is not None:
        promise.attempts -= 1  # the customer's phone rang in vain, through no doing of the customer's
    ending.end(desk, call, "system", 16, Disposition.NOT_REACHED)


def _another(desk: Desk, call: Call, calling: Calling, promise: Promise) -> str:
    """Who may be kept in the agent's place; "" when nobody is free."""
    queue = desk.plan.floor.queues.get(promise.queue)
    if queue is None:
        return ""
    now, waiting = decisions.moment(desk), desk.seen_waiting(call, promises.place(promise, queue, call.arrived_at, calling.step))
    other = choose(waiting, now)
    if other is None:
        return ""
    decisions.offered(desk, call, waiting, other.agent, now)
    return other.agent
