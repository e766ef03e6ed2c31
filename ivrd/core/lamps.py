"""What a key of a desk phone shows of an agent or a queue: names to watch, and Asterisk's words for states.

    agent-<id>  off: ready · flashes: rings · on: talks, wraps up, rests, pauses, or is on a private call · unavailable: not here
    queue-<id>  off: somebody may be offered a call · flashes: callers wait · on: nobody waits, and nobody may
"""

from __future__ import annotations

from ivrd.core.acd.presence import Presence
from ivrd.core.views import AgentView, QueueView

#: NOT_INUSE: off. RINGING: flashes. INUSE, ONHOLD, BUSY: on. UNAVAILABLE: off, or as the phone likes.
_AGENT = {
    Presence.LOGGED_OUT: "UNAVAILABLE",
    Presence.READY: "NOT_INUSE",
    Presence.OFFERED: "RINGING",
    Presence.TALKING: "INUSE",
    Presence.WRAP_UP: "ONHOLD",
    Presence.PAUSED: "BUSY",
}


def agent_lamp(agent: str) -> str:
    """What a key watches to show the agent."""
    return f"agent-{agent}"


def queue_lamp(queue: str) -> str:
    """What a key watches to show the queue."""
    return f"queue-{queue}"


def of_agent(view: AgentView) -> str:
    """The agent's lamp."""
    if view.presence == Presence.READY:
        if not view.reachable:
            return "UNAVAILABLE"
        if view.private_call:
            return "INUSE"
        if view.resting_until is not None:
            return _AGENT[Presence.WRAP_UP]
    return _AGENT[Presence(view.presence)]


def of_queue(view: QueueView) -> str:
    """The queue's lamp."""
    if view.waiting:
        return "RINGING"
    return "NOT_INUSE" if view.agents.get(Presence.READY, 0) else "INUSE"
