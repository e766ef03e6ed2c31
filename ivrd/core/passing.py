"""An agent gives the caller to a queue: the talk is over for the agent, and the caller waits again, as who waited before (ADR 86).
Or to the colleague whom the agent has asked about the caller: the two talk at once (ADR 87).

Looked at before anything happens: a queue that would not take the caller (full, nobody logged in, about to close) is no
place to be given to, and the talk goes on.
"""

from __future__ import annotations

from ivrd.core import consulting, queueing, wrapup
from ivrd.core.acd.model import Queue
from ivrd.core.acd.presence import Move, Presence
from ivrd.core.commands import ConnectCall, HangUp
from ivrd.core.desk import Desk
from ivrd.core.ivr.walk import JoinQueue
from ivrd.core.state import Call, Consult, Talk, Wait


def wait_for(desk: Desk, call: Call, talk: Talk, queue: Queue) -> Wait:
    """The wait that would begin now: nobody waits twice, unless the queue says so."""
    wait = queueing.begun(desk, call, queue, JoinQueue(queue=queue.id, overflow=talk.overflow, after=talk.after))
    wait.ways = dict(talk.ways)
    if queue.transfer_keeps_time and call.waits_since is not None:
        wait.ahead_s = max(0.0, desk.at - call.waits_since)
    wait.priority += queue.transfer_priority
    wait.known, wait.held_until = "", 0.0  # who gives the caller away is not whom the caller waits for
    return wait


def refusal(desk: Desk, call: Call, queue: Queue, wait: Wait) -> str:
    """Why the queue does not take the caller (queueing.py); "" when it does."""
    return queueing.refuses(desk, call, queue, wait)


def to_queue(desk: Desk, call: Call, talk: Talk, wait: Wait) -> None:
    """The agent wraps up, the caller stands in line."""
    call.passed_on.append(f"{talk.queue or call.queue}:{talk.agent}")
    desk.tell("call_passed_on", call, agent=talk.agent, to=wait.queue)
    wrapup.finish_talk(desk, call)
    desk.order(HangUp(call=call.id, channel=talk.leg))
    free_at = desk.agent(talk.agent).wrap_up_until or desk.at
    wait.excluded[talk.agent] = free_at + desk.plan.floor.rules.reoffer_after_s  # others first
    queueing.stand(desk, call, wait)


def why_not_to(desk: Desk, consult: Consult) -> str:
    """Why the colleague does not get the caller; "" when they do."""
    if not consult.answered:
        return "not_answered"
    return "" if desk.agent(consult.agent).presence == Presence.READY else "not_ready"  # paused or logged out meanwhile


def to_colleague(desk: Desk, call: Call, talk: Talk, consult: Consult) -> Talk:
    """The agent wraps up, the colleague's leg of the consultation is the call's from now on. The talk that begins."""
    call.passed_on.append(f"{talk.queue or call.queue}:{talk.agent}")
    desk.tell("call_passed_on", call, agent=talk.agent, to=consult.agent)
    consulting.let_go(desk, call, consult)
    wrapup.finish_talk(desk, call)
    desk.order(
        HangUp(call=call.id, channel=talk.leg),
        HangUp(call=call.id, channel=consult.channel),
        ConnectCall(call=call.id, leg=consult.leg, joined=call.joined),
    )
    desk.move(consult.agent, Move.OFFER, call=call.id)
    desk.move(consult.agent, Move.ANSWER, call=call.id)
    return Talk(
        leg=consult.leg,
        agent=consult.agent,
        since=desk.at,
        queue=talk.queue,
        after=talk.after,
        overflow=talk.overflow,
        ways=talk.ways,
    )
