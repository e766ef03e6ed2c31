"""The one source of "now"."""

from __future__ import annotations

import time
from collections.abc import Callable

#: the machine's clock and ours are that far apart: it was set, it did not drift
STEP_S = 1.0
#: less than that is caught up so slowly that no deadline notices: at each look, four a second
SLEW_S = 0.001


class SystemClock:
    """ports.Clock on the machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()  # noqa: TID251  # this is the Clock that everybody else is sent to


def _wall() -> float:
    return SystemClock().now()


class SteadyClock:
    """ports.Clock that goes on evenly when the machine's clock is set; ``look`` says when that has happened (ADR 70)."""

    def __init__(self, wall: Callable[[], float] = _wall, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._offset = wall() - steady()

    def now(self) -> float:
        """Seconds since the epoch, UTC; from one ``look`` to the next as many as have passed."""
        return self._offset + self._steady()

    def look(self) -> float:
        """By how many seconds the machine's clock was set since the last look (0.0: it was not); ``now`` is right again."""
        apart_s = self._wall() - self.now()
        if abs(apart_s) >= STEP_S:
            self._offset += apart_s
            return apart_s
        self._offset += max(-SLEW_S, min(SLEW_S, apart_s))
        return 0.0
