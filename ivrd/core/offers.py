"""Offers: a phone rings for one call, for a bounded time, and every end of it is known.

Where a queue rings several phones at once, the first that is answered has the call and the others are withdrawn in
the same step; an answer that comes after that is told that it came too late, and takes nothing.
"""

from __future__ import annotations

from ivrd.core import decisions, ids, misses, promises, relaxing
from ivrd.core.acd import router
from ivrd.core.acd.lines import Waiting
from ivrd.core.acd.presence import Move
from ivrd.core.acd.selection import Now
from ivrd.core.commands import HangUp, JoinBridge, OfferCall
from ivrd.core.desk import Desk
from ivrd.core.events import AgentAnswered, AgentRinging, OfferRefused
from ivrd.core.state import Call, Offer, Stage

#: when Asterisk did not answer, an agent is asked again after so long
UNANSWERED_S = 2.0

#: Q.850 causes that say the phone is not there, rather than that the agent did not take the call:
#: 3 no route, 20 subscriber absent, 27 destination out of order
_ABSENT = frozenset({3, 20, 27})
_REASONS = {17: "busy", 18: "no_answer", 19: "no_answer", 21: "rejected", 23: "forwarded"}


def match(desk: Desk) -> None:
    """Offer waiting callers to whoever is free. While Asterisk is away, when it is back."""
    if not desk.state.connected:
        desk.rematch = True
        return
    desk.rematch = False
    relaxing.look_again(desk)
    now = decisions.moment(desk)
    for waiting, agent in router.match(desk.lines, now):
        call = desk.state.calls[waiting.call]
        if not promises.may_be_taken(desk, call):
            continue
        if promises.customer_first(desk, call):
            desk.catch_up()
            decisions.offered(desk, call, waiting, agent.agent, now)
            promises.ring_first(desk, call, agent.agent)
            continue
        offer(desk, call, waiting, agent.agent, now)


def offer(desk: Desk, call: Call, waiting: Waiting, agent: str, now: Now) -> None:
    """The agent's phone rings for the call."""
    leg = _dial(desk, call, agent)
    # The rest is done while the phone is dialled; the notes first, which show everybody as they were.
    desk.catch_up()
    decisions.offered(desk, call, waiting, agent, now)
    _rings(desk, call, agent, leg)


def ringing(desk: Desk, call: Call, event: AgentRinging) -> None:
    """The phone rings: nothing to do, but a fact worth a line in the journal."""


def refused(desk: Desk, call: Call, event: OfferRefused) -> None:
    """Asterisk could not dial the phone."""
    if event.leg in call.legs:
        call.legs.remove(event.leg)
    offer = call.rings_at(event.leg)
    if offer is not None and event.asked:
        _failed(desk, call, offer, "unregistered")
    elif offer is not None:
        _not_asked(desk, call, offer)


def leg_gone(desk: Desk, call: Call, offer: Offer, cause: int) -> None:
    """The ringing leg ended without an answer."""
    _failed(desk, call, offer, "unreachable" if cause in _ABSENT else _REASONS.get(cause, "no_answer"))


def rang_out(desk: Desk, call: Call) -> None:
    """It has rung for long enough. Who picks up in this very moment is too late, and the caller keeps the place (``stray``)."""
    for offer in [o for o in call.ringing if o.until <= desk.at]:
        desk.order(HangUp(call=call.id, channel=offer.leg))
        _failed(desk, call, offer, "no_answer")
    deadline(desk, call)


def join(desk: Desk, call: Call) -> None:
    """A phone rings: wait in the bridge. Not while a prompt is played, which would hold up the change."""
    if call.offer is not None and call.caller_here and not call.joined and not call.prompt:
        call.joined = True
        desk.order(JoinBridge(call=call.id))


def reoffer(desk: Desk, call: Call) -> None:
    """Somebody who missed or declined the call may be asked again."""
    desk.rematch = True
    reoffer_later(desk, call)


def withdraw(desk: Desk, call: Call, *offers: Offer) -> None:
    """The call is no longer to be had at these phones (at all that ring): the agents keep their places among the idle."""
    for offer in offers or tuple(call.ringing):
        _ended(desk, call, offer)
        desk.order(HangUp(call=call.id, channel=offer.leg))
        desk.move(offer.agent, Move.WITHDRAW)
        decisions.offer_ended(desk, call, offer, "withdrawn")
        desk.tell("offer_ended", call, agent=offer.agent, outcome="withdrawn")


def answered(desk: Desk, call: Call, taken: Offer) -> None:
    """One of the phones was picked up: it has the call, the others are too late from now on."""
    _ended(desk, call, taken)
    desk.move(taken.agent, Move.ANSWER, call=call.id)
    decisions.offer_ended(desk, call, taken, "answered")
    withdraw(desk, call)


def stray(desk: Desk, call: Call, event: AgentAnswered) -> None:
    """A phone answered an offer that is over: it must not hang in silence."""
    if call.stage == Stage.TALKING and call.talk is not None and call.talk.leg == event.leg:
        return  # told twice
    if event.leg == call.id and call.caller_here and call.stage not in (Stage.CLOSING, Stage.CLOSED):
        return  # the customer whom we called back, told twice
    desk.order(HangUp(call=call.id, channel=event.leg))


def _dial(desk: Desk, call: Call, agent: str) -> str:
    """Have the agent's phone dialled: the leg."""
    queue = desk.plan.floor.queues[call.queue]
    call.offers += 1
    leg = ids.agent_leg(call.id, agent, call.offers)
    desk.order(
        OfferCall(
            call=call.id,
            leg=leg,
            extension=desk.plan.floor.agents[agent].extension,
            caller_number=call.number,
            caller_name=f"{queue.title} ({call.walk.language})" + ("" if call.caller_here else " callback"),
            ring_timeout_s=queue.ring_timeout_s,
        )
    )
    return leg


def _rings(desk: Desk, call: Call, agent: str, leg: str) -> None:
    """The phone rings for the call from now on."""
    until = desk.at + desk.plan.floor.queues[call.queue].ring_timeout_s
    call.ringing.append(Offer(leg=leg, agent=agent, at=desk.at, until=until))
    call.legs.append(leg)
    desk.lines.rings(call.id, len(call.ringing))
    desk.move(agent, Move.OFFER, call=call.id)
    desk.agent(agent).offered_at = desk.at
    deadline(desk, call)
    join(desk, call)
    desk.tell("call_offered", call, agent=agent)


def _ended(desk: Desk, call: Call, offer: Offer) -> None:
    """The phone rings no more for the call."""
    call.ringing.remove(offer)
    desk.lines.rings(call.id, len(call.ringing))
    deadline(desk, call)


def deadline(desk: Desk, call: Call) -> None:
    """When the first of the phones that ring must have said something."""
    if call.ringing:
        desk.state.timers.set(f"ring:{call.id}", min(offer.until for offer in call.ringing))
    else:
        desk.clear_timers(call, ("ring",))


def _failed(desk: Desk, call: Call, offer: Offer, outcome: str) -> None:
    """The agent did not take the call: the caller keeps the place, the next agent is asked."""
    _ended(desk, call, offer)
    if call.wait is None:
        return
    again_at = desk.at + desk.plan.floor.rules.reoffer_after_s
    call.wait.excluded[offer.agent] = call.declined[offer.agent] = again_at  # the next queue must not ask at once
    promises.declined(desk, call, offer.agent, again_at)  # nor the next attempt
    reoffer_later(desk, call)
    if call.wait.leaving and not call.ringing:
        desk.state.timers.set(f"wait:{call.id}", desk.at)  # nobody else is asked
    misses.missed(desk, offer.agent, outcome)
    decisions.offer_ended(desk, call, offer, outcome)
    desk.tell("offer_ended", call, agent=offer.agent, outcome=outcome)
    desk.rematch = True


def _not_asked(desk: Desk, call: Call, offer: Offer) -> None:
    """Asterisk did not answer: nobody is to blame, and whoever comes next is asked, in a moment this agent too."""
    if call.wait is not None:
        call.wait.excluded[offer.agent] = desk.at + UNANSWERED_S
    withdraw(desk, call, offer)
    reoffer_later(desk, call)
    desk.rematch = True


def reoffer_later(desk: Desk, call: Call) -> None:
    """Wake up when the first of those who were asked may be asked again."""
    excluded = call.wait.excluded.values() if call.wait else ()
    until = min((u for u in excluded if u > desk.at), default=None)
    if until is not None:
        desk.state.timers.set(f"reoffer:{call.id}", until)
