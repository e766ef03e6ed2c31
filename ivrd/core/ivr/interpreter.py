"""Drives a Walk through a Flow. Pure: what is to be done comes back as requests, Gotos followed."""

from __future__ import annotations

from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.walk import (
    Answer,
    Around,
    Ask,
    EndCall,
    Goto,
    JoinQueue,
    Listen,
    Phase,
    Request,
    Say,
    Walk,
)


def begin(flow: Flow, walk: Walk, around: Around) -> list[Request]:
    """Enter the flow at its start."""
    return enter(flow, walk, around, flow.start)


def enter(flow: Flow, walk: Walk, around: Around, node: str) -> list[Request]:
    """Enter ``node`` and go on until something must be waited for."""
    return _follow(flow, walk, around, (Goto(node=node),))


def digit(flow: Flow, walk: Walk, around: Around, key: str) -> list[Request]:
    """A key was pressed."""
    if walk.phase == Phase.AWAY:
        return []
    return _follow(flow, walk, around, flow.nodes[walk.node].digit(walk, around, key))


def said(flow: Flow, walk: Walk, around: Around) -> list[Request]:
    """The prompt ended."""
    if walk.phase != Phase.SAYING:
        return []
    return _follow(flow, walk, around, flow.nodes[walk.node].said(walk, around))


def timed_out(flow: Flow, walk: Walk, around: Around) -> list[Request]:
    """The time to press a key is over."""
    if walk.phase != Phase.LISTENING:
        return []
    return _follow(flow, walk, around, flow.nodes[walk.node].timed_out(walk, around))


def answered(flow: Flow, walk: Walk, around: Around, answer: Answer) -> list[Request]:
    """What was asked of the outside has an answer."""
    if walk.phase != Phase.ASKING:
        return []
    return _follow(flow, walk, around, flow.nodes[walk.node].answered(walk, around, answer))


def resume(flow: Flow, walk: Walk, around: Around) -> list[Request]:
    """After a restart: say the present node again, same attempt. The prompt's end was not heard of."""
    if walk.phase == Phase.AWAY or walk.node not in flow.nodes:
        return []
    return _follow(flow, walk, around, flow.nodes[walk.node].enter(walk, around))


def _follow(flow: Flow, walk: Walk, around: Around, asked: tuple[Request, ...]) -> list[Request]:
    """Carry Gotos out here; everything else is for the exchange. Bounded by the flow's limits."""
    done: list[Request] = []
    pending = list(asked)
    while pending:
        request = pending.pop(0)
        if isinstance(request, Goto):
            if request.node not in flow.nodes or walk.steps >= flow.limits.steps:
                walk.phase = Phase.AWAY
                return [*done, EndCall(cause=41, why="failed")]  # Q.850 41: temporary failure
            _move(walk, request.node)
            pending = [*flow.nodes[request.node].enter(walk, around), *pending]
            continue
        walk.phase = _phase_after(request, walk.phase)
        done.append(request)
    return done


def _move(walk: Walk, node: str) -> None:
    if walk.node != node:
        walk.attempt = 1
    walk.node = node
    walk.phase = Phase.MOVING
    walk.steps += 1
    walk.path.append(node)


def _phase_after(request: Request, phase: Phase) -> Phase:
    match request:
        case Say():
            return Phase.SAYING
        case Listen():
            return Phase.LISTENING
        case Ask():
            return Phase.ASKING
        case JoinQueue() | EndCall():
            return Phase.AWAY
        case _:
            return phase
