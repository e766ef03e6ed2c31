"""The bench of expected waits: what its table says, and that our estimate is the best of those it compares."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bench import expected_wait
from ivrd.adapters.prompts import catalogue
from ivrd.adapters.store import CdrStore
from ivrd.daemon.plan import make_plan
from ivrd.settings.load import load
from ivrd.settings.load_planning import load_traffic
from ivrd.settings.site import Loaded
from ivrd.simulation.callers import draw
from ivrd.simulation.centre import centre
from ivrd.simulation.day import Day
from rig.tools import REPOSITORY

DAY = "2027-01-04"  #: the first of planning/169.yaml


def test_bias_has_a_sign_and_the_error_has_none() -> None:
    said = dict.fromkeys(("ivrd", *expected_wait.FORMULAS), 10.0)
    lines = expected_wait.table([(said, 20.0), (said | {"ivrd": 50.0}, 40.0)])
    assert lines[0] == "2 callers who had to wait, 30 s on average"
    assert "| ivrd | +0 | 10 | 33% |" in lines
    assert "| app_queue | -20 | 20 | 67% |" in lines


def test_on_the_same_callers_ours_is_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    found = expected_wait.watched(days=1, load=3.0, seed=1)
    assert len(found) > 100
    errors = {n: sum(abs(said[n] - real) for said, real in found) for n in ("ivrd", *expected_wait.FORMULAS)}
    assert min(errors, key=lambda n: errors[n]) == "ivrd", errors


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A site whose store holds a busy day; and how many of its callers were answered after a wait."""
    root = tmp_path_factory.mktemp("site")
    for name in ("config", "dialplans", "prompts", "planning"):
        shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns("build", "tests"))
    (root / "var" / "state").mkdir(parents=True)
    site = load(root / "config")
    traffic = load_traffic(root / "planning" / "169.yaml", site)
    plan = make_plan(site, catalogue.load(root / "prompts" / catalogue.FILE, site.site.languages))
    day = Day(centre("day", plan, 50, traffic.staff, traffic.handling.mean_s), draw(traffic, plan.calendar, 1, 1, 2.5)[0], 1)
    day.run()
    asyncio.run(store(site, day))
    return root / "config", sum(bool(o.cdr.agent and o.cdr.expected_wait_s) for o in day.rows.values())


async def store(site: Loaded, day: Day) -> None:
    cdrs = CdrStore(site.store_url(), ZoneInfo("Asia/Jakarta"))
    await cdrs.open()
    for order in day.rows.values():
        await cdrs.write(order.cdr)
    await cdrs.close()


def test_recorded_calls_are_told_again(recorded: tuple[Path, int], capsys: pytest.CaptureFixture[str]) -> None:
    config, waited = recorded
    expected_wait.main(["--recorded", DAY, DAY, "--config", str(config)])
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith(" s on average")
    assert int(said[0].split()[0]) == pytest.approx(waited, rel=0.5)
    assert [line.split("|")[1].strip() for line in said if line.startswith("| ")][2:] == ["ivrd", *expected_wait.FORMULAS]
    assert said[-1].startswith(f"calls of {DAY} to {DAY}, seed 1")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--recorded", "2020-01-01", "2020-01-31"), "no call of that time joined a queue"),
        (("--recorded", "yesterday", "today"), "write two dates"),
        (("--recorded", DAY, DAY, "--load", "2"), "leave --load out"),
    ],
)
def test_days_that_cannot_be_told_again_are_named(
    args: tuple[str, ...], words: str, recorded: tuple[Path, int], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        expected_wait.main([*args, "--config", str(recorded[0])])
    assert words in capsys.readouterr().err
