"""What the rescuer leaves for ivrd's next start.

Whom it has moved to the fallback: one small file a call, written before it moves the caller, so that the row
says ``fallback`` with the time at which it happened, and not that the caller hung up.

Whom it has seen, at each look that finds that nobody was in command: one file for all calls, so that the row of a call that
ended meanwhile says when, and who hung up.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DIRECTORY = "rescued"  #: below the state directory
SEEN = "rescuer-saw.json"  #: beside it
KEEP_S = 86_400.0
_SAFE = re.compile(r"[A-Za-z0-9._-]{1,80}")


@dataclass(frozen=True, kw_only=True)
class Rescued:
    """A caller who was moved. ``at``: seconds since the epoch, UTC."""

    call: str
    at: float


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """When the two sides of a call were seen last; seconds since the epoch, UTC, 0: never."""

    caller_at: float = 0.0
    other_at: float = 0.0  #: whom the caller talks to


class Ledger:
    """Those files."""

    def __init__(self, state: Path) -> None:
        self._directory = state / DIRECTORY
        self._seen = state / SEEN

    def saw(self, at: float, callers: Iterable[str], others: Iterable[str]) -> None:
        """At ``at`` these calls had their caller, and those the one whom the caller talks to. OSError."""
        sightings = {call: s for call, s in self.sightings().items() if at - max(s.caller_at, s.other_at) <= KEEP_S}
        for call in callers:
            sightings[call] = Sighting(caller_at=at, other_at=sightings.get(call, Sighting()).other_at)
        for call in others:
            sightings[call] = Sighting(caller_at=sightings.get(call, Sighting()).caller_at, other_at=at)
        half = self._seen.with_suffix(".part")
        half.write_text(json.dumps({call: [s.caller_at, s.other_at] for call, s in sightings.items()}))
        os.replace(half, self._seen)

    def sightings(self) -> dict[str, Sighting]:
        """All that is noted, by call; a file that is none says nothing."""
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            noted = json.loads(self._seen.read_text())
            return {str(call): Sighting(caller_at=float(c), other_at=float(o)) for call, (c, o) in noted.items()}
        return {}

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
