"""Pauses: for a reason, within its limits, and not too many at once in a queue."""

from __future__ import annotations

from ivrd.core import alerts
from ivrd.core.acd.presence import Move, Presence
from ivrd.core.desk import Desk, Moved


def refusal(desk: Desk, agent: str, reason: str) -> str:
    """Why the agent may not pause now, in one word; "" when they may."""
    reasons = desk.plan.floor.rules.pause_reasons
    if reason and reasons and reason not in reasons:
        return "unknown_reason"
    if _pauses(desk, agent):
        return ""  # for another reason: nobody leaves a queue
    return "too_many_paused" if any(_full(desk, q, agent) for q in desk.queues_of(agent)) else ""


def moved(desk: Desk, move: Moved) -> None:
    """A pause began or ended: its time is counted, its limit armed."""
    if move.before == Presence.PAUSED:
        spent = desk.agent(move.agent).paused_today_s
        spent[move.reason] = spent.get(move.reason, 0.0) + desk.at - move.since
        desk.state.timers.clear(f"pause:{move.agent}")
        desk.state.timers.clear(f"return:{move.agent}")
        alerts.clear(desk, move.agent, "pause_limit")
        alerts.clear(desk, move.agent, "missed")
    if move.after == Presence.PAUSED:
        _arm(desk, move.agent)


def over_limit(desk: Desk, agent: str) -> None:
    """The pause is as long as its reason allows."""
    state = desk.agent(agent)
    alerts.raise_(desk, agent, "pause_limit")
    rule = desk.plan.floor.rules.pause_reasons.get(state.reason)
    if rule is not None and rule.returns:
        desk.move(agent, Move.RESUME)


def _arm(desk: Desk, agent: str) -> None:
    state = desk.agent(agent)
    rule = desk.plan.floor.rules.pause_reasons.get(state.reason)
    if rule is None:
        return
    spent_s = state.paused_today_s.get(state.reason, 0.0)
    limits: list[float] = [rule.max_s] if rule.max_s else []
    limits += [max(0.0, rule.day_max_s - spent_s)] if rule.day_max_s else []
    if limits:
        desk.state.timers.set(f"pause:{agent}", state.since + min(limits))


def _full(desk: Desk, queue: str, but: str) -> bool:
    """As many pause in the queue as may, without ``but``."""
    most = desk.plan.floor.queues[queue].max_paused
    others = (a.id for a in desk.plan.floor.serving(queue) if a.id != but)
    return 0 < most <= sum(_pauses(desk, a) for a in others)


def _pauses(desk: Desk, agent: str) -> bool:
    """Paused, or will be when the talk is over."""
    state = desk.agent(agent)
    return Presence.PAUSED in (state.presence, state.then)
