"""What an admin decides about agents: missed offers, pauses, shifts, rest and capacity. Parts of ``acd:``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

_STRICT: dict[str, str] = {"extra": "forbid"}

#: how an offer can end without an answer (offers.py names it, misses.py draws the consequences)
Cause = Literal["no_answer", "rejected", "busy", "forwarded", "unreachable", "unregistered"]
#: the phone was not there: nothing that the agent did
ABSENT: frozenset[str] = frozenset({"unreachable", "unregistered"})

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, kw_only=True)
class MissRule:
    """A rule of its own for offers that ended so; they are then counted apart from the others."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    pause_after: int = 2  #: so many in a row pause the agent; 0 = never
    reason: str = ""  #: shown as the pause's reason; "" = missed_<cause>
    return_after_s: int = 0  #: ready again by itself after so long; 0 = when the agent resumes


@dataclass(frozen=True, kw_only=True)
class PauseReason:
    """A reason for which an agent may pause, dialled as the pause code and ``code``."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    code: str  #: digits, dialled right after feature_codes.pause
    title: str = ""  #: as a wall shows it
    says: str = ""  #: prompt that confirms it, after "you are paused"
    max_s: int = 0  #: a longer pause raises an alert; 0 = however long
    day_max_s: int = 0  #: so do pauses of one day that are longer together; 0 = however long
    returns: bool = False  #: and at the limit the agent is ready again by itself


def usual_reasons() -> dict[str, PauseReason]:
    """What holds when the admin lists none."""
    return {
        "istirahat": PauseReason(code="1", title="Istirahat", says="pause-break", max_s=3600, day_max_s=4500),
        "salat": PauseReason(code="2", title="Salat", says="pause-prayer", max_s=1200),
        "rapat": PauseReason(code="3", title="Rapat", says="pause-meeting"),
        "pelatihan": PauseReason(code="4", title="Pelatihan", says="pause-training"),
        "administrasi": PauseReason(code="5", title="Administrasi", says="pause-paperwork", max_s=1800),
    }


@dataclass(frozen=True, kw_only=True)
class Shift:
    """When those who work it are logged in and out by themselves. Local times; not on days that are closed."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    week: dict[Weekday, tuple[str, ...]]  #: day -> hours: mon: ["08:00-17:00"]
    breaks: dict[str, tuple[str, ...]] = field(default_factory=dict)  #: pause reason -> hours, each day of the shift


@dataclass(frozen=True, kw_only=True)
class Occupancy:
    """Rest for who has worked without one: talks and wrap-ups within a window."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    cap_percent: int = 0  #: above it the agent rests; 0 = never
    window_s: int = 1800  #: of so much time
    rest_s: int = 60  #: unless a caller waits longer than the service level of a queue they serve
