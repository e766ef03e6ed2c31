"""The exchange under whatever may happen, in any order: Hypothesis looks for a way to break a promise.

``IVRD_HYPOTHESIS=deep`` looks for much longer. A way that was found stays at the end of this file.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ivrd.core import events as e
from ivrd.core import ids
from ivrd.core.commands import HangUp

from . import invariants
from .world import AGENTS, World

#: a search takes as much of a core as it takes, and a slow machine is no broken promise
pytestmark = pytest.mark.timeout(900)
DEEP = os.environ.get("IVRD_HYPOTHESIS") == "deep"
PROFILE = settings(
    max_examples=3000 if DEEP else 500,
    stateful_step_count=100 if DEEP else 60,
    deadline=None,
    print_blob=True,
    derandomize=not DEEP,  # the same hundred every time: a red build must be somebody's change
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
ENDED: Counter[str] = Counter()  #: dispositions of all the calls of a search
N = st.integers(0, 7)
EXTENSIONS = st.sampled_from([a.extension for a in AGENTS])
FEATURES = st.sampled_from(["log_in", "log_in", "log_out", "pause", "resume", "end_wrap_up", "extend_wrap_up"])


class ExchangeMachine(RuleBasedStateMachine):
    """What people, phones, Asterisk, the network and the operating system may do."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    def some(self, n: int, kind: str) -> str | None:
        """One of the channels of a kind: caller, ringing, talking (a leg that is up)."""
        found = [
            name
            for name, c in self.world.switch.channels.items()
            if (kind == "caller" and c.role == "call")
            or (kind == "any" and c.role != "feature")
            or (c.role == "agent" and (kind, c.state) in {("ringing", "Ringing"), ("leg", "Up")})
        ]
        return found[n % len(found)] if found else None

    # --- callers

    @rule(did=st.sampled_from(["169", "169", "169", "555"]))
    def a_caller_dials(self, did: str) -> None:
        self.world.arrive(did)

    @rule(n=N, digit=st.sampled_from("112239*74568"))
    def a_caller_presses(self, n: int, digit: str) -> None:
        if name := self.some(n, "caller"):
            self.world.switch.emit(e.DigitPressed, call=name, channel=name, digit=digit)

    @rule(n=N)
    def a_caller_speaks(self, n: int) -> None:
        if (name := self.some(n, "caller")) and self.world.switch.channels[name].listened_to:
            self.world.switch.emit(e.VoiceHeard, call=name)

    @rule(n=N, told=st.sampled_from([True, True, True, False]))
    def a_prompt_ends(self, n: int, told: bool) -> None:
        name = self.some(n, "caller")
        if name and (playing := self.world.switch.channels[name].playing):
            self.world.switch.said(name, playing[0], told)

    @rule(n=N, told=st.booleans())
    def somebody_hangs_up(self, n: int, told: bool) -> None:
        if name := self.some(n, "any"):
            self.world.hang_up(name, told)

    @precondition(lambda self: self.world.switch.connected)
    @rule(keys=st.sampled_from(["11", "11", "11", "12", "12", "12", "21", "22", "14", "14", "15", "16"]), patient=st.booleans())
    def a_caller_knows_the_way(self, keys: str, patient: bool) -> None:
        """Typed at once: without it hardly any caller would ever come so far."""
        self.world.arrive("169")
        name = f"c{self.world.names}"
        self.world.settle()
        for digit in keys:
            self.world.switch.emit(e.DigitPressed, call=name, channel=name, digit=digit)
            self.world.settle()
        while patient and name in self.world.switch.channels and (playing := self.world.switch.channels[name].playing):
            self.world.switch.said(name, playing[0])  # a notice that is heard to its end, the place in line
            self.world.settle()
        leg = ids.dial_leg(name, 1)
        if patient and leg in self.world.switch.channels:
            self.world.switch.channels[leg].state = "Up"
            self.world.switch.emit(e.AgentAnswered, call=name, leg=leg)

    @precondition(lambda self: self.world.switch.connected)
    @rule(n=N)
    def callers_wait_in_vain(self, n: int) -> None:
        """For longer than any queue keeps them; one hears why to the end."""
        self.world.settle()
        self.world.pass_time(130)
        self.world.settle()
        self.a_prompt_ends(n, True)
        self.world.settle()

    # --- agents

    @rule(extension=EXTENSIONS, feature=FEATURES, detail=st.sampled_from(["", "", "short", "long"]))
    def an_agent_dials(self, extension: str, feature: str, detail: str) -> None:
        self.world.dial_feature(extension, feature, detail)

    @rule(agent=st.sampled_from([a.id for a in AGENTS]), wish=FEATURES)
    def somebody_asks_for_an_agent(self, agent: str, wish: str) -> None:
        self.world.handle(e.AgentAsked, agent=agent, wish=wish, by="lead", seconds=0)

    @rule(extension=EXTENSIONS, kind=st.sampled_from([e.PhoneInUse, e.PhoneFree, e.PhoneFree]))
    def a_phone_is_used(self, extension: str, kind: type[e.Event]) -> None:
        """Asterisk's word of it comes by another way than that of our own calls: at any time."""
        self.world.handle(kind, extension=extension)

    @initialize(early=st.booleans())
    def a_shift_may_have_begun(self, early: bool) -> None:
        if early:
            self.a_shift_begins()

    @rule()
    def a_shift_begins(self) -> None:
        """All agents log in: else there is hardly ever anybody to take a call."""
        for agent in AGENTS if self.world.switch.connected else ():
            self.world.dial_feature(agent.extension, "log_in")
            self.world.settle()
        for name in [n for n, c in self.world.switch.channels.items() if c.role == "feature"]:
            self.world.hang_up(name, told=False)
        self.world.settle()

    @rule(n=N, times=st.sampled_from([1, 2]))
    def a_call_is_answered(self, n: int, times: int) -> None:
        self.world.settle()
        if self.some(n, "ringing"):
            self.a_phone_is_picked_up(n, True)
            self.world.settle(times)

    @rule(n=N, settled=st.booleans())
    def a_phone_is_picked_up(self, n: int, settled: bool) -> None:
        if settled:
            self.world.settle()
        if name := self.some(n, "ringing"):
            self.world.switch.channels[name].state = "Up"
            self.world.switch.emit(e.AgentAnswered, call=ids.call_of(name), leg=name)

    @rule(n=N, cause=st.sampled_from([17, 19, 20, 21]))
    def a_phone_stops_ringing(self, n: int, cause: int) -> None:
        if name := self.some(n, "ringing"):
            self.world.switch.gone(name, cause)

    @rule(n=N, kind=st.sampled_from([e.HoldStarted, e.HoldEnded]))
    def an_agent_presses_hold(self, n: int, kind: type[e.Event]) -> None:
        if name := self.some(n, "leg"):
            self.world.switch.emit(kind, call=ids.call_of(name), channel=name)

    @rule(n=N, keys=st.sampled_from(["*5", "*6"]))
    def an_agent_pauses_the_recording_or_resumes_it(self, n: int, keys: str) -> None:
        if name := self.some(n, "leg"):
            for digit in keys:
                self.world.switch.emit(e.DigitPressed, call=ids.call_of(name), channel=name, digit=digit)

    @rule(n=N, to=st.sampled_from(["101", "102", "800", "800", "801", "0215550000", "666", ""]))
    def an_agent_gives_the_caller_away(self, n: int, to: str) -> None:
        if name := self.some(n, "leg"):
            self.world.switch.emit(e.TransferAsked, call=ids.call_of(name), leg=name, to=to)

    @precondition(lambda self: self.world.switch.connected)
    @rule(n=N, to=st.sampled_from(["800", "801"]))
    def a_caller_is_passed_on_to_a_queue(self, n: int, to: str) -> None:
        """Talks are few among all that may happen: without it hardly any caller would ever be given away."""
        self.a_call_is_answered(n, 1)
        self.an_agent_gives_the_caller_away(n, to)
        self.world.settle()

    @rule(extension=EXTENSIONS, away=st.sampled_from([True, False, False, False]))
    def a_phone_goes_or_comes(self, extension: str, away: bool) -> None:
        self.world.switch.away -= {extension}
        self.world.switch.away |= {extension} if away else set()
        self.world.switch.emit(e.PhoneUnreachable if away else e.PhoneReachable, extension=extension)

    # --- the way of events and orders

    @precondition(lambda self: self.world.switch.events)
    @rule(n=N, times=st.sampled_from([1, 1, 1, 2]))
    def an_event_arrives(self, n: int, times: int) -> None:
        self.world.deliver(n, times)

    @precondition(lambda self: self.world.switch.lanes)
    @rule(n=N)
    def an_order_takes_effect(self, n: int) -> None:
        self.world.carry_out(n)

    @precondition(lambda self: self.world.switch.connected and self.world.switch.lanes)
    @rule(n=N)
    def an_order_is_refused(self, n: int) -> None:
        lanes = sorted(self.world.switch.lanes)
        self.world.switch.refuse(lanes[n % len(lanes)])

    @rule(times=st.sampled_from([1, 1, 2]))
    def everything_arrives(self, times: int) -> None:
        self.world.settle(times)

    @rule(n=N)
    def an_old_event_arrives_again(self, n: int) -> None:
        self.world.deliver_again(n)

    # --- time and trouble

    @rule(seconds=st.sampled_from([0.5, 3, 6, 12, 40, 130]))
    def time_passes(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule(name=st.sampled_from(["ring", "menu", "wait", "wrap", "close", "announce", "reoffer", "recording", "dial", "prompt", "again", "record"]), n=N)
    def a_deadline_that_was_moved_fires(self, name: str, n: int) -> None:
        self.world.handle(e.TimerFired, timer=f"{name}:c{n}")

    @precondition(lambda self: self.world.switch.connected)
    @rule(killed=st.booleans(), watched=st.booleans(), meanwhile=st.sampled_from(["nothing", "hang up", "pick up", "both", "more"]), n=N)
    def the_connection_breaks(self, killed: bool, watched: bool, meanwhile: str, n: int) -> None:
        """It breaks, or we are killed; something happens meanwhile; it is back, or takes longer."""
        self.world.kill() if killed else self.world.lose()
        if meanwhile == "hang up":
            self.somebody_hangs_up(n, True)
        elif meanwhile in ("pick up", "both"):
            self.a_phone_is_picked_up(n, False)
            if meanwhile == "both":
                self.somebody_hangs_up(n, True)
        if meanwhile != "more":
            self.world.back(watched)

    @precondition(lambda self: not self.world.switch.connected)
    @rule(watched=st.booleans())
    def the_connection_is_back(self, watched: bool) -> None:
        self.world.back(watched)

    @rule(really=st.integers(0, 19))
    def we_are_asked_to_drain(self, really: int) -> None:
        if really == 13:
            self.world.handle(e.DrainAsked)

    @invariant()
    def every_promise_is_kept(self) -> None:
        for sentence in invariants.AFTER_A_STEP:
            sentence(self.world.exchange, self.world.switch)

    def teardown(self) -> None:
        self.world.end()
        last = [written[-1][1] for written in self.world.switch.rows.values()]
        ENDED.update(str(row.disposition) for row in last)
        ENDED.update("passed on" for row in last if row.passed_on)


def test_no_way_is_found_to_break_a_promise() -> None:
    """And the search has been where it matters: a machine that stays in the menus proves little."""
    ENDED.clear()
    run_state_machine_as_test(ExchangeMachine, settings=PROFILE)
    for disposition in ("answered", "abandoned_ivr", "abandoned_queue", "overflow", "connected", "transferred"):
        assert ENDED[disposition] >= 20, ENDED
    assert ENDED["passed on"] >= 5, ENDED


# --- ways that were found once, as short as Hypothesis could make them


def test_a_connection_lost_twice_leaves_no_old_prompt_playing() -> None:
    """The order to stop it was lost in the first outage, and its repetition in the second."""
    world = World()
    world.arrive("169")
    world.settle()
    for _ in range(2):
        world.lose()
        world.back()
    world.settle()
    world.end()


def test_time_out_and_outage_together_leave_one_prompt() -> None:
    world = World()
    world.arrive("169")
    world.settle()
    world.switch.said("c1", "c1.prompt-1")
    world.settle()
    world.lose()
    world.pass_time(130)
    world.settle()
    world.back()
    world.settle()
    world.end()


def test_a_phone_that_rang_for_a_caller_who_has_gone_is_silenced_after_an_outage() -> None:
    """The caller hung up, the order to silence the phone was lost with the connection."""
    world = World()
    world.dial_feature("101", "log_in")
    world.settle()
    world.hang_up("s1", told=False)
    world.settle()
    world.arrive("169")
    world.settle()
    for _ in "11":
        world.switch.emit(e.DigitPressed, call="c2", channel="c2", digit="1")
        world.settle()
    assert world.switch.channels["c2.agent-a1.1"].state == "Ringing"
    world.hang_up("c2", told=False)
    world.deliver(0)
    assert any(isinstance(o, HangUp) for lane in world.switch.lanes.values() for o in lane)
    world.lose()
    world.back()
    world.settle()
    assert "c2.agent-a1.1" not in world.switch.channels
    world.end()
