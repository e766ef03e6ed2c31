"""``--recorded``: a simulated day, written into a real store, is read back by ``ivrd staff`` and ``ivrd simulate``."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivrd.__main__ import main
from ivrd.adapters.prompts import catalogue
from ivrd.adapters.store import CdrStore
from ivrd.core.cdr import Cdr
from ivrd.daemon.plan import make_plan
from ivrd.settings.load import load
from ivrd.settings.load_planning import load_traffic
from ivrd.simulation.callers import draw
from ivrd.simulation.centre import centre
from ivrd.simulation.day import Day

ROOT = Path(__file__).resolve().parents[2]
DAY = "2027-01-04"  #: the first of planning/169.yaml


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site whose store holds one day."""
    root = tmp_path_factory.mktemp("site")
    for name in ("config", "dialplans", "prompts", "planning"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("build", "tests"))
    (root / "var" / "state").mkdir(parents=True)
    asyncio.run(fill(root))
    return root / "config"


async def fill(root: Path) -> None:
    store = CdrStore(load(root / "config").store_url(), ZoneInfo("Asia/Jakarta"))
    await store.open()
    for row in simulated(root):
        await store.write(row)
    await store.close()


def simulated(root: Path) -> list[Cdr]:
    loaded = load(root / "config")
    traffic = load_traffic(root / "planning" / "169.yaml", loaded)
    plan = make_plan(loaded, catalogue.load(root / "prompts" / catalogue.FILE, loaded.site.languages))
    day = Day(centre("day", plan, 50, traffic.staff, traffic.handling.mean_s), draw(traffic, plan.calendar, 1, 1, 0.4)[0], 1)
    day.run()
    return [order.cdr for order in day.rows.values()]


def ivrd(site: Path, *args: str) -> Any:
    out = io.StringIO()
    with redirect_stdout(out):
        assert main(["--config", str(site), *args, "--format", "json"]) == 0
    return json.loads(out.getvalue())


def test_staff_sees_the_days_half_hours_and_handling_time(site: Path) -> None:
    rows, calls = ivrd(site, "staff", "--recorded", DAY, DAY), simulated(site.parent)
    assert sum(row["calls"] for row in rows) == sum(c.queued_at is not None for c in calls)
    handled = [c.talk_ms + c.wrap_up_ms for c in calls if c.agent]
    assert rows[0]["aht_s"] == pytest.approx(sum(handled) / len(handled) / 1000)


def test_simulate_serves_the_same_calls_again(site: Path) -> None:
    made, calls = ivrd(site, "simulate", "--recorded", DAY, DAY), simulated(site.parent)
    queued = [c for c in calls if c.queued_at is not None]
    assert made["whole"]["handling_s"]["value"] == pytest.approx(600, rel=0.5)
    assert made["calls"] == len(queued)
    assert {q: m["offered_a_day"] for q, m in made["queues"].items()} == {q: sum(c.queue == q for c in queued) for q in {c.queue for c in queued}}
    before = sum(bool(c.agent) and c.wait_ms <= 20_000 for c in queued) / len(queued)
    assert made["whole"]["service_level"]["value"] == pytest.approx(before, abs=0.1)


def test_days_without_calls_are_told(site: Path) -> None:
    for command, said in (("staff", "no call of that time was answered by an agent"), ("simulate", "no call of that time joined a queue")):
        err = io.StringIO()
        with redirect_stderr(err):
            assert main(["--config", str(site), command, "--recorded", "2020-01-01", "2020-01-31"]) == 1
        assert said in err.getvalue()
