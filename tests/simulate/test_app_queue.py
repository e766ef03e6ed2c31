"""Asterisk's queue as it is pretended: the tick of a second, the retry of five, and whom each strategy rings."""

from __future__ import annotations

import pytest

from ivrd.settings.planning import Staff
from ivrd.simulation.app_queue import STRATEGIES, AppQueueDay, Strategy
from ivrd.simulation.tally import Tally

from .small import caller, day, small


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_caller_notices_a_freed_agent_at_the_next_tick(strategy: Strategy) -> None:
    shift = day(caller(60, handling_s=100), caller(100.25, handling_s=50))
    tally = AppQueueDay(small({"1": ("a",)}), shift, strategy).run()
    assert tally.total == Tally(offered=2, answered=2, in_level=1, wait_s=60, handled_s=150)  # free at 160, looked at 160.25


def test_who_is_not_answered_waits_for_the_retry() -> None:
    """Rung 10 s, 5 s of retry, and again: the picture of six tries in 80 s."""
    tally = AppQueueDay(small({"1": ("a",)}, staff=Staff(missed=0.999999), ring_timeout_s=10), day(caller(60, patience_s=80)), "linear").run()
    assert tally.total == Tally(offered=1, abandoned=1)
    assert tally.agents["1"].busy_s == pytest.approx(60)


@pytest.mark.parametrize(
    ("strategy", "busy"),
    [
        ("linear", {"1": 300, "2": 0, "3": 0}),
        ("rrmemory", {"1": 100, "2": 100, "3": 100}),
        ("leastrecent", {"1": 100, "2": 100, "3": 100}),
        ("fewestcalls", {"1": 100, "2": 100, "3": 100}),
    ],
)
def test_whom_a_strategy_rings(strategy: Strategy, busy: dict[str, float]) -> None:
    shift = day(*(caller(at, handling_s=100) for at in (60, 260, 460)))
    tally = AppQueueDay(small(dict.fromkeys("123", ("a",))), shift, strategy).run()
    assert {a: w.busy_s for a, w in tally.agents.items()} == pytest.approx(busy)


def test_patience_wait_limits_and_channels_hold_here_too() -> None:
    site = small({"1": ("a",)}, max_wait_s=30, max_waiting=2, channels=3)
    shift = day(caller(60, handling_s=100), caller(61, patience_s=3), caller(62), caller(62.5), caller(300, "b"))
    tally = AppQueueDay(site, shift, "rrmemory").run()
    assert tally.blocked == 1
    assert tally.queues["a"] == Tally(offered=3, answered=1, in_level=1, abandoned=1, short=1, diverted=1, handled_s=100)
    assert tally.queues["b"] == Tally(offered=1, diverted=1)


def test_a_pause_waits_for_the_end_of_the_talk_and_a_paused_member_is_not_rung() -> None:
    away = Staff(answer_s=0.0, break_s=600, breaks_between="08:10-08:20")
    tally = AppQueueDay(small({"1": ("a",)}, staff=away), day(caller(595, handling_s=30), caller(900, handling_s=10)), "linear").run()
    assert tally.total.wait_s == pytest.approx(595 + 30 + 600 - 900, abs=1)
