"""The fewest agents that keep the targets."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ivrd.staffing.model import Load, Model, predict


@dataclass(frozen=True, kw_only=True)
class Target:
    """What must be kept; shares 0 to 1. The defaults are the brief's: 85 % within 20 s."""

    level: float = 0.85
    within_s: float = 20.0
    max_occupancy: float = 1.0
    shrinkage: float = 0.0  #: paid time in which agents take no calls (breaks, training, illness)


#: more agents than this are not looked for
MOST_AGENTS = 100_000


def agents_needed(model: Model, load: Load, target: Target) -> int:
    """The fewest agents at their phones that keep ``target``; 0 when nobody calls. ValueError: not even MOST_AGENTS do.

    Both the share answered in time and the occupancy get better with each agent more, so the border is found by
    doubling and then halving.
    """
    if load.calls_per_s <= 0:
        return 0
    low, high = 0, 1
    while not _kept(model, load, target, high):
        low, high = high, high * 2
        if high > MOST_AGENTS:
            raise ValueError(f"not even {MOST_AGENTS} agents keep the target for {load.erlangs:g} erlangs")
    while high - low > 1:
        middle = (low + high) // 2
        if _kept(model, load, target, middle):
            high = middle
        else:
            low = middle
    return high


def scheduled(agents: int, shrinkage: float) -> int:
    """How many must be on the roster so that ``agents`` are at their phones."""
    return math.ceil(agents / (1 - shrinkage) - 1e-9)


def _kept(model: Model, load: Load, target: Target, agents: int) -> bool:
    made = predict(model, load, agents, target.within_s)
    return made.within >= target.level and made.occupancy <= target.max_occupancy
