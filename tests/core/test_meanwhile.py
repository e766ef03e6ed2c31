"""What ended while ivrd, or its connection, was away: the row says when it did, not when we were told."""

from __future__ import annotations

import pytest
from outages import LEG, MENU, channel, talking
from playbook import Playbook, plan

from ivrd.adapters.journal.codec import decode, encode
from ivrd.core.cdr import Cdr, Disposition
from ivrd.core.commands import FinishRecording
from ivrd.core.events import (
    AgentAnswered,
    BridgeSeen,
    CallerRescued,
    ChannelGone,
    RecordingPublished,
    SwitchLost,
    SwitchSeen,
    Watched,
)

AWAY_S = 600.0
BRIDGE = BridgeSeen(bridge="c1.bridge", channels=("c1",))


def lost(after_s: float = 60) -> Playbook:
    """A talk that is a minute old when the connection goes."""
    book = talking()
    book.tell(SwitchLost, after_s=after_s)
    return book


def published(book: Playbook, ended_at: float = 0.0) -> Cdr:
    """The recording's file is there; the row that this gives."""
    book.tell(RecordingPublished, call="c1", name=book.call().recording.name, path="x.wav", duration_ms=1, sha256="ab", ended_at=ended_at)
    return book.rows()[-1]


def about(row: Cdr, since: float) -> tuple[int, int]:
    """Seconds that the talk took; and from ``since`` to the call's end."""
    return round(row.talk_ms / 1000), round(row.ended_at - since)


def test_both_are_gone_and_nobody_saw_it_the_row_ends_at_the_loss_and_says_so() -> None:
    book = lost()
    at = book.at
    book.tell(SwitchSeen, after_s=AWAY_S)
    assert round(book.asked(FinishRecording).expected_ms / 1000) == 60
    row = published(book)
    assert (about(row, at), row.hung_up_by, row.ended_from) == ((60, 0), "", "lost")
    assert row.disposition == Disposition.ANSWERED
    book.wind_up()


def test_the_recording_ended_with_the_caller_and_knows_better() -> None:
    book = lost()
    at = book.at
    book.tell(SwitchSeen, after_s=AWAY_S)
    row = published(book, ended_at=at + 100)
    assert (about(row, at), row.ended_from) == ((160, 100), "recording")
    book.wind_up()


@pytest.mark.parametrize(("file_ends_s", "row_ends_s"), [(-50.0, 0), (AWAY_S + 300, AWAY_S)], ids=["before the loss", "later than now"])
def test_a_file_with_an_absurd_time_cannot_move_the_end_out_of_the_outage(file_ends_s: float, row_ends_s: float) -> None:
    book = lost()
    at = book.at
    book.tell(SwitchSeen, after_s=AWAY_S)
    assert about(published(book, ended_at=at + file_ends_s), at)[1] == row_ends_s
    book.wind_up()


@pytest.mark.parametrize(
    ("caller_s", "other_s", "by", "talk_s"),
    [(200, 230, "caller", 260), (230, 200, "agent", 260), (200, 200, "", 260), (230, -30, "agent", 60)],
)
def test_the_rescuer_saw_them_last_and_who_went_first(caller_s: float, other_s: float, by: str, talk_s: int) -> None:
    book = lost()
    at = book.at
    saw = Watched(call="c1", caller_at=at + caller_s, other_at=at + other_s)
    book.tell(SwitchSeen, watched=(saw,), after_s=AWAY_S)
    row = published(book, ended_at=at + 300)
    assert (about(row, at), row.hung_up_by, row.ended_from) == ((talk_s, caller_s), by, "noted")
    book.wind_up()


def test_who_is_still_there_was_left_by_the_other() -> None:
    book = lost()
    at = book.at
    saw = Watched(call="c1", caller_at=at + AWAY_S, other_at=at + 200)
    book.tell(SwitchSeen, channels=(channel("c1"),), bridges=(BRIDGE,), watched=(saw,), after_s=AWAY_S)
    book.tell(ChannelGone, call="c1", channel="c1")
    row = published(book, ended_at=at + AWAY_S)
    assert (about(row, at), row.hung_up_by, row.ended_from) == ((260, AWAY_S), "agent", "noted")
    book.wind_up()


def test_nobody_saw_the_agent_go_and_the_file_went_on_with_the_caller() -> None:
    book = lost()
    at = book.at
    book.tell(SwitchSeen, channels=(channel("c1"),), bridges=(BRIDGE,), after_s=AWAY_S)
    book.tell(ChannelGone, call="c1", channel="c1")
    row = published(book, ended_at=at + AWAY_S)
    assert (about(row, at), row.hung_up_by, row.ended_from) == ((60, AWAY_S), "agent", "lost")
    book.wind_up()


def test_the_caller_is_gone_and_the_agent_still_there() -> None:
    book = lost()
    at = book.at
    book.tell(SwitchSeen, channels=(channel(LEG),), after_s=AWAY_S)
    book.tell(ChannelGone, call="c1", channel=LEG)
    row = published(book, ended_at=at + 42)
    assert (about(row, at), row.hung_up_by, row.ended_from) == ((102, 42), "caller", "recording")
    book.wind_up()


def test_what_was_seen_before_an_earlier_loss_says_nothing_of_this_one() -> None:
    book = lost()
    at = book.at
    book.tell(SwitchSeen, watched=(Watched(call="c1", caller_at=at - 30, other_at=at - 30),), after_s=AWAY_S)
    row = published(book)
    assert (about(row, at), row.ended_from) == ((60, 0), "lost")
    book.wind_up()


@pytest.mark.parametrize(("seen_s", "waited_s", "told"), [(0.0, 20, "lost"), (70.0, 90, "noted")])
def test_who_waited_lost_patience_when_they_were_last_seen(seen_s: float, waited_s: int, told: str) -> None:
    book = Playbook()
    book.arrive()
    book.tell(SwitchLost, after_s=20)
    watched = (Watched(call="c1", caller_at=book.at + seen_s),) if seen_s else ()
    book.tell(SwitchSeen, watched=watched, after_s=AWAY_S)
    (row,) = book.rows()
    assert (row.disposition, row.hung_up_by, row.ended_from) == (Disposition.ABANDONED_QUEUE, "caller", told)
    assert (round(row.wait_ms / 1000), round(row.ended_at - row.arrived_at)) == (waited_s, waited_s)
    book.wind_up()


def test_a_caller_whom_the_agent_left_and_the_rescuer_moved() -> None:
    book = lost()
    at = book.at
    book.tell(CallerRescued, call="c1", alone_since=at + 100, after_s=112)
    book.tell(SwitchSeen, after_s=AWAY_S)
    row = published(book)
    assert (about(row, at), row.hung_up_by, row.ended_from) == ((160, 112), "system", "noted")
    book.wind_up()


def test_the_last_sign_of_life_of_a_killed_process_is_when_it_lost_asterisk() -> None:
    before = talking()
    book = Playbook(before.exchange.plan, before.exchange.state, connected=False)
    book.at = before.at
    book.tell(SwitchLost, after_s=60)  # by the next process, at its start
    at = book.at
    book.tell(SwitchLost, after_s=200)  # it came up without Asterisk
    book.tell(SwitchSeen, after_s=AWAY_S)
    assert (about(published(book), at)) == (60, 0)


def test_a_call_whose_end_is_told_has_no_note() -> None:
    book = talking()
    book.caller_leaves(after_s=30)
    book.tell(ChannelGone, call="c1", channel=LEG)
    row = published(book, ended_at=book.at + 99)
    assert (about(row, row.agent_answered_at or 0), row.ended_from) == ((30, 30), "")
    book.wind_up()


def test_a_channel_that_is_missed_without_an_outage_ended_when_it_was_missed() -> None:
    book = talking()
    at = book.at
    book.tell(SwitchSeen, after_s=30)
    row = published(book, ended_at=at + 20)
    assert (about(row, at), row.ended_from) == ((20, 20), "recording")
    book.wind_up()


def test_whoever_was_connected_by_the_flow_has_the_time_of_the_end_too() -> None:
    text = MENU.replace("n: {menu: {say: [b], keys: {1: q}, otherwise: bye}}", 'n: {dial: {number: "02112345678", then: bye, busy: bye, no_answer: bye, failed: bye}}')
    book = Playbook(plan(text=text))
    call = book.arrive()
    book.press("1")
    assert call.dialled is not None
    book.tell(AgentAnswered, call="c1", leg=call.dialled.leg)
    book.tell(SwitchLost, after_s=60)
    at = book.at
    book.tell(SwitchSeen, after_s=AWAY_S)
    row = published(book)
    assert (round(row.dialled_ms / 1000), round(row.ended_at - at), row.ended_from) == (60, 0, "lost")
    assert row.disposition == Disposition.CONNECTED
    book.wind_up()


def test_the_facts_survive_the_journal() -> None:
    seen = SwitchSeen(at=1.0, watched=(Watched(call="c1", caller_at=2.0, other_at=3.0),))
    assert decode(encode(seen)) == seen


