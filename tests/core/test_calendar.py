"""The calendar: open, closed, why, and when next."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from playbook import WIB

from ivrd.core.calendar import Calendar, Closure, Span

WEEK = {day: (Span.parse("08:00-17:00"),) for day in range(5)}
XMAS = dt.date(2026, 12, 25)  # a Friday


def at(*when: int) -> float:
    return dt.datetime(*when, tzinfo=WIB).timestamp()  # type: ignore[arg-type]


def local(*when: int) -> dt.datetime:
    return dt.datetime(*when, tzinfo=WIB)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ((2026, 11, 24, 7, 59), False),
        ((2026, 11, 24, 8, 0), True),
        ((2026, 11, 24, 16, 59), True),
        ((2026, 11, 24, 17, 0), False),
        ((2026, 11, 28, 10, 0), False),
    ],
)
def test_hours_include_their_first_minute_and_not_their_last(when: tuple[int, ...], is_open: bool) -> None:
    assert Calendar(tz=WIB, week=WEEK).state(at(*when)).open is is_open


def test_open_says_until_when() -> None:
    state = Calendar(tz=WIB, week=WEEK).state(at(2026, 11, 24, 10, 0))
    assert (state.closes_at, state.next_opening) == (local(2026, 11, 24, 17, 0), None)


def test_early_in_the_morning_the_next_opening_is_today() -> None:
    state = Calendar(tz=WIB, week=WEEK).state(at(2026, 11, 24, 6, 0))
    assert (state.next_opening, state.holiday, state.reason) == (local(2026, 11, 24, 8, 0), False, "")


def test_between_two_spans_of_a_day_the_next_opening_is_the_second() -> None:
    week = {1: (Span.parse("13:00-17:00"), Span.parse("08:00-12:00"))}
    state = Calendar(tz=WIB, week=week).state(at(2026, 11, 24, 12, 30))
    assert state.next_opening == local(2026, 11, 24, 13, 0)


def test_a_holiday_before_a_weekend_is_looked_past() -> None:
    state = Calendar(tz=WIB, week=WEEK, holidays={XMAS: "Natal"}).state(at(2026, 12, 24, 18, 0))
    assert state.next_opening == local(2026, 12, 28, 8, 0)
    assert not state.holiday, "closed in the evening of a working day is no holiday"


def test_a_holiday_has_its_name() -> None:
    state = Calendar(tz=WIB, week=WEEK, holidays={XMAS: "Natal"}).state(at(2026, 12, 25, 10, 0))
    assert (state.open, state.holiday, state.reason) == (False, True, "Natal")


def test_own_closed_days_close_and_own_open_days_win_over_all() -> None:
    calendar = Calendar(
        tz=WIB,
        week=WEEK,
        holidays={XMAS: "Natal"},
        closed={XMAS: "x", dt.date(2026, 12, 31): ""},
        opened={XMAS: (Span.parse("09:00-12:00"),)},
    )
    assert calendar.state(at(2026, 12, 25, 10, 0)).open
    state = calendar.state(at(2026, 12, 31, 10, 0))
    assert (state.holiday, state.reason) == (True, "closed")


def test_no_opening_within_a_month_is_none() -> None:
    assert Calendar(tz=WIB, week={}).state(at(2026, 11, 24, 10, 0)).next_opening is None


def test_until_midnight_is_a_whole_day() -> None:
    calendar = Calendar(tz=WIB, week={1: (Span.parse("00:00-24:00"),)})
    state = calendar.state(at(2026, 11, 24, 23, 59))
    assert state.closes_at == local(2026, 11, 25, 0, 0)


def test_midnight_is_local() -> None:
    calendar = Calendar(tz=WIB, week=WEEK)
    assert calendar.next_midnight(at(2026, 11, 24, 23, 59)) == at(2026, 11, 25, 0, 0)
    assert calendar.next_midnight(at(2026, 11, 25, 0, 0)) == at(2026, 11, 26, 0, 0)


def test_where_clocks_change_the_hours_are_still_the_wall_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    calendar = Calendar(tz=berlin, week={6: (Span.parse("08:00-17:00"),)})
    before = dt.datetime(2026, 3, 29, 1, 0, tzinfo=berlin)  # clocks go forward at 02:00
    opening = calendar.state(before.timestamp()).next_opening
    assert opening == dt.datetime(2026, 3, 29, 8, 0, tzinfo=berlin)
    assert calendar.state(dt.datetime(2026, 3, 29, 8, 0, tzinfo=berlin).timestamp()).open


def test_breaks_and_closures_are_reasons_of_their_own() -> None:
    calendar = Calendar(
        tz=WIB,
        week=WEEK,
        holidays={XMAS: "Natal"},
        breaks={"istirahat": (Span.parse("12:00-13:00"),)},
        closures=(Closure(start=local(2026, 11, 25, 15, 0), end=local(2026, 11, 26, 9, 30), reason="rapat"),),
        says={"rapat": "closed-meeting"},
    )
    seen = {
        when: (state.why, state.reason, state.says, state.next_opening)
        for when in [(2026, 11, 24, 12, 0), (2026, 11, 25, 16, 0), (2026, 11, 26, 8, 0), (2026, 12, 25, 10, 0), (2026, 11, 24, 20, 0)]
        if not (state := calendar.state(at(*when))).open
    }
    assert seen == {
        (2026, 11, 24, 12, 0): ("break", "istirahat", "", local(2026, 11, 24, 13, 0)),
        (2026, 11, 25, 16, 0): ("closure", "rapat", "closed-meeting", local(2026, 11, 26, 9, 30)),
        (2026, 11, 26, 8, 0): ("closure", "rapat", "closed-meeting", local(2026, 11, 26, 9, 30)),
        (2026, 12, 25, 10, 0): ("holiday", "Natal", "", local(2026, 12, 28, 8, 0)),
        (2026, 11, 24, 20, 0): ("hours", "", "", local(2026, 11, 25, 8, 0)),
    }
    assert calendar.state(at(2026, 11, 24, 11, 59)).closes_at == local(2026, 11, 24, 12, 0)
    assert calendar.state(at(2026, 11, 26, 9, 30)).open
