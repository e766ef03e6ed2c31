"""Looking at a call under way: where it is, what it waits for, and what is around it. In words."""

from __future__ import annotations

from collections.abc import Iterable

from ivrd.core import outlook
from ivrd.core.ivr import interpreter
from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.orders import FetchHttp
from ivrd.core.ivr.shape import targets
from ivrd.core.ivr.walk import TIMEOUT, Phase
from ivrd.core.state import Call, Stage
from ivrd.rehearsal import outside
from ivrd.rehearsal.rehearsal import Rehearsal


def now(rehearsal: Rehearsal) -> str:
    """What the call waits for."""
    call = rehearsal.call
    if call is None or rehearsal.over:
        return "the call is over"
    match call.stage:
        case Stage.QUEUED:
            rings = f"; the phone of {call.offer.agent} rings" if call.offer else ""
            return _waits(rehearsal, call) + rings
        case Stage.TALKING:
            return f"talks to agent {call.talk.agent if call.talk else ''}"
        case Stage.DIALLING:
            return f"the phone of {call.dialled.to if call.dialled else ''} rings: {_or(outside.DIALLED)}"
        case Stage.CONNECTED:
            return f"talks to {call.dialled.to if call.dialled else ''}"
    if order := rehearsal.asked:
        first = "ok" + "".join(f" {n}=..." for n in order.save) if isinstance(order, FetchHttp) else order.outcomes[0]
        return f"an answer is waited for: {_or((first, *order.outcomes[1:]))} (empty line: {TIMEOUT})"
    if call.walk.phase == Phase.LISTENING:
        waits = rehearsal.exchange.state.timers.due.get(f"menu:{call.id}", rehearsal.at) - rehearsal.at
        return f"waits {waits:.3g} s for {'a number (masked: not shown)' if rehearsal.masked else 'a key'}"
    return f"at {call.walk.node}"


def menu(rehearsal: Rehearsal) -> dict[str, str]:
    """Key -> node, where a key is waited for at a menu; else {}."""
    call, flow = rehearsal.call, _flow(rehearsal)
    if call is None or flow is None or rehearsal.stage != Stage.IVR or call.walk.phase != Phase.LISTENING:
        return {}
    keys = getattr(interpreter.here(flow, call.walk), "keys", {})
    return {str(key): str(name) for key, name in keys.items()}


def ways_on(rehearsal: Rehearsal) -> list[str]:
    """What each key does here; for a node without keys, where it leads."""
    if rehearsal.call is None or rehearsal.over or (flow := _flow(rehearsal)) is None:
        return ["the call is over"]
    verb = interpreter.here(flow, rehearsal.call.walk)
    if verb is None or rehearsal.stage != Stage.IVR:
        return [now(rehearsal)]
    keys = {str(k): str(v) for k, v in getattr(verb, "keys", {}).items()}
    others = {".".join(map(str, path)): name for path, name in targets(verb) if path[0] != "keys"}
    return [f"{key:<10} {name}" for key, name in {**keys, **others}.items()]


def variables(rehearsal: Rehearsal) -> list[str]:
    """Name and value; masked ones only as such. Variables of the sub-flow, when one is walked."""
    call = rehearsal.call
    if call is None or not call.walk.vars:
        return ["no variable has a value"]
    return [f"{name} = {'(masked)' if name in call.walk.masked else repr(value)}" for name, value in call.walk.vars.items()]


def path(rehearsal: Rehearsal) -> list[str]:
    """Every node so far, as the call's record will have it."""
    return [" > ".join(rehearsal.call.walk.path) if rehearsal.call else "none"]


def queue(rehearsal: Rehearsal) -> list[str]:
    """The caller's place, and who could answer."""
    call = rehearsal.call
    if call is None or call.wait is None:
        return ["the caller is in no queue"]
    floor, desk = rehearsal.exchange.plan.floor, rehearsal.exchange.desk
    asks = desk.seen_waiting(call, call.wait).demand
    serving = [a for a in floor.agents.values() if asks.open_to(a.kind)]
    there = [a for a in serving if desk.agent(a.id).presence != "logged_out"]
    return [
        f"{_waits(rehearsal, call)}, for {rehearsal.at - call.wait.since:.0f} s so far; priority {call.wait.priority}",
        f"needs {asks.spoken()}",
        f"could answer: {', '.join(a.id for a in serving) or 'nobody'}; logged in: {', '.join(a.id for a in there) or 'nobody'}",
    ]


def agents(rehearsal: Rehearsal) -> list[str]:
    """Everybody."""
    desk = rehearsal.exchange.desk
    return [
        f"{a.id:<6} {desk.agent(a.id).presence.value.replace('_', ' '):<10} {a.name}: {', '.join((*a.skills, *a.languages))}"
        for a in rehearsal.exchange.plan.floor.agents.values()
    ]


def types(rehearsal: Rehearsal) -> dict[str, str]:
    """Declared types of the variables where the caller is."""
    flow, call = _flow(rehearsal), rehearsal.call
    part = flow.parts.get(call.walk.part) if flow and call and call.walk.part else flow
    return {**part.arguments, **part.variables} if part else {}


def _flow(rehearsal: Rehearsal) -> Flow | None:
    return rehearsal.exchange.desk.flow(rehearsal.call) if rehearsal.call else None


def _waits(rehearsal: Rehearsal, call: Call) -> str:
    desk, wait = rehearsal.exchange.desk, call.wait
    assert wait is not None
    place = outlook.position(desk, call)
    seconds = outlook.expected_wait_s(desk, call, wait)
    expected = "unknown (nobody who could answer is at work)" if seconds is None else f"{seconds} s"
    return f"waits in queue {wait.queue}: place {place}, expected wait {expected}"


def _or(words: Iterable[str]) -> str:
    return ", ".join(words)
