"""A caller in a queue: joining, being told the place, being offered, leaving without an agent."""

from __future__ import annotations

from ivrd.core import offers
from ivrd.core.acd import estimate
from ivrd.core.acd.model import Queue
from ivrd.core.acd.presence import Presence
from ivrd.core.commands import OpenBridge, StartMusic, StopMusic
from ivrd.core.desk import Desk
from ivrd.core.events import PromptFinished
from ivrd.core.ivr.walk import JoinQueue
from ivrd.core.speaking import hush, say
from ivrd.core.speech import Number, Prompt, Speech
from ivrd.core.state import Call, Stage, Wait

#: timers of a waiting call
TIMERS = ("wait", "announce", "ring", "reoffer")


def join(desk: Desk, call: Call, request: JoinQueue) -> str | None:
    """The caller joins the queue: None. When that cannot be, the node at which to go on."""
    queue = desk.plan.floor.queues.get(request.queue)
    if queue is None or call.talk is not None:  # one conversation a call: its record has room for one
        return request.overflow
    if (refused := _refused(desk, queue, request)) is not None:
        _count_joined(desk, call, queue)
        _count_diverted(desk, call)
        return refused
    hush(desk, call)
    _count_joined(desk, call, queue)
    call.stage = Stage.QUEUED
    call.wait = Wait(
        queue=queue.id,
        since=desk.at,
        priority=queue.priority if request.priority is None else request.priority,
        skills=tuple(dict.fromkeys(queue.skills + request.skills)),
        language=call.walk.language,
        overflow=request.overflow,
        after=request.after,
        announce_every_s=request.announce_every_s,
    )
    call.skills = call.wait.skills
    if not call.bridge_open:
        call.bridge_open = True
        desk.order(OpenBridge(call=call.id))
    desk.state.timers.set(f"wait:{call.id}", desk.at + queue.max_wait_s)
    desk.tell("call_queued", call, language=call.walk.language)
    offers.match(desk)
    if call.offer is not None:
        _music(desk, call)
        _announce_later(desk, call)
    else:
        announce(desk, call, first=True)
    return None


def _refused(desk: Desk, queue: Queue, request: JoinQueue) -> str | None:
    """The node for a caller whom the queue does not take; None when it does."""
    if len(desk.waiting(queue.id)) >= queue.max_waiting:
        return request.full or request.overflow
    if request.nobody:
        serving = (desk.agent(a.id).presence for a in desk.plan.floor.serving(queue.id))
        if all(presence == Presence.LOGGED_OUT for presence in serving):
            return request.nobody
    return None


def announce(desk: Desk, call: Call, first: bool = False) -> None:
    """Tell the caller the place and the expected wait. Not while a phone rings: it may answer."""
    if call.stage != Stage.QUEUED or call.wait is None:
        return
    if call.offer is not None and not first:
        _announce_later(desk, call)
        return
    speech: list[Speech] = [Prompt(key="queue-wait")] if first else []
    if announce_every_s(desk, call.wait) > 0:
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
        _music(desk, call)
        offers.join(desk, call)
        _announce_later(desk, call)


def divert(desk: Desk, call: Call) -> str:
    """The caller has waited ``max_wait_s``: out of the queue; returns the node to go on at."""
    overflow = call.wait.overflow if call.wait else ""
    leave(desk, call)
    _count_diverted(desk, call)
    call.stage = Stage.IVR
    return overflow


def leave(desk: Desk, call: Call) -> None:
    """The call waits no longer: whatever ran because it waited is ended."""
    if call.wait is None:
        return
    if call.wait.music:
        desk.order(StopMusic(call=call.id))
    hush(desk, call)
    call.wait_ms = desk.elapsed_ms(call.wait.since)
    offers.withdraw(desk, call)
    desk.clear_timers(call, TIMERS)
    desk.touch(call.wait.queue)
    call.wait = None


def announce_every_s(desk: Desk, wait: Wait) -> int:
    """How often the caller is told the place; 0: never."""
    if wait.announce_every_s is not None:
        return wait.announce_every_s
    return desk.plan.floor.queues[wait.queue].announce_every_s


def position(desk: Desk, call: Call) -> int:
    """Place in line, 1 = next: callers of the same queue who are served before."""
    me = call.wait
    if me is None:
        return 0
    key = (-me.priority, me.since, call.id)
    return 1 + sum(
        (-c.wait.priority, c.wait.since, c.id) < key for c in desk.waiting(me.queue) if c.wait
    )


def expected_wait_s(desk: Desk, queue: Queue, place: int, language: str = "") -> int | None:
    """Expected wait at ``place`` of ``queue``; None when nobody who could serve is logged in."""
    serving = [
        desk.agent(a.id)
        for a in desk.plan.floor.serving(queue.id)
        if not language or language in a.languages
    ]
    if place <= sum(a.available for a in serving):
        return 0  # somebody is free
    working = sum(a.presence not in (Presence.LOGGED_OUT, Presence.PAUSED) for a in serving)
    today = desk.counters(queue.id)
    handling = estimate.handling_time_s(queue.handling_time_s, today.handled_s, today.handled)
    return estimate.expected_wait_s(place, working, handling)


def _place(desk: Desk, call: Call, wait: Wait) -> list[Speech]:
    place = position(desk, call)
    speech: list[Speech] = (
        [Prompt(key="queue-next")]
        if place == 1
        else [Prompt(key="queue-position-before"), Number(value=place), Prompt(key="queue-position-after")]
    )
    seconds = expected_wait_s(desk, desk.plan.floor.queues[wait.queue], place, wait.language)
    if seconds is None:
        return speech  # nobody is logged in: say nothing rather than something wrong
    minutes = wait.said_minutes = estimate.spoken_minutes(seconds, wait.said_minutes)
    if minutes == 0:
        return [*speech, Prompt(key="queue-wait-less-than-minute")]
    unit = "minute" if minutes == 1 else "minutes"
    return [*speech, Prompt(key="queue-wait-about"), Number(value=minutes), Prompt(key=unit)]


def _music(desk: Desk, call: Call) -> None:
    if call.wait is not None and not call.wait.music:
        call.wait.music = True
        desk.order(StartMusic(call=call.id))


def _announce_later(desk: Desk, call: Call) -> None:
    every = announce_every_s(desk, call.wait) if call.wait else 0
    if every > 0:
        desk.state.timers.set(f"announce:{call.id}", desk.at + every)


def _count_joined(desk: Desk, call: Call, queue: Queue) -> None:
    call.queue, call.skills, call.queued_at = queue.id, queue.skills, desk.at
    desk.counters(queue.id).offered += 1
    desk.touch(queue.id)


def _count_diverted(desk: Desk, call: Call) -> None:
    desk.counters(call.queue).diverted += 1
    desk.touch(call.queue)
    desk.tell("call_diverted", call, wait_ms=call.wait_ms)
