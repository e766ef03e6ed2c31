"""The alert `asterisk`: raised while ivrd cannot see or command Asterisk, cleared when it can."""

from __future__ import annotations

from collections.abc import Mapping

from ivrd.adapters.http import Metrics
from ivrd.daemon.alarms import tell
from ivrd.errors import Fault
from ivrd.ports import Clock, Publisher

ALERT = "asterisk"
#: a start, and a connection that is made anew at once, are no trouble
RAISED_AFTER_S = 1.0
_LINKS = ("ari", "ami")
_HINT = "does Asterisk run? Its talks go on without ivrd; callers who come meet its fallback"


class LinkAlert:
    """``look`` every now and then; the alert is told when it changes, and once at the start."""

    def __init__(self, publisher: Publisher, metrics: Metrics, clock: Clock) -> None:
        self._publisher, self._metrics, self._clock = publisher, metrics, clock
        self._since: float | None = None
        self._told: tuple[str, ...] | None = None

    def look(self, problems: Mapping[str, str | None]) -> None:
        """What is wrong now, part by part (None: nothing)."""
        wrong = tuple(f"{name}: {problem}" for name in _LINKS if (problem := problems.get(name)))
        now = self._clock.now()
        self._since = (self._since or now) if wrong else None
        if self._since is not None and now - self._since < RAISED_AFTER_S:
            wrong = ()
        if wrong == self._told:
            return
        self._told = wrong
        faults = tuple(Fault(file="", line=0, column=0, message=text, hint=_HINT) for text in wrong)
        since = self._since if wrong else None
        tell(self._publisher, self._metrics, ALERT, now, since, faults)
