"""Asterisk as a child: it starts without a complaint, restarts, and ends for certain."""

from __future__ import annotations

import asyncio
import os

import pytest

from rig.asterisk import AsteriskProcess
from rig.phone import Phones, Policy
from rig.site import SitePaths, make_site, remove, scratch
from rig.tools import RigError

pytestmark = pytest.mark.live


async def test_starts_without_warnings_restarts_and_can_be_killed(site: SitePaths) -> None:
    asterisk = AsteriskProcess(site.etc, site.logs / "asterisk.log")
    await asterisk.start()
    first = asterisk.pid
    log = site.asterisk_log.read_text()
    assert "modules will be loaded" in log
    assert [line for line in log.splitlines() if " WARNING[" in line or " ERROR[" in line] == []
    assert "Asterisk" in await asterisk.console("core show version")
    await asterisk.restart()
    assert asterisk.pid != first
    assert not alive(first)
    second = asterisk.pid
    await asterisk.kill()
    assert not asterisk.running
    assert not alive(second)
    await asterisk.start()  # what the crash left on disk is no obstacle
    await asterisk.stop()
    await asterisk.stop()  # harmless


async def test_an_asterisk_that_cannot_start_says_where_its_log_is(site: SitePaths) -> None:
    log = site.logs / "broken.log"
    asterisk = AsteriskProcess(site.root / "nowhere", log)
    with pytest.raises(RigError, match=r"broken\.log"):
        await asterisk.start()
    assert not asterisk.running


async def test_24_phones_and_10_callers_in_one_process() -> None:
    root = scratch()
    site = make_site(root, agents={str(n): {"name": f"Agent {n}"} for n in range(101, 125)})
    async with (
        AsteriskProcess(site.etc, site.logs / "asterisk.log") as asterisk,
        Phones(site.registrar) as phones,
    ):
        # One after the other: all ring at once, and two that answer at once would be one too many.
        agents = [
            await phones.phone(extension, password, Policy(answer_after_s=0.2 * place))
            for place, (extension, password) in enumerate(site.secrets.phones.items(), start=1)
        ]
        callers = [await phones.call("169", f"08110000{n:02}") for n in range(10)]
        async with asyncio.timeout(40):
            while len(talks := [c for a in agents for c in a.incoming if c.is_talking]) < 10:
                await phones.tick().wait()
        by_number = {talk.peer_number: talk for talk in talks}
        assert len(by_number) == 10  # each caller has an agent
        for n, caller in enumerate(callers):
            talk = by_number[f"08110000{n:02}"]
            await caller.wait_heard(talk.tone_hz, for_s=1)
            await talk.wait_heard(caller.tone_hz, for_s=1)
            await caller.hang_up()
        assert await asterisk.channels() == []
    remove(root)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
