"""What ivrd learns of its calls from the rescuer: whom it moved, and what it saw, while nobody was in command here."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from ivrd.adapters.rescued import Ledger, Sighting
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
            facts = [fact for call, s in seen.items() for fact in _facts(call, s) if lost_at is not None and fact.at > lost_at]
            told = sorted([*facts, *self._meanwhile(calls, event.at)], key=lambda fact: fact.at)
            return [*told, dataclasses.replace(event, watched=watched)]
        if isinstance(event, ChannelGone) and event.channel == event.call:  # we were frozen, and hear of it now
            rescued = self._ledger.find(event.call)
            return [self._moved(event.call, event.at) if rescued else event]
        return [event]

    def _meanwhile(self, calls: Collection[str], now: float) -> list[Event]:
        return [self._moved(r.call, r.at) for r in self._ledger.read(now) if r.call in calls]

    def _moved(self, call: str, at: float) -> CallerRescued:
        seen = self._ledger.sightings().get(call, Sighting())
        return CallerRescued(at=at, call=call, alone_since=seen.other_at)


def _facts(call: str, seen: Sighting) -> list[Event]:
    """What happened to the call."""
    holds = ((HoldStarted if hold.held else HoldEnded)(at=hold.at, call=call, channel=hold.channel) for hold in seen.holds)
    answers = [AnswerSeen(at=seen.other_since, call=call, leg=seen.other)] if seen.other else []
    return [*answers, *holds]
