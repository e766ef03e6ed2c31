"""The same centre without skills: every agent takes every call. No routing by skills can serve the same traffic better."""

from __future__ import annotations

import dataclasses

from ivrd.core.acd.model import Floor
from ivrd.simulation.centre import Centre


def pooled(centre: Centre) -> Centre:
    """Queues ask for nothing, and everybody speaks every language."""
    floor = centre.plan.floor
    languages = tuple(sorted({language for a in floor.agents.values() for language in a.languages}))
    flat = Floor(
        queues={q.id: dataclasses.replace(q, skills=(), priority=0) for q in floor.queues.values()},
        agents={a.id: dataclasses.replace(a, languages=languages) for a in floor.agents.values()},
        rules=floor.rules,
    )
    return dataclasses.replace(centre, name="pooled", plan=dataclasses.replace(centre.plan, floor=flat))
