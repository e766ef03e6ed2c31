"""A waiting caller's outlook: the place in line, and how long it will take."""

from __future__ import annotations

from ivrd.core.acd import estimate
from ivrd.core.acd.model import Queue
from ivrd.core.acd.presence import Presence
from ivrd.core.desk import Desk
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
    return 1 + line.ahead_of(waiting, desk.at, desk.plan.floor.rules.first_after_s)


def expected_wait_s(desk: Desk, queue: Queue, place: int, language: str = "") -> int | None:
    """Expected wait at ``place`` of ``queue``; None when nobody who could serve is logged in."""
    serving = [
        desk.agent(a.id)
        for a in desk.plan.floor.serving(queue.id)
        if not language or language in a.languages
    ]
    if place <= sum(a.available for a in serving):
        return 0  # somebody is free
    working = sum(a.presence not in (Presence.LOGGED_OUT, Presence.PAUSED) for a in serving)
    today = desk.counters(queue.id)
    handling = estimate.handling_time_s(queue.handling_time_s, today.handled_s, today.handled)
    return estimate.expected_wait_s(place, working, handling)
