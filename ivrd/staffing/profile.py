"""A day's arrivals by half hour, and the agents they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivrd.staffing.model import MODELS, Load, Model, predict
from ivrd.staffing.patience import Served
from ivrd.staffing.requirement import Target, agents_needed, scheduled

HALF_HOUR_S = 1800.0


@dataclass(frozen=True, kw_only=True)
class Period:
    """Half an hour: ``start`` is its local time (08:30)."""

    start: str
    calls: float  #: expected in it
    handling_s: float


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What a period needs, by each model, and what the chosen model makes of that many."""

    period: Period
    erlangs: float
    needed: Mapping[Model, int]
    agents: int  #: at their phones, by the chosen model
    roster: int  #: with shrinkage
    outlook: Served


def plan(periods: list[Period], target: Target, patience_s: float, trunks: int | None, model: Model) -> list[Planned]:
    """Each half hour by itself, as if it lasted long enough to settle (docs/staffing.md: limits)."""
    return [_planned(p, target, patience_s, trunks, model) for p in periods]


def _planned(period: Period, target: Target, patience_s: float, trunks: int | None, model: Model) -> Planned:
    load = Load(calls_per_s=period.calls / HALF_HOUR_S, handling_s=period.handling_s, patience_s=patience_s, trunks=trunks)
    needed = {m: agents_needed(m, load, target) for m in MODELS}
    agents = needed[model]
    return Planned(
        period=period,
        erlangs=load.erlangs,
        needed=needed,
        agents=agents,
        roster=scheduled(agents, target.shrinkage),
        outlook=predict(model, load, agents, target.within_s),
    )
