"""voicemail: recorded, reviewed, sent; and sent as it is when the caller just hangs up."""

from __future__ import annotations

import json

import pytest
from playbook import Playbook, plan
from pydantic import TypeAdapter

from ivrd.core import voicemails
from ivrd.core.cdr import Disposition
from ivrd.core.commands import AskOutside, DeliverMessage, DropMessage, PlayPrompt
from ivrd.core.events import (
    AskAnswered,
    ChannelSeen,
    ClockStepped,
    MessageDelivered,
    MessageFailed,
    SwitchSeen,
)
from ivrd.core.ivr.orders import RecordMessage
from ivrd.core.speech import Beep, Message, Prompt
from ivrd.core.state import Stage, State

FLOW = """start: v
nodes:
  v: {voicemail: {box: umum, then: bye, otherwise: sorry%s}}
  sorry: {play: {say: [technical-apology], then: bye}}
  bye: {hangup: {}}
"""
TWICE = """start: v
nodes:
  v: {voicemail: {box: umum, review: false, then: w, otherwise: bye}}
  w: {voicemail: {box: umum, review: false, then: m, otherwise: bye}}
  m: {menu: {say: [a], keys: {1: bye}, otherwise: bye}}
  bye: {hangup: {}}
"""


def recording(extra: str = "") -> tuple[Playbook, AskOutside]:
    book = Playbook(plan(text=FLOW % extra))
    book.arrive()
    assert book.asked(PlayPrompt).speech == (Prompt(key="voicemail-greeting"), Beep())
    book.heard()
    return book, book.asked(AskOutside)


def recorded(extra: str = "", seconds: int = 9) -> tuple[Playbook, AskOutside]:
    book, ask = recording(extra)
    book.tell(AskAnswered, after_s=seconds, call="c1", ask_id=ask.ask_id, outcome="recorded", values={"duration_s": seconds})
    return book, ask


def delivered(book: Playbook) -> None:
    book.tell(MessageDelivered, call="c1", message="c1.message-1", path="/umum/x.wav", duration_ms=9000)


def test_what_is_recorded_and_for_how_long() -> None:
    book, ask = recording()
    assert ask.order == RecordMessage(box="umum", max_s=120, silence_s=5, min_s=2.0)
    assert book.exchange.state.timers.due["ask:c1"] > book.at + 120


def test_reviewed_listened_to_and_sent() -> None:
    book, _ = recorded()
    assert book.spoken() == ["voicemail-review"]
    book.press("2")
    assert book.asked(PlayPrompt).speech[0] == Message(name="c1.message-1")
    book.press("1")
    order = book.asked(DeliverMessage)
    assert (order.message, order.box, order.number) == ("c1.message-1", "umum", "0812345678")
    assert book.spoken() == ["voicemail-sent"]
    delivered(book)
    book.heard()
    book.wind_up()
    row = book.rows()[-1]
    assert (row.disposition, row.voicemail) == (Disposition.VOICEMAIL, "/umum/x.wav")
    assert book.told("voicemail_left") == [{"box": "umum", "duration_ms": 9000}]


def test_recorded_again_and_the_first_one_is_forgotten() -> None:
    book, _ = recorded()
    book.press("3")
    book.heard()
    assert book.asked(DropMessage).message == "c1.message-1"
    assert book.asked(AskOutside).ask_id == 2


def test_without_review_it_is_sent_at_once_and_after_it_silence_sends_it() -> None:
    book, _ = recorded(", review: false")
    assert book.asked(DeliverMessage)
    book, _ = recorded()
    book.heard()
    book.pass_time(5)
    assert book.asked(DeliverMessage)


def test_who_just_hangs_up_has_left_a_message_and_the_row_waits_for_it() -> None:
    book, _ = recording()
    book.caller_leaves(after_s=8)
    assert book.asked(DeliverMessage)
    assert book.call().stage == Stage.CLOSED
    assert book.rows() == []
    delivered(book)
    row = book.rows()[-1]
    assert (row.disposition, row.voicemail, row.hung_up_by) == (Disposition.VOICEMAIL, "/umum/x.wav", "caller")
    book.wind_up()


def test_who_hangs_up_at_the_beep_has_not() -> None:
    book, _ = recording()
    book.caller_leaves(after_s=1)
    assert book.asked(DropMessage)
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.ABANDONED_IVR


def test_nothing_said_is_asked_for_again_and_then_given_up() -> None:
    book, ask = recorded(", tries: 2", seconds=1)
    assert book.asked(PlayPrompt).speech == (Prompt(key="voicemail-too-short"), Prompt(key="voicemail-greeting"), Beep())
    book.heard()
    book.tell(AskAnswered, call="c1", ask_id=ask.ask_id + 1, outcome="recorded", values={"duration_s": 0})
    assert book.spoken() == ["technical-apology"]
    assert book.asked(DropMessage)


@pytest.mark.parametrize("outcome", ["failed", "timeout"])
def test_a_recording_that_cannot_be_made_leads_to_otherwise(outcome: str) -> None:
    book, ask = recording()
    if outcome == "timeout":
        book.pass_time(140)
    else:
        book.tell(AskAnswered, call="c1", ask_id=ask.ask_id, outcome="failed", values={})
    assert book.spoken() == ["technical-apology"]
    book.caller_leaves()
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.ABANDONED_IVR


def fails(book: Playbook, reason: str = "disk full", message: str = "c1.message-1") -> None:
    book.tell(MessageFailed, call="c1", message=message, reason=reason)


def left() -> Playbook:
    """A caller has left a message and hung up."""
    book, _ = recording()
    book.caller_leaves(after_s=8)
    assert book.asked(DeliverMessage)
    return book


def test_a_message_that_cannot_be_delivered_is_ordered_again_later_and_later_until_it_is() -> None:
    book = left()
    for wait_s in (0.5, 2, 10, 60, 300, 300, 300):
        fails(book)
        assert book.pass_time(wait_s - 0.1) == []
        book.pass_time(0.1)
        assert book.asked(DeliverMessage).message == "c1.message-1"
    assert book.told("voicemail_failed") == []
    delivered(book)
    assert book.told("voicemail_left") == [{"box": "umum", "duration_ms": 9000}]
    book.wind_up()


def test_its_row_does_not_wait_for_it_says_why_and_is_written_once_more_when_it_is_delivered() -> None:
    book = left()
    assert book.rows() == []
    fails(book)
    assert [(row.voicemail, row.recording_note) for row in book.rows()] == [("", "message not delivered yet: disk full")]
    book.write_cdrs()
    book.pass_time(0.5)
    fails(book)  # one row is enough
    book.write_cdrs()
    delivered(book)
    assert [(row.voicemail, row.recording_note) for row in book.rows()[1:]] == [("/umum/x.wav", "")]
    book.wind_up()


def test_after_a_day_it_is_given_up_and_the_row_says_where_it_may_be() -> None:
    book = left()
    end = book.at + voicemails.GIVE_UP_AFTER_S
    while not book.told("voicemail_failed"):
        assert book.at < end + 301
        fails(book)
        book.pass_time(300)
    assert book.at > end
    assert book.told("voicemail_failed") == [{"box": "umum", "reason": "disk full"}]
    assert book.rows()[-1].recording_note == "message c1.message-1 not delivered, perhaps still at Asterisk: disk full"
    book.wind_up()


def test_of_too_many_one_is_given_up_when_it_was_tried_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voicemails, "MOST_WAITING", 0)
    book = left()
    for wait_s in voicemails.AGAIN_S:
        fails(book)
        book.pass_time(wait_s)
        assert book.asked(DeliverMessage)
    fails(book)
    assert book.told("voicemail_failed") == [{"box": "umum", "reason": "disk full"}]
    book.wind_up()


def test_no_word_from_the_mailbox_and_the_row_is_written_and_the_message_ordered_again() -> None:
    book = left()
    book.pass_time(60)
    assert book.rows()[-1].recording_note == "message not delivered yet: no answer from the mailbox"
    book.pass_time(0.5)
    assert book.asked(DeliverMessage)
    delivered(book)
    book.wind_up()


def test_after_a_crash_one_that_waits_is_tried_at_once() -> None:
    book = left()
    for _ in range(6):
        fails(book)
        book.pass_time(300)
    fails(book)
    book.tell(SwitchSeen)
    assert book.asked(DeliverMessage)
    fails(book)
    assert book.pass_time(299) == []  # and then as before
    book.pass_time(1)
    delivered(book)
    book.wind_up()


def test_one_that_waits_survives_a_restart_and_what_an_older_ivrd_wrote_is_read() -> None:
    book = left()
    fails(book)
    whole = TypeAdapter(State)
    text = json.loads(whole.dump_json(book.exchange.state))
    assert whole.validate_python(text) == book.exchange.state
    call = text["calls"]["c1"]
    for name in ("tries", "problem", "undelivered_since", "due_at"):
        del call["message"][name]
    del call["sent"], call["unrecorded"]
    call["message"]["state"] = "delivering"
    again = Playbook(plan(text=FLOW % ""), whole.validate_python(text))
    assert again.asked(DeliverMessage).message == "c1.message-1"


def test_the_clock_is_set_and_the_wait_is_what_it_was() -> None:
    book = left()
    fails(book)
    book.pass_time(0.3)
    book.at += 3600
    book.exchange.handle(ClockStepped(at=book.at, by_s=3600))
    assert book.pass_time(0.1) == []
    book.pass_time(0.2)
    assert book.asked(DeliverMessage)


def test_two_messages_of_one_call_are_tried_again_both_and_none_is_forgotten() -> None:
    book = Playbook(plan(text=TWICE))
    book.arrive()
    for ask in (1, 2):
        book.heard()
        book.tell(AskAnswered, after_s=9, call="c1", ask_id=ask, outcome="recorded", values={"duration_s": 9})
        assert book.asked(DeliverMessage).message == f"c1.message-{ask}"
        fails(book, message=f"c1.message-{ask}")
        book.heard()
    orders = book.pass_time(2)
    assert [order.message for order in orders if isinstance(order, DeliverMessage)] == ["c1.message-1", "c1.message-2"]
    book.caller_leaves()
    for ask in (1, 2):
        book.tell(MessageDelivered, call="c1", message=f"c1.message-{ask}", path=f"/umum/{ask}.wav", duration_ms=9000)
    assert len(book.told("voicemail_left")) == 2
    assert (book.rows()[-1].voicemail, book.rows()[-1].disposition) == ("/umum/2.wav", Disposition.VOICEMAIL)
    book.wind_up()


def test_somebody_is_told_of_messages_that_wait_for_longer_than_a_minute() -> None:
    book = left()
    fails(book)
    first = book.at
    state = book.exchange.state
    assert voicemails.late(state, first + 60) == []
    assert [message.name for message in voicemails.late(state, first + 61)] == ["c1.message-1"]
    delivered(book)
    assert voicemails.late(state, first + 61) == []


def test_without_room_no_message_is_begun_and_the_row_says_so() -> None:
    book, ask = recording()
    why = "not recorded: less than 500 MB free for /var/spool/ivrd"
    book.tell(AskAnswered, call="c1", ask_id=ask.ask_id, outcome="failed", values={"why": why})
    assert book.spoken() == ["technical-apology"]
    book.caller_leaves()
    assert (book.rows()[-1].disposition, book.rows()[-1].recording_note) == (Disposition.ABANDONED_IVR, f"message {why}")
    book.wind_up()


def test_after_a_crash_it_is_delivered_again_and_told_once() -> None:
    book, _ = recording()
    book.caller_leaves(after_s=8)
    book.tell(SwitchSeen)
    assert book.asked(DeliverMessage)
    delivered(book)
    delivered(book)
    assert len(book.told("voicemail_left")) == 1
    book.wind_up()


def test_a_crash_in_the_middle_of_it_begins_again_and_forgets_the_half() -> None:
    book, _ = recording()
    book.tell(SwitchSeen, channels=(ChannelSeen(channel="c1", state="Up", role="call", did="169"),))
    assert Prompt(key="voicemail-greeting") in book.asked(PlayPrompt).speech
    assert book.asked(DropMessage).message == "c1.message-1"  # Asterisk records on, and says nothing meanwhile
    book.heard()
    assert book.asked(AskOutside).ask_id == 2


def test_the_key_that_ends_it_is_no_answer_to_the_review() -> None:
    book, ask = recording()
    book.press("#")
    book.tell(AskAnswered, after_s=5, call="c1", ask_id=ask.ask_id, outcome="recorded", values={"duration_s": 5})
    assert book.spoken() == ["voicemail-review"]


def test_a_key_ends_the_greeting_but_not_the_beep() -> None:
    book = Playbook(plan(text=FLOW % ""))
    book.arrive()
    book.press("5")
    assert book.asked(PlayPrompt).speech == (Beep(),)
    assert book.press("5") == []
    book.heard()
    assert book.asked(AskOutside)
