"""Indonesian: numbers, times and dates as words. Pure."""

from __future__ import annotations

import datetime as dt

from ivrd.adapters.prompts.numerals import spell

WEEKDAYS = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")
MONTHS = (
    *("januari", "februari", "maret", "april", "mei", "juni"),
    *("juli", "agustus", "september", "oktober", "november", "desember"),
)
SYMBOLS = {"*": "bintang", "#": "pagar"}


def number(value: int) -> list[str]:
    """21 -> dua puluh satu."""
    return spell(value, "id")


def clock(hour: int, minute: int) -> list[str]:
    """17:30 -> pukul tujuh belas lewat tiga puluh menit (formal Indonesian counts 24 hours)."""
    spoken = ["pukul", *number(hour)]
    return [*spoken, "lewat", *number(minute), "menit"] if minute else spoken


def date(day: dt.date) -> list[str]:
    """Senin tanggal tiga puluh November dua ribu dua puluh enam."""
    weekday, month = WEEKDAYS[day.weekday()], MONTHS[day.month - 1]
    return [weekday, "tanggal", *number(day.day), month, *number(day.year)]
