"""What an admin writes for a moment, in the centre's time."""

from __future__ import annotations

import datetime as dt
import re

WAYS_TO_SAY = '"2026-11-28 10:00", "sat 10:00" (the next one) or "10:00" (the same day)'
#: that calendars and clocks can do with
YEARS = range(1970, 2200)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")


def moment(text: str, zone: dt.tzinfo, after: float) -> float:
    """``text`` as seconds since the epoch; days without a date are counted from ``after``.

    ValueError, in words, for what is not a moment.
    """
    now = dt.datetime.fromtimestamp(after, zone)
    words = text.strip().lower().replace("t", " ", 1) if text[:1].isdigit() else text.strip().lower()
    day, _, time = words.rpartition(" ")
    found = _TIME.match(time)
    date = _date(day.strip().rstrip(","), now) if found else None
    if found is None or date is None:
        raise ValueError(f"{text!r} is not a moment: write {WAYS_TO_SAY}")
    if date.year not in YEARS:
        raise ValueError(f"{text!r} is too far away: years from {YEARS[0]} to {YEARS[-1]}")
    return dt.datetime.combine(
        date, dt.time(int(found[1]), int(found[2])), zone
    ).timestamp()


def _date(day: str, now: dt.datetime) -> dt.date | None:
    if not day:
        return now.date()
    if day[:3] in _DAYS and day.isalpha():
        ahead = (_DAYS.index(day[:3]) - now.weekday()) % 7
        return now.date() + dt.timedelta(days=ahead)
    try:
        return dt.date.fromisoformat(day)
    except ValueError:
        return None
