"""The router: who is served first, that nobody is held up or offered twice, and how several phones ring."""

from __future__ import annotations

from ivrd.core.acd.lines import Waiting
from ivrd.core.acd.model import AcdRules, Agent, Floor, Queue, Reserve

from .floor import floor, lines, now, offer, ready, waits

ADI = Agent(id="101", name="Adi", skills=("a",))
AYU = Agent(id="102", name="Ayu", skills=("a", "b"))
BAGUS = Agent(id="103", name="Bagus", skills=("a",))


def pairs(of: Floor, *waiting: Waiting, at: float = 1000.0, idle: dict[str, float] | None = None) -> list[tuple[str, str]]:
    states = {a: ready(a, since) for a, since in ({a: float(a) for a in of.agents} if idle is None else idle).items()}
    return offer(lines(*waiting), now(of, *states.values(), at=at), states)


def test_each_call_and_each_agent_is_matched_once() -> None:
    of = floor(ADI, AYU)
    found = pairs(of, *(waits(of, c, since=i) for i, c in enumerate(("c1", "c2", "c3"))))
    assert found == [("c1", "101"), ("c2", "102")]


def test_a_caller_whom_nobody_can_take_does_not_block_those_behind() -> None:
    of = floor(ADI, AYU)
    assert pairs(of, waits(of, "c1", skills=("z",)), waits(of, "c2", since=5, skills=("b",))) == [("c2", "102")]


def test_a_caller_whom_all_free_agents_just_declined_does_not_block_those_behind() -> None:
    of = floor(ADI)
    found = pairs(of, waits(of, "c1", excluded={"101": 1001.0}), waits(of, "c2", since=5))
    assert found == [("c2", "101")]


def test_nobody_free_or_nobody_waiting_is_no_pair() -> None:
    of = floor(ADI)
    assert pairs(of, waits(of), idle={}) == []
    assert pairs(of) == []


def test_across_queues_the_longest_wait_is_served_first() -> None:
    of = floor(ADI, queues=(Queue(id="p", title="P"), Queue(id="q", title="Q")))
    assert pairs(of, waits(of, "c1", "q", since=20), waits(of, "c2", "p", since=10)) == [("c2", "101")]


def test_priority_is_worth_so_many_seconds_and_no_more() -> None:
    of = floor(ADI, rules=AcdRules(first_after_s=0))
    vip = waits(of, "c2", since=850, points=300)
    assert pairs(of, waits(of, "c1", since=551), vip) == [("c2", "101")]
    assert pairs(of, waits(of, "c1", since=549), vip) == [("c1", "101")]


def test_a_queue_of_double_weight_ages_twice_as_fast() -> None:
    of = floor(ADI, queues=(Queue(id="q", title="Q"), Queue(id="w", title="W", weight=2)), rules=AcdRules(first_after_s=0))
    heavy = waits(of, "c2", "w", since=900)  # 200 points at 1000
    assert pairs(of, waits(of, "c1", "q", since=801), heavy) == [("c2", "101")]
    assert pairs(of, waits(of, "c1", "q", since=799), heavy) == [("c1", "101")]


def test_who_has_waited_too_long_is_served_before_any_priority() -> None:
    of = floor(ADI, rules=AcdRules(first_after_s=600))
    ahead = waits(of, "c2", since=999, points=1e6)
    assert pairs(of, waits(of, "c1", since=401), ahead) == [("c2", "101")]
    assert pairs(of, waits(of, "c1", since=400), ahead) == [("c1", "101")]
    assert pairs(of, waits(of, "c0", since=399, points=0), waits(of, "c1", since=300), ahead) == [("c1", "101")]


def test_phones_that_are_left_ring_besides_once_everybody_has_one() -> None:
    of = floor(ADI, AYU, BAGUS, queues=(Queue(id="q", title="Q", ring=2),))
    calls = [waits(of, c, since=i, ring=2) for i, c in enumerate(("c1", "c2"))]
    assert pairs(of, *calls) == [("c1", "101"), ("c2", "102"), ("c1", "103")]


def test_a_caller_without_a_phone_comes_before_a_second_phone_for_one_who_is_ahead() -> None:
    of = floor(ADI, AYU, queues=(Queue(id="q", title="Q", ring=2),))
    for idle, found in (({"101": 1.0}, [("c2", "101")]), ({"101": 1.0, "102": 2.0}, [("c2", "101"), ("c1", "102")])):
        ahead, behind = waits(of, "c1", since=0, ring=2, rung=1), waits(of, "c2", since=900, ring=2)
        assert pairs(of, ahead, behind, idle=idle) == found


def test_having_waited_too_long_begins_at_the_very_second_across_queues() -> None:
    of = floor(ADI, queues=(Queue(id="p", title="P"), Queue(id="q", title="Q")), rules=AcdRules(first_after_s=600))
    ahead = waits(of, "c2", "p", since=999, points=1e6)
    assert pairs(of, waits(of, "c1", "q", since=400), ahead) == [("c1", "101")]
    assert pairs(of, waits(of, "c1", "q", since=400.1), ahead) == [("c2", "101")]


def test_without_a_limit_nobody_is_first_by_waiting_alone_and_at_the_limit_nobody_is_twice_in_line() -> None:
    of = floor(ADI)
    long, ahead = waits(of, "c1", since=0), waits(of, "c2", since=999, points=1e6)
    assert ahead.rank(1000, 0) < long.rank(1000, 0)
    assert long.rank(1000, 1000) < ahead.rank(1000, 1000)
    assert long.rank(1000, 1) < ahead.rank(1000, 1), "a limit of a second is one"
    line = lines(long, ahead).queues["q"]
    assert [w.call for w in line.in_order(1000, 0)] == ["c2", "c1"]
    assert [w.call for w in line.in_order(1000, 1000)] == ["c1", "c2"]
    assert [w.call for w in line.longest(0.0, 1000, 0)] == ["c1"]
    assert [line.ahead_of(w, 1000, 1000) for w in (long, ahead)] == [0, 1]


def test_lines_know_a_call_once_however_often_it_is_put_and_not_at_all_when_it_has_gone() -> None:
    of = floor(ADI)
    made = lines(waits(of, "c1"), waits(of, "c1", since=5), waits(of, "c2", since=1))
    assert [w.call for w in made.queues["q"].in_order(10, 0)] == ["c2", "c1"]
    assert (made.waiting("q"), made.waiting("x")) == (2, 0)
    made.rings("c2", 1)
    assert [list(line.calls) for line in made.open.values()] == [["c1"]]
    made.rings("c2", 0)
    assert sorted(c for line in made.open.values() for c in line.calls) == ["c1", "c2"]
    for call in ("c1", "c2", "c2"):
        made.drop(call)
    assert (made.calls, made.open, made.waiting("q")) == ({}, {}, 0)


def test_no_more_phones_ring_than_the_queue_says() -> None:
    of = floor(ADI, AYU, BAGUS)
    assert pairs(of, waits(of, "c1", ring=2)) == [("c1", "101"), ("c1", "102")]
    assert len(pairs(of, waits(of, "c1", ring=9))) == 3


SCARCE = Queue(id="en", title="English", reserve=(Reserve(skill="b", keep=1, others_after_s=60),))


def test_the_last_free_agents_with_a_scarce_skill_are_kept() -> None:
    of = floor(ADI, AYU, queues=(Queue(id="q", title="Q"), SCARCE))
    assert pairs(of, waits(of, "c1", since=990), waits(of, "c2", since=991)) == [("c1", "101")]
    assert pairs(of, waits(of, "c1", "en", since=990)) == [("c1", "101")]
    assert pairs(of, waits(of, "c1", "en", since=990, skills=("b",))) == [("c1", "102")]


def test_who_has_waited_long_enough_gets_a_kept_agent_though_others_are_ahead() -> None:
    of = floor(AYU, queues=(Queue(id="q", title="Q"), SCARCE), rules=AcdRules(first_after_s=0))
    ahead, long, longer = waits(of, "c1", since=990, points=500), waits(of, "c2", since=940), waits(of, "c3", since=930, points=-20)
    assert pairs(of, ahead, long, longer) == [("c2", "102")]
    assert pairs(of, ahead, waits(of, "c2", since=941)) == []


def test_the_soonest_of_several_reserves_that_keep_all_agents_is_waited_for() -> None:
    late = Queue(id="late", title="L", reserve=(Reserve(skill="a", keep=1, others_after_s=200),))
    only_b = Agent(id="105", name="Dimas", skills=("b",))
    of = floor(ADI, only_b, queues=(Queue(id="q", title="Q"), SCARCE, late), rules=AcdRules(first_after_s=0))
    calls = waits(of, "c1", since=990, points=500), waits(of, "c2", since=900)
    assert pairs(of, *calls) == [("c2", "105")]


def test_more_free_ones_than_are_kept_may_be_had() -> None:
    of = floor(AYU, Agent(id="104", name="Citra", skills=("a", "b")), queues=(Queue(id="q", title="Q"), SCARCE))
    assert pairs(of, waits(of, "c1", since=990), waits(of, "c2", since=991)) == [("c1", "102")]
