"""A storm: callers who come and go by the minute, while ivrd is killed and started again, or handed over.

Light SIP agents of our own (bench/station.py) play callers and phones, so that many calls at once cost
little. Everything random comes from one seed. What is to hold afterwards is checked by ``faults``:
nobody lost, one row a call, recordings whole, audio without a gap, nothing left in Asterisk.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.media import AGENT, CALLER, Media
from bench.station import Leg, Station
from ivrd.daemon.course import SERVING, Course, read
from ivrd.daemon.stopping import HAND_OVER
from rig.daemon import IvrdProcess
from rig.site import SitePaths, make_site
from rig.stack import Stack

DID = "700"
FLOW = """\
start: welcome
nodes:
  welcome: {menu: {say: [menu-main], timeout_s: 1, tries: 1, keys: {1: queue}, otherwise: queue}}
  queue: {queue: {to: storm, overflow: bye}}
  bye: {hangup: {}}
"""
_QUIET_S = 30.0  #: until whoever is still there counts as lost
_NEEDS_S = 1.0
#: a busy machine is late with the recorder
_LATE_S = 0.6


@dataclass
class Plan:
    """How hard it blows."""

    seed: int
    kills: int = 0
    handovers: int = 0  #: to a standby, each, in place of kills
    agents: int = 12
    callers_at_once: int = 10
    between_s: tuple[float, float] = (0.8, 3.0)  #: ivrd serves so long before the next kill


@dataclass
class Report:
    """What was seen."""

    calls: int = 0
    talks: int = 0
    unseen_talks: int = 0  #: begun and over while ivrd was away: their row says that the caller waited
    kills: int = 0
    handovers: int = 0
    frames: int = 0
    lost_frames: int = 0
    start_s: list[float] = field(default_factory=list)

    def line(self) -> str:
        """For a person."""
        starts = sorted(self.start_s) or [0.0]
        return (
            f"{self.kills} kills, {self.handovers} handovers, {self.calls} calls, {self.talks} talks, {self.unseen_talks} unseen, {self.lost_frames} of {self.frames} frames lost; "
            f"start to ready: median {starts[len(starts) // 2]:.1f} s, longest {starts[-1]:.1f} s"
        )


def make(root: Path, plan: Plan) -> SitePaths:
    """The site: one queue, many agents, no patience with phones that do not answer."""
    flows = root.resolve() / "dialplans"
    flows.mkdir(parents=True, exist_ok=True)
    (flows / "storm.yaml").write_text(FLOW)
    agents = {f"1{n:03d}": {"name": f"Agent {n}", "skills": ["storm"]} for n in range(1, plan.agents + 1)}
    agents["1999"] = {"name": "Has all other skills, and never logs in"}
    queue = {"title": "Storm", "skills": ["storm"], "wrap_up_s": 0, "ring_timeout_s": 2, "announce_every_s": 0}
    own = {
        "dids": {"169": None, DID: "storm"},
        "paths": {"prompts": "prompts", "dialplans": "dialplans"},
        "acd": {"pause_after_misses": 0, "reoffer_after_s": 1},
        # whoever calls while ivrd starts is to reach it: the fallback keeps no rows
        "asterisk": {"fallback": {"retry_s": 60}},
    }
    return make_site(root, agents=agents, overrides={"ivrd.yaml": own, "queues.yaml": {"queues": {"storm": queue}}})


class Storm:
    """Callers and phones. Enter it with a running stack."""

    def __init__(self, site: SitePaths, stack: Stack, plan: Plan) -> None:
        self._site, self._stack, self._plan = site, stack, plan
        self._random = random.Random(plan.seed)
        self._numbers = itertools.count(88000001)
        self._over = asyncio.Event()
        self._away_ns: list[tuple[int, int]] = []
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
        async with asyncio.TaskGroup() as group:
            for n in range(self._plan.callers_at_once):
                group.create_task(self._caller(), name=f"caller {n}")
            group.create_task(self._change(), name="changes")
        await self._settle()

    # --- the weather

    async def _change(self) -> None:
        for change in [self._kill] * self._plan.kills + [self._hand_over] * self._plan.handovers:
            await asyncio.sleep(self._random.uniform(*self._plan.between_s))
            away_ns = await change()
            self._away_ns.append((away_ns, time.time_ns()))
            await self._register()
        await asyncio.sleep(_NEEDS_S)
        self._over.set()

    async def _kill(self) -> int:
        """Since when it was away, to compare with the kernel's stamps."""
        ivrd = self._stack.ivrd
        killed_ns = time.time_ns()
        await ivrd.kill()
        began = time.monotonic()
        await ivrd.start()
        self.report.start_s.append(time.monotonic() - began)
        self.report.kills += 1
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

    def _answering(self, leg: Leg) -> Leg | None:
        """The phone at which this caller was heard; one that was answered while ivrd was dead is dropped at once."""
        heard = (p for p in self._phones.legs if p.number == leg.number and p.audio.frames)
        return max(heard, key=lambda p: p.ok_ns, default=None)

    def _phone_rings(self, leg: Leg) -> None:
        loop = asyncio.get_running_loop()
        self._phones.ring(leg)
        if self._random.random() < 0.1:
            return  # the agent is not at the desk
        answer_s, talk_s = self._random.uniform(0.1, 0.8), self._random.uniform(0.5, 5.0)
        loop.call_later(answer_s, self._phones.accept, leg)
        ends = self._phones.hang_up if self._random.random() < 0.6 else self._caller_ends
        loop.call_later(answer_s + talk_s, ends, leg)

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

    # --- what is to hold

    def faults(self, rows: list[dict[str, Any]]) -> list[str]:
        """Each broken promise in words; ``rows``: all of the CDR table. Fills the report in."""
        by_number: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            by_number.setdefault(row["caller_number"], []).append(row)
        found: list[str] = []
        for leg in self._callers.legs:
            self.report.calls += 1
            found += self._caller_faults(leg, by_number.pop(leg.number, []))
        found += [f"row of nobody: {number}" for number in by_number if number.startswith("88")]
        return found

    def _caller_faults(self, leg: Leg, rows: list[dict[str, Any]]) -> list[str]:
        found = []
        phone = self._answering(leg)
        if leg.status and leg.status != 200 and not leg.hung_up:
            found.append(f"{leg.number} was refused: {leg.status}")
        if leg.ok_ns and not leg.hung_up and phone is None:
            found.append(f"{leg.number} was hung up on without having been served")
        if len(rows) != 1:
            return [*found, f"{leg.number} has {len(rows)} rows"]
        if phone is None:
            gave_up_unseen = rows[0]["disposition"] == "fallback" and not leg.ok_ns
            if rows[0]["disposition"] not in ("abandoned_ivr", "abandoned_queue") and not gave_up_unseen:
                found.append(f"{leg.number} talked to nobody: {rows[0]['disposition']}")
            return found
        if self._within_an_outage(phone) and rows[0]["disposition"] != "answered":
            self.report.unseen_talks += 1  # Asterisk connected the two (ADR 51), and they were done before ivrd was back
            return found
        self.report.talks += 1
        return found + self._talk_faults(leg, phone, rows[0])

    async def all_rows(self, read: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """The rows, once as many callers have one as called: of whom ivrd never saw it learns a little later."""
        deadline = time.monotonic() + _QUIET_S
        while True:
            rows = read()
            complete = len({row["caller_number"] for row in rows}) >= len(self._callers.legs)
            if complete or time.monotonic() > deadline:
                return rows
            await asyncio.sleep(0.2)

    def _within_an_outage(self, phone: Leg) -> bool:
        return any(killed < phone.ok_ns and phone.over_ns < back for killed, back in self._away_ns)

    def _unheard_s(self, answered_ns: int) -> float:
        """How much of a talk nobody could order the recording of: answered while ivrd was away, or killed at once."""
        for killed, back in self._away_ns:
            if killed - _NEEDS_S * 1e9 < answered_ns < back:
                return (back - answered_ns) / 1e9
        return 0.0

    def _talk_faults(self, leg: Leg, phone: Leg, row: dict[str, Any]) -> list[str]:
        found = []
        if row["disposition"] != "answered":
            found.append(f"{leg.number} talked to {phone.phone}: {row['disposition']}")
        for side in (leg, phone):
            self.report.frames += side.audio.frames
            self.report.lost_frames += side.audio.lost
        talk_s = (min(leg.over_ns, phone.over_ns) - phone.ok_ns) / 1e9
        owed_s = talk_s - self._unheard_s(phone.ok_ns) - _LATE_S
        recording = self._site.root / "var" / "recordings" / row["recording"] if row["recording"] else None
        if owed_s > 0 and (recording is None or not recording.exists()):
            found.append(f"{leg.number} talked for {talk_s:.1f} s and has no recording: {row['recording_note']}")
        elif recording is not None and row["recording_ms"] / 1000 < owed_s:
            found.append(f"{leg.number} talked for {talk_s:.1f} s, recorded are {row['recording_ms']} ms")
        return found
