"""Is there room for recordings? They stop before calls, rows and the journal want for space (ADR 72)."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable
from operator import itemgetter
from pathlib import Path

#: recordings begin again when there is so much more than the least
_ENOUGH = 1.25
_MB = 1_000_000
_FREE = itemgetter(0)


def free_bytes(directory: Path) -> int:
    """Free for this user on the disk of ``directory``, or of the nearest one above that exists. OSError: nobody can tell."""
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


def unwritable(directory: Path) -> str:
    """Why this user cannot write into ``directory``, or into the nearest one above that exists; "" when nothing is against it. Blocks."""
    for place in (directory, *directory.parents):
        try:
            mode, flags = os.stat(place).st_mode, os.statvfs(place).f_flag
        except FileNotFoundError:
            continue
        except OSError as exc:
            return f"{place}: {exc.strerror}"
        if os.access(place, os.W_OK | os.X_OK):
            return ""
        reason = errno.ENOTDIR if not stat.S_ISDIR(mode) else errno.EROFS if flags & os.ST_RDONLY else errno.EACCES
        return f"{place}: {os.strerror(reason)}"
    return f"{directory}: {os.strerror(errno.ENOENT)}"


class Room:
    """``look``, then see ``why`` and ``is_critical``. A look costs microseconds: local disks only."""

    def __init__(self, directories: Iterable[Path], min_free_mb: int, free: Callable[[Path], int] = free_bytes) -> None:
        self._directories, self._least, self._free = tuple(sorted(directories, key=str)), min_free_mb * _MB, free
        self.why = ""  #: no recording may begin; "" = there is room
        self.is_critical = False  #: those that run must end, too
        self.is_broken = False  #: a disk does not say how much is free, which counts as nothing

    def look(self) -> None:
        """Look at all disks."""
        if not self._least:
            return
        free, place, trouble = min(map(self._seen, self._directories), key=_FREE)  # of equals the first by name
        wanted = self._least * (_ENOUGH if self.why else 1)
        self.is_critical, self.is_broken = free < self._least / 2, bool(trouble)
        why = f"the disk of {place} cannot be read ({trouble})" if trouble else f"less than {self._least // _MB} MB free for {place}"
        self.why = f"not recorded: {why}" if free < wanted else ""

    def _seen(self, directory: Path) -> tuple[int, Path, str]:
        try:
            return self._free(directory), directory, ""
        except OSError as exc:
            return 0, directory, exc.strerror or str(exc)
