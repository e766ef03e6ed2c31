"""What an agent asks for, at the phone or through the API: one way in, and one word when it cannot be."""

from __future__ import annotations

from ivrd.core import contacts, pauses, wrapup
from ivrd.core.acd.presence import Move, Presence
from ivrd.core.desk import Desk
from ivrd.core.events import AgentAsked

#: what may be asked for
WISHES: dict[str, Move] = {
    "log_in": Move.LOG_IN,
    "log_out": Move.LOG_OUT,
    "pause": Move.PAUSE,
    "resume": Move.RESUME,
    "end_wrap_up": Move.WRAPPED,
}
EXTEND = "extend_wrap_up"


def asked(desk: Desk, event: AgentAsked) -> str:
    """Somebody asked for an agent, not at the phone; walls hear of it."""
    if event.agent not in desk.plan.floor.agents:
        return "unknown_agent"
    if event.wish == "begin_contact":
        why = contacts.begin(desk, event.agent, event.contact, event.reason)
    elif event.wish == "end_contact":
        why = contacts.end(desk, event.agent, event.contact)
    else:
        why = wish(desk, event.agent, event.wish, event.reason, event.by, event.seconds)
    desk.tell("agent_asked", agent=event.agent, wish=event.wish, by=event.by, refused=why)
    return why


def wish(desk: Desk, agent: str, what: str, reason: str = "", by: str = "phone", seconds: int = 0) -> str:
    """Do it; "" when it is so now, else why not: not_possible, unknown_reason, too_many_paused, at_most.

    ``seconds``: by how much wrap-up is extended; 0 = by what the queue says.
    """
    if what == EXTEND:
        return wrapup.extend(desk, agent, seconds)
    move = WISHES.get(what)
    if move is None:
        return "not_possible"
    if move == Move.PAUSE and (why := pauses.refusal(desk, agent, reason)):
        return why
    if _already(desk, agent, move, reason) or wrapup.over(desk, agent, move, reason or by):
        return ""
    return "not_possible"


def _already(desk: Desk, agent: str, move: Move, reason: str) -> bool:
    """Asking for the state one is in is no mistake: it is how an agent makes sure."""
    state = desk.agent(agent)
    if move == Move.PAUSE:
        return state.presence == Presence.PAUSED and reason in ("", state.reason)
    return (move, state.presence) in {
        (Move.LOG_IN, Presence.READY),
        (Move.LOG_OUT, Presence.LOGGED_OUT),
        (Move.RESUME, Presence.READY),
    }
