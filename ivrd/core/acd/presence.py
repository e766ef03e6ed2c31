"""An agent's presence as a table: one row a state. What a row does not list changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Presence(StrEnum):
    """The one truth that phone, wall, router and report are all told."""

    LOGGED_OUT = "logged_out"
    READY = "ready"
    OFFERED = "offered"  #: the phone rings for a call
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


class Move(StrEnum):
    """What can happen to an agent."""

    LOG_IN = "log_in"
    LOG_OUT = "log_out"
    PAUSE = "pause"
    RESUME = "resume"
    OFFER = "offer"
    WITHDRAW = "withdraw"  #: the offer ended through no doing of the agent's
    MISS = "miss"  #: not answered, rejected
    ANSWER = "answer"
    FINISH = "finish"  #: the talk is over
    WRAPPED = "wrapped"  #: wrap-up is over


P, M = Presence, Move
TABLE: dict[Presence, dict[Move, Presence]] = {
    P.LOGGED_OUT: {M.LOG_IN: P.READY},
    P.READY: {M.LOG_OUT: P.LOGGED_OUT, M.PAUSE: P.PAUSED, M.OFFER: P.OFFERED},
    P.OFFERED: {M.WITHDRAW: P.READY, M.MISS: P.READY, M.ANSWER: P.TALKING},
    P.TALKING: {M.FINISH: P.WRAP_UP},
    P.WRAP_UP: {M.WRAPPED: P.READY, M.PAUSE: P.PAUSED, M.LOG_OUT: P.LOGGED_OUT, M.RESUME: P.READY},
    # a pause goes on for another reason: the clock of that one begins
    P.PAUSED: {M.RESUME: P.READY, M.LOG_OUT: P.LOGGED_OUT, M.LOG_IN: P.READY, M.PAUSE: P.PAUSED},
}

#: Asked for during an offer or a talk, these wait until it is over
DEFERRED: dict[Move, Presence] = {M.PAUSE: P.PAUSED, M.LOG_OUT: P.LOGGED_OUT}
BUSY = frozenset({P.OFFERED, P.TALKING})
#: these put the agent at the end of the idle
_BEGIN_IDLE = frozenset({M.LOG_IN, M.MISS, M.FINISH, M.WRAPPED})


@dataclass(kw_only=True)
class AgentState:
    """One agent, now. Times: seconds since the epoch, UTC."""

    agent: str
    presence: Presence = Presence.LOGGED_OUT
    since: float = 0.0
    idle_since: float = 0.0  #: for "longest idle"; moves along with each absence, so that only time to be had counts (ADR 99)
    away_since: float | None = None  #: not to be had since then: the idle clock stands
    reason: str = ""  #: why paused
    reachable: bool = True  #: the phone is registered, and could be rung when it was tried
    unreachable_until: float | None = None  #: it could not be rung: tried again then
    call: str = ""  #: offered, talked to, or wrapped up
    wrap_up_until: float | None = None
    misses: int = 0  #: unanswered offers in a row, of causes without a rule of their own
    missed_by: dict[str, int] = field(default_factory=dict)  #: cause -> so ended in a row
    then: Presence | None = None  #: asked for while busy
    session: str = ""  #: the phone is dialling a feature code: it would be busy
    kept_for: str = ""  #: a customer is being rung for this agent: offered nothing else meanwhile
    paused_today_s: dict[str, float] = field(default_factory=dict)  #: reason -> since midnight, present pause excepted
    alerts: dict[str, float] = field(default_factory=dict)  #: what a team leader should see to -> since when
    in_use: bool = False  #: the phone is ringing or talking, to whomever
    private: bool = False  #: and not with us
    rest_until: float | None = None
    worked: list[tuple[float, float]] = field(default_factory=list)  #: talks and wrap-ups, as far back as occupancy looks
    contacts: dict[str, float] = field(default_factory=dict)  #: contacts of other channels -> weight
    capacity: float = 1.0  #: from the configuration, as is ``voice``
    voice: float = 1.0  #: weight of a call
    on_shift: bool = False
    on_break: str = ""  #: the shift's break that it is now
    log_in_due: bool = False  #: the shift began; the phone was not there yet
    wrong_pins: int = 0  #: in a row
    locked_until: float | None = None  #: too many of them
    offered_at: float = 0.0  #: when the phone rang last
    busy_s: float = 0.0  #: talking and in wrap-up since midnight; the present presence comes on top
    staffed_s: float = 0.0  #: to be had, talking or in wrap-up since midnight, likewise
    counted_from: float = 0.0  #: of the present presence, only what comes after this counts
    gave_outside_today: int = 0  #: callers, to numbers outside

    @property
    def available(self) -> bool:
        """May be offered a call now."""
        return not self.kept_for and self.able

    @property
    def able(self) -> bool:
        """Could take a call now, be it the one that the agent is kept free for."""
        return (
            self.presence == Presence.READY
            and self.reachable
            and not self.session
            and not self.private
            and self.rest_until is None
            and self._has_room
        )

    @property
    def idles(self) -> bool:
        """The idle clock runs. Also while a phone rings, and in a rest or for a customer who is rung: those are ours to answer for."""
        to_be_had = self.reachable and not self.session and not self.private and self._has_room
        return to_be_had and self.presence in (Presence.READY, Presence.OFFERED)

    @property
    def _has_room(self) -> bool:
        return (sum(self.contacts.values()) if self.contacts else 0.0) + self.voice <= self.capacity

    def keep_idle(self, at: float) -> bool:
        """The idle clock stops or goes on, as the agent is now; whether ``idle_since`` has moved."""
        if self.idles == (self.away_since is None):
            return False
        if self.away_since is None:
            self.away_since = at
            return False
        self.idle_since += at - self.away_since
        began = max(self.since, self.counted_from)
        self.counted_from = began + at - max(self.away_since, began)  # nor was it time at work
        self.away_since = None
        return True

    def occupancy(self, at: float) -> float:
        """Share of today's time at work (absences left out) that was talk and wrap-up: 0 to 1."""
        busy_s, staffed_s = self._spent(at)
        return busy_s / staffed_s if staffed_s > 0 else 0.0

    def new_day(self, at: float) -> None:
        """It is midnight."""
        self.busy_s, self.staffed_s, self.counted_from = 0.0, 0.0, at
        self.paused_today_s, self.gave_outside_today = {}, 0

    def _spent(self, at: float) -> tuple[float, float]:
        busy = self.presence in (Presence.TALKING, Presence.WRAP_UP)
        staffed = self.presence not in (Presence.LOGGED_OUT, Presence.PAUSED)
        until = at if busy or self.away_since is None else self.away_since
        present_s = max(0.0, until - max(self.since, self.counted_from))
        return self.busy_s + present_s * busy, self.staffed_s + present_s * staffed

    def move(self, move: Move, at: float, reason: str = "") -> bool:
        """Make a move of the table. False when the row does not list it: nothing has changed then."""
        if self.presence in BUSY and move in DEFERRED:
            self.then, self.reason = DEFERRED[move], reason
            return True
        if self.presence in BUSY and move == Move.RESUME:
            self.then, self.reason = None, ""  # changed their mind
            return True
        target = TABLE[self.presence].get(move)
        if target is None:
            return False
        if target == Presence.READY and move not in (Move.RESUME, Move.LOG_IN):
            target = self.then or target  # what was asked for during the call
        self._arrive(target, move, at, reason)
        return True

    def _arrive(self, target: Presence, move: Move, at: float, reason: str) -> None:
        self.busy_s, self.staffed_s = self._spent(at)
        if move in _BEGIN_IDLE or self.presence == Presence.WRAP_UP:
            self.idle_since = at
            if self.away_since is not None:
                self.away_since = at
        if target in (Presence.READY, Presence.LOGGED_OUT):
            self.reason = ""
        elif target == Presence.PAUSED:
            self.reason = reason or self.reason
        if target not in BUSY and target != Presence.WRAP_UP:
            self.call, self.then = "", None
        if target != Presence.WRAP_UP:
            self.wrap_up_until = None
        if target == Presence.LOGGED_OUT:
            self.contacts = {}
        if move in (Move.ANSWER, Move.LOG_IN, Move.RESUME):
            self.misses, self.missed_by = 0, {}
        self.presence, self.since = target, at
        self.keep_idle(at)
