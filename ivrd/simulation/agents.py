"""How agents spend a day: logged in at opening, one long break in turns, short pauses at any time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from random import Random

from ivrd.core.acd.presence import Presence
from ivrd.core.events import AgentAsked, Event
from ivrd.simulation.callers import Shift
from ivrd.simulation.centre import Centre
from ivrd.simulation.tally import Worked

_BUSY = frozenset({Presence.OFFERED, Presence.TALKING, Presence.WRAP_UP})
_AWAY = frozenset({Presence.LOGGED_OUT, Presence.PAUSED})

Do = Callable[[float, Callable[[], None]], None]


class Agents:
    """``do`` has something done at a moment, ``tell`` tells the exchange; ``worked`` is each one's day."""

    def __init__(self, centre: Centre, shift: Shift, seed: int, do: Do, tell: Callable[[Event], None]) -> None:
        self._centre, self._shift, self._seed = centre, shift, seed
        self._do, self._tell = do, tell
        self._presence: dict[str, tuple[str, float]] = dict.fromkeys(centre.agents, (Presence.LOGGED_OUT, shift.opens))
        self._lengths: dict[str, list[float]] = {}  #: agent -> how long the pauses asked for last
        self.worked = {a: Worked() for a in centre.agents}

    def begin(self) -> None:
        """Everybody logs in, and has the day's pauses before them."""
        for number, agent in enumerate(self._centre.agents):
            self._ask(agent, "log_in", self._shift.opens)
            for at, length_s in self._pauses(number, agent):
                self._do(at, lambda agent=agent, at=at, length_s=length_s: self._pause(agent, at, length_s))  # type: ignore[misc]

    def moved(self, agent: str, presence: str, at: float) -> None:
        """The exchange says that an agent moved. A pause lasts its time from when it begins."""
        self._count(agent, at)
        self._presence[agent] = (presence, at)
        if presence == Presence.PAUSED:
            lengths = self._lengths.get(agent)
            length_s = lengths.pop(0) if lengths else self._centre.staff.pause_s  # of the exchange's own making: calls missed
            self._do(at + length_s, lambda: self._ask(agent, "resume", at + length_s))

    def end(self, at: float) -> None:
        """The day is over: nobody goes before closing time."""
        for agent in self._presence:
            self._count(agent, max(at, self._shift.closes))

    def _pause(self, agent: str, at: float, length_s: float) -> None:
        if self._presence[agent][0] in _AWAY or self._lengths.get(agent):  # or will be when the talk is over: later
            if (then := at + length_s) < self._shift.closes:
                self._do(then, lambda: self._pause(agent, then, length_s))
            return
        self._lengths.setdefault(agent, []).append(length_s)
        self._ask(agent, "pause", at)

    def _ask(self, agent: str, wish: str, at: float) -> None:
        self._tell(AgentAsked(at=at, agent=agent, wish=wish, by="simulation"))

    def _count(self, agent: str, at: float) -> None:
        presence, since = self._presence.get(agent, (Presence.LOGGED_OUT, at))
        spent_s = max(0.0, min(at, self._shift.closes) - max(since, self._shift.opens))
        worked = self.worked.setdefault(agent, Worked())
        if presence not in _AWAY:
            worked.present_s += spent_s
        if presence in _BUSY:
            worked.busy_s += spent_s

    def _pauses(self, number: int, agent: str) -> list[tuple[float, float]]:
        """(at, how long): the long break in its turn, and short ones that make up the shrinkage."""
        staff, shift = self._centre.staff, self._shift
        rng = Random(f"{self._seed}/{shift.number}/{agent}")
        found = []
        if staff.breaks_between:
            first, last = (self._moment(t) for t in staff.breaks_between.split("-"))
            turns = max(1, int((last - first) // staff.break_s))
            found.append((first + (number % turns) * staff.break_s, staff.break_s))
        away_s = staff.shrinkage * (shift.closes - shift.opens - sum(length for _, length in found))
        while away_s > 1:
            length_s = min(away_s, rng.expovariate(1 / staff.pause_s))
            found.append((rng.uniform(shift.opens, max(shift.opens, shift.closes - length_s)), length_s))
            away_s -= length_s
        return found

    def _moment(self, time: str) -> float:
        local = self._centre.plan.calendar.local(self._shift.opens)
        return dt.datetime.combine(local.date(), dt.time.fromisoformat(time), local.tzinfo).timestamp()
