"""Callers who are called back, under whatever may happen: never two attempts at once, never one without an agent."""

from __future__ import annotations

import functools
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test
from playbook import plan

from ivrd.core import events as e
from ivrd.core import ids
from ivrd.core.plan import CallbackRules, Outbound, Plan
from tests.simulation.test_exchange import DEEP, PROFILE, ExchangeMachine, N
from tests.simulation.world import AGENTS, QUEUES, RULES, World

#: a search takes as much of a core as it takes, and a slow machine is no broken promise
pytestmark = pytest.mark.timeout(900)
FLOW = """start: main
nodes:
  main: {menu: {say: [b], keys: {1: kbli, 2: help, 7: ask, 8: ask-kbli, 9: ":repeat"}, otherwise: help}}
  kbli: {queue: {to: kbli, overflow: ask}}
  help: {queue: {to: help, overflow: ask}}
  ask: {callback: {queue: help, then: bye, otherwise: bye}}
  ask-kbli: {callback: {queue: kbli, then: bye, otherwise: bye}}
  bye: {hangup: {}}
"""
CAUSES = st.sampled_from([16, 17, 19, 21, 38])
ENDED: Counter[str] = Counter()


@functools.cache
def centre(dial: str) -> Plan:
    made = plan(text=FLOW, agents=AGENTS, queues=QUEUES, rules=RULES)
    made.outbound = Outbound(trunk="trunk", allow=("08X.",), per_day=10_000)
    made.callbacks = CallbackRules(dial=dial, attempts=2, retry_after_s=40, ring_timeout_s=10)  # type: ignore[arg-type]
    return made


class CallbackMachine(ExchangeMachine):
    """And customers who want to be called back, and do or do not answer then."""

    dial = "agent_first"

    def __init__(self) -> None:
        super().__init__()
        self.world = World(centre(self.dial))

    @precondition(lambda self: self.world.switch.connected)
    @rule(
        number=st.sampled_from(["08121", "08122", "08123"]),
        other=st.sampled_from(["", "", "", "08121", "08124"]),
        queues=st.sampled_from(["7", "7", "8", "78"]),
        stays=st.booleans(),
    )
    def a_caller_wants_to_be_called_back(self, number: str, other: str, queues: str, stays: bool) -> None:
        """By one queue or, in a second call, by another, too; perhaps at another number."""
        for queue in queues:
            self.wishes(number, other, queue, stays and queue == queues[-1])

    def wishes(self, number: str, other: str, queue: str, stays: bool) -> None:
        self.world.arrive("169", number)
        name = f"c{self.world.names}"
        self.world.settle()
        for digit in queue + (f"2{other}#1" if other else "1"):
            self.world.switch.emit(e.DigitPressed, call=name, channel=name, digit=digit)
            self.world.settle()
        if not stays:
            self.world.hang_up(name, told=True)
            self.world.settle()
            self.world.pass_time(0)

    @rule(number=st.sampled_from(["08121", "08122"]))
    def a_customer_calls(self, number: str) -> None:
        self.world.arrive("169", number)

    def customer(self, n: int, state: str) -> str | None:
        found = [c for c, channel in self.world.switch.channels.items() if channel.role == "callback" and channel.state == state]
        return found[n % len(found)] if found else None

    @rule(n=N, settled=st.booleans())
    def a_customer_picks_up(self, n: int, settled: bool) -> None:
        if settled:
            self.world.settle()
        if name := self.customer(n, "Ringing"):
            self.picked_up(name)

    def picked_up(self, name: str) -> None:
        channel = self.world.switch.channels[name]
        channel.state = "Up"
        if channel.role == "callback":
            self.world.switch.emit(e.CallerAnswered, call=name)
        self.world.switch.emit(e.AgentAnswered, call=ids.call_of(name), leg=name)

    @rule(n=N, cause=CAUSES)
    def a_customer_does_not_answer(self, n: int, cause: int) -> None:
        if name := self.customer(n, "Ringing"):
            self.world.switch.gone(name, cause)

    @rule(n=N)
    def a_called_back_customer_hangs_up(self, n: int) -> None:
        if name := self.customer(n, "Up"):
            self.world.hang_up(name, told=True)

    @precondition(lambda self: self.world.switch.connected and self.world.exchange.state.promises)
    @rule(times=st.sampled_from([1, 1, 2]), reached=st.sampled_from([True, True, False]))
    def callbacks_come_to_their_end(self, times: int, reached: bool) -> None:
        """All talks end, everybody is back from a pause, agents pick up at once and customers pick up or never do: else
        hardly any would come so far."""
        self.everybody_is_ready()
        for _ in range(12):  # a minute: time for a second attempt
            self.world.pass_time(5, settle=True)
            self.phones_are_answered(times, reached)

    @precondition(lambda self: self.world.switch.connected)
    @rule(number=st.sampled_from(["08121", "08122"]), queues=st.sampled_from(["7", "8", "78"]), ends=st.sampled_from(["reached", "not reached", "calls again"]))
    def a_wish_comes_to_its_end(self, number: str, queues: str, ends: str) -> None:
        for queue in queues:
            self.wishes(number, "", queue, stays=False)
        if ends == "calls again":
            self.world.arrive("169", number)
            name = f"c{self.world.names}"
            self.world.settle()
            for digit in "12":
                self.world.switch.emit(e.DigitPressed, call=name, channel=name, digit=digit)
                self.world.settle()
            self.everybody_is_ready()  # now: the customer is on the line, and waits
            self.world.settle()
            self.phones_are_answered(1, reached=True)
        else:
            self.callbacks_come_to_their_end(1, ends == "reached")

    def everybody_is_ready(self) -> None:
        self.a_shift_begins()
        for leg in [name for name, c in self.world.switch.channels.items() if (c.role, c.state) == ("agent", "Up")]:
            self.world.hang_up(leg, told=True)
        for extension in ("101", "102", "103"):
            self.world.dial_feature(extension, "resume")

    def phones_are_answered(self, times: int, reached: bool) -> None:
        """By agents; by customers who are to be reached."""
        for name, channel in [(n, c) for n, c in self.world.switch.channels.items() if c.state == "Ringing"]:
            if reached or channel.role == "agent":
                self.picked_up(name)
            else:
                self.world.switch.gone(name, 17)
        self.world.settle(times)

    @rule()
    def somebody_takes_a_promise_by_hand(self) -> None:
        if ids := tuple(self.world.exchange.state.promises):
            self.world.handle(e.CallbacksCounted, open={}, done=ids[:1])

    def teardown(self) -> None:
        if not self.world.switch.connected:
            self.world.back()
        self.world.settle()  # keys on their way may be wishes
        self.world.handle(e.CallbacksCounted, open={}, done=tuple(self.world.exchange.state.promises))
        super().teardown()
        assert self.world.exchange.state.promises == {}
        ENDED.update(f"closed:{note.partition(' for ')[0]}" for note in self.world.switch.closed)
        ENDED.update(f"{bool(r[-1][1].callback_of)}:{r[-1][1].disposition}" for r in self.world.switch.rows.values())


class CustomerFirstMachine(CallbackMachine):
    """The customer is rung before the agent."""

    dial = "customer_first"


@pytest.mark.parametrize("machine", [CallbackMachine, CustomerFirstMachine])
def test_no_way_is_found_to_break_a_promise_to_call_back(machine: type[CallbackMachine]) -> None:
    ENDED.clear()
    run_state_machine_as_test(machine, settings=settings(PROFILE, max_examples=2000 if DEEP else 250, stateful_step_count=40))
    ways = ("closed:reached", "closed:served: called again", "closed:served: called back")
    for ended in ("True:answered", "True:not_reached", "False:callback", *ways):
        assert ENDED[ended] >= 5, ENDED
