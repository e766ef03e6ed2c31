"""The same search, where agents ask colleagues about their callers and give the callers to them (ADR 87)."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from ivrd.core import events as e
from ivrd.core import ids

from .test_exchange import DEEP, ENDED, PROFILE, ExchangeMachine, N

#: a search takes as much of a core as it takes, and a slow machine is no broken promise
pytestmark = pytest.mark.timeout(900)


class ConsultMachine(ExchangeMachine):
    """What agents may do who talk to a caller, and whom they ask."""

    def __init__(self) -> None:
        super().__init__()
        self.joined: set[str] = set()  #: legs of colleagues who had the caller at last

    @invariant()
    def who_has_the_caller_was_asked(self) -> None:
        talks = [c.talk for c in self.world.exchange.state.calls.values() if c.talk]
        self.joined |= {talk.leg for talk in talks if ".dial-" in talk.leg}

    @rule(n=N, to=st.sampled_from(["101", "102", "103", "800", "801", "666"]))
    def an_agent_asks_a_colleague(self, n: int, to: str) -> None:
        if (name := self.some(n, "leg")) and (child := ids.parse(name)) is not None and child.agent:
            self.world.ask(self.world.plan.floor.agents[child.agent].extension, to)

    @rule(n=N, on_the_second=st.booleans())
    def an_agent_joins_caller_and_colleague(self, n: int, on_the_second: bool) -> None:
        asking = [c for c in self.world.exchange.state.calls.values() if c.consult and c.talk]
        if asking and (call := asking[n % len(asking)]).consult and call.talk:
            legs = (call.consult.channel, call.talk.leg) if on_the_second else (call.talk.leg, call.consult.channel)
            self.world.switch.emit(e.TransferAsked, call=ids.call_of(legs[0]), leg=legs[0], to="", other=legs[1])

    @precondition(lambda self: self.world.switch.connected)
    @rule(n=N, join=st.booleans())
    def an_agent_talks_and_a_colleague_answers(self, n: int, join: bool) -> None:
        """All of it at once: without it hardly any talk would ever come so far."""
        self.a_shift_begins()
        self.a_caller_knows_the_way("12", False)
        self.a_call_is_answered(n, 1)
        for extension in ("101", "102", "103"):
            self.an_agent_asks_a_colleague(n, extension)
        self.world.settle()
        for leg in [c.consult.leg for c in self.world.exchange.state.calls.values() if c.consult]:
            if self.world.switch.channels[leg].state == "Ringing":
                self.world.switch.channels[leg].state = "Up"
                self.world.switch.emit(e.AgentAnswered, call=ids.call_of(leg), leg=leg)
        if join:
            self.world.settle()
            self.an_agent_joins_caller_and_colleague(n, n > 3)

    @rule(name=st.just("consult"), n=N)
    def a_deadline_of_a_question_fires(self, name: str, n: int) -> None:
        self.world.handle(e.TimerFired, timer=f"{name}:c{n}")

    def teardown(self) -> None:
        super().teardown()
        ENDED["joined"] += len(self.joined)


def test_no_way_is_found_to_break_a_promise_to_who_is_asked_about() -> None:
    ENDED.clear()
    profile = settings(PROFILE, max_examples=2000 if DEEP else 200, stateful_step_count=40)
    run_state_machine_as_test(ConsultMachine, settings=profile)
    assert ENDED["joined"] >= 20, ENDED
