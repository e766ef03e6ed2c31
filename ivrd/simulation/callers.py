"""Who calls, when, about what, for how long. Every value of a caller is drawn once, whatever is simulated with it."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from random import Random

from ivrd.core.calendar import Calendar
from ivrd.settings.planning import Times, Traffic

HALF_HOUR_S = 1800.0
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """One call, before anything is known of how it is served. Times: seconds."""

    id: str
    at: float  #: since the epoch
    kind: str
    queue: str
    language: str
    keys: str  #: pressed in the menus
    handling_s: float  #: talk and wrap-up, if answered
    patience_s: float  #: hangs up when it has waited so long in a queue
    seed: int  #: of what else is decided for this caller: who picks up how fast


@dataclass(frozen=True, kw_only=True)
class Shift:
    """One day: its callers in order, and when the lines are open."""

    number: int
    opens: float
    closes: float
    callers: tuple[Caller, ...]


def open_days(traffic: Traffic, calendar: Calendar, days: int) -> list[dt.date]:
    """The first ``days`` open days from the file's first day on. ValueError: a year has fewer."""
    found, date = list[dt.date](), traffic.first_day
    while len(found) < days:
        if calendar.day(date)[0] and traffic.weekdays.get(_DAYS[date.weekday()], 1.0) > 0:
            found.append(date)
        date += dt.timedelta(days=1)
        if (date - traffic.first_day).days > 366 + 2 * days:
            raise ValueError(f"there are only {len(found)} open days from {traffic.first_day} on")
    return found


def draw(traffic: Traffic, calendar: Calendar, days: int, seed: int, load: float = 1.0) -> list[Shift]:
    """``days`` open days of callers; ``load``: so many times the file's calls."""
    return [_day(traffic, calendar, n, date, seed, load) for n, date in enumerate(open_days(traffic, calendar, days))]


def _day(traffic: Traffic, calendar: Calendar, number: int, date: dt.date, seed: int, load: float) -> Shift:
    rng = Random(f"{seed}/{number}/callers")
    busy = traffic.weekdays.get(_DAYS[date.weekday()], 1.0)
    calls, total = load * busy * traffic.calls_a_month / traffic.days_a_month, sum(traffic.profile.values())
    callers, starts = list[Caller](), sorted(traffic.profile)
    for start in starts:
        begins = _moment(date, start, calendar)
        for at in _arrivals(rng, begins, calls * traffic.profile[start] / total):
            callers.append(_caller(traffic, rng, f"{number}-{len(callers)}", at))
    return Shift(number=number, opens=_moment(date, starts[0], calendar), closes=_moment(date, starts[-1], calendar) + HALF_HOUR_S, callers=tuple(callers))


def _moment(date: dt.date, start: str, calendar: Calendar) -> float:
    return dt.datetime.combine(date, dt.time.fromisoformat(start), calendar.tz).timestamp()


def _arrivals(rng: Random, begins: float, mean: float) -> list[float]:
    """A Poisson process over half an hour: gaps are exponential."""
    found, at = list[float](), begins
    while mean > 0:
        at += rng.expovariate(mean / HALF_HOUR_S)
        if at >= begins + HALF_HOUR_S:
            break
        found.append(at)
    return found


def _caller(traffic: Traffic, rng: Random, name: str, at: float) -> Caller:
    kind = rng.choices(list(traffic.kinds), [k.share for k in traffic.kinds.values()])[0]
    language = rng.choices(list(traffic.languages), [s.share for s in traffic.languages.values()])[0]
    asked = traffic.kinds[kind]
    mean_s = traffic.handling.mean_s if asked.mean_s is None else asked.mean_s
    return Caller(
        id=f"sim-{name}",
        at=at,
        kind=kind,
        queue=asked.queue,
        language=language,
        keys=traffic.languages[language].keys + asked.keys,
        handling_s=mean_s * times(rng, traffic.handling),
        patience_s=traffic.patience.mean_s * times(rng, traffic.patience) or math.inf,
        seed=rng.getrandbits(48),
    )


def times(rng: Random, shape: Times) -> float:
    """A time of mean 1: lognormal by its variance log(1 + cv^2), gamma by its shape 1 / cv^2."""
    match shape.shape:
        case "fixed":
            return 1.0
        case "exponential":
            return rng.expovariate(1.0)
        case "lognormal":
            variance = math.log1p(shape.cv**2)
            return rng.lognormvariate(-variance / 2, math.sqrt(variance))
        case "gamma":
            return rng.gammavariate(1 / shape.cv**2, shape.cv**2)
