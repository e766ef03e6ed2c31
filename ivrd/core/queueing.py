"""A caller in a queue: joining, being kept or not, leaving without an agent.

Why a queue does not take a caller, or does not keep one (``queue:why`` in the CDR's ``overflow``):

    full      ``max_waiting`` callers wait already                              at joining
    nobody    nobody who may serve the caller is logged in (``without_agents``)  at joining, and when the last one logs out
    expected  the expected wait is longer than ``max_expected_wait_s``           at joining, and while waiting
    closing   it would end more than ``closing_grace_s`` after closing time      at joining, and while waiting
    waited    ``max_wait_s`` have passed                                         while waiting
"""

from __future__ import annotations

import math

from ivrd.core import acquaintance, announcing, decisions, guards, offers, outlook, relaxing, voices
from ivrd.core.acd.demand import asked, wants
from ivrd.core.acd.lines import Waiting
from ivrd.core.acd.model import Queue
from ivrd.core.commands import OpenBridge, StopMusic
from ivrd.core.desk import Desk
from ivrd.core.ivr.walk import JoinQueue
from ivrd.core.speaking import hush
from ivrd.core.state import Call, Stage, Wait

#: timers of a waiting call
TIMERS = ("wait", "look", "announce", "comfort", "ring", "reoffer", "relax")
#: how often a caller whose queue has a limit on the expected wait or a closing time is looked at
LOOK_EVERY_S = 10.0


def join(desk: Desk, call: Call, request: JoinQueue) -> str | None:
    """The caller joins the queue: None. When that cannot be, the node at which to go on."""
    queue = desk.plan.floor.queues.get(request.queue)
    if queue is None or (call.talk is not None and not call.passed_on):  # a flow leads to one conversation, as ever
        return request.overflow
    wait = begun(desk, call, queue, request)
    if why := refuses(desk, call, queue, wait):
        _count_joined(desk, call, queue, wait)
        _expect(desk, call, wait, desk.seen_waiting(call, wait))
        _count_diverted(desk, call, why)
        return wait.ways.get(why) or wait.overflow
    stand(desk, call, wait)
    return None


def stand(desk: Desk, call: Call, wait: Wait) -> None:
    """The caller stands in line: whoever is free is asked at once."""
    queue, seen = desk.plan.floor.queues[wait.queue], desk.seen_waiting(call, wait)
    _count_joined(desk, call, queue, wait)
    desk.put_off(lambda: _expect(desk, call, wait, seen))
    hush(desk, call)
    call.stage, call.wait = Stage.QUEUED, wait
    call.skills = wait.skills
    if not call.bridge_open:
        call.bridge_open = True
        desk.order(OpenBridge(call=call.id))
    desk.state.timers.set(f"wait:{call.id}", desk.at + queue.max_wait_s)
    if queue.max_expected_wait_s or wait.closes_at is not None:
        desk.state.timers.set(f"look:{call.id}", desk.at + LOOK_EVERY_S)
    decision = decisions.joined(desk, call, wait, seen)
    relaxing.begin(desk, call, seen)
    desk.tell("call_queued", call, language=call.walk.language)
    offers.match(desk)
    desk.catch_up()
    offers.reoffer_later(desk, call)
    if not call.ringing:
        decisions.nobody(desk, call, decision)
    if call.offer is not None:
        announcing.music(desk, call)
        announcing.later(desk, call)
    else:
        announcing.announce(desk, call, first=True)
    voices.stop(desk, call)


def begun(desk: Desk, call: Call, queue: Queue, request: JoinQueue) -> Wait:
    """The wait that would begin now."""
    if call.waits_since is None:
        call.waits_since = desk.at
    ways = {
        "full": request.full,
        "nobody": request.nobody,
        "waited": request.waited,
        "expected": request.expected,
        "closing": request.closing,
    }
    asks = asked(queue, request.skills, request.any_of, request.preferred)
    closes_at = desk.plan.calendar.state(desk.at).closes_at if queue.closing_grace_s is not None else None
    return Wait(
        queue=queue.id,
        since=call.waits_since if request.keep_place else desk.at,
        joined_at=desk.at,
        priority=queue.priority if request.priority is None else request.priority,
        vip=guards.is_vip(desk, call.number),
        known=(known := acquaintance.known(desk, call, queue)),
        held_until=desk.at + queue.affinity.hold_s if known and queue.affinity else 0.0,
        skills=tuple(asks.all),
        asked=asks,
        wants=wants(request.skills, request.any_of, request.preferred),
        language=call.walk.language,
        overflow=request.overflow,
        ways={why: node for why, node in ways.items() if node},
        closes_at=closes_at.timestamp() if closes_at else None,
        after=request.after,
        excluded=dict(call.declined),
        announce_every_s=request.announce_every_s,
    )


def refuses(desk: Desk, call: Call, queue: Queue, wait: Wait) -> str:
    """Why the queue does not take the caller; "" when it does."""
    if desk.callers(queue.id) >= queue.max_waiting:
        return "full"
    return why_not_kept(desk, call, wait)


def why_not_kept(desk: Desk, call: Call, wait: Wait) -> str:
    """Why the caller should not wait (any longer); "" when they may."""
    queue = desk.plan.floor.queues[wait.queue]
    if ("nobody" in wait.ways or queue.without_agents == "leave") and not outlook.is_somebody(desk, call, wait):
        return "nobody"
    if not queue.max_expected_wait_s and wait.closes_at is None:
        return ""
    foreseen_s = outlook.foreseen_s(desk, call, wait)
    if 0 < queue.max_expected_wait_s < foreseen_s:
        return "expected"
    served_at = desk.at + foreseen_s
    if math.isinf(served_at):  # by nobody, and not for ever
        served_at = desk.state.timers.due.get(f"wait:{call.id}", desk.at + queue.max_wait_s)
    if wait.closes_at is not None and served_at > wait.closes_at + (queue.closing_grace_s or 0):
        return "closing"
    return ""


def divert(desk: Desk, call: Call, why: str) -> str:
    """Out of the queue without an agent; returns the node to go on at."""
    wait = call.wait
    leave(desk, call)
    _count_diverted(desk, call, why)
    call.stage = Stage.IVR
    return (wait.ways.get(why) or wait.overflow) if wait else ""


def leave(desk: Desk, call: Call) -> None:
    """The call waits no longer: whatever ran because it waited is ended."""
    if call.wait is None:
        return
    if call.wait.music:
        desk.order(StopMusic(call=call.id))
    hush(desk, call)
    call.wait_ms = desk.elapsed_ms(call.wait.since)
    if call.queued_at is not None and not call.returns:
        desk.counters(call.wait.queue).waited_s += desk.at - call.queued_at
    offers.withdraw(desk, call)
    desk.clear_timers(call, TIMERS)
    desk.touch(call.wait.queue)
    call.wait = None
    desk.line_up(call)


def _count_joined(desk: Desk, call: Call, queue: Queue, wait: Wait) -> None:
    call.queue, call.skills, call.queued_at = queue.id, tuple(queue.skills), desk.at
    call.priority, call.wants = wait.priority, wait.wants
    desk.counters(queue.id).offered += 1  # who is called back joins no queue but one that an agent gave them to
    desk.touch(queue.id)


def _expect(desk: Desk, call: Call, wait: Wait, seen: Waiting) -> None:
    call.expected_wait_s = outlook.expected_wait_s(desk, call, wait, seen)


def _count_diverted(desk: Desk, call: Call, why: str) -> None:
    call.overflows.append(f"{call.queue}:{why}")
    decisions.left(desk, call, why)
    desk.counters(call.queue).diverted += 1
    desk.touch(call.queue)
    desk.tell("call_diverted", call, wait_ms=call.wait_ms, why=why)
