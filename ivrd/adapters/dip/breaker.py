"""PURE: a circuit breaker. A service that has failed often is not asked for a while, then by one request."""

from __future__ import annotations


class Breaker:
    """Closed (all pass), open (none pass), half open (one passes and decides). Times: any clock's seconds."""

    def __init__(self, failures: int, open_s: float) -> None:
        """Opens after ``failures`` in a row, for ``open_s``."""
        self._failures, self._open_s = failures, open_s
        self._in_a_row = 0
        self._open_until: float | None = None
        self._trying = False

    def passes(self, now: float) -> bool:
        """Whether a request may go out now; who was let through must call ``tell`` afterwards."""
        if self._open_until is None:
            return True
        if now < self._open_until or self._trying:
            return False
        self._trying = True
        return True

    def tell(self, ok: bool, now: float) -> None:
        """How a request ended."""
        self._trying = False
        if ok:
            self._in_a_row, self._open_until = 0, None
            return
        self._in_a_row += 1
        if self._in_a_row >= self._failures:
            self._open_until = now + self._open_s

    @property
    def is_open(self) -> bool:
        """Whether requests are being held back (or one is trying)."""
        return self._open_until is not None
