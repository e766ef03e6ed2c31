"""What ivrd learns of callers whom the rescuer moved while nobody was in command here."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from ivrd.adapters.rescued import Ledger, Sighting
from ivrd.core.events import CallerRescued, ChannelGone, Event, SwitchSeen, Watched


class Rescues:
    """The rescuer's ledger, as events."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def told(self, event: Event, calls: Collection[str]) -> list[Event]:
        """What Asterisk tells, and before it what it does not: who of our ``calls`` was taken from us."""
        if isinstance(event, SwitchSeen):  # else they would be taken for hung up
            seen = self._ledger.sightings()
            watched = tuple(Watched(call=c, caller_at=s.caller_at, other_at=s.other_at) for c, s in sorted(seen.items()) if c in calls)
            return [*self._meanwhile(calls, event.at), dataclasses.replace(event, watched=watched)]
        if isinstance(event, ChannelGone) and event.channel == event.call:  # we were frozen, and hear of it now
            rescued = self._ledger.find(event.call)
            return [self._moved(event.call, event.at) if rescued else event]
        return [event]

    def _meanwhile(self, calls: Collection[str], now: float) -> list[Event]:
        return [self._moved(r.call, r.at) for r in self._ledger.read(now) if r.call in calls]

    def _moved(self, call: str, at: float) -> CallerRescued:
        seen = self._ledger.sightings().get(call, Sighting())
        return CallerRescued(at=at, call=call, alone_since=seen.other_at)
