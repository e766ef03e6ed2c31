"""The expected wait: silent without agents, by who is free when, who is ahead and who gives up, moved by the day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import pytest

from ivrd.core.acd import estimate
from ivrd.core.acd.estimate import Ahead, Handling, Server
from ivrd.core.acd.model import Agent, Floor, Queue

ALL = frozenset({0, 1})
ONE = frozenset({1})
WRAPS = Handling(mean_s=300, cv=0.6, wrap_up_s=30)
TICK_S = 0.5


def waits(servers: list[Server], ahead: int = 0, kinds: frozenset[int] = ALL, leaves: float = 0.0, ring_s: float = 0.0) -> float:
    found = estimate.wait_s(servers, kinds, [Ahead(kinds=ALL, calls=ahead)] if ahead else [], leaves, ring_s)
    assert found is not None
    return found


def talking(*ages_s: float, cv: float = 1.0, kind: int = 0) -> list[Server]:
    return [Server(kind=kind, handling=Handling(mean_s=480, cv=cv), talked_s=age) for age in ages_s]


def test_nobody_at_work_is_no_estimate() -> None:
    assert estimate.wait_s([], ALL, [], 0.0, 0.0) is None
    assert estimate.wait_s(talking(10), frozenset({7}), [], 0.0, 0.0) is None


def test_somebody_free_is_no_wait_unless_others_are_served_before() -> None:
    free = Server(kind=0, handling=Handling(mean_s=480))
    assert waits([free]) == 0
    assert waits([free, *talking(0, 0, 0)], ahead=1) > 0


def test_the_end_of_a_wrap_up_is_known() -> None:
    assert waits([Server(kind=0, handling=Handling(mean_s=480), free_in_s=20)]) == pytest.approx(20, abs=1)


def test_more_agents_less_wait_and_more_ahead_more_wait() -> None:
    few, many = waits(talking(*range(0, 400, 100))), waits(talking(*range(0, 400, 50)))
    assert many < few
    steps = [waits(talking(*range(0, 400, 100)), ahead=n) for n in (0, 1, 5, 20)]
    assert steps == sorted(steps)
    # far back the spread of single talks does not matter any more: place times handling over agents
    assert steps[-1] == pytest.approx(21 * 480 / 4, rel=0.15)


def test_a_long_talk_of_an_even_kind_is_nearly_over() -> None:
    even = [waits(talking(age, cv=0.3)) for age in (0, 300, 450)]
    assert even == sorted(even, reverse=True)


def test_talks_that_are_all_as_long_end_when_they_must() -> None:
    assert waits(talking(100, cv=0.0)) == pytest.approx(380, rel=0.1)


def test_who_gives_up_ahead_shortens_the_wait() -> None:
    assert waits(talking(*range(8)), ahead=20, leaves=1 / 600) < 0.9 * waits(talking(*range(8)), ahead=20)


def test_callers_ahead_take_only_what_their_own_agents_can_give() -> None:
    """Two of one kind, two of another; those ahead may be taken by the second kind alone."""
    servers = talking(60, 200, kind=0) + talking(60, 200, kind=1)
    alone = estimate.wait_s(servers, ALL, [], 0.0, 0.0)
    behind = estimate.wait_s(servers, ALL, [Ahead(kinds=ONE, calls=10)], 0.0, 0.0)
    same = estimate.wait_s(servers, ALL, [Ahead(kinds=ALL, calls=10)], 0.0, 0.0)
    assert alone is not None
    assert behind is not None
    assert same is not None
    assert alone < behind < same
    others = estimate.wait_s(servers, frozenset({0}), [Ahead(kinds=ONE, calls=10)], 0.0, 0.0)
    only_mine = estimate.wait_s(servers, frozenset({0}), [], 0.0, 0.0)
    assert others == only_mine


def test_many_agents_are_taken_in_samples_and_the_outlook_stays() -> None:
    some, all_of = talking(*range(0, 480, 10)), talking(*range(0, 480, 2))
    assert waits(all_of, ahead=24) == pytest.approx(waits(some, ahead=4), rel=0.2)


def test_a_day_teaches_spread_patience_and_ringing() -> None:
    assert estimate.handling_cv(400, 0.0, 0) == pytest.approx(0.8)
    assert estimate.handling_cv(400, 990 * 400.0**2, 990) == pytest.approx(0.1, abs=0.03)
    assert estimate.handling_cv(400, 1e6 * 400.0**2, 1_000_000) == 0.1, "no two talks are quite as long"
    assert estimate.handling_cv(400, 1e6 * 4000.0**2, 1_000_000) == 2.0, "and a few that went wrong are not the rule"
    assert estimate.leaves_per_s(2, 0.0) == 4 / 1800
    assert estimate.leaves_per_s(0, 0.0) == pytest.approx(1 / 900)
    assert estimate.leaves_per_s(100, 100 * 60.0) == pytest.approx(1 / 60, rel=0.3)
    assert estimate.ring_s(0.0, 0) == 4
    assert estimate.ring_s(990 * 8.0, 990) == pytest.approx(8, rel=0.01)


def test_the_configured_handling_time_weighs_as_much_as_ten_calls() -> None:
    assert estimate.handling_time_s(400, 0, 0) == 400
    assert estimate.handling_time_s(400, 10 * 200, 10) == 300
    assert estimate.handling_time_s(400, 990 * 200, 990) == pytest.approx(202)


@pytest.mark.parametrize(
    ("wait_s", "place", "minutes"),
    [(0, 1, (0, 1)), (59, 1, (0, 1)), (60, 1, (1, 2)), (300, 1, (3, 7)), (600, 1, (6, 14)), (600, 0, (6, 14)), (300, 9, (4, 6)), (600, 25, (9, 11))],
)
def test_minutes_are_a_range_that_narrows_with_the_place(wait_s: int, place: int, minutes: tuple[int, int]) -> None:
    assert estimate.spoken_minutes(wait_s, place) == minutes


def test_worse_than_saying_nothing() -> None:
    assert not estimate.unsure(19, 1000.0, 10.0)
    assert estimate.unsure(20, 1000.0, 999.0)
    assert not estimate.unsure(20, 998.0, 999.0)


def test_the_floor_knows_who_serves_a_queue_and_who_sits_where() -> None:
    one = Agent(id="a1", name="A", extension="101", skills=("x", "y"))
    two = Agent(id="a2", name="B", extension="102", skills=("x",))
    floor = Floor(queues={"q": Queue(id="q", title="Q", skills=("y",))}, agents={"a1": one, "a2": two})
    assert floor.serving("q") == (one,)
    assert floor.agent_at("102") == two
    assert floor.agent_at("999") is None


def by_the_book(servers: Sequence[Server], kinds: frozenset[int], ahead: Sequence[Ahead], leaves_per_s: float, ring_s: float) -> float:
    """What the module's head says, worked out second by second and for every agent."""
    able = [s for s in servers if s.kind in kinds]
    takes = [[i for i, s in enumerate(able) if s.kind in group.kinds] for group in ahead]
    shares = [len(mine) / sum(s.kind in group.kinds for s in servers) for mine, group in zip(takes, ahead, strict=True)]
    needed = 1 + sum(share * group.calls for share, group in zip(shares, ahead, strict=True))
    area, was, t = [0.0] * len(able), [0.0] * len(able), 0.0
    while True:
        freed = [_freed(s, t) for s in able]
        area = [a + (before + now) / 2 * TICK_S for a, before, now in zip(area, was, freed, strict=True)] if t else area
        counts = [f + a / (ring_s + s.handling.mean_s) for f, a, s in zip(freed, area, able, strict=True)]
        taken = [min(share * group.calls * math.exp(-leaves_per_s * t / 2), sum(counts[i] for i in mine)) for mine, share, group in zip(takes, shares, ahead, strict=True)]
        if sum(counts) - sum(taken) >= 1:
            return t / (1 + leaves_per_s * t / needed)
        was, t = freed, t + TICK_S


def _freed(server: Server, t: float) -> float:
    handling = server.handling
    if server.talked_s is None:
        return float(t >= server.free_in_s)
    talk_s = handling.mean_s - handling.wrap_up_s
    square = math.log(1 + (handling.cv * handling.mean_s / talk_s) ** 2)
    logs = NormalDist(math.log(talk_s) - square / 2, math.sqrt(square))

    def longer(than_s: float) -> float:
        return 1 - logs.cdf(math.log(than_s)) if than_s > 0 else 1.0

    return 1 - longer(server.talked_s + t - handling.wrap_up_s) / longer(server.talked_s) if t > handling.wrap_up_s else 0.0



@pytest.mark.parametrize(
    ("servers", "kinds", "ahead", "leaves_per_s", "ring_s", "within"),
    [
        (talking(10), ALL, [], 0.0, 5.0, 0.005),
        (talking(0, 100, 400), ALL, [], 0.0, 0.0, 0.005),
        (talking(0, 100, 400, cv=0.3), ALL, [Ahead(kinds=ALL, calls=2)], 0.0, 20.0, 0.005),
        ([Server(kind=0, handling=WRAPS, talked_s=200), Server(kind=1, handling=WRAPS, talked_s=0)], ALL, [], 1 / 300, 4.0, 0.005),
        ([Server(kind=0, handling=WRAPS, free_in_s=7), *talking(60, 300, kind=1)], ALL, [Ahead(kinds=ALL, calls=1)], 0.0, 4.0, 0.015),
        ([Server(kind=0, handling=WRAPS, free_in_s=s) for s in (20, 25, 31)], ALL, [Ahead(kinds=ALL, calls=2)], 0.0, 4.0, 0.021),
        ([Server(kind=0, handling=WRAPS, free_in_s=s) for s in (0, 7, 400)], ALL, [Ahead(kinds=ALL, calls=1)], 0.0, 4.0, 0.05),
        (talking(*range(0, 600, 5)), ALL, [Ahead(kinds=ALL, calls=30)], 0.0, 4.0, 0.005),
        ([*talking(60, 200, 300, kind=1), *talking(0)], ONE, [Ahead(kinds=ALL, calls=8)], 0.0, 4.0, 0.02),
        # the steps are wide where it is far off, and callers leave within them
        (talking(0, 100, 400), ALL, [Ahead(kinds=ALL, calls=9)], 1 / 500, 10.0, 0.07),
        ([*talking(60, 200), *talking(60, 200, kind=1)], ALL, [Ahead(kinds=ONE, calls=3), Ahead(kinds=ALL, calls=2)], 1 / 1000, 4.0, 0.05),
    ],
)  # fmt: skip
def test_the_wait_is_what_the_book_says(
    servers: list[Server], kinds: frozenset[int], ahead: list[Ahead], leaves_per_s: float, ring_s: float, within: float
) -> None:
    found = estimate.wait_s(servers, kinds, ahead, leaves_per_s, ring_s)
    assert found == pytest.approx(by_the_book(servers, kinds, ahead, leaves_per_s, ring_s), rel=within)
