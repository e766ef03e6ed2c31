"""What is simulated: a plan, the trunk's channels, who works and how."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ivrd.core.ivr.flow import Flow, Verb
from ivrd.core.ivr.verbs.hangup import Hangup
from ivrd.core.ivr.verbs.language import Language
from ivrd.core.ivr.verbs.queue import Queue
from ivrd.core.plan import Plan
from ivrd.settings.planning import Staff


@dataclass(frozen=True, kw_only=True)
class Centre:
    """One configuration to be simulated."""

    name: str
    plan: Plan
    channels: int  #: of the trunk: a caller beyond is blocked by the carrier
    agents: tuple[str, ...]  #: who work
    staff: Staff
    handling_s: float = 0.0  #: mean of the callers' handling times; 0: what they bring is talk only
    did: str = ""  #: callers go through its menus; "": straight into their queue


def centre(name: str, plan: Plan, channels: int, staff: Staff, handling_s: float = 0.0, did: str = "") -> Centre:
    """``staff.agents``, or everybody who does not lead."""
    agents = staff.agents or tuple(a.id for a in plan.floor.agents.values() if not a.leads)
    made = dataclasses.replace(plan, current=dict(plan.current), flows=dict(plan.flows), dids=dict(plan.dids))
    if not did:
        _open_straight(made)
    return Centre(name=name, plan=made, channels=channels, agents=agents, staff=staff, handling_s=handling_s, did=did)


def straight(queue: str, language: str) -> str:
    """The number that leads straight into a queue."""
    return f"straight:{queue}:{language}"


def _open_straight(plan: Plan) -> None:
    """A flow for each queue and language: no menu, no prompt, and who overflows is hung up."""
    languages = {plan.language, *(language for agent in plan.floor.agents.values() for language in agent.languages)}
    for queue in plan.floor.queues:
        for language in sorted(languages):
            name = straight(queue, language)
            nodes: dict[str, Verb] = {
                "language": Language(set=language, then="queue"),
                "queue": Queue(to=queue, overflow="end"),
                "end": Hangup(why="overflow", cause="congestion"),
            }
            plan.add(Flow(name=name, version=f"{name}@straight", start="language", nodes=nodes))
            plan.dids[name] = name
