"""The agent pauses the recording while the caller says what nobody may keep, by keys on the phone (ADR 26).

The file goes on with silence, so that its length and both sides stay in step; the row tells for how long.
"""

from __future__ import annotations

from ivrd.core.commands import PauseRecording
from ivrd.core.desk import Desk
from ivrd.core.events import DigitPressed, RecordingPauseFailed
from ivrd.core.state import Call, Rec, Recording, Stage

#: keys further apart are not meant together
KEYS_WITHIN_S = 3.0
_LONGEST_KEYS = 8
#: an order that is given again after an outage, and refused, is given once more after so long
AGAIN_S = (0.3, 1.0, 2.0, 5.0, 10.0, 30.0)


def digit(desk: Desk, call: Call, event: DigitPressed) -> None:
    """A key was pressed in a conversation; only the agent's mean something."""
    if event.channel != _agents_leg(call):
        return
    rec, rules = call.recording, desk.plan.recording
    together = rec.keys if desk.at - rec.keys_at <= KEYS_WITHIN_S else ""
    rec.keys, rec.keys_at = (together + event.digit)[-_LONGEST_KEYS:], desk.at
    if rules.pause_keys and rec.keys.endswith(rules.pause_keys):
        rec.keys = ""
        _pause(desk, call)
    elif rules.resume_keys and rec.keys.endswith(rules.resume_keys):
        rec.keys = ""
        resume(desk, call)


def resume(desk: Desk, call: Call) -> None:
    """Recorded again: by the agent's keys, or because the pause was forgotten."""
    if _ended(desk, call):
        desk.order(PauseRecording(call=call.id, on=False))
        desk.tell("recording_resumed", call, paused_ms=call.recording.paused_ms)


def finish(desk: Desk, call: Call) -> None:
    """The recording is over, paused or not."""
    _ended(desk, call)


def again(desk: Desk, call: Call) -> None:
    """After an outage: the order may have been lost."""
    call.recording.pause_tries = 0
    once_more(desk, call)


def once_more(desk: Desk, call: Call) -> None:
    """Tell Asterisk what it was told before."""
    rec = call.recording
    if call.stage in (Stage.TALKING, Stage.CONNECTED) and rec.state in (Rec.ASKED, Rec.RUNNING) and (rec.pauses or rec.paused_since is not None):
        desk.order(PauseRecording(call=call.id, on=rec.paused_since is not None, again=True))


def failed(desk: Desk, call: Call, event: RecordingPauseFailed) -> None:
    """Asterisk did not do it: the row says so, and so does an event, for what was said is in the file.

    What was ordered before an outage is so most likely, and is ordered again for a while: AMI may be back later than ARI. Were it taken
    for refused, nobody could end the pause any more.
    """
    rec = call.recording
    if event.again and rec.pause_tries < len(AGAIN_S):
        desk.state.timers.set(f"mute:{call.id}", desk.at + AGAIN_S[rec.pause_tries])
        rec.pause_tries += 1
        return
    if event.on and rec.paused_since is not None:
        rec.paused_since, rec.pause_refused = None, f"could not be paused: {event.reason}"
        desk.clear_timers(call, ("paused",))
    elif not event.on:
        rec.pause_refused = f"could not be resumed: {event.reason}"
    desk.tell("recording_pause_failed", call, paused=int(event.on), reason=event.reason)


def is_paused(call: Call) -> bool:
    """Nothing is recorded at this moment."""
    return call.recording.paused_since is not None and call.stage in (Stage.TALKING, Stage.CONNECTED)


def note(rec: Recording) -> str:
    """What the row says of it; "" when there was no pause."""
    times = f"paused {rec.paused_ms / 1000:.1f} s" if rec.pauses == 1 else f"paused {rec.pauses} times, {rec.paused_ms / 1000:.1f} s"
    return "; ".join(filter(None, (rec.pause_refused, times if rec.pauses else "")))


def _pause(desk: Desk, call: Call) -> None:
    rec = call.recording
    if rec.state not in (Rec.ASKED, Rec.RUNNING) or rec.paused_since is not None:
        return
    rec.paused_since = desk.at
    desk.state.timers.set(f"paused:{call.id}", desk.at + desk.plan.recording.pause_max_s)
    desk.order(PauseRecording(call=call.id, on=True))
    desk.tell("recording_paused", call)


def _ended(desk: Desk, call: Call) -> bool:
    """The pause is over, if there was one."""
    rec = call.recording
    if rec.paused_since is None:
        return False
    rec.paused_ms += desk.elapsed_ms(rec.paused_since)
    rec.pauses += 1
    rec.paused_since = None
    desk.clear_timers(call, ("paused",))
    return True


def _agents_leg(call: Call) -> str:
    """The leg of an agent who talks to the caller; "" when it is somebody outside."""
    if call.stage == Stage.TALKING and call.talk is not None:
        return call.talk.leg
    if call.stage == Stage.CONNECTED and call.dialled is not None and call.dialled.extension:
        return call.dialled.leg
    return ""
