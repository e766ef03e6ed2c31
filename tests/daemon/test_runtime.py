"""The inbox: journal before handling, deadlines, defects survived, lanes in order."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
import structlog
from playbook import TUESDAY_10, plan

from ivrd.core.commands import (
    AnswerCall,
    Command,
    ConnectCall,
    DeliverMessage,
    HangUp,
    OfferCall,
    Publish,
    PublishEvent,
    PublishQueue,
    StartMusic,
    StopMusic,
)
from ivrd.core.events import CallArrived, Event, FeatureDialled, HoldStarted, SwitchSeen, TimerFired
from ivrd.core.exchange import Exchange
from ivrd.daemon.lanes import Lanes
from ivrd.daemon.runtime import STALL_S, Runtime
from ivrd.errors import OutsideError


@dataclass
class Around:
    """A journal, a clock, walls and a watcher that remember."""

    at: float = TUESDAY_10
    journaled: list[Event] = field(default_factory=list)
    published: list[Publish] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    disk_full: bool = False

    def now(self) -> float:
        return self.at

    def append(self, event: Event) -> None:
        if self.disk_full:
            raise OutsideError("no space left")
        self.journaled.append(event)

    def publish(self, publication: Publish, at: float) -> None:
        self.published.append(publication)

    def handled(self, event: str, seconds: float) -> None:
        assert seconds >= 0

    def core_failed(self) -> None:
        self.failures.append("core")

    def journal_failed(self) -> None:
        self.failures.append("journal")


async def play(story: Callable[[Runtime, Around, list[Command]], Awaitable[None]], exchange: Exchange | None = None) -> None:
    """Run ``story`` with a runtime whose orders are written down."""
    around, done = Around(), list[Command]()

    async def execute(command: Command) -> None:
        done.append(command)

    runtime = Runtime(exchange or Exchange(plan()), around, around, around, around)
    async with asyncio.TaskGroup() as group:
        lanes = Lanes(group, execute)
        runtime.start(lanes)
        runtime.post(SwitchSeen(at=around.at))
        await story(runtime, around, done)
        await lanes.wait_idle()
        runtime.stop()


async def test_an_event_is_journaled_before_it_is_handled_and_its_orders_are_carried_out() -> None:
    async def story(runtime: Runtime, around: Around, done: list[Command]) -> None:
        runtime.post(CallArrived(at=around.at, call="c1", did="169", caller_number="08"))
        assert [type(e).__name__ for e in around.journaled] == ["SwitchSeen", "CallArrived"]
        await asyncio.sleep(0)
        assert any(isinstance(c, AnswerCall) for c in done)

    await play(story)


async def test_the_phone_is_dialled_before_the_caller_is_answered() -> None:
    async def story(runtime: Runtime, around: Around, done: list[Command]) -> None:
        runtime.post(FeatureDialled(at=around.at, session="s", extension="101", feature="log_in"))
        runtime.exchange.state.agents["101"].session = ""
        done.clear()
        runtime.post(CallArrived(at=around.at, call="c1", did="169", caller_number="08"))
        assert [type(c) for c in done] == [OfferCall, AnswerCall]  # in the same turn of the loop

    await play(story)


async def test_the_log_says_each_thing_once() -> None:
    """What the lines of a call tell of its agent is not told again as the agent's."""

    async def story(runtime: Runtime, around: Around, done: list[Command]) -> None:
        runtime.post(FeatureDialled(at=around.at, session="s", extension="101", feature="log_in"))
        runtime.exchange.state.agents["101"].session = ""
        runtime.post(CallArrived(at=around.at, call="c1", did="169", caller_number="08"))

    with structlog.testing.capture_logs() as said:
        await play(story)
    lines = [(line["event"], line.get("presence")) for line in said]
    assert lines == [("agent presence", "ready"), ("call arrived", None), ("call queued", None), ("call offered", None)]


async def test_a_full_disk_costs_no_caller_the_call() -> None:
    async def story(runtime: Runtime, around: Around, done: list[Command]) -> None:
        around.disk_full = True
        runtime.post(CallArrived(at=around.at, call="c1", did="169", caller_number="08"))
        assert around.failures == ["journal"]
        assert "c1" in runtime.exchange.state.calls

    await play(story)


async def test_a_defect_in_the_core_does_not_end_other_calls() -> None:
    class Broken(Exchange):
        def handle(self, event: Event, ring: Callable[[OfferCall], None] | None = None) -> list[Command]:
            if isinstance(event, CallArrived) and event.call == "bad":
                raise ZeroDivisionError("a defect")
            return super().handle(event, ring)

    async def story(runtime: Runtime, around: Around, done: list[Command]) -> None:
        runtime.post(CallArrived(at=around.at, call="bad", did="169", caller_number="08"))
        runtime.post(CallArrived(at=around.at, call="good", did="169", caller_number="08"))
        assert around.failures == ["core"]
        assert set(runtime.exchange.state.calls) == {"good"}

    await play(story, Broken(plan()))


async def test_a_deadline_becomes_an_event_when_its_time_has_come() -> None:
    async def story(runtime: Runtime, around: Around, done: list[Command]) -> None:
        fired = asyncio.Event()
        runtime.exchange.state.timers.set("wait:nobody", around.at + 0.02)
        plain = around.append

        def append(event: Event) -> None:
            plain(event)
            if isinstance(event, TimerFired):
                fired.set()

        around.append = append  # type: ignore[method-assign]
        runtime.post(SwitchSeen(at=around.at))  # any event arms the next deadline
        around.at += 1
        await asyncio.wait_for(fired.wait(), 5)
        assert runtime.exchange.state.timers.due == {}

    await play(story)


async def test_after_standing_still_what_happened_meanwhile_is_heard_before_a_deadline_is_judged() -> None:
    """A phone was picked up while ivrd was frozen: its ring time is over, and the answer waits in a socket."""

    async def story(runtime: Runtime, around: Around, done: list[Command]) -> None:
        fired = asyncio.Event()
        for name in ("wait:first", "wait:second"):
            runtime.exchange.state.timers.set(name, around.at + 0.02)
        plain = around.append

        def append(event: Event) -> None:
            plain(event)
            if isinstance(event, TimerFired) and event.timer == "wait:second":
                fired.set()

        around.append = append  # type: ignore[method-assign]
        runtime.post(SwitchSeen(at=around.at))  # any event arms the next deadline
        around.at += STALL_S + 1
        asyncio.get_running_loop().call_later(0.05, lambda: runtime.post(HoldStarted(at=around.at, call="c", channel="c")))
        await asyncio.wait_for(fired.wait(), 5)
        assert [type(event) for event in around.journaled[-3:]] == [HoldStarted, TimerFired, TimerFired]
        assert runtime.exchange.state.timers.due == {}

    await play(story)


async def test_walls_are_told_of_the_last_of_many_changes() -> None:
    async def story(runtime: Runtime, around: Around, done: list[Command]) -> None:
        for n in range(5):
            runtime.post(CallArrived(at=around.at, call=f"c{n}", did="169", caller_number="08"))
        told = asyncio.Event()
        plain = around.publish

        def publish(publication: Publish, at: float) -> None:
            plain(publication, at)
            if isinstance(publication, PublishQueue):
                told.set()

        around.publish = publish  # type: ignore[method-assign]
        await asyncio.wait_for(told.wait(), 5)
        views = [p.view for p in around.published if isinstance(p, PublishQueue)]
        assert [v.waiting for v in views] == [5]

    await play(story)


async def test_orders_of_one_lane_wait_for_one_another_and_lanes_do_not() -> None:
    log: list[str] = []
    gate = asyncio.Event()

    async def execute(command: Command) -> None:
        log.append(f"begin {command.lane} {type(command).__name__}")
        if isinstance(command, AnswerCall):
            await gate.wait()
        log.append(f"end {command.lane} {type(command).__name__}")

    async with asyncio.TaskGroup() as group:
        lanes = Lanes(group, execute)
        lanes.put(AnswerCall(call="c1"))
        lanes.put(StopMusic(call="c1"))
        lanes.put(HangUp(call="c1", channel="leg"))
        await asyncio.sleep(0)
        assert log == ["begin c1 AnswerCall", "begin leg HangUp", "end leg HangUp"]
        gate.set()
        await lanes.wait_idle()
    assert log[-3:] == ["end c1 AnswerCall", "begin c1 StopMusic", "end c1 StopMusic"]
    assert lanes.busy == 0


async def test_music_that_an_agent_was_quicker_than_is_not_begun() -> None:
    gate, begun = asyncio.Event(), list[str]()

    async def execute(command: Command) -> None:
        begun.append(type(command).__name__)
        if isinstance(command, AnswerCall):
            await gate.wait()

    async with asyncio.TaskGroup() as group:
        lanes = Lanes(group, execute)
        orders = AnswerCall(call="c"), StartMusic(call="c"), StopMusic(call="c"), StartMusic(call="c")
        for order in orders:  # the last of them plays
            lanes.put(order)
        gate.set()
        await lanes.wait_idle()
    assert begun == ["AnswerCall", "StopMusic", "StartMusic"]


async def test_a_message_that_is_ordered_again_while_its_order_hangs_waits_once() -> None:
    gate, begun = asyncio.Event(), list[str]()

    async def execute(command: Command) -> None:
        begun.append(command.lane)
        await gate.wait()

    async with asyncio.TaskGroup() as group:
        lanes = Lanes(group, execute)
        order = DeliverMessage(call="c", message="c.message-1", box="umum", number="0812", language="id", left_at=5.0)
        lanes.put(order)
        await asyncio.sleep(0)
        for again in (order, order, dataclasses.replace(order, message="c.message-2"), order):
            lanes.put(again)
        gate.set()
        await lanes.wait_idle()
    assert len(begun) == 3  # the one that hung, it again, and another message


async def test_who_answers_does_not_wait_for_the_music_to_end() -> None:
    music_ends, begun = asyncio.Event(), list[str]()

    async def execute(command: Command) -> None:
        begun.append(type(command).__name__)
        if isinstance(command, StopMusic):
            await music_ends.wait()

    async with asyncio.TaskGroup() as group:
        lanes = Lanes(group, execute)
        for order in (
            StopMusic(call="c"),
            ConnectCall(call="c", leg="l"),
            HangUp(call="c", channel="c"),
        ):
            lanes.put(order)
        for _ in range(5):
            await asyncio.sleep(0)
        assert begun == ["StopMusic", "ConnectCall"]  # what comes after them waits for both
        music_ends.set()
        await lanes.wait_idle()
    assert begun == ["StopMusic", "ConnectCall", "HangUp"]


async def test_orders_are_given_before_anybody_is_told_and_nothing_stays_untold() -> None:
    async def story(runtime: Runtime, around: Around, done: list[Command]) -> None:
        runtime.post(CallArrived(at=around.at, call="c1", did="169", caller_number="08"))
        await asyncio.sleep(0)
        assert any(isinstance(c, AnswerCall) for c in done)
        assert not any(isinstance(p, PublishEvent) for p in around.published)
        runtime.stop()
        kinds = [p.kind for p in around.published if isinstance(p, PublishEvent)]
        assert "call_arrived" in kinds

    await play(story)


@pytest.mark.parametrize("order", [AnswerCall(call="c"), StartMusic(call="c")], ids=["at once", "next turn"])
async def test_an_order_that_never_ends_keeps_nobody_from_ending(order: Command) -> None:
    begun = asyncio.Event()

    async def execute(command: Command) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        lanes = Lanes(group, execute)
        lanes.put(order)
        await begun.wait()
        lanes.give_up()
    assert lanes.busy == 0


@pytest.mark.parametrize("order", [AnswerCall(call="c"), StartMusic(call="c")], ids=["at once", "next turn"])
async def test_an_order_that_comes_while_ivrd_ends_is_left_and_nobody_fails_for_it(order: Command) -> None:
    async def execute(command: Command) -> None:
        raise AssertionError("carried out")

    busy: list[int] = []

    async def ending() -> None:
        async with asyncio.TaskGroup() as group:
            lanes = Lanes(group, execute)
            group.create_task(waits(lanes))
            group.create_task(fails())

    async def fails() -> None:
        raise ValueError("the process ends")

    async def waits(lanes: Lanes) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            lanes.put(order)
            busy.append(lanes.busy)

    with pytest.raises(ExceptionGroup) as ended:
        await ending()
    assert [type(e) for e in ended.value.exceptions] == [ValueError]
    assert busy == [0]
