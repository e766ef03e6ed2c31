"""The daemon's inside whole: journal, runtime, lanes and executor, on a switch in memory; and its restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playbook import TUESDAY_10, plan

from ivrd.adapters.http import Metrics
from ivrd.adapters.journal import FileJournal
from ivrd.core.acd.model import Agent, Queue
from ivrd.core.cdr import Cdr, Disposition
from ivrd.core.commands import Publish
from ivrd.core.events import SwitchLost
from ivrd.core.plan import Plan
from ivrd.core.speech import Speech
from ivrd.core.state import Stage
from ivrd.daemon.execute import Executor, Outside
from ivrd.daemon.history import restore
from ivrd.daemon.lanes import Lanes
from ivrd.daemon.runtime import Runtime
from ivrd.ports import Published
from tests.fakes.callbacks import FakeCallbacks
from tests.fakes.dip import FakeDip
from tests.fakes.letters import FakeLetters, FakeMailboxes, FakeMessages
from tests.fakes.switch import FakeSwitch

MENU = """
start: choose
nodes:
  choose: {menu: {say: [menu-main], keys: {1: q}, otherwise: q}}
  q: {queue: {to: help, overflow: sorry}}
  sorry: {play: {say: [queue-overflow], then: bye}}
  bye: {hangup: {why: overflow}}
"""


@dataclass
class World:
    """What outlives a process: the switch, the journal's directory, recordings, the store."""

    directory: Path
    at: float = TUESDAY_10
    rows: dict[str, Cdr] = field(default_factory=dict)
    runtime: Runtime | None = None

    def __post_init__(self) -> None:
        self.switch = FakeSwitch(lambda event: self.runtime.post(event) if self.runtime else None, self)

    def now(self) -> float:
        return self.at

    def plan(self) -> Plan:
        adi = Agent(id="101", name="Adi", extension="101", languages=("id", "en"))
        return plan(text=MENU, queues=(Queue(id="help", title="Help", wrap_up_s=0),), agents=(adi,))

    def beep(self) -> Path:
        return Path("/spool/beep")

    def raw_path(self, name: str) -> Path:
        return self.directory / f"{name}.raw"

    async def publish(self, name: str, expected_ms: int) -> Published:
        return Published(path=f"{name}.wav", duration_ms=expected_ms, sha256="ab")

    async def prepare(self, text: str, language: str) -> None:
        pass

    def render(self, speech: Sequence[Speech], language: str) -> list[Path]:
        return [Path(f"/prompts/{language}/{getattr(item, 'key', 'word')}") for item in speech]

    async def write(self, cdr: Cdr, why: object = ()) -> None:
        assert cdr.call not in self.rows, "a second row"
        self.rows[cdr.call] = cdr


class Walls:
    """runtime.Walls that look away."""

    def publish(self, publication: Publish, at: float) -> None:
        assert at >= TUESDAY_10


@asynccontextmanager
async def process(world: World) -> AsyncIterator[Lanes]:
    """One life of the daemon: it remembers, surveys the switch, and is killed at the end."""
    journal, metrics = FileJournal(world.directory / "state"), Metrics()
    exchange = restore(world.plan(), journal)
    journal.open()
    outside = Outside(
        telephony=world.switch, recorder=world.switch, ear=world.switch, archive=world, prompts=world, store=world, dip=FakeDip({}), callbacks=FakeCallbacks(),
        messages=FakeMessages(), mailboxes=FakeMailboxes(), letters=FakeLetters()
    )
    runtime = world.runtime = Runtime(exchange, journal, world, Walls(), metrics)
    try:
        async with asyncio.TaskGroup() as group:
            lanes = Lanes(group, Executor(outside, runtime.post, world, metrics.order_failed))
            runtime.start(lanes)
            runtime.post(await world.switch.survey(world.at))
            await lanes.wait_idle()
            yield lanes
            runtime.stop()
    finally:
        world.runtime = None
        journal.close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def call_of(world: World, call: str) -> object:
    """What the present process knows of a call."""
    assert world.runtime is not None
    return world.runtime.exchange.state.calls.get(call)


def stage(world: World, call: str) -> Stage:
    """Where a call is."""
    assert world.runtime is not None
    return world.runtime.exchange.state.calls[call].stage


async def log_in(world: World, lanes: Lanes) -> None:
    """The agent logs in; the outcome is spoken to its end."""
    session = world.switch.dial_feature("101", "log_in")
    await lanes.wait_idle()
    world.switch.finish_prompt(f"{session}.prompt-1")
    await lanes.wait_idle()


async def test_a_call_from_arrival_to_row(world: World) -> None:
    world.switch.phones["101"] = "answer"
    async with process(world) as lanes:
        await log_in(world, lanes)
        call = world.switch.dial_in("169", "0812345678")
        await lanes.wait_idle()
        assert world.switch.channels[call].state == "Up"
        world.switch.press(call, "1")
        await lanes.wait_idle()
        assert stage(world, call) == Stage.TALKING
        (members,) = world.switch.bridges.values()
        assert sorted(members) == sorted([call, f"{call}.agent-101.1"])
        world.at += 30
        world.switch.hang_up_from_outside(call)
        await lanes.wait_idle()
        assert call_of(world, call) is None
    row = world.rows[call]
    assert (row.disposition, row.agent, row.talk_ms) == (Disposition.ANSWERED, "101", 30_000)
    assert row.recording.endswith(f"{call}.wav")
    assert world.switch.leaks() == []


async def test_killed_in_every_stage(world: World) -> None:
    world.switch.phones["101"] = "answer"
    async with process(world) as lanes:
        await log_in(world, lanes)
        talking = world.switch.dial_in("169", "1")
        world.switch.press(talking, "1")
        await lanes.wait_idle()
        waiting = world.switch.dial_in("169", "2")
        world.switch.press(waiting, "1")
        choosing = world.switch.dial_in("169", "3")
        await lanes.wait_idle()
    world.at += 5
    orders = len(world.switch.orders)
    async with process(world) as lanes:
        assert [stage(world, c) for c in (talking, waiting, choosing)] == [
            Stage.TALKING,
            Stage.QUEUED,
            Stage.IVR,
        ]
        again = world.switch.orders[orders:]
        assert not any(talking in order for order in again)  # nobody touches a talk that goes on
        assert ("start_music", waiting) in again
        assert any(order[:2] == ("play", choosing) for order in again)
        world.switch.hang_up_from_outside(talking)
        await lanes.wait_idle()
        assert stage(world, waiting) == Stage.TALKING  # the agent is free: the next is served
        for call in (waiting, choosing):
            world.switch.hang_up_from_outside(call)
        await lanes.wait_idle()
        assert world.runtime is not None
        assert world.runtime.exchange.state.calls == {}
    assert world.rows[waiting].wait_ms == 5000  # the clock ran on
    assert [world.rows[c].disposition for c in (talking, waiting, choosing)] == [
        Disposition.ANSWERED,
        Disposition.ANSWERED,
        Disposition.ABANDONED_IVR,
    ]
    assert world.switch.leaks() == []


async def test_hung_up_while_nobody_listened(world: World) -> None:
    async with process(world) as lanes:
        call = world.switch.dial_in("169", "1")
        await lanes.wait_idle()
    world.switch.hang_up_from_outside(call)  # told to nobody
    async with process(world) as lanes:
        await lanes.wait_idle()
        assert call_of(world, call) is None
    assert world.rows[call].disposition == Disposition.ABANDONED_IVR


async def test_while_the_switch_is_away_nobody_is_offered_a_call(world: World) -> None:
    world.switch.phones["101"] = "ring"
    async with process(world) as lanes:
        await log_in(world, lanes)
        assert world.runtime is not None
        world.runtime.post(SwitchLost(at=world.at))
        call = world.switch.dial_in("169", "1", answered=True)
        world.switch.press(call, "1")
        await lanes.wait_idle()
        assert not any(order[0] == "offer" for order in world.switch.orders)
        world.runtime.post(await world.switch.survey(world.at))
        await lanes.wait_idle()
        assert [order[2] for order in world.switch.orders if order[0] == "offer"] == ["101"]
