"""What ivrd learns of its calls from the rescuer: whom it moved, and what it saw, while nobody was in command here."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from ivrd.adapters.rescued import Ledger, Rescued, Sighting
from ivrd.core.events import (
    AnswerSeen,
    CallerRescued,
    ChannelGone,
    Event,
    HoldEnded,
    HoldStarted,
    SwitchSeen,
    Watched,
)


class Rescues:
    """The rescuer's ledger, as events."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def told(self, event: Event, calls: Collection[str], lost_at: float | None) -> list[Event]:
        """What Asterisk tells, and before it what it does not: what became of our ``calls`` since the connection was lost (None: it was not)."""
        if isinstance(event, SwitchSeen):  # else they would be taken for hung up
            seen = {call: s for call, s in sorted(self._ledger.sightings().items()) if call in calls}
            watched = tuple(Watched(call=c, caller_at=s.caller_at, other_at=s.other_at) for c, s in seen.items())
            facts = [fact for call, s in seen.items() for fact in _facts(call, s, lost_at)] if lost_at is not None else []
            moved = [_moved(rescued, seen.get(rescued.call)) for rescued in self._ledger.read(event.at) if rescued.call in calls]
            told = sorted([*facts, *moved], key=lambda fact: fact.at)
            return [*told, dataclasses.replace(event, watched=watched)]
        if isinstance(event, ChannelGone) and event.channel == event.call:  # we were frozen, and hear of it now
            rescued = self._ledger.find(event.call)
            return [_moved(dataclasses.replace(rescued, at=event.at), self._ledger.sightings().get(event.call)) if rescued else event]
        return [event]


def _moved(rescued: Rescued, seen: Sighting | None) -> CallerRescued:
    return CallerRescued(at=rescued.at, call=rescued.call, alone_since=seen.other_at if seen else 0.0, moved=rescued.moved)


def _facts(call: str, seen: Sighting, lost_at: float) -> list[Event]:
    """What happened to the call since ``lost_at``: of an older outage we have heard ourselves what came later."""
    holds = [hold for hold in seen.holds if hold.at > lost_at]
    told: list[Event] = [(HoldStarted if h.held else HoldEnded)(at=h.at, call=call, channel=h.channel) for h in holds]
    if seen.other and seen.other_since > lost_at:  # seen at a look; who pressed hold before it talked before it
        since = min([seen.other_since, *(hold.at for hold in holds)])
        told.insert(0, AnswerSeen(at=since, call=call, leg=seen.other))
    return told
