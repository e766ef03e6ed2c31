"""Agents who are ready, by what they can: the router looks at the longest idle of each kind, not at everybody."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator, Mapping

from ivrd.core.acd.model import Floor, Order
from ivrd.core.acd.presence import AgentState, Presence
from ivrd.core.acd.skills import Demand, Kind

Tiers = tuple[tuple[int, ...], ...]  #: places of kinds in ``Floor.kinds``; equally good ones together, the best first


class Pool:
    """Follows the agents' presence: ``note`` is told of each change of it.

    Whether a ready agent's phone is there, and the like, is looked at when it matters (``AgentState.available``).
    """

    def __init__(self, floor: Floor, states: Mapping[str, AgentState]) -> None:
        self._floor = floor
        self._states = states
        self._ready: list[list[tuple[float, str]]] = [[] for _ in floor.kinds]  #: (idle since, agent)
        self._entries: dict[str, tuple[float, str]] = {}
        self._there: set[str] = set()
        self._there_of: Counter[int] = Counter()  #: kind -> agents who are logged in
        self._tiers: dict[tuple[Demand, Order], Tiers] = {}
        self._with: dict[str, tuple[int, ...]] = {}
        self.changes = 0  #: log-ins and log-outs so far
        for state in states.values():
            self.note(state)

    def note(self, state: AgentState) -> None:
        """The agent's presence may have changed."""
        agent, kind = state.agent, self._floor.kind_of.get(state.agent)
        if kind is None:
            return  # left the configuration
        old = self._entries.pop(agent, None)
        if old is not None:
            ready = self._ready[kind]
            del ready[bisect_left(ready, old)]
        if state.presence == Presence.READY:
            entry = self._entries[agent] = (state.idle_since, agent)
            insort(self._ready[kind], entry)
        if (state.presence != Presence.LOGGED_OUT) != (agent in self._there):
            self.changes += 1
            self._there ^= {agent}
            self._there_of[kind] += 1 if agent in self._there else -1

    def __bool__(self) -> bool:
        """Somebody is ready."""
        return bool(self._entries)

    def free(self, kind: int) -> Iterator[AgentState]:
        """Available agents of a kind, the longest idle first."""
        for _, agent in self._ready[kind]:
            state = self._states[agent]
            if state.available:
                yield state

    def kinds_there(self) -> list[Kind]:
        """Kinds of which somebody is logged in."""
        return [self._floor.kinds[kind] for kind, agents in self._there_of.items() if agents > 0]

    def free_with(self, skill: str, enough: int) -> int:
        """Available agents who have the skill, counted up to ``enough``."""
        kinds = self._with.get(skill)
        if kinds is None:
            kinds = self._with[skill] = tuple(
                i for i, kind in enumerate(self._floor.kinds) if kind.levels.get(skill, 0) > 0
            )
        found = 0
        for kind in kinds:
            for _ in self.free(kind):
                found += 1
                if found >= enough:
                    return found
        return found

    def tiers(self, demand: Demand, order: Order) -> Tiers:
        """Kinds that may be offered such a call, the best first: what of the order depends on skills alone."""
        found = self._tiers.get((demand, order))
        if found is None:  # as many as there are queues, languages and steps: worked out once each
            ranked: dict[tuple[int, int], list[int]] = {}
            for i, kind in enumerate(self._floor.kinds):
                if demand.open_to(kind):
                    rank = (-demand.preference(kind), _skill_rank(demand, order, kind))
                    ranked.setdefault(rank, []).append(i)
            found = self._tiers[demand, order] = tuple(tuple(ranked[rank]) for rank in sorted(ranked))
        return found


def _skill_rank(demand: Demand, order: Order, kind: Kind) -> int:
    """Lower is asked first."""
    if order == "best_skilled":
        return -demand.mastery(kind)
    return kind.breadth if order == "most_specific" else 0
