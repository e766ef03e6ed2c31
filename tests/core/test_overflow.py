"""Overflow: why a queue does not take or keep a caller, where that leads, and what the record says."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from playbook import WIB, Playbook, flow, order_kinds, plan

from ivrd.core.acd.model import Agent, Queue
from ivrd.core.commands import HangUp, OfferCall, StopMusic
from ivrd.core.events import ChannelGone, FeatureDialled
from ivrd.core.queueing import LOOK_EVERY_S
from ivrd.core.state import Stage

ADI = Agent(id="101", name="Adi", extension="101")
AYU = Agent(id="102", name="Ayu", extension="102")
WAYS = """start: q
nodes:
  q: {queue: {to: help, overflow: other-way, full: full, nobody: nobody, waited: waited, expected: expected, closing: closing}}
  full: {hangup: {why: overflow, cause: 17}}
  nobody: {hangup: {why: overflow, cause: 18}}
  waited: {hangup: {why: overflow, cause: 19}}
  expected: {hangup: {why: overflow, cause: 20}}
  closing: {hangup: {why: overflow, cause: 21}}
  other-way: {hangup: {why: overflow, cause: 42}}
"""
CAUSES = {"full": 17, "nobody": 18, "waited": 19, "expected": 20, "closing": 21}
AT_16_50 = dt.datetime(2026, 11, 24, 16, 50, tzinfo=WIB).timestamp()


def centre(text: str = WAYS, agents: tuple[Agent, ...] = (ADI,), **facts: Any) -> Playbook:
    return Playbook(plan(text=text, queues=(Queue(id="help", title="Help", **{"announce_every_s": 0, **facts}), Queue(id="other", title="Other")), agents=agents))


def busy(book: Playbook, *agents: str) -> None:
    """The agents talk to somebody."""
    for agent in agents:
        book.log_in(agent)
        book.arrive(f"talk-{agent}")
        book.agent_answers(f"talk-{agent}")


def leave(book: Playbook, agent: str = "101") -> None:
    """The agent logs out."""
    book.tell(FeatureDialled, session=f"out{agent}", extension=agent, feature="log_out")


def goes(book: Playbook, why: str, call: str = "c1") -> None:
    """The caller was sent the way of ``why`` by the last event, and the record and walls say so."""
    assert [c.cause for c in book.last if isinstance(c, HangUp) and c.channel == call] == [CAUSES[why]]
    assert book.told("call_diverted")[-1]["why"] == why
    book.tell(ChannelGone, call=call, channel=call)
    assert book.rows(call)[-1].overflow == f"help:{why}"


def test_by_size() -> None:
    book = centre(max_waiting=0)
    book.log_in()
    book.arrive()
    goes(book, "full")


def test_nobody_logged_in_at_joining() -> None:
    book = centre()
    book.arrive()
    goes(book, "nobody")


def test_a_queue_may_wait_for_agents_or_not() -> None:
    plain = "start: q\nnodes:\n  q: {queue: {to: help, overflow: bye}}\n  bye: {hangup: {why: overflow, cause: 18}}\n"
    assert centre(plain).arrive().stage == Stage.QUEUED
    book = centre(plain, without_agents="leave")
    book.arrive()
    goes(book, "nobody")


def test_the_last_agent_logs_out_while_callers_wait() -> None:
    book = centre(agents=(ADI, AYU))
    busy(book, "101")
    book.log_in("102")
    book.tell(FeatureDialled, session="p102", extension="102", feature="pause")
    book.arrive()
    leave(book, "102")
    assert book.call().stage == Stage.QUEUED  # Adi still talks
    leave(book, "101")
    assert book.call().stage == Stage.QUEUED  # and logs out when that is over
    book.caller_leaves("talk-101")
    book.pass_time(30)
    goes(book, "nobody")


def test_the_expected_wait_is_too_long_at_joining() -> None:
    book = centre(handling_time_s=300, max_expected_wait_s=199)
    busy(book, "101")
    book.arrive()
    goes(book, "expected")


def test_the_expected_wait_becomes_too_long_while_waiting() -> None:
    book = centre(agents=(ADI, AYU), handling_time_s=300, max_expected_wait_s=170)
    busy(book, "101", "102")
    book.arrive()
    leave(book, "102")
    assert book.call().stage == Stage.QUEUED
    book.pass_time(LOOK_EVERY_S)  # she still talks, and is free for nobody afterwards
    goes(book, "expected")


def test_who_would_be_served_long_after_closing_is_not_kept_waiting() -> None:
    book = centre(handling_time_s=3000, closing_grace_s=60)
    book.at = AT_16_50
    busy(book, "101")
    book.arrive()
    goes(book, "closing")  # who is served at all is so after 17:01


def test_who_still_waits_at_closing_time_leaves_then() -> None:
    book = centre(handling_time_s=300, closing_grace_s=300)
    book.at = AT_16_50
    busy(book, "101")
    book.arrive()
    assert book.call().stage == Stage.QUEUED
    book.heard()
    book.pass_time(5 * 60)
    assert book.call().stage == Stage.QUEUED
    orders = book.pass_time(10 * 60)
    assert [c.cause for c in orders if isinstance(c, HangUp) and c.channel == "c1"][:1] == [CAUSES["closing"]]

def test_a_phone_that_rings_when_the_wait_is_over_rings_out_first() -> None:
    book = centre(agents=(ADI, AYU), max_wait_s=10, ring_timeout_s=15)
    book.log_in("101", "102")
    book.arrive()
    book.pass_time(10)
    assert book.last == []
    first = book.call().offer
    assert first is not None
    book.tell(ChannelGone, call="c1", channel=first.leg, cause=19)
    assert book.asked_none(OfferCall)  # nobody else is asked
    book.pass_time(0)
    goes(book, "waited")


def test_and_who_answers_then_has_the_call() -> None:
    book = centre(max_wait_s=10)
    book.log_in()
    book.arrive()
    book.pass_time(10)
    book.agent_answers()
    assert book.call().stage == Stage.TALKING
    assert book.rows() == []
    assert book.call().overflows == []


def test_a_phone_that_never_says_how_its_ringing_ended_does_not_hold_the_caller() -> None:
    book = centre(max_wait_s=10, ring_timeout_s=15)
    book.log_in()
    book.arrive()
    book.pass_time(17.1)
    assert "c1.agent-101.1" in [c.channel for c in book.last if isinstance(c, HangUp)]
    assert book.call().stage == Stage.CLOSING
    assert book.presence() == "ready"


KEEPS = """start: first
nodes:
  first: {queue: {to: help, overflow: second}}
  second: {queue: {to: other, overflow: bye, keep_place: KEEP}}
  bye: {hangup: {why: overflow}}
"""


@pytest.mark.parametrize(("keep", "waited_s"), [("true", 120), ("false", 20)])
def test_the_place_is_kept_when_the_flow_says_so(keep: str, waited_s: int) -> None:
    book = centre(KEEPS.replace("KEEP", keep), max_wait_s=100)
    book.arrive()
    book.heard()
    book.pass_time(100)
    assert order_kinds(book.last)[0] == StopMusic.__name__
    wait = book.call().wait
    assert wait is not None
    assert wait.queue == "other"
    assert round(book.at - wait.since) == waited_s - 20
    book.pass_time(20)
    book.caller_leaves()
    row = book.rows()[-1]
    assert (row.queue, row.overflow, round(row.wait_ms / 1000)) == ("other", "help:waited", waited_s)


def test_a_kept_place_is_ahead_of_those_who_came_later() -> None:
    book = centre(KEEPS.replace("KEEP", "true"), max_wait_s=100)
    book.arrive("c1")
    book.heard("c1")
    book.pass_time(90)
    late = dataclasses.replace(book.exchange.desk.plan)
    late.dids = {**late.dids, "170": "late"}
    late.add(flow("start: q\nnodes:\n  q: {queue: {to: other, overflow: bye}}\n  bye: {hangup: {}}\n", name="late"))
    book.exchange.replan(late)
    book.arrive("c2", did="170")
    book.heard("c2")
    book.pass_time(11)
    book.log_in()
    assert book.exchange.state.calls["c1"].offer is not None
    assert book.exchange.state.calls["c2"].offer is None
