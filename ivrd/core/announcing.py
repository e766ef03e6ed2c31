"""What a waiting caller hears: place and expected wait, comfort messages in turn, and music between.

What was said never rises by itself, neither end of the range: an estimate that has become longer is said only when something
happened that explains it (fewer agents, somebody ahead who was not there before, of whatever queue), and then it is said that it
takes longer. When it has left what was said without that, when nobody is at work, or today's estimates were worse than none, the wait is not
spoken of. While a phone rings nothing is said at all.
"""

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
    _say(desk, call, call.wait, speech)


def comfort(desk: Desk, call: Call) -> None:
    """The next of the queue's comfort messages; the first follows the last."""
    wait = call.wait
    queue = desk.plan.floor.queues.get(wait.queue) if wait else None
    if call.stage != Stage.QUEUED or wait is None or queue is None or not queue.comfort:
        return
    if call.offer is not None or call.prompt:  # a phone rings, or the place is being told
        _comfort_later(desk, call)
        return
    key = queue.comfort[wait.comforts % len(queue.comfort)]
    wait.comforts += 1
    _say(desk, call, wait, [Prompt(key=key)])


def _say(desk: Desk, call: Call, wait: Wait, speech: list[Speech]) -> None:
    if not speech:
        return
    if wait.music:
        wait.music = False
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
    turn, place = outlook.turn(desk, call, wait)
    speech: list[Speech] = (
        [Prompt(key="queue-next")]
        if turn == 1
        else [Prompt(key="queue-position-before"), Number(value=turn), Prompt(key="queue-position-after")]
    )
    seconds = outlook.expected_wait_s(desk, call, wait)
    today = desk.counters(wait.queue)
    if seconds is None or estimate.unsure(today.measured, today.error_s, today.measured_s):
        return speech  # say nothing rather than something wrong
    least, most = estimate.spoken_minutes(seconds, turn)
    agents = outlook.at_work(desk, call, wait)
    longer = wait.said_minutes is not None and most > wait.said_minutes and (place > wait.said_place or agents < wait.said_agents)
    if not longer:
        least, most = _no_more(least, wait.said_least), _no_more(most, wait.said_minutes)
        if seconds > 60 * most:
            return speech  # what was said does not hold any more, and nothing happened that explains it
    wait.said_least, wait.said_minutes, wait.said_place, wait.said_agents = least, most, place, agents
    return [*([Prompt(key="queue-wait-longer")] if longer else []), *speech, *_minutes(least, most)]


def _no_more(minutes: int, said: int | None) -> int:
    return minutes if said is None else min(minutes, said)


def _minutes(least: int, most: int) -> list[Speech]:
    if most <= 1:
        return [Prompt(key="queue-wait-less-than-minute")]
    if least >= most:
        return [Prompt(key="queue-wait-about"), Number(value=most), Prompt(key="minutes")]
    words = Prompt(key="queue-wait-between"), Number(value=least), Prompt(key="queue-wait-and")
    return [*words, Number(value=most), Prompt(key="minutes")]


def music(desk: Desk, call: Call) -> None:
    """Music, unless it is on."""
    if call.wait is not None and not call.wait.music:
        call.wait.music = True
        desk.order(StartMusic(call=call.id, music=music_of(desk, call.wait)))


def music_of(desk: Desk, wait: Wait) -> str:
    """The queue's music; "" = the usual one."""
    queue = desk.plan.floor.queues.get(wait.queue)
    return queue.music if queue else ""


def later(desk: Desk, call: Call) -> None:
    """The next announcement and the next comfort message."""
    every = every_s(desk, call.wait) if call.wait else 0
    if every > 0:
        desk.state.timers.set(f"announce:{call.id}", desk.at + every)
    _comfort_later(desk, call)


def _comfort_later(desk: Desk, call: Call) -> None:
    """Not moved by what is said between."""
    queue = desk.plan.floor.queues.get(call.wait.queue) if call.wait else None
    name = f"comfort:{call.id}"
    if queue is not None and queue.comfort and name not in desk.state.timers.due:
        desk.state.timers.set(name, desk.at + queue.comfort_every_s)
