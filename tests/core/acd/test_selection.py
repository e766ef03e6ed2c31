"""Selection: each filter can say no by its own name; the longest idle wins; ties are settled."""

from __future__ import annotations

import pytest

from ivrd.core.acd.model import Agent
from ivrd.core.acd.presence import AgentState, Presence
from ivrd.core.acd.selection import Wanted, choose, eligible, why_not

WANTED = Wanted(call="c1", skills=frozenset({"kbli"}), language="en", excluded=frozenset())
ABLE = Agent(id="101", name="Adi", skills=("kbli", "lkpm"), languages=("id", "en"))


def ready(agent: str = "101", idle_since: float = 0.0, **facts: object) -> AgentState:
    return AgentState(agent=agent, presence=Presence.READY, idle_since=idle_since, **facts)  # type: ignore[arg-type]


def test_who_passes_every_filter_is_eligible() -> None:
    assert eligible(WANTED, ABLE, ready())
    assert why_not(WANTED, ABLE, ready()) == ""


@pytest.mark.parametrize(
    ("wanted", "agent", "state", "name"),
    [
        (WANTED, ABLE, AgentState(agent="101", presence=Presence.PAUSED), "is_available"),
        (WANTED, Agent(id="101", name="A", skills=("lkpm",), languages=("en",)), ready(), "has_skills"),
        (WANTED, Agent(id="101", name="A", skills=("kbli",)), ready(), "speaks_language"),
        (
            Wanted(call="c1", skills=frozenset(), language="en", excluded=frozenset({"101"})),
            ABLE,
            ready(),
            "did_not_just_decline",
        ),
    ],
)
def test_each_filter_says_no_by_its_name(wanted: Wanted, agent: Agent, state: AgentState, name: str) -> None:
    assert not eligible(wanted, agent, state)
    assert why_not(wanted, agent, state) == name


def test_the_longest_idle_is_chosen_whatever_the_order() -> None:
    other = Agent(id="100", name="Ayu", skills=("kbli",), languages=("en",))
    pairs = [(other, ready("100", idle_since=20.0)), (ABLE, ready("101", idle_since=10.0))]
    assert choose(WANTED, pairs) == ABLE
    assert choose(WANTED, pairs[::-1]) == ABLE


def test_equal_idle_time_goes_to_the_lower_id() -> None:
    other = Agent(id="100", name="Ayu", skills=("kbli",), languages=("en",))
    pairs = [(ABLE, ready("101")), (other, ready("100"))]
    assert choose(WANTED, pairs) == other


def test_nobody_is_chosen_when_nobody_is_eligible() -> None:
    assert choose(WANTED, [(ABLE, ready(reachable=False))]) is None
    assert choose(WANTED, []) is None
