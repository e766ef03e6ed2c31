"""The row: written when all that belongs to it is known, again after wrap-up, and until it is safe."""

from __future__ import annotations

from dataclasses import replace

import pytest
from outages import back
from playbook import Playbook, plan

from ivrd.core.acd.model import Queue
from ivrd.core.commands import FinishRecording, HangUp, WriteCdr
from ivrd.core.events import (
    AgentHungUp,
    CallerAnswered,
    CallerHungUp,
    CallerRescued,
    CdrWritten,
    ChannelGone,
    RecordingFailed,
    RecordingPublished,
)

FILE = {"path": "2026/11/24/c1.wav", "duration_ms": 9990, "sha256": "ab"}


def ended(wrap_up_s: int = 30) -> Playbook:
    """A talk of ten seconds is over; the recording is being published, the agent wraps up."""
    book = Playbook(plan(queues=(Queue(id="help", title="Help", wrap_up_s=wrap_up_s),)))
    book.log_in()
    book.arrive()
    book.tell(CallerAnswered, call="c1")
    leg = book.agent_answers()
    book.caller_leaves(after_s=10)
    book.tell(ChannelGone, call="c1", channel=leg)
    return book


def test_no_conversation_no_recording_and_the_row_is_written_at_once() -> None:
    book = Playbook()
    book.arrive()
    book.caller_leaves()
    row = book.asked(WriteCdr)
    assert (row.revision, row.cdr.recording, row.cdr.recording_note) == (1, "", "")
    book.tell(CdrWritten, call="c1", revision=1)
    assert book.exchange.state.calls == {}


@pytest.mark.parametrize("wrap_up_s", [0, 5])
def test_a_wrap_up_that_is_over_before_the_recording_is_published_costs_no_second_row(wrap_up_s: int) -> None:
    book = ended(wrap_up_s)
    book.pass_time(6)
    assert book.rows() == []
    book.tell(RecordingPublished, call="c1", **FILE)
    book.pass_time(120)
    assert [row.wrap_up_ms > 0 for row in book.rows()] == [wrap_up_s > 0]
    book.tell(CdrWritten, call="c1", revision=1)
    assert book.exchange.state.calls == {}


def test_the_row_waits_for_the_recording_and_is_final_after_wrap_up() -> None:
    book = ended()
    assert book.rows() == []
    book.tell(RecordingPublished, call="c1", **FILE)
    first = book.asked(WriteCdr)
    assert (first.revision, first.cdr.recording, first.cdr.recording_ms, first.cdr.recording_sha256) == (1, *FILE.values())
    book.tell(CdrWritten, call="c1", revision=1)
    assert "c1" in book.exchange.state.calls, "wrap-up is not over"
    book.pass_time(31)
    (last,) = [c for c in book.last if isinstance(c, WriteCdr)]
    assert last.revision == 2
    book.tell(CdrWritten, call="c1", revision=2)
    assert book.exchange.state.calls == {}


def test_an_older_revision_does_not_end_it() -> None:
    book = ended()
    book.tell(RecordingPublished, call="c1", **FILE)
    book.pass_time(31)
    book.tell(CdrWritten, call="c1", revision=1)
    assert "c1" in book.exchange.state.calls
    book.tell(CdrWritten, call="c1", revision=2)
    assert book.exchange.state.calls == {}
    assert book.tell(CdrWritten, call="c1", revision=2) == []


def test_wrap_up_may_be_over_before_the_recording_is_there() -> None:
    book = ended()
    book.pass_time(31)
    assert book.rows() == []
    book.tell(RecordingPublished, call="c1", **FILE)
    assert book.asked(WriteCdr).cdr.wrap_up_ms >= 29_000
    book.write_cdrs()
    assert book.exchange.state.calls == {}


def test_the_archive_that_never_answers_costs_a_note_not_the_row() -> None:
    book = ended()
    (first,) = (o for o in book.trace if isinstance(o, FinishRecording))
    book.pass_time(61)
    assert book.asked(FinishRecording) == replace(first, ended=False)  # its outcome may have been lost with a process: asked again
    assert book.rows() == []
    book.pass_time(4 * 60)
    assert book.rows()[-1].recording_note == "no answer from the archive"
    book.tell(RecordingPublished, call="c1", **FILE)
    assert (book.asked(WriteCdr).cdr.recording, book.asked(WriteCdr).cdr.recording_note) == (FILE["path"], "")
    book.write_cdrs()
    assert (book.exchange.state.calls, book.exchange.state.timers.due) == ({}, {})


def test_news_of_a_recording_told_twice_or_too_late_change_nothing() -> None:
    book = ended()
    book.tell(RecordingPublished, call="c1", **FILE)
    assert book.tell(RecordingPublished, call="c1", **FILE) == []
    assert book.tell(RecordingFailed, call="c1", reason="gone") == []
    assert book.call().recording.note == ""
    book.tell(RecordingFailed, call="c1", reason="gone")
    assert book.told("recording_failed") == []


# --- when a recording is finished


def talking() -> tuple[Playbook, str]:
    book = Playbook()
    book.log_in()
    book.arrive()
    book.tell(CallerAnswered, call="c1")
    return book, book.agent_answers()


@pytest.mark.parametrize("first", [CallerHungUp, AgentHungUp])
def test_who_hangs_up_ends_the_recorder_and_the_file_is_whole_when_the_channel_is_gone(first: type[CallerHungUp | AgentHungUp]) -> None:
    book, leg = talking()
    book.tell(first, call="c1", after_s=10, **({"leg": leg} if first is AgentHungUp else {}))
    assert book.asked_none(FinishRecording)
    book.tell(ChannelGone, call="c1", channel=leg, after_s=1)
    assert book.asked_none(FinishRecording), "it is the caller's channel that is recorded"
    book.tell(ChannelGone, call="c1", channel="c1")
    assert book.asked(FinishRecording) == FinishRecording(call="c1", name="2026/11/24/c1", expected_ms=10_000, ended=True)
    book.wind_up()
    assert sum(isinstance(order, FinishRecording) for order in book.trace) == 1


def test_a_channel_that_nobody_says_is_gone_is_not_recorded_for_ever() -> None:
    book, leg = talking()
    book.tell(AgentHungUp, call="c1", leg=leg, after_s=10)
    orders = book.pass_time(6)
    assert [o for o in orders if isinstance(o, FinishRecording)] == [FinishRecording(call="c1", name="2026/11/24/c1", expected_ms=10_000)]
    assert HangUp(call="c1", channel="c1") in orders
    assert not any(isinstance(o, FinishRecording) for o in book.tell(ChannelGone, call="c1", channel="c1"))
    book.wind_up()


def test_a_caller_who_goes_on_without_us_is_recorded_no_longer() -> None:
    book, leg = talking()
    book.tell(ChannelGone, call="c1", channel="c1")
    assert not book.asked(FinishRecording).ended, "nobody said that they hung up: the channel may be in the dialplan"
    book, leg = talking()
    book.tell(AgentHungUp, call="c1", leg=leg)
    book.tell(CallerRescued, call="c1")
    assert not book.asked(FinishRecording).ended


def test_an_outage_while_the_channel_goes_costs_no_recording() -> None:
    book, leg = talking()
    book.tell(AgentHungUp, call="c1", leg=leg, after_s=10)
    back(book, "c1")
    assert book.asked(FinishRecording) == FinishRecording(call="c1", name="2026/11/24/c1", expected_ms=10_000)
    book.tell(ChannelGone, call="c1", channel="c1")
    assert book.asked_none(FinishRecording)
    book.wind_up()


def test_a_failure_told_twice_is_one() -> None:
    book = ended()
    book.tell(RecordingFailed, call="c1", reason="disk full")
    assert book.asked(WriteCdr).cdr.recording_note == "disk full"
    assert book.tell(RecordingFailed, call="c1", reason="disk full") == []
    assert len(book.told("recording_failed")) == 1


def test_every_stage_has_its_time() -> None:
    book = ended()
    assert [c.expected_ms for c in book.trace if isinstance(c, FinishRecording)] == [10_000]
    book.wind_up()
    row = book.rows()[-1]
    assert row.answered_at is not None
    assert row.queued_at is not None
    assert row.agent_answered_at is not None
    assert row.arrived_at == row.queued_at < row.answered_at < row.agent_answered_at < row.ended_at
    assert (row.did, row.caller_number, row.flow, row.flow_version[:5], row.offers) == ("169", "0812345678", "test", "test@", 1)
