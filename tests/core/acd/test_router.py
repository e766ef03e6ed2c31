"""The router: who is served first, and that nobody is held up or offered twice."""

from __future__ import annotations

from ivrd.core.acd.model import Agent, Floor
from ivrd.core.acd.presence import AgentState, Presence
from ivrd.core.acd.router import Waiting, match, order
from ivrd.core.acd.selection import Wanted

FLOOR = Floor(
    agents={
        "101": Agent(id="101", name="Adi", skills=("a",)),
        "102": Agent(id="102", name="Ayu", skills=("a", "b")),
    }
)


def waits(call: str, since: float, skills: str = "", priority: int = 0) -> Waiting:
    wanted = Wanted(call=call, skills=frozenset(skills), language="id", excluded=frozenset())
    return Waiting(wanted=wanted, priority=priority, since=since)


def states(**idle: float) -> dict[str, AgentState]:
    return {a[1:]: AgentState(agent=a[1:], presence=Presence.READY, idle_since=i) for a, i in idle.items()}


def test_priority_then_wait_then_id() -> None:
    lined = order([waits("d", 5), waits("c", 5), waits("b", 1), waits("a", 9, priority=1)])
    assert [w.wanted.call for w in lined] == ["a", "b", "c", "d"]


def test_each_call_and_each_agent_is_matched_once() -> None:
    pairs = match([waits("c1", 1), waits("c2", 2), waits("c3", 3)], FLOOR, states(_101=1.0, _102=2.0))
    assert pairs == [("c1", "101"), ("c2", "102")]


def test_a_caller_whom_nobody_can_take_does_not_block_those_behind() -> None:
    pairs = match([waits("c1", 1, skills="z"), waits("c2", 2, skills="b")], FLOOR, states(_101=1.0, _102=2.0))
    assert pairs == [("c2", "102")]


def test_nobody_free_or_nobody_waiting_is_no_pair() -> None:
    paused = {"101": AgentState(agent="101", presence=Presence.PAUSED)}
    assert match([waits("c1", 1)], FLOOR, paused) == []
    assert match([], FLOOR, states(_101=1.0)) == []
