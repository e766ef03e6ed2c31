"""What ivrd learns of callers whom the rescuer moved while nobody was in command here."""

from __future__ import annotations

from collections.abc import Collection

from ivrd.adapters.rescued import Ledger
from ivrd.core.events import CallerRescued, ChannelGone, Event, SwitchSeen


class Rescues:
    """The rescuer's ledger, as events."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def told(self, event: Event, calls: Collection[str]) -> list[Event]:
        """What Asterisk tells, and before it what it does not: who of our ``calls`` was taken from us."""
        if isinstance(event, SwitchSeen):  # else they would be taken for hung up
            return [*self._meanwhile(calls, event.at), event]
        if isinstance(event, ChannelGone) and event.channel == event.call:  # we were frozen, and hear of it now
            rescued = self._ledger.find(event.call)
            return [CallerRescued(at=event.at, call=event.call) if rescued else event]
        return [event]

    def _meanwhile(self, calls: Collection[str], now: float) -> list[Event]:
        return [CallerRescued(at=r.at, call=r.call) for r in self._ledger.read(now) if r.call in calls]
