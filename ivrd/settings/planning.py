"""What planners write: the traffic of a day and the people for it, and the workload of a month (planning/)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

_FORBID = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class Times:
    """How long something takes: a mean and a shape."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    mean_s: float  #: average, seconds; 0 for patience: nobody ever hangs up
    shape: Literal["exponential", "lognormal", "gamma", "fixed"] = "exponential"
    cv: float = 1.0  #: standard deviation over mean, of lognormal and gamma


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Callers with one kind of question."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    share: float  #: of all calls, in any unit: percent, or calls a month
    queue: str  #: a queue of config/queues.yaml
    keys: str = ""  #: pressed in the menus to get there, after the language's
    mean_s: float | None = None  #: average handling time of this kind, in place of everybody's


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """Callers who speak one language."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    share: float  #: of all calls, in any unit
    keys: str = ""  #: pressed to choose it


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Who answers, and how they work."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    agents: tuple[str, ...] = ()  #: ids of config/agents.yaml; none: everybody who does not lead
    answer_s: float = 3.0  #: the phone rings so long before it is picked up, average
    missed: float = 0.0  #: share of offers that ring out, 0 to 1
    break_s: float = 0.0  #: the long break of each, within breaks_between
    breaks_between: str = ""  #: "11:00-13:00": taken in turns
    shrinkage: float = 0.0  #: share of the day, 0 to 1, in short pauses at any time
    pause_s: float = 600.0  #: length of a short pause, average


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """A day's callers and agents, as ``ivrd staff`` and ``ivrd simulate`` take them."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    first_day: dt.date  #: the first day of a simulation; closed days are left out
    calls_a_month: float
    days_a_month: float = 20.0
    profile: dict[str, float]  #: start of a half hour -> its share of the day's calls, in any unit
    weekdays: dict[str, float] = field(default_factory=dict)  #: mon to sun -> busier (1.2) or quieter (0.8) than others
    kinds: dict[str, Kind]
    languages: dict[str, Spoken]
    handling: Times  #: talk and wrap-up; the wrap-up itself is the queue's
    patience: Times
    staff: Staff = Staff()
    did: str = ""  #: the number dialled, when calls come through the menus; "": the first


@dataclass(frozen=True, kw_only=True)
class Position:
    """People who do one kind of work."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    title: str  #: as the table shows it
    staff: int  #: people
    contacts: int  #: of all of them, a month
    aht_s: float  #: handling time of one contact, average
    at_once: int = 1  #: contacts that one person handles at the same time


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A working month, and who works in it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    positions: dict[str, Position]
    days: float = 20.0  #: working days a month
    hours: float = 7.0  #: at work a day, without breaks
