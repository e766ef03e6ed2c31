"""The expected wait: silent without agents, moved by the day, never rising when spoken."""

from __future__ import annotations

import pytest

from ivrd.core.acd import estimate
from ivrd.core.acd.model import Agent, Floor, Queue


def test_nobody_logged_in_is_no_estimate() -> None:
    assert estimate.expected_wait_s(1, 0, 480) is None
    assert estimate.expected_wait_s(1, -1, 480) is None


@pytest.mark.parametrize(("place", "agents", "wait_s"), [(1, 1, 480), (1, 4, 120), (3, 4, 360), (1, 7, 69)])
def test_place_times_handling_over_agents_rounded_up(place: int, agents: int, wait_s: int) -> None:
    assert estimate.expected_wait_s(place, agents, 480) == wait_s


def test_the_configured_handling_time_weighs_as_much_as_ten_calls() -> None:
    assert estimate.handling_time_s(400, 0, 0) == 400
    assert estimate.handling_time_s(400, 10 * 200, 10) == 300
    assert estimate.handling_time_s(400, 990 * 200, 990) == pytest.approx(202)


@pytest.mark.parametrize(("wait_s", "minutes"), [(0, 0), (59, 0), (60, 1), (61, 2), (600, 10)])
def test_minutes_are_rounded_up(wait_s: int, minutes: int) -> None:
    assert estimate.spoken_minutes(wait_s, None) == minutes


def test_what_is_spoken_never_rises() -> None:
    assert estimate.spoken_minutes(600, 3) == 3
    assert estimate.spoken_minutes(100, 3) == 2


def test_the_floor_knows_who_serves_a_queue_and_who_sits_where() -> None:
    one = Agent(id="a1", name="A", extension="101", skills=("x", "y"))
    two = Agent(id="a2", name="B", extension="102", skills=("x",))
    floor = Floor(queues={"q": Queue(id="q", title="Q", skills=("y",))}, agents={"a1": one, "a2": two})
    assert floor.serving("q") == (one,)
    assert floor.agent_at("102") == two
    assert floor.agent_at("999") is None
