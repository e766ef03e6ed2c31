"""Queues and agents, as the admin writes them in config/queues.yaml and config/agents.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Literal

from ivrd.core.acd.rules import Cause, MissRule, Occupancy, PauseReason, Shift, usual_reasons


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Callers with one kind of question, and the skills an agent needs to take them."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    id: str = ""  #: filled from the key in the file
    title: str  #: as a wall shows it
    skills: tuple[str, ...] = ()  #: an agent needs all of them (the call's language comes on top)
    priority: int = 0  #: higher is served first; equal: longest wait first
    ring_timeout_s: int = 15  #: then the next agent is offered the call
    wrap_up_s: int = 30  #: after a talk, before the next offer; the agent may end it
    wrap_up_extend_s: int = 30  #: what the agent may add at a time ...
    wrap_up_max_s: int = 0  #: ... up to so much in all; 0 = it cannot be extended
    max_paused: int = 0  #: so many of its agents may pause at once; 0 = all
    service_level_s: int = 20  #: target of the brief: 85 % within 20 s
    max_wait_s: int = 900  #: then the flow's ``overflow`` node, or goodbye
    max_waiting: int = 50  #: a caller beyond this takes the overflow at once
    max_expected_wait_s: int = 0  #: whose expected wait is longer takes the overflow, at once or while waiting; 0 = never
    without_agents: Literal["wait", "leave"] = "wait"  #: leave: the overflow when nobody who serves is logged in, or no longer
    closing_grace_s: int | None = None  #: who would not be served so soon after closing time takes the overflow; None = waits
    announce_every_s: int = 45  #: position and expected wait; 0 = never
    handling_time_s: int = 492  #: average, until today's own is known (brief: 420-600 s)


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A person who answers calls, at a phone."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    id: str = ""  #: filled from the key in the file
    name: str
    extension: str = ""  #: the phone's SIP user; the key when left out
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("id",)
    leads: bool = False  #: team leader: is offered calls only when logged in, like everyone
    shift: str = ""  #: one of acd.shifts: logged in and out by it
    pin: bool = False  #: asked for at log-in by phone; it is made up in var/state/secrets.yaml (pins)
    capacity: float = 1.0  #: contacts at once, each counted with its weight (acd.weights)

    @cached_property
    def skill_set(self) -> frozenset[str]:
        """``skills``, to compare with."""
        return frozenset(self.skills)


@dataclass(frozen=True, kw_only=True)
class AcdRules:
    """Rules that hold for all queues."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

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

    def serving(self, queue: str) -> tuple[Agent, ...]:
        """Agents whose skills cover the queue's (languages aside), in file order."""
        found = self._serving.get(queue)
        if found is None:  # asked for with each look at the queue: worked out once
            needed = frozenset(self.queues[queue].skills)
            found = tuple(a for a in self.agents.values() if needed <= a.skill_set)
            self._serving[queue] = found
        return found
