"""One centre for each module, phones for each test, and nothing left behind by any.

A module may define ``SITE`` (keywords for make_site), ``FLOWS`` (name -> text of a dialplan) and
``REAL_PROMPTS = True``. With ``BAD_LINES = True`` ivrd reaches Asterisk through ``centre.ari`` and ``centre.ami``
(rig/trouble.py), with ``BY_TLS = True`` by TLS alone (certificates are in ``tls/`` of the site). With ``MEDDLED = True`` ivrd
can be made to hang, and its clock be set (rig/meddled.py).
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

import pytest
import pytest_asyncio
import yaml

from ivrd.daemon.clock import SystemClock
from rig import certificates
from rig.phone import Phones
from rig.site import SitePaths, make_site, merged, remove, scratch
from rig.stack import Stack
from rig.trouble import BadLine
from tests.live.centre import Centre
from tests.live.evidence import evidence
from tests.live.said import write_flows, write_music, write_prompts
from tests.live.wall import Wall

#: pjsua2 has no wheel for Python 3.13 (ADR 10)
collect_ignore = ["test_second_stack.py"] if sys.version_info >= (3, 13) else []

def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long ones are not part of the suite; what is part of it is never skipped."""
    if os.environ.get("IVRD_CHAOS") == "1":
        return
    long = [item for item in items if item.get_closest_marker("chaos")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What was seen goes into the report of a test that failed."""
    report = yield
    centre = getattr(item, "funcargs", {}).get("centre")
    if report.failed and centre is not None:
        report.sections += evidence(centre)
    return report


AGENTS = {
    "101": {"name": "Adi", "languages": ["id", "en"]},
    "102": {"name": "Ayu"},
    "103": {"name": "Bagus", "leads": True},
}
#: everything that takes time in a real centre, in seconds that a test can wait
QUICK = {"ring_timeout_s": 2, "wrap_up_s": 0, "announce_every_s": 0}
OVERRIDES: dict[str, Any] = {
    "ivrd.yaml": {
        "acd": {"pause_after_misses": 0},
        "asterisk": {"fallback": {"retry_s": 1, "max_wait_s": 6}},
    },
    "queues.yaml": {"queues": {"umum": QUICK, "kbli": {**QUICK, "wrap_up_s": 1}, "lkpm": QUICK}},
}
TONES: dict[str, Any] = {
    "ivrd.yaml": {
        "dids": {"169": "169", "170": "broken"},
        "paths": {"prompts": "prompts", "dialplans": "dialplans"},
    }
}


TLS: dict[str, Any] = {"tls": True, "ca_file": "tls/ca.pem", "cert_file": "tls/cert.pem", "key_file": "tls/key.pem"}


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest) -> Iterator[SitePaths]:
    """A site of the shipped configuration, quicker, with prompts that are tones."""
    wanted: dict[str, Any] = dict(getattr(request.module, "SITE", {}))
    overrides = merged(OVERRIDES, wanted.pop("overrides", {}))
    root = scratch()
    if not getattr(request.module, "REAL_PROMPTS", False):
        write_prompts(root / "prompts")
        write_flows(root / "dialplans")
        for name, text in getattr(request.module, "FLOWS", {}).items():
            (root / "dialplans" / f"{name}.yaml").write_text(text, encoding="utf-8")
        overrides = merged(overrides, TONES)
    if getattr(request.module, "BY_TLS", False):
        certificates.make(root / "tls", dt.datetime.fromtimestamp(SystemClock().now(), dt.UTC))
        overrides = merged(overrides, {"ivrd.yaml": {"asterisk": {"ari": TLS, "ami": TLS}}})
    made = make_site(root, **{"agents": AGENTS, **wanted}, overrides=overrides)
    write_music(root / "var" / "spool")
    yield made
    remove(root)


def _behind(site: SitePaths, ari: BadLine, ami: BadLine) -> SitePaths:
    """The site, with ivrd's settings pointing at the lines; Asterisk's files stay as they are."""
    file = site.config / "ivrd.yaml"
    ports = {"asterisk": {"ari": {"port": ari.port}, "ami": {"port": ami.port}}}
    file.write_text(yaml.safe_dump(merged(yaml.safe_load(file.read_text()), ports), sort_keys=False))
    return site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(request: pytest.FixtureRequest, site: SitePaths) -> AsyncIterator[Centre]:
    """All parts up. In the end: every message to walls kept the contract and named no caller."""
    asterisk = site.loaded.site.asterisk
    meddled = getattr(request.module, "MEDDLED", False)
    async with (
        BadLine(asterisk.ari.port) as ari,
        BadLine(asterisk.ami.port, http=False) as ami,
        Stack(_behind(site, ari, ami) if getattr(request.module, "BAD_LINES", False) else site, meddled=meddled) as stack,
        Wall(stack.broker.port, stack.wallboard_password) as wall,
        Phones(site.registrar) as phones,
    ):
        centre = Centre(site, stack, wall, phones)
        centre.ari, centre.ami = ari, ami
        await wall.until(lambda: bool(wall.heard))  # else a quick module would end before ivrd has said a word
        yield centre
        assert wall.heard
        assert centre.wall_faults() == []
        assert not (complaints := centre.asterisk_complaints()), complaints


@pytest_asyncio.fixture(loop_scope="module")
async def centre(running: Centre) -> AsyncIterator[Centre]:
    """The centre, for one test. Whatever the test leaves behind fails it."""
    running.expected.clear()
    running.since = running.wall.mark
    if not running.ivrd.running:
        await running.ivrd.start()
    await running.at_rest()
    yield running
    await running.phones.clear()
    await running.nothing_left()
