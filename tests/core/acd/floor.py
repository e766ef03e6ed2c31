"""A small floor for the router's tests: agents, their states, and who waits."""

from __future__ import annotations

from collections.abc import Mapping

from ivrd.core.acd.demand import asked, demand
from ivrd.core.acd.lines import Lines, Waiting
from ivrd.core.acd.model import AcdRules, Agent, Floor, Queue
from ivrd.core.acd.pool import Pool
from ivrd.core.acd.presence import AgentState, Presence
from ivrd.core.acd.selection import Now


def ready(agent: str = "101", idle_since: float = 0.0, **facts: object) -> AgentState:
    return AgentState(agent=agent, presence=Presence.READY, idle_since=idle_since, **facts)  # type: ignore[arg-type]


def floor(*agents: Agent, queues: tuple[Queue, ...] = (), rules: AcdRules | None = None) -> Floor:
    queues = queues or (Queue(id="q", title="Q"),)
    return Floor(queues={q.id: q for q in queues}, agents={a.id: a for a in agents}, rules=rules or AcdRules())


def now(of: Floor, *states: AgentState, at: float = 1000.0) -> Now:
    known = {s.agent: s for s in states}
    return Now(at=at, floor=of, pool=Pool(of, known), states=known)


def waits(of: Floor, call: str = "c1", queue: str = "q", *, language: str = "id", step: int = 0, **facts: object) -> Waiting:
    wanted: dict[str, object] = {name: facts.pop(name) for name in ("skills", "any_of", "preferred") if name in facts}
    definition = of.queues[queue]
    asks = asked(definition, **wanted)  # type: ignore[arg-type]
    facts = {"since": 0.0, "order": definition.order, "weight": definition.weight, **facts}
    return Waiting(call=call, queue=queue, demand=demand(of, definition, asks, language, step), **facts)  # type: ignore[arg-type]


def lines(*waiting: Waiting) -> Lines:
    made = Lines()
    for call in waiting:
        made.put(call)
    return made


def offer(made: Lines, moment: Now, states: Mapping[str, AgentState]) -> list[tuple[str, str]]:
    """Everything that can be offered now, offered: (call, agent)."""
    from ivrd.core.acd.router import match

    pairs = []
    for waiting, agent in match(made, moment):
        pairs.append((waiting.call, agent.agent))
        made.rings(waiting.call, waiting.rung + 1)
        states[agent.agent].presence = Presence.OFFERED
        moment.pool.note(states[agent.agent])
    return pairs
