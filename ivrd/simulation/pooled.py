"""The same centre without skills: every agent takes every call. No routing by skills can serve the same traffic better."""

from __future__ import annotations

import dataclasses

from ivrd.core.acd.model import Floor, Queue
from ivrd.simulation.centre import Centre

#: of a queue: times and limits; whatever else it says is about who may serve whom first
_KEPT = (
    "id", "title", "ring_timeout_s", "wrap_up_s", "service_level_s", "max_wait_s", "max_waiting", "announce_every_s", "handling_time_s",
)  # fmt: skip


def pooled(centre: Centre) -> Centre:
    """Queues ask for nothing and prefer nobody, and everybody speaks every language."""
    floor = centre.plan.floor
    languages = tuple(sorted({language for a in floor.agents.values() for language in a.languages}))
    flat = Floor(
        queues={q.id: Queue(**{name: getattr(q, name) for name in _KEPT}) for q in floor.queues.values()},
        agents={a.id: dataclasses.replace(a, languages=languages) for a in floor.agents.values()},
        rules=floor.rules,
    )
    return dataclasses.replace(centre, name="pooled", plan=dataclasses.replace(centre.plan, floor=flat))
