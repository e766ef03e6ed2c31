"""Shifts: who works one is logged in and out by it, and paused in its breaks.

Only the edges count: who logs out in the middle of a shift stays out until the next one begins. On days
that the calendar has closed there is no shift.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from ivrd.core.acd.presence import BUSY, AgentState, Move, Presence
from ivrd.core.acd.rules import WEEKDAYS, Shift
from ivrd.core.calendar import Span
from ivrd.core.desk import Desk

#: the next edge is looked for so far ahead; then it is looked for again
LOOK_AHEAD_DAYS = 8


def arm(desk: Desk) -> None:
    """Look at everybody's shift; after a start and after each change of the configuration."""
    for agent in desk.plan.floor.agents:
        look(desk, agent)


def look(desk: Desk, agent: str) -> None:
    """Do what the shift says since the last look, and wake up at its next edge."""
    shift = _shift(desk, agent)
    if shift is None:
        desk.state.timers.clear(f"shift:{agent}")
        return
    state = desk.agent(agent)
    on, rest = _now(desk, shift)
    if on != state.on_shift:
        state.on_shift = on
        _begin(desk, agent) if on else _end(desk, agent)
    if rest != state.on_break:
        before, state.on_break = state.on_break, rest
        _break(desk, agent, before, rest)
    desk.state.timers.set(f"shift:{agent}", _next_edge(desk, shift))


def phone(desk: Desk, agent: str) -> None:
    """The phone came: who is due is logged in."""
    state = desk.agent(agent)
    if state.log_in_due and state.reachable:
        state.log_in_due = False
        if state.presence == Presence.LOGGED_OUT:
            desk.move(agent, Move.LOG_IN)
        if state.on_break:
            _break(desk, agent, "", state.on_break)


def _begin(desk: Desk, agent: str) -> None:
    state = desk.agent(agent)
    state.log_in_due = state.presence == Presence.LOGGED_OUT
    phone(desk, agent)


def _end(desk: Desk, agent: str) -> None:
    state = desk.agent(agent)
    state.log_in_due = False
    _later_or_now(desk, state, Move.LOG_OUT, "")


def _break(desk: Desk, agent: str, before: str, now: str) -> None:
    """A break ends (``before``), begins (``now``), or one follows another."""
    state = desk.agent(agent)
    if before and Presence.PAUSED in (state.presence, state.then) and state.reason == before:
        if state.presence == Presence.WRAP_UP:
            state.then, state.reason = None, ""
        else:
            desk.move(agent, Move.RESUME)
    if now and state.presence not in (Presence.LOGGED_OUT, Presence.PAUSED) and state.then is None:
        _later_or_now(desk, state, Move.PAUSE, now)


def _later_or_now(desk: Desk, state: AgentState, move: Move, reason: str) -> None:
    """Nobody is torn out of a talk, nor out of its wrap-up."""
    if state.presence == Presence.WRAP_UP:
        state.then = Presence.PAUSED if move == Move.PAUSE else Presence.LOGGED_OUT
        state.reason = reason
        desk.touch_agent(state.agent)
    elif state.presence != Presence.LOGGED_OUT:
        desk.move(state.agent, move, reason)
        assert state.presence not in BUSY or state.then is not None


def _shift(desk: Desk, agent: str) -> Shift | None:
    definition = desk.plan.floor.agents.get(agent)
    return desk.plan.floor.rules.shifts.get(definition.shift) if definition else None


def _now(desk: Desk, shift: Shift) -> tuple[bool, str]:
    """On shift, and the reason of the break that it is."""
    now = desk.plan.calendar.local(desk.at)
    minute = now.hour * 60 + now.minute
    if not any(s.start <= minute < s.end for s in _spans(desk, shift, now.date())):
        return False, ""
    breaks = ((r, Span.parse(t)) for r, texts in shift.breaks.items() for t in texts)
    return True, next((r for r, s in breaks if s.start <= minute < s.end), "")


def _spans(desk: Desk, shift: Shift, date: dt.date) -> list[Span]:
    if not desk.plan.calendar.day(date)[0]:
        return []
    return [Span.parse(text) for text in shift.week.get(WEEKDAYS[date.weekday()], ())]


def _next_edge(desk: Desk, shift: Shift) -> float:
    now = desk.plan.calendar.local(desk.at)
    for ahead in range(LOOK_AHEAD_DAYS):
        later = [e for e in _edges(desk, shift, now.date() + dt.timedelta(days=ahead)) if e > now]
        if later:
            return min(later).timestamp()
    return desk.plan.calendar.next_midnight(desk.at)


def _edges(desk: Desk, shift: Shift, date: dt.date) -> Iterator[dt.datetime]:
    spans = _spans(desk, shift, date)
    breaks = [Span.parse(text) for texts in shift.breaks.values() for text in texts] if spans else []
    midnight = dt.datetime.combine(date, dt.time(0), desk.plan.calendar.tz)
    for span in (*spans, *breaks):
        yield midnight + dt.timedelta(minutes=span.start)
        yield midnight + dt.timedelta(minutes=span.end)
