"""Notes of each decision about a waiting call: ``ivrd why`` tells them."""

from __future__ import annotations

from ivrd.core import outlook
from ivrd.core.acd.decision import Decision, add, look_at_calls, look_round
from ivrd.core.acd.lines import Waiting
from ivrd.core.acd.selection import Now
from ivrd.core.desk import Desk
from ivrd.core.state import Call, Offer, Wait


def joined(desk: Desk, call: Call, wait: Wait, seen: Waiting) -> Decision:
    """The caller joins a queue; ``seen``: as the router sees it at first."""
    decision = Decision(at=desk.at, what="joined", queue=wait.queue)
    add(call.why, decision)

    def tell_more() -> None:
        decision.place, decision.asks = outlook.place(desk, call, wait), seen.demand.spoken()
        _points(desk, decision, wait, seen)

    desk.put_off(tell_more)
    return decision


def nobody(desk: Desk, call: Call, decision: Decision) -> None:
    """Nobody could be offered the call when it joined: who could not have it, and why."""
    look_round(decision, desk.lines.calls[call.id], moment(desk))


def relaxed(desk: Desk, call: Call, wait: Wait) -> None:
    """The call asks for less."""
    asks = desk.seen_waiting(call, wait).demand.spoken()
    add(call.why, Decision(at=desk.at, what="relaxed", queue=wait.queue, step=wait.step, asks=asks))


def offered(desk: Desk, call: Call, waiting: Waiting, agent: str, now: Now) -> None:
    """The call is about to be offered to the agent."""
    decision = Decision(at=desk.at, what="offered", queue=waiting.queue, step=call.wait.step if call.wait else 0, agent=agent)
    look_round(decision, waiting, now)
    look_at_calls(decision, waiting, desk.agent(agent), desk.lines, now)
    if call.wait is not None:
        _points(desk, decision, call.wait, waiting)
    add(call.why, decision)


def offer_ended(desk: Desk, call: Call, offer: Offer, outcome: str) -> None:
    """A phone rings no more for the call."""
    decision = Decision(at=desk.at, what="offer_ended", queue=call.queue, agent=offer.agent, outcome=outcome)
    add(call.why, decision)


def left(desk: Desk, call: Call, outcome: str) -> None:
    """The caller waits no more, without an agent, or was not let into the queue."""
    add(call.why, Decision(at=desk.at, what="left", queue=call.queue, outcome=outcome))


def _points(desk: Desk, decision: Decision, wait: Wait, waiting: Waiting) -> None:
    """What the call's place in line is made of (lines.py)."""
    rules = desk.plan.floor.rules
    decision.points = {
        "priority": float(wait.priority * rules.points_per_priority),
        "vip": float(wait.vip * rules.vip_points),
        "waited": round(waiting.weight * (desk.at - waiting.since), 3),
    }
    decision.weight = waiting.weight
    decision.long = waiting.rank(desk.at, rules.first_after_s)[0] == 0


def moment(desk: Desk) -> Now:
    """Now, as the router sees it."""
    return Now(at=desk.at, floor=desk.plan.floor, pool=desk.pool, states=desk.state.agents)
