"""One Asterisk for all tests of the rig, with prompts that are tones: one can hear which is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from rig.asterisk import AsteriskProcess
from rig.phone import Phones
from rig.site import SitePaths, make_site, remove, scratch
from rig.tones import RATE_HZ, make_tone, write_mono

#: what the fallback says -> the tone that stands for it here
SAID_HZ = {
    "id/fallback-wait": 310.0,
    "id/fallback-apology": 330.0,
    "en/fallback-apology": 350.0,
    "id/feature-unavailable": 370.0,
}
AGENTS = {str(n): {"name": f"Agent {n}"} for n in range(101, 104)}


@pytest.fixture(scope="module")
def said_hz() -> dict[str, float]:
    """What the fallback says -> the tone that stands for it."""
    return SAID_HZ


@pytest.fixture(scope="module")
def site() -> Iterator[SitePaths]:
    """A site with three agents and a short fallback."""
    root = scratch()
    write_prompts(root / "prompts" / "build")
    quick = {"retry_s": 1, "max_wait_s": 6}
    paths = {"prompts": "prompts"}
    yield make_site(
        root,
        agents=AGENTS,
        overrides={
            "ivrd.yaml": {"asterisk": {"fallback": quick}, "paths": paths},
            "queues.yaml": {"queues": {"all": {"title": "All"}}},
        },
    )
    remove(root)


def write_prompts(build: Path) -> None:
    """Tones for prompts, a second each."""
    for key, hz in SAID_HZ.items():
        write_mono(build / f"{key}.wav", make_tone(hz, 0, RATE_HZ))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asterisk(site: SitePaths) -> AsyncIterator[AsteriskProcess]:
    """Running Asterisk."""
    async with AsteriskProcess(site.etc, site.logs / "asterisk.log") as running:
        yield running
        assert complaints(site.asterisk_log) == []


@pytest_asyncio.fixture(loop_scope="module")
async def phones(site: SitePaths, asterisk: AsteriskProcess) -> AsyncIterator[Phones]:
    """Phones for one test; nothing of a call may be left in Asterisk after it."""
    async with Phones(site.registrar) as phones:
        yield phones
    await no_channels(asterisk)


#: What Asterisk may warn of in these tests, and nothing else.
EXPECTED = (
    "Failed to find outbound websocket per-call config",  # each call while ivrd is away
    "Stasis app 'ivrd' doesn't exist",  # the same
    "Unable to join queue 'ivrd-fallback'",  # no phone is registered
    "has no configured AORs",  # a stranger wants to register
)


def complaints(log: Path) -> list[str]:
    """Warnings and errors in Asterisk's log that nobody expected."""
    lines = log.read_text().splitlines()
    serious = [line for line in lines if " WARNING[" in line or " ERROR[" in line]
    return [line for line in serious if not any(text in line for text in EXPECTED)]


async def no_channels(asterisk: AsteriskProcess) -> None:
    """Channels end a moment after the phones: ask until they have, a few times at most."""
    for _ in range(30):
        left = await asterisk.channels()
        if not left:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"channels left behind: {left}")
