"""Agents' phones, as Asterisk sees them: there or not, in use by others or not."""

from __future__ import annotations

from ivrd.core import alerts, shifts
from ivrd.core.acd.presence import BUSY, Presence
from ivrd.core.desk import Desk

#: a phone that is still in use so long after our call on it has a call that is not ours
SETTLED_S = 2.0


def there(desk: Desk, agent: str, reachable: bool) -> None:
    """The phone registered, answers again, or is gone. Who could not be rung a while ago can be now."""
    state = desk.agent(agent)
    state.unreachable_until = None
    if state.reachable != reachable:
        state.reachable = reachable
        desk.touch_agent(agent)
        desk.tell("phone", agent=agent, reachable=int(reachable))
    if reachable:
        desk.state.timers.clear(f"reach:{agent}")
        alerts.clear(desk, agent, "unreachable")
    elif state.presence != Presence.LOGGED_OUT:
        desk.state.timers.set(f"reach:{agent}", desk.at + desk.plan.floor.rules.unreachable_retry_s)
    desk.rematch = True  # free, or somebody need not be waited for any more
    shifts.phone(desk, agent)


def try_again(desk: Desk, agent: str) -> None:
    """Time is over: one that could not be rung may be tried again; one that is not there has a team leader look."""
    state = desk.agent(agent)
    if state.unreachable_until is not None:
        state.unreachable_until, state.reachable = None, True
        desk.touch_agent(agent)
        desk.rematch = True
    elif not state.reachable and state.presence != Presence.LOGGED_OUT:
        alerts.raise_(desk, agent, "unreachable")


def used(desk: Desk, agent: str, in_use: bool) -> None:
    """The phone began or ceased to ring or talk. With a call of ours: that is no news."""
    state = desk.agent(agent)
    state.in_use = in_use
    if not in_use:
        desk.state.timers.clear(f"phone:{agent}")  # nothing is left to find out then
    _private(desk, agent, in_use and not _ours(desk, agent))


def settled(desk: Desk, agent: str) -> None:
    """Our call on the phone has been over for a while: what it does now is not ours."""
    used(desk, agent, desk.agent(agent).in_use)


def left(desk: Desk, agent: str) -> None:
    """Our call on the phone is over; Asterisk's word that it is free is on its way."""
    if desk.agent(agent).in_use:
        desk.state.timers.set(f"phone:{agent}", desk.at + SETTLED_S)


def _ours(desk: Desk, agent: str) -> bool:
    state = desk.agent(agent)
    return state.presence in BUSY or bool(state.session)


def _private(desk: Desk, agent: str, private: bool) -> None:
    state = desk.agent(agent)
    if state.private != private:
        state.private = private
        desk.touch_agent(agent)
        desk.tell("private_call", agent=agent, began=int(private))
        desk.rematch = desk.rematch or not private
