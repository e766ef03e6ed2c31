"""The pool follows agents' presence: who is ready, who is logged in, how many have a skill."""

from __future__ import annotations

from ivrd.core.acd.model import Agent
from ivrd.core.acd.pool import Pool
from ivrd.core.acd.presence import AgentState, Presence

from .floor import floor, ready

ADI = Agent(id="101", name="Adi", skills={"a": 1})
AYU = Agent(id="102", name="Ayu", skills={"a": 1})
FLOOR = floor(ADI, AYU, Agent(id="103", name="Bagus"))


def pool(*states: AgentState) -> Pool:
    return Pool(FLOOR, {s.agent: s for s in states})


def test_the_longest_idle_of_a_kind_come_first_and_who_is_not_available_is_left_out() -> None:
    made = pool(ready("101", 20), ready("102", 10), ready("103", 5, reachable=False))
    assert [s.agent for s in made.free(0)] == ["102", "101"]
    assert list(made.free(1)) == []
    assert made


def test_logging_in_and_out_is_counted_and_a_kind_is_there_while_one_of_it_is() -> None:
    adi, ayu = ready("101"), ready("102")
    made = pool(adi, ayu)
    changes = made.changes
    for state, there in ((adi, True), (ayu, False)):
        state.presence = Presence.LOGGED_OUT
        made.note(state)
        made.note(state)
        assert bool(made.kinds_there()) == there
    assert made.changes == changes + 2
    assert not made
    adi.presence = Presence.PAUSED
    made.note(adi)
    assert [kind.agents for kind in made.kinds_there()] == [("101", "102")]
    assert not made


def test_those_with_a_skill_are_counted_at_any_level_as_far_as_it_matters() -> None:
    made = pool(ready("101"), ready("102"), ready("103"))
    assert [made.free_with("a", enough) for enough in (1, 2, 3)] == [1, 2, 2]
    assert made.free_with("b", 1) == 0


def test_an_agent_who_left_the_configuration_is_nobody() -> None:
    made = pool(ready("999"))
    assert not made
    assert made.kinds_there() == []
