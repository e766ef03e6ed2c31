"""Offers that were not taken: what follows for the agent, by cause and by how many in a row."""

from __future__ import annotations

from ivrd.core import alerts
from ivrd.core.acd.presence import Move, Presence
from ivrd.core.acd.rules import ABSENT
from ivrd.core.desk import Desk

#: so many offers in a row that found no phone are worth a team leader's look
ABSENT_ALERT = 2


def missed(desk: Desk, agent: str, cause: str) -> None:
    """The offer ended without an answer: the agent is free again, paused, or not to be rung for a while."""
    state = desk.agent(agent)
    state.missed_by[cause] = state.missed_by.get(cause, 0) + 1
    if cause in ABSENT:
        _not_there(desk, agent)
        desk.move(agent, Move.WITHDRAW)
        if state.missed_by[cause] >= ABSENT_ALERT:
            alerts.raise_(desk, agent, "unreachable")
    else:
        if cause not in desk.plan.floor.rules.misses:
            state.misses += 1
        desk.move(agent, Move.MISS)
    _pause(desk, agent, cause)


def _not_there(desk: Desk, agent: str) -> None:
    """Not rung until it registers anew, answers Asterisk's OPTIONS again, or the time is over."""
    state = desk.agent(agent)
    state.reachable = False
    state.unreachable_until = desk.at + desk.plan.floor.rules.unreachable_retry_s
    desk.state.timers.set(f"reach:{agent}", state.unreachable_until)


def _pause(desk: Desk, agent: str, cause: str) -> None:
    rules, state = desk.plan.floor.rules, desk.agent(agent)
    rule = rules.misses.get(cause)  # type: ignore[call-overload]  # any word may have no rule
    if rule is not None:
        count, limit, back_s = state.missed_by[cause], rule.pause_after, rule.return_after_s
        reason = rule.reason or f"missed_{cause}"
    elif cause in ABSENT:
        return
    else:
        count, limit, back_s = state.misses, rules.pause_after_misses, rules.return_after_misses_s
        reason = "missed"
    if not 0 < limit <= count or state.presence != Presence.READY:
        return
    desk.move(agent, Move.PAUSE, reason=reason)
    alerts.raise_(desk, agent, "missed")
    if back_s:
        desk.state.timers.set(f"return:{agent}", desk.at + back_s)


def returned(desk: Desk, agent: str) -> None:
    """The time of a pause for misses is over: the agent gets another chance."""
    desk.move(agent, Move.RESUME)
