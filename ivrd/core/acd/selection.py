"""Who may be offered a call (filters), and who is (scorers): lists that can be read aloud.

A new rule is a new function in FILTERS or SCORERS. Each filter names itself, so that a decision can
say why somebody was passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ivrd.core.acd.model import Agent
from ivrd.core.acd.presence import AgentState


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What one waiting call asks of an agent."""

    call: str
    skills: frozenset[str]
    language: str
    excluded: frozenset[str]  #: declined or missed this call a moment ago


Filter = Callable[[Wanted, Agent, AgentState], bool]
Scorer = Callable[[Wanted, Agent, AgentState], float]


def is_available(wanted: Wanted, agent: Agent, state: AgentState) -> bool:
    """Ready, with a phone that is registered and not dialling."""
    return state.available


def has_skills(wanted: Wanted, agent: Agent, state: AgentState) -> bool:
    """Has every skill that the queue asks for."""
    return wanted.skills <= agent.skill_set


def speaks_language(wanted: Wanted, agent: Agent, state: AgentState) -> bool:
    """Speaks the caller's language."""
    return wanted.language in agent.languages


def did_not_just_decline(wanted: Wanted, agent: Agent, state: AgentState) -> bool:
    """Did not miss or decline this very call a moment ago."""
    return agent.id not in wanted.excluded


def idle_longest(wanted: Wanted, agent: Agent, state: AgentState) -> float:
    """The agent who became idle first scores highest."""
    return -state.idle_since


FILTERS: tuple[Filter, ...] = (is_available, has_skills, speaks_language, did_not_just_decline)
SCORERS: tuple[Scorer, ...] = (idle_longest,)


def eligible(wanted: Wanted, agent: Agent, state: AgentState) -> bool:
    """Passes every filter."""
    return all(f(wanted, agent, state) for f in FILTERS)


def why_not(wanted: Wanted, agent: Agent, state: AgentState) -> str:
    """The first filter that the agent fails, by name; "" when none."""
    return next((f.__name__ for f in FILTERS if not f(wanted, agent, state)), "")


def choose(wanted: Wanted, agents: list[tuple[Agent, AgentState]]) -> Agent | None:
    """The best eligible agent; ties go to the lower id, so that the same state gives the same choice."""
    best: tuple[tuple[float, ...], str] | None = None
    chosen: Agent | None = None
    for agent, state in agents:
        if not eligible(wanted, agent, state):
            continue
        rank = (tuple(-s(wanted, agent, state) for s in SCORERS), agent.id)
        if best is None or rank < best:
            best, chosen = rank, agent
    return chosen
