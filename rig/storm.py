"""A storm: callers who come and go by the minute, while ivrd is killed and started again, or handed over.

Light SIP agents of our own (bench/station.py) play callers and phones, so that many calls at once cost
little. Everything random comes from one seed. What is to hold afterwards is checked by aftermath.py.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.media import AGENT, CALLER, Media
from bench.station import Leg, Station
from ivrd.daemon.course import SERVING, Course, read
from ivrd.daemon.stopping import HAND_OVER
from rig import stalls
from rig.aftermath import NEEDS_S, WRAP_UP_S, Aftermath, Report
from rig.daemon import IvrdProcess
from rig.site import SitePaths, make_site, merged
from rig.stack import Stack

DID = "700"
#: a variable is set at the beginning and looked at after the talk and the survey: the row's tag says what became of it
FLOW = """\
start: mark
nodes:
  mark: {set: {to: {mark: caller.number}, then: welcome}}
  welcome: {menu: {say: [menu-main], timeout_s: 1, tries: 1, keys: {1: queue}, otherwise: queue}}
  queue: {queue: {to: storm, overflow: bye, after: ask}}
  ask: {survey: {ask: csat, say: [survey-csat], timeout_s: 0.5, tries: 1, then: look}}
  look: {branch: {cases: [{when: vars.mark == caller.number, then: kept}], otherwise: lost}}
  kept: {tag: {add: kept, then: bye}}
  lost: {tag: {add: lost, then: bye}}
  bye: {hangup: {}}
"""
_QUIET_S = 30.0  #: until whoever is still there counts as lost


@dataclass
class Plan:
    """How hard it blows."""

    seed: int
    kills: int = 0
    handovers: int = 0  #: to a standby, each, in place of kills
    agents: int = 12
    callers_at_once: int = 10
    between_s: tuple[float, float] = (0.8, 3.0)  #: ivrd serves so long before the next kill
    start_killed: float = 0.2  #: share of the starts that are killed, too, before they are over


def make(root: Path, plan: Plan, own: Mapping[str, Any] | None = None, flows: Mapping[str, str] | None = None) -> SitePaths:
    """The site: one queue, many agents, no patience with phones that do not answer.

    ``own`` is laid over its ivrd.yaml, ``flows`` are further ones (number dialled -> YAML).
    """
    directory = root.resolve() / "dialplans"
    directory.mkdir(parents=True, exist_ok=True)
    further = {did: f"flow{did}" for did in flows or {}}
    (directory / "storm.yaml").write_text(FLOW)
    for did, text in (flows or {}).items():
        (directory / f"{further[did]}.yaml").write_text(text)
    agents = {f"1{n:03d}": {"name": f"Agent {n}", "skills": ["storm"]} for n in range(1, plan.agents + 1)}
    agents["1999"] = {"name": "Has all other skills, and never logs in"}
    queue = {"title": "Storm", "skills": ["storm"], "wrap_up_s": WRAP_UP_S, "ring_timeout_s": 2, "announce_every_s": 0}
    usual = {
        "dids": {"169": None, DID: "storm", **further},
        "paths": {"prompts": "prompts", "dialplans": "dialplans"},
        "acd": {"pause_after_misses": 0, "reoffer_after_s": 1},
        # whoever calls or waits while ivrd starts is to be served by it: the fallback keeps no rows
        "asterisk": {"fallback": {"retry_s": 60, "rescue_after_s": 60}},
    }
    return make_site(root, agents=agents, overrides={"ivrd.yaml": merged(usual, own or {}), "queues.yaml": {"queues": {"storm": queue}}})


class Storm:
    """Callers and phones. Enter it with a running stack."""

    def __init__(self, site: SitePaths, stack: Stack, plan: Plan) -> None:
        self._site, self._stack, self._plan = site, stack, plan
        self._random = random.Random(plan.seed)
        self._numbers = itertools.count(88000001)
        self._rings = itertools.count()  # every third puts the caller on hold
        self._over = asyncio.Event()
        self._away_ns: list[tuple[int, int]] = []
        self._stalls = stalls.Stalls()
        self._held: dict[str, float] = {}  # call id of a phone's leg -> how long it kept the caller on hold; inf: to the end
        self._group: asyncio.TaskGroup | None = None
        self.report = Report()

    @asynccontextmanager
    async def people(self) -> AsyncIterator[None]:
        """Phones registered, agents logged in."""
        sip = self._site.loaded.site.asterisk.sip
        with Media() as media, Station((sip.host, sip.port), media, CALLER, AGENT) as callers, Station(
            (sip.host, sip.port), media, AGENT, CALLER
        ) as phones:
            self._callers, self._phones = callers, phones
            code = self._site.loaded.site.asterisk.feature_codes.log_in
            await self._register()
            for extension in self._extensions:
                await phones.dial(extension, self._site.secrets.phones[extension], code)
            callers.forget()
            phones.forget()
            phones.on_call = self._phone_rings
            yield

    async def blow(self) -> None:
        """Calls all the time, and as many kills and handovers as planned; then wait until all is over."""
        async with stalls.watched() as self._stalls, asyncio.TaskGroup() as self._group:
            for n in range(self._plan.callers_at_once):
                self._group.create_task(self._caller(), name=f"caller {n}")
            self._group.create_task(self._change(), name="changes")
        await self._settle()

    # --- the weather

    async def _change(self) -> None:
        for change in [self._kill] * self._plan.kills + [self._hand_over] * self._plan.handovers:
            await asyncio.sleep(self._random.uniform(*self._plan.between_s))
            away_ns = await change()
            self._away_ns.append((away_ns, time.time_ns()))
            await self._register()
        await asyncio.sleep(NEEDS_S)
        self._over.set()

    async def _kill(self) -> int:
        """Since when it was away, to compare with the kernel's stamps."""
        ivrd = self._stack.ivrd
        killed_ns = time.time_ns()
        await ivrd.kill()
        self.report.kills += 1
        if self._random.random() < self._plan.start_killed:
            await ivrd.child.start()
            await asyncio.sleep(self._random.uniform(0.1, 1.5))
            await ivrd.kill()
            self.report.kills += 1
            self.report.kills_at_start += 1
        began = time.monotonic()
        await ivrd.start()
        self.report.start_s.append(time.monotonic() - began)
        return killed_ns

    async def _hand_over(self) -> int:
        """The same; the one that leads afterwards is the stack's."""
        site, leader = self._site, self._stack.ivrd
        log = site.logs / f"ivrd-{self.report.handovers + 1}.log"
        standby = IvrdProcess(site.config, log, site.loaded.site.http.port, standby=True)
        await standby.start_beside(leader)
        told_ns, began = time.time_ns(), time.monotonic()
        leader.signal(HAND_OVER)
        await leader.wait(_QUIET_S)
        self._stack.ivrd = standby
        serving = Course(pid=standby.pid, stage=SERVING)
        state = site.loaded.path(site.loaded.site.paths.state)

        async def serves() -> bool:
            return read(state) == serving

        await standby.child.until(serves, _QUIET_S)
        self.report.start_s.append(time.monotonic() - began)
        self.report.handovers += 1
        return told_ns

    @property
    def _extensions(self) -> list[str]:
        return [e for e, agent in self._site.loaded.agents.items() if "storm" in agent.skills]

    async def _register(self) -> None:
        """Again and again: registrations run out after minutes, and a phone does this by itself."""
        for extension in self._extensions:
            await self._phones.register(extension, self._site.secrets.phones[extension])

    async def _caller(self) -> None:
        while not self._over.is_set():
            await asyncio.sleep(self._random.uniform(0.0, 0.5))
            leg = self._callers.call(str(next(self._numbers)), DID)
            patience_s = self._random.choice((0.5, 2.5, 60.0, 60.0, 60.0))
            try:
                async with asyncio.timeout(patience_s):
                    await leg.over.wait()
            except TimeoutError:
                if not any(p.number == leg.number and p.ok_ns for p in self._phones.busy):
                    self._callers.hang_up(leg)
                await leg.over.wait()

    def _phone_rings(self, leg: Leg) -> None:
        loop = asyncio.get_running_loop()
        self._phones.ring(leg)
        if self._random.random() < 0.1:
            return  # the agent is not at the desk
        holds = next(self._rings) % 3 == 0
        answer_s, talk_s = self._random.uniform(0.1, 0.8), self._random.uniform(2.5 if holds else 0.5, 5.0)
        loop.call_later(answer_s, self._phones.accept, leg)
        if holds and self._group is not None:
            self._group.create_task(self._holds(leg, answer_s + 0.5, talk_s - 1.5), name=f"{leg.phone} holds")
        ends = self._phones.hang_up if self._random.random() < 0.6 else self._caller_ends
        loop.call_later(answer_s + talk_s, ends, leg)

    async def _holds(self, leg: Leg, after_s: float, for_s: float) -> None:
        """The agent puts the caller on hold; the talk goes on for a second afterwards."""
        await asyncio.sleep(after_s)
        if not leg.ok_ns or leg.over.is_set():
            return
        began = time.monotonic()
        self._held[leg.call_id] = math.inf
        await self._phones.hold(leg, True)
        await asyncio.sleep(for_s)
        await self._phones.hold(leg, False)
        if not leg.over.is_set():
            self._held[leg.call_id] = time.monotonic() - began

    def _caller_ends(self, leg: Leg) -> None:
        if not leg.ok_ns or leg.over.is_set():
            return  # it rang out, or was dropped: somebody else has the call
        for caller in self._callers.busy:
            if caller.number == leg.number:
                self._callers.hang_up(caller)

    async def _settle(self) -> None:
        for station in (self._callers, self._phones):
            for leg in station.busy:
                async with asyncio.timeout(_QUIET_S):
                    await leg.over.wait()
        deadline = time.monotonic() + _QUIET_S
        while any(k.startswith("ivrd_calls_in_progress") and v for k, v in (await self._stack.ivrd.metrics()).items()):
            if time.monotonic() > deadline:
                return  # the rows will tell
            await asyncio.sleep(0.2)

    # --- afterwards

    async def all_rows(self, read: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """The rows, once as many callers have one as called: of whom ivrd never saw it learns a little later."""
        deadline = time.monotonic() + _QUIET_S
        while True:
            rows = read()
            complete = len({row["caller_number"] for row in rows}) >= len(self._callers.legs)
            if complete or time.monotonic() > deadline:
                return rows
            await asyncio.sleep(0.2)

    def faults(self, rows: list[dict[str, Any]]) -> list[str]:
        """Each broken promise in words; ``rows``: all of the CDR table. Fills the report in."""
        return Aftermath(
            self._site.root / "var" / "recordings", self._callers.legs, self._phones.legs, self._away_ns, self._held, self.report, self._stalls
        ).faults(rows)
