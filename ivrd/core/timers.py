"""Deadlines, kept in the state: the shell asks for the next one, so a restart re-arms them for free."""

from __future__ import annotations

from dataclasses import dataclass, field

#: how much longer than a ring time-out we wait for Asterisk to say that it is over
RING_GRACE_S = 2.0


@dataclass(kw_only=True)
class Timers:
    """Named deadlines (epoch seconds). Setting a name again moves it."""

    due: dict[str, float] = field(default_factory=dict)

    def set(self, name: str, at: float) -> None:
        """Wake me at ``at`` with TimerFired(name)."""
        self.due[name] = at

    def clear(self, name: str) -> None:
        """Forget the deadline; harmless when there is none."""
        self.due.pop(name, None)

    def take(self, name: str, at: float) -> bool:
        """Whether ``name`` is due at ``at``; if so it is forgotten. A stale firing is not due."""
        if self.due.get(name, float("inf")) > at:
            return False
        del self.due[name]
        return True

    def next(self) -> tuple[str, float] | None:
        """The earliest deadline."""
        return min(self.due.items(), key=lambda item: item[1], default=None)
