"""voicemail: recorded, reviewed, sent; and sent as it is when the caller just hangs up."""

from __future__ import annotations

import pytest
from playbook import Playbook, plan

from ivrd.core.cdr import Disposition
from ivrd.core.commands import AskOutside, DeliverMessage, DropMessage, PlayPrompt
from ivrd.core.events import AskAnswered, ChannelSeen, MessageDelivered, MessageFailed, SwitchSeen
from ivrd.core.ivr.orders import RecordMessage
from ivrd.core.speech import Beep, Message, Prompt
from ivrd.core.state import Stage

FLOW = """start: v
nodes:
  v: {voicemail: {box: umum, then: bye, otherwise: sorry%s}}
  sorry: {play: {say: [technical-apology], then: bye}}
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


def test_a_message_that_cannot_be_delivered_is_told_and_the_row_is_written() -> None:
    book, _ = recording()
    book.caller_leaves(after_s=8)
    book.tell(MessageFailed, call="c1", message="c1.message-1", reason="disk full")
    assert book.rows()[-1].voicemail == ""
    assert book.told("voicemail_failed") == [{"box": "umum", "reason": "disk full"}]


def test_no_word_from_the_mailbox_and_the_row_is_written_all_the_same() -> None:
    book, _ = recording()
    book.caller_leaves(after_s=8)
    book.pass_time(60)
    assert book.rows()[-1].voicemail == ""


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
