"""The exchange and the model of Asterisk joined: what may happen to them, one step a method."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from playbook import TUESDAY_10, plan
from pydantic import TypeAdapter

from ivrd.core import events as e
from ivrd.core import ids
from ivrd.core.acd.model import AcdRules, Affinity, Agent, Queue, Relax, Reserve
from ivrd.core.acd.rules import MissRule, Occupancy, PauseReason
from ivrd.core.commands import Command, OfferCall, Publish, PublishEvent
from ivrd.core.exchange import Exchange
from ivrd.core.guard_rules import Guards
from ivrd.core.plan import Outbound, Plan
from ivrd.core.state import Call, Stage, State

from . import invariants
from .switch import Channel, Switch

STATE = TypeAdapter(State)
BEGINNINGS = (e.CallArrived, e.FeatureDialled, e.ConsultDialled)
FLOW = """start: hello
nodes:
  hello: {play: {say: [welcome], then: lang}}
  lang: {menu: {say: [a], keys: {1: main, 2: en}, otherwise: main, tries: 2, silence: []}}
  en: {language: {set: en, then: notice}}
  notice: {play: {say: [recording-notice], then: main, barge_in: false}}
  main: {menu: {say: [b], keys: {1: kbli, 2: help, 9: ":repeat", "*": ":back", 3: bye, 4: desk, 5: outside, 6: give, 8: away}, otherwise: help}}
  kbli: {tag: {add: k, then: to-kbli}}
  to-kbli: {queue: {to: kbli, overflow: help}}
  help: {queue: {to: help, overflow: sorry, keep_place: true}}
  desk: {dial: {extension: "103", timeout_s: 10, max_s: 100, then: main, busy: main, no_answer: help, failed: main}}
  outside: {dial: {number: "02155", timeout_s: 10, then: main, busy: main, no_answer: main, failed: main}}
  give: {transfer: {extension: "102", failed: main}}
  away: {transfer: {number: "02166", failed: main}}
  sorry: {play: {say: [queue-overflow], then: bye}}
  bye: {hangup: {why: overflow}}
limits: {steps: 40}
"""
AGENTS = (
    Agent(id="a1", name="A", extension="101", skills={"k": 8}, languages=("id", "en")),
    Agent(id="a2", name="B", extension="102", skills={"k": 3}),
    Agent(id="a3", name="C", extension="103"),
)
QUEUES = (
    Queue(
        id="kbli", title="K", extension="801", skills={"k": 5}, priority=1, max_wait_s=60, max_waiting=2, ring_timeout_s=10,
        relax=(Relax(after_s=6, lower={"k": 1}), Relax(after_s=30, widen=("help",))), order="best_skilled", weight=2.0,
        reserve=(Reserve(skill="k", keep=1, others_after_s=20),),
        without_agents="leave", max_expected_wait_s=400, wrap_up_max_s=60, max_paused=1,
    ),
    Queue(
        id="help", title="H", extension="800", max_wait_s=45, max_waiting=2, wrap_up_s=0, announce_every_s=20,
        ring=2, order="most_specific", affinity=Affinity(hold_s=8),
    ),
)
RULES = AcdRules(
    reoffer_after_s=5,
    first_after_s=40,
    points_per_priority=20,
    misses={"busy": MissRule(pause_after=1, return_after_s=20)},
    pause_reasons={"short": PauseReason(code="1", max_s=10, returns=True)},
    occupancy=Occupancy(cap_percent=40, window_s=60, rest_s=15),
)


@functools.cache
def centre() -> Plan:
    """Read once: YAML takes longer than a whole day in the model."""
    made = plan(text=FLOW, agents=AGENTS, queues=QUEUES, rules=RULES)
    made.guards = Guards(silent=3)
    made.outbound = Outbound(trunk="trunk", allow=("021X.",), per_day=5, per_agent_day=2)
    return made


class World:
    """Time, the exchange and the outside."""

    def __init__(self, the_plan: Plan | None = None) -> None:
        self.at = TUESDAY_10
        self.switch = Switch()
        self.plan = the_plan or centre()
        self.exchange = Exchange(self.plan)
        self.accepted: set[str] = set()
        self.delivered: list[tuple[type[e.Event], dict[str, Any]]] = []
        self.names = 0
        self.back()

    def handle(self, kind: type[e.Event], **facts: Any) -> None:
        """Our process is told something; every invariant is looked at after it."""
        orders = self.exchange.handle(kind(at=self.at, **facts))
        note(self.switch, orders, self.exchange.state.last_at)
        for order in orders:
            if not isinstance(order, Publish):
                self.switch.put(order)
        self.accepted |= {c.id for c in self.exchange.state.calls.values() if not _in_line(c)}
        self.exchange.views()
        self.check()
        self.switch.asked |= {o.leg for c in self.exchange.state.calls.values() for o in c.ringing}

    def check(self) -> None:
        for sentence in invariants.ALWAYS:
            sentence(self.exchange, self.switch)

    # --- events and orders on their way

    def deliver(self, n: int, times: int = 1) -> None:
        """One of the events on their way arrives, so many times. A channel's beginning comes first."""
        ready = [i for i, event in enumerate(self.switch.events) if self._may_come(i, event)]
        kind, facts = self.switch.events.pop(ready[n % len(ready)])
        self.delivered = [*self.delivered[-20:], (kind, facts)]
        for _ in range(times):
            self.handle(kind, **facts)

    def _may_come(self, at: int, event: tuple[type[e.Event], dict[str, Any]]) -> bool:
        begun = {_whose(f) for k, f in self.switch.events[:at] if k in BEGINNINGS}
        return _whose(event[1]) not in begun

    def deliver_again(self, n: int) -> None:
        """An event that arrived a while ago arrives once more; beginnings do not."""
        old = [x for x in self.delivered if x[0] not in (*BEGINNINGS, e.DrainAsked)]
        if old:
            kind, facts = old[n % len(old)]
            self.handle(kind, **facts)

    def carry_out(self, n: int) -> None:
        """One order takes effect."""
        lanes = sorted(self.switch.lanes)
        self.switch.carry_out(lanes[n % len(lanes)])
        self.check()

    def settle(self, times: int = 1) -> None:
        """Everything that is on its way arrives, each event so many times."""
        while self.switch.events or self.switch.lanes:
            while self.switch.lanes:
                self.carry_out(0)
            if self.switch.events:
                self.deliver(0, times)

    # --- time and trouble

    def pass_time(self, seconds: float, settle: bool = False) -> None:
        """Deadlines on the way fire in their order."""
        end = self.at + seconds
        while seconds >= 3 and self.switch.lanes:
            self.carry_out(0)  # an order takes less than its time-out, or is refused
        while (due := self.exchange.state.timers.next()) and due[1] <= end:
            self.at = max(self.at, due[1])
            self.handle(e.TimerFired, timer=due[0])
            if settle:
                self.settle()
        self.at = max(self.at, end)

    def lose(self) -> None:
        """The connection to Asterisk breaks."""
        self.switch.lost()
        self.handle(e.SwitchLost)

    def kill(self) -> None:
        """kill -9, and a start from the snapshot and journal (which together are the state)."""
        state = STATE.validate_json(STATE.dump_json(self.exchange.state))
        assert state == self.exchange.state
        state.connected = state.draining = False  # as daemon/history.py does
        self.switch.killed()
        self.delivered.clear()
        self.exchange = Exchange(self.plan, state)

    def back(self, watched: bool = False) -> None:
        """Connected (again): Asterisk shows what it holds; phones say how they are. ``watched``: the rescuer tells what it noted."""
        noted, self.switch.noted = self.switch.noted, []
        for kind, facts in noted if watched else []:
            self.handle(kind, **facts)
        self.handle(e.SwitchSeen, **self.switch.survey())
        for agent in AGENTS:
            away = agent.extension in self.switch.away
            self.switch.emit(e.PhoneUnreachable if away else e.PhoneReachable, extension=agent.extension)

    # --- people

    def new_name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def arrive(self, did: str, number: str = "0812") -> None:
        name = self.new_name("c")
        self.switch.channels[name] = Channel(role="call", did=did)
        self.switch.emit(e.CallArrived, call=name, did=did, caller_number=number)

    def dial_feature(self, extension: str, feature: str, detail: str = "") -> None:
        name = self.new_name("s")
        self.switch.channels[name] = Channel(role="feature")
        self.switch.emit(e.FeatureDialled, session=name, extension=extension, feature=feature, detail=detail)

    def ask(self, extension: str, to: str) -> None:
        name = self.new_name("k")
        self.switch.channels[name] = Channel(role="consult")
        self.switch.emit(e.ConsultDialled, channel=name, extension=extension, to=to)

    def hang_up(self, name: str, told: bool) -> None:
        """Somebody hangs up; Asterisk says so (or not) before it says that the channel is gone."""
        child = ids.parse(name)
        if told and child is None:
            self.switch.emit(e.CallerHungUp, call=name)
        elif told and child is not None and self.switch.channels[name].state == "Up":
            self.switch.emit(e.AgentHungUp, call=child.call, leg=name)
        self.switch.gone(name)

    def end(self) -> None:
        """Everybody hangs up, everything arrives, and time passes: nothing may be left."""
        if not self.switch.connected:
            self.back()
        self.settle()
        for name in list(self.switch.channels):
            if name in self.switch.channels:
                self.hang_up(name, told=True)
        self.settle()
        self.pass_time(2000, settle=True)
        self.settle()
        invariants.nothing_is_left(self.exchange, self.switch)
        invariants.every_call_has_its_row(self.accepted, self.switch)


def note(switch: Switch, orders: Iterable[Command], at: float) -> None:
    """What the oracle goes by: phones rung in this event, and who declined or missed a call, as walls are told."""
    switch.rung = [order.leg for order in orders if isinstance(order, OfferCall)]
    for order in orders:
        if isinstance(order, PublishEvent) and order.kind == "offer_ended" and order.facts["outcome"] not in ("answered", "withdrawn"):
            switch.declined[order.call, str(order.facts["agent"])] = at


def _whose(facts: dict[str, Any]) -> str | None:
    """The channel with which what is told of began."""
    return facts.get("call", facts.get("session", facts.get("channel")))


def _in_line(call: Call) -> bool:
    """Nobody was rung for it yet: it has no row unless somebody is."""
    return bool(call.callback_of) and call.stage == Stage.QUEUED and not call.caller_here
