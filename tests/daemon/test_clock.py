"""A clock that goes on evenly, and what the daemon does when the machine's is set."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from playbook import TUESDAY_10, plan

from ivrd.adapters.http import Metrics
from ivrd.core.acd.model import Queue
from ivrd.core.commands import Command
from ivrd.core.events import CallArrived, SwitchSeen
from ivrd.core.exchange import Exchange
from ivrd.core.state import Stage, State
from ivrd.daemon.alarms import Alarms
from ivrd.daemon.clock import SLEW_S, SteadyClock
from ivrd.daemon.clockwatch import CALM_S, ClockWatch
from ivrd.daemon.lanes import Lanes
from ivrd.daemon.runtime import Runtime
from tests.daemon.test_runtime import Around

FLOW = """
start: q
nodes:
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {why: overflow}}
"""


@dataclass
class Machine:
    """Its clock can be set; time passes when we say so."""

    wall_at: float = TUESDAY_10
    steady_at: float = 5.0
    states: dict[str, dict[str, object]] = field(default_factory=dict)

    def wall(self) -> float:
        return self.wall_at

    def steady(self) -> float:
        return self.steady_at

    def pass_time(self, seconds: float) -> None:
        self.wall_at += seconds
        self.steady_at += seconds

    def state(self, topic: str, payload: dict[str, object]) -> None:
        self.states[topic] = payload

    def event(self, topic: str, payload: dict[str, object]) -> None:
        raise AssertionError("alarms are states")


def test_it_tells_the_time_and_goes_on_evenly_until_it_is_looked_at() -> None:
    machine = Machine()
    clock = SteadyClock(machine.wall, machine.steady)
    assert clock.now() == TUESDAY_10
    machine.pass_time(10)
    machine.wall_at += 3600
    assert clock.now() == TUESDAY_10 + 10
    assert clock.look() == 3600
    assert clock.now() == machine.wall_at
    assert clock.look() == 0.0


def test_a_small_difference_is_caught_up_slowly() -> None:
    machine = Machine()
    clock = SteadyClock(machine.wall, machine.steady)
    machine.wall_at += 0.5
    assert clock.look() == 0.0
    assert clock.now() == pytest.approx(TUESDAY_10 + SLEW_S)
    for _ in range(1000):
        clock.look()
    assert clock.now() == pytest.approx(machine.wall_at)


class Desk:
    """Runtime, clock and alarms, as the supervisor has them."""

    def __init__(self, group: asyncio.TaskGroup, machine: Machine, state: State | None = None) -> None:
        self.around, self.machine = Around(), machine
        self.clock = SteadyClock(machine.wall, machine.steady)
        queue = Queue(id="help", title="Help", max_wait_s=100)
        self.exchange = Exchange(plan(text=FLOW, queues=(queue,)), state)
        self.runtime = Runtime(self.exchange, self.around, self.clock, self.around, self.around)
        self.metrics = Metrics()
        self.alarms = Alarms(machine, self.metrics, self.clock)
        self.watch = ClockWatch(self.clock, self.runtime, self.alarms, self.metrics)

        async def execute(command: Command) -> None:
            pass

        self.runtime.start(Lanes(group, execute))
        self.alarms.announce()
        self.watch.begin()
        self.runtime.post(SwitchSeen(at=self.clock.now()))

    def alarm(self) -> dict[str, object]:
        return self.machine.states["alert/clock"]

    async def fires_in_s(self) -> float:
        """Until the loop rings for the next deadline; it is armed once the orders are on their way."""
        await asyncio.sleep(0)
        alarm = self.runtime._alarm
        assert alarm is not None
        return alarm.when() - asyncio.get_running_loop().time()


@pytest.mark.parametrize("by_s", [3600.0, -3600.0])
async def test_who_waits_waits_as_long_as_before(by_s: float) -> None:
    machine = Machine()
    async with asyncio.TaskGroup() as group:
        desk = Desk(group, machine)
        desk.runtime.post(CallArrived(at=desk.clock.now(), call="c1", did="169", caller_number="08"))
        assert desk.alarm()["raised"] is False
        before = await desk.fires_in_s()
        machine.wall_at += by_s
        desk.watch.look()
        assert desk.exchange.state.calls["c1"].stage == Stage.QUEUED
        assert await desk.fires_in_s() == pytest.approx(before, abs=1)
        assert desk.alarm()["raised"] is True
        assert "3600.0 s" in str(desk.alarm()["faults"])
        assert desk.metrics.registry.get_sample_value("ivrd_clock_steps_total") == 1
        machine.pass_time(CALM_S - 1)
        desk.watch.look()
        assert desk.alarm()["raised"] is True
        machine.pass_time(2)
        desk.watch.look()
        assert desk.alarm()["raised"] is False
        assert desk.metrics.registry.get_sample_value("ivrd_alarm", {"alarm": "clock"}) == 0
        desk.runtime.stop()


async def test_set_back_while_we_were_away() -> None:
    async with asyncio.TaskGroup() as group:
        desk = Desk(group, Machine(), State(last_at=TUESDAY_10 + 3600))
        assert desk.exchange.state.last_at == pytest.approx(TUESDAY_10)
        assert desk.alarm()["raised"] is True
        desk.runtime.stop()


async def test_an_event_stamped_before_the_clock_was_set_back_does_not_stop_time() -> None:
    machine = Machine()
    async with asyncio.TaskGroup() as group:
        desk = Desk(group, machine)
        stale = desk.clock.now()
        machine.wall_at -= 3600
        desk.watch.look()
        desk.runtime.post(CallArrived(at=stale, call="c1", did="169", caller_number="08"))
        assert desk.exchange.state.last_at == pytest.approx(TUESDAY_10 - 3600)
        desk.runtime.stop()
