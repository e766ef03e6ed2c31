"""A call's record: its recording and its row, written when all that belongs to it is known."""

from __future__ import annotations

from typing import Any

from ivrd.core import guards, pausing
from ivrd.core.cdr import Cdr
from ivrd.core.commands import FinishRecording, StartRecording, WriteCdr
from ivrd.core.desk import Desk
from ivrd.core.events import CdrWritten, RecordingFailed, RecordingPublished, RecordingStarted
from ivrd.core.state import Call, MessageState, Rec, Stage

#: a published recording takes a second; past this it is ordered once more ...
RECORDING_TIMEOUT_S = 60.0
#: ... and after so many the CDR says that there is none
RECORDING_TRIES = 5
#: a recording that was refused is asked for again after so long, the last as long as the conversation lasts
AGAIN_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_IN_TALK = (Stage.TALKING, Stage.CONNECTED)


def recording_started(desk: Desk, call: Call, event: RecordingStarted) -> None:
    """Asterisk records."""
    rec = call.recording
    if rec.state == Rec.FAILED and call.stage in _IN_TALK:  # it was asked again
        rec.state, rec.late, rec.note = Rec.ASKED, f"began late: {rec.note}", ""
    if rec.state == Rec.ASKED:
        rec.state = Rec.RUNNING


def recording_published(desk: Desk, call: Call, event: RecordingPublished) -> None:
    """The file is there."""
    rec = call.recording
    if rec.state == Rec.PUBLISHED:
        return  # told twice
    rec.state, rec.path, rec.note = Rec.PUBLISHED, event.path, ""
    rec.duration_ms, rec.sha256 = event.duration_ms, event.sha256
    _recording_over(desk, call)


def recording_failed(desk: Desk, call: Call, event: RecordingFailed) -> None:
    """There will be no file; the row says why. Not of one that is there, or was given up already.

    While the two still talk, it is tried again: the rest of the conversation is better than nothing.
    """
    if call.stage in _IN_TALK and call.recording.state in (Rec.ASKED, Rec.FAILED):
        call.recording.refused += 1
        wait_s = AGAIN_S[min(call.recording.refused, len(AGAIN_S)) - 1]
        desk.state.timers.set(f"record:{call.id}", desk.at + wait_s)
    if call.recording.state in (Rec.NONE, Rec.PUBLISHED, Rec.FAILED):
        return
    call.recording.state, call.recording.note = Rec.FAILED, event.reason
    pausing.finish(desk, call)
    desk.tell("recording_failed", call, reason=event.reason)
    _recording_over(desk, call)


def finish_again(desk: Desk, call: Call) -> None:
    """The order to publish the recording once more: it may be repeated."""
    rec, talk, dialled = call.recording, call.talk, call.dialled
    if rec.state != Rec.FINISHING:
        return
    if talk is not None:
        seconds = (talk.ended_at or call.ended_at or desk.at) - talk.since
    elif dialled is not None and dialled.since is not None:
        seconds = (dialled.ended_at or desk.at) - dialled.since
    else:
        return
    desk.order(FinishRecording(call=call.id, name=rec.name, expected_ms=round(seconds * 1000)))


def record_again(desk: Desk, call: Call) -> None:
    """Asterisk did not begin to record: ask it once more."""
    if call.stage in _IN_TALK and call.recording.state == Rec.FAILED:
        desk.order(StartRecording(call=call.id, name=call.recording.name))


def recording_timed_out(desk: Desk, call: Call) -> None:
    """Nobody told us what became of the recording: a process that was killed, a disk that is slow. Ask again."""
    if call.recording.state == Rec.FINISHING:
        call.recording.tries += 1
        if call.recording.tries < RECORDING_TRIES:
            finish_again(desk, call)
            desk.state.timers.set(f"recording:{call.id}", desk.at + RECORDING_TIMEOUT_S)
            return
        call.recording.state, call.recording.note = Rec.FAILED, "no answer from the archive"
        _recording_over(desk, call)


def _recording_over(desk: Desk, call: Call) -> None:
    desk.clear_timers(call, ("recording",))
    write(desk, call)


def write(desk: Desk, call: Call) -> None:
    """Write the row, once all that belongs to it now is known; again when wrap-up is over."""
    if call.stage != Stage.CLOSED or call.recording.state in (Rec.ASKED, Rec.RUNNING, Rec.FINISHING):
        return
    if call.message is not None and call.message.state == MessageState.DELIVERING:
        return
    call.final = not call.wrapping
    call.revision += 1
    desk.order(WriteCdr(call=call.id, revision=call.revision, cdr=row(desk, call), why=tuple(call.why)))


def written(desk: Desk, call: Call, event: CdrWritten) -> None:
    """The row is safe: once it is the last one, the call may be forgotten."""
    if call.stage == Stage.CLOSED and call.final and event.revision == call.revision:
        desk.clear_timers(call, ("recording", "close"))
        del desk.state.calls[call.id]


def row(desk: Desk, call: Call) -> Cdr:
    """The call's detail record."""
    ended = call.ended_at if call.ended_at is not None else desk.at
    talk = call.talk
    return Cdr(
        call=call.id,
        did=call.did,
        caller_number=call.number,
        caller_name=call.name,
        language=call.walk.language,
        flow=call.walk.flow,
        flow_version=call.walk.version,
        menu_path=">".join(call.walk.path),
        tags=",".join(call.walk.tags),
        arrived_at=call.arrived_at,
        answered_at=call.answered_at,
        queued_at=call.queued_at,
        agent_answered_at=talk.since if talk else None,
        ended_at=ended,
        queue=call.queue,
        skills=",".join(call.skills),
        agent=talk.agent if talk else "",
        offers=call.offers,
        wait_ms=call.wait_ms,
        talk_ms=round(((talk.ended_at or ended) - talk.since) * 1000) if talk else 0,
        hold_ms=talk.hold_ms if talk else 0,
        wrap_up_ms=call.wrap_up_ms,
        hung_up_by=call.hung_up_by,
        disposition=call.disposition,
        cause=call.cause,
        recording=call.recording.path,
        recording_ms=call.recording.duration_ms,
        recording_sha256=call.recording.sha256,
        recording_note="; ".join(filter(None, (call.recording.note, call.recording.late, pausing.note(call)))),
        csat=call.walk.answers.get("csat"),
        nps=call.walk.answers.get("nps"),
        **_dialled(call, ended),
        voicemail=call.message.path if call.message else "",
        guard=guards.label(call),
        overflow=">".join(call.overflows),
        expected_wait_s=call.expected_wait_s,
        callback_of=call.callback_of,
    )


def _dialled(call: Call, ended: float) -> dict[str, Any]:
    """Of whom the flow dialled."""
    dialled = call.dialled
    if dialled is None:
        return {}
    since, until = dialled.since, dialled.ended_at or ended
    talked_ms = round((until - since) * 1000) if since is not None else 0
    return {"dialled": dialled.to, "dial_result": dialled.result, "dialled_ms": talked_ms}
