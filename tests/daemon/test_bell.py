"""The rescuer finds a healthy ivrd in command whatever happens on the HTTP port: TLS, wrong tokens, floods."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from ivrd.adapters.bell import Heard, ring
from rig import certificates
from rig.asterisk import AsteriskProcess
from rig.process import Child
from rig.rescuer import rescuing
from rig.site import SitePaths, make_site, remove, scratch
from rig.tools import REPOSITORY
from tests.daemon.conftest import AGENTS
from tests.live.said import write_flows

pytestmark = pytest.mark.live
AFTER_S = 2


@pytest.fixture
def site(prompts: Path) -> Iterator[SitePaths]:
    """A site with a certificate for HTTP, a token, and a rescuer without patience."""
    root = scratch()
    write_flows(root / "dialplans")
    files = certificates.make(root / "tls", dt.datetime.now(dt.UTC))  # noqa: TID251  # the peer's library looks at the real clock
    overrides = {
        "paths": {"prompts": str(prompts), "dialplans": "dialplans"},
        "http": {"cert_file": str(files.certificate), "key_file": str(files.key), "tokens": ["crm"]},
        "asterisk": {"fallback": {"rescue_after_s": AFTER_S}},
    }
    yield make_site(root, agents=AGENTS, overrides={"ivrd.yaml": overrides})
    remove(root)


@pytest.fixture
async def ivrd(site: SitePaths) -> AsyncIterator[Child]:
    """In command of a real Asterisk."""
    argv = [sys.executable, "-m", "ivrd", "--config", str(site.config), "run"]
    daemon = Child("ivrd", argv, site.logs / "ivrd.log", env={**os.environ}, cwd=REPOSITORY)
    async with AsteriskProcess(site.etc, site.logs / "asterisk.log"):
        await daemon.start()
        await daemon.until(lambda: hears(site, Heard.IN_COMMAND), 30)
        yield daemon
        if daemon.running:
            await daemon.kill()


async def hears(site: SitePaths, wanted: Heard) -> bool:
    return await asyncio.to_thread(ring, site.root / "var" / "state", 0.5) is wanted


async def test_strangers_at_the_port_move_no_caller(site: SitePaths, ivrd: Child) -> None:
    trusting = ssl.create_default_context(cafile=site.root / "tls" / "ca.pem")
    url = f"https://127.0.0.1:{site.loaded.site.http.port}"
    log = site.logs / "rescue.log"
    async with rescuing(site.config, log) as rescuer:
        end = asyncio.get_running_loop().time() + 2 * AFTER_S
        seen = set[int]()
        async with aiohttp.ClientSession() as session:
            while asyncio.get_running_loop().time() < end:
                async with session.get(f"{url}/agents/101", ssl=trusting, headers={"Authorization": "Bearer x"}) as answer:
                    seen.add(answer.status)
            assert seen == {401, 429}
            async with session.get(f"{url}/ready", ssl=trusting) as answer:
                assert answer.status == 503  # there is no broker here, and that is told
        assert "ivrd is away" not in log.read_text()
        os.kill(ivrd.pid, signal.SIGKILL)

        async def noticed() -> bool:
            return "ivrd is away" in log.read_text()

        await rescuer.until(noticed, AFTER_S + 5)


async def test_frozen_gone_and_without_asterisk_are_told_apart(site: SitePaths, ivrd: Child) -> None:
    os.kill(ivrd.pid, signal.SIGSTOP)
    assert await hears(site, Heard.SILENCE)
    os.kill(ivrd.pid, signal.SIGCONT)
    await ivrd.until(lambda: hears(site, Heard.IN_COMMAND), 5)
    await ivrd.stop()
    assert await hears(site, Heard.NOBODY)
