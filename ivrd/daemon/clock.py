"""The one source of "now"."""

from __future__ import annotations

import time


class SystemClock:
    """ports.Clock on the machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()  # noqa: TID251  # this is the Clock that everybody else is sent to
