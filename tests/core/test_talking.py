"""Talking: connected, held, and ended from either side."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playbook import Playbook, order_kinds, plan

from ivrd.core.acd.model import Agent, Queue
from ivrd.core.cdr import Disposition
from ivrd.core.commands import (
    AnswerTransfer,
    ConnectCall,
    FinishRecording,
    HangUp,
    StartRecording,
    StopPrompt,
    TransferCall,
)
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    CallerHungUp,
    ChannelGone,
    FeatureDialled,
    HoldEnded,
    HoldStarted,
    RecordingFailed,
    RecordingStarted,
    TransferAsked,
)
from ivrd.core.state import Rec


def talking(book: Playbook | None = None) -> tuple[Playbook, str]:
    book = book or Playbook()
    book.log_in()
    book.arrive()
    return book, book.agent_answers()


def test_an_announcement_never_delays_an_answer() -> None:
    book = Playbook()
    call = book.arrive()
    prompt = call.prompt
    assert prompt, "the place is being told"
    book.log_in()
    book.agent_answers()
    assert order_kinds(book.last) == ["StopPrompt", "ConnectCall", "StartRecording"]
    assert book.asked(StopPrompt).prompt == prompt


def test_the_agent_hangs_up_and_so_is_the_caller() -> None:
    book, leg = talking()
    book.tell(AgentHungUp, call="c1", leg=leg, cause=16, after_s=30)
    assert {c.channel for c in book.last if isinstance(c, HangUp)} == {"c1", leg}
    book.wind_up()
    assert (book.rows()[-1].hung_up_by, book.rows()[-1].disposition) == ("agent", Disposition.ANSWERED)


def test_the_agents_phone_is_gone_without_a_word() -> None:
    book, leg = talking()
    book.tell(ChannelGone, call="c1", channel=leg, cause=27)
    assert book.asked(HangUp).channel == "c1"
    book.wind_up()
    assert (book.rows()[-1].hung_up_by, book.rows()[-1].cause) == ("agent", 27)


def test_a_hang_up_of_another_leg_ends_nothing() -> None:
    book, _ = talking()
    assert book.tell(AgentHungUp, call="c1", leg="c1.agent-102.9") == []
    assert book.tell(ChannelGone, call="c1", channel="c1.agent-102.9") == []


def test_the_answer_told_twice_changes_nothing() -> None:
    book, leg = talking()
    assert book.tell(AgentAnswered, call="c1", leg=leg) == []
    assert book.presence() == "talking"


def test_another_phone_that_answers_during_the_talk_is_hung_up() -> None:
    book, _ = talking()
    book.tell(AgentAnswered, call="c1", leg="c1.agent-102.9")
    assert book.asked(HangUp).channel == "c1.agent-102.9"


def test_holds_add_up_and_are_not_started_twice() -> None:
    book, leg = talking()
    assert book.tell(HoldEnded, call="c1", channel=leg) == []
    book.tell(HoldStarted, call="c1", channel=leg, after_s=10)
    book.tell(HoldStarted, call="c1", channel=leg, after_s=2)
    book.tell(HoldEnded, call="c1", channel=leg, after_s=3)
    book.tell(HoldEnded, call="c1", channel=leg, after_s=3)
    book.tell(HoldStarted, call="c1", channel=leg, after_s=3)
    book.tell(HoldEnded, call="c1", channel=leg, after_s=4)
    book.caller_leaves(after_s=1)
    book.wind_up()
    assert book.rows()[-1].hold_ms == 9000
    assert len(book.told("hold_started")) == len(book.told("hold_ended")) == 2


def test_wrap_up_is_timed_and_its_end_makes_ready() -> None:
    book, _ = talking()
    book.caller_leaves(after_s=10)
    assert book.exchange.desk.agent("101").wrap_up_until == book.at - 0.01 + 30
    book.pass_time(29.9)
    assert book.presence() == "wrap_up"
    book.pass_time(0.2)
    assert book.presence() == "ready"


def test_no_wrap_up_makes_ready_at_once_and_the_next_caller_is_rung() -> None:
    book, _ = talking(Playbook(plan(queues=(Queue(id="help", title="Help", wrap_up_s=0),))))
    book.arrive("c2")
    book.tell(CallerHungUp, call="c1", after_s=10)
    assert book.offers() == [("c2", "101")]
    assert book.counters().handled == 1


def test_handling_time_is_talk_and_wrap_up_together() -> None:
    book, _ = talking()
    book.caller_leaves(after_s=60)
    book.pass_time(31)
    counters = book.counters()
    assert (counters.handled, round(counters.handled_s)) == (1, 90)


def test_a_queue_removed_during_the_talk_has_no_wrap_up() -> None:
    book, _ = talking()
    del book.exchange.plan.floor.queues["help"]
    book.caller_leaves()
    assert book.presence() == "ready"


def test_answered_within_the_target_or_not() -> None:
    for wait_s, within in ((19.0, 1), (21.0, 0)):
        book = Playbook(plan(queues=(Queue(id="help", title="Help", ring_timeout_s=60),)))
        book.log_in()
        book.arrive()
        book.agent_answers(after_s=wait_s)
        assert (book.counters().answered, book.counters().answered_in_level) == (1, within)


def test_a_recording_that_cannot_start_is_said_and_not_waited_for() -> None:
    book, _ = talking()
    assert book.asked(StartRecording).name == "2026/11/24/c1"
    book.tell(RecordingFailed, call="c1", reason="disk full")
    book.caller_leaves(after_s=10)
    assert book.asked_none(FinishRecording)
    book.wind_up()
    assert book.rows()[-1].recording_note == "disk full"
    assert book.told("recording_failed")[0]["reason"] == "disk full"


def test_a_recording_that_was_refused_is_asked_for_again_while_the_two_talk() -> None:
    book, _ = talking()
    rec = book.call().recording
    book.tell(RecordingFailed, call="c1", reason="no answer")
    assert rec.state == Rec.FAILED
    again = [o for o in book.pass_time(0.6) if isinstance(o, StartRecording)]
    assert [o.name for o in again] == ["2026/11/24/c1"]
    book.tell(RecordingFailed, call="c1", reason="no answer")
    assert not [o for o in book.pass_time(0.6) if isinstance(o, StartRecording)]  # later each time
    assert [o for o in book.pass_time(0.5) if isinstance(o, StartRecording)]
    book.tell(RecordingStarted, call="c1")
    assert rec.state == Rec.RUNNING
    assert not [o for o in book.pass_time(60) if isinstance(o, StartRecording)]
    book.caller_leaves()
    assert book.asked(FinishRecording)
    book.wind_up()
    assert book.rows()[-1].recording_note == "began late: no answer"


def test_a_recording_that_begins_when_the_two_no_longer_talk_is_none() -> None:
    book, _ = talking()
    book.tell(RecordingFailed, call="c1", reason="no answer")
    book.caller_leaves()
    book.tell(RecordingStarted, call="c1")
    assert book.call().recording.state == Rec.FAILED
    book.wind_up()


def test_the_name_of_a_recording_has_the_local_day() -> None:
    book = Playbook()
    book.at = book.at + 14.5 * 3600  # half past midnight, still the 24th in UTC
    book.log_in()
    book.arrive()
    book.agent_answers()
    assert book.asked(StartRecording).name == "2026/11/25/c1"
    assert book.asked(ConnectCall).leg == "c1.agent-101.1"


# --- the agent's transfer key

TWO = (Agent(id="101", name="Adi", extension="101"), Agent(id="102", name="Ayu", extension="102"))


def with_a_colleague(*, ready: bool = True) -> tuple[Playbook, str]:
    book, leg = talking(Playbook(plan(agents=TWO)))
    if ready:
        book.log_in("102")
    return book, leg


@pytest.mark.parametrize("to", ["102", "0215551234"])
def test_the_caller_is_given_away_and_the_agent_wraps_up(to: str) -> None:
    book, leg = with_a_colleague()
    book.tell(TransferAsked, call="c1", leg=leg, to=to)
    assert book.asked(AnswerTransfer) == AnswerTransfer(call="c1", leg=leg, taken=True)
    assert book.asked(TransferCall).to == to
    assert [o.channel for o in book.last if isinstance(o, HangUp)] == [leg], "the caller's channel is Asterisk's now"
    assert not book.asked(FinishRecording).ended, "and would be recorded on"
    assert book.presence("101") == "wrap_up"
    assert book.exchange.state.dialled_today == (0 if to == "102" else 1)
    for channel in ("c1", leg):
        book.tell(ChannelGone, call="c1", channel=channel)
    book.wind_up()
    row = book.rows()[-1]
    assert (row.disposition, row.hung_up_by, row.dialled, row.dial_result) == ("answered", "transfer", to, "transferred")


@pytest.mark.parametrize(("to", "ready"), [("102", False), ("0811", True), ("", True), ("101", True), ("666", True)])
def test_what_cannot_be_is_refused_and_the_talk_goes_on(to: str, ready: bool) -> None:
    book, leg = with_a_colleague(ready=ready)
    book.tell(TransferAsked, call="c1", leg=leg, to=to)
    assert book.asked(AnswerTransfer).taken is False
    assert (book.asked_none(TransferCall), book.asked_none(HangUp), book.presence("101")) == (True, True, "talking")
    assert book.call().dialled is None
    assert book.told("transfer_refused") == [{"queue": "help", "agent": "101", "why": "not_allowed"}]


def test_one_agent_gives_away_only_so_many_a_day_and_a_team_leader_hears_of_who_wants_more() -> None:
    the_plan = plan(agents=TWO)
    the_plan.outbound = replace(the_plan.outbound, per_day=9, per_agent_day=1)
    book, leg = talking(Playbook(the_plan))
    book.tell(TransferAsked, call="c1", leg=leg, to="0215551234")
    assert book.asked(TransferCall).to == "0215551234"
    book.log_in("102")

    def wants_away(call: str, agent: str) -> bool:
        book.pass_time(60)  # wrap-ups are over: who has waited longest is next
        book.arrive(call)
        leg = book.agent_answers(call)
        assert leg.startswith(f"{call}.agent-{agent}")
        book.tell(TransferAsked, call=call, leg=leg, to="0215551234")
        taken = book.asked(AnswerTransfer).taken
        if not taken:
            book.caller_leaves(call)
        return taken

    assert wants_away("c2", "102"), "the limit is each agent's own"
    assert not wants_away("c3", "101")
    assert sorted(book.exchange.desk.agent("101").alerts) == ["outside"]
    assert (book.told("dial_limit_reached"), book.exchange.state.dialled_today) == ([], 2)
    book.pass_time(24 * 3600)
    assert wants_away("c4", "102")
    assert [(a["agent"], a["raised"]) for a in book.told("agent_alert")] == [("101", 1), ("101", 0)]
    assert wants_away("c5", "101")


def test_only_the_phone_in_the_talk_can_give_the_caller_away() -> None:
    book, _ = with_a_colleague()
    stray = AnswerTransfer(call="c1", leg="c1.agent-102.7", taken=False)
    assert book.tell(TransferAsked, call="c1", leg="c1.agent-102.7", to="102") == [stray]


@pytest.mark.parametrize("leg", ["c1", "c9.agent-101.1", "f1"])
def test_whoever_presses_the_transfer_key_is_answered(leg: str) -> None:
    """A caller who waits, a leg of a call that is over, a feature code's phone: nobody is given away, and no phone waits for a word."""
    book = Playbook(plan(agents=TWO))
    book.arrive()
    book.tell(FeatureDialled, session="f1", extension="101", feature="log_out")
    assert book.tell(TransferAsked, call=leg.partition(".")[0], leg=leg, to="102") == [
        AnswerTransfer(call=leg.partition(".")[0], leg=leg, taken=False)
    ]
