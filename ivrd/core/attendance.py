"""After every event: what follows from agents who moved. Deadlines of agents, by the first word of their name."""

from __future__ import annotations

from collections.abc import Callable

from ivrd.core import alerts, misses, pauses, phones, pins, rests, shifts, wrapup
from ivrd.core.acd.presence import BUSY, Move, Presence
from ivrd.core.desk import Desk, Moved


def look(desk: Desk) -> None:
    """Pauses are timed, work is counted, alerts cleared, rests ended."""
    while desk.moves:
        move = desk.moves.pop(0)
        pauses.moved(desk, move)
        rests.moved(desk, move)
        _phone(desk, move)
    rests.look(desk)


def _phone(desk: Desk, move: Moved) -> None:
    state = desk.agent(move.agent)
    if move.after == Presence.TALKING or state.presence == Presence.LOGGED_OUT:
        alerts.clear(desk, move.agent, "unreachable")
    if move.before == Presence.LOGGED_OUT:
        state.log_in_due = False
        if not state.reachable:
            phones.there(desk, move.agent, False)  # a team leader hears of it, when it stays so
    if move.before in BUSY and move.after not in BUSY:
        phones.left(desk, move.agent)


#: an agent's timers by the first word of their name
TIMED: dict[str, Callable[[Desk, str], object]] = {
    "wrap": lambda desk, agent: wrapup.over(desk, agent, Move.WRAPPED),
    "return": misses.returned,
    "reach": phones.try_again,
    "phone": phones.settled,
    "pause": pauses.over_limit,
    "rest": rests.woken,
    "lock": pins.unlock,
    "shift": shifts.look,
}
