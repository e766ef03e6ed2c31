"""Two processes, one leader: handed over, killed or frozen, the other one goes on with everybody's call."""

from __future__ import annotations

import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
import pytest_asyncio

from ivrd.daemon import course
from ivrd.daemon.standby import FROZEN_AFTER_S
from ivrd.daemon.stopping import HANDED_OVER
from rig.daemon import IvrdProcess
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz
from tests.live.test_killed import Listening, queued, served_next, the_whole_talk_is_recorded
from tests.live.test_reload import command

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
BAD_LINES = True
SITE = {"overrides": {"queues.yaml": {"queues": {"umum": {"ring_timeout_s": 15, "wrap_up_s": 1}}}}}
#: stated in docs/upgrade.md
WITHIN_S = 2.0


@pytest_asyncio.fixture(loop_scope="module")
async def standby(centre: Centre) -> AsyncIterator[IvrdProcess]:
    """A process that waits. In the end the usual one leads again."""
    http = centre.site.loaded.site.http
    process = IvrdProcess(centre.site.config, centre.site.logs / "ivrd.log", http.port, standby=True)
    await process.start_beside(centre.ivrd)
    yield process
    await process.stop()
    if not centre.ivrd.running:
        await centre.ivrd.start()


async def leads(centre: Centre, process: IvrdProcess) -> None:
    """It serves."""
    state = centre.site.loaded.path(centre.site.loaded.site.paths.state)
    serving = course.Course(pid=process.pid, stage=course.SERVING)
    await centre.until(lambda: course.read(state) == serving, 10, lambda: course.read(state))


async def test_handed_over_in_office_hours(centre: Centre, standby: IvrdProcess) -> None:
    adi = await centre.agent("101")
    talking, at_adi = await centre.conversation(adi)
    first = await queued(centre)
    second = await queued(centre)
    in_menu = await centre.caller("2")
    await in_menu.wait_heard(said_hz("menu-main", "en"))
    of = dict(zip(("talking", "first", "second", "menu"), centre.numbers[-4:], strict=True))
    ends = Listening(talking, at_adi.tone_hz), Listening(at_adi, talking.tone_hz)
    marks = first.mark, in_menu.mark
    leader = centre.ivrd.pid

    done = await command(centre, "drain", "--handover")
    assert (done.returncode, done.stderr) == (0, "")
    told = re.fullmatch(
        rf"process {leader} has handed over to process {standby.pid}, which serves after ([\d.]+) s\n", done.stdout
    )
    assert told, done.stdout
    assert float(told[1]) < WITHIN_S
    assert await centre.ivrd.wait(5) == HANDED_OVER

    new = await centre.caller("1")
    await new.wait_heard(said_hz("menu-main"))
    await new.hang_up()
    await centre.row(disposition="abandoned_ivr")
    await in_menu.wait_heard(said_hz("menu-main", "en"), since=marks[1])  # said again
    await in_menu.hang_up()
    await centre.row(of["menu"], disposition="abandoned_ivr", language="en")
    await first.wait_heard(MUSIC_HZ, since=marks[0], for_s=1.0)
    await centre.both_hear(talking, at_adi)
    for end in ends:
        await end.went_on()
    await centre.wall.queue_is("umum", waiting=2, talking=1)
    await talking.hang_up()
    await served_next(centre, adi, first, of["first"])
    await served_next(centre, adi, second, of["second"])
    rows = {who: await centre.final_row(of[who]) for who in ("talking", "first", "second")}
    assert {r["disposition"] for r in rows.values()} == {"answered"}
    the_whole_talk_is_recorded(centre, rows["talking"], talking, at_adi)
    for who in ("first", "second"):
        (before,) = centre.wall.events("call_queued", call=rows[who]["call"])
        assert before["at"][:23] == rows[who]["queued_utc"].replace(" ", "T")[:23]


async def test_killed_the_standby_goes_on_by_itself(centre: Centre, standby: IvrdProcess) -> None:
    adi = await centre.agent("101")
    talking, at_adi = await centre.conversation(adi)
    number = centre.numbers[-1]
    waiting = await queued(centre)
    ends = Listening(talking, at_adi.tone_hz), Listening(at_adi, talking.tone_hz)
    await centre.ivrd.kill()
    await leads(centre, standby)
    for end in ends:
        await end.went_on()
    await talking.hang_up()
    await served_next(centre, adi, waiting, centre.numbers[-1])
    for each in (number, centre.numbers[-1]):
        assert (await centre.final_row(each))["disposition"] == "answered"


async def test_a_frozen_leader_is_ended_before_another_one_leads(centre: Centre, standby: IvrdProcess) -> None:
    """What it had in hand it never does: thawed, it is dead."""
    centre.expected.add("the leader was frozen: ended")
    adi = await centre.agent("101")
    talking, at_adi = await centre.conversation(adi)
    number = centre.numbers[-1]
    waiting = await queued(centre)
    centre.ivrd.signal(signal.SIGSTOP)
    await talking.hang_up()  # the frozen one does not hear of it
    assert await centre.ivrd.wait(15) == -signal.SIGKILL
    await leads(centre, standby)
    await at_adi.ended()
    await served_next(centre, adi, waiting, centre.numbers[-1])
    for each in (number, centre.numbers[-1]):
        assert (await centre.final_row(each))["disposition"] == "answered"


async def test_nobody_waits_to_take_over(centre: Centre) -> None:
    leader = centre.ivrd.pid
    done = await command(centre, "drain", "--handover")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"no standby waits for process {leader} to hand over" in done.stderr
    caller = await centre.caller("1")
    await caller.wait_heard(said_hz("menu-main"))
    await caller.hang_up()
    assert centre.ivrd.pid == leader


async def test_cut_off_from_asterisk_and_store_it_still_is_the_only_leader(
    centre: Centre, standby: IvrdProcess
) -> None:
    """Who leads does not hang on the network or the store: calls go on, and there is nobody to dispute them."""
    centre.expected |= {
        "no connection to asterisk", "part not ready", "order refused", "alarm", "row not written, kept in the spool",
    }  # fmt: skip
    adi = await centre.agent("101")
    talking, at_adi = await centre.conversation(adi)
    ends = Listening(talking, at_adi.tone_hz), Listening(at_adi, talking.tone_hz)
    store = centre.site.root / "var" / "state" / "cdr.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        centre.ari.blackhole()
        centre.ami.blackhole()
        await centre.wall.until(lambda: centre.wall.state("alert/asterisk").get("raised") is True)
        since = talking.mark  # for longer than a frozen leader is given
        await talking.wait_heard(at_adi.tone_hz, since=since, for_s=FROZEN_AFTER_S + 1, timeout_s=20)
        await leads(centre, centre.ivrd)
        centre.ari.mend()
        centre.ami.mend()
        await centre.wall.until(lambda: centre.wall.state("alert/asterisk").get("raised") is False)
        lock.execute("ROLLBACK")
    for end in ends:
        await end.went_on()
    await talking.hang_up()
    row = await centre.final_row()
    assert row["disposition"] == "answered"
    assert centre.ivrd.running
    assert standby.running
    assert not [line for line in centre.ivrd.lines() if line["event"] == "taking over" and line["from_process"] == centre.ivrd.pid]
