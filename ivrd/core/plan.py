"""What the admin decided, as the core needs it: put together by the daemon's bootstrap."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ivrd.core.acd.model import Floor
from ivrd.core.calendar import Calendar
from ivrd.core.guard_rules import Guards
from ivrd.core.ivr.flow import Flow
from ivrd.core.recording_rules import RecordingRules


@dataclass(frozen=True, kw_only=True)
class Outbound:
    """What flows may dial outside. Nothing, unless the admin lists it."""

    trunk: str = ""  #: Asterisk's name of it
    allow: tuple[str, ...] = ()  #: patterns (numbers.py)
    per_day: int = 0
    per_agent_day: int = 0  #: of these, at an agent's wish
    caller_id: str = ""


@dataclass(frozen=True, kw_only=True)
class CallbackRules:
    """Whether and how callers are called back by us (promises.py)."""

    dial: Literal["", "agent_first", "customer_first"] = ""
    attempts: int = 3
    retry_after_s: int = 900
    ring_timeout_s: int = 30


@dataclass(frozen=True, kw_only=True)
class Trunk:
    """How many calls the carrier carries, and what callers meet beyond (admission.py)."""

    channels: int = 50
    reserve: int = 0
    full_says: str = ""
    full_cause: int = 17


@dataclass(kw_only=True)
class Plan:
    """Queues, agents, hours and flows. ``flows`` also holds versions that calls in progress began with."""

    floor: Floor
    calendar: Calendar
    dids: dict[str, str]  #: number dialled -> flow name
    language: str  #: spoken until the caller chooses
    outbound: Outbound = Outbound()
    trunk: Trunk = Trunk()
    callbacks: CallbackRules = CallbackRules()
    may_call_back: tuple[str, ...] = ()  #: patterns of numbers (numbers.py)
    guards: Guards = field(default_factory=Guards)
    recording: RecordingRules = field(default_factory=RecordingRules)
    current: dict[str, str] = field(default_factory=dict)  #: flow name -> version for new calls
    flows: dict[str, Flow] = field(default_factory=dict)  #: version -> flow
    lengths_s: dict[tuple[str, str], float] = field(default_factory=dict)  #: (key, language) -> of the prompt's audio

    def flow_for(self, did: str) -> Flow | None:
        """The flow that a new call to ``did`` walks."""
        return self.flows.get(self.current.get(self.dids.get(did, ""), ""))

    def add(self, flow: Flow) -> None:
        """Make ``flow`` the one for new calls."""
        self.flows[flow.version] = flow
        self.current[flow.name] = flow.version
