"""Open or closed, why, and when next. Local time; the zone and the holidays are passed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

#: how far ahead the next opening is looked for: past the longest run of public holidays
LOOK_AHEAD_DAYS = 30


Why = Literal["", "hours", "holiday", "break", "closure"]


@dataclass(frozen=True, kw_only=True)
class OpenState:
    """What the calendar says of one moment."""

    open: bool
    reason: str = ""  #: the holiday's name, the admin's reason, or "" outside the hours of a working day
    why: Why = ""  #: "" when open; hours: outside the day's hours
    says: str = ""  #: the prompt that the admin gave this reason; "" = the usual one
    holiday: bool = False  #: closed for the whole day, against the week's rule
    closes_at: dt.datetime | None = None  #: local, when open
    next_opening: dt.datetime | None = None  #: local, when closed


@dataclass(frozen=True, kw_only=True)
class Span:
    """Opening hours within one day, minutes since midnight; ``end`` is the first closed minute."""

    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> Span:
        """From "08:00-17:00"."""
        start, end = (int(t[:2]) * 60 + int(t[3:5]) for t in text.split("-"))
        return cls(start=start, end=end)


@dataclass(frozen=True, kw_only=True)
class Closure:
    """Closed once, against the rule, for a part of a day or several days. Local times."""

    start: dt.datetime
    end: dt.datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The admin's calendar. Own open days win over closed days, those over holidays, those over the week."""

    tz: dt.tzinfo
    week: Mapping[int, tuple[Span, ...]]  #: weekday (0 = Monday) -> hours
    holidays: Mapping[dt.date, str] = field(default_factory=dict)  #: may be computed on demand
    closed: Mapping[dt.date, str] = field(default_factory=dict)
    opened: Mapping[dt.date, tuple[Span, ...]] = field(default_factory=dict)

    breaks: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)  #: reason -> on every open day
    closures: tuple[Closure, ...] = ()
    says: Mapping[str, str] = field(default_factory=dict)  #: reason -> prompt
    _now: dict[int, OpenState] = field(default_factory=dict, repr=False, compare=False)  #: the answer for the last minute asked for

    def local(self, at: float) -> dt.datetime:
        """``at`` (epoch seconds) in local time."""
        return dt.datetime.fromtimestamp(at, self.tz)

    def next_midnight(self, at: float) -> float:
        """Epoch seconds of the local midnight after ``at``."""
        return self._time(self.local(at).date() + dt.timedelta(days=1), 0).timestamp()

    def day(self, date: dt.date) -> tuple[tuple[Span, ...], str]:
        """The day's hours, and why it has none."""
        if date in self.opened:
            return self.opened[date], ""
        if date in self.closed:
            return (), self.closed[date] or "closed"
        if date in self.holidays:
            return (), self.holidays[date]
        return self.week.get(date.weekday(), ()), ""

    def state(self, at: float) -> OpenState:
        """Open or closed at ``at`` (epoch seconds). It changes at full minutes; each call asks for it, most in the same one."""
        minute = int(at // 60)
        if minute not in self._now:
            self._now.clear()
            self._now[minute] = self._state(self.local(minute * 60.0))
        return self._now[minute]

    def _state(self, now: dt.datetime) -> OpenState:
        minute = now.hour * 60 + now.minute
        for span in self._open_spans(now.date()):
            if span.start <= minute < span.end:
                return OpenState(open=True, closes_at=self._time(now.date(), span.end))
        why, reason = self._why(now.date(), minute)
        return OpenState(
            open=False,
            reason=reason,
            why=why,
            says=self.says.get(reason, ""),
            holiday=why == "holiday",
            next_opening=self._next_opening(now),
        )

    def _why(self, date: dt.date, minute: int) -> tuple[Why, str]:
        spans, reason = self.day(date)
        if reason:
            return "holiday", reason
        for closure in self._closures(date):
            if closure[0].start <= minute < closure[0].end:
                return "closure", closure[1]
        if any(span.start <= minute < span.end for span in spans):
            for name, breaks in self.breaks.items():
                if any(b.start <= minute < b.end for b in breaks):
                    return "break", name
        return "hours", ""

    def _closures(self, date: dt.date) -> list[tuple[Span, str]]:
        """Parts of the day that are closed this once."""
        found = []
        for closure in self.closures:
            if closure.start.date() <= date <= closure.end.date():
                start = _minute(closure.start) if closure.start.date() == date else 0
                end = _minute(closure.end) if closure.end.date() == date else 24 * 60
                found.append((Span(start=start, end=end), closure.reason))
        return found

    def _open_spans(self, date: dt.date) -> list[Span]:
        """The day's hours without breaks and closures, in order."""
        spans = sorted(self.day(date)[0], key=lambda span: span.start)
        away = [b for breaks in self.breaks.values() for b in breaks]
        for gap in (*away, *(span for span, _ in self._closures(date))):
            spans = [part for span in spans for part in _without(span, gap)]
        return spans

    def _next_opening(self, now: dt.datetime) -> dt.datetime | None:
        for ahead in range(LOOK_AHEAD_DAYS):
            date = now.date() + dt.timedelta(days=ahead)
            for span in self._open_spans(date):
                opening = self._time(date, span.start)
                if opening > now:
                    return opening
        return None

    def _time(self, date: dt.date, minute: int) -> dt.datetime:
        midnight = dt.datetime.combine(date, dt.time(0), self.tz)
        return midnight + dt.timedelta(minutes=minute)


def _minute(time: dt.datetime) -> int:
    return time.hour * 60 + time.minute


def _without(span: Span, gap: Span) -> list[Span]:
    """What is left of ``span``."""
    parts = [
        Span(start=span.start, end=min(span.end, gap.start)),
        Span(start=max(span.start, gap.end), end=span.end),
    ]
    return [part for part in parts if part.start < part.end]
