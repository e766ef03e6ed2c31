"""The store is away, or was damaged: who operates the centre is told, callers do not notice (ADR 71)."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ivrd.adapters.http import Metrics
from ivrd.adapters.store import CdrStore, SpoolingStore
from ivrd.daemon.alarms import Alarms

#: files that somebody moves away are looked for at every so many looks: once in half a minute
_LOOKS = 60
_WAITS = "calls go on; the rows follow by themselves when the store takes them"
_WAITS_IN_MEMORY = "free some space: calls go on, their rows wait in memory and follow by themselves; a restart would not know of all of them"
_DAMAGED = (
    "a new store was begun. What the old file still holds: `sqlite3 FILE .recover | sqlite3 SAVED.db`, or restore a backup "
    "beside it; then move FILE out of this directory, and the alarm is over"
)
_UNREAD = (
    "all other rows were stored. Each line of FILE is a call's row; a newer version's is read by that version. What is wanted of it: stop ivrd, append "
    "those lines, mended, to rows.spool, start it. Then move FILE out of this directory, and the alarm is over"
)


class StoreWatch:
    """``look`` twice a second."""

    def __init__(self, store: CdrStore, rows: SpoolingStore, alarms: Alarms, metrics: Metrics) -> None:
        self._store, self._rows, self._alarms, self._metrics = store, rows, alarms, metrics
        self._looks = self._put_aside = 0
        self._aside: list[str] = []
        self._unread: Path | None = None

    def look(self) -> None:
        """Raise or clear the alarm, count what waits."""
        put_aside = self._store.put_aside + self._rows.put_aside
        if self._looks % _LOOKS == 0 or self._put_aside != put_aside:
            self._put_aside = put_aside
            with contextlib.suppress(OSError):  # a disk that fails is told elsewhere: what was seen last stands
                self._aside = [str(path) for path in self._store.set_aside_before()]
                self._unread = self._rows.set_aside_before()
        self._looks += 1
        self._metrics.spooled(self._rows.spooled)
        trouble = self._rows.trouble
        if refused := self._rows.refused:
            self._alarms.raise_("store", f"neither the store nor the spool takes rows: {refused}", _WAITS_IN_MEMORY)
        elif trouble and self._rows.spooled:
            self._alarms.raise_("store", f"the store takes no rows: {trouble}", _WAITS)
        elif self._aside:
            self._alarms.raise_("store", f"the store was damaged and set aside as {', '.join(self._aside)}", _DAMAGED)
        elif self._unread:
            self._alarms.raise_("store", f"rows of calls could not be read and were set aside in {self._unread}", _UNREAD)
        else:
            self._alarms.clear("store")
