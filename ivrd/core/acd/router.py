"""Matches waiting calls with available agents. Pure: who is offered what comes back as pairs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ivrd.core.acd.model import Floor
from ivrd.core.acd.presence import AgentState
from ivrd.core.acd.selection import Wanted, choose


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A call that waits and is not being offered to anyone now."""

    wanted: Wanted
    priority: int
    since: float


def order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Who is served first: higher priority, then longer wait, then lower call id."""
    return sorted(waiting, key=lambda w: (-w.priority, w.since, w.wanted.call))


def match(
    waiting: Iterable[Waiting], floor: Floor, states: dict[str, AgentState]
) -> list[tuple[str, str]]:
    """Pairs (call, agent) to be offered now: each call and each agent at most once.

    Callers are taken in ``order``; each gets the agent that ``choose`` prefers. A caller whom nobody
    can take does not hold up those behind.
    """
    free = [(floor.agents[s.agent], s) for s in states.values() if s.available]
    pairs: list[tuple[str, str]] = []
    if not free:
        return pairs
    for call in order(waiting):
        agent = choose(call.wanted, free)
        if agent is None:
            continue
        pairs.append((call.wanted.call, agent.id))
        free = [(a, s) for a, s in free if a.id != agent.id]
        if not free:
            break
    return pairs
