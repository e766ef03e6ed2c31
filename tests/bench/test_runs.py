"""Which gaps count as a hand-off."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bench import runs
from bench.media import Heard
from bench.runs import Floor

SECOND = 1_000_000_000


def leg(number: str, phone: str, **times: Any) -> Any:
    """A leg with times in seconds."""
    ns = {f"{name}_ns": round(value * SECOND) for name, value in times.items()}
    plain = {"invite_ns": 0, "ok_ns": 0, "over_ns": 0, "hung_up": True, "audio": Heard(None, 0, 0)}
    return SimpleNamespace(number=number, phone=phone, **(plain | ns))


def floor(callers: list[Any], agents: list[Any]) -> Floor:
    return Floor(SimpleNamespace(legs=callers), SimpleNamespace(legs=agents))  # type: ignore[arg-type]


def test_a_gap_counts_only_while_somebody_waits() -> None:
    callers = [
        leg("1", "700", invite=0, ok=0.1),
        leg("2", "700", invite=1, ok=1.1),  # waits while the first talks
        leg("3", "700", invite=9, ok=9.1),  # comes when the phone is free already
    ]
    agents = [
        leg("1", "1001", invite=0.2, ok=0.3, over=5.0),
        leg("2", "1001", invite=5.003, ok=5.1, over=8.0),
        leg("3", "1001", invite=9.2, ok=9.3, over=9.9),
    ]
    assert runs.handoffs(floor(callers, agents), 20) == [3.0]


def test_the_first_seconds_do_not_count() -> None:
    callers = [leg("1", "700", invite=0, ok=0.1), leg("2", "700", invite=0.2, ok=0.3)]
    agents = [
        leg("1", "1001", invite=0.2, ok=0.3, over=1.0),
        leg("2", "1001", invite=1.1, ok=1.2, over=2.0),
    ]
    assert runs.handoffs(floor(callers, agents), 20) == []


def test_a_caller_is_matched_with_the_leg_that_answered() -> None:
    missed = leg("1", "1001", invite=1)
    took = leg("1", "1002", invite=2, ok=3)
    caller = leg("1", "700", invite=0, ok=0.1)
    assert floor([caller], [took, missed]).pairs() == [(caller, took)]
