"""What a waiting call asks of an agent now: its queue's demand and its own, less what has been relaxed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivrd.core.acd.model import Floor, Queue, Relax
from ivrd.core.acd.skills import ANY, LANGUAGE, Demand, Kind, Skills, Way, language, least, levels


@dataclass(kw_only=True)
class Asked:
    """What a call asks for at step 0, its language aside. Plain values: it is part of every snapshot."""

    all: dict[str, int] = field(default_factory=dict)
    any_of: list[dict[str, int]] = field(default_factory=list)
    preferred: dict[str, int] = field(default_factory=dict)


def wants(skills: Skills = (), any_of: Iterable[Skills] = (), preferred: Skills = ()) -> Asked:
    """A call's own demand, apart from its queue's."""
    return Asked(all=levels(skills), any_of=[levels(group) for group in any_of], preferred=levels(preferred))


def asked(queue: Queue, skills: Skills = (), any_of: Iterable[Skills] = (), preferred: Skills = ()) -> Asked:
    """The queue's demand with a call's own on top; of two levels of one skill the higher."""
    everything = levels(queue.skills)
    for name, level in levels(skills).items():
        everything[name] = max(level, everything.get(name, ANY))
    return Asked(
        all=everything,
        any_of=[levels(group) for group in (*queue.any_of, *any_of)],
        preferred={**levels(queue.preferred), **levels(preferred)},
    )


def demand(floor: Floor, queue: Queue, wants: Asked, code: str, step: int) -> Demand:
    """What a caller who speaks ``code`` asks for at ``step`` (0: nothing relaxed yet)."""
    everything = {**wants.all, language(code): queue.language_level}
    groups = [dict(group) for group in wants.any_of]
    for relaxed in queue.relax[:step]:
        dropped = {_named(name, code) for name in relaxed.drop}
        everything = {name: level for name, level in everything.items() if name not in dropped}
        groups = [group for group in groups if not dropped & group.keys()]  # one of it is not needed any more
        for skills in (everything, *groups):
            _lower(skills, relaxed, code)
    own = Way(all=least(everything), any_of=tuple(least(group) for group in groups))
    wider = dict.fromkeys(name for relaxed in queue.relax[:step] for name in relaxed.widen)
    ways = (own, *(_wider(floor, name, everything, code) for name in wider))
    return Demand(ways=ways, preferred=least(wants.preferred))


def first_step(floor: Floor, queue: Queue, wants: Asked, code: str, step: int, there: Iterable[Kind]) -> int:
    """The first step from ``step`` on that somebody of ``there`` could serve; ``step`` when there is none."""
    kinds = list(there)
    for later in range(step, len(queue.relax) + 1):
        asks = demand(floor, queue, wants, code, later)
        if any(asks.open_to(kind) for kind in kinds):
            return later
    return step


def _lower(skills: dict[str, int], relaxed: Relax, code: str) -> None:
    for name, level in relaxed.lower.items():
        name = _named(name, code)
        if name in skills:
            skills[name] = min(skills[name], level)


def _wider(floor: Floor, name: str, everything: dict[str, int], code: str) -> Way:
    """Whoever serves the queue ``name``, or is in the group ``name``, and speaks the language if that is still asked for."""
    spoken = language(code)
    speaks = {spoken: everything[spoken]} if spoken in everything else {}
    queue = floor.queues.get(name)
    if queue is None:
        return Way(all=least(speaks), group=name)
    return Way(all=least({**levels(queue.skills), **speaks}), any_of=queue.way.any_of)


def _named(name: str, code: str) -> str:
    return language(code) if name == LANGUAGE else name
