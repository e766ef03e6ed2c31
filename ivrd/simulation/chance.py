"""What is decided while a day goes on, from each caller's own seed: another configuration meets the same."""

from __future__ import annotations

from random import Random

from ivrd.simulation.callers import Caller
from ivrd.simulation.centre import Centre


class Chance:
    """How fast phones are picked up, and how long talks last."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._rings: dict[str, Random] = {}

    def picks_up_s(self, caller: Caller) -> float | None:
        """Seconds until the next phone that rings for the caller is answered; None: never."""
        rng = self._rings.setdefault(caller.id, Random(caller.seed))
        chance, after = rng.random(), rng.expovariate(1.0)
        return None if chance < self._centre.staff.missed else after * self._centre.staff.answer_s

    def talk_s(self, caller: Caller, queue: str) -> float:
        """The handling time without this queue's wrap-up, on average: the shape stays."""
        mean_s = self._centre.handling_s
        if not mean_s:
            return caller.handling_s
        return caller.handling_s * max(0.05, 1 - self._centre.plan.floor.queues[queue].wrap_up_s / mean_s)
