"""Is there anybody? In the menus, until the first key or voice, Asterisk tells whether the caller's line carries one.

Only when the guard `silent` is on, only after the answer, and never in a queue: nobody who waits for an agent pays for it.
"""

from __future__ import annotations

from ivrd.core.commands import ListenForVoice
from ivrd.core.desk import Desk
from ivrd.core.events import VoiceHeard, VoiceWatched
from ivrd.core.state import Call, Stage


def watch(desk: Desk, call: Call) -> None:
    """The caller was answered: begin to listen, if anybody asked for it and there is no sign of life yet."""
    if desk.plan.guards.silent and call.stage == Stage.IVR and not (call.guard or call.pressed or call.listening):
        call.listening = True
        desk.order(ListenForVoice(call=call.id, on=True))


def watched(desk: Desk, call: Call, event: VoiceWatched) -> None:
    """Asterisk listens: from here on silence means something."""
    call.listened = call.listening


def heard(desk: Desk, call: Call, event: VoiceHeard) -> None:
    """The first voice; the others are of no interest."""
    call.spoke = True
    stop(desk, call)


def stop(desk: Desk, call: Call) -> None:
    """There is somebody, or it does not matter any more."""
    if call.listening:
        call.listening = False
        desk.order(ListenForVoice(call=call.id, on=False))


def missed(call: Call) -> None:
    """The connection was lost: what was said meanwhile was not heard of."""
    call.listened = False
