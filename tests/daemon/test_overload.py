"""More callers than there are channels: those who are in are served as if nothing were, and nothing is left of the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ivrd.core.cdr import Disposition
from ivrd.core.guard_rules import Guards
from ivrd.core.plan import Plan, Trunk
from ivrd.core.state import Stage
from tests.daemon.test_in_process import World, log_in, process, stage

CHANNELS = 50


@dataclass
class Rush(World):
    """Fifty channels, and whatever guards a test wants."""

    guards: Guards = field(default_factory=Guards)

    def plan(self) -> Plan:
        made = super().plan()
        made.trunk, made.guards = Trunk(channels=CHANNELS), self.guards
        return made


@pytest.fixture
def world(tmp_path: Path) -> Rush:
    return Rush(tmp_path)




async def test_five_hundred_at_once_on_fifty_channels(world: Rush) -> None:
    world.switch.phones["101"] = "answer"
    async with process(world) as lanes:
        await log_in(world, lanes)
        talking = world.switch.dial_in("169", "1")
        world.switch.press(talking, "1")
        await lanes.wait_idle()
        assert stage(world, talking) == Stage.TALKING
        orders = len(world.switch.orders)
        calls = [world.switch.dial_in("169", f"08{n:08d}") for n in range(500)]
        await lanes.wait_idle()
        assert stage(world, talking) == Stage.TALKING
        assert not any(talking in order for order in world.switch.orders[orders:])
        assert world.runtime is not None
        inside = [c for c in calls if c in world.runtime.exchange.state.calls]
        assert len(inside) == CHANNELS - 1  # one talks
        assert {stage(world, c) for c in inside} == {Stage.IVR}
        refused = [world.rows[c] for c in calls if c in world.rows]
        assert Counter((r.disposition, r.guard, r.cause) for r in refused) == {(Disposition.REFUSED, "trunk_full", 17): 451}
        for call in (talking, *inside):
            world.switch.hang_up_from_outside(call)
        await lanes.wait_idle()
        assert world.runtime.exchange.state.calls == {}
        assert world.runtime.exchange.state.timers.due == {}
        assert lanes.busy == 0
    assert len(world.rows) == 501
    assert world.switch.leaks() == []


async def test_twenty_a_second_for_a_minute_leave_nothing_behind(world: Rush) -> None:
    async with process(world) as lanes:
        inside: list[str] = []
        for _ in range(60):
            world.at += 1
            inside += [world.switch.dial_in("169", "0812") for _ in range(20)]
            await lanes.wait_idle()
            inside = [c for c in inside if c not in world.rows]
            assert len(inside) <= CHANNELS
            leaving, inside = inside[: len(inside) // 2], inside[len(inside) // 2 :]
            for call in leaving:
                world.switch.hang_up_from_outside(call)
            await lanes.wait_idle()
        for call in inside:
            world.switch.hang_up_from_outside(call)
        await lanes.wait_idle()
        assert world.runtime is not None
        assert world.runtime.exchange.state.calls == {}
        assert world.runtime.exchange.state.timers.due == {}
    assert len(world.rows) == 1200
    assert world.switch.leaks() == []


async def test_who_redials_a_hundred_times_takes_nobody_s_channel(tmp_path: Path) -> None:
    world = Rush(tmp_path, guards=Guards(calls=5, heard=False))
    async with process(world) as lanes:
        for _ in range(100):
            world.at += 0.5
            call = world.switch.dial_in("169", "08123")
            await lanes.wait_idle()
            if call in world.switch.channels:  # who is kept out is gone already
                world.switch.hang_up_from_outside(call)
            await lanes.wait_idle()
        assert world.runtime is not None
        assert world.runtime.exchange.state.calls == {}
        assert len(world.runtime.exchange.state.seen["08123"].calls) == 5
    assert Counter(row.guard for row in world.rows.values())["too_many_calls"] == 95
