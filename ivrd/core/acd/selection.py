"""Who may be offered a call (filters), and who is asked first (scorers): lists that can be read aloud.

A new rule is a new function in FILTERS or in SCORERS. Each names itself, so that a decision can say why somebody
was passed over. ``choose`` decides by the same lists, but looks at the pool's kinds and not at every agent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from ivrd.core.acd.lines import Waiting
from ivrd.core.acd.model import Floor, Order, Reserve
from ivrd.core.acd.pool import Pool
from ivrd.core.acd.presence import AgentState, Presence


@dataclass(frozen=True, kw_only=True)
class Now:
    """The moment of a decision."""

    at: float
    floor: Floor
    pool: Pool
    states: Mapping[str, AgentState]


Filter = Callable[[Waiting, AgentState, Now], bool]
Scorer = Callable[[Waiting, AgentState, Now], float]

# --- filters


def is_available(call: Waiting, agent: AgentState, now: Now) -> bool:
    """Ready, with a phone that is registered and not dialling."""
    return agent.available


def has_skills(call: Waiting, agent: AgentState, now: Now) -> bool:
    """Has what the call asks for now, the caller's language included, well enough."""
    return call.demand.open_to(now.floor.kinds[now.floor.kind_of[agent.agent]])


def did_not_just_decline(call: Waiting, agent: AgentState, now: Now) -> bool:
    """Did not miss or decline this very call a moment ago."""
    return call.excluded.get(agent.agent, 0.0) <= now.at


def caller_waits_for_no_other(call: Waiting, agent: AgentState, now: Now) -> bool:
    """The caller is not held for another agent: the one who talked to them last, and will be free soon."""
    return waits_for(call, now) in ("", agent.agent)


def is_not_reserved(call: Waiting, agent: AgentState, now: Now) -> bool:
    """Is not one of the last free agents with a scarce skill that another queue needs."""
    return not any(True for _ in reserved(call, agent.agent, now))


FILTERS: tuple[Filter, ...] = (is_available, has_skills, did_not_just_decline, caller_waits_for_no_other, is_not_reserved)

# --- scorers: who scores highest is asked first


def was_not_asked(call: Waiting, agent: AgentState, now: Now) -> float:
    """Who was not asked for this very call yet; when all were, who may be asked again for the longest: all who can are asked in turn."""
    return 0.0 - call.excluded.get(agent.agent, 0.0)


def knows_the_caller(call: Waiting, agent: AgentState, now: Now) -> float:
    """Who talked to the caller last, where the queue leads callers to whom they know."""
    return float(agent.agent == call.known)


def is_preferred(call: Waiting, agent: AgentState, now: Now) -> float:
    """Who has the skills that are preferred, and how well."""
    return call.demand.preference(now.floor.kinds[now.floor.kind_of[agent.agent]])


def is_best(call: Waiting, agent: AgentState, now: Now) -> float:
    """Who has most of what the call asks for."""
    return call.demand.mastery(now.floor.kinds[now.floor.kind_of[agent.agent]])


def is_a_specialist(call: Waiting, agent: AgentState, now: Now) -> float:
    """Who serves the fewest queues: generalists are kept free."""
    return -now.floor.kinds[now.floor.kind_of[agent.agent]].breadth


def was_busy_least(call: Waiting, agent: AgentState, now: Now) -> float:
    """Who was busy for the smallest part of the time at work today."""
    return -agent.occupancy(now.at)


def was_asked_longest_ago(call: Waiting, agent: AgentState, now: Now) -> float:
    """Whose phone rang longest ago: all take turns."""
    return -agent.offered_at


def idle_longest(call: Waiting, agent: AgentState, now: Now) -> float:
    """Who became idle first."""
    return -agent.idle_since


#: by a queue's ``order``; what is equal by all goes to the lower id, so that the same state gives the same choice
SCORERS: dict[Order, tuple[Scorer, ...]] = {
    "longest_idle": (was_not_asked, knows_the_caller, is_preferred, idle_longest),
    "least_occupied": (was_not_asked, knows_the_caller, is_preferred, was_busy_least, idle_longest),
    "best_skilled": (was_not_asked, knows_the_caller, is_preferred, is_best, idle_longest),
    "most_specific": (was_not_asked, knows_the_caller, is_preferred, is_a_specialist, idle_longest),
    "round_robin": (was_not_asked, knows_the_caller, is_preferred, was_asked_longest_ago, idle_longest),
}
#: scorers that two agents of one kind may differ by, and that the pool does not keep them sorted by
_BY_AGENT: dict[Order, Scorer] = {"least_occupied": was_busy_least, "round_robin": was_asked_longest_ago}


def eligible(call: Waiting, agent: AgentState, now: Now) -> bool:
    """Passes every filter."""
    return all(f(call, agent, now) for f in FILTERS)


def may_turn_down(call: Waiting, now: Now) -> tuple[Filter, ...]:
    """Filters that could turn down an agent who is available and has the skills, as the call and the floor are now."""
    reasons = (call.excluded, waits_for(call, now), now.floor.reserves)
    return tuple(f for f, reason in zip(FILTERS[2:], reasons, strict=True) if reason)


def why_not(call: Waiting, agent: AgentState, now: Now, filters: tuple[Filter, ...] = FILTERS) -> str:
    """The first filter that the agent fails, by name; "" when none."""
    for passes in filters:
        if not passes(call, agent, now):
            return passes.__name__
    return ""


def scores(call: Waiting, agent: AgentState, now: Now) -> tuple[float, ...]:
    """By each scorer of the queue's order; higher is asked first."""
    return tuple([scorer(call, agent, now) for scorer in SCORERS[call.order]])  # a list: it is in every caller's way


# --- deciding


def waits_for(call: Waiting, now: Now) -> str:
    """The agent whom the caller waits for alone; "" when anybody will do. Nobody is waited for who could not take the call then."""
    if not call.known or now.at >= call.held_until or call.known in call.excluded:
        return ""
    state, kind = now.states.get(call.known), now.floor.kind_of.get(call.known)
    if state is None or state.presence in (Presence.LOGGED_OUT, Presence.PAUSED) or not state.reachable:
        return ""
    if kind is None or not call.demand.open_to(now.floor.kinds[kind]):
        return ""
    if state.available and any(True for _ in reserved(call, call.known, now)):
        return ""
    return call.known


def reserved(call: Waiting, agent: str, now: Now) -> Iterator[Reserve]:
    """For what other queues the agent is kept free, against this call."""
    levels = now.floor.kinds[now.floor.kind_of[agent]].levels
    for queue, reserve in now.floor.reserves:
        if queue == call.queue or reserve.skill not in levels or now.at - call.since >= reserve.others_after_s:
            continue
        if now.pool.free_with(reserve.skill, reserve.keep + 1) <= reserve.keep:
            yield reserve


def kept_for_others_s(call: Waiting, now: Now) -> float | None:
    """When all who could take such a call are reserved: how long callers must have waited to be offered one all the same."""
    waits: list[int] = []
    for kinds in now.pool.tiers(call.demand, call.order):
        for kind in kinds:
            if (agent := next(now.pool.free(kind), None)) is not None:
                waits.append(max((r.others_after_s for r in reserved(call, agent.agent, now)), default=-1))
    return min(waits) if waits and min(waits) >= 0 else None


def choose(call: Waiting, now: Now) -> AgentState | None:
    """The best eligible agent for the call."""
    known = now.states.get(call.known) if call.known and call.known not in call.excluded else None
    if known is not None and known.agent in now.floor.kind_of and eligible(call, known, now):
        return known
    if waits_for(call, now):
        return None
    return _first_asked(call, now) or _asked_again(call, now)


def _asked_again(call: Waiting, now: Now) -> AgentState | None:
    """Nobody is left who was not asked for the call."""
    asked = (now.states.get(agent) for agent in call.excluded if agent in now.floor.kind_of)
    able = [agent for agent in asked if agent is not None and eligible(call, agent, now)]
    return min(able, key=lambda a: (*(-score for score in scores(call, a, now)), a.agent), default=None)


def _first_asked(call: Waiting, now: Now) -> AgentState | None:
    """The best of those who were not asked for the call yet."""
    scorer = _BY_AGENT.get(call.order)
    for kinds in now.pool.tiers(call.demand, call.order):
        able = (_able(call, kind, now) for kind in kinds)
        found: Iterable[AgentState]
        if scorer is None:  # the longest idle of each kind are enough to look at
            found = (first for agents in able if (first := next(agents, None)) is not None)
            best = min(found, key=lambda a: (a.idle_since, a.agent), default=None)
        else:
            best = min(
                chain.from_iterable(able),
                key=lambda a: (-scorer(call, a, now), a.idle_since, a.agent),
                default=None,
            )
        if best is not None:
            return best
    return None


def _able(call: Waiting, kind: int, now: Now) -> Iterator[AgentState]:
    """Agents of a kind who may be offered the call and were not asked for it yet, the longest idle first."""
    excluded, checked = call.excluded, not now.floor.reserves
    for state in now.pool.free(kind):
        if not checked:  # of one kind all are reserved, or none
            if not is_not_reserved(call, state, now):
                return
            checked = True
        if state.agent not in excluded:
            yield state
