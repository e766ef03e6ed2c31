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
from ivrd.core.plan import CallbackRules, Outbound, Plan
from tests.simulation.test_exchange import DEEP, PROFILE, ExchangeMachine, N
from tests.simulation.world import AGENTS, QUEUES, RULES, World

FLOW = """start: main
nodes:
  main: {menu: {say: [b], keys: {1: kbli, 2: help, 7: ask, 9: ":repeat"}, otherwise: help}}
  kbli: {queue: {to: kbli, overflow: ask}}
  help: {queue: {to: help, overflow: ask}}
  ask: {callback: {queue: help, then: bye, otherwise: bye}}
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
    @rule(number=st.sampled_from(["08121", "08122", "08123"]), stays=st.booleans())
    def a_caller_wants_to_be_called_back(self, number: str, stays: bool) -> None:
        self.world.arrive("169", number)
        name = f"c{self.world.names}"
        self.world.settle()
        for digit in "71":
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
            self.world.switch.channels[name].state = "Up"
            self.world.switch.emit(e.CallerAnswered, call=name)
            self.world.switch.emit(e.AgentAnswered, call=name, leg=name)

    @rule(n=N, cause=CAUSES)
    def a_customer_does_not_answer(self, n: int, cause: int) -> None:
        if name := self.customer(n, "Ringing"):
            self.world.switch.gone(name, cause)

    @rule(n=N)
    def a_called_back_customer_hangs_up(self, n: int) -> None:
        if name := self.customer(n, "Up"):
            self.world.hang_up(name, told=True)

    @precondition(lambda self: self.world.switch.connected and self.world.exchange.state.promises)
    @rule(n=N, times=st.sampled_from([1, 1, 2]))
    def a_callback_goes_well(self, n: int, times: int) -> None:
        """Else hardly any would come so far."""
        self.a_shift_begins()
        for extension in ("101", "102", "103"):
            self.world.dial_feature(extension, "resume")
        self.world.pass_time(60, settle=True)
        for pick_up in (self.a_phone_is_picked_up, self.a_customer_picks_up, self.a_phone_is_picked_up):
            self.world.settle(times)
            pick_up(n, True)
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
        ENDED.update(f"{bool(r[-1][1].callback_of)}:{r[-1][1].disposition}" for r in self.world.switch.rows.values())


class CustomerFirstMachine(CallbackMachine):
    """The customer is rung before the agent."""

    dial = "customer_first"


@pytest.mark.parametrize("machine", [CallbackMachine, CustomerFirstMachine])
def test_no_way_is_found_to_break_a_promise_to_call_back(machine: type[CallbackMachine]) -> None:
    ENDED.clear()
    run_state_machine_as_test(machine, settings=settings(PROFILE, max_examples=2000 if DEEP else 250, stateful_step_count=40))
    for ended in ("True:answered", "True:not_reached", "False:callback"):
        assert ENDED[ended] >= 5, ENDED
