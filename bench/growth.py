"""``python -m bench.growth``: what a call costs the core as callers and agents grow. Prints a table; no Asterisk is needed.

    joins      a caller joins the queue behind so many who wait
    freed      an agent ends a call and is offered the first of so many who wait
    offered    a caller joins and is offered to the longest idle of so many agents
    shown      all that walls are told after one of these
"""

from __future__ import annotations

import datetime as dt
import itertools
import statistics
import tempfile
import time
from pathlib import Path

from ivrd.core.acd.model import AcdRules, Agent, Floor, Queue
from ivrd.core.calendar import Calendar
from ivrd.core.commands import OfferCall
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    CallArrived,
    CallerAnswered,
    CallerHungUp,
    ChannelGone,
    Event,
    FeatureDialled,
    PhoneReachable,
    SwitchSeen,
)
from ivrd.core.exchange import Exchange
from ivrd.core.ivr.validate import Known
from ivrd.core.plan import Plan, Trunk
from ivrd.settings.flows import load_flow

ROUNDS = 60
WAITING = (1, 50, 200)
AGENTS = (24, 100, 200)
QUEUES = ("help", "licensing", "systems", "complaints")
_FLOW = "start: q\nnodes:\n  q: {queue: {to: help, overflow: bye}}\n  bye: {hangup: {}}\n"


class Centre:
    """An exchange with so many agents logged in, and a clock."""

    def __init__(self, agents: int) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "bench.yaml"
            path.write_text(_FLOW)
            flow = load_flow(path, Known(queues=("help",), languages=("id",), prompts=()))
        known = {
            str(n): Agent(id=str(n), name=f"Agent {n}", extension=str(n), skills=QUEUES, languages=("id",))
            for n in range(1001, 1001 + agents)
        }
        queues = {q: Queue(id=q, title=q, skills=(q,), max_waiting=1000, wrap_up_s=0, announce_every_s=0) for q in QUEUES}
        self.plan = Plan(
            floor=Floor(queues=queues, agents=known, rules=AcdRules()),
            calendar=Calendar(tz=dt.UTC, week={}),
            dids={"169": flow.name},
            language="id",
            trunk=Trunk(channels=1000),
        )
        self.plan.add(flow)
        self.exchange, self.at, self._calls = Exchange(self.plan), 1_000_000.0, itertools.count(1)
        self.tell(SwitchSeen(at=self.at))
        for n in known:
            self.tell(PhoneReachable(at=self.at, extension=n))
            self.tell(FeatureDialled(at=self.at, session=f"f{n}", extension=n, feature="log_in"))
            self.tell(ChannelGone(at=self.at, call=f"f{n}", channel=f"f{n}", cause=16))
        self.exchange.views()

    def tell(self, event: Event) -> OfferCall | None:
        """One event; the offer it led to."""
        self.at += 0.01
        orders = self.exchange.handle(event)
        return next((o for o in orders if isinstance(o, OfferCall)), None)

    def arrive(self) -> tuple[str, OfferCall | None, float]:
        """A caller joins the queue: id, offer, seconds it took."""
        call = f"1764.{next(self._calls)}"
        began = time.perf_counter()
        offer = self.tell(CallArrived(at=self.at, call=call, did="169", caller_number="0812345678"))
        took_s = time.perf_counter() - began
        self.tell(CallerAnswered(at=self.at, call=call))
        return call, offer, took_s

    def answer(self, offer: OfferCall) -> None:
        """The agent picks up."""
        self.tell(AgentAnswered(at=self.at, call=offer.call, leg=offer.leg))

    def leave(self, call: str, leg: str) -> tuple[OfferCall | None, float]:
        """The agent hangs up: who is offered next, and seconds until that is known."""
        began = time.perf_counter()
        offer = self.tell(AgentHungUp(at=self.at, call=call, leg=leg))
        for channel in (leg, call):
            offer = self.tell(ChannelGone(at=self.at, call=call, channel=channel, cause=16)) or offer
        return offer, time.perf_counter() - began

    def give_up(self, call: str) -> None:
        """A caller who waits hangs up."""
        self.tell(CallerHungUp(at=self.at, call=call))
        self.tell(ChannelGone(at=self.at, call=call, channel=call, cause=16))

    def shown_s(self) -> float:
        """Seconds for what walls are told."""
        began = time.perf_counter()
        self.exchange.views()
        return time.perf_counter() - began


def waiting(count: int, agents: int) -> dict[str, float]:
    """All agents talk, ``count`` callers wait: median us of a caller who joins, and of an agent who is freed."""
    centre = Centre(agents)
    talks = []
    for _ in range(agents):
        _, offer, _ = centre.arrive()
        assert offer is not None
        centre.answer(offer)
        talks.append(offer)
    for _ in range(count):
        centre.arrive()
    joins, freed, shown = [], [], []
    for _ in range(ROUNDS):
        _, offer, took_s = centre.arrive()
        assert offer is None
        joins.append(took_s)
        shown.append(centre.shown_s())
        first = talks.pop(0)
        offer, took_s = centre.leave(first.call, first.leg)
        assert offer is not None
        freed.append(took_s)
        centre.answer(offer)
        talks.append(offer)
    return {"joins": _us(joins), "freed": _us(freed), "shown": _us(shown)}


def offered(agents: int) -> dict[str, float]:
    """Nobody waits, all are free: median us of a caller who joins and is offered to somebody."""
    centre = Centre(agents)
    times, shown = [], []
    for _ in range(ROUNDS):
        call, offer, took_s = centre.arrive()
        assert offer is not None
        times.append(took_s)
        shown.append(centre.shown_s())
        centre.give_up(call)
    return {"offered": _us(times), "shown": _us(shown)}


def _us(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1e6


def main() -> None:
    """Measure and print."""
    print("| agents | waiting | joins | freed | shown |\n|---|---|---|---|---|")
    for agents, count in ((24, 1), (24, 50), (24, 200), (200, 200)):
        found = waiting(count, agents)
        print(f"| {agents} | {count} | {found['joins']:.0f} us | {found['freed']:.0f} us | {found['shown']:.0f} us |")
    print("\n| agents, free | offered | shown |\n|---|---|---|")
    for agents in AGENTS:
        found = offered(agents)
        print(f"| {agents} | {found['offered']:.0f} us | {found['shown']:.0f} us |")


if __name__ == "__main__":
    main()
