"""The end of a conversation: hold, recording, and the agent's wrap-up."""

from __future__ import annotations

from ivrd.core import consulting, record
from ivrd.core.acd.presence import Move, Presence
from ivrd.core.desk import Desk
from ivrd.core.state import Call, Earlier, Talk


def finish_talk(desk: Desk, call: Call, at: float | None = None, *, ends: bool = False) -> None:
    """The conversation is over (was, ``at``): the recording is finished, the agent wraps up. ``ends``: see ``record.finish``."""
    talk = call.talk
    if talk is None or talk.ended_at is not None:
        return
    talk.ended_at = max(talk.since, at) if at is not None else desk.at
    consulting.over(desk, call)
    if talk.hold_since is not None:
        end_hold(talk, talk.ended_at)
    record.finish(desk, call, ends=ends)
    _wrap_up(desk, call, talk)


def _wrap_up(desk: Desk, call: Call, talk: Talk) -> None:
    queue = desk.plan.floor.queues.get(talk.queue or call.queue)
    wrap_up_s = queue.wrap_up_s if queue else 0
    state = desk.agent(talk.agent)
    if state.call != call.id or not desk.move(talk.agent, Move.FINISH):
        return
    call.wrapping = True
    if wrap_up_s == 0:
        over(desk, talk.agent, Move.WRAPPED)
        return
    state.wrap_up_until = desk.at + wrap_up_s
    desk.state.timers.set(f"wrap:{talk.agent}", state.wrap_up_until)


def extend(desk: Desk, agent: str, seconds: int = 0) -> str:
    """More time, by what the queue says or ``seconds``, up to its most. "" when there is more now, else why not."""
    state = desk.agent(agent)
    call = desk.state.calls.get(state.call)
    queue = desk.plan.floor.queues.get(_queue_of(call, _talk_of(call, agent))) if call else None
    if queue is None or state.wrap_up_until is None:
        return "not_possible"
    latest = state.since + queue.wrap_up_max_s
    until = min(state.wrap_up_until + (seconds or queue.wrap_up_extend_s), latest)
    if until <= state.wrap_up_until:
        return "at_most"
    state.wrap_up_until = until
    desk.state.timers.set(f"wrap:{agent}", until)
    desk.touch_agent(agent)
    desk.tell("wrap_up_extended", call, agent=agent, by_s=round(until - desk.at))
    return ""


def end_hold(talk: Talk, at: float) -> None:
    """Whoever was on hold no longer is, since ``at``."""
    assert talk.hold_since is not None
    talk.hold_ms += max(0, round((at - talk.hold_since) * 1000))
    talk.hold_since = None


def over(desk: Desk, agent: str, move: Move, reason: str = "") -> bool:
    """The agent leaves wrap-up by ``move``; the call's row learns how long it took."""
    state = desk.agent(agent)
    call, since = desk.state.calls.get(state.call), state.since
    was_wrapping = state.presence == Presence.WRAP_UP
    if not desk.move(agent, move, reason):
        return False
    if was_wrapping:
        desk.state.timers.clear(f"wrap:{agent}")
        if call is not None and (one := _talk_of(call, agent)).wrapping:
            one.wrapping, one.wrap_up_ms = False, desk.elapsed_ms(since)
            _count_handled(desk, call, one)
            record.write(desk, call)
    return True


def _talk_of(call: Call, agent: str) -> Call | Earlier:
    """What holds the talk that the agent wraps up: the call has the last one, another agent's perhaps."""
    return next((one for one in call.earlier if one.wrapping and one.talk.agent == agent), call)


def _queue_of(call: Call, one: Call | Earlier) -> str:
    """By whose rules the talk is wrapped up, and in whose day it counts."""
    return (one.talk.queue if one.talk else "") or call.queue


def _count_handled(desk: Desk, call: Call, one: Call | Earlier) -> None:
    if one.talk is not None and one.talk.ended_at is not None:
        counters = desk.counters(_queue_of(call, one))
        counters.handled += 1
        handled_s = one.talk.ended_at - one.talk.since + one.wrap_up_ms / 1000
        counters.handled_s += handled_s
        counters.handled_square_s += handled_s**2
