"""The three models by one name. Which to believe: docs/staffing.md."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ivrd.staffing.erlang import answered_within, erlang_c, mean_wait_s
from ivrd.staffing.patience import Served, served

Model = Literal["c", "a", "trunks"]
MODELS: tuple[Model, ...] = ("c", "a", "trunks")
NAMES = {"c": "Erlang C", "a": "Erlang A", "trunks": "M/M/n/K+M"}


@dataclass(frozen=True, kw_only=True)
class Load:
    """What callers bring. Means; all three models take arrivals, handling and patience as memoryless."""

    calls_per_s: float
    handling_s: float  #: talk and wrap-up
    patience_s: float = math.inf
    trunks: int | None = None

    @property
    def erlangs(self) -> float:
        """Agents busy at once, on average, if everybody is served."""
        return self.calls_per_s * self.handling_s


def predict(model: Model, load: Load, agents: int, within_s: float) -> Served:
    """What ``agents`` would make of ``load``. Erlang C has no long run under too much load: nobody is served then."""
    if agents < 1 or load.calls_per_s <= 0:
        return _nobody(load)
    if model == "c":
        return _erlang_c(load, agents, within_s)
    trunks = None if model == "a" or load.trunks is None else max(load.trunks, agents)
    if trunks is None and math.isinf(load.patience_s):
        return _erlang_c(load, agents, within_s)
    return served(agents, load.calls_per_s, load.handling_s, within_s, load.patience_s, trunks)


def _erlang_c(load: Load, agents: int, within_s: float) -> Served:
    wait_s = mean_wait_s(agents, load.erlangs, load.handling_s)
    return Served(
        blocked=0.0,
        waits=erlang_c(agents, load.erlangs),
        abandoned=0.0,
        within=answered_within(agents, load.erlangs, load.handling_s, within_s),
        answer_s=wait_s,
        wait_s=wait_s,
        occupancy=min(1.0, load.erlangs / agents),
    )


def _nobody(load: Load) -> Served:
    none_call = load.calls_per_s <= 0
    return Served(blocked=0.0, waits=0.0 if none_call else 1.0, abandoned=0.0, within=float(none_call), answer_s=0.0, wait_s=0.0, occupancy=0.0)
