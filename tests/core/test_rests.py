"""Rest after much work, shifts, private calls and other channels: who is ready and still not rung."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from playbook import TUESDAY_10, WIB, Playbook, plan
from test_features import dial
from test_returning import centre as callbacks
from test_returning import wishes

from ivrd.core.acd.model import AcdRules, Agent, Queue
from ivrd.core.acd.rules import Occupancy, Shift
from ivrd.core.events import (
    AgentAsked,
    CallArrived,
    PhoneFree,
    PhoneInUse,
    PhoneReachable,
    PhoneUnreachable,
    SwitchSeen,
    TimerFired,
)

REST = AcdRules(occupancy=Occupancy(cap_percent=50, window_s=600, rest_s=120))
QUEUE = Queue(id="help", title="Help", wrap_up_s=0, service_level_s=20)


def talked(book: Playbook, seconds: float, call: str = "c1") -> None:
    """The agent talks for so long."""
    if call not in book.exchange.state.calls:
        book.arrive(call)
    book.agent_answers(call)
    book.caller_leaves(call, after_s=seconds)


def resting() -> Playbook:
    book = Playbook(plan(queues=(QUEUE,), rules=REST))
    book.log_in()
    talked(book, 400)
    return book


def test_who_worked_more_than_the_cap_rests_and_who_did_not_does_not() -> None:
    book = Playbook(plan(queues=(QUEUE,), rules=REST))
    book.log_in()
    talked(book, 200)
    assert book.exchange.desk.agent("101").rest_until is None
    book.pass_time(500)
    talked(book, 250, "c2")
    assert book.exchange.desk.agent("101").rest_until is None, "the first talk is further back than the window"
    talked(book, 60, "c3")
    assert book.exchange.desk.agent("101").rest_until == pytest.approx(book.at + 120, abs=1)


def test_a_rest_is_over_after_its_time_without_losing_the_place_among_the_idle() -> None:
    book = resting()
    idle_since = book.exchange.desk.agent("101").idle_since
    book.pass_time(119)
    assert not book.exchange.desk.agent("101").available
    book.pass_time(2)
    state = book.exchange.desk.agent("101")
    left = [timer for timer in book.exchange.state.timers.due if timer.endswith(":101")]
    assert (state.available, state.idle_since, left) == (True, idle_since, [])


def test_a_caller_who_waits_longer_than_the_service_level_ends_it() -> None:
    book = resting()
    book.arrive("c2")
    assert book.call("c2").offer is None
    book.pass_time(19.9)
    assert book.call("c2").offer is None
    book.pass_time(0.2)
    assert book.call("c2").offer is not None


def test_customers_who_are_to_be_called_back_end_no_rest() -> None:
    """They do not wait at the phone, and their clocks are hours old."""
    book = callbacks()
    book.exchange.replan(dataclasses.replace(book.exchange.plan, floor=dataclasses.replace(book.exchange.plan.floor, rules=REST)))
    book.log_in()
    book.arrive("c0", number="0899")
    book.agent_answers("c0")
    wishes(book)
    book.caller_leaves("c0", after_s=400)
    assert [call.caller_here for call in book.exchange.desk.waiting("help")] == [False]
    book.pass_time(90)
    assert book.exchange.desk.agent("101").rest_until is not None
    book.arrive("c2", number="0877")
    book.pass_time(19.9)
    assert book.exchange.desk.agent("101").rest_until is not None
    book.pass_time(0.2)
    assert book.exchange.desk.agent("101").rest_until is None, "c2 is here and has waited too long"


def test_a_pause_ends_a_rest() -> None:
    book = resting()
    dial(book, "pause")
    dial(book, "resume")
    assert book.exchange.desk.agent("101").available


# --- private calls


def test_a_phone_in_use_by_others_is_not_rung_until_it_is_free() -> None:
    book = Playbook()
    book.log_in()
    book.tell(PhoneInUse, extension="101")
    book.arrive()
    assert book.call().offer is None
    book.tell(PhoneFree, extension="101")
    assert book.call().offer is not None
    assert [p["began"] for p in book.told("private_call")] == [1, 0]


def test_our_own_call_on_the_phone_is_no_private_one() -> None:
    book = Playbook(plan(queues=(QUEUE,)))
    book.log_in()
    book.arrive()
    book.tell(PhoneInUse, extension="101")
    book.agent_answers()
    book.arrive("c2")
    book.caller_leaves()
    assert book.call("c2").offer is not None, "not held up until Asterisk says that the phone is free"
    assert "phone:101" in book.exchange.state.timers.due
    book.tell(PhoneFree, extension="101")
    assert "phone:101" not in book.exchange.state.timers.due, "nothing is left to look for"
    assert book.told("private_call") == []


def test_a_private_call_beside_ours_is_seen_when_ours_is_over() -> None:
    book = Playbook(plan(queues=(QUEUE,)))
    book.log_in()
    book.arrive()
    book.agent_answers()
    book.tell(PhoneInUse, extension="101")
    book.caller_leaves()
    book.pass_time(2.1)
    assert not book.exchange.desk.agent("101").available
    book.tell(PhoneFree, extension="101")
    assert book.exchange.desk.agent("101").available


def test_a_phone_that_dials_a_code_is_on_no_private_call_even_if_its_use_is_told_first() -> None:
    book = Playbook()
    book.log_in()
    book.tell(PhoneInUse, extension="101")
    assert book.exchange.desk.agent("101").private
    dial(book, "pause")
    dial(book, "resume")
    assert book.exchange.desk.agent("101").available, "before Asterisk says that the phone is free"
    book.tell(PhoneFree, extension="101")
    assert book.exchange.desk.agent("101").available


# --- shifts

MORNING = AcdRules(shifts={"early": Shift(week={"tue": ("10:30-12:00",), "wed": ("10:30-12:00",)}, breaks={"istirahat": ("11:00-11:15",)})})
EARLY = (Agent(id="101", name="Adi", extension="101", shift="early"),)
HALF_PAST = TUESDAY_10 + 1800


def on_shift(*, phone: bool = True) -> Playbook:
    book = Playbook(plan(queues=(QUEUE,), agents=EARLY, rules=MORNING))
    book.tell(PhoneReachable if phone else PhoneUnreachable, extension="101")
    return book


def until(book: Playbook, hour: int, minute: int, day: int = 24) -> None:
    book.pass_time(dt.datetime(2026, 11, day, hour, minute, tzinfo=WIB).timestamp() - book.at)


def test_a_day_of_a_shift() -> None:
    book = on_shift()
    seen = []
    for hour, minute in ((10, 29), (10, 31), (11, 1), (11, 16), (12, 1)):
        until(book, hour, minute)
        seen.append(book.presence())
    assert seen == ["logged_out", "ready", "paused", "ready", "logged_out"]
    until(book, 10, 31, day=25)
    assert book.presence() == "ready"


def test_who_logs_out_in_the_middle_stays_out() -> None:
    book = on_shift()
    until(book, 10, 45)
    dial(book, "log_out")
    until(book, 11, 30)
    assert book.presence() == "logged_out"


def test_a_phone_that_comes_late_is_logged_in_when_it_comes() -> None:
    book = on_shift(phone=False)
    until(book, 11, 5)
    assert book.presence() == "logged_out"
    book.tell(PhoneReachable, extension="101")
    assert (book.presence(), book.exchange.desk.agent("101").reason) == ("paused", "istirahat")
    until(book, 11, 20)
    assert book.presence() == "ready"


def test_the_end_of_a_shift_waits_for_talk_and_wrap_up() -> None:
    book = Playbook(plan(queues=(Queue(id="help", title="H", wrap_up_s=60),), agents=EARLY, rules=MORNING))
    book.tell(PhoneReachable, extension="101")
    until(book, 11, 58)
    book.arrive()
    book.agent_answers()
    book.caller_leaves(after_s=100)
    assert book.presence() == "wrap_up"
    until(book, 12, 0)
    assert book.presence() == "wrap_up"
    book.pass_time(60)
    assert book.presence() == "logged_out"


def test_a_pause_of_one_s_own_is_not_ended_by_the_break_s_end() -> None:
    book = on_shift()
    until(book, 10, 59)
    dial(book, "pause")
    until(book, 11, 20)
    assert (book.presence(), book.exchange.desk.agent("101").reason) == ("paused", "phone")


def test_an_edge_that_was_slept_through_counts_at_the_next_start() -> None:
    book = on_shift()
    until(book, 10, 31)
    book.at = dt.datetime(2026, 11, 24, 13, 0, tzinfo=WIB).timestamp()
    book.tell(SwitchSeen)
    assert book.presence() == "logged_out"


def test_on_a_day_that_the_calendar_has_closed_there_is_no_shift() -> None:
    closed = plan(queues=(QUEUE,), agents=EARLY, rules=MORNING)
    closed.calendar = dataclasses.replace(closed.calendar, closed={dt.date(2026, 11, 24): "rapat kerja"})
    book = Playbook(closed)
    book.tell(PhoneReachable, extension="101")
    until(book, 10, 45)
    assert book.presence() == "logged_out"
    until(book, 10, 45, day=25)
    assert book.presence() == "ready"


def test_a_shift_that_leaves_the_configuration_leaves_no_alarm() -> None:
    book = on_shift()
    book.exchange.replan(plan(queues=(QUEUE,)))
    assert book.exchange.state.timers.due == {}
    assert book.tell(TimerFired, timer="shift:101") == []


# --- capacity


def test_contacts_of_other_channels_take_from_the_capacity() -> None:
    agents = (Agent(id="101", name="Adi", extension="101", capacity=1.5),)
    book = Playbook(plan(agents=agents, rules=AcdRules(weights={"voice": 1.0, "chat": 0.4})))
    book.log_in()
    for contact, offered in (("t1", True), ("t2", False)):
        book.tell(AgentAsked, agent="101", wish="begin_contact", contact=contact, reason="chat", by="web")
        assert book.exchange.desk.agent("101").available is offered, contact
    book.tell(CallArrived, call="c1", did="169", caller_number="")
    assert book.call().offer is None
    book.tell(AgentAsked, agent="101", wish="begin_contact", contact="t3", reason="fax", by="web")
    assert book.exchange.reply == "unknown_kind"
    for contact, reply in (("t2", ""), ("t3", ""), ("t4", "no_capacity")):
        book.tell(AgentAsked, agent="101", wish="begin_contact", contact=contact, reason="chat", by="web")
        assert book.exchange.reply == reply, contact
    book.tell(AgentAsked, agent="101", wish="end_contact", contact="t3", by="web")
    book.tell(AgentAsked, agent="101", wish="end_contact", contact="t1", by="web")
    assert book.call().offer is not None


def test_contacts_are_forgotten_at_log_out() -> None:
    book = Playbook(plan(rules=AcdRules(weights={"voice": 1.0, "chat": 0.5})))
    book.log_in()
    book.tell(AgentAsked, agent="101", wish="begin_contact", contact="t1", reason="chat", by="web")
    assert not book.exchange.desk.agent("101").available
    dial(book, "log_out")
    book.log_in()
    assert book.exchange.desk.agent("101").available
    book.tell(AgentAsked, agent="999", wish="log_in", by="web")
    assert book.exchange.reply == "unknown_agent"
