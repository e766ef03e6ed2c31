"""The machine's clock is set, by hand or by a time server that came late: nobody's call may notice (ADR 70)."""

from __future__ import annotations

from ivrd.adapters.http import Metrics
from ivrd.core.events import ClockStepped
from ivrd.daemon.alarms import Alarms
from ivrd.daemon.clock import STEP_S, SteadyClock
from ivrd.daemon.runtime import Runtime

#: after so long without another step the alarm is over: rows from before it have times of the old clock
CALM_S = 600.0
_HINT = "calls and deadlines go on; rows of calls that ended before have the old clock's times. Let one time server slew the clock"


class ClockWatch:
    """``begin`` once the runtime takes events, ``look`` twice a second."""

    def __init__(self, clock: SteadyClock, runtime: Runtime, alarms: Alarms, metrics: Metrics) -> None:
        self._clock, self._runtime, self._alarms, self._metrics = clock, runtime, alarms, metrics
        self._calm_at = 0.0

    def begin(self) -> None:
        """The clock was set back while we were away: what we remember is in the future."""
        ahead_s = self._runtime.exchange.state.last_at - self._clock.now()
        if ahead_s >= STEP_S:
            self._stepped(-ahead_s)

    def look(self) -> None:
        """Was it set?"""
        if by_s := self._clock.look():
            self._stepped(by_s)
        elif self._alarms.is_raised("clock") and self._clock.now() >= self._calm_at:
            self._alarms.clear("clock")

    def _stepped(self, by_s: float) -> None:
        now = self._clock.now()
        self._runtime.post(ClockStepped(at=now, by_s=by_s))
        self._metrics.clock_stepped()
        self._calm_at = now + CALM_S
        way = "forward" if by_s > 0 else "back"
        self._alarms.raise_("clock", f"the machine's clock was set {way} by {abs(by_s):.1f} s", _HINT)
