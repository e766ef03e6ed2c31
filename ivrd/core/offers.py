"""Offers: one phone rings for one call, for a bounded time, and every end of it is known."""

from __future__ import annotations

from ivrd.core import ids, misses
from ivrd.core.acd import router
from ivrd.core.acd.presence import AgentState, Move
from ivrd.core.acd.router import Waiting
from ivrd.core.acd.selection import Wanted
from ivrd.core.commands import HangUp, JoinBridge, OfferCall
from ivrd.core.desk import Desk
from ivrd.core.events import AgentAnswered, AgentRinging, OfferRefused
from ivrd.core.state import Call, Offer, Stage

#: how much longer than the ring time-out we wait for Asterisk to say that it is over
RING_GRACE_S = 2.0

#: Q.850 causes that say the phone is not there, rather than that the agent did not take the call:
#: 3 no route, 20 subscriber absent, 27 destination out of order
_ABSENT = frozenset({3, 20, 27})
_REASONS = {17: "busy", 18: "no_answer", 19: "no_answer", 21: "rejected"}


def match(desk: Desk) -> None:
    """Offer waiting callers to whoever is free. While Asterisk is away, when it is back."""
    if not desk.state.connected:
        desk.rematch = True
        return
    desk.rematch = False
    if not any(a.available for a in desk.state.agents.values()):
        return
    waiting = [_waiting(desk, c) for c in desk.waiting() if c.offer is None and c.wait and not c.wait.leaving]
    for call_id, agent in router.match(waiting, desk.plan.floor, _known(desk)):
        _offer(desk, desk.state.calls[call_id], agent)


def ringing(desk: Desk, call: Call, event: AgentRinging) -> None:
    """The phone rings: nothing to do, but a fact worth a line in the journal."""


def refused(desk: Desk, call: Call, event: OfferRefused) -> None:
    """Asterisk could not dial the phone."""
    if event.leg in call.legs:
        call.legs.remove(event.leg)
    if call.offer is not None and call.offer.leg == event.leg:
        _failed(desk, call, "unregistered")


def leg_gone(desk: Desk, call: Call, cause: int) -> None:
    """The ringing leg ended without an answer."""
    _failed(desk, call, "unreachable" if cause in _ABSENT else _REASONS.get(cause, "no_answer"))


def rang_out(desk: Desk, call: Call) -> None:
    """Asterisk never said how the offer ended: end it ourselves."""
    if call.offer is not None:
        desk.order(HangUp(call=call.id, channel=call.offer.leg))
        _failed(desk, call, "no_answer")


def join(desk: Desk, call: Call) -> None:
    """A phone rings: wait in the bridge. Not while a prompt is played, which would hold up the change."""
    if call.offer is not None and not call.joined and not call.prompt:
        call.joined = True
        desk.order(JoinBridge(call=call.id))


def reoffer(desk: Desk, call: Call) -> None:
    """Somebody who missed or declined the call may be asked again."""
    desk.rematch = True
    _reoffer_later(desk, call)


def withdraw(desk: Desk, call: Call) -> None:
    """The caller is no longer to be had: stop the ringing; the agent keeps the place among the idle."""
    offer, call.offer = call.offer, None
    if offer is None:
        return
    desk.clear_timers(call, ("ring",))
    desk.order(HangUp(call=call.id, channel=offer.leg))
    desk.move(offer.agent, Move.WITHDRAW)
    desk.tell("offer_ended", call, agent=offer.agent, outcome="withdrawn")


def stray(desk: Desk, call: Call, event: AgentAnswered) -> None:
    """A phone answered an offer that is over: it must not hang in silence."""
    if call.stage == Stage.TALKING and call.talk is not None and call.talk.leg == event.leg:
        return  # told twice
    desk.order(HangUp(call=call.id, channel=event.leg))


def _offer(desk: Desk, call: Call, agent: str) -> None:
    queue = desk.plan.floor.queues[call.queue]
    call.offers += 1
    leg = ids.agent_leg(call.id, agent, call.offers)
    call.offer = Offer(leg=leg, agent=agent, at=desk.at)
    call.legs.append(leg)
    desk.move(agent, Move.OFFER, call=call.id)
    desk.state.timers.set(f"ring:{call.id}", desk.at + queue.ring_timeout_s + RING_GRACE_S)
    desk.order(
        OfferCall(
            call=call.id,
            leg=leg,
            extension=desk.plan.floor.agents[agent].extension,
            caller_number=call.number,
            caller_name=f"{queue.title} ({call.walk.language})",
            ring_timeout_s=queue.ring_timeout_s,
        )
    )
    join(desk, call)
    desk.tell("call_offered", call, agent=agent)


def _failed(desk: Desk, call: Call, outcome: str) -> None:
    """The agent did not take the call: the caller keeps the place, the next agent is asked."""
    offer, call.offer = call.offer, None
    if offer is None or call.wait is None:
        return
    call.wait.excluded[offer.agent] = desk.at + desk.plan.floor.rules.reoffer_after_s
    desk.clear_timers(call, ("ring",))
    _reoffer_later(desk, call)
    if call.wait.leaving:
        desk.state.timers.set(f"wait:{call.id}", desk.at)  # nobody else is asked
    misses.missed(desk, offer.agent, outcome)
    desk.tell("offer_ended", call, agent=offer.agent, outcome=outcome)
    desk.rematch = True


def _reoffer_later(desk: Desk, call: Call) -> None:
    """Wake up when the first of those who were asked may be asked again."""
    excluded = call.wait.excluded.values() if call.wait else ()
    until = min((u for u in excluded if u > desk.at), default=None)
    if until is not None:
        desk.state.timers.set(f"reoffer:{call.id}", until)


def _waiting(desk: Desk, call: Call) -> Waiting:
    wait = call.wait
    assert wait is not None  # desk.waiting() gives only calls that wait
    return Waiting(
        wanted=Wanted(
            call=call.id,
            skills=frozenset(wait.skills),
            language=wait.language,
            excluded=frozenset(a for a, until in wait.excluded.items() if until > desk.at),
        ),
        priority=wait.priority,
        since=wait.since,
    )


def _known(desk: Desk) -> dict[str, AgentState]:
    """States of agents that the plan still knows."""
    return {a: s for a, s in desk.state.agents.items() if a in desk.plan.floor.agents}
