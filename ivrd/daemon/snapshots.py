"""When a generation of the journal is over, and the next one begins with a snapshot. Pure."""

from __future__ import annotations

#: a snapshot bounds what a restart must replay: 20,000 events replay in about a second
SNAPSHOT_EVENTS = 20_000
#: and, in quiet times, how long a journal holds what happened: callers' numbers are in it (ADR 106)
SNAPSHOT_EVERY_S = 3600.0


class SnapshotDue:
    """One run's. Times: any clock that does not go back, seconds."""

    def __init__(self) -> None:
        self._events, self._at = 0, -1.0

    def look(self, events: int, at: float) -> bool:
        """``events`` were handled since the start, which wrote one. True: it is time, and this one is taken."""
        if self._at < 0:
            self._at = at
        if events - self._events < SNAPSHOT_EVENTS and at - self._at < SNAPSHOT_EVERY_S:
            return False
        self.taken(events, at)
        return True

    def taken(self, events: int, at: float) -> None:
        """One was written for another reason."""
        self._events, self._at = events, at
