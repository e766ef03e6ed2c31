"""Presence is a table: every row does what it says, and every pair it does not list changes nothing."""

from __future__ import annotations

import copy
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrd.core.acd.presence import BUSY, DEFERRED, TABLE, AgentState, Move, Presence

ROWS = [(p, m, t) for p, row in TABLE.items() for m, t in row.items()]
DEFERRED_PAIRS = {(p, m) for p in BUSY for m in (*DEFERRED, Move.RESUME)}
UNLISTED = [
    (p, m) for p, m in product(Presence, Move) if m not in TABLE[p] and (p, m) not in DEFERRED_PAIRS
]


def agent(presence: Presence, **facts: object) -> AgentState:
    return AgentState(agent="101", presence=presence, since=1.0, idle_since=1.0, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("before", "move", "after"), ROWS)
def test_a_row_is_walked_and_stamped(before: Presence, move: Move, after: Presence) -> None:
    state = agent(before)
    assert state.move(move, 50.0)
    assert (state.presence, state.since) == (after, 50.0)


@pytest.mark.parametrize(("before", "move"), UNLISTED)
def test_what_no_row_lists_changes_nothing(before: Presence, move: Move) -> None:
    state = agent(before, call="c1", reason="r")
    kept = copy.deepcopy(state)
    assert not state.move(move, 50.0)
    assert state == kept


def test_the_table_is_the_one_we_mean() -> None:
    """Drawn once more by hand, so that a slip in the table is seen."""
    drawn = {
        "logged_out": {"log_in": "ready"},
        "ready": {"log_out": "logged_out", "pause": "paused", "offer": "offered"},
        "offered": {"withdraw": "ready", "miss": "ready", "answer": "talking"},
        "talking": {"finish": "wrap_up"},
        "wrap_up": {"wrapped": "ready", "pause": "paused", "log_out": "logged_out", "resume": "ready"},
        "paused": {"resume": "ready", "log_out": "logged_out", "log_in": "ready", "pause": "paused"},
    }
    assert {str(p): {str(m): str(t) for m, t in row.items()} for p, row in TABLE.items()} == drawn


@pytest.mark.parametrize(("move", "after"), [(Move.PAUSE, Presence.PAUSED), (Move.LOG_OUT, Presence.LOGGED_OUT)])
def test_asked_for_while_talking_it_waits_until_wrap_up_is_over(move: Move, after: Presence) -> None:
    state = agent(Presence.TALKING, call="c1")
    assert state.move(move, 10.0, "lunch")
    assert (state.presence, state.then, state.since) == (Presence.TALKING, after, 1.0)
    state.move(Move.FINISH, 20.0)
    assert state.presence == Presence.WRAP_UP
    state.move(Move.WRAPPED, 30.0)
    assert (state.presence, state.then, state.call) == (after, None, "")
    assert state.reason == ("lunch" if after == Presence.PAUSED else "")


@pytest.mark.parametrize("end", [Move.WITHDRAW, Move.MISS])
def test_asked_for_while_the_phone_rings_it_waits_for_the_end_of_the_offer(end: Move) -> None:
    state = agent(Presence.OFFERED, call="c1")
    state.move(Move.PAUSE, 10.0, "lunch")
    state.move(end, 11.0)
    assert (state.presence, state.reason) == (Presence.PAUSED, "lunch")


#: facts beside the presence: away, and back again
FACTS: dict[str, tuple[object, object]] = {
    "reachable": (False, True), "private": (True, False), "session": ("s1", ""), "contacts": ({"chat": 1.0}, {}),
    "rest_until": (9e9, None), "kept_for": ("c1", ""),
}  # fmt: skip
#: after these the agent begins to be idle anew
WORK = {Move.LOG_IN, Move.MISS, Move.FINISH, Move.WRAPPED}


Step = tuple[Move | tuple[str, bool], int]  #: a move, or a fact that begins or ends; and so many seconds before it
STEPS = st.lists(st.tuples(st.one_of(st.sampled_from(Move), st.tuples(st.sampled_from(sorted(FACTS)), st.booleans())), st.integers(0, 100)), max_size=40)


def absent(state: AgentState) -> bool:
    return not state.reachable or state.private or bool(state.session) or bool(state.contacts)


def happens(state: AgentState, step: Move | tuple[str, bool], at: float) -> bool:
    """Whether an agent's move was made."""
    if isinstance(step, Move):
        return state.move(step, at)
    name, back = step
    setattr(state, name, copy.copy(FACTS[name][back]))
    state.keep_idle(at)
    return False


@given(STEPS)
def test_idle_time_is_the_time_to_be_had_since_the_last_work(steps: list[Step]) -> None:
    """Counted second by second from outside: no pause, absence or private call adds to it, and none takes from it."""
    state, at, idle_s = agent(Presence.READY), 1.0, 0.0
    for step, later in steps:
        idle_s += later * (state.presence in (Presence.READY, Presence.OFFERED) and not absent(state))
        at += later
        was = state.presence
        if happens(state, step, at) and (step in WORK or was == Presence.WRAP_UP):
            idle_s = 0.0
        if state.available:
            assert at - state.idle_since == idle_s


def test_whether_idle_time_has_moved_is_told() -> None:
    state = agent(Presence.READY)
    assert not state.keep_idle(10.0), "nothing is different"
    state.reachable = False
    assert not state.keep_idle(20.0), "it stands"
    state.reachable = True
    assert state.keep_idle(25.0)
    assert (state.idle_since, state.away_since) == (6.0, None)


def test_occupancy_is_the_busy_part_of_todays_time_at_work() -> None:
    state = AgentState(agent="1")
    for move, at in ((Move.LOG_IN, 100.0), (Move.OFFER, 150.0), (Move.ANSWER, 160.0), (Move.FINISH, 180.0)):
        state.move(move, at)
    assert state.occupancy(200.0) == 40 / 100
    state.move(Move.WRAPPED, 200.0)
    assert state.occupancy(260.0) == 40 / 160
    state.move(Move.PAUSE, 300.0)
    assert state.occupancy(900.0) == 40 / 200, "a pause is no time at work"
    state.new_day(1000.0)
    assert state.occupancy(1000.0) == 0.0
    state.move(Move.RESUME, 1100.0)
    state.move(Move.OFFER, 1110.0)
    state.move(Move.ANSWER, 1120.0)
    assert state.occupancy(1140.0) == 20 / 40


@given(STEPS)
def test_time_at_work_is_what_was_busy_and_what_could_be_had(steps: list[Step]) -> None:
    """Counted second by second from outside: whoever pulls the plug has worked no smaller part of the day."""
    state, at, busy_s, had_s = agent(Presence.READY, busy_s=50.0, staffed_s=100.0), 1.0, 50.0, 50.0
    for n, (step, later) in enumerate(steps):
        busy_s += later * (state.presence in (Presence.TALKING, Presence.WRAP_UP))
        had_s += later * (state.presence in (Presence.READY, Presence.OFFERED) and not absent(state))
        at += later
        assert state.occupancy(at) == (busy_s / (busy_s + had_s) if busy_s else 0.0)
        happens(state, step, at)
        if n == 20:
            busy_s = had_s = 0.0
            state.new_day(at)


def test_a_talk_over_midnight_counts_for_each_day_what_was_in_it() -> None:
    state = AgentState(agent="1", presence=Presence.TALKING, since=100.0)
    state.new_day(150.0)
    assert state.occupancy(160.0) == 1.0
    state.move(Move.FINISH, 170.0)
    assert (state.busy_s, state.staffed_s) == (20.0, 20.0)


def test_a_mind_may_be_changed_before_it_takes_effect() -> None:
    state = agent(Presence.TALKING, call="c1")
    state.move(Move.PAUSE, 10.0, "lunch")
    state.move(Move.RESUME, 11.0)
    state.move(Move.FINISH, 20.0)
    state.move(Move.WRAPPED, 30.0)
    assert (state.presence, state.reason) == (Presence.READY, "")


def test_resume_in_wrap_up_wins_over_a_pause_asked_for_during_the_talk() -> None:
    state = agent(Presence.TALKING, call="c1")
    state.move(Move.PAUSE, 10.0)
    state.move(Move.FINISH, 20.0)
    state.move(Move.RESUME, 21.0)
    assert (state.presence, state.then) == (Presence.READY, None)


def test_a_withdrawn_offer_costs_no_place_among_the_idle_and_a_missed_one_does() -> None:
    withdrawn, missed = agent(Presence.OFFERED), agent(Presence.OFFERED)
    withdrawn.move(Move.WITHDRAW, 50.0)
    missed.move(Move.MISS, 50.0)
    assert (withdrawn.idle_since, missed.idle_since) == (1.0, 50.0)


def test_pausing_gains_nothing_in_idle_time_and_loses_nothing_but_itself() -> None:
    state = agent(Presence.READY)
    state.move(Move.PAUSE, 10.0)
    state.move(Move.RESUME, 20.0)
    assert (state.idle_since, 20.0 - state.idle_since) == (11.0, 9.0)


def test_a_pause_right_after_wrap_up_is_the_end_of_the_idle() -> None:
    state = agent(Presence.READY)
    for move, at in ((Move.OFFER, 2.0), (Move.ANSWER, 3.0), (Move.FINISH, 9.0), (Move.PAUSE, 10.0), (Move.RESUME, 20.0)):
        state.move(move, at)
    assert state.idle_since == 20.0


@pytest.mark.parametrize("then", [Move.PAUSE, Move.RESUME])
def test_a_missed_offer_puts_at_the_end_of_the_idle_also_when_a_pause_was_asked_for(then: Move) -> None:
    state = agent(Presence.READY)
    for move, at in ((Move.OFFER, 2.0), (then, 3.0), (Move.MISS, 9.0), (Move.RESUME, 20.0)):
        state.move(move, at)
    assert (state.presence, state.idle_since) == (Presence.READY, 20.0 if then == Move.PAUSE else 9.0)


def test_misses_are_forgiven_by_an_answer_a_log_in_and_a_resume() -> None:
    for before, move in [(Presence.OFFERED, Move.ANSWER), (Presence.LOGGED_OUT, Move.LOG_IN), (Presence.PAUSED, Move.RESUME)]:
        state = agent(before, misses=2)
        state.move(move, 10.0)
        assert state.misses == 0
    state = agent(Presence.OFFERED, misses=1)
    state.move(Move.WITHDRAW, 10.0)
    assert state.misses == 1


def test_wrap_ups_end_is_forgotten_with_wrap_up() -> None:
    state = agent(Presence.WRAP_UP, wrap_up_until=99.0)
    state.move(Move.PAUSE, 10.0)
    assert state.wrap_up_until is None


def test_available_means_ready_reachable_and_not_dialling() -> None:
    assert agent(Presence.READY).available
    assert not agent(Presence.READY, reachable=False).available
    assert not agent(Presence.READY, session="s1").available
    assert not any(agent(p).available for p in Presence if p != Presence.READY)
