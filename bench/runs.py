"""The three runs. Each gives the times of its calls in ms, and counts what went wrong."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bench.media import FINE_S
from bench.site import Target
from bench.station import Leg, Station
from bench.stats import Sample, ms_between

#: how long a call may take to be over before it counts as failed
_LATEST_S = 20.0
#: after a run: until the recordings are published and the rows written, which is part of their cost
SETTLE_S = 2.0
_RING_S = 0.4
_FINE_FROM_S = 0.02  #: before the answer
_TALK_S = (0.7, 1.3)  #: not in step with the callers, or each would come just as another leaves
_SHORT_TALK_S = 0.4
_LONG_TALK_S = (2.0, 4.0)
_WAITING_PER_AGENT = 0.5
_WARM_UP_S = 4.5  #: until agents no longer hang up in step
_COME_TOGETHER_RATE = 10.0  #: calls a second
_TOGETHER_S = 8.0
_RATES = (20.0, 40.0, 60.0, 80.0, 100.0, 120.0, 150.0, 200.0, 250.0)  #: calls a second
_STEP_S = 3.0
_BLINK_S = 0.05
_LATE_S = 0.5  #: behind by more, it is this benchmark that cannot go faster
_numbers = itertools.count(77000001)


@dataclass(frozen=True)
class Load:
    """How much is asked of each run."""

    calls: int
    rate: float  #: calls a second
    agents: int
    handoff_s: float


class Floor:
    """Callers and agents, and what the agents do with a call."""

    def __init__(self, callers: Station, agents: Station) -> None:
        self.callers, self.agents = callers, agents

    def forget(self) -> None:
        """Begin a run."""
        self.callers.forget()
        self.agents.forget()

    def call(self, target: Target) -> Leg:
        """A caller dials."""
        return self.callers.call(str(next(_numbers)), target.number)

    def pairs(self) -> list[tuple[Leg, Leg | None]]:
        """Each caller, with the agent's leg that answered (or last rang): found by caller's number."""
        by_number: dict[str, list[Leg]] = defaultdict(list)
        for leg in self.agents.legs:
            by_number[leg.number].append(leg)
        found = []
        for caller in self.callers.legs:
            legs = sorted(by_number[caller.number], key=lambda leg: (leg.ok_ns > 0, leg.invite_ns))
            found.append((caller, legs[-1] if legs else None))
        return found

    async def settle(self) -> None:
        """Wait until all calls are over; whoever stays is hung up."""
        for station in (self.agents, self.callers):
            try:
                async with asyncio.timeout(_LATEST_S):
                    for leg in station.busy:
                        await leg.over.wait()
            except TimeoutError:
                for leg in station.busy:
                    station.hang_up(leg)
        await asyncio.sleep(SETTLE_S)


async def routing(floor: Floor, target: Target, load: Load) -> Sample:
    """An agent is free, calls come one after the other: INVITE to 200 OK, INVITE to agent's INVITE."""
    loop = asyncio.get_running_loop()

    def answer(leg: Leg) -> None:
        floor.agents.ring(leg)
        floor.agents.accept(leg)
        loop.call_later(random.uniform(*_TALK_S), floor.agents.hang_up, leg)

    floor.agents.on_call = answer
    for _ in range(load.calls):
        floor.call(target)
        await asyncio.sleep(1 / load.rate)
    await floor.settle()
    sample = _counted(floor)
    for caller, agent in floor.pairs():
        sample.add("INVITE to 200 OK", ms_between(caller.invite_ns, caller.ok_ns))
        if agent is not None:
            sample.add("INVITE to agent's INVITE", ms_between(caller.invite_ns, agent.invite_ns))
    return sample


async def bridging(floor: Floor, target: Target, load: Load) -> Sample:
    """One call at a time, the phone rings for a while: agent's 200 OK to audio both ways."""
    loop = asyncio.get_running_loop()
    media = floor.agents.media

    def answer(leg: Leg, caller: Leg) -> None:
        floor.agents.accept(leg)
        media.pace(leg.flow, FINE_S)
        loop.call_later(_SHORT_TALK_S, floor.agents.hang_up, leg)

    for _ in range(max(1, load.calls // 2)):
        caller = floor.call(target)

        def ring(leg: Leg, caller: Leg = caller) -> None:
            floor.agents.ring(leg)
            loop.call_later(_RING_S - _FINE_FROM_S, media.pace, caller.flow, FINE_S)
            loop.call_later(_RING_S, answer, leg, caller)

        floor.agents.on_call = ring
        try:
            async with asyncio.timeout(_LATEST_S):
                await caller.over.wait()
        except TimeoutError:
            floor.callers.hang_up(caller)
        await asyncio.sleep(0.1 + random.random() / 20)
    await floor.settle()
    sample = _counted(floor)
    for caller, agent in floor.pairs():
        if agent and caller.audio.first_ns and agent.audio.first_ns:
            both_ns = max(caller.audio.first_ns, agent.audio.first_ns)
            sample.add("agent's 200 OK to audio both ways", ms_between(agent.ok_ns, both_ns))
    return sample


async def handoff(floor: Floor, target: Target, load: Load) -> Sample:
    """Everybody is busy and callers wait: agent's BYE to the next INVITE at that phone."""
    loop = asyncio.get_running_loop()
    callers = load.agents + max(2, int(load.agents * _WAITING_PER_AGENT))
    open_until = loop.time() + _WARM_UP_S + load.handoff_s

    def answer(leg: Leg) -> None:
        floor.agents.ring(leg)
        floor.agents.accept(leg)
        loop.call_later(random.uniform(*_LONG_TALK_S), floor.agents.hang_up, leg)

    async def caller() -> None:
        while loop.time() < open_until:
            leg = floor.call(target)
            try:
                async with asyncio.timeout(_LATEST_S * 3):
                    await leg.over.wait()
            except TimeoutError:
                floor.callers.hang_up(leg)

    floor.agents.on_call = answer
    async with asyncio.TaskGroup() as group:
        for n in range(callers):
            group.create_task(caller(), name=f"caller {n}")
            await asyncio.sleep(1 / 20)
    await floor.settle()
    sample = _counted(floor)
    for gap_ms in handoffs(floor, load.handoff_s):
        sample.add("freed agent to next INVITE", gap_ms)
    return sample


async def at_once(floor: Floor, target: Target, load: Load) -> Sample:
    """As many calls at once as there are agents, each with audio both ways: what of it is lost."""
    floor.agents.on_call = floor.agents.accept
    legs = []
    for _ in range(load.agents):
        legs.append(floor.call(target))
        await asyncio.sleep(1 / _COME_TOGETHER_RATE)
    await asyncio.sleep(_TOGETHER_S)
    for leg in legs:
        floor.callers.hang_up(leg)
        await asyncio.sleep(1 / _COME_TOGETHER_RATE)
    await floor.settle()
    return _counted(floor)


async def rate(floor: Floor, target: Target, load: Load) -> Sample:
    """More and more calls a second, each a short talk, until one fails: the highest rate without."""
    loop = asyncio.get_running_loop()

    def answer(leg: Leg) -> None:
        floor.agents.accept(leg)
        loop.call_later(_BLINK_S, floor.agents.hang_up, leg)

    floor.agents.on_call = answer
    sample = Sample()
    for calls_a_second in _RATES:
        floor.forget()
        due = loop.time()
        for _ in range(round(calls_a_second * _STEP_S)):
            floor.call(target)
            due += 1 / calls_a_second
            await asyncio.sleep(max(0.0, due - loop.time()))
        late_s = loop.time() - due
        await floor.settle()
        step = _counted(floor)
        sample.count("calls", step.counts["calls"])
        if step.counts["failed"] or late_s > _LATE_S:
            break
        sample.times_ms["calls a second without a failure"] = [calls_a_second]
    return sample


def handoffs(floor: Floor, window_s: float) -> list[float]:
    """Each agent's BYE to the next INVITE at that phone, while somebody waited all the time."""
    begin_ns = min(leg.invite_ns for leg in floor.callers.legs) + round(_WARM_UP_S * 1e9)
    end_ns = begin_ns + round(window_s * 1e9)
    waits = [(c.ok_ns, a.invite_ns if a else c.over_ns) for c, a in floor.pairs() if c.ok_ns]
    by_phone: dict[str, list[Leg]] = defaultdict(list)
    for leg in sorted(floor.agents.legs, key=lambda leg: leg.invite_ns):
        by_phone[leg.phone].append(leg)
    gaps = []
    for legs in by_phone.values():
        for before, after in itertools.pairwise(legs):
            freed_ns = before.over_ns
            somebody_waits = any(since < freed_ns < until for since, until in waits)
            if before.hung_up and begin_ns < freed_ns < end_ns and somebody_waits:
                gaps.append(ms_between(freed_ns, after.invite_ns))
    return gaps


def _counted(floor: Floor) -> Sample:
    """What was asked for and what went wrong, of any run."""
    sample = Sample()
    for caller, agent in floor.pairs():
        sample.count("calls")
        sample.count("failed", caller.status != 200 or agent is None or not agent.ok_ns)
        if agent is not None and agent.ok_ns:
            ways = [caller.audio.frames > 0, agent.audio.frames > 0]
            sample.count("one-way audio", not all(ways))
            sample.count("frames", caller.audio.frames + agent.audio.frames)
            sample.count("frames lost", caller.audio.lost + agent.audio.lost)
    return sample


Run = Callable[[Floor, Target, Load], Awaitable[Sample]]
RUNS: dict[str, Run] = {
    "routing": routing,
    "bridging": bridging,
    "hand-off": handoff,
    "at-once": at_once,
    "rate": rate,
}
#: those that `make bench` does
USUAL = ("routing", "bridging", "hand-off")
