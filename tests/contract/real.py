"""The harness on a real Asterisk with real phones, and the bench they all share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog

from ivrd.adapters.ami import AmiClient
from ivrd.adapters.ari import AriClient
from ivrd.core.events import AgentAnswered, CallArrived, FeatureDialled
from rig import tones
from rig.asterisk import AsteriskProcess
from rig.phone import ANSWER, REJECT, RING, Phone, PhoneCall, Phones
from rig.site import SitePaths, make_site, remove, scratch
from tests.contract.harness import EventLog, PhonePolicy, WallClock

_POLICIES = {"ring": RING, "answer": ANSWER, "reject": REJECT}


@dataclass
class Bench:
    """One Asterisk and one registered phone for all tests of a session."""

    site: SitePaths
    asterisk: AsteriskProcess
    phones: Phones
    phone: Phone
    sounds: Path


@asynccontextmanager
async def running_asterisk() -> AsyncIterator[tuple[SitePaths, AsteriskProcess]]:
    """A throw-away site and its Asterisk, booted."""
    directory = scratch()
    try:
        site = make_site(directory)
        async with AsteriskProcess(site.etc, site.logs / "asterisk.log") as asterisk:
            yield site, asterisk
    finally:
        remove(directory)


@asynccontextmanager
async def running_bench(sounds: Path) -> AsyncIterator[Bench]:
    """The shared bench."""
    for name, seconds in (("short", 0.3), ("long", 30.0)):
        tones.write_mono(sounds / f"{name}.wav", tones.make_tone(700, 0, int(8000 * seconds)))
    async with AsyncExitStack() as stack:
        site, asterisk = await stack.enter_async_context(running_asterisk())
        phones = await stack.enter_async_context(Phones(site.registrar))
        phone = await phones.phone("101", site.secrets.phones["101"])
        yield Bench(site, asterisk, phones, phone, sounds)


class RealHarness:
    """See Harness."""

    did, phone, unregistered_phone = "169", "101", "124"

    def __init__(self, bench: Bench) -> None:
        self._bench, self.inbox = bench, EventLog()
        log, clock = structlog.get_logger(), WallClock()
        asterisk, secrets = bench.site.loaded.site.asterisk, bench.site.secrets
        self.telephony = AriClient(asterisk.ari, secrets.ari, self.inbox, clock, log)
        self.recorder = AmiClient(
            asterisk.ami, secrets.ami, self.inbox, clock, log, extensions=["101", "124"]
        )
        self._calls: dict[str, PhoneCall] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Connect both clients."""
        loop = asyncio.get_running_loop()
        for client in (self.telephony, self.recorder):
            self._tasks.append(loop.create_task(client.run(), name=type(client).__name__))
        async with asyncio.timeout(5):
            await self.telephony.connected.wait()
            await self.recorder.connected.wait()

    async def close(self) -> None:
        """Disconnect, hang all phones up."""
        for call in self._bench.phones.calls:
            await call.close()
        self._bench.phones.calls.clear()
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def dial_in(self, number: str) -> str:
        call = await self._bench.phones.call(self.did, number)
        arrived = await self.inbox.wait(CallArrived, caller_number=number)
        self._calls[arrived.call] = call
        return arrived.call

    async def dial_feature_pause(self) -> str:
        call = await self._bench.phone.dial(
            self._bench.site.loaded.site.asterisk.feature_codes.pause
        )
        dialled = await self.inbox.wait(FeatureDialled)
        self._calls[dialled.session] = call
        return dialled.session

    async def phone_will(self, policy: PhonePolicy) -> None:
        self._bench.phone.policy = _POLICIES[policy]

    async def _call(self, channel: str) -> PhoneCall:
        if channel not in self._calls:  # an agent's leg: the phone's latest call
            if self.inbox.of(AgentAnswered, leg=channel):
                await self._bench.phone.incoming[-1].talking()
            return self._bench.phone.incoming[-1]
        return self._calls[channel]

    async def press(self, channel: str, digits: str) -> None:
        await (await self._call(channel)).press(digits)

    async def hang_up(self, channel: str) -> None:
        await (await self._call(channel)).hang_up()

    async def hold(self, channel: str) -> None:
        await (await self._call(channel)).hold()

    async def resume(self, channel: str) -> None:
        call = await self._call(channel)
        async with asyncio.timeout(5):
            while True:
                try:
                    return await call.resume()
                except Exception as error:
                    if "in flight" not in str(error):
                        raise
                    await asyncio.sleep(0.02)  # the phone's own re-INVITE is not answered yet

    def sound(self, length: Literal["short", "long"]) -> Path:
        return self._bench.sounds / length

    async def let_prompt_end(self, prompt: str) -> None:
        """It ends by itself."""

    async def let_ring_out(self, timeout_s: int) -> None:
        """Asterisk's clock does it."""

    async def let_speak(self, seconds: float) -> None:
        """The phones' tones go on for so long."""
        await asyncio.sleep(seconds)

    async def channels(self) -> list[str]:
        return await self._bench.asterisk.channels()

    async def leaks(self) -> list[str]:
        asterisk = self._bench.asterisk
        with suppress(TimeoutError):
            async with asyncio.timeout(3):  # a channel ends a moment after it has left Stasis
                while await asterisk.channels() or await asterisk.bridges():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        return [f"channel {c}" for c in await asterisk.channels()] + [
            f"bridge {b}" for b in await asterisk.bridges()
        ]
