"""dial and transfer: somebody is called for the caller, or given the caller; and nothing else can be dialled."""

from __future__ import annotations

import pytest
from playbook import Playbook, flow, order_kinds, plan

from ivrd.core.calls import AWAY_RETRY_S
from ivrd.core.cdr import Disposition
from ivrd.core.commands import (
    ConnectCall,
    FinishRecording,
    HangUp,
    OfferCall,
    StartRecording,
    TransferCall,
)
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    BridgeSeen,
    ChannelGone,
    ChannelSeen,
    OfferRefused,
    RecordingPublished,
    SwitchLost,
    SwitchSeen,
)
from ivrd.core.ivr.problem import Known
from ivrd.core.plan import Outbound
from ivrd.core.state import Stage

FLOW = """start: d
nodes:
  d: {dial: {%s, timeout_s: 20, then: after, busy: busy, no_answer: none, failed: sorry}}
  after: {play: {say: [survey-thanks], then: bye}}
  busy: {play: {say: [queue-overflow], then: bye}}
  none: {play: {say: [no-input], then: bye}}
  sorry: {play: {say: [technical-apology], then: bye}}
  bye: {hangup: {}}
"""
LEG = "c1.dial-1"


def dialling(what: str = 'extension: "101"') -> Playbook:
    book = Playbook(plan(text=FLOW % what))
    book.log_in()
    book.arrive()
    return book


def connected() -> Playbook:
    book = dialling()
    book.tell(AgentAnswered, call="c1", leg=LEG)
    return book


def test_a_phone_is_rung_with_the_callers_number_and_not_offered_other_calls() -> None:
    book = dialling()
    offer = book.asked(OfferCall)
    assert (offer.leg, offer.extension, offer.caller_number, offer.ring_timeout_s) == (LEG, "101", "0812345678", 20)
    assert not book.exchange.desk.agent("101").available
    assert book.call().stage == Stage.DIALLING


def test_a_number_outside_goes_by_the_trunk_and_shows_the_centres_number() -> None:
    offer = dialling('number: "02155"').asked(OfferCall)
    assert (offer.extension, offer.caller_number) == ("02155@trunk", "169")


def test_answered_connected_recorded_hung_up_and_on_in_the_flow() -> None:
    book = connected()
    assert order_kinds(book.last) == ["StopMusic", "ConnectCall", "StartRecording"]
    book.tell(AgentHungUp, call="c1", leg=LEG, after_s=60)
    assert book.asked(FinishRecording).expected_ms == 60_000
    assert book.asked(HangUp).channel == LEG
    assert book.spoken() == ["survey-thanks"]
    assert book.exchange.desk.agent("101").available
    book.tell(ChannelGone, call="c1", channel=LEG)
    book.tell(RecordingPublished, call="c1", path="x.wav", duration_ms=60_000, sha256="ab")
    book.heard()
    book.wind_up()
    row = book.rows()[-1]
    assert (row.disposition, row.dialled, row.dial_result, row.dialled_ms) == (Disposition.CONNECTED, "101", "answered", 60_000)
    assert (row.recording, row.agent) == ("x.wav", "")


def test_the_caller_hangs_up_first_and_the_other_side_goes_too() -> None:
    book = connected()
    book.caller_leaves(after_s=5)
    assert {c.channel for c in book.last if isinstance(c, HangUp)} == {LEG}
    assert book.asked(FinishRecording)
    book.wind_up()
    assert (book.rows()[-1].dial_result, book.rows()[-1].disposition) == ("answered", Disposition.CONNECTED)


@pytest.mark.parametrize(
    ("cause", "said"), [(17, "queue-overflow"), (21, "queue-overflow"), (19, "no-input"), (27, "technical-apology")]
)
def test_each_way_of_not_answering_has_its_node(cause: int, said: str) -> None:
    book = dialling()
    book.tell(ChannelGone, call="c1", channel=LEG, cause=cause)
    assert book.spoken() == [said]
    book.caller_leaves()
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.ABANDONED_IVR


def test_what_cannot_be_dialled_has_failed_and_a_silence_is_no_answer() -> None:
    book = dialling()
    book.tell(OfferRefused, call="c1", leg=LEG, reason="no route")
    assert book.spoken() == ["technical-apology"]
    book = dialling()
    book.pass_time(22)
    assert book.spoken() == ["no-input"]
    assert LEG in {c.channel for c in book.last if isinstance(c, HangUp)}


def test_the_longest_conversation_ends() -> None:
    book = Playbook(plan(text=FLOW % 'extension: "101", max_s: 60'))
    book.arrive()
    book.tell(AgentAnswered, call="c1", leg=LEG)
    book.pass_time(60)
    assert LEG in {c.channel for c in book.last if isinstance(c, HangUp)}
    assert book.spoken() == ["survey-thanks"]


def test_a_number_that_is_not_allowed_is_not_dialled_whatever_the_file_says() -> None:
    book = Playbook(plan(text=FLOW % 'number: "02155"'))
    book.exchange.plan.outbound = Outbound(trunk="trunk", allow=("08X.",), per_day=9)
    book.arrive()
    assert book.asked_none(OfferCall)
    assert book.spoken() == ["technical-apology"]


def test_the_days_limit_holds_and_walls_are_told() -> None:
    book = Playbook(plan(text=FLOW % 'number: "02155"'))
    for n in range(3):
        book.arrive(f"c{n}")
        assert book.asked_none(OfferCall) is (n == 2)
    assert book.told("dial_limit_reached") == [{"per_day": 2}]
    book.pass_time(24 * 3600)
    book.arrive("c9")
    assert book.asked(OfferCall)


def test_a_phone_in_a_talk_is_busy() -> None:
    book = dialling()
    book.arrive("c2")
    assert book.asked_none(OfferCall)
    assert book.spoken() == ["queue-overflow"]


def test_check_refuses_what_may_not_be_dialled() -> None:
    from ivrd.core.ivr.verbs.dial import Dial

    known = Known(queues=(), languages=(), prompts=(), extensions=("101",), may_dial=("021X.",))
    for number, extension in (("0900123", ""), ("", "109"), ("", ""), ("02155", "101")):
        verb = Dial(number=number, extension=extension, then="a", busy="a", no_answer="a", failed="a")
        assert list(verb.problems(known)), (number, extension)
    assert flow(FLOW % 'number: "02155"')


def seen(leg_state: str, *bridged: str) -> dict[str, object]:
    channels = (
        ChannelSeen(channel="c1", state="Up", role="call", did="169"),
        ChannelSeen(channel=LEG, state=leg_state, role="agent"),
    )
    return {"channels": channels, "bridges": (BridgeSeen(bridge="c1.bridge", channels=bridged),)}


def test_taken_back_after_a_crash_in_each_stage() -> None:
    book = connected()
    book.tell(SwitchLost)
    book.tell(SwitchSeen, **seen("Up", "c1", LEG))
    assert book.asked_none(ConnectCall)
    assert book.asked_none(HangUp)
    book.tell(SwitchSeen, **seen("Up"))
    assert book.asked(ConnectCall).leg == LEG
    ringing = dialling()
    ringing.tell(SwitchSeen, **seen("Ringing"))
    assert ringing.asked_none(HangUp)
    ringing.tell(SwitchSeen, **seen("Up"))
    assert ringing.asked(StartRecording)
    gone = connected()
    gone.tell(SwitchSeen, channels=seen("Up")["channels"][:1])  # type: ignore[index]
    assert gone.spoken() == ["survey-thanks"]


GIVE = """start: t
nodes:
  t: {transfer: {%s, failed: sorry}}
  sorry: {play: {say: [technical-apology], then: bye}}
  bye: {hangup: {}}
"""


@pytest.mark.parametrize(("what", "to"), [('extension: "101"', "101"), ('number: "02155"', "02155")])
def test_the_caller_is_given_away_and_nobody_hangs_them_up(what: str, to: str) -> None:
    book = Playbook(plan(text=GIVE % what))
    book.log_in()
    book.arrive()
    assert book.asked(TransferCall).to == to
    assert book.asked_none(HangUp)
    book.tell(ChannelGone, call="c1", channel="c1")
    book.wind_up()
    row = book.rows()[-1]
    assert (row.disposition, row.dialled, row.dial_result, row.hung_up_by) == (
        Disposition.TRANSFERRED, to, "transferred", "transfer",
    )  # fmt: skip


def test_who_may_not_be_given_away_stays() -> None:
    book = Playbook(plan(text=GIVE % 'extension: "109"'))
    book.arrive()
    assert book.spoken() == ["technical-apology"]
    assert book.asked_none(TransferCall)


def test_an_answer_that_is_told_twice_is_one() -> None:
    book = connected()
    assert book.tell(AgentAnswered, call="c1", leg=LEG) == []
    assert book.call().stage == Stage.CONNECTED


def test_a_feature_code_from_the_dialled_phone_does_not_make_it_free() -> None:
    book = connected()
    book.log_in("101")  # from its second line
    assert not book.exchange.desk.agent("101").available
    book.tell(AgentHungUp, call="c1", leg=LEG)
    assert book.exchange.desk.agent("101").available


def test_music_of_the_ringing_whose_end_was_lost_ends_after_the_outage() -> None:
    book = connected()
    book.tell(SwitchLost)
    up = tuple(ChannelSeen(channel=c, state="Up", role=r) for c, r in (("c1", "call"), (LEG, "agent")))
    book.tell(SwitchSeen, channels=up, bridges=(BridgeSeen(bridge="c1.bridge", channels=("c1", LEG)),))
    assert "StopMusic" in order_kinds(book.last)


def test_a_phone_that_rang_too_long_during_an_outage_is_hung_up_and_the_music_ends() -> None:
    book = dialling()
    book.tell(SwitchLost)
    book.pass_time(60)
    assert book.call().stage == Stage.DIALLING  # it may have been answered
    still = (ChannelSeen(channel="c1", state="Up", role="call"), ChannelSeen(channel=LEG, state="Ringing", role="agent"))
    book.tell(SwitchSeen, channels=still, bridges=(BridgeSeen(bridge="c1.bridge"),))
    book.pass_time(AWAY_RETRY_S)
    assert [o.channel for o in book.last if isinstance(o, HangUp)] == [LEG]
    assert "StopMusic" in order_kinds(book.last)
    assert book.spoken() == ["no-input"]
