"""An agent gives the caller to a queue: the talk is over for the agent, and the caller waits again, as who waited before (ADR 86).

Looked at before anything happens: a queue that would not take the caller (full, nobody logged in, about to close) is no
place to be given to, and the talk goes on.
"""

from __future__ import annotations

from ivrd.core import queueing, wrapup
from ivrd.core.acd.model import Queue
from ivrd.core.commands import HangUp
from ivrd.core.desk import Desk
from ivrd.core.ivr.walk import JoinQueue
from ivrd.core.state import Call, Talk, Wait


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
