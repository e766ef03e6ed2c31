"""``python -m bench.router``: the router alone, without Asterisk. Prints a table.

    decision   an agent is freed while so many callers wait: the event in, the offer out, on the daemon's own core,
               notes of why included; besides, what the notes cost
    match      the router's own part of it: who is next, and who takes the call
    growth     exponent of time by size from the smallest floor to the largest: 0 is flat, 1 grows with it
    memory     one more call that waits, in the daemon's memory
"""

from __future__ import annotations

import datetime as dt
import gc
import math
import time
import tracemalloc
from collections.abc import Callable

from ivrd.core import decisions
from ivrd.core.acd import router
from ivrd.core.acd.model import AcdRules, Agent, Floor, Queue, Relax
from ivrd.core.acd.presence import Presence
from ivrd.core.calendar import Calendar
from ivrd.core.commands import OfferCall
from ivrd.core.events import CallArrived, FeatureDialled, SwitchSeen, TimerFired
from ivrd.core.exchange import Exchange
from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.verbs.queue import Queue as QueueVerb
from ivrd.core.plan import Plan

SIZES = ((24, 50), (200, 1000), (1000, 10_000))
QUEUES, ROUNDS = 10, 400
SKILLS = ("izin", "kbli", "lkpm", "data", "sinkron")


def centre(agents: int) -> Plan:
    """Ten queues; agents of many kinds: one skill in two is had, at differing levels, two languages by one in six."""
    queues = {
        f"q{n}": Queue(
            id=f"q{n}", title="Q", max_waiting=1_000_000, announce_every_s=0, wrap_up_s=0, max_wait_s=100_000,
            skills={SKILLS[n % 5]: 1 + n % 3}, priority=n % 2, relax=(Relax(after_s=50_000, lower={SKILLS[n % 5]: 1}),),
        )
        for n in range(QUEUES)
    }  # fmt: skip
    people = {}
    for n in range(agents):
        has = {s: 1 + (n + i) % 10 for i, s in enumerate(SKILLS) if (n >> (i % 4)) & 1 or i == n % 5}
        languages = ("id", "en") if n % 6 == 0 else ("id",)
        people[f"{n:04}"] = Agent(id=f"{n:04}", name="A", extension=f"{n:04}", skills=has, languages=languages)
    plan = Plan(
        floor=Floor(queues=queues, agents=people, rules=AcdRules(first_after_s=3000)),
        calendar=Calendar(week={}, tz=dt.UTC),
        dids={f"d{n}": f"f{n}" for n in range(QUEUES)},
        language="id",
    )
    for n in range(QUEUES):
        verb = QueueVerb(to=f"q{n}", overflow="")
        plan.add(Flow(name=f"f{n}", version=f"f{n}@1", start="q", nodes={"q": verb}, text=b""))
    return plan


class Centre:
    """Everybody talks, and so many wait."""

    def __init__(self, agents: int, waiting: int) -> None:
        self.at, self.calls = 1_000_000.0, 0
        self.exchange = Exchange(centre(agents))
        self.tell(SwitchSeen)
        for extension in self.exchange.plan.floor.agents:
            self.tell(FeatureDialled, session=f"s{extension}", extension=extension, feature="log_in")
            self.exchange.desk.agent(extension).session = ""
            self.exchange.state.sessions.clear()
        self.exchange.state.timers.due.clear()
        for state in self.exchange.state.agents.values():
            state.presence = Presence.WRAP_UP
            self.exchange.desk.pool.note(state)
        self.arrive(waiting)

    def tell(self, kind: object, **facts: object) -> list[object]:
        """An event."""
        self.at += 0.01
        return self.exchange.handle(kind(at=self.at, **facts))  # type: ignore[operator]

    def arrive(self, calls: int) -> None:
        """So many callers more."""
        for _ in range(calls):
            self.calls += 1
            self.tell(CallArrived, call=f"c{self.calls}", did=f"d{self.calls % QUEUES}", caller_number="08")

    def free(self, agent: str) -> bool:
        """An agent's wrap-up ends; whether a call was offered."""
        self.exchange.state.timers.set(f"wrap:{agent}", self.at)
        orders = self.tell(TimerFired, timer=f"wrap:{agent}")
        return any(isinstance(order, OfferCall) for order in orders)

    def undo(self, agent: str) -> None:
        """The offer is taken back, and the agent wraps up again: as many wait as before."""
        state = self.exchange.desk.agent(agent)
        call = self.exchange.state.calls[state.call]
        call.ringing.clear()
        call.legs.clear()
        call.why.clear()
        self.exchange.desk.line_up(call)
        self.exchange.state.timers.clear(f"ring:{call.id}")
        state.presence = Presence.WRAP_UP
        self.exchange.desk.pool.note(state)


def decide(centre: Centre) -> float:
    """Seconds of one decision: the median of ROUNDS."""
    agents, times = list(centre.exchange.plan.floor.agents), []
    for n in range(ROUNDS):
        agent = agents[n * 7 % len(agents)]
        began = time.perf_counter()
        offered = centre.free(agent)
        times.append(time.perf_counter() - began)
        if offered:
            centre.undo(agent)
        else:  # nobody who waits can be served by this agent
            times.pop()
            state = centre.exchange.desk.agent(agent)
            state.presence = Presence.WRAP_UP
            centre.exchange.desk.pool.note(state)
    return sorted(times)[len(times) // 2]


def match_only(centre: Centre) -> float:
    """Seconds of the router's part."""
    desk, times = centre.exchange.desk, []
    agents = list(centre.exchange.plan.floor.agents)
    for n in range(ROUNDS):
        state = desk.agent(agents[n * 7 % len(agents)])
        state.presence = Presence.READY
        desk.pool.note(state)
        now = decisions.moment(desk)
        began = time.perf_counter()
        found = next(router.match(desk.lines, now), None)
        if found is not None:
            times.append(time.perf_counter() - began)
        state.presence = Presence.WRAP_UP
        desk.pool.note(state)
    return sorted(times)[len(times) // 2]


def without_notes(measure: Callable[[], float]) -> float:
    """``measure`` while decisions are not noted."""
    kept, decisions.offered = decisions.offered, lambda *_: None  # type: ignore[assignment]
    try:
        return measure()
    finally:
        decisions.offered = kept


def memory_of_a_call(centre: Centre, calls: int = 200) -> float:
    """Bytes of one more call that waits."""
    gc.collect()
    tracemalloc.start()
    centre.arrive(calls)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / calls


def main() -> None:
    """Measure and print."""
    print("| agents / waiting | decision | decisions a second | of it the router | of it the notes of why | a waiting call |")
    print("|---|---|---|---|---|---|")
    seen: list[tuple[int, float, float]] = []
    for agents, waiting in SIZES:
        centre = Centre(agents, waiting)
        whole = decide(centre)
        bare = without_notes(lambda: decide(centre))  # noqa: B023  # called at once
        alone = match_only(centre)
        memory = memory_of_a_call(centre)
        seen.append((agents * waiting, whole, alone))
        print(
            f"| {agents:,} / {waiting:,} | {whole * 1e6:,.0f} us | {1 / whole:,.0f} | {alone * 1e6:,.0f} us "
            f"| {max(0.0, whole - bare) * 1e6:,.0f} us | {memory / 1024:,.1f} KiB |"
        )
    (small, first, first_alone), (large, last, last_alone) = seen[0], seen[-1]
    by = math.log(large / small) / 2  # of a floor grown in both
    print(f"\ngrowth by floor size: decision {math.log(last / first) / by:.2f}, router {math.log(last_alone / first_alone) / by:.2f}")


if __name__ == "__main__":
    main()
