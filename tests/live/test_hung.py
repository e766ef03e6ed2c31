"""ivrd's process lives and its event loop hangs: nobody is answered by it, and systemd and the rescuer notice. Its clock is set: nobody else notices."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ivrd.adapters.bell import Heard, ring
from ivrd.daemon.clock import SystemClock
from rig.aftermath import as_long
from rig.meddled import GO_ON, HANG, SET_BY_S, SET_CLOCK
from rig.process import Child
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz
from tests.live.test_killed import Listening, queued, utc
from tests.live.test_rescue import FLOWS as FLOWS  # that site's
from tests.live.test_rescue import SITE as RESCUED
from tests.live.test_rescue import ivrd_is_back, rescuer

__all__ = ["rescuer"]
pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
MEDDLED = True
WRAP_UP_S = 8
SITE = {
    "overrides": {
        **RESCUED["overrides"],
        "queues.yaml": {"queues": {"umum": {"wrap_up_s": WRAP_UP_S, "max_wait_s": 600}}},
    }
}
PATIENT_S = 20.0
NEAR_S = 2.0  #: a row's moment, and when this test saw it


class Systemd:
    """To whom ivrd says that its loop turns."""

    def __init__(self, place: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(place))
        self._socket.setblocking(False)

    async def beat(self, within_s: float) -> None:
        """The next WATCHDOG=1. TimeoutError when none comes."""
        async with asyncio.timeout(within_s):
            while await asyncio.get_running_loop().sock_recv(self._socket, 4096) != b"WATCHDOG=1":
                pass

    def drain(self) -> int:
        """So many beats have come that nobody has waited for."""
        beats = 0
        while True:
            try:
                beats += self._socket.recv(4096) == b"WATCHDOG=1"
            except BlockingIOError:
                return beats

    def close(self) -> None:
        """It listens no more."""
        self._socket.close()


@pytest.fixture
def systemd(centre: Centre) -> Iterator[Systemd]:
    manager = Systemd(centre.stack.watchdog)
    yield manager
    manager.close()
    centre.stack.watchdog.unlink()


@contextmanager
def hanging(centre: Centre) -> Iterator[None]:
    """The loop does not turn; all other threads do."""
    centre.ivrd.signal(HANG)
    try:
        yield
    finally:
        centre.ivrd.signal(GO_ON)


def threads_are(pid: int) -> set[str]:
    """The kernel's letters for its threads; T: stopped."""
    return {(task / "stat").read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").iterdir()}


async def test_a_loop_that_hangs(centre: Centre, rescuer: Child, systemd: Systemd) -> None:
    adi = await centre.agent("101")
    talking, at_adi = await centre.conversation(adi)
    talked = centre.numbers[-1]
    waiting = await queued(centre)
    waited = centre.numbers[-1]
    ends = Listening(talking, at_adi.tone_hz), Listening(at_adi, talking.tone_hz)
    state = centre.site.root / "var" / "state"
    assert await asyncio.to_thread(ring, state, 5.0) is Heard.IN_COMMAND
    await systemd.beat(10)

    with hanging(centre):
        mark = waiting.mark
        assert await asyncio.to_thread(ring, state, 0.5) is Heard.SILENCE  # somebody listens, nobody answers
        assert "T" not in threads_are(centre.ivrd.pid)  # it was not stopped: it hangs
        systemd.drain()
        new = await centre.dial()
        await new.rings()
        await new.wait_heard(said_hz("fallback-wait"), timeout_s=PATIENT_S)  # how soon: test_rescue.py
        await waiting.wait_heard(said_hz("fallback-wait"), since=mark, timeout_s=PATIENT_S)
        assert systemd.drain() == 0  # with WatchdogSec=5 systemd has ended it by now
        assert centre.ivrd.running
        for end in ends:
            await end.went_on()
    centre.expected |= {"broker away", "part not ready"}
    await ivrd_is_back(centre)
    await systemd.beat(10)
    assert await asyncio.to_thread(ring, state, 5.0) is Heard.IN_COMMAND
    await centre.row(waited, disposition="fallback", hung_up_by="system")
    for file in (state / "rescued").iterdir():
        file.unlink()
    for call in (waiting, new):
        await call.hang_up()
    await centre.both_hear(talking, at_adi)
    await talking.hang_up()
    row = await centre.row(talked)
    assert (row["disposition"], row["agent"]) == ("answered", "101")


async def clock_is_set(centre: Centre, way: str) -> None:
    """The machine's clock is set, and ivrd has noticed."""
    centre.ivrd.signal(SET_CLOCK)

    def told() -> bool:
        alert = centre.wall.state("alert/clock")
        return alert.get("raised") is True and f"was set {way} by 3600.0 s" in alert["faults"][0]["message"]

    await centre.wall.until(told)


async def test_the_clock_is_set_an_hour_forward_and_back(centre: Centre) -> None:
    """One waits, one talks, one agent writes up: nobody notices. Rows have the times of the clock that was right when the call ended."""
    centre.expected |= {"alarm"}
    ayu = await centre.agent("102")
    first, _ = await centre.conversation(ayu)
    adi = await centre.agent("101")
    talking, at_adi = await centre.conversation(adi)
    talked = centre.numbers[-1]
    waiting = await queued(centre)
    waited, waits_since = centre.numbers[-1], SystemClock().now()
    await first.hang_up()
    writes_since = time.monotonic()
    await centre.wall.agent_is("102", presence="wrap_up")
    ends = Listening(talking, at_adi.tone_hz), Listening(at_adi, talking.tone_hz), Listening(waiting, MUSIC_HZ)

    await clock_is_set(centre, "forward")
    assert centre.wall.agent("102")["presence"] == "wrap_up"
    for end in ends:
        await end.went_on()
    await talking.hang_up()
    hung_up_at = SystemClock().now()
    row = await centre.row(talked)
    assert abs(utc(row["ended_utc"]) - SET_BY_S - hung_up_at) < NEAR_S
    assert as_long(centre.recording(row).duration_s, row["talk_ms"] / 1000)
    at_ayu = await ayu.next_call(WRAP_UP_S + 10)
    assert time.monotonic() - writes_since > WRAP_UP_S - 0.5  # not an hour early, and not an hour late
    assert at_ayu.peer_number == waited
    await centre.both_hear(waiting, at_ayu)
    waited_s = SystemClock().now() - waits_since

    await clock_is_set(centre, "back")
    await centre.both_hear(waiting, at_ayu)
    await waiting.hang_up()
    hung_up_at = SystemClock().now()
    row = await centre.row(waited)
    assert (row["disposition"], row["agent"]) == ("answered", "102")
    assert abs(utc(row["ended_utc"]) - hung_up_at) < NEAR_S
    assert abs(utc(row["queued_utc"]) - waits_since) < NEAR_S + 1
    assert abs(row["wait_ms"] / 1000 - waited_s) < NEAR_S + 1
    assert as_long(centre.recording(row).duration_s, row["talk_ms"] / 1000)
    assert (await centre.ivrd.metrics())["ivrd_clock_steps_total"] == 2
    await centre.feature(ayu, "*15")  # no more to write up
