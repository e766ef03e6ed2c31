"""The disk of recordings fills, or takes nothing: who operates the centre is told long before a call would notice (ADR 72)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from ivrd.adapters.recordings.room import Room, unwritable
from ivrd.daemon.alarms import Alarms

#: whether directories can be written is looked at so often: mailboxes may be on another machine
TRY_EVERY_S = 5.0
_HINT = "free some space (`ivrd recordings purge`); calls go on, and recordings begin again by themselves"
_MEND = (
    "mount it for writing, or let the user that runs ivrd write there; calls go on, each row says what could not be kept, and recordings begin "
    "again by themselves"
)


class DiskWatch:
    """``look`` twice a second; ``run`` is its task. ``directories``: where recordings and messages are kept."""

    def __init__(self, room: Room, alarms: Alarms, directories: Iterable[Path] = ()) -> None:
        self._room, self._alarms, self._directories = room, alarms, sorted(set(directories))
        self._closed = ""  #: directories that cannot be written, and why

    async def run(self) -> None:
        """See now and then where nothing can be written."""
        while True:
            self._closed = await asyncio.to_thread(self._cannot)
            await asyncio.sleep(TRY_EVERY_S)

    def look(self) -> None:
        """Raise or clear the alarm."""
        self._room.look()
        hint = _MEND if self._room.is_broken else _HINT
        if self._room.why and self._room.is_critical:
            self._alarms.raise_("disk", f"no talk is recorded, running recordings were ended: {self._room.why}", hint)
        elif self._room.why:
            self._alarms.raise_("disk", f"no new recordings: {self._room.why}", hint)
        elif self._closed:
            self._alarms.raise_("disk", f"recordings or messages cannot be written: {self._closed}", _MEND)
        else:
            self._alarms.clear("disk")

    def _cannot(self) -> str:
        return ", ".join(dict.fromkeys(filter(None, map(unwritable, self._directories))))
