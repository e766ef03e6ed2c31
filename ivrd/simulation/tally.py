"""What is counted of a day, and the measures made of it. Each measure is a ratio of two sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Tally:
    """Calls that joined a queue, by what became of them."""

    offered: int = 0
    answered: int = 0
    in_level: int = 0  #: answered within the queue's ``service_level_s``
    abandoned: int = 0  #: hung up while waiting
    short: int = 0  #: of these, within ``acd.short_abandon_s``
    diverted: int = 0  #: sent elsewhere: full, or waited too long
    wait_s: float = 0.0  #: of the answered
    handled_s: float = 0.0  #: talk and wrap-up

    def add(self, other: Tally) -> None:
        """Another tally on top."""
        for name in vars(other):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def judged(self) -> int:
        """Calls that the service level is of (core/acd/level.py)."""
        return self.answered + self.abandoned - self.short + self.diverted


@dataclass(kw_only=True)
class Worked:
    """An agent's day, in seconds between opening and closing."""

    present_s: float = 0.0  #: logged in and not paused
    busy_s: float = 0.0  #: ringing, talking, wrapping up


@dataclass(kw_only=True)
class DayTally:
    """One simulated day."""

    arrived: int = 0
    blocked: int = 0  #: met no free channel
    queues: dict[str, Tally] = field(default_factory=dict)
    half_hours: dict[str, Tally] = field(default_factory=dict)  #: "08:30": by when they joined
    agents: dict[str, Worked] = field(default_factory=dict)
    simulated_s: float = 0.0

    @property
    def total(self) -> Tally:
        """All queues together."""
        total = Tally()
        for tally in self.queues.values():
            total.add(tally)
        return total

    @property
    def present_s(self) -> float:
        """All agents' time at the phone."""
        return sum(agent.present_s for agent in self.agents.values())


Ratio = tuple[float, float]
"""What is counted, over what it is counted of."""

#: measure -> its two sums of a tally
OF_CALLS: Mapping[str, Callable[[Tally], Ratio]] = {
    "service_level": lambda t: (t.in_level, t.judged),
    "answer_s": lambda t: (t.wait_s, t.answered),
    "abandoned": lambda t: (t.abandoned, t.offered),
    "success": lambda t: (t.answered, t.offered),
    "diverted": lambda t: (t.diverted, t.offered),
    "handling_s": lambda t: (t.handled_s, t.answered),
}


def of_day(measure: str, day: DayTally) -> Ratio:
    """A measure of the whole centre; ``occupancy`` and ``blocked`` beside those of calls."""
    if measure == "occupancy":
        return sum(a.busy_s for a in day.agents.values()), day.present_s
    if measure == "blocked":
        return day.blocked, day.arrived
    return OF_CALLS[measure](day.total)


MEASURES = (*OF_CALLS, "occupancy", "blocked")
