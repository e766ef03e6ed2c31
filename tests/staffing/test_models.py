"""The formulas against another library's Erlang C, and against the chains themselves, solved as matrices."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivrd.staffing.erlang import erlang_b, erlang_c, mean_wait_s
from ivrd.staffing.model import Load, predict
from ivrd.staffing.patience import served
from ivrd.staffing.requirement import Target, agents_needed, scheduled

REFERENCE = json.loads((Path(__file__).parent / "pyworkforce.json").read_text())["rows"]
CHAINS = [
    # agents, calls a second, handling, patience, trunks, within
    (1, 1 / 100, 60, 30, 3, 20),
    (5, 1 / 60, 300, 120, 12, 20),
    (8, 1 / 60, 600, 45, 20, 10),
    (10, 1 / 60, 600, 600, 14, 30),
    (24, 1 / 20, 600, 180, 50, 20),
    (24, 1 / 20, 600, 180, 24, 20),  # no room to wait: Erlang B
]


def test_reference_has_what_it_should() -> None:
    assert len(REFERENCE) == 288


def test_erlang_c_says_what_another_library_says() -> None:
    for row in REFERENCE:
        load = Load(calls_per_s=row["calls"] / 1800, handling_s=row["aht_s"])
        made = predict("c", load, row["agents"], row["within_s"])
        if load.erlangs < row["agents"]:
            assert made.waits == pytest.approx(row["waits"], rel=1e-9, abs=1e-12), row
            assert made.within == pytest.approx(row["within"], rel=1e-9), row
            assert made.occupancy == pytest.approx(row["occupancy"]), row


def test_agents_needed_are_those_of_another_library() -> None:
    compared = 0
    for row in REFERENCE:
        load = Load(calls_per_s=row["calls"] / 1800, handling_s=row["aht_s"])
        needed = agents_needed("c", load, Target(within_s=row["within_s"], max_occupancy=0.9))
        first = round(load.erlangs + 1)  # it begins to look here, and so may find one too many
        assert needed == row["needed"] or needed < row["needed"] == first, row
        compared += row["needed"] > first
    assert compared > 100


def test_the_textbook_case() -> None:
    """100 calls in half an hour, 180 s each: 14 agents answer 88.8 % within 20 s."""
    made = predict("c", Load(calls_per_s=100 / 1800, handling_s=180), 14, 20)
    assert (round(made.waits, 4), round(made.within, 4), round(made.occupancy, 4)) == (0.1741, 0.8884, 0.7143)


@pytest.mark.parametrize(("agents", "rate", "handling", "patience", "trunks", "within"), CHAINS)
def test_the_finite_trunk_model_is_the_chain_it_says(agents: int, rate: float, handling: float, patience: float, trunks: int, within: float) -> None:
    made = served(agents, rate, handling, within, patience, trunks)
    share = balance(agents, rate, handling, patience, trunks)
    met = share[:-1] / (1 - share[-1])
    tagged = [answered_by(within, j, agents, handling, patience) for j in range(trunks - agents)]
    ever = [answered_by(1e6, j, agents, handling, patience) for j in range(trunks - agents)]
    assert made.blocked == pytest.approx(share[-1], abs=1e-12)
    assert made.waits == pytest.approx(met[agents:].sum(), abs=1e-12)
    assert made.within == pytest.approx(met[:agents].sum() + met[agents:] @ np.array(tagged), abs=1e-9)
    assert made.abandoned == pytest.approx(met[agents:] @ (1 - np.array(ever)), abs=1e-9)
    assert made.occupancy == pytest.approx(np.minimum(np.arange(trunks + 1), agents) @ share / agents, abs=1e-12)


def test_mean_wait_of_the_answered_is_the_area_above_its_distribution() -> None:
    made = served(8, 1 / 60, 600, 20, 45, 20)
    times = np.linspace(0, 1500, 6001)
    within = np.array([served(8, 1 / 60, 600, float(t), 45, 20).within for t in times])
    ever = served(8, 1 / 60, 600, 1e6, 45, 20).within
    assert ever == pytest.approx(1 - made.abandoned, abs=1e-9)
    assert made.answer_s == pytest.approx(float(np.trapezoid(1 - within / ever, times)), rel=1e-4)


def test_patience_and_trunks_without_end_are_erlang_c() -> None:
    for agents in (1, 14, 300):
        rate = 0.9 * agents / 180
        c = predict("c", Load(calls_per_s=rate, handling_s=180), agents, 20)
        made = served(agents, rate, 180, 20)
        assert (made.waits, made.within, made.answer_s) == pytest.approx((c.waits, c.within, c.answer_s), rel=1e-9)
        nearly = served(agents, rate, 180, 20, 1e9)
        assert nearly.within == pytest.approx(c.within, rel=1e-4)


def test_large_centres_do_not_overflow() -> None:
    assert erlang_b(100_000, 100_000.0) == pytest.approx(math.sqrt(2 / (math.pi * 100_000)), rel=1e-2)  # its limit
    made = served(27_000, 45.0, 600, 20, 120)
    assert made.within + made.abandoned < 1.5
    assert made.abandoned == pytest.approx(0.0, abs=0.01)
    over = served(27_000, 50.0, 600, 20, 120)  # a fluid: who is too many hangs up
    assert over.abandoned == pytest.approx(1 - 27_000 / 30_000, rel=1e-2)


def test_too_much_load_is_said() -> None:
    assert erlang_c(10, 10.0) == 1.0
    assert mean_wait_s(10, 10.0, 60) == math.inf
    with pytest.raises(ValueError, match="10 erlangs are too much for 10 agents"):
        served(10, 1 / 6, 60, 20)


def test_no_calls_need_nobody() -> None:
    assert agents_needed("trunks", Load(calls_per_s=0, handling_s=600), Target()) == 0


def test_occupancy_can_ask_for_more_than_the_service_level() -> None:
    load = Load(calls_per_s=1000 / 1800, handling_s=600)
    assert agents_needed("c", load, Target(max_occupancy=0.8)) == math.ceil(load.erlangs / 0.8)


def test_shrinkage_is_on_top() -> None:
    assert [scheduled(14, s) for s in (0.0, 0.3, 0.5)] == [14, 20, 28]
    assert scheduled(9, 0.1) == 10


# --- the chains as matrices


def balance(agents: int, rate: float, handling: float, patience: float, trunks: int) -> Any:
    """Long-run shares: the one solution of share @ generator = 0."""
    generator = np.zeros((trunks + 1, trunks + 1))
    for k in range(trunks + 1):
        if k < trunks:
            generator[k, k + 1] = rate
        if k:
            generator[k, k - 1] = min(k, agents) / handling + max(k - agents, 0) / patience
        generator[k, k] = -generator[k].sum()
    system = np.vstack([generator.T, np.ones(trunks + 1)])
    return np.linalg.lstsq(system, np.append(np.zeros(trunks + 1), 1.0), rcond=None)[0]


def answered_by(within: float, ahead: int, agents: int, handling: float, patience: float) -> float:
    """Whether a caller with ``ahead`` waiting before is answered by then: the caller's own chain, by its exponential."""
    size = ahead + 3  # callers ahead, answered, hung up
    generator = np.zeros((size, size))
    for k in range(ahead + 1):
        generator[k, k - 1 if k else ahead + 1] = agents / handling + k / patience
        generator[k, ahead + 2] = 1 / patience
        generator[k, k] = -generator[k].sum()
    return float(exponential(generator * within)[ahead, ahead + 1])


def exponential(matrix: Any) -> Any:
    """By scaling, Taylor's series, and squaring."""
    halvings = max(0, math.ceil(math.log2(max(1.0, np.abs(matrix).sum(axis=1).max()))) + 4)
    small, term = matrix / 2**halvings, np.eye(len(matrix))
    total = term.copy()
    for i in range(1, 20):
        term = term @ small / i
        total += term
    for _ in range(halvings):
        total = total @ total
    return total
