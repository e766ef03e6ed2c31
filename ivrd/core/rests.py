"""Rest: who has worked more than their share of the last while is not offered calls for a moment.

Occupancy is talks and wrap-ups within ``window_s``, divided by ``window_s``: a pause is rest, too, and who has
only just come has not worked much. Nobody rests while a caller waits longer than the service level of a queue
that they serve: at the phone, not as one who is to be called back, whose clock may be hours old.
"""

from __future__ import annotations

from ivrd.core.acd.presence import Presence
from ivrd.core.desk import Desk, Moved

_WORK = frozenset({Presence.TALKING, Presence.WRAP_UP})


def moved(desk: Desk, move: Moved) -> None:
    """Work is noted; who comes from it to ready may have earned a rest."""
    rule = desk.plan.floor.rules.occupancy
    if not rule.cap_percent:
        return
    state = desk.agent(move.agent)
    if move.before in _WORK:
        state.worked = [(a, b) for a, b in state.worked if b > desk.at - rule.window_s]
        state.worked.append((move.since, desk.at))
    if move.after == Presence.READY and move.before in _WORK and occupancy_percent(desk, move.agent) > rule.cap_percent:
        state.rest_until = desk.at + rule.rest_s
        desk.resting.add(move.agent)
        desk.state.timers.set(f"rest:{move.agent}", state.rest_until)
    elif move.after != Presence.READY:
        _end(desk, move.agent)


def occupancy_percent(desk: Desk, agent: str) -> float:
    """Of the last ``window_s``."""
    window_s = desk.plan.floor.rules.occupancy.window_s
    begin = desk.at - window_s
    worked_s = sum(b - max(a, begin) for a, b in desk.agent(agent).worked if b > begin)
    return 100.0 * worked_s / window_s


def look(desk: Desk) -> None:
    """Rests end when callers have waited too long; else we wake up when they will have."""
    for agent in list(desk.resting):
        state = desk.agent(agent)
        if state.rest_until is None:
            desk.resting.discard(agent)
            continue
        late = min((_late_at(desk, queue) for queue in desk.queues_of(agent)), default=float("inf"))
        if late <= desk.at:
            over(desk, agent)
        else:
            desk.state.timers.set(f"rest:{agent}", min(state.rest_until, late))


def over(desk: Desk, agent: str) -> None:
    """Ready for the next call."""
    if desk.agent(agent).rest_until is not None:
        _end(desk, agent)
        desk.rematch = True


def woken(desk: Desk, agent: str) -> None:
    """The rest is over, or it is time to look at the queues (``look`` does, after each event)."""
    until = desk.agent(agent).rest_until
    if until is not None and until <= desk.at:
        over(desk, agent)


def _end(desk: Desk, agent: str) -> None:
    state = desk.agent(agent)
    if state.rest_until is not None:
        state.rest_until = None
        desk.resting.discard(agent)
        desk.state.timers.clear(f"rest:{agent}")
        desk.touch_agent(agent)


def _late_at(desk: Desk, queue: str) -> float:
    """When the caller who is here and has waited longest will have waited too long."""
    line, calls = desk.lines.queues.get(queue), desk.state.calls
    longest = next((since for since, call in line.by_since if calls[call].caller_here), None) if line else None
    return float("inf") if longest is None else longest + desk.plan.floor.queues[queue].service_level_s
