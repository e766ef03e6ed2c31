"""A snapshot is the whole truth: restored from it, the exchange answers what comes next with the same orders."""

from __future__ import annotations

from typing import Any

from playbook import Playbook, plan
from pydantic import TypeAdapter

from ivrd.core import events as e
from ivrd.core.acd.model import Agent, Queue
from ivrd.core.exchange import Exchange
from ivrd.core.plan import Plan
from ivrd.core.state import Stage, State

STATE = TypeAdapter(State)
FLOW = """start: m
nodes:
  m: {menu: {say: [a], keys: {1: t, 2: en}, otherwise: q}}
  en: {language: {set: en, then: m}}
  t: {tag: {add: x, then: q}}
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {}}
"""


def centre() -> Plan:
    agents = tuple(
        Agent(id=str(n), name="A", extension=str(n), languages=("id", "en")) for n in range(101, 105)
    )
    return plan(text=FLOW, agents=agents, queues=(Queue(id="help", title="Help", max_wait_s=400),))


def in_the_middle_of_it() -> Playbook:
    """One talks and holds, one is rung after a miss, one waits, one is in a menu, one wraps up, one dials a code."""
    book = Playbook(centre())
    book.log_in("101", "102", "103")
    for call in ("done", "talk", "rung", "waits", "menu"):
        book.arrive(call)
        if call != "menu":
            book.press("1", call)
    book.agent_answers("done")
    book.caller_leaves("done", after_s=5)
    book.agent_answers("talk")
    book.tell(e.HoldStarted, call="talk", channel="talk.agent-102.1")
    book.tell(e.ChannelGone, call="rung", channel="rung.agent-103.1", cause=21)
    book.press("27", "menu")
    book.tell(e.FeatureDialled, session="s9", extension="104", feature="log_in")
    book.tell(e.FeatureDialled, session="s8", extension="102", feature="pause")
    book.tell(e.PhoneUnreachable, extension="104")
    assert {c.id: c.stage for c in book.exchange.state.calls.values()} == {
        "done": Stage.CLOSING,
        "talk": Stage.TALKING,
        "rung": Stage.QUEUED,
        "waits": Stage.QUEUED,
        "menu": Stage.IVR,
    }
    return book


def test_it_survives_the_trip_through_json() -> None:
    state = in_the_middle_of_it().exchange.state
    assert STATE.validate_json(STATE.dump_json(state)) == state


def test_a_new_state_does_so_too() -> None:
    assert STATE.validate_json(STATE.dump_json(State())) == State()


def _then(at: float) -> list[e.Event]:
    seen: dict[str, Any] = {
        "channels": tuple(
            e.ChannelSeen(channel=c, state="Up", role="call") for c in ("talk", "rung", "waits", "menu", "new")
        )
    }
    return [
        e.TimerFired(at=at + 11, timer="reoffer:rung"),
        e.DigitPressed(at=at + 12, call="menu", channel="menu", digit="1"),
        e.ChannelGone(at=at + 13, call="done", channel="done.agent-101.1"),
        e.HoldEnded(at=at + 14, call="talk", channel="talk.agent-102.1"),
        e.AgentHungUp(at=at + 15, call="talk", leg="talk.agent-102.1"),
        e.TimerFired(at=at + 46, timer="wrap:101"),
        e.TimerFired(at=at + 47, timer="wrap:102"),
        e.SwitchLost(at=at + 50),
        e.SwitchSeen(at=at + 55, **seen),
        e.DrainAsked(at=at + 56),
        e.CallArrived(at=at + 57, call="late", did="169", caller_number=""),
        e.TimerFired(at=at + 500, timer="wait:waits"),
    ]


def test_what_comes_next_is_answered_with_the_same_orders() -> None:
    book = in_the_middle_of_it()
    twin = Exchange(centre(), STATE.validate_json(STATE.dump_json(book.exchange.state)))
    orders = 0
    for event in _then(book.at):
        here, there = book.exchange.handle(event), twin.handle(event)
        assert there == here, event
        orders += len(here)
    assert orders > 20
    assert twin.state == book.exchange.state
    assert twin.desk.dirty_queues == book.exchange.desk.dirty_queues
