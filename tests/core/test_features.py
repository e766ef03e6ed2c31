"""Feature codes: dialled on the phone, spoken back, and the phone is free again."""

from __future__ import annotations

import pytest
from playbook import Playbook, order_kinds

from ivrd.core.commands import HangUp, PublishAgent
from ivrd.core.events import (
    CallerHungUp,
    ChannelGone,
    FeatureDialled,
    PhoneUnreachable,
    PromptFinished,
)


def dial(book: Playbook, feature: str, extension: str = "101", session: str = "s1") -> list[str]:
    """Dial, listen, hang up; returns what was said."""
    book.tell(FeatureDialled, session=session, extension=extension, feature=feature)
    said = book.spoken()
    book.tell(ChannelGone, call=session, channel=session)
    return said


def test_the_phone_is_answered_told_and_hung_up() -> None:
    book = Playbook()
    book.tell(FeatureDialled, session="s1", extension="101", feature="log_in")
    assert order_kinds(book.last) == ["AnswerCall", "PlayPrompt"]
    assert book.spoken() == ["feature-logged-in"]
    book.tell(PromptFinished, call="s1", prompt="s1.prompt-1")
    assert book.asked(HangUp).channel == "s1"
    book.tell(ChannelGone, call="s1", channel="s1")
    assert (book.exchange.state.sessions, book.exchange.state.timers.due) == ({}, {})
    assert book.exchange.desk.agent("101").session == ""


@pytest.mark.parametrize(
    ("before", "feature", "said", "presence"),
    [
        ([], "log_in", "feature-logged-in", "ready"),
        (["log_in"], "log_in", "feature-logged-in", "ready"),
        ([], "log_out", "feature-logged-out", "logged_out"),
        (["log_in"], "log_out", "feature-logged-out", "logged_out"),
        (["log_in"], "pause", "feature-paused", "paused"),
        (["log_in", "pause"], "pause", "feature-paused", "paused"),
        (["log_in", "pause"], "resume", "feature-resumed", "ready"),
        (["log_in"], "resume", "feature-resumed", "ready"),
        (["log_in", "pause"], "log_in", "feature-logged-in", "ready"),
        ([], "pause", "feature-refused", "logged_out"),
        ([], "resume", "feature-refused", "logged_out"),
        (["log_in"], "end_wrap_up", "feature-refused", "ready"),
        ([], "dance", "feature-refused", "logged_out"),
    ],
)
def test_what_is_said_is_what_is_so(before: list[str], feature: str, said: str, presence: str) -> None:
    book = Playbook()
    for step in before:
        dial(book, step)
    assert dial(book, feature) == [said]
    assert book.presence() == presence


def test_wrap_up_is_ended_from_the_phone_and_the_row_learns_how_long_it_was() -> None:
    book = Playbook()
    dial(book, "log_in")
    book.arrive()
    book.agent_answers()
    book.caller_leaves(after_s=10)
    book.pass_time(12)
    assert dial(book, "end_wrap_up") == ["feature-wrap-up-ended"]
    assert book.presence() == "ready"
    assert "wrap:101" not in book.exchange.state.timers.due
    book.wind_up()
    assert 12_000 <= book.rows()[-1].wrap_up_ms < 12_100


def test_a_pause_in_wrap_up_ends_it() -> None:
    book = Playbook()
    dial(book, "log_in")
    book.arrive()
    book.agent_answers()
    book.caller_leaves()
    dial(book, "pause")
    assert (book.presence(), book.call().wrapping) == ("paused", False)
    book.wind_up()


def test_a_pause_asked_for_while_talking_is_confirmed_and_comes_later() -> None:
    book = Playbook()
    dial(book, "log_in")
    book.arrive()
    book.agent_answers()
    assert dial(book, "pause") == ["feature-paused"]
    assert book.presence() == "talking"
    book.caller_leaves()
    book.pass_time(31)
    assert book.presence() == "paused"
    assert book.exchange.desk.agent("101").reason == "phone"


def test_a_phone_that_dials_is_not_rung_until_it_is_free() -> None:
    book = Playbook()
    book.arrive()
    book.tell(FeatureDialled, session="s1", extension="101", feature="log_in")
    assert book.offers() == []
    book.tell(CallerHungUp, call="s1")
    assert book.offers() == [("c1", "101")]


def test_a_stranger_is_refused_and_hung_up() -> None:
    book = Playbook()
    assert dial(book, "log_in", extension="999") == ["feature-refused"]
    assert (book.exchange.state.sessions, book.exchange.state.agents) == ({}, {})


def test_a_phone_that_stays_too_long_is_hung_up_and_forgotten() -> None:
    book = Playbook()
    book.tell(FeatureDialled, session="s1", extension="101", feature="log_in")
    book.pass_time(20)
    assert [c.channel for c in book.last if isinstance(c, HangUp)] == ["s1"]
    assert book.exchange.state.sessions == {}
    assert book.exchange.desk.agent("101").available


def test_a_dialling_told_twice_is_one() -> None:
    book = Playbook()
    dial(book, "log_in")
    book.tell(FeatureDialled, session="s2", extension="101", feature="end_wrap_up")
    assert book.tell(FeatureDialled, session="s2", extension="101", feature="end_wrap_up") == []


def test_two_sessions_of_one_phone_end_each_by_itself() -> None:
    book = Playbook()
    book.tell(FeatureDialled, session="s1", extension="101", feature="log_in")
    book.tell(FeatureDialled, session="s2", extension="101", feature="log_in")
    book.tell(ChannelGone, call="s1", channel="s1")
    assert not book.exchange.desk.agent("101").available, "the second one goes on"
    book.tell(ChannelGone, call="s2", channel="s2")
    assert book.exchange.desk.agent("101").available


def test_a_phone_that_dials_is_there_and_the_walls_are_told_so() -> None:
    book = Playbook()
    dial(book, "log_in")
    book.tell(PhoneUnreachable, extension="101")
    book.exchange.views()
    dial(book, "log_in")
    (view,) = [v.view for v in book.exchange.views() if isinstance(v, PublishAgent)]
    assert view.reachable
