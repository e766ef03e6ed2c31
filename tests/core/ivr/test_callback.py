"""callback: the offer, the number typed and read back, and the wish that outlives the call."""

from __future__ import annotations

import pytest
from playbook import Playbook, plan

from ivrd.core.cdr import Disposition
from ivrd.core.commands import PublishQueue, StoreCallback
from ivrd.core.events import CallbacksCounted, CallbackStored, ChannelSeen, SwitchSeen
from ivrd.core.exchange import Exchange

FLOW = """start: c
nodes:
  c: {callback: {queue: help, then: bye, otherwise: no}}
  no: {play: {say: [queue-overflow], then: bye}}
  bye: {hangup: {}}
"""


def offered(number: str = "0812345678") -> Playbook:
    book = Playbook(plan(text=FLOW))
    book.arrive(number=number)
    return book


def test_at_the_number_that_calls() -> None:
    book = offered()
    assert book.spoken() == ["callback-offer"]
    book.press("1")
    wish = book.asked(StoreCallback).wish
    assert (wish.number, wish.queue, wish.language, wish.call) == ("0812345678", "help", "id", "c1")
    assert book.spoken() == ["callback-noted"]
    book.heard()
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.CALLBACK
    assert book.told("callback_requested") == [{"queue": "help"}]


def test_at_another_number_typed_and_read_back() -> None:
    book = offered()
    book.press("2")
    assert book.spoken() == ["callback-enter"]
    book.press("021#")
    assert book.spoken() == ["callback-not-possible", "callback-enter"]
    book.press("02151234#")
    assert book.spoken() == ["callback-confirm", "02151234", "callback-confirm-keys"]
    book.press("2")
    book.press("0813999#1")
    assert book.asked(StoreCallback).wish.number == "0813999"


def test_a_number_that_is_not_ended_is_over_when_no_more_digits_come() -> None:
    book = offered()
    book.press("20813999")
    book.pass_time(5)
    assert book.spoken()[1] == "0813999"


@pytest.mark.parametrize("number", ["", "0900123456", "112"])
def test_who_cannot_be_called_where_they_are_is_asked_for_a_number(number: str) -> None:
    assert offered(number).spoken() == ["callback-enter"]


@pytest.mark.parametrize("keys", ["*", "2*", "20812999#*", "777", "2#0900#112#"])
def test_no_thank_you_and_too_many_mistakes(keys: str) -> None:
    book = offered()
    book.press(keys)
    assert book.spoken() == ["queue-overflow"]
    book.caller_leaves()
    assert book.exchange.state.callbacks == {}
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.ABANDONED_IVR


def test_silence_costs_a_try() -> None:
    book = offered()
    book.heard()
    book.pass_time(5)
    assert book.spoken() == ["no-input", "callback-offer"]


def test_a_wish_outlives_the_call_and_a_crash_until_the_store_has_it() -> None:
    book = offered()
    book.press("1")
    book.caller_leaves()
    book.write_cdrs()
    assert book.exchange.state.calls == {}
    book.exchange = Exchange(book.exchange.plan, book.exchange.state)
    book.tell(SwitchSeen)
    assert book.asked(StoreCallback).wish.number == "0812345678"
    book.tell(CallbackStored, call="c1", queue="help", open=3)
    assert book.exchange.state.callbacks == {}
    assert book.tell(SwitchSeen) == []


def test_a_restart_while_it_is_noted_notes_it_once() -> None:
    book = offered()
    book.press("1")
    book.tell(CallbackStored, call="c1", queue="help", open=1)
    book.tell(SwitchSeen, channels=(ChannelSeen(channel="c1", state="Up", role="call", did="169"),))
    assert book.asked_none(StoreCallback)
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.CALLBACK


def test_walls_see_how_many_wait_and_no_number() -> None:
    def shown() -> int:
        views = [v.view for v in book.exchange.views() if isinstance(v, PublishQueue)]
        return views[-1].callbacks

    book = offered()
    book.press("1")
    assert shown() == 1
    book.tell(CallbackStored, call="c1", queue="help", open=4)
    assert shown() == 4
    book.tell(CallbacksCounted, open={})  # somebody marked them done
    assert shown() == 0
