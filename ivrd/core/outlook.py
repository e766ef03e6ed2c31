"""A waiting caller's outlook: the place in line, and how long it will take (acd/estimate.py)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

from ivrd.core.acd import estimate
from ivrd.core.acd.demand import asked, first_step
from ivrd.core.acd.estimate import Ahead, Handling, Server
from ivrd.core.acd.lines import Waiting
from ivrd.core.acd.model import Queue
from ivrd.core.acd.presence import AgentState, Presence
from ivrd.core.acd.skills import Demand
from ivrd.core.desk import Desk
from ivrd.core.ivr.walk import Walk
from ivrd.core.state import Call, Wait


def position(desk: Desk, call: Call) -> int:
    """Place in line, 1 = next: callers of the same queue who are served before."""
    return place(desk, call, call.wait) if call.wait else 0


def place(desk: Desk, call: Call, wait: Wait) -> int:
    """The place that ``call`` has, or would have if it waited so: by the order of acd/lines.py."""
    line = desk.lines.queues.get(wait.queue)
    if line is None:
        return 1
    waiting = line.calls.get(call.id) or desk.seen_waiting(call, wait)
    return 1 + line.served_before(waiting, desk.at, desk.plan.floor.rules.first_after_s)


def turn(desk: Desk, call: Call, wait: Wait) -> tuple[int, int]:
    """The caller's turn, and the place among all, of whatever queue, who could take one of the caller's agents; 1 = next (ADR 102).

    The turn counts who is served before: of the same queue all, of other queues those who stand before that kind of the caller's
    agents at work for whom the fewest do.
    """
    me = desk.lines.calls.get(call.id) or desk.seen_waiting(call, wait)
    mine, same = _kinds(desk, me), place(desk, call, wait) - 1
    at_work = mine & {server.kind for server in _servers(desk, call.id)} or mine
    others = _others_before(desk, me)
    fewest = min((sum(n for kinds, n in others.items() if kind in kinds) for kind in at_work), default=0)
    return 1 + same + fewest, 1 + same + sum(n for kinds, n in others.items() if kinds & mine)


def expected_wait_s(desk: Desk, call: Call, wait: Wait, seen: Waiting | None = None) -> int | None:
    """Until an agent answers, for a call that waits (or would wait) so; 0: somebody is free. None: nobody is at work.

    ``seen``: the call as the router sees it, where that is known already.
    """
    waiting = seen or desk.lines.calls.get(call.id) or desk.seen_waiting(call, wait)
    kinds, ahead = _kinds(desk, waiting), _ahead(desk, waiting)
    if not ahead and _is_free(desk, kinds):  # what the model would say, at a tenth of its price
        return 0
    counters = desk.counters(wait.queue)
    ring_s = estimate.ring_s(counters.rung_s, counters.rung)
    seconds = estimate.wait_s(
        _servers(desk, call.id),
        kinds,
        ahead,
        estimate.leaves_per_s(counters.abandoned, counters.waited_s),
        ring_s,
    )
    return seconds if seconds is None else math.ceil(seconds + ring_s) if seconds else 0


def newcomer_wait_s(desk: Desk, queue: Queue) -> int | None:
    """The same for somebody who would join the queue now, in the site's language."""
    wait = Wait(
        queue=queue.id, since=desk.at, priority=queue.priority, asked=asked(queue), language=desk.plan.language
    )
    walk = Walk(flow="", version="", language=wait.language)
    nobody = Call(id="~", did="", number="", name="", arrived_at=desk.at, walk=walk)
    return expected_wait_s(desk, nobody, wait)


def foreseen_s(desk: Desk, call: Call, wait: Wait) -> float:
    """The expected wait, and where nobody is at work for the caller, until somebody is known to be: inf when nobody is foreseen (ADR 101)."""
    seconds = expected_wait_s(desk, call, wait)
    if seconds is not None:
        return seconds
    floor = desk.plan.floor
    queue = floor.queues[wait.queue]
    at_once = first_step(floor, queue, wait.asked, wait.language, wait.step, desk.pool.kinds_there())
    soonest_s = math.inf
    for step in range(at_once, len(queue.relax) + 1):
        later = replace(wait, step=step)
        seen = desk.seen_waiting(call, later)
        in_s = wait.asks_since + queue.relax[step - 1].after_s - desk.at if step > at_once else 0.0
        seconds = expected_wait_s(desk, call, later, seen)
        soonest_s = min(soonest_s, max(in_s, _back_in_s(desk, seen) if seconds is None else seconds))
    return soonest_s


def is_somebody(desk: Desk, call: Call, wait: Wait) -> bool:
    """Whether somebody is logged in, at work or not, who may take the call, now or when all that may be is relaxed."""
    last = replace(wait, step=len(desk.plan.floor.queues[wait.queue].relax))
    demand = desk.seen_waiting(call, last).demand
    return any(demand.open_to(kind) for kind in desk.pool.kinds_there())


def at_work(desk: Desk, call: Call, wait: Wait) -> int:
    """Agents who may take the call, now or when they are free."""
    kinds = _kinds(desk, desk.lines.calls.get(call.id) or desk.seen_waiting(call, wait))
    return sum(server.kind in kinds for server in _servers(desk, call.id))


def _kinds(desk: Desk, waiting: Waiting) -> frozenset[int]:
    return frozenset(kind for tier in desk.pool.tiers(waiting.demand, waiting.order) for kind in tier)


def _others_before(desk: Desk, me: Waiting) -> Counter[frozenset[int]]:
    """Callers of other queues who are served before, whether a phone rings for them or not: kinds of agents who may take them -> how many."""
    first_after_s = desk.plan.floor.rules.first_after_s
    rank, found = me.rank(desk.at, first_after_s), Counter[frozenset[int]]()
    kinds: dict[Demand, frozenset[int]] = {}  # looked up once each
    for waiting in desk.lines.calls.values():
        if waiting.queue != me.queue and waiting.rank(desk.at, first_after_s) < rank:
            if waiting.demand not in kinds:
                kinds[waiting.demand] = _kinds(desk, waiting)
            found[kinds[waiting.demand]] += 1
    return found


def _back_in_s(desk: Desk, waiting: Waiting) -> float:
    """Until the first agent who may take the call, is logged in and is not counted by the model is known to be back."""
    kinds, kind_of = _kinds(desk, waiting), desk.plan.floor.kind_of
    agents = (a for a in desk.state.agents.values() if a.presence != Presence.LOGGED_OUT)
    return min((_away_s(desk, state) for state in agents if kind_of.get(state.agent) in kinds), default=math.inf)


def _away_s(desk: Desk, state: AgentState) -> float:
    """A pause lasts as long as it may, a phone that is gone is back before it counts as gone; whatever else it is, not long."""
    due, until = desk.state.timers.due, desk.at
    if state.presence == Presence.PAUSED:
        until = min(due.get(f"pause:{state.agent}", math.inf), due.get(f"return:{state.agent}", math.inf))
    if not state.reachable:
        until = max(until, due.get(f"reach:{state.agent}", math.inf))
    return max(until, state.rest_until or 0.0) - desk.at


def _ahead(desk: Desk, me: Waiting) -> list[Ahead]:
    """Callers of all queues for whom no phone rings and who are served before, by what they ask for."""
    first_after_s = desk.plan.floor.rules.first_after_s
    found = []
    for (rung, *_), line in desk.lines.open.items():
        if not rung and line.calls and (calls := line.served_before(me, desk.at, first_after_s)):
            found.append(Ahead(kinds=_kinds(desk, next(iter(line.calls.values()))), calls=calls))
    return found


def _is_free(desk: Desk, kinds: frozenset[int]) -> bool:
    """Whether an agent of these kinds waits for a call."""
    return any(next(desk.pool.free(kind), None) for kind in kinds)


def _servers(desk: Desk, me: str) -> list[Server]:
    """Agents at work; whose phone rings for this very call is free for it."""
    handling: dict[str, Handling] = {}
    found = []
    for state in desk.state.agents.values():
        kind = desk.plan.floor.kind_of.get(state.agent)
        if kind is None or state.presence in (Presence.LOGGED_OUT, Presence.PAUSED) or not state.reachable:
            continue
        call = desk.state.calls.get(state.call)
        queue = call.queue if call else ""
        if queue not in handling:
            handling[queue] = _handling(desk, queue)
        if state.presence == Presence.OFFERED and state.call == me:
            found.append(Server(kind=kind, handling=handling[queue]))
        elif (server := _server(desk, state, kind, handling[queue])) is not None:
            found.append(server)
    return found


def _server(desk: Desk, state: AgentState, kind: int, handling: Handling) -> Server | None:
    if state.then in (Presence.PAUSED, Presence.LOGGED_OUT):
        return None  # asked for while busy: free for nobody when it is over
    match state.presence:
        case Presence.READY:
            return Server(kind=kind, handling=handling) if state.available else None
        case Presence.WRAP_UP:
            left_s = max(0.0, (state.wrap_up_until or desk.at) - desk.at)
            return Server(kind=kind, handling=handling, free_in_s=left_s)
        case Presence.OFFERED:
            return Server(kind=kind, handling=handling, talked_s=0.0)
        case _:
            return Server(kind=kind, handling=handling, talked_s=desk.at - state.since)


def _handling(desk: Desk, queue_id: str) -> Handling:
    """Of the queue's calls, as today shows it."""
    queue = desk.plan.floor.queues.get(queue_id)
    configured_s = queue.handling_time_s if queue else 300
    today = desk.counters(queue_id) if queue else None
    if queue is None or today is None:
        return Handling(mean_s=configured_s)
    mean_s = estimate.handling_time_s(configured_s, today.handled_s, today.handled)
    cv = estimate.handling_cv(mean_s, today.handled_square_s, today.handled)
    return Handling(mean_s=mean_s, cv=cv, wrap_up_s=min(float(queue.wrap_up_s), 0.9 * mean_s))
