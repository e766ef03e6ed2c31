"""The disk of recordings fills while calls are made, or the one disk of all that ivrd keeps, or the spool takes nothing: calls go on, rows
and recordings follow by themselves.

On small tmpfs: skipped without root.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rig.site import SitePaths
from rig.smalldisk import fill, small_disk
from rig.tools import RigError
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
SITE = {"overrides": {"ivrd.yaml": {"recordings": {"min_free_mb": 2}}}}
SHARED = ("state", "spool", "recordings")  # as shipped


@pytest.fixture(scope="module")
def site(site: SitePaths) -> Iterator[SitePaths]:
    """Journal, spool of rows, store and recordings are on one disk of 12 MB."""
    var = site.root / "var"
    try:
        with small_disk(site.root / "disk", 12 * 1024) as disk:
            for name in SHARED:
                shutil.move(var / name, disk / name)
                (var / name).symlink_to(disk / name)
            yield site
    except RigError as exc:
        pytest.skip(str(exc))


@pytest.fixture
def one_disk(centre: Centre) -> Path:
    """Where that is."""
    return centre.site.root / "disk"


@pytest.fixture
def disk(centre: Centre) -> Iterator[Path]:
    """Recordings are on a disk of 8 MB of their own."""
    with small_disk(centre.recordings, 8192) as mounted:
        yield mounted


@pytest.fixture
def spool(centre: Centre) -> Iterator[Path]:
    """Where Asterisk is to record is a disk of its own; nobody has recorded there today."""
    with small_disk(centre.site.root / "var" / "spool", 8192) as mounted:
        yield mounted


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk.resolve())], check=True)


async def alarm_is(centre: Centre, name: str, raised: bool) -> None:
    await centre.wall.until(lambda: centre.wall.state(f"alert/{name}").get("raised") is raised, 20)


async def test_no_call_is_lost_and_recordings_come_back(centre: Centre, disk: Path) -> None:
    centre.expected |= {"alarm", "recording failed"}
    adi = await centre.agent("101")
    caller, _ = await centre.conversation(adi)
    running = centre.numbers[-1]
    filler = fill(disk, leave_kb=512)  # less than half: what runs is ended
    await alarm_is(centre, "disk", True)
    (fault,) = centre.wall.state("alert/disk")["faults"]
    assert "free for" in fault["message"]
    assert (await centre.ivrd.metrics())['ivrd_alarm{alarm="disk"}'] == 1
    await caller.hang_up()
    row = await centre.row(running, disposition="answered")
    assert centre.recording(row).duration_s > 0  # what there is of it is whole

    caller, _ = await centre.conversation(adi)
    await caller.hang_up()
    row = await centre.row(disposition="answered")
    assert row["recording"] == ""
    assert row["recording_note"].startswith("not recorded: less than 2 MB free")

    filler.unlink()
    await alarm_is(centre, "disk", False)
    caller, _ = await centre.conversation(adi)
    await caller.hang_up()
    row = await centre.row(disposition="answered")
    centre.recording(row)
    assert not [p for p in disk.rglob("*") if p.name.endswith(".part")]


async def test_a_spool_that_is_read_only_costs_recordings_and_no_call(centre: Centre, spool: Path) -> None:
    centre.expected |= {"alarm", "order refused", "recording failed"}
    ivrd = centre.ivrd.child.pid
    remount(spool, "ro")
    await alarm_is(centre, "disk", True)
    (fault,) = centre.wall.state("alert/disk")["faults"]
    assert fault["message"].startswith("recordings or messages cannot be written: ")
    assert fault["message"].endswith("spool: Read-only file system")
    adi = await centre.agent("101")
    for _ in range(2):  # who comes next is served, too
        caller, at_adi = await centre.conversation(adi)
        await caller.hang_up()
        await at_adi.ended()
        row = await centre.row(disposition="answered", agent="101")
        assert row["recording"] == ""
        assert "Read-only file system" in row["recording_note"]

    caller, at_adi = await centre.conversation(adi)
    await centre.wall.event("recording_failed", centre.since, call=centre.wall.events("call_answered")[-1]["call"])
    remount(spool, "rw")
    await centre.until(lambda: any(raw.stat().st_size for raw in spool.rglob("*.raw")), 20)
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    await at_adi.ended()
    row = await centre.row(disposition="answered")
    assert "began late" in row["recording_note"]
    assert centre.recording(row).duration_s > 0

    await alarm_is(centre, "disk", False)
    caller, _ = await centre.conversation(adi)
    await caller.hang_up()
    row = await centre.row(disposition="answered")
    assert row["recording_note"] == ""
    assert centre.recording(row).duration_s > 0
    assert centre.ivrd.child.pid == ivrd
    assert centre.ivrd.running


def fill_to_the_last_block(disk: Path) -> Path:
    """What SQLite could write over without a new block is given back before: its log."""
    with closing(sqlite3.connect(disk / "state" / "cdr.db")) as store:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return fill(disk)


def raws(disk: Path) -> list[Path]:
    """What Asterisk wrote and nobody has published."""
    return sorted((disk / "spool").rglob("*.raw"))


async def test_all_is_on_one_disk_that_is_full_and_each_call_has_its_row_when_there_is_room(centre: Centre, one_disk: Path) -> None:
    centre.expected |= {"alarm", "part not ready", "recording lost", "journal not written", "snapshot not written",
                        "row not written, kept in the spool", "CDR not written, will try again"}  # fmt: skip
    before = len(centre.numbers)
    adi = await centre.agent("101")
    talking, at_adi = await centre.conversation(adi)
    waiting = await centre.caller("10")
    await waiting.wait_heard(MUSIC_HZ)
    filler = await asyncio.to_thread(fill_to_the_last_block, one_disk)  # phones live in our loop
    await alarm_is(centre, "disk", True)
    late = await centre.caller("10")
    await late.wait_heard(MUSIC_HZ)
    await centre.both_hear(talking, at_adi)
    await waiting.wait_heard(MUSIC_HZ, since=waiting.mark)

    await talking.hang_up()
    await at_adi.ended()
    at_adi = await adi.next_call()
    await centre.both_hear(waiting, at_adi)
    await centre.wall.event("recording_failed", centre.since, call=centre.wall.events("call_answered")[-2]["call"])
    await waiting.hang_up()
    await at_adi.ended()
    at_adi = await adi.next_call()
    await centre.both_hear(late, at_adi)
    while not centre.wall.state("alert/journal").get("raised"):  # there may be some room in its last block
        await (await centre.caller()).hang_up()
    await alarm_is(centre, "store", True)
    assert "neither the store nor the spool" in centre.wall.state("alert/store")["faults"][0]["message"]
    assert not any(centre.rows(number) for number in centre.numbers[before:])

    filler.unlink()
    for name in ("disk", "journal", "store"):
        await alarm_is(centre, name, False)
    await centre.until(lambda: len(raws(one_disk)) == 2 and bool(raws(one_disk)[-1].stat().st_size), 20)  # the rest of the talk is recorded
    await centre.both_hear(late, at_adi)
    await late.hang_up()
    await at_adi.ended()
    three, others = centre.numbers[before : before + 3], centre.numbers[before + 3 :]
    cut, unrecorded, began_late = [await centre.row(n, disposition="answered", agent="101") for n in three]
    assert "No space left on device" in cut["recording_note"]
    assert [raw.stem for raw in raws(one_disk)] == [cut["call"]]  # kept: ADR 72
    assert unrecorded["recording_note"].startswith("not recorded: less than 2 MB free")
    assert centre.recording(began_late).duration_s > 0
    for number in others:
        await centre.row(number, disposition="abandoned_ivr")
