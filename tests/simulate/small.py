"""A centre so small that every second of its day can be told beforehand."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import Any

from ivrd.core.acd.model import AcdRules, Agent, Floor, Queue
from ivrd.core.calendar import Calendar
from ivrd.core.plan import Plan
from ivrd.settings.planning import Staff
from ivrd.simulation.callers import Caller, Shift
from ivrd.simulation.centre import Centre, centre

AT_8 = dt.datetime(2027, 1, 4, 8, tzinfo=dt.UTC).timestamp()
HOUR_S = 3600.0


def small(agents: dict[str, tuple[str, ...]], *, channels: int = 50, staff: Staff = Staff(answer_s=0.0), **queue: Any) -> Centre:  # noqa: B008
    """Queues ``a`` and ``b`` that ask for the skill of their name; ``agents``: id -> skills."""
    made = {"title": "", "wrap_up_s": 0, "announce_every_s": 0, **queue}
    floor = Floor(
        queues={q: Queue(id=q, skills=(q,), **made) for q in ("a", "b")},
        agents={a: Agent(id=a, name=a, extension=a, skills=skills) for a, skills in agents.items()},
        rules=AcdRules(pause_after_misses=0, reoffer_after_s=1),
    )
    return centre("small", Plan(floor=floor, calendar=Calendar(tz=dt.UTC, week={}), dids={}, language="id"), channels, staff)


def day(*callers: Caller) -> Shift:
    """An hour from 8."""
    return Shift(number=0, opens=AT_8, closes=AT_8 + HOUR_S, callers=callers)


def caller(after_s: float, queue: str = "a", handling_s: float = 60.0, patience_s: float = math.inf, **more: Any) -> Caller:
    """Dials so long after opening."""
    made = Caller(
        id=f"sim-{after_s:g}{queue}", at=AT_8 + after_s, kind="", queue=queue, language="id", keys="", handling_s=handling_s,
        patience_s=patience_s, seed=int(after_s * 10),
    )  # fmt: skip
    return dataclasses.replace(made, **more)
