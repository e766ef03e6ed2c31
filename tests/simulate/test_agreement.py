"""One queue and equal agents: the exchange, simulated, agrees with the closed formulas within the confidence interval.

``python -m bench.agreement`` does the same with ten times the calls and more cases.
"""

from __future__ import annotations

import math
from functools import cache

import pytest

from ivrd.simulation.agreement import Equals, long_run
from ivrd.simulation.estimate import ratio
from ivrd.staffing.model import Load, Model, predict
from ivrd.staffing.patience import Served

ERLANG_C = Equals(agents=10, calls_per_s=0.06, handling_s=100)
ERLANG_A = Equals(agents=5, calls_per_s=0.05, handling_s=100, patience_s=60)
TRUNKS = Equals(agents=5, calls_per_s=0.06, handling_s=100, patience_s=120, trunks=8)


@cache
def simulated(case: Equals) -> dict[str, list[tuple[float, float]]]:
    return long_run(case, batches=20, calls_a_batch=400, seed=1)


def formula(model: Model, case: Equals) -> Served:
    load = Load(calls_per_s=case.calls_per_s, handling_s=case.handling_s, patience_s=case.patience_s, trunks=case.trunks)
    return predict(model, load, case.agents, case.within_s)


@pytest.mark.parametrize(
    ("model", "case", "measures", "sharp"),
    [
        ("c", ERLANG_C, ("within", "waits", "answer_s"), 0.03),
        ("a", ERLANG_A, ("within", "waits", "abandoned", "answer_s"), 0.04),
        ("trunks", TRUNKS, ("within", "waits", "abandoned", "blocked", "answer_s"), 0.03),
    ],
)
def test_the_exchange_agrees_with_the_formula(model: Model, case: Equals, measures: tuple[str, ...], sharp: float) -> None:
    told, seen = formula(model, case), simulated(case)
    for measure in measures:
        estimate, exact = ratio(seen[measure], confidence=0.99), getattr(told, measure)
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low <= exact <= estimate.high, (measure, exact, estimate)
        if measure == "within":
            assert estimate.half is not None
            assert estimate.half < sharp, "so wide an interval proves nothing"


def test_the_interval_tells_models_apart() -> None:
    """Erlang C of the same load is outside what callers who hang up make of it: the test above can fail."""
    seen = ratio(simulated(ERLANG_A)["within"], confidence=0.99)
    patient = formula("a", Equals(agents=5, calls_per_s=0.05, handling_s=100, patience_s=600)).within
    assert seen.low is not None
    assert patient < seen.low
    assert math.isclose(formula("c", ERLANG_A).within, 0.0)  # 5 erlangs for 5 agents: no long run at all
