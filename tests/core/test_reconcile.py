"""After an outage: what Asterisk holds, against what we remember. Nobody loses place, clock or talk."""

from __future__ import annotations

import pytest
from outages import LEG, MENU, back, channel, talking
from playbook import Playbook, order_kinds, plan

from ivrd.core.acd.model import Queue
from ivrd.core.cdr import Disposition
from ivrd.core.commands import (
    AnswerCall,
    CloseBridge,
    ConnectCall,
    FinishRecording,
    HandOver,
    HangUp,
    OpenBridge,
    PlayPrompt,
    StartMusic,
    StartRecording,
    StopPrompt,
    WriteCdr,
)
from ivrd.core.events import (
    ChannelGone,
    DrainAsked,
    FeatureDialled,
    RecordingFailed,
    SwitchLost,
    SwitchSeen,
)
from ivrd.core.state import Stage


def test_a_talk_goes_on_untouched() -> None:
    book = talking()
    book.pass_time(60)
    assert back(book, "c1", LEG, bridges={"c1.bridge": ("c1", LEG)}) == []
    assert (book.call().stage, book.presence()) == (Stage.TALKING, "talking")


def test_a_waiting_caller_keeps_place_and_clock_and_hears_music() -> None:
    book = Playbook()
    book.arrive("c0")
    call = book.arrive("c1")
    assert call.wait is not None
    since = call.wait.since
    prompt = call.prompt
    back(book, "c0", "c1", bridges={"c0.bridge": (), "c1.bridge": ()})
    mine = [o for o in book.last if o.call == "c1"]
    assert order_kinds(mine) == ["OpenBridge", "StopPrompt", "StartMusic"]
    assert StopPrompt(call="c1", prompt=prompt) in mine, "Asterisk may still be saying it"
    assert call.wait.since == since
    assert "announce:c1" in book.exchange.state.timers.due
    book.log_in()
    assert [c.id for c in book.exchange.state.calls.values() if c.offer] == ["c0"]


def test_a_caller_in_a_menu_is_told_the_same_menu_at_the_same_attempt() -> None:
    book = Playbook(plan(text=MENU))
    call = book.arrive()
    book.press("17")
    assert (call.walk.node, call.walk.attempt) == ("n", 2)
    back(book, "c1")
    assert book.spoken() == ["b"]
    assert (call.walk.node, call.walk.attempt) == ("n", 2)
    assert call.answered_at is not None, "it is up: our answer took effect"


def test_a_caller_whose_menu_was_listening_is_told_it_again() -> None:
    book = Playbook(plan(text=MENU))
    book.arrive()
    book.heard()
    back(book, "c1")
    assert book.spoken() == ["a"]
    assert set(book.exchange.state.timers.due) == {"prompt:c1"}


def test_a_caller_who_was_not_answered_yet_is_answered_now() -> None:
    book = Playbook(plan(text=MENU))
    call = book.arrive()
    back(book, channel("c1", "Ring"))
    assert order_kinds(book.last)[0] == "AnswerCall"
    assert call.answered_at is None
    book = Playbook()
    book.arrive()
    back(book, channel("c1", "Ring"))
    assert isinstance(book.asked(AnswerCall), AnswerCall)


def test_a_caller_we_turn_away_is_not_answered_for_it() -> None:
    book = Playbook(plan(text="start: bye\nnodes:\n  bye: {hangup: {why: closed}}\n"))
    book.arrive()
    back(book, channel("c1", "Ring"))
    assert order_kinds(book.last) == ["HangUp"]


def test_a_caller_who_is_gone_has_hung_up() -> None:
    book = Playbook()
    book.arrive()
    back(book, bridges={"c1.bridge": ()})
    row = book.asked(WriteCdr).cdr
    assert (row.disposition, row.hung_up_by) == (Disposition.ABANDONED_QUEUE, "caller")
    assert book.asked(CloseBridge).call == "c1"
    book.wind_up()


def test_a_talk_whose_agent_is_gone_is_over() -> None:
    book = talking()
    back(book, "c1", bridges={"c1.bridge": ("c1",)})
    assert book.asked(HangUp).channel == "c1"
    book.tell(ChannelGone, call="c1", channel="c1")
    assert book.asked(FinishRecording)
    book.wind_up()
    assert book.rows()[-1].hung_up_by == "agent"


def test_a_talk_whose_both_sides_are_gone_is_over() -> None:
    book = talking()
    back(book)
    assert book.call().stage == Stage.CLOSED
    assert not book.asked(FinishRecording).ended, "the caller may have been taken to the dialplan, and be recorded there"
    book.wind_up()


def test_a_leg_that_is_up_but_not_in_the_bridge_has_answered() -> None:
    book = Playbook()
    book.log_in()
    book.arrive()
    back(book, "c1", LEG, bridges={"c1.bridge": ()})
    assert book.call().stage == Stage.TALKING
    assert book.asked(ConnectCall).leg == LEG
    assert book.asked(StartRecording)


def test_a_talk_that_was_not_connected_is_connected_and_recorded_now() -> None:
    """We were killed after the answer was journaled, before its orders were carried out."""
    book = Playbook()
    book.log_in()
    book.arrive()
    book.agent_answers()
    back(book, "c1", LEG, bridges={"c1.bridge": ("c1",)})
    assert order_kinds(book.last) == ["StartRecording", "StopMusic", "OpenBridge", "ConnectCall"]


def test_a_recording_that_runs_is_not_started_again() -> None:
    book = talking()
    back(book, "c1", LEG, bridges={"c1.bridge": ("c1",)})
    assert order_kinds(book.last) == ["StopMusic", "OpenBridge", "ConnectCall"]


def test_a_phone_that_still_rings_goes_on_ringing() -> None:
    book = Playbook()
    book.log_in()
    call = book.arrive()
    back(book, "c1", channel(LEG, "Ringing"))
    assert call.offer is not None
    assert call.offer.leg == LEG
    assert book.presence() == "offered"
    assert book.asked_none(HangUp)


def test_an_offer_that_vanished_is_nobodys_fault() -> None:
    """The order to dial may never have been carried out: no miss, and the phone is rung again."""
    book = Playbook()
    book.log_in()
    call = book.arrive()
    back(book, "c1")
    assert book.exchange.desk.agent("101").misses == 0
    assert book.offers() == [("c1", "101")]
    assert call.legs == ["c1.agent-101.2"]


def test_a_waiting_caller_whose_queue_is_gone_from_the_configuration_is_not_left() -> None:
    book = Playbook()
    book.arrive()
    del book.exchange.plan.floor.queues["help"]
    back(book, "c1")
    assert [c.cause for c in book.last if isinstance(c, HangUp)] == [41]
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.FAILED
    assert (book.counters().offered, book.counters().abandoned, book.counters().diverted) == (1, 0, 1)


def test_a_call_that_was_being_taken_down_is_taken_down_again() -> None:
    book = talking()
    from ivrd.core.events import AgentHungUp

    book.tell(AgentHungUp, call="c1", leg=LEG)
    back(book, "c1", LEG, bridges={"c1.bridge": ("c1", LEG)})
    assert [c.channel for c in book.last if isinstance(c, HangUp)] == ["c1", LEG]
    book.wind_up()


def test_a_call_given_up_whose_channel_is_still_there_is_hung_up() -> None:
    """The hang-up was not heard of within its time; its bridge may be there as well."""
    book = talking()
    from ivrd.core.events import AgentHungUp

    book.tell(AgentHungUp, call="c1", leg=LEG)
    book.pass_time(5)
    assert book.call().stage == Stage.CLOSED
    back(book, "c1", LEG, bridges={"c1.bridge": ("c1", LEG)})
    assert {c.channel for c in book.last if isinstance(c, HangUp)} == {"c1", LEG}
    assert book.asked(CloseBridge).call == "c1"
    book.wind_up()


def test_stray_legs_and_bridges_are_cleared_and_foreign_ones_left_alone() -> None:
    book = Playbook()
    back(book, "x.agent-101.1", channel("other/1", role="agent"), bridges={"x.bridge": (), "somebody-elses": ()})
    assert book.last == [CloseBridge(call="x"), HangUp(call="x", channel="x.agent-101.1")]


def test_an_old_leg_of_a_call_in_progress_is_cleared() -> None:
    book = talking()
    back(book, "c1", LEG, "c1.agent-102.9", bridges={"c1.bridge": ("c1", LEG)})
    assert book.asked(HangUp).channel == "c1.agent-102.9"


def test_a_caller_nobody_knows_is_a_new_call() -> None:
    book = Playbook()
    back(book, channel("c9", "Ring"))
    assert isinstance(book.last[0], AnswerCall)
    assert (book.call("c9").number, book.call("c9").stage) == ("0899", Stage.QUEUED)


def test_a_caller_nobody_knows_is_handed_over_while_draining() -> None:
    book = Playbook()
    book.tell(DrainAsked)
    back(book, channel("c9", "Ring"))
    assert book.asked(HandOver).call == "c9"


def test_a_new_caller_is_not_given_the_agent_before_those_who_waited() -> None:
    book = Playbook()
    book.arrive("c5")
    book.tell(SwitchLost)
    book.log_in()
    assert book.offers() == []
    book.tell(SwitchSeen, channels=(channel("c1", "Ring"), channel("c5")))
    assert book.offers() == [("c5", "101")]


def test_feature_sessions_are_ended_known_or_not() -> None:
    book = Playbook()
    book.tell(FeatureDialled, session="s1", extension="101", feature="log_in")
    back(book, channel("s1", role="feature"), channel("s2", role="feature"))
    assert {c.channel for c in book.last if isinstance(c, HangUp)} == {"s1", "s2"}
    assert book.exchange.state.sessions == {}
    assert book.presence() == "ready"


@pytest.mark.parametrize("after_row", [False, True])
def test_orders_whose_outcome_is_not_known_are_given_again(after_row: bool) -> None:
    book = talking()
    book.caller_leaves(after_s=10)
    book.tell(ChannelGone, call="c1", channel=LEG)
    if not after_row:
        back(book)
        assert book.asked(FinishRecording).expected_ms == 10_010
        return
    book.tell(RecordingFailed, call="c1", reason="x")
    row = book.asked(WriteCdr)
    back(book)
    assert book.asked(WriteCdr) == row
    assert book.asked_none(FinishRecording)


def test_the_queue_without_announcements_stays_without() -> None:
    book = Playbook(plan(queues=(Queue(id="help", title="Help", announce_every_s=0),)))
    book.arrive()
    back(book, "c1")
    assert set(book.exchange.state.timers.due) == {"wait:c1"}
    assert book.asked(StartMusic)
    assert book.asked(OpenBridge)
    assert book.asked_none(PlayPrompt)


def test_nothing_to_reconcile_is_nothing_to_do() -> None:
    assert back(Playbook()) == []


def test_the_music_of_an_answer_whose_orders_may_be_lost_is_ended() -> None:
    book = talking()
    assert order_kinds(back(book, "c1", LEG, bridges={"c1.bridge": ("c1", LEG)})) == ["StopMusic"]
