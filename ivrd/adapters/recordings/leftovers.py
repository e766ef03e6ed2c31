"""What Asterisk recorded and nobody published (ADR 72): audio in clear in the spool, which no row leads to.

    <spool>/2026/11/24/1764.12.talk-2.raw

It goes at the end of retention, and with its caller. A file that may still be written to is none of these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from ivrd.adapters.recordings.keyring import KeyRing, sync_directory
from ivrd.errors import OutsideError

_NAME = re.compile(r"(\d{4})/(\d{2})/(\d{2})/(([A-Za-z0-9_][A-Za-z0-9._@+-]*?)(?:\.talk-\d+)?)\.raw")
#: Asterisk writes to the file of a talk every second, and ivrd publishes it within minutes: what stood still for so long is nobody's
STILL_S = 3600.0


class Leftovers:
    """The spool of raw recordings. Blocks as long as the disk does."""

    def __init__(self, spool: Path, keys: KeyRing, now: Callable[[], float]) -> None:
        """``now``: seconds since the epoch."""
        self._spool, self._keys, self._now = spool, keys, now

    def past(self, before: str) -> list[Path]:
        """Those of days before ``before`` (2026-11-24)."""
        return [file for file, match in self._files() if "-".join(match.groups()[:3]) < before]

    def of(self, calls: Collection[str]) -> list[Path]:
        """Those of the calls' talks."""
        return [file for file, match in self._files() if match[5] in calls]

    def held(self, file: Path) -> bool:
        """It is on hold, or its call's first talk is."""
        match = self._match(file)
        return match is not None and any(self._keys.held(name) for name in (match[4], match[5]))

    def erase(self, file: Path) -> None:
        """Delete one; harmless when it is gone. Asterisk owns the file: all that we may do is remove it. OutsideError."""
        try:
            file.unlink(missing_ok=True)
            sync_directory(file.parent)
        except OSError as exc:
            raise OutsideError(f"{file}: {exc.strerror}") from exc

    def _files(self) -> Iterator[tuple[Path, re.Match[str]]]:
        for file in sorted(self._spool.glob("[0-9]*/[0-9]*/[0-9]*/*.raw")):
            match = self._match(file)
            if match is not None and self._stands_still(file):
                yield file, match

    def _match(self, file: Path) -> re.Match[str] | None:
        return _NAME.fullmatch(file.relative_to(self._spool).as_posix())

    def _stands_still(self, file: Path) -> bool:
        try:
            return self._now() - file.stat().st_mtime > STILL_S
        except FileNotFoundError:  # published just now
            return False
