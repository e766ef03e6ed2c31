"""hours: open or closed, and what a caller is told of the next opening."""

from __future__ import annotations

import datetime as dt

from playbook import WIB, Playbook, plan

from ivrd.core.calendar import Calendar, Span
from ivrd.core.cdr import Disposition
from ivrd.core.commands import HangUp, PlayPrompt
from ivrd.core.plan import Plan
from ivrd.core.speech import Clock, Date, Prompt

FLOW = """start: now
nodes:
  now: {hours: {open: q, closed: sorry}}
  sorry: {play: {say: [":closed-reason", ":next-opening", goodbye], then: bye}}
  bye: {hangup: {why: closed}}
  q: {queue: {to: help, overflow: bye}}
"""
WEEK = {day: (Span.parse("08:00-17:00"),) for day in range(5)}


def centre(**calendar: object) -> Plan:
    the_plan = plan(text=FLOW)
    the_plan.calendar = Calendar(tz=WIB, week=WEEK, **calendar)  # type: ignore[arg-type]
    return the_plan


def at(the_plan: Plan, *when: int) -> Playbook:
    book = Playbook(the_plan)
    book.at = dt.datetime(*when, tzinfo=WIB).timestamp()  # type: ignore[arg-type]
    book.arrive()
    return book


def test_open_on_a_working_day() -> None:
    assert at(centre(), 2026, 11, 24, 10, 0).call().queue == "help"


def test_closed_in_the_evening_names_tomorrow_morning() -> None:
    book = at(centre(), 2026, 11, 24, 17, 0)
    assert book.asked(PlayPrompt).speech == (
        Prompt(key="closed-hours"),
        Prompt(key="closed-opens-at"),
        Date(year=2026, month=11, day=25),
        Clock(hour=8, minute=0),
        Prompt(key="goodbye"),
    )
    book.heard()
    assert book.asked(HangUp).channel == "c1"
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.CLOSED
    assert book.rows()[-1].queue == ""


def test_a_holiday_is_called_one_and_the_weekend_behind_it_is_skipped() -> None:
    holidays = {dt.date(2026, 12, 25): "Natal", dt.date(2026, 12, 28): "Cuti bersama"}
    book = at(centre(holidays=holidays), 2026, 12, 25, 10, 0)
    speech = book.asked(PlayPrompt).speech
    assert speech[0] == Prompt(key="closed-holiday")
    assert speech[2] == Date(year=2026, month=12, day=29), "Friday holiday, weekend, Monday holiday"


def test_closed_for_longer_than_we_look_ahead_says_no_opening() -> None:
    the_plan = centre()
    the_plan.calendar = Calendar(tz=WIB, week={})
    book = at(the_plan, 2026, 11, 24, 10, 0)
    assert book.spoken() == ["closed-hours", "goodbye"]


def test_keys_typed_ahead_do_not_cut_the_reason_why_we_are_closed() -> None:
    """With `barge_in: false`, as the shipped flow has it."""
    text = FLOW.replace("then: bye}", "then: bye, barge_in: false}").replace(
        "start: now\nnodes:\n", "start: hello\nnodes:\n  hello: {play: {say: [welcome], then: now}}\n"
    )
    the_plan = plan(text=text)
    the_plan.calendar = Calendar(tz=WIB, week=WEEK)
    book = at(the_plan, 2026, 11, 24, 20, 0)
    book.press("1")
    assert book.spoken()[0] == "closed-hours"
    assert book.press("1") == []


def test_a_break_has_a_way_and_a_sentence_of_its_own() -> None:
    text = (
        "start: now\nnodes:\n  now: {hours: {open: m, closed: m, pause: rest}}\n"
        "  rest: {play: {say: [':closed-reason'], then: m}}\n  m: {menu: {say: [a], keys: {}, otherwise: m}}\n"
    )
    for says, key in (({}, "closed-break"), ({"istirahat": "closed-lunch"}, "closed-lunch")):
        the_plan = plan(text=text)
        the_plan.calendar = Calendar(tz=WIB, week=WEEK, breaks={"istirahat": (Span.parse("12:00-13:00"),)}, says=says)
        assert at(the_plan, 2026, 11, 24, 12, 30).spoken() == [key]
