"""Alarms of the daemon's surroundings: the log says so, the metric is 1, and a retained alert stands until it is over.

``tell`` is the way of every alert with faults, also of those that others raise: none is told to walls and not to the metrics.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from ivrd.adapters.http import Metrics
from ivrd.adapters.mqtt import payloads, topics
from ivrd.errors import Fault
from ivrd.ports import Clock, Publisher

_log = structlog.get_logger(__name__)

#: clock: it was set. store: rows are kept in the spool, or in memory. disk: recordings are not made. journal: a restart would forget.
#: messages: their mailbox does not take them. trunk: Asterisk is not registered with the carrier
NAMES = ("clock", "disk", "journal", "messages", "store", "trunk")


def tell(publisher: Publisher, metrics: Metrics, name: str, at: float, since: float | None, faults: Sequence[Fault]) -> None:
    """An alert as it is now: to walls and to the metrics. ``since`` None: it is over, or never was."""
    metrics.alarm(name, since is not None)
    publisher.state(topics.alert(name), payloads.alert(name, at, since, faults))


class Alarms:
    """One alert for each name. ``announce`` once, so that walls know that all is well."""

    def __init__(self, publisher: Publisher, metrics: Metrics, clock: Clock) -> None:
        self._publisher, self._metrics, self._clock = publisher, metrics, clock
        self._raised: dict[str, tuple[float, str]] = {}  # name -> since, what was said

    def announce(self) -> None:
        """Nothing is wrong (yet)."""
        for name in NAMES:
            self._publish(name, "", "")

    def is_raised(self, name: str) -> bool:
        """Whether the alarm stands."""
        return name in self._raised

    def raise_(self, name: str, message: str, hint: str) -> None:
        """Something is wrong, and what a person can do; said again only when the message is another."""
        since, said = self._raised.get(name, (self._clock.now(), ""))
        if said == message:
            return
        self._raised[name] = since, message
        _log.error("alarm", alarm=name, problem=message, hint=hint)
        self._publish(name, message, hint)

    def clear(self, name: str) -> None:
        """It is over; harmless when it never was."""
        if self._raised.pop(name, None) is not None:
            _log.info("alarm over", alarm=name)
            self._publish(name, "", "")

    def _publish(self, name: str, message: str, hint: str) -> None:
        raised = self._raised.get(name)
        faults = [Fault(file="", line=0, column=0, message=message, hint=hint)] if raised else []
        tell(self._publisher, self._metrics, name, self._clock.now(), raised[0] if raised else None, faults)
