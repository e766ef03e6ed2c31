"""AmiClient on a real Asterisk: recordings, phones that come and go, wrong passwords."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from structlog.testing import capture_logs

from ivrd.adapters.ami import AmiClient
from ivrd.adapters.ari import AriClient
from ivrd.core.events import (
    CallArrived,
    CallerAnswered,
    ChannelGone,
    PhoneReachable,
    PhoneUnreachable,
)
from ivrd.errors import StartError
from rig.asterisk import AsteriskProcess
from rig.phone import Phones
from rig.site import SitePaths
from rig.tools import RigError
from tests.contract.harness import EventLog, WallClock
from tests.contract.real import running_asterisk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

BYTES_PER_S = 32_000  #: two channels, 16 bit, 8 kHz
Bench = tuple[SitePaths, AsteriskProcess]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench() -> AsyncIterator[Bench]:
    async with running_asterisk() as both:
        yield both


@asynccontextmanager
async def connected(site: SitePaths, inbox: EventLog) -> AsyncIterator[tuple[AriClient, AmiClient]]:
    settings, log, clock = site.loaded.site.asterisk, structlog.get_logger(), WallClock()
    ari = AriClient(settings.ari, site.secrets.ari, inbox, clock, log)
    ami = AmiClient(settings.ami, site.secrets.ami, inbox, clock, log, extensions=["101", "102"])
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(c.run(), name=type(c).__name__) for c in (ari, ami)]
        async with asyncio.timeout(5):
            await ari.connected.wait()
            await ami.connected.wait()
        yield ari, ami
        for task in running:
            task.cancel()


async def becomes(true: Callable[[], bool], within_s: float = 5) -> None:
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - a file grows: nothing to await
            await asyncio.sleep(0.02)


async def test_a_recording_is_whole_once_although_it_is_ordered_twice(
    bench: Bench, tmp_path: Path
) -> None:
    site, inbox = bench[0], EventLog()
    raw = tmp_path / "2026" / "11" / "talk.raw"
    async with Phones(site.registrar) as phones, connected(site, inbox) as (ari, ami):
        caller = await phones.call("169", "0812")
        call = (await inbox.wait(CallArrived)).call
        await ari.answer(call)
        await inbox.wait(CallerAnswered)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await ami.start_recording(call, raw)
        await ami.start_recording(call, raw)
        await becomes(lambda: raw.exists() and raw.stat().st_size >= BYTES_PER_S)
        await ami.stop_recording(call)
        lasted_s = loop.time() - began
        await caller.hang_up()
        await inbox.wait(ChannelGone)
    # Two recorders on one file would have written it twice over.
    assert BYTES_PER_S <= raw.stat().st_size <= (lasted_s + 0.5) * BYTES_PER_S


async def test_phones_that_come_and_go_and_a_wrong_password(bench: Bench) -> None:
    site, inbox = bench[0], EventLog()
    with capture_logs() as logs:
        async with Phones(site.registrar) as phones, connected(site, inbox):
            await inbox.wait(PhoneUnreachable, extension="101")
            phone = await phones.phone("101", site.secrets.phones["101"])
            await inbox.wait(PhoneReachable, extension="101")
            with pytest.raises(RigError, match="401"):
                await phones.phone("102", "guessed")
            await becomes(lambda: any(e["event"].startswith("access refused") for e in logs))
            await phone.unregister()
            await inbox.wait(PhoneUnreachable, extension="101", count=2)
    (refused,) = [e for e in logs if e["event"].startswith("access refused")]
    assert (refused["account"], refused["address"]) == ("102", "127.0.0.1")
    assert inbox.of(PhoneReachable, extension="102") == []


async def test_a_phone_registered_before_we_connect_is_found(bench: Bench) -> None:
    site, inbox = bench[0], EventLog()
    async with Phones(site.registrar) as phones:
        phone = await phones.phone("102", site.secrets.phones["102"])
        async with connected(site, inbox):
            assert inbox.of(PhoneReachable, extension="102")
            assert inbox.of(PhoneUnreachable, extension="102") == []
        await phone.unregister()


async def test_a_wrong_secret_and_a_wrong_password_are_clear(bench: Bench) -> None:
    settings, log, clock = bench[0].loaded.site.asterisk, structlog.get_logger(), WallClock()
    ami = AmiClient(settings.ami, "wrong", EventLog(), clock, log, extensions=[])
    with pytest.raises(StartError, match=r"'ivrd' refused .* manager\.conf"):
        await ami.run()
    ari = AriClient(settings.ari, "wrong", EventLog(), clock, log)
    with pytest.raises(StartError, match=r"'ivrd' \(401\).* ari\.conf"):
        await ari.run()


async def test_both_come_back_after_asterisk_restarts(bench: Bench) -> None:
    site, asterisk = bench
    inbox = EventLog()
    async with connected(site, inbox) as (ari, ami):
        await asterisk.restart()
        async with asyncio.timeout(10):
            await becomes(lambda: "SwitchSeen" in [type(e).__name__ for e in inbox.events[-1:]], 10)
            await ari.connected.wait()
            await ami.connected.wait()
        kinds = [type(e).__name__ for e in inbox.events if type(e).__name__.startswith("Switch")]
        assert kinds == ["SwitchSeen", "SwitchLost", "SwitchSeen"]
        assert (await ari.survey(0.0)).channels == ()
