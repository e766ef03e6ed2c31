"""The disk of recordings fills while calls are made: calls go on, and recordings begin again by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.smalldisk import fill, small_disk
from rig.tools import RigError
from tests.live.centre import Centre

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
SITE = {"overrides": {"ivrd.yaml": {"recordings": {"min_free_mb": 2}}}}


@pytest.fixture
def disk(centre: Centre) -> Iterator[Path]:
    """Recordings are on a disk of 8 MB."""
    try:
        with small_disk(centre.recordings, 8192) as mounted:
            yield mounted
    except RigError as exc:
        pytest.skip(str(exc))


async def alarm_is(centre: Centre, raised: bool) -> None:
    await centre.wall.until(lambda: centre.wall.state("alert/disk").get("raised") is raised)


async def test_no_call_is_lost_and_recordings_come_back(centre: Centre, disk: Path) -> None:
    centre.expected |= {"alarm", "recording failed"}
    adi = await centre.agent("101")
    caller, _ = await centre.conversation(adi)
    running = centre.numbers[-1]
    filler = fill(disk, leave_kb=512)  # less than half: what runs is ended
    await alarm_is(centre, True)
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
    await alarm_is(centre, False)
    caller, _ = await centre.conversation(adi)
    await caller.hang_up()
    row = await centre.row(disposition="answered")
    centre.recording(row)
    assert not [p for p in disk.rglob("*") if p.name.endswith(".part")]
