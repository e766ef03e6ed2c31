"""What the rescuer leaves for ivrd's next start.

Whom it has moved to the fallback: one small file a call, written before it moves the caller, so that the row
says ``fallback`` with the time at which it happened, and not that the caller hung up. Of a customer whose phone it rings no
more as well: it was not the customer who did not answer.

Whom it has seen, at each look that finds that nobody was in command, and who pressed hold: one file for all calls, so that the
row of a call that ended meanwhile says when, who hung up, and how long the caller was on hold; and so that a talk that even began
meanwhile is one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DIRECTORY = "rescued"  #: below the state directory
SEEN = "rescuer-saw.json"  #: beside it
KEEP_S = 86_400.0
#: of one call; whoever presses the key more often loses the oldest
HOLDS_KEPT = 100
_SAFE = re.compile(r"[A-Za-z0-9._-]{1,80}")
_HUNG_UP = "hung-up"  #: an older ivrd takes such a note for a strange file, and the end of the ringing for what it looks like


@dataclass(frozen=True, kw_only=True)
class Rescued:
    """A caller who was moved. ``at``: seconds since the epoch, UTC."""

    call: str
    at: float
    moved: bool = True  #: False: a customer who was called back, and whose phone was rung no more


@dataclass(frozen=True, kw_only=True)
class Hold:
    """``channel`` put the other side on hold at ``at``, or took it back."""

    at: float
    channel: str
    held: bool


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """When the two sides of a call were seen last; seconds since the epoch, UTC, 0: never."""

    caller_at: float = 0.0
    other_at: float = 0.0  #: whom the caller talks to
    other: str = ""  #: that channel
    other_since: float = 0.0  #: when it was seen first
    holds: tuple[Hold, ...] = ()  #: in their order

    def with_other(self, at: float, channel: str) -> Sighting:
        """Somebody else is there; the caller talks to ``channel``, or ("") to nobody as far as can be told."""
        if channel in ("", self.other):
            return dataclasses.replace(self, other_at=at)
        return dataclasses.replace(self, other_at=at, other=channel, other_since=at)

    def with_hold(self, hold: Hold) -> Sighting:
        """And this."""
        return dataclasses.replace(self, holds=(*self.holds, hold)[-HOLDS_KEPT:])

    @property
    def last_at(self) -> float:
        """The last sign of the call."""
        return max(self.caller_at, self.other_at, *(hold.at for hold in self.holds))

    @classmethod
    def read(cls, noted: Any) -> Sighting:
        """What ``dataclasses.asdict`` made of one, or an older rescuer, which kept two times. TypeError, ValueError, KeyError: something else."""
        if isinstance(noted, list):
            caller_at, other_at = noted
            return cls(caller_at=float(caller_at), other_at=float(other_at))
        holds = tuple(Hold(at=float(h["at"]), channel=str(h["channel"]), held=bool(h["held"])) for h in noted["holds"])
        times = {name: float(noted[name]) for name in ("caller_at", "other_at", "other_since")}
        return cls(other=str(noted["other"]), holds=holds, **times)


class Ledger:
    """Those files."""

    def __init__(self, state: Path) -> None:
        self._directory = state / DIRECTORY
        self._seen = state / SEEN

    def saw(self, at: float, callers: Iterable[str], others: Mapping[str, str], pressed: Iterable[tuple[str, Hold]] = ()) -> None:
        """At ``at`` these calls had their caller, and those somebody else, to whose leg the caller talks ("": does not, or it is not known);
        since the last look somebody pressed hold (in which call; "": in none of ours). OSError."""
        sightings = {call: s for call, s in self.sightings().items() if at - s.last_at <= KEEP_S}
        for call in callers:
            sightings[call] = dataclasses.replace(sightings.get(call, Sighting()), caller_at=at)
        for call, channel in others.items():
            sightings[call] = sightings.get(call, Sighting()).with_other(at, channel)
        for call, hold in pressed:
            if call:
                sightings[call] = sightings.get(call, Sighting()).with_hold(hold)
        half = self._seen.with_suffix(".part")
        half.write_text(json.dumps({call: dataclasses.asdict(s) for call, s in sightings.items()}))
        os.replace(half, self._seen)

    def sightings(self) -> dict[str, Sighting]:
        """All that is noted, by call; a file that is none says nothing."""
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
            return {str(call): Sighting.read(noted) for call, noted in json.loads(self._seen.read_text()).items()}
        return {}

    def write(self, rescued: Rescued) -> None:
        """Note it down, whole or not at all. OSError when the disk will not have it."""
        if not _SAFE.fullmatch(rescued.call):
            return  # not a channel id of Asterisk's: nothing that ivrd could know
        self._directory.mkdir(parents=True, exist_ok=True)
        half = self._directory / f".{rescued.call}"
        half.write_text(f"{rescued.at:.3f}\n" if rescued.moved else f"{rescued.at:.3f} {_HUNG_UP}\n")
        os.replace(half, self._directory / rescued.call)

    def find(self, call: str) -> Rescued | None:
        """The note about one call, if there is one."""
        if not _SAFE.fullmatch(call):
            return None
        with contextlib.suppress(OSError, ValueError):
            return _read(self._directory / call)
        return None

    def read(self, now: float) -> list[Rescued]:
        """All of the last day, oldest first. Older ones are removed: their rows are long final."""
        found = []
        for file in self._files():
            with contextlib.suppress(OSError, ValueError):  # a strange file is nobody's call
                note = _read(file)
                if now - note.at > KEEP_S:
                    file.unlink()
                else:
                    found.append(note)
        return sorted(found, key=lambda r: (r.at, r.call))

    def _files(self) -> list[Path]:
        with contextlib.suppress(OSError):
            return [f for f in self._directory.iterdir() if _SAFE.fullmatch(f.name) and f.name[0] != "."]
        return []


def _read(file: Path) -> Rescued:
    """OSError, ValueError: it is none."""
    at, _, how = file.read_text().strip().partition(" ")
    return Rescued(call=file.name, at=float(at), moved=how != _HUNG_UP)
