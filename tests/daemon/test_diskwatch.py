"""What operators are told of the disks of recordings and messages."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivrd.adapters.recordings.room import Room
from ivrd.daemon import diskwatch
from ivrd.daemon.diskwatch import DiskWatch


class Alarms:
    """What stands."""

    def __init__(self) -> None:
        self.said = self.hint = ""

    def raise_(self, name: str, message: str, hint: str) -> None:
        assert name == "disk"
        self.said, self.hint = message, hint

    def clear(self, name: str) -> None:
        self.said = self.hint = ""


class Centre:
    """The watch, and what it looks at."""

    def __init__(self) -> None:
        self.trouble: OSError | None = None
        self.closed = ""
        self.alarms = Alarms()
        self.watch = DiskWatch(Room((Path("/spool"),), 500, self._free), self.alarms, (Path("/spool"), Path("/mail")))  # type: ignore[arg-type]

    def _free(self, directory: Path) -> int:
        if self.trouble:
            raise self.trouble
        return 10**12

    def unwritable(self, directory: Path) -> str:
        return f"{directory}: {self.closed}" if self.closed and directory == Path("/mail") else ""

    def looks(self) -> str:
        self.watch.look()
        return self.alarms.said


def test_a_disk_that_fails_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    centre = Centre()
    assert centre.looks() == ""
    centre.trouble = OSError(5, "Input/output error")
    assert centre.looks() == (
        "no talk is recorded, running recordings were ended: not recorded: the disk of /spool cannot be read (Input/output error)"
    )
    assert "free some space" not in centre.alarms.hint
    centre.trouble = None
    assert centre.looks() == ""


async def test_a_mailbox_that_cannot_be_written_is_told_from_the_start_on_until_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    centre = Centre()
    tries = asyncio.Queue[None]()

    async def sleep(seconds: float) -> None:
        assert seconds == diskwatch.TRY_EVERY_S
        tried.set()
        await tries.get()

    tried = asyncio.Event()
    monkeypatch.setattr(diskwatch, "unwritable", centre.unwritable)
    monkeypatch.setattr(diskwatch.asyncio, "sleep", sleep)
    centre.closed = "Permission denied"
    async with asyncio.TaskGroup() as group:
        task = group.create_task(centre.watch.run())
        await tried.wait()
        assert centre.looks() == "recordings or messages cannot be written: /mail: Permission denied"
        centre.closed = ""
        tried.clear()
        tries.put_nowait(None)
        await tried.wait()
        assert centre.looks() == ""
        task.cancel()
