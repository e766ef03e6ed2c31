"""What a waiting caller hears: place and expected wait, and music between."""

from __future__ import annotations

from ivrd.core import offers, outlook
from ivrd.core.acd import estimate
from ivrd.core.commands import StartMusic, StopMusic
from ivrd.core.desk import Desk
from ivrd.core.events import PromptFinished
from ivrd.core.speaking import say
from ivrd.core.speech import Number, Prompt, Speech
from ivrd.core.state import Call, Stage, Wait


def announce(desk: Desk, call: Call, first: bool = False) -> None:
    """Tell the caller the place and the expected wait. Not while a phone rings: it may answer."""
    if call.stage != Stage.QUEUED or call.wait is None:
        return
    if call.offer is not None and not first:
        later(desk, call)
        return
    speech: list[Speech] = [Prompt(key="queue-wait")] if first else []
    if every_s(desk, call.wait) > 0:
        speech += _place(desk, call, call.wait)
    if not speech:
        return
    if call.wait.music:
        call.wait.music = False
        desk.order(StopMusic(call=call.id))
    say(desk, call, tuple(speech))


def announced(desk: Desk, call: Call, event: PromptFinished) -> None:
    """The announcement ended: music again."""
    if event.prompt == call.prompt and call.wait is not None:
        call.prompt = ""
        music(desk, call)
        offers.join(desk, call)
        later(desk, call)


def every_s(desk: Desk, wait: Wait) -> int:
    """How often the caller is told the place; 0: never."""
    if wait.announce_every_s is not None:
        return wait.announce_every_s
    return desk.plan.floor.queues[wait.queue].announce_every_s


def _place(desk: Desk, call: Call, wait: Wait) -> list[Speech]:
    place = outlook.position(desk, call)
    speech: list[Speech] = (
        [Prompt(key="queue-next")]
        if place == 1
        else [Prompt(key="queue-position-before"), Number(value=place), Prompt(key="queue-position-after")]
    )
    seconds = outlook.expected_wait_s(desk, desk.plan.floor.queues[wait.queue], place, wait.language)
    if seconds is None:
        return speech  # nobody is logged in: say nothing rather than something wrong
    minutes = wait.said_minutes = estimate.spoken_minutes(seconds, wait.said_minutes)
    if minutes == 0:
        return [*speech, Prompt(key="queue-wait-less-than-minute")]
    unit = "minute" if minutes == 1 else "minutes"
    return [*speech, Prompt(key="queue-wait-about"), Number(value=minutes), Prompt(key=unit)]


def music(desk: Desk, call: Call) -> None:
    if call.wait is not None and not call.wait.music:
        call.wait.music = True
        desk.order(StartMusic(call=call.id))


def later(desk: Desk, call: Call) -> None:
    every = every_s(desk, call.wait) if call.wait else 0
    if every > 0:
        desk.state.timers.set(f"announce:{call.id}", desk.at + every)
