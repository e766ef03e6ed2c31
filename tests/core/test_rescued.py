"""A caller was moved to the fallback while ivrd was away: one row that says so, and nobody rung for them."""

from __future__ import annotations

from outages import MENU, back, talking
from playbook import Playbook, plan

from ivrd.core.cdr import Disposition
from ivrd.core.commands import HangUp
from ivrd.core.events import CallerRescued, TimerFired
from ivrd.core.state import Stage


def test_out_of_a_menu() -> None:
    book = Playbook(plan(text=MENU))
    book.arrive()
    book.tell(CallerRescued, call="c1")
    (row,) = book.rows()
    assert (row.disposition, row.hung_up_by) == (Disposition.FALLBACK, "system")
    assert book.asked_none(HangUp)  # the channel is no longer ours
    book.wind_up()


def test_out_of_a_queue_while_a_phone_rings() -> None:
    book = Playbook()
    book.log_in()
    book.arrive()
    leg = book.call().legs[0]
    book.tell(CallerRescued, call="c1")
    assert book.asked(HangUp).channel == leg
    assert book.presence() == "ready"
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.FALLBACK
    assert book.counters().diverted == 1  # it was not the caller who left
    assert book.counters().abandoned == 0


def test_noted_down_before_the_start_then_asterisk_is_asked() -> None:
    book = Playbook()
    book.arrive()
    book.exchange.state.connected = False
    moved_at = book.at + 2
    book.pass_time(30)  # the process starts, and what is due is done
    book.tell(TimerFired, timer="none")
    book.tell(CallerRescued, call="c1", after_s=moved_at - book.at)
    back(book)
    book.wind_up()
    (row,) = {r.call: r for r in book.rows()}.values()
    assert (row.disposition, row.ended_at) == (Disposition.FALLBACK, moved_at)
    assert row.wait_ms == 2000


def test_after_the_talk_the_row_tells_of_the_talk() -> None:
    book = talking(text=MENU.replace("to: help,", "to: help, after: m,").replace("start: m", "start: q"))
    book.tell(CallerRescued, call="c1")
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.ANSWERED


def test_told_again_nothing_changes() -> None:
    book = Playbook(plan(text=MENU))
    book.arrive()
    book.tell(CallerRescued, call="c1")
    assert book.call().stage == Stage.CLOSED
    assert book.tell(CallerRescued, call="c1") == []
