"""A call's record: its recording and its row, written when all that belongs to it is known."""

from __future__ import annotations

from typing import Any

from ivrd.core import guards, meanwhile, pausing
from ivrd.core.cdr import Cdr
from ivrd.core.commands import FinishRecording, StartRecording, WriteCdr
from ivrd.core.desk import Desk
from ivrd.core.events import CdrWritten, RecordingFailed, RecordingPublished, RecordingStarted
from ivrd.core.state import Call, Earlier, MessageState, Rec, Recording, Stage

#: a published recording takes a second; past this it is ordered once more ...
RECORDING_TIMEOUT_S = 60.0
#: ... and after so many the CDR says that there is none
RECORDING_TRIES = 5
#: a recording that was refused is asked for again after so long, the last as long as the conversation lasts
AGAIN_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
#: in the note of a row that will be written once more when its call's message is in its mailbox (or given up: voicemails.py)
NOT_YET = "message not delivered yet"
#: in the note of a row whose message was given up
LEFT = "perhaps still at Asterisk"
_UNDER_WAY = (Rec.ASKED, Rec.RUNNING, Rec.FINISHING)
_IN_TALK = (Stage.TALKING, Stage.CONNECTED)


def recording_started(desk: Desk, call: Call, event: RecordingStarted) -> None:
    """Asterisk records."""
    rec = _named(call, event.name)
    if rec.state == Rec.FAILED and rec is call.recording and call.stage in _IN_TALK:  # it was asked again
        rec.state, rec.late, rec.note = Rec.ASKED, f"began late: {rec.note}", ""
    if rec.state == Rec.ASKED:
        rec.state = Rec.RUNNING


def recording_published(desk: Desk, call: Call, event: RecordingPublished) -> None:
    """The file is there."""
    rec = _named(call, event.name)
    if rec.state == Rec.PUBLISHED:
        return  # told twice
    rec.state, rec.path, rec.note = Rec.PUBLISHED, event.path, ""
    rec.duration_ms, rec.sha256 = event.duration_ms, event.sha256
    if rec is call.recording and event.ended_at:
        meanwhile.recorded(desk, call, event.ended_at)
    _recording_over(desk, call)


def recording_failed(desk: Desk, call: Call, event: RecordingFailed) -> None:
    """There will be no file; the row says why. Not of one that is there, or was given up already.

    While the two still talk, it is tried again: the rest of the conversation is better than nothing.
    """
    rec = _named(call, event.name)
    if rec is call.recording and call.stage in _IN_TALK and rec.state in (Rec.ASKED, Rec.FAILED):
        rec.refused += 1
        wait_s = AGAIN_S[min(rec.refused, len(AGAIN_S)) - 1]
        desk.state.timers.set(f"record:{call.id}", desk.at + wait_s)
    if rec.state in (Rec.NONE, Rec.PUBLISHED, Rec.FAILED):
        return
    rec.state, rec.note = Rec.FAILED, event.reason
    if rec is call.recording:
        pausing.finish(desk, call)
    desk.tell("recording_failed", call, reason=event.reason)
    _recording_over(desk, call)


def finish(desk: Desk, call: Call, *, ends: bool = False) -> None:
    """The conversation is over: its recording is stopped and published.

    ``ends``: so is the caller's channel, hung up by either side. Asterisk stops the recorder with it, so we wait until it is
    gone: an order to stop would be refused, and the file is whole only then.
    """
    rec = call.recording
    if rec.state not in (Rec.ASKED, Rec.RUNNING):
        return
    rec.state, rec.waits = Rec.FINISHING, ends
    pausing.finish(desk, call)
    if not ends:
        _publish(desk, call)


def channel_gone(desk: Desk, call: Call, *, ended: bool) -> None:
    """What has waited for the caller's channel to go is published. Not ``ended``: it may go on in the dialplan, or never have gone."""
    if call.recording.waits and call.recording.state == Rec.FINISHING:
        _publish(desk, call, ended=ended)


def finish_again(desk: Desk, call: Call) -> None:
    """The orders to publish what is not published yet once more: they may be repeated."""
    for one in call.earlier:
        if one.recording.state == Rec.FINISHING:
            seconds = (one.talk.ended_at or desk.at) - one.talk.since
            desk.order(FinishRecording(call=call.id, name=one.recording.name, expected_ms=round(seconds * 1000)))
    if call.recording.state == Rec.FINISHING:
        _publish(desk, call)


def _publish(desk: Desk, call: Call, *, ended: bool = False) -> None:
    rec, talk, dialled = call.recording, call.talk, call.dialled
    rec.waits = False
    if dialled is not None and dialled.since is not None and (talk is None or dialled.since > talk.since):
        seconds = (dialled.ended_at or desk.at) - dialled.since
    elif talk is not None:
        seconds = (talk.ended_at or call.ended_at or desk.at) - talk.since
    else:
        return
    desk.order(FinishRecording(call=call.id, name=rec.name, expected_ms=round(seconds * 1000), ended=ended))


def record_again(desk: Desk, call: Call) -> None:
    """Asterisk did not begin to record: ask it once more."""
    if call.stage in _IN_TALK and call.recording.state == Rec.FAILED:
        desk.order(StartRecording(call=call.id, name=call.recording.name))


def recording_timed_out(desk: Desk, call: Call) -> None:
    """Nobody told us what became of the recording: a process that was killed, a disk that is slow. Ask again."""
    late = [rec for rec in call.recordings if rec.state == Rec.FINISHING]
    for rec in late:
        rec.tries += 1
        if rec.tries >= RECORDING_TRIES:
            rec.state, rec.note = Rec.FAILED, "no answer from the archive"
    if any(rec.state == Rec.FINISHING for rec in late):
        finish_again(desk, call)
        desk.state.timers.set(f"recording:{call.id}", desk.at + RECORDING_TIMEOUT_S)
    elif late:
        _recording_over(desk, call)


def _named(call: Call, name: str) -> Recording:
    """The call's recording of that name; a journal of before there were several names none."""
    return next((rec for rec in call.recordings if rec.name == name), call.recording)


def _recording_over(desk: Desk, call: Call) -> None:
    if not any(rec.state == Rec.FINISHING for rec in call.recordings):
        desk.clear_timers(call, ("recording",))
    write(desk, call)


def write(desk: Desk, call: Call) -> None:
    """Write the row, once all that belongs to it now is known; again when wrap-up is over, or a message delivered that could not be."""
    if call.stage != Stage.CLOSED or any(rec.state in _UNDER_WAY for rec in call.recordings):
        return
    if any(message.under_way and not message.tries for message in call.messages):
        return
    more = call.wrapping or any(one.wrapping for one in call.earlier) or any(message.under_way for message in call.messages)
    call.final = not more
    call.revision += 1
    desk.order(WriteCdr(call=call.id, revision=call.revision, cdr=row(desk, call), why=tuple(call.why)))


def written(desk: Desk, call: Call, event: CdrWritten) -> None:
    """The row is safe: once it is the last one, the call may be forgotten."""
    if call.stage == Stage.CLOSED and call.final and event.revision == call.revision:
        desk.clear_timers(call, ("recording", "close"))
        for channel in [own for own, about in desk.state.consults.items() if about == call.id]:
            del desk.state.consults[channel]
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
        recording_note="; ".join(filter(None, (*map(_note, call.recordings), *_of_messages(call)))),
        csat=call.walk.answers.get("csat"),
        nps=call.walk.answers.get("nps"),
        **_dialled(call, ended),
        voicemail=next((one.path for one in reversed(call.messages) if one.path), ""),
        guard=guards.label(call),
        overflow=">".join(call.overflows),
        expected_wait_s=call.expected_wait_s,
        callback_of=call.callback_of,
        passed_on=">".join(call.passed_on),
        earlier_ms=sum(_handled_ms(one) for one in call.earlier),
        earlier_recordings=",".join(one.recording.path for one in call.earlier if one.recording.path),
        ended_from=call.ended_from,
    )


def _note(rec: Recording) -> str:
    return "; ".join(filter(None, (rec.note, rec.late, pausing.note(rec))))


def _of_messages(call: Call) -> list[str]:
    """Why there is none, when there should be one."""
    waiting = [f"{NOT_YET}: {one.problem}" for one in call.messages if one.under_way]
    lost = [f"message {one.name} not delivered, {LEFT}: {one.problem}" for one in call.messages if one.state == MessageState.FAILED]
    return [*waiting, *lost, *([f"message {call.unrecorded}"] if call.unrecorded else [])]


def _handled_ms(one: Earlier) -> int:
    talk = one.talk
    return round(((talk.ended_at or talk.since) - talk.since) * 1000) + one.wrap_up_ms


def _dialled(call: Call, ended: float) -> dict[str, Any]:
    """Of whom the flow dialled."""
    dialled = call.dialled
    if dialled is None:
        return {}
    since, until = dialled.since, dialled.ended_at or ended
    talked_ms = round((until - since) * 1000) if since is not None else 0
    return {"dialled": dialled.to, "dial_result": dialled.result, "dialled_ms": talked_ms}
