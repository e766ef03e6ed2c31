"""Who may be offered which call, once more, from the plain words of docs/routing.md and from nothing of the router.

The router's own filters cannot be held against themselves: a filter that is wrong says that all is well. So each of them is
written here a second time, from what the configuration says and what the state has as plain facts; of ``ivrd.core.acd`` only
the admin's words (Agent, Queue) are used. Slow on purpose: everybody is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivrd.core.acd.model import Agent, Queue
from ivrd.core.acd.presence import AgentState, Presence
from ivrd.core.exchange import Exchange
from ivrd.core.state import Call, Stage, Wait

#: (call, agent) -> when that agent declined or missed the call last, as walls were told
Declined = Mapping[tuple[str, str], float]
#: "a skill that is only named": at an agent level 5, in a queue any
NAMED_AT_AN_AGENT, NAMED_IN_A_QUEUE = 5, 1
RESERVED = "kept free for"
#: Asterisk did not answer: asked again after so long
UNANSWERED_S = 2.0


class Oracle:
    """The floor at one moment. ``free``: agents to be taken for free, else those who are."""

    def __init__(self, exchange: Exchange, declined: Declined, free: set[str] | None = None) -> None:
        self.at = exchange.state.last_at
        self.floor = exchange.plan.floor
        self.state = exchange.state
        self.declined = declined
        self.free = {agent for agent in self.floor.agents if not self.why_not_free(agent)} if free is None else free

    def could(self, call: Call) -> list[str]:
        """Agents who may be offered the call now."""
        return [agent for agent in self.floor.agents if not self.against(call, agent)]

    def against(self, call: Call, agent: str) -> list[str]:
        """Every reason why the agent may not be offered the call, in words."""
        assert call.wait is not None
        found = [] if agent in self.free else [self.why_not_free(agent) or "taken"]
        if agent not in self.floor.agents:
            return ["left the configuration"]
        if not self.able(call.wait, agent):
            found.append("lacks what is asked for")
        if self.asked_a_moment_ago(call, agent):
            found.append("declined a moment ago")
        if (other := self.waits_for(call)) not in ("", agent):
            found.append(f"the caller waits for {other}")
        found += [f"{RESERVED} {queue}" for queue in self.keeps_free(call.wait, agent)]
        if self.customer_is_busy(call):
            found.append("the customer is on the line, or about to be rung by another agent")
        return found

    def customer_is_busy(self, call: Call) -> bool:
        """It stands in line for a customer to whom we talk, who calls, or whom another agent is calling back."""
        if not _stands_in(call):
            return False
        others = (c for c in self.state.calls.values() if c.number == call.number and c.id != call.id)
        return any(c.stage not in (Stage.CLOSING, Stage.CLOSED) and (c.ringing or not _stands_in(c)) for c in others)

    def place(self, call: Call) -> tuple[int, float, float, str]:
        """Lower is served first: who has waited ``first_after_s``, the longest first; then by points."""
        wait, rules = call.wait, self.floor.rules
        assert wait is not None
        since = wait.since - wait.ahead_s
        if 0 < rules.first_after_s <= self.at - since:
            return 0, since, 0.0, call.id
        points = wait.priority * rules.points_per_priority + wait.vip * rules.vip_points
        points += self.floor.queues[wait.queue].weight * (self.at - since)
        return 1, round(-points, 3), since, call.id

    # --- free

    def why_not_free(self, agent: str, presence: Presence = Presence.READY) -> str:
        """Ready (or ``presence``), the phone there and in nobody's use, not at rest, kept for nobody, and room for a call."""
        state = self._agent(agent)
        contacts = sum(state.contacts.values()) + self.floor.rules.weights.get("voice", 1.0)
        reasons = {
            state.presence.value: state.presence != presence,
            "unplugged": not state.reachable,
            "on a feature code": bool(state.session),
            "on a private call": state.private,
            "at rest": state.rest_until is not None,
            "kept for a customer": bool(state.kept_for),
            "full": contacts > self.floor.agents[agent].capacity,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    # --- skills, languages, relax

    def able(self, wait: Wait, agent: str) -> bool:
        """Has all skills of the queue well enough and one of each ``any_of``, and speaks the language; less what was relaxed."""
        queue, has = self.floor.queues[wait.queue], self.floor.agents[agent]
        asks = _levels(queue.skills, NAMED_IN_A_QUEUE)
        some = [_levels(group, NAMED_IN_A_QUEUE) for group in queue.any_of]
        speaks: int | None = queue.language_level
        wider: list[str] = []
        waited_s = self.at - (wait.joined_at or wait.since)
        steps = max(wait.step, sum(step.after_s <= waited_s for step in queue.relax))
        for step in queue.relax[:steps]:
            for name, level in step.lower.items():
                asks |= {name: min(level, asks[name])} if name in asks else {}
                some = [group | ({name: min(level, group[name])} if name in group else {}) for group in some]
                speaks = min(level, speaks) if name == "language" and speaks is not None else speaks
            asks = {name: level for name, level in asks.items() if name not in step.drop}
            some = [group for group in some if not set(step.drop) & set(group)]
            speaks = None if "language" in step.drop else speaks
            wider += step.widen
        tongue = speaks is None or _levels(has.languages, NAMED_AT_AN_AGENT).get(wait.language, 0) >= speaks
        if tongue and _has(has, asks, some):
            return True
        return tongue and any(self._widened(name, has) for name in wider)

    def _widened(self, name: str, has: Agent) -> bool:
        if (other := self.floor.queues.get(name)) is None:
            return name in has.groups or (name == "leads" and has.leads)
        groups = [_levels(group, NAMED_IN_A_QUEUE) for group in other.any_of]
        return _has(has, _levels(other.skills, NAMED_IN_A_QUEUE), groups)

    # --- who was asked already

    def asked_a_moment_ago(self, call: Call, agent: str) -> bool:
        """Declined or missed it within ``reoffer_after_s``, in whatever queue; gave the caller away; or Asterisk did not answer."""
        assert call.wait is not None
        declined_at = self.declined.get((call.id, agent))
        if declined_at is not None and self.at < declined_at + self.floor.rules.reoffer_after_s:
            return True
        noted_s = call.wait.excluded.get(agent, 0.0) - self.at
        gave_away = any(one.talk.agent == agent for one in call.earlier) or (call.talk is not None and call.talk.agent == agent)
        return noted_s > 0 and (noted_s <= UNANSWERED_S or gave_away or bool(call.callback_of))

    # --- affinity

    def waits_for(self, call: Call) -> str:
        """The agent whom the caller knows, for ``hold_s``, if busy: not who is away, cannot, declined, or is kept free for others."""
        wait = call.wait
        assert wait is not None
        if not wait.known or self.at >= wait.held_until or wait.known not in self.floor.agents:
            return ""
        state = self._agent(wait.known)
        away = state.presence in (Presence.LOGGED_OUT, Presence.PAUSED) or not state.reachable
        if away or not self.able(wait, wait.known) or wait.known in wait.excluded:
            return ""
        return "" if wait.known in self.free and [*self.keeps_free(wait, wait.known)] else wait.known

    # --- reserves

    def keeps_free(self, wait: Wait, agent: str) -> Iterator[str]:
        """Other queues for which the agent is one of the last free ones with a skill, until this caller has waited long enough."""
        has = self.floor.agents[agent]
        for queue in self.floor.queues.values():
            for reserve in queue.reserve:
                with_it = sum(_knows(self.floor.agents[other], reserve.skill) for other in self.free | {agent})
                waited_s = self.at - (wait.since - wait.ahead_s)
                if queue.id != wait.queue and _knows(has, reserve.skill) and with_it <= reserve.keep and waited_s < reserve.others_after_s:
                    yield queue.id

    def _agent(self, agent: str) -> AgentState:
        return self.state.agents.get(agent) or AgentState(agent=agent)


def phones(queue: Queue, wait: Wait) -> int:
    """So many may ring for the caller at once."""
    if wait.leaving:
        return 0
    return 10**6 if queue.ring == "all" else queue.ring


def _levels(named: Mapping[str, int] | tuple[str, ...], plain: int) -> dict[str, int]:
    return dict(named) if isinstance(named, Mapping) else dict.fromkeys(named, plain)


def _has(agent: Agent, asks: Mapping[str, int], some: list[dict[str, int]]) -> bool:
    has = _levels(agent.skills, NAMED_AT_AN_AGENT)
    everything = all(has.get(name, 0) >= level for name, level in asks.items())
    return everything and all(any(has.get(name, 0) >= level for name, level in group.items()) for group in some)


def _knows(agent: Agent, skill: str) -> bool:
    kind, _, code = skill.partition(":")
    named = agent.languages if kind == "language" and code else agent.skills
    return (code or kind) in _levels(named, NAMED_AT_AN_AGENT)


def _stands_in(call: Call) -> bool:
    """In line for a customer who is to be called back: nobody is at the phone yet."""
    return bool(call.callback_of) and not call.caller_here and call.stage == Stage.QUEUED
