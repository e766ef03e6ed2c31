"""Workload of a month: contacts an agent and occupancy, position by position.

occupancy = contacts * AHT / (staff * working hours * contacts at once); the study's working month is 140 hours
(20 days of 7) an agent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ivrd.settings.planning import Position, Workload


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    position: Position
    per_agent: float  #: contacts a month
    occupancy: float  #: 0 to 1


def table(workload: Workload) -> Mapping[str, Row]:
    """Every position, by its key."""
    month_s = workload.days * workload.hours * 3600
    return {
        key: Row(
            position=p,
            per_agent=p.contacts / p.staff,
            occupancy=p.contacts * p.aht_s / (p.staff * month_s * p.at_once),
        )
        for key, p in workload.positions.items()
    }


def rounded(value: float, digits: int = 0) -> float:
    """Half away from zero, as people round: 408.5 is 409."""
    factor = 10.0**digits
    whole: int = math.floor(value * factor + 0.5 + 1e-9)
    return whole / factor
