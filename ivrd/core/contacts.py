"""Contacts of other channels (a chat, a letter): each takes its weight from the agent's capacity, as a call does."""

from __future__ import annotations

from ivrd.core.acd.presence import BUSY, Presence
from ivrd.core.desk import Desk


def begin(desk: Desk, agent: str, contact: str, kind: str) -> str:
    """The agent takes it; "" when so, else why not. Told twice, it is one."""
    state, weight = desk.agent(agent), desk.plan.floor.rules.weights.get(kind)
    if weight is None or not contact:
        return "unknown_kind"
    if contact in state.contacts:
        return ""
    if state.presence in (Presence.LOGGED_OUT, Presence.PAUSED):
        return "not_possible"
    taken = sum(state.contacts.values()) + (state.voice if state.presence in BUSY else 0.0)
    if taken + weight > state.capacity:
        return "no_capacity"
    state.contacts[contact] = weight
    desk.touch_agent(agent)
    return ""


def end(desk: Desk, agent: str, contact: str) -> str:
    """It is over; harmless when it is not known."""
    if desk.agent(agent).contacts.pop(contact, None) is not None:
        desk.touch_agent(agent)
        desk.rematch = True
    return ""
