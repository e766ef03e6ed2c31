"""English: numbers, times and dates as words. Pure."""

from __future__ import annotations

import datetime as dt

from ivrd.adapters.prompts.numerals import spell

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
SYMBOLS = {"*": "star", "#": "hash"}


def number(value: int) -> list[str]:
    """121 -> one hundred and twenty one."""
    return spell(value, "en")


def clock(hour: int, minute: int) -> list[str]:
    """17:05 -> at five oh five p m; twelve o'clock is noon or midnight, as "12 a.m." misleads."""
    if minute == 0 and hour % 12 == 0:
        return ["at", "noon" if hour else "midnight"]
    minutes = ["oh", *number(minute)] if 0 < minute < 10 else number(minute) if minute else []
    return ["at", *number(hour % 12 or 12), *minutes, "pm" if hour >= 12 else "am"]


def date(day: dt.date) -> list[str]:
    """Monday the thirtieth of November twenty twenty six."""
    weekday, month = WEEKDAYS[day.weekday()], MONTHS[day.month - 1]
    ordinal, year = spell(day.day, "en", "ordinal"), spell(day.year, "en", "year")
    return [weekday, "the", *ordinal, "of", month, *year]
