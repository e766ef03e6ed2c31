"""Open or closed, why, and when next. Local time; the zone and the holidays are passed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

#: how far ahead the next opening is looked for: past the longest run of public holidays
LOOK_AHEAD_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class OpenState:
    """What the calendar says of one moment."""

    open: bool
    reason: str = ""  #: the holiday's name, the admin's reason, or "" outside the hours of a working day
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
class Calendar:
    """The admin's calendar. Own open days win over closed days, those over holidays, those over the week."""

    tz: dt.tzinfo
    week: Mapping[int, tuple[Span, ...]]  #: weekday (0 = Monday) -> hours
    holidays: Mapping[dt.date, str] = field(default_factory=dict)  #: may be computed on demand
    closed: Mapping[dt.date, str] = field(default_factory=dict)
    opened: Mapping[dt.date, tuple[Span, ...]] = field(default_factory=dict)

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
        """Open or closed at ``at`` (epoch seconds)."""
        now = self.local(at)
        minute = now.hour * 60 + now.minute
        spans, reason = self.day(now.date())
        for span in spans:
            if span.start <= minute < span.end:
                return OpenState(open=True, closes_at=self._time(now.date(), span.end))
        return OpenState(
            open=False, reason=reason, holiday=bool(reason), next_opening=self._next_opening(now)
        )

    def _next_opening(self, now: dt.datetime) -> dt.datetime | None:
        for ahead in range(LOOK_AHEAD_DAYS):
            date = now.date() + dt.timedelta(days=ahead)
            for span in sorted(self.day(date)[0], key=lambda s: s.start):
                opening = self._time(date, span.start)
                if opening > now:
                    return opening
        return None

    def _time(self, date: dt.date, minute: int) -> dt.datetime:
        midnight = dt.datetime.combine(date, dt.time(0), self.tz)
        return midnight + dt.timedelta(minutes=minute)
