"""Many days of one centre: every measure with its confidence interval, of the whole, of a queue, an agent, a half hour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ivrd.simulation.estimate import Estimate, difference, ratio
from ivrd.simulation.tally import MEASURES, OF_CALLS, DayTally, Ratio, Tally, Worked, of_day


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of the days."""

    name: str
    days: Sequence[DayTally]
    took_s: float = 0.0  #: by the wall's clock, when somebody looked at it

    @property
    def calls(self) -> int:
        """Callers who dialled."""
        return sum(day.arrived for day in self.days)

    @property
    def faster(self) -> float:
        """So many times faster than life."""
        return sum(day.simulated_s for day in self.days) / self.took_s if self.took_s else 0.0

    def whole(self) -> dict[str, Estimate]:
        """Every measure of the centre."""
        return {m: ratio([of_day(m, day) for day in self.days]) for m in MEASURES}

    def queues(self) -> dict[str, dict[str, Estimate]]:
        """Measures of calls, by queue; ``occupancy``: how much of all agents' time its talks and wrap-ups took."""
        found = self._by(lambda day: day.queues)
        for queue, measures in found.items():
            measures["occupancy"] = ratio([(day.queues.get(queue, Tally()).handled_s, day.present_s) for day in self.days])
        return found

    def half_hours(self) -> dict[str, dict[str, Estimate]]:
        """Measures of calls, by when they joined."""
        return self._by(lambda day: day.half_hours)

    def offered(self, of: Callable[[DayTally], dict[str, Tally]]) -> dict[str, float]:
        """Calls a day that joined, by queue or half hour."""
        names = sorted({n for day in self.days for n in of(day)})
        return {n: sum(of(day).get(n, Tally()).offered for day in self.days) / len(self.days) for n in names}

    def agents(self) -> dict[str, Estimate]:
        """Occupancy by agent."""
        names = sorted({a for day in self.days for a in day.agents})
        return {a: ratio([_occupancy(day.agents.get(a, Worked())) for day in self.days]) for a in names}

    def _by(self, of: Callable[[DayTally], dict[str, Tally]]) -> dict[str, dict[str, Estimate]]:
        names = sorted({n for day in self.days for n in of(day)})
        return {n: {m: ratio([OF_CALLS[m](of(day).get(n, Tally())) for day in self.days]) for m in OF_CALLS} for n in names}


def compared(one: Result, other: Result) -> dict[str, Estimate]:
    """How much higher each measure of ``other`` is than that of ``one``, on the same traffic."""
    return {m: difference([of_day(m, d) for d in other.days], [of_day(m, d) for d in one.days]) for m in MEASURES}


def _occupancy(worked: Worked) -> Ratio:
    return worked.busy_s, worked.present_s
