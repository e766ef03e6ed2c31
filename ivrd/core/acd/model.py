"""Queues and agents, as the admin writes them in config/queues.yaml and config/agents.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Literal

from ivrd.core.acd.rules import Cause, MissRule, Occupancy, PauseReason, Shift, usual_reasons
from ivrd.core.acd.skills import ANY, USUAL, Kind, Skills, Way, language, least, levels

#: who of several able and free agents is asked first (selection.py)
Order = Literal["longest_idle", "least_occupied", "best_skilled", "most_specific", "round_robin"]


@dataclass(frozen=True, kw_only=True)
class Relax:
    """A step by which a queue asks for less of its callers' agents. Steps add up."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    after_s: int  #: of waiting in the queue
    lower: dict[str, int] = field(default_factory=dict)  #: skill -> the level that is enough now
    drop: tuple[str, ...] = ()  #: skills not asked for any more
    widen: tuple[str, ...] = ()  #: whoever serves this queue, or is in this group, may take the call, too


@dataclass(frozen=True, kw_only=True)
class Reserve:
    """Agents with a scarce skill who are kept free for a queue's callers."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    skill: str  #: a skill, or `language:en`
    keep: int = 1  #: so many free ones are not offered other queues' callers ...
    others_after_s: int = 60  #: ... until those have waited so long


@dataclass(frozen=True, kw_only=True)
class Affinity:
    """A caller is led to the agent who talked to that number last."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    days: int = 7  #: a talk longer ago is forgotten
    hold_s: int = 15  #: the caller waits so long for that agent alone, when they are busy; 0: not at all


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Callers with one kind of question, and the skills an agent needs to take them."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    id: str = ""  #: filled from the key in the file
    title: str  #: as a wall shows it
    extension: str = ""  #: what agents give callers to with the transfer key (asterisk.sip.transfers); "" = they cannot
    transfer_keeps_time: bool = True  #: whom an agent gives to it stands as who has waited since the first queue; false: since now
    transfer_priority: int = 0  #: steps of priority for them on top
    skills: Skills = ()  #: an agent needs all of them (the call's language comes on top): a list, or levels `{kbli: 7}`
    any_of: tuple[Skills, ...] = ()  #: and of each of these lists at least one
    preferred: Skills = ()  #: who has these is asked first
    language_level: int = ANY  #: how well an agent must speak the caller's language
    relax: tuple[Relax, ...] = ()  #: what is asked for less as a caller waits longer
    order: Order = "longest_idle"  #: who of several able and free agents is asked first
    ring: int | Literal["all"] = 1  #: so many phones at once for a caller; the first to answer has the call
    reserve: tuple[Reserve, ...] = ()  #: agents kept free for this queue's callers
    affinity: Affinity | None = None  #: callers who called before are led to the agent they know
    priority: int = 0  #: each step is worth `acd.points_per_priority`
    weight: float = 1.0  #: points for each second waited: 2 = this queue's callers age twice as fast
    ring_timeout_s: int = 15  #: then the next agent is offered the call
    wrap_up_s: int = 30  #: after a talk, before the next offer; the agent may end it
    wrap_up_extend_s: int = 30  #: what the agent may add at a time ...
    wrap_up_max_s: int = 0  #: ... up to so much in all; 0 = it cannot be extended
    max_paused: int = 0  #: so many of its agents may pause at once; 0 = all
    service_level_s: int = 20  #: target of the brief: 85 % within 20 s
    max_wait_s: int = 900  #: then the flow's ``overflow`` node, or goodbye
    max_waiting: int = 50  #: a caller beyond this takes the overflow at once
    max_expected_wait_s: int = 0  #: whose expected wait is longer (nobody at work: for ever) takes the overflow, at once or while waiting; 0 = never
    without_agents: Literal["wait", "leave"] = "wait"  #: leave: the overflow when nobody who may serve the caller is logged in, or no longer
    closing_grace_s: int | None = None  #: who would not be served so soon after closing time takes the overflow; None = waits
    announce_every_s: int = 45  #: position and expected wait; 0 = never
    comfort: tuple[str, ...] = ()  #: prompts said in turn while waiting
    comfort_every_s: int = 60  #: one of them so often
    music: str = ""  #: a class of config/ivrd.yaml's ``music``; "" = the usual one
    handling_time_s: int = 492  #: average, until today's own is known (brief: 420-600 s)

    @cached_property
    def way(self) -> Way:
        """What an agent needs to serve the queue, languages aside."""
        return Way(all=least(levels(self.skills)), any_of=tuple(least(levels(g)) for g in self.any_of))


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A person who answers calls, at a phone."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    id: str = ""  #: filled from the key in the file
    name: str
    extension: str = ""  #: the phone's SIP user; the key when left out
    skills: Skills = ()  #: a list (each at level 5), or levels from 1 to 10: `{perizinan: 7, kbli: 4}`
    languages: Skills = ("id",)  #: as skills: a list, or levels
    groups: tuple[str, ...] = ()  #: names of your own, for a queue's `relax`
    leads: bool = False  #: team leader, in the group `leads`: is offered calls only when logged in, like everyone
    shift: str = ""  #: one of acd.shifts: logged in and out by it
    pin: bool = False  #: asked for at log-in by phone; it is made up in var/state/secrets.yaml (pins)
    capacity: float = 1.0  #: contacts at once, each counted with its weight (acd.weights)

    @cached_property
    def kind(self) -> Kind:
        """What the agent can do, to compare with."""
        skills = levels(self.skills, USUAL)
        spoken = {language(code): level for code, level in levels(self.languages, USUAL).items()}
        groups = (*self.groups, "leads") if self.leads else self.groups
        return Kind(levels={**skills, **spoken}, groups=frozenset(groups))


@dataclass(frozen=True, kw_only=True)
class AcdRules:
    """Rules that hold for all queues."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    points_per_priority: int = 300  #: a step of priority counts as so many seconds waited
    vip_points: int = 300  #: what a number on the list of VIPs is ahead by
    first_after_s: int = 600  #: who has waited so long is served before all who have not, whatever the priorities; 0: never
    reoffer_after_s: int = 10  #: who missed or declined a call is not offered it again before
    pause_after_misses: int = 2  #: so many unanswered offers in a row pause the agent; 0 = never
    short_abandon_s: int = 5  #: hung up sooner after joining: not held against the service level (level.py); 0 = all are
    return_after_misses_s: int = 0  #: who was paused so is ready again after so long; 0 = when they resume
    misses: dict[Cause, MissRule] = field(default_factory=dict)  #: causes with a rule of their own
    unreachable_retry_s: int = 30  #: a phone that could not be rung is tried again after so long
    pause_reasons: dict[str, PauseReason] = field(default_factory=usual_reasons)  #: reason -> code, words, limits
    pin_tries: int = 3  #: so many wrong PINs in a row, and none is taken ...
    pin_lock_s: int = 300  #: ... for so long, and a team leader is alerted
    shifts: dict[str, Shift] = field(default_factory=dict)  #: name -> hours; agents.yaml says who works it
    occupancy: Occupancy = field(default_factory=Occupancy)  #: rest after much work
    weights: dict[str, float] = field(default_factory=lambda: {"voice": 1.0})  #: kind of contact -> share of an agent's capacity


@dataclass(frozen=True, kw_only=True)
class Floor:
    """Everything the router needs to know of the admin's decisions."""

    queues: dict[str, Queue] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    rules: AcdRules = AcdRules()
    _serving: dict[str, tuple[Agent, ...]] = field(default_factory=dict, compare=False, repr=False)

    def agent_at(self, extension: str) -> Agent | None:
        """The agent whose phone has ``extension``."""
        return next((a for a in self.agents.values() if a.extension == extension), None)

    def queue_at(self, extension: str) -> Queue | None:
        """The queue to which agents give callers by ``extension``."""
        return next((q for q in self.queues.values() if q.extension and q.extension == extension), None)

    def serving(self, queue: str) -> tuple[Agent, ...]:
        """Agents whose skills cover the queue's (languages aside), in file order."""
        found = self._serving.get(queue)
        if found is None:  # asked for with each look at the queue: worked out once
            way = self.queues[queue].way
            found = tuple(a for a in self.agents.values() if way.open_to(a.kind))
            self._serving[queue] = found
        return found

    @cached_property
    def reserves(self) -> tuple[tuple[str, Reserve], ...]:
        """Queue and what is kept free for it."""
        return tuple((queue.id, reserve) for queue in self.queues.values() for reserve in queue.reserve)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """Agents by what they can do, in the order of the file."""
        found: dict[tuple[object, ...], list[str]] = {}
        for agent in self.agents.values():
            found.setdefault((least(agent.kind.levels), agent.kind.groups), []).append(agent.id)
        return tuple(self._kind(agents) for agents in found.values())

    @cached_property
    def kind_of(self) -> dict[str, int]:
        """Agent -> place of their kind in ``kinds``."""
        return {agent: i for i, kind in enumerate(self.kinds) for agent in kind.agents}

    def _kind(self, agents: Iterable[str]) -> Kind:
        agents = tuple(agents)
        agent = self.agents[agents[0]]
        served = sum(queue.way.open_to(agent.kind) for queue in self.queues.values())
        return Kind(
            levels=agent.kind.levels,
            groups=agent.kind.groups,
            agents=agents,
            breadth=served * max(1, len(agent.languages)),
        )
