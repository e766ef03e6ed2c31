"""A phone was picked up while ivrd, or its connection, was away: Asterisk connected the two by itself, and no talk is lost or left out."""

from __future__ import annotations

import pytest
from outages import LEG, TWO, channel
from playbook import Playbook, plan

from ivrd.adapters.journal.codec import decode, encode
from ivrd.core.acd.model import Queue
from ivrd.core.cdr import Disposition
from ivrd.core.commands import (
    ConnectCall,
    FinishRecording,
    HangUp,
    OfferCall,
    OpenBridge,
    PlayPrompt,
    Publish,
    StartRecording,
    StopMusic,
)
from ivrd.core.events import (
    AnswerSeen,
    BridgeSeen,
    SwitchLost,
    SwitchSeen,
    Watched,
)
from ivrd.core.state import Rec, Stage

#: longer than a phone rings
AWAY_S = 60.0
TOGETHER = BridgeSeen(bridge="c1.bridge", channels=("c1", LEG))
DIAL = """start: d
nodes:
  d: {dial: {extension: "101", then: bye, busy: bye, no_answer: bye, failed: bye}}
  bye: {hangup: {}}
"""


def rung() -> Playbook:
    """Adi's phone rings for the caller, and the connection goes."""
    book = Playbook(plan(agents=TWO))
    book.log_in()
    book.arrive()
    book.heard()
    book.tell(SwitchLost, after_s=2)
    return book


def test_a_talk_that_began_in_a_long_outage_goes_on_though_the_ring_time_is_long_over() -> None:
    book = rung()
    book.pass_time(AWAY_S)
    book.tell(SwitchSeen, channels=(channel("c1"), channel(LEG)), bridges=(TOGETHER,))
    assert book.asked_none(HangUp)
    assert book.call().stage == Stage.TALKING
    assert book.presence() == "talking"
    assert isinstance(book.asked(StartRecording), StartRecording)


def test_a_phone_that_has_rung_for_too_long_when_the_outage_is_over_rings_out_then() -> None:
    book = rung()
    book.log_in("102")
    book.pass_time(AWAY_S)
    assert book.call().offer is not None
    book.tell(SwitchSeen, channels=(channel("c1"), channel(LEG, "Ringing")))
    orders = book.pass_time(0)
    assert HangUp(call="c1", channel=LEG) in orders
    assert [o.extension for o in orders if isinstance(o, OfferCall)] == ["102"]


def seen(book: Playbook, began_s: float) -> None:
    """``began_s`` after the connection was lost the phone was picked up, and we are told of it much later."""
    at = book.at
    book.pass_time(AWAY_S)
    event = AnswerSeen(at=at + began_s, call="c1", leg=LEG)
    assert decode(encode(event)) == event
    orders = book.exchange.handle(event)
    assert all(isinstance(order, Publish) for order in orders)  # whether the two are there still is seen next


def test_it_goes_on_and_began_when_the_rescuer_saw_it() -> None:
    book = rung()
    at = book.at
    seen(book, 5)
    book.tell(SwitchSeen, channels=(channel("c1"), channel(LEG)), bridges=(TOGETHER,))
    assert isinstance(book.asked(StopMusic), StopMusic)
    assert isinstance(book.asked(StartRecording), StartRecording)
    assert book.asked_none(ConnectCall)
    call = book.call()
    assert call.talk is not None
    assert call.talk.since == at + 5
    assert call.recording.note == ""
    assert call.wait_ms == round((at + 5 - (call.queued_at or 0)) * 1000)
    assert book.counters().waited_s == pytest.approx(call.wait_ms / 1000)


def test_asterisk_did_not_get_to_connect_them() -> None:
    book = rung()
    seen(book, 5)
    book.tell(SwitchSeen, channels=(channel("c1"), channel(LEG)))
    assert isinstance(book.asked(OpenBridge), OpenBridge)
    assert book.asked(ConnectCall).leg == LEG


def test_a_talk_that_began_and_ended_unwatched_has_the_row_of_a_talk() -> None:
    """The case of before: the row said that the caller had given up waiting."""
    book = rung()
    at = book.at
    seen(book, 5)
    book.tell(SwitchSeen, watched=(Watched(call="c1", caller_at=at + 25, other_at=at + 24),))
    assert book.asked_none(StartRecording)
    assert book.asked_none(FinishRecording)
    (made,) = book.rows()
    assert (made.disposition, made.agent, made.hung_up_by, made.ended_from) == (Disposition.ANSWERED, "101", "agent", "noted")
    assert (made.agent_answered_at, made.ended_at, made.talk_ms) == (at + 5, at + 25, 19_000)
    assert (made.recording, made.recording_note) == ("", "not recorded: ivrd was away")
    assert book.counters().answered == 1
    assert book.counters().abandoned == 0
    assert book.presence() == "wrap_up"
    book.wind_up()


def test_the_agent_hung_up_and_the_caller_is_there_still() -> None:
    book = rung()
    at = book.at
    seen(book, 5)
    book.tell(SwitchSeen, channels=(channel("c1"),), watched=(Watched(call="c1", caller_at=at + 59, other_at=at + 24),))
    assert HangUp(call="c1", channel="c1", cause=16) in book.last
    call = book.call()
    assert call.talk is not None
    assert call.talk.ended_at == at + 24


def test_the_agent_hung_up_and_the_caller_goes_on_in_the_flow_without_the_queues_music() -> None:
    text = "start: q\nnodes:\n  q: {queue: {to: help, overflow: bye, after: ask}}\n  ask: {menu: {say: [survey-csat], keys: {1: bye}, otherwise: bye}}\n  bye: {hangup: {}}\n"
    book = Playbook(plan(agents=TWO, text=text))
    book.log_in()
    book.arrive()
    book.heard()
    book.tell(SwitchLost, after_s=2)
    at = book.at
    seen(book, 5)
    book.tell(SwitchSeen, channels=(channel("c1"),), watched=(Watched(call="c1", caller_at=at + 59, other_at=at + 24),))
    kinds = [type(order) for order in book.last]
    assert kinds.index(StopMusic) < kinds.index(PlayPrompt)
    assert book.spoken() == ["survey-csat"]


def test_asterisk_restarts_after_a_talk_that_nobody_saw_begin() -> None:
    book = Playbook(plan(agents=TWO))
    book.tell(SwitchSeen, began="a")
    book.log_in()
    book.arrive()
    book.heard()
    book.tell(SwitchLost, after_s=2)
    at = book.at
    book.exchange.handle(AnswerSeen(at=at + 5, call="c1", leg=LEG))
    book.tell(SwitchSeen, began="b", watched=(Watched(call="c1", caller_at=at + 9, other_at=at + 9),), after_s=AWAY_S)
    (made,) = book.rows()
    assert (made.disposition, made.agent_answered_at, made.ended_at, made.talk_ms) == (Disposition.ANSWERED, at + 5, at + 9, 4000)


@pytest.mark.parametrize("late", ["never offered", "talks already", "over"])
def test_what_the_rescuer_saw_of_another_leg_changes_nothing(late: str) -> None:
    book = rung()
    before = book.call().stage
    if late == "talks already":
        book.tell(SwitchSeen, channels=(channel("c1"), channel(LEG)), bridges=(TOGETHER,))
        before = Stage.TALKING
    if late == "over":
        book.tell(SwitchSeen)
        before = book.call().stage
    book.tell(AnswerSeen, call="c1", leg="c1.agent-102.9" if late == "never offered" else LEG)
    assert book.call().stage == before
    assert book.last == []


def test_before_the_phone_was_rung_nobody_talked() -> None:
    """A clock that was set between the two processes."""
    book = rung()
    book.exchange.handle(AnswerSeen(at=book.at - 600, call="c1", leg=LEG))
    call = book.call()
    assert call.talk is not None
    assert call.talk.since >= (call.queued_at or 0)
    assert call.wait_ms >= 0


def test_whom_the_flow_called_picked_up_unwatched() -> None:
    book = Playbook(plan(text=DIAL))
    call = book.arrive()
    assert call.dialled is not None
    leg = call.dialled.leg
    book.tell(SwitchLost, after_s=2)
    at = book.at
    book.exchange.handle(AnswerSeen(at=at + 3, call="c1", leg=leg))
    assert (call.stage, call.dialled.since, call.recording.state) == (Stage.CONNECTED, at + 3, Rec.NONE)
    book.tell(SwitchSeen, watched=(Watched(call="c1", caller_at=at + 20, other_at=at + 20),), after_s=30)
    (made,) = book.rows()
    assert (made.disposition, made.dialled_ms, made.ended_at) == (Disposition.CONNECTED, 17_000, at + 20)
    book.wind_up()


def test_a_queue_that_rings_all_gives_the_caller_to_who_picked_up_first() -> None:
    book = Playbook(plan(agents=TWO, queues=(Queue(id="help", title="Help", ring="all"),)))
    book.log_in("101", "102")
    book.arrive()
    legs = [offer.leg for offer in book.call().ringing]
    assert len(legs) == 2
    book.tell(SwitchLost, after_s=2)
    book.exchange.handle(AnswerSeen(at=book.at + 1, call="c1", leg=legs[1]))
    book.exchange.handle(AnswerSeen(at=book.at + 2, call="c1", leg=legs[0]))
    talk = book.call().talk
    assert talk is not None
    assert (talk.leg, talk.since) == (legs[1], book.at + 1)
