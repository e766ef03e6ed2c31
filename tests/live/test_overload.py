"""More than can be served, on fifty channels: those who are in are served as if nothing were, the others hear busy, memory is bounded.

Here: a service that answers nobody, while callers of it fill channels. ``make chaos`` (IVRD_CHAOS=1): 500 callers in one moment, and 20 a
second for a minute. How quickly they are served meanwhile is measured, not tested: ``python -m bench --runs overload``.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing

import pytest
from aiohttp import web

from bench import cpu
from bench.media import AGENT, CALLER, Media
from bench.station import Leg, Station
from rig.site import SitePaths, remove, scratch
from rig.stack import Stack
from rig.storm import DID, Plan, make
from rig.tools import free_ports
from tests.live.said import write_music, write_prompts

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]
chaos = pytest.mark.chaos

CHANNELS, AGENTS, TALKS = 50, 24, 20
AT_ONCE, A_SECOND, FOR_S = 500, 20, 60
#: a row, its why and what Python keeps of a burst; never what 500 calls would be
GROWTH_MB = 30
ROWS_WITHIN_S = 30.0
OK, BUSY = 200, 486
HANGS = "900"
(SERVICE,) = free_ports(1)
FLOW = """\
start: ask
nodes:
  ask: {http: {service: oss, get: /licence, timeout_s: 30, then: bye, on_failure: bye}}
  bye: {hangup: {}}
"""
#: Asterisk takes ports for a caller's audio before anyone can refuse the call; the rig's ranges are for suites side by side
CROWD_PORTS = {"sip": {"rtp_first": 22_000, "rtp_last": 29_999}} if os.environ.get("IVRD_CHAOS") == "1" else {}
OWN = {
    "services": {"oss": {"url": f"http://127.0.0.1:{SERVICE}"}},
    "asterisk": {"trunk": {"channels": CHANNELS}, **CROWD_PORTS},
}
numbers = itertools.count(87000001)


class Centre:
    """Carrier, phones, and what ivrd wrote down."""

    def __init__(self, site: SitePaths, stack: Stack, callers: Station, phones: Station) -> None:
        self._site, self.stack, self.callers, self.phones = site, stack, callers, phones
        self.talk_s = 0.5
        self._rang = asyncio.Event()
        phones.on_call = self._rings

    def dial(self, did: str = DID) -> Leg:
        return self.callers.call(str(next(numbers)), did)

    def _rings(self, leg: Leg) -> None:
        self.phones.accept(leg)
        self._rang.set()
        if self.talk_s:
            asyncio.get_running_loop().call_later(self.talk_s, self.phones.hang_up, leg)

    async def talks(self, count: int) -> list[Leg]:
        """Callers who talk until they are hung up: their legs, then their agents'."""
        self.talk_s = 0.0
        self.phones.forget()
        callers = [self.dial() for _ in range(count)]
        for leg in callers:
            await leg.answered.wait()
        while len(self.phones.legs) < count:
            await self._rang.wait()
            self._rang.clear()
        self.talk_s = 0.5
        return callers + self.phones.legs

    def rows(self, legs: list[Leg]) -> dict[str, list[str]]:
        """Number -> dispositions."""
        found: dict[str, list[str]] = {leg.number: [] for leg in legs}
        with closing(sqlite3.connect(f"file:{self._site.root / 'var' / 'state' / 'cdr.db'}?mode=ro", uri=True)) as store:
            for number, disposition in store.execute("SELECT caller_number, disposition FROM cdr"):
                if number in found:
                    found[number].append(disposition)
        return found

    async def all_rows(self, legs: list[Leg]) -> dict[str, list[str]]:
        """Once each has one; what there is when that takes too long."""
        deadline = time.monotonic() + ROWS_WITHIN_S
        while True:
            rows = self.rows(legs)
            if all(rows.values()) or time.monotonic() > deadline:
                return rows
            await asyncio.sleep(0.2)


@pytest.fixture
def site() -> Iterator[SitePaths]:
    root = scratch()
    write_prompts(root / "prompts")
    made = make(root, Plan(seed=169, agents=AGENTS), OWN, {HANGS: FLOW})
    write_music(root / "var" / "spool")
    yield made
    remove(root)


@asynccontextmanager
async def at_work(site: SitePaths) -> AsyncIterator[Centre]:
    """Agents registered and logged in; nothing is left behind."""
    sip = site.loaded.site.asterisk.sip
    code = site.loaded.site.asterisk.feature_codes.log_in
    async with Stack(site) as stack:
        with Media() as media, Station((sip.host, sip.port), media, CALLER, AGENT) as callers, Station(
            (sip.host, sip.port), media, AGENT, CALLER
        ) as phones:
            for extension in (e for e, agent in site.loaded.agents.items() if "storm" in agent.skills):
                await phones.register(extension, site.secrets.phones[extension])
                await phones.dial(extension, site.secrets.phones[extension], code)
            yield Centre(site, stack, callers, phones)
        assert await stack.leaks() == []
        assert (await stack.ivrd.metrics())["ivrd_core_failures_total"] == 0


@pytest.fixture
async def asked() -> AsyncIterator[asyncio.Semaphore]:
    """A service that answers nobody; released once for each who asks."""
    come, over = asyncio.Semaphore(0), asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        come.release()
        await over.wait()
        return web.Response(status=503)

    app = web.Application()
    app.router.add_get("/licence", hang)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", SERVICE).start()
    yield come
    over.set()
    await runner.cleanup()


async def over(legs: list[Leg]) -> Counter[int]:
    """How they ended, once all have."""
    for leg in legs:
        await leg.over.wait()
    return Counter(leg.status for leg in legs)


async def test_a_service_that_answers_nobody(site: SitePaths, asked: asyncio.Semaphore) -> None:
    async with at_work(site) as centre:
        at_once = 10  # of one service: services.at_once
        hang = [centre.dial(HANGS) for _ in range(CHANNELS - 10)]
        for _ in range(at_once):
            await asked.acquire()
        served = [centre.dial() for _ in range(CHANNELS - len(hang))]
        assert await over(served) == {OK: len(served)}
        assert not any(leg.over.is_set() for leg in hang)  # they still wait for it
        assert list((await centre.all_rows(served)).values()) == [["answered"]] * len(served)
        for leg in hang:
            centre.callers.hang_up(leg)
        await over(hang)
        assert all(len(found) == 1 for found in (await centre.all_rows(hang)).values())


@chaos
async def test_five_hundred_in_one_moment(site: SitePaths) -> None:
    async with at_work(site) as centre:
        talking = await centre.talks(TALKS)
        before_mb = cpu.resident_mb(centre.stack.ivrd.pid)
        crowd = [centre.dial() for _ in range(AT_ONCE)]
        ended = await over(crowd)
        await served_and_counted(centre, crowd, ended, talking)
        assert cpu.resident_mb(centre.stack.ivrd.pid) < before_mb + GROWTH_MB


@chaos
async def test_twenty_a_second_for_a_minute(site: SitePaths) -> None:
    async with at_work(site) as centre:
        talking = await centre.talks(TALKS)
        before_mb = cpu.resident_mb(centre.stack.ivrd.pid)
        crowd = []
        loop = asyncio.get_running_loop()
        due = loop.time()
        for _ in range(A_SECOND * FOR_S):
            crowd.append(centre.dial())
            due += 1 / A_SECOND
            await asyncio.sleep(max(0.0, due - loop.time()))
        ended = await over(crowd)
        await served_and_counted(centre, crowd, ended, talking)
        assert cpu.resident_mb(centre.stack.ivrd.pid) < before_mb + GROWTH_MB


async def served_and_counted(centre: Centre, crowd: list[Leg], ended: Counter[int], talking: list[Leg]) -> None:
    """Who was let in was served, who was not heard busy; one row each; who talked before talked on."""
    assert set(ended) == {OK, BUSY}
    assert ended[OK] >= CHANNELS - TALKS
    rows = await centre.all_rows(crowd)
    assert all(len(found) == 1 for found in rows.values())
    told = Counter((leg.status, rows[leg.number][0]) for leg in crowd)
    assert told == {(OK, "answered"): ended[OK], (BUSY, "refused"): ended[BUSY]}
    assert not any(leg.over.is_set() for leg in talking)
    for leg in talking[:TALKS]:
        centre.callers.hang_up(leg)
    await over(talking)
    frames = sum(leg.audio.frames for leg in talking)
    assert frames > 0
    assert sum(leg.audio.lost for leg in talking) <= frames * 0.001
