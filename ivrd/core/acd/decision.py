"""Why: what was decided about a waiting call, and who was looked at. Plain values: it is part of every snapshot.

Kept small: agents beyond ``MOST_AGENTS`` are only counted, and of a call's decisions the first and the last are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import islice

from ivrd.core.acd.lines import Lines, Rank, Waiting
from ivrd.core.acd.presence import AgentState, Presence
from ivrd.core.acd.selection import Now, has_skills, may_turn_down, scores, why_not

MOST_AGENTS = 32
MOST_DECISIONS = 60
#: of the calls that were passed over, so many are named
MOST_CALLS = 3
#: of these, so many from the beginning
FIRST = 10
_WORDS = {presence: presence.value for presence in Presence}


@dataclass(kw_only=True)
class Decision:
    """One thing that happened to a waiting call. Times: seconds since the epoch."""

    at: float
    what: str  #: joined, relaxed, offered, offer_ended, left
    queue: str
    step: int = 0  #: steps of ``relax`` that were taken
    place: int = 0  #: in line, where it is told
    asks: str = ""  #: what an agent needs, where it is told
    agent: str = ""  #: offered to, or whose offer ended
    outcome: str = ""  #: of an offer, or why the caller left
    scores: dict[str, list[float]] = field(default_factory=dict)  #: who could: by each scorer of the order, higher first
    passed: dict[str, list[str]] = field(default_factory=dict)  #: the first reason against them -> agents
    uncounted: int = 0  #: agents not looked at here
    forgotten: int = 0  #: decisions between this one and the next that are not kept
    points: dict[str, float] = field(default_factory=dict)  #: of the call: priority, vip, waited (``weight`` for each second)
    weight: float = 1.0
    long: bool = False  #: has waited ``first_after_s``: before all who have not, whatever the points
    over: int = 0  #: calls ahead for which no phone rang, and that could not have the agent
    ahead: dict[str, float] = field(default_factory=dict)  #: the first of these -> their points
    ahead_why: dict[str, str] = field(default_factory=dict)  #: and the first filter that the agent fails for them; "": none


def look_round(decision: Decision, call: Waiting, now: Now) -> None:
    """Who could take the call, and who not for what reason: names and numbers only, made up into words when somebody asks."""
    looked, kind_of = 0, now.floor.kind_of
    able = {kind for tier in now.pool.tiers(call.demand, call.order) for kind in tier}
    asked = may_turn_down(call, now)
    for state in _seen(call, now):
        looked += 1
        # the caller waits for this: what most fail, or all of one kind, is told without asking each filter about each agent
        if not state.available:
            reason = _unavailable(state)
        elif kind_of[state.agent] not in able:
            reason = has_skills.__name__
        else:
            reason = why_not(call, state, now, asked)
        if reason:
            decision.passed.setdefault(reason, []).append(state.agent)
        else:
            decision.scores[state.agent] = [*scores(call, state, now)]
    decision.uncounted = len(now.floor.agents) - looked


def look_at_calls(decision: Decision, call: Waiting, agent: AgentState, lines: Lines, now: Now) -> None:
    """Why this call and not one ahead of it: how many were passed over for the agent, and the first of them with points and reason."""
    if len(lines.calls) < 2:  # which is usual, and must cost nothing
        return
    at, first_after_s = now.at, now.floor.rules.first_after_s
    heads: list[tuple[Rank, Waiting, Iterator[Waiting]]] = []
    for (rung, *_), line in lines.open.items():
        if rung:
            continue
        ahead = line.served_before(call, at, first_after_s)
        if ahead:
            decision.over += ahead
            others = islice(line.in_order(at, first_after_s), ahead)
            first = next(others)
            heads.append((first.rank(at, first_after_s), first, others))
    heapify(heads)
    while heads and len(decision.ahead) < MOST_CALLS:
        _, waiting, cursor = heappop(heads)
        decision.ahead[waiting.call] = round(waiting.points_at(at), 3)
        decision.ahead_why[waiting.call] = why_not(waiting, agent, now)
        if (after := next(cursor, None)) is not None:
            heappush(heads, (after.rank(at, first_after_s), after, cursor))


def add(decisions: list[Decision], decision: Decision) -> None:
    """One more; the oldest but the first few make room."""
    decisions.append(decision)
    if len(decisions) > MOST_DECISIONS:
        decisions[FIRST - 1].forgotten += 1
        del decisions[FIRST]


def _seen(call: Waiting, now: Now) -> Iterator[AgentState]:
    """Of a large floor, those who come first: the ready ones who are able, then the others who are, then all."""
    states, floor = now.states, now.floor
    if len(floor.agents) <= MOST_AGENTS:
        yield from (states.get(agent) or AgentState(agent=agent) for agent in floor.agents)
        return
    seen: set[str] = set()
    kinds = [kind for tier in now.pool.tiers(call.demand, call.order) for kind in tier]
    for agents in ((a.agent for k in kinds for a in now.pool.free(k)), (a for k in kinds for a in floor.kinds[k].agents)):
        for agent in agents:
            if len(seen) >= MOST_AGENTS:
                return
            if agent not in seen:
                seen.add(agent)
                yield states.get(agent) or AgentState(agent=agent)


def _unavailable(state: AgentState) -> str:
    """In a word, why the agent is not available."""
    if state.presence != Presence.READY:
        return _WORDS[state.presence]
    if not state.reachable:
        return "unreachable"
    if state.kept_for:
        return "kept"
    return "phone_in_use" if state.session or state.private else "resting"
