"""A simulated day, told to the second: the exchange routes, the day only pretends to be callers, agents and Asterisk."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ivrd.adapters.prompts import catalogue
from ivrd.daemon.plan import make_plan
from ivrd.settings.load import load
from ivrd.settings.load_planning import load_traffic
from ivrd.settings.planning import Staff, Times
from ivrd.simulation.callers import draw, times
from ivrd.simulation.centre import centre
from ivrd.simulation.day import Day
from ivrd.simulation.pooled import pooled
from ivrd.simulation.tally import Tally

from .small import HOUR_S, caller, day, small

ROOT = Path(__file__).resolve().parents[2]


def test_the_second_caller_waits_until_the_first_is_served() -> None:
    tally = Day(small({"1": ("a",)}), day(caller(60, handling_s=100), caller(100, handling_s=50))).run()
    assert tally.queues == {"a": Tally(offered=2, answered=2, in_level=1, wait_s=60, handled_s=150)}
    assert tally.agents["1"].busy_s == pytest.approx(150)
    assert tally.agents["1"].present_s == pytest.approx(HOUR_S)


def test_who_is_not_patient_hangs_up_and_wrap_up_holds_the_agent() -> None:
    shift = day(caller(60, handling_s=100), caller(70, patience_s=30), caller(75, patience_s=3), caller(80, handling_s=10))
    tally = Day(small({"1": ("a",)}, wrap_up_s=20), shift).run()
    assert tally.queues["a"] == Tally(offered=4, answered=2, in_level=1, abandoned=2, short=1, wait_s=100, handled_s=150)
    assert tally.half_hours["08:00"] == tally.queues["a"]


def test_a_phone_that_is_never_answered_rings_out() -> None:
    never = Staff(missed=0.999999)
    tally = Day(small({"1": ("a",)}, staff=never, ring_timeout_s=10), day(caller(60, patience_s=100))).run()
    assert tally.queues["a"] == Tally(offered=1, abandoned=1)
    assert 80 < tally.agents["1"].busy_s < 100  # it rang again and again


def test_skills_keep_a_free_agent_from_a_caller_and_pooling_does_not() -> None:
    site, shift = small({"1": ("a",), "2": ("b",)}), day(caller(60, handling_s=100), caller(61, handling_s=100))
    assert Day(site, shift).run().total.wait_s == pytest.approx(99)
    assert Day(pooled(site), shift).run().total.wait_s == pytest.approx(0)


def test_a_caller_beyond_the_channels_is_blocked() -> None:
    tally = Day(small({"1": ("a",)}, channels=1), day(caller(60), caller(61), caller(200))).run()
    assert (tally.arrived, tally.blocked, tally.total.answered) == (3, 1, 2)


def test_who_waits_too_long_or_finds_the_queue_full_is_sent_elsewhere() -> None:
    site = small({"1": ("a",)}, max_wait_s=30, max_waiting=1)
    tally = Day(site, day(caller(60, handling_s=100), caller(61), caller(62))).run()
    assert tally.queues["a"] == Tally(offered=3, answered=1, in_level=1, diverted=2, handled_s=100)


def test_a_break_begins_when_the_talk_is_over_and_lasts_its_time() -> None:
    away = Staff(answer_s=0.0, break_s=600, breaks_between="08:10-08:20")
    tally = Day(small({"1": ("a",)}, staff=away), day(caller(595, handling_s=30), caller(900, handling_s=10))).run()
    assert tally.agents["1"].present_s == pytest.approx(HOUR_S - 600, abs=1)
    assert tally.total.wait_s == pytest.approx(595 + 30 + 600 - 900, abs=1)


def test_breaks_are_taken_in_turns_and_pauses_make_up_the_shrinkage() -> None:
    away = Staff(answer_s=0.0, break_s=600, breaks_between="08:10-08:30", shrinkage=0.2, pause_s=60)
    tally = Day(small({str(n): ("a",) for n in range(40)}, staff=away), day()).run()
    shares = [a.present_s / HOUR_S for a in tally.agents.values()]
    assert sum(shares) / 40 == pytest.approx((1 - 600 / HOUR_S) * 0.8, abs=0.03)


def test_the_same_seed_is_the_same_day_and_another_is_not() -> None:
    site = load(ROOT / "config")
    traffic = load_traffic(ROOT / "planning" / "169.yaml", site)
    texts = catalogue.load(ROOT / "prompts" / catalogue.FILE, site.site.languages)
    plan = make_plan(site, texts)
    shipped = centre("shipped", plan, 50, traffic.staff, traffic.handling.mean_s)
    one, again, other = (draw(traffic, plan.calendar, 1, seed, 0.3)[0] for seed in (1, 1, 2))
    assert one == again
    assert one != other
    assert Day(shipped, one, 1).run() == Day(shipped, again, 1).run()


def test_callers_find_their_queue_through_the_menus() -> None:
    """Keys of planning/169.yaml lead where it says, and a tenth of a day is served by all who work."""
    site = load(ROOT / "config")
    traffic = load_traffic(ROOT / "planning" / "169.yaml", site)
    texts = catalogue.load(ROOT / "prompts" / catalogue.FILE, site.site.languages)
    plan = make_plan(site, texts)
    even = dataclasses.replace(traffic, kinds={n: dataclasses.replace(k, share=1.0) for n, k in traffic.kinds.items()})
    shift = draw(even, plan.calendar, 1, 1, 0.3)[0]
    tried = Day(centre("shipped", plan, 50, traffic.staff, traffic.handling.mean_s, "169"), shift, 1)
    tried.run()
    assert {c.queue for c in shift.callers} == set(site.queues)
    assert {c.id: (c.queue, c.language) for c in shift.callers} == {c: (o.cdr.queue, o.cdr.language) for c, o in tried.rows.items()}


def test_days_are_open_days_and_hold_the_months_calls() -> None:
    site = load(ROOT / "config")
    traffic = load_traffic(ROOT / "planning" / "169.yaml", site)
    texts = catalogue.load(ROOT / "prompts" / catalogue.FILE, site.site.languages)
    plan = make_plan(site, texts)
    shifts = draw(traffic, plan.calendar, 20, 1)
    dates = [plan.calendar.local(s.opens).date() for s in shifts]
    assert all(plan.calendar.day(d)[0] for d in dates)
    assert len(set(dates)) == 20
    assert sum(len(s.callers) for s in shifts) == pytest.approx(6821, abs=3 * 6821**0.5)
    talks = [c.handling_s for s in shifts for c in s.callers]
    assert sum(talks) / len(talks) == pytest.approx(600, abs=3 * 0.9 * 600 / len(talks) ** 0.5)


@pytest.mark.parametrize("shape", ["exponential", "lognormal", "gamma", "fixed"])
def test_every_shape_has_mean_one_and_its_spread(shape: str) -> None:
    from random import Random

    rng, drawn = Random(1), Times(mean_s=1, shape=shape, cv=0.5)  # type: ignore[arg-type]
    values = [times(rng, drawn) for _ in range(20_000)]
    mean = sum(values) / len(values)
    spread = (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5
    assert mean == pytest.approx(1, abs=0.03)
    assert spread == pytest.approx({"exponential": 1.0, "fixed": 0.0}.get(shape, 0.5), abs=0.05)
