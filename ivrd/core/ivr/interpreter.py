"""Drives a Walk through a Flow. Pure: what is to be done comes back as requests, Gotos followed.

A flow has limits (flow.Limits). A call that breaks one is ended, and its path says which: ``a>b>a>!loop``.
"""

from __future__ import annotations

from ivrd.core.ivr.flow import Flow, Verb
from ivrd.core.ivr.walk import (
    RETURNED,
    Answer,
    Around,
    Ask,
    DialOut,
    EndCall,
    Frame,
    Goto,
    JoinQueue,
    Listen,
    Phase,
    Replay,
    Request,
    Return,
    Run,
    Say,
    TransferTo,
    Walk,
)

#: a digit that is not for us to see: pressed where masked input is collected
MASKED_DIGIT = "?"


def begin(flow: Flow, walk: Walk, around: Around) -> list[Request]:
    """Enter the flow at its start."""
    return enter(flow, walk, around, flow.start)


def enter(flow: Flow, walk: Walk, around: Around, node: str) -> list[Request]:
    """Enter ``node`` and go on until something must be waited for."""
    walk.since = around.at
    walk.entered.clear()
    return _follow(flow, walk, around, (Goto(node=node),))


def digit(flow: Flow, walk: Walk, around: Around, key: str) -> list[Request]:
    """A key was pressed."""
    verb = here(flow, walk)
    if walk.phase == Phase.AWAY or verb is None or (key == MASKED_DIGIT and not _masked(verb)):
        return []
    walk.entered.clear()
    return _follow(flow, walk, around, verb.digit(walk, around, key))


def said(flow: Flow, walk: Walk, around: Around) -> list[Request]:
    """The prompt ended."""
    verb = here(flow, walk)
    if walk.phase != Phase.SAYING or verb is None:
        return []
    return _follow(flow, walk, around, verb.said(walk, around))


def timed_out(flow: Flow, walk: Walk, around: Around) -> list[Request]:
    """The time to press a key is over."""
    verb = here(flow, walk)
    if walk.phase != Phase.LISTENING or verb is None:
        return []
    return _follow(flow, walk, around, verb.timed_out(walk, around))


def answered(flow: Flow, walk: Walk, around: Around, answer: Answer) -> list[Request]:
    """What was asked of the outside has an answer."""
    verb = here(flow, walk)
    if walk.phase != Phase.ASKING or verb is None:
        return []
    walk.entered.clear()
    return _follow(flow, walk, around, verb.answered(walk, around, answer))


def resume(flow: Flow, walk: Walk, around: Around) -> list[Request]:
    """After a restart: say the present node again, same attempt. The prompt's end was not heard of."""
    verb = here(flow, walk)
    if walk.phase == Phase.AWAY or verb is None:
        return []
    return _follow(flow, walk, around, verb.enter(walk, around))


def here(flow: Flow, walk: Walk) -> Verb | None:
    """What the present node does; None when it is gone."""
    part = _part(flow, walk)
    return part.nodes.get(walk.node) if part else None


def secret(flow: Flow, walk: Walk) -> bool:
    """Whether a digit pressed now is masked input, or may be meant for it: pressed ahead at a node that leads there."""
    part, verb = _part(flow, walk), here(flow, walk)
    if walk.phase == Phase.AWAY or part is None or verb is None:
        return False
    return _masked(verb) or walk.node in part.before_masked


def _part(flow: Flow, walk: Walk) -> Flow | None:
    return flow.parts.get(walk.part) if walk.part else flow


def _masked(verb: Verb) -> bool:
    return bool(getattr(verb, "masked", False))


def _follow(flow: Flow, walk: Walk, around: Around, asked: tuple[Request, ...]) -> list[Request]:
    """Carry Gotos, runs and returns out here; everything else is for the exchange. Bounded by the flow's limits."""
    done: list[Request] = []
    pending = list(asked)
    while pending:
        request = pending.pop(0)
        if isinstance(request, Goto | Run | Return):
            broken = _broken(flow, walk, around)
            more = () if broken else _go(flow, walk, around, request)
            if broken or more is None:
                walk.path.append(broken or "!gone")
                walk.phase = Phase.AWAY
                return [*done, EndCall(cause=41, why="failed")]  # Q.850 41: temporary failure
            pending = [*more, *pending]
            continue
        if isinstance(request, Say | Listen | Ask) and _time_is_over(flow, walk, around):
            walk.path.append("!time")  # a node may ask again and again without going on
            walk.phase = Phase.AWAY
            return [*done, EndCall(cause=41, why="failed")]
        walk.phase = _phase_after(request, walk.phase)
        done.append(request)
    return done


def _broken(flow: Flow, walk: Walk, around: Around) -> str:
    """The limit that the call has come to, as it is shown in its path."""
    limits = flow.limits
    if walk.steps >= limits.steps:
        return "!steps"
    if _time_is_over(flow, walk, around):
        return "!time"
    if len(walk.stack) > limits.depth:
        return "!depth"
    if len(walk.vars) > limits.variables or any(
        len(v) > limits.variable_length for v in walk.vars.values() if isinstance(v, str)
    ):
        return "!variables"
    if max(walk.entered.values(), default=0) >= limits.loops:
        return "!loop"
    return ""


def _time_is_over(flow: Flow, walk: Walk, around: Around) -> bool:
    """Every wait in the flow is bounded, so looking at each step is as good as a timer of its own."""
    return around.at - walk.since > flow.limits.ivr_s


def _go(
    flow: Flow, walk: Walk, around: Around, request: Goto | Run | Return
) -> tuple[Request, ...] | None:
    """One move; what the node that is come to asks for. None when there is no such place."""
    match request:
        case Run():
            if request.part not in flow.parts:
                return None
            walk.stack.append(Frame(part=walk.part, node=walk.node, vars=walk.vars, menus=walk.menus))
            walk.part, walk.vars, walk.menus = request.part, dict(request.vars), []
            return (Goto(node=flow.parts[request.part].start),)
        case Return():
            if not walk.stack:
                return None
            frame = walk.stack.pop()
            walk.part, walk.node, walk.vars, walk.menus = frame.part, frame.node, frame.vars, frame.menus
            verb = here(flow, walk)
            answer = Answer(outcome=RETURNED, values=request.values)
            return verb.answered(walk, around, answer) if verb else None
        case Goto():
            part = _part(flow, walk)
            if part is None or request.node not in part.nodes:
                return None
            _move(walk, request.node)
            return part.nodes[request.node].enter(walk, around)


def _move(walk: Walk, node: str) -> None:
    if walk.node != node:
        walk.attempt = 1
    walk.node = node
    walk.turn = walk.entry = ""
    walk.phase = Phase.MOVING
    walk.steps += 1
    place = f"{walk.part}/{node}" if walk.part else node
    walk.entered[place] = walk.entered.get(place, 0) + 1
    walk.path.append(place)


def _phase_after(request: Request, phase: Phase) -> Phase:
    match request:
        case Say() | Replay():
            return Phase.SAYING
        case Listen():
            return Phase.LISTENING
        case Ask() | DialOut() | TransferTo():
            return Phase.ASKING
        case JoinQueue() | EndCall():
            return Phase.AWAY
        case _:
            return phase
