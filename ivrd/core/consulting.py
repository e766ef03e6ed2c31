"""An agent asks a colleague about the caller, who is on hold: a second call of the agent's phone, all of it ours (ADR 87).

Its bridge, and the leg to the colleague, are named after the agent's second channel; ``State.consults`` says to which
call that channel belongs. It ends in one of two ways: the colleague gets the caller (passing.py), or the agent keeps them.
"""

from __future__ import annotations

from ivrd.core import ids, phones
from ivrd.core.acd.model import Agent
from ivrd.core.acd.skills import levels
from ivrd.core.commands import AnswerCall, CloseBridge, ConnectCall, HangUp, OfferCall, OpenBridge
from ivrd.core.desk import Desk
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    CallerHungUp,
    ChannelGone,
    ConsultDialled,
    Event,
    OfferRefused,
    OrderRefused,
    TransferAsked,
)
from ivrd.core.state import Call, Consult, Stage, Talk

_BUSY = 17  #: Q.850


def dialled(desk: Desk, event: ConsultDialled) -> None:
    """A colleague is rung for the agent, or the agent hears that it cannot be. Told twice, it is one."""
    if event.channel in desk.state.consults:
        return
    call, talk = _talk_at(desk, event.extension)
    colleague = _whom(desk, call, event.to) if call is not None else None
    if call is None or talk is None or call.consult is not None or colleague is None:
        desk.order(HangUp(call=event.channel, channel=event.channel, cause=_BUSY))
        return
    leg = ids.dial_leg(event.channel, 1)
    call.consult = Consult(channel=event.channel, leg=leg, agent=colleague.id)
    call.legs += [event.channel, leg]
    desk.state.consults[event.channel] = call.id
    desk.agent(colleague.id).session = leg  # not offered a queue's call meanwhile
    queues = desk.plan.floor.queues
    ring_s = (queues.get(talk.queue) or queues[call.queue]).ring_timeout_s
    desk.state.timers.set(f"consult:{call.id}", desk.at + ring_s)
    asks = desk.plan.floor.agents[talk.agent]
    desk.order(
        OpenBridge(call=event.channel),
        OfferCall(
            call=event.channel,
            leg=leg,
            extension=colleague.extension,
            caller_number=asks.extension,
            caller_name=asks.name,
            ring_timeout_s=ring_s,
        ),
    )
    desk.touch_agent(colleague.id)
    desk.tell("consult_began", call, agent=talk.agent, to=colleague.id)


def heard(desk: Desk, call: Call, event: Event) -> bool:
    """Something of a channel that is, or was, a consultation's. False: it concerns the call like any other of its legs."""
    consult = call.consult
    match event:
        case AgentAnswered() if consult is not None and consult.leg == event.leg:
            if not consult.answered:  # else told twice
                _connect(desk, call, consult)
            return True
        case ChannelGone():
            _gone(desk, call, event)
            return False
        case OfferRefused():
            if event.leg in call.legs:
                call.legs.remove(event.leg)
            over(desk, call)
        case CallerHungUp() | OrderRefused():
            over(desk, call)  # the agent; or an order without which the two would sit in silence
        case AgentHungUp() if consult is not None and consult.leg == event.leg:
            over(desk, call)
        case AgentAnswered() | AgentHungUp() | TransferAsked():
            return False
        case _:
            return call.talk is None or getattr(event, "channel", "") != call.talk.leg
    return True


def over(desk: Desk, call: Call) -> None:
    """The consultation is no more; the agent's first call is not touched."""
    consult = call.consult
    if consult is None:
        return
    let_go(desk, call, consult)
    for channel in (consult.leg, consult.channel):
        if channel in call.legs:
            desk.order(HangUp(call=call.id, channel=channel))


def let_go(desk: Desk, call: Call, consult: Consult) -> None:
    """Forget it, and free the colleague for whatever comes."""
    call.consult = None
    desk.clear_timers(call, ("consult",))
    state = desk.agent(consult.agent)
    if state.session == consult.leg:
        state.session = ""
        phones.left(desk, consult.agent)
        desk.rematch = True
    desk.touch_agent(consult.agent)
    desk.tell("consult_ended", call, to=consult.agent, answered=int(consult.answered))


def rang_out(desk: Desk, call: Call) -> None:
    """It has rung for long enough."""
    if call.consult is not None and not call.consult.answered:
        over(desk, call)


def seen(desk: Desk, call: Call, up: bool) -> None:
    """After an outage, with both channels there: what is missing is ordered again. ``up``: the colleague has answered."""
    if call.consult is not None and up:
        _connect(desk, call, call.consult)


def _connect(desk: Desk, call: Call, consult: Consult) -> None:
    consult.answered, own = True, consult.channel
    desk.clear_timers(call, ("consult",))
    desk.order(OpenBridge(call=own), AnswerCall(call=own), ConnectCall(call=own, leg=consult.leg))


def _gone(desk: Desk, call: Call, event: ChannelGone) -> None:
    if event.channel in call.legs:
        call.legs.remove(event.channel)
    if call.consult is not None and event.channel in (call.consult.channel, call.consult.leg):
        over(desk, call)
    if event.channel == event.call or event.call not in call.legs:
        desk.order(CloseBridge(call=event.call))  # whichever goes last: the leg's order may have made it


def _talk_at(desk: Desk, extension: str) -> tuple[Call | None, Talk | None]:
    """The call that the agent at the phone is talking in."""
    agent = desk.plan.floor.agent_at(extension)
    call = desk.state.calls.get(desk.agent(agent.id).call) if agent else None
    if agent is None or call is None or call.stage != Stage.TALKING or call.talk is None:
        return None, None
    return (call, call.talk) if call.talk.agent == agent.id else (None, None)


def _whom(desk: Desk, call: Call, to: str) -> Agent | None:
    """A colleague who is free; of a queue's, the one who has been so for the longest and speaks the caller's language."""
    floor = desk.plan.floor
    if (queue := floor.queue_at(to)) is None:
        colleague = floor.agent_at(to)
        return colleague if colleague and desk.agent(colleague.id).available else None
    language = call.walk.language
    free = [
        agent
        for agent in floor.serving(queue.id)
        if desk.agent(agent.id).available and (not agent.languages or language in levels(agent.languages))
    ]
    return min(free, key=lambda agent: desk.agent(agent.id).idle_since, default=None)
