"""`make soak`: callers come and go, and what ivrd holds on to stays what it was. IVRD_SOAK_MINUTES (0.5), IVRD_SOAK_CALLERS (10)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ivrd.daemon.snapshots import SNAPSHOT_EVENTS
from rig.site import SitePaths, remove, scratch
from rig.soak import Soak
from rig.stack import Stack
from rig.storm import Plan, make
from tests.live.said import write_music, write_prompts
from tests.live.test_storm import rows

MINUTES = float(os.environ.get("IVRD_SOAK_MINUTES", "0.5"))
CALLERS = int(os.environ.get("IVRD_SOAK_CALLERS", "10"))
#: a generation: SNAPSHOT_EVENTS of a fifth of a kB, and the snapshot that it begins with
JOURNAL_KB = SNAPSHOT_EVENTS * 0.2 + 1000
#: a core that is held for longer is felt by callers; ivrd shares two with callers, phones and Asterisk
LOOP_LAG_MS = 200.0
pytestmark = [pytest.mark.live, pytest.mark.timeout(120 + 70 * MINUTES)]


@pytest.fixture
def plan() -> Plan:
    return Plan(seed=169, kills=0, callers_at_once=CALLERS, agents=CALLERS + 2)


@pytest.fixture
def site(plan: Plan) -> Iterator[SitePaths]:
    root = scratch()
    write_prompts(root / "prompts")
    made = make(root, plan)
    write_music(root / "var" / "spool")
    yield made
    remove(root)


async def test_nothing_grows(site: SitePaths, plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    async with Stack(site) as stack:
        soak = Soak(site, stack, plan, minutes=MINUTES)
        async with soak.people():
            await soak.blow()
            with capsys.disabled():  # before anything can fail: it took an hour
                print("\n" + "\n".join(soak.seen.lines()))  # noqa: T201 - docs/performance.md
            faults = soak.faults(rows(site))
        with capsys.disabled():
            print(f"{MINUTES:g} min, {CALLERS} callers at once: {soak.report.line()}")  # noqa: T201
        assert not faults, "\n".join(faults)
        assert await stack.leaks() == []
        metrics = await stack.ivrd.metrics()
        assert metrics["ivrd_core_failures_total"] == 0
        assert metrics["ivrd_spooled_rows"] == 0
        assert max(soak.seen.values["journal, kB"]) < JOURNAL_KB
        assert soak.seen.p99("loop lag, ms") < LOOP_LAG_MS
        first, last = soak.seen.thirds("RSS, MB")
        assert last <= first * 1.1 + 5
        for name in ("descriptors", "tasks", "channels", "bridges"):
            first, last = soak.seen.thirds(name)
            assert last <= first + 10 + 2 * CALLERS
