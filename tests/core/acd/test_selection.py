"""Selection: each filter can say no by its own name; each order prefers whom it says; ties are settled."""

from __future__ import annotations

from typing import get_args

import pytest

from ivrd.core.acd.decision import Decision, look_round
from ivrd.core.acd.lines import Waiting
from ivrd.core.acd.model import Agent, Floor, Order, Queue, Reserve
from ivrd.core.acd.presence import AgentState, Presence
from ivrd.core.acd.selection import choose, eligible, scores, why_not

from .floor import floor, now, ready, waits

ABLE = Agent(id="101", name="Adi", skills=("kbli", "lkpm"), languages=("id", "en"))
OTHER = Agent(id="100", name="Ayu", skills=("kbli",), languages=("en",))
KBLI = Queue(id="q", title="Q", skills=("kbli",))
SCARCE = Queue(id="s", title="S", reserve=(Reserve(skill="lkpm"),))
FLOOR = floor(ABLE, OTHER, queues=(KBLI, SCARCE))


def wanted(of: Floor = FLOOR, **facts: object) -> Waiting:
    return waits(of, language="en", since=900.0, **facts)  # type: ignore[arg-type]


def test_who_passes_every_filter_is_eligible() -> None:
    of = floor(ABLE, queues=(KBLI,))
    assert eligible(wanted(of), ready(), now(of, ready()))
    assert why_not(wanted(of), ready(), now(of, ready())) == ""


@pytest.mark.parametrize(
    ("call", "state", "name"),
    [
        (wanted(), AgentState(agent="101", presence=Presence.PAUSED), "is_available"),
        (wanted(), ready(reachable=False), "is_available"),
        (wanted(), ready(session="s1"), "is_available"),
        (wanted(skills={"kbli": 6}), ready(), "has_skills"),
        (waits(FLOOR, language="fr"), ready(), "has_skills"),
        (wanted(excluded={"101": 1000.5}), ready(), "did_not_just_decline"),
        (wanted(known="100", held_until=1000.5), ready(), "caller_waits_for_no_other"),
        (waits(FLOOR, language="en", since=941), ready(), "is_not_reserved"),
    ],
)
def test_each_filter_says_no_by_its_name(call: Waiting, state: AgentState, name: str) -> None:
    moment = now(FLOOR, state, ready("100"))
    assert not eligible(call, state, moment)
    assert why_not(call, state, moment) == name
    record = Decision(at=moment.at, what="offered", queue=call.queue)
    look_round(record, call, moment)  # which asks no more than it must
    assert "101" not in record.scores
    if name != "is_available":
        assert "101" in record.passed[name]


@pytest.mark.parametrize(
    "call",
    [wanted(excluded={"101": 1000.0}), wanted(known="100", held_until=1000.0), wanted(known="101", held_until=2000.0)],
)
def test_no_filter_says_no_for_longer_than_it_should(call: Waiting) -> None:
    of = floor(ABLE, OTHER, queues=(KBLI,))
    assert why_not(call, ready(), now(of, ready(), ready("100"))) == ""


@pytest.mark.parametrize(
    "known",
    [
        AgentState(agent="100", presence=Presence.PAUSED),
        AgentState(agent="100"),
        AgentState(agent="100", presence=Presence.TALKING, reachable=False),
        AgentState(agent="999", presence=Presence.TALKING),
    ],
)
def test_nobody_is_waited_for_who_will_not_be_free_soon(known: AgentState) -> None:
    of = floor(ABLE, OTHER, queues=(KBLI,))
    assert why_not(wanted(of, known="100", held_until=2000.0), ready(), now(of, ready(), known)) == ""


def test_nobody_is_waited_for_who_lacks_what_the_call_asks_for() -> None:
    of = floor(ABLE, OTHER, queues=(KBLI,))
    call = wanted(of, skills=("kbli", "lkpm"), known="100", held_until=2000.0)
    busy = AgentState(agent="100", presence=Presence.TALKING)
    assert why_not(call, ready(), now(of, ready(), busy)) == ""
    assert choose(call, now(of, ready(), busy)) == ready()


def test_a_known_agent_who_is_free_but_kept_for_others_is_not_waited_for() -> None:
    scarce = Agent(id="100", name="Ayu", skills=("kbli", "lkpm"))
    of = floor(scarce, Agent(id="101", name="Adi", skills=("kbli",)), queues=(KBLI, SCARCE))
    call = waits(of, since=990.0, known="100", held_until=2000.0)
    assert choose(call, now(of, ready("100"), ready("101"))) == ready("101")
    busy = AgentState(agent="100", presence=Presence.TALKING)
    assert choose(call, now(of, busy, ready("101"))) is None, "who talks may be free for the caller in a moment"


def test_a_known_agent_who_declined_is_not_waited_for() -> None:
    of = floor(ABLE, OTHER, queues=(KBLI,))
    call = wanted(of, known="100", held_until=2000.0, excluded={"100": 1500.0})
    assert why_not(call, ready(), now(of, ready(), ready("100"))) == ""
    call = wanted(of, known="100", held_until=2000.0, excluded={"100": 1000.0})
    assert why_not(call, ready(), now(of, ready(), ready("100"))) == "", "nor when they may be asked again"
    call = wanted(of, known="100", held_until=2000.0)
    assert why_not(call, ready(), now(of, ready(), ready("100"))) == "caller_waits_for_no_other"


@pytest.mark.parametrize("order", get_args(Order))
def test_who_was_asked_for_the_call_comes_after_who_was_not(order: Order) -> None:
    """However much better, or known to the caller: the phone that nobody picked up twice is not rung a third time while a colleague is free."""
    of = floor(*[Agent(id=a, name=a, skills={"kbli": level}) for a, level in (("1", 9), ("2", 6), ("3", 3))], queues=(Queue(id="q", title="Q", skills=("kbli",), order=order),))
    states = [ready("1"), ready("2"), ready("3")]
    asked = {"1": 900.0, "2": 950.0}
    found = choose(waits(of, excluded=asked, known="1", held_until=2000.0), now(of, *states))
    assert found is not None
    assert found.agent == "3"
    again = choose(waits(of, excluded={**asked, "3": 990.0}, known="2"), now(of, *states))
    assert again is not None
    assert again.agent == "1", "all were asked: in turn, the first one first"
    assert choose(waits(of, excluded={**asked, "3": 1010.0}), now(of, *states)) == again


def chosen(order: Order, agents: list[Agent], states: list[AgentState], **facts: object) -> str:
    of = floor(*agents, queues=(Queue(id="q", title="Q", order=order, preferred={"gold": 3}),))
    found = choose(waits(of, **facts), now(of, *states))  # type: ignore[arg-type]
    again = choose(waits(of, **facts), now(of, *states[::-1]))  # type: ignore[arg-type]
    assert found == again, "the order of what is looked at decides nothing"
    return found.agent if found else ""


def plain(*ids: str) -> list[Agent]:
    return [Agent(id=i, name=i) for i in ids]


def test_the_longest_idle_is_chosen_and_equal_idle_time_goes_to_the_lower_id() -> None:
    assert chosen("longest_idle", plain("1", "2"), [ready("1", 20), ready("2", 10)]) == "2"
    assert chosen("longest_idle", plain("1", "2"), [ready("1", 10), ready("2", 10)]) == "1"


def test_the_least_occupied_is_who_was_busy_for_the_smallest_part_of_the_time_at_work() -> None:
    worked = [
        ready("1", 500, busy_s=100, staffed_s=400, since=500),  # 100 of 900
        ready("2", 900, busy_s=50, staffed_s=100, since=900),  # 50 of 200
    ]
    assert chosen("least_occupied", plain("1", "2"), worked) == "1"
    assert chosen("longest_idle", plain("1", "2"), worked[::-1]) == "1"
    equal = [ready("1", 20, since=20), ready("2", 10, since=10)]
    assert chosen("least_occupied", plain("1", "2"), equal) == "2"


def test_the_best_skilled_has_most_of_what_is_asked_for() -> None:
    agents = [
        Agent(id="1", name="A", skills={"kbli": 4, "data": 10}),
        Agent(id="2", name="B", skills={"kbli": 9}),
        Agent(id="3", name="C", skills={"kbli": 9}),
    ]
    states = [ready("1", 0), ready("2", 50), ready("3", 40)]
    assert chosen("best_skilled", agents, states, skills=("kbli",)) == "3"
    assert chosen("longest_idle", agents, states, skills=("kbli",)) == "1"


def test_the_most_specific_keeps_generalists_free() -> None:
    queues = (Queue(id="q", title="Q", skills=("a",), order="most_specific"), Queue(id="r", title="R", skills=("b",)))
    one, both = Agent(id="2", name="A", skills=("a",)), Agent(id="1", name="B", skills=("a", "b"))
    polyglot = Agent(id="0", name="C", skills=("a",), languages=("id", "en"))
    of = floor(both, one, polyglot, queues=queues)
    found = choose(waits(of), now(of, ready("0", 1), ready("1", 2), ready("2", 99)))
    assert found is not None
    assert found.agent == "2"


def test_in_round_robin_all_take_turns_whoever_is_idle_longest() -> None:
    assert chosen("round_robin", plain("1", "2"), [ready("1", 5, offered_at=90), ready("2", 10, offered_at=80)]) == "2"


@pytest.mark.parametrize("order", ["longest_idle", "least_occupied", "best_skilled", "most_specific", "round_robin"])
def test_preferred_skills_come_before_every_order_and_whom_the_caller_knows_before_them(order: Order) -> None:
    agents = [*plain("1"), Agent(id="2", name="B", skills={"gold": 3}), Agent(id="3", name="C", skills={"gold": 2})]
    states = [ready("1", 1), ready("2", 50), ready("3", 2)]
    assert chosen(order, agents, states) == "2"
    assert chosen(order, agents, states, known="3") == "3"
    assert chosen(order, agents, states, known="9") == "2"


@pytest.mark.parametrize(
    ("order", "first"),
    [("best_skilled", "2"), ("most_specific", "3"), ("least_occupied", "1"), ("round_robin", "2"), ("longest_idle", "3")],
)
def test_who_is_chosen_is_who_scores_highest_by_the_orders_own_scorers(order: Order, first: str) -> None:
    agents = [
        Agent(id="1", name="A", skills={"a": 5}, languages=("id", "en")),
        Agent(id="2", name="B", skills={"a": 9}, languages=("id", "en")),
        Agent(id="3", name="C", skills={"a": 5}),
    ]
    states = [
        ready("1", 30, busy_s=1, staffed_s=100, offered_at=9),
        ready("2", 20, busy_s=9, staffed_s=100, offered_at=1),
        ready("3", 10, busy_s=5, staffed_s=100, offered_at=5),
    ]
    of = floor(*agents, queues=(Queue(id="q", title="Q", order=order),))
    call, moment = waits(of, skills=("a",)), now(of, *states)
    best = max(states, key=lambda s: scores(call, s, moment))
    assert (best.agent, choose(call, moment)) == (first, best)


def test_nobody_is_chosen_when_nobody_is_eligible() -> None:
    of = floor(ABLE, queues=(KBLI,))
    assert choose(wanted(of), now(of, ready(reachable=False))) is None
    assert choose(wanted(of), now(of)) is None


def test_while_the_caller_waits_for_somebody_others_are_not_chosen() -> None:
    of = floor(ABLE, OTHER, queues=(KBLI,))
    busy = AgentState(agent="100", presence=Presence.TALKING)
    assert choose(wanted(of, known="100", held_until=1001), now(of, ready(), busy)) is None
    assert choose(wanted(of, known="100", held_until=1000), now(of, ready(), busy)) is not None
