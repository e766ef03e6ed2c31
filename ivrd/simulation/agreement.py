"""One queue, equal agents, memoryless times: what closed formulas can tell. The exchange must agree with them."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from random import Random

from ivrd.core.acd.model import AcdRules, Agent, Floor, Queue
from ivrd.core.calendar import Calendar
from ivrd.core.cdr import Disposition
from ivrd.core.plan import Plan
from ivrd.settings.planning import Staff
from ivrd.simulation.callers import Caller, Shift
from ivrd.simulation.centre import Centre, centre
from ivrd.simulation.day import Day
from ivrd.simulation.tally import Ratio

_BEGIN = 1_800_000_000.0
_ENDLESS_S = 10**9


@dataclass(frozen=True, kw_only=True)
class Equals:
    """A queue that settles. Times in seconds, all exponential."""

    agents: int
    calls_per_s: float
    handling_s: float
    patience_s: float = math.inf
    trunks: int = 10**6
    within_s: int = 20


def long_run(case: Equals, batches: int, calls_a_batch: int, seed: int) -> dict[str, list[Ratio]]:
    """Measures of consecutive stretches of one long day; the first stretch, while it settles, is left out.

    Stretches of many times the time that the queue remembers are nearly independent (batch means: A. M. Law,
    "Simulation Modeling and Analysis", 9.5.3).
    """
    stretch_s = calls_a_batch / case.calls_per_s
    shift = _shift(case, stretch_s * (batches + 1), seed)
    day = Day(_centre(case), shift, seed)
    day.run()
    found: dict[str, list[list[float]]] = {m: [[0.0, 0.0] for _ in range(batches + 1)] for m in _MEASURES}
    for caller in shift.callers:
        row = day.rows.get(caller.id)
        batch = min(batches, int((caller.at - _BEGIN) // stretch_s))
        _add(found["blocked"][batch], row is None)
        if row is None:
            continue
        wait_s, answered = row.cdr.wait_ms / 1000, bool(row.cdr.agent)
        _add(found["within"][batch], answered and wait_s <= case.within_s)
        _add(found["waits"][batch], wait_s > 0)
        _add(found["abandoned"][batch], row.cdr.disposition == Disposition.ABANDONED_QUEUE)
        if answered:
            _add(found["answer_s"][batch], wait_s)
    return {m: [(b[0], b[1]) for b in counted[1:]] for m, counted in found.items()}


_MEASURES = ("within", "waits", "abandoned", "blocked", "answer_s")


def _add(sums: list[float], value: float) -> None:
    sums[0] += value
    sums[1] += 1


def _shift(case: Equals, length_s: float, seed: int) -> Shift:
    rng, at, callers = Random(f"{seed}/equals"), _BEGIN, list[Caller]()
    while (at := at + rng.expovariate(case.calls_per_s)) < _BEGIN + length_s:
        callers.append(
            Caller(
                id=f"sim-{len(callers)}", at=at, kind="", queue="q", language="id", keys="",
                handling_s=rng.expovariate(1 / case.handling_s),
                patience_s=math.inf if math.isinf(case.patience_s) else rng.expovariate(1 / case.patience_s), seed=len(callers),
            )
        )  # fmt: skip
    return Shift(number=0, opens=_BEGIN, closes=_BEGIN + length_s, callers=tuple(callers))


def _centre(case: Equals) -> Centre:
    """Nothing between a free agent and a caller: no ringing, no wrap-up, no limit."""
    queue = Queue(id="q", title="q", wrap_up_s=0, max_wait_s=_ENDLESS_S, max_waiting=_ENDLESS_S, announce_every_s=0, service_level_s=case.within_s)
    agents = {f"a{i}": Agent(id=f"a{i}", name=f"a{i}", extension=f"a{i}") for i in range(case.agents)}
    plan = Plan(
        floor=Floor(queues={"q": queue}, agents=agents, rules=AcdRules(pause_after_misses=0)),
        calendar=Calendar(tz=dt.UTC, week={}),
        dids={},
        language="id",
    )
    return centre("equals", plan, case.trunks, Staff(answer_s=0.0))
