"""When a call ended that was over before we could hear of it: what is known, from where, and how well.

    noted      the rescuer (ivrd rescue) looks twice a second while nobody is in command here: it saw who was there last
    recording  the file ended with the caller's channel; who hung up is not known
    lost       nothing else is known: it ended after the connection was lost, which is the time in the row
    missed     without an outage: Asterisk did not tell, we found out by looking, which is the time in the row
"""

from __future__ import annotations

from dataclasses import dataclass

from ivrd.core.desk import Desk
from ivrd.core.events import Watched
from ivrd.core.state import Call, Stage

NOTED, RECORDING, LOST, MISSED = "noted", "recording", "lost", "missed"


@dataclass(frozen=True, kw_only=True)
class End:
    """When one side of a call was there for the last time, and from where we know it."""

    at: float
    known_from: str

    @classmethod
    def of(cls, desk: Desk, lost_at: float | None, seen_at: float) -> End:
        """``lost_at``: the connection was lost then (None: it was not); ``seen_at``: by the rescuer (0: it was not)."""
        if lost_at is None:
            return cls(at=desk.at, known_from=MISSED)
        if seen_at > lost_at:
            return cls(at=min(seen_at, desk.at), known_from=NOTED)
        return cls(at=lost_at, known_from=LOST)


class Meanwhile:
    """What is known of an outage that is over."""

    def __init__(self, desk: Desk, watched: tuple[Watched, ...]) -> None:
        self._desk, self._lost_at = desk, desk.state.lost_at
        self._watched = {seen.call: seen for seen in watched}

    def end(self, call: Call, channel: str) -> End:
        """Of a channel of the call that is gone."""
        seen = self._watched.get(call.id)
        if seen is None:
            return End.of(self._desk, self._lost_at, 0.0)
        return End.of(self._desk, self._lost_at, seen.caller_at if channel == call.id else seen.other_at)


    def last_at(self, call: Call) -> float | None:
        """When anybody of the call was there for the last time, as far as is known; None: the connection was not lost."""
        seen = self._watched.get(call.id)
        if self._lost_at is None or seen is None:
            return self._lost_at
        return min(max(self._lost_at, seen.caller_at, seen.other_at), self._desk.at)


def other(call: Call) -> str:
    """The channel of whom the caller talks to; "": nobody."""
    if call.stage == Stage.TALKING and call.talk is not None:
        return call.talk.leg
    if call.stage == Stage.CONNECTED and call.dialled is not None:
        return call.dialled.leg
    return ""


def first(caller: End, them: End) -> str:
    """Who of the two went first: caller or agent; "": nobody can know."""
    if caller.at == them.at:
        return ""
    return "caller" if caller.at < them.at else "agent"


def recorded(desk: Desk, call: Call, ended_at: float) -> None:
    """The end of the recording is that of the call, when it ended with the caller's channel and nobody saw that."""
    talk = call.dialled if call.dialled is not None and call.dialled.since is not None else call.talk
    if talk is None or talk.since is None or talk.ended_at is None or talk.ended_at != call.ended_at:
        return
    if call.ended_from not in (LOST, MISSED):
        return
    earliest = talk.ended_at if call.ended_from == LOST else talk.since
    talk.ended_at = call.ended_at = min(max(ended_at, earliest), desk.at)
    call.ended_from = RECORDING
