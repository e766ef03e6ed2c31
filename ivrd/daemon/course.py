"""What the running daemon is at, in the state directory: `ivrd drain` waits for it and tells it."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "course.json"
STARTING, SERVING, DRAINING, HANDING_OVER, STOPPED = "starting", "serving", "draining", "handing over", "stopped"


@dataclass(frozen=True, kw_only=True)
class Course:
    """One step of a daemon's life."""

    pid: int
    stage: str
    calls: int = 0  #: in progress; told from the drain on


class CourseLog:
    """The daemon's side: written at each change, and never in the way of a call."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._told: Course | None = None

    def tell(self, stage: str, calls: int = 0) -> None:
        """Put it in place in one step; a full disk only keeps `ivrd drain` from showing it."""
        now = Course(pid=os.getpid(), stage=stage, calls=calls)
        if now == self._told:
            return
        with contextlib.suppress(OSError):
            partial = self._state / f"{FILE}.part"
            partial.write_text(json.dumps(asdict(now)) + "\n", encoding="utf-8")
            partial.replace(self._state / FILE)
            self._told = now

    @property
    def stage(self) -> str:
        """The one told last; "" before the first."""
        return self._told.stage if self._told else ""


def read(state: Path) -> Course | None:
    """The newest; None when there is none that can be read."""
    try:
        return Course(**json.loads((state / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
