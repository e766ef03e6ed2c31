"""The clock is set while callers wait: durations and deadlines are what they were."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import pytest
from playbook import TUESDAY_10, Playbook, plan

from ivrd.core import moments
from ivrd.core.acd.model import Queue
from ivrd.core.commands import WriteCdr
from ivrd.core.events import AgentAnswered, ClockStepped, DigitPressed
from ivrd.core.state import Stage, State

HOUR_S = 3600.0
FLOW = """
start: q
nodes:
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {why: overflow}}
"""
#: floats in the state that are no moments
DURATIONS = {"capacity", "voice", "paused_today_s", "contacts", "scores", "points", "weight", "ahead"}
OF_THE_CALENDAR = {"closes_at", "day_ends", "due"}  # ``due`` has timers of both kinds
OF_ITS_OWN = {"calls"}  # of Seen


def step(book: Playbook, by_s: float) -> None:
    """The clock is set."""
    book.at += by_s
    book.exchange.handle(ClockStepped(at=book.at, by_s=by_s))


def waiting(max_wait_s: int = 100) -> Playbook:
    """A caller waits, nobody is there."""
    book = Playbook(plan(text=FLOW, queues=(Queue(id="help", title="Help", max_wait_s=max_wait_s, wrap_up_s=30),)))
    book.arrive()
    assert book.call().stage == Stage.QUEUED
    return book


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S, 40 * 24 * HOUR_S])
def test_the_longest_wait_is_as_long_as_it_was(by_s: float) -> None:
    book = waiting()
    book.pass_time(60)
    step(book, by_s)
    book.pass_time(39)
    assert book.call().stage == Stage.QUEUED
    book.pass_time(2)
    assert book.call().stage != Stage.QUEUED


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S])
def test_the_row_has_the_times_of_the_new_clock_and_the_true_durations(by_s: float) -> None:
    book = waiting()
    book.pass_time(20)
    step(book, by_s)
    book.log_in()
    book.tell(AgentAnswered, call="c1", leg=book.call().ringing[0].leg)
    book.pass_time(30)
    call = book.call()
    assert round(call.wait_ms / 1000) == 20
    assert call.arrived_at == pytest.approx(TUESDAY_10 + by_s, abs=1)
    assert call.talk is not None
    assert book.at - call.talk.since == pytest.approx(30, abs=1)


def test_a_clock_set_back_does_not_stop_time() -> None:
    book = waiting()
    step(book, -HOUR_S)
    at = book.exchange.desk.at
    book.tell(DigitPressed, call="c1", channel="c1", digit="1")
    assert book.exchange.desk.at > at
    assert book.exchange.state.last_at == book.at


def test_who_waits_longest_is_still_first() -> None:
    book = waiting()
    book.pass_time(10)
    book.arrive("c2")
    step(book, HOUR_S)
    assert [call.id for call in book.exchange.desk.waiting("help")] == ["c1", "c2"]
    book.log_in()
    assert book.call("c1").ringing
    assert not book.call("c2").ringing


def test_the_day_s_counters_go_on_within_the_day_and_begin_anew_on_another() -> None:
    book = waiting()
    assert book.exchange.desk.counters("help").offered == 1
    step(book, HOUR_S)
    assert book.exchange.desk.counters("help").offered == 1
    step(book, -3 * HOUR_S)
    assert book.exchange.desk.counters("help").offered == 1
    step(book, 24 * HOUR_S)
    assert book.exchange.desk.counters("help").offered == 0


def test_never_stays_never() -> None:
    book = waiting()
    book.exchange.desk.agent("101")
    step(book, HOUR_S)
    agent = book.exchange.state.agents["101"]
    assert (agent.offered_at, agent.rest_until) == (0.0, None)


def test_nothing_is_ordered_because_the_clock_was_set() -> None:
    book = waiting()
    step(book, HOUR_S)
    assert book.asked_none(WriteCdr)
    assert book.call().stage == Stage.QUEUED


def floats(kind: Any, seen: set[Any]) -> set[str]:
    """Names of all fields below a dataclass that hold floats."""
    if kind in seen or not dataclasses.is_dataclass(kind):
        return set()
    seen.add(kind)
    found: set[str] = set()
    for name, hint in typing.get_type_hints(kind).items():
        parts = flat(hint)
        if float in parts and name not in ("vars", "values"):
            found.add(name)
        for part in parts:
            found |= floats(part, seen)
    return found


def flat(hint: Any) -> set[Any]:
    """All types that a type is made of."""
    arguments = typing.get_args(hint)
    if not arguments:
        return {hint}
    return set().union(*(flat(argument) for argument in arguments if argument is not Ellipsis))


def test_of_every_float_in_the_state_it_is_known_whether_it_is_a_moment() -> None:
    names = floats(State, set())
    assert {"arrived_at", "since", "excluded", "worked", "due"} <= names
    unknown = {n for n in names if not moments.is_moment(n) and not n.endswith("_s")} - DURATIONS - OF_THE_CALENDAR - OF_ITS_OWN
    assert unknown == set()
    assert not any(moments.is_moment(name) for name in DURATIONS)
