"""Is there room for recordings? They stop before calls, rows and the journal want for space (ADR 72)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from operator import itemgetter
from pathlib import Path

#: recordings begin again when there is so much more than the least
_ENOUGH = 1.25
_MB = 1_000_000
_FREE = itemgetter(0)


def free_bytes(directory: Path) -> int:
    """Free for this user on the disk of ``directory``, or of the nearest one above that exists."""
    place = directory  # parents one by one: the directory is nearly always there, and we look twice a second
    while True:
        try:
            seen = os.statvfs(place)
        except FileNotFoundError:
            if place == place.parent:
                return 0
            place = place.parent
            continue
        return seen.f_bavail * seen.f_frsize


class Room:
    """``look``, then see ``why`` and ``is_critical``. A look costs microseconds: local disks only."""

    def __init__(self, directories: Iterable[Path], min_free_mb: int, free: Callable[[Path], int] = free_bytes) -> None:
        self._directories, self._least, self._free = tuple(sorted(directories, key=str)), min_free_mb * _MB, free
        self.why = ""  #: no recording may begin; "" = there is room
        self.is_critical = False  #: those that run must end, too

    def look(self) -> None:
        """Look at all disks."""
        if not self._least:
            return
        free, place = min(((self._free(d), d) for d in self._directories), key=_FREE)  # of equals the first by name
        wanted = self._least * (_ENOUGH if self.why else 1)
        self.is_critical = free < self._least / 2
        self.why = f"not recorded: less than {self._least // _MB} MB free for {place}" if free < wanted else ""
