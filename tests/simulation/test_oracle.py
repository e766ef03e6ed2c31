"""The oracle sees a filter that is wrong: each is broken once, and a call trace that runs into it fails."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playbook import Playbook, plan

from ivrd.core import queueing
from ivrd.core.acd import demand, selection
from ivrd.core.acd.lines import Waiting
from ivrd.core.acd.model import AcdRules, Affinity, Agent, Queue, Relax, Reserve
from ivrd.core.acd.presence import AgentState, Presence
from ivrd.core.acd.skills import Way
from ivrd.core.commands import Command
from ivrd.core.desk import Desk
from ivrd.core.events import ChannelGone, Event, PhoneReachable, PhoneUnreachable

from .invariants import (
    nobody_waits_beside_an_agent_who_could_take_the_call,
    who_declined_is_not_next_for_the_same_call,
    who_is_rung_may_be_and_nobody_ahead_could_have_had_them,
)
from .switch import Switch
from .world import note

TEXT = """start: m
nodes:
  m: {menu: {say: [a], keys: {1: h, 2: t}, otherwise: bye}}
  h: {queue: {to: help, overflow: t}}
  t: {queue: {to: tax, overflow: bye}}
  bye: {hangup: {}}
"""
AGENTS = (
    Agent(id="101", name="A", extension="101", skills={"tax": 8}),
    Agent(id="102", name="B", extension="102", skills={"tax": 2}),
    Agent(id="103", name="C", extension="103"),
)
HELP = Queue(id="help", title="H", wrap_up_s=0, max_wait_s=20, announce_every_s=0)
TAX = Queue(
    id="tax", title="T", wrap_up_s=0, skills={"tax": 5}, relax=(Relax(after_s=30, lower={"tax": 1}),), affinity=Affinity(hold_s=60),
    announce_every_s=0,
)  # fmt: skip


class Watched(Playbook):
    """A playbook that the oracle looks at after each event."""

    def __init__(self, *agents: str, tax: Queue = TAX) -> None:
        self.switch = Switch()
        super().__init__(plan(text=TEXT, queues=(HELP, tax), agents=AGENTS, rules=AcdRules(reoffer_after_s=15, pause_after_misses=0)))
        self.log_in(*agents)

    def tell(self, kind: type[Event], *, after_s: float = 0.01, **facts: Any) -> list[Command]:
        before = len(self.trace)
        orders = super().tell(kind, after_s=after_s, **facts)
        note(self.switch, [o for o in self.trace[before:] if not isinstance(o, Event)], self.at)
        nobody_waits_beside_an_agent_who_could_take_the_call(self.exchange, self.switch)
        who_is_rung_may_be_and_nobody_ahead_could_have_had_them(self.exchange, self.switch)
        who_declined_is_not_next_for_the_same_call(self.exchange, self.switch)
        self.switch.asked |= {o.leg for c in self.exchange.state.calls.values() for o in c.ringing}
        return orders

    def comes(self, call: str, key: str, number: str = "0812") -> None:
        self.arrive(call, number=number)
        self.press(key, call)

    def declines(self, call: str = "c1") -> None:
        offer = self.call(call).offer
        assert offer is not None
        self.tell(ChannelGone, call=call, channel=offer.leg, cause=21)


def who_is_known_lacks_the_skill() -> None:
    """103 talks to the caller again, who is known there, and asks for what 103 cannot; 101 is free."""
    book = Watched("103")
    for call in ("before", "again"):
        book.comes(call, "1")
        book.agent_answers(call)
        if call == "before":
            book.caller_leaves(call)
    book.log_in("101")
    book.comes("c1", "2")
    assert book.call().offer is not None


def somebody_cannot() -> None:
    book = Watched("102", "103")
    book.comes("c1", "2")
    book.log_in("101")


def somebody_can_after_a_while() -> None:
    book = Watched("101", "102")
    book.comes("c0", "2")
    book.agent_answers("c0")
    book.comes("c1", "2", number="0899")
    book.pass_time(31)
    assert book.call().offer is not None


def somebody_declines() -> None:
    book = Watched("103")
    book.comes("c1", "1")
    book.declines()
    book.pass_time(16)


def somebody_declines_and_the_call_overflows() -> None:
    book = Watched("101")
    book.comes("c1", "1")
    book.declines()
    book.pass_time(15)
    book.declines()
    book.pass_time(10)


def a_phone_is_unplugged() -> None:
    book = Watched("101")
    book.tell(PhoneUnreachable, extension="101")
    book.comes("c1", "1")
    book.tell(PhoneReachable, extension="101")


def one_is_kept_free() -> None:
    book = Watched("101", "102", tax=dataclasses.replace(TAX, reserve=(Reserve(skill="tax", others_after_s=10),)))
    book.comes("c1", "1")
    book.comes("c2", "1")
    book.pass_time(11)


def never(*_: object) -> bool:
    return False


def always(*_: object) -> bool:
    return True


def nothing_kept(*_: object) -> Iterator[Reserve]:
    return iter(())


def all_kept(call: Waiting, agent: str, now: selection.Now) -> Iterator[Reserve]:
    return (reserve for queue, reserve in now.floor.reserves if queue != call.queue)


def held_for_whomever(call: Waiting, now: selection.Now) -> str:
    return call.known if now.at < call.held_until else ""


def blind(of: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: dataclasses.replace(of(*args), excluded={})


WRONG = [
    pytest.param(who_is_known_lacks_the_skill, selection, "waits_for", held_for_whomever, id="held for an agent who cannot"),
    pytest.param(somebody_cannot, Way, "open_to", always, id="skills do not matter"),
    pytest.param(somebody_can_after_a_while, Way, "open_to", never, id="nobody can"),
    pytest.param(somebody_can_after_a_while, demand, "_lower", never, id="nothing is relaxed"),
    pytest.param(somebody_declines, Desk, "seen_waiting", blind(Desk.seen_waiting), id="who declined is asked again"),
    pytest.param(somebody_declines_and_the_call_overflows, queueing, "begun", blind(queueing.begun), id="by the next queue"),
    pytest.param(a_phone_is_unplugged, AgentState, "available", property(lambda s: s.presence == Presence.READY), id="no phone there"),
    pytest.param(a_phone_is_unplugged, AgentState, "available", property(never), id="nobody is available"),
    pytest.param(one_is_kept_free, selection, "reserved", nothing_kept, id="nobody is kept free"),
    pytest.param(one_is_kept_free, selection, "reserved", all_kept, id="kept free for ever"),
]


@pytest.mark.parametrize("trace", dict.fromkeys(p.values[0] for p in WRONG))
def test_with_the_filters_as_they_are_the_oracle_has_no_objection(trace: Callable[[], None]) -> None:
    trace()


@pytest.mark.parametrize(("trace", "of", "name", "broken"), WRONG)
def test_a_filter_that_is_wrong_is_seen(trace: Callable[[], None], of: Any, name: str, broken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of, name, broken)
    with pytest.raises(AssertionError) as seen:
        trace()
    assert seen.traceback[-1].path.name == "invariants.py", "the oracle's objection, and not the trace's"
