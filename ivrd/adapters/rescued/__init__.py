"""Whom the rescuer has moved to the fallback: one small file a call, left for ivrd's next start.

The rescuer writes it before it moves the caller; ivrd reads it when it starts, so that the row says
``fallback`` with the time at which it happened, and not that the caller hung up.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

DIRECTORY = "rescued"  #: below the state directory
KEEP_S = 86_400.0
_SAFE = re.compile(r"[A-Za-z0-9._-]{1,80}")


@dataclass(frozen=True, kw_only=True)
class Rescued:
    """A caller who was moved. ``at``: seconds since the epoch, UTC."""

    call: str
    at: float


class Ledger:
    """The directory of those files."""

    def __init__(self, state: Path) -> None:
        self._directory = state / DIRECTORY

    def write(self, rescued: Rescued) -> None:
        """Note it down, whole or not at all. OSError when the disk will not have it."""
        if not _SAFE.fullmatch(rescued.call):
            return  # not a channel id of Asterisk's: nothing that ivrd could know
        self._directory.mkdir(parents=True, exist_ok=True)
        half = self._directory / f".{rescued.call}"
        half.write_text(f"{rescued.at:.3f}\n")
        os.replace(half, self._directory / rescued.call)

    def find(self, call: str) -> Rescued | None:
        """The note about one call, if there is one."""
        if not _SAFE.fullmatch(call):
            return None
        with contextlib.suppress(OSError, ValueError):
            return Rescued(call=call, at=float((self._directory / call).read_text()))
        return None

    def read(self, now: float) -> list[Rescued]:
        """All of the last day, oldest first. Older ones are removed: their rows are long final."""
        found = []
        for file in self._files():
            with contextlib.suppress(OSError, ValueError):  # a strange file is nobody's call
                at = float(file.read_text())
                if now - at > KEEP_S:
                    file.unlink()
                else:
                    found.append(Rescued(call=file.name, at=at))
        return sorted(found, key=lambda r: (r.at, r.call))

    def _files(self) -> list[Path]:
        with contextlib.suppress(OSError):
            return [f for f in self._directory.iterdir() if _SAFE.fullmatch(f.name) and f.name[0] != "."]
        return []
