"""The row: written when all that belongs to it is known, again after wrap-up, and until it is safe."""

from __future__ import annotations

from playbook import Playbook

from ivrd.core.commands import FinishRecording, WriteCdr
from ivrd.core.events import CallerAnswered, CdrWritten, RecordingFailed, RecordingPublished

FILE = {"path": "2026/11/24/c1.wav", "duration_ms": 9990, "sha256": "ab"}


def ended() -> Playbook:
    """A talk of ten seconds is over; the recording is being published, the agent wraps up."""
    book = Playbook()
    book.log_in()
    book.arrive()
    book.tell(CallerAnswered, call="c1")
    leg = book.agent_answers()
    book.caller_leaves(after_s=10)
    from ivrd.core.events import ChannelGone

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
    assert book.asked(FinishRecording) == first  # its outcome may have been lost with a process: asked again
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
