"""What walls, metrics and reports are told: plain values, no caller numbers, absolute times."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class QueueView:
    """A queue as a wall shows it. Times: seconds since the epoch, UTC; a display counts by itself."""

    queue: str
    title: str
    waiting: int = 0
    longest_wait_since: float | None = None  #: when the caller at the head joined the queue
    talking: int = 0
    agents: dict[str, int] = field(default_factory=dict)  #: presence -> agents who serve the queue; of the ready, who may not be offered a call now are "unavailable"
    expected_wait_s: int | None = None  #: None: nobody is there to estimate from
    expected_wait_measured_today: int = 0  #: answered callers who had to wait: expected at joining against real
    expected_wait_bias_s_today: float | None = None  #: mean of expected minus real; above 0: said too long
    expected_wait_error_s_today: float | None = None  #: mean of the difference without its sign
    service_level_s: int = 20
    offered_today: int = 0  #: calls that joined the queue since midnight, local time
    answered_today: int = 0
    answered_in_level_today: int = 0  #: answered within ``service_level_s`` of joining
    abandoned_today: int = 0  #: the caller hung up while waiting
    short_abandoned_today: int = 0  #: of them, within ``acd.short_abandon_s`` of joining
    service_level_today: float | None = None  #: share in level, 0 to 1 (acd/level.py); None: no call to judge by
    callbacks: int = 0  #: callers who want to be called back and have not been yet
    callbacks_in_line: int = 0  #: of them, those whom we are to call back by ourselves
    callbacks_dialled: int = 0  #: customers whose phone rings now
    callbacks_asked_today: int = 0
    callbacks_reached_today: int = 0
    callbacks_failed_today: int = 0  #: given up after all attempts
    callbacks_wait_s_today: int | None = None  #: average from asking to being reached
    diverted_today: int = 0  #: left the queue without an agent and without hanging up


@dataclass(frozen=True, kw_only=True)
class TrunkView:
    """The carrier's channels as a wall shows them."""

    channels: int
    reserve: int = 0  #: of them, kept for calls that go out
    in_use: int = 0
    blocked_today: int = 0  #: callers who found no channel, since midnight, local time


@dataclass(frozen=True, kw_only=True)
class AgentView:
    """An agent as a wall shows them: one presence, one truth."""

    agent: str
    name: str
    extension: str
    presence: str
    since: float
    reason: str = ""  #: why paused
    reachable: bool = True  #: the phone is registered, and Asterisk is there to ring it
    private_call: bool = False  #: the phone is in use, and not with us
    resting_until: float | None = None  #: ready, and offered nothing before
    available: bool = True  #: ready, and may be offered a call now
    queue: str = ""  #: of the call offered or talked to
    call: str = ""
    on_hold_since: float | None = None
    wrap_up_until: float | None = None


@dataclass(frozen=True, kw_only=True)
class Alerted:
    """One agent whom a team leader should see to, and why (alerts.py)."""

    agent: str
    alert: str
    since: float
    reason: str = ""  #: of the pause


@dataclass(frozen=True, kw_only=True)
class AlertView:
    """Something that people must see to, while it lasts: raised while there is anybody in ``agents``."""

    alert: str
    agents: tuple[Alerted, ...] = ()
