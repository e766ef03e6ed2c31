"""The disk of recordings fills: who operates the centre is told long before a call would notice (ADR 72)."""

from __future__ import annotations

from ivrd.adapters.recordings.room import Room
from ivrd.daemon.alarms import Alarms

_HINT = "free some space (`ivrd recordings purge`); calls go on, and recordings begin again by themselves"


class DiskWatch:
    """``look`` twice a second."""

    def __init__(self, room: Room, alarms: Alarms) -> None:
        self._room, self._alarms = room, alarms

    def look(self) -> None:
        """Raise or clear the alarm."""
        self._room.look()
        if not self._room.why:
            self._alarms.clear("disk")
        elif self._room.is_critical:
            self._alarms.raise_("disk", f"no talk is recorded, running recordings were ended: {self._room.why}", _HINT)
        else:
            self._alarms.raise_("disk", f"no new recordings: {self._room.why}", _HINT)
