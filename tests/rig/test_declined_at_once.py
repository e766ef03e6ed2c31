"""Phones that decline as fast as they are rung: Asterisk lives through it (ADR 113). With a time-out at ``dial`` it did not, for three thousand offers."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator

import pytest
import structlog

from ivrd.adapters.ari import AriClient
from ivrd.core import ids
from ivrd.core.events import ChannelGone, Event
from ivrd.daemon.clock import SystemClock
from rig.asterisk import AsteriskProcess
from rig.forwarder import Forwarder
from rig.site import SitePaths, make_site, remove, scratch

pytestmark = pytest.mark.live
PHONES = [str(extension) for extension in range(101, 109)]
#: seconds of offers; in the suite only so many that the test itself is known to work
FOR_S = 60 if os.environ.get("IVRD_CHAOS") == "1" else 3


class Switch:
    """Asterisk with phones that decline, and our adapter."""

    def __init__(self, site: SitePaths) -> None:
        settings, secrets = site.loaded.site.asterisk, site.secrets
        self.client = AriClient(settings.ari, secrets.ari, self._heard, SystemClock(), structlog.get_logger())
        self._site, self._gone, self._free = site, dict[str, asyncio.Event](), set[str]()

    def _heard(self, event: Event) -> None:
        if isinstance(event, ChannelGone) and event.channel in self._gone:
            self._gone[event.channel].set()

    def _keep(self) -> None:
        self.client.warm.keep(frozenset(self._free))

    async def decline(self, extension: str, until: float) -> int:
        """Ring the phone again and again, each time on a warm leg, which it declines: how often."""
        offers = 0
        async with Forwarder(self._site.registrar, extension, self._site.secrets.phones[extension], to=""):
            while time.monotonic() < until:
                offers += 1
                self._free.add(extension)
                self._keep()
                async with asyncio.timeout(10):
                    while not self.client.warm.has(extension):  # noqa: ASYNC110 - nobody but the core's next offer asks
                        await asyncio.sleep(0.001)
                    await self._offer(f"{extension}.{offers}", extension)
        return offers

    async def _offer(self, call: str, extension: str) -> None:
        leg = ids.agent_leg(call, extension, 1)
        gone = self._gone[leg] = asyncio.Event()
        await self.client.offer(leg, extension, "0812", "Umum (id)", 15)
        self._free.discard(extension)
        self._keep()
        await gone.wait()
        del self._gone[leg]
        await self.client.close_bridge(ids.bridge(call))


@pytest.fixture
def site() -> Iterator[SitePaths]:
    made = make_site(scratch(), agents={extension: {"name": extension} for extension in PHONES})
    yield made
    remove(made.root)


async def test_phones_that_decline_at_once_do_not_take_asterisk_down(site: SitePaths) -> None:
    switch = Switch(site)
    async with AsteriskProcess(site.etc, site.logs / "asterisk.log") as asterisk, asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(switch.client.run()), tasks.create_task(switch.client.warm.run())]
        async with asyncio.timeout(10):
            await switch.client.connected.wait()
        until = time.monotonic() + FOR_S
        offers = await asyncio.gather(*(switch.decline(extension, until) for extension in PHONES), return_exceptions=True)
        assert asterisk.running, f"Asterisk has died; {offers}"
        assert all(isinstance(n, int) and n > FOR_S for n in offers), offers
        for task in running:
            task.cancel()
