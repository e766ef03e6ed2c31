"""``ivrd run --standby`` beside a leader: what it sees of it, and with which configuration it goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import yaml

from ivrd.adapters.journal import Beat, StateLock
from ivrd.adapters.systemd import Notifier
from ivrd.daemon import course, standby
from ivrd.daemon.standby import LOOK_EVERY_S, Pulse, Standby
from rig.daemon import IvrdProcess
from rig.process import Child
from rig.site import SitePaths
from rig.tools import REPOSITORY, free_ports

#: takes the lock, beats, and then stops as it is told
LEADER = """
import os, signal, sys, time
from pathlib import Path
from ivrd.adapters.journal import StateLock
lock = StateLock(Path(sys.argv[1]))
assert lock.take()
print("leads", flush=True)
for _ in range(10):
    time.sleep(0.1)
    lock.beat()
if sys.argv[2] == "freeze":
    os.kill(os.getpid(), signal.SIGSTOP)
"""


def beat(at: int, pid: int = 7) -> Beat:
    return Beat(pid=pid, mtime_ns=at)


def still_s(pulse: Pulse, beat: Beat | None, looks: int, passed_s: float = LOOK_EVERY_S) -> float:
    """How long it has not beaten after so many looks."""
    return [pulse.look(beat, passed_s) for _ in range(looks)][-1]


def test_a_leader_that_beats_is_not_frozen() -> None:
    pulse = Pulse()
    assert [pulse.look(beat(at // 5), LOOK_EVERY_S) < 0.3 for at in range(200)] == [True] * 200


def test_one_that_did_beat_and_does_not_any_more_is() -> None:
    pulse = Pulse()
    pulse.look(beat(1), LOOK_EVERY_S)
    pulse.look(beat(2), LOOK_EVERY_S)
    assert still_s(pulse, beat(2), 100) == pytest.approx(100 * LOOK_EVERY_S)
    assert pulse.look(beat(3), LOOK_EVERY_S) == 0


def test_one_that_has_not_begun_to_beat_is_starting() -> None:
    pulse = Pulse()
    assert still_s(pulse, beat(1), 1000) == 0
    pulse.look(beat(2, pid=8), LOOK_EVERY_S)  # the next one starts
    assert still_s(pulse, beat(2, pid=8), 1000) == 0


def test_time_in_which_we_did_not_run_either_does_not_count() -> None:
    pulse = Pulse()
    pulse.look(beat(1), LOOK_EVERY_S)
    pulse.look(beat(2), LOOK_EVERY_S)
    assert pulse.look(beat(2), 3600.0) <= 2 * LOOK_EVERY_S


def leader(state: Path, then: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", LEADER, str(state), then], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "leads\n"
    return process


@pytest.mark.parametrize(("then", "status"), [("freeze", -signal.SIGKILL), ("end", 0)])
def test_it_leads_when_the_leader_is_frozen_or_gone(tmp_path: Path, then: str, status: int) -> None:
    with leader(tmp_path, then) as process:
        lock = StateLock(tmp_path)
        assert Standby(lock, Notifier({}), frozen_after_s=0.5).wait()
        assert process.wait(5) == status
    lock.release()


def test_a_frozen_leader_that_is_not_proven_to_be_it_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen from another container its number is somebody else's."""
    looks = 0

    def elsewhere(_lock: StateLock) -> int:
        nonlocal looks
        looks += 1
        process.send_signal(signal.SIGCONT)  # else it would be waited for for ever
        return 0

    monkeypatch.setattr(StateLock, "proven", elsewhere)
    with leader(tmp_path, "freeze") as process:
        lock = StateLock(tmp_path)
        assert Standby(lock, Notifier({}), frozen_after_s=0.5).wait()
        assert process.wait(5) == 0
    assert looks == 1
    lock.release()


def test_nobody_has_to_be_waited_for(tmp_path: Path) -> None:
    lock = StateLock(tmp_path)
    assert not Standby(lock, Notifier({})).wait()
    assert not standby.waits(tmp_path)
    lock.release()


async def stage_is(site: SitePaths, child: Child, stage: str) -> None:
    """It says of itself that it is so far."""
    state = site.loaded.path(site.loaded.site.paths.state)

    async def told() -> bool:
        now = course.read(state)
        return now is not None and (now.pid, now.stage) == (child.pid, stage)

    await child.until(told, 30)


@pytest_asyncio.fixture
async def first(site: SitePaths) -> AsyncIterator[Child]:
    """The leader. There is no Asterisk: further than STARTING it does not come."""
    argv = [sys.executable, "-m", "ivrd", "--config", site.config, "run"]
    child = Child("ivrd", argv, site.logs / "ivrd.log", cwd=REPOSITORY)
    await child.start()
    await stage_is(site, child, course.STARTING)
    yield child
    await child.kill()


@pytest_asyncio.fixture
async def second(site: SitePaths, first: Child) -> AsyncIterator[IvrdProcess]:
    """The standby."""
    process = IvrdProcess(site.config, site.logs / "standby.log", site.loaded.site.http.port, standby=True)
    await process.start_beside(first)
    yield process
    await process.kill()


@pytest.mark.parametrize("faulty", [False, True])
async def test_the_configuration_of_the_take_over_or_the_last_that_was_right(
    site: SitePaths, first: Child, second: IvrdProcess, faulty: bool
) -> None:
    state = site.loaded.path(site.loaded.site.paths.state)
    assert standby.waits(state)
    second.signal(signal.SIGHUP)  # no matter
    (port,) = free_ports(1)
    settings = site.config / "ivrd.yaml"
    tree = yaml.safe_load(settings.read_text())
    tree["http"]["port"] = port
    settings.write_text(yaml.safe_dump(tree | ({"nonsense": 1} if faulty else {})))
    await first.stop()
    await stage_is(site, second.child, course.STARTING)
    assert not standby.waits(state)
    said = [line for line in second.lines() if line["event"].startswith("configuration not used")]
    assert ["nonsense" in line["error"] for line in said] == ([True] if faulty else [])
    used = site.loaded.site.http.port if faulty else port
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{used}/health") as answer:
        assert answer.status == 200
    assert await second.stop() == 0


async def test_told_to_stop_while_it_waits_it_ends_and_the_leader_does_not_notice(
    first: Child, second: IvrdProcess
) -> None:
    assert await second.stop() == 0
    assert first.running


async def test_a_leader_whose_lock_was_removed_stops_by_itself(site: SitePaths, first: Child) -> None:
    """rm -rf var/state, or a backup put back: the next one to start would lead as well."""
    (site.loaded.path(site.loaded.site.paths.state) / "lock").unlink()
    assert await first.wait(10) == 1
    said = first.log.read_text()
    assert "the file `lock` was removed or replaced" in said
    assert "Traceback" not in said
